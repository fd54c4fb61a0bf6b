#!/usr/bin/env bash
# Ibis says that a date plus a column of days is a date; on DuckDB its text is that of a moment, and no cast to date helps.
#
# Versions:  ibis-framework 12.0.0, duckdb 2.0.0, Python 3.11
# Expected:  `day + n.as_interval("D")` has the type date, so its text is "2024-01-03"; at the least, casting it to
#            date makes it one.
# Seen:      the text is "2024-01-03 00:00:00": DuckDB adds an interval to a DATE as a TIMESTAMP. A cast to date
#            changes nothing, since Ibis takes the sum for a date already and writes no cast into the query.
# Matters:   days of discharge (admission plus nights) match none of the dates that they equal once both are text, as
#            in keys that are put together from a person and a day. Cast twice: to a timestamp, then to a date.
#
# Run by hand: it makes a folder of its own, installs the pinned packages and fails if the behaviour changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv env
env/bin/pip install --quiet --disable-pip-version-check "ibis-framework[duckdb]==12.0.0" duckdb==2.0.0
env/bin/python -W ignore - <<'PY'
import ibis

engine = ibis.duckdb.connect()
engine.raw_sql("CREATE TABLE stays AS SELECT DATE '2024-01-01' AS admitted, 2 AS nights")
stays = engine.table("stays")
discharged = stays.admitted + stays.nights.as_interval("D")
said = str(discharged.type())
twice = discharged.cast("timestamp").cast("date")
texts = [value.cast("string") for value in (discharged, discharged.cast("date"), twice)]
found = engine.raw_sql(ibis.to_sql(stays.select(a=texts[0], b=texts[1], c=texts[2]))).fetchone()
print(f"ibis {ibis.__version__}: type {said}; text {found[0]!r}, cast to date {found[1]!r}, cast twice {found[2]!r}")
assert said == "date", "the behaviour has changed"
assert found == ("2024-01-03 00:00:00", "2024-01-03 00:00:00", "2024-01-03"), "the behaviour has changed"
PY
