"""What follows from a label: a fifth from a tenth, a board from its part, a wide band of narrow ones."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis_lib.release.gate.sums import TOTAL

Texts = NDArray[np.object_]
#: finer label → coarser label → the text of one → the text of the other
Nesting = Mapping[str, Mapping[str, Mapping[str, str]]]

#: As `queries.features_at` has it; any other label (none, a total) stays as it is.
IMPLIED: Nesting = {
    "imd_decile": {"imd_quintile": {str(tenth): str((tenth + 1) // 2) for tenth in range(1, 11)}},
    "imd_quintile": {"core20": {str(fifth): str(fifth == 1) for fifth in range(1, 6)}},
}
_BAND = re.compile(r"(\d+)\s*(?:-|–|to)\s*(\d+)|(\d+)\s*(?:\+|and over|or over)|(?:<|under )\s*(\d+)")


def learn(labels: pd.DataFrame) -> Nesting:
    """Return what the rows of a table say: of each pair of labels, whether one follows from the other."""
    found: dict[str, dict[str, dict[str, str]]] = {}
    codes = {name: pd.factorize(labels[name]) for name in labels.columns}
    for fine, (of_fine, texts) in codes.items():
        for coarse, (of_coarse, coarser) in codes.items():
            if fine == coarse or not 1 < len(coarser) <= len(texts):
                continue
            pairs = np.unique(of_fine * len(coarser) + of_coarse)
            if len(pairs) == len(texts):
                found.setdefault(fine, {})[coarse] = {
                    texts[p // len(coarser)]: coarser[p % len(coarser)] for p in pairs
                }
    return found


def join(parts: Iterable[Nesting]) -> Nesting:
    """Return what all of them say together, and what follows; pairs of which two disagree are left out."""
    joined: dict[str, dict[str, dict[str, str]]] = {}
    refuted: set[tuple[str, str]] = set()
    for part in parts:
        for fine, follows in part.items():
            for coarse, of in follows.items():
                known = joined.setdefault(fine, {}).setdefault(coarse, {})
                if any(known.get(text, said) != said for text, said in of.items()):
                    refuted.add((fine, coarse))
                known.update(of)
    for fine, coarse in refuted:
        del joined[fine][coarse]
    for middle in list(joined):
        for fine in list(joined):
            if middle in joined[fine]:
                for coarse, of in joined[middle].items():
                    if coarse != fine and coarse not in joined[fine]:
                        via = joined[fine][middle]
                        joined[fine][coarse] = {t: of[m] for t, m in via.items() if m in of}
    return joined


def finest(names: Iterable[str], nested: Nesting) -> list[str]:
    """Return the names from which all others follow; of two names for one thing, the first."""
    kept: list[str] = []
    for name in sorted(names):
        kept = [k for k in kept if k not in nested.get(name, ()) or name in nested.get(k, ())]
        if not any(name in nested.get(k, ()) for k in kept):
            kept.append(name)
    return kept


def common_bands(some: Texts, others: Texts) -> tuple[Texts, Texts]:
    """Return two columns of bands (of age, say) in the widest bands that both are made of.

    Labels that are no bands stay as they are.
    """
    levels = [set(some) - {TOTAL}, set(others) - {TOTAL}]
    if levels[0] == levels[1]:
        return some, others
    bands = [{text: band for text in side if (band := _read_band(text))} for side in levels]
    if not all(bands):
        return some, others
    starts = [{low for low, _ in of.values()} | {high for _, high in of.values()} for of in bands]
    cuts = sorted(starts[0] & starts[1])

    def widen(column: Texts, of: Mapping[str, tuple[float, float]]) -> Texts:
        wide = {}
        for text, (low, high) in of.items():
            below, above = [c for c in cuts if c <= low], [c for c in cuts if c >= high]
            if below and above:
                wide[text] = f"{below[-1]:g} to under {above[0]:g}"
        return np.array([wide.get(text, text) for text in column], dtype=object)

    return widen(some, bands[0]), widen(others, bands[1])


def _read_band(text: str) -> tuple[float, float] | None:
    """Return where a band begins and where the next one does."""
    found = _BAND.fullmatch(text.strip().lower())
    if not found:
        return None
    low, high, over, under = found.groups()
    if low is not None:
        return float(low), float(high) + 1
    return (float(over), np.inf) if over is not None else (0.0, float(under))
