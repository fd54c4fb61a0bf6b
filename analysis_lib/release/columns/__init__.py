"""What the numbers in released tables are, and so what the gate does with them."""

from analysis_lib.release.columns.kinds import (
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
    Rate,
    Ratio,
    Share,
)

__all__ = [
    "Amount",
    "Count",
    "Derived",
    "Dimension",
    "Estimate",
    "Kind",
    "Limit",
    "Plain",
    "Proportion",
    "Quantile",
    "Rate",
    "Ratio",
    "Share",
]
