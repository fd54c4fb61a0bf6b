"""From input files to published pages, in a copy of the project."""

import re
import shutil
import zipfile

import pandas as pd
import pytest


def count_raw(folder):
    """Sum the attendance files by the csv module's rules alone, by month."""
    parts = []
    with zipfile.ZipFile(folder / "regional_csv.zip") as archive:
        for member in archive.namelist():
            parts.append(pd.read_csv(archive.open(member)))
    frame = pd.concat(parts)
    frame["month"] = pd.to_datetime(frame["APPOINTMENT_MONTH"], format="mixed").dt.strftime("%Y-%m")
    return frame


def fives(counts):
    """Counts as the simulated profile lets them out: none here is small enough to be hidden."""
    assert counts.min() >= 8
    return (5 * (counts / 5).round()).astype(int)


def test_every_page_is_there(built):
    pages = [
        "index.html",
        "slides.html",
        *(f"report/{n}.html" for n in ("methods", "data-quality", "protection", "limits", "glossary")),
    ]
    notebooks = [
        f"report/notebooks/{n}.html"
        for n in (
            "01_explore_appointments",
            "02_missed_appointments",
            "03_tweet_hashtags",
        )
    ]
    for page in (*pages, *notebooks):
        assert "simulated appointments" in built.page(page).lower() or "Simulated data" in built.page(page), (
            page
        )
    assert 12 <= built.page("slides.html").count("<section") <= 26


def test_released_months_are_the_sums_of_the_files(built, small_inputs):
    raw = count_raw(small_inputs)
    expected = raw.groupby("month")["COUNT_OF_APPOINTMENTS"].sum()
    released = pd.read_csv(built.table("appointments_by_month")).set_index("month")
    assert released["n_appointments"].to_dict() == fives(expected).to_dict()
    assert list(released.columns[:3]) == ["n_appointments", "days_calendar", "days_working"]
    assert f"{fives(expected).sum():,}" in built.page("index.html")


@pytest.mark.parametrize(
    ("name", "column"), [("mode", "APPT_MODE"), ("hcp", "HCP_TYPE"), ("month", "month"), ("icb", "ICB_NAME")]
)
def test_released_attendance_is_that_of_the_files(built, small_inputs, name, column):
    raw = count_raw(small_inputs)
    counts = raw.pivot_table(
        index=column, columns="APPT_STATUS", values="COUNT_OF_APPOINTMENTS", aggfunc="sum"
    )
    released = pd.read_csv(built.table(f"attendance_by_{name}"))
    assert sorted(released["n_dna"]) == sorted(fives(counts["DNA"]))
    assert released["n_unknown"].sum() == fives(counts["Unknown"]).sum()
    rate = released["n_dna"] / (released["n_dna"] + released["n_attended"])
    assert (released["dna_rate"] - rate).abs().max() < 1e-6
    assert ((released["dna_low"] <= rate) & (rate <= released["dna_high"])).all()


def test_changes_hold_every_month_against_the_first_and_the_year_before(built):
    changes = pd.read_csv(built.table("dna_change"))
    months = pd.read_csv(built.table("appointments_by_month"))["month"].tolist()
    pairs = set(zip(changes["period_from"], changes["period_to"], strict=True))
    year_before = {(months[n - 12], months[n]) for n in range(12, len(months))}
    assert pairs == {(months[0], m) for m in months[1:]} | year_before
    assert (
        changes["mix"] + changes["rate"] - (changes["rate_to"] - changes["rate_from"])
    ).abs().max() < 1.1e-5


def test_planted_effects_are_recovered_on_the_page(built):
    recovered = pd.read_csv(built.table("truth_recovered"))
    assert recovered["covered"].mean() >= 0.8
    assert (recovered["estimate"] - recovered["planted"]).abs().max() < 0.1


def test_every_link_to_a_table_leads_to_one(built):
    for page in (built.root / "_site").rglob("*.html"):
        for link in re.findall(r'href="([^"#]+\.csv)"', page.read_text(encoding="utf-8")):
            assert (page.parent / link).is_file(), f"{page.name}: {link}"


def test_nothing_changed_means_nothing_runs(built):
    assert "nothing had changed" in built.report().printed


def test_a_rejected_file_stops_the_run_and_leaves_the_site(built, small_inputs, tmp_path):
    project = built.copy(tmp_path / "project")
    project.data = shutil.copytree(small_inputs, tmp_path / "inputs")
    (project.data / "extra.csv").write_text("month,hospital,beds\n2024-01,A,3\n")
    run = project.report()
    assert run.status != 0
    assert "extra.csv" in run.printed
    assert "Traceback" not in run.printed
    assert project.digest() == built.digest()


def test_a_failing_notebook_is_named_and_leaves_the_site(built, tmp_path):
    project = built.copy(tmp_path / "project")
    notebook = project.root / "notebooks" / "02_missed_appointments.ipynb"
    notebook.write_text(notebook.read_text().replace("COST_GBP = 30.0", "COST_GBP = 30.0 / 0"))
    run = project.report()
    assert run.status != 0
    assert "02_missed_appointments.ipynb, cell" in run.printed
    assert "ZeroDivisionError" in run.printed
    assert "ok notebook" not in run.printed, "the others were up to date"
    assert project.digest() == built.digest()
