"""Missed appointments, their bounds and their cost."""

import pandas as pd
from case import Case

LONGEST = "More than 28 Days"


def leads(**rates: tuple) -> pd.DataFrame:
    """The same day (`s`) and the longest lead time (`l`) with their DNA rate, crude and standardised."""
    rows = pd.DataFrame.from_dict(rates, orient="index", columns=["dna_rate", "dna_rate_standardised"])
    rows = rows.assign(bound_low=rows["dna_rate"] - 0.001, bound_high=rows["dna_rate"] + 0.01)
    names = {"s": "Same Day", "l": LONGEST}
    return rows.rename(index=names).rename_axis("lead_time").reset_index().assign(unknown_exceeds_dna=False)


SAME_DAY = "booked more than 28 days ahead are missed, against {} of those booked for the same day"
OFTEN = "Appointments booked more than four weeks ahead are missed {} those of the same day"
HOLDS, REVERSED = "That order holds whatever became of the Unknown", "The Unknown could reverse that order"

CASES = [
    *(
        Case(
            "missed.fig-lead",
            {"rates": leads(s=(same, 0.02), l=(longest, 0.08))},
            {
                "lead_times": f"{said[0]} of appointments {SAME_DAY.format(said[1])}",
                "lead_worse": f"{said[0]} of appointments {SAME_DAY.format(said[1])}" if worse else "",
                "lead_finding": OFTEN.format(often),
                "lead_order": order,
                "lead_same_mix": "With the same mix of staff and modes the two are 8.0% and 2.0%",
            },
        )
        for same, longest, said, often, worse, order in (
            (0.018, 0.109, ("10.9%", "1.8%"), "more often than", True, HOLDS),
            (0.1, 0.05, ("5.0%", "10.0%"), "less often than", False, HOLDS),
            (0.05, 0.05, ("5.0%", "5.0%"), "as often as", False, REVERSED),
            (0.0, 0.0001, ("Under 0.1%", "0.0%"), "more often than", True, REVERSED),
        )
    ),
]
