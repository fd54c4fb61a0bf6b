"""Long tables, in which several groups divide the same people: each sums to the same total."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis_lib.release.gate.cells import Cells
from analysis_lib.release.gate.sums import group_ids

WHOLE, PART = "group", "level"  # the column that says by what people are divided, and that of the parts


def equate_partitions(cells: Cells) -> None:
    """Write down that groups with one total have it in common, and that anybody can add up a whole one.

    Without a row of totals a group with one hidden level would be given back by any other group that is shown
    in full. Groups whose true sums differ (people not asked, several conditions of one person) stay apart.
    """
    if {WHOLE, PART} <= set(cells.labels.columns):
        for column in range(len(cells.counts)):
            _equate(cells, column)


def _equate(cells: Cells, column: int) -> None:
    names = list(cells.labels.columns)
    codes = {name: pd.factorize(cells.labels[name])[0] for name in names}
    n_rows = len(cells.labels)
    of_whole, of_part = (cells.total[:, names.index(name)] for name in (WHOLE, PART))
    outer = group_ids([codes[name] for name in names if name not in (WHOLE, PART)], n_rows)
    inner = group_ids([outer, codes[WHOLE]], n_rows)
    value = cells.true[:, column]
    parts = np.flatnonzero(~of_whole & ~of_part & ~np.isnan(value))
    sums = np.bincount(inner[parts], weights=value[parts], minlength=inner.max(initial=-1) + 1)
    groups = pd.DataFrame({"outer": outer[parts], "inner": inner[parts]}).drop_duplicates()
    groups["sum"] = sums[groups["inner"]]
    everybody = np.flatnonzero(of_whole & ~np.isnan(value))
    told = pd.DataFrame({"outer": outer[everybody], "sum": value[everybody]})
    known = pd.concat([groups[["outer", "sum"]], told])
    shared = known[known.duplicated(keep=False)].drop_duplicates()
    groups = groups.merge(shared, on=["outer", "sum"])
    if groups.empty:
        return
    v = cells.variables
    total = v.add(groups["sum"].to_numpy(), groups["sum"].to_numpy(), hidden=False, guarded=False, free=False)
    place = np.full(len(sums), -1)
    place[groups["inner"]] = np.arange(len(groups))
    use = parts[place[inner[parts]] >= 0]
    v.equate(
        len(groups), (v, np.arange(len(groups)), total, -1), (v, place[inner[use]], cells.ids(use, column), 1)
    )
