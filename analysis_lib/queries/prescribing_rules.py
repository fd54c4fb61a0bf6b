"""Rules of prescribing safety: whom each of the 13 PINCER indicators is about on a day, and whom it flags.

The indicators are those of Fisher and others, BMJ Medicine 2023;2:e000392, with their months of look-back as
its published study definition has them; denominators also as in Rodgers and others, PLOS Medicine
2022;19:e1004133, table 1. What differs here, since courses of medicines and not prescriptions are known:

- A course counts as prescribed on every day from its start to its stop, or to this day if it has no stop.
- Neither a BNF code nor a section says how a medicine is taken: suppositories of an NSAID count as if oral,
  and a tablet of an NSAID with a proton pump inhibitor in it as an NSAID without protection.
- Medicines are those that the papers name: of anticoagulants warfarin and the direct ones (not acenocoumarol
  or phenindione), of diuretics in AC the loop ones, and ACE inhibitors without angiotensin receptor blockers.
  Antiplatelets are all of section 0209, and so dipyridamole too; aspirin is that for platelets, not that for
  pain. Of beta-blockers, celiprolol counts as non-selective, and those with a diuretic in them are left out.
- Nobody's asthma is known to be over: a record of it counts for life.
- A test of kidneys is an eGFR, of electrolytes a potassium, of blood a haemoglobin, of the liver an ALT, of
  the thyroid a TSH. ME flags where either of its tests is missing; the paper counts each on its own.

No score of anticholinergic burden is computed: the published scales give other points to the same medicine,
and none of them is part of this library.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from functools import reduce
from operator import or_
from typing import Any

import ibis
import ibis.selectors as s
import pandas as pd

from analysis_lib.dates import as_day
from analysis_lib.inputs.population import Population
from analysis_lib.queries.features import describe_people
from analysis_lib.queries.people import (
    ONE_DAY,
    check_window,
    day_literal,
    optional_column,
    registered_at,
    shift,
)

YOUNGEST, OLDEST = 18, 120
RECENT = 3  # months in which a medicine counts as prescribed, unless a rule says otherwise
TOGETHER = 28  # days that two medicines "in combination" may lie apart
LOW_EGFR = 45


@dataclass(frozen=True)
class Medicines:
    """Medicines that a rule is about.

    Attributes
    ----------
    codes : dict of str to str
        First characters of their BNF codes, and what these are (NHS Business Services Authority, BNF code
        information; Open Government Licence).
    section : str
        The BNF section that stands for them where chemicals are not known; empty where none comes near.
    beside : str
        What else is in that section.
    """

    codes: dict[str, str]
    section: str = ""
    beside: str = ""


#: Medicines by the name that `PINCER` uses.
MEDICINES: dict[str, Medicines] = {
    "nsaid": Medicines(
        {"100101": "non-steroidal anti-inflammatory drugs"},
        "1001",
        "medicines for gout and rheumatic disease",
    ),
    "ulcer_healing": Medicines(
        {"010301": "H2-receptor antagonists", "010305": "proton pump inhibitors"},
        "0103",
        "other medicines for ulcers",
    ),
    "anticoagulant": Medicines(
        {
            "0208020V0": "warfarin",
            "0208020Z0": "apixaban",
            "0208020X0": "dabigatran",
            "0208020AA": "edoxaban",
            "0208020Y0": "rivaroxaban",
        },
        "0208",
        "injected heparins",
    ),
    "antiplatelet": Medicines({"0209": "antiplatelet drugs"}, "0209"),
    "aspirin": Medicines({"0209000A0": "aspirin"}),
    "other_antiplatelet": Medicines(
        {
            "0209000C0": "clopidogrel",
            "0209000L0": "dipyridamole",
            "0209000Y0": "prasugrel",
            "0209000Z0": "ticagrelor",
        }
    ),
    "non_selective_beta_blocker": Medicines(
        {
            "020400080": "carvedilol",
            "020400060": "celiprolol",
            "0204000I0": "labetalol",
            "0204000M0": "nadolol",
            "0204000N0": "oxprenolol",
            "0204000P0": "pindolol",
            "0204000R0": "propranolol",
            "0204000T0": "sotalol",
            "0204000V0": "timolol",
        }
    ),
    "ace_inhibitor": Medicines({"0205051": "angiotensin-converting enzyme inhibitors"}),
    "loop_diuretic": Medicines({"020202": "loop diuretics", "0202040B0": "co-amilofruse"}),
    "methotrexate": Medicines({"1001030U0": "methotrexate", "0801030P0": "methotrexate (injection)"}),
    "lithium": Medicines({"0402030K0": "lithium carbonate", "0402030P0": "lithium citrate"}),
    "amiodarone": Medicines({"0203020D0": "amiodarone"}),
}
# Columns about a person: medicines, and the months before the day from which and to which they are looked for
# (None: from any time).
TAKEN: dict[str, tuple[str, int | None, int]] = {
    **{name: (name, RECENT, 0) for name in MEDICINES},
    "ace_inhibitor": ("ace_inhibitor", 6, 0),
    "ace_inhibitor_before": ("ace_inhibitor", None, 15),
    "loop_diuretic": ("loop_diuretic", 6, 0),
    "loop_diuretic_before": ("loop_diuretic", None, 15),
    "methotrexate_before": ("methotrexate", 6, 3),
    "lithium_before": ("lithium", 6, 3),
    "amiodarone": ("amiodarone", 6, 0),
    "amiodarone_before": ("amiodarone", 12, 6),
}
# Months in which a test is looked for.
TESTED = {"egfr": 15, "potassium": 15, "haemoglobin": 3, "alt": 3, "lithium": 3, "tsh": 6}
CONDITIONS = ("peptic_ulcer", "asthma", "heart_failure")  # known for three months


@dataclass(frozen=True)
class Rule:
    """A rule of prescribing safety.

    Attributes
    ----------
    letter, name : str
        As the paper has them.
    medicines : tuple of str
        Of `MEDICINES`.
    at_risk, flagged : callable
        Of a table with a row per person: whom the rule is about, and which of them it flags.
    ulcer : bool
        Whether it asks for a history of peptic ulcer or bleeding of the gut.
    measures : tuple of str
        Tests that must be on record in the extract.
    months : int
        How far back the record must reach.
    """

    letter: str
    name: str
    medicines: tuple[str, ...]
    at_risk: Callable[[Any], Any] = field(repr=False)
    flagged: Callable[[Any], Any] = field(repr=False)
    ulcer: bool = False
    measures: tuple[str, ...] = ()
    months: int = RECENT

    @property
    def needs(self) -> tuple[str, ...]:
        """What an extract must hold: section or chemical, ulcer, measurement."""
        coarse = all(MEDICINES[name].section for name in self.medicines)
        asked = {"ulcer": self.ulcer, "measurement": bool(self.measures)}
        return ("section" if coarse else "chemical", *(name for name, needed in asked.items() if needed))


#: The 13 PINCER indicators.
PINCER: tuple[Rule, ...] = (
    Rule(
        "A",
        "aged 65 or over: NSAID without an ulcer-healing medicine",
        ("nsaid", "ulcer_healing"),
        lambda p: (p.age >= 65) & ~p.ulcer_healing,
        lambda p: p.nsaid,
    ),
    Rule(
        "B",
        "history of peptic ulcer: NSAID without an ulcer-healing medicine",
        ("nsaid", "ulcer_healing"),
        lambda p: p.peptic_ulcer & ~p.ulcer_healing,
        lambda p: p.nsaid,
        ulcer=True,
    ),
    Rule(
        "C",
        "history of peptic ulcer: antiplatelet without an ulcer-healing medicine",
        ("antiplatelet", "ulcer_healing"),
        lambda p: p.peptic_ulcer & ~p.ulcer_healing,
        lambda p: p.antiplatelet,
        ulcer=True,
    ),
    Rule(
        "D",
        "anticoagulant with an NSAID",
        ("anticoagulant", "nsaid"),
        lambda p: p.anticoagulant,
        lambda p: p.nsaid,
    ),
    Rule(
        "E",
        "anticoagulant with an antiplatelet, without an ulcer-healing medicine",
        ("anticoagulant", "antiplatelet", "ulcer_healing"),
        lambda p: p.anticoagulant & ~p.ulcer_healing,
        lambda p: p.anticoagulant_and_antiplatelet,
    ),
    Rule(
        "F",
        "aspirin with another antiplatelet, without an ulcer-healing medicine",
        ("aspirin", "other_antiplatelet", "ulcer_healing"),
        lambda p: p.aspirin & ~p.ulcer_healing,
        lambda p: p.aspirin_and_other_antiplatelet,
    ),
    Rule(
        "G",
        "asthma: non-selective beta-blocker",
        ("non_selective_beta_blocker",),
        lambda p: p.asthma,
        lambda p: p.non_selective_beta_blocker,
    ),
    Rule("I", "heart failure: NSAID", ("nsaid",), lambda p: p.heart_failure, lambda p: p.nsaid),
    Rule(
        "K",
        "eGFR below 45: NSAID",
        ("nsaid",),
        lambda p: p.egfr < LOW_EGFR,
        lambda p: p.nsaid,
        measures=("egfr",),
    ),
    Rule(
        "AC",
        "aged 75 or over, long on an ACE inhibitor or loop diuretic: kidneys or electrolytes not tested",
        ("ace_inhibitor", "loop_diuretic"),
        lambda p: (
            (p.age >= 75)
            & ((p.ace_inhibitor & p.ace_inhibitor_before) | (p.loop_diuretic & p.loop_diuretic_before))
        ),
        lambda p: ~p.egfr_tested | ~p.potassium_tested,
        measures=("egfr", "potassium"),
        months=15,
    ),
    Rule(
        "ME",
        "methotrexate for three months: no blood count or no liver test in the last three",
        ("methotrexate",),
        lambda p: p.methotrexate & p.methotrexate_before,
        lambda p: ~p.haemoglobin_tested | ~p.alt_tested,
        measures=("haemoglobin", "alt"),
        months=6,
    ),
    Rule(
        "LI",
        "lithium for three months: no level in the last three",
        ("lithium",),
        lambda p: p.lithium & p.lithium_before,
        lambda p: ~p.lithium_tested,
        measures=("lithium",),
        months=6,
    ),
    Rule(
        "AM",
        "amiodarone for six months: no thyroid test in the last six",
        ("amiodarone",),
        lambda p: p.amiodarone & p.amiodarone_before,
        lambda p: ~p.tsh_tested,
        measures=("tsh",),
        months=12,
    ),
)


@dataclass(frozen=True)
class _Held:
    """What an extract holds that rules ask for."""

    chemicals: bool
    sections: bool
    complete: bool  # whether every course has a chemical, or where none has, a section
    ulcer: bool
    measures: dict[str, date]  # with the first day of each


def count_by_rule(population: Population, day: date | str) -> pd.DataFrame:
    """Count whom each rule is about on a day, and whom it flags: adults registered and alive.

    Parameters
    ----------
    population : Population
        With chemicals (`medicine.bnf_code`) or BNF sections; for some rules with the condition peptic_ulcer
        and with measurements.
    day : date or str

    Returns
    -------
    pandas.DataFrame
        One row for each rule of `PINCER`: rule, name, needs (text); computable (bool); n_at_risk, n_flagged
        (Int64; missing, and never 0, where the rule is not computable); reason (text): why it is not, what
        else was counted where sections stand for chemicals, or what was not; else empty.

    Raises
    ------
    ValueError
        If the extract does not cover the three months before the day, or the day is not ISO.
    """
    index = as_day(day, "day")
    lacking, held = _what_is_lacking(population, index)
    rules = [rule for rule in PINCER if not lacking[rule.letter]]
    people = _assess(population, index, rules, held)
    sums = {f"at_risk_{rule.letter}": people[rule.letter].count() for rule in rules}
    sums |= {f"flagged_{rule.letter}": people[rule.letter].sum() for rule in rules}
    counts = people.aggregate(**sums).to_pyarrow().to_pylist()[0] if sums else {}
    rows = [
        {
            "rule": rule.letter,
            "name": rule.name,
            "needs": ", ".join(rule.needs),
            "computable": rule in rules,
            "n_at_risk": counts[f"at_risk_{rule.letter}"] if rule in rules else pd.NA,
            "n_flagged": (counts[f"flagged_{rule.letter}"] or 0) if rule in rules else pd.NA,
            "reason": _reason(rule, lacking[rule.letter], held),
        }
        for rule in PINCER
    ]
    return pd.DataFrame(rows).astype({"n_at_risk": "Int64", "n_flagged": "Int64"})


def list_at_risk(population: Population, day: date | str) -> ibis.Table:
    """Return whom the rules that can be computed are about on a day, and whom they flag.

    Parameters and errors are those of `count_by_rule`.

    Returns
    -------
    ibis.Table
        person_id, rule (letter), flagged (bool); one row for each person and rule that is about them.
    """
    index = as_day(day, "day")
    lacking, held = _what_is_lacking(population, index)
    rules = [rule for rule in PINCER if not lacking[rule.letter]]
    people = _assess(population, index, rules, held)
    if not rules:
        return people.limit(0).mutate(rule=ibis.null("string"), flagged=ibis.null("boolean"))
    long = people.pivot_longer(~s.cols("person_id"), names_to="rule", values_to="flagged")
    return long.drop_null("flagged")


def _what_is_lacking(population: Population, index: date) -> tuple[dict[str, list[str]], _Held]:
    """Return what each rule lacks in an extract, in words, and what the extract holds.

    A test that the extract has of nobody, or of nobody by the first day on which it is looked for, was not
    extracted for that time: else all would be flagged as not tested.
    """
    check_window(population, shift(index, -RECENT), index + ONE_DAY, f"rules on {index}")
    held = _find_held(population)
    lacking: dict[str, list[str]] = {}
    for rule in PINCER:
        missing = [] if held.chemicals else {
            "chemical": ["chemicals (medicine.bnf_code)"],
            "section": [] if held.sections else ["chemicals or sections (medicine.bnf_code or bnf_section)"],
        }[rule.needs[0]]  # fmt: skip
        missing = [*missing, *(["the condition peptic_ulcer"] if rule.ulcer and not held.ulcer else [])]
        absent = [
            measure if measure not in held.measures else f"{measure} since {start}"
            for measure in rule.measures
            if held.measures.get(measure, index) > (start := shift(index, -min(TESTED[measure], rule.months)))
        ]
        missing += [f"measurements: {', '.join(absent)}"] if absent else []
        missing += [] if _covers(population, index, rule.months) else [f"records of {rule.months} months"]
        lacking[rule.letter] = missing
    return lacking, held


def _find_held(population: Population) -> _Held:
    condition, measurement = population.condition, population.measurement
    medicine = _with_code(population.medicine)
    known = medicine.aggregate(
        courses=medicine.count(), chemicals=medicine.bnf_code.count(), sections=medicine.bnf_section.count()
    )
    row = known.to_pyarrow().to_pylist()[0]
    level = "chemicals" if row["chemicals"] else "sections"
    ulcer = condition.aggregate(any=(condition.condition == "peptic_ulcer").any()).to_pyarrow()["any"]
    firsts = []
    if measurement is not None:
        firsts = measurement.group_by("measure").agg(day=measurement.date.min()).to_pyarrow().to_pylist()
    return _Held(
        chemicals=bool(row["chemicals"]),
        sections=bool(row["sections"]),
        complete=row[level] == row["courses"],
        ulcer=bool(ulcer[0].as_py()),
        measures={first["measure"]: as_day(first["day"]) for first in firsts},
    )


def _with_code(medicine: ibis.Table) -> ibis.Table:
    return medicine.mutate(bnf_code=optional_column(medicine, "bnf_code", "string"))


def _covers(population: Population, index: date, months: int) -> bool:
    with suppress(ValueError):
        check_window(population, shift(index, -months), index + ONE_DAY, "rules")
        return True
    return False


def _reason(rule: Rule, lacking: list[str], held: _Held) -> str:
    if lacking:
        return f"not computable: needs {' and '.join(lacking)}"
    unseen = (
        f"courses without {'the code of a chemical' if held.chemicals else 'a section'} are not looked at"
    )
    said = [] if held.complete else [unseen]
    if held.chemicals:
        return "; ".join(said)
    groups = [MEDICINES[name] for name in rule.medicines]
    beside = [f"{group.section} also holds {group.beside}" for group in groups if group.beside]
    return "; ".join(["by BNF section, not by chemical", *beside, *said])


def _assess(population: Population, index: date, rules: list[Rule], held: _Held) -> ibis.Table:
    """Return person_id of all adults on a day and, by letter, whether each rule flags them.

    Missing where the rule is not about them.
    """
    people = describe_people(registered_at(population.person, index), index).select("person_id", "age")
    people = people.filter(people.age.between(YOUNGEST, OLDEST))
    numbers = {"age", "egfr"}
    parts = [
        *_medicine_parts(population.medicine, index, held.chemicals),
        _conditions(population.condition, index),
        *([] if population.measurement is None else _test_parts(population.measurement, index)),
    ]
    for part in parts:
        people = people.left_join(part, "person_id").drop("person_id_right")
    known = people.mutate(
        **{name: people[name].fill_null(False) for name in people.columns[1:] if name not in numbers}
    )
    fields: dict[str, Any] = {}
    for rule in rules:
        fields[rule.letter] = ibis.ifelse(rule.at_risk(known), rule.flagged(known), ibis.null("boolean"))
    return known.select("person_id", **fields)


def _medicine_parts(medicine: ibis.Table, index: date, chemicals: bool) -> list[ibis.Table]:
    medicine = _with_code(medicine)

    def belongs(group: Medicines) -> Any:
        if chemicals:
            found = reduce(or_, (medicine.bnf_code.startswith(prefix) for prefix in group.codes))
        else:
            found = (medicine.bnf_section == group.section) if group.section else ibis.literal(False)
        return found.fill_null(False)

    courses = medicine.select(
        "person_id",
        since=medicine.start_date,
        until=ibis.coalesce(medicine.stop_date, day_literal(index)),
        **{name: belongs(group) for name, group in MEDICINES.items()},
    ).filter(lambda c: c.since <= day_literal(index))

    def taken(name: str, start: int | None, end: int) -> Any:
        began = courses.since <= day_literal(shift(index, -end))
        lasted = True if start is None else courses.until >= day_literal(shift(index, -start))
        return (courses[name] & began & lasted).any()

    flags = courses.group_by("person_id").agg(**{name: taken(*asked) for name, asked in TAKEN.items()})
    recent = courses.filter(courses.until >= day_literal(shift(index, -RECENT)))
    pairs = [("anticoagulant", "antiplatelet"), ("aspirin", "other_antiplatelet")]
    return [flags, *(_taken_together(recent, one, other) for one, other in pairs)]


def _taken_together(courses: ibis.Table, one: str, other: str) -> ibis.Table:
    """Return who took two medicines in combination: at most `TOGETHER` days between them."""
    first = courses.filter(courses[one]).select("person_id", "since", "until")
    second = courses.filter(courses[other]).select("person_id", start="since", stop="until")
    apart = ibis.interval(days=TOGETHER)
    both = first.inner_join(
        second,
        [
            first.person_id == second.person_id,
            second.start <= first.until + apart,
            first.since <= second.stop + apart,
        ],
    )
    return both.select("person_id").distinct().mutate(**{f"{one}_and_{other}": ibis.literal(True)})


def _conditions(condition: ibis.Table, index: date) -> ibis.Table:
    known = condition.filter(condition.onset_date <= day_literal(shift(index, -RECENT)))
    return known.group_by("person_id").agg(**{name: (known.condition == name).any() for name in CONDITIONS})


def _test_parts(measurement: ibis.Table, index: date) -> list[ibis.Table]:
    """Return who was tested for what, and the last eGFR of at least three months ago: before the medicine."""
    done = measurement.filter(measurement.date <= day_literal(index))
    tested = {
        f"{name}_tested": ((done.measure == name) & (done.date >= day_literal(shift(index, -months)))).any()
        for name, months in TESTED.items()
    }
    values = done.filter(
        done.measure == "egfr", done.value >= 0, done.date <= day_literal(shift(index, -RECENT))
    )
    # Of several on one day the lowest
    latest = ibis.window(group_by="person_id", order_by=[ibis.desc("date"), "value"])
    ranked = values.mutate(nth=ibis.row_number().over(latest))
    return [
        done.group_by("person_id").agg(**tested),
        ranked.filter(ranked.nth == 0).select("person_id", egfr="value"),
    ]
