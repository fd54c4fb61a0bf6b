"""What every loaded input can say of itself: its warnings and notes, and its truth if it was simulated."""

from __future__ import annotations

from typing import Any

import pandas as pd


class AbsentInput(LookupError):
    """A section needs something that these inputs do not have; the message says what, for the page."""


class TooFewYears(AbsentInput):
    """A section needs more years of contacts than there are; the message is a sentence for the page."""


class Remarks:
    """Mixin of loaded inputs."""

    # Fields of the dataclass that uses it.
    truth: dict[str, Any] | None
    warnings: list[str]
    notes: list[str]

    def need_truth(self) -> dict[str, Any]:
        """Return the planted effects of simulated inputs.

        Raises
        ------
        AbsentInput
            If the inputs are real: then nobody knows the truth.
        """
        if self.truth is None:
            raise AbsentInput(
                "These inputs are real: their true effects are not known, so there is nothing to recover."
            )
        return self.truth

    def list_notes(self) -> pd.DataFrame:
        """Return warnings and notes as a table: kind ("warning" or "note"), note."""
        pairs = [("warning", text) for text in self.warnings] + [("note", text) for text in self.notes]
        return pd.DataFrame(pairs or [("note", "Nothing to note.")], columns=["kind", "note"])
