"""One person's page: what stands on it, what does not, how a risk is put in place, and where it may lie."""

from __future__ import annotations

import re
import subprocess
from dataclasses import replace
from datetime import date

import pandas as pd
import pytest

from analysis_lib import cli, project
from analysis_lib.identifiers import CANARIES
from analysis_lib.inputs.population import load_population
from analysis_lib.measures import wilson_interval
from analysis_lib.review import Risk, UnsafePlace, describe_risk, refuse_place, write_person_page
from analysis_lib.review.record import read_record
from tests.population_tables import A, B, condition, contact, medicine, person, write
from website.scan import scan_site

DAY = "2024-04-01"  # 731 days from 1 April 2022
RISK = Risk(risk=0.31, low=0.25, high=0.334, n_near=500, nearest=(0.24, 0.41), average=0.12, before=0.2)
COURSES = [
    ("1001010J0", "2023-04-01", "2023-10-01"),  # 365 of 731 days; 548
    ("1001010J0", "2024-01-01", None),
    ("0208020V0", "2020-01-01", "2024-04-01"),  # the stop was not known before that day
    ("0103050P0", "2019-01-01", "2021-01-01"),  # over before the window
    ("0212000B0", "2021-01-01", "2022-04-01"),
]
TESTS = [("egfr", "2023-12-01", 50.0), ("egfr", "2024-01-01", 41.0), ("inr", "2024-03-31", 2.5)]
LATER = {
    "condition": condition(A, "cancer", DAY),
    "medicine": {**medicine(A, DAY, None, "0501"), "bnf_code": "0501013B0"},
    "contact": contact(A, DAY, "ae"),
    "measurement": {"person_id": A, "date": "2024-05-01", "measure": "egfr", "value": 12.0},
}


def make(folder, later=False, simulated=False, practice="SIM001", chemicals=True):
    """Write the records of A, 74 years old, with an anticoagulant and an NSAID; and of B."""
    stated = {"source": "made", "first_date": "2022-01-01", "last_date": "2025-03-31", "simulated": False}
    courses = [{**medicine(A, a, b, code[:4]), "bnf_code": code} for code, a, b in COURSES]
    if not chemicals:
        courses = [medicine(A, a, b, code[:4]) for code, a, b in COURSES]
    tests = [{"person_id": A, "measure": test[0], "date": test[1], "value": test[2]} for test in TESTS]
    seen = [contact(A, "2023-03-31"), contact(A, "2024-03-31", attended="DNA"), contact(B, "2022-01-01")]
    tables = {
        "person": [person(A, practice=practice), person(B)],
        "condition": [condition(A, "heart_failure", "2020-01-01"), condition(A, "copd", "2023-04-01")],
        "medicine": courses,
        "contact": seen,
        "measurement": tests,
        "manifest": stated,
    }
    for name, row in LATER.items() if later else ():
        tables[name].append(row)
    loaded = load_population(write(folder, tables))
    return replace(loaded, simulated=True, profile="simulated") if simulated else loaded


@pytest.fixture(scope="module")
def real(tmp_path_factory):
    return make(tmp_path_factory.mktemp("real"))


@pytest.fixture(scope="module")
def simulated(tmp_path_factory):
    return make(tmp_path_factory.mktemp("simulated"), simulated=True, practice="<script>x</script>")


@pytest.fixture(scope="module")
def real_page(real, tmp_path_factory):
    return write_person_page(real, A, DAY, tmp_path_factory.mktemp("inside"), RISK)


@pytest.fixture(scope="module")
def made_page(simulated, tmp_path_factory):
    explained = pd.DataFrame(
        [
            (A, "age", None, None, 1.0),
            (A, "start:0208020V0", "start:1001010J0", "31-90", 0.5),
            (A, "condition:copd", None, None, -0.25),
            (B, "condition:dementia", None, None, 3.0),
        ],
        columns=["person_id", "first", "then", "bin", "contribution"],
    )
    folder = tmp_path_factory.mktemp("pages") / "new"
    return write_person_page(simulated, A, DAY, folder, RISK, explained)


@pytest.fixture(scope="module")
def page(made_page):
    return made_page.read_text(encoding="utf-8")


def words(text):
    """Return what a reader sees, on one line."""
    text = re.sub(r"<style>.*?</style>|<[^>]+>", " ", text, flags=re.S)
    return re.sub(r"\s+", " ", text)


def test_a_record_is_what_was_known_before_the_day(real):
    record = read_record(real, A, DAY)
    assert record.person == {"age": 74, "age_band": "65-74", "sex": "F", "practice": "SIM001"}
    assert (record.start, record.day) == (date(2022, 4, 1), date(2024, 4, 1))
    assert record.conditions.to_numpy().tolist() == [
        ["heart_failure", date(2020, 1, 1)],
        ["copd", date(2023, 4, 1)],
    ]
    courses = record.medicines.astype(object).where(record.medicines.notna(), None)
    assert courses.to_numpy().tolist() == [
        ["0208020V0", date(2020, 1, 1), None],
        ["0212000B0", date(2021, 1, 1), date(2022, 4, 1)],
        ["1001010J0", date(2023, 4, 1), date(2023, 10, 1)],
        ["1001010J0", date(2024, 1, 1), None],
    ]
    assert record.contacts.to_numpy().tolist() == [
        ["gp", date(2023, 3, 31), False],
        ["gp", date(2024, 3, 31), True],
    ]
    assert record.tests["value"].tolist() == [50.0, 41.0, 2.5]


def test_what_is_recorded_later_changes_nothing(tmp_path, real, real_page):
    later = make(tmp_path / "later", later=True)
    assert write_person_page(later, A, DAY, tmp_path, RISK).read_bytes() == real_page.read_bytes()
    assert len(read_record(later, A, "2024-05-02").tests) == len(read_record(real, A, DAY).tests) + 1


def test_courses_stand_where_their_days_are(page):
    drawn = page[page.index("<h3>Medicines</h3>", page.index("h-time")) : page.index("<h3>Conditions</h3>")]
    assert '<rect class="past" x="49.93%" y="30%" width="25.04%"' in drawn  # a gap, and then
    assert '<rect class="bar" x="87.55%" y="30%" width="12.45%"' in drawn  # 640 of 731 days, going on
    assert '<rect class="bar" x="0.0%" y="30%" width="100.0%"' in drawn
    assert drawn.count('class="edge"') == 4  # two begun, two stopped: not what began or ends outside
    assert words(drawn).split("Jan 2024")[1].strip() == (
        "Ibuprofen rule A, D, I, K Warfarin sodium rule D Atorvastatin, stopped"
    )


def test_all_that_is_drawn_is_in_a_table_too(page):
    told = words(page[page.index("Medicines, conditions and contacts as tables") :])
    for line in (
        "Ibuprofen 1001010J0 1 April 2023 1 October 2023",
        "Ibuprofen 1001010J0 1 January 2024 goes on",
        "COPD 1 April 2023",
        "GP 31 March 2023, 31 March 2024 (missed)",
        "eGFR mL/min/1.73 m² 50 on 1 December 2023, 41 on 1 January 2024",
    ):
        assert line in told


def test_rules_say_what_they_flag_and_what_cannot_be_computed(page, tmp_path):
    told = words(page)
    assert "Rule D anticoagulant with an NSAID" in told
    assert "Rule I heart failure: NSAID" in told
    assert "B, C: not computable: needs the condition peptic_ulcer" in told
    assert "no blood count or no liver test in the last three not computable: needs measurements" in told
    sections = make(tmp_path, simulated=True, chemicals=False)
    told = words(write_person_page(sections, A, DAY, tmp_path / "p").read_text(encoding="utf-8"))
    assert "F, G, LI" not in told
    assert "needs chemicals (medicine.bnf_code)" in told
    assert "Rule D anticoagulant with an NSAID (by BNF section, not by chemical" in told
    assert "Rheumatic diseases and gout (BNF 1001) rule A, D, I, K" in told


def test_the_risk_stands_beside_others_and_its_parts_are_this_persons(page):
    told = words(page)
    for line in (
        "31%",
        "People aged 65 to 74: 12% on average.",
        "Of the 500 people with the nearest risks (24% to 41%), 25% to 33% were admitted (95% interval).",
        "90 days ago: 20%.",
        "Higher: Age 65 to 74",
        "Higher: Warfarin sodium begun, then ibuprofen begun 31 to 90 days later",
        "Lower: COPD diagnosed",
    ):
        assert line in told
    assert "Dementia" not in told
    assert re.findall(r'y="1" width="([\d.]+)%"', page) == ["50.0", "100.0", "25.0"]
    assert "No risk was computed" not in told


def test_a_low_egfr_is_marked_and_its_limit_drawn(page):
    assert '<span class="warn">41 mL/min/1.73 m²</span>, 1 January 2024' in page
    assert page.count('class="limit"') == 1
    # 41 to 50 with room of 15% on both sides: 45 lies 5.35 of 11.7 above the bottom
    assert 'class="limit" x1="0" x2="100%" y1="54.27%"' in page


def test_text_of_an_extract_is_text(page):
    assert "<script" not in page
    assert "&lt;script&gt;x&lt;/script&gt;" in page
    assert not re.search(r'(?:src|href)="|url\(|@import', page)


def test_a_page_without_a_risk_tests_or_contacts_says_so(tmp_path, real):
    told = words(write_person_page(real, B, DAY, tmp_path).read_text(encoding="utf-8"))
    for line in (
        "No risk was computed",
        "None is on record",
        "Woman, aged 65 to 74",
        "No rule that can be computed",
    ):
        assert line in told


def test_nobody_of_that_name_has_no_page(tmp_path, real):
    for person_id, day in (("c" * 16, DAY), (A, "1999-01-01")):
        with pytest.raises(ValueError, match=r"Nobody with this identifier|contacts run from"):
            write_person_page(real, person_id, day, tmp_path / "none")
    assert not (tmp_path / "none").exists()


# A risk in its place --------------------------------------------------------------------------------------


def people_with(*groups):
    """Return people written as (how many, risk, how many of them were ill)."""
    rows = [(risk, n < ill, "65-74") for count, risk, ill in groups for n in range(count)]
    frame = pd.DataFrame(rows, columns=["risk", "ill", "age_band"])
    return frame.assign(person_id=[f"p{n}" for n in range(len(frame))])


def test_a_risk_is_held_against_those_with_the_nearest():
    # Log odds of 0.2 and 0.25 are 0.29 apart, of 0.2 and 0.5 are 1.39 apart
    people = people_with((1, 0.2, 1), (60, 0.25, 15), (400, 0.5, 400))
    found = describe_risk(people, "p0", "ill")
    low, high = (float(end) for end in wilson_interval(15, 60))
    assert (found.risk, found.low, found.high, found.n_near) == (0.2, low, high, 60)
    assert found.nearest == (0.25, 0.25)
    assert found.average == pytest.approx((0.2 + 60 * 0.25 + 400 * 0.5) / 461)
    assert found.before is None


def test_at_the_end_of_the_scale_fewer_are_near_and_that_is_said():
    people = people_with((1, 0.9, 0), (10, 0.85, 10), (100, 0.5, 50))
    found = describe_risk(people, "p0", "ill")
    assert (found.n_near, found.nearest) == (50, (0.5, 0.85))
    assert describe_risk(people_with((1, 0.2, 0), (900, 0.2, 90)), "p0", "ill").n_near == 500
    assert describe_risk(people[:4], "p0", "ill").n_near == 3


def test_a_risk_90_days_ago_is_kept_and_one_person_is_no_place():
    people = people_with((3, 0.2, 1)).assign(risk_before=[0.1, 0.2, None])
    assert describe_risk(people, "p0", "ill").before == 0.1
    assert describe_risk(people, "p2", "ill").before is None
    for frame, person_id in ((people, "q"), (people[:1], "p0")):
        with pytest.raises(ValueError, match="among others"):
            describe_risk(frame, person_id, "ill")


# Where a page may lie -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["_site", "_site/report", "report", "report/takeaway", "results", ".build/site"]
)
def test_a_real_record_never_goes_where_the_report_is(real, name):
    folder = project.find_root() / name
    before = folder.exists()
    with pytest.raises(UnsafePlace, match="belongs to the report"):
        write_person_page(real, A, DAY, folder)
    assert folder.exists() == before


def test_nor_into_other_results_a_website_or_a_repository(tmp_path, monkeypatch):
    monkeypatch.setenv(project.RESULTS_VARIABLE, str(tmp_path / "elsewhere"))
    with pytest.raises(UnsafePlace, match="belongs to the report"):
        refuse_place(tmp_path / "elsewhere" / "tables")
    (tmp_path / "web").mkdir()
    (tmp_path / "web" / "index.html").touch()
    (tmp_path / "web" / "sub").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "web" / "sub")  # of which only the target is in the site
    for name in ("web", "web/deep/down", "link", "link/deep"):
        with pytest.raises(UnsafePlace, match="part of a website"):
            refuse_place(tmp_path / name)
    with pytest.raises(UnsafePlace, match="git repository"):
        refuse_place(project.find_root() / "analysis_lib" / "pages")
    refuse_place(tmp_path / "private")


def test_a_folder_that_git_leaves_out_is_no_danger(tmp_path):
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    with pytest.raises(UnsafePlace, match="git repository"):
        refuse_place(tmp_path / "private" / "pages")
    (tmp_path / ".gitignore").write_text("/private/\n")
    refuse_place(tmp_path / "private" / "pages")


def test_a_site_with_a_real_page_does_not_pass_the_scan(made_page, real_page):
    assert scan_site(made_page.parent) == []
    assert CANARIES[0] in real_page.read_text(encoding="utf-8")
    assert "canary identifier" in {finding.kind for finding in scan_site(real_page.parent)}


def test_a_real_page_is_its_owners_alone_and_names_no_simulated_row(real_page, page):
    assert real_page.name == f"person_{A}.html"
    assert real_page.stat().st_mode & 0o077 == 0
    assert "Real record: keep inside" in real_page.read_text(encoding="utf-8")
    assert A not in page
    assert "this is nobody" in page


# The command ----------------------------------------------------------------------------------------------


def test_the_command_writes_a_page_and_says_what_it_holds(tmp_path, real, capsys):
    data = ["--data", str(real.folder)]
    assert cli.main(["person", A, "--to", str(tmp_path / "pages"), "--day", DAY, *data]) == 0
    printed = capsys.readouterr().out
    assert f"person_{A}.html" in printed
    assert "It holds a real person's record" in printed
    assert (tmp_path / "pages" / f"person_{A}.html").is_file()


@pytest.mark.parametrize(
    ("words_given", "told"),
    [
        ([A, "--day", "01/04/2024"], "YYYY-MM-DD"),
        (["nobody"], "Nobody with this identifier"),
        ([A, "--to", "REPORT"], "no place for it"),
    ],
)
def test_the_command_refuses_in_a_sentence(tmp_path, real, capsys, words_given, told):
    words_given = [str(project.find_root() / "report") if w == "REPORT" else w for w in words_given]
    given = ["person", "--to", str(tmp_path / "pages"), "--data", str(real.folder), *words_given]
    assert cli.main(given) == 1
    assert told in capsys.readouterr().err
    assert not (tmp_path / "pages").exists()


def test_the_command_needs_a_linked_population(tmp_path, capsys):
    assert cli.main(["person", A, "--to", str(tmp_path / "pages"), "--data", str(tmp_path)]) == 1
    assert "linked population" in capsys.readouterr().err
