"""Regression of missed appointments: a binomial model of grouped counts with honest intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse
from scipy.special import expit, xlogy

from analysis_lib.measures.cells import COUNT, UNKNOWN, check_columns, known_cells

TERMS = ("lead_time", "mode", "hcp_type", "month", "icb_code")
CLUSTER = "icb_code"
MIN_CLUSTERS = 20  # fewer clusters make cluster-robust intervals too narrow
MAX_STEPS = 50


class ModelDidNotFit(ValueError):
    """The regression cannot be fitted to these counts; the message says why."""


@dataclass(frozen=True)
class DnaFit:
    """A fitted regression of DNA; see `fit_dna`.

    Attributes
    ----------
    terms : tuple of str
        Terms in the model (those with one level are left out and noted).
    levels : dict
        Levels of each term; the first is the reference.
    coef : ndarray, shape (n_coef,)
        Intercept, then the levels of each term without its reference, as logits.
    cov_cluster, cov_quasi : ndarray or None, shape (n_coef, n_coef)
        Covariance of `coef`: robust to clustering by ICB (None where there are too few), and binomial
        times `dispersion`.
    dispersion : float
        Pearson chi-square over its degrees of freedom; 1 if counts vary as the binomial says.
    interval : str
        "cluster" or "quasi": which intervals are given unless asked otherwise.
    excluded : dict
        Appointments left out, by reason.
    notes : list of str
        What was left out of the model, and why.
    """

    terms: tuple[str, ...]
    levels: dict[str, list]
    coef: NDArray[np.float64]
    cov_quasi: NDArray[np.float64]
    cov_cluster: NDArray[np.float64] | None
    dispersion: float
    interval: str
    n_clusters: int
    n_patterns: int
    n_appointments: int
    n_dna: int
    excluded: dict[str, int]
    notes: list[str]
    codes: dict[str, NDArray[np.int64]] = field(repr=False)
    n: NDArray[np.float64] = field(repr=False)
    y: NDArray[np.float64] = field(repr=False)

    @property
    def degrees_of_freedom(self) -> int:
        """Patterns less coefficients."""
        return self.n_patterns - len(self.coef)


def fit_dna(attendance: pd.DataFrame, terms: Sequence[str] = TERMS, interval: str = "auto") -> DnaFit:
    """Fit a binomial GLM (logit link) of DNA on kinds of appointment, months and areas.

    Parameters
    ----------
    attendance : DataFrame
        The attendance frame. Left out: Unknown status and Unknown lead time (`excluded` counts them), and
        levels in which none or all were missed, which have no finite logit (`notes` names them). Unknown mode
        and Unknown HCP type stay, as levels of their own.
    terms : sequence of str
        Categorical columns, all main effects.
    interval : str
        "cluster" (robust to any dependence within an ICB), "quasi" (binomial variance times over-dispersion),
        or "auto": cluster where there are at least 20 ICBs.

    Returns
    -------
    DnaFit
        Use `coefficients`, `marginal_rates` and `compare_truth` on it.

    Raises
    ------
    ModelDidNotFit
        If no term varies, nothing was missed, or the estimates do not settle.
    ValueError
        If `interval` is unknown, or "cluster" is asked for where it is not to be had.

    Notes
    -----
    Rows with equal terms are collapsed to one covariate pattern (appointments, DNAs), which changes no
    estimate; the design holds one non-zero entry a term, so the fit is Newton's method (iteratively
    reweighted least squares) on a sparse matrix. McCullagh P, Nelder JA (1989) Generalized Linear Models,
    chapters 2 and 4 (over-dispersion). Cluster-robust: Liang KY, Zeger SL (1986) Biometrika 73:13-22, with
    the small-sample factor G/(G-1) x (N-1)/(N-p) and t quantiles on G-1 degrees of freedom.

    The clusters are the ICBs, so the robust covariance says nothing of the ICB effects themselves: with an
    effect for each ICB their scores sum to zero within each cluster. Use "quasi" for those; `marginal_rates`
    does so. The model describes what goes together; it does not say what would follow from a change.
    """
    if interval not in ("auto", "cluster", "quasi"):
        raise ValueError(f"interval is auto, cluster or quasi, not {interval}.")
    cells, excluded, notes = _patterns(attendance, terms)
    kept, levels, codes = _code_terms(cells, terms, notes)
    if not kept or not cells["n_dna"].sum():
        raise ModelDidNotFit("Nothing to fit: no term has two levels with missed appointments.")
    design = _design(codes, levels)
    n, y = cells["n_known"].to_numpy(float), cells["n_dna"].to_numpy(float)
    coef = _newton(design, n, y)
    dispersion, bread = _dispersion(design, n, y, coef)
    clusters = cells[CLUSTER].astype(object).factorize()[0] if CLUSTER in cells else np.zeros(len(n), int)
    n_clusters = int(clusters.max()) + 1
    chosen = _choose_interval(interval, n_clusters, notes)
    return DnaFit(
        terms=kept,
        levels=levels,
        coef=coef,
        cov_quasi=bread * max(dispersion, 1.0),
        cov_cluster=_cluster_covariance(design, n, y, coef, bread, clusters) if n_clusters > 1 else None,
        dispersion=dispersion,
        interval=chosen,
        n_clusters=n_clusters,
        n_patterns=len(n),
        n_appointments=int(n.sum()),
        n_dna=int(y.sum()),
        excluded=excluded,
        notes=notes,
        codes=codes,
        n=n,
        y=y,
    )


def _patterns(
    attendance: pd.DataFrame, terms: Sequence[str]
) -> tuple[pd.DataFrame, dict[str, int], list[str]]:
    """Collapse to covariate patterns of known status and known lead time; say what is left out."""
    check_columns(attendance, [*terms, "status", "lead_time", COUNT], "The regression")
    clusters = [CLUSTER] if CLUSTER in attendance and CLUSTER not in terms else []
    cells = known_cells(attendance, [*terms, *clusters], known=["lead_time"])
    unknown = (attendance["status"] == UNKNOWN).to_numpy()
    excluded = {
        "status Unknown": int(attendance.loc[unknown, COUNT].sum()),
        "lead time Unknown": int(
            attendance.loc[~unknown & (attendance["lead_time"] == UNKNOWN).to_numpy(), COUNT].sum()
        ),
    }
    notes: list[str] = []
    while True:  # leaving out one level can empty another
        before = len(cells)
        for term in terms:
            cells = _drop_empty_levels(cells, term, excluded, notes)
        if len(cells) == before:
            return cells.reset_index(drop=True), excluded, notes


def _drop_empty_levels(
    cells: pd.DataFrame, term: str, excluded: dict[str, int], notes: list[str]
) -> pd.DataFrame:
    sums = cells.groupby(term, observed=True)[["n_known", "n_dna"]].sum()
    bad = sums[(sums["n_dna"] == 0) | (sums["n_dna"] == sums["n_known"])]
    for level, row in bad.iterrows():
        notes.append(f"{term} {level} left out: none or all of its {row['n_known']:,} were missed.")
        excluded[f"{term} {level}"] = int(row["n_known"])
    return cells[~cells[term].isin(bad.index)] if len(bad) else cells


def _code_terms(
    cells: pd.DataFrame, terms: Sequence[str], notes: list[str]
) -> tuple[tuple[str, ...], dict[str, list], dict[str, NDArray[np.int64]]]:
    levels: dict[str, list] = {}
    codes: dict[str, NDArray[np.int64]] = {}
    for term in terms:
        column = cells[term]
        if isinstance(column.dtype, pd.CategoricalDtype):
            column = column.cat.remove_unused_categories()
        labelled = pd.Categorical(column)
        if len(labelled.categories) < 2:
            notes.append(f"{term} is not in the model: it has one level only.")
            continue
        levels[term] = list(labelled.categories)
        codes[term] = labelled.codes.astype("int64")
    return tuple(levels), levels, codes


def term_columns(levels: dict[str, list]) -> dict[str, slice]:
    """Return where each term's coefficients stand (after the intercept, without the reference)."""
    columns, start = {}, 1
    for term, names in levels.items():
        columns[term] = slice(start, start + len(names) - 1)
        start += len(names) - 1
    return columns


def _design(codes: dict[str, NDArray[np.int64]], levels: dict[str, list]) -> sparse.csr_array:
    n_rows = len(next(iter(codes.values())))
    rows, columns = [np.arange(n_rows)], [np.zeros(n_rows, dtype="int64")]
    for term, place in term_columns(levels).items():
        other = np.flatnonzero(codes[term] > 0)
        rows.append(other)
        columns.append(place.start + codes[term][other] - 1)
    row, column = np.concatenate(rows), np.concatenate(columns)
    width = 1 + sum(len(names) - 1 for names in levels.values())
    return sparse.csr_array((np.ones(len(row)), (row, column)), shape=(n_rows, width))


def _information(design: sparse.csr_array, weight: NDArray[np.float64]) -> NDArray[np.float64]:
    return (design.T @ (sparse.diags_array(weight) @ design)).toarray()


def _deviance(n: NDArray, y: NDArray, p: NDArray) -> float:
    return float(-2 * np.sum(xlogy(y, p) + xlogy(n - y, 1 - p)))


def _newton(design: sparse.csr_array, n: NDArray, y: NDArray) -> NDArray[np.float64]:
    coef = np.zeros(design.shape[1])
    overall = y.sum() / n.sum()
    coef[0] = np.log(overall / (1 - overall))
    p = expit(design @ coef)
    deviance = _deviance(n, y, p)
    for _ in range(MAX_STEPS):
        try:
            step = np.linalg.solve(_information(design, n * p * (1 - p)), design.T @ (y - n * p))
        except np.linalg.LinAlgError as error:
            raise ModelDidNotFit(
                "The terms cannot be told apart in these data (one is a combination of others): "
                "fit with fewer terms."
            ) from error
        # Rounding leaves the deviance flat near the solution, so a rise only counts if it can be seen.
        for _ in range(20):
            tried = expit(design @ (coef + step))
            if _deviance(n, y, tried) <= deviance * (1 + 1e-10):
                break
            step = step / 2
        coef, p, deviance = coef + step, tried, _deviance(n, y, tried)
        if np.max(np.abs(step)) < 1e-8:
            return coef
    raise ModelDidNotFit(f"The estimates did not settle in {MAX_STEPS} steps: fit with fewer terms.")


def _dispersion(design: sparse.csr_array, n: NDArray, y: NDArray, coef: NDArray) -> tuple[float, NDArray]:
    """Return Pearson's over-dispersion and the inverse information."""
    p = expit(design @ coef)
    variance = n * p * (1 - p)
    freedom = len(n) - len(coef)
    pearson = float(np.sum((y - n * p) ** 2 / variance))
    return pearson / freedom if freedom > 0 else 1.0, np.linalg.inv(_information(design, variance))


def _cluster_covariance(
    design: sparse.csr_array, n: NDArray, y: NDArray, coef: NDArray, bread: NDArray, clusters: NDArray
) -> NDArray[np.float64]:
    residual = y - n * expit(design @ coef)
    n_clusters, n_rows = int(clusters.max()) + 1, len(n)
    member = sparse.csr_array((residual, (clusters, np.arange(n_rows))), shape=(n_clusters, n_rows))
    scores = (member @ design).toarray()
    factor = n_clusters / (n_clusters - 1) * (n_rows - 1) / max(n_rows - len(coef), 1)
    return factor * bread @ (scores.T @ scores) @ bread


def _choose_interval(asked: str, n_clusters: int, notes: list[str]) -> str:
    if asked == "cluster" and n_clusters < 2:
        raise ValueError("Cluster-robust intervals need several ICBs: use interval='quasi'.")
    if asked != "auto":
        return asked
    if n_clusters >= MIN_CLUSTERS:
        return "cluster"
    notes.append(f"Quasi-binomial intervals: {n_clusters} ICBs are too few for cluster-robust ones.")
    return "quasi"
