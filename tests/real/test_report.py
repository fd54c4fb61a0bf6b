"""The whole report on the real files: its published tables and pages hold the known facts."""

import json
import re

import pandas as pd
import pytest


def facts(project, store):
    return {
        n: f["value"]
        for n, f in json.loads((project.root / f"results/facts/{store}.json").read_text())["facts"].items()
    }


def text_of(project, page):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", project.page(page)))


@pytest.mark.xdist_group("teaching")
class TestTeachingFiles:
    def test_totals(self, teaching):
        overall = pd.read_csv(teaching.table("attendance_overall")).iloc[0]
        assert (overall["n_attended"], overall["n_dna"], overall["n_unknown"]) == (
            677755876,
            30911233,
            34137416,
        )
        assert overall["dna_rate"] == pytest.approx(0.04362, abs=5e-6)
        assert overall["bound_low"] == pytest.approx(0.0416, abs=5e-5)
        assert overall["bound_high"] == pytest.approx(0.0876, abs=5e-5)

    def test_months(self, teaching):
        months = pd.read_csv(teaching.table("appointments_by_month")).set_index("month")
        assert months["n_appointments"].sum() == 742804525
        assert months["n_appointments"].idxmax() == "2021-11"
        assert months.loc["2021-11", "n_appointments"] == 30405070
        assert round(months.loc["2020-04", "per_day_30"]) == 533596
        assert round(months.loc["2021-11", "per_day_30"]) == 1013502
        assert (months["per_day_30"] < 1_200_000).all()
        assert (months.loc["2021-09":, "per_day_working"] > 1_200_000).sum() >= 6

    def test_reconciliation_is_exact(self, teaching):
        table = pd.read_csv(teaching.table("reconciliation"))
        compared = table[table["status"] != "nothing to compare"]
        assert (compared["status"] == "agrees").all()
        assert (compared["comparison"] == "attended = duration").sum() == 7
        assert compared.groupby("comparison").size().max() == 11

    def test_groups_sum_to_the_whole(self, teaching):
        for name in ("mode", "lead_time", "hcp", "month", "region", "icb"):
            table = pd.read_csv(teaching.table(f"attendance_by_{name}"))
            assert table["n_dna"].sum() == 30911233, name
        assert len(pd.read_csv(teaching.table("attendance_by_icb"))) == 42

    def test_pages_say_what_was_read(self, teaching):
        front = text_of(teaching, "index.html")
        assert "742,804,525" in front
        assert "lse_nhs" in front
        assert "Simulated data" not in front
        missed = text_of(teaching, "report/notebooks/02_missed_appointments.html")
        assert "30,911,233" in missed
        assert "This section needs" not in missed, "what is absent is left out"
        assert "Does the regression find what was planted?" not in missed
        assert "df2f2abe7d5d" in front, "the provenance names the file's hash"

    def test_repeats_are_summed_and_said(self, teaching):
        files = pd.read_csv(teaching.table("files_read")).set_index("subject")
        assert files.loc["attendance", "rows"] == 596821
        assert files.loc["attendance", "rows_repeated"] == 21604
        assert files.loc["duration", "n_appointments"] == 167980692


@pytest.mark.xdist_group("official")
class TestOfficialFiles:
    def test_months_equal_the_publication(self, official):
        months = pd.read_csv(official.table("appointments_by_month")).set_index("month")["n_appointments"]
        assert months.sum() == 920458838
        assert len(months) == 30
        reconciliation = pd.read_csv(official.table("reconciliation"))
        printed = reconciliation[reconciliation["right"].str.contains("1a")].set_index("month")["n_right"]
        assert (printed == months).all()
        assert (reconciliation["status"] == "agrees").all()

    def test_nothing_was_counted_twice(self, official):
        by_sub_icb = pd.read_csv(official.table("attendance_by_sub_icb"))
        assert len(by_sub_icb) == 106
        assert by_sub_icb[["n_attended", "n_dna", "n_unknown"]].to_numpy().sum() == 920458838
        notes = " ".join(pd.read_csv(official.table("notes"))["note"])
        for name in ("practice_level_oct25", "regional_leeds_15F", "national_categories_2024-06"):
            assert name in notes

    def test_front_page(self, official):
        front = text_of(official, "index.html")
        assert "920,458,838" in front
        said = facts(official, "appointments")["utilisation"]
        assert "30 of 30 months are over the plan counted by working days" in said
