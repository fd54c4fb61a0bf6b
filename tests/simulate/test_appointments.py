"""The simulated release: layout, reconciliation, pattern in time, determinism."""

import hashlib
import json
import zipfile

import numpy as np
import pandas as pd
import pytest

from analysis_lib.inputs import load_appointments
from analysis_lib.simulate import simulate_appointments
from analysis_lib.simulate.areas import choose_areas, load_areas
from analysis_lib.simulate.days import make_calendar
from analysis_lib.simulate.draw import draw_national
from analysis_lib.simulate.scenario import SCENARIOS
from tests.coverage import worlds

FIRST_OFFICIAL = (
    "SUB_ICB_LOCATION_CODE,SUB_ICB_LOCATION_ONS_CODE,SUB_ICB_LOCATION_NAME,ICB_ONS_CODE,ICB_NAME,"
    "REGION_ONS_CODE,REGION_NAME,APPOINTMENT_MONTH,APPT_STATUS,HCP_TYPE,APPT_MODE,"
    "TIME_BETWEEN_BOOK_AND_APPT,COUNT_OF_APPOINTMENTS"
)


def totals(frame):
    return frame.groupby(["area", "month"])["n"].sum()


def dna_rate(frame, by):
    counts = frame.pivot_table(index=by, columns="APPT_STATUS", values="n", aggfunc="sum")
    return counts["DNA"] / (counts["DNA"] + counts["Attended"])


def test_attended_equals_duration_for_each_area_and_month(attendance, duration):
    attended = totals(attendance[attendance["APPT_STATUS"] == "Attended"])
    assert len(attended) == 12 * 14
    pd.testing.assert_series_equal(attended, totals(duration), check_exact=True)


def test_attendance_equals_category_for_each_area_and_month(attendance, category):
    by_category = totals(category)
    assert len(by_category) == 12 * 12
    pd.testing.assert_series_equal(totals(attendance)[by_category.index], by_category, check_exact=True)


def test_no_day_has_more_attended_than_appointments(duration, category):
    attended = duration.groupby(["area", "date"])["n"].sum()
    booked = category.groupby(["area", "date"])["n"].sum()
    assert (attended.reindex(booked.index, fill_value=0) <= booked).all()
    assert attended.sum() > booked.sum() * 0.85


def test_labels_and_headers_are_the_published_ones(release, attendance, duration, category):
    with zipfile.ZipFile(release / "regional_csv.zip") as archive:
        name = archive.namelist()[0]
        assert archive.read(name).decode().splitlines()[0] == FIRST_OFFICIAL
        assert len(archive.namelist()) == attendance["ICB_ONS_CODE"].nunique()
    assert set(attendance["APPT_STATUS"]) == {"Attended", "DNA", "Unknown"}
    assert set(attendance["HCP_TYPE"]) == {"GP", "Other Practice staff", "Unknown"}
    assert set(attendance["APPT_MODE"]) == {
        "Face-to-Face", "Home Visit", "Telephone", "Video/Online", "Unknown",
    }  # fmt: skip
    assert set(attendance["TIME_BETWEEN_BOOK_AND_APPT"]) == {
        "Same Day", "1 Day", "2 to 7 Days", "8  to 14 Days", "15  to 21 Days", "22  to 28 Days",
        "More than 28 Days", "Unknown / Data Quality",
    }  # fmt: skip
    assert set(duration["ACTUAL_DURATION"]) == {
        "1-5 Minutes", "6-10 Minutes", "11-15 Minutes", "16-20 Minutes", "21-30 Minutes", "31-60 Minutes",
        "Unknown / Data Quality",
    }  # fmt: skip
    assert set(category["SERVICE_SETTING"]) == {
        "General Practice", "Primary Care Network", "Extended Access Provision", "Other", "Unmapped",
    }  # fmt: skip
    assert set(category["CONTEXT_TYPE"]) == {"Care Related Encounter", "Inconsistent Mapping", "Unmapped"}
    assert category["NATIONAL_CATEGORY"].nunique() == 19
    not_mapped = category.loc[category["CONTEXT_TYPE"] != "Care Related Encounter", "n"].sum()
    assert 0.11 < not_mapped / category["n"].sum() < 0.15


def test_coverage_has_a_row_for_each_area_and_month(release):
    coverage = pd.read_csv(release / "APPOINTMENTS_GP_COVERAGE.csv")
    assert len(coverage) == 12 * 14
    assert not coverage.duplicated(["SUB_ICB_LOCATION_CODE", "Appointment_Month"]).any()
    assert (coverage["Included Practices"] <= coverage["Open Practices"]).all()
    included, open_ = coverage.columns[-2:]
    assert (coverage[included] <= coverage[open_]).all()
    assert coverage[included].sum() / coverage[open_].sum() > 0.97


def test_weekdays_and_bank_holidays(category):
    days = category.groupby("date")["n"].sum()
    # March 2023 has no bank holiday.
    march = days["2023-03"].groupby(days["2023-03"].index.day_of_week).mean()
    assert march.idxmax() == 0
    assert march.loc[5:].sum() / march.sum() == pytest.approx(0.075 / 5.075, rel=0.15)
    for holiday in ("2022-12-26", "2022-12-27", "2023-01-02", "2023-04-07", "2023-05-01", "2023-05-08"):
        assert days[holiday] < 0.02 * days["2023-03-06"], holiday
    assert days["2022-12-25"] < 0.02 * days["2023-03-06"]


def test_shock_cuts_volume_and_moves_patients_to_the_telephone(release, attendance, duration):
    shock = json.loads((release / "truth.json").read_text())["shock"]
    assert (shock["first_day"], shock["last_day_full_depth"]) == ("2022-10-15", "2022-12-23")
    days = duration.groupby("date")["n"].sum()
    # Same weekdays of the same season a year apart are not in the run: compare with the weeks before.
    before, inside = days["2022-10-03":"2022-10-14"].mean(), days["2022-10-17":"2022-10-28"].mean()
    assert inside / before == pytest.approx(1 - shock["volume_drop"], abs=0.04)
    modes = attendance.pivot_table(index="month", columns="APPT_MODE", values="n", aggfunc="sum")
    share = modes.div(modes.sum(axis=1), axis=0)
    assert share.loc["2022-11", "Telephone"] > share.loc["2022-09", "Telephone"] + 0.2
    assert share.loc["2022-11", "Face-to-Face"] < share.loc["2022-09", "Face-to-Face"] - 0.2
    assert share.loc["2023-08", "Telephone"] == pytest.approx(share.loc["2022-09", "Telephone"], abs=0.02)


def test_status_shares_are_of_the_usual_size(attendance):
    share = attendance.groupby("APPT_STATUS")["n"].sum() / attendance["n"].sum()
    assert 0.03 < share["Unknown"] < 0.06
    after = attendance[attendance["month"] >= "2023-05"]
    assert 0.037 < dna_rate(after.assign(all="all"), "all")["all"] < 0.05
    assert dna_rate(after, "TIME_BETWEEN_BOOK_AND_APPT").idxmin() == "Same Day"


def test_same_seed_same_bytes_another_seed_not(tmp_path):
    small = {"months": 2, "areas": 3}
    one, two, other = (
        simulate_appointments(tmp_path / name, seed=seed, **small)
        for name, seed in (("one", 5), ("two", 5), ("other", 6))
    )
    for path in one.iterdir():
        assert path.read_bytes() == (two / path.name).read_bytes(), path.name
    for name in ("regional_csv.zip", "actual_duration.csv.zip", "national_categories.zip", "truth.json"):
        assert (one / name).read_bytes() != (other / name).read_bytes(), name


def test_an_area_is_the_same_alone_as_among_others(tmp_path, attendance, release):
    alone = simulate_appointments(tmp_path / "alone", seed=7, months=14, areas=["15F"])
    truth = json.loads((alone / "truth.json").read_text())["areas"]["15F"]
    both = simulate_appointments(tmp_path / "both", seed=7, months=14, areas=["36J", "15F"])
    assert json.loads((both / "truth.json").read_text())["areas"]["15F"] == truth
    with (
        zipfile.ZipFile(alone / "regional_csv.zip") as one,
        zipfile.ZipFile(both / "regional_csv.zip") as two,
    ):
        (name,) = one.namelist()
        lines = [line for line in two.read(name).decode().splitlines() if line.startswith("15F")]
        assert one.read(name).decode().splitlines()[1:] == lines


def test_manifest_describes_the_files(release, attendance, duration, category):
    manifest = json.loads((release / "manifest.json").read_text())
    assert manifest["simulated"] is True
    assert (manifest["first_month"], manifest["last_month"]) == ("2022-07", "2023-08")
    files = {entry["name"]: entry for entry in manifest["files"]}
    assert {path.name for path in release.iterdir()} == {*files, "manifest.json"}
    for name, entry in files.items():
        assert hashlib.sha256((release / name).read_bytes()).hexdigest() == entry["sha256"], name
    counted = {e["subject"]: e["n_appointments"] for e in files.values() if "n_appointments" in e}
    assert counted == {
        "attendance": attendance["n"].sum(),
        "duration": duration["n"].sum(),
        "category": category["n"].sum(),
    }


def test_an_earlier_run_is_replaced_and_other_files_are_refused(tmp_path):
    folder = simulate_appointments(tmp_path / "sim", months=1, areas=1)
    first = (folder / "regional_csv.zip").read_bytes()
    simulate_appointments(folder, seed=2, months=1, areas=1)
    assert (folder / "regional_csv.zip").read_bytes() != first
    (folder / "appointments_regional.csv").write_text("a real file")
    with pytest.raises(FileExistsError, match="never put among others"):
        simulate_appointments(folder, months=1, areas=1)
    assert (folder / "appointments_regional.csv").read_text() == "a real file"
    assert (folder / "regional_csv.zip").exists(), "refused before anything is removed"


def pearson_by_area(attendance):
    """Return Pearson's statistic of missed appointments by area at one rate, over its degrees of freedom."""
    known = attendance[attendance["status"] != "Unknown"]
    counts = known.pivot_table(
        index="sub_icb_code", columns="status", values="n_appointments", aggfunc="sum", observed=True
    )
    n = counts["DNA"] + counts["Attended"]
    rate = counts["DNA"].sum() / n.sum()
    return ((counts["DNA"] - n * rate) ** 2 / (n * rate * (1 - rate))).sum() / (len(n) - 1)


def test_areas_of_the_null_world_are_alike():
    attendance, truth = worlds.draw_attendance(3, months=3, scenario="null")
    assert {effects["dna_logit"] for effects in truth["areas"].values()} == {0.0}
    assert truth["dna_logit"]["area_sd"] == truth["dna_logit"]["area_month_sd"] == 0
    # Chi squared of 105 degrees of freedom: 1 with a standard error of 0.14.
    assert 0.6 < pearson_by_area(attendance) < 1.5
    assert pearson_by_area(worlds.draw_attendance(3, months=3)[0]) > 100


def test_the_frame_in_memory_is_the_one_that_is_read(tmp_path):
    folder = simulate_appointments(tmp_path / "sim", seed=4, months=3, areas=4, n_tweets=0)
    read = load_appointments(folder, cache=False).attendance
    held, truth = worlds.draw_attendance(4, months=3, areas=4)
    assert json.loads(json.dumps(truth)) == json.loads((folder / "truth.json").read_text())
    keys = ["month", "sub_icb_code", "status", "hcp_type", "mode", "lead_time"]
    one, two = (
        f.astype(dict.fromkeys(keys[1:], "str")).set_index(keys)["n_appointments"] for f in (read, held)
    )
    pd.testing.assert_series_equal(one.sort_index(), two.sort_index())
    assert list(read.columns) == list(held.columns)


def test_volumes_and_missed_appointments_drift():
    calendar = make_calendar("2022-07", 37)
    kind = SCENARIOS["favourable"]
    drifting, steady = (
        [draw_national(seed, calendar, s) for seed in range(60)] for s in (SCENARIOS["unfavourable"], kind)
    )
    # Three years of a random walk: 0.006 and 0.01 times the root of 36.
    for name, sd in (("volume", 0.036), ("dna", 0.06)):
        walked = np.array(
            [as_logs(d, name) - as_logs(s, name) for d, s in zip(drifting, steady, strict=True)]
        )
        assert (walked[:, -1] - walked[:, 0]).std() == pytest.approx(sd, rel=0.3)


def as_logs(national, name):
    return np.log(national.volume) if name == "volume" else national.dna


def test_areas_are_chosen_across_regions_and_boards():
    everything = load_areas()
    twelve = choose_areas(12, everything)
    assert len(twelve) == 12
    assert len({a.region_code for a in twelve}) >= 3
    boards = [a.icb_code for a in twelve]
    assert len(set(boards)) >= 4
    assert len(set(boards)) < 12, "some board must have two locations"
    assert choose_areas(106, everything) == choose_areas(None, everything) == everything
    assert [a.sub_icb_code for a in choose_areas(["36J", "15F"], everything)] == ["15F", "36J"]


@pytest.mark.parametrize("areas", [0, 107, ["XXX"], []])
def test_impossible_areas_are_refused(tmp_path, areas):
    with pytest.raises(ValueError, match="areas must be"):
        simulate_appointments(tmp_path / "sim", months=1, areas=areas)
    assert not (tmp_path / "sim").exists()


@pytest.mark.parametrize(("months", "first"), [(0, "2022-07"), (2, "July 2022"), (2, "2022-13")])
def test_impossible_months_are_refused(tmp_path, months, first):
    with pytest.raises(ValueError, match="month"):
        simulate_appointments(tmp_path / "sim", months=months, first_month=first, areas=1)


@pytest.mark.slow
def test_default_run_is_of_the_published_size(tmp_path, read_zip):
    folder = simulate_appointments(tmp_path / "sim", category_months=1, duration_months=1)
    frame = read_zip(folder / "regional_csv.zip")
    monthly = frame.groupby("month")["n"].sum()
    assert len(monthly) == 36
    assert frame["area"].nunique() == 106
    assert monthly["2023-04":].mean() == pytest.approx(28e6, rel=0.05)
    assert np.isfinite(monthly).all()
