"""Made-up tables of made-up people, as a notebook might release them; and an attack on what came of them.

People are counted in cells that no table shows (the finest combination of all labels); every row of every
table is a sum of some of them. The attacker knows which, that a hidden count is at least 1, how numbers are
rounded, and that nought is shown.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from analysis_lib.kinds import Count, Dimension, Kind
from analysis_lib.release import open_store
from analysis_lib.release.audit import find_held, keep_counts
from analysis_lib.release.gate.held import HELD_VARIABLE, Held, add_held
from tests.attack.reading import SMALLEST
from tests.attack.system import MOST, System

SIZES = np.array([0, 0, 1, 1, 2, 3, 5, 7, 8, 9, 12, 14, 20, 33, 57])
BANDS = ("0-4", "5-14", "15-24", "25-34", "35-44")
BROAD = {"0-14": ("0-4", "5-14"), "15-44": ("15-24", "25-34", "35-44")}
LEVELS = {
    "sex": ("F", "M"),
    "age_band": BANDS,
    "imd_decile": tuple(str(d) for d in range(1, 11)),
    "ethnic_group": ("Asian", "Black", "Mixed", "White"),
    "area": ("Abbey", "Bridge", "Castle", "Dale"),
}
DIMENSIONS = {
    "sex": Dimension("words"),
    "age_band": Dimension("bands"),
    "imd_decile": Dimension(tuple(str(d) for d in range(1, 11)) + ("All",)),
    "imd_quintile": Dimension(tuple(str(d) for d in range(1, 6)) + ("All",)),
    "core20": Dimension("flags"),
    "ethnic_group": Dimension("words"),
    "area": Dimension("words"),
    "group": Dimension("words"),
    "level": Dimension(),
    "icb_code": Dimension("codes"),
    "sub_icb_code": Dimension("codes"),
    "region_code": Dimension("codes"),
}
PEOPLE = Count(what="people")
AUDITS = 4  # times that a build looks, at most


LOCATIONS = [f"{10 + i}A" for i in range(8)]


class Extract:
    """A loaded extract of patients, as far as a store asks."""

    profile = "patient"

    @staticmethod
    def list_areas() -> pd.DataFrame:
        """Return which board and region each location is in, as inputs say."""
        at = np.arange(len(LOCATIONS))
        board, region = [f"E5400000{i + 1}" for i in at // 3], [f"E4000000{i + 1}" for i in at // 6]
        return pd.DataFrame({"sub_icb_code": LOCATIONS, "icb_code": board, "region_code": region})


@dataclass
class People:
    """Numbers of people in the finest cells.

    Attributes
    ----------
    counts : int array [cells]
    labels : DataFrame
        One row a cell, one column a grouping.
    """

    counts: NDArray[np.int64]
    labels: pd.DataFrame

    def rows(self, by: Sequence[str], total: str | None = "All") -> Iterator[tuple[dict[str, str], NDArray]]:
        """Each combination of labels, with its cells; with totals of every kind if these have a label."""
        levels = [[*dict.fromkeys(self.labels[b]), *([] if total is None else [total])] for b in by]
        for choice in product(*levels):
            chosen = dict(zip(by, choice, strict=True))
            inside = np.ones(len(self.labels), bool)
            for name, level in chosen.items():
                if level != total:
                    inside &= (self.labels[name] == level).to_numpy()
            yield chosen, inside


@dataclass
class Table:
    """A table to be released: its labels, and for each count the cells of each row."""

    name: str
    labels: list[dict[str, str]]
    counts: dict[str, list[NDArray]]
    store: str = "one"
    kinds: Mapping[str, Kind] = field(default_factory=dict)
    told: Mapping[str, str] = field(default_factory=dict)

    def frame(self, people: People) -> pd.DataFrame:
        """Return the true table."""
        numbers = {c: [int(people.counts[cells].sum()) for cells in rows] for c, rows in self.counts.items()}
        return pd.DataFrame(self.labels).assign(**numbers)


def make_people(rng: np.random.Generator, *, part: float = 1.0, **groupings: Sequence[str]) -> People:
    """Draw small numbers of people for every combination of labels, of which a part has any."""
    cells = list(product(*groupings.values()))
    counts = rng.choice(SIZES, len(cells)) * (rng.random(len(cells)) < part)
    return People(counts, pd.DataFrame(cells, columns=list(groupings)))


def table(
    people: People, name: str, by: Sequence[str], count: str = "n", total: str | None = "All", **more
) -> Table:
    """A table by these groupings."""
    rows = list(people.rows(by, total))
    return Table(name, [labels for labels, _ in rows], {count: [cells for _, cells in rows]}, **more)


@dataclass
class Found:
    """What is left of each hidden cell (table, row, column, true, low, high); what is not its own rounded."""

    cells: pd.DataFrame
    n_tables: int
    drifted: list[str]

    @property
    def pinned(self) -> pd.DataFrame:
        """Hidden cells of which one value is left."""
        return self.cells[self.cells["low"] == self.cells["high"]]


def release(people: People, tables: Sequence[Table], folder: Path) -> list[tuple[Table, pd.DataFrame]]:
    """Release tables as a build does: stores apart, then audited together, and again if more must be hidden.

    What the gate refuses is left out; all is, where the audit says that nothing of it may be published.
    """
    held: Held = {}
    with pytest.MonkeyPatch.context() as patch:
        for _ in range(AUDITS):
            released, files = _release(people, tables, folder)
            try:
                more = find_held(files)
            except ValueError as error:
                _expect_refusal(error)
                return []
            if not more:
                return [(t, read(folder, t.name)) for t in released]
            add_held(held, more)
            (folder / "held.json").write_text(json.dumps(held), encoding="utf-8")
            patch.setenv(HELD_VARIABLE, str(folder / "held.json"))
    return []  # as a build, which stops here


def _expect_refusal(error: ValueError) -> None:
    if type(error).__name__ != "NotReleasable":  # which is no public name
        raise error


def _release(people: People, tables: Sequence[Table], folder: Path) -> tuple[list[Table], list[Path]]:
    """Release tables once; return those that left, and the files of true counts that an audit reads."""
    stores, released = {}, []
    for each in tables:
        if each.store not in stores:
            stores[each.store] = open_store(each.store, Extract, folder=folder)
        kinds = (
            {c: DIMENSIONS[c] for c in each.labels[0]} | dict.fromkeys(each.counts, PEOPLE) | dict(each.kinds)
        )
        try:
            stores[each.store].save_table(each.name, each.frame(people), kinds, **each.told)
        except ValueError as error:
            _expect_refusal(error)
            continue
        released.append(each)
    files = []
    for name, store in stores.items():
        counts = {n: table.linked for n, table in store._tables.items() if table.linked is not None}
        files.append(folder / "counts" / f"{name}.npz")
        keep_counts(files[-1], counts, store.profile, store.nested)
    return released, files


def read(folder: Path, name: str) -> pd.DataFrame:
    """Read a table as anybody does who has the file."""
    return pd.read_csv(folder / "tables" / f"{name}.csv", dtype=str, keep_default_na=False)


def attack(
    people: People, released: Sequence[tuple[Table, pd.DataFrame]], *, small_known: bool = False
) -> Found:
    """Attack all tables at once. With `small_known`, the attacker knows which hidden counts are 1 to 7."""
    system, cells, drifted = System(), [], []
    atoms = [system.add(("cell", i)) for i in range(len(people.counts))]
    for each, shown in released:
        for column, rows in each.counts.items():
            for number, inside in enumerate(rows):
                true = int(people.counts[inside].sum())
                text = shown[column][number]
                if text == "[c]":
                    low, high = 1.0, MOST
                    if small_known:
                        low, high = (1.0, SMALLEST - 1.0) if true < SMALLEST else (float(SMALLEST), MOST)
                else:
                    value = float(text)
                    low, high = (0.0, 0.0) if value == 0 else (max(SMALLEST, value - 2), value + 2)
                    if not low <= true <= high:
                        drifted.append(f"{each.name}: {true} is shown as {text}")
                        low, high = 0.0, MOST
                key = ("sum", inside.tobytes())
                new = key not in system.names
                place = system.add(key, low, high)
                if new:
                    system.row({atoms[i]: 1.0 for i in np.flatnonzero(inside)} | {place: -1.0}, 0, 0)
                if text == "[c]":
                    cells.append((each.name, number, column, true, place))
    ranges = system.ranges({place: 1 for *_, place in cells})
    rows = [(*cell, *ranges[place]) for *cell, place in cells]
    found = pd.DataFrame(rows, columns=["table", "row", "column", "true", "low", "high"])
    exact = found[found["low"] == found["high"]]
    assert (exact["low"] == exact["true"]).all(), "an attack that finds a wrong number proves nothing"
    return Found(found, len(released), drifted)


def crossed(rng: np.random.Generator) -> tuple[People, list[Table]]:
    """One to three groupings crossed, totals marked, missing or absent; the last table in another store."""
    people = make_people(rng, sex=LEVELS["sex"], age_band=BANDS[:3], area=LEVELS["area"])
    names = list(people.labels)
    tables = []
    for number in range(rng.integers(1, 4)):
        by = list(rng.permutation(names)[: rng.integers(1, 4)])
        total = [None, "All"][rng.integers(2)]
        count = ["n", "n_people", "n_rows"][number]
        tables.append(table(people, f"t{number}", by, count, total, store="two" if number == 2 else "one"))
    return people, tables


def deprivation(rng: np.random.Generator) -> tuple[People, list[Table]]:
    """Tenths, fifths and the most deprived fifth, in two stores, under several names."""
    people = make_people(rng, imd_decile=LEVELS["imd_decile"])
    decile = people.labels["imd_decile"].astype(int)
    people.labels["imd_quintile"] = ((decile + 1) // 2).astype(str)
    people.labels["core20"] = (decile <= 2).astype(str)
    total = [None, "All"][rng.integers(2)]
    tables = [
        table(people, "tenths", ["imd_decile"], "n_people", total),
        table(people, "fifths", ["imd_quintile"], "n", store="two"),
        table(people, "marked", ["core20"], "n_rows", None, store="two"),
    ]
    core = (people.labels["core20"] == "True").to_numpy()
    tables.append(
        Table(
            "compared",
            [{"group": "deprived"}],
            {"people_with": [core], "people_without": [~core]},
            store="two",
        )
    )
    return people, [tables[i] for i in rng.permutation(4)]


def ages(rng: np.random.Generator) -> tuple[People, list[Table]]:
    """Narrow and broad bands of age under one name."""
    people = make_people(rng, part=0.6, age_band=BANDS, sex=LEVELS["sex"])
    tables = [
        table(people, "narrow", ["age_band"], "n", None),
        table(people, "everybody", ["sex"], "n_people"),
    ]
    broad = [
        ({"age_band": name}, people.labels["age_band"].isin(parts).to_numpy())
        for name, parts in BROAD.items()
    ]
    tables.append(Table("broad", [b for b, _ in broad], {"n": [cells for _, cells in broad]}))
    return people, [tables[i] for i in rng.permutation(3)]


def ones(rng: np.random.Generator) -> tuple[People, list[Table]]:
    """Wards with one person each, or seven, and their total in the table or in another one."""
    each, n = ((1, rng.integers(8, 14)), (7, rng.integers(2, 6)))[rng.integers(2)]
    people = People(np.full(n, each), pd.DataFrame({"area": [f"Ward {chr(65 + i)}" for i in range(n)]}))
    if rng.random() < 0.5:
        return people, [table(people, "wards", ["area"])]
    everybody = Table("everybody", [{"group": "all"}], {"n_people": [np.ones(n, bool)]}, store="two")
    return people, [table(people, "wards", ["area"], total=None), everybody]


def long(rng: np.random.Generator) -> tuple[People, list[Table]]:
    """One table with group and level, with or without a row of all; and another by area."""
    people = make_people(rng, part=0.2, sex=LEVELS["sex"], age_band=BANDS[:4], area=LEVELS["area"])
    labels, rows = [], []
    if rng.random() < 0.5:
        labels, rows = [{"group": "all", "level": "all"}], [np.ones(len(people.counts), bool)]
    for group in ("sex", "age_band"):
        for level, cells in people.rows([group], None):
            labels.append({"group": group, "level": level[group]})
            rows.append(cells)
    long_table = Table("groups", labels, {"n_people": rows})
    return people, [long_table, table(people, "areas", ["area"], "n", store="two")][:: rng.choice([-1, 1])]


def city(rng: np.random.Generator) -> tuple[People, list[Table]]:
    """Wards, and below them a row with the name of their city, and one of all cities."""
    wards = {"Abbeyton": ("Abbey", "Bridge", "Castle"), "Dalesby": ("Dale", "East", "Field", "Green")}
    people = make_people(rng, part=0.6, area=[w for city in wards.values() for w in city], sex=LEVELS["sex"])
    labels, rows = [], []
    for name, parts in wards.items():
        for ward in parts:
            labels.append({"area": ward})
            rows.append((people.labels["area"] == ward).to_numpy())
        labels.append({"area": name})
        rows.append(people.labels["area"].isin(parts).to_numpy())
    if rng.random() < 0.5:
        labels.append({"area": "Both cities"})
        rows.append(np.ones(len(people.counts), bool))
    return people, [
        Table("wards", labels, {"n": rows}),
        table(people, "sexes", ["sex"], "n_people", store="two"),
    ]


def status(rng: np.random.Generator) -> tuple[People, list[Table]]:
    """Attended and missed, which add up to those known; by age and by sex."""
    people = make_people(rng, status=("attended", "dna"), sex=LEVELS["sex"], age_band=BANDS[:3])
    attended = (people.labels["status"] == "attended").to_numpy()
    tables = []
    for name, by in (("sexes", ["sex"]), ("bands", ["age_band"]), ("both", ["sex", "age_band"])):
        rows = list(people.rows(by, "All" if rng.random() < 0.7 else None))
        counts = {
            "n_known": [cells for _, cells in rows],
            "n_attended": [cells & attended for _, cells in rows],
            "n_dna": [cells & ~attended for _, cells in rows],
        }
        kinds = {
            "n_known": Count(parts=("n_attended", "n_dna"), what="appointments"),
            "n_attended": Count(what="appointments", where=(("status", "attended"),)),
            "n_dna": Count(what="appointments", where=(("status", "dna"),)),
        }
        tables.append(Table(name, [labels for labels, _ in rows], counts, kinds=kinds))
    return people, tables[: rng.integers(1, 4)]


def cohort(rng: np.random.Generator) -> tuple[People, list[Table]]:
    """A cohort within everybody: what is not in it must not be known either."""
    people = make_people(rng, area=LEVELS["area"], inside=("yes", "no"))
    inside = (people.labels["inside"] == "yes").to_numpy()
    total = [None, "All"][rng.integers(2)]
    every = table(people, "everybody", ["area"], "n_people", total)
    some = table(people, "some", ["area"], "n_people", total, told={"population": "cohort", "within": "all"})
    some.counts["n_people"] = [cells & inside for cells in some.counts["n_people"]]
    return people, [every, some]


def boards(rng: np.random.Generator) -> tuple[People, list[Table]]:
    """Sub-ICB locations, boards and regions, each in a table of its own."""
    sub = LOCATIONS
    people = make_people(rng, part=0.6, sub_icb_code=sub, sex=LEVELS["sex"])
    at = people.labels["sub_icb_code"].map(sub.index)
    people.labels["icb_code"] = (at // 3).map(lambda i: f"E5400000{i + 1}")
    people.labels["region_code"] = (at // 6).map(lambda i: f"E4000000{i + 1}")
    tables = [
        table(people, "locations", ["sub_icb_code"], "n_people", None),
        table(people, "boards", ["icb_code"], "n", store="two"),
        table(people, "regions", ["region_code"], "n_rows", None, store="two"),
    ]
    if rng.random() < 0.5:  # the codes side by side in the finest
        for labels, (_, cells) in zip(tables[0].labels, people.rows(["sub_icb_code"], None), strict=True):
            labels["icb_code"] = people.labels["icb_code"][cells].iloc[0]
    return people, [tables[i] for i in rng.permutation(3)]


SCENARIOS = (crossed, deprivation, ages, ones, long, city, status, cohort, boards)
