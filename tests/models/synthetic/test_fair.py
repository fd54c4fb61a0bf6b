"""Bias mitigation against a planted gap: of one group, a share of the outcomes is not recorded."""

import numpy as np
import pandas as pd
import pytest

from analysis_lib.models.synthetic import Column, Independent, Rule, Schema, SequentialTrees
from analysis_lib.models.synthetic.fair import (
    METHODS,
    compare_methods,
    draw_causal_cut,
    draw_equal_groups,
    draw_plain,
    draw_reweighed,
    measure_price,
    reweighing,
    weigh,
)
from analysis_lib.models.synthetic.judge import paired, summarise

N, MISSED = 4_000, 0.5
COLUMNS = {
    "severity": Column("whole"),
    "ward": Column("label"),
    "ethnic": Column("label"),
    "nights": Column("whole", low=0, days=True),
    "urgent": Column("flag"),
}
SCHEMA = Schema(COLUMNS, groups=("ethnic",))
ASKED = {"outcome": "urgent", "group": "ethnic"}


def rng(seed=0):
    return np.random.default_rng(seed)


def draw_people(seed, told_by_ward=0.0):
    """Return rows, who truly had the outcome, and the risk that the record shows.

    The risk follows from severity alone. Of group b, a quarter of the people, half of the outcomes are not
    recorded. A share of wards says the group.
    """
    draws = rng(seed)
    severity, is_b = draws.integers(0, 20, N), draws.random(N) < 0.25
    risk = 1 / (1 + np.exp(-(severity - 14) / 2))
    truth = draws.random(N) < risk
    ward = np.where(draws.random(N) < told_by_ward, is_b, draws.random(N) < 0.5)
    frame = pd.DataFrame(
        {
            "severity": severity,
            "ward": np.where(ward, "north", "south"),
            "ethnic": np.where(is_b, "b", "a"),
            "nights": draws.poisson(1 + severity / 4),
            "urgent": truth & ~(is_b & (draws.random(N) < MISSED)),
        }
    )
    return frame, truth, risk * (1 - MISSED * is_b), risk


def compare(told_by_ward=0.0):
    """Return the table of ten draws of people and of generators, and the gap of one who knows the risks."""
    tables, gaps = [], []
    for seed in range(10):
        real, *_ = draw_people(seed, told_by_ward)
        holdout, truth, recorded, risk = draw_people(100 + seed, told_by_ward)
        table = compare_methods(SequentialTrees, real, holdout, SCHEMA, **ASKED, truth=truth, seeds=[seed])
        tables.append(table)
        share = real["urgent"].mean()
        listed = recorded + rng(seed).random(N) * 1e-9 >= np.quantile(recorded, 1 - share)
        is_b = (holdout["ethnic"] == "b").to_numpy()
        gaps.append(np.subtract(*((risk * listed)[part].sum() / risk[part].sum() for part in (~is_b, is_b))))
    return pd.concat(tables, ignore_index=True), np.mean(gaps)


@pytest.fixture(scope="module")
def compared():
    return compare()


def mean_of(rows, measure, group=""):
    table = summarise(rows)
    part = table[(table["measure"] == measure) & (table["group"] == group)]
    return part.set_index("generator")["value"]


# --- the planted gap ------------------------------------------------------------------------------
@pytest.mark.slow
def test_a_model_of_the_record_has_the_planted_gap(compared):
    rows, planted = compared
    assert planted > 0.2
    gaps = mean_of(rows, "equal_opportunity_gap", "ethnic")
    assert gaps["real"] == pytest.approx(planted, abs=0.1)
    assert gaps["plain"] == pytest.approx(gaps["real"], abs=0.12)
    recall = mean_of(rows, "recall", "ethnic: b")
    assert recall["real"] < mean_of(rows, "recall", "ethnic: a")["real"]


@pytest.mark.slow
def test_what_each_method_does_to_the_gap(compared):
    """Equal groups repeat the record; the other two stop the model from learning it."""
    rows, _ = compared
    table = paired(rows, against="plain")
    change = table[table["measure"] == "equal_opportunity_gap"].set_index("generator")
    assert abs(change.loc["equal groups", "value"]) < 0.08
    for name in ("reweighing", "causal cut"):
        assert change.loc[name, "high"] < -0.05
    loss = table[(table["measure"] == "auc")].set_index("generator")["value"]
    assert loss.abs().max() < 0.03


@pytest.mark.slow
def test_no_method_finds_what_was_not_recorded(compared):
    """With weights totals are those of the record, which has an eighth too few; without, groups move them."""
    rows, _ = compared
    weighted = mean_of(rows, "urgent_total_weighted")
    assert weighted.to_dict() == pytest.approx(dict.fromkeys(["real", *METHODS], 1.0))
    bare = mean_of(rows, "urgent_total")
    assert bare["equal groups"] < 0.92
    assert mean_of(rows, "nights_total_weighted").between(0.96, 1.04).all()


@pytest.mark.slow
def test_a_column_that_tells_the_group_carries_the_gap_past_the_cut():
    """Where the ward nearly says the group, it leads from the outcome to the group without the column."""
    tables = []
    for seed in range(4):
        real, *_ = draw_people(seed, told_by_ward=0.95)
        holdout, truth, *_ = draw_people(100 + seed, told_by_ward=0.95)
        for name in ("plain", "causal cut"):
            rows = METHODS[name](SequentialTrees, real, SCHEMA, N, rng(seed), **ASKED)
            table = measure_price(rows, real, holdout, SCHEMA, **ASKED, truth=truth, rng=rng(seed))
            tables.append(table.assign(generator=name, seed=seed))
    gaps = mean_of(pd.concat(tables), "equal_opportunity_gap", "ethnic")
    assert gaps["causal cut"] > 0.1


# --- rows and weights -----------------------------------------------------------------------------
@pytest.mark.parametrize("draw", METHODS.values(), ids=METHODS)
def test_weights_give_the_real_totals_back(draw):
    real, *_ = draw_people(1)
    rows = draw(SequentialTrees, real, SCHEMA, 1_500, rng(), **ASKED)
    assert len(rows) == 1_500
    assert list(rows) == [*COLUMNS, "weight"]
    assert rows.drop(columns="weight").dtypes.equals(real.dtypes)
    assert SCHEMA.find_faults(rows) == dict.fromkeys(COLUMNS, 0)
    keys = ["ethnic", "urgent"]
    expected = real.groupby(keys).size().astype(float)
    pd.testing.assert_series_equal(rows.groupby(keys)["weight"].sum(), expected, check_names=False)
    again = draw(SequentialTrees, real, SCHEMA, 1_500, rng(), **ASKED)
    pd.testing.assert_frame_equal(rows, again)


def test_groups_are_equal_and_what_they_say_stays():
    real, *_ = draw_people(2)
    rows = draw_equal_groups(SequentialTrees, real, SCHEMA, N, rng(), **ASKED)
    assert rows["ethnic"].value_counts().to_dict() == {"a": N // 2, "b": N // 2}
    shares, known = (frame.groupby("ethnic")["urgent"].mean() for frame in (rows, real))
    assert shares.to_dict() == pytest.approx(known.to_dict(), abs=0.04)


def test_reweighing_by_hand():
    """Of six men four were hired, of four women one."""
    frame = pd.DataFrame(
        {"sex": ["m"] * 6 + ["f"] * 4, "hired": [True] * 4 + [False] * 2 + [True] + [False] * 3}
    )
    weights = reweighing(frame, "sex", "hired")
    # Expected 6 × 5 ÷ 10 = 3 of each outcome among men, 2 among women
    assert weights.tolist() == pytest.approx([3 / 4] * 4 + [3 / 2] * 2 + [2.0] + [2 / 3] * 3)


def test_reweighed_groups_have_the_outcome_as_often():
    real, *_ = draw_people(3)
    rows = draw_reweighed(SequentialTrees, real, SCHEMA, N, rng(), **ASKED)
    shares = rows.groupby("ethnic")["urgent"].mean()
    assert shares["a"] == pytest.approx(shares["b"], abs=0.05)
    assert shares["a"] == pytest.approx(real["urgent"].mean(), abs=0.03)
    assert (rows["ethnic"] == "b").mean() == pytest.approx(0.25, abs=0.03)


def test_the_cut_leaves_the_group_to_the_other_columns_alone():
    real, *_ = draw_people(4, told_by_ward=1.0)
    rows = draw_causal_cut(SequentialTrees, real, SCHEMA, N, rng(), **ASKED)
    assert ((rows["ward"] == "north") == (rows["ethnic"] == "b")).all()
    plain = draw_plain(SequentialTrees, real, SCHEMA, N, rng(), **ASKED)
    others = ["severity", "ward", "nights", "urgent"]
    pd.testing.assert_frame_equal(rows[others], plain[others])
    real, *_ = draw_people(4)
    rows = draw_causal_cut(SequentialTrees, real, SCHEMA, N, rng(), **ASKED)
    by_group = rows[rows["severity"] > 12].groupby("ethnic")["urgent"].mean()
    assert by_group["a"] == pytest.approx(by_group["b"], abs=0.07)


def test_a_group_drawn_anew_breaks_no_rule():
    schema = Schema(
        COLUMNS,
        rules=(Rule("b is never in the south", lambda f: (f["ethnic"] == "b") & (f["ward"] == "south")),),
    )
    real, *_ = draw_people(5)
    real = real[~schema.rules[0].marks(real)].reset_index(drop=True)
    rows = draw_causal_cut(Independent, real, schema, N, rng(), **ASKED)
    assert schema.find_faults(rows)["b is never in the south"] == 0
    assert (rows["ethnic"] == "b").any()


def test_weights_by_hand():
    real = pd.DataFrame({"ward": ["a", "a", "a", "b", None]})
    rows = pd.DataFrame({"ward": ["a", "b", "b", None, "c"]})
    assert weigh(rows, real, ["ward"]).tolist() == [3, 0.5, 0.5, 1, 0]
    with pytest.raises(ValueError, match="Too few rows were made of some group"):
        weigh(rows[rows["ward"] != "b"], real, ["ward"])


def test_totals_by_hand():
    real, *_ = draw_people(6)
    rows = real.head(N // 2).assign(weight=3.0)
    found = measure_price(rows, real, real, SCHEMA, **ASKED, rng=rng()).set_index(["measure", "group"])
    half = rows["nights"].sum() / real["nights"].sum()
    assert found.loc[("nights_total", ""), "value"] == pytest.approx(2 * half)
    assert found.loc[("nights_total_weighted", ""), "value"] == pytest.approx(3 * half)
    assert found.loc[("recall", "ethnic: b"), "n"] == (real["urgent"] & (real["ethnic"] == "b")).sum()
