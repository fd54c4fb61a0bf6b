"""Do the subjects agree with each other, month by month and area by area?"""

from __future__ import annotations

from typing import Any

import pandas as pd

from analysis_lib.measures.cells import COUNT, sum_appointments
from analysis_lib.measures.england import covers_england

AREA_LEVELS = ("sub_icb_code", "icb_code", "region_code")  # finest first
AGREES, DISAGREES, NOTHING = "agrees", "disagrees", "nothing to compare"
COLUMNS = {
    "month": "datetime64[s]",
    "comparison": object,
    "left": object,
    "right": object,
    "n_left": "Int64",
    "n_right": "Int64",
    "difference": "Int64",
    "agrees": "boolean",
    "n_areas": "Int64",
    "n_areas_differ": "Int64",
    "area_level": object,
    "status": object,
}


def reconcile_subjects(appointments: Any) -> pd.DataFrame:
    """Compare the subjects where they should give the same count.

    Parameters
    ----------
    appointments : Appointments
        With the frames attendance, duration, category, category_margins and published; each may be absent
        (None or empty).
        Totals for England are compared only if attendance covers England.

    Returns
    -------
    DataFrame
        One row a comparison and month: month, comparison, left, right, n_left, n_right, difference (left -
        right), agrees (boolean), n_areas compared, n_areas_differ, area_level, status (agrees, disagrees or
        nothing to compare). Only months and areas that both sides have are summed, at the finest level of
        area both have; a month agrees only if every area does. A comparison that cannot be made has one row
        with a missing month and the status "nothing to compare".
    """
    attendance = _frame(appointments, "attendance")
    duration, category = _frame(appointments, "duration"), _frame(appointments, "category")
    attended = None if attendance is None else attendance[attendance["status"] == "Attended"]
    parts = [
        _compare_areas("attended = duration", ("attendance (attended)", "duration"), attended, duration),
        _compare_areas("all = category", ("attendance (all)", "category"), attendance, category),
    ]
    margins = _frame(appointments, "category_margins")
    national = attendance if attendance is not None and covers_england(attendance) else None
    if margins is None:
        parts.append(_nothing("all = category totals", ("attendance (all)", "category totals")))
    else:
        for name, rows in margins.groupby("dimension", observed=True, sort=False):
            right = rows if _is_national(margins) else None
            labels = ("attendance (all)", f"{name} totals")
            parts.append(_compare_months(f"all = {name} totals", labels, national, right))
    # A publication may print the same totals in several tables: each is a comparison of its own.
    for source, rows in _by_source(_frame(appointments, "published")):
        parts.append(_compare_months("all = published totals", ("attendance (all)", source), national, rows))
    return pd.concat(parts, ignore_index=True).astype(COLUMNS)[list(COLUMNS)]


def _frame(appointments: Any, name: str) -> pd.DataFrame | None:
    frame = getattr(appointments, name, None)
    return None if frame is None or frame.empty else frame


def _by_source(published: pd.DataFrame | None) -> list[tuple[str, pd.DataFrame | None]]:
    if published is None or "source" not in published:
        return [("published totals", published)]
    return [(str(name), rows) for name, rows in published.groupby("source", observed=True)]


def _is_national(margins: pd.DataFrame) -> bool:
    """Whether the margins are England's: only the reader knows, and says so in the frame's attributes."""
    return str(margins.attrs.get("areas", "")).strip().lower() == "england"


def _compare_areas(
    name: str, labels: tuple[str, str], left: pd.DataFrame | None, right: pd.DataFrame | None
) -> pd.DataFrame:
    if left is None or right is None:
        return _nothing(name, labels)
    level = next((area for area in AREA_LEVELS if area in left and area in right), None)
    if level is None:
        return _nothing(name, labels)
    return _join(name, labels, (_by_text(left, level), _by_text(right, level)), level)


def _compare_months(
    name: str, labels: tuple[str, str], left: pd.DataFrame | None, right: pd.DataFrame | None
) -> pd.DataFrame:
    if left is None or right is None:
        return _nothing(name, labels)
    sides = tuple(sum_appointments(side, ["month"]).assign(area="England") for side in (left, right))
    return _join(name, labels, sides, "England")


def _by_text(frame: pd.DataFrame, level: str) -> pd.DataFrame:
    """Sum by month and area, with areas as plain text: two frames need not share their categories."""
    sums = sum_appointments(frame, ["month", level])
    return sums.assign(area=sums[level].astype(object))


def _join(name: str, labels: tuple[str, str], sides: tuple[pd.DataFrame, ...], level: str) -> pd.DataFrame:
    left, right = (
        side.assign(month=side["month"].astype("datetime64[s]"))[["month", "area", COUNT]] for side in sides
    )
    both = left.merge(right, on=["month", "area"], suffixes=("_left", "_right")).dropna(subset=["area"])
    if both.empty:
        return _nothing(name, labels)
    both["n_areas_differ"] = (both[f"{COUNT}_left"] != both[f"{COUNT}_right"]).astype("int64")
    months = both.groupby("month").agg(
        n_left=(f"{COUNT}_left", "sum"),
        n_right=(f"{COUNT}_right", "sum"),
        n_areas=("area", "size"),
        n_areas_differ=("n_areas_differ", "sum"),
    )
    months = months.reset_index().assign(comparison=name, left=labels[0], right=labels[1], area_level=level)
    months["difference"] = months["n_left"] - months["n_right"]
    months["agrees"] = months["n_areas_differ"] == 0
    months["status"] = months["agrees"].map({True: AGREES, False: DISAGREES})
    return months.astype(COLUMNS)[list(COLUMNS)]


def _nothing(name: str, labels: tuple[str, str]) -> pd.DataFrame:
    row = dict.fromkeys(COLUMNS, None)
    row.update(comparison=name, left=labels[0], right=labels[1], status=NOTHING, month=pd.NaT)
    return pd.DataFrame([row]).astype(COLUMNS)
