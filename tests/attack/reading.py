"""The released tables of the two notebooks on the linked population, read as a person would read them.

Each count gets a name that says whom it counts: (what, where, slice). Counts of one name in several tables
are one unknown. What the names say of each other (a part, a whole, fifths made of tenths) becomes rows.
Every other number is either used as an equation, or listed in `IDLE` with the reason why it tells nothing.
"""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from scipy.stats import chi2

from tests.attack.system import MOST, System

HIDDEN = "[c]"
LEFT_OVER = "left over"  # stands for a table, of people who are in no row of one
SMALLEST, STEP = 8, 5  # counts of 1 to 7 are hidden, all others rounded to the nearest 5
Row = dict[str, str]
Name = tuple
Oracle = Callable[[str, int, str], float | None]

TOGETHER = {  # labels of one grouping that are made of labels of another
    ("imd_quintile", str(q)): [("imd_decile", str(d)) for d in (2 * q - 1, 2 * q)] for q in range(1, 6)
} | {
    ("core20", "True"): [("imd_decile", "1"), ("imd_decile", "2")],
    ("core20", "False"): [("imd_decile", str(d)) for d in range(3, 11)],
}  # fmt: skip
OVERLAPPING = ("has_", "rule", "costliest", "tried", "profile")  # people may be in several of these
SAME = {("core20", "True"): ("imd_quintile", "1")}

# What a contact costs, in pounds: public prices. Nights come on top of those that are left out here.
PRICES = {
    "gp": 42, "nhs111": 20, "ambulance": 330, "ae": 220, "outpatient": 160,
    "community": 75, "mental_health": 240, "maternity": 150, "social_care": 120,
}  # fmt: skip
#: Numbers that are no equation on counts, by the reason why.
IDLE_BECAUSE = {
    "made of released numbers alone (which is tested of plain quotients, see `read_quotients`)": """
        rate_per_1000 users_share share prevalence zero_share rate_with rate_without ratio_low ratio_high
        difference difference_low difference_high oe recall recall_low recall_high precision selection_rate
        false_positive_rate share_of_list share_of_people share_of_events list_difference gain observed
        low high""",
    "a fit to everybody's records: its equation has an unknown for every person": """
        rate_ratio expected alone so_far added pearson_per_df variance_ratio alpha rate_most rate_least sii
        rii need_sii need_rii covered auprc calibration_slope calibration_in_large mean_abs_shap
        spearman mean_shap mean_abs_interaction contribution mean_shap_difference log_loss moran_i expected_i
        p_value share_amount mean_cost_gbp recall_gap others ratio lift_train threshold
        gap_change auroc_difference""",
    "limits of a model or of draws, as its value": """
        alpha_low alpha_high sii_low sii_high rii_low rii_high need_sii_low need_sii_high need_rii_low
        need_rii_high auprc_low auprc_high brier_low brier_high slope_low slope_high large_low large_high
        gap_low gap_high lift_1_low lift_1_high lift_5_low lift_5_high lift_10_low lift_10_high
        auroc_difference_low auroc_difference_high lift_5_difference_low lift_5_difference_high
        list_difference_low list_difference_high gap_change_low gap_change_high gain_low gain_high""",
    "people found at the top, as coarse as a count": "lift_1 lift_5 lift_10 lift_5_difference",
    "a setting, a label, or about no people": """
        tolerance level imd_decile imd_quintile bin month place planted planted_rank shap_rank rank seed
        cluster round learning_rate max_leaf_nodes min_samples_leaf l2 risk_bin top share_people
        threshold_share n_checks n_broken n_cohorts n_covered value n_features""",
}
IDLE = {column: reason for reason, columns in IDLE_BECAUSE.items() for column in columns.split()}


@dataclass(frozen=True)
class Cell:
    """One released count: where it stands, its unknown, and how it was released."""

    table: str
    row: int
    column: str
    place: int
    hidden: bool


@dataclass
class Reading:
    """Tables read into a system of unknowns.

    Attributes
    ----------
    folder : Path
        A results folder.
    oracle : callable, optional
        True number of a cell. It is asked only where a guess of the reader would be wrong: whether two cells
        of one name are the same people, and whether a number was rounded as the rules say.
    use_log : bool
        Use the release log too: where it says that all hidden counts of a column are small, they are 1 to 7.
    counts_only : bool
        Use counts and their sums alone, and no other number.
    chosen : set of int
        Unknowns that follow from a setting and a number that is shown (the room on a list): no secrets.
    """

    folder: Path
    oracle: Oracle | None = None
    use_log: bool = False
    counts_only: bool = False
    system: System = field(default_factory=System)
    cells: list[Cell] = field(default_factory=list)
    truth: dict[int, float] = field(default_factory=dict)
    drifted: list[tuple[str, int, str]] = field(default_factory=list)
    used: set[tuple[str, str]] = field(default_factory=set)
    unread: set[tuple[str, str]] = field(default_factory=set)
    chosen: set[int] = field(default_factory=set)
    small: set[tuple[str, str]] = field(default_factory=set)
    groups: dict[tuple[str, ...], list[dict]] = field(default_factory=lambda: defaultdict(list))

    def read(self) -> Reading:
        """Read all tables that are there, and write down how their counts hang together."""
        logs = [
            json.loads(p.read_text(encoding="utf-8")) for p in sorted((self.folder / "facts").glob("*.json"))
        ]
        for log in logs if self.use_log else ():
            for table, said in log["tables"].items():
                reasons = defaultdict(set)
                for each in said["hidden"]:
                    reasons[each["column"]].add(each["reason"])
                self.small |= {(table, column) for column, why in reasons.items() if why == {"small"}}
        for table, reader in READERS.items():
            path = self.folder / "tables" / f"{table}.csv"
            if path.is_file():
                with path.open(encoding="utf-8", newline="") as file:
                    rows = list(csv.DictReader(file))
                for number, row in enumerate(rows):
                    at = _At(self, table, number, row, rows)
                    reader(at)
                    read_quotients(at)
                self._note_unread(table, rows)
        self._relate()
        return self

    def _note_unread(self, table: str, rows: list[Row]) -> None:
        for column in rows[0] if rows else ():
            numeric = any(_is_number(row[column]) for row in rows)
            if (
                numeric
                and not {column, f"{table}.{column}"} & IDLE.keys()
                and (table, column) not in self.used
            ):
                self.unread.add((table, column))

    def count(self, table: str, number: int, column: str, text: str, name: Name) -> int | None:
        """Note a released count under its name; return its place, or None where there is none."""
        if text == "":
            return None
        true = self.oracle(table, number, column) if self.oracle else None
        hidden = text == HIDDEN
        low, high = 1.0, MOST
        if hidden and (table, column) in self.small:
            high = SMALLEST - 1.0
        if not hidden:
            shown = float(text)
            low, high = (shown, shown) if shown == 0 else (max(SMALLEST, shown - 2), shown + 2)
        if true is not None and not low <= true <= high:
            if not hidden:
                self.drifted.append((table, number, column))
            low, high = 0.0, MOST
        if not self._agrees(name, true, low, high):
            name = (*name, table)
        if not self._agrees(name, true, low, high):
            name = (*name, number)
        place = self.system.add(name, low, high)
        if true is not None:
            self.truth[place] = true
        self.cells.append(Cell(table, number, column, place, hidden))
        return place

    def _agrees(self, name: Name, true: float | None, low: float, high: float) -> bool:
        """Whether a number may be that which has this name already."""
        place = self.system.names.get(name)
        if place is None:
            return True
        same = true is None or self.truth.get(place, true) == true
        return same and low <= self.system.high[place] and high >= self.system.low[place]

    def _relate(self) -> None:
        """Write down parts and wholes, and which people are some of which others."""
        system = self.system
        for name in [n for n in system.names if len(n) == 3]:
            what, where, members = name
            for label, parts in TOGETHER.items():  # fifths are made where only tenths are there
                if label in members:
                    others = [(what, where, members - {label} | {part}) for part in parts]
                    if any(o in system.names for o in others):
                        self._sum(name, [o for o in others if o in system.names], len(others))
            for one, other in SAME.items():
                twin = (what, where, members - {one} | {other})
                if one in members and twin in system.names:
                    self._equal(name, twin)
        families: dict[tuple, list[Name]] = defaultdict(list)
        for name in [n for n in system.names if len(n) == 3]:
            what, where, members = name
            for label in members:
                families[what, where, members - {label}, label[0]].append(name)
        for (what, where, rest, dimension), parts in families.items():
            whole = (what, where, rest)
            if whole in system.names:
                apart = not dimension.startswith(OVERLAPPING)
                for some in [parts] if apart else [[part] for part in parts]:
                    self._sum(whole, some, max(len(some), 2))
        if not self.counts_only:
            self._relate_scores()
        for name in [n for n in system.names if len(n) == 3]:
            for smaller, larger in _inside(name):
                if smaller in system.names and larger in system.names:
                    system.row({system.names[smaller]: 1, system.names[larger]: -1}, high=0)
            for one, other in _alike(name):
                if one in system.names and other in system.names:
                    self._equal(one, other)
            what, where, members = name
            if what.startswith("none:"):  # with none and with any
                people, users = ("people", where, members), ("users:" + what[5:], "year", members)
                if people in system.names and users in system.names:
                    self._sum(people, [name, users], 2)
            if what.startswith("found:"):
                outcome, chosen = what[6:].split("|", 1)
                with_it, listed = (
                    (f"with:{outcome}", where, members),
                    (f"listed:{outcome}|{chosen}", where, members),
                )
                people = ("people", where, members)
                if all(n in system.names for n in (with_it, listed, people)):
                    terms = {name: 1, with_it: -1, listed: -1, people: 1}
                    system.row({system.names[n]: c for n, c in terms.items()}, low=0)

    def _relate_scores(self) -> None:
        """Scores of parts and of the whole: expected events add up, and squared errors do."""
        row, names = self.system.row, self.system.names
        people, whole = names.get(("people", "test", frozenset())), {}
        for key, parts in self.groups.items():
            if key[:1] == ("performance",) and key[3] == "all":
                whole[key[1:3]] = parts[0]
        for key, parts in self.groups.items():
            every = whole.get(key[1:3])
            if not every or None in (every["n"], every["e"]):
                continue
            rate, brier = every["rate"], every["brier"]
            if key[0] == "calibration":
                for part in parts if len(parts) > 1 and people is not None else ():  # equal bands
                    if part["n"] is not None:
                        row({part["n"]: 1.0, people: -1 / len(parts)}, -1, 1)
                if rate and all(p["risk"] and p["n"] is not None for p in parts):
                    for end, side in ((1, {"high": 0}), (0, {"low": 0})):
                        terms = {p["n"]: -rate[end] * p["risk"][end] for p in parts}
                        row({every["n"]: 1.0} | terms, **side)
            elif key[0] == "performance" and key[3] != "all":
                known = all(p["rate"] and p["n"] is not None for p in parts)
                if rate and known:  # expected events add up
                    for end, side in ((1, {"high": 0}), (0, {"low": 0})):
                        terms = {p["n"]: 1 / p["rate"][end] for p in parts}
                        row(terms | {every["n"]: -1 / rate[1 - end]}, **side)
                if brier and all(p["brier"] and p["n"] is not None for p in parts):  # and squared errors
                    for end, side in ((0, {"high": 0}), (1, {"low": 0})):
                        row({p["n"]: p["brier"][end] for p in parts} | {every["n"]: -brier[1 - end]}, **side)

    def _sum(self, whole: Name, parts: list[Name], expected: int) -> None:
        """The parts are at most the whole; and as much, if all are there and nothing is left over.

        A few who are left over stand in no table, and must be as unknown as if they stood in one.
        """
        names = self.system.names
        terms = {names[p]: 1.0 for p in parts} | {names[whole]: -1.0}
        true = [self.truth.get(place) for place in terms]
        rest = None if None in true else -sum(t * c for t, c in zip(true, terms.values(), strict=True))
        guess = len(parts) == expected
        if (guess or len(parts) == 1) and rest is not None and 0 < rest < SMALLEST:
            left = self.system.add(("left over", whole, *parts))
            self.truth[left] = rest
            self.cells.append(Cell(LEFT_OVER, len(self.cells), str(whole[0]), left, hidden=True))
            self.system.row(terms | {left: 1.0}, 0, 0)
            return
        self.system.row(terms, high=0)
        if rest == 0 or guess and rest is None:
            self.system.row(terms, low=0)

    def _equal(self, one: Name, other: Name) -> None:
        terms = {self.system.names[one]: 1.0, self.system.names[other]: -1.0}
        if len(terms) == 2:
            self.system.row(terms, high=0)
            self.system.row(terms, low=0)


def _inside(name: Name) -> Iterator[tuple[Name, Name]]:
    """Whoever is counted under the first is counted under the second."""
    what, where, members = name
    if where == "test":
        yield name, (what, "year", members)
        yield name, (what, "explained", members)
    if where == "cohort":
        yield name, (what, "year", members)
        yield name, (what, "year", members | {("has_heart_failure", "True")})
    if where == "year maternity":
        yield name, (what, "year", members)
    if what.startswith("kept contacts:"):
        yield name, (what[5:], where, members)
    if what.startswith("month"):
        yield name, ("people", where, members)
    if what.startswith("users:"):
        yield name, ("people", where, members)
        yield name, ("contacts:" + what[6:], where, members)
    if what.startswith(("with:", "listed:", "none:")):
        yield name, ("people", where, members)
    if what.startswith("found:"):
        outcome = what[6:].split("|", 1)[0]
        yield name, ("listed:" + what[6:], where, members)
        yield name, ("with:" + outcome, where, members)
    if what == "with:next_emergency":
        yield name, ("users:emergency", "year", members)


def _alike(name: Name) -> Iterator[tuple[Name, Name]]:
    what, where, members = name
    if where == "explained":
        yield name, (what, "year", members)
        if what == "with:next_emergency":
            yield name, ("users:emergency", "year", members)


@dataclass(frozen=True)
class _At:
    """A row of a table, being read."""

    reading: Reading
    table: str
    number: int
    row: Row
    every: list[Row] = field(default_factory=list)
    places: dict[str, int | None] = field(default_factory=dict)

    def __getitem__(self, column: str) -> str:
        return self.row[column]

    def count(self, column: str, what: str, where: str, *labels: tuple[str, str]) -> int | None:
        if column not in self.row:
            return None
        self.reading.used.add((self.table, column))
        members = frozenset(label for label in labels if label[1] not in ("all", ""))
        name = (what, where, members)
        place = self.reading.count(self.table, self.number, column, self.row[column], name)
        self.places[column] = place
        return place

    def span(self, column: str, digits: int = 4) -> tuple[float, float] | None:
        """Between which numbers lies what was rounded to this."""
        self.reading.used.add((self.table, column))
        text = self.row.get(column, "")
        return _span(text, digits) if _is_number(text) else None

    def test(self, places: tuple[int | None, ...], holds: Callable) -> None:
        if None not in places and not self.reading.counts_only:
            self.reading.system.test(places, holds)

    def rows(self, terms: dict[int | None, float], low: float = -np.inf, high: float = np.inf) -> None:
        if None not in terms and not self.reading.counts_only:
            self.reading.system.row(terms, low, high)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _span(text: str, digits: int = 4) -> tuple[float, float]:
    """The interval that a number with so many significant digits (and at most six decimals) stands for."""
    value = float(text)
    size = np.floor(np.log10(abs(value))) if value else 0.0
    half = max(0.5 * 10 ** (size - digits + 1), 0.5e-6) * (1 + 1e-9)
    return value - half, value + half


def _whole(low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Whether a whole number lies between."""
    return np.floor(high + 1e-9) >= np.ceil(low - 1e-9)


def _year(at: _At, setting: str) -> str:
    """Maternity care is modelled for the women who may need it, all else for everybody."""
    return "year maternity" if setting == "maternity" else "year"


def read_by_setting(at: _At, where: str = "year") -> None:
    s = at["setting"]
    at.count("n_people", "people", where)
    events = at.count("events", f"contacts:{s}", where)
    at.count("n_users", f"users:{s}", where)
    cost = at.span("cost_gbp", 3)
    if cost and s in PRICES and _is_number(at["events"]) and float(at["events"]) > 0:
        # The cost is the shown count times the mean of one, which is as coarse as the count, or has three
        # digits; what was attended has the price
        shown = float(at["events"])
        mean = float(at["cost_gbp"]) / shown
        ten = 10 ** np.floor(np.log10(5 * mean / shown))
        half = ten * next(n for n in (1, 2, 5, 10) if n * ten >= 5 * mean / shown * (1 - 1e-9)) / 2
        low, high = min(mean - half, _span(f"{mean:.6g}", 3)[0]), max(mean + half, _span(f"{mean:.6g}", 3)[1])
        possible = np.arange(max(shown - 2, 1), shown + 3)
        price = PRICES[s]
        possible = possible[
            np.minimum(np.floor(high / price * possible), possible) >= np.ceil(low / price * possible)
        ]
        if len(possible):
            at.rows({events: 1}, low=possible.min(), high=possible.max())


def read_by_group(at: _At) -> None:
    label = (at["group"], at["level"])
    at.count("n_people", "people", "year", label)
    at.count("events", f"contacts:{at['setting']}", "year", label)


def read_drivers(at: _At) -> None:
    label = (at["term"], at["level"] or "True")
    at.count("n_people", "people", _year(at, at["setting"]), label)
    at.count("n_events", f"contacts:{at['setting']}", _year(at, at["setting"]), label)


def read_fit(at: _At) -> None:
    s, where = at["setting"], _year(at, at["setting"])
    people = at.count("n_people", "people", where)
    at.count("n_events", f"contacts:{s}", where)
    zeros = at.count("zeros_observed", f"none:{s}", where)
    expected, ratio, share = (at.span(c, 12) for c in ("zeros_expected", "zero_ratio", "zero_share_expected"))
    if expected and ratio and not _is_quotient(at, "zero_ratio", "zeros_observed", "zeros_expected"):
        at.rows({zeros: 1}, expected[0] * ratio[0], expected[1] * ratio[1])
    if expected and share and not _is_quotient(at, "zero_share_expected", "zeros_expected", "n_people"):
        at.rows({people: 1}, expected[0] / share[1], expected[1] / share[0])


def read_blocks(at: _At) -> None:
    s, where = at["setting"], _year(at, at["setting"])
    at.count("n_train", "people", where, (f"held out {s}", "no"))
    at.count("n_test", "people", where, (f"held out {s}", "yes"))
    at.count("events_test", f"contacts:{s}", where, (f"held out {s}", "yes"))


def read_inequality(at: _At) -> None:
    at.count("n_people", "people", "year")
    at.count("events", f"contacts:{at['setting']}", "year")


def read_core20(at: _At) -> None:
    for side, level in (("with", "True"), ("without", "False")):
        at.count(f"people_{side}", "people", "year", ("core20", level))
        at.count(f"events_{side}", f"contacts:{at['setting']}", "year", ("core20", level))


def read_place(at: _At) -> None:
    at.count("n_people", "people", "year", ("msoa", at["msoa"]))
    seen = at.count("observed", "contacts:ae", "year", ("msoa", at["msoa"]))
    due, shown = at.span("expected"), at["observed"]
    for column, limit in (("oe", _itself), ("low", _poisson_low), ("high", _poisson_high)):
        told = at.span(column, 12)
        if not told or not due or not _is_number(shown):
            continue
        low, high = told[0] * due[0], told[1] * due[1]
        if not _between(low, limit(np.array([float(shown)])), high)[
            0
        ]:  # of no released number: of the true one
            at.test((seen,), lambda seen, low=low, high=high, limit=limit: _between(low, limit(seen), high))


def _itself(events: np.ndarray) -> np.ndarray:
    return events


def _poisson_low(events: np.ndarray) -> np.ndarray:
    k, z = np.maximum(events, 1), 1.959964
    byar = k * (1 - 1 / (9 * k) - z / (3 * np.sqrt(k))) ** 3
    return np.where(events == 0, 0, np.where(events < 10, chi2.ppf(0.025, 2 * k) / 2, byar))


def _poisson_high(events: np.ndarray) -> np.ndarray:
    k, z = events + 1, 1.959964
    byar = k * (1 - 1 / (9 * k) + z / (3 * np.sqrt(k))) ** 3
    return np.where(events < 10, chi2.ppf(0.975, 2 * k) / 2, byar)


def read_next_year(at: _At) -> None:
    s = at["setting"]
    at.count("n_people", "people", _year(at, s), ("age_band", at["age_band"]))
    seen = at.count("observed", f"contacts:{s}", _year(at, s), ("age_band", at["age_band"]))
    at.reading.groups["next_year", s, at["method"]].append({"seen": seen, "due": at.span("expected")})


def read_next_year_scores(at: _At) -> None:
    s = at["setting"]
    kept = at.count("observed", f"kept contacts:{s}", _year(at, s))
    cohorts = at.reading.groups["next_year", s, at["method"]]
    cohorts = [c for c in cohorts if c["due"] and c["seen"] is not None]
    mean, part = at.span("mape"), at.span("weighted_error")
    at.rows({c["seen"]: 1 for c in cohorts} | {kept: -1}, high=0)
    at.rows({c["seen"]: 1 for c in cohorts} | {kept: -1}, low=0)
    if mean:  # of errors, each as a share of what was seen
        at.test(tuple(c["seen"] for c in cohorts), lambda *seen: _errors(seen, cohorts, mean, each=True))
    if part:
        at.test(tuple(c["seen"] for c in cohorts), lambda *seen: _errors(seen, cohorts, part, each=False))


def _errors(
    seen: tuple[np.ndarray, ...], cohorts: list[dict], told: tuple[float, float], *, each: bool
) -> np.ndarray:
    """Whether errors, as a share of what was seen, can be as told (the mean share, or sums)."""
    least, most = np.zeros(len(seen[0])), np.zeros(len(seen[0]))
    for number, cohort in zip(seen, cohorts, strict=True):
        ends = [np.abs(number - due) for due in cohort["due"]]
        inside = (cohort["due"][0] <= number) & (number <= cohort["due"][1])
        share = np.maximum(number, 1) * len(seen) if each else sum(seen)
        least += np.where(inside, 0, np.minimum(*ends)) / share
        most += np.maximum(*ends) / share
    return (least <= told[1]) & (told[0] <= most)


def read_costed(at: _At) -> None:
    at.count("n_contacts", "contacts", "year")
    at.count("n_without_cost", "contacts", "year", ("costed", "no"))


def read_top(at: _At) -> None:
    """So many people are a share of all: it tells of them, if not made of their number as shown."""
    people = at.count("n_people", "people", "year")
    at.reading.used.add((at.table, "n_top"))
    if all(_is_part(row["n_top"], row["top"], row["n_people"]) for row in at.every):
        return
    top = float(at["top"])
    some = at.count("n_top", "people", "year", ("costliest", at["top"]))
    at.rows({some: 1, people: -top}, -0.5 - 1e-6, 0.5 + 1e-6)


def _is_part(part: str, share: str, whole: str) -> bool:
    """Whether a number is a share of one that is shown, rounded like it."""
    numbers = _is_number(part) and _is_number(whole)
    return not numbers or float(part) == STEP * np.floor(float(share) * float(whole) / STEP + 0.5 + 1e-9)


def read_curve(at: _At) -> None:
    """Everybody in each row, or those in each share: as many as that share of all, rounded to one."""
    if len({row["n_people"] for row in at.every}) == 1:
        at.count("n_people", "people", "year")
        return
    share, people = at["share_people"], at.reading.system.names.get(("people", "year", frozenset()))
    some = at.count("n_people", "people", "year", ("costliest", "all" if float(share) == 1 else share))
    if some != people:
        at.rows({some: 1, people: -float(share)}, -0.5 - 1e-6, 0.5 + 1e-6)


def read_quality(at: _At) -> None:
    at.count("rows", f"rows:{at['table']}", "file")
    at.count("rows_found", f"rows:{at['table']}", "file", (f"rule {at['column']} {at['check']}", "broken"))


def read_checks(at: _At) -> None:
    at.count("rows", f"rows:{at['table']}", "file")


def read_folds(at: _At) -> None:
    where = {"evaluate": "test"}.get(at["fold"], at["fold"])
    at.count("n", "people", where)
    for outcome in ("next_high_cost", "next_emergency"):
        at.count(f"n_{outcome}", f"with:{outcome}", where)


def read_search(at: _At) -> None:
    at.count("n_people", "people", "train", ("tried", at["round"]))


def read_performance(at: _At) -> None:
    label = (at["group"], at["level"])
    n = at.count("n", "people", "test", label)
    e = at.count("n_events", f"with:{at['outcome']}", "test", label)
    _auroc(at, n, e)
    brier, skill, oe = at.span("brier"), at.span("brier_skill"), at.span("oe")
    key = ("performance", at["outcome"], at["model"], at["group"])
    rate, few = _of_one_rate(at), _smallest(at)
    if few and brier and skill and _of_shown(at):
        brier = None  # made of released numbers
    at.reading.groups[key].append({"n": n, "e": e, "oe": oe, "brier": brier, "rate": rate})
    if brier and skill and not _of_shown(at):  # of giving all the mean risk: p (1 - p)
        least, most = brier[0] / (1 - skill[0]), brier[1] / (1 - skill[1])
        at.test((n, e), lambda n, e: _between(least, _part(n, e) * (1 - _part(n, e)), most))
    if at["model"] == "prevalence":
        _constant(at, n, e)
    lift = at.span("lift_5")
    if at["group"] == "all" and lift and _is_number(at["n_events"]):  # people found in the top twentieth
        events = float(at["n_events"])
        low, high = _coarse(lift[0] * 0.05 * events, lift[1] * 0.05 * events)
        found = at.reading.system.add((f"found:{at['outcome']}|{at['model']}", "test", frozenset()))
        at.rows({found: 1}, low * (events - 2) / events - 1)
        at.rows({found: 1}, high=high * (events + 2) / events + 1)


def _of_one_rate(at: _At) -> tuple[float, float] | None:
    """People ÷ events expected, if the ratio to them was taken to the counts shown, in steps of its size."""
    if not (_is_number(at["n"]) and _is_number(at["n_events"]) and _is_number(at.row.get("oe", ""))):
        return None
    n, e, oe = float(at["n"]), float(at["n_events"]), float(at["oe"])
    if min(n, e, oe) <= 0:
        return None
    half = 0.5 * np.log1p(STEP / min(n, e)) + 1e-3
    return oe * n / e * np.exp(-half), oe * n / e * np.exp(half)


def _of_shown(at: _At) -> bool:
    """Whether Brier score and skill are of each other and the counts shown: else they are of true counts."""
    if not (_is_number(at["n"]) and _is_number(at["n_events"])):
        return False
    p = float(at["n_events"]) / float(at["n"])
    return abs(float(at["brier"]) - (1 - float(at["brier_skill"])) * p * (1 - p)) <= 2e-6


def _constant(at: _At, n: int | None, e: int | None) -> None:
    """One risk q for all: oe is p ÷ q, Brier p - 2pq + q², in the large logit p - logit q, AUPRC p."""
    shown = [at[c] for c in ("n", "n_events")]
    shown = [np.array([float(c)]) for c in shown] if all(map(_is_number, shown)) else None

    def test(holds: Callable) -> None:
        """What holds of the counts shown is of those, and else of the true ones."""
        if shown is None or not shown[0][0] or not holds(*shown)[0]:
            at.test((n, e), holds)

    oe, brier, large, auprc = (at.span(c) for c in ("oe", "brier", "calibration_in_large", "auprc"))
    few, rate = _smallest(at), _of_one_rate(at)
    if few and brier and _of_shown(at):
        brier = None  # made of released numbers
    if oe and rate:  # in steps of its own size
        n_shown, e_shown = float(at["n"]), float(at["n_events"])
        oe = tuple(end * e_shown / n_shown for end in rate)
    half = few and large and _half_step(float(at["calibration_in_large"]), STEP / few)
    if half:  # as coarse as a count
        large = (large[0] - half, large[1] + half)
    if auprc and not (few and _half_step(float(at["auprc"]), STEP / few)):  # else moved to the counts shown
        test(lambda n, e: _between(auprc[0], _part(n, e), auprc[1]))
    if oe and brier:

        def squares(n: np.ndarray, e: np.ndarray) -> np.ndarray:
            p = _part(n, e)
            ends = [p - 2 * p * (p / ratio) + (p / ratio) ** 2 for ratio in oe]
            least = np.where((oe[0] <= 1) & (oe[1] >= 1), p - p * p, np.minimum(*ends))
            return (least <= brier[1]) & (brier[0] <= np.maximum(*ends))

        test(squares)
    if oe and large:

        def logits(n: np.ndarray, e: np.ndarray) -> np.ndarray:
            p = _part(n, e)
            with np.errstate(all="ignore"):
                ends = [np.log(p / (1 - p)) - np.log((p / r) / (1 - p / r)) for r in oe]
            return ~((ends[1] < large[0]) | (ends[0] > large[1]))

        test(logits)


def _between(low: float, values: np.ndarray, high: float) -> np.ndarray:
    return (low <= values) & (values <= high)


def _part(n: np.ndarray, e: np.ndarray) -> np.ndarray:
    return np.divide(e, n, out=np.full(len(n), np.nan), where=n > 0)


def _coarse(low: float, high: float) -> tuple[float, float]:
    """Between which numbers of people lies what was made as coarse as a count."""
    return (0.0, float(SMALLEST)) if high < STEP + 0.5 else (low - STEP / 2, high + STEP / 2)


def _half_step(value: float, step: float, around: float = 0.0) -> float | None:
    """Half a step, if a value lies on a grid of steps; None if it is finer than that."""
    off = (value - around) / step
    return step / 2 if abs(off - round(off)) * step <= 1e-6 else None


def _smallest(at: _At) -> float | None:
    """The smallest class as shown: those with the outcome, or without it."""
    if not (_is_number(at["n"]) and _is_number(at["n_events"])):
        return None
    n, e = float(at["n"]), float(at["n_events"])
    return min(e, n - e) if 0 < e < n else None


def _auroc(at: _At, n: int | None, e: int | None) -> None:
    """Pairs that are ranked right, ties counted half, are half a whole number."""
    span, few = at.span("auroc"), _smallest(at)
    if not span:
        return
    half = few and _half_step(float(at["auroc"]), STEP / few, 0.5)
    if half:
        span = (float(at["auroc"]) - half, float(at["auroc"]) + half)
    at.test((n, e), lambda n, e: _whole(2 * span[0] * e * (n - e), 2 * span[1] * e * (n - e)) & (e <= n))


def read_calibration(at: _At) -> None:
    model = f"risk by {at['model']} of {at['outcome']}"
    band = at.count("n", "people", "test", (model, at["bin"]))
    key = ("calibration", at["outcome"], at["model"])
    risk, shown = at.span("mean_risk"), at["n"]
    if risk and _is_number(shown) and float(shown) > 0:  # in steps of its own size
        half = np.exp(0.5 * np.log1p(STEP / float(shown)) + 1e-3)
        risk = (risk[0] / half, risk[1] * half)
    at.reading.groups[key].append({"n": band, "risk": risk})
    at.count("n_events", f"with:{at['outcome']}", "test", (model, at["bin"]))


def read_decision(at: _At) -> None:
    outcome, model, odds = at["outcome"], at["model"], float(at["threshold"]) / (1 - float(at["threshold"]))
    at.count("n", "people", "test")
    e = at.count("n_events", f"with:{outcome}", "test")
    if model in ("everybody", "nobody"):
        listed = at.count("n_listed", "people", "test") if model == "everybody" else None
        found = e
    else:
        here, lower = (f"{outcome}|{model} {float(at['threshold']) - less:.6f}" for less in (0, 0.01))
        listed, found = at.count("n_listed", f"listed:{here}", "test"), None
        told = at.count("n_found", f"found:{here}", "test")
        if listed is not None:
            found = told
        if found is not None:
            names = at.reading.system.names
            listed_below, found_below = (
                names.get((f"{what}:{lower}", "test", frozenset())) for what in ("listed", "found")
            )  # who is listed here is listed there
            at.rows({listed: 1, listed_below: -1}, high=0)
            at.rows({found: 1, found_below: -1}, high=0)
            at.rows({listed: 1, found: -1, listed_below: -1, found_below: 1}, high=0)
    at.reading.used.add((at.table, "net_benefit"))
    text, shown = at["net_benefit"], at["n"]
    if listed is None or not _is_number(text) or not _is_number(shown):
        return
    stands_for = abs(float(text)) * float(shown)  # people: as coarse as a count
    low, high = _coarse(stands_for - 0.1, stands_for + 0.1)
    low, high = low * (float(shown) - 2) / float(shown), high * (float(shown) + 2) / float(shown)
    if float(text) < 0:
        low, high = -high, -low
    at.rows({found: 1 + odds, listed: -odds}, low, high)


def read_months(at: _At) -> None:
    n = at.count("n", f"month {at['month']}", "test")
    e = at.count("n_events", f"month {at['month']} with:{at['outcome']}", "test")
    if at["outcome"] == "next_high_cost" and n is not None and e is not None:
        at.rows({e: 1, n: -1}, high=0)
    _auroc(at, n, e)


def read_explained(at: _At) -> None:
    at.count("n", "people", "explained")


def read_tested(at: _At) -> None:
    at.count("n", "people", "test")


def read_dependence(at: _At) -> None:
    dimension = {"Age": "age_band", "Sex": "sex", "Ethnic group": "ethnic_group"}.get(
        at["feature"], at["feature"]
    )
    at.count("n", "people", "explained", (dimension, at["bin"]))
    at.count("n_events", f"with:{at['outcome']}", "explained", (dimension, at["bin"]))


def read_profiles(at: _At) -> None:
    at.count("n", "people", "explained", (f"profile {at['profile']}", "yes"))


def read_shap_truth(at: _At) -> None:
    concept, _, level = at["driver"].partition(": ")
    level = level.split(", against")[0] or "True"
    dimension = {
        "Age": "age_band",
        "Sex": "sex",
        "Ethnic group": "ethnic_group",
        "Deprivation of the area": "imd_decile",
    }
    at.count(
        "n",
        "people",
        "explained",
        (dimension.get(concept, "has_" + concept.lower().replace(" ", "_")), level),
    )


def read_rules(at: _At) -> None:
    labels = (f"rule {at['rule']}", "yes"), (at["group"], at["level"])
    n = at.count("n", "people", "test", *labels)
    e = at.count("n_events", f"with:{at['outcome']}", "test", *labels)
    at.count("n_train", "people", "train", labels[0])
    every = at.count("n_everybody", "people", "test", labels[1])
    events = at.count("events_everybody", f"with:{at['outcome']}", "test", labels[1])
    span = at.span("lift")
    if span:  # part with the outcome ÷ that of all

        def holds(n: np.ndarray, e: np.ndarray, every: np.ndarray, events: np.ndarray) -> np.ndarray:
            left, right = e * every, n * events
            return (span[0] * right <= left) & (left <= span[1] * right)

        at.reading.used |= {(at.table, "low"), (at.table, "high")}
        shown = [at[c] for c in ("n", "n_events", "n_everybody", "events_everybody")]
        if all(map(_is_number, shown)) and holds(*(np.array([float(c)]) for c in shown)).all():
            return  # made of the counts shown, as its limits are: they tell no more
        at.test((n, e, every, events), holds)
        for column, sign in (("low", -1), ("high", 1)):  # limits of the part with the outcome ÷ that part
            end = at.span(column)
            if end:
                at.test((n, e), lambda n, e, end=end, sign=sign: _wilson_holds(n, e, end, span, sign))


def _wilson_holds(n: np.ndarray, e: np.ndarray, end: tuple, lift: tuple, sign: int) -> np.ndarray:
    p, z = _part(n, e), 1.959964
    limit = (p + z**2 / (2 * n) + sign * z * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))) / (1 + z**2 / n)
    ratio = np.divide(limit, p, out=np.full(len(n), np.nan), where=p > 0)
    return (end[0] / lift[1] <= ratio) & (ratio <= end[1] / lift[0])


def read_list(at: _At) -> None:
    _list(at, ("imd_quintile", at["imd_quintile"]), at["model"])


def _list(at: _At, label: tuple[str, str], chosen: str) -> None:
    at.count("n", "people", "test", label)
    at.count("n_events", f"with:{at['outcome']}", "test", label)
    at.count("n_listed", f"listed:{at['outcome']}|{chosen}", "test", label)
    at.count("n_found", f"found:{at['outcome']}|{chosen}", "test", label)


def read_fairness(at: _At) -> None:
    _list(at, (at["group"], at["level"]), at["model"])
    names = at.reading.system.names
    listed = names.get((f"listed:{at['outcome']}|{at['model']}", "test", frozenset()))
    if at["group"] == "all" and listed is not None:  # the list has room for a share of all, rounded down
        share, shown = float(at["threshold_share"]), at["n"]
        room = np.floor(share * float(shown) + 1e-9) if _is_number(shown) else None
        if room is not None and at.reading.truth.get(listed, room) == room:  # of the number that is shown
            at.reading.chosen.add(listed)
            at.rows({listed: 1}, room, room)
        else:
            at.rows({listed: 1, names.get(("people", "test", frozenset())): -share}, -1 + 1e-6, 1e-6)


def read_mitigation(at: _At) -> None:
    _list(at, (at["group"], at["level"]), f"{at['model']} {at['policy']}")


def read_cost_need(at: _At) -> None:
    labels = (f"band of cost by {at['model']}", at["risk_bin"]), ("core20", at["core20"])
    n = at.count("n", "people", "test", *labels)
    e = at.count("n_events", "with:next_emergency", "test", *labels)
    _mean_of_whole(at, "mean_conditions", n)
    _rate_of_whole(at, "emergency_rate", n, e)


def _mean_of_whole(at: _At, column: str, n: int | None) -> None:
    """Conditions are counted: their mean times people is a whole number, if it is not of what is shown."""
    span, shown = at.span(column), at.row.get("n", "")
    of_shown = span and _is_number(shown) and abs(_nearest(float(at[column]) * float(shown))) < 1e-3
    if span and not of_shown:
        at.test((n,), lambda n: _whole(span[0] * n, span[1] * n))


def _nearest(number: float) -> float:
    """How far a number is from a multiple of the step."""
    return number - STEP * round(number / STEP)


def _rate_of_whole(at: _At, column: str, n: int | None, e: int | None) -> None:
    """A rate that is not the quotient of the rounded counts is that of the true ones."""
    span = at.span(column)
    if span:
        rounded = [at.row.get("n", ""), at.row.get("n_events", "")]
        if (
            all(map(_is_number, rounded))
            and float(rounded[0])
            and span[0] <= float(rounded[1]) / float(rounded[0]) <= span[1]
        ):
            return
        at.test((n, e), lambda n, e: (span[0] * n <= e) & (e <= span[1] * n))


def read_equal_risk(at: _At) -> None:
    label = ("compared at equal risk", f"core20 {at['model']}")
    n = at.count("n", "people", "test", label)
    e = at.count("n_events", "with:next_emergency", "test", label)
    names = at.reading.system.names
    for place, what in ((n, "people"), (e, "with:next_emergency")):
        core = names.get((what, "test", frozenset({("imd_quintile", "1")})))
        if place is not None and core is not None and place != core:
            at.rows({place: 1, core: -1}, high=0)
            at.rows({place: 1, core: -1}, low=0)  # a guess: everybody has somebody to be compared with
    if at["measure"] == "emergency_rate":
        _rate_of_whole(at, "core20", n, e)
    if at["measure"] == "mean_conditions":
        few = [float(at[c]) for c in ("n", "n_events") if _is_number(at[c])]
        span = at.span("core20")
        if span and len(few) == 2:  # in steps of its own size, by the smaller count
            half = np.exp(0.5 * np.log1p(STEP / min(few)))
            at.test((n,), lambda n: _whole(span[0] / half * n, span[1] * half * n))


# Shares that should be quotients of the released counts beside them: column, its numerator and denominator
QUOTIENTS = (
    ("users_share", "n_users", "n_people"),
    ("zero_share", "zeros_observed", "n_people"),
    ("share", "rows_found", "rows"),
    ("prevalence", "n_events", "n"),
    ("observed", "n_events", "n"),
    ("selection_rate", "n_listed", "n"),
    ("recall", "n_found", "n_events"),
    ("precision", "n_found", "n_listed"),
)


def _is_quotient(at: _At, column: str, above: str, below: str) -> bool:
    """Whether a number is the quotient of two that are shown beside it, and so tells no more than they do."""
    told, shown = float(at.row[column]), [at.row[name] for name in (above, below)]
    known = all(map(_is_number, shown)) and float(shown[1]) > 0
    return known and abs(told - float(shown[0]) / float(shown[1])) < 1e-6


def read_quotients(at: _At) -> None:
    """Whatever is no quotient of the numbers beside it is one of the true numbers."""
    for column, above, below in QUOTIENTS:
        places = at.places.get(above), at.places.get(below)
        if column in at.places or None in places or not _is_number(at.row.get(column, "")):
            continue
        told = float(at.row[column])
        if _is_quotient(at, column, above, below):
            continue
        low, high = _span(at.row[column], 4 if float(f"{told:.4g}") == told else 12)
        at.test(places, lambda above, below, low=low, high=high: _between(low * below, above, high * below))


READERS: dict[str, Callable[[_At], None]] = {
    "population_quality": read_quality,
    "population_checks": read_checks,
    "demand_by_setting": read_by_setting,
    "demand_by_group": read_by_group,
    "cost_recorded": read_costed,
    "cost_top": read_top,
    "cost_curve": read_curve,
    "drivers": read_drivers,
    "drivers_blocks": read_blocks,
    "drivers_fit": read_fit,
    "inequality": read_inequality,
    "core20": read_core20,
    "place": read_place,
    "next_year": read_next_year,
    "next_year_scores": read_next_year_scores,
    "cohort_example": lambda at: read_by_setting(at, "cohort"),
    "risk_folds": read_folds,
    "model_search": read_search,
    "performance": read_performance,
    "calibration": read_calibration,
    "decision_curve": read_decision,
    "performance_by_month": read_months,
    "shap_importance": read_explained,
    "shap_stability": read_tested,
    "shap_together": read_tested,
    "shap_dependence": read_dependence,
    "shap_interactions": read_explained,
    "shap_profiles": read_profiles,
    "shap_truth": read_shap_truth,
    "cohort_rules": read_rules,
    "list_by_deprivation": read_list,
    "fairness": read_fairness,
    "cost_need": read_cost_need,
    "need_at_equal_risk": read_equal_risk,
    "mitigation": read_mitigation,
}
