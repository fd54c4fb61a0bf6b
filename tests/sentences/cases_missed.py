"""Missed appointments, their bounds and their cost."""

import pandas as pd
from case import Case
from cases_words import frame

from analysis_lib import measures

# A case a line, however long its sentence.
# fmt: off

# --- of which status ---

MONTHS = pd.DataFrame({"month": pd.to_datetime(["2022-07-01", "2025-06-01"])})
KNOWN = "of appointments of known status were missed"


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


CASES = [
    Case(
        "missed.fig-status",
        {"every": overall(*counts), "months": MONTHS},
        {
            "overall": said,
            "caption": said,
            "one_in_finding": finding,
            "unknown_margin": margin and f"the true rate lies between {margin}",
            "n_dna": f"{counts[1]:,}",
            "period": "July 2022 to June 2025",
        },
    )
    for counts, said, finding, margin in (
        ((900, 100, 250), f"10.0% {KNOWN}; between 8.0% and 28.0% if the Unknown are counted", "About one appointment in 10 is missed", "8.00% and 28.00%"),
        ((960, 40, 0), f"4.0% {KNOWN}; the status of none is unknown", "About one appointment in 25 is missed", ""),
        ((86, 14, 0), f"14.0% {KNOWN}; the status of none is unknown", "About one appointment in 7.1 is missed", ""),
        ((50, 0, 50), f"0.0% {KNOWN}; between 0.0% and 50.0% if the Unknown are counted", "No appointment of known status was missed", "0.00% and 50.00%"),
        (
            (0, 0, 50),
            "The final status of every appointment is unknown, so nobody can say how many were missed",
            "How many appointments are missed is not known",
            "0.00% and 100.00%",
        ),
        ((25, 75, 0), f"75.0% {KNOWN}; the status of none is unknown", f"About 75% {KNOWN}", ""),
        ((99_999, 1, 0), f"Under 0.1% {KNOWN}; the status of none is unknown", "About one appointment in 100,000 is missed", ""),
    )
]

# --- the longest lead time and the same day ---

LONGEST = "More than 28 Days"
HOLDS, REVERSED = "That order holds whatever became of the Unknown", "The Unknown could reverse that order"


def leads(rows: dict) -> pd.DataFrame:
    """The same day (`s`) and the longest lead time (`l`) with their DNA rate, crude and standardised."""
    table = frame("lead_time", "dna_rate dna_rate_standardised", rows)
    return table.assign(
        lead_time=table["lead_time"].replace({"s": "Same Day", "l": LONGEST}),
        bound_low=table["dna_rate"] - 0.001,
        bound_high=table["dna_rate"] + 0.01,
        unknown_exceeds_dna=False,
    )


def contrast(rates: pd.DataFrame, said: tuple[str, str], often: str, worse: bool, order: str, mix: str) -> Case:
    """Both lead times, `said` as the longest and the same day."""
    sentence = f"{said[0]} of appointments booked more than 28 days ahead are missed, against {said[1]} of those booked for the same day"
    return Case(
        "missed.fig-lead",
        {"rates": rates},
        {
            "lead_times": sentence,
            "lead_worse": sentence if worse else "",
            "lead_finding": f"Appointments booked more than four weeks ahead are missed {often} those of the same day",
            "lead_order": order,
            "lead_same_mix": f"With the same mix of staff and modes {mix}",
        },
    )


CASES += [
    contrast(leads({"s": (same, 0.02), "l": (longest, 0.08)}), said, often, worse, order, "the two are 8.0% and 2.0%")
    for same, longest, said, often, worse, order in (
        (0.018, 0.109, ("10.9%", "1.8%"), "more often than", True, HOLDS),
        (0.1, 0.05, ("5.0%", "10.0%"), "less often than", False, HOLDS),
        (0.05, 0.055, ("5.5%", "5.0%"), "more often than", True, REVERSED),
        (0.055, 0.05, ("5.0%", "5.5%"), "less often than", False, REVERSED),
        (0.05, 0.05, ("5.0%", "5.0%"), "as often as", False, REVERSED),
        (0.0, 0.0001, ("Under 0.1%", "0.0%"), "more often than", True, REVERSED),
    )
]
CASES += [
    contrast(leads({"s": (0.02, same), "l": (0.1, longest)}), ("10.0%", "2.0%"), "more often than", True, HOLDS, mix)
    for same, longest, mix in ((0.0301, 0.0304, "the two are 3.04% and 3.01%"), (0.05, 0.05, "both are 5.0%"), (float("nan"), 0.05, "the two cannot be compared"))
]
CASES += [
    Case(
        "missed.fig-lead",
        {"rates": leads(rows)},
        {"lead_times": "The files do not hold both the same day and more than 28 days"}
        | dict.fromkeys(("lead_finding", "lead_same_mix", "lead_worse", "lead_order"), ""),
    )
    for rows in ({}, {"s": (0.1, 0.1)}, {"s": (float("nan"),) * 2, "l": (0.1, 0.1)}, {"Unknown": (0.1, 0.1)})
]
# Same day: GP 10% of 100, other staff 30% of 300. Longest: GP 20% of 300, other staff 60% of 100. GPs and
# others each have half of all 800: (10 + 30) / 2 = 20% and (20 + 60) / 2 = 40%.
CELLS = pd.DataFrame(
    [
        (lead, staff, "Telephone", status, n)
        for lead, staff, everyone, dna in (("Same Day", "GP", 100, 10), ("Same Day", "Other", 300, 90), (LONGEST, "GP", 300, 60), (LONGEST, "Other", 100, 60))
        for status, n in (("DNA", dna), ("Attended", everyone - dna))
    ],
    columns=["lead_time", "hcp_type", "mode", "status", "n_appointments"],
)
BY_LEAD = measures.attendance_table(CELLS, "lead_time")
CASES.append(contrast(BY_LEAD, ("30.0%", "25.0%"), "more often than", True, HOLDS, "the two are 40.0% and 20.0%"))

# --- planted effects, and cost ---

CASES += [
    Case(
        "missed.fig-truth",
        {"compared": pd.DataFrame({"planted": 0.5, "estimate": [0.3, 0.6, 0.55][: len(covered)], "covered": covered})},
        {"truth": f"{said} error is 0.200 on the logit scale"},
    )
    for covered, said in (
        ([True, True, False], "2 of 3 planted effects lie within their 95% intervals; the largest"),
        ([True, False, False], "1 of 3 planted effects lies within its 95% interval; the largest"),
        ([False] * 3, "None of 3 planted effects lies within its 95% interval; the largest"),
        ([True] * 3, "All 3 planted effects lie within their 95% intervals; the largest"),
        ([True], "The one planted effect lies within its 95% interval; the"),
        ([False], "The one planted effect lies outside its 95% interval; the"),
    )
]


def missed_by_staff(n_months: int) -> pd.DataFrame:
    """In each month 100,000 missed with a GP and 200,000 with other staff; then some attended."""
    counts = (("DNA", "GP", 100_000), ("DNA", "Other Practice staff", 200_000), ("Attended", "GP", 900_000))
    months = pd.date_range("2022-01-01", periods=n_months, freq="MS")
    return pd.DataFrame([(month, *count) for month in months for count in counts], columns=["month", "status", "hcp_type", "n_appointments"]).astype(
        {"month": "datetime64[ns]", "n_appointments": int}
    )


COMES = "At {} an appointment, missed GP appointments come to {} a year, and those of all staff to {}"
CASES += [  # 12 x 100,000 x £30 and 12 x 300,000 x £30, however many months there are
    Case("missed.fig-cost", {"costs": measures.cost_dna(missed_by_staff(n_months), unit)}, {"cost": said, "cost_unit": cost_unit, "cost_months": covered})
    for unit, n_months, cost_unit, covered, said in (
        (30.0, 30, "£30", "30 months", COMES.format("£30", "£36.0 million", "£108.0 million")),
        (32.5, 1, "£32.50", "1 month", COMES.format("£32.50", "£39.0 million", "£117.0 million")),
        (30.0, 0, "£30", "0 months", "The files hold no month of appointments to cost"),
    )
]
