"""What all areas and England show, released once for all; the report of an area takes its own rows.

One store for all, so that the gate sees every area beside the others and beside England: a count hidden
for one area cannot be had from England less the rest.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from analysis_lib import measures
from analysis_lib.inputs import Appointments
from analysis_lib.release import Store, open_store

STORE = "areas"
MIXES = {"modes": "mode", "lead_times": "lead_time", "staff": "hcp_type"}
MEASURED = ("month", "status", "hcp_type", "mode", "lead_time")


@dataclass(frozen=True)
class Compared:
    """Released tables of one level, by name; ``england_…`` for all areas together.

    `whole` is what these are called: England only where the inputs hold all of it. `profile` and `source`
    are those of the inputs.
    """

    level: str
    profile: str
    source: str
    whole: str
    n_areas: int
    tables: dict[str, pd.DataFrame]

    def of(self, code: str) -> Compared:
        """Return what the report of one area may use: its own rows, the funnel of all, and England.

        Raises
        ------
        ValueError
            If there is no such area.
        """
        column = f"{self.level}_code"
        own = {
            name: table[table[column].astype(str) == code] if column in table and name != "funnel" else table
            for name, table in self.tables.items()
        }
        if own["rates"].empty:
            raise ValueError(f"{code} is no {column} of these inputs.")
        return replace(self, tables=own)

    def mix(self, name: str) -> pd.DataFrame:
        """Return the area's ``modes``, ``lead_times`` or ``staff``, with England's share beside its own."""
        by, own, england = MIXES[name], self.tables[name], self.tables[f"england_{name}"]
        shares = dict(zip(england[by].astype(str), england["share"], strict=True))
        share_england = own[by].astype(str).map(shares).astype(float)
        return own.assign(share_england=share_england).drop(columns=f"{self.level}_code")


def compare_areas(appointments: Appointments, level: str, folder: Path) -> Compared:
    """Release what the reports of a level need.

    Parameters
    ----------
    appointments : Appointments
        The loaded inputs; they say what may leave.
    level : {"icb", "sub_icb"}
        Locations are released after the boards that they are part of, and protected with them.
    folder : Path
        Results folder of its own, apart from that of the main report.

    Raises
    ------
    AbsentInput
        If the inputs have no attendance of this level.
    """
    attendance = appointments.need("attendance", f"{level}_name")
    store = open_store(STORE, appointments, folder=folder)
    levels = ("icb", "sub_icb") if level == "sub_icb" else ("icb",)
    kept = [f"{one}_{what}" for one in levels for what in ("code", "name")]
    cells = (
        attendance.groupby([c for c in (*MEASURED, *kept) if c in attendance], observed=True, dropna=False)[
            "n_appointments"
        ]
        .sum()
        .reset_index()
    )
    tables = _release_england(store, cells)
    for one in levels:
        if f"{one}_code" in cells:
            of_level = _release_level(store, cells, one)
    return Compared(
        level=level,
        profile=appointments.profile,
        source=appointments.source,
        whole="England" if measures.covers_england(attendance) else "all areas of these files",
        n_areas=int(of_level["rates"]["rank"].notna().sum()),
        tables=tables | of_level,
    )


def _release_england(store: Store, cells: pd.DataFrame) -> dict[str, pd.DataFrame]:
    whole = cells.assign(area=pd.Categorical.from_codes([0] * len(cells), ["England"]))
    standardised = measures.standardise_dna(whole, "area", strata=measures.STRATA["icb_code"])
    rates = measures.rate_dna(cells).assign(
        **{c: standardised[c] for c in ("dna_rate_standardised", "std_low", "std_high")}
    )
    tables = {"england_rates": store.save_table("england_rates", rates)}
    tables["england_months"] = store.save_table("england_months", measures.rate_dna(cells, "month"))
    for name, column in MIXES.items():
        counts = measures.count_appointments(cells, column)
        tables[f"england_{name}"] = store.save_table(f"england_{name}", counts)
    return tables


def _release_level(store: Store, cells: pd.DataFrame, level: str) -> dict[str, pd.DataFrame]:
    code, name = f"{level}_code", f"{level}_name"
    names = cells.drop_duplicates(code).set_index(code)[name].astype(str)
    names.index = names.index.astype(str)
    rates = measures.rank_interval(measures.attendance_table(cells, code))
    rates = rates.drop(columns=["rank_standardised", "rank_change"])
    rates.insert(1, name, rates[code].astype(str).map(names))
    made = {"rates": store.save_table(f"{level}_rates", rates), "funnel": pd.DataFrame(columns=[code, name])}
    made["months"] = store.save_table(f"{level}_months", measures.rate_dna(cells, [code, "month"]))
    for mix, column in MIXES.items():
        counts = measures.share_within(measures.count_appointments(cells, [code, column]), code)
        made[mix] = store.save_table(f"{level}_{mix}", counts)
    compared = made["rates"]
    compared = compared.loc[compared["n_known"] > 0, [code, name, "n_dna", "n_known"]]
    if len(compared) > 1:
        limits = measures.funnel_limits(compared, "n_dna", "n_known")
        made["funnel"] = store.save_table(f"funnel_{level}", limits)
    return made
