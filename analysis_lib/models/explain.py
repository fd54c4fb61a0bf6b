"""What a model of risk looks at: SHAP values of a sample of people, as means with their sampling error.

Parts of the log odds before recalibration. They tell of the model: never of a cause, nor of one person.
`analysis_lib.models` does not import this room, and shap, which takes seconds to load, is imported on use.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats
from scipy.sparse.csgraph import connected_components

from analysis_lib.measures.intervals import z_value
from analysis_lib.models.classify import Classifier
from analysis_lib.models.concepts import bin_column, find_column, group_features, name_concept
from analysis_lib.models.demand import planted_drivers, planted_flags
from analysis_lib.models.regression import ModelDidNotFit

SAMPLE = 20_000  # people: means within 2% of those of a whole city (benchmarks/README.md)
BASE, OTHERS, TOTAL = "base", "all others", "total"  # steps of a profile that are no concepts
TOLERANCE = 1e-6  # log odds, between the sum of the parts and the model's own answer
FEWEST_OF_LEVEL = 50  # people with and without, for a planted effect to be compared
CLEAR = 0.1  # log rate ratio from which on a sign is asked for: smaller ones are noise to trees
REFERENCE = {"age_band": "35-44", "sex": "F", "ethnic_group": "White", "imd_decile": "10"}

Planted = Mapping[str, Mapping[str, float]]


@dataclass(frozen=True)
class Explanation:
    """SHAP values of a sample: each person's log odds are `base` and the sum of the person's row of `parts`.

    `parts` has a column a concept ("GP use, last year"): the sum over its `features`, as the model reads
    them. `log_odds` are the model's own; `data` are the people, as they were given.
    """

    parts: pd.DataFrame
    base: float
    log_odds: NDArray[np.float64]
    features: dict[str, list[str]]
    data: pd.DataFrame
    outcome: str


def draw_people(frame: pd.DataFrame, n: int, seed: int = 0) -> pd.DataFrame:
    """Return `n` people drawn at random, in the order of the frame; everybody if there are no more."""
    return frame if len(frame) <= n else frame.sample(n, random_state=seed).sort_index()


def explain_people(
    classifier: Classifier, frame: pd.DataFrame, n: int = SAMPLE, seed: int = 0
) -> Explanation:
    """Explain the log odds that a model gives `n` people drawn at random from `frame`, by shap.

    Of trees the values are exact: path-dependent, so that a feature that is not known goes both ways. Of
    other models shap takes what it has; a feature that is not known has the values of the sample.

    Raises
    ------
    ArithmeticError
        If for anyone base and values do not sum to the model's log odds, within 1e-6.
    """
    import shap

    people = draw_people(frame, n, seed)
    encoded, model = classifier.encode(people), classifier.model
    if classifier.kind == "trees":
        explainer = shap.TreeExplainer(model, feature_perturbation="tree_path_dependent")
    else:
        explainer = shap.Explainer(model, shap.maskers.Independent(encoded, len(encoded)))
    values, base = explainer.shap_values(encoded), float(np.ravel(explainer.expected_value)[0])
    log_odds = model.decision_function(encoded)
    worst = float(np.abs(base + values.sum(axis=1) - log_odds).max(initial=0.0))
    if not worst <= TOLERANCE:
        raise ArithmeticError(
            f"SHAP values miss the model's log odds by up to {worst:.1e}: this version of shap may read the "
            "model in another way. Use the one in requirements.lock."
        )
    of_feature = pd.DataFrame(values, columns=classifier.features, index=people.index)
    groups = group_features(classifier.features, list(people))
    by_concept = pd.DataFrame({name: of_feature[members].sum(axis=1) for name, members in groups.items()})
    return Explanation(by_concept, base, log_odds, groups, people, classifier.outcome)


def mean_interval(values: pd.DataFrame, level: float = 0.95) -> pd.DataFrame:
    """Return for each column its mean over people, and low and high: the mean ± 1.96 standard errors."""
    mean, half = values.mean(), z_value(level) * values.sem()
    return pd.DataFrame({"mean": mean, "low": mean - half, "high": mean + half})


def explain_importance(explanation: Explanation, planted: Mapping[str, float] | None = None) -> pd.DataFrame:
    """Mean absolute SHAP value of each concept over the sample, with its sampling error; largest first.

    Returns
    -------
    DataFrame
        outcome, feature (the concept), features (its members), mean_abs_shap, low, high (95% interval),
        planted_rank (1 = most, of `planted`, as `weigh_planted` returns), n (people of the sample).

    Raises
    ------
    ModelDidNotFit
        If no feature moves any risk: the trees have no branch.
    """
    size = explanation.parts.abs()
    if not size.to_numpy().any():
        raise ModelDidNotFit(
            "The trees found nothing to tell risks apart by among so few people: there is nothing to explain."
        )
    table = mean_interval(size).rename(columns={"mean": "mean_abs_shap"}).rename_axis("feature").reset_index()
    table.insert(0, "outcome", explanation.outcome)
    table.insert(2, "features", table["feature"].map(explanation.features).str.join(", "))
    rank = pd.Series(planted or {}, dtype=float).rank(ascending=False, method="min")
    table = table.assign(planted_rank=table["feature"].map(rank), n=len(size))
    return table.sort_values("mean_abs_shap", ascending=False, kind="stable", ignore_index=True)


def explain_dependence(explanation: Explanation, n_features: int = 8) -> pd.DataFrame:
    """Mean SHAP value of the concepts that count most, by the value of their first column, in bins.

    Returns
    -------
    DataFrame
        outcome, feature, place (0, 1, … in order of the bins), bin (text), n, n_events, mean_shap, low, high
        (95% interval of the mean). Bins without people have no row; bins with one person no interval.
    """
    data, tables = explanation.data, []
    for feature in explain_importance(explanation)["feature"].head(n_features):
        column = find_column(explanation.features[feature][0], data)
        people = {"bin": bin_column(data[column]), "n_events": data[explanation.outcome].astype(bool)}
        bins = pd.DataFrame(people).assign(shap=explanation.parts[feature]).groupby("bin", observed=True)
        table = bins.agg(n=("shap", "size"), n_events=("n_events", "sum"), mean_shap=("shap", "mean"))
        half = z_value(0.95) * bins["shap"].sem()
        table = table.assign(low=table["mean_shap"] - half, high=table["mean_shap"] + half).reset_index()
        tables.append(table.assign(outcome=explanation.outcome, feature=feature, place=table.index))
    columns = ["outcome", "feature", "place", "bin", "n", "n_events", "mean_shap", "low", "high"]
    return pd.concat(tables, ignore_index=True)[columns].astype({"bin": str})


def explain_interactions(
    classifier: Classifier,
    frame: pd.DataFrame,
    truth: Mapping[str, Any] | None = None,
    settings: Sequence[str] = (),
    n: int = 4_000,
    n_pairs: int = 20,
) -> pd.DataFrame:
    """Mean absolute SHAP interaction of every two concepts, and which of them were planted in `settings`.

    Returns
    -------
    DataFrame
        outcome, feature_a, feature_b, mean_abs_interaction (log odds, both halves), low, high (95% interval),
        n (people of the sample), planted. The `n_pairs` strongest, and the planted ones wherever they stand.
    """
    import shap

    people, features = draw_people(frame, n), classifier.features
    places = {
        concept: [features.index(feature) for feature in members]
        for concept, members in group_features(features, list(people)).items()
    }
    explainer = shap.TreeExplainer(classifier.model, feature_perturbation="tree_path_dependent")
    halves = explainer.shap_interaction_values(classifier.encode(people))  # people, features, features
    halves = {concept: halves[:, members].sum(axis=1) for concept, members in places.items()}
    parts = {
        tuple(sorted((a, b))): 2 * halves[a][:, places[b]].sum(axis=1) for a, b in combinations(places, 2)
    }
    table = mean_interval(pd.DataFrame(parts).abs()).rename(columns={"mean": "mean_abs_interaction"})
    planted = _planted_pairs(truth, settings) if truth else set()
    table = table.assign(n=len(people), planted=[pair in planted for pair in table.index])
    table = table.rename_axis(["feature_a", "feature_b"]).reset_index()
    table = table.sort_values(
        ["mean_abs_interaction", "feature_a", "feature_b"], ascending=[False, True, True], ignore_index=True
    )
    strongest = (table.index < n_pairs) & (table["mean_abs_interaction"] > 0)
    table.insert(0, "outcome", classifier.outcome)
    return table[strongest | table["planted"]].reset_index(drop=True)


def _planted_pairs(truth: Mapping[str, Any], settings: Sequence[str]) -> set[tuple[str, str]]:
    """Return the pairs of concepts whose interaction was planted in these settings, each in order."""
    flags = planted_flags(truth)
    asked = [flags[term["name"]] for term in truth["interactions"] if term["setting"] in settings]
    return {pair for when in asked for pair in combinations(sorted({name_concept(c) for c in when}), 2)}


def explain_profiles(
    classifier: Classifier,
    frame: pd.DataFrame,
    profiles: Mapping[str, pd.Series],
    n_features: int = 6,
    fewest: int = 100,
    n: int = SAMPLE,
) -> pd.DataFrame:
    """Mean SHAP values of kinds of people, as the steps of a waterfall; never of one person.

    `profiles` says by name who of `frame` belongs. Of each at most `n` people are drawn; one with fewer than
    `fewest` is left out. The `n_features` largest steps are shown; the rest is one step.

    Returns
    -------
    DataFrame
        outcome, profile, n, place (0, 1, …), feature ("base", concepts, "all others", "total"), value (text:
        mean, share of people, or commonest level with its share), contribution (log odds), low, high (95%
        interval; base has none). Base and steps sum to total.
    """
    columns = ["outcome", "profile", "n", "place", "feature", "value", "contribution", "low", "high"]
    tables = [pd.DataFrame(columns=columns)]
    for profile, belongs in profiles.items():
        people = frame[np.asarray(belongs, bool)]
        if len(people) < fewest:
            continue
        explained = explain_people(classifier, people, n)
        parts = explained.parts
        top = list(parts.mean().sort_values(key=np.abs, ascending=False, kind="stable").index[:n_features])
        steps = parts[top].assign(**{OTHERS: parts.drop(columns=top).sum(axis=1), TOTAL: explained.log_odds})
        means = mean_interval(steps).rename(columns={"mean": "contribution"})
        table = pd.concat([pd.DataFrame({"contribution": explained.base}, index=[BASE]), means])
        firsts = {name: find_column(explained.features[name][0], people) for name in top}
        typical = {name: _typical(explained.data[column]) for name, column in firsts.items()}
        table = table.assign(value=[typical.get(name, "") for name in table.index], n=len(parts))
        table = table.rename_axis("feature").reset_index().assign(profile=profile)
        tables.append(table.assign(outcome=classifier.outcome, place=table.index))
    kinds = {"n": "int64", "place": "int64", "contribution": float, "low": float, "high": float}
    return pd.concat(tables[1:] or tables, ignore_index=True)[columns].astype(kinds)


def _typical(column: pd.Series) -> str:
    """Say what the people have of a feature; no share that gives a small number away."""
    known = column.dropna()
    if known.empty:
        return "not known"
    if pd.api.types.is_bool_dtype(known):
        return _share(int(known.sum()), len(known))
    if pd.api.types.is_numeric_dtype(known):
        mean = float(known.mean())
        return f"mean {mean:,.0f}" if abs(mean) >= 20 else f"mean {mean:.1f}"
    counts = known.value_counts()
    return f"{counts.index[0]}, {_share(int(counts.iloc[0]), len(known))}"


def _share(k: int, n: int) -> str:
    if min(k, n - k) <= 7:  # people whose number a share may not give away
        return "few or none" if k <= 7 else "all or nearly all"
    return f"{5 * round(k / 5) / (5 * round(n / 5)):.0%}"  # of counts rounded to 5


def check_groups(frame: pd.DataFrame, columns: Sequence[str], least: float = 0.7) -> pd.DataFrame:
    """List columns that go together (Spearman's correlation from `least` on) and yet are different concepts.

    Returns
    -------
    DataFrame
        feature_a, feature_b, group_a, group_b, spearman, cluster (columns that such pairs link, numbered from
        1), n (people of the sample). Strongest first. The model chose how these share importance.
    """
    people = draw_people(frame, SAMPLE)
    numbers = people[[c for c in columns if pd.api.types.is_numeric_dtype(people[c])]].astype(float)
    rho = numbers.loc[:, numbers.std() > 0].corr(method="spearman").fillna(0.0)
    cluster = dict(zip(rho, connected_components(rho.abs().to_numpy() >= least)[1], strict=True))
    rows = [
        (a, b, name_concept(a), name_concept(b), rho.loc[a, b], cluster[a])
        for a, b in combinations(rho, 2)
        if abs(rho.loc[a, b]) >= least and name_concept(a) != name_concept(b)
    ]
    table = pd.DataFrame(
        rows, columns=["feature_a", "feature_b", "group_a", "group_b", "spearman", "cluster"]
    )
    table = table.sort_values("spearman", key=np.abs, ascending=False, kind="stable", ignore_index=True)
    return table.assign(cluster=pd.factorize(table["cluster"])[0] + 1, n=len(people))


def weigh_settings(truth: Mapping[str, Any], weights: Mapping[str, float]) -> dict[str, dict[str, float]]:
    """Return what was planted for an outcome that rests on several settings, of a truth.json.

    Column (age_band, sex, ethnic_group, imd_decile, has_<condition>) to level (text) to log rate ratio: the
    weighted mean over settings, {"emergency": 1}; for cost each setting's cost, which is to the first order
    what the settings' effects do to all of it. Interactions and areas are left out.
    """
    planted, total = planted_drivers(truth), max(sum(weights.values()), 1e-9)
    out: dict[str, dict[str, float]] = {}
    for setting, weight in weights.items():
        for column, effects in planted[setting].items():
            if column in REFERENCE or column.startswith("has_"):
                into = out.setdefault(column, {})
                for level, effect in (effects if isinstance(effects, Mapping) else {"True": effects}).items():
                    into[str(level)] = into.get(str(level), 0.0) + weight / total * float(effect)
    return out


def weigh_planted(frame: pd.DataFrame, planted: Planted) -> dict[str, float]:
    """Return the mean absolute deviation of each concept's planted effect over people.

    It is what the mean absolute SHAP value would be in a model of these effects and no others.
    """
    out = {}
    for column, effects in planted.items():
        if column in frame:
            effect = frame[column].astype(str).map(effects).fillna(0.0).astype(float)
            out[name_concept(column)] = float((effect - effect.mean()).abs().mean())
    return out


def compare_truth_shap(explanation: Explanation, planted: Planted, model: str) -> pd.DataFrame:
    """Compare how SHAP values differ between levels of a driver with the planted log rate ratios.

    The two differ in size (a rate of contacts, and the odds of having any): signs and ranks are compared.
    Trees that know the drivers and nothing else (`model` names them in the table) make it a fair comparison:
    last year's use takes over a part of what the drivers do.

    Returns
    -------
    DataFrame
        outcome, model, driver, planted (log rate ratio), mean_shap_difference (people with the level less
        those with the reference), agrees (same sign), planted_rank, shap_rank (1 = most: size times
        2p(1 - p), the mean absolute deviation that it makes, p the share of people with the level), n (people
        with the level). Levels with fewer than 50 people, or as few in the reference, have no row.
    """
    rows = []
    for column, effects in planted.items():
        concept, reference = name_concept(column), REFERENCE.get(column, "False")
        if concept not in explanation.parts or column not in explanation.data:
            continue
        by_level = explanation.parts[concept].groupby(explanation.data[column].astype(str).to_numpy())
        n, mean = by_level.size(), by_level.mean()
        for level, effect in effects.items():
            if level != reference and min(n.get(level, 0), n.get(reference, 0)) >= FEWEST_OF_LEVEL:
                driver = concept if column.startswith("has_") else f"{concept}: {level}, against {reference}"
                against = effect - effects.get(reference, 0.0)
                rows.append((driver, against, mean[level] - mean[reference], n[level]))
    table = pd.DataFrame(rows, columns=["driver", "planted", "mean_shap_difference", "n"])
    share = table["n"] / len(explanation.data)
    for column, rank in (("planted", "planted_rank"), ("mean_shap_difference", "shap_rank")):
        weighed = table[column].abs() * 2 * share * (1 - share)
        table[rank] = weighed.rank(ascending=False, method="min")
    table["agrees"] = np.sign(table["planted"]) == np.sign(table["mean_shap_difference"])
    table = table.assign(outcome=explanation.outcome, model=model)
    columns = ["driver", "planted", "mean_shap_difference", "agrees", "planted_rank", "shap_rank", "n"]
    return table[["outcome", "model", *columns]]


def _correlate(planted: pd.Series, found: pd.Series) -> float:
    """Return Spearman's correlation; missing where one of them is the same everywhere."""
    if min(planted.nunique(), found.nunique()) < 2:
        return float("nan")
    return float(stats.spearmanr(planted, found).statistic)


def score_truth(table: pd.DataFrame) -> pd.DataFrame:
    """Say in three numbers how well SHAP values agree with what was planted (`compare_truth_shap`).

    Returns
    -------
    DataFrame
        outcome, model, n_drivers, effects and ranks (Spearman's correlation of planted and found), n_clear
        (planted log rate ratios of 0.1 and more, either sign), signs (share of these with the planted sign).
    """
    rows = []
    for (outcome, model), part in table.groupby(["outcome", "model"], sort=False):
        clear = part[part["planted"].abs() >= CLEAR]
        effects = _correlate(part["planted"], part["mean_shap_difference"])
        ranks = _correlate(part["planted_rank"], part["shap_rank"])
        rows.append((outcome, model, len(part), effects, ranks, len(clear), clear["agrees"].mean()))
    columns = ["outcome", "model", "n_drivers", "effects", "ranks", "n_clear", "signs"]
    return pd.DataFrame(rows, columns=columns)
