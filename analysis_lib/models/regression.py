"""One solver for regressions: Poisson, negative binomial and binomial counts of people who are alike.

Ours, since statsmodels on rows is slower where it matters (benchmarks/README.md), as is glum on the same
patterns; and of small fits too, since one path is better than two.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse, stats
from scipy.special import digamma, expit, gammaln, logit, polygamma, xlogy

from analysis_lib.measures.cells import check_columns
from analysis_lib.measures.standard_population import level_key

MAX_STEPS = 50
TOLERANCE = 1e-8
FEWEST_CLUSTERS = 20  # of counts; with fewer, errors clustered by them say more of chance than of them
CONFOUNDED = (
    "The terms cannot be told apart in these data (one is a combination of others): fit with fewer terms."
)
NOTHING = "Nothing to fit: no term has two levels with events."
UNSETTLED = f"The estimates did not settle in {MAX_STEPS} steps: fit with fewer terms."

Vector = NDArray[np.float64]
Codes = dict[str, NDArray[np.int64]]


class ModelDidNotFit(ValueError):
    """The regression cannot be fitted to these counts; the message says why."""


@dataclass(frozen=True)
class Design:
    """Which coefficient stands for what: the intercept, then the levels of each term without its reference.

    `levels` holds those of each term, the reference first. A term of one level has no coefficient; it still
    says whom the model knows.
    """

    levels: dict[str, list]

    @property
    def terms(self) -> tuple[str, ...]:
        """Terms that have coefficients."""
        return tuple(term for term, names in self.levels.items() if len(names) > 1)

    @cached_property
    def places(self) -> dict[str, slice]:
        """Where the coefficients of each term stand."""
        ends = np.cumsum([1, *(len(names) - 1 for names in self.levels.values())]).tolist()
        return {term: slice(*ends[k : k + 2]) for k, term in enumerate(self.levels)}

    def code(self, frame: pd.DataFrame) -> Codes:
        """Return the place of each row's level in each term; -1 for a level that is not there."""
        codes: Codes = {}
        for term, names in self.levels.items():
            place, found = pd.factorize(frame[term])
            codes[term] = np.append(pd.Index(names).get_indexer(found.tolist()), -1)[place]
        return codes

    def matrix(self, codes: Codes) -> sparse.csr_array:
        """Return the design as a sparse matrix: 1 where a row has the level, one non-zero a term at most."""
        n_rows, width = len(next(iter(codes.values()))), 1 + sum(len(n) - 1 for n in self.levels.values())
        rows, columns = [np.arange(n_rows)], [np.zeros(n_rows, dtype="int64")]
        for term, place in self.places.items():
            rows.append(np.flatnonzero(codes[term] > 0))
            columns.append(place.start + codes[term][rows[-1]] - 1)
        row, column = np.concatenate(rows), np.concatenate(columns)
        return sparse.csr_array((np.ones(len(row)), (row, column)), shape=(n_rows, width))


@dataclass(frozen=True)
class Cells:
    """What the likelihood needs: rows of people (or appointments) who are alike, and their events."""

    family: str
    x: sparse.csr_array
    trials: Vector  # people, or appointments
    events: Vector
    exposure: Vector  # of one of them; 1 for a binomial
    sizes: Vector  # counts of one person that occur
    repeats: Vector  # people who have each

    @cached_property
    def pairs(self) -> sparse.csc_array:
        """Pairs of coefficients (the upper triangle) x rows: times weights, it gives X'WX.

        Worked out once, since every step of Newton's method needs it with other weights.
        """
        n_coef, length = self.x.shape[1], np.diff(self.x.indptr)
        # An entry of a row is paired with itself and those after it, whose columns are higher.
        partners = np.repeat(self.x.indptr[1:], length) - np.arange(self.x.nnz, dtype="int32")
        ends = np.cumsum(partners, dtype="int32")
        first = np.repeat(self.x.indices, partners)
        shift = np.arange(self.x.nnz, dtype="int32") - (ends - partners)
        second = self.x.indices[np.repeat(shift, partners) + np.arange(len(first), dtype="int32")]
        by_row = np.append(0, np.cumsum(length * (length + 1) // 2))
        places = first * np.int32(n_coef) + second
        return sparse.csc_array((np.ones(len(places)), places, by_row), (n_coef**2, self.x.shape[0]))

    def cross_product(self, weight: Vector) -> Vector:
        """X'WX."""
        upper = (self.pairs @ weight).reshape((self.x.shape[1],) * 2)
        return upper + np.triu(upper, 1).T

    def mean(self, coef: Vector) -> Vector:
        """Events expected of one person (or appointment) of each row."""
        return expit(self.x @ coef) if self.family == "binomial" else self.exposure * np.exp(self.x @ coef)

    def log_likelihood(self, mu: Vector, alpha: float) -> float:
        """Log-likelihood of the counts; `alpha` is the dispersion of NB2, 0 for Poisson.

        Only the gamma functions of NB2 look at single counts, and they do not look at the mean: the rest is
        linear in the count. So trials and events by row, and how often each count occurs, are all it needs.
        """
        n, y, often = self.trials, self.events, self.repeats
        if self.family == "binomial":
            return float(np.sum(xlogy(y, mu) + xlogy(n - y, 1 - mu)))
        fixed = -np.sum(often * gammaln(self.sizes + 1))
        if alpha == 0:
            return float(fixed + np.sum(y * np.log(mu) - n * mu))
        size = 1 / alpha
        fixed += np.sum(often * (gammaln(self.sizes + size) - gammaln(size)))
        return float(fixed + np.sum(y * np.log(alpha * mu) - (y + n * size) * np.log1p(alpha * mu)))

    def slopes(self, mu: Vector, alpha: float) -> tuple[Vector, Vector]:
        """First derivative of the log-likelihood by each row's linear predictor, and minus the second."""
        if self.family == "binomial":
            return self.events - self.trials * mu, self.trials * mu * (1 - mu)
        grown = 1 + alpha * mu
        first = (self.events - self.trials * mu) / grown
        return first, mu * (self.trials + alpha * self.events) / grown**2

    def information(self, mu: Vector, alpha: float) -> Vector:
        """Observed information of the coefficients and, last, of alpha where there is one."""
        upper = self.cross_product(self.slopes(mu, alpha)[1])
        if alpha == 0:
            return upper
        side = self.x.T @ ((self.events - self.trials * mu) * mu / (1 + alpha * mu) ** 2)
        corner = np.array([[-_alpha_slopes(self, mu, alpha)[1]]])
        return np.block([[upper, side[:, None]], [side[None, :], corner]])


@dataclass(frozen=True)
class Fit:
    """A fitted regression; see `fit_regression`.

    Attributes
    ----------
    outcome : str
        The column of events.
    coef : ndarray
        Intercept, then log rate ratios or logits against the reference levels of `design`.
    covariances : dict
        Kind of interval to covariance of `coef` and degrees of freedom: "likelihood" (from the observed
        information, with alpha estimated), "quasi" (binomial times `dispersion`), "cluster", and "level"
        (units of a cluster in a period, which `marginal_effects` adds to the others).
    interval : str
        The kind that is given unless another is asked for: of counts "cluster" where it is to be had.
    alpha, alpha_se_log : float
        Dispersion of NB2: variance = mean + alpha x mean^2; and the standard error of its logarithm.
    dispersion : float
        Pearson chi-square of a binomial over its degrees of freedom.
    level_counts : DataFrame
        term, level, trials, exposure (of all together), events: what each coefficient rests on.
    excluded : dict
        Trials left out, by reason.
    notes : list of str
        What was left out of the model, and why.
    """

    outcome: str
    design: Design
    coef: Vector = field(repr=False)
    covariances: dict[str, tuple[Vector, float]] = field(repr=False)
    interval: str
    alpha: float
    alpha_se_log: float
    dispersion: float
    log_likelihood: float
    n_clusters: int
    level_counts: pd.DataFrame = field(repr=False)
    excluded: dict[str, int]
    notes: list[str]
    cells: Cells = field(repr=False)

    @property
    def terms(self) -> tuple[str, ...]:
        """Terms in the model; one of a single level is not among them."""
        return self.design.terms

    @property
    def n_trials(self) -> int:
        """People, or appointments, in the model."""
        return int(self.cells.trials.sum())

    @property
    def n_events(self) -> int:
        """Their events."""
        return int(self.cells.events.sum())

    def covariance(self, interval: str | None = None, level: float = 0.95) -> tuple[Vector, float]:
        """Return a covariance of the coefficients, and how many standard errors its limits stand away."""
        kind = interval or self.interval
        if kind not in self.covariances:
            raise ValueError(f"{kind} intervals are not to be had for this fit: use interval='quasi'.")
        cov, freedom = self.covariances[kind]
        return cov, float(stats.t.ppf(0.5 + level / 2, freedom))


def fit_regression(
    cells: pd.DataFrame,
    events: str,
    trials: str,
    terms: Sequence[str],
    family: str,
    exposure: str | None = None,
    often: Vector | None = None,
    reference: Mapping[str, Any] | None = None,
    cluster: str | None = None,
    period: str | None = None,
) -> Fit:
    """Fit a regression of grouped counts on categorical terms.

    Parameters
    ----------
    cells : DataFrame
        One row a covariate pattern: people (or appointments) who are alike in every term and in exposure.
    events, trials : str
        Columns: events of the row together, and how many people (or appointments) it stands for.
    terms : sequence of str
        Columns, each taken as categories; an interaction is a flag of those who have both (`add_flags`).
    family : {"poisson", "nb2", "binomial"}
        Log link, the dispersion of NB2 by maximum likelihood; logit link for a binomial.
    exposure : str, optional
        Column of the time of one person: its logarithm is the offset. Rows of none are left out.
    often : ndarray, optional
        How many people with exposure have 0, 1, 2 … events: counts need it, a binomial does not.
    reference : mapping, optional
        Reference level by term; the first level otherwise.
    cluster : str, optional
        Column within which people, or rows of a binomial, may depend on each other, such as their area.
        Counts have a row for each pattern in each cluster then; with fewer than 20 clusters a note says that
        people are taken as independent.
    period : str, optional
        Column that divides clusters into units (a board's month) whose levels vary, each for itself. Both
        columns are terms.

    Returns
    -------
    Fit
        Left out and noted: levels without events (or with nothing else, for a binomial), which have no finite
        coefficient, and terms of one level.

    Raises
    ------
    ModelDidNotFit
        If nothing varies, terms cannot be told apart, or the estimates do not settle.
    KeyError, ValueError
        If a column is absent, a label is missing, or a reference does not occur.

    Notes
    -----
    Newton's method on a sparse design, exact for grouped rows. McCullagh P, Nelder JA (1989) Generalized
    Linear Models, chapters 2 and 4 (over-dispersion). NB2: Cameron AC, Trivedi PK (2013) Regression Analysis
    of Count Data, 2nd ed., section 3.3. Cluster-robust: Liang KY, Zeger SL (1986) Biometrika 73:13-22, with t
    quantiles on G-1 degrees of freedom; of a binomial with the small-sample factor G/(G-1) x (N-1)/(N-p), of
    counts by the jackknife over clusters, one Newton step for each (CV3 of MacKinnon JG and others (2023) J
    Appl Econom 38:671-694), since levels such as deprivation deciles may rest on few clusters. Those standard
    errors are no smaller than of independent people (Angrist JD, Pischke JS (2009) Mostly Harmless
    Econometrics, chapter 8): a level that is found in one cluster would else have none. A regression
    describes what goes together; it does not say what would follow from a change.
    """
    n, y = cells[trials].to_numpy(float), cells[events].to_numpy(float)
    time = cells[exposure].to_numpy(float) if exposure else np.ones(len(n))
    n = np.where(time > 0, n, 0.0)
    if not y.sum():
        raise ModelDidNotFit(NOTHING)
    whole, codes = _code_terms(cells, terms, reference or {}, n)
    keep, excluded, notes = _with_events(whole, codes, n, y, family)
    design, codes = _reduce(whole, codes, keep, notes)
    if not design.terms:
        raise ModelDidNotFit(NOTHING)
    repeats = np.zeros(1) if often is None else np.array(often, float)
    repeats[0] -= np.sum(n[~keep])  # whoever is left out had no event
    sizes = np.flatnonzero(repeats)
    n, y, time, pattern = n[keep], y[keep], time[keep], np.arange(keep.sum())
    if family != "binomial":  # whose dispersion is that of its rows
        pattern, first = _find_alike(codes, time)
        codes, time = {term: code[first] for term, code in codes.items()}, time[first]
    x = design.matrix(codes)
    together = (np.bincount(pattern, part) for part in (n, y))
    data = Cells(family, x, *together, time, sizes.astype(float), repeats[sizes])
    coef, alpha = _estimate(data)
    mu = data.mean(coef)
    information = data.information(mu, alpha)
    bread = _solve(information, np.eye(len(information)))
    if not np.all(np.diag(bread) > 0):
        raise ModelDidNotFit(CONFOUNDED)
    spread = float(np.sqrt(bread[-1, -1]) / alpha) if alpha else 0.0
    bread = bread[: len(coef), : len(coef)]
    if family == "nb2" and alpha == 0:
        notes.append("Counts vary no more than a Poisson model says: alpha is 0.")
    covariances, dispersion, n_clusters = {"likelihood": (bread, np.inf)}, 1.0, 0
    group = None
    if cluster:
        group = pd.factorize(cells[cluster].astype(object)[keep], use_na_sentinel=False)[0]
        n_clusters = int(group.max()) + 1
    if family == "binomial":
        residual, variance = data.slopes(mu, alpha)
        freedom = len(mu) - len(coef)
        dispersion = float(np.sum(residual**2 / variance) / freedom) if freedom > 0 else 1.0
        covariances = {"quasi": (bread * max(dispersion, 1.0), max(freedom, 1))}
        if n_clusters > 1:
            covariances["cluster"] = _cluster_covariance(x, residual, bread, group), n_clusters - 1
        if n_clusters > 1 and period:
            time = pd.factorize(cells[period][keep])[0]
            level = _level_covariance(x, residual, bread, group, time)
            covariances |= {"level": level} if level else {}
    elif n_clusters >= FEWEST_CLUSTERS:
        in_clusters = _Clusters(group, pattern, n, y)
        covariances["cluster"] = _jackknife(data, mu, alpha, bread, in_clusters), n_clusters - 1
    elif cluster:
        notes.append(f"{cluster} has fewer than {FEWEST_CLUSTERS} levels: people are taken as independent.")
    return Fit(
        outcome=events,
        design=design,
        coef=coef,
        covariances=covariances,
        interval="cluster" if family != "binomial" and "cluster" in covariances else next(iter(covariances)),
        alpha=alpha,
        alpha_se_log=spread,
        dispersion=dispersion,
        log_likelihood=data.log_likelihood(mu, alpha),
        n_clusters=n_clusters,
        level_counts=_level_counts(data, design),
        excluded=excluded,
        notes=notes,
        cells=data,
    )


def coefficients(fit: Fit, level: float = 0.95, interval: str | None = None) -> pd.DataFrame:
    """Coefficients of a fit and their exponentials (rate ratios, odds ratios), against each reference.

    Returns
    -------
    DataFrame
        The columns of `Fit.level_counts`, estimate, se, low, high (on the scale of the model), ratio,
        ratio_low, ratio_high. A reference has estimate 0 and missing limits.
    """
    cov, quantile = fit.covariance(interval, level)
    table, errors = fit.level_counts.copy(), np.sqrt(np.diag(cov))
    places = [fit.design.places[term] for term in fit.terms]
    table["estimate"] = np.concatenate([np.append(0.0, fit.coef[place]) for place in places])
    table["se"] = np.concatenate([np.append(np.nan, errors[place]) for place in places])
    half = quantile * table["se"]
    table["low"], table["high"] = table["estimate"] - half, table["estimate"] + half
    for name, column in (("", "estimate"), ("_low", "low"), ("_high", "high")):
        table[f"ratio{name}"] = np.exp(table[column])
    return table


def marginal_effects(fit: Fit, term: str, level: float = 0.95, interval: str | None = None) -> pd.DataFrame:
    """Average adjusted shares of the levels of one term of a binomial fit.

    Returns
    -------
    DataFrame
        level, trials, share (as observed), rate, low, high. `rate` is the mean predicted share if every trial
        had that level and all else were as it is.

    Raises
    ------
    KeyError
        If `term` is not in the model.
    ModelDidNotFit
        If it was left out of the model, since these inputs have one level of it only.

    Notes
    -----
    Delta method on the logit of the rate, so that limits stay within 0 and 1. Average adjusted predictions:
    Williams R (2012) Stata Journal 12:308-331; Graubard BI, Korn EL (1999) Biometrics 55:652-659.

    With an effect for each cluster, scores sum to zero within it: its covariance knows how levels differ from
    each other, but says that the rate of all together has no error. So that of units within clusters is
    added ("level", or "quasi" where there are no periods): a little too wide where both see the same error,
    and never without it. The rates are those among these clusters in these periods; others would have other
    levels.
    """
    if term not in fit.terms:
        left_out = next((note for note in fit.notes if note.startswith(f"{term} is not in the model")), None)
        if left_out:
            raise ModelDidNotFit(left_out)
        raise KeyError(f"{term} is not in the model; its terms are {', '.join(fit.terms)}.")
    cov, quantile = fit.covariance(interval, level)
    if "level" in fit.covariances:
        cov = cov + fit.covariances["level"][0]
    elif (interval or fit.interval) == "cluster":
        cov = cov + fit.covariances["quasi"][0]
    x, place = fit.cells.x, fit.design.places[term]
    others = np.ones(len(fit.coef), bool)
    others[place] = False
    base = x @ np.where(others, fit.coef, 0.0)
    p = expit(base[:, None] + np.append(0.0, fit.coef[place]))  # every row at every level
    slopes = (fit.cells.trials / fit.cells.trials.sum())[:, None] * p * (1 - p)
    rate = fit.cells.trials @ p / fit.cells.trials.sum()
    gradient = np.where(others, (x.T @ slopes).T, 0.0)
    gradient[1:, place] = np.diag(slopes.sum(axis=0)[1:])
    se = np.sqrt(np.einsum("ij,jk,ik->i", gradient, cov, gradient).clip(0)) / (rate * (1 - rate))
    table = fit.level_counts[fit.level_counts["term"] == term].reset_index(drop=True)
    return table[["level", "trials"]].assign(
        share=table["events"] / table["trials"],
        rate=rate,
        low=expit(logit(rate) - quantile * se),
        high=expit(logit(rate) + quantile * se),
    )


def planted_effects(fit: Fit, table: pd.DataFrame, planted: Mapping[str, Any]) -> Vector:
    """Return the planted effect of each row of `coefficients` against the reference; missing where none is.

    `planted` holds term to level (as text) to effect. Any constant added to all levels of a term makes no
    difference; a reference that is not listed has 0. A flag may have a bare number: the effect of those who
    have it.
    """
    effects = []
    for term, name in zip(table["term"], table["level"], strict=True):
        values = planted.get(term, {})
        if not isinstance(values, Mapping):
            effects.append(float(values) if str(name) in ("True", "1", "yes") else np.nan)
            continue
        listed = {str(level): float(effect) for level, effect in values.items()}
        effects.append(listed.get(str(name), np.nan) - listed.get(str(fit.design.levels[term][0]), 0.0))
    return np.array(effects)


def _code_terms(
    cells: pd.DataFrame, terms: Sequence[str], reference: Mapping[str, Any], n: Vector
) -> tuple[Design, Codes]:
    """Return the levels that occur, in a reader's order with the reference first, and each row's."""
    check_columns(cells, terms, "The regression")
    levels: dict[str, list] = {}
    for term in terms:
        missing = cells[term].isna().to_numpy()
        if missing.any():
            raise ValueError(
                f"{term} has no label for {int(n[missing].sum()):,}: give them a level of their own "
                "('not stated')."
            )
        if isinstance(cells[term].dtype, pd.CategoricalDtype):
            names = cells[term].cat.remove_unused_categories().cat.categories.tolist()
        else:
            names = sorted(cells[term].unique().tolist(), key=level_key)
        first = reference.get(term, names[0])
        if first not in names:
            raise ValueError(f"{term} has no level {first!r} to compare with; it has {names}.")
        levels[term] = [first, *(name for name in names if name != first)]
    return Design(levels), Design(levels).code(cells)


def _with_events(
    design: Design, codes: Codes, n: Vector, y: Vector, family: str
) -> tuple[NDArray[np.bool_], dict[str, int], list[str]]:
    """Leave out levels that have no finite coefficient; say which, and how many trials they have."""
    keep, excluded, notes, before = n > 0, {}, [], -1
    while keep.sum() != before:  # leaving out one level can empty another
        before = keep.sum()
        for term, names in design.levels.items():
            n_level, y_level = (np.bincount(codes[term], part * keep, len(names)) for part in (n, y))
            bad = (n_level > 0) & ((y_level == 0) | ((y_level == n_level) & (family == "binomial")))
            for place in np.flatnonzero(bad):
                excluded[f"{term} {names[place]}"] = int(n_level[place])
                notes.append(f"{term} {names[place]} left out: none or all had the event.")
                keep = keep & (codes[term] != place)
    return keep, excluded, notes


def _reduce(design: Design, codes: Codes, keep: NDArray, notes: list[str]) -> tuple[Design, Codes]:
    """Return the design of the levels that are kept, and the codes of the rows that are."""
    left, new = {}, {}
    for term, names in design.levels.items():
        code = codes[term][keep]
        used = np.bincount(code, minlength=len(names)) > 0
        if used.sum() < 2:
            notes.append(f"{term} is not in the model: it has one level only.")
        elif not used[0]:
            notes.append(f"{term} is compared with {names[int(np.argmax(used))]}.")
        left[term] = [name for name, there in zip(names, used, strict=True) if there]
        new[term] = (np.cumsum(used) - 1)[code]
    return Design(left), new


def _estimate(data: Cells) -> tuple[Vector, float]:
    """Return coefficients and alpha."""
    gram = data.cross_product(data.trials)
    scale = np.sqrt(np.diag(gram))
    if np.linalg.matrix_rank(gram / np.outer(scale, scale), hermitian=True) < len(gram):
        raise ModelDidNotFit(CONFOUNDED)
    coef = np.zeros(data.x.shape[1])
    overall = data.events.sum() / np.sum(data.trials * data.exposure)
    coef[0] = logit(overall) if data.family == "binomial" else np.log(overall)
    coef = _newton(data, coef, 0.0)
    return _fit_nb2(data, coef) if data.family == "nb2" else (coef, 0.0)


def _newton(data: Cells, coef: Vector, alpha: float, steps: int = MAX_STEPS) -> Vector:
    """Newton's method at a given alpha; the likelihood is concave. Fewer steps need not settle."""
    mu = data.mean(coef)
    best = data.log_likelihood(mu, alpha)
    for _ in range(steps):
        score, weight = data.slopes(mu, alpha)
        step = _solve(data.cross_product(weight), data.x.T @ score)
        for _ in range(20):
            with np.errstate(over="ignore", invalid="ignore"):  # a step too far is halved
                mu = data.mean(coef + step)
                reached = data.log_likelihood(mu, alpha)
            # Rounding leaves the likelihood flat near the solution, so a fall only counts if it can be seen.
            if reached >= best - 1e-9 * abs(best):
                break
            step = step / 2
        if not np.isfinite(reached):
            raise ModelDidNotFit(UNSETTLED)
        coef, best = coef + step, reached
        if np.max(np.abs(step)) < TOLERANCE:
            return coef
    if steps == MAX_STEPS:
        raise ModelDidNotFit(UNSETTLED)
    return coef


def _fit_nb2(data: Cells, coef: Vector) -> tuple[Vector, float]:
    """Maximise over coefficients and alpha, from Poisson coefficients; alpha is 0 if counts vary no more."""
    mu = data.mean(coef)
    squares = np.sum(data.repeats * data.sizes**2) - np.sum(mu * (2 * data.events - data.trials * mu))
    alpha = float((squares - data.events.sum()) / np.sum(data.trials * mu**2))  # by moments
    if alpha <= 0:
        return coef, 0.0
    for _ in range(MAX_STEPS):
        before = np.append(coef, np.log(alpha))
        coef = _newton(data, coef, alpha, steps=1)
        alpha = _fit_alpha(data, data.mean(coef), alpha)
        if np.max(np.abs(np.append(coef, np.log(alpha)) - before)) < 10 * TOLERANCE:
            return coef, alpha
    raise ModelDidNotFit(UNSETTLED)


def _fit_alpha(data: Cells, mu: Vector, alpha: float) -> float:
    for _ in range(MAX_STEPS):
        first, second = _alpha_slopes(data, mu, alpha)
        # On the log scale, where the likelihood is closest to a parabola.
        slope, bend = alpha * first, alpha * first + alpha**2 * second
        step = float(np.clip(-slope / bend if bend < 0 else np.sign(slope), -1, 1))
        alpha *= np.exp(step)
        if abs(step) < TOLERANCE:
            return alpha
        if alpha < 1e-6:
            break
    raise ModelDidNotFit("The dispersion of these counts cannot be estimated: fit family='poisson'.")


def _alpha_slopes(data: Cells, mu: Vector, alpha: float) -> tuple[float, float]:
    """First and second derivative of the log-likelihood by alpha."""
    size, sizes, often, n, y = 1 / alpha, data.sizes, data.repeats, data.trials, data.events
    one = digamma(sizes + size) - digamma(size)
    two = polygamma(1, sizes + size) - polygamma(1, size)
    share, log_grown = mu / (1 + alpha * mu), np.log1p(alpha * mu)
    first = -(size**2) * np.sum(often * one) + np.sum(
        y * size + n * size**2 * log_grown - (y + n * size) * share
    )
    second = np.sum(often * (two * size**4 + one * 2 * size**3)) + np.sum(
        -y * size**2 - 2 * n * size**3 * log_grown + 2 * n * size**2 * share + (y + n * size) * share**2
    )
    return float(first), float(second)


def _solve(information: Vector, right: Vector) -> Vector:
    try:
        return np.linalg.solve(information, right)
    except np.linalg.LinAlgError as error:
        raise ModelDidNotFit(CONFOUNDED) from error


def _cluster_covariance(
    x: sparse.csr_array, residual: Vector, bread: Vector, group: NDArray[np.int64]
) -> Vector:
    n_rows, n_clusters = len(residual), int(group.max()) + 1
    scores = (sparse.csr_array((residual, (group, np.arange(n_rows)))) @ x).toarray()
    factor = n_clusters / (n_clusters - 1) * (n_rows - 1) / max(n_rows - len(bread), 1)
    return factor * bread @ (scores.T @ scores) @ bread


def _find_alike(codes: Codes, time: Vector) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return which pattern each row has, of every term and exposure, and the first row of each pattern."""
    key, size = (found := pd.factorize(time))[0], len(found[1])
    for code in codes.values():
        if size * (levels := int(code.max()) + 1) > np.iinfo("int64").max // 2:
            key, size = (found := pd.factorize(key))[0], len(found[1])
        key, size = key * levels + code, size * levels
    pattern = pd.factorize(key)[0]
    return pattern, np.flatnonzero(~pd.Series(pattern).duplicated().to_numpy())


@dataclass(frozen=True)
class _Clusters:
    """Rows of counts by cluster: the cluster and the pattern of each, its people and their events."""

    group: NDArray[np.int64]
    pattern: NDArray[np.int64]
    people: Vector
    events: Vector


def _jackknife(data: Cells, mu: Vector, alpha: float, bread: Vector, rows: _Clusters) -> Vector:
    """Covariance of coefficients of counts by leaving out one cluster after another; alpha is kept."""
    n_clusters, n_coef = int(rows.group.max()) + 1, data.x.shape[1]
    mean = mu[rows.pattern]
    score = (rows.events - rows.people * mean) / (1 + alpha * mean)
    weight = mean * (rows.people + alpha * rows.events) / (1 + alpha * mean) ** 2

    def by_cluster(values: Vector) -> sparse.csc_array:
        return sparse.csc_array((values, (rows.pattern, rows.group)), (len(mu), n_clusters))

    scores = (data.x.T @ by_cluster(score)).toarray()
    upper = (data.pairs @ by_cluster(weight)).toarray().T.reshape(n_clusters, n_coef, n_coef)
    own = upper + np.triu(upper, 1).transpose(0, 2, 1)
    whole = own.sum(axis=0)
    scale = np.sqrt(np.diag(whole))
    # A level of one cluster alone is no longer known without it: with a trace of a ridge its coefficient
    # stays as it is, since its scores there sum to 0.
    left = (whole - own) / np.outer(scale, scale) + 1e-6 * np.eye(n_coef)
    moved = np.linalg.solve(left, (scores.T / scale)[:, :, None])[:, :, 0] / scale
    found = (n_clusters - 1) / n_clusters * moved.T @ moved
    least, errors = np.sqrt(np.diag(bread)), np.sqrt(np.diag(found))
    widen = np.maximum(1.0, np.divide(least, errors, out=np.ones_like(least), where=errors > 0))
    found[np.diag_indices(n_coef)] = np.where(errors > 0, np.diag(found), least**2)
    return found * np.outer(widen, widen)


def _level_covariance(
    x: sparse.csr_array,
    residual: Vector,
    bread: Vector,
    group: NDArray[np.int64],
    time: NDArray[np.int64],
) -> tuple[Vector, float] | None:
    """Return the covariance that is robust to what a cluster has in one period, and its freedom.

    An effect for each cluster and one for each period take away from what units vary by: their freedom.
    """
    unit = pd.factorize(group * (time.max() + 1) + time)[0]
    n_units = int(unit.max()) + 1
    freedom = n_units - int(group.max()) - int(time.max()) - 1
    if freedom < 1:
        return None
    factor = (n_units - 1) / freedom  # in place of that for an intercept alone
    return factor * _cluster_covariance(x, residual, bread, unit), float(freedom)


def _level_counts(data: Cells, design: Design) -> pd.DataFrame:
    """Count trials, exposure and events at each level, from the cells."""
    at_level = data.x.T @ np.column_stack([data.trials, data.trials * data.exposure, data.events])
    rows: list[tuple] = []
    for term in design.terms:
        block = at_level[design.places[term]]
        block = np.vstack([at_level[0] - block.sum(axis=0), block])  # the intercept has everybody
        rows += [(term, name, *sums) for name, sums in zip(design.levels[term], block, strict=True)]
    table = pd.DataFrame(rows, columns=["term", "level", "trials", "exposure", "events"])
    return table.astype({"level": object, "trials": "int64", "events": "int64"})
