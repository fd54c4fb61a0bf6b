"""Counts of a store written to a file and read back: JSON and plain arrays, which run nothing when read."""

from __future__ import annotations

import io
import json
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analysis_lib.kinds import Count
from analysis_lib.release.gate.boxes import Grid
from analysis_lib.release.gate.cells import Cells
from analysis_lib.release.gate.linked import Linked, View
from analysis_lib.release.gate.protect import Variables
from analysis_lib.release.profiles import Profile

KEPT = {kind.__name__: kind for kind in (Count, Grid, Cells, Linked, View, Variables, Profile)}
_TEXT = "text"  # the array that holds the JSON


def write_kept(path: Path, content: Any) -> None:
    """Write dataclasses of `KEPT`, mappings, sequences, arrays and frames of text, for this user alone.

    An object that stands in several places is one object again when read.
    """
    arrays: dict[str, np.ndarray] = {}
    seen: dict[int, int] = {}
    text = json.dumps(_pack(content, arrays, seen)).encode()
    packed = io.BytesIO()
    np.savez(packed, **arrays, **{_TEXT: np.frombuffer(text, np.uint8)})
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".part")
    partial.touch(mode=0o600)
    partial.write_bytes(packed.getvalue())
    partial.replace(path)


def read_kept(path: Path) -> Any:
    """Return what `write_kept` wrote."""
    with np.load(path) as arrays:  # of no objects: that is numpy's default
        return _unpack(json.loads(arrays[_TEXT].tobytes()), arrays, {})


def _pack(value: Any, arrays: dict[str, np.ndarray], seen: dict[int, int]) -> Any:
    def inner(each: Any) -> Any:
        return _pack(each, arrays, seen)

    if value is None or isinstance(value, str | bool | int | float):
        return value
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray) and value.dtype != object:
        name = f"a{len(arrays)}"
        arrays[name] = value
        return {"array": name}
    if isinstance(value, np.ndarray):
        return {"texts": value.tolist()}
    if isinstance(value, pd.DataFrame):
        return {"frame": {str(c): value[c].tolist() for c in value}, "rows": len(value)}
    if isinstance(value, dict):
        return {"map": [[inner(key), inner(each)] for key, each in value.items()]}
    if isinstance(value, list | tuple | frozenset):
        ordered = sorted(value) if isinstance(value, frozenset) else value
        return {type(value).__name__: [inner(each) for each in ordered]}
    if not is_dataclass(value) or type(value).__name__ not in KEPT:
        raise TypeError(f"{type(value).__name__} is not kept")
    if id(value) in seen:
        return {"again": seen[id(value)]}
    seen[id(value)] = number = len(seen)
    made = {f.name: inner(getattr(value, f.name)) for f in fields(value)}
    return {"made": type(value).__name__, "number": number, "of": made}


def _unpack(value: Any, arrays: Any, made: dict[int, Any]) -> Any:
    def inner(each: Any) -> Any:
        return _unpack(each, arrays, made)

    if not isinstance(value, dict):
        return value
    if "array" in value:
        return arrays[value["array"]]
    if "texts" in value:
        return np.array(value["texts"], dtype=object)
    if "frame" in value:
        return pd.DataFrame(value["frame"], index=pd.RangeIndex(value["rows"]))
    if "map" in value:
        return {inner(key): inner(each) for key, each in value["map"]}
    for kind in (list, tuple, frozenset):
        if kind.__name__ in value:
            return kind(inner(each) for each in value[kind.__name__])
    if "again" in value:
        return made[value["again"]]
    kind = KEPT[value["made"]]
    made[value["number"]] = new = object.__new__(kind)  # first, since its equations may name it
    for name, each in value["of"].items():
        object.__setattr__(new, name, inner(each))
    return new
