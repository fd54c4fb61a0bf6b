"""The tree of what people do next, step by step, cut so that no branch stands for a few people."""

from __future__ import annotations

import pandas as pd

from analysis_lib.measures.cells import check_columns

NO_MORE = "no further contact"
OTHER = "other"
BETWEEN = " > "


def prune_paths(prefixes: pd.DataFrame, fewest: int = 10) -> pd.DataFrame:
    """People by their first steps, as a tree in which every branch is the sum of its own branches.

    Parameters
    ----------
    prefixes : DataFrame
        One row for people who took the same steps: use_level, step_1, step_2, … (missing from where nothing
        more followed), n_people.
    fewest : int
        People in the smallest branch that is shown.

    Returns
    -------
    DataFrame
        use_level, depth (0 for all people of the level), path ("gp > outpatient"), step (the last of the
        path), parent (path of the branch it belongs to, missing at depth 0), n (people), is_other. People
        whom nothing followed are a branch "no further contact"; branches that hold fewer are one branch
        "other" of the same parent, joined by the next smallest while it holds too few itself, so that the
        difference of a parent and its branches never tells of few people. It may so hold "no further
        contact" too. A branch of which only "other" would be left ends there. Levels of fewer people have no
        row.

    Raises
    ------
    KeyError
        If a column is absent.
    ValueError
        If `fewest` is below 1, a count is negative, a level missing, or a step follows a missing one.
    """
    steps = sorted((c for c in prefixes if str(c).startswith("step_")), key=lambda c: int(c[5:]))
    check_columns(prefixes, ["use_level", *(steps or ["step_1"]), "n_people"], "The tree of paths")
    if fewest < 1:
        raise ValueError(f"A branch holds 1 person or more, not {fewest}.")
    if prefixes["use_level"].isna().any() or (prefixes["n_people"] < 0).any():
        raise ValueError("A level is missing or a number of people is negative.")
    ended = prefixes[steps].isna().to_numpy()
    if (ended[:, :-1] & ~ended[:, 1:]).any():
        raise ValueError("A step follows a missing one: steps are missing from the end of a path on.")
    named = prefixes.assign(**{step: prefixes[step].astype(object) for step in steps})
    rows: list[tuple] = []
    for level, people in named.groupby("use_level", observed=True, sort=True):
        n = int(people["n_people"].sum())
        if n >= fewest:
            rows.append((level, 0, "", "", None, n, False))
            _add_branches(rows, level, people, steps, [], fewest)
    columns = ["use_level", "depth", "path", "step", "parent", "n", "is_other"]
    table = pd.DataFrame(rows, columns=columns)
    return table.astype(
        {"use_level": prefixes["use_level"].dtype, "depth": "int64", "n": "int64", "is_other": bool}
    )


def _add_branches(
    rows: list[tuple], level: object, people: pd.DataFrame, steps: list[str], taken: list[str], fewest: int
) -> None:
    """Add the branches after the steps taken, each followed by its own; `steps` are the columns to come."""
    if len(taken) == len(steps):
        return
    step, depth, parent = steps[len(taken)], len(taken) + 1, BETWEEN.join(taken)
    counted = people["n_people"].groupby(people[step].fillna(NO_MORE)).sum()
    sizes = sorted(
        (-int(n), str(name)) for name, n in counted.items() if n > 0
    )  # largest first, then by name
    kept = [(-n, name) for n, name in sizes if -n >= fewest]
    few = int(counted.sum()) - sum(n for n, _ in kept)
    while kept and 0 < few < fewest:
        few += kept.pop()[0]
    if not kept:
        return  # "other" alone would say no more than the parent
    kept.sort(key=lambda each: each[1] == NO_MORE)  # after all that followed, before what is other
    for n, name in kept:
        rows.append((level, depth, BETWEEN.join([*taken, name]), name, parent, n, False))
        if name != NO_MORE:
            _add_branches(rows, level, people[people[step] == name], steps, [*taken, name], fewest)
    if few:
        rows.append((level, depth, BETWEEN.join([*taken, OTHER]), OTHER, parent, few, True))
