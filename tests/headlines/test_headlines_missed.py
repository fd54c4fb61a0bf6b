"""Missed appointments, their bounds and their cost: every sentence, in every branch."""

from __future__ import annotations

import pandas as pd
import pytest
from sentences import months, text, texts

from analysis_lib import headlines, measures

# --- missed appointments ---


def overall(attended: int, dna: int, unknown: int) -> pd.Series:
    known, total = attended + dna, attended + dna + unknown
    return pd.Series(
        {
            "n_attended": attended,
            "n_dna": dna,
            "n_unknown": unknown,
            "dna_rate": dna / known if known else float("nan"),
            "bound_low": dna / total,
            "bound_high": (dna + unknown) / total,
            "unknown_share": unknown / total,
        }
    )


@pytest.mark.parametrize(
    ("counts", "sentence", "finding", "one_in"),
    [
        (
            (900, 100, 250),
            "10.0% of appointments of known status were missed; between 8.0% and 28.0% if the Unknown are "
            "counted",
            "About one appointment in 10 is missed",
            "10",
        ),
        (
            (960, 40, 0),
            "4.0% of appointments of known status were missed; the status of none is unknown",
            "About one appointment in 25 is missed",
            "25",
        ),
        (
            (86, 14, 0),
            "14.0% of appointments of known status were missed; the status of none is unknown",
            "About one appointment in 7.1 is missed",
            "7.1",
        ),
        (
            (50, 0, 50),
            "0.0% of appointments of known status were missed; between 0.0% and 50.0% if the Unknown are "
            "counted",
            "No appointment of known status was missed",
            "not known",
        ),
        (
            (0, 0, 50),
            "The final status of every appointment is unknown, so nobody can say how many were missed",
            "How many appointments are missed is not known",
            "not known",
        ),
        (
            (25, 75, 0),
            "75.0% of appointments of known status were missed; the status of none is unknown",
            "About 75% of appointments of known status were missed",
            "1.3",
        ),
        (
            (99_999, 1, 0),
            "Under 0.1% of appointments of known status were missed; the status of none is unknown",
            "About one appointment in 100,000 is missed",
            "100,000",
        ),
    ],
)
def test_overall(counts, sentence, finding, one_in):
    facts = texts(headlines.say_overall(overall(*counts)))
    assert facts["overall"] == sentence
    assert facts["one_in_finding"] == finding
    assert facts["one_in"] == one_in
    assert [facts[n] for n in ("n_attended", "n_dna", "n_unknown")] == [f"{c:,}" for c in counts]


def rates(groups: dict, column: str = "mode", unknown_exceeds: tuple = ()) -> pd.DataFrame:
    """Groups with their DNA rate, and which hold more Unknown than missed."""
    names = list(groups)
    return pd.DataFrame(
        {
            column: names,
            "dna_rate": pd.Series(list(groups.values()), dtype=float),
            "unknown_exceeds_dna": [n in unknown_exceeds for n in names],
        }
    )


@pytest.mark.parametrize(
    ("groups", "sentence"),
    [
        (
            {"A": 0.052, "B": 0.01, "C": 0.03, "Unknown": 0.5},
            "The DNA rate was highest for A (5.2%) and lowest for B (1.0%)",
        ),
        ({"A": 0.0524, "B": 0.0521}, "The DNA rate was highest for A (5.24%) and lowest for B (5.21%)"),
        (
            {"A": 0.05, "B": 0.05, "C": 0.01},
            "The DNA rate was highest for A and B (5.0% each) and lowest for C (1.0%)",
        ),
        (
            {"A": 0.05, "B": 0.0, "C": 0.0},
            "The DNA rate was highest for A (5.0%) and lowest for B and C (0.0% each)",
        ),
        ({"A": 0.05, "B": 0.05}, "The DNA rate was the same for both modes: 5.0%"),
        ({"A": 0.05, "B": 0.05, "C": 0.05}, "The DNA rate was the same for all 3 modes: 5.0%"),
        ({"A": 0.05, "B": None}, "The DNA rate was 5.0% for A, the only mode with a rate"),
        ({"A": 0.05, "Unknown": 0.9}, "The DNA rate was 5.0% for A, the only known mode with a rate"),
        (
            {"Unknown": 0.05},
            "No known mode has appointments of known status, so there is no DNA rate to compare",
        ),
        (
            {"A": None, "B": None},
            "No mode has appointments of known status, so there is no DNA rate to compare",
        ),
    ],
)
def test_groups(groups, sentence):
    assert headlines.say_groups(rates(groups), "mode", "mode")["mode"] == sentence


def test_groups_of_months_and_with_a_phrase():
    frame = rates(dict(zip(months("2024-01", "2024-02"), (0.04, 0.05), strict=True)), "month")
    frame["month"] = pd.to_datetime(frame["month"])
    facts = texts(headlines.say_groups(frame.assign(unknown_exceeds_dna=[True, False]), "month", "m"))
    assert (
        facts["m"] == "The DNA rate was highest for February 2024 (5.0%) and lowest for January 2024 (4.0%)"
    )
    assert facts["m_highest"] == "February 2024"
    assert facts["m_unknown"] == "More Unknown than missed appointments: January 2024"
    lead = rates({"Same Day": 0.02, "1 Day": 0.03}, "lead_time")
    assert headlines.say_groups(lead, "lead_time", "lead", "lead time {group}")["lead"] == (
        "The DNA rate was highest for lead time 1 Day (3.0%) and lowest for lead time Same Day (2.0%)"
    )


def test_group_facts():
    facts = texts(headlines.say_groups(rates({"A": 0.06, "B": 0.02}), "mode", "mode"))
    assert facts["mode_ratio"] == "3.0"
    assert (facts["mode_highest_rate"], facts["mode_lowest_rate"]) == ("6.0%", "2.0%")
    assert text(headlines.say_groups(rates({"A": 0.06, "B": 0.0}), "mode", "mode")["mode_ratio"]) == "many"
    assert set(texts(headlines.say_groups(rates({"A": None}), "mode", "mode"))) == set(facts)


@pytest.mark.parametrize(
    ("more", "sentence", "note"),
    [
        ((), "No known mode holds more Unknown than missed appointments", ""),
        (("Unknown",), "No known mode holds more Unknown than missed appointments", ""),
        (("A", "C"), "More Unknown than missed appointments: A and C", "; there the rate says little"),
        (
            ("A", "B", "C"),
            "Every known mode holds more Unknown than missed appointments",
            "; there the rate says little",
        ),
    ],
)
def test_groups_with_more_unknown_than_missed(more, sentence, note):
    frame = rates({"A": 0.05, "B": 0.04, "C": 0.03, "Unknown": 0.9}, unknown_exceeds=more)
    facts = headlines.say_groups(frame, "mode", "mode")
    assert facts["mode_unknown"] == sentence
    assert facts["mode_unknown_note"] == sentence + note


@pytest.mark.parametrize(
    ("rate_from", "rate_to", "mix", "sentence"),
    [
        (
            0.0502,
            0.0469,
            -0.0043,
            "fell from 5.02% to 4.69%: −0.43 percentage points from a different mix of appointments, +0.10",
        ),
        (
            0.04,
            0.05,
            0.0,
            "rose from 4.00% to 5.00%: 0.00 percentage points from a different mix of appointments, +1.00",
        ),
        (
            0.04001,
            0.04002,
            0.002,
            "stayed at 4.00%: +0.20 percentage points from a different mix of appointments, −0.20",
        ),
    ],
)
def test_change(rate_from, rate_to, mix, sentence):
    change = {"period_from": "2020-01", "period_to": "2022-06", "rate_from": rate_from, "rate_to": rate_to}
    facts = texts(headlines.say_change({**change, "mix": mix, "rate": rate_to - rate_from - mix}, "change"))
    assert facts["change"] == (
        f"Between January 2020 and June 2022 the DNA rate {sentence} percentage points from different "
        f"rates for "
        "the same kind"
    )
    assert (facts["change_from"], facts["change_to"]) == ("January 2020", "June 2022")


LONGEST = "More than 28 Days"


def lead_table(groups: dict[str, tuple]) -> pd.DataFrame:
    """Lead times with their DNA rate, crude and standardised."""
    frame = pd.DataFrame.from_dict(
        groups, orient="index", columns=["dna_rate", "dna_rate_standardised"], dtype=float
    )
    frame = frame.assign(bound_low=frame["dna_rate"] - 0.001, bound_high=frame["dna_rate"] + 0.01)
    return frame.rename_axis("lead_time").reset_index()


@pytest.mark.parametrize(
    ("same", "longest", "holds"),
    [(0.02, 0.1, True), (0.1, 0.02, True), (0.05, 0.055, False), (0.055, 0.05, False)],
)
def test_the_order_of_the_two_lead_times_is_judged_by_their_own_bounds(same, longest, holds):
    facts = headlines.say_lead_contrast(lead_table({"Same Day": (same, same), LONGEST: (longest, longest)}))
    assert facts["lead_order"].startswith("That order holds" if holds else "The Unknown could reverse")


@pytest.mark.parametrize(
    ("same", "longest", "finding", "sentence"),
    [
        (
            0.018,
            0.109,
            "missed more often than those",
            "10.9% of appointments booked more than 28 days ahead are missed, against 1.8% of those booked "
            "for the same day",
        ),
        (
            0.1,
            0.05,
            "missed less often than those",
            "5.0% of appointments booked more than 28 days ahead are missed, against 10.0% of those booked "
            "for the same day",
        ),
        (
            0.05,
            0.05,
            "missed as often as those",
            "5.0% of appointments booked more than 28 days ahead are missed, against 5.0% of those booked "
            "for the same day",
        ),
        (
            0.0,
            0.0001,
            "missed more often than those",
            "Under 0.1% of appointments booked more than 28 days ahead are missed, against 0.0% of those "
            "booked for the same day",
        ),
    ],
)
def test_lead_contrast(same, longest, finding, sentence):
    facts = headlines.say_lead_contrast(lead_table({"Same Day": (same, 0.02), LONGEST: (longest, 0.08)}))
    assert (
        facts["lead_finding"]
        == f"Appointments booked more than four weeks ahead are {finding} of the same day"
    )
    assert facts["lead_times"] == sentence
    assert facts["lead_same_mix"] == "With the same mix of staff and modes the two are 8.0% and 2.0%"


@pytest.mark.parametrize(
    ("same", "longest", "alike"),
    [
        (0.0301, 0.0304, "the two are 3.04% and 3.01%"),
        (0.05, 0.05, "both are 5.0%"),
        (None, 0.05, "the two cannot be compared"),
        (None, None, "the two cannot be compared"),
    ],
)
def test_lead_contrast_at_the_same_mix(same, longest, alike):
    facts = headlines.say_lead_contrast(lead_table({"Same Day": (0.02, same), LONGEST: (0.1, longest)}))
    assert facts["lead_same_mix"] == f"With the same mix of staff and modes {alike}"


def test_lead_contrast_of_the_table_that_is_made_of_appointments():
    # Same day: GP 10% of 100, other staff 30% of 300. Longest: GP 20% of 300, other staff 60% of 100. GPs and
    # others each have half of all 800: (10 + 30) / 2 = 20% and (20 + 60) / 2 = 40%.
    cells = [("Same Day", "GP", 100, 10), ("Same Day", "Other", 300, 90)]
    cells += [(LONGEST, "GP", 300, 60), (LONGEST, "Other", 100, 60)]
    rows = []
    for lead, staff, n, dna in cells:
        rows += [(lead, staff, "Telephone", "DNA", dna), (lead, staff, "Telephone", "Attended", n - dna)]
    frame = pd.DataFrame(rows, columns=["lead_time", "hcp_type", "mode", "status", "n_appointments"])
    assert headlines.say_lead_contrast(measures.attendance_table(frame, "lead_time")) == {
        "lead_finding": "Appointments booked more than four weeks ahead are missed more often than "
        "those of the "
        "same day",
        "lead_times": "30.0% of appointments booked more than 28 days ahead are missed, against "
        "25.0% of those "
        "booked for the same day",
        "lead_worse": "30.0% of appointments booked more than 28 days ahead are missed, against "
        "25.0% of those "
        "booked for the same day",
        "lead_same_mix": "With the same mix of staff and modes the two are 40.0% and 20.0%",
        "lead_order": "That order holds whatever became of the Unknown",
    }


@pytest.mark.parametrize(
    "groups",
    [{}, {"Same Day": (0.1, 0.1)}, {"Same Day": (None, None), LONGEST: (0.1, 0.1)}, {"Unknown": (0.1, None)}],
)
def test_lead_contrast_that_cannot_be_made(groups):
    facts = headlines.say_lead_contrast(lead_table(groups))
    assert facts.pop("lead_times") == "The files do not hold both the same day and more than 28 days"
    assert facts == dict.fromkeys(("lead_finding", "lead_same_mix", "lead_worse", "lead_order"), "")


def test_reminders_are_advised_only_where_longer_lead_times_are_worse():
    for same, longest, worse in ((0.02, 0.1, True), (0.1, 0.02, False), (0.05, 0.05, False)):
        facts = headlines.say_lead_contrast(
            lead_table({"Same Day": (same, same), LONGEST: (longest, longest)})
        )
        assert bool(facts["lead_worse"]) == worse


def test_a_margin_is_said_only_where_some_are_unknown():
    assert headlines.say_overall(overall(90, 10, 0))["unknown_margin"] == ""
    # 10 of 100, and 20 of 100 if the ten unknown were missed
    said = headlines.say_overall(overall(80, 10, 10))["unknown_margin"]
    assert said == "the true rate lies between 10.00% and 20.00%"


def bounds(**groups: tuple[int, int, int]) -> pd.DataFrame:
    """Groups of attended, missed and unknown appointments."""
    frame = pd.DataFrame.from_dict(
        groups, orient="index", columns=["n_attended", "n_dna", "n_unknown"], dtype="int64"
    )
    frame = frame.rename_axis("mode").reset_index()
    known, total = (
        frame["n_attended"] + frame["n_dna"],
        frame[["n_attended", "n_dna", "n_unknown"]].sum(axis=1),
    )
    return frame.assign(
        dna_rate=frame["n_dna"] / known.where(known > 0),
        bound_low=frame["n_dna"] / total,
        bound_high=(frame["n_dna"] + frame["n_unknown"]) / total,
    )


@pytest.mark.parametrize(
    ("groups", "sentence"),
    [
        (  # 200 of 1,000 known and unknown; (10 + 40) of 1,000
            {"A": (700, 200, 100), "B": (950, 10, 40), "C": (900, 50, 50)},
            "The order holds whatever the Unknown were: at the least 20.0% for A, at the most 5.0% for B",
        ),
        (
            {"B": (890, 10, 100), "A": (900, 50, 50), "Unknown": (0, 9, 0)},
            "The Unknown could reverse this order: A could be as low as 5.0%, and B as high as 11.0%",
        ),
        (  # the two meet, and no more
            {"A": (850, 100, 50), "B": (900, 50, 50)},
            "The Unknown could undo this order: A could be as low as 10.0%, and B as high as 10.0%",
        ),
        (
            {"A": (900, 100, 0), "B": (950, 50, 0)},
            "The order does not depend on the Unknown: A and B have none",
        ),
        (  # B and C tie below; the Unknown of C could lift it most
            {"A": (900, 100, 0), "B": (990, 10, 0), "C": (495, 5, 500)},
            "The Unknown could reverse this order: A could be as low as 10.0%, and C as high as 50.5%",
        ),
        (  # A and B tie above; B could fall most
            {"A": (800, 200, 0), "B": (400, 100, 500), "C": (950, 50, 0)},
            "The order holds whatever the Unknown were: at the least 10.0% for B, at the most 5.0% for C",
        ),
        (
            {"A": (900, 100, 50), "B": (90, 10, 0)},
            "The DNA rate is the same for every group, so there is no order",
        ),
        ({"A": (900, 100, 50)}, "There are no two groups to compare"),
        ({"A": (900, 100, 50), "Unknown": (9, 1, 0)}, "There are no two groups to compare"),
        ({"A": (900, 100, 50), "B": (0, 0, 50)}, "There are no two groups to compare"),
        ({"A": (0, 0, 50), "B": (0, 0, 50)}, "There are no two groups to compare"),
        ({"Unknown": (900, 100, 50)}, "There are no two groups to compare"),
        ({}, "There are no two groups to compare"),
    ],
)
def test_bounds(groups, sentence):
    assert headlines.say_bounds(bounds(**groups), "mode", "m") == {"m_bounds": sentence}


def test_bounds_do_not_depend_on_how_rows_are_numbered():
    frame = bounds(A=(700, 200, 100), B=(950, 10, 40)).set_axis([0, 0])
    assert headlines.say_bounds(frame, "mode", "m")["m_bounds"].startswith("The order holds")


def test_bounds_of_months_and_with_a_phrase():
    frame = bounds(a=(700, 200, 100), b=(950, 10, 40))
    by_month = frame.assign(month=months("2024-01", "2024-02"))
    assert headlines.say_bounds(by_month, "month", "month")["month_bounds"] == (
        "The order holds whatever the Unknown were: at the least 20.0% for January 2024, at the most 5.0% "
        "for February 2024"
    )
    assert headlines.say_bounds(frame, "mode", "m", "mode {group}")["m_bounds"].endswith(
        "at the least 20.0% for mode a, at the most 5.0% for mode b"
    )


def missed_by_staff(n_months: int) -> pd.DataFrame:
    """In each month 100,000 missed with a GP and 200,000 with other staff; then some attended."""
    month = pd.date_range("2022-01-01", periods=n_months, freq="MS")
    parts = [("DNA", "GP", 100_000), ("DNA", "Other Practice staff", 200_000), ("Attended", "GP", 900_000)]
    return pd.concat(
        [pd.DataFrame({"month": month, "status": s, "hcp_type": h, "n_appointments": n}) for s, h, n in parts]
    )


@pytest.mark.parametrize(
    ("unit", "n_months", "sentence", "cost_unit", "covered"),
    [
        (  # 12 x 100,000 x £30 and 12 x 300,000 x £30, however many months there are
            30.0,
            30,
            "At £30 an appointment, missed GP appointments come to £36.0 million a year, and those of all "
            "staff to £108.0 million",
            "£30",
            "30 months",
        ),
        (
            32.5,
            1,
            "At £32.50 an appointment, missed GP appointments come to £39.0 million a year, and those of "
            "all staff to £117.0 million",
            "£32.50",
            "1 month",
        ),
        (
            30.0,
            0,
            "The files hold no month of appointments to cost",
            "£30",
            "0 months",
        ),
    ],
)
def test_cost(unit, n_months, sentence, cost_unit, covered):
    facts = texts(headlines.say_cost(measures.cost_dna(missed_by_staff(n_months), unit)))
    assert facts == {"cost": sentence, "cost_unit": cost_unit, "cost_months": covered}


@pytest.mark.parametrize(
    ("covered", "sentence"),
    [
        (
            [True, True, False],
            "2 of 3 planted effects lie within their 95% intervals; the largest error is 0.200",
        ),
        (
            [True, False, False],
            "1 of 3 planted effects lies within its 95% interval; the largest error is 0.200",
        ),
        ([False] * 3, "None of 3 planted effects lies within its 95% interval; the largest error is 0.200"),
        ([True] * 3, "All 3 planted effects lie within their 95% intervals; the largest error is 0.200"),
        ([True], "The one planted effect lies within its 95% interval; the error is 0.200"),
        ([False], "The one planted effect lies outside its 95% interval; the error is 0.200"),
    ],
)
def test_truth(covered, sentence):
    errors = [-0.20, 0.1, 0.05][: len(covered)]
    frame = pd.DataFrame({"planted": 0.5, "estimate": [0.5 + e for e in errors], "covered": covered})
    assert headlines.say_truth(frame)["truth"] == f"{sentence} on the logit scale"
