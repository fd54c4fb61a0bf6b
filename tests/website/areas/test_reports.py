"""Area reports: each shows its own numbers and charts, is made once, and no part of one is ever seen."""

from __future__ import annotations

import json
import os
import re
import shutil
import zipfile

import pandas as pd
import pytest
from PIL import Image

from analysis_lib import project
from website import cli, runs
from website.areas import Area, AreaError, NoReport, build
from website.areas.page import chart_title, check_area

BOARD = Area("icb", "E54000054", "West Yorkshire")
PLACE = Area("sub_icb", "15F", "West Yorkshire – 15F")
OF = {"E54000054": ["15F", "36J"], "15F": ["15F"]}


@pytest.fixture(scope="module")
def raw(few_areas):
    """The attendance files as the csv module has them."""
    with zipfile.ZipFile(few_areas / "regional_csv.zip") as archive:
        frame = pd.concat(pd.read_csv(archive.open(name), dtype=str) for name in archive.namelist())
    frame["n"] = frame["COUNT_OF_APPOINTMENTS"].astype(int)
    frame["month"] = pd.to_datetime(frame["APPOINTMENT_MONTH"], format="mixed").dt.strftime("%Y-%m")
    return frame


def own(raw, code):
    return raw[raw["SUB_ICB_LOCATION_CODE"].isin(OF[code])]


def fives(counts):
    assert counts.min() >= 8
    return (5 * (counts / 5).round()).astype(int)


def words_of(page):
    return " ".join(re.sub(r"<[^>]+>", " ", re.sub(r"(?s)<(script|style).*?</\1>", "", page)).split())


@pytest.mark.parametrize("code", list(OF))
def test_totals_are_those_of_the_area_in_the_files(two, raw, code):
    expected = own(raw, code).pivot_table(index="month", columns="APPT_STATUS", values="n", aggfunc="sum")
    months = pd.read_csv(two.areas / code / "results" / "tables" / "months.csv").set_index("month")
    for column, status in (("n_attended", "Attended"), ("n_dna", "DNA"), ("n_unknown", "Unknown")):
        assert months[column].tolist() == fives(expected[status]).tolist()
    position = pd.read_csv(two.areas / code / "results" / "tables" / "position.csv").iloc[0]
    by_status = fives(own(raw, code).groupby("APPT_STATUS")["n"].sum())
    assert position["n_dna"] == by_status["DNA"]
    rate = by_status["DNA"] / (by_status["DNA"] + by_status["Attended"])
    assert position["dna_rate"] == pytest.approx(rate, abs=1e-6)
    page = words_of(two.page(f"{code}/index.html"))
    assert f"{by_status['DNA']:,} missed (DNA)" in page
    assert f"{100 * rate:.1f}% missed, of known status" in page


@pytest.mark.parametrize("code", list(OF))
def test_the_mix_is_the_areas_own_beside_that_of_all(two, raw, code):
    modes = pd.read_csv(two.areas / code / "results" / "tables" / "modes.csv").set_index("mode")
    mine = own(raw, code).groupby("APPT_MODE")["n"].sum()
    everyone = raw.groupby("APPT_MODE")["n"].sum()
    assert modes["n_appointments"].to_dict() == fives(mine).to_dict()
    assert (modes["share"] - mine / mine.sum()).abs().max() < 1e-4
    assert (modes["share_england"] - everyone / everyone.sum()).abs().max() < 1e-4


def test_no_page_holds_another_areas_name_code_or_rows(two):
    board, place = (two.page(f"{area.code}/index.html") for area in (BOARD, PLACE))
    assert "15F" not in board
    assert "E54000054" not in place
    assert "all areas of these files" in words_of(board), "three boards are not England"
    for area in (BOARD, PLACE):
        for path in (two.areas / area.code / "results" / "tables").glob("*.csv"):
            if path.stem != "funnel":
                assert "North East and North Cumbria" not in path.read_text(encoding="utf-8"), path.name


CHARTS = {f"fig-{key}-1.png" for key in ("funnel", "xmr", "size", "modes", "lead")}


def test_an_analyst_runs_the_notebook_by_hand(two):
    status, printed = two.run("-m", "jupyter", "execute", "notebooks/areas/area.ipynb")
    assert status == 0, printed
    results = two.root / "results" / "areas" / "E54000054"
    for table in (two.areas / "E54000054" / "results" / "tables").glob("*.csv"):
        assert (results / "tables" / table.name).read_bytes() == table.read_bytes()


def test_charts_carry_the_areas_name(two):
    for area in (BOARD, PLACE):
        charts = list((two.areas / area.code).rglob("fig-*.png"))
        assert {path.name for path in charts} == CHARTS
        for path in charts:
            with Image.open(path) as picture:
                assert picture.info["Title"] == chart_title(area)


def test_a_chart_of_another_area_is_refused(two, tmp_path):
    facts = {"code": BOARD.code, "name": BOARD.name}
    made = tmp_path / "site"
    shutil.copytree(two.areas / BOARD.code, made)
    check_area(made, facts, BOARD)
    for chart in made.rglob("fig-*.png"):
        mine = chart.read_bytes()
        shutil.copyfile(two.areas / PLACE.code / chart.relative_to(made), chart)
        with pytest.raises(AreaError, match=rf"E54000054: {chart.name} is not this area's chart"):
            check_area(made, facts, BOARD)
        chart.write_bytes(mine)
    with pytest.raises(AreaError, match="the facts are of 15F"):
        check_area(made, {"code": PLACE.code, "name": PLACE.name}, BOARD)
    shutil.copyfile(two.areas / PLACE.code / "slides.html", made / "slides.html")
    with pytest.raises(AreaError, match=r"slides\.html does not name"):
        check_area(made, facts, BOARD)


def test_pages_say_where_they_came_from_and_link_to_what_is_there(two):
    for page in ("index.html", "E54000054/index.html", "15F/index.html"):
        text = two.page(page)
        assert "Simulated data" in text
        assert "sha256" in text
        assert 'http-equiv="Content-Security-Policy"' in text
        for address in re.findall(r'(?:href|src)="([^"#:]+)"', text):
            target = (two.areas / page).parent / address
            beside = target.resolve().relative_to(two.root / "_site").as_posix()
            assert target.exists() or beside in ("index.html", *(f"report/{p}.html" for p in PAGES)), address
    assert "Simulated data" in two.page("15F/slides.html")


PAGES = ("methods", "limits", "glossary")


def test_the_list_leads_to_each_report_without_scripts(two):
    text = two.page("index.html")
    assert re.findall(r'<a class="area-link" href="([^"]+)">([^<]+)</a>', text) == [
        ("E54000054/index.html", "West Yorkshire"),
        ("15F/index.html", "West Yorkshire – 15F"),
    ]
    assert "1 of 3 have a report" in text
    assert "1 of 4 have a report" in text
    assert 'data-find="west yorkshire – 15f 15f e38000225 north east and yorkshire"' in text
    assert text.count('<a href="E54000054/index.html" tabindex="-1"') == 1, "on the map"


@pytest.fixture
def inside(two, monkeypatch):
    """Stand in the copy, as the command does."""
    monkeypatch.chdir(two.root)
    for name in [name for name in os.environ if name.startswith("REPORT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("REPORT_DATA", str(two.data))
    monkeypatch.setattr(project, "LIBRARY", two.root / "analysis_lib")  # there the command takes the copy's
    monkeypatch.setattr(runs, "end_together", lambda: None)  # an interrupt is pytest's
    monkeypatch.setattr(build, "warm_up", lambda: None)  # processes of the copy would serve later tests
    return two


def test_a_second_run_makes_nothing(inside):
    before = (inside.areas / "15F" / "index.html").stat().st_mtime_ns
    said = []
    chosen = build.make_areas(["15F", "e54000054"], say=said.append)
    assert [area.code for area in chosen] == ["15F", "E54000054"]
    assert said == ["  every area asked for is up to date"]
    assert (inside.areas / "15F" / "index.html").stat().st_mtime_ns == before


def test_a_run_goes_on_where_a_killed_one_was(inside):
    before = (inside.areas / "15F" / "index.html").stat().st_mtime_ns
    leftover = inside.root / ".build" / "areas" / "making-of-a-killed-run"
    leftover.mkdir()
    os.utime(leftover, (0, 0))
    (inside.areas / "E54000054" / "slides.html").unlink()  # not whole: made again
    status, printed = inside.make("15F", "E54000054")
    assert status == 0, printed
    assert re.findall(r"ok (\w+)", printed) == ["E54000054"]
    assert (inside.areas / "15F" / "index.html").stat().st_mtime_ns == before
    assert (inside.areas / "E54000054" / "slides.html").is_file()
    assert not leftover.exists()


def test_a_failing_area_leaves_what_was_made_before_it(inside, monkeypatch):
    def fail(jobs, processes):
        yield from ()
        raise AreaError("00L: a finding")

    monkeypatch.setattr(build, "run_jobs", fail)
    with pytest.raises(AreaError):
        build.make_areas(["15F", "00L"])
    assert not (inside.areas / "00L").exists()
    assert (inside.areas / "15F" / "index.html").is_file()
    assert 'href="15F/index.html"' in inside.page("index.html")
    assert not list((inside.root / ".build" / "areas").glob("making-*"))


def test_an_unknown_area_makes_nothing(inside, capsys):
    assert cli.main(["areas", "15F", "ZZ9"]) == 2
    assert "ZZ9 is no area of these inputs" in capsys.readouterr().err


def test_a_new_main_report_keeps_true_areas_and_drops_others(inside, tmp_path):
    build.keep_areas(inside.root, inside.areas, tmp_path / "kept")
    kept = sorted(p.name for p in (tmp_path / "kept").iterdir())
    assert kept == ["15F", "E54000054", "index.html", "site_libs"]
    checked = inside.root / "results" / "facts" / "run.json"
    text = checked.read_text(encoding="utf-8")
    checked.write_text(re.sub(r"sha256 \w{12}", "sha256 000000000000", text), encoding="utf-8")
    try:
        build.keep_areas(inside.root, inside.areas, tmp_path / "none")
        assert not (tmp_path / "none").exists()
        with pytest.raises(NoReport, match="made from other inputs"):
            build.make_areas(["15F"])
    finally:
        checked.write_text(text, encoding="utf-8")


def test_without_a_main_report_none_is_made(inside, capsys):
    page = inside.root / "_site" / "index.html"
    page.rename(page.with_suffix(".away"))
    try:
        assert cli.main(["areas", "15F"]) == 2
    finally:
        page.with_suffix(".away").rename(page)
    assert "run `make report` first" in capsys.readouterr().err


def test_records_say_what_the_pages_say(two):
    for code, record in two.facts().items():
        page = words_of(two.page(f"{code}/index.html"))
        assert record["rate"] in page
        assert record["rank"] in page
        assert json.dumps(record)
