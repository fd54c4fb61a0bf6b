"""Go through the tables of an extract: map, convert and check each, and keep the record."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

import ibis
import pandas as pd

from analysis_lib.codes import MEASURES
from analysis_lib.inputs.errors import InputError, Rejection, reject
from analysis_lib.inputs.population.checks import (
    Rule,
    count_broken,
    deprivation_is_reversed,
    is_chance,
    is_impossible,
    rules_for,
)
from analysis_lib.inputs.population.convert import (
    REMEDIES,
    REMEDY,
    WORDS,
    as_text,
    convert,
    is_appliance,
    is_filled,
)
from analysis_lib.inputs.population.identifiers import identifier_faults
from analysis_lib.inputs.population.manifest import LATEST_DATE
from analysis_lib.inputs.population.mapping import Mapped, Mapping, apply_mapping
from analysis_lib.inputs.population.schema import EXTRAS, MEASUREMENT, all_columns, main_columns
from analysis_lib.inputs.population.source import Source
from analysis_lib.project import REFERENCE

REPEATS = "repeats another row"
FEWEST_FOR_REPEATS = 100  # rows; of fewer, alike ones say nothing
MANY_ROWS = 2_000_000
LONGEST_SILENCE = 31  # days
MAY_BE_MISSING = "may be missing"
FEWEST_TO_NAME = 10  # rows
MOST_NAMED = 10
QUALITY = ("table", "column", "check", "rows", "rows_found", "share", "tolerance", "verdict")
_PSEUDONYMS = (
    "Pseudonymise them at their source; if they are pseudonyms already, declare the column in the manifest: "
    '"pseudonyms": ["person_id"].'
)


@dataclass
class Inspection:
    """What was found: tables in our form, the record of every rule, and what is refused."""

    tables: dict[str, ibis.Table] = field(default_factory=dict)
    manifest: dict[str, Any] = field(default_factory=dict)
    rows: list[tuple[Any, ...]] = field(default_factory=list)
    rejections: list[Rejection] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def quality(self) -> pd.DataFrame:
        """Return the record as a table; see `Population`."""
        kinds = {"rows": "int64", "rows_found": "int64", "share": "float64", "tolerance": "float64"}
        return pd.DataFrame(self.rows, columns=list(QUALITY)).astype(kinds)

    def judge(
        self, table: str, rule: Rule, n_rows: int, n_found: int, tolerance: float = 0.0, n_among: int = 0
    ) -> None:
        """Record a rule; refuse (once a column) or warn where rows break it."""
        share = n_found / n_rows if n_rows else 0.0
        if not n_found or (rule.name == REPEATS and share <= tolerance):  # some truly repeat
            verdict = "ok"
        elif rule.name == MAY_BE_MISSING:
            verdict, tolerance = "kept", 1.0
        elif rule.among is not None and is_chance(n_found, n_among):
            verdict = "by chance"
        else:
            verdict = "within tolerance" if share <= tolerance else "refused"
        self.rows.append((table, rule.column, rule.name, n_rows, n_found, share, tolerance, verdict))
        said = f"{rule.problem} in {n_found:,} of {n_rows:,} rows"
        if verdict == "by chance":
            self.warnings.append(
                f"{table}.{rule.column}: ten digits in {n_among:,} rows, of which {n_found:,} pass the check "
                "digit of an NHS number, as some do by chance (1 in 11); read as pseudonyms."
            )
        elif verdict == "within tolerance":
            self.warnings.append(f"{table}.{rule.column}: {said}; kept, as up to {tolerance:.1%} may be.")
        elif verdict == "refused" and (table, rule.column) not in {
            (r.file, r.column) for r in self.rejections
        }:
            expected = rule.expected + (f" (up to {tolerance:.1%} of rows are let pass)" if tolerance else "")
            self.rejections.append(Rejection(table, said, expected, rule.remedy, column=rule.column))


def inspect(
    source: Source, mapping: Mapping, manifest: dict[str, Any], tolerances: dict[str, float]
) -> Inspection:
    """Map, convert and check every table; rules about lives run once all tables have our columns."""
    found = Inspection(manifest=manifest, notes=list(mapping.notes))
    for name in mapping.tables:
        try:
            with _said_plainly(name):
                mapped = apply_mapping(source, mapping, name)
                _note_mapping(found, name, mapped)
                _bring_to_types(found, name, mapped, mapping.file)
        except InputError as error:
            found.rejections += error.rejections
    if len(found.tables) < len(mapping.tables):
        return found
    with _said_plainly(", ".join(found.tables)):
        _check_lives(found, tolerances)
    if MEASUREMENT in found.tables:
        _blank_impossible(found)
    return found


@contextmanager
def _said_plainly(name: str) -> Iterator[None]:
    """Turn what an engine raises on a table into a rejection without its words, which may hold values."""
    try:
        yield
    except Exception as error:
        if not type(error).__module__.startswith(("_duckdb", "duckdb", "pyarrow", "pyspark", "py4j")):
            raise
        line = re.search(r"(?:Line|line)\s*:?\s*(\d+)", str(error))
        raise reject(
            f"the engine cannot read the table ({type(error).__name__})",
            "whole rows of UTF-8 text with as many values as the header, or an undamaged file",
            "Look at the line named, if one is; else extract or copy the table again.",
            file=name,
            line=int(line.group(1)) if line else None,
        ) from None


def _check_lives(found: Inspection, tolerances: dict[str, float]) -> None:
    """Judge the rules about rows and lives, once every table has our columns."""
    person = found.tables["person"]
    if found.manifest["last_date"] == LATEST_DATE:
        found.manifest = found.manifest | {"last_date": _latest(found.tables)}
    for name, table in found.tables.items():
        checked, rules = rules_for(name, table, person, found.manifest["last_date"])
        n_rows, counts = count_broken(checked, rules)
        for rule, (n_found, _) in zip(rules, counts, strict=True):
            found.judge(name, rule, n_rows, n_found, rule.allowed(tolerances))
    _check_duplicates(found, person)
    _check_repeats(found, tolerances)
    _warn_of_silence(found)
    _check_row_counts(found)
    _check_deprivation(found, person)


def _latest(tables: dict[str, ibis.Table]) -> date:
    """Return the last date of a contact, onset, course or death that is not in the future."""
    today, found = datetime.now(tz=UTC).date(), []
    columns = {
        "contact": "date",
        "condition": "onset_date",
        "medicine": "start_date",
        "person": "death_month",
        MEASUREMENT: "date",
    }
    for name, column in ((n, c) for n, c in columns.items() if n in tables):
        past = tables[name].filter(tables[name][column] <= ibis.literal(today))
        found += past.aggregate(last=past[column].max()).to_pyarrow().to_pylist()
    return max((row["last"] for row in found if row["last"]), default=today)


def _note_mapping(found: Inspection, name: str, mapped: Mapped) -> None:
    optional = {c.name for c in EXTRAS.get(name, ())}
    absent = sorted(mapped.filled - optional)
    if absent:
        found.notes.append(f"{name}: {', '.join(absent)} not in this extract; read as not stated.")
    if mapped.others is not None:
        others = ", ".join(mapped.others.columns)
        found.notes.append(f"{name}: {len(mapped.others.columns)} further column(s) are not read: {others}.")
    for theirs, column, lost in mapped.left_out:
        row = lost.to_pyarrow().to_pylist()[0]
        if row["n"]:
            why = f"with {row['n_codes']:,} code(s) that the mapping gives no {column}"
            why = why if row["n_codes"] else f"which have no {column}"
            found.notes.append(f"{name}: {row['n']:,} rows of {theirs} left out, {why}.")


def _empty(name: str, mapped: Mapped, file: str) -> Rejection:
    """Return the rejection of a table without rows: the mapping's doing where it leaves them all out."""
    lost = [(theirs, column, left.to_pyarrow().to_pylist()[0]) for theirs, column, left in mapped.left_out]
    for theirs, column, row in lost:
        if row["n"]:
            return Rejection(
                file,
                f"the mapping leaves out every row of {theirs} ({row['n']:,}): it lists none of their "
                f"codes ({row['n_codes']:,})",
                f"codes of {theirs} under recode.{column} in [{name}]",
                f"List there what your codes are, or take {column} out of leave_out.",
                column=f"{name}.{column}",
            )
    return Rejection(name, "the table is empty", "rows", "Extract it again.")


def _bring_to_types(found: Inspection, name: str, mapped: Mapped, file: str) -> None:
    """Convert a table; check its types and look for identifiers of people on what the source holds."""
    table, faults, rejections = convert(mapped, name)
    found.rejections += rejections
    kinds = {c.name: c for c in all_columns(name)}
    rules = [
        Rule("wrong type", column, fault, "values that are not of the type", WORDS[kinds[column].dtype],
             REMEDIES.get(kinds[column].dtype, REMEDY).format(column=column))
        for column, fault in faults.items()
    ]  # fmt: skip
    counted = [column.name for column in kinds.values() if column.counted]
    rules += [
        _missing_rule(column, _is_blank(mapped.table, column))
        for column in counted
        if column not in mapped.filled
    ]
    # Pseudonyms are looked at once, in person; coded columns are compared with their codes.
    skip = {c.name for c in kinds.values() if c.codes} | ({"person_id"} if name != "person" else set())
    declared = frozenset(found.manifest.get("pseudonyms", ()))
    n_rows = _judge_all(found, name, mapped.table, rules + _identifier_rules(mapped.table, skip, declared))
    for column in (c.name for c in main_columns(name) if c.counted):
        if column in mapped.filled:
            found.judge(name, _missing_rule(column, None), n_rows, n_rows)
    if mapped.others is not None:
        _judge_all(found, name, mapped.others, _identifier_rules(mapped.others, set()))
    if n_rows == 0:
        found.rejections.append(_empty(name, mapped, file))
    elif not rejections:
        found.tables[name] = _leave_aside(found, table) if name == MEASUREMENT else table


def _is_blank(table: ibis.Table, column: str) -> Any:
    """Return whether a column has no value: of a BNF code, also where it is of no chemical."""
    blank, text = ~is_filled(table[column]), as_text(table[column])
    return blank | is_appliance(text) if column == "bnf_code" and text is not None else blank


def _leave_aside(found: Inspection, table: ibis.Table) -> ibis.Table:
    """Return the measurements of measures that are known; the note names the others, unless they are rare.

    A word that stands in few rows may be somebody's name in the wrong column.
    """
    known = table.measure.isin(list(MEASURES))
    others = table.filter(~known)
    counts = others.group_by("measure").agg(n=others.count())
    rows = sorted(counts.to_pyarrow().to_pylist(), key=lambda row: (-row["n"], row["measure"]))
    if rows:
        named = [f"{row['measure']} ({row['n']:,})" for row in rows if row["n"] >= FEWEST_TO_NAME][
            :MOST_NAMED
        ]
        named += [f"{len(rows) - len(named):,} other(s)"] if len(named) < len(rows) else []
        found.notes.append(
            f"measurement: {sum(row['n'] for row in rows):,} rows left aside, of measures that are not known "
            f"here: {', '.join(named)}. Known are {', '.join(MEASURES)}."
        )
    return table.filter(known.fill_null(True))


def _blank_impossible(found: Inspection) -> None:
    """Read values that cannot be as missing, where so few are that they are let pass: the test was done."""
    table = found.tables[MEASUREMENT]
    kept = ibis.ifelse(is_impossible(table).fill_null(False), ibis.null("float64"), table.value)
    found.tables[MEASUREMENT] = table.mutate(value=kept)


def _missing_rule(column: str, blank: Any) -> Rule:
    return Rule(MAY_BE_MISSING, column, blank, "no value", "a value, where there is one", "")


def _identifier_rules(
    table: ibis.Table, skip: set[str], pseudonyms: frozenset[str] = frozenset()
) -> list[Rule]:
    return [
        Rule(f"holds {what}", column, fault, f"values that look like {what}", "a pseudonym, or an area",
             _PSEUDONYMS if among is not None else "Remove them at their source: they are not needed here.",
             among)
        for (column, what), (fault, among) in identifier_faults(table, skip, pseudonyms).items()
    ]  # fmt: skip


def _judge_all(found: Inspection, name: str, table: ibis.Table, rules: list[Rule]) -> int:
    n_rows, counts = count_broken(table, rules)
    for rule, (n_found, n_among) in zip(rules, counts, strict=True):
        found.judge(name, rule, n_rows, n_found, n_among=n_among)
    return n_rows


def _check_duplicates(found: Inspection, person: ibis.Table) -> None:
    ids = person.aggregate(n=person.count(), known=person.person_id.count(), d=person.person_id.nunique())
    row = ids.to_pyarrow().to_pylist()[0]
    rule = Rule("duplicates", "person_id", None, "a person_id that another row has", "one row per person",
                "Keep one row for each person.")  # fmt: skip
    found.judge("person", rule, row["n"], row["known"] - row["d"])


def _check_repeats(found: Inspection, tolerances: dict[str, float]) -> None:
    """Refuse contacts of which many stand twice: a part given twice, or a table appended to itself.

    Of a large table one person in sixteen is looked at.
    """
    contact = found.tables["contact"]
    held = next(row[3] for row in found.rows if row[0] == "contact")
    if held < FEWEST_FOR_REPEATS:
        return
    if held > MANY_ROWS:
        contact = contact.filter(contact.person_id.hash() % 16 == 0)
    counted = contact.group_by(contact.columns).agg(n=contact.count())
    row = counted.aggregate(rows=counted.n.sum(), kinds=counted.count()).to_pyarrow().to_pylist()[0]
    rule = Rule(
        REPEATS, "all columns", None, "rows that repeat another to the last value", "every contact once",
        "Take the copies out: a part that overlaps another, or rows that were appended twice.",
    )  # fmt: skip
    share = 1 - row["kinds"] / row["rows"] if row["rows"] else 0.0
    found.judge("contact", rule, held, round(share * held), rule.allowed(tolerances))


def _warn_of_silence(found: Inspection) -> None:
    """Warn if contacts end long before the last day of the extract: the days between count as without any."""
    contact = found.tables["contact"]
    last = contact.aggregate(last=contact.date.max()).to_pyarrow().to_pylist()[0]["last"]
    days = (found.manifest["last_date"] - last).days if last else 0
    held = next(row[3] for row in found.rows if row[0] == "contact")
    if days > LONGEST_SILENCE and held >= FEWEST_FOR_REPEATS:
        found.warnings.append(
            f"contact.date: the last contact is of {last:%d %B %Y}, {days:,} days before last_date "
            f"({found.manifest['last_date']:%d %B %Y}); nobody counts as in contact between the two. If the "
            "extract ends earlier, mend last_date."
        )


def _check_row_counts(found: Inspection) -> None:
    """Compare tables with the rows that the manifest counts: a file cut short, or a part left behind."""
    held = {row[0]: row[3] for row in found.rows}
    for name, stated in (found.manifest.get("n_rows") or {}).items():
        if name in held and held[name] != stated:
            found.rejections.append(
                Rejection(name, f"{held[name]:,} rows, where the manifest counts {stated:,}", "all rows",
                          "Copy the extract again, or mend n_rows in the manifest.")
            )  # fmt: skip


def _check_deprivation(found: Inspection, person: ibis.Table) -> None:
    """Refuse deciles that run the wrong way: 1 must be the most deprived."""
    frame = pd.read_csv(REFERENCE / "leeds_lsoa.csv", usecols=["lsoa11_code", "imd2019_rank"])
    ranks = ibis.memtable(frame.set_axis(["lsoa", "imd_rank"], axis=1))
    wrong = deprivation_is_reversed(person, ranks)
    if wrong is None:
        found.notes.append("person: no rank of deprivation to check the direction of imd_decile by.")
    elif wrong:
        found.rejections.append(
            Rejection("person", "deprivation deciles run against the ranks of their areas",
                      "decile 1 for the most deprived tenth", "Turn them round: 11 minus the decile.",
                      column="imd_decile")
        )  # fmt: skip
