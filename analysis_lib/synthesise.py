"""A synthetic hospital for release: learnt from real tables, checked, and written with a card."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from analysis_lib.inputs.hospital import TABLES, add_derived, check_tables, write_hospital
from analysis_lib.inputs.hospital.layout import DERIVED_TABLES, FACTOR_TABLES, STRATEGY_TABLES, year_columns
from analysis_lib.inputs.hospital.wide import narrow, number_rows, strategy_rates, widen
from analysis_lib.models.hospital_demand import DemandScenario, activity_by_pod, demand_error, demand_steps
from analysis_lib.models.synthetic import SequentialTrees
from analysis_lib.models.synthetic.judge import judge, split_people
from analysis_lib.synthetic_hospital import hospital_schema

# Nothing is written where the upper limit of the 95% interval is higher: training people told from others by
# nearness to a synthetic row. Trees with leaves of one row have 0.7, and 0.5 is chance.
HIGHEST = {"membership_auc": 0.55}
OTHERS = (
    "copies_excess",
    "exact_copies",
    "exact_copies_holdout",
    "dcr_share",
    "attribute_gain",
    "linkability_gain",
)
SHARE_LEFT = 0.9  # of the scenario by which demand is compared: each strategy leaves this share


class NotReleased(ValueError):
    """The synthetic tables fail a check and are not written."""


@dataclass(frozen=True)
class SyntheticHospital:
    """Synthetic tables with what was measured on them.

    Attributes
    ----------
    tables : dict of str to DataFrame
        Every table of the demand model's layout, derived columns with it.
    n_train : int
        Admissions that the trees learnt from: those of half of the people.
    privacy : DataFrame
        measure, value, low, high, n: of the admissions, against the other half of the people.
    demand : DataFrame
        As `analysis_lib.models.hospital_demand.demand_error` returns, against the real tables.
    """

    tables: dict[str, pd.DataFrame]
    n_train: int
    privacy: pd.DataFrame
    demand: pd.DataFrame


def synthesise(
    tables: Mapping[str, pd.DataFrame], people: pd.Series | None = None, *, seed: int = 1, leaf: int = 20
) -> SyntheticHospital:
    """Make synthetic tables in the demand model's layout.

    Admissions, with their strategies, are learnt from half of the people, so that the other half can tell
    what is given away; as many are drawn as there are real ones. Outpatients and A&E are rows of counts, and
    are learnt from all. Factors, activity by age and inequalities are taken over as they are.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        Every table of the layout; derived columns are not read.
    people : Series, optional
        The person of each admission, indexed by rn. Without it each admission is somebody's of its own.
    seed : int
        The same tables and seed give the same rows.
    leaf : int
        Rows that every leaf of a tree has at least.

    Returns
    -------
    SyntheticHospital

    Raises
    ------
    NotReleased
        If the layout, a rule of logic or a limit of `HIGHEST` is broken; says which.
    ValueError
        If a table is not there, or admissions are not of the schema.
    """
    if lacking := sorted(set(TABLES) - set(tables)):
        raise ValueError(f"The tables {', '.join(lacking)} are not there: give all of the layout.")
    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(18,)))
    wide = widen(tables)
    owner = np.arange(len(wide)) if people is None else people.reindex(wide["rn"]).to_numpy()
    learnt = split_people(owner, rng)
    schema = hospital_schema("ip", wide)
    trees = SequentialTrees(leaf).fit(wide[learnt], schema, rng)
    rows = trees.sample(len(wide), rng)
    made = {name: tables[name] for name in TABLES} | narrow(rows, strategy_rates(tables))
    for name in ("op", "aae"):
        counts = hospital_schema(name, tables[name])
        made[name] = SequentialTrees(leaf).fit(tables[name], counts, rng).sample(len(tables[name]), rng)
        made[name].insert(0, "rn", number_rows(name, len(made[name])))
    made = {name: add_derived(name, frame) for name, frame in made.items()}
    privacy = judge(
        rows, wide[learnt], wide[~learnt], schema, outcome="has_procedure", groups=["sex"],
        people=(owner[learnt], owner[~learnt]), rng=rng,
    )  # fmt: skip
    privacy = privacy[privacy["measure"].isin([*HIGHEST, *OTHERS]) & (privacy["group"] == "")]
    _refuse(made, schema.find_faults(rows), privacy)
    real = {name: add_derived(name, tables[name]) for name in TABLES}
    scenario = _scenario(tables)
    activity = [activity_by_pod(demand_steps(each, scenario)) for each in (made, real)]
    return SyntheticHospital(
        made, int(learnt.sum()), privacy.drop(columns="group").reset_index(drop=True), demand_error(*activity)
    )


def release_hospital(
    made: SyntheticHospital, folder: str | Path, made_from: str, seed: int, leaf: int
) -> Path:
    """Write synthetic tables and their card: all, or nothing.

    Parameters
    ----------
    made : SyntheticHospital
    folder : str or Path
        New, empty, or written by this function earlier.
    made_from : str
        What the tables were learnt from, for the card: "simulated admissions of 40,000 people".
    seed, leaf : int
        Those of `synthesise`.

    Returns
    -------
    Path
        The folder, in the demand model's layout, with card.md.

    Raises
    ------
    FileExistsError
        If the folder holds anything else.
    """
    return write_hospital(made.tables, folder, card=write_card(made, made_from, seed, leaf))


def _scenario(tables: Mapping[str, pd.DataFrame]) -> DemandScenario:
    """Return the scenario for comparing demand: the last year, the first projection, every strategy used."""
    factors = tables[FACTOR_TABLES[0]]
    avoidance, efficiencies = (
        dict.fromkeys(sorted(tables[name]["strategy"].unique()), SHARE_LEFT) for name in STRATEGY_TABLES
    )
    general = dict.fromkeys(("general_los_reduction_elective", "general_los_reduction_emergency"), SHARE_LEFT)
    year = max(int(str(year)) for year in year_columns(factors))
    return DemandScenario(year, str(factors["variant"].iloc[0]), avoidance, efficiencies | general)


def _refuse(tables: Mapping[str, pd.DataFrame], faults: Mapping[str, int], privacy: pd.DataFrame) -> None:
    """Raise NotReleased, with all that is wrong, unless every check is passed."""
    wrong = [rejection.to_text() for rejection in check_tables(tables).rejections]
    wrong += [f"{n:,} admissions break the rule {name!r}." for name, n in faults.items() if n]
    upper = privacy.set_index("measure")["high"]
    wrong += [
        f"{name} may be as high as {upper[name]:.3f}, and {highest} is the limit: take larger leaves, or "
        "more people."
        for name, highest in HIGHEST.items()
        if not upper[name] <= highest
    ]
    if wrong:
        raise NotReleased("Nothing is released:\n" + "\n".join(wrong))


def write_card(made: SyntheticHospital, made_from: str, seed: int, leaf: int) -> str:
    """Return the card of synthetic tables: what they are, how made and checked, and their limits."""
    generated = (*DERIVED_TABLES, *STRATEGY_TABLES)
    rows = "\n".join(
        f"| {name} | {len(made.tables[name]):,} | {'generated' if name in generated else 'taken over'} |"
        for name in TABLES
    )
    privacy = "\n".join(
        f"| {m.measure} | {m.value:.4f} | {m.low:.4f} to {m.high:.4f} |"
        if np.isfinite(m.high)
        else f"| {m.measure} | {m.value:.4f} | |"
        for m in made.privacy.itertuples()
    )
    demand = "\n".join(
        f"| {d.pod} | {d.measure} | {d.reference:,.0f} | {d.projected:,.0f} | {d.error:.1%} |"
        for d in made.demand.itertuples()
    )
    return CARD.format(
        made_from=made_from, seed=seed, leaf=leaf, rows=rows, n_train=made.n_train, privacy=privacy,
        demand=demand, mean=made.demand["error"].mean(), **HIGHEST,
    )  # fmt: skip


CARD = """# Synthetic hospital

Made-up admissions, outpatient attendances and A&E arrivals in the layout that the New Hospital
Programme's demand model reads, for testing the model and learning to use it. No row is a person's
record.

**Made from** {made_from}.

**Generator** Classification and regression trees, one column after another (leaves of at least {leaf}
rows), seed {seed}. The same source, seed and package versions give the same bytes. Derived columns (age
group, point of delivery and the like) are computed, never drawn.

| table | rows | |
| --- | ---: | --- |
{rows}

## Checked before it was written

Every rule of the layout and of logic: none broken. No person in the admissions learnt from ({n_train:,},
of half of the people) is also in those that the figures below compare with. Nothing is written where the
upper limit of membership_auc is above {membership_auc}.

| privacy of admissions | value | 95% interval |
| --- | ---: | --- |
{privacy}

Chance gives 0.5 of dcr_share and membership_auc, and 0 of the gains. exact_copies is the share of synthetic
rows that equal an admission learnt from, exact_copies_holdout one of the other people: many admissions,
such as healthy newborns, are alike. copies_excess is by how much the first exceeds the second.

| point of delivery | measure | real | synthetic | error |
| --- | --- | ---: | ---: | ---: |
{demand}

Activity of the last year in the table of factors, by the project's demand core, with every strategy
used; mean error {mean:.1%}.

## Limits

- Learn how the model works, and test it, on these tables; take no decision about a hospital from them.
- Trees smooth: rare combinations and small groups are fainter than in the source. A person's several
  admissions are not linked.
- Every strategy has its mean sample rate. Factors, activity by age and inequalities are those of the
  source: if that is real, they need a release of their own.
- The figures measure certain attacks; they do not prove that no other exists. Tables made from real
  records are released only when whoever is responsible for the records has signed.

## Licence

Made from simulated records, the tables are released under the Open Government Licence v3.0 and the code
under the MIT licence. Tables made from real records have the terms of their owner.
"""
