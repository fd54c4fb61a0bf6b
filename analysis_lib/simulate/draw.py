"""Draw the appointments of one sub-ICB location.

Everything starts from one table of appointments by day. Monthly cells, statuses, durations and categories
are splits of it, so the subjects agree exactly, area by area and month by month. Each area has a random
stream of its own: a subset of areas, in any order, gets the same numbers as the full run.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis_lib.simulate import coefficients as c
from analysis_lib.simulate.areas import Area
from analysis_lib.simulate.days import Calendar
from analysis_lib.simulate.scenario import DEFAULT, SCENARIOS, Scenario

NATIONAL_STREAM = 1_000
N_CELLS = (len(c.HCP_TYPES), len(c.MODES), len(c.LEAD_TIMES))
CATEGORY_CELLS = [
    *((s, c.CARE, category) for s in c.SETTINGS for category in c.CARE_CATEGORIES),
    *((s, c.INCONSISTENT, c.INCONSISTENT) for s in c.SETTINGS),
    (c.UNMAPPED, c.UNMAPPED, c.UNMAPPED),
]


@dataclass(frozen=True)
class National:
    """Effects that all areas share, one per month: volume (a factor) and DNA (on the logit)."""

    volume: np.ndarray
    dna: np.ndarray


@dataclass(frozen=True)
class AreaDraw:
    """Appointments of one area, as counts.

    Attributes
    ----------
    day : ndarray of int, shape (days,)
        Appointments on each day of the run.
    attendance : ndarray of int, shape (months, statuses, hcp types, modes, lead times)
        Appointments in each cell of the attendance file.
    duration : ndarray of int, shape (days from `duration_from` on, durations)
        Attended appointments.
    category : ndarray of int, shape (days from `category_from` on, CATEGORY_CELLS)
        Appointments of all statuses.
    coverage : ndarray of int, shape (months, 4)
        Practices included, practices open, patients of the included, patients of the open.
    effects : dict
        The area's planted effects: volume (factor), dna (logit), unknown (factor).
    """

    day: np.ndarray
    attendance: np.ndarray
    duration: np.ndarray
    category: np.ndarray
    coverage: np.ndarray
    effects: dict[str, float]


def draw_national(seed: int, calendar: Calendar, scenario: Scenario = SCENARIOS[DEFAULT]) -> National:
    """Draw the month effects that all areas share: single ones, and a random walk that drifts away.

    Those on DNA have mean 0, plus that of the shock.
    """
    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(NATIONAL_STREAM,)))
    n = len(calendar.months)
    volume = np.exp(rng.normal(0, c.VOLUME["national_month_log_sd"], n))
    dna = rng.normal(0, c.DNA_LOGIT["month_sd"], n)
    volume *= np.exp(np.cumsum(rng.normal(0, scenario.drift * c.VOLUME["drift_month_log_sd"], n)))
    dna += np.cumsum(rng.normal(0, scenario.drift * c.DNA_LOGIT["drift_month_sd"], n))
    return National(volume, dna - dna.mean() + c.SHOCK["dna_logit"] * calendar.shock_month)


def draw_area(
    seed: int,
    area: Area,
    calendar: Calendar,
    national: National,
    duration_from: int,
    category_from: int,
    scenario: Scenario = SCENARIOS[DEFAULT],
) -> AreaDraw:
    """Draw one area.

    Parameters
    ----------
    seed : int
        Seed of the run.
    area : Area
        The sub-ICB location.
    calendar, national
        What all areas share.
    duration_from, category_from : int
        First month, by position, of the daily duration and category tables.
    scenario : Scenario
        Says how far areas differ in DNA, staff, mode and lead time.
    """
    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(area.index,)))
    effects = {
        "volume": float(np.exp(rng.normal(0, c.VOLUME["area_log_sd"]))),
        "dna": float(rng.normal(0, scenario.area_sd * c.DNA_LOGIT["area_sd"])),
        "unknown": float(np.exp(rng.normal(0, c.UNKNOWN_STATUS["area_log_sd"]))),
    }
    coverage = _draw_coverage(rng, area, len(calendar.months))
    day = _draw_days(rng, calendar, national, coverage[:, 2], effects["volume"])
    month = np.bincount(calendar.month_index, day, len(calendar.months)).astype(np.int64)
    cells = rng.multinomial(month, _mix(rng, calendar, scenario))
    status = _draw_status(rng, cells, national, effects, scenario)
    attended = status[:, 0].sum(axis=(1, 2, 3))
    duration = _draw_duration(rng, calendar, day, attended, duration_from)
    category = _draw_category(rng, calendar, day, category_from)
    return AreaDraw(day, status, duration, category, coverage, effects)


def _jitter(rng: np.random.Generator, shares: np.ndarray, log_sd: float) -> np.ndarray:
    """Return shares (last axis sums to 1) moved by one lognormal factor for each level."""
    moved = shares * np.exp(rng.normal(0, log_sd, shares.shape[-1]))
    return moved / moved.sum(axis=-1, keepdims=True)


def _draw_coverage(rng: np.random.Generator, area: Area, n_months: int) -> np.ndarray:
    """Return practices and patients, included and open, of each month."""
    p, n = c.POPULATION, area.locations_in_icb
    mean = p["board_scale"] * n ** -p["split_power"]
    start = mean * np.exp(rng.normal(-(p["location_log_sd"] ** 2) / 2, p["location_log_sd"]))
    n_open = max(round(start / p["patients_per_practice"]), 3)
    n_out = rng.binomial(n_open, rng.uniform(0, p["share_not_included_max"]))
    patients = np.round(start * (1 + p["growth_per_month"]) ** np.arange(n_months)).astype(np.int64)
    included = patients - patients * n_out // n_open
    return np.column_stack([np.full(n_months, n_open - n_out), np.full(n_months, n_open), included, patients])


def _draw_days(
    rng: np.random.Generator, calendar: Calendar, national: National, patients: np.ndarray, effect: float
) -> np.ndarray:
    """Return appointments on each day: Poisson, over-dispersed by a gamma factor for each day."""
    per_patient = c.VOLUME["per_1000_patients_per_working_day"] / 1_000 * effect
    monthly = (patients * national.volume)[calendar.month_index]
    shape = c.VOLUME["area_day_gamma_shape"]
    return rng.poisson(
        per_patient * monthly * calendar.factor * rng.gamma(shape, 1 / shape, len(calendar.days))
    )


def _mix(rng: np.random.Generator, calendar: Calendar, scenario: Scenario) -> np.ndarray:
    """Return the share of each HCP type × mode × lead time cell, shape (months, cells)."""
    sd = {name: scenario.area_sd * value for name, value in c.AREA_MIX_LOG_SD.items()}
    hcp = _jitter(rng, np.array(c.HCP_SHARE), sd["hcp_type"])
    mode = _jitter(rng, np.array([c.MODE_SHARE[h] for h in c.HCP_TYPES]), sd["mode"])
    lead = np.array([c.LEAD_SHARE[h] for h in c.HCP_TYPES])[:, None, :].repeat(len(c.MODES), axis=1)
    lead[:, :, 0] *= np.array(c.MODE_SAME_DAY_ODDS)
    lead = _jitter(rng, lead, sd["lead_time"])
    years = np.arange(len(calendar.months)) / 12
    odds = np.array(c.MODE_ODDS_PER_YEAR) ** years[:, None]
    odds[:, c.MODES.index("Face-to-Face")] *= c.SHOCK["face_to_face_odds_ratio"] ** calendar.shock_month
    odds[:, c.MODES.index("Telephone")] *= c.SHOCK["telephone_odds_ratio"] ** calendar.shock_month
    moved = mode[None] * odds[:, None, :]
    moved /= moved.sum(axis=2, keepdims=True)
    cells = hcp[None, :, None, None] * moved[..., None] * lead[None]
    return cells.reshape(len(years), -1)


def dna_probability(logit_shift: np.ndarray) -> np.ndarray:
    """Return the planted DNA probability of every cell, for each shift of the logit.

    Parameters
    ----------
    logit_shift : ndarray, shape (n,)
        Area and month effects added to the intercept.

    Returns
    -------
    ndarray of float, shape (n, hcp types, modes, lead times)
    """
    b = c.DNA_LOGIT
    cells = (
        b["intercept"]
        + np.array(b["hcp_type"])[:, None, None]
        + np.array(b["mode"])[None, :, None]
        + np.array(b["lead_time"])[None, None, :]
    )
    return 1 / (1 + np.exp(-(cells[None] + logit_shift[:, None, None, None])))


def _draw_status(
    rng: np.random.Generator,
    cells: np.ndarray,
    national: National,
    effects: dict[str, float],
    scenario: Scenario,
) -> np.ndarray:
    """Split every cell into Attended, DNA and Unknown."""
    n_months = len(cells)
    n = cells.reshape(n_months, *N_CELLS)
    u = c.UNKNOWN_STATUS
    p_unknown = np.multiply.outer(u["hcp_type"], u["mode"])[None, :, :, None] * effects["unknown"]
    unknown = rng.binomial(n, np.minimum(p_unknown, 0.95))
    of_month = rng.normal(0, scenario.area_sd * c.DNA_LOGIT["area_month_sd"], n_months)
    shift = effects["dna"] + national.dna + of_month
    dna = rng.binomial(n - unknown, dna_probability(shift))
    return np.stack([n - unknown - dna, dna, unknown], axis=1)


def _draw_duration(
    rng: np.random.Generator, calendar: Calendar, day: np.ndarray, attended: np.ndarray, first: int
) -> np.ndarray:
    """Spread each month's attended appointments over its days, then over durations."""
    share = _jitter(rng, np.array(c.DURATION_SHARE), c.DURATION_AREA_LOG_SD)
    on_day = [
        rng.multivariate_hypergeometric(day[calendar.month_index == m], attended[m], method="marginals")
        for m in range(first, len(calendar.months))
    ]
    return rng.multinomial(np.concatenate(on_day) if on_day else np.zeros(0, dtype=np.int64), share)


def _draw_category(rng: np.random.Generator, calendar: Calendar, day: np.ndarray, first: int) -> np.ndarray:
    """Split each day's appointments over service setting, context type and national category."""
    keep = np.flatnonzero(calendar.month_index >= first)
    care = np.array(list(c.CARE_CATEGORIES.values())).T[[0, 1, 1, 0]]
    care = care / care.sum(axis=1, keepdims=True)
    setting = np.array(c.SETTING_SHARE)
    mapped = (setting[:, None] * care * (1 - c.INCONSISTENT_SHARE)).ravel()
    share = np.concatenate([mapped, setting * c.INCONSISTENT_SHARE, [c.UNMAPPED_SHARE]])
    everywhere = np.array(
        [s in (c.SETTINGS[0], c.UNMAPPED) or k == c.INCONSISTENT for s, k, _ in CATEGORY_CELLS]
    )
    in_use = everywhere | (rng.random(share.size) < c.CATEGORY_IN_USE)
    share = _jitter(rng, share * np.where(everywhere, 1, in_use / c.CATEGORY_IN_USE), c.CATEGORY_AREA_LOG_SD)
    kinds = np.array([_category_odds(calendar.days[n].weekday() >= 5, calendar.days[n].month) for n in keep])
    p = share * kinds.reshape(len(keep), -1)
    return rng.multinomial(day[keep], p / p.sum(axis=1, keepdims=True))


def _category_odds(weekend: bool, month: int) -> np.ndarray:
    """Return the factor by which each category cell is more usual at weekends, and in October."""
    by_setting = dict(zip(c.SETTINGS, c.WEEKEND_ODDS, strict=True)) if weekend else {}
    return np.array(
        [
            by_setting.get(setting, 1.0)
            * (c.OCTOBER_CLINIC_ODDS if month == 10 and category == "Planned Clinics" else 1.0)
            for setting, _, category in CATEGORY_CELLS
        ]
    )
