"""What the numbers in released tables are, and so what the gate does with them."""

from analysis_lib.release.columns.kinds import (
    Amount,
    Count,
    Derived,
    Dimension,
    Estimate,
    Kind,
    Plain,
    Proportion,
    Quantile,
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
    "Plain",
    "Proportion",
    "Quantile",
    "Ratio",
    "Share",
]
