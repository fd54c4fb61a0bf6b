"""Time the drivers of demand: grouped covariate patterns against statsmodels on rows.

``python -m benchmarks.fit_demand [people] [repeats]`` (880,000 and 1 if not given: statsmodels needs minutes
and gigabytes). Each way runs in a process of its own, so that its memory is its own; all ways run in turn in
every round, and ratios are medians over rounds. Needs no input: people are simulated here.

statsmodels' default for NB2 (BFGS) stops when coefficients still move in the third decimal. It is timed as it
is; then a few steps of Newton's method, which are not timed, take it on to the maximum that ours is compared
with.
"""

from __future__ import annotations

import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analysis_lib.measures.standard_population import level_key
from analysis_lib.models import fit_demand
from analysis_lib.models.regression import Design

AGES = ["0-4", "5-14", "15-24", "25-34", "35-44", "45-54", "55-64", "65-74", "75-84", "85+"]
ETHNIC = ["White", "Mixed", "Asian", "Black", "Other", "not stated"]
N_CONDITIONS = 20
TERMS = ["age_band", "sex", "ethnic_group", "imd_decile", *(f"has_{k:02d}" for k in range(N_CONDITIONS))]
ALPHA = 1.3
WAYS = ("statsmodels poisson", "grouped poisson", "statsmodels nb2", "grouped nb2")


def make_people(n: int, seed: int = 1) -> pd.DataFrame:
    """People with ages, areas and twenty conditions in likely numbers, and NB2 counts of contacts."""
    rng = np.random.default_rng(seed)
    age = rng.choice(10, n, p=[0.06, 0.12, 0.15, 0.15, 0.13, 0.12, 0.11, 0.08, 0.05, 0.03])
    frame = pd.DataFrame(
        {
            "age_band": np.array(AGES)[age],
            "sex": np.array(["F", "M", "not stated"])[rng.choice(3, n, p=[0.5, 0.495, 0.005])],
            "ethnic_group": np.array(ETHNIC)[rng.choice(6, n, p=[0.75, 0.03, 0.1, 0.05, 0.02, 0.05])],
            "imd_decile": rng.choice(np.arange(1, 11), n, p=[0.24, 0.1, *[0.08] * 6, 0.09, 0.09]),
        }
    )
    linear = 0.3 + 0.05 * age - 0.1 * (frame["sex"] == "M") + 0.03 * (10 - frame["imd_decile"])
    frailty = rng.normal(0, 1, n)
    for k in range(N_CONDITIONS):
        frame[f"has_{k:02d}"] = rng.random(n) < 1 / (1 + np.exp(4.5 + 0.1 * k - 0.35 * age - 0.6 * frailty))
        linear = linear + frame[f"has_{k:02d}"] * (0.1 + 0.02 * k)
    days = np.where(rng.random(n) < 0.05, rng.integers(1, 366, n), 365)
    frame["years_at_risk"] = days / 365.25
    frame["gp"] = rng.poisson(np.exp(linear) * frame["years_at_risk"] * rng.gamma(1 / ALPHA, ALPHA, n))
    return frame


def fit_grouped(frame: pd.DataFrame, family: str) -> tuple[list[float], list[float]]:
    """Coefficients (alpha last for NB2) and standard errors from grouped patterns."""
    fit = fit_demand(frame, "gp", TERMS, family=family)
    coef, spread = fit.coef.tolist(), np.sqrt(np.diag(fit.covariance()[0])).tolist()
    return (
        (coef + [fit.alpha], spread + [fit.alpha * fit.alpha_se_log]) if family == "nb2" else (coef, spread)
    )


def fit_rows(frame: pd.DataFrame, family: str) -> Any:
    """Return statsmodels' fit on rows, at its default settings (more steps allowed)."""
    import statsmodels.api as sm

    levels = Design({term: sorted(frame[term].unique().tolist(), key=level_key) for term in TERMS})
    design = levels.matrix(levels.code(frame)).toarray()
    model = sm.Poisson if family == "poisson" else sm.NegativeBinomial
    counts, years = frame["gp"].to_numpy(float), frame["years_at_risk"].to_numpy()
    return model(counts, design, exposure=years).fit(disp=0, maxiter=500)


def run_one(way: str, people: str) -> None:
    """Fit in this process and print seconds, MiB above the loaded frame, and the estimates."""
    tool, family = way.split()
    frame = pd.read_parquet(people)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start, worked = time.perf_counter(), time.process_time()
    found = (fit_grouped if tool == "grouped" else fit_rows)(frame, family)
    seconds, worked = time.perf_counter() - start, time.process_time() - worked
    memory = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    if tool == "statsmodels":
        on = found.model.fit(start_params=found.params, method="newton", disp=0, tol=1e-10)
        found = (on.params.tolist(), on.bse.tolist())
    coef, spread = found
    print(json.dumps({"seconds": seconds, "cpu": worked, "mib": memory, "coef": coef, "spread": spread}))


def measure(n: int = 880_000, repeats: int = 1) -> pd.DataFrame:
    """Return seconds, memory, ratios and the largest differences of estimates, for both families."""
    rounds = []
    with tempfile.TemporaryDirectory() as folder:
        people = Path(folder, "people.parquet")
        make_people(n).to_parquet(people)
        for _ in range(repeats):
            done = {}
            for way in WAYS:
                command = [sys.executable, "-m", "benchmarks.fit_demand", "--one", way, str(people)]
                answer = subprocess.run(command, capture_output=True, text=True, check=True)
                done[way] = json.loads(answer.stdout)
            rounds.append(done)
    return pd.DataFrame([compare(rounds, family) for family in ("poisson", "nb2")])


def compare(rounds: list[dict], family: str) -> dict[str, float | str]:
    """Medians over rounds, and how far the estimates of the last round differ."""

    def median(way: str, what: str) -> float:
        return statistics.median(done[f"{way} {family}"][what] for done in rounds)

    rows, ours = (rounds[-1][f"{way} {family}"] for way in ("statsmodels", "grouped"))
    return {
        "family": family,
        "rows_s": median("statsmodels", "seconds"),
        "grouped_s": median("grouped", "seconds"),
        "times": statistics.median(
            done[f"statsmodels {family}"]["seconds"] / done[f"grouped {family}"]["seconds"] for done in rounds
        ),
        "cpu_times": statistics.median(
            done[f"statsmodels {family}"]["cpu"] / done[f"grouped {family}"]["cpu"] for done in rounds
        ),
        "rows_mib": median("statsmodels", "mib"),
        "grouped_mib": median("grouped", "mib"),
        "coef_difference": float(np.max(np.abs(np.subtract(rows["coef"], ours["coef"])))),
        "se_difference": float(np.max(np.abs(np.divide(rows["spread"], ours["spread"]) - 1))),
    }


def to_markdown(table: pd.DataFrame, n: int = 880_000) -> str:
    """Return the table for benchmarks/README.md."""
    head = (
        f"| drivers of demand, {n:,} people | statsmodels on rows, s (MiB) | grouped, s (MiB) "
        "| times as fast | by processor time | largest difference of a coefficient | of a standard error |\n"
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: |"
    )
    lines = [
        f"| {row.family} | {row.rows_s:.2f} ({row.rows_mib:,.0f}) "
        f"| {row.grouped_s:.2f} ({row.grouped_mib:,.0f}) | {row.times:.0f} | {row.cpu_times:.0f} "
        f"| {row.coef_difference:.0e} | {row.se_difference:.3%} |"
        for row in table.itertuples()
    ]
    return "\n".join([head, *lines])


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        run_one(sys.argv[2], sys.argv[3])
    else:
        size, times = (int(sys.argv[i]) if len(sys.argv) > i else d for i, d in ((1, 880_000), (2, 1)))
        print(to_markdown(measure(size, times), size))
