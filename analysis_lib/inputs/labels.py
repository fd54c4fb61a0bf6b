"""Labels and codes of a column: one spelling each, those never seen, and those that cannot be."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from analysis_lib.inputs.errors import visible, without_invisible
from analysis_lib.inputs.header import Match
from analysis_lib.inputs.layouts import Column
from analysis_lib.inputs.text import TextTable
from analysis_lib.inputs.values import ORDERED_LABELS, TOTALS, UNKNOWN, BadValue, normalise_label

MAX_LABEL = 200
MAX_UNSEEN = 100
UNSEEN_SHOWN = 5
CHECKED_TEXTS = ("sub_icb_label", "value")


def clean_labels(column: Column, raw: Sequence[str]) -> list[str]:
    """Return the distinct texts of a label, code or text column in their final spelling.

    Raises
    ------
    BadValue
        For a cell too long for a label, or more new labels than a publication adds (none is shown: they may
        be free text about people), or a total among the values that it sums, which would count twice.
    """
    if column.kind == "text" and column.meaning not in CHECKED_TEXTS:
        return list(raw)
    texts = [without_invisible(text) for text in raw]
    for i, text in enumerate(texts):
        if len(text) > MAX_LABEL:
            problem = f"a cell of {len(text):,} characters"
            remedy = "Labels are short; remove what does not belong in this column."
            raise BadValue(i, problem, f"at most {MAX_LABEL} characters", remedy)
        if text.casefold() in TOTALS and len(texts) > 1:
            problem = f"a row of totals ({text!r}) among the rows that it sums"
            raise BadValue(i, problem, "every appointment once", "Remove the rows of totals.")
    if column.kind == "code":
        return [_clean_code(text) for text in texts]
    if column.meaning == "sub_icb_label":
        return [_code_of_label(text) for text in texts]
    if column.kind == "text":
        return texts
    labels = [normalise_label(column.meaning, text) for text in texts]
    new = [i for i, (_, known) in enumerate(labels) if not known]
    for i in new:
        other = _owner_of(column.meaning, texts[i])
        if other:
            problem = f"{texts[i]!r} is a value of the column {other!r}"
            remedy = "The cells of this row stand in other columns than the header says: mend the row."
            raise BadValue(i, problem, f"a value of {column.meaning!r}", remedy)
    if len(new) > MAX_UNSEEN:
        problem = f"{len(new):,} labels never seen before, of which this is the first"
        remedy = "Is this the right column? Free text and names do not belong here."
        raise BadValue(new[0], problem, "the labels of the publication", remedy)
    return [label for label, _ in labels]


def _owner_of(meaning: str, text: str) -> str | None:
    """Return the other column of an attendance file that a label belongs to: a sign of shifted cells."""
    if meaning not in ORDERED_LABELS:
        return None
    others = (name for name in ORDERED_LABELS if name != meaning)
    return next((name for name in others if text in ORDERED_LABELS[name]), None)


def _clean_code(text: str) -> str:
    """Return a code in capitals, as the publisher writes them all, or "Unknown" where it is blank."""
    return UNKNOWN if text.casefold() in ("", "unknown") else text.upper()


def _code_of_label(text: str) -> str:
    """Return the code that ends a location's name ("NHS West Yorkshire ICB - 15F"), else the name itself."""
    match = re.search(r"[\s–—-]((?=[A-Z]*\d)[0-9A-Z]{3,5})$", text)
    return match[1] if match else (text or UNKNOWN)


def merge_codes(codes: np.ndarray, values: list[str]) -> tuple[np.ndarray, list[str]]:
    """Return codes into the distinct values, where several texts became the same value."""
    distinct = list(dict.fromkeys(values))
    if len(distinct) == len(values):
        return codes, values
    place = {value: i for i, value in enumerate(distinct)}
    return np.array([place[value] for value in values], np.int32)[codes], distinct


def warn_of_blank_codes(table: TextTable, column: Column, name: str, warnings: list[str]) -> None:
    """Say how many cells of an area column are blank: their rows count, but belong to no known area."""
    array = table.columns[name]
    blank = [i for i, text in enumerate(array.dictionary.to_pylist()) if not text.strip()]
    if column.kind != "code" or not blank:
        return
    n = int(np.isin(array.indices.to_numpy(zero_copy_only=False), blank).sum())
    raw = table.raw_names.get(name, name).strip()
    warnings.append(f"{raw}: {n:,} blank cell(s), counted under the area {UNKNOWN!r}")


def label_record(
    table: TextTable, match: Match, weights: np.ndarray, warnings: list[str]
) -> tuple[list[dict[str, Any]], int]:
    """Return rows and appointments of every raw label, and how many rows hold a label never seen.

    `weights` are the appointments of each row. A warning is added for labels never seen.
    """
    record: list[dict[str, Any]] = []
    unseen = np.zeros(table.n_rows, bool)
    for column in match.layout.columns:
        name = match.columns.get(column.meaning)
        if column.kind != "label" or name is None:
            continue
        array = table.columns[name]
        codes = array.indices.to_numpy(zero_copy_only=False)
        texts = array.dictionary.to_pylist()
        rows = np.bincount(codes, minlength=len(texts))
        totals = np.bincount(codes, weights=weights, minlength=len(texts))
        new: list[int] = []
        for i, text in enumerate(texts):
            label, known = normalise_label(column.meaning, text)
            record.append(
                {
                    "subject": match.layout.subject,
                    "column": column.meaning,
                    "raw_value": visible(text),
                    "normalised_value": label,
                    "rows": int(rows[i]),
                    "n_appointments": int(totals[i]),
                }
            )
            new += [] if known else [i]
        unseen |= np.isin(codes, new)
        _warn_of_new(column.meaning, [(texts[i], int(rows[i])) for i in new], warnings)
    return record, int(unseen.sum())


def _warn_of_new(meaning: str, new: list[tuple[str, int]], warnings: list[str]) -> None:
    for text, n in new[:UNSEEN_SHOWN]:
        shown = repr(text[:60]) if text else "a blank label"
        label = normalise_label(meaning, text)[0]
        warnings.append(f"{meaning}: {shown} never seen before, kept as {label[:60]!r} ({n:,} rows)")
    if len(new) > UNSEEN_SHOWN:
        n = sum(rows for _, rows in new[UNSEEN_SHOWN:])
        more = f"{len(new) - UNSEEN_SHOWN} more labels never seen before, kept as they are"
        warnings.append(f"{meaning}: {more} ({n:,} rows)")
