"""What the time of missed appointments would have cost: an opportunity, not cash that can be saved."""

from __future__ import annotations

import pandas as pd

from analysis_lib.measures.cells import COUNT, check_columns

GP_ONLY, ALL_STAFF = "GP only", "All staff"


def cost_dna(attendance: pd.DataFrame, cost_gbp: float = 30.0) -> pd.DataFrame:
    """Cost of missed appointments at a stated unit cost, for GPs and for all staff apart.

    Parameters
    ----------
    attendance : DataFrame
        The attendance frame.
    cost_gbp : float
        Cost of one appointment in pounds. The default is the figure of £30 that is usually quoted for an
        appointment with a GP; with other staff one costs less, so that the row for all staff is a ceiling.

    Returns
    -------
    DataFrame
        Two rows, "GP only" and "All staff": hcp_group, n_dna, unit_cost_gbp, cost_gbp (n_dna x unit cost,
        over the whole period of the frame), n_months, and n_dna_per_year and cost_gbp_per_year of an average
        year. All staff includes HCP type Unknown. Appointments whose
        status is Unknown are not counted as missed. The sum is the value of time, not cash.

    Raises
    ------
    ValueError
        If `cost_gbp` is negative.
    """
    if cost_gbp < 0:
        raise ValueError(f"The unit cost is in pounds and cannot be negative: {cost_gbp}.")
    check_columns(attendance, ["status", "hcp_type", "month"], "The cost of DNA")
    missed = attendance[attendance["status"] == "DNA"]
    n_gp = int(missed.loc[missed["hcp_type"] == "GP", COUNT].sum())
    n_all = int(missed[COUNT].sum())
    n_months = attendance["month"].nunique()
    cost = pd.DataFrame({"hcp_group": [GP_ONLY, ALL_STAFF], "n_dna": [n_gp, n_all]})
    cost = cost.assign(
        unit_cost_gbp=float(cost_gbp), cost_gbp=cost["n_dna"] * float(cost_gbp), n_months=n_months
    )
    per_year = 12 / n_months if n_months else float("nan")
    return cost.assign(n_dna_per_year=cost["n_dna"] * per_year, cost_gbp_per_year=cost["cost_gbp"] * per_year)
