"""One person's record on a page that is read in a minute: HTML that needs no network and no script."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import jinja2
import numpy as np
import pandas as pd
from scipy.special import logit

from analysis_lib import brand
from analysis_lib.bnf import name_medicine
from analysis_lib.codes import MEASURES, SETTINGS
from analysis_lib.dates import as_day
from analysis_lib.identifiers import CANARIES
from analysis_lib.inputs.population import Population
from analysis_lib.levels import ages, name_edge, name_event, name_level
from analysis_lib.measures import wilson_interval
from analysis_lib.measures.cells import check_columns
from analysis_lib.queries.people import shift
from analysis_lib.queries.prescribing_rules import LOW_EGFR, MEDICINES, PINCER, RECENT
from analysis_lib.review.place import refuse_place
from analysis_lib.review.record import Record, read_record

NEIGHBOURS, FEWEST = 500, 50
NEAR = 0.5  # log odds
ROWS = {"conditions": 14, "medicines": 22}  # of the drawing; the table below it has all
MOST_PARTS = 5  # of a risk, with medicines and without
PEOPLE = {("F", True): "Woman", ("M", True): "Man", ("F", False): "Girl", ("M", False): "Boy"}  # adult
TESTS = {
    "egfr": "eGFR",
    "potassium": "Potassium",
    "inr": "INR",
    "haemoglobin": "Haemoglobin",
    "alt": "ALT",
    "tsh": "TSH",
    "lithium": "Lithium",
    "systolic_bp": "Systolic pressure",
    "weight": "Weight",
}
LIMITS = {"egfr": (LOW_EGFR, f"below {LOW_EGFR}: rule K")}  # values that a rule asks about


@dataclass(frozen=True)
class Risk:
    """A person's risk, with what puts it in place. All are shares between 0 and 1.

    Attributes
    ----------
    risk : float
    low, high : float
        95% Wilson interval of the share that had the outcome, among the `n_near` people with the nearest
        predicted risks. It says how far such predictions came true; it is no interval for this person, who
        will have the outcome or not.
    n_near : int
    nearest : tuple of float
        The least and the greatest predicted risk of these people.
    average : float
        Mean risk of people of the same age band.
    before : float or None
        Risk 90 days ago, where it is known.
    """

    risk: float
    low: float
    high: float
    n_near: int
    nearest: tuple[float, float]
    average: float
    before: float | None = None


def describe_risk(people: pd.DataFrame, person_id: str, outcome: str, neighbours: int = NEIGHBOURS) -> Risk:
    """Put one person's risk in place among people whom no model learnt from.

    Parameters
    ----------
    people : DataFrame
        A row per person: person_id, age_band, risk, and the outcome (bool); perhaps risk_before.
    person_id : str
    outcome : str
        A column.
    neighbours : int
        How many people with the nearest risks are looked at, at most, without this one: those whose log odds
        are within 0.5 of this person's, or the nearest 50 (or all) where these are fewer. At the ends of the
        scale few are near, and the interval is as wide as that leaves it.

    Returns
    -------
    Risk

    Raises
    ------
    KeyError
        If a column is absent.
    ValueError
        If the person does not stand in exactly one row, or is alone.
    """
    check_columns(people, ["person_id", "age_band", "risk", outcome], "A risk in its place")
    here = (people["person_id"] == person_id).to_numpy()
    if here.sum() != 1 or len(people) < 2:
        raise ValueError(
            "A risk is put in its place among others: one row of this person, and others beside."
        )
    own, others = people[here].iloc[0], people[~here]
    risks = others["risk"].to_numpy(float)
    apart = np.abs(logit(risks) - logit(own["risk"]))
    n_near = min(max(int((apart <= NEAR).sum()), FEWEST), neighbours, len(others))
    near = np.argsort(apart, kind="stable")[:n_near]
    low, high = wilson_interval(others[outcome].to_numpy(bool)[near].sum(), n_near)
    before = own.get("risk_before")
    return Risk(
        risk=float(own["risk"]),
        low=float(low),
        high=float(high),
        n_near=n_near,
        nearest=(float(risks[near].min()), float(risks[near].max())),
        average=float(people.loc[people["age_band"] == own["age_band"], "risk"].mean()),
        before=None if pd.isna(before) else float(before),
    )


def write_person_page(
    population: Population,
    person_id: str,
    day: date | str,
    folder: str | Path,
    risk: Risk | None = None,
    explained: pd.DataFrame | None = None,
) -> Path:
    """Write one person's record of the two years before a day as a page, for a review of medicines.

    Parameters
    ----------
    population : Population
        Of a simulated one the page may be published: its person is nobody, and the page does not say which
        row it is. A real record stays inside: the page carries a mark that the scan of a site refuses.
    person_id : str
    day : date or str
    folder : path
        Made if it is not there. For a real record `refuse_place` must allow it.
    risk : Risk, optional
        `describe_risk`; without it the page says that none was computed.
    explained : DataFrame, optional
        `EdgeModel.explain` of this person, perhaps of others as well.

    Returns
    -------
    Path
        ``person.html``, or of a real record ``person_<person_id>.html``, which only its owner may read. A
        page that was there is replaced.

    Raises
    ------
    UnsafePlace
        If the record is real, and the folder could be published or committed.
    ValueError
        As for `read_record`.
    """
    index = as_day(day, "day")
    real = population.profile != "simulated"
    if real:
        refuse_place(folder)
    text = _fill(read_record(population, person_id, index), risk, explained, person_id, real)
    name = f"person_{re.sub(r'[^A-Za-z0-9-]', '_', person_id)}.html" if real else "person.html"
    path = Path(folder).expanduser() / name
    path.parent.mkdir(parents=True, exist_ok=True)
    if real:
        path.touch(mode=0o600)
        path.chmod(0o600)
    path.write_text(text, encoding="utf-8", newline="\n")
    return path


def _fill(
    record: Record, risk: Risk | None, explained: pd.DataFrame | None, person_id: str, real: bool
) -> str:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"day": _say_day, "percent": _say_percent}
    own = None if explained is None else explained[explained["person_id"] == person_id]
    return environment.get_template("person.html").render(
        colours=brand.colours(),
        font=brand.font_stack(),
        real=real,
        person_id=person_id,
        mark=CANARIES[0],
        record=record,
        ages=ages(record.person["age_band"]),
        who=PEOPLE.get((record.person["sex"], record.person["age"] >= 18), "Person"),
        risk=risk,
        parts=None if own is None else _list_parts(own, record),
        rules=_sort_rules(record.rules),
        ticks=_place_ticks(record),
        conditions=_draw_conditions(record),
        medicines=_draw_medicines(record),
        most=ROWS,
        tests=None if record.tests is None else list(_draw_tests(record)),
        contacts=_draw_contacts(record),
    )


def _say_day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


def _say_percent(share: float) -> str:
    """Return a share as a whole percentage; at the ends as a bound, since no risk is 0 or 1."""
    return "under 1%" if share < 0.005 else "over 99%" if share > 0.995 else f"{share:.0%}"


def _place(record: Record, day: date) -> float:
    """Return where a day lies in the window, as a percentage of its width; what is outside at its ends."""
    share = (day - record.start) / (record.day - record.start)
    return round(100 * min(max(share, 0.0), 1.0), 2)


def _place_ticks(record: Record) -> list[dict[str, Any]]:
    """Return the first day of each quarter in the window, with a name for each half year."""
    months = [
        (year, month) for year in range(record.start.year, record.day.year + 1) for month in (1, 4, 7, 10)
    ]
    days = [date(year, month, 1) for year, month in months]
    inside = [day for day in days if record.start <= day < record.day]
    return [
        {"x": _place(record, day), "label": f"{day:%b %Y}" if day.month in (1, 7) else ""} for day in inside
    ]


def _draw_conditions(record: Record) -> list[dict[str, Any]]:
    """Return conditions as bars from the first record on; those of the window first, for they are news."""
    rows = [
        {"name": name_event(f"condition:{row.condition}").removesuffix(" diagnosed"), "since": row.date}
        for row in record.conditions.itertuples()
    ]
    for row in rows:
        row |= {"x": _place(record, row["since"]), "begins": row["since"] >= record.start}
    return sorted(rows, key=lambda row: row["since"], reverse=True)


def _draw_medicines(record: Record) -> list[dict[str, Any]]:
    """Return medicines, each with its courses as bars: those taken now first, the latest begun on top."""
    rows = []
    for code, courses in record.medicines.groupby("code", sort=True):
        bars = []
        for course in courses.itertuples():
            stopped = not pd.isna(course.stop)
            left, right = _place(record, course.start), _place(record, course.stop) if stopped else 100.0
            bars.append(
                {
                    "x": left,
                    "width": round(max(right - left, 0.6), 2),
                    "end": right,
                    "begins": course.start >= record.start,
                    "stopped": stopped,
                    "start_day": course.start,
                    "stop_day": course.stop if stopped else None,
                }
            )
        name = name_medicine(code) if code else "Medicine without a code"
        taken = any(not bar["stopped"] for bar in bars)
        recent = taken or max(bar["stop_day"] for bar in bars) >= shift(record.day, -RECENT)
        letters = _find_rules(code, record.rules) if recent else []
        rows.append({"name": name, "code": code, "bars": bars, "taken": taken, "rules": letters})
    return sorted(
        rows, key=lambda row: (row["taken"], max(b["start_day"] for b in row["bars"])), reverse=True
    )


def _find_rules(code: str, rules: pd.DataFrame) -> list[str]:
    """Return the letters of the rules that flag this person and are about a medicine."""
    fired = set(rules.loc[rules["computable"] & (rules["n_flagged"].fillna(0) > 0), "rule"])
    found = []
    for rule in (rule for rule in PINCER if rule.letter in fired):
        groups = [MEDICINES[name] for name in rule.medicines]
        if any(code.startswith(tuple(group.codes)) or code == group.section for group in groups):
            found.append(rule.letter)
    return found


def _draw_tests(record: Record) -> Iterable[dict[str, Any]]:
    """Yield each measure with its values as points, 0 at the bottom of a box of 100, and its last value."""
    for measure, results in record.tests.groupby("measure", sort=False):
        values = results["value"].astype(float).to_numpy()
        limit, words = LIMITS.get(measure, (None, ""))
        ends = [*values, *([] if limit is None else [limit])]
        low, high = min(ends), max(ends)
        room = (high - low) or max(abs(high), 1.0)
        low, room = low - 0.15 * room, 1.3 * room

        def height(value: float, low: float = low, room: float = room) -> float:
            return round(100 - 100 * (value - low) / room, 2)

        points = [(_place(record, d), height(v)) for d, v in zip(results["date"], values, strict=True)]
        yield {
            "name": TESTS.get(measure, measure),
            "unit": MEASURES[measure][0],
            "points": points,
            "lines": list(zip(points, points[1:], strict=False)),
            "limit": None if limit is None else height(limit),
            "limit_words": words,
            "beyond": limit is not None and values[-1] < limit,
            "last": f"{values[-1]:g}",
            "last_day": results["date"].iloc[-1],
            "all": [(d, f"{v:g}") for d, v in zip(results["date"], values, strict=True)],
        }


def _draw_contacts(record: Record) -> list[dict[str, Any]]:
    """Return the settings that the person met, in the order of the extract, with a dot for each day."""
    rows = []
    for setting in SETTINGS:
        met = record.contacts[record.contacts["setting"] == setting]
        dots = [
            {"x": _place(record, row.date), "missed": row.missed, "day": row.date} for row in met.itertuples()
        ]
        if dots:
            rows.append({"name": name_level(setting, "setting"), "dots": dots})
    return rows


def _sort_rules(rules: pd.DataFrame) -> dict[str, list[dict[str, str]]]:
    """Return rules by what they say of this person; one that is not computable says so, and never no."""
    kinds: dict[str, list[dict[str, str]]] = {"fired": [], "quiet": [], "other": [], "lacking": []}
    for rule in rules.itertuples():
        if not rule.computable:
            kind, says = "lacking", rule.reason
        elif rule.n_flagged > 0:
            kind, says = "fired", "flags"
        elif rule.n_at_risk > 0:
            kind, says = "quiet", "applies, and does not flag"
        else:
            kind, says = "other", "does not apply"
        kinds[kind].append({"letter": rule.rule, "name": rule.name, "reason": rule.reason, "says": says})
    return kinds


def _list_parts(own: pd.DataFrame, record: Record) -> dict[str, list[dict[str, Any]]]:
    """Return what went into a risk, medicines apart: name, whether it raises the risk, width of a bar."""
    ends = own[["first", "then"]].fillna("")
    of_medicine = ends.apply(lambda codes: codes.str.startswith(("start:", "stop:"))).any(axis=1)
    most = own["contribution"].abs().max()
    parts: dict[str, list[dict[str, Any]]] = {}
    for kind, chosen in (("medicines", own[of_medicine]), ("others", own[~of_medicine])):
        largest = chosen.sort_values("contribution", key=abs, ascending=False, kind="stable")
        parts[kind] = [
            {
                "name": _name_part(part, record),
                "raises": part.contribution > 0,
                "width": round(100 * abs(part.contribution) / most, 1),
            }
            for part in largest[largest["contribution"] != 0].head(MOST_PARTS).itertuples()
        ]
    return parts


def _name_part(part: Any, record: Record) -> str:
    if part.first == "age":
        return f"Age {ages(record.person['age_band'])}"
    if part.first == "sex":
        return "Sex"
    return name_event(part.first) if pd.isna(part.then) else name_edge(part.first, part.then, part.bin)
