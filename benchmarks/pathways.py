"""What follows what, and frequent sequences: the queries, against pm4py, pandas and prefixspan.

``python -m benchmarks.pathways FOLDER [rounds]``, where FOLDER holds a linked population. pm4py (AGPL: only
compared against, never a dependency) and prefixspan go into an environment that is thrown away. All read one
Parquet file of steps, with numbers for people and settings, in order by person and day, and each runs in a
process of its own. Reading is in all times, imports in none. Processor time, of all threads, is what ratios
are of: a busy machine slows the clock more. The answers must be equal, or there is no table.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd

PACKAGES = ("pm4py==2.7.23.11", "prefixspan==0.5.2")
SAME = ("numpy", "pandas", "pyarrow")  # in the versions of the project
LANDMARK, START, END = "2023-04-01", "2022-04-01", "2025-04-01"
FEWEST, DEPTH = 10, 3
EDGE = ["use_level", "from_place", "to_place"]
DAY = 86_400  # seconds


def read_steps(folder: Path, columns: list[str]) -> pd.DataFrame:
    """Return the steps of people with a level, and that level."""
    steps = pd.read_parquet(folder / "steps.parquet", columns=["person_id", *columns])
    levels = pd.read_parquet(folder / "people.parquet", columns=["person_id", "use_level"])
    return steps.merge(levels, on="person_id")


def make_log(folder: Path) -> pd.DataFrame:
    """Return an event log as pm4py wants it; seconds of the day stand for the order of steps on one day."""
    steps = read_steps(folder, ["day", "until", "place"])
    second = pd.to_timedelta(steps["place"], unit="s")
    return pd.DataFrame(
        {
            "case:concept:name": steps["person_id"],
            "concept:name": steps["place"],
            "start_timestamp": steps["day"] + second,
            "time:timestamp": steps["until"] + second,
            "use_level": steps["use_level"],
        }
    )


def with_pm4py(folder: Path) -> Callable[[], pd.DataFrame]:
    """Use the documented functions, which take text; people per edge are not in them, but one below."""
    import pm4py
    from pm4py.algo.discovery.dfg.adapters.pandas.df_statistics import get_dfg_graph

    def count() -> pd.DataFrame:
        log = make_log(folder)
        log["case:concept:name"] = log["case:concept:name"].astype(str)
        log["concept:name"] = log["concept:name"].astype(str)
        found = {}
        for level, part in log.groupby("use_level"):
            n = pm4py.discover_dfg(part)[0]
            gap = pm4py.discover_performance_dfg(part, perf_aggregation_key="median")[0]
            people = get_dfg_graph(part, start_timestamp_key="start_timestamp", keep_once_per_case=True)
            found |= {(level, *map(int, edge)): (n[edge], people[edge], gap[edge]) for edge in n}
        return _edges(found)

    return count


def with_pm4py_below(folder: Path) -> Callable[[], pd.DataFrame]:
    """Use only the function below the documented ones: whole numbers, and two passes in place of three."""
    from pm4py.algo.discovery.dfg.adapters.pandas.df_statistics import get_dfg_graph

    def count() -> pd.DataFrame:
        found = {}
        for level, part in make_log(folder).groupby("use_level"):
            n, gap = get_dfg_graph(
                part, measure="both", perf_aggregation_key="median", start_timestamp_key="start_timestamp"
            )
            people = get_dfg_graph(part, start_timestamp_key="start_timestamp", keep_once_per_case=True)
            found |= {(level, *edge): (n[edge], people[edge], gap[edge]) for edge in n}
        return _edges(found)

    return count


def _edges(found: dict[tuple[Any, ...], tuple[float, ...]]) -> pd.DataFrame:
    rows = [(*edge, n, people, round(2 * gap / DAY) / 2) for edge, (n, people, gap) in found.items()]
    return pd.DataFrame(rows, columns=[*EDGE, "n", "people", "gap"])


def with_pandas(folder: Path) -> Callable[[], pd.DataFrame]:
    """Sort, shift within people, group."""

    def count() -> pd.DataFrame:
        steps = read_steps(folder, ["day", "until", "place"]).sort_values(["person_id", "day", "place"])
        following = steps.groupby("person_id")[["place", "day"]].shift(-1)
        gap = (following["day"] - steps["until"]).dt.days.clip(lower=0)
        pairs = steps.assign(from_place=steps["place"], to_place=following["place"], gap=gap)
        grouped = pairs.dropna(subset=["to_place"]).groupby(EDGE)
        return grouped.agg(n=("gap", "size"), people=("person_id", "nunique"), gap=("gap", "median"))

    return count


def with_queries(folder: Path) -> Callable[[], pd.DataFrame]:
    """Use `transitions`, and take medians of gaps from its counts."""
    from analysis_lib.queries import ACUITY, to_frame, transitions

    def count() -> pd.DataFrame:
        cube = to_frame(transitions(*_open(folder), START, END))
        places = {setting: place for place, setting in enumerate(ACUITY)}
        cube["from_place"], cube["to_place"] = (cube[f"{at}_setting"].map(places) for at in ("from", "to"))
        cube = cube.dropna(subset=["to_place"]).sort_values([*EDGE, "gap"])
        grouped = cube.groupby(EDGE)
        up_to, total = grouped["n"].cumsum(), grouped["n"].transform("sum")
        middle = [
            cube[up_to >= rank].groupby(EDGE)["gap"].first() for rank in ((total + 1) // 2, total // 2 + 1)
        ]
        return grouped[["n", "people"]].sum().assign(gap=(middle[0] + middle[1]) / 2)

    return count


def with_prefixspan(folder: Path) -> Callable[[], pd.DataFrame]:
    """Give prefixspan a list of whole numbers per person, level by level."""
    import numpy as np
    from prefixspan import PrefixSpan

    def count() -> pd.DataFrame:
        steps = read_steps(folder, ["day", "place"]).sort_values(["person_id", "day", "place"])
        rows = []
        for level, part in steps.groupby("use_level"):
            starts = [0, *(np.flatnonzero(np.diff(part["person_id"])) + 1).tolist(), len(part)]
            places = part["place"].to_list()
            miner = PrefixSpan([places[i:j] for i, j in zip(starts, starts[1:], strict=False)])
            miner.maxlen = DEPTH
            rows += [(level, _word(found), n) for n, found in miner.frequent(FEWEST)]
        return pd.DataFrame(rows, columns=["use_level", "sequence", "n_people"])

    return count


def with_sequences(folder: Path) -> Callable[[], pd.DataFrame]:
    """Use `frequent_sequences`."""
    from analysis_lib.queries import ACUITY, frequent_sequences, to_frame

    def count() -> pd.DataFrame:
        found = to_frame(frequent_sequences(*_open(folder), START, END, DEPTH, FEWEST))
        places = {setting: place for place, setting in enumerate(ACUITY)}
        steps = found[[f"step_{k}" for k in range(1, DEPTH + 1)]].itertuples(index=False)
        sequence = [_word([places[s] for s in row if s in places]) for row in steps]
        return found[["use_level", "n_people"]].assign(sequence=sequence)

    return count


def _word(places: list[int]) -> str:
    return " ".join(map(str, places))


def _open(folder: Path) -> tuple[Any, Any]:
    import ibis

    engine = ibis.duckdb.connect()
    steps, people = (engine.read_parquet(folder / f"{name}.parquet") for name in ("steps", "people"))
    return steps.mutate(day=steps.day.cast("date"), until=steps.until.cast("date")), people


#: The tasks; of each the ways, by name, and the columns that tell rows apart. The last is the project's.
TASKS: dict[str, tuple[dict[str, Callable[[Path], Callable[[], pd.DataFrame]]], list[str]]] = {
    "directly-follows counts, people and median gaps per edge and level": (
        {
            "pm4py, documented functions": with_pm4py,
            "pm4py, the function below them": with_pm4py_below,
            "pandas, groupby and shift": with_pandas,
            "this project, `transitions`": with_queries,
        },
        EDGE,
    ),
    f"frequent sequences of up to {DEPTH} settings, {FEWEST} people or more": (
        {"prefixspan": with_prefixspan, "this project, `frequent_sequences`": with_sequences},
        ["use_level", "sequence"],
    ),
}
ELSEWHERE = (with_pm4py, with_pm4py_below, with_prefixspan)


def write_steps(population: Path, folder: Path) -> dict[str, int]:
    """Write the steps that all read, and people with their level; return numbers of both."""
    import ibis

    from analysis_lib.inputs.population import load_population
    from analysis_lib.queries import levels_at, list_steps

    loaded = load_population(population)
    steps = list_steps(loaded).cache()
    people = levels_at(loaded, LANDMARK, steps=steps)
    people = people.mutate(number=ibis.row_number().over(order_by=people.person_id).cast("int32")).cache()
    numbered = steps.inner_join(people.select("person_id", "number"), "person_id")
    days = {name: numbered[name].cast("timestamp(3)") for name in ("day", "until")}  # pandas' kind of day
    numbered = numbered.select("setting", "place", **days, person_id=numbered.number)
    numbered.order_by("person_id", "day", "place").to_parquet(folder / "steps.parquet")
    named = people.select("use_level", "leaves_on", "died", person_id=people.number)
    named.order_by("person_id").to_parquet(folder / "people.parquet")
    return {"steps": int(numbered.count().execute()), "people": int(people.count().execute())}


def make_environment(folder: Path) -> Path:
    """Make the environment to throw away; return its Python."""
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    python = folder / "bin" / "python"
    pins = [*PACKAGES, *(f"{name}=={version(name)}" for name in SAME)]
    subprocess.run([python, "-m", "pip", "install", "--quiet", *pins], check=True)
    return python


def run_one(
    way: Callable[[Path], Callable[[], pd.DataFrame]], folder: Path, target: Path
) -> dict[str, float]:
    """Count in this process; write the answer; return seconds, processor seconds, gigabytes at most."""
    count = way(folder)
    before, start = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
    answer = count()
    seconds, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_SELF)
    answer.reset_index().to_csv(target, index=False)
    worked = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"seconds": seconds, "cpu": worked, "gigabytes": after.ru_maxrss * 1024 / 1e9}


def measure(population: Path, rounds: int = 1) -> tuple[dict[str, int], pd.DataFrame]:
    """Return numbers of steps and people, and medians of rounds, one row a task and way.

    Raises
    ------
    AssertionError
        If two ways of a task do not give the same answer.
    """
    rows = []
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        size = _call(sys.executable, "--write", population, folder)
        elsewhere = make_environment(folder / "environment")
        for number in range(rounds):
            for task, (ways, keys) in TASKS.items():
                answers = {}
                for name, way in ways.items():
                    python, target = elsewhere if way in ELSEWHERE else sys.executable, folder / "answer.csv"
                    found = _call(python, "--one", way.__name__, folder, target)
                    rows.append({"round": number, "task": task, "way": name} | found)
                    answer = pd.read_csv(target).sort_values(keys, ignore_index=True)
                    answers[name] = answer[sorted(set(answer) - {"index"})]
                ours = answers.pop(list(ways)[-1])
                for name, answer in answers.items():
                    pd.testing.assert_frame_equal(answer, ours, check_dtype=False, check_exact=True, obj=name)
    frame = pd.DataFrame(rows)
    return size, frame.groupby(["task", "way"], sort=False)[["seconds", "cpu", "gigabytes"]].median()


def _call(python: str | Path, *words: str | Path) -> dict[str, Any]:
    command = [str(word) for word in (python, "-m", "benchmarks.pathways", *words)]
    answer = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(answer.stdout.splitlines()[-1])


def to_markdown(size: dict[str, int], frame: pd.DataFrame) -> str:
    """Return the measurements as markdown tables: ratios of the project's way to each other one."""
    parts = []
    for task, ways in frame.groupby("task", sort=False):
        ours = ways.iloc[-1]
        lines = [
            f"| {task}; {size['people']:,} people, {size['steps']:,} steps | seconds | processor seconds "
            "| GB at most | this project is, times as fast | and takes, of the memory |",
            "| --- | ---: | ---: | ---: | ---: | ---: |",
        ]
        for (_, way), row in ways.iterrows():
            lines.append(
                f"| {way} | {row['seconds']:.1f} | {row['cpu']:.1f} | {row['gigabytes']:.2f} "
                f"| {row['cpu'] / ours['cpu']:.1f} | {ours['gigabytes'] / row['gigabytes']:.0%} |"
            )
        parts.append("\n".join(lines))
    return "\n\n".join(parts)


def main(words: list[str]) -> None:
    """Measure and print."""
    if words[0] == "--write":
        print(json.dumps(write_steps(Path(words[1]), Path(words[2]))))
    elif words[0] == "--one":
        way = {way.__name__: way for ways, _ in TASKS.values() for way in ways.values()}[words[1]]
        print(json.dumps(run_one(way, Path(words[2]), Path(words[3]))))
    else:
        print(to_markdown(*measure(Path(words[0]), int(words[1]) if len(words) > 1 else 1)))


if __name__ == "__main__":
    main(sys.argv[1:])
