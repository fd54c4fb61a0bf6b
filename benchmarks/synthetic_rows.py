"""Generators of rows at 20,000 rows, against sdv, synthpop-py and arfpy, and trees of 880,000 rows.

``python -m benchmarks.synthetic_rows [rounds] [FOLDER]`` writes synthetic_speed.csv into
analysis_lib/reference. Rows are those of Diabetes 130-US hospitals where NHS_DATA has
patients/diabetes_130us_hospitals.zip, else of a simulated hospital; those trained on and those held out are
of different people. The peers (sdv is under the Business Source License: only compared against, never a
dependency) go into environments of their own, which are thrown away unless FOLDER says where to keep them.
Each way runs in a process of its own, on one thread; it is given the same table (whole numbers, and text
without gaps), learns it and draws as many rows. What is compared takes turns in every round, the rest runs
in the first. Reading and imports are in no time. Ratios are of processor time: a busy machine slows the
clock more.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

DIABETES = "patients/diabetes_130us_hospitals.zip"
N_ROWS, N_MANY, N_BINS = 20_000, 880_000, 10
DERIVED = ["has_procedure"]  # from num_procedures
#: Our generators, by class, and what the report calls them.
OURS = {
    "Independent": "independent",
    "CellSampling": "cells",
    "GaussianCopula": "copula",
    "TreeOfPairs": "pairs",
    "SequentialTrees": "trees",
    "AdversarialForest": "forest",
    "PrivatePairs": "noisy",
    "TabularGAN": "network",
}
#: What each peer needs; arfpy 0.1.1 fails with NumPy 2.4.
ENVIRONMENTS = {
    "sdv": ("sdv==2.0.0", "pyarrow"),
    "synthpop-py": ("synthpop-py==0.1.3", "pyarrow"),
    "arfpy": ("arfpy==0.1.1", "numpy<2", "pyarrow<21"),
}
#: Ours, the peer of the same method, and how many times as fast ours is to be.
PEERS = {
    "GaussianCopula": ("sdv", "sdv 2.0.0", 10),
    "SequentialTrees": ("synthpop-py", "synthpop-py 0.1.3", 4),
    "AdversarialForest": ("arfpy", "arfpy 0.1.1", 20),
}
ONE_THREAD = {f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL")}


def write_rows(folder: Path) -> str:
    """Write the rows to learn and those held out, train.parquet and holdout.parquet; return what they are."""
    from analysis_lib.inputs.hospital.admissions import read_admissions
    from analysis_lib.simulate import simulate_hospital, simulate_population

    file = Path(os.environ.get("NHS_DATA", "")) / DIABETES
    if os.environ.get("NHS_DATA") and file.exists():
        (frame, people), source = read_admissions(file), "Diabetes 130-US hospitals"
    else:
        hospital = simulate_hospital(simulate_population(folder / "population", 100_000))
        frame = hospital.wide.drop(columns="rn").reset_index(drop=True)
        flags = [name for name in frame.select_dtypes(bool) if name != "readmitted"]
        frame, people = frame.drop(columns=flags), hospital.people.reset_index(drop=True)
        source = "a simulated hospital"
    frame = frame.drop(columns=[name for name in DERIVED if name in frame])
    rng = np.random.default_rng(1)
    trained = (rng.random(people.max() + 1) < 0.5)[people]
    for name, kept in (("train", trained), ("holdout", ~trained)):
        rows = rng.permutation(np.flatnonzero(kept))[:N_ROWS]
        make_plain(frame.iloc[rows]).to_parquet(folder / f"{name}.parquet", index=False)
    return source


def make_plain(frame: pd.DataFrame) -> pd.DataFrame:
    """Return whole numbers, and all else as text in which "missing" is a value: what all ways can take."""
    columns = {}
    for name, values in frame.items():
        if pd.api.types.is_integer_dtype(values):
            columns[name] = values.to_numpy(np.int64)
        else:
            columns[name] = (
                values.astype(object).where(values.notna(), "missing").astype(str).to_numpy(object)
            )
    return pd.DataFrame(columns)


def with_ours(name: str, frame: pd.DataFrame, n: int) -> Callable[[], pd.DataFrame]:
    """Use a generator of this project with its defaults, to draw n rows."""
    from analysis_lib.models import synthetic

    columns = {}
    for column, values in frame.items():
        if values.dtype == np.int64:
            columns[column] = synthetic.Column("whole", low=0, high=values.max(), days=column == "speldur")
        else:  # codes as public knowledge, which the private generator asks for
            columns[column] = synthetic.Column("label", codes=tuple(sorted(values.unique())))
    schema = synthetic.Schema(columns)
    settings: dict[str, tuple] = {"CellSampling": (("age", "sex"),), "PrivatePairs": (1.0,)}

    def draw() -> pd.DataFrame:
        made = getattr(synthetic, name)(*settings.get(name, ()))
        return made.fit(frame, schema, np.random.default_rng(1)).sample(n, np.random.default_rng(2))

    return draw


def with_sdv(frame: pd.DataFrame) -> Callable[[], pd.DataFrame]:
    """Use sdv's Gaussian copula with its defaults; metadata are made beforehand."""
    from sdv.metadata import Metadata
    from sdv.single_table import GaussianCopulaSynthesizer

    kinds = {n: "numerical" if v.dtype == np.int64 else "categorical" for n, v in frame.items()}
    columns = {name: {"sdtype": kind} for name, kind in kinds.items()}
    metadata = Metadata.load_from_dict({"tables": {"rows": {"columns": columns}}})

    def draw() -> pd.DataFrame:
        synthesizer = GaussianCopulaSynthesizer(metadata)
        synthesizer.fit({"rows": frame})
        return synthesizer.sample(len(frame))["rows"]

    return draw


def with_synthpop(frame: pd.DataFrame) -> Callable[[], pd.DataFrame]:
    """Use synthpop-py's trees with its defaults."""
    from synthpop import Synthesiser

    return lambda: Synthesiser(random_seed=1).fit(frame).generate(len(frame))


def with_arfpy(frame: pd.DataFrame) -> Callable[[], pd.DataFrame]:
    """Use arfpy with its defaults; text as categories, which it asks for."""
    from arfpy import arf

    texts = [name for name, values in frame.items() if values.dtype != np.int64]
    frame = frame.astype(dict.fromkeys(texts, "category"))

    def draw() -> pd.DataFrame:
        np.random.seed(1)  # noqa: NPY002 its only way to be given a seed
        forest = arf.arf(frame, verbose=False)
        forest.forde()
        return forest.forge(len(frame))

    return draw


ELSEWHERE = {"sdv": with_sdv, "synthpop-py": with_synthpop, "arfpy": with_arfpy}


def write_many(folder: Path) -> None:
    """Write many.parquet: rows that trees drew, as rows repeated would be easier to learn."""
    make_plain(with_ours("SequentialTrees", read_table(folder, "train"), N_MANY)()).to_parquet(
        folder / "many.parquet", index=False
    )


def read_table(folder: Path, table: str) -> pd.DataFrame:
    """Read rows with text as objects, which every version of pandas and every way takes."""
    frame = pd.read_parquet(folder / f"{table}.parquet")
    return frame.astype({name: object for name, values in frame.items() if values.dtype != np.int64})


def bin_columns(train: pd.DataFrame, *frames: pd.DataFrame) -> list[NDArray[np.int64]]:
    """Return the bin of every value, shape (n, columns) each; numbers in tenths of those trained on."""
    coded: list[list[NDArray[np.int64]]] = [[] for _ in frames]
    for name, values in train.items():
        parts = [frame[name] for frame in frames]
        if values.dtype == np.int64:
            ends = np.unique(np.quantile(values, np.linspace(0, 1, N_BINS + 1)))[1:-1]
            codes = [np.searchsorted(ends, part.to_numpy(float), side="left") for part in parts]
        else:
            both = pd.concat(parts)
            codes = np.split(
                pd.factorize(both, use_na_sentinel=False)[0], np.cumsum([len(part) for part in parts])[:-1]
            )
        for found, code in zip(coded, codes, strict=True):
            found.append(code)
    return [np.column_stack(found) for found in coded]


def pairs_apart(train: pd.DataFrame, one: pd.DataFrame, two: pd.DataFrame) -> float:
    """Return the mean total variation between two tables' distributions of two columns."""
    first, second = bin_columns(train, one, two)
    size = np.maximum(first.max(axis=0), second.max(axis=0)) + 1
    distances = []
    for i, j in combinations(range(len(size)), 2):
        shares = [
            np.bincount(codes[:, i] * size[j] + codes[:, j], minlength=size[i] * size[j]) / len(codes)
            for codes in (first, second)
        ]
        distances.append(0.5 * np.abs(shares[0] - shares[1]).sum())
    return float(np.mean(distances))


def run_one(name: str, folder: Path, table: str) -> dict[str, float]:
    """Learn and draw in this process; write the rows; return seconds, processor seconds, gigabytes."""
    frame = read_table(folder, table)
    texts = [column for column, values in frame.items() if values.dtype != np.int64]
    draw = ELSEWHERE[name](frame) if name in ELSEWHERE else with_ours(name, frame, len(frame))
    before, start = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
    rows = draw()
    seconds, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_SELF)
    rows.astype(dict.fromkeys(texts, str)).to_parquet(folder / f"{name}.parquet", index=False)
    worked = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"seconds": seconds, "cpu": worked, "gigabytes": after.ru_maxrss * 1024 / 1e9}


def judge_once(folder: Path) -> dict[str, float]:
    """Return the seconds of all measures of one data set, where the judge is there."""
    try:
        from analysis_lib.models.synthetic.judge import judge
    except ModuleNotFoundError:
        return {}
    from analysis_lib.models.synthetic import Column, Schema

    train, holdout, drawn = (read_table(folder, name) for name in ("train", "holdout", "SequentialTrees"))
    kinds = {n: Column("whole" if v.dtype == np.int64 else "label") for n, v in train.items()}
    schema = Schema(kinds | {"readmitted": Column("flag")})
    frames = [f.assign(readmitted=f["readmitted"] == "True") for f in (drawn, train, holdout)]
    start = time.process_time()
    judge(*frames, schema, outcome="readmitted", groups=["sex"], rng=np.random.default_rng(1))
    return {"cpu": time.process_time() - start}


def make_environment(folder: Path, packages: tuple[str, ...]) -> Path:
    """Make an environment with these packages, unless it is there; return its Python."""
    python = folder / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", *packages], check=True)
    return python


def measure(folder: Path, rounds: int = 3) -> tuple[dict[str, Any], pd.DataFrame]:
    """Return the source of the rows and what else is measured, and medians of rounds by generator."""
    facts = {"source": _call(sys.executable, "--write", folder)}
    pythons: dict[str, str | Path] = dict.fromkeys(OURS, sys.executable)
    for name, packages in ENVIRONMENTS.items():
        pythons[name] = make_environment(folder / f"environment-{name}", packages)
    train, holdout = (read_table(folder, name) for name in ("train", "holdout"))
    facts["rows"], facts["columns"] = train.shape
    facts["floor"] = pairs_apart(train, holdout, train)
    rows, apart = [], {}
    compared = {*PEERS, *ENVIRONMENTS}
    for number in range(rounds):
        for name, python in pythons.items():
            if number and name not in compared:
                continue
            rows.append({"generator": name} | _call(python, "--one", name, folder, "train"))
            print(f"round {number + 1}: {rows[-1]}", file=sys.stderr)
            apart[name] = pairs_apart(train, holdout, read_drawn(folder, name, train))
    frame = pd.DataFrame(rows).groupby("generator", sort=False).median().assign(pairs=pd.Series(apart))
    facts["judge"] = _call(sys.executable, "--judge", folder)
    _call(sys.executable, "--many", folder)
    facts["many"] = _call(sys.executable, "--one", "SequentialTrees", folder, "many")
    return facts, frame


def read_drawn(folder: Path, name: str, train: pd.DataFrame) -> pd.DataFrame:
    """Read what a generator drew, and refuse a table that is not as long as the real one."""
    drawn = pd.read_parquet(folder / f"{name}.parquet")[list(train)]
    assert len(drawn) == len(train), f"{name} drew {len(drawn):,} rows for {len(train):,}"
    return drawn


def _call(python: str | Path, *words: str | Path) -> Any:
    command = [str(word) for word in (python, "-m", "benchmarks.synthetic_rows", *words)]
    environment = os.environ | ONE_THREAD
    answer = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, env=environment)
    return json.loads(answer.stdout.splitlines()[-1])


def to_table(facts: dict[str, Any], frame: pd.DataFrame) -> pd.DataFrame:
    """Return a row for each generator of ours, with its peer's processor seconds; columns as in the CSV."""
    rows = []
    for name in OURS:
        environment, peer, wanted = PEERS.get(name, ("", "", np.nan))
        ours, theirs = frame.loc[name], frame.loc[environment] if environment else pd.Series(dtype=float)
        rows.append(
            {
                "generator": OURS[name],
                "n_rows": facts["rows"],
                "seconds": ours["cpu"],
                "gigabytes": ours["gigabytes"],
                "pairs_apart": ours["pairs"],
                "peer": peer,
                "peer_seconds": theirs.get("cpu", np.nan),
                "peer_pairs_apart": theirs.get("pairs", np.nan),
                "times": theirs.get("cpu", np.nan) / ours["cpu"],
                "wanted": wanted,
            }
        )
    many = {"generator": OURS["SequentialTrees"], "n_rows": N_MANY, "seconds": facts["many"]["cpu"]}
    return pd.DataFrame([*rows, many | {"gigabytes": facts["many"]["gigabytes"]}]).assign(
        source=facts["source"], floor_apart=facts["floor"]
    )


def to_markdown(facts: dict[str, Any], frame: pd.DataFrame) -> str:
    """Return the measurements as a markdown table."""
    lines = [
        f"| {facts['source']}: {facts['rows']:,} rows, {facts['columns']} columns | processor seconds "
        "| pairs, TV | peer | its processor seconds | its pairs, TV | times as fast | wanted |",
        "| --- | ---: | ---: | --- | ---: | ---: | ---: | --- |",
    ]
    for row in to_table(facts, frame).iloc[:-1].itertuples():
        theirs = "| | | | |"
        if row.peer:
            met = "met" if row.times >= row.wanted else "missed"
            theirs = (
                f"{row.peer} | {row.peer_seconds:.1f} | {row.peer_pairs_apart:.3f} | {row.times:.1f} "
                f"| {row.wanted:.0f}: {met} |"
            )
        lines.append(f"| `{row.generator}` | {row.seconds:.2f} | {row.pairs_apart:.3f} | {theirs}")
    lines.append(f"| real rows of other people | | {facts['floor']:.3f} | | | | | |")
    total = frame.loc[list(OURS), "cpu"].sum()
    many = facts["many"]
    judged = f" All measures of one data set: {facts['judge']['cpu']:.1f} s." if facts["judge"] else ""
    text = (
        f"All generators together: {total:.1f} processor seconds.{judged} Sequential trees of "
        f"{N_MANY:,} rows: {many['cpu']:.1f} processor seconds, {many['gigabytes']:.1f} GB at most."
    )
    return "\n".join(lines) + "\n\n" + text


def main(words: list[str]) -> None:
    """Measure, print and write, or take one step of it."""
    step = words[0] if words and words[0].startswith("--") else ""
    if step == "--one":
        print(json.dumps(run_one(words[1], Path(words[2]), words[3])))
    elif step:
        steps: dict[str, Callable[[Path], Any]] = {
            "--write": write_rows,
            "--many": write_many,
            "--judge": judge_once,
        }
        print(json.dumps(steps[step](Path(words[1]))))
    else:
        from analysis_lib.project import REFERENCE

        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(words[1] if len(words) > 1 else scratch)
            found = measure(folder, int(words[0]) if words else 3)
        table = to_table(*found)
        table.to_csv(REFERENCE / "synthetic_speed.csv", index=False, float_format="%.4g", lineterminator="\n")
        print(to_markdown(*found))


if __name__ == "__main__":
    main(sys.argv[1:])
