"""Time features at an index date from contacts: the queries in DuckDB, and pandas as one would write it.

``python -m benchmarks.population_features [people] [rounds] [folder]``. Without a folder of a linked
population, one is simulated. Each way runs in a process of its own, in turn, so that its memory is its own
and a busy machine slows both alike; ratios are taken within a round. Reading is in both times, checks in
neither.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pandas as pd

from analysis_lib.inputs.population import CONDITIONS, load_population
from analysis_lib.queries import features_at, to_frame
from analysis_lib.simulate.population import simulate_population

INDEX = pd.Timestamp("2024-04-01")
CHECKSUM = ("n_gp_24m", "n_emergency_12m", "cost_gbp_outpatient_24m")


def with_duckdb(folder: Path) -> tuple[float, list[float]]:
    """Return the seconds of the house's queries, and sums of three columns."""
    population = load_population(folder)
    start = time.perf_counter()
    frame = to_frame(features_at(population, INDEX.date()))
    return time.perf_counter() - start, [float(frame[name].sum()) for name in CHECKSUM]


def with_pandas(folder: Path) -> tuple[float, list[float]]:
    """Return the seconds of the same features as an analyst would write them, and the same sums."""
    start = time.perf_counter()
    person, condition = (pd.read_parquet(folder / f"{name}.parquet") for name in ("person", "condition"))
    medicine = pd.read_parquet(folder / "medicine", columns=["person_id", "start_date", "stop_date"])
    columns = ["person_id", "date", "setting", "attended", "cost_gbp"]
    contact = pd.read_parquet(folder / "contact", columns=columns)
    dates = {
        "birth_month",
        "registered_from",
        "registered_to",
        "onset_date",
        "start_date",
        "stop_date",
        "date",
    }
    for frame in (person, condition, medicine, contact):
        for name in (dates | {"date"}) & set(frame.columns):
            frame[name] = pd.to_datetime(frame[name])
    gone = person["registered_to"] < INDEX
    features = person[(person["registered_from"] <= INDEX) & ~gone].set_index("person_id")
    born = features["birth_month"]
    features["age"] = ((INDEX.year - born.dt.year) * 12 + INDEX.month - born.dt.month) // 12
    known = condition[condition["onset_date"] < INDEX]
    active = medicine[(medicine["start_date"] < INDEX) & ~(medicine["stop_date"] < INDEX)]
    features = features.join(
        pd.crosstab(known["person_id"], known["condition"]).reindex(columns=CONDITIONS) > 0
    )
    features = features.join(active.groupby("person_id").size().rename("n_medicines"))
    for months in (12, 24):
        features = features.join(_contacts_with_pandas(contact, months))
    counts = [name for name in features if name.startswith(("n_", "cost_"))]
    features[counts] = features[counts].fillna(0)
    features = features.sort_index()
    return time.perf_counter() - start, [float(features[name].sum()) for name in CHECKSUM]


def _contacts_with_pandas(contact: pd.DataFrame, months: int) -> pd.DataFrame:
    since = INDEX - pd.DateOffset(months=months)
    recent = contact[(contact["date"] >= since) & (contact["date"] < INDEX)]
    grouped = recent.groupby(["person_id", "setting"])["cost_gbp"].agg(["size", "sum"])
    wide = grouped.unstack(fill_value=0)  # noqa: PD010, as analysts do
    names = {"size": "n", "sum": "cost_gbp"}
    wide.columns = [f"{names[what]}_{setting}_{months}m" for what, setting in wide.columns]
    known = recent[recent["attended"].isin(["yes", "DNA"])]
    missed = known["attended"].eq("DNA").groupby(known["person_id"]).mean()
    return wide.join(missed.rename(f"dna_share_{months}m"))


WAYS = {"DuckDB": with_duckdb, "pandas": with_pandas}


def measure(folder: Path, rounds: int) -> pd.DataFrame:
    """Return seconds, gigabytes at most and ratio to pandas of each way: medians of rounds.

    Raises
    ------
    AssertionError
        If the two ways do not give the same sums.
    """
    rows = []
    for number in range(rounds):
        for way in WAYS:
            command = [sys.executable, "-m", "benchmarks.population_features", "--one", way, str(folder)]
            answer = subprocess.run(command, capture_output=True, text=True, check=True)
            rows.append({"round": number, "way": way} | json.loads(answer.stdout.splitlines()[-1]))
    frame = pd.DataFrame(rows)
    for column, name in enumerate(CHECKSUM):
        sums = frame["sums"].str[column]
        assert sums.max() - sums.min() < 0.01, f"the two ways do not agree on {name}"
    seconds = frame.pivot_table(index="round", columns="way", values="seconds")
    ratios = seconds.rdiv(seconds["pandas"], axis="index").median()
    table = frame.groupby("way")[["seconds", "gigabytes"]].median()
    return table.assign(ratio=ratios).reset_index()


def to_markdown(frame: pd.DataFrame, n_people: int) -> str:
    """Return the measurements as a markdown table."""
    lines = [
        f"| features of a linked population of {n_people:,} people | seconds (median) | GB at most | "
        "times as fast |",
        "| --- | ---: | ---: | ---: |",
    ]
    rows = frame.itertuples()
    lines += [f"| {r.way} | {r.seconds:.1f} | {r.gigabytes:.1f} | {r.ratio:.1f} |" for r in rows]
    return "\n".join(lines)


def main(words: list[str]) -> None:
    """Measure and print."""
    if words[:1] == ["--one"]:
        seconds, sums = WAYS[words[1]](Path(words[2]))
        gigabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
        print(json.dumps({"seconds": seconds, "gigabytes": gigabytes, "sums": sums}))
        return
    n_people = int(words[0]) if words else 880_000
    rounds = int(words[1]) if len(words) > 1 else 3
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(words[2]) if len(words) > 2 else simulate_population(Path(scratch) / "city", n_people)
        print(to_markdown(measure(folder, rounds), n_people))


if __name__ == "__main__":
    main(sys.argv[1:])
