"""Every folder that the check accepts gives a whole report, and no sentence of it has a hole."""

from __future__ import annotations

import itertools
import json
import re
import shutil
import zipfile

import numpy as np
import pandas as pd
import pytest
from lxml import html

from analysis_lib.inputs import load_areas
from analysis_lib.simulate import simulate_appointments, simulate_population
from tests.website.pages.conftest import decks_of

pytestmark = [pytest.mark.build, pytest.mark.xdist_group("shapes")]

FILES = {
    "attendance": "regional_csv.zip",
    "duration": "actual_duration.csv.zip",
    "category": "national_categories.zip",
    "coverage": "APPOINTMENTS_GP_COVERAGE.csv",
    "tweets": "tweets.csv",
}
PEOPLE = "people"
KINDS = [*FILES, PEOPLE]
# Words by which a page would show that something is wanting in it.
HOLES = re.compile(
    r"not available|not among these inputs|no appointment files|[Nn]o linked population|\bNo tweets|\bnan\b"
    r"|There are no tweets|There are no two|\{\{<|content-visible|\bof the , |\s,|\(\)|  \."
)


@pytest.fixture(scope="module")
def parts(tmp_path_factory):
    """Files of each kind: three sub-ICB locations of two boards and 14 months; and 1,000 people."""
    folder = tmp_path_factory.mktemp("parts")
    boards = load_areas().groupby("icb_code")["sub_icb_code"].agg(list)
    areas = [*boards[boards.str.len() > 1].iloc[0][:2], boards[boards.str.len() == 1].iloc[0][0]]
    simulate_appointments(folder / "files", seed=5, months=14, areas=areas)
    for name in ("manifest.json", "truth.json"):  # as real files: none says that it is simulated
        (folder / "files" / name).unlink()
    simulate_population(folder / PEOPLE, 1_000, seed=3, processes=1)
    (folder / PEOPLE / "truth.json").unlink()
    made = json.loads((folder / PEOPLE / "manifest.json").read_text())
    plain = {name: made[name] for name in ("source", "last_date")}
    (folder / PEOPLE / "manifest.json").write_text(json.dumps(plain))
    return folder


@pytest.fixture(scope="module")
def project(new_project, tmp_path_factory):
    """One copy of the project for all folders, one after the other."""
    return new_project(tmp_path_factory.mktemp("data"))


def make(project, parts, kinds):
    """Report on these kinds of input alone."""
    for old in project.data.iterdir():
        shutil.rmtree(old) if old.is_dir() else old.unlink()
    for kind in kinds:
        if kind == PEOPLE:
            shutil.copytree(parts / PEOPLE, project.data, dirs_exist_ok=True)
        else:
            shutil.copy(parts / "files" / FILES[kind], project.data)
    return read(project)


def read(project):
    """Run the report; return its pages as trees by path."""
    run = project.report()
    assert run.status == 0, run.printed
    site = project.root / "_site"
    pages = {p.relative_to(site).as_posix(): html.parse(str(p)).getroot() for p in site.rglob("*.html")}
    check_whole(pages, site)
    return pages


def check_whole(pages, site):
    """No page has a hole, an empty item, an empty slide, or a way to a page that is not there."""
    for name, page in pages.items():
        for away in page.xpath("//script | //style | //pre"):
            away.drop_tree()
        for element in page.xpath("//p | //li | //h1 | //h2 | //h3 | //figcaption | //td | //img/@alt"):
            words = element if isinstance(element, str) else " ".join(element.text_content().split())
            assert not HOLES.search(words), f"{name}: {words[:200]}"
        for item in page.xpath("//main//li | //section//li"):
            assert item.text_content().strip(), f"{name}: an empty item of a list"
        for link in page.xpath("//a/@href"):
            file = link.split("#")[0].split("?")[0]
            if file and "://" not in file and not file.startswith("mailto:"):
                assert (site / name).parent.joinpath(file).exists(), f"{name}: {link}"
    decks = [page for name, page in pages.items() if name in decks_of(site)]
    slides = [s for page in decks for s in page.xpath("//section[contains(@class, 'level2') or ./h2]")]
    for slide in slides:
        shown = [
            e
            for e in slide
            if e.tag not in ("h2", "aside") and (e.text_content().strip() or e.xpath(".//img"))
        ]
        assert shown, f"an empty slide: {slide.text_content()[:100]}"


def sections(pages, name="index.html"):
    return [" ".join(h.text_content().split()) for h in pages[name].xpath("//main//h2")]


def listed(pages):
    """Files that the sidebar of the front page leads to."""
    return {link.split("/")[-1] for link in pages["index.html"].xpath("//nav//a/@href | //aside//a/@href")}


WHERE = {  # pages that only one kind of input fills
    "02_missed_appointments.html": {"attendance"},
    "03_tweet_hashtags.html": {"tweets"},
    "04_demand_drivers.html": {PEOPLE},
    "05_high_need.html": {PEOPLE},
    "06_care_pathways.html": {PEOPLE},
}
PAIRS = list(itertools.combinations(KINDS, 2))
QUICK = [("duration",), ("attendance", "tweets"), ("coverage", PEOPLE)]  # each kind of report once


def quick(values, is_quick):
    return pytest.param(values, marks=() if is_quick else pytest.mark.slow)


@pytest.mark.parametrize(
    "kinds",
    [
        *(quick(kinds, kinds in QUICK) for kinds in [*((kind,) for kind in KINDS), *PAIRS]),
        tuple(KINDS),
    ],
    ids="+".join,
)
def test_a_report_is_shaped_by_its_inputs(project, parts, kinds):
    pages = make(project, parts, kinds)
    names = {path.split("/")[-1] for path in pages}
    for page, needs in WHERE.items():
        wanted = needs <= set(kinds)
        assert ((page in names), (page in listed(pages))) == (wanted, wanted), page
    box = "What is not in this report" in pages["index.html"].text_content()
    found = sections(pages)
    assert box == (set(kinds) != set(KINDS) or "Who will need most next year?" not in found)
    assert ("Could hashtags help to reach patients?" in found) == ("tweets" in kinds)
    assert ("What drives demand?" in found) == (PEOPLE in kinds)
    assert ("Recommendations" in found) == ("attendance" in kinds)
    assert ("Findings" in found) == bool({"attendance", "duration", "category"} & set(kinds))


def rows_of(parts):
    with zipfile.ZipFile(parts / "files" / FILES["attendance"]) as archive:
        return pd.concat([pd.read_csv(archive.open(n), dtype=str) for n in archive.namelist()])


def one_place(rows):
    return rows[rows["SUB_ICB_LOCATION_CODE"] == rows["SUB_ICB_LOCATION_CODE"].iloc[0]]


def one_month(rows):
    return rows[rows["APPOINTMENT_MONTH"] == rows["APPOINTMENT_MONTH"].iloc[0]]


def practices(rows):
    """A practice-level file of one month, as published: two practices in one location."""
    rows = one_place(one_month(rows))
    names = {"GP_CODE": ["A10001", "A10002"], "GP_NAME": ["ONE", "TWO"]}
    parts = [rows.assign(**{k: v[n] for k, v in names.items()}, SUPPLIER="EMIS") for n in (0, 1)]
    return pd.concat(parts).assign(PCN_CODE="U10001", PCN_NAME="NET")


def ccg_era(rows):
    """The regional file before July 2022: CCGs and STPs."""
    new = {"SUB_ICB_LOCATION": "CCG", "ICB": "STP"}
    rename = {c: re.sub("|".join(new), lambda m: new[m[0]], c) for c in rows}
    return rows.rename(columns=rename).drop(columns="REGION_CODE", errors="ignore")


@pytest.mark.parametrize(
    "cut",
    [
        quick(one_place, False),
        quick(one_month, False),
        lambda rows: one_place(one_month(rows)),
        quick(practices, False),
        ccg_era,
    ],
    ids=["one sub-ICB", "one month", "one sub-ICB, one month", "practices", "before July 2022"],
)
def test_the_commonest_folders_of_all_give_a_report(project, parts, cut):
    rows = cut(rows_of(parts))
    make_folder(project, rows)
    pages = read(project)
    total = pd.to_numeric(rows["COUNT_OF_APPOINTMENTS"]).sum()
    assert f"{total:,}" in pages["index.html"].text_content()


def test_a_file_of_admissions_alone_gives_a_report(project):
    """In no layout of the demand model, whose calculation then has no section."""
    rng = np.random.default_rng(1)
    n = 1_650
    age = rng.integers(18, 95, n)
    nights = rng.poisson(age / 20)
    rows = pd.DataFrame(
        {
            "patient_id": rng.integers(0, 1_400, n),
            "age": age,
            "sex": rng.choice(["M", "F"], n),
            "ethnicity": rng.choice(["Asian or Asian British", "White"], n, p=[0.3, 0.7]),
            "length_of_stay": nights,
            "readmitted": np.where(rng.random(n) < 0.1 + 0.03 * nights, "yes", "no"),
        }
    )
    make_folder(project, rows)
    pages = read(project)
    names = {path.split("/")[-1] for path in pages}
    assert "07_synthetic_data.html" in names
    assert not names & {"scoping.html", "synthetic-slides.html"}
    assert "made from admissions of appointments.csv" in " ".join(pages["index.html"].text_content().split())
    found = sections(pages, "report/notebooks/07_synthetic_data.html")
    assert "Which method for what?" in found
    assert not {"Do they give the demand model the same answer?", "For whom do they work less well?"} & set(
        found
    )


def make_folder(project, rows):
    for old in project.data.iterdir():
        shutil.rmtree(old) if old.is_dir() else old.unlink()
    rows.to_csv(project.data / "appointments.csv", index=False)
