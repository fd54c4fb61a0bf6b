"""Choose people by their features, and count them by covariate pattern, in the engine."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import ibis

from analysis_lib.inputs.population import CONDITIONS

AGE_STARTS = (0, 5, 15, 25, 35, 45, 55, 65, 75, 85)


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
        A value, or several, of any other column: ``sex="F"``, ``imd_quintile=[1, 2]``.

    Raises
    ------
    ValueError
        If there is no such condition or column.

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
            f"Not known: {', '.join(unknown)}. Conditions are {', '.join(CONDITIONS)}; "
            f"columns are {', '.join(features.columns)}."
        )
    chosen = [features[f"has_{condition}"] for condition in conditions]
    chosen += [features.age >= min_age] if min_age is not None else []
    chosen += [features.age <= max_age] if max_age is not None else []
    for column, values in among.items():
        listed = isinstance(values, (list, tuple, set, frozenset, range))
        chosen.append(features[column].isin(list(values) if listed else [values]))
    return features.filter(chosen) if chosen else features


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
