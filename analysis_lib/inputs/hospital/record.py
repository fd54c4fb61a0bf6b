"""The record of a check against the demand model's layout, and its report."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from analysis_lib.inputs.errors import Rejection
from analysis_lib.inputs.hospital.layout import SILENT, STOPS

QUALITY = ("table", "column", "check", "rows", "rows_found", "outcome")


@dataclass(frozen=True)
class Rule:
    """A rule of the layout: its name, what the model does where it is broken, and the words of a rejection.

    Attributes
    ----------
    check, outcome : str
    problem, expected, remedy : str
        What is wrong, what was expected, and what to do about it.
    """

    check: str
    outcome: str
    problem: str
    expected: str
    remedy: str

    def says(self, **words: object) -> Rule:
        """Return the rule with names in its words filled in."""
        filled = {
            name: getattr(self, name).format(**words) for name in ("check", "problem", "expected", "remedy")
        }
        return replace(self, **filled)


@dataclass(frozen=True)
class HospitalReport:
    """What `check_hospital` found: nothing is raised, everything is listed, and no value of a row is in it.

    Attributes
    ----------
    quality : pandas.DataFrame
        One row per rule and column: table, column, check, rows, rows_found, outcome ("ok", or what the model
        does with such rows: `layout.STOPS`, `layout.SILENT` or `layout.UNSURE`).
    rejections : list of Rejection
        One per rule that is broken, in the order of the tables.
    warnings : list of str
        What may stop a run by chance, and what was not checked.
    """

    quality: pd.DataFrame
    rejections: list[Rejection] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether the model reads the tables as they are meant."""
        return not self.rejections

    def to_text(self) -> str:
        """Return the report as text: what is refused, what is to be known, and the verdict last."""
        rows = self.quality.groupby("table", sort=False)["rows"].max()
        lines = [f"{name}: {n:,} rows" for name, n in rows.items()]
        lines += [f"Refused: {rejection.to_text()}" for rejection in self.rejections]
        lines += [f"Warning: {warning}" for warning in self.warnings]
        broken = self.quality["outcome"].value_counts()
        verdict = "The tables are in the demand model's layout."
        if not self.ok:
            n_stop, n_silent = int(broken.get(STOPS, 0)), int(broken.get(SILENT, 0))
            verdict = (
                f"Not in the demand model's layout: {len(self.rejections)} rules are broken; {n_stop} would "
                f"stop the model, {n_silent} would pass in silence with wrong totals."
            )
        return "\n".join([*lines, verdict])


class Record:
    """Rules as they are tried."""

    def __init__(self) -> None:
        self.rows: list[tuple[object, ...]] = []
        self.rejections: list[Rejection] = []
        self.warnings: list[str] = []

    def settle(
        self, table: str, column: str | None, rule: Rule, broken: bool, n_found: int = 0, rows: int = 0
    ) -> bool:
        """Record a rule and, where it is broken, the rejection; return whether it is kept."""
        self.rows.append((table, column, rule.check, rows, n_found, rule.outcome if broken else "ok"))
        if broken:
            problem = f"{rule.problem}; {rule.outcome}"
            self.rejections.append(Rejection(table, problem, rule.expected, rule.remedy, column=column))
        return not broken

    def judge(self, table: str, column: str | None, rule: Rule, broken: np.ndarray | pd.Series) -> bool:
        """Record a rule by the rows that break it; return whether none does."""
        n_found, rows = int(pd.Series(broken).to_numpy(dtype=bool, na_value=False).sum()), len(broken)
        counted = replace(rule, problem=f"{rule.problem} in {n_found:,} of {rows:,} rows")
        return self.settle(table, column, counted, n_found > 0, n_found, rows)

    def report(self) -> HospitalReport:
        """Return what was found."""
        quality = pd.DataFrame(self.rows, columns=list(QUALITY))
        quality = quality.astype({"rows": "int64", "rows_found": "int64"})
        return HospitalReport(quality, self.rejections, self.warnings)
