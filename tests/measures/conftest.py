"""Tiny attendance frames, built from rows of labels and counts."""

import pandas as pd
import pytest

from analysis_lib import codes

LEVELS = {
    "status": codes.STATUSES,
    "hcp_type": codes.HCP_TYPES,
    "mode": codes.MODES,
    "lead_time": codes.LEAD_TIMES,
}
DEFAULTS = {
    "month": "2022-01-01",
    "icb_code": "E1",
    "icb_name": "One",
    "status": "Attended",
    "hcp_type": "GP",
    "mode": "Face-to-Face",
    "lead_time": "Same Day",
}


def make_attendance(rows):
    """Build a frame from dicts; what a row does not name takes the default. n is the count."""
    frame = pd.DataFrame([{**DEFAULTS, **row} for row in rows]).rename(columns={"n": "n_appointments"})
    frame["month"] = pd.to_datetime(frame["month"])
    frame["n_appointments"] = frame["n_appointments"].astype("int64")
    for column, levels in LEVELS.items():
        frame[column] = pd.Categorical(frame[column], levels, ordered=True)
    for column in ("icb_code", "icb_name"):
        frame[column] = frame[column].astype("category")
    return frame


def known(n, dna, **labels):
    """Two rows: `dna` missed of `n` known."""
    return [
        {"status": "Attended", "n": n - dna, **labels},
        {"status": "DNA", "n": dna, **labels},
    ]


@pytest.fixture(scope="session")
def build():
    return make_attendance


@pytest.fixture(scope="session")
def known_rows():
    return known
