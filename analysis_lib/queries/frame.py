"""Bring the answer of a query into pandas: fixed order, fixed types, the same from every engine."""

from __future__ import annotations

import ibis
import pandas as pd
import pyarrow as pa

NULLABLE = {
    pa.bool_(): pd.BooleanDtype(),
    pa.int32(): pd.Int32Dtype(),
    pa.int64(): pd.Int64Dtype(),
}


def to_frame(query: ibis.Table) -> pd.DataFrame:
    """Run a query and return its rows.

    Returns
    -------
    pandas.DataFrame
        Ordered by person_id where there is one, else by the columns from the left. Text is str, flags are
        bool, whole numbers int32 or int64 (boolean, Int32, Int64 where values are missing), amounts float64,
        dates datetime64.
    """
    keys = ["person_id"] if "person_id" in query.columns else list(query.columns)
    # Sorted here, not in the engine: engines differ in where missing values go.
    table = query.to_pyarrow().sort_by([(key, "ascending") for key in keys])
    frame = table.to_pandas(types_mapper=NULLABLE.get, date_as_object=False)
    complete = {
        name: kind.numpy_dtype
        for name, kind in frame.dtypes.items()
        if kind in NULLABLE.values() and table.column(name).null_count == 0
    }
    return frame.astype(complete)
