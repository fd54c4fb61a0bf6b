"""Totals of the real files, as stated in the design notes; run where NHS_DATA names a folder of them."""

import os
from pathlib import Path

import pandas as pd
import pytest

from analysis_lib import measures, models
from analysis_lib.project import find_root

FOLDER = os.environ.get("NHS_DATA", "").strip()
pytestmark = pytest.mark.skipif(not FOLDER, reason="NHS_DATA names no folder of real files")
ROOT = find_root(Path(__file__).parent)


def load(name):
    """Load a folder of real files: NHS_DATA itself, or the folder `name` in it."""
    from analysis_lib.inputs import load_appointments

    given = (ROOT / FOLDER).resolve()
    folder = given if given.name == name else given / name
    if not folder.is_dir():
        pytest.skip(f"NHS_DATA holds no {name}")
    return load_appointments(folder)


@pytest.fixture(scope="module")
def teaching():
    return load("lse_nhs")


@pytest.fixture(scope="module")
def official():
    return load("gp_appointments_official")


@pytest.fixture(scope="module")
def teaching_months(teaching):
    return measures.rate_per_day(measures.count_appointments(teaching.attendance, "month"))


def test_status_counts_rate_and_bounds(teaching):
    row = measures.rate_dna(teaching.attendance).iloc[0]
    assert (row["n_attended"], row["n_dna"], row["n_unknown"]) == (677_755_876, 30_911_233, 34_137_416)
    assert round(row["dna_rate"] * 100, 3) == 4.362
    assert (round(row["bound_low"] * 100, 2), round(row["bound_high"] * 100, 2)) == (4.16, 8.76)
    assert round(row["unknown_share"] * 100, 2) == 4.60
    assert row["unknown_exceeds_dna"]


def test_months_on_thirty_days(teaching_months):
    by_month = teaching_months.set_index("month")["per_day_30"]
    assert (by_month.idxmin(), by_month.idxmax()) == (pd.Timestamp("2020-04-01"), pd.Timestamp("2021-11-01"))
    assert (round(by_month.min()), round(by_month.max())) == (533_596, 1_013_502)


def test_capacity_depends_on_the_basis(teaching_months):
    use = measures.add_utilisation(teaching_months)
    late = use[use["month"] >= "2021-09-01"]
    assert (use["utilisation_30"] < 1).all()
    assert (late["utilisation_working"] > 1).sum() == 9  # of ten; December 2021 is just under


def test_busiest_month(teaching):
    first = measures.busiest_months(teaching.attendance, top=1).iloc[0]
    assert first["month"] == pd.Timestamp("2021-11-01")
    assert first["n_appointments"] == 30_405_070


def test_every_split_of_the_change_sums(teaching):
    changes = measures.split_changes(teaching.attendance)
    assert len(changes) == 29 + 17
    gap = changes["rate_to"] - changes["rate_from"] - changes["mix"] - changes["rate"]
    assert gap.abs().max() < 1e-12
    rates = measures.rate_dna(teaching.attendance, "month").set_index("month")["dna_rate"]
    last = changes[changes["period_to"] == "2022-06"].iloc[0]
    assert last["rate_to"] == pytest.approx(rates[pd.Timestamp("2022-06-01")], abs=1e-12)


def test_standardised_rate_of_the_whole_is_the_crude_rate(teaching):
    frame = teaching.attendance.assign(all="England")
    row = measures.standardise_dna(frame, "all", strata=["hcp_type", "mode", "lead_time"]).iloc[0]
    assert row["dna_rate_standardised"] == pytest.approx(row["dna_rate"], abs=1e-12)
    assert row["n_known"] == 742_804_525 - 34_137_416 - 297_356  # less Unknown status, Unknown lead time


def test_teaching_subjects_agree(teaching):
    table = measures.reconcile_subjects(teaching)
    assert "disagrees" not in set(table["status"])
    duration = table[table["comparison"] == "attended = duration"]
    assert len(duration) == 7
    assert duration["n_right"].sum() == 167_980_692
    assert (duration["n_areas"] == 42).all()


def test_official_months_equal_the_published_totals(official):
    table = measures.reconcile_subjects(official)
    assert "disagrees" not in set(table["status"])
    published = table[table["comparison"] == "all = published totals"].groupby("right")["n_left"]
    assert published.size().to_dict() == {"summary table 1a": 30, "summary table 2a": 1}
    assert published.sum()["summary table 1a"] == 920_458_838
    assert (table["comparison"] == "attended = duration").sum() == 30
    assert set(table.loc[table["comparison"] == "all = category", "n_areas"]) == {37}


def test_a_forecast_beats_the_baseline_of_8_percent(teaching_months):
    choice = models.choose_forecast(teaching_months)
    scores = choice.scores.set_index("method")
    assert round(scores.loc["seasonal_naive", "mape"], 3) == 0.080
    assert choice.beats_baseline
    assert scores.loc[choice.method, "mape"] < 0.02


def test_regression_keeps_every_appointment_it_should(teaching):
    fit = models.fit_dna(teaching.attendance)
    assert fit.excluded == {"status Unknown": 34_137_416, "lead time Unknown": 297_356}
    assert fit.n_trials + sum(fit.excluded.values()) == 742_804_525
    rates = models.marginal_rates(fit, "lead_time").set_index("lead_time")["rate"]
    assert rates.is_monotonic_increasing  # further ahead, more missed, all else as it is
    assert fit.dispersion > 10
