"""Choose people by their features, and count them by covariate pattern, in the engine."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any

import ibis

from analysis_lib.dates import as_day
from analysis_lib.inputs.population import CONDITIONS, DECILES, ETHNIC_GROUPS, SEXES

AGE_STARTS = (0, 5, 15, 25, 35, 45, 55, 65, 75, 85)
AREAS = ("lsoa", "msoa", "practice")
CODES = {"sex": SEXES, "ethnic_group": ETHNIC_GROUPS, "imd_decile": DECILES, "imd_quintile": range(1, 6)}


def add_age_band(table: ibis.Table, starts: Sequence[int] = AGE_STARTS) -> ibis.Table:
    """Return the table with age_band, such as "65-74" or "85+", replaced or added.

    Parameters
    ----------
    table : ibis.Table
        With age.
    starts : sequence of int
        First age of each band, increasing; younger people have none.
    """
    names = [f"{a}-{b - 1}" for a, b in zip(starts, starts[1:], strict=False)] + [f"{starts[-1]}+"]
    pairs = [(table.age >= start, name) for start, name in zip(starts, names, strict=True)]
    return table.mutate(age_band=ibis.cases(*reversed(pairs)))


def cohort(
    features: ibis.Table,
    *,
    min_age: int | None = None,
    max_age: int | None = None,
    conditions: Sequence[str] = (),
    **among: Any,
) -> ibis.Table:
    """Return the rows of the people asked for.

    Parameters
    ----------
    features : ibis.Table
        From `features_at`, joined to more if you like.
    min_age, max_age : int, optional
        In completed years, both included.
    conditions : sequence of str
        Conditions that everybody in the cohort has.
    **among
        A value, or several, of any other column: ``sex="F"``, ``imd_quintile=[1, 2]``, ``msoa="E02002340"``.

    Raises
    ------
    ValueError
        If there is no such condition, column, code or area; the nearest is named.

    Examples
    --------
    >>> features = features_at(population, "2024-04-01")
    >>> older = cohort(features, min_age=65, conditions=["heart_failure"])
    >>> to_frame(count_by(older, ["imd_quintile"]))
    """
    conditions = [conditions] if isinstance(conditions, str) else list(conditions)
    unknown = sorted({*conditions} - set(CONDITIONS)) + sorted({*among} - set(features.columns))
    if unknown:
        raise ValueError(
            f"Not known: {', '.join(unknown)}.{_nearest(unknown, [*CONDITIONS, *features.columns])} "
            f"Conditions are {', '.join(CONDITIONS)}; columns are {', '.join(features.columns)}."
        )
    chosen = [features[f"has_{condition}"] for condition in conditions]
    chosen += [features.age >= min_age] if min_age is not None else []
    chosen += [features.age <= max_age] if max_age is not None else []
    for column, values in among.items():
        listed = isinstance(values, (list, tuple, set, frozenset, range))
        wanted = _read_values(features, column, list(values) if listed else [values])
        chosen.append(features[column].isin(wanted))
    return features.filter(chosen) if chosen else features


def _read_values(features: ibis.Table, column: str, values: list[Any]) -> list[Any]:
    """Return the values asked of a column; those that nobody could have are refused."""
    if features[column].type().is_date() or features[column].type().is_timestamp():
        return [as_day(value, column) for value in values]
    known: Sequence[Any] = (True, False) if features[column].type().is_boolean() else CODES.get(column, ())
    if column in AREAS:  # in the engine: only of areas is it a question of the extract
        there = features.select(column).filter(features[column].isin(values)).distinct()
        absent = sorted(map(str, set(values) - set(there.to_pyarrow()[column].to_pylist())))
        if absent:
            known = [str(v) for v in features.select(column).distinct().to_pyarrow()[column].to_pylist()]
            raise ValueError(
                f"Nobody here lives in or is registered with {column} {', '.join(absent)}."
                f"{_nearest(absent, known)} There are {len(known):,}, such as {', '.join(sorted(known)[:3])}."
            )
    elif known and (strange := [value for value in values if value not in known]):
        names = [str(value) for value in strange]
        raise ValueError(
            f"{column} is never {', '.join(names)}.{_nearest(names, list(map(str, known)))} "
            f"It is one of {', '.join(map(str, known))}."
        )
    return values


def _nearest(unknown: Sequence[str], known: Sequence[str]) -> str:
    """Return a question that names what is written most like something unknown; empty if nothing is."""
    lower = {name.casefold().replace("_", " "): name for name in known}
    near = [
        lower[match]
        for name in unknown
        for match in get_close_matches(name.casefold().replace("_", " "), lower, n=1)
    ]
    return f" Did you mean {' and '.join(dict.fromkeys(near))}?" if near else ""


def count_by(table: ibis.Table, dims: Sequence[str], sums: Sequence[str] = ()) -> ibis.Table:
    """Return the number of people, and sums, for each pattern of values that occurs.

    Parameters
    ----------
    table : ibis.Table
        One row per person, from `features_at` or joined with `outcomes_after`.
    dims : sequence of str
        Columns whose patterns are counted; an outcome may be among them, where its frequencies are wanted.
    sums : sequence of str
        Columns to add up: contacts, cost, years_at_risk. A flag is counted.

    Returns
    -------
    ibis.Table
        dims, n_people (int64), and each of `sums` under its own name (whole numbers as int64, others as
        float64).

    Raises
    ------
    ValueError
        If there is no such column, or one is in both.
    """
    unknown = [c for c in (*dims, *sums) if c not in table.columns]
    both = sorted(set(dims) & set(sums))
    if unknown or both:
        raise ValueError(f"Not columns of the table, or named twice: {', '.join(unknown + both)}.")
    added = {
        name: table[name].cast("float64" if table[name].type().is_floating() else "int64").sum()
        for name in sums
    }
    return table.group_by(list(dims)).agg(n_people=table.count().cast("int64"), **added)
