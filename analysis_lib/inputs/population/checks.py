"""What is refused in a linked population: each rule a query that counts rows, run in the engine."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import ibis

from analysis_lib.codes import MEASURES
from analysis_lib.inputs.population.convert import CHEMICAL
from analysis_lib.inputs.population.schema import MEASUREMENT, Column, all_columns

# Shares of a table's rows that are let pass with a warning: real extracts hold a letter to somebody who has
# died, and contacts of people who had already left the list. Everything else is refused from one row.
TOLERANCES = {
    "person not known": 0.01,
    "before birth": 0.01,
    "after death": 0.01,
    "outside registration": 0.05,
    "ends before it begins": 0.01,
    "impossible value": 0.01,  # of a test: 999 for "not done", or a slip; the value is then read as missing
    "repeats another row": 0.10,  # two contacts of a day can look alike: 3% of the simulated ones
}
# Of one contact: a hundred years, ten million pounds. What is beyond is a mistake, and would be every mean.
LARGEST = {"length_days": 36_525, "cost_gbp": 10_000_000}
EARLIEST = date(1890, 1, 1)


@dataclass(frozen=True)
class Rule:
    """A rule about rows, and what it says when they break it.

    Attributes
    ----------
    name, column : str
    broken : ibis boolean column
        Missing counts as not broken.
    problem, expected, remedy : str
    among : ibis boolean column or None
        Rows of which chance lets one in eleven break it; they break it where more do.
    """

    name: str
    column: str
    broken: Any
    problem: str
    expected: str
    remedy: str
    among: Any = None

    def allowed(self, tolerances: dict[str, float]) -> float:
        """Return the share of rows that may break it."""
        return tolerances.get(self.name, 0.0)


def rules_for(
    name: str, table: ibis.Table, person: ibis.Table, extract: date
) -> tuple[ibis.Table, list[Rule]]:
    """Return the table that the rules of `name` run on (with what it needs of person), and the rules."""
    if name == "person":
        return table, [*_column_rules(name, table, extract), *_person_rules(table)]
    lives = person.group_by("person_id").agg(
        birth=person.birth_month.min(),
        death=person.death_month.max(),
        since=person.registered_from.min(),
        until=person.registered_to.max(),
        known=person.person_id.max(),
    )
    joined = table.left_join(lives, "person_id").drop("person_id_right")
    return joined, [*_column_rules(name, joined, extract), *_life_rules(name, joined)]


def _column_rules(name: str, table: ibis.Table, extract: date) -> Iterator[Rule]:
    for column in all_columns(name):
        if column.name not in table.columns:
            continue
        value = table[column.name]
        if column.complete:
            yield Rule(
                "missing values", column.name, value.isnull(), "no value", "a value in every row",
                "Complete it at its source, or leave such rows out.",
            )  # fmt: skip
        if column.codes:
            yield _code_rule(column, value)
        if column.dtype in ("date", "month"):
            yield Rule(
                "date out of range", column.name,
                (value < ibis.literal(EARLIEST)) | _too_late(column, value, extract),
                "dates in the future of the extract, or before 1890",
                f"dates up to the last date, {extract:%d %B %Y}",
                "Mend the dates, or last_date in the manifest.",
            )  # fmt: skip


def _too_late(column: Column, value: Any, extract: date) -> Any:
    # Registers hold an end far away for "still registered"; DuckDB one that is infinite.
    ends = column.name in ("registered_to", "stop_date")
    return value > ibis.literal(date(9999, 12, 31) if ends else extract)


def _code_rule(column: Column, value: Any) -> Rule:
    codes = ", ".join(map(str, column.codes))
    return Rule(
        "unknown codes", column.name, ~value.isin(list(column.codes)), "codes that are not known",
        f"one of {codes}", f"Recode them in a mapping file, under recode.{column.name} (data/mapping.md).",
    )  # fmt: skip


def _person_rules(table: ibis.Table) -> Iterator[Rule]:
    remedy = "Mend the dates at their source."
    yield Rule(
        "ends before it begins", "registered_to", table.registered_to < table.registered_from,
        "registrations that end before they begin", "registered_to on or after registered_from", remedy,
    )  # fmt: skip
    yield Rule(
        "death before birth", "death_month", table.death_month < table.birth_month,
        "deaths before birth", "death_month on or after birth_month", remedy,
    )  # fmt: skip


def _life_rules(name: str, table: ibis.Table) -> Iterator[Rule]:
    column = {"condition": "onset_date", "medicine": "start_date"}.get(name, "date")
    day = table[column]
    what = {"condition": "onsets", "medicine": "courses"}.get(name, f"{name}s")
    dates = "Mend the dates or the linkage at their source."
    yield Rule(
        "person not known", "person_id", table.known.isnull(), f"{what} of nobody in person",
        "a person_id of the table person", "Extract both tables for the same people.",
    )  # fmt: skip
    yield Rule(
        "before birth", column, day < table.birth, f"{what} before birth",
        "dates from the month of birth on", dates,
    )  # fmt: skip
    if name == "medicine":
        yield Rule(
            "ends before it begins", "stop_date", table.stop_date < table.start_date,
            "courses that stop before they start", "stop_date on or after start_date", dates,
        )  # fmt: skip
        if "bnf_code" in table.columns:
            yield from _chemical_rules(table)
    if name == MEASUREMENT:
        units = ", ".join(
            f"{measure} {low:g} to {high:g} {unit}" for measure, (unit, low, high) in MEASURES.items()
        )
        yield Rule(
            "impossible value", "value", is_impossible(table),
            "values that no living person has, or that are in another unit", units,
            "Convert the unit, or mend them at their source.",
        )  # fmt: skip
    if name != "contact":
        return
    after = day >= table.death + ibis.interval(months=1)
    yield Rule(
        "after death", column, after, "contacts after the month of death", "dates up to the month of death",
        dates,
    )  # fmt: skip
    outside = (day < table.since.truncate("month")) | (day > table.until)
    yield Rule(
        "outside registration", column, outside & ~after.fill_null(False),
        "contacts outside registration", "dates from registered_from to registered_to",
        "Extract whole registrations, or contacts of registered people alone.",
    )  # fmt: skip
    for number, unit in (("length_days", "days"), ("cost_gbp", "pounds")):
        yield Rule(
            "negative", number, table[number] < 0, "values below 0", f"{unit}, 0 or more",
            "Mend them at their source.",
        )  # fmt: skip
        yield Rule(
            "too large", number, table[number] > LARGEST[number], "values too large for one contact",
            f"{unit}, up to {LARGEST[number]:,}", "Mend them at their source (pence taken for pounds?).",
        )  # fmt: skip


def _chemical_rules(table: ibis.Table) -> Iterator[Rule]:
    chemical = table.bnf_code.re_search(CHEMICAL)
    yield Rule(
        "not a chemical", "bnf_code", ~chemical,
        "codes that are none of a chemical", "9 characters, such as 0205051R0, or a longer code of a product",
        "Look for a zero at the front that a spreadsheet took away; give sections in bnf_section.",
    )  # fmt: skip
    for column, length in (("bnf_chapter", 2), ("bnf_section", 4)):
        yield Rule(
            "contradicts the chemical", column, chemical & (table[column] != table.bnf_code.left(length)),
            f"values that are not the first {length} characters of bnf_code",
            f"the first {length} characters of bnf_code, such as {'0205'[:length]} of 0205051R0",
            f"Take {column} from the code, or leave one of the two columns out.",
        )  # fmt: skip


def is_impossible(table: ibis.Table) -> Any:
    """Return whether the value of a measurement lies outside the range of its measure in `MEASURES`."""
    low, high = (
        table.measure.cases(*((name, float(bounds[n])) for name, bounds in MEASURES.items())) for n in (1, 2)
    )
    return (table.value < low) | (table.value > high)


def count_broken(table: ibis.Table, rules: list[Rule]) -> tuple[int, list[tuple[int, int]]]:
    """Return the number of rows, and by rule how many break it and how many it is `among`: one query."""
    counts = {}
    for n, rule in enumerate(rules):
        counts[f"broken_{n}"] = rule.broken.fill_null(False).sum()
        if rule.among is not None:
            counts[f"among_{n}"] = rule.among.fill_null(False).sum()
    row = table.aggregate(n_rows=table.count(), **counts).to_pyarrow().to_pylist()[0]
    found = [(int(row[f"broken_{n}"] or 0), int(row.get(f"among_{n}") or 0)) for n in range(len(rules))]
    return row["n_rows"], found


def is_chance(n_found: int, n_among: int) -> bool:
    """Whether ten-digit values pass the check digit of NHS numbers as often as any ten digits do: 1 in 11.

    NHS numbers pass all but for slips. Between the two (a column that holds both) it is not chance.
    """
    expected = n_among / 11
    return n_found < 0.9 * n_among and n_found <= expected + 5 * (expected * 10 / 11) ** 0.5


def deprivation_is_reversed(person: ibis.Table, ranks: ibis.Table) -> bool | None:
    """Return whether deciles run against ranks (1 = most deprived); None where there is nothing to compare.

    Parameters
    ----------
    person : ibis.Table
    ranks : ibis.Table
        lsoa and imd_rank of reference areas, used where person has no imd_rank of its own.
    """
    if "imd_rank" not in person.columns:
        person = person.inner_join(ranks, "lsoa")
    low, high = person.imd_decile <= 5, person.imd_decile > 5
    means = person.aggregate(low=person.imd_rank.mean(where=low), high=person.imd_rank.mean(where=high))
    row = means.to_pyarrow().to_pylist()[0]
    return None if row["low"] is None or row["high"] is None else row["low"] > row["high"]
