"""Every column of the released tables, described once: a new one is one row here.

The gate, the tables of the pages, the workbook and the data dictionary read it. A row says

- the heading that people read, and one sentence on what the column means or counts;
- the unit in which a value is shown (as in `release.fact`), and its decimals where they are not the usual;
- its kind, which is what the gate does with it (`analysis_lib.kinds`): a label says which levels it may have,
  a count what it counts.

Of several kinds in a tuple, the first holds whose columns are all in the table, else the last; None stands
for "not known", and the gate then asks. `at` gives the kind in tables where it is another. Numbers that
leave as they are (`Plain`, numbers as labels, an `Estimate` of everything) are always named with their table,
unless the name can mean nothing else: a column of that name in your own table may be people.

``"table.column"`` is a row of its own where a name means something else in one table.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis_lib.disclosure import as_rounded, read_thresholds
from analysis_lib.kinds import (
    Amount,
    Count,
    Derived,
    Dimension,
    Estimate,
    Kind,
    Limit,
    Plain,
    Proportion,
    Quantile,
    Rank,
    Rate,
    Ratio,
    Score,
    Share,
)
from analysis_lib.measures import PER, add_day_counts, poisson_interval, wilson_interval

Kinds = Kind | tuple[Kind | None, ...] | None


@dataclass(frozen=True)
class Column:
    """What a column is; `at` has kinds by table, several tables with spaces between them."""

    heading: str
    meaning: str
    unit: str = ""
    decimals: int | None = None
    kind: Kinds = None
    at: Mapping[str, Kind] = field(default_factory=dict)

    def kind_in(self, table: str, names: set[str]) -> Kind | None:
        """Return its kind in a table that has columns of these names; None if it has none there."""
        for tables, kind in self.at.items():
            if table in tables.split():
                return kind
        kinds = self.kind if isinstance(self.kind, tuple) else (self.kind,)
        fitting = (kind for kind in kinds if kind is not None and names.issuperset(rests_on(kind)))
        return next(fitting, kinds[-1])


def rests_on(kind: Kind) -> tuple[str, ...]:
    """Return the columns that a kind names."""
    names: list[str] = []
    for part in ("numerator", "denominator", "count", "events", "people", "centre", "of", "parts", "scale"):
        value = getattr(kind, part, ())
        names += [value] if isinstance(value, str) else list(value or ())
    return tuple(dict.fromkeys(names))


def _of_all(part: NDArray, *others: NDArray) -> NDArray:
    return part / (part + sum(others))


def _bound_high(attended: NDArray, dna: NDArray, unknown: NDArray) -> NDArray:
    return (dna + unknown) / (attended + dna + unknown)


def _per(count: NDArray, days: NDArray) -> NDArray:
    return count / days


def _per_year(value: NDArray, n_months: NDArray) -> NDArray:
    return value * 12 / n_months


def _days(name: str, month: NDArray) -> NDArray:
    """Count the days of each month; none where the label is no month (a total)."""
    starts = pd.to_datetime(pd.Series(month).astype(str), errors="coerce", format="ISO8601")
    known = starts.notna().to_numpy()
    days = np.full(len(starts), np.nan)
    days[known] = add_day_counts(pd.DataFrame({"month": starts[known]}))[name]
    return days


def _in_top(top: NDArray, people: NDArray) -> NDArray:
    """How many people a chosen part of the released number holds, rounded like it."""
    held = as_rounded(np.round(top.astype(float) * people, 6))
    return np.where(held >= read_thresholds()["patient"]["fewest"], held, np.nan)


def _crude(events: NDArray, years: NDArray) -> NDArray:
    return PER * np.divide(events, years, out=np.full(len(years), np.nan), where=years > 0)


def _from_rate(rate: NDArray, events: NDArray, end: int) -> NDArray:
    """How far a limit of independent events stands from their rate."""
    return rate * (poisson_interval(events)[end] / events - 1)


def _apart(with_events: NDArray, without_events: NDArray) -> NDArray:
    return np.sqrt(1 / with_events + 1 / without_events)


def _apart_by(with_rate: NDArray, with_events: NDArray, rate: NDArray, events: NDArray) -> NDArray:
    return np.hypot(with_rate / np.sqrt(with_events), rate / np.sqrt(events))


def _false(listed: NDArray, found: NDArray, n: NDArray, events: NDArray) -> NDArray:
    """Of those without the outcome, the share that is listed."""
    return np.divide(listed - found, n - events, out=np.full(len(n), np.nan), where=n > events)


def _brier(skill: NDArray, events: NDArray, n: NDArray) -> NDArray:
    """Return the Brier score that this skill is, above that of giving all the mean risk."""
    return (1 - skill) * events / n * (1 - events / n)


def _net_benefit(found: NDArray, listed: NDArray, n: NDArray, threshold: NDArray) -> NDArray:
    threshold = threshold.astype(float)
    return (found - (listed - found) * threshold / (1 - threshold)) / n


def _benefit_apart(sign: int, found: NDArray, listed: NDArray, n: NDArray, threshold: NDArray) -> NDArray:
    """How far a limit of net benefit stands from it if those found, and in vain, are independent."""
    odds = threshold / (1 - threshold)
    return sign * 1.96 * np.sqrt(found + (listed - found) * odds**2) / n


def _gain(benefit: NDArray, events: NDArray, n: NDArray, threshold: NDArray) -> NDArray:
    return benefit - np.maximum(_net_benefit(events, n, n, threshold), 0)


def _gain_apart(
    sign: int, found: NDArray, listed: NDArray, n: NDArray, threshold: NDArray, events: NDArray
) -> NDArray:
    """As `_benefit_apart`; where listing everybody is better than nobody, by those who are not listed."""
    threshold = threshold.astype(float)
    all_better = _net_benefit(events, n, n, threshold) > 0
    missed = np.where(all_better, events - found, found)
    others = np.where(all_better, n - listed, listed) - missed
    odds = threshold / (1 - threshold)
    return sign * 1.96 * np.sqrt(np.maximum(missed, 0) + np.maximum(others, 0) * odds**2) / n


def _parts_apart(
    sign: int, of_list: NDArray, of_events: NDArray, listed: NDArray, events: NDArray
) -> NDArray:
    """How far a limit of the difference of two parts stands from it if both are of different people."""
    parts = ((of_list, listed), (of_events, events))
    return sign * 1.96 * np.sqrt(sum(part**2 * (1 - part) / some for part, some in parts))


def _lift(events: NDArray, n: NDArray, of_all: NDArray, every: NDArray) -> NDArray:
    return np.divide(events * every, n * of_all, out=np.full(len(n), np.nan), where=n * of_all > 0)


def _lift_end(end: int) -> Derived:
    """An end of the interval of a lift: that of the share, over the share of all that the lift is from."""
    return Derived(
        lambda lift, some, every: lift * wilson_interval(some, every)[end] / (some / every),
        ("lift", "n_events", "n"),
    )


def _wilson(end: int, part: str, whole: str) -> Derived:
    """An end of the interval of a share, from the released counts."""
    return Derived(lambda some, every: wilson_interval(some, every)[end], (part, whole))


def _end(end: int) -> tuple[Kind | None, ...]:
    """What `low` (0) and `high` (1) are, by what stands beside them."""
    of_rate = Limit(
        "rate_per_1000", lambda rate, events: _from_rate(rate, events, end), ("rate_per_1000", "events")
    )
    of_expected = Derived(
        lambda seen, due, _: poisson_interval(seen)[end] / due, ("observed", "expected", "oe")
    )
    of_people = Derived(
        lambda seen, due, ratio: poisson_interval(seen / ratio)[end] * ratio / due,
        ("observed", "expected", "variance_ratio"),
    )
    return (
        of_rate,
        of_people,
        of_expected,
        *(replace(kind, end=2 * end - 1) for kind in (_RISK, _CONTACTS)),
        _TEXTS,
        None,
    )


def _each(kind: Kind, **columns: Column) -> dict[str, Column]:
    """Give these columns one kind."""
    return {name: replace(column, kind=kind) for name, column in columns.items()}


def _only(tables: str, kind: Kind, **columns: Column) -> dict[str, Column]:
    """Give these columns a kind in some tables."""
    return {name: replace(column, at={tables: kind}) for name, column in columns.items()}


def _ends(prefix: str, of: str, unit: str, low: Kinds, high: Kinds = None) -> dict[str, Column]:
    """Describe ``<prefix>low`` and ``<prefix>high``, the ends of a 95% interval; of one kind if one is."""
    said = f"end of the 95% interval of {of}."
    if isinstance(low, Estimate | Score):
        low, high = (replace(low, end=end) for end in (-1, 1))
    return {
        f"{prefix}low": Column("From", f"Lower {said}", unit, kind=low),
        f"{prefix}high": Column("To", f"Upper {said}", unit, kind=high or low),
    }


# Made of a public file of other people, or of nobody: these numbers leave as they are
PUBLIC = {"outside_check", "synthetic_speed", "nhp_model_run", "nhp_model_tests"}
_FILES = "files_read data_quality raw_labels"  # rows and marks in files are no people
_EVALUATED = (
    "performance performance_compared calibration decision_curve list_by_deprivation fairness mitigation "
    "cohort_rules"
)
_GRAPH_TESTED = (
    "graph_performance graph_compared graph_calibration graph_decision review_capacity review_deprivation"
)
_REVIEWS = "review_capacity review_deprivation"
_XMR = "xmr_dna xmr_appointments"  # as are numbers that are computed from released tables alone
_PLANTED = "drivers shap_truth truth_recovered pathways_truth synthetic_truth"
_FUNNELS = "funnel funnel_icb funnel_sub_icb"
_COVERED = "months_by_icb months_by_place"  # which months the files hold of each area
_CHANGES = "dna_change dna_change_chosen"  # of a month of all inputs: too many to say anything of a person
_WORDS, _NAMES, _CODES, _FLAGS = (Dimension(levels) for levels in ("words", "names", "codes", "flags"))
_ANY_TEXT = Dimension("texts")
_OF_RELEASED = Plain("released tables")
_PARAMETER = Plain("parameters")
_ALL = Count(what="people")
_TESTED = (("fold", "evaluate"),)  # whom models are tested on: a part of the people of `risk_folds`
_EQUAL = (*_TESTED, ("core20", "True"), ("compared", "True"))  # of the Core20, who have their like elsewhere
# Adults whose records are read as graphs, by what they are for: their lot is not that of `risk_folds`
_ADULTS = Count(what="adults")
_GRAPHED = (("fold", "evaluate"),)
_APPOINTMENTS = Count(what="appointments")
_CAME = (Count(of="n_people", what="contacts"), Count(what="contacts"))
_WITH_OUTCOME = Count(what="people with the outcome")
_KNOWN = Proportion("n_known")
_PEOPLE = Estimate(("n",))
_MOVED = Score(("n",))  # log odds, mean over people
# What a model's value would do if there were a few more events: else that of a model that gives all the same
# risk, or of one term, would tell which of the counts that round alike it was
_RISK = Estimate(("n", "n_events"), moves=lambda n, events: events / n)
_CONTACTS = Estimate(("n_people", "n_events"), moves=lambda people, events: events / people)
_FIT = Estimate(("n_people", "n_events"))
_OF_BOTH = Score(("n", "n_events"), part=True)
_AUROC = replace(_OF_BOTH, around=0.5)
# a difference of two scores that are released too: twice as coarse, or it would tell more than both
_AUROC_APART = replace(_OF_BOTH, per=2)
_LIFT_APART = Proportion("n_events", per=20)
_AUPRC = replace(_OF_BOTH, moves=lambda n, events: events / n)
_IN_LARGE = replace(_OF_BOTH, moves=lambda n, events: np.log(events / (n - events)))
_BRIER = Score(("n", "n_events"), by="n", moves=lambda n, events: events / n * (1 - events / n))
_SLOPE = Estimate(
    ("n_people", "events"), per=10, moves=lambda people, events: events / people
)  # of ten rates
_INDEX = Estimate(("n_people", "events"), per=10)
_GAP = Score(("n_people", "events"), per=10, scale="rate_most", moves=_SLOPE.moves)
_TEST = Score(("n_test", "events_test"))
_TOP = Score(("n_people",), by="n_top")  # n_top stands before it, made of released numbers
_TEXTS = Proportion("n_messages")
_DUE = Amount("observed", stepped=True)
_USE_LEVELS = ("0", "1-4", "5-11", "12-23", "24+")
_ADMITTED = Count(what="admissions")
_OF_ADMITTED = Score(("n_admissions",))
_LINKED = Score(("n_people", "n_steps"), by="n_people")  # a difference of two shares of steps
_ODDS = Estimate(("people_missed", "again_missed", "people_kept", "again_kept"))
_SEEN = Estimate(("n_people", "n_seen_by_then"), moves=lambda people, seen: seen / people)
_MONTHLY = ("n_attended", "n_dna", "n_unknown")
_LIST = ("outcome", "model")
_LISTED = ("n_found", "n_listed", "n", "threshold")
_PARTS = ("share_of_list", "share_of_events")
_COMPARED = ("events_with", "events_without")
_RATES = ("rate_with", "events_with", "rate_without", "events_without")

COLUMNS: dict[str, Column] = {
    # What rows are of: time and place
    "month": Column(
        "Month",
        "The month.",
        "month",
        kind=Dimension("months"),
        at={"performance_by_month": Dimension(range(1, 13))},
    ),
    "hours": Column(
        "Hours",
        "From the time before which 1% were written to that before which 99% were.",
        "number",
        kind=Quantile("n_tweets"),
    ),
    "date": Column("Day", "The day.", "date", at={"appointments_by_day": Dimension("dates")}),
    "weekday": Column("Weekday", "The day of the week.", kind=_WORDS),
    "is_weekend": Column("Weekend", "Whether the day is a Saturday or Sunday.", kind=_FLAGS),
    "is_bank_holiday": Column("Bank holiday", "Whether the day is a bank holiday in England.", kind=_FLAGS),
    "calendar_month": Column("Calendar month", "The month of the year, in any year.", kind=_WORDS),
    "year": Column("Year", "The calendar year.", kind=Dimension(range(1900, 2100))),
    "period": Column("Period", "The first and the last month.", at={_FILES: _WORDS}),
    "period_from": Column("From", "The month that is compared with.", "month", kind=Dimension("months")),
    "period_to": Column("To", "The month that is compared.", "month", kind=Dimension("months")),
    "first_date": Column("First", "The first date in the file.", "date", at={_FILES: Dimension("dates")}),
    "last_date": Column("Last", "The last date in the file.", "date", at={_FILES: Dimension("dates")}),
    "region_code": Column("Region code", "ONS code of the NHS region.", kind=_CODES),
    "region_name": Column("Region", "The NHS region.", kind=_NAMES),
    "icb_code": Column("ICB code", "ONS code of the integrated care board.", kind=_CODES),
    "icb_name": Column("ICB", "The integrated care board.", kind=_NAMES),
    "sub_icb_code": Column("Location code", "Code of the sub-ICB location.", kind=_CODES),
    "sub_icb_name": Column("Location", "The sub-ICB location.", kind=_NAMES),
    "msoa": Column("MSOA", "Code of the middle layer super output area in which people live.", kind=_CODES),
    "area": Column("Area", "The area, by name.", kind=_NAMES),
    "whole": Column(
        "All areas",
        "The same figure for England, or for all areas of the inputs.",
        at={"beside": _ANY_TEXT},
    ),
    "level": Column(
        "Level", "The group, or the value of the term, that the row is about.", kind=Dimension("grouped")
    ),
    "group": Column("Group", "What people or appointments are grouped by.", kind=_WORDS),
    "of": Column("Of", "Whether the group is a mode or a staff group.", kind=_WORDS),
    "value": Column(
        "Group",
        "The group or value that the row is about.",
        kind=_NAMES,
        at={"tweet_sample shap_profiles": _ANY_TEXT},
    ),
    "xmr_dna.value": Column(
        "DNA rate", "The DNA rate of the month, less its season if removed.", "rate", 2, kind=_OF_RELEASED
    ),
    "xmr_appointments.value": Column(
        "A working day",
        "All appointments of the month ÷ its working days, less the season if removed.",
        "count",
        kind=_OF_RELEASED,
    ),
    "beside.measure": Column("Figure", "What is compared.", kind=_NAMES),
    "beside.area": Column("Area", "The figure of this area.", kind=_ANY_TEXT),
    # Appointments: groups
    "status": Column(
        "Status", "Whether the appointment was attended, missed (DNA), or its status is unknown.", kind=_WORDS
    ),
    "hcp_type": Column("Staff", "The staff group of the appointment.", kind=_WORDS),
    "hcp_group": Column("Staff", "The staff groups whose missed appointments are costed.", kind=_WORDS),
    "mode": Column("Mode", "How the appointment was held.", kind=_WORDS),
    "lead_time": Column(
        "Lead time", "The time between booking and appointment, in bands.", kind=Dimension("bands")
    ),
    "duration": Column(
        "Duration", "The length of attended appointments, in bands of minutes.", kind=Dimension("bands")
    ),
    "dimension": Column("Of", "What the appointments are grouped by.", kind=_WORDS),
    # Appointments: counts and days
    "n_appointments": Column(
        "Appointments",
        "The number of appointments.",
        "count",
        kind=_APPOINTMENTS,
        at={
            "forecast": _OF_RELEASED,
            "durations": Count(what="appointments", where=(("status", "Attended"),)),
        },
    ),
    **{
        name: Column(heading, meaning, "count", kind=Derived(partial(_days, name), ("month",)))
        for name, heading, meaning in (
            ("days_calendar", "Calendar days", "Days in the month."),
            ("days_working", "Working days", "Days without weekends and bank holidays."),
        )
    },
    "rank_per_1000": Column(
        "Rank per 1,000", "The place in the order per 1,000 patients.", kind=Rank("per_1000_patients")
    ),
    "per_day_30": Column(
        "A day of 30", "Appointments ÷ 30 days.", "count", kind=Derived(lambda n: n / 30, ("n_appointments",))
    ),
    "per_day_calendar": Column(
        "A calendar day",
        "Appointments ÷ days of the month.",
        "count",
        kind=Derived(_per, ("n_appointments", "days_calendar")),
    ),
    "per_day_working": Column(
        "A working day",
        "All appointments of the month ÷ its working days.",
        "count",
        kind=Derived(_per, ("n_appointments", "days_working")),
        at={"forecast seasons": _OF_RELEASED},
    ),
    "per_day": Column(
        "A day",
        "Appointments ÷ days of this kind, without bank holidays.",
        "count",
        kind=Derived(_per, ("n_appointments", "n_days")),
    ),
    "n_days": Column("Days", "Days counted.", "count", at={"weekdays exceedance": Plain("days")}),
    **_only(
        "exceedance",
        Plain("days"),
        n_days_over=Column("Days over", "Days with more appointments than planned.", "count"),
        n_days_working=Column("Working days", "Working days counted.", "count"),
        n_days_working_over=Column(
            "Working days over", "Working days with more appointments than planned.", "count"
        ),
        share_working=Column(
            "Share of working days", "The part of working days with more appointments than planned.", "rate"
        ),
    ),
    "busiest_day": Column(
        "Busiest day",
        "Appointments on the busiest day of the month.",
        "count",
        kind=Count(what="appointments of the busiest day"),
    ),
    "share": Column(
        "Share",
        "The part of all that this row has.",
        "rate",
        kind=Proportion("n_appointments"),
        at={
            "mode_by_month hcp_by_month": Share("n_appointments", ("month",)),
            "categories": Share("n_appointments", ("dimension",)),
            "icb_modes icb_lead_times icb_staff": Share("n_appointments", ("icb_code",)),
            "sub_icb_modes sub_icb_lead_times sub_icb_staff": Share("n_appointments", ("sub_icb_code",)),
            "modes lead_times staff england_modes england_lead_times england_staff": Share("n_appointments"),
            "tweet_sample": Share("n_tweets", within=("aspect",)),
            "unknown": Proportion("n_unknown"),
            "population_quality": Ratio("rows_found", "rows"),
            "exceedance": Plain("days"),
            "pathway_levels": Share("n_people", within=("group",)),
            "level_change routes prefixes": Share("n_people", within=("use_level",)),
            "transitions": Share("n_transitions", within=("use_level", "from_setting")),
        },
    ),
    **_each(
        Proportion("n_appointments"),
        share_known=Column("Share of known", "The part of those for which it is known.", "rate"),
        cumulative_share_known=Column(
            "So far", "The part of those for which it is known, in this band and all before.", "rate"
        ),
    ),
    "share_england": Column(
        "All areas",
        "The share in England, or in all areas.",
        "rate",
        at={"modes lead_times staff": _OF_RELEASED},
    ),
    "rank": Column(
        "Rank",
        "The place in the order; 1 is first.",
        at={
            "busiest_months top_areas top_places": Rank("n_appointments"),
            "icb_rates sub_icb_rates": Rank("dna_rate_standardised"),
            "hashtag_travel hashtags": Rank("retweets_typical"),
            "shap_stability": Rank("mean_abs_shap", within=("outcome", "seed")),
            "position": _OF_RELEASED,
            "graph_edges": Plain("places in an order"),
        },
    ),
    "per_1000_patients": Column(
        "Per 1,000 patients",
        "Appointments a month for each 1,000 registered patients of the practices that sent data.",
        "count",
        kind=Proportion("n_appointments", per=1000),
    ),
    **_only(
        "utilisation",
        _OF_RELEASED,
        utilisation_30=Column("Of plan, 30 days", "Appointments a day of 30 ÷ the planning figure.", "rate"),
        utilisation_calendar=Column(
            "Of plan, calendar days", "Appointments a calendar day ÷ the planning figure.", "rate"
        ),
        utilisation_working=Column(
            "Of plan, working days", "Appointments a working day ÷ the planning figure.", "rate"
        ),
    ),
    "ratio": Column(
        "Ratio",
        "How many times as much as what it is compared with.",
        "number",
        kind=(_RISK, None),
        at={"seasons": _OF_RELEASED},
    ),
    "highest_icb": Column("Highest in", "The integrated care board with the highest share.", kind=_NAMES),
    "highest_share": Column(
        "There", "The share in that integrated care board.", "rate", kind=Estimate(("n_unknown",))
    ),
    "unknown.column": Column("What is unknown", "The column of the attendance file.", kind=_WORDS),
    # Appointments: control charts and forecasts, computed from released tables alone
    **_only(
        _XMR,
        _OF_RELEASED,
        moving_range=Column("Moving range", "The distance from the month before.", "number"),
        mean=Column("Mean", "The mean of all months of the chart.", "number"),
        lower=Column("Lower limit", "The lower limit of usual movement.", "number"),
        upper=Column("Upper limit", "The upper limit of usual movement.", "number"),
    ),
    **_only(
        _XMR,
        _OF_RELEASED,
        as_counted=Column("As counted", "The value of the month with its season.", "number"),
    ),
    "season": Column("Season", "Whether the season was removed from the values, or left in.", kind=_WORDS),
    **{
        f"{table}.step": Column("Step", "Whether a new level begins with the month, up or down.", kind=_WORDS)
        for table in _XMR.split()
    },
    "signal": Column("Signal", "The rule by which the month stands out, if any.", kind=_WORDS),
    "direction": Column("Direction", "Whether the value is high or low, if it stands out.", kind=_WORDS),
    **_only(
        "forecast",
        _OF_RELEASED,
        low80=Column("80% low", "Lower end of the 80% interval, a working day.", "count"),
        high80=Column("80% high", "Upper end of the 80% interval, a working day.", "count"),
        n_low80=Column("Month, 80% low", "Lower end of the 80% interval, a month.", "count"),
        n_high80=Column("Month, 80% high", "Upper end of the 80% interval, a month.", "count"),
        n_low95=Column("Month, 95% low", "Lower end of the 95% interval, a month.", "count"),
        n_high95=Column("Month, 95% high", "Upper end of the 95% interval, a month.", "count"),
    ),
    "forecast.low95": Column(
        "95% low", "Lower end of the 95% interval, a working day.", "count", kind=_OF_RELEASED
    ),
    "forecast.high95": Column(
        "95% high", "Upper end of the 95% interval, a working day.", "count", kind=_OF_RELEASED
    ),
    "method": Column("Method", "The method that predicts.", kind=_NAMES),
    "label": Column("What it is", "The method in words.", kind=_NAMES),
    **_only(
        "forecast_scores",
        _OF_RELEASED,
        n_forecasts=Column("Forecasts", "Months that were predicted and then compared.", "count"),
        bias=Column("Bias", "Mean of errors with their sign, as a share of what was seen.", "rate"),
        coverage80=Column("In 80%", "The part of months that lay in their 80% interval.", "rate"),
        coverage95=Column("In 95%", "The part of months that lay in their 95% interval.", "rate"),
        coverage_low=Column("Share from", "The least true share that so few months allow.", "rate"),
        coverage_high=Column("Share to", "The highest true share that so few months allow.", "rate"),
        ratio_to_baseline=Column(
            "Of the baseline's error", "The mean error ÷ that of the same month a year before.", "number"
        ),
    ),
    "mape": Column(
        "Mean error",
        "Mean of the errors without their sign, each as a share of what was seen.",
        "rate",
        kind=(Score(("observed",), per=10), None),
        at={"forecast_scores": _OF_RELEASED},
    ),
    # Files read and how they agree
    "file": Column("File", "The name of the file.", kind=_NAMES),
    "subject": Column("Subject", "What the file is about.", kind=_NAMES),
    "layout": Column("Layout", "The official layout that the file has.", kind=_NAMES),
    **_only(
        _FILES,
        Plain("files"),
        n_members=Column("Members", "Files in the archive.", "count"),
        areas=Column("Areas", "Areas in the file.", "count"),
        rows_repeated=Column("Repeated rows", "Rows that repeat an earlier row to the letter.", "count"),
        n_suppressed=Column(
            "Hidden at the source", "Rows whose count whoever published the file had hidden.", "count"
        ),
        n_missing=Column("Missing", "Rows without a count.", "count"),
        rows_warned=Column("Unusual rows", "Rows with something unusual.", "count"),
        rows_rejected=Column("Rejected rows", "Rows that were rejected.", "count"),
    ),
    "rows": Column(
        "Rows",
        "Rows read.",
        "count",
        at={_FILES: Plain("files"), "population_quality population_checks": Count(what="rows")},
    ),
    "n_repeated": Column(
        "Repeated appointments",
        "Appointments in rows that repeat an earlier row to the letter.",
        "count",
        kind=Count(what="appointments", where=(("repeated", "True"),)),
    ),
    "n_left": Column(
        "First total", "The first total.", "count", kind=Count(what="appointments, first total")
    ),
    "n_right": Column(
        "Second total", "The second total.", "count", kind=Count(what="appointments, second total")
    ),
    "used": Column("Used", "Whether the report uses the file, or why not.", at={_FILES: _ANY_TEXT}),
    "sha256": Column(
        "SHA-256", "The first characters of the file's hash: the same file has the same.", kind=_CODES
    ),
    "kind": Column("Kind", "Whether the note is of something absent, replaced or unusual.", kind=_WORDS),
    "note": Column("Note", "What was found.", at={"notes": _ANY_TEXT}),
    "column": Column("Column", "The column of the table or file.", kind=_NAMES),
    "raw_value": Column("As written", "The label as the file has it.", at={_FILES: _ANY_TEXT}),
    "normalised_value": Column(
        "As read", "The label that stands for it in this report.", at={_FILES: _ANY_TEXT}
    ),
    "comparison": Column("Comparison", "Which two totals are compared.", kind=_NAMES),
    "left": Column("First", "What the first total is of.", kind=_NAMES),
    "right": Column("Second", "What the second total is of.", kind=_NAMES),
    "difference": Column(
        "Difference",
        "The first less the second.",
        "number",
        kind=(
            Derived(np.subtract, ("rate_with", "rate_without")),
            Derived(lambda left, right: left - right, ("n_left", "n_right")),
        ),
    ),
    "agrees": Column("Agrees", "Whether both agree.", kind=_FLAGS),
    **_only(
        "reconciliation place_moran place_spread",
        Plain("areas"),
        n_areas=Column("Areas", "Areas compared.", "count"),
        n_areas_differ=Column("Areas that differ", "Areas in which the two totals differ.", "count"),
    ),
    "area_level": Column("Level of areas", "The areas by which the totals are compared.", kind=_WORDS),
    # The release log
    "store": Column("Store", "The notebook's store that the table is from."),
    "profile": Column("Profile", "The rules that the table was released under."),
    "shap_profiles.profile": Column("Who", "The kind of people, in words.", kind=_NAMES),
    "n_cells": Column("Numbers", "Numbers in the table.", "count"),
    "reason": Column("Reason", "Why cells were hidden."),
    "n_hidden": Column("Hidden", "Cells hidden for that reason.", "count"),
    # Missed appointments (DNA: did not attend)
    **{
        name: replace(column, kind=Count(what="appointments", where=(("status", status),)))
        for name, status, column in (
            ("n_attended", "Attended", Column("Attended", "Attended appointments.", "count")),
            (
                "n_dna",
                "DNA",
                Column("Missed", "Appointments that the patient did not attend (DNA).", "count"),
            ),
            ("n_unknown", "Unknown", Column("Unknown", "Appointments for which it is unknown.", "count")),
        )
    },
    "unknown.n_unknown": Column(
        "Unknown",
        "Appointments for which it is unknown.",
        "count",
        kind=Count(what="appointments of which something is unknown"),
    ),
    "n_known": Column(
        "Of known status",
        "Appointments that are known to be attended or missed.",
        "count",
        kind=Count(what="appointments", where=(("status_known", "True"),)),
    ),
    "dna_rate": Column(
        "DNA rate",
        "Missed appointments ÷ appointments of known status.",
        "rate",
        kind=Ratio("n_dna", "n_known"),
        at={"adjusted_lead_time adjusted_mode_hcp": _KNOWN},
    ),
    **_ends("dna_", "the DNA rate", "rate", _wilson(0, "n_dna", "n_known"), _wilson(1, "n_dna", "n_known")),
    "unknown_share": Column(
        "Unknown",
        "The part of all appointments whose status is unknown.",
        "rate",
        kind=Derived(_of_all, ("n_unknown", "n_attended", "n_dna")),
    ),
    "bound_low": Column(
        "At least",
        "The DNA rate if all appointments of unknown status had been attended.",
        "rate",
        kind=Derived(_of_all, ("n_dna", "n_attended", "n_unknown")),
    ),
    "bound_high": Column(
        "At most",
        "The DNA rate if all appointments of unknown status had been missed.",
        "rate",
        kind=Derived(_bound_high, _MONTHLY),
    ),
    "unknown_exceeds_dna": Column(
        "More unknown than missed",
        "Whether more appointments are of unknown status than missed.",
        kind=Derived(lambda unknown, dna: unknown > dna, ("n_unknown", "n_dna")),
    ),
    **_each(
        _KNOWN,
        dna_rate_standardised=Column(
            "Same mix", "The DNA rate at the same mix of appointments as all.", "rate"
        ),
        weight_missing=Column(
            "Mix not there", "The part of the common mix of which the group has no appointments.", "rate"
        ),
    ),
    **_ends("std_", "the standardised rate", "rate", _KNOWN),
    "rank_crude": Column(
        "Rank",
        "The place in the order of DNA rates; 1 is highest.",
        kind=Rank("dna_rate"),
        at={"position": _OF_RELEASED},
    ),
    "rank_standardised": Column(
        "Rank, same mix",
        "The place in the order of standardised rates.",
        kind=Rank("dna_rate_standardised"),
    ),
    "rank_change": Column(
        "Change of rank",
        "How many places standardising moves it.",
        kind=Derived(np.subtract, ("rank_standardised", "rank_crude")),
    ),
    **_only(
        "icb_rates sub_icb_rates position",
        Quantile("n_known"),
        rank_low=Column("Rank from", "Lower end of the 95% interval of the rank."),
        rank_high=Column("Rank to", "Upper end of the 95% interval of the rank."),
    ),
    **_only(
        _CHANGES,
        Estimate(),
        rate_from=Column("Rate from", "The DNA rate in the month compared with.", "rate"),
        rate_to=Column("Rate to", "The DNA rate in the month compared.", "rate"),
        mix=Column("Of this, mix", "The change that a different mix of appointments explains.", "points"),
    ),
    **{
        f"{table}.rate": Column(
            "Of this, rates", "The change that is left at the same mix.", "points", kind=Estimate()
        )
        for table in _CHANGES.split()
    },
    **{
        f"{table}.rate": Column(
            "Adjusted",
            "The DNA rate if all appointments were of this group, and alike in all else.",
            "rate",
            kind=_KNOWN,
        )
        for table in ("adjusted_lead_time", "adjusted_mode_hcp")
    },
    "interval": Column(
        "Interval", "How the interval was computed: cluster (by area) or quasi (by dispersion).", kind=_WORDS
    ),
    # Funnels, computed from the released rates
    "rate": Column(
        "DNA rate",
        "Missed appointments ÷ appointments of known status.",
        "rate",
        2,
        at={_FUNNELS: Ratio("n_dna", "n_known")},
    ),
    **_only(
        _FUNNELS,
        _OF_RELEASED,
        target=Column("All", "The rate of all areas together.", "rate", 2),
        z=Column("Z", "The distance from all areas, in standard errors.", "number"),
        phi=Column(
            "Dispersion", "How many times as much rates vary as by chance alone, at least 1.", "number"
        ),
        z_adjusted=Column("Z, adjusted", "The distance, in standard errors that allow for that.", "number"),
        z_additive=Column(
            "Z, additive", "The distance, in standard errors of chance and true rates together.", "number"
        ),
        **{
            f"tau_{side}{name}": Column(
                f"{level} {side}, additive",
                f"{end} {level} limit, with the spread of true rates added.",
                "rate",
                2,
            )
            for name, level in (("95", "95%"), ("998", "99.8%"))
            for side, end in (("low", "Lower"), ("high", "Upper"))
        },
        low95=Column("95% low", "Lower 95% limit of the funnel.", "rate", 2),
        high95=Column("95% high", "Upper 95% limit of the funnel.", "rate", 2),
        low998=Column("99.8% low", "Lower 99.8% limit of the funnel.", "rate", 2),
        high998=Column("99.8% high", "Upper 99.8% limit of the funnel.", "rate", 2),
    ),
    "se": Column(
        "Standard error",
        "The standard error of the rate.",
        "number",
        kind=Limit(None, lambda rate, events: rate / np.sqrt(events), ("rate_per_1000", "events")),
        at={_FUNNELS: _OF_RELEASED},
    ),
    **_only(
        f"{_FUNNELS} place_spread",
        _OF_RELEASED,
        tau=Column(
            "Spread of areas",
            "The standard deviation of areas' true rates (or ratios), beyond chance.",
            "number",
        ),
    ),
    **{
        name: Column(heading, meaning, kind=Dimension(("none", "95", "99.8")))
        for name, heading, meaning in (
            ("outlier", "Limits", "Which limits of both kinds the area lies outside of, if any."),
            ("outlier_phi", "Limits, by a factor", "Which multiplicative limits it lies outside of, if any."),
            ("outlier_tau", "Limits, additive", "Which additive limits it lies outside of, if any."),
        )
    },
    # What missed appointments cost
    "unit_cost_gbp": Column(
        "Cost of one", "The stated cost of one appointment.", "gbp", 0, at={"cost": _PARAMETER}
    ),
    "n_months": Column(
        "Months", "Months counted.", "count", at={f"cost forecast_scores {_COVERED}": Plain("months")}
    ),
    **_only(
        _COVERED,
        Plain("months"),
        n_months_missing=Column("Months absent", "Months that other areas have and this one lacks.", "count"),
    ),
    "cost_gbp": Column(
        "Cost",
        "Cost of these appointments or contacts.",
        "gbp",
        kind=(Amount("events"), Derived(lambda n, unit: n * unit, ("n_dna", "unit_cost_gbp"))),
    ),
    "n_dna_per_year": Column(
        "Missed a year",
        "Missed appointments in twelve months.",
        "count",
        kind=Derived(_per_year, ("n_dna", "n_months")),
    ),
    "cost_gbp_per_year": Column(
        "Cost a year",
        "Cost of missed appointments in twelve months.",
        "gbp",
        kind=Derived(
            lambda n, unit, months: _per_year(n * unit, months), ("n_dna", "unit_cost_gbp", "n_months")
        ),
    ),
    # Ends of intervals, and truth that was planted in simulated data
    **_ends("", "the value beside it", "number", _end(0), _end(1)),
    **_ends("truth_recovered.", "the estimate", "number", Estimate()),
    **_ends("adjusted_lead_time.", "the adjusted rate", "rate", _KNOWN),
    **_ends("adjusted_mode_hcp.", "the adjusted rate", "rate", _KNOWN),
    **{
        name: column
        for table in ("cohort_example", "demand_by_setting", "demand_by_group")
        for name, column in _ends(f"{table}.", "the rate", "count", _end(0), _end(1)).items()
    },
    **_ends("cost_top.", "the share of cost; narrow if a few cost very much", "rate", _TOP),
    **_ends("next_year.", "the contacts expected", "count", _DUE),
    **_ends(
        "place.",
        "the ratio, wider by how people's contacts vary",
        "number",
        _end(0),
        _end(1),
    ),
    **_ends(
        "calibration.",
        "the part with the outcome",
        "rate",
        _wilson(0, "n_events", "n"),
        _wilson(1, "n_events", "n"),
    ),
    **_ends(
        "decision_curve.",
        "the net benefit",
        "rate",
        *(Limit("net_benefit", partial(_benefit_apart, sign), _LISTED) for sign in (-1, 1)),
    ),
    **_ends("cohort_rules.", "the lift", "number", _lift_end(0), _lift_end(1)),
    **_ends("performance.", "AUROC", "number", _AUROC),
    **_ends("performance_by_month.", "AUROC", "number", _AUROC),
    **_ends("shap_importance.", "the mean absolute SHAP value", "number", _MOVED),
    **_ends("shap_dependence.", "the mean SHAP value", "number", _MOVED),
    **_ends("shap_interactions.", "the mean interaction", "number", _MOVED),
    **_ends("shap_profiles.", "the mean part", "number", _MOVED),
    "term": Column("Term", "The term of the model.", kind=_WORDS),
    "planted": Column(
        "Planted", "What was planted in the simulated data.", "number", at={_PLANTED: _PARAMETER}
    ),
    "estimate": Column(
        "Estimate",
        "What the model finds.",
        "number",
        at={"truth_recovered pathways_truth synthetic_truth": Estimate()},
    ),
    "covered": Column("In interval", "Whether the true value lies in the interval.", kind=_FLAGS),
    "next_year_scores.covered": Column(
        "In interval",
        "The part of groups that lay in the interval.",
        "rate",
        kind=Derived(np.divide, ("n_covered", "n_cohorts")),
    ),
    # Designs of a trial
    "design": Column("Design", "The design of the trial.", kind=_WORDS),
    **_only(
        "trial_designs",
        _PARAMETER,
        months=Column("Months", "How many months it lasts.", "count"),
        sd_formula=Column("Error by formula", "Standard error of its result, by formula.", "points", 3),
        sd_placebo=Column(
            "Error by placebo",
            "Standard error of its result, by trials of nothing on past months.",
            "points",
            3,
        ),
        smallest_effect=Column(
            "Smallest effect",
            "The smallest change of the rate that it would find four times in five.",
            "points",
            3,
        ),
        smallest_share=Column("Of the rate", "That change as a part of the rate.", "rate"),
    ),
    # Tweets and hashtags
    "check": Column("What", "What was looked for.", kind=_NAMES),
    "tweet_parsing.n": Column("How often", "How often it was met.", "count", kind=Count(what="findings")),
    "aspect": Column("Of", "What the tweets are sorted by.", kind=_NAMES),
    "n_tweets": Column("Tweets", "The number of tweets.", "count", kind=Count(what="tweets")),
    "n_originals": Column(
        "Originals",
        "Tweets that are no retweet.",
        "count",
        kind=Count(what="tweets", where=(("kind", "original"),)),
    ),
    "n_texts": Column("Texts", "Different texts that have it.", "count", kind=Count(what="texts as written")),
    "n_messages": Column(
        "Texts",
        "Different texts, each counted once however often it was retweeted.",
        "count",
        kind=Count(what="texts"),
    ),
    "n_occurrences": Column(
        "Occurrences",
        "How often it stands in the column of hashtags.",
        "count",
        kind=Count(what="hashtags in the column"),
    ),
    "n_split": Column(
        "Split on spaces",
        "How often it is found if texts are split on spaces.",
        "count",
        kind=Count(what="hashtags split on spaces"),
    ),
    "n_together": Column(
        "Texts with both",
        "Texts that have both hashtags.",
        "count",
        kind=Count(what="texts with both hashtags"),
    ),
    "n_a": Column(
        "Texts with the first",
        "Texts that have the first hashtag.",
        "count",
        kind=Count(what="texts with the first hashtag"),
    ),
    "n_b": Column(
        "Texts with the second",
        "Texts that have the second hashtag.",
        "count",
        kind=Count(what="texts with the second hashtag"),
    ),
    "hashtag": Column("Hashtag", "The hashtag in lower case, without its sign.", kind=_NAMES),
    "is_search": Column("Searched for", "Whether tweets were collected by this hashtag.", kind=_FLAGS),
    **{
        f"rank_{way}": Column(
            heading,
            f"The place in the order, counted {words}.",
            at={"counting_compared": Plain("hashtags of many tweets")},
        )
        for way, heading, words in (
            ("split", "Rank, split", "by splitting texts on spaces"),
            ("occurrences", "Rank, occurrences", "in the column of hashtags"),
            ("tweets", "Rank, tweets", "by tweets"),
            ("originals", "Rank, originals", "by tweets that are no retweet"),
        )
    },
    "retweets_per_tweet": Column("Retweets a text", "Mean number of retweets.", "number", kind=_TEXTS),
    "retweets_median": Column(
        "Median of retweets",
        "Half of the texts have more retweets, half fewer.",
        "number",
        kind=Quantile("n_messages"),
    ),
    "retweets_typical": Column(
        "Typical retweets",
        "A typical number, in which no single text decides: means of logarithms, shrunk.",
        "number",
        kind=_TEXTS,
        at={"truth_recovered_tweets": Estimate()},
    ),
    **_ends("typical_", "the typical number", "number", _TEXTS),
    **_each(
        Proportion("n_found"),
        retweets_per_original=Column(
            "Retweets an original", "Mean number of retweets of the texts that were found.", "number"
        ),
        favourites_per_original=Column(
            "Favourites an original", "Mean number of favourites of the texts that were found.", "number"
        ),
    ),
    "hashtag_travel.n_found": Column(
        "Texts found",
        "Texts that are in the file themselves, and not only as a retweet.",
        "count",
        kind=Count(what="texts", where=(("found", "True"),)),
    ),
    "rank_mean": Column(
        "Rank by mean", "The place in the order of mean retweets.", kind=Rank("retweets_per_tweet")
    ),
    "found": Column(
        "Found", "Whether the text itself is in the file, and not only as a retweet.", kind=_FLAGS
    ),
    "tag_a": Column("Hashtag", "One hashtag of the pair.", kind=_NAMES),
    "tag_b": Column("With", "The other hashtag of the pair.", kind=_NAMES),
    "hashtag_pairs.expected": Column(
        "By chance", "Texts that would have both by chance.", kind=Estimate(("n_a", "n_b"))
    ),
    # made again from the released count: of an exact lift and expectation it could be worked out
    "hashtag_pairs.lift": Column(
        "Times as often",
        "How many times as often as by chance.",
        kind=Derived(np.divide, ("n_together", "expected")),
    ),
    "pmi": Column(
        "PMI",
        "Pointwise mutual information: the logarithm to base 2 of the times as often.",
        kind=Derived(np.log2, ("lift",)),
    ),
    "theme": Column("Theme", "The number of the theme.", at={"hashtag_themes": Dimension("settings")}),
    "name": Column("Name", "The theme by its hashtags.", at={"hashtag_themes": _NAMES}),
    "n_theme": Column(
        "Texts",
        "Texts with a hashtag of the theme.",
        "count",
        kind=Count(what="texts with a hashtag of the theme"),
    ),
    "n_alike": Column(
        "With the same set of three or more",
        "The most texts that have one and the same set of three or more of its hashtags.",
        "count",
        kind=Count(what="texts with the same hashtags of the theme"),
    ),
    "n_services": Column(
        "On health services",
        "Texts on health services.",
        "count",
        kind=Count(what="texts", where=(("services", "True"),)),
    ),
    "n_adverts": Column(
        "Job adverts",
        "Texts that advertise a post.",
        "count",
        kind=Count(what="texts", where=(("advert", "True"),)),
    ),
    "services_share": Column(
        "On health services",
        "The part of texts that is on health services.",
        "rate",
        kind=Ratio("n_services", "n_messages"),
    ),
    **_ends(
        "services_",
        "that part",
        "rate",
        _wilson(0, "n_services", "n_messages"),
        _wilson(1, "n_services", "n_messages"),
    ),
    "adverts_share": Column(
        "Job adverts",
        "The part of texts that advertises a post.",
        "rate",
        kind=Ratio("n_adverts", "n_messages"),
    ),
    "on_topic": Column(
        "On topic", "Whether surely more of its texts than of all are on health services.", kind=_FLAGS
    ),
    "no_advert": Column("No adverts", "Whether less than half of its texts are job adverts.", kind=_FLAGS),
    "travels": Column(
        "Travels further than usual",
        "Whether it surely has more typical retweets than all hashtags.",
        kind=_FLAGS,
    ),
    "candidate": Column(
        "Candidate", "Whether a campaign might use it: on topic, no adverts, and it travels.", kind=_FLAGS
    ),
    "planted_theme": Column("Planted theme", "The theme that was planted.", kind=_WORDS),
    **_only(
        "truth_recovered_tweets",
        _PARAMETER,
        planted_travel=Column(
            "Planted travel", "The retweets that were planted, as a ratio to other texts.", "number"
        ),
        n_tags=Column("Hashtags", "Hashtags of the planted theme.", "count"),
    ),
    "rank_planted": Column(
        "Rank planted", "The place in the order that was planted.", kind=Rank("planted_travel")
    ),
    "rank_found": Column(
        "Rank found", "The place in the order that was found.", kind=Rank("retweets_typical")
    ),
    "truth_recovered_tweets.n_found": Column(
        "Found together",
        "The most of these hashtags that one found theme has, and no other theme's.",
        "count",
        kind=Plain("hashtags"),
    ),
    # Linked population: people, contacts and rates. Rates rest on people and contacts and go with either.
    # They are of the rounded counts, and as wide: a rate, its interval or its person-years would else give
    # them back
    "setting": Column("Setting", "The kind of care, such as general practice or A&E.", kind=_WORDS),
    "age_band": Column("Age", "Age in years, in bands.", kind=Dimension("bands")),
    "sex": Column("Sex", "The sex of the people.", kind=_WORDS),
    "ethnic_group": Column("Ethnic group", "The ethnic group of the people.", kind=_WORDS),
    "imd_decile": Column(
        "Deprivation decile",
        "Decile of deprivation of the area; 1 is most deprived.",
        kind=Dimension(range(1, 11)),
    ),
    "imd_quintile": Column(
        "Deprivation quintile",
        "Fifth of deprivation of the area; 1 is most deprived.",
        kind=Dimension(range(1, 6)),
    ),
    "n_people": Column(
        "People",
        "The number of people.",
        "count",
        kind=_ALL,
        at={
            "model_search": Count(what="people", where=(("fold", "train"),)),
            "transitions": Count(what="people with the transition"),
            "beyond_chance": Count(what="people with the first step"),
            "order_within_people": Count(what="people with both steps"),
            "routes": Count(what="people with an emergency stay"),
            "after_discharge": Count(what="people discharged and compared"),
            "after_discharge_by_need": Count(what="people discharged, compared by need"),
            "prefixes": Count(what="people discharged"),
            "generated": Count(what="people held out"),
            "what_if": Count(what="people followed"),
            "graph_records": Count(what="people with such an event"),
            "graph_planted": Count(what="adults who bear a pattern"),
            "graph_search graph_networks": replace(_ADULTS, where=(("fold", "train"),)),
            "review_reasons": Count(what="adults listed for a reason"),
            "graph_edges": Count(what="adults with an edge", where=(("fold", "train"),)),
            "graph_codes": Count(what="adults with an event", where=(("fold", "train"),)),
        },
    ),
    "n_events": Column(
        "With the outcome",
        "People with the outcome.",
        "count",
        kind=_WITH_OUTCOME,
        at={
            _EVALUATED: replace(_WITH_OUTCOME, where=_TESTED),
            "cost_need": replace(_WITH_OUTCOME, where=(*_TESTED, ("outcome", "next_emergency"))),
            "need_at_equal_risk": replace(_WITH_OUTCOME, where=(*_EQUAL, ("outcome", "next_emergency"))),
            "performance_by_month": Count(what="people with the outcome in the month", where=_TESTED),
            "graph_folds": Count(what="adults with the outcome"),
            "graph_landmarks graph_landmarks_compared graph_gain": Count(
                what="adults admitted within ninety days"
            ),
            _GRAPH_TESTED: Count(what="adults with the outcome", where=_GRAPHED),
        },
    ),
    "n_users": Column(
        "People with any",
        "People with at least one contact.",
        "count",
        kind=Count(what="people with a contact"),
        at={"generated": Count(what="people held out with a step")},
    ),
    "events": Column("Contacts", "Contacts of these people in the year.", "count", kind=_CAME[0]),
    "users_share": Column(
        "People with any",
        "The part of people with at least one contact.",
        "rate",
        kind=Ratio("n_users", "n_people"),
    ),
    "person_years": Column(
        "Person-years",
        "Years for which these people could be seen.",
        "count",
        kind=Amount("n_people", stepped=True),
    ),
    "crude_per_1000": Column(
        "Per 1,000, as counted",
        "Contacts for each 1,000 person-years, as counted.",
        "count",
        kind=Derived(_crude, ("events", "person_years")),
    ),
    "rate_per_1000": Column(
        "Per 1,000 people a year",
        "Contacts for each 1,000 people a year, standardised where the table says so.",
        "count",
        kind=Rate("events", "n_people"),
    ),
    "weight_absent": Column(
        "Ages not there",
        "The part of the standard population of which there is nobody here.",
        "rate",
        kind=Estimate(("n_people",)),
    ),
    **{
        name: column
        for side, marked, whose in (
            ("with", "True", "with the mark (such as Core20)"),
            ("without", "False", "without it"),
        )
        for where in ((("core20", marked),),)
        for name, column in {
            f"people_{side}": Column(
                f"People {side}", f"People {whose}.", "count", kind=Count(what="people", where=where)
            ),
            f"events_{side}": Column(
                f"Contacts {side}",
                f"Contacts of people {whose}.",
                "count",
                kind=Count(of=f"people_{side}", what="contacts", where=where),
            ),
        }.items()
    },
    "rate_with": Column(
        "Core20, per 1,000",
        "Contacts for each 1,000 people a year in the Core20, standardised.",
        "count",
        kind=Rate("events_with", "people_with"),
    ),
    "rate_without": Column(
        "Rest", "The same for everybody else.", "count", kind=Rate("events_without", "people_without")
    ),
    "rate_ratio": Column(
        "Rate ratio",
        "How many times as many contacts.",
        "number",
        kind=(_CONTACTS, Derived(np.divide, ("rate_with", "rate_without"))),
    ),
    **_ends(
        "ratio_",
        "the ratio",
        "number",
        Limit("rate_ratio", lambda a, b: -1.96 * _apart(a, b), _COMPARED, times=True),
        Limit("rate_ratio", lambda a, b: 1.96 * _apart(a, b), _COMPARED, times=True),
    ),
    **_ends(
        "difference_",
        "the difference",
        "count",
        Limit("difference", lambda *of: -1.96 * _apart_by(*of), _RATES),
        Limit("difference", lambda *of: 1.96 * _apart_by(*of), _RATES),
    ),
    # Linked population: cost and inequality
    "n_contacts": Column("Contacts", "Contacts in the year.", "count", kind=_CAME),
    "n_without_cost": Column(
        "Without a cost",
        "Contacts without a recorded cost.",
        "count",
        kind=Count(what="contacts", where=(("costed", "False"),)),
    ),
    "n_top": Column(
        "People in it",
        "People in that part.",
        "count",
        kind=Count(what="people", where=(("in_top", "True"),)),
        at={"cost_top": Derived(_in_top, ("top", "n_people"))},
    ),
    "top": Column(
        "Top", "The part of people with the highest cost.", "rate", at={"cost_top": Dimension("settings")}
    ),
    "cost_top.share": Column("Share of cost", "The part of all cost that they have.", "rate", kind=_TOP),
    "share_people": Column(
        "Share of people",
        "The part of people, highest cost first.",
        "rate",
        at={"cost_curve": Dimension("settings")},
    ),
    "share_amount": Column(
        "Share of cost", "The part of all cost that they have.", "rate", kind=Quantile("n_people", digits=2)
    ),
    **_each(
        _SLOPE,
        rate_most=Column("Most deprived", "The fitted rate at the most deprived end.", "count"),
        rate_least=Column("Least deprived", "The fitted rate at the least deprived end.", "count"),
    ),
    **_each(
        _GAP,
        sii=Column("Slope index", "The rate at the most deprived end less that at the least.", "count"),
        need_sii=Column("Slope index, same need", "The slope index at equal need.", "count"),
    ),
    **_each(
        _INDEX,
        rii=Column("Relative index", "The rate at the most deprived end ÷ that at the least.", "number"),
        need_rii=Column("Relative index, same need", "The relative index at equal need.", "number"),
    ),
    **_ends("sii_", "the slope index", "count", _GAP),
    **_ends("rii_", "the relative index", "number", _INDEX),
    **_ends("need_sii_", "the slope index at equal need", "count", _GAP),
    **_ends("need_rii_", "the relative index at equal need", "number", _INDEX),
    # Linked population: what drives demand
    **{
        f"{table}.n_events": Column("Contacts", "Contacts of these people in the year.", "count", kind=_CAME)
        for table in ("drivers", "drivers_fit")
    },
    "block": Column("Block", "The block of terms that the model adds.", kind=_WORDS),
    "n_train": Column(
        "People to learn from",
        "People that the model learnt from.",
        "count",
        kind=Count(what="people", where=(("tested", "False"),)),
        at={"cohort_rules": Count(what="people", where=(("fold", "train"),))},
    ),
    "n_test": Column(
        "People to test on",
        "People that the model was tested on.",
        "count",
        kind=Count(what="people", where=(("tested", "True"),)),
    ),
    "events_test": Column(
        "Their contacts",
        "Contacts of the people that the model was tested on.",
        "count",
        kind=Count(of="n_test", what="contacts", where=(("tested", "True"),)),
    ),
    "zeros_observed": Column(
        "People without any",
        "People without a contact.",
        "count",
        kind=Count(what="people without a contact"),
    ),
    **_each(
        _TEST,
        alone=Column(
            "Alone", "The part of the deviance of people held out that the block explains alone.", "rate"
        ),
        so_far=Column("So far", "The part of deviance that this block and those before it explain.", "rate"),
        added=Column("Added", "The part of deviance that the block adds to those before it.", "rate"),
    ),
    **_each(
        _FIT,
        pearson_per_df=Column(
            "Variance ÷ modelled", "Pearson's statistic ÷ its degrees of freedom.", "number"
        ),
        alpha=Column("Dispersion", "The dispersion of the negative binomial distribution.", "number"),
    ),
    "variance_ratio": Column(
        "Variance ÷ mean",
        "How many times as much contacts vary, from person to person, as independent ones.",
        "number",
        kind=(_FIT, Estimate(("observed",))),
        at={"place": Estimate()},
    ),
    "zeros_expected": Column(
        "Expected without any",
        "People without a contact, by the model.",
        "count",
        kind=Amount("n_people", stepped=True),
    ),
    "zero_share_expected": Column(
        "Expected",
        "The part of people without a contact, by the model.",
        "rate",
        kind=Derived(np.divide, ("zeros_expected", "n_people")),
    ),
    "zero_ratio": Column(
        "Ratio",
        "People without a contact ÷ those expected.",
        "number",
        kind=Derived(np.divide, ("zeros_observed", "zeros_expected")),
    ),
    "zero_share": Column(
        "Without any",
        "The part of people without a contact.",
        "rate",
        kind=Ratio("zeros_observed", "n_people"),
    ),
    **_ends("alpha_", "the dispersion, if people of an area were independent", "number", _FIT),
    # Linked population: places and the year after
    "observed": Column("Seen", "Contacts that were seen.", "count", kind=_CAME),
    "n_rows": Column("Rows", "Rows that were summed: people, where a row is one.", "count", kind=_ALL),
    "expected": Column(
        "Expected",
        "Contacts that are expected of these people.",
        "count",
        kind=(_DUE, None),
    ),
    "oe": Column(
        "Seen ÷ expected",
        "What was seen ÷ what was expected.",
        "number",
        kind=(Derived(np.divide, ("observed", "expected")), _RISK, None),
    ),
    **_only(
        "place_spread",
        _OF_RELEASED,
        tau_low=Column("Spread from", "Lower end of the 95% interval of the spread.", "number"),
        tau_high=Column("Spread to", "Upper end of the 95% interval of the spread.", "number"),
        far=Column("Far", "The distance from what people explain beyond which areas are counted.", "rate"),
        share_far=Column("Share beyond", "The part of areas expected that far from it, up or down.", "rate"),
        far_low=Column("Share from", "Lower end of the 95% interval of that part.", "rate"),
        far_high=Column("Share to", "Upper end of the 95% interval of that part.", "rate"),
    ),
    **_only(
        "place_moran",
        _OF_RELEASED,
        moran_i=Column(
            "Moran's I", "How alike neighbouring areas are: above what chance gives if they are.", "number", 3
        ),
        expected_i=Column("By chance", "Moran's I that chance gives.", "number", 3),
        p_value=Column("p", "How often chance alone gives as much.", "number", 3),
    ),
    **_only(
        "next_year_scores",
        Plain("groups of people"),
        n_cohorts=Column("Groups", "Groups of people that were predicted.", "count"),
        n_covered=Column("In interval", "Groups whose contacts lay in the interval.", "count"),
    ),
    "weighted_error": Column(
        "Weighted error",
        "The sum of errors ÷ the sum of what was seen.",
        "rate",
        kind=Score(("observed",)),
    ),
    # Linked population: checks of what was read
    "table": Column("Table", "The table.", kind=_WORDS),
    "rows_found": Column("Rows found", "Rows that the rule found.", "count", kind=Count(what="rows found")),
    "tolerance": Column(
        "Allowed", "The part of rows that may be so.", "rate", at={"population_quality": _PARAMETER}
    ),
    **_each(
        _WORDS,
        tstr_auc=Column("A model of its rows", "Whether its rows are worse than the best to learn from."),
        demand_error=Column("Demand", "Whether its rows are worse than the best for the demand calculation."),
        safety=Column("Safe enough", "Whether an attacker tells who taught it no better than is accepted."),
        advice=Column("For what", "What its rows may be used for."),
    ),
    "synthetic_which.two_sample_auc": Column(
        "Likeness", "Whether its rows are worse than the best in likeness.", kind=_WORDS
    ),
    "verdict": Column("Verdict", "What follows from it.", kind=_NAMES),
    **_only(
        "population_checks",
        Plain("rules"),
        n_checks=Column("Rules", "Rules that were tried.", "count"),
        n_broken=Column("Broken", "Rules that some row breaks.", "count"),
    ),
    # Pathways: steps, levels, what follows what
    "use_level": Column(
        "Steps in the year before",
        "The level of interaction: steps of care in the twelve months before the first day followed.",
        kind=Dimension(_USE_LEVELS),
    ),
    "breadth": Column(
        "Kinds of service",
        "Kinds of service that the person had contact with in those months.",
        kind=Dimension(("0", "1", "2", "3", "4+")),
    ),
    "urgency": Column("Planned or urgent", "Whether these contacts were planned or urgent.", kind=_WORDS),
    "level_after": Column(
        "A year later",
        "The level twelve months later, or whether the person had died or moved away.",
        kind=Dimension((*_USE_LEVELS, "died", "moved away")),
    ),
    "n_steps": Column(
        "Steps",
        "Days with contact with a service, by service; missed appointments are none.",
        "count",
        kind=Count(of="n_people", what="steps"),
        at={"beyond_chance": Count(of="n_people", what="steps of the first kind")},
    ),
    "share_of_steps": Column(
        "Share of steps",
        "The part of all steps that these people have.",
        "rate",
        kind=Share("n_steps", ("group",)),
    ),
    "from_setting": Column("From", "The kind of care of the step.", kind=_WORDS),
    "to_setting": Column(
        "To", "The kind of care of the person's next step, or what ended the record.", kind=_WORDS
    ),
    "n_transitions": Column(
        "Times",
        "How often this step followed that one.",
        "count",
        kind=Count(of="n_people", what="transitions"),
    ),
    "median_gap": Column(
        "Median gap", "Days between the two; half are shorter.", "count", kind=Quantile("n_people")
    ),
    "first": Column("First", "The kind of care that is looked at first.", kind=_WORDS),
    "then": Column("Then", "The kind of care that is looked for near it.", kind=_WORDS),
    "last_day": Column(
        "Up to day",
        "The last day after the first step on which the second is looked for.",
        "count",
        at={"beyond_chance": _PARAMETER},
    ),
    "linked_share": Column(
        "Beyond chance",
        "Steps of the first kind that one of the second follows, beyond those at a distance; a part of all.",
        "rate",
        kind=_LINKED,
    ),
    **_ends("linked_", "that part", "rate", _LINKED),
    "use": Column("Use", "Steps of care in the twelve months before, in two groups.", kind=_NAMES),
    "order_ratio": Column(
        "Order",
        "How many times as often the one came shortly before the other as after it, in the same people.",
        "number",
        kind=Estimate(("n_people",)),
    ),
    **_ends("order_", "that ratio", "number", Estimate(("n_people",))),
    "route": Column(
        "Route", "What is on record on the day of an emergency admission or the day before.", kind=_NAMES
    ),
    "n_stays": Column(
        "Stays", "Emergency stays in hospital.", "count", kind=Count(of="n_people", what="emergency stays")
    ),
    "seen_by": Column("Seen by", "Whose first contact after discharge is counted.", kind=_WORDS),
    "day": Column("Day", "Days since discharge.", "count", kind=Dimension(range(0, 366))),
    "n_seen_by_then": Column(
        "Seen",
        "People seen by that day.",
        "count",
        kind=Count(what="people seen by the day"),
        at={"after_discharge_by_need": Count(what="people seen by the day, compared by need")},
    ),
    "incidence": Column(
        "Seen, alike",
        "The part seen by that day if every level had the same mix of people. Who died before was not seen.",
        "rate",
        kind=_SEEN,
    ),
    **_ends("incidence_", "that part", "rate", _SEEN),
    "competing": Column(
        "Died before", "The part that died before being seen.", "rate", kind=Proportion("n_people")
    ),
    "standard_left": Column(
        "Not compared",
        "The part of those discharged in groups of which a level has nobody; no level counts them.",
        "rate",
        kind=Estimate(("n_people",)),
    ),
    "alike_in": Column("People alike in", "In what the people compared are alike.", kind=_WORDS),
    **{
        name: column
        for how, said in (("missed", "missed an appointment"), ("kept", "kept theirs"))
        for name, column in {
            f"people_{how}": Column(
                how.capitalize(), f"People who {said}.", "count", kind=Count(what=f"people who {said}")
            ),
            f"again_{how}": Column(
                f"{how.capitalize()}, admitted again",
                f"Of those who {said}, people with an emergency stay 15 to 44 days after discharge.",
                "count",
                kind=Count(what=f"people who {said}, admitted again"),
            ),
            f"share_{how}": Column(
                f"{how.capitalize()}: admitted again",
                f"The part of those who {said}.",
                "rate",
                kind=Ratio(f"again_{how}", f"people_{how}"),
            ),
        }.items()
    },
    "odds_ratio": Column(
        "Odds ratio", "Odds of being admitted again, against those who kept theirs.", "number", kind=_ODDS
    ),
    **_ends("odds_", "the odds ratio", "number", _ODDS),
    "path": Column("Path", "The first steps of care after discharge, in turn.", kind=_NAMES),
    "wait": Column("Wait", "From which contact to which.", kind=_WORDS),
    "n_pairs": Column(
        "Pairs",
        "Pairs of both kinds of contact, in either order.",
        "count",
        kind=Count(what="pairs of steps"),
    ),
    "median_days": Column(
        "Median wait",
        "Days from the one to the other that it led to; half wait less.",
        "count",
        kind=Quantile("n_pairs"),
    ),
    **_ends("days_", "the median wait", "count", Quantile("n_pairs")),
    "wait_ratio": Column(
        "Against the least deprived",
        "How many times as long as in the least deprived fifth.",
        "number",
        kind=Estimate(("n_pairs",)),
    ),
    **_ends("wait_", "that ratio", "number", Estimate(("n_pairs",))),
    "users_made_up": Column(
        "Made-up people with any",
        "The part of made-up people with at least one step of this kind.",
        "rate",
        kind=Estimate(("n_people", "n_users")),
    ),
    **_only(
        "generator_checks",
        Plain("comparisons"),
        n_compared=Column("Compared", "Levels and services that were compared.", "count"),
        n_met=Column("As wanted", "Those that were as near as wanted, or as near as chance allows.", "count"),
    ),
    "wanted": Column("Wanted", "How far off it may be.", "number", 3, at={"generator_checks": _PARAMETER}),
    **_only(
        "generator_checks",
        Estimate(digits=2),
        median_apart=Column(
            "Apart", "How far made-up people are from real ones, in the middle.", "number", 3
        ),
        between_real=Column(
            "Between real", "How far two halves of real people are from each other.", "number", 3
        ),
        of_real=Column("Of real people", "The measure, of real people.", "number", 3),
        of_made_up=Column("Of made-up people", "The measure, of made-up people.", "number", 3),
    ),
    **_each(
        Estimate(("n_people",)),
        now=Column("Now", "For 1,000 people in a year, as it is.", "number", 1),
        what_if=Column("What if", "For 1,000 people in a year, if it were so.", "number", 1),
    ),
    **{
        name: replace(column, decimals=1)
        for name, column in _ends("what_if_", "that number", "number", Estimate(("n_people",))).items()
    },
    "what_if_change": Column(
        "Change", "How many more, or fewer.", "number", 1, kind=Derived(np.subtract, ("what_if", "now"))
    ),
    **{
        f"estimate_{side}": Column(
            heading,
            f"{end} end of the 95% interval of the estimate.",
            "number",
            at={"pathways_truth synthetic_truth": Estimate()},
        )
        for side, heading, end in (("low", "From", "Lower"), ("high", "To", "Upper"))
    },
    "effect": Column("What was planted", "The effect that was planted in the simulated people.", kind=_NAMES),
    # Made-up hospital data. What is measured of made-up rows rests on the real ones that taught
    "part": Column("Part", "The part of the admissions, by what it is for.", kind=_WORDS),
    "generator": Column("Method", "How rows are made up, or which real ones stand beside.", kind=_WORDS),
    "judged": Column("Measure", "What is measured of made-up rows.", kind=_WORDS),
    "synthetic_dial.setting": Column("Setting", "The setting of the method.", kind=_NAMES),
    "n_admissions": Column("Admissions", "The number of admissions.", "count", kind=_ADMITTED),
    "n_readmitted": Column(
        "Back within 30 days",
        "Admissions with an emergency admission within 30 days of discharge, as it is recorded.",
        "count",
        kind=(Count(of="n_people", what="readmissions"), Count(what="readmissions")),
    ),
    "n_long": Column(
        "Three weeks or more",
        "Admissions of 21 nights or more.",
        "count",
        kind=Count(of="n_people", what="long admissions"),
    ),
    "score": Column("Value", "The measure, mean over the seeds.", "number", 3, kind=_OF_ADMITTED),
    **_ends("score_", "that mean, over the seeds", "number", _OF_ADMITTED),
    "apart": Column(
        "Behind",
        "How much further from perfect than the best method, mean over the seeds.",
        "number",
        3,
        kind=replace(_OF_ADMITTED, per=2),
    ),
    **_ends("apart_", "that difference, over the seeds", "number", replace(_OF_ADMITTED, per=2)),
    "synthetic_verdicts.verdict": Column(
        "Verdict", "Whether it is worse than the best method beyond chance.", kind=_WORDS
    ),
    "synthetic_checks.n_checks": Column(
        "Checks", "Checks for more than chance.", "count", kind=Plain("checks")
    ),
    "n_failed": Column(
        "Failed checks",
        "Checks for more than chance that were failed.",
        "count",
        at={"synthetic_checks synthetic_which": Plain("checks")},
    ),
    **_each(
        _OF_ADMITTED,
        growth_admissions=Column("Growth of admissions", "From the base year to the later one.", "rate"),
        alike_share=Column(
            "Alike but for the stay", "Rows that equal a real one in all but the length of stay.", "rate"
        ),
        long_share=Column("Three weeks or more", "Stays of 21 nights or more.", "rate"),
        mean_nights=Column("Mean nights", "Mean length of stay.", "number", 2),
        most_gained=Column(
            "Most that an attack gains",
            "Of four attacks, how often the best succeeds over chance: upper end of the interval.",
            "rate",
        ),
        membership_auc=Column(
            "Who taught is told", "AUROC of telling those who taught the method from others.", "number"
        ),
        two_sample_auc=Column(
            "Made-up rows are told", "AUROC of telling made-up rows from real ones of others.", "number"
        ),
    ),
    **_only(
        "nhp_model_tests",
        Plain("tests"),
        passed=Column("Passed", "Tests that passed.", "count"),
        failed=Column("Failed", "Tests that failed.", "count"),
    ),
    "synthetic_groups.recall": Column(
        "Found",
        "The share of the group's readmissions that a model of the rows lists.",
        "rate",
        kind=Score(("n_readmitted",)),
    ),
    "representation": Column(
        "Shown",
        "The share of the group among made-up rows, divided by that among real ones.",
        "number",
        kind=Score(("n_readmitted",)),
    ),
    "suite": Column("Tests", "Which of the demand model's tests.", kind=_NAMES),
    "pod": Column("Point of delivery", "The point of delivery, as the demand model names it.", kind=_NAMES),
    "nhp_model_run.measure": Column("Measure", "What is counted.", kind=_WORDS),
    **_only(
        "nhp_model_run",
        Plain("rows about nobody"),
        baseline=Column("Base year", "Activity of the base year.", "count"),
        projected=Column("Later year", "Activity of the later year, as the model has it.", "count"),
    ),
    "synthetic_speed.n_rows": Column(
        "Rows", "Rows that were learnt from, and as many made up.", "count", kind=Plain("rows about nobody")
    ),
    **_only(
        "synthetic_speed",
        Plain("seconds"),
        seconds=Column("Seconds", "Seconds of one processor.", "number", 1),
        peer_seconds=Column("Other package's seconds", "Seconds of the other package.", "number", 1),
        times=Column("Times as fast", "The other package's seconds, divided by these.", "number", 1),
    ),
    "peer": Column("Other package", "A package that does the same.", kind=_NAMES),
    "synthetic_truth.in_made_up": Column(
        "In made-up rows",
        "The effect in rows made by sequential trees, mean over the seeds.",
        "number",
        2,
        kind=Estimate(),
    ),
    # Who will need most: choosing a model
    "outcome": Column("Outcome", "What is predicted for the year after.", kind=_WORDS),
    "model": Column("Model", "The model or rule by which people are ranked.", kind=_WORDS),
    "fold": Column("Part", "The part of people, by what it is for.", kind=_WORDS),
    "n": Column(
        "People",
        "The number of people.",
        "count",
        kind=_ALL,
        at={
            f"{_EVALUATED} cost_need": replace(_ALL, where=_TESTED),
            "need_at_equal_risk": replace(_ALL, where=_EQUAL),
            "performance_by_month": Count(what="people there in the month", where=_TESTED),
            "graph_folds": _ADULTS,
            "graph_landmarks graph_landmarks_compared graph_gain": Count(what="adults there at a landmark"),
            _GRAPH_TESTED: replace(_ADULTS, where=_GRAPHED),
        },
    ),
    "n_next_high_cost": Column(
        "High cost",
        "People with high cost in the year after.",
        "count",
        kind=replace(_WITH_OUTCOME, where=(("outcome", "next_high_cost"),)),
    ),
    "n_next_emergency": Column(
        "Emergency admission",
        "People with an emergency admission in the year after.",
        "count",
        kind=replace(_WITH_OUTCOME, where=(("outcome", "next_emergency"),)),
    ),
    **_only(
        "model_search",
        Dimension("settings"),
        round=Column("Round", "The round of the search."),
        learning_rate=Column("Learning rate", "How much each tree adds.", "number"),
        max_leaf_nodes=Column("Leaves", "Leaves that a tree may have."),
        min_samples_leaf=Column("People a leaf", "People that a leaf must have."),
        l2=Column("L2", "How much large steps are held back.", "number"),
    ),
    "log_loss": Column(
        "Log loss",
        "Mean of the logarithmic loss: lower is better.",
        "number",
        4,
        kind=Score(("n_people",), per=5),
    ),
    "kept": Column("Kept", "Whether the settings went on to the next round.", kind=_FLAGS),
    "chosen": Column("Chosen", "Whether the settings were chosen.", kind=_FLAGS),
    "thresholds.share": Column(
        "Share listed", "The part of people that a list would hold.", "rate", kind=Dimension("settings")
    ),
    "threshold": Column(
        "Threshold",
        "The risk from which on people are listed.",
        "rate",
        at={"decision_curve graph_decision review_capacity": Dimension("settings"), "thresholds": Estimate()},
    ),
    # Who will need most: performance. It rests on people and events and goes with either. A lift is the share
    # of events at the top: it would give the number found back, and so is no finer than its rounded count
    "prevalence": Column(
        "With the outcome", "The part of people with the outcome.", "rate", kind=Ratio("n_events", "n")
    ),
    "auroc": Column(
        "AUROC", "How often one with the outcome ranks above one without it.", "number", kind=_AUROC
    ),
    **_each(
        _OF_BOTH,
        brier_skill=Column(
            "Brier skill", "1 less the Brier score ÷ that of giving all the mean risk.", "number"
        ),
        calibration_slope=Column(
            "Slope", "Of logistic recalibration: below 1, risks are too extreme.", "number"
        ),
    ),
    "calibration_in_large": Column(
        "In the large",
        "By how much the log odds are too low (above 0) or too high.",
        "number",
        kind=_IN_LARGE,
    ),
    "auprc": Column(
        "AUPRC",
        "The area under the curve of precision and recall, as average precision.",
        "number",
        kind=_AUPRC,
    ),
    "brier": Column(
        "Brier",
        "The mean squared error of the risks: lower is better.",
        "number",
        kind=(Derived(_brier, ("brier_skill", "n_events", "n")), _BRIER),
    ),
    **_ends("auprc_", "AUPRC", "number", _AUPRC),
    **_ends("brier_", "the Brier score", "number", _BRIER),
    **{
        name: column
        for top in (1, 5, 10)
        for lift in (Proportion("n_events", per=100 / top),)  # the top 1% hold `lift` × 1% of all events
        for name, column in {
            f"lift_{top}": Column(
                f"Top {top}%",
                f"How many times as many have the outcome in the top {top}% as in all.",
                "number",
                kind=lift,
            ),
            **_ends(f"lift_{top}_", f"the lift of the top {top}%", "number", lift),
        }.items()
    },
    "against": Column("Against", "The model or rule that it is compared with.", kind=_WORDS),
    "auroc_difference": Column(
        "Difference of AUROC",
        "Its AUROC less that of the other, on the same people.",
        "number",
        kind=_AUROC_APART,
    ),
    **_ends("auroc_difference_", "the difference of AUROC", "number", _AUROC_APART),
    "lift_5_difference": Column(
        "Difference of top 5%",
        "Its lift of the top 5% less that of the other, on the same people.",
        "number",
        kind=_LIFT_APART,
    ),
    **_ends("lift_5_difference_", "the difference of lift", "number", _LIFT_APART),
    **_ends("slope_", "the slope", "number", _OF_BOTH),
    **_ends("large_", "calibration in the large", "number", _IN_LARGE),
    "bin": Column(
        "Band",
        "The band of values.",
        at={"calibration graph_calibration": Dimension("settings"), "shap_dependence": _ANY_TEXT},
    ),
    "mean_risk": Column("Predicted", "Mean of the predicted risks.", "rate", kind=_PEOPLE),
    **{
        f"{table}.observed": Column(
            "Seen", "The part of people with the outcome.", "rate", kind=Ratio("n_events", "n")
        )
        for table in ("calibration", "graph_calibration")
    },
    "net_benefit": Column(
        "Net benefit",
        "People found less people listed in vain, at the threshold's exchange, as a part of all.",
        "rate",
        kind=Derived(_net_benefit, _LISTED),
    ),
    "gain": Column(
        "Gain",
        "Net benefit less the greater of that of listing everybody and of listing nobody.",
        "rate",
        kind=Derived(_gain, ("net_benefit", "n_events", "n", "threshold")),
    ),
    **_ends(
        "gain_",
        "the gain",
        "rate",
        *(Limit("gain", partial(_gain_apart, sign), (*_LISTED, "n_events")) for sign in (-1, 1)),
    ),
    "source": Column("Source", "Where the data of the check are from.", kind=_NAMES),
    "licence": Column("Licence", "The licence of these data.", kind=_NAMES),
    # Who will need most: lists of people, and whether they are fair
    "n_listed": Column(
        "Listed",
        "People on the list.",
        "count",
        kind=Count(what="people listed"),
        at={_REVIEWS: Count(what="adults listed for a review")},
    ),
    "n_found": Column(
        "Found",
        "People with the outcome who are on the list.",
        "count",
        kind=Count(what="people with the outcome listed"),
        at={_REVIEWS: Count(what="adults with the outcome listed for a review")},
    ),
    "selection_rate": Column(
        "Listed", "The part of people that is on the list.", "rate", kind=Ratio("n_listed", "n")
    ),
    "recall": Column(
        "Found, of those with the outcome",
        "The part of people with the outcome that is on the list.",
        "rate",
        kind=Ratio("n_found", "n_events"),
    ),
    **_ends(
        "recall_",
        "the part found",
        "rate",
        _wilson(0, "n_found", "n_events"),
        _wilson(1, "n_found", "n_events"),
    ),
    "precision": Column(
        "Right, of those listed",
        "The part of people on the list that has the outcome.",
        "rate",
        kind=Ratio("n_found", "n_listed"),
    ),
    "false_positive_rate": Column(
        "Listed in vain",
        "The part of people without the outcome that is on the list.",
        "rate",
        kind=Derived(_false, ("n_listed", "n_found", "n", "n_events")),
    ),
    "threshold_share": Column(
        "Share listed",
        "The part of people that the list holds.",
        "rate",
        at={"fairness": Dimension("settings")},
    ),
    "policy": Column("Policy", "How the threshold is chosen.", kind=_WORDS),
    "recall_gap": Column(
        "Gap in found",
        "The largest part found in any group less the smallest.",
        "rate",
        kind=Score(("n_found",), per=2),
    ),
    **_ends("gap_", "the gap", "rate", Score(("n_found",), per=2)),
    "gap_change": Column(
        "Change of the gap",
        "The gap less that of one threshold, on the same people.",
        "rate",
        kind=Score(("n_found",), per=4),
    ),
    **_ends("gap_change_", "the change of the gap", "rate", Score(("n_found",), per=4)),
    "share_of_list": Column(
        "Of the list",
        "The part of the list that lives in this fifth.",
        "rate",
        kind=Share("n_listed", _LIST),
        at={"review_deprivation": Share("n_listed", ("capacity",))},
    ),
    "share_of_people": Column(
        "Of people",
        "The part of all people that lives in this fifth.",
        "rate",
        kind=Share("n", _LIST),
        at={"review_deprivation": Share("n", ("capacity",))},
    ),
    "share_of_events": Column(
        "Of outcomes",
        "The part of people with the outcome that lives in this fifth.",
        "rate",
        kind=Share("n_events", _LIST),
        at={"review_deprivation": Share("n_events", ("capacity",))},
    ),
    "list_difference": Column(
        "List less outcomes",
        "The part of the list that lives in this fifth, less that of those with the outcome.",
        "rate",
        kind=Derived(np.subtract, _PARTS),
    ),
    **_ends(
        "list_difference_",
        "this difference",
        "rate",
        *(
            Limit("list_difference", partial(_parts_apart, sign), (*_PARTS, "n_listed", "n_events"))
            for sign in (-1, 1)
        ),
    ),
    "risk_bin": Column(
        "Band of risk",
        "Tenth of predicted risk; 10 is highest.",
        at={"cost_need": Dimension("settings")},
    ),
    "core20": Column("Core20", "Whether people live in the most deprived fifth.", kind=_FLAGS),
    "emergency_rate": Column(
        "Admitted", "The part of people with an emergency admission.", "rate", kind=Ratio("n_events", "n")
    ),
    "mean_conditions": Column(
        "Conditions", "Mean number of long-term conditions.", "number", kind=Proportion("n")
    ),
    "mean_cost_gbp": Column(
        "Cost", "Mean cost of the year that is predicted.", "gbp", kind=Estimate(("n",), per=5, digits=2)
    ),
    "measure": Column("Measure", "The measure of need.", kind=_WORDS),
    "need_at_equal_risk.core20": Column(
        "Core20", "The measure in the most deprived fifth, at equal risk.", "number", kind=_RISK
    ),
    "others": Column(
        "Others",
        "The measure in everybody else, at equal risk.",
        "number",
        kind=Estimate(("n", "n_events")),
    ),
    # Who will need most: SHAP values and rules
    "feature": Column("Feature", "The feature of the model, or the group of features.", kind=_NAMES),
    "features": Column("Columns", "The features in the group.", kind=_NAMES),
    "feature_a": Column("Feature", "One feature of the pair.", kind=_NAMES),
    "shap_interactions.planted": Column(
        "Planted", "Whether an effect of both together was planted.", kind=_FLAGS
    ),
    "feature_b": Column("With", "The other feature of the pair.", kind=_NAMES),
    "group_a": Column("Group", "The group of the first feature.", kind=_NAMES),
    "group_b": Column("Group of the other", "The group of the second feature.", kind=_NAMES),
    "place": Column(
        "Place", "The place in the order.", at={"shap_dependence shap_profiles": Dimension("settings")}
    ),
    **_each(
        _MOVED,
        mean_abs_shap=Column(
            "Mean absolute SHAP value", "How far it moves the log odds, on average.", "number"
        ),
        mean_shap=Column("Mean SHAP value", "Where it moves the log odds to, on average.", "number"),
        mean_abs_interaction=Column(
            "Mean absolute part", "How far both together move the log odds beyond each alone.", "number"
        ),
        contribution=Column("Contribution", "What the feature adds to the log odds.", "number"),
        spearman=Column("Rank correlation", "Spearman's correlation of the two features.", "number"),
        mean_shap_difference=Column(
            "Difference found", "Mean SHAP value with the driver less that without it.", "number"
        ),
    ),
    "seed": Column("Seed", "The random seed.", at={"shap_stability": Dimension("settings")}),
    "cluster": Column(
        "Cluster", "Features with one number go together.", at={"shap_together": Dimension("settings")}
    ),
    "driver": Column("Driver", "The driver whose effect was planted.", kind=_NAMES),
    "planted_rank": Column(
        "Rank planted",
        "The place in the order of what was planted.",
        at={"shap_importance": _PARAMETER, "shap_truth": Quantile("n")},
    ),
    "shap_rank": Column(
        "Rank found", "The place in the order of SHAP values.", at={"shap_truth": Quantile("n")}
    ),
    **_only(
        "shap_truth_scores",
        Plain("drivers"),
        n_drivers=Column("Drivers", "Drivers that are compared.", "count"),
        n_clear=Column(
            "Clear drivers", "Drivers whose planted effect is large enough to count its sign.", "count"
        ),
    ),
    **_only(
        "shap_truth_scores",
        Estimate(),
        effects=Column("Correlation of effects", "Correlation of planted and found effects.", "number"),
        ranks=Column("Correlation of ranks", "Rank correlation of planted and found effects.", "number"),
        signs=Column(
            "Same sign", "The part of clear drivers that moves the risk in the planted direction.", "rate"
        ),
    ),
    # The order of care: graphs of records, patterns, models
    "graph_records.kind": Column("What is recorded", "The kind of event, or of pair of events.", kind=_NAMES),
    "graph_records.n_events": Column(
        "Events",
        "Events, or pairs of events, of all people.",
        "count",
        kind=Count(of="n_people", what="events of graphs"),
    ),
    "graph_planted.meaning": Column(
        "Pattern", "Which events, in which order and how far apart.", kind=_NAMES
    ),
    "log_odds": Column(
        "Log odds",
        "What it adds to the log odds of the outcome.",
        "number",
        at={"graph_planted": _PARAMETER, "graph_edges graph_codes": Score(("n_people",))},
    ),
    "penalty": Column(
        "Penalty",
        "How much each code or edge must add to be kept.",
        "number",
        4,
        at={"graph_search graph_networks": Dimension("settings")},
    ),
    "n_selected": Column("Kept", "Codes and edges that are kept.", at={"graph_search": _PARAMETER}),
    **_only(
        "graph_networks",
        Dimension("settings"),
        draw=Column("Draw", "The number of the draw of settings; 0 is the edge model alone."),
        epochs=Column("Epochs", "How often everybody was looked at."),
    ),
    "graph_networks.learning_rate": Column(
        "Learning rate", "How far each step of learning goes.", "number", 4, kind=Dimension("settings")
    ),
    "graph_networks.n_features": Column("Edges", "Edges that the network uses.", kind=_PARAMETER),
    # Risks that are followed from landmark to landmark
    "landmark": Column("Landmark", "The day on which the risk is computed.", kind=Dimension("dates")),
    "graph_landmarks.expected": Column("Predicted", "Mean of the predicted risks.", "rate", kind=_PEOPLE),
    "graph_landmarks.observed": Column(
        "Seen",
        "The part admitted within ninety days, where death competes (Aalen–Johansen).",
        "rate",
        kind=_RISK,
    ),
    "graph_gain.gain": Column(
        "Gain in change",
        "Among people whose first risk was the same: how often the one whose risk rose more was admitted.",
        "number",
        kind=_AUROC,
    ),
    # Medication reviews
    "review_reasons.reason": Column(
        "Reason", "The letter of a rule, or what else puts somebody on the list.", kind=_WORDS
    ),
    "review_reasons.name": Column("Meaning", "Whom the rule flags.", kind=_NAMES),
    "ordered_by": Column("Order", "How the list is ordered.", kind=_WORDS),
    "capacity": Column(
        "Reviews",
        "Reviews that there is time for.",
        at={"review_capacity review_deprivation": Dimension("settings")},
    ),
    **_ends(
        "precision_",
        "the part that is right",
        "rate",
        _wilson(0, "n_found", "n_listed"),
        _wilson(1, "n_found", "n_listed"),
    ),
    "review_deprivation.n_flagged": Column(
        "Flagged", "People whom a rule flags.", "count", kind=Count(what="adults flagged by any indicator")
    ),
    "share_of_flagged": Column(
        "Of those flagged",
        "The part of people flagged by a rule that lives in this fifth.",
        "rate",
        kind=Share("n_flagged", ("capacity",)),
    ),
    "review_rules.rule": Column("Rule", "The letter of the indicator.", kind=_WORDS),
    "review_rules.name": Column(
        "Whom it flags", "Whom the indicator is about, and whom it flags.", kind=_NAMES
    ),
    "review_rules.reason": Column(
        "Note", "Why it cannot be computed, or what else was counted.", kind=_NAMES
    ),
    "n_at_risk": Column(
        "At risk",
        "Adults whom the indicator is about.",
        "count",
        kind=Count(what="adults at risk by an indicator"),
    ),
    "n_flagged": Column(
        "Flagged",
        "Those of them whom it flags.",
        "count",
        kind=Count(what="adults flagged by an indicator"),
    ),
    "flagged_share": Column(
        "Share flagged",
        "The part of those at risk whom it flags.",
        "rate",
        kind=Ratio("n_flagged", "n_at_risk"),
    ),
    "graph_codes.event": Column("Event", "What was recorded at least once.", kind=_NAMES),
    "edge": Column("First, then", "The first event, the second, and the days between them.", kind=_NAMES),
    "planted_as": Column("Planted", "The pattern that was planted so, or that it is its decoy.", kind=_NAMES),
    "rule": Column("Who", "The rule that says who is meant.", kind=_NAMES),
    "n_features": Column("Features", "Features in the rule.", "count", at={"cohort_rules": _PARAMETER}),
    "n_everybody": Column(
        "Everybody",
        "People of the group, whether the rule holds for them or not.",
        "count",
        kind=replace(_ALL, where=_TESTED),
    ),
    "events_everybody": Column(
        "Of everybody, with the outcome",
        "People of the group with the outcome, whether the rule holds for them or not.",
        "count",
        kind=replace(_WITH_OUTCOME, where=_TESTED),
    ),
    "lift": Column(
        "Lift",
        "How many times as many have the outcome as of all people.",
        "number",
        kind=(Derived(_lift, ("n_events", "n", "events_everybody", "n_everybody")), None),
    ),
    "lift_train": Column(
        "When found",
        "The lift among the people in whom the rule was found.",
        "number",
        kind=Estimate(("n_train", "n_events")),
    ),
}


def describe(column: str, table: str | None = None) -> Column | None:
    """Return what a column is, in a table if one is named; None if it has no row."""
    return COLUMNS.get(f"{table}.{column}") or COLUMNS.get(column)


def heading(column: str, table: str | None = None) -> tuple[str, str, int | None]:
    """Return heading, unit and decimals; of a column without a row, its name in words."""
    known = describe(column, table)
    if known is None:
        return column.replace("_", " ").capitalize(), "", None
    return known.heading, known.unit, known.decimals
