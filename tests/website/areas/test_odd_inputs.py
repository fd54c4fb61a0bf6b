"""Areas that lack things: few months, no known status, a single one, names of any signs."""

from __future__ import annotations

import re
from dataclasses import replace
from types import SimpleNamespace

import pandas as pd
import pytest

from analysis_lib.areas import compare_areas
from analysis_lib.project import find_root
from website.areas.errors import AreaError
from website.areas.index import list_areas
from website.areas.page import PAGES, Job
from website.areas.places import list_places
from website.areas.processes import run_jobs
from website.areas.small_site import AREA_LINKS, small_site

ODD = 'A <script>alert(1)</script> & "B" *x* [y](http://z.example) $1$ @k'
RUN = {"banner": "", "data_label": "a label", "provenance": "a file", "commit": "none"}


def attendance(*rows, months=3, names=None):
    """Published attendance: (code, status, lead_time, appointments a month), first month January 2021."""
    frame = pd.DataFrame(
        [(pd.Timestamp(2021, 1, 1) + pd.DateOffset(months=m), *row) for m in range(months) for row in rows],
        columns=["month", "icb_code", "status", "lead_time", "n_appointments"],
    )
    frame["icb_name"] = frame["icb_code"].map(names or {})
    return frame.assign(mode="Telephone", hcp_type="GP", region_code="E40000012", region_name="North")


def make(frame, tmp_path, profile="published", **other):
    """Make the report of every board; return its folder and record by code."""
    inputs = SimpleNamespace(profile=profile, source="a source", need=lambda subject, column: frame)
    compared = replace(compare_areas(inputs, "icb", tmp_path / "results"), **other)
    jobs = []
    for area in list_places(frame):
        work = tmp_path / area.folder
        work.mkdir()
        settings = small_site(find_root(), PAGES, AREA_LINKS)
        jobs.append(Job(area, compared.of(area.code), settings, RUN, find_root(), work, inputs=tmp_path))
    return {
        job.area.code: (job.work / "site", {"folder": job.area.folder, "area": job.area.to_record(), **said})
        for job, said in run_jobs(jobs, at_once=1)
    }


def plain(path):
    return " ".join(re.sub(r"<[^>]+>", " ", path.read_text(encoding="utf-8")).split())


@pytest.fixture(scope="module")
def sparse(tmp_path_factory):
    """Three months; one board with a known status, one without any."""
    frame = attendance(
        ("E54000054", "Attended", "Same Day", 90),
        ("E54000054", "DNA", "1 Day", 10),
        ("E54000050", "Unknown", "Same Day", 50),
        names={"E54000054": "West", "E54000050": "North East"},
    )
    return make(frame, tmp_path_factory.mktemp("sparse"))


def test_few_months_are_said_and_not_charted(sparse):
    page = plain(sparse["E54000054"][0] / "index.html")
    assert "Usual movement is judged from at least 12 months, and these files have 3" in page
    assert "270 attended, 30 missed (DNA), 0 of unknown status" in page
    assert "The status of every appointment is known" in page
    assert "there are no two ICBs with a DNA rate to compare" in page
    assert "is the only one of the ICBs with a DNA rate, so it has no rank" in page


def test_no_known_status_is_said(sparse):
    page = plain(sparse["E54000050"][0] / "index.html")
    assert "so nobody can say how many were missed" in page
    assert "North East has no DNA rate, so it has no rank" in page
    assert "judged from at least 12 months, and these files have 0" in page
    assert not re.search(r"\bnan\b", page)
    text = list_areas(find_root(), [record for _, record in sparse.values()], {"icb": 2})
    assert text.count("DNA rate not known") == 1


def test_published_counts_are_as_they_are(sparse):
    months = pd.read_csv(sparse["E54000054"][0] / "results" / "tables" / "months.csv")
    assert months["month"].tolist() == ["2021-01", "2021-02", "2021-03"]
    assert months[["n_attended", "n_dna", "n_unknown"]].to_numpy().tolist() == [[90, 10, 0]] * 3


def test_small_counts_of_people_are_hidden_everywhere(tmp_path):
    # 3 missed a month in one board and 40 in the other; in all 43. Neither may be had from the rest.
    frame = attendance(
        ("E54000054", "Attended", "Same Day", 90),
        ("E54000054", "DNA", "1 Day", 3),
        ("E54000050", "Attended", "Same Day", 90),
        ("E54000050", "DNA", "1 Day", 40),
        names={"E54000054": "West", "E54000050": "East"},
    )
    made = make(frame, tmp_path, "simulated")
    for code in ("E54000054", "E54000050"):
        text = (made[code][0] / "results" / "tables" / "months.csv").read_text()
        shown = [line.split(",") for line in text.splitlines()]
        column = shown[0].index("n_dna")
        assert {line[column] for line in shown[1:]} == {"[c]"}, "hidden, and so is what would give it back"


def test_names_of_any_signs_are_text(tmp_path):
    frame = attendance(
        ("X/../1", "Attended", "Same Day", 90),
        ("X/../1", "DNA", "1 Day", 10),
        ("E54000050", "Attended", "Same Day", 80),
        ("E54000050", "DNA", "1 Day", 20),
        months=12,
        names={"X/../1": ODD, "E54000050": "=1+1 -- ::: {.x}"},
    )
    made = make(frame, tmp_path)
    site, record = made["X/../1"]
    assert re.fullmatch(r"area-[0-9a-f]{8}", record["folder"])
    index = list_areas(find_root(), [entry for _, entry in made.values()], {})
    for text in (
        *((site / page).read_text(encoding="utf-8") for page in ("index.html", "slides.html")),
        index,
    ):
        assert "<script>alert" not in text
        assert "http://z.example" not in re.findall(r'href="([^"]*)"', text)
        assert "alert(1)" in text
    funnel = (site / "results" / "tables" / "funnel.csv").read_text(encoding="utf-8")
    assert "'=1+1" in funnel, "no formula for a spreadsheet"
    assert "A <script>alert(1)</script>".replace("<", "&lt;").replace(">", "&gt;") in index


def test_a_name_that_is_a_shortcode_stops_the_report(tmp_path):
    rows = [("E54000054", "Attended", "Same Day", 90)]
    frame = attendance(*rows, months=1, names={"E54000054": "{{< var run.source >}}"})
    with pytest.raises(AreaError, match="unresolved shortcode"):
        make(frame, tmp_path)


def test_a_cell_that_fails_is_named(tmp_path):
    rows = [("E54000054", "Attended", "Same Day", 90)]
    frame = attendance(*rows, months=1, names={"E54000054": "West"})
    with pytest.raises(AreaError, match=r"^E54000054: area\.ipynb, cell 4 \(.*TypeError"):
        make(frame, tmp_path, n_areas="many")
