"""What each measure is, which way is better, and where its interval comes from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Measure:
    """One measure of the table.

    Parameters
    ----------
    kind : {"fidelity", "use", "privacy", "fairness", "logic"}
    meaning : str
    best : float
        The value of rows that could not be better; for privacy, the value by chance.
    interval : {"people", "rows", "seeds"}
        What is drawn again for the limits: people, or synthetic rows (of one data set), or the seed of the
        generator (`summarise`, of several).
    """

    kind: Literal["fidelity", "use", "privacy", "fairness", "logic"]
    meaning: str
    best: float
    interval: Literal["people", "rows", "seeds"]


# NAME_difference, of each column of days and of the outcome, are fidelity too: see `measure_of`
MEASURES = {
    "marginals_tv": Measure("fidelity", "columns, total variation", 0, "seeds"),
    "pairs_tv": Measure("fidelity", "pairs of columns, total variation", 0, "seeds"),
    "two_sample_auc": Measure("fidelity", "synthetic told from other real people, AUC", 0.5, "people"),
    "pmse_ratio": Measure("fidelity", "propensity error of a tree over that by chance", 1, "seeds"),
    "tstr_auc": Measure("use", "model of synthetic rows on real people, AUC", 1, "people"),
    "trtr_auc": Measure("use", "model of real rows on real people, AUC", 1, "people"),
    "auc_loss": Measure("use", "AUC lost by synthetic rows", 0, "people"),
    "exact_copies": Measure("privacy", "synthetic rows equal to a training row", 0, "seeds"),
    "exact_copies_holdout": Measure("privacy", "synthetic rows equal to a holdout row", 0, "seeds"),
    "copies_excess": Measure("privacy", "copies of training rows over those by chance", 0, "rows"),
    "dcr_share": Measure("privacy", "synthetic rows nearer to training than to other people", 0.5, "people"),
    "membership_auc": Measure("privacy", "training people told from others by nearness, AUC", 0.5, "people"),
    "membership_relative_auc": Measure(
        "privacy", "training people told from others by nearness against a reference, AUC", 0.5, "people"
    ),
    "attribute_gain": Measure("privacy", "secret guessed of training people over others", 0, "people"),
    "singling_out": Measure("privacy", "descriptions of one training row alone", 0, "seeds"),
    "singling_out_holdout": Measure("privacy", "descriptions of one holdout row alone", 0, "seeds"),
    "singling_out_gain": Measure("privacy", "one training row singled out over one other", 0, "rows"),
    "linkability": Measure("privacy", "training people whose halves are linked", 0, "seeds"),
    "linkability_holdout": Measure("privacy", "other people whose halves are linked", 0, "seeds"),
    "linkability_gain": Measure("privacy", "halves linked of training people over others", 0, "people"),
    "recall": Measure("fairness", "people with the outcome who are listed", 1, "people"),
    "equal_opportunity_gap": Measure("fairness", "largest difference of recall", 0, "seeds"),
    "equalised_odds_gap": Measure("fairness", "largest difference of either error rate", 0, "seeds"),
    "representation": Measure("fairness", "share of a group over its real share", 1, "people"),
    "logic_faults": Measure("logic", "rows that break a rule or hold a value not allowed", 0, "seeds"),
}

# Each has its own chance value: real people fail none of them
PRIVACY_CHECKS = (
    "copies_excess",
    "dcr_share",
    "membership_auc",
    "membership_relative_auc",
    "attribute_gain",
    "singling_out_gain",
    "linkability_gain",
)


def measure_of(name: str) -> Measure:
    """Return what a measure of the table is.

    Parameters
    ----------
    name : str

    Returns
    -------
    Measure
    """
    if name in MEASURES:
        return MEASURES[name]
    column = name.removesuffix("_difference")
    return Measure("fidelity", f"mean of {column}, synthetic less real", 0, "people")
