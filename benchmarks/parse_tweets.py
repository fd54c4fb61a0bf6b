"""Time and memory of parsing and counting the hashtags of a million simulated tweets, in one pass.

``python -m benchmarks.parse_tweets [rows]``. The usual way (pandas rows, nested loops over words) is timed
in the same run on the same file; each way runs in a process of its own, so that its peak memory is its own.
Both must find the same number of the commonest hashtag.
"""

from __future__ import annotations

import html
import json
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import pandas as pd
import pyarrow as pa
from pyarrow import csv as arrow_csv

from analysis_lib.inputs.hashtags import MALFORMED, clean_tag, parse_entities, parse_text
from analysis_lib.inputs.tweet_text import clean_texts
from analysis_lib.simulate.tweets import simulate_tweets

ROWS = 1_000_000
BLOCK_BYTES = 16 << 20
COLUMNS = ("tweet_full_text", "tweet_entities_hashtags")
TAG = re.compile(r"(?<![\w&/])[#＃](\w+)")
WAYS = ("nested loops", "this project")


def count_in_one_pass(path: Path) -> dict[str, Counter[str]]:
    """Count hashtags of the entity column and of the texts, block by block of the file."""
    totals: dict[str, Counter[str]] = {"column": Counter(), "text": Counter()}
    reader = arrow_csv.open_csv(
        path,
        read_options=arrow_csv.ReadOptions(block_size=BLOCK_BYTES),
        parse_options=arrow_csv.ParseOptions(newlines_in_values=True),
        convert_options=arrow_csv.ConvertOptions(
            include_columns=list(COLUMNS),
            column_types=dict.fromkeys(COLUMNS, pa.string()),
            strings_can_be_null=False,
        ),
    )
    for batch in reader:
        totals["column"].update(parse_entities(batch.column(1)).tags["tag"].value_counts().to_dict())
        texts, _ = clean_texts(batch.column(0).to_pylist())
        totals["text"].update(parse_text(texts)["tag"].value_counts().to_dict())
    return totals


def count_in_nested_loops(path: Path) -> dict[str, Counter[str]]:
    """Count the same by nested loops over rows and words: the same tags, one at a time."""
    frame = pd.read_csv(path, dtype=str, keep_default_na=False)
    totals: dict[str, Counter[str]] = {"column": Counter(), "text": Counter()}
    for _, row in frame.iterrows():
        cell = row["tweet_entities_hashtags"]
        for tag in [] if cell.startswith("[") else cell.split(","):  # the one list here is a malformed cell
            name = clean_tag(tag.strip()) if tag.strip().startswith("#") else MALFORMED
            if name not in ("", MALFORMED):
                totals["column"][name] += 1
        for match in TAG.finditer(html.unescape(row["tweet_full_text"])):
            name = clean_tag(match[1])
            if name not in ("", MALFORMED):
                totals["text"][name] += 1
    return totals


def measure(rows: int = ROWS) -> pd.DataFrame:
    """Return seconds, peak memory and ratio of both ways, of one run."""
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "tweets.csv"
        path.write_text(simulate_tweets(rows, 1)[0], encoding="utf-8", newline="\n")
        answers = [_run(way, path) for way in WAYS]
    if len({answer["n_top"] for answer in answers}) > 1:
        raise RuntimeError("The two ways count differently: mend the benchmark.")
    frame = pd.DataFrame(answers)
    return frame.assign(ratio=frame["seconds"].iloc[0] / frame["seconds"], rows=rows)


def _run(way: str, path: Path) -> dict[str, object]:
    command = [sys.executable, "-m", "benchmarks.parse_tweets", "--way", way, str(path)]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def _time_way(way: str, path: Path) -> dict[str, object]:
    count = count_in_nested_loops if way == WAYS[0] else count_in_one_pass
    start = time.perf_counter()
    totals = count(path)
    seconds = time.perf_counter() - start
    peak = _peak_memory()
    top = totals["column"].most_common(1)[0]
    return {"way": way, "seconds": seconds, "peak_mb": peak / 1e6, "top": top[0], "n_top": top[1]}


def _peak_memory() -> int:
    """Return the most memory that this process held, in bytes (Linux)."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))


def to_markdown(frame: pd.DataFrame) -> str:
    """Return the measurements as a markdown table."""
    rows = f"{frame['rows'].iloc[0]:,}"
    lines = [
        f"| parsing and counting {rows} tweets | seconds | peak memory, MB | times as fast |",
        "| --- | ---: | ---: | ---: |",
    ]
    lines += [
        f"| {row.way} | {row.seconds:.1f} | {row.peak_mb:,.0f} | {row.ratio:.1f} |"
        for row in frame.itertuples()
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    if len(sys.argv) > 1 and sys.argv[1] == "--way":
        print(json.dumps(_time_way(sys.argv[2], Path(sys.argv[3]))))
    else:
        print(to_markdown(measure(int(sys.argv[1]) if len(sys.argv) > 1 else ROWS)))
