"""State what was planted, in the form that truth.json has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from analysis_lib.simulate import coefficients as c
from analysis_lib.simulate.areas import Area
from analysis_lib.simulate.days import Calendar
from analysis_lib.simulate.draw import AreaDraw, National
from analysis_lib.simulate.scenario import DEFAULT, SCENARIOS, Scenario

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def state_truth(
    seed: int,
    calendar: Calendar,
    national: National,
    drawn: Sequence[tuple[Area, AreaDraw]],
    scenario: Scenario = SCENARIOS[DEFAULT],
) -> dict[str, Any]:
    """Return the planted coefficients and effects, rounded to 6 decimals.

    Keys: ``scenario``; ``dna_logit`` (intercept; effects of each lead time, mode and HCP type against Same
    Day, Face-to-Face and GP; standard deviations; month effects), ``volume``, ``shock`` (dates, or null
    where the run ends before it), ``unknown``, ``mix`` and ``areas`` (effects of each sub-ICB location).
    """
    months = [f"{month:%Y-%m}" for month in calendar.months]
    window = calendar.shock_window
    return {
        "seed": seed,
        "scenario": asdict(scenario),
        "dna_logit": _dna_logit(months, national, scenario),
        "volume": {
            **{k: v for k, v in c.VOLUME.items() if k not in ("season", "weekday")},
            "drift_month_log_sd": scenario.drift * c.VOLUME["drift_month_log_sd"],
            "weekday": dict(zip(WEEKDAYS, c.VOLUME["weekday"], strict=True)),
            "season": dict(zip(range(1, 13), c.VOLUME["season"], strict=True)),
            "month_effect": _rounded(months, national.volume),
        },
        "shock": {
            "first_day": window[0].isoformat() if window else None,
            "last_day_full_depth": window[1].isoformat() if window else None,
            **{k: c.SHOCK[k] for k in sorted(c.SHOCK) if k not in ("starts_after_months", "start_day")},
            "month_depth": _rounded(months, calendar.shock_month),
        },
        "unknown": {
            "mode": dict(zip(c.MODES, c.UNKNOWN_STATUS["mode"], strict=True)),
            "hcp_type_factor": dict(zip(c.HCP_TYPES, c.UNKNOWN_STATUS["hcp_type"], strict=True)),
            "area_log_sd": c.UNKNOWN_STATUS["area_log_sd"],
            "depends_on_attendance": False,
        },
        "mix": {
            "mode_odds_per_year": dict(zip(c.MODES, c.MODE_ODDS_PER_YEAR, strict=True)),
            "area_log_sd": {k: scenario.area_sd * v for k, v in c.AREA_MIX_LOG_SD.items()},
        },
        "areas": {area.sub_icb_code: _area_effects(draw) for area, draw in drawn},
    }


def _dna_logit(months: list[str], national: National, scenario: Scenario) -> dict[str, Any]:
    b = c.DNA_LOGIT
    return {
        "intercept": b["intercept"],
        "lead_time": dict(zip(c.LEAD_TIMES, b["lead_time"], strict=True)),
        "mode": dict(zip(c.MODES, b["mode"], strict=True)),
        "hcp_type": dict(zip(c.HCP_TYPES, b["hcp_type"], strict=True)),
        "area_sd": scenario.area_sd * b["area_sd"],
        "area_month_sd": scenario.area_sd * b["area_month_sd"],
        "drift_month_sd": scenario.drift * b["drift_month_sd"],
        "month_sd": b["month_sd"],
        "month": _rounded(months, national.dna),
    }


def _rounded(keys: list[str], values: np.ndarray) -> dict[str, float]:
    return {key: round(float(value), 6) for key, value in zip(keys, values, strict=True)}


def _area_effects(draw: AreaDraw) -> dict[str, float]:
    return {
        "n_patients_first_month": int(draw.coverage[0, 3]),
        "volume_factor": round(draw.effects["volume"], 6),
        "dna_logit": round(draw.effects["dna"], 6),
        "unknown_factor": round(draw.effects["unknown"], 6),
    }
