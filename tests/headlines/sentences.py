"""Read facts as text, and write months in short: what the tests of every chapter share."""

from __future__ import annotations

import pandas as pd

from analysis_lib.release import Fact


def text(fact: Fact | str) -> str:
    return fact if isinstance(fact, str) else fact.text


def texts(facts: dict) -> dict[str, str]:
    return {name: text(value) for name, value in facts.items()}


def months(*names: str) -> pd.DatetimeIndex:
    return pd.to_datetime([f"{name}-01" for name in names])
