"""Risks against what they should be: known probabilities, shuffled outcomes, strange rows, any threads."""

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit, logit
from sklearn.metrics import roc_auc_score
from threadpoolctl import threadpool_limits

from analysis_lib.measures import TooFewPoints
from analysis_lib.models import ModelDidNotFit
from analysis_lib.models.classify import (
    Predictors,
    calibrate,
    choose_predictors,
    choose_thresholds,
    fit_classifier,
    predict_risk,
)
from analysis_lib.models.classify.encode import encode_for_logistic, read_columns
from analysis_lib.queries import feature_windows

WINDOWS = feature_windows((12,))

OUTCOME = "next_emergency"
KINDS = ["prevalence", "logistic", "trees"]


@pytest.fixture(scope="module")
def fitted(people, others):
    predictors = choose_predictors(people, WINDOWS)
    return {kind: calibrate(fit_classifier(kind, people, OUTCOME, predictors), others) for kind in KINDS}


@pytest.mark.parametrize("kind", ["logistic", "trees"])
def test_risks_are_the_probabilities_that_made_the_outcome(fitted, later, kind):
    risk = predict_risk(fitted[kind], later)
    assert risk.dtype == "float64"
    assert risk.shape == (len(later),)
    assert np.corrcoef(risk, later["p"])[0, 1] > (0.97 if kind == "logistic" else 0.93)
    # In each tenth by risk, risks are within 0.03 of the probabilities on average; over all, within 0.015.
    tenth = pd.qcut(risk, 10, labels=False)
    gap = (risk - later["p"]).groupby(tenth).mean()
    assert gap.abs().max() < 0.03
    assert abs(risk.mean() - later["p"].mean()) < 0.015


def test_prevalence_is_the_share_of_the_calibration_fold(fitted, people, others, later):
    risk = predict_risk(fitted["prevalence"], later)
    assert risk == pytest.approx(others[OUTCOME].mean())
    assert fitted["prevalence"].n_events == people[OUTCOME].sum()


@pytest.mark.parametrize("kind", ["logistic", "trees"])
def test_a_shuffled_outcome_cannot_be_predicted(people, later, kind):
    shuffled = people.assign(**{OUTCOME: np.random.default_rng(0).permutation(people[OUTCOME])})
    fit = fit_classifier(kind, shuffled, OUTCOME, choose_predictors(people, WINDOWS))
    area = roc_auc_score(later[OUTCOME], predict_risk(fit, later))
    again = np.random.default_rng(1).permutation(later[OUTCOME])
    # Three standard errors of an area of one half (Hanley and McNeil 1982).
    yes, no = later[OUTCOME].sum(), (~later[OUTCOME]).sum()
    bound = 3 * np.sqrt((yes + no + 1) / (12 * yes * no))
    assert abs(roc_auc_score(again, predict_risk(fit, later)) - 0.5) < bound
    # Even against the true outcome what was learnt from noise says next to nothing.
    assert abs(area - 0.5) < 0.1


def test_logistic_is_the_regression_it_says():
    # One flag: 30 of 100 with it, 10 of 100 without. Without ridge the log odds are those of the shares.
    frame = pd.DataFrame({"has_copd": [True] * 100 + [False] * 100})
    frame[OUTCOME] = [True] * 30 + [False] * 70 + [True] * 10 + [False] * 90
    fit = fit_classifier("logistic", frame, OUTCOME, Predictors((), (), ("has_copd",), WINDOWS), {"C": 1e8})
    assert predict_risk(fit, frame.iloc[[0, 100]]) == pytest.approx([0.3, 0.1], abs=1e-5)


def test_trees_are_the_shares_of_their_leaves():
    # One cut is right, and 60 rounds of half a step go all the way to the shares on its sides.
    frame = pd.DataFrame({"age": [20] * 100 + [80] * 100})
    frame[OUTCOME] = [True] * 10 + [False] * 90 + [True] * 40 + [False] * 60
    params = {"learning_rate": 0.5, "max_iter": 60, "min_samples_leaf": 50, "l2_regularization": 0.0}
    fit = fit_classifier("trees", frame, OUTCOME, Predictors(("age",), (), (), WINDOWS), params)
    assert predict_risk(fit, frame.iloc[[0, 100]]) == pytest.approx([0.1, 0.4], abs=1e-6)


def test_calibration_is_a_line_through_the_log_odds(fitted, later):
    wrong = fitted["logistic"]
    raw = logit(predict_risk(wrong, later))
    # An outcome drawn with log odds 0.5 + 0.7 x those of the model.
    rng = np.random.default_rng(5)
    drawn = pd.concat([later] * 5, ignore_index=True)
    drawn[OUTCOME] = rng.random(len(drawn)) < expit(0.5 + 0.7 * np.tile(raw, 5))
    line = calibrate(wrong, drawn).calibration
    before = wrong.calibration
    assert line["slope"] / before["slope"] == pytest.approx(0.7, abs=0.04)
    shift = line["intercept"] - line["slope"] / before["slope"] * before["intercept"]
    assert shift == pytest.approx(0.5, abs=0.05)
    with pytest.raises(ModelDidNotFit, match="the wrong way round: there are too few people"):
        calibrate(wrong, later.assign(**{OUTCOME: ~later[OUTCOME]}))


@pytest.mark.parametrize("kind", ["logistic", "trees"])
def test_missing_values_and_levels_never_seen(fitted, later, kind):
    rows = later.iloc[:40]
    plain = predict_risk(fitted[kind], rows)
    strange = rows.assign(
        ethnic_group="Klingon",
        imd_decile=pd.array([pd.NA] * 40, dtype="Int32"),
        sex=pd.Series([None] * 40, dtype="str", index=rows.index),
        dna_share_12m=np.nan,
        cost_gbp_12m=np.nan,
        continuity=0.5,
    )
    risk = predict_risk(fitted[kind], strange)
    assert np.isfinite(risk).all()
    assert np.corrcoef(risk, plain)[0, 1] > 0.5
    # A level never seen is no level: the same as any other that was never seen.
    other = predict_risk(fitted[kind], strange.assign(ethnic_group="Vulcan"))
    np.testing.assert_array_equal(risk, other)
    with pytest.raises(KeyError, match="imd_decile"):
        predict_risk(fitted[kind], rows.drop(columns="imd_decile"))
    with pytest.raises(ValueError, match="below 0"):
        predict_risk(fitted[kind], rows.assign(n_gp_12m=-1))


def test_missing_in_training_is_kept_apart(people):
    # Those whose decile is missing have the outcome more often: both models see it.
    rng = np.random.default_rng(0)
    gone = rng.random(len(people)) < 0.3
    frame = people.assign(
        imd_decile=people["imd_decile"].astype("float64").mask(gone),
        **{OUTCOME: rng.random(len(people)) < np.where(gone, 0.5, 0.1)},
    )
    for kind in ("logistic", "trees"):
        risk = predict_risk(fit_classifier(kind, frame, OUTCOME, choose_predictors(frame, WINDOWS)), frame)
        assert risk[gone].mean() == pytest.approx(0.5, abs=0.03)
        assert risk[~gone].mean() == pytest.approx(0.1, abs=0.02)


def test_encoded_columns_by_hand(people):
    predictors = Predictors(("age", "n_gp_12m"), ("sex",), ("has_copd",), WINDOWS)
    encoder = encode_for_logistic(predictors)
    columns = read_columns(people, predictors)
    encoded = pd.DataFrame(encoder.fit_transform(columns), columns=encoder.get_feature_names_out())
    age, copd = people["age"].to_numpy(), people["has_copd"].to_numpy(float)
    logged = np.log1p(people["n_gp_12m"].to_numpy())
    np.testing.assert_allclose(encoded["n_gp_12m"], (logged - logged.mean()) / logged.std())
    product = (age - age.mean()) / age.std() * (copd - copd.mean()) / copd.std()
    np.testing.assert_allclose(encoded["age x has_copd"], product)
    assert encoded["sex_F"].tolist() == (people["sex"] == "F").astype(float).tolist()
    assert [name for name in encoded if name.startswith("age_sp_")]


def test_names_of_encoded_columns(fitted):
    names = fitted["trees"].features
    assert {"age", "sex_F", "ethnic_group_Asian", "has_copd", "n_gp_12m"} <= set(names)
    assert fitted["trees"].encode(pd.DataFrame(ROW)).shape == (1, len(names))
    assert dict(zip(names, fitted["trees"].encode(pd.DataFrame(ROW))[0], strict=True))["sex_F"] == 1


ROW = {
    "age": [50],
    "imd_decile": [3],
    "n_conditions": [1],
    "n_gp_12m": [2],
    "cost_gbp_12m": [100.0],
    "dna_share_12m": [0.0],
    "sex": ["F"],
    "ethnic_group": ["Asian"],
    "has_copd": [True],
}


@pytest.mark.parametrize("kind", ["logistic", "trees"])
def test_same_bytes_on_one_thread_and_two(people, later, kind):
    found, some = [], people.iloc[:4000]
    params = {"max_iter": 15} if kind == "trees" else None  # threads are slow where others want the cores
    for threads in (1, 2):
        with threadpool_limits(threads):
            fit = fit_classifier(kind, some, OUTCOME, choose_predictors(some, WINDOWS), params)
            found.append(predict_risk(calibrate(fit, later), later).tobytes())
    assert found[0] == found[1]


def test_too_few_in_a_class(people):
    few = people.assign(**{OUTCOME: np.arange(len(people)) < 9})
    with pytest.raises(TooFewPoints, match="Fewer than 10 of the people.*had the outcome 'emergency'"):
        fit_classifier("logistic", few, OUTCOME, choose_predictors(people, WINDOWS))
    with pytest.raises(TooFewPoints, match="were without the outcome"):
        fit_classifier(
            "trees", few.assign(**{OUTCOME: ~few[OUTCOME]}), OUTCOME, choose_predictors(people, WINDOWS)
        )
    unknown = people.assign(**{OUTCOME: people[OUTCOME].astype("boolean").mask(people["age"] > 90)})
    with pytest.raises(ValueError, match="is missing for some"):
        fit_classifier("logistic", unknown, OUTCOME, choose_predictors(people, WINDOWS))
    with pytest.raises(ValueError, match="choose one of prevalence"):
        fit_classifier("forest", people, OUTCOME, choose_predictors(people, WINDOWS))


def test_thresholds_by_hand():
    risk = np.arange(1, 201) / 1000  # 0.001 … 0.200
    table = choose_thresholds(risk)
    assert table["share"].tolist() == [0.01, 0.05, 0.10]
    assert table["threshold"].tolist() == [0.199, 0.191, 0.181]
    assert [(risk >= t).sum() for t in table["threshold"]] == [2, 10, 20]
    assert choose_thresholds(np.full(50, 0.3))["threshold"].tolist() == [0.3] * 3  # all tie
    with pytest.raises(ValueError, match="at least one person"):
        choose_thresholds(np.array([]))
    with pytest.raises(ValueError, match="above 0"):
        choose_thresholds(risk, [0.0])
