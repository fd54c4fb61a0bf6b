"""One small simulated release, read back with plain pandas, never through inputs/."""

import zipfile

import pandas as pd
import pytest

from analysis_lib.simulate import simulate_appointments


def _read_zip(path):
    with zipfile.ZipFile(path) as archive:
        parts = [
            pd.read_csv(archive.open(name), dtype=str, keep_default_na=False) for name in archive.namelist()
        ]
    frame = pd.concat(parts, ignore_index=True).rename(columns=str.upper)
    frame["n"] = frame.pop("COUNT_OF_APPOINTMENTS").astype("int64")
    frame["area"] = frame["SUB_ICB_LOCATION_CODE"]
    if "APPOINTMENT_DATE" in frame:
        frame["date"] = pd.to_datetime(frame["APPOINTMENT_DATE"], format="%d%b%Y")
        frame["month"] = frame["date"].dt.strftime("%Y-%m")
    else:
        frame["month"] = frame["APPOINTMENT_MONTH"].str[:7]
    return frame


@pytest.fixture(scope="session")
def read_zip():
    return _read_zip


@pytest.fixture(scope="session")
def release(tmp_path_factory):
    """Twelve areas, 14 months from July 2022: the shock is October to December 2022."""
    return simulate_appointments(
        tmp_path_factory.mktemp("release") / "sim", seed=7, months=14, areas=12, duration_months=14
    )


@pytest.fixture(scope="session")
def attendance(release):
    return _read_zip(release / "regional_csv.zip")


@pytest.fixture(scope="session")
def duration(release):
    return _read_zip(release / "actual_duration.csv.zip")


@pytest.fixture(scope="session")
def category(release):
    return _read_zip(release / "national_categories.zip")
