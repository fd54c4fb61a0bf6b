"""Exact values: by hand, and equal to scikit-learn and statsmodels."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit, logit
from sklearn.metrics import average_precision_score, brier_score_loss, roc_auc_score

from analysis_lib.measures.performance import evaluate_risk
from analysis_lib.measures.performance.evaluate import COLUMNS

HAND = pd.DataFrame({"sick": [True, True, False, True, False, False, False, False, False, False]})
HAND_RISK = np.array([0.9, 0.6, 0.6, 0.3, 0.3, 0.2, 0.2, 0.1, 0.1, 0.1])


def one(frame, risk, **options):
    """The row of everybody."""
    options = {"groups": (), "n_boot": 20, "fewest": 1, **options}
    return evaluate_risk(frame, "sick", {"model": risk}, **options).iloc[0]


def test_by_hand():
    row = one(HAND, HAND_RISK)
    assert (row["n"], row["n_events"], row["prevalence"]) == (10, 3, 0.3)
    # Pairs won of 21: 7 by 0.9; 6 and a half tie by 0.6; 5 and a half tie by 0.3.
    assert row["auroc"] == pytest.approx((7 + 6.5 + 5.5) / 21, abs=1e-15)
    # Precision where each is found: 1/1 at 0.9, 2/3 at 0.6, 3/5 at 0.3.
    assert row["auprc"] == pytest.approx((1 + 2 / 3 + 3 / 5) / 3, abs=1e-15)
    brier = (0.01 + 0.16 + 0.36 + 0.49 + 0.09 + 2 * 0.04 + 3 * 0.01) / 10
    assert row["brier"] == pytest.approx(brier, abs=1e-15)
    assert row["brier_skill"] == pytest.approx(1 - brier / 0.21, abs=1e-14)
    assert row["oe"] == pytest.approx(3 / 3.4, abs=1e-15)


def test_lift_counts_a_part_of_those_who_tie_at_the_edge():
    # A hundred people, ten sick: two of the three with 0.9, four of the ten with 0.5, four of the rest.
    frame = pd.DataFrame(
        {"sick": [*[True] * 2, False, *[True] * 4, *[False] * 6, *[True] * 4, *[False] * 83]}
    )
    risk = np.repeat([0.9, 0.5, 0.1], [3, 10, 87])
    row = one(frame, risk, fewest=0)
    assert row["lift_1"] == pytest.approx((2 / 3) / (0.01 * 10))
    assert row["lift_5"] == pytest.approx((2 + 2 * 0.4) / (0.05 * 10))
    assert row["lift_10"] == pytest.approx((2 + 7 * 0.4) / (0.10 * 10))
    assert one(frame, np.full(100, 0.1), fewest=0)["lift_10"] == pytest.approx(1)


@settings(max_examples=40)
@given(
    st.lists(st.tuples(st.integers(0, 6), st.booleans()), min_size=4, max_size=60).filter(
        lambda rows: 0 < sum(event for _, event in rows) < len(rows)
    )
)
def test_equal_to_scikit_learn_with_ties(rows):
    risk, event = np.array([r / 6 for r, _ in rows]), np.array([e for _, e in rows])
    row = one(pd.DataFrame({"sick": event}), risk, n_boot=2)
    assert row["auroc"] == pytest.approx(roc_auc_score(event, risk), abs=1e-12)
    assert row["auprc"] == pytest.approx(average_precision_score(event, risk), abs=1e-12)
    assert row["brier"] == pytest.approx(brier_score_loss(event, risk), abs=1e-12)


def test_equal_to_scikit_learn_and_statsmodels_in_every_group(people):
    frame, true = people
    risk = expit(0.4 + 0.8 * logit(true))
    table = evaluate_risk(frame, "sick", {"m": risk}, groups=["sex", "imd_quintile"], n_boot=10, bins=50)
    assert len(table) == 1 + 3 + 5
    for row in table.itertuples():
        here = np.full(len(frame), True)
        if row.group != "all":
            here = (frame[row.group].astype(str) == row.level).to_numpy()
        event, p = frame["sick"].to_numpy()[here], risk[here]
        assert (row.n, row.n_events) == (len(p), event.sum())
        if min(event.sum(), (~event).sum()) < 10:
            assert row.level == "not stated"
            assert np.isnan(row.auroc)
            continue
        assert row.auroc == pytest.approx(roc_auc_score(event, p), abs=1e-12)
        assert row.auprc == pytest.approx(average_precision_score(event, p), abs=1e-12)
        assert row.brier == pytest.approx(brier_score_loss(event, p), abs=1e-12)
        slope = sm.Logit(event.astype(float), sm.add_constant(logit(p))).fit(disp=0, tol=1e-12).params[1]
        large = sm.GLM(event.astype(float), np.ones(len(p)), sm.families.Binomial(), offset=logit(p))
        assert row.calibration_slope == pytest.approx(slope, abs=1e-8)
        assert row.calibration_in_large == pytest.approx(large.fit(tol=1e-12).params[0], abs=1e-8)
        assert row.oe == pytest.approx(event.sum() / p.sum(), abs=1e-12)


def test_calibration_finds_a_known_distortion(make):
    frame, true = make(200_000, seed=2)
    row = one(frame, true)
    assert row["calibration_slope"] == pytest.approx(1, abs=0.02)
    assert row["calibration_in_large"] == pytest.approx(0, abs=0.02)
    assert row["oe"] == pytest.approx(1, abs=0.02)
    assert one(frame, expit(2 * logit(true)))["calibration_slope"] == pytest.approx(0.5, abs=0.01)
    assert one(frame, expit(logit(true) + 0.7))["calibration_in_large"] == pytest.approx(-0.7, abs=0.02)


def test_one_risk_for_everybody_discriminates_nothing():
    frame = pd.DataFrame({"sick": np.arange(1_000) < 200})
    row = one(frame, np.full(1_000, 0.1), fewest=10)
    assert (row["auroc"], row["low"], row["high"]) == (0.5, 0.5, 0.5)
    assert row["auprc"] == pytest.approx(0.2)
    assert row["oe"] == pytest.approx(2)
    assert row["calibration_in_large"] == pytest.approx(logit(0.2) - logit(0.1), abs=1e-9)
    assert np.isnan(row["calibration_slope"])
    assert np.isnan(row["slope_low"])


def test_a_shuffled_outcome_cannot_be_foretold(people):
    frame, risk = people
    shuffled = frame.assign(sick=np.random.default_rng(3).permutation(frame["sick"]))
    row = one(shuffled, risk)
    assert row["auroc"] == pytest.approx(0.5, abs=0.03)
    assert row["calibration_slope"] == pytest.approx(0, abs=0.15)


def test_rules_are_ranks_and_get_no_calibration(people):
    frame, risk = people
    table = evaluate_risk(frame, "sick", {"m": risk, "last_year_cost": 1_000 * risk}, groups=(), n_boot=10)
    assert list(table.columns) == COLUMNS
    model, rule = table.iloc[0], table.iloc[1]
    assert (rule["auroc"], rule["lift_10"]) == (model["auroc"], model["lift_10"])
    empty = [
        "brier",
        "brier_low",
        "brier_skill",
        "calibration_slope",
        "slope_high",
        "calibration_in_large",
        "oe",
    ]
    assert rule[empty].isna().all()
    assert model[empty].notna().all()


@pytest.mark.parametrize(("events", "shown"), [(9, False), (10, True), (190, True), (191, False)])
def test_groups_with_fewer_than_ten_of_either_are_counted_and_no_more(events, shown):
    frame = pd.DataFrame({"sick": np.arange(200) < events, "sex": "F"})
    risk = np.linspace(0.9, 0.1, 200) + np.where(np.arange(200) % 2, 0.05, -0.05)
    table = evaluate_risk(frame, "sick", {"m": risk}, groups=["sex"], n_boot=10)
    assert table["n_events"].tolist() == [events] * 2
    assert table["auroc"].notna().tolist() == [shown] * 2
    assert table["lift_1"].isna().all(), "two people are no basis of a lift"


def test_levels_are_text_in_order_and_those_without_a_label_are_kept(people):
    frame, risk = people
    frame = frame.assign(
        age_band=np.where(frame.index % 3 == 0, "5-14", np.where(frame.index % 3 == 1, "15-24", "85+")),
        imd_quintile=frame["imd_quintile"].astype(float).where(frame.index % 7 > 0),
    )
    table = evaluate_risk(frame, "sick", {"m": risk}, groups=["age_band", "imd_quintile"], n_boot=2)
    assert table["level"].tolist() == ["all", "5-14", "15-24", "85+", *"12345", "not recorded"]
    assert table.loc[table["group"] == "imd_quintile", "n"].sum() == len(frame)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"risk": [0.1, 0.2]}, "one risk for each of the 10 rows"),
        ({"risk": [np.nan, *HAND_RISK[1:]]}, "missing or infinite"),
        ({"risk": HAND_RISK * 100}, "name it in `ranks`"),
        ({"sick": [None, *HAND["sick"][1:]]}, "True or False for everybody"),
    ],
)
def test_errors_say_the_remedy_and_no_value(change, says):
    frame = HAND.assign(sick=pd.Series(change.get("sick", HAND["sick"])))
    with pytest.raises(ValueError, match=says) as error:
        one(frame, change.get("risk", HAND_RISK))
    assert "90" not in str(error.value)
    with pytest.raises(KeyError, match="age_band"):
        one(HAND, HAND_RISK, groups=["age_band"])
