"""Time the disclosure gate on tables of 100,000 cells, a third of them small, with and without total rows.

``python -m benchmarks.disclosure_gate [repeats]`` prints seconds; the wanted limit is 2 s.
"""

from __future__ import annotations

import statistics
import sys
import time
from itertools import product

import numpy as np
import pandas as pd

from analysis_lib.kinds import Count, Dimension, Kind
from analysis_lib.release.gate.release import release_table
from analysis_lib.release.profiles import PATIENT

SHAPES = {
    "100,000 rows × 1 count, 4 dimensions": ((20, 20, 25, 10), 1, False),
    "100,000 rows × 1 count, 4 dimensions, totals included": ((18, 18, 24, 10), 1, True),
    "25,000 rows × 4 counts, 4 dimensions": ((10, 10, 25, 10), 4, False),
    "25,000 rows × 4 counts, 4 dimensions, totals included": ((9, 9, 22, 10), 4, True),
}


def make_table(
    shape: tuple[int, ...], n_counts: int, totals: bool, seed: int = 1
) -> tuple[pd.DataFrame, dict[str, Kind]]:
    """Return a complete table of made-up counts and its kinds: about a third from 1 to 7.

    The last of several counts is the sum of the others.
    """
    rng = np.random.default_rng(seed)
    cube = rng.negative_binomial(0.9, 0.055, (n_counts, *shape)).astype(float)
    if n_counts > 1:
        cube[-1] = cube[:-1].sum(axis=0)
    labels: list[list[object]] = [list(range(n)) for n in shape]
    if totals:
        for axis in range(1, len(shape) + 1):
            cube = np.concatenate([cube, cube.sum(axis=axis, keepdims=True)], axis=axis)
        labels = [[*values, "All"] for values in labels]
    names = [f"dimension_{d}" for d in range(len(shape))]
    frame = pd.DataFrame(list(product(*labels)), columns=names)
    kinds: dict[str, Kind] = {name: Dimension() for name in names}
    for number in range(n_counts):
        frame[f"n_{number}"] = cube[number].ravel().astype(int)
        kinds[f"n_{number}"] = Count()
    return frame, kinds


def measure(repeats: int = 3) -> pd.DataFrame:
    """Return, by kind of table: cells, share of them small, seconds (median)."""
    rows = []
    for what, (shape, n_counts, totals) in SHAPES.items():
        frame, kinds = make_table(shape, n_counts, totals)
        seconds = []
        for _ in range(repeats):
            start = time.perf_counter()
            release_table("speed", frame, PATIENT, kinds)
            seconds.append(time.perf_counter() - start)
        counts = frame.filter(regex="^n_").to_numpy()
        small = ((counts > 0) & (counts < 8)).mean()
        rows.append(
            {"table": what, "cells": counts.size, "small": small, "seconds": statistics.median(seconds)}
        )
    return pd.DataFrame(rows)


def to_markdown(frame: pd.DataFrame) -> str:
    """Return the measurements as a markdown table."""
    lines = ["| disclosure gate | cells | small | seconds |", "| --- | ---: | ---: | ---: |"]
    lines += [
        f"| {row.table} | {row.cells:,} | {row.small:.0%} | {row.seconds:.2f} |" for row in frame.itertuples()
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    print(to_markdown(measure(int(sys.argv[1]) if len(sys.argv) > 1 else 3)))
