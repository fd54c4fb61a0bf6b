"""What the numbers of the area reports' tables are, where they differ from those of the main report."""

from __future__ import annotations

from analysis_lib.release.columns import Estimate, Kind, Plain, Ratio, Share

AREAS: dict[str, Kind] = {
    "rank_low": Estimate(("n_known",)),
    "rank_high": Estimate(("n_known",)),
    "icb_rates.rank": Estimate(("n_known",)),
    "sub_icb_rates.rank": Estimate(("n_known",)),
    "position.rank": Estimate(("n_known",)),
    **{
        f"{level}_{what}.share": Share("n_appointments", (f"{level}_code",))
        for level in ("icb", "sub_icb")
        for what in ("modes", "lead_times", "staff")
    },
    **{
        f"{table}.{column}": kind
        for table in ("modes", "lead_times", "staff")
        for column, kind in {"share": Share("n_appointments"), "share_england": Plain()}.items()
    },
    # Computed from the released table alone.
    **{
        f"funnel.{column}": Plain()
        for column in ("target", "se", "z", "phi", "z_adjusted", "low95", "high95", "low998", "high998")
    },
    "funnel.rate": Ratio("n_dna", "n_known"),
    **{f"england_{table}.share": Share("n_appointments") for table in ("modes", "lead_times", "staff")},
}
