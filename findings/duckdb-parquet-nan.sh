#!/usr/bin/env bash
# A filter on a float column keeps NaN when DuckDB reads a Parquet file, and drops it when it reads a table.
#
# Versions:  duckdb 2.0.0, pyarrow 26.0.1, Python 3.11
# Expected:  DuckDB orders NaN above every number, so `x <= 10` is false for NaN wherever the rows come from.
# Seen:      the same three rows give 3 from the file and 2 from a table made of that file. The writer's column
#            statistics (minimum 1, maximum 2) leave NaN out, as the format asks; the comparison is then decided
#            for the whole file from the statistics, and the rows are not looked at.
# Matters:   a check such as "no cost is above ten million" passes a NaN in a Parquet extract. Ask for NaN by name
#            (isnan), or load the rows first.
#
# Run by hand: it makes a folder of its own, installs the pinned packages and fails if the behaviour changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv env
env/bin/pip install --quiet --disable-pip-version-check duckdb==2.0.0 pyarrow==26.0.1
env/bin/python - <<'PY'
import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

pq.write_table(pa.table({"x": [1.0, float("nan"), 2.0]}), "costs.parquet")
duckdb.sql("CREATE TABLE costs AS SELECT * FROM 'costs.parquet'")
count = "SELECT count(*) FROM {} WHERE x <= 10"
from_file = duckdb.sql(count.format("'costs.parquet'")).fetchall()[0][0]
from_table = duckdb.sql(count.format("costs")).fetchall()[0][0]
print(f"duckdb {duckdb.__version__}: {from_file} rows from the file, {from_table} from a table of the same rows")
assert (from_file, from_table) == (3, 2), "the behaviour has changed"
PY
