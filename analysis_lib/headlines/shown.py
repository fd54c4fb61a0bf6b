"""Rows of notebook 04's released tables as charts and tables show them; nothing is computed from people."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from analysis_lib.charts.marks import NothingToDraw
from analysis_lib.headlines.demand import (
    NOT_RECORDED,
    SETTING_NAMES,
    in_sentence,
    name_settings,
    name_terms,
)

Shown = pd.DataFrame


def count_checks(quality: pd.DataFrame) -> pd.DataFrame:
    """Count the rules of each table, and those that some row breaks (as `Population.quality`)."""
    quality = quality.assign(broken=~quality["verdict"].isin(["ok", "kept"]))
    table = quality.groupby("table", sort=False).agg(
        rows=("rows", "max"), n_checks=("rows", "size"), n_broken=("broken", "sum")
    )
    return table.reset_index()


def pick(by_group: pd.DataFrame, group: str, settings: Sequence[str]) -> Shown:
    """Return the rates of some settings by the known levels of a group, in the order of `settings`, named."""
    rows = by_group[(by_group["group"] == group) & by_group["setting"].isin(list(settings))]
    rows = rows[rows["level"] != NOT_RECORDED]
    order = rows["setting"].map({name: place for place, name in enumerate(settings)})
    return name_settings(rows.loc[order.sort_values(kind="stable").index])


def set_side_by_side(by_group: pd.DataFrame, groups: Sequence[str], settings: Sequence[str]) -> Shown:
    """Return a row for each level of some groups with the rates of some settings, for `show_table`."""
    rows = name_settings(by_group[by_group["group"].isin(groups) & by_group["setting"].isin(settings)])
    first = rows["setting"] == settings[0]
    shown = rows[first].assign(label=_level_names(rows[first]))
    keys = list(zip(shown["group"], shown["level"], strict=True))
    for name in rows["service"].unique():
        rates = rows[rows["service"] == name].set_index(["group", "level"])["rate_per_1000"]
        shown[name] = rates.reindex(keys).to_numpy()
    return shown


def _level_names(rows: pd.DataFrame) -> list[str]:
    names = {"F": "Women and girls", "M": "Men and boys"}
    what = {"sex": "sex", "ethnic_group": "ethnic group"}
    return [
        f"{level.capitalize()} ({what[group]})" if level == "not stated" else names.get(level, level)
        for group, level in zip(rows["group"], rows["level"], strict=True)
    ]


def pick_drivers(drivers: pd.DataFrame, setting: str, block: str) -> Shown:
    """Return the drivers of one setting and block, named.

    Raises
    ------
    NothingToDraw
        If there are none.
    """
    rows = drivers[(drivers["setting"] == setting) & (drivers["block"] == block)]
    if rows.empty:
        what = in_sentence(SETTING_NAMES[setting])
        raise NothingToDraw(f"There are too few {what} here to say which conditions go with them.")
    return name_terms(rows)


def pick_interactions(drivers: pd.DataFrame, names: Sequence[str]) -> Shown:
    """Return the interactions, named.

    Raises
    ------
    NothingToDraw
        If there are none.
    """
    rows = drivers[drivers["term"].isin(list(names))]
    if rows.empty:
        raise NothingToDraw("There are too few contacts here for the interactions that were asked for.")
    return name_settings(name_terms(rows))


def pick_recovered(drivers: pd.DataFrame) -> Shown:
    """Return the drivers whose planted ratio is known, named by setting."""
    return name_settings(drivers.dropna(subset=["planted", "rate_ratio"]))


def spread_blocks(explained: pd.DataFrame) -> Shown:
    """Return a row a setting with what each block adds, and all of them together (`all`)."""
    first = explained["block"] == explained["block"].iloc[0]
    shown = name_settings(explained[first])
    for block in explained["block"].unique():
        added = explained[explained["block"] == block].set_index("setting")["added"]
        shown[block] = added.reindex(shown["setting"]).to_numpy()
    last = explained.drop_duplicates("setting", keep="last").set_index("setting")["so_far"]
    return shown.assign(all=last.reindex(shown["setting"]).to_numpy())
