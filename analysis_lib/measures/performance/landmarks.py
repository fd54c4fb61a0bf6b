"""How well risks told what came after each landmark, one at a time, and whether their change says more.

A frame has a row for each person and landmark. Rows of one person are never taken as so many people: each
landmark is judged on its own, and where landmarks are added up, people are the units of the interval.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from pandas.api.types import is_datetime64_any_dtype
from scipy.special import logit
from scipy.stats import rankdata, spearmanr
from statsmodels.duration.survfunc import CumIncidenceRight

from analysis_lib.measures.cells import check_columns
from analysis_lib.measures.intervals import wilson_interval, z_value
from analysis_lib.measures.performance.compare import compare_risks
from analysis_lib.measures.performance.evaluate import evaluate_risk
from analysis_lib.measures.performance.statistics import CLOSEST, area_under_roc
from analysis_lib.measures.performance.tally import FEWEST, check_risks, draw, merge, percentiles, tally

ADMITTED, DIED = "admitted", "died"
CENSORED = ("left", "records end", "followed")
DAYS_PER_YEAR = 365.25
BINS = 50  # of change within a band, in the bootstrap
REACTION = ["kind", "days", "n", "n_risen", "share", "low", "high", "median_days"]
MOST_APART = 31  # days between landmarks, at most, where a reaction is timed
COLUMNS = [
    *("landmark", "model", "n", "n_events", "auroc", "low", "high"),
    *("brier", "brier_low", "brier_high", "brier_skill"),
    *("calibration_slope", "slope_low", "slope_high", "calibration_in_large", "large_low", "large_high"),
    *("expected", "observed", "observed_low", "observed_high"),
]
Array = NDArray[np.float64]


def cumulative_incidence(followed: ArrayLike, ended: ArrayLike, days: int, level: float = 0.95) -> pd.Series:
    """Return the risk of an admission within some days where death competes: Aalen–Johansen.

    Parameters
    ----------
    followed : array-like of int [n]
        Days until the person was admitted, died, or was no longer seen.
    ended : array-like of str [n]
        Which of these: "admitted", "died", or "left", "records end" or "followed".
    days : int
        What happens on this day or later does not count.
    level : float

    Returns
    -------
    Series
        observed (0 to 1), observed_low, observed_high; naive (1 less Kaplan–Meier, which takes the dead for
        people who could still be admitted, and so is too high). Missing without anybody.

    Raises
    ------
    ValueError
        If an ending is none of the five, or a time is missing or negative.

    Notes
    -----
    Aalen OO, Johansen S (1978) Scand J Stat 5:141-150. Limits are normal on the scale of log(−log(1 − risk)),
    from the standard error of statsmodels. Whoever leaves on a day is still counted on it.
    """
    kind, time = np.asarray(ended, dtype=object), np.asarray(followed, np.float64)
    if unknown := sorted({str(value) for value in kind} - {ADMITTED, DIED, *CENSORED}):
        raise ValueError(f"Endings are {ADMITTED}, {DIED}, {', '.join(CENSORED)}: {unknown} given.")
    if not (time >= 0).all():
        raise ValueError("Days of follow-up must be known and not negative.")
    within = time < days
    status = np.where(within & (kind == ADMITTED), 1, np.where(within & (kind == DIED), 2, 0))
    if not len(time):
        return pd.Series(dict.fromkeys(("observed", "observed_low", "observed_high", "naive"), np.nan))
    if not (status == 1).any():
        return pd.Series({"observed": 0.0, "observed_low": 0.0, "observed_high": np.nan, "naive": 0.0})
    risk, error = _incidence(time, status, level)
    naive, _ = _incidence(time, np.where(status == 1, 1, 0), level)
    return pd.Series({"observed": risk, "observed_low": error[0], "observed_high": error[1], "naive": naive})


def _incidence(time: Array, status: NDArray[np.int_], level: float) -> tuple[float, tuple[float, float]]:
    with np.errstate(divide="ignore", invalid="ignore"):  # nobody is left: the error is not known
        found = CumIncidenceRight(time, status)
        risk, error = float(found.cinc[0][-1]), float(found.cinc_se[0][-1])
        log = np.log(1 - risk)
        spread = z_value(level) * error / abs((1 - risk) * log)
        low, high = (float(1 - np.exp(log * np.exp(sign * spread))) for sign in (-1, 1))
    return risk, (low, high)


def evaluate_landmarks(
    frame: pd.DataFrame,
    outcome: str,
    risks: Mapping[str, ArrayLike],
    days: int,
    n_boot: int = 200,
    seed: int = 0,
    level: float = 0.95,
    fewest: int = FEWEST,
) -> pd.DataFrame:
    """Discrimination and calibration of risks at each landmark, never pooled.

    Pooled, people at high risk who stand in many rows would make a model look better than it is on any day.

    Parameters
    ----------
    frame : DataFrame, n rows
        person_id, landmark, followed, ended (as `queries.landmark_outcomes` has them), and the outcome
        (bool). One row a person and landmark; people the models have not seen.
    outcome : str
        Its column: whether there was an admission in `days`, as far as it is recorded. Whoever died or left
        before is somebody without.
    risks : mapping of str to array [n]
        Risk of each row under each model, 0 to 1.
    days : int
        How far the risks look ahead.
    n_boot, seed, level, fewest
        As for `evaluate_risk`.

    Returns
    -------
    DataFrame
        By landmark and model: landmark, model, n, n_events; auroc, brier, brier_skill, calibration_slope,
        calibration_in_large with their limits, as in `evaluate_risk`; expected (mean risk), observed
        (Aalen–Johansen), observed_low, observed_high.

    Raises
    ------
    KeyError, ValueError
        As for `evaluate_risk`; if a person stands twice at a landmark; if the records end within `days` of
        one.
    """
    _check_rows(frame)
    check_columns(frame, ["followed", "ended"], "Performance by landmark")
    short = frame.loc[frame["ended"].eq("records end") & frame["followed"].lt(days), "landmark"]
    if len(short):
        raise ValueError(
            f"The records end within {days} days of {short.min():%Y-%m-%d}: use earlier landmarks."
        )
    _, scores = check_risks(frame, outcome, risks)
    rows = []
    for landmark, place in _places(frame):
        part = frame.iloc[place].drop(columns="person_id")
        here = {name: score[place] for name, score in scores.items()}
        found = evaluate_risk(part, outcome, here, (), n_boot, seed, level, (), fewest)
        found["expected"] = [score.mean() for score in here.values()]
        observed = cumulative_incidence(part["followed"], part["ended"], days, level).drop("naive")
        rows.append(found.assign(landmark=landmark, **observed))
    return pd.concat(rows, ignore_index=True)[COLUMNS]


def compare_landmarks(
    frame: pd.DataFrame,
    outcome: str,
    risks: Mapping[str, ArrayLike],
    model: str,
    level: float = 0.95,
    fewest: int = FEWEST,
) -> pd.DataFrame:
    """Compare a model with each other one at each landmark, on the same people.

    Parameters
    ----------
    frame, outcome, risks, level, fewest
        As for `evaluate_landmarks`.
    model : str
        Which of the risks is compared with all others, such as null trajectories.

    Returns
    -------
    DataFrame
        landmark, model, against, n, n_events; auroc_difference, with its limits.

    Raises
    ------
    KeyError, ValueError
        As for `evaluate_landmarks`; if there is no such model.
    """
    _check_rows(frame)
    _, scores = check_risks(frame, outcome, risks)
    if model not in scores:
        raise ValueError(f"{model} is none of the risks: {', '.join(scores)}.")
    rows = []
    for landmark, place in _places(frame):
        part = frame.iloc[place].drop(columns="person_id")
        for other in (name for name in scores if name != model):
            here = {name: scores[name][place] for name in (model, other)}
            found = compare_risks(part, outcome, here, (model, other), level, fewest)
            rows.append(found[found["model"] == model].assign(landmark=landmark))
    names = ["landmark", "model", "against", "n", "n_events", "auroc_difference"]
    names += ["auroc_difference_low", "auroc_difference_high"]
    return pd.concat(rows, ignore_index=True)[names] if rows else pd.DataFrame(columns=names)


def gain_in_change(
    frame: pd.DataFrame,
    outcome: str,
    risk: ArrayLike,
    bands: int = 20,
    n_boot: int = 200,
    seed: int = 0,
    level: float = 0.95,
    fewest: int = FEWEST,
) -> pd.DataFrame:
    """Return whether the change of a risk ranks who is admitted, among people whose first risk was equal.

    Parameters
    ----------
    frame : DataFrame, n rows
        person_id, landmark, outcome (bool); one row a person and landmark.
    outcome : str
        Its column.
    risk : array [n]
        0 to 1, in the order of the rows.
    bands : int
        Bands of first risk with as many people each, at each landmark.
    n_boot, seed, level, fewest
        As for `evaluate_risk`.

    Returns
    -------
    DataFrame
        For each landmark but the first: landmark, n (people who were there at the first one), n_events;
        gain, low, high (AUROC of the change in log odds since the first landmark, within bands: 0.5 says
        nothing more than the first risk).

    Raises
    ------
    KeyError, ValueError
        As for `evaluate_landmarks`.

    Notes
    -----
    Pairs of one admitted and one other person are formed within bands alone, and all pairs count alike. The
    bootstrap is over people, as in `evaluate_risk`. Within a band first risks still differ a little; with 20
    bands that moves the gain by less than its interval.
    """
    _check_rows(frame)
    event, scores = check_risks(frame, outcome, {"risk": risk})
    score = logit(np.clip(scores["risk"], CLOSEST, 1 - CLOSEST))
    start = _first_of(frame, score)
    rows = []
    for landmark, place in list(_places(frame))[1:]:
        place = place[np.isfinite(start[place])]
        row = {"landmark": landmark, "n": len(place), "n_events": int(event[place].sum())}
        if min(row["n_events"], row["n"] - row["n_events"]) >= fewest:
            # A hair's breadth is no change: the same risk from another sum
            change = np.round(score[place] - start[place], 12)
            band = np.ceil(rankdata(start[place]) * bands / len(place)).astype(int)
            found = [
                _won(change[band == b], event[place][band == b], n_boot, seed, f"{landmark}|{b}")
                for b in np.unique(band)
            ]
            exact, binned, drawn = (_ratio(parts) for parts in zip(*found, strict=True))
            low, high = percentiles(drawn + (exact - binned), level)
            row |= {"gain": float(exact), "low": float(low), "high": float(high)}
        rows.append(row)
    return pd.DataFrame(rows, columns=["landmark", "n", "n_events", "gain", "low", "high"])


def _won(
    change: Array, event: NDArray[np.bool_], n_boot: int, seed: int, label: str
) -> list[tuple[Array, Array]]:
    """Return pairs won and pairs formed in a band: as they are, in bins, and drawn."""
    order = np.argsort(change, kind="stable")
    people = tally(change[order], event[order])
    binned = merge(people, BINS)
    drawn = draw(binned, n_boot, seed, label)
    return [_count(*counts) for counts in ((people.yes, people.no), (binned.yes, binned.no), drawn)]


def _count(yes: Array, no: Array) -> tuple[Array, Array]:
    formed = yes.sum(-1) * no.sum(-1)
    return np.nan_to_num(area_under_roc(yes, no)) * formed, formed


def _ratio(parts: Sequence[tuple[Array, Array]]) -> Array:
    """Return the share of pairs won, over bands; missing where none is formed."""
    won, formed = (np.sum([part[k] for part in parts], axis=0) for k in (0, 1))
    return np.divide(won, formed, out=np.full(np.shape(formed), np.nan), where=np.asarray(formed) > 0)


def follow_truth(frame: pd.DataFrame, risks: Mapping[str, ArrayLike], truth: ArrayLike) -> pd.DataFrame:
    """Return how closely risks follow the true ones of simulated people, at each landmark.

    Parameters
    ----------
    frame : DataFrame, n rows
        person_id, landmark; one row a person and landmark.
    risks : mapping of str to array [n]
    truth : array [n]
        The true probability, of whatever time ahead; missing where it is not known.

    Returns
    -------
    DataFrame
        landmark, model, n (people whose truth is known); level (rank correlation with the truth), change
        (rank correlation of the changes in log odds since the first landmark; missing at it, and 0 where a
        risk never changes), change_low, change_high (95%, Fisher's z).

    Raises
    ------
    ValueError
        If there are not as many risks as rows, or a person stands twice at a landmark.
    """
    _check_rows(frame)
    true = np.asarray(truth, np.float64)
    kept = np.isfinite(true)
    _, scores = check_risks(frame.assign(_known=kept), "_known", risks)
    logits = {name: logit(np.clip(score, CLOSEST, 1 - CLOSEST)) for name, score in scores.items()}
    true = logit(np.clip(true, CLOSEST, 1 - CLOSEST))
    moved = {name: np.round(score - _first_of(frame, score), 12) for name, score in logits.items()}
    true_moved = np.round(true - _first_of(frame, true), 12)
    rows = []
    for landmark, place in _places(frame):
        place = place[kept[place]]
        later = place[np.isfinite(true_moved[place])]
        for name, score in logits.items():
            row = {"landmark": landmark, "model": name, "n": len(place)}
            row["level"] = _correlate(score[place], true[place])
            if np.any(true_moved[later] != 0):
                row["change"] = _correlate(moved[name][later], true_moved[later])
                z = np.arctanh(np.clip(row["change"], CLOSEST - 1, 1 - CLOSEST))
                half = z_value(0.95) / np.sqrt(max(len(later) - 3, 1))
                row |= {"change_low": np.tanh(z - half), "change_high": np.tanh(z + half)}
            rows.append(row)
    names = ["landmark", "model", "n", "level", "change", "change_low", "change_high"]
    return pd.DataFrame(rows, columns=names)


def _correlate(one: Array, other: Array) -> float:
    if len(one) < 3 or np.ptp(one) == 0 or np.ptp(other) == 0:
        return 0.0
    return float(spearmanr(one, other).statistic)


def reaction_time(
    frame: pd.DataFrame,
    risk: ArrayLike,
    completed: pd.DataFrame,
    factor: float = 1.25,
    within: Sequence[int] = (30, 60, 90),
    level: float = 0.95,
) -> pd.DataFrame:
    """Return how soon a risk has risen after something was completed, such as a planted pair of events.

    Parameters
    ----------
    frame : DataFrame, n rows
        person_id, landmark; one row a person and landmark.
    risk : array [n]
        0 to 1.
    completed : DataFrame
        person_id, date (the day of the later event), kind (such as the planted pairs, and decoys that are to
        change nothing). A person may stand in several rows of different kinds; of one kind the first counts.
    factor : float
        A risk has risen when its odds are so many times those at the last landmark up to the day.
    within : sequence of int
        Days after it, in order.

    Returns
    -------
    DataFrame
        By kind and days: kind, days, n (people seen at a landmark in the 31 days up to the day, and for all
        of the longest of `within` after it), n_risen, share, low, high (Wilson); median_days (from the day
        to the landmark at which the risk had risen; missing where fewer than half rose).

    Raises
    ------
    KeyError, ValueError
        If a column is absent; if `factor` is not above 1.

    Notes
    -----
    What happens on the day of a landmark is not known at it. Where landmarks are 30 days apart, nobody can
    be seen to react sooner than at the next one, 15 days later on average.
    """
    _check_rows(frame)
    check_columns(completed, ["person_id", "date", "kind"], "A reaction time")
    if not factor > 1:
        raise ValueError(f"A rise is by a factor above 1: {factor} given.")
    _check_dates(completed, "date")
    if completed.empty:
        return pd.DataFrame(columns=REACTION)
    first = completed.sort_values("date").drop_duplicates(["person_id", "kind"])
    _, scores = check_risks(frame.assign(_any=True), "_any", {"risk": risk})
    known = frame[["person_id", "landmark"]].assign(
        logit=logit(np.clip(scores["risk"], CLOSEST, 1 - CLOSEST))
    )
    seen = first.merge(known, on="person_id")
    seen["after"] = (seen["landmark"] - seen["date"]).dt.days
    keys = ["person_id", "kind"]
    before = seen[seen["after"].between(-MOST_APART, 0)].sort_values("after").groupby(keys)["logit"].last()
    seen = seen[seen["after"] > 0].join(before.rename("before"), on=keys, how="inner")
    longest = max(within)
    # A person who is seen at a landmark after the longest time was there for all of it
    seen = seen[seen.groupby(keys)["after"].transform("max") >= longest]
    risen = seen[seen["logit"] - seen["before"] >= np.log(factor) - 1e-12]
    people = seen.drop_duplicates(keys).set_index(keys)[["before"]]
    people["days_to_rise"] = risen.groupby(keys)["after"].min()
    rows = []
    for kind, part in people.groupby(level="kind", sort=True):
        days_to_rise = part["days_to_rise"].fillna(np.inf)
        median = float(np.quantile(days_to_rise, 0.5, method="inverted_cdf"))
        for days in within:
            n_risen = int((days_to_rise <= days).sum())
            low, high = wilson_interval(n_risen, len(part), level)
            row = {"kind": kind, "days": days, "n": len(part), "n_risen": n_risen}
            row |= {"share": n_risen / len(part), "low": float(low), "high": float(high)}
            rows.append(row | {"median_days": median if np.isfinite(median) else np.nan})
    return pd.DataFrame(rows, columns=REACTION)


def false_rises(
    frame: pd.DataFrame,
    risks: Mapping[str, ArrayLike],
    confirmed: ArrayLike,
    factor: float = 1.25,
    level: float = 0.95,
) -> pd.DataFrame:
    """Count rises of a risk that nothing confirmed, per 100 person-years.

    Parameters
    ----------
    frame : DataFrame, n rows
        person_id, landmark; one row a person and landmark.
    risks : mapping of str to array [n]
        0 to 1.
    confirmed : array of bool [n]
        Whether a rise at this row was right: an admission followed; or, of simulated people, the true risk
        was as much higher than at the landmark before.
    factor : float
        A risk rises when its odds are so many times those of the person at the landmark before.

    Returns
    -------
    DataFrame
        model, n_people (seen at two landmarks or more), person_years (from landmark to landmark), n_rises,
        n_false; rises_rate, false_rate (per 100 person-years), low, high (of the latter).

    Raises
    ------
    ValueError
        If `factor` is not above 1, there are not as many risks as rows, or a person stands twice at a
        landmark.

    Notes
    -----
    A ratio of sums over people, with its standard error by people, on the log scale (Cochran WG (1977)
    Sampling Techniques, 3rd ed., 6.4): false rises of one person are not independent.
    """
    _check_rows(frame)
    if not factor > 1:
        raise ValueError(f"A rise is by a factor above 1: {factor} given.")
    right, scores = check_risks(frame.assign(_right=np.asarray(confirmed, bool)), "_right", risks)
    order = frame.reset_index(drop=True).sort_values(["person_id", "landmark"]).index.to_numpy()
    person = frame["person_id"].to_numpy()[order]
    day = frame["landmark"].to_numpy()[order]
    step = person[1:] == person[:-1]
    whose = pd.factorize(person[1:][step])[0]
    years = (day[1:] - day[:-1])[step] / np.timedelta64(1, "D") / DAYS_PER_YEAR
    years_of = np.bincount(whose, years)
    rows = []
    for name, score in scores.items():
        odds = logit(np.clip(score, CLOSEST, 1 - CLOSEST))[order]
        rise = ((odds[1:] - odds[:-1]) >= np.log(factor) - 1e-12)[step]
        false = rise & ~right[order][1:][step]
        row = {"model": name, "n_people": len(years_of), "person_years": float(years_of.sum())}
        row |= {"n_rises": int(rise.sum()), "n_false": int(false.sum())}
        rows.append(row | _rate(np.bincount(whose, false), np.bincount(whose, rise), years_of, level))
    names = ["model", "n_people", "person_years", "n_rises", "n_false", "rises_rate", "false_rate"]
    return pd.DataFrame(rows, columns=[*names, "low", "high"])


def _rate(false: Array, rises: Array, years: Array, level: float) -> dict[str, float]:
    if not years.sum() > 0:
        return {}
    rate = false.sum() / years.sum()
    found = {"rises_rate": 100 * rises.sum() / years.sum(), "false_rate": 100 * rate}
    if rate > 0 and len(years) > 1:
        left = false - rate * years
        error = np.sqrt((left**2).sum() * len(years) / (len(years) - 1)) / years.sum()
        spread = np.exp(z_value(level) * error / rate)
        found |= {"low": 100 * rate / spread, "high": 100 * rate * spread}
    return found


def _check_rows(frame: pd.DataFrame) -> None:
    """Refuse a frame in which a person stands twice at a landmark."""
    check_columns(frame, ["person_id", "landmark"], "Landmarks")
    _check_dates(frame, "landmark")
    if n := int(frame.duplicated(["person_id", "landmark"]).sum()):
        raise ValueError(f"One row a person and landmark is needed: {n:,} stand there again.")


def _check_dates(frame: pd.DataFrame, column: str) -> None:
    if len(frame) and not is_datetime64_any_dtype(frame[column]):
        raise ValueError(f"{column} must hold dates (datetime64), as queries.to_frame returns them.")


def _places(frame: pd.DataFrame) -> list[tuple[pd.Timestamp, NDArray[np.intp]]]:
    """Return each landmark, in order, with the places of its rows."""
    found = frame.groupby("landmark", sort=True).indices
    return [(landmark, found[landmark]) for landmark in sorted(found)]


def _first_of(frame: pd.DataFrame, score: Array) -> Array:
    """Return each person's score at the first landmark of all, on all rows; missing who was not there."""
    at_first = frame["landmark"] == frame["landmark"].min()
    first = pd.Series(score[at_first.to_numpy()], frame.loc[at_first, "person_id"].to_numpy())
    return frame["person_id"].map(first).to_numpy(np.float64)
