"""``python -m benchmarks``: measure everything, print it, and keep it in benchmarks/README.md."""

from __future__ import annotations

import os
import platform
from pathlib import Path

from analysis_lib.project import find_root
from benchmarks import parse_tweets, read_inputs, run_pipeline

README = Path(__file__).resolve().parent / "README.md"
START = "<!-- measured -->"


def main() -> None:
    """Measure, print, and replace the measured part of the README."""
    parts = [
        f"Python {platform.python_version()}, {os.cpu_count()} cores. Medians of one run on one machine."
    ]
    named = os.environ.get("NHS_DATA", "").strip()
    if named:
        parts.append(read_inputs.to_markdown(read_inputs.measure(find_root() / Path(named).expanduser(), 5)))
    else:
        print("Reading is not measured: NHS_DATA names no folder of real files.")
    parts.append(parse_tweets.to_markdown(parse_tweets.measure()))
    parts.append(run_pipeline.to_markdown(run_pipeline.measure()))
    measured = "\n\n".join(parts)
    print(measured)
    README.write_text(
        README.read_text(encoding="utf-8").split(START)[0] + f"{START}\n\n{measured}\n", encoding="utf-8"
    )


if __name__ == "__main__":
    main()
