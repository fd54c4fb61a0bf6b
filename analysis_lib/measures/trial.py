"""How well a trial over areas and months would see an effect: stepped wedge and switchback."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.stats import norm

from analysis_lib.measures.england import TooFewAreas
from analysis_lib.measures.rates import rate_dna


def plan_design(kind: str, n_areas: int, n_months: int) -> np.ndarray:
    """Return which area has the intervention in which month.

    Parameters
    ----------
    kind : {"stepped wedge", "switchback"}
        Stepped wedge: none in the first month, then an equal share of areas starts each month and stays.
        Switchback: half of the areas have it in odd months, the others in even months.
    n_areas, n_months : int
        Two or more of each.

    Returns
    -------
    numpy.ndarray
        n_areas × n_months of 0 and 1.
    """
    if n_areas < 2 or n_months < 2:
        raise ValueError("A trial needs two areas and two months at least.")
    month = np.arange(n_months)
    if kind == "stepped wedge":
        start = 1 + np.arange(n_areas) * (n_months - 1) // n_areas
        return (month >= start[:, None]).astype(int)
    if kind == "switchback":
        return (np.arange(n_areas)[:, None] + month) % 2
    raise ValueError(f"kind={kind!r} is not known: use 'stepped wedge' or 'switchback'.")


def effect_variance(design: np.ndarray, between_var: float, cell_var: float) -> float:
    """Return the variance of the estimated effect, by the formula of Hussey and Hughes (2007).

    Parameters
    ----------
    design : array of 0 and 1
        Areas × months.
    between_var : float
        Variance between areas (their τ²).
    cell_var : float
        Variance of an area's rate in a month beyond area and month effects (their σ², of a cell's mean).

    Notes
    -----
    Design and analysis of stepped wedge cluster randomized trials. Contemporary Clinical Trials
    28:182–191, equation 8. It takes months as fixed effects, areas as random, and months of an area as
    independent beyond those; it holds for any design of 0 and 1.
    """
    n_areas, n_months = design.shape
    u, w, v = design.sum(), (design.sum(axis=0) ** 2).sum(), (design.sum(axis=1) ** 2).sum()
    spread = (n_areas * u - w) * cell_var
    spread += (u**2 + n_areas * n_months * u - n_months * w - n_areas * v) * between_var
    return float(n_areas * cell_var * (cell_var + n_months * between_var) / spread)


def smallest_effect(variance: float, power: float = 0.8, alpha: float = 0.05) -> float:
    """Return the smallest effect that a two-sided test at `alpha` sees with this power."""
    return float((norm.ppf(1 - alpha / 2) + norm.ppf(power)) * np.sqrt(variance))


def split_variance(attendance: pd.DataFrame, area: str = "icb_code", months: int = 24) -> dict[str, float]:
    """Split the DNA rates of areas and months into areas, months and the rest.

    Parameters
    ----------
    attendance : DataFrame
        The attendance frame.
    area : str
        Column of areas.
    months : int
        The last so many months are used.

    Returns
    -------
    dict
        rate (mean of all cells), between_var, cell_var (see `effect_variance`), lag_1 (correlation of an
        area's rest with that of the month before), n_areas, n_months, and rates: areas × months.

    Raises
    ------
    TooFewAreas
        If there are fewer than four areas with a rate in each of six or more months.
    """
    cells = rate_dna(attendance, [area, "month"])
    rates = cells.set_index([area, "month"])["dna_rate"].unstack("month")  # noqa: PD010
    rates = rates.sort_index(axis=1).iloc[:, -months:].dropna().to_numpy(float)
    n_areas, n_months = rates.shape
    if n_areas < 4 or n_months < 6:
        raise TooFewAreas(
            "A trial cannot be planned from these files: that takes at least four integrated care boards "
            "with a DNA rate in each of six months."
        )
    rest = rates - rates.mean(axis=1, keepdims=True) - rates.mean(axis=0, keepdims=True) + rates.mean()
    cell_var = (rest**2).sum() / ((n_areas - 1) * (n_months - 1))
    between = rates.mean(axis=1).var(ddof=1) - cell_var / n_months
    return {
        "rate": rates.mean(),
        "between_var": max(float(between), 0.0),
        "cell_var": float(cell_var),
        "lag_1": float((rest[:, 1:] * rest[:, :-1]).sum() / (rest[:, :-1] ** 2).sum()),
        "n_areas": n_areas,
        "n_months": n_months,
        "rates": rates,
    }


def placebo_sd(rates: np.ndarray, design: np.ndarray, n: int = 500, seed: int = 1) -> float:
    """Return how far the estimated effect would have moved with no effect at all.

    The design is laid on the last months that were, with areas in random order, and the effect estimated
    with area and month effects; the root mean square of the estimates. Unlike a formula it knows that months
    of an area resemble each other.
    """
    rng = np.random.default_rng(seed)
    rates = rates[: design.shape[0], -design.shape[1] :]
    design = design - design.mean(axis=1, keepdims=True) - design.mean(axis=0, keepdims=True) + design.mean()
    scale = (design**2).sum()
    estimates = [(design[rng.permutation(len(design))] * rates).sum() / scale for _ in range(n)]
    return float(np.sqrt(np.mean(np.square(estimates))))


def compare_designs(parts: dict, lengths: tuple[int, ...] = (6, 12), power: float = 0.8) -> pd.DataFrame:
    """Compare what designs could see.

    Parameters
    ----------
    parts : dict
        As `split_variance` returns; all of its areas take part.
    lengths : tuple of int
        Months of a trial; those longer than the rates there are, are left out.
    power : float
        Chance of seeing the effect.

    Returns
    -------
    DataFrame
        design, months, sd_formula (Hussey and Hughes), sd_placebo (see `placebo_sd`), smallest_effect (by
        the larger of the two, DNA rate 0 to 1) and smallest_share (of the rate); smallest first.
    """
    rows = []
    for kind in ("stepped wedge", "switchback"):
        for length in (m for m in lengths if m <= parts["n_months"]):
            design = plan_design(kind, parts["n_areas"], length)
            by_formula = effect_variance(design, parts["between_var"], parts["cell_var"]) ** 0.5
            by_placebo = placebo_sd(parts["rates"], design)
            effect = smallest_effect(max(by_formula, by_placebo) ** 2, power)
            rows.append((kind, length, by_formula, by_placebo, effect, effect / parts["rate"]))
    columns = ["design", "months", "sd_formula", "sd_placebo", "smallest_effect", "smallest_share"]
    frame = pd.DataFrame(rows, columns=columns)
    return frame.sort_values(["smallest_effect", "design"], ignore_index=True)
