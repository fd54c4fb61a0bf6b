"""Labels and codes of a column: one spelling each, those never seen, those declared, those that cannot be."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from analysis_lib.inputs.errors import InputError, Rejection, visible, without_invisible
from analysis_lib.inputs.header import Match
from analysis_lib.inputs.layouts import Column, label_columns
from analysis_lib.inputs.text import TextTable
from analysis_lib.inputs.values import (
    LABELS,
    NO_CODE,
    NO_VALUE,
    ORDERED_LABELS,
    TOTALS,
    UNKNOWN,
    BadValue,
    normalise_label,
)

LABEL_FILE = "labels.toml"
OwnLabels = Mapping[str, Mapping[str, str]]
MAX_LABEL = 200
MAX_UNSEEN = 100
UNSEEN_SHOWN = 5
CHECKED_TEXTS = ("sub_icb_label", "value")


def clean_labels(column: Column, raw: Sequence[str], own: OwnLabels | None = None) -> list[str]:
    """Return the distinct texts of a label, code or text column in their final spelling.

    `own` are the user's labels, by what the column means (see `read_own_labels`).

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
    labels = [normalise_label(column.meaning, text, (own or {}).get(column.meaning)) for text in texts]
    free = column.meaning not in LABELS
    new = [i for i, (_, known) in enumerate(labels) if free or not known]
    for i in new:
        other = _owner_of(column.meaning, texts[i])
        if other:
            problem = f"{texts[i]!r} is a value of the column {other!r}"
            remedy = "The cells of this row stand in other columns than the header says: mend the row."
            raise BadValue(i, problem, f"a value of {column.meaning!r}", remedy)
    if len(new) > MAX_UNSEEN:
        what = "different labels" if free else "labels never seen before"
        problem = f"{len(new):,} {what}, of which this is the first"
        remedy = "Is this the right column? Free text and names do not belong here."
        if free:
            remedy += " The labels of a column that has as many stand in analysis_lib/inputs/values.py."
        raise BadValue(new[0], problem, "the labels of the publication", remedy)
    return [label for label, _ in labels]


def _owner_of(meaning: str, text: str) -> str | None:
    """Return the other column of an attendance file that a label belongs to: a sign of shifted cells."""
    if meaning not in ORDERED_LABELS:
        return None
    others = (name for name in ORDERED_LABELS if name != meaning)
    return next((name for name in others if text in ORDERED_LABELS[name]), None)


def _clean_code(text: str) -> str:
    """Return a code in capitals, as the publisher writes them all, or "Unknown" where there is none."""
    return UNKNOWN if text.casefold() in NO_CODE else text.upper()


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
    texts = array.dictionary.to_pylist()
    blank = [i for i, text in enumerate(texts) if text.strip().casefold() in NO_CODE - {"unknown"}]
    if column.kind != "code" or not blank:
        return
    n = int(np.isin(array.indices.to_numpy(zero_copy_only=False), blank).sum())
    raw = table.raw_names.get(name, name).strip()
    warnings.append(f"{raw}: {n:,} blank cell(s), counted under the area {UNKNOWN!r}")


def area_names(table: TextTable, match: Match) -> dict[str, dict[str, str]]:
    """Return the names that a file gives its areas, by code column and code; of several the first."""
    found: dict[str, dict[str, str]] = {}
    for column in match.layout.columns:
        code_name = match.columns.get(column.meaning.removeprefix("name of "))
        name = match.columns.get(column.meaning)
        if column.kind != "name" or name is None or code_name is None:
            continue
        codes, names = (table.columns[key] for key in (code_name, name))
        pairs = pa.table([codes, names], ["code", "name"]).group_by(["code", "name"], use_threads=False)
        for pair in pairs.aggregate([]).to_pylist():
            text = without_invisible(pair["name"])[:MAX_LABEL]
            if text.casefold() not in NO_VALUE:
                found.setdefault(column.meaning.removeprefix("name of "), {}).setdefault(
                    _clean_code(without_invisible(pair["code"])), text
                )
    return found


def label_record(
    table: TextTable, match: Match, weights: np.ndarray, warnings: list[str], own: OwnLabels | None = None
) -> tuple[list[dict[str, Any]], int, dict[str, dict[str, int]]]:
    """Return rows and appointments of every raw label, and how many rows hold one that is not known.

    `weights` are the appointments of each row. A warning is added for labels that are not known. The last
    value is the rows of every label never seen, by column; what stands for no value is not one.
    """
    unseen_labels: dict[str, dict[str, int]] = {}
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
            label, known = normalise_label(column.meaning, text, (own or {}).get(column.meaning))
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
        counts = {i: int(rows[i]) for i in new}
        empty = {i: n for i, n in counts.items() if without_invisible(texts[i]).casefold() in NO_VALUE}
        if empty:
            words = ", ".join(repr(texts[i].strip()) if texts[i].strip() else "blank" for i in empty)
            warnings.append(f"{column.meaning}: {words} read as {UNKNOWN!r} ({sum(empty.values()):,} rows)")
        new_labels: dict[str, int] = {}
        for i, n in counts.items():
            if i not in empty:
                text = without_invisible(texts[i])
                new_labels[text] = new_labels.get(text, 0) + n
        _warn_of_new(column.meaning, new_labels, warnings)
        if new_labels:
            unseen_labels[column.meaning] = new_labels
    return record, int(unseen.sum()), unseen_labels


def _warn_of_new(meaning: str, new: Mapping[str, int], warnings: list[str]) -> None:
    for text, n in list(new.items())[:UNSEEN_SHOWN]:
        label = normalise_label(meaning, text)[0]
        fate = "kept as it is" if label == text else f"counted as {label!r}"
        warnings.append(f"{meaning}: {text[:60]!r} never seen before, {fate} ({n:,} rows)")
    if len(new) > UNSEEN_SHOWN:
        n = sum(list(new.values())[UNSEEN_SHOWN:])
        more = f"{len(new) - UNSEEN_SHOWN} more labels never seen before"
        warnings.append(f"{meaning}: {more} ({n:,} rows)")


def read_own_labels(path: Path) -> OwnLabels:
    """Return the labels that a folder's labels.toml declares: by column, its own spelling to the known label.

    Raises
    ------
    InputError
        For every line that names no column, no known label, or a spelling that is known already.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
        tables = tomllib.loads(text)
    except (OSError, ValueError, RecursionError) as error:
        at = re.search(r"line (\d+)", str(error))
        line = int(at[1]) if at else None
        raise _wrong_labels("not readable TOML", 'lines such as "raw label" = "known label"', line) from None
    names = label_columns()
    meanings = dict.fromkeys(names.values())
    found: dict[str, dict[str, str]] = {}
    wrong: list[Rejection] = []
    for name, table in tables.items():
        meaning = names.get(name.casefold(), name)
        if meaning not in meanings or not isinstance(table, dict):
            error = _wrong_labels(f"[{name}] is no column of labels", ", ".join(meanings), _find(text, name))
            wrong += error.rejections
            continue
        own = found.setdefault(meaning, {})
        for raw, label in table.items():
            problem, expected = _judge_own(meaning, raw, label, own)
            if problem:
                wrong += _wrong_labels(problem, expected, _find(text, name, raw)).rejections
            own[without_invisible(raw).casefold()] = str(label)
    if wrong:
        raise InputError(wrong)
    return found


def _judge_own(meaning: str, raw: str, label: object, own: Mapping[str, str]) -> tuple[str, str]:
    """Return what is wrong with a line of labels.toml, and what was expected; blank where nothing is."""
    plain = without_invisible(raw)
    spelling, known = normalise_label(meaning, raw)
    if known and label == spelling:  # which it means anyway
        return "", ""
    free = meaning not in LABELS
    if (known and not free) or plain.casefold() in NO_VALUE:
        return f"{plain[:60]!r} is a known label of {meaning}: {spelling!r}", "labels that are not known"
    if not isinstance(label, str) or not (free or label in (*LABELS[meaning], UNKNOWN, spelling)):
        return f"{str(label)[:60]!r} is no label of {meaning}", ", ".join((*LABELS.get(meaning, ()), UNKNOWN))
    return ("the label stands there twice", "every label once") if plain.casefold() in own else ("", "")


def _find(text: str, table: str, raw: str | None = None) -> int | None:
    """Return the line of a table of a TOML text, or of a label in it: the parser does not say."""
    inside = False
    for number, line in enumerate(text.splitlines(), 1):
        heading = re.match(r"""\s*\[\s*["']?(.*?)["']?\s*\]""", line)
        inside = heading[1] == table if heading else inside
        key = line.split("=")[0].strip()
        if raw is None and (key == table or (heading and inside)):
            return number
        if raw is not None and inside and key in (raw, f"'{raw}'", json.dumps(raw, ensure_ascii=False)):
            return number
    return None


def _wrong_labels(problem: str, expected: str, line: int | None) -> InputError:
    remedy = "Mend the line; python -m analysis_lib check-data FOLDER prints the file ready to edit."
    return InputError(Rejection(LABEL_FILE, problem, expected, remedy, line))


def write_own_labels(unseen: Mapping[str, Mapping[str, int]]) -> list[str]:
    """Return the lines of a labels.toml for labels never seen, which change nothing until they are edited.

    Parameters
    ----------
    unseen : mapping
        Rows of every label, by column.
    """
    lines: list[str] = []
    for meaning, counts in unseen.items():
        known = dict.fromkeys((*LABELS.get(meaning, ()), UNKNOWN))
        lines += ["", f"[{meaning}]  # known: {', '.join(known)}"]
        for text, n in counts.items():
            now = json.dumps(normalise_label(meaning, text)[0], ensure_ascii=False)
            lines.append(
                f"{json.dumps(text, ensure_ascii=False)} = {now}  # {n:,} row{'' if n == 1 else 's'}"
            )
    return lines[1:]
