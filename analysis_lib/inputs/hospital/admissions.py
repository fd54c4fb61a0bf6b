"""Read admissions of any hospital as rows of the demand model's admissions: the columns that they have.

A file is recognised by its header. What it calls its columns is looked up in a short table; columns that are
not there are named, and left out.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from analysis_lib.inputs.archive import open_source
from analysis_lib.inputs.errors import InputError, quote_cell, reject
from analysis_lib.inputs.hospital.layout import DATASET, OLDEST, STRATEGY_TABLES, TABLES, YEAR, folder_of
from analysis_lib.inputs.hospital.wide import widen
from analysis_lib.inputs.text import TextTable, read_csv_text

MISSING = {"", "?", "null", "na", "n/a", "nan", "unknown", "unknown/invalid", "not available", "not mapped"}
PERSON = ("patient_nbr", "person_id", "patient_id", "subject_id", "pseudo_nhs_number")
ROW = ("rn", "encounter_id", "spell_id", "hadm_id", "admission_id")
NEEDED = ("age", "sex", "speldur")
AGE_BAND = re.compile(r"^[\[(]?\s*(\d{1,3})\s*(?:-|to|–)\s*(\d{1,3})\s*([\])]?)$")
OPEN_BAND = re.compile(r"^(\d{1,3})\s*(?:\+|and over|or over)$")
LONGEST_STAY = 10_000  # nights; a length beyond is something else
# Of the codes of American hospital data: emergency, urgent, elective, trauma; others say nothing of the kind.
ADMISSION_TYPES = {"1": "21", "2": "28", "3": "11", "7": "21"}
# Specialties in words, by the codes of the NHS Data Dictionary; one that is not here keeps its words.
SPECIALTIES = {
    "internalmedicine": "300", "hospitalist": "300", "emergency/trauma": "180", "cardiology": "320",
    "surgery_general": "100", "surgeon": "100", "nephrology": "361", "orthopedics": "110",
    "orthopedics_reconstructive": "110", "radiologist": "810", "radiology": "810", "pulmonology": "340",
    "psychiatry": "710", "urology": "101", "obstetricsandgynecology": "502", "gynecology": "502",
    "obstetrics": "501", "surgery_cardiovascular/thoracic": "170", "surgery_cardiovascular": "170",
    "surgery_thoracic": "173", "gastroenterology": "301", "surgery_vascular": "107",
    "surgery_neuro": "150", "physicalmedicineandrehabilitation": "314", "oncology": "370",
    "hematology": "303", "hematology/oncology": "303", "pediatrics": "420",
    "pediatrics_endocrinology": "252", "neurology": "400", "otolaryngology": "120",
    "endocrinology": "302", "podiatry": "653", "psychology": "656", "rheumatology": "410",
    "dermatology": "330", "ophthalmology": "130", "infectiousdiseases": "350", "surgery_plastic": "160",
    "surgery_colorectal": "104", "surgery_pediatric": "171",
}  # fmt: skip
ICD9_CHAPTERS = {
    140: "infectious", 240: "neoplasms", 250: "endocrine", 251: "diabetes", 280: "endocrine", 290: "blood",
    320: "mental", 390: "nervous", 460: "circulatory", 520: "respiratory", 580: "digestive",
    630: "genitourinary", 680: "pregnancy", 710: "skin", 740: "musculoskeletal", 760: "congenital",
    780: "perinatal", 800: "symptoms", 1000: "injury",
}  # fmt: skip
SEXES = {"m": 1, "male": 1, "1": 1, "f": 2, "female": 2, "2": 2}
FLAGS = {"true": True, "yes": True, "y": True, "1": True, "false": False, "no": False, "n": False, "0": False}
READMITTED = {"<30": True, ">30": False, **FLAGS}  # within 30 days


class _Bad(Exception):
    """What was expected of a value."""


def _age(text: str) -> int:
    if band := AGE_BAND.match(text):
        low, high = int(band[1]), int(band[2]) - (band[3] == ")")
        if low > high:
            raise _Bad("a band whose end is not before its beginning")
        return min((low + high + 1) // 2, OLDEST)
    if band := OPEN_BAND.match(text):
        return min(int(band[1]), OLDEST)
    if text.isdecimal() and int(text) <= 120:
        return min(int(text), OLDEST)
    raise _Bad("whole years from 0 to 120, or a band such as [70-80) or 70-79")


def _one_of(values: dict[str, object]) -> Callable[[str], object]:
    def parse(text: str) -> object:
        if text.casefold() not in values:
            raise _Bad("one of " + ", ".join(values))
        return values[text.casefold()]

    return parse


def _whole(text: str) -> int:
    if not text.isdecimal() or int(text) > LONGEST_STAY:
        raise _Bad(f"a whole number from 0 to {LONGEST_STAY:,}")
    return int(text)


def _quintile(text: str) -> int:
    if text not in ("1", "2", "3", "4", "5"):
        raise _Bad("a quintile of deprivation, 1 to 5")
    return int(text)


def _specialty(text: str) -> str:
    return SPECIALTIES.get(text.casefold().replace("-", "_"), text)


def _chapter(text: str) -> str:
    """Return the chapter of a diagnosis: by name for ICD-9, by letter otherwise."""
    if not text[:1].isdecimal():
        return text[:1].upper()
    number = float(text) if re.fullmatch(r"\d+(?:\.\d+)?", text) else np.inf
    return next((name for below, name in ICD9_CHAPTERS.items() if number < below), "other")


# What a column may be called: the column of the layout (or beside it), and how its values are read.
ALIASES: dict[str, tuple[str, Callable[[str], object]]] = {
    **dict.fromkeys(("age", "age_at_admission", "admission_age", "age_band"), ("age", _age)),
    **dict.fromkeys(("sex", "gender"), ("sex", _one_of(dict(SEXES)))),
    **dict.fromkeys(("ethnic_group", "ethnicity", "race"), ("ethnic_group", str)),
    **dict.fromkeys(("imd_quintile", "deprivation_quintile"), ("imd_quintile", _quintile)),
    **dict.fromkeys(("classpat", "patient_classification"), ("classpat", _one_of({c: c for c in "1234"}))),
    **dict.fromkeys(("admimeth", "admission_method"), ("admimeth", str)),
    "admission_type_id": ("admimeth", lambda text: ADMISSION_TYPES.get(text)),
    **dict.fromkeys(("speldur", "time_in_hospital", "length_of_stay", "los_days"), ("speldur", _whole)),
    **dict.fromkeys(("tretspef", "treatment_function_code"), ("tretspef", str)),
    **dict.fromkeys(("medical_specialty", "specialty"), ("tretspef", _specialty)),
    "mainspef": ("mainspef", str),
    **dict.fromkeys(("sitetret", "site"), ("sitetret", str)),
    **dict.fromkeys(("sushrg_trimmed", "sushrg", "hrg"), ("sushrg_trimmed", lambda text: text[:4])),
    **dict.fromkeys(("icb", "icb_code"), ("icb", str)),
    "has_procedure": ("has_procedure", _one_of(dict(FLAGS))),
    **dict.fromkeys(("readmitted", "readmitted_30_days"), ("readmitted", _one_of(dict(READMITTED)))),
    **dict.fromkeys(("discharge_disposition_id", "discharge_disposition"), ("discharge_disposition", str)),
    **dict.fromkeys(("admission_source_id", "admission_source"), ("admission_source", str)),
    **{name: (name, _chapter) for name in ("diag_1", "diag_2", "diag_3")},
    **{
        name: (name, _whole)
        for name in ("number_outpatient", "number_emergency", "number_inpatient", "number_diagnoses",
                     "num_procedures", "num_medications", "num_lab_procedures")
    },
}  # fmt: skip
#: Columns beside the layout, with their kinds for generators.
BESIDE = {
    **dict.fromkeys(("ethnic_group", "discharge_disposition", "admission_source"), "label"),
    **dict.fromkeys(("diag_1", "diag_2", "diag_3"), "label"),
    **{target: "whole" for target, parse in ALIASES.values() if parse is _whole and target != "speldur"},
}


def read_admissions(path: str | Path) -> tuple[pd.DataFrame, pd.Series]:
    """Read admissions from a CSV file, a zip of one, or a folder in the demand model's layout.

    Parameters
    ----------
    path : path
        A file needs columns of age, sex and length of stay, under one of the names of `ALIASES`. Ages in
        bands become the middle year of their band; diagnoses become chapters; "?", "NA" and the like are
        missing. Of rows that repeat another's number and all its values, the first is kept.

    Returns
    -------
    frame : pandas.DataFrame
        A row for each admission: columns of the layout that are not derived and that the file has, those of
        `BESIDE`, and readmitted (within 30 days). Of a folder, the wide form, with a bool column for each
        strategy. ``attrs`` says ``left_out`` (columns of the file that are none of these) and ``repeated``
        (rows left out).
    people : pandas.Series
        The number of each row's person from 0, with the frame's index, to split by person: never the
        file's own number. Where the file does not say who was admitted, each row is somebody's of its own.

    Raises
    ------
    InputError
        If the file or folder holds no such admissions, or a value is none of its column's; with file, line,
        column and what to do.
    FileNotFoundError
        If there is nothing at the path.
    """
    path = Path(path)
    if path.is_dir():
        return _read_layout(path)
    if not path.exists():
        raise FileNotFoundError(
            f"{path.name!r} is not there: give a CSV file, a zip, or a folder of the layout."
        )
    found, seen = [], []
    try:
        for member in open_source(path.name, path.read_bytes(), []):
            name = f"{path.name}/{member.name}" if member.name else path.name
            table = _open(name, member.kind, member.data)
            seen.append((name, table))
            if table is not None and not _lacking(table):
                found.append((name, table))
    except InputError as error:
        raise InputError([r if r.file else replace(r, file=path.name) for r in error.rejections]) from None
    if len(found) != 1:
        raise _none_or_many(path.name, found, seen)
    return _read_table(*found[0])


def _open(name: str, kind: str, data: bytes) -> TextTable | None:
    if kind != "csv":
        return None
    try:
        return read_csv_text(data, of_appointments=False)
    except InputError as error:
        raise InputError([r.within(name) for r in error.rejections]) from None


def _lacking(table: TextTable) -> list[str]:
    targets = {ALIASES[name][0] for name in table.names if name in ALIASES}
    return [name for name in NEEDED if name not in targets]


def _none_or_many(file: str, found: list, seen: list) -> InputError:
    if found:
        return reject(
            "several tables of admissions: " + ", ".join(name for name, _ in found),
            "one table",
            "Give one of them alone.",
            file=file,
        )
    closest = min(((_lacking(t), n) for n, t in seen if t is not None), key=lambda x: len(x[0]), default=None)
    lacking, name = closest or (list(NEEDED), file)
    known = {target: [n for n, (t, _) in ALIASES.items() if t == target] for target in lacking}
    return reject(
        f"no column of {', '.join(lacking)}",
        "; ".join(f"{target} as {' or '.join(names)}" for target, names in known.items()),
        "Name the columns so in the first line of a CSV file.",
        file=name,
        line=1,
    )


def _read_table(file: str, table: TextTable) -> tuple[pd.DataFrame, pd.Series]:
    kept, repeated = _rows_once(file, table)
    columns: dict[str, pd.Series] = {}
    left_out = []
    for name in table.names:
        if name not in ALIASES:
            left_out += [] if name in (*PERSON, *ROW) else [table.raw_names[name]]
            continue
        target, parse = ALIASES[name]
        if target in columns:
            raise reject(
                f"two columns of {target}", "one", "Leave one of them out.", file=file, line=1, column=name
            )
        columns[target] = _parse(file, table, name, parse)
    if "num_procedures" in columns and "has_procedure" not in columns:
        columns["has_procedure"] = columns["num_procedures"] > 0
    frame = pd.DataFrame(columns)[kept].reset_index(drop=True)
    frame.attrs = {"left_out": left_out, "repeated": repeated}
    return frame, _people(file, table, kept)


def _rows_once(file: str, table: TextTable) -> tuple[np.ndarray, int]:
    """Return which rows are kept: of those that say the same under the same number, the first."""
    name = next((name for name in ROW if name in table.columns), None)
    if name is None:
        return np.ones(table.n_rows, bool), 0
    number = pd.Series(table.columns[name].indices.to_numpy())
    again = number.duplicated().to_numpy()
    if again.any():
        codes = pd.DataFrame({n: c.indices.to_numpy(zero_copy_only=False) for n, c in table.columns.items()})
        differs = again & ~codes.duplicated().to_numpy()
        if differs.any():
            raise reject(
                f"an admission of an earlier line, with other values, in {_lines(differs.sum())}",
                "one line for each admission",
                "Keep the one that is right.",
                file=file,
                line=table.line_of(int(np.argmax(differs))),
                column=table.raw_names[name],
            )
    return ~again, int(again.sum())


def _parse(file: str, table: TextTable, name: str, parse: Callable[[str], object]) -> pd.Series:
    """Return a column's values, each different text read once; missing ones are NaN or None."""
    column = table.columns[name]
    index = column.indices.to_numpy(zero_copy_only=False)
    values: list[object] = []
    for place, text in enumerate(column.dictionary.to_pylist()):
        cell = text.strip()
        if cell.casefold() in MISSING:
            values.append(None)
            continue
        try:
            values.append(parse(cell))
        except _Bad as expected:
            rows = np.flatnonzero(index == place)
            if not len(rows):  # a text that no row holds
                values.append(None)
                continue
            raise reject(
                f"{quote_cell(cell)} in {_lines(len(rows))}",
                str(expected),
                "Correct it at its source, or leave the cell empty.",
                file=file,
                line=table.line_of(int(rows[0])),
                column=table.raw_names[name],
            ) from None
    return pd.Series(values).infer_objects().take(index).reset_index(drop=True)


def _lines(n: int) -> str:
    return f"{n:,} line" + ("" if n == 1 else "s")


def _people(file: str, table: TextTable, kept: np.ndarray) -> pd.Series:
    name = next((name for name in PERSON if name in table.columns), None)
    if name is None:
        return pd.Series(np.arange(kept.sum()), name="person")
    column = table.columns[name]
    texts = column.dictionary.to_pylist()
    index = column.indices.to_numpy(zero_copy_only=False)
    nobody = np.isin(index, [i for i, text in enumerate(texts) if text.strip().casefold() in MISSING])
    if (nobody & kept).any():
        raise reject(
            f"no person in {_lines(nobody.sum())}",
            "whose admission it is",
            "Leave these lines out, or the whole column: each line then counts as a person of its own.",
            file=file,
            line=table.line_of(int(np.argmax(nobody & kept))),
            column=table.raw_names[name],
        )
    return pd.Series(pd.factorize(index[kept])[0], name="person")


def _read_layout(folder: Path) -> tuple[pd.DataFrame, pd.Series]:
    """Read the admissions and strategies of a folder in the model's layout, of any one year and data set."""
    places = sorted(folder.glob("ip/fyear=*/dataset=*"))
    if len(places) != 1:
        wanted = folder_of("", "ip", YEAR, DATASET).as_posix()
        raise reject(
            f"{len(places)} data sets of admissions",
            f"one, in a folder such as {wanted}",
            "Give the folder that holds the tables of one year and data set.",
            file=folder.name,
        )
    place = places[0].relative_to(folder / "ip")
    tables = {}
    for name in ("ip", *STRATEGY_TABLES):
        if not any((folder / name / place).glob("*.parquet")):
            raise reject(
                "no Parquet file", f"{name}/{place.as_posix()}/0.parquet", "Write the table there.",
                file=folder.name,
            )  # fmt: skip
        tables[name] = pd.read_parquet(folder / name / place)
    ip = tables["ip"]
    names = [c.name for c in TABLES["ip"].columns if not c.derived]
    if lacking := [name for name in names if name not in ip]:
        raise reject(
            f"no column {', '.join(lacking)}",
            "the columns of the layout",
            "Add them.",
            file=f"{folder.name}/ip",
        )
    try:
        frame = widen(tables | {"ip": ip[names]})
    except ValueError as error:
        raise reject(
            str(error), "strategies of the admissions", "Write all tables anew.", file=folder.name
        ) from None
    frame.attrs = {
        "left_out": [name for name in ip if name not in {c.name for c in TABLES["ip"].columns}],
        "repeated": 0,
    }
    return frame, pd.Series(np.arange(len(frame)), name="person")
