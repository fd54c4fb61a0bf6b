"""The stated numbers behind the simulated appointments.

They are chosen, not estimated: round figures of the size that NHS England's monthly publication
"Appointments in General Practice" shows, so that pages made from them look familiar. Labels here are
the normalised ones; ``layout`` spells them as the published files do.
"""

from __future__ import annotations

from typing import Any

from analysis_lib.codes import DURATIONS as DURATIONS
from analysis_lib.codes import HCP_TYPES as HCP_TYPES
from analysis_lib.codes import LEAD_TIMES as LEAD_TIMES
from analysis_lib.codes import MODES as MODES
from analysis_lib.codes import STATUSES as STATUSES

# --- volume ---------------------------------------------------------------------------------------
VOLUME: dict[str, Any] = {
    "per_1000_patients_per_working_day": 20.8,
    "trend_per_year": 0.015,
    # Monday first. The five working days average 1.
    "weekday": (1.16, 1.03, 0.98, 0.97, 0.86, 0.070, 0.005),
    "bank_holiday": 0.004,
    "christmas_week": 0.78,  # 24 and 27 to 31 December
    # January first. October is the month of flu vaccination.
    "season": (1.03, 1.02, 1.00, 0.98, 0.99, 0.98, 0.97, 0.93, 1.01, 1.09, 1.04, 0.96),
    "area_log_sd": 0.12,
    "area_day_gamma_shape": 400.0,  # coefficient of variation 5% of one area on one day
    "national_month_log_sd": 0.008,
    "drift_month_log_sd": 0.006,  # of a random walk about the trend: 2% in a year
}
# A drop like that of spring 2020: full depth for the window, then half of it gone every 35 days.
SHOCK: dict[str, Any] = {
    "starts_after_months": 3,
    "start_day": 15,
    "full_days": 70,
    "half_life_days": 35,
    "volume_drop": 0.32,
    "face_to_face_odds_ratio": 0.35,
    "telephone_odds_ratio": 1.8,
    "dna_logit": -0.15,
}
POPULATION: dict[str, Any] = {
    # A board of n locations has about board_scale * n ** (1 - split_power) patients.
    "board_scale": 1_240_000,
    "split_power": 0.75,
    "location_log_sd": 0.35,
    "growth_per_month": 0.0005,
    "patients_per_practice": 10_000,
    "share_not_included_max": 0.02,
}

# --- mix ------------------------------------------------------------------------------------------
HCP_SHARE = (0.450, 0.525, 0.025)
MODE_SHARE = {  # given HCP type
    "GP": (0.610, 0.012, 0.330, 0.035, 0.013),
    "Other Practice staff": (0.745, 0.011, 0.195, 0.035, 0.014),
    "Unknown": (0.140, 0.030, 0.100, 0.050, 0.680),
}
LEAD_SHARE = {  # given HCP type; MODE_SAME_DAY_ODDS then moves same-day appointments by mode
    "GP": (0.500, 0.073, 0.155, 0.115, 0.062, 0.043, 0.050, 0.002),
    "Other Practice staff": (0.245, 0.070, 0.215, 0.180, 0.115, 0.080, 0.093, 0.002),
    "Unknown": (0.650, 0.080, 0.130, 0.065, 0.035, 0.020, 0.018, 0.002),
}
MODE_SAME_DAY_ODDS = (1.0, 1.8, 1.7, 3.0, 1.2)
# Odds of each appointment mode change by this factor a year: slow, so that mix moves between periods.
MODE_ODDS_PER_YEAR = (1.02, 1.00, 0.96, 1.20, 1.00)
AREA_MIX_LOG_SD = {"hcp_type": 0.10, "mode": 0.18, "lead_time": 0.12}

# --- status ---------------------------------------------------------------------------------------
DNA_LOGIT: dict[str, Any] = {
    "intercept": -4.10,
    "lead_time": (0.0, 0.75, 1.10, 1.30, 1.40, 1.45, 1.60, 0.30),
    "mode": (0.0, -0.35, -0.55, -1.40, -0.60),
    "hcp_type": (0.0, 0.35, -0.30),
    "area_sd": 0.20,
    "area_month_sd": 0.04,
    "month_sd": 0.02,
    "drift_month_sd": 0.01,  # of a random walk: 0.03 in a year
}
UNKNOWN_STATUS: dict[str, Any] = {
    # Probability by mode, times a factor by HCP type and one by area. Given the cell it does not
    # depend on whether the patient came, so the DNA rate of known status stays unbiased.
    "mode": (0.040, 0.110, 0.036, 0.080, 0.160),
    "hcp_type": (0.90, 1.05, 1.40),
    "area_log_sd": 0.25,
}

# --- duration and category ------------------------------------------------------------------------
DURATION_SHARE = (0.155, 0.180, 0.145, 0.100, 0.090, 0.055, 0.275)
DURATION_AREA_LOG_SD = 0.12
CARE, INCONSISTENT, UNMAPPED = "Care Related Encounter", "Inconsistent Mapping", "Unmapped"
SETTINGS = ("General Practice", "Primary Care Network", "Extended Access Provision", "Other")
SETTING_SHARE = (0.880, 0.048, 0.014, 0.025)  # the rest, 0.033, is Unmapped
UNMAPPED_SHARE = 0.033
INCONSISTENT_SHARE = 0.10  # of each setting that is mapped
CARE_CATEGORIES = {  # weight within General Practice and Other; within PCN and Extended Access
    "General Consultation Routine": (0.295, 0.280),
    "General Consultation Acute": (0.200, 0.105),
    "Planned Clinics": (0.155, 0.270),
    "Planned Clinical Procedure": (0.125, 0.060),
    "Clinical Triage": (0.135, 0.060),
    "Care Related Encounter but does not fit into any other category": (0.026, 0.030),
    "Unplanned Clinical Activity": (0.018, 0.006),
    "Home Visit": (0.014, 0.012),
    "Structured Medication Review": (0.010, 0.050),
    "Patient contact during Care Home Round": (0.007, 0.045),
    "Care Home Visit": (0.005, 0.012),
    "Social Prescribing Service": (0.003, 0.040),
    "Service provided by organisation external to the practice": (0.003, 0.015),
    "Care Home Needs Assessment & Personalised Care and Support Planning": (0.002, 0.008),
    "Walk-in": (0.001, 0.001),
    "Group Consultation and Group Education": (0.0005, 0.004),
    "Non-contractual chargeable work": (0.0005, 0.002),
}
WEEKEND_ODDS = (0.12, 3.0, 14.0, 1.0)  # by setting: weekends belong to PCNs and Extended Access
OCTOBER_CLINIC_ODDS = 1.35
CATEGORY_AREA_LOG_SD = 0.20
# Outside General Practice an area logs only so many of the categories.
CATEGORY_IN_USE = 0.5
