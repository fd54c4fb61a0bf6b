"""The data owner's thresholds are data: what the file says is what is hidden, and a wrong file is refused."""

import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from analysis_lib.disclosure import FILE, NATIONAL, DisclosureError, read_thresholds
from analysis_lib.kinds import Count, Dimension
from analysis_lib.release.gate.release import release_table
from analysis_lib.release.profiles import read_profile

ROOT = Path(__file__).resolve().parent.parent
SHIPPED = (ROOT / FILE).read_text(encoding="utf-8")


@pytest.fixture
def write(tmp_path):
    """Return a function that writes the shipped file with some texts replaced, and returns its path."""

    def make(*pairs):
        text = SHIPPED
        for old, new in pairs:
            assert old in text, old
            text = text.replace(old, new)
        path = tmp_path / FILE
        path.write_text(text, encoding="utf-8")
        return path

    return make


SIGNED = (
    ('owner = ""', 'owner = "NHS Example"'),
    ('signed = ""', 'signed = "A. Guardian, Caldicott Guardian"'),
    ('date = ""', "date = 2024-04-01"),
)


def test_as_shipped_it_is_the_national_rule():
    found = read_thresholds()
    assert found["patient"] == found["simulated"] == NATIONAL
    assert not read_profile("published").protects
    assert [read_profile(name).banner for name in ("patient", "simulated")] == [False, True]


@pytest.mark.parametrize(
    ("pairs", "expected"),
    [
        ((), [None, None, 10, 10, 15, 1005]),
        ((("suppress_below = 8", "suppress_below = 10"),), [None, None, None, 10, 15, 1005]),
        ((("suppress_below = 8", "suppress_below = 5"), *SIGNED), [None, 5, 10, 10, 15, 1005]),
        (
            (("suppress_below = 8", "suppress_below = 10"), ("round_to = 5 ", "round_to = 10 ")),
            [None, None, None, 10, 10, 1000],
        ),
    ],
)
def test_what_is_hidden_follows_the_file(write, pairs, expected):
    frame = pd.DataFrame({"group": list("abcdef"), "n": [1, 7, 9, 10, 14, 1003]})
    for name in ("patient", "simulated"):
        released = release_table(
            "t", frame, read_profile(name, write(*pairs)), {"group": Dimension(), "n": Count()}
        )
        shown = [None if pd.isna(n) else n for n in released.frame["n"]]
        assert shown == expected


@pytest.mark.parametrize(
    ("pair", "words"),
    [
        (("suppress_below = 8", "suppress_below = 5"), "line 14: suppress_below is below NHS England's 8"),
        (("round_to = 5 ", "round_to = 1 "), "line 15: round_to is below NHS England's 5, and nobody"),
        (("fewest = 10", "fewest = 9"), "fill owner, signed, date in [signature]"),
        (("suppress_below = 8", "suppress_below = 11"), "Write suppress_below = 13"),
        (("suppress_below = 8", "suppress_below = -1"), "line 14: suppress_below is a whole number from 1"),
        (("suppress_below = 8", "suppress_below = 0"), "from 1 to 10,000, such as 8"),
        (("suppress_below = 8", "suppress_below = true"), "a whole number"),
        (("suppress_below = 8", 'suppress_below = "8"'), "a whole number"),
        (("suppress_below = 8", "suppress_below = 7.5"), "a whole number"),
        (("suppress_below = 8", "hide_below = 8"), "line 14: hide_below is no threshold"),
        (("suppress_below = 8 ", "# "), "line 13: suppress_below is missing in [patient]. Write it, such as"),
        (("suppress_below = 8", "suppress_below = 25"), "line 16: an estimate may not rest on a hidden"),
        (("suppress_below = 8", "suppress_below = "), "cannot be read (Invalid value (at line 14"),
        (("[patient]", "[patients]"), "line 13: [patients] is no profile. There are published"),
        (('like = "patient"', 'like = "published"'), "like is no threshold"),
        (('owner = ""', 'owner = ["x"]'), "a signature is owner, signed, date, as text"),
        (('date = ""', 'date = "in May"'), "line 10: a date is wanted, such as 2024-04-01"),
        (('owner = ""', 'boss = ""'), "line 8: a signature has owner, signed, date, and no boss"),
    ],
)
def test_a_wrong_file_says_line_and_remedy(write, pair, words):
    with pytest.raises(DisclosureError) as refused:
        read_thresholds(write(pair))
    assert str(refused.value).startswith(FILE)
    assert words in str(refused.value)


@pytest.mark.parametrize("left_out", range(3))
def test_half_a_signature_is_none(write, left_out):
    parts = [pair for n, pair in enumerate(SIGNED) if n != left_out]
    with pytest.raises(DisclosureError, match="nobody has signed"):
        read_thresholds(write(("fewest = 10", "fewest = 9"), *parts))


def test_without_the_file_nothing_leaves(tmp_path):
    with pytest.raises(DisclosureError, match="is missing: without it nothing may leave"):
        read_thresholds(tmp_path / FILE)


@pytest.fixture
def project(new_project, tmp_path):
    """A copy of the project, and a folder with a file in it."""
    (tmp_path / "inputs").mkdir()
    (tmp_path / "inputs" / "a.csv").write_text("a\n1\n")
    return new_project(tmp_path / "inputs")


def test_a_run_refuses_a_wrong_file_before_anything_runs(project):
    (project.root / FILE).write_text(SHIPPED.replace("suppress_below = 8", "suppress_below = 5"))
    run = project.report()
    assert run.status == 2
    assert run.printed.startswith(f"{FILE}, line 14: suppress_below is below NHS England's 8")
    assert not (project.root / "results").exists()


def test_what_is_released_is_released_anew_when_the_file_changes(project):
    """doit names the file among what these steps read."""
    words = [sys.executable, "-m", "doit", "list", "--all", "--deps", "--private"]
    listed = subprocess.run(
        words,
        cwd=project.root,
        env={"PYTHONPATH": str(project.root), "REPORT_DATA": str(project.data)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    for name, step in split_steps(listed).items():
        if name in ("check", "check_population") or name.startswith("notebook:"):
            assert str(project.root / FILE) in step, name


def split_steps(listed):
    """Steps by name, each with the files that doit lists below it."""
    steps = {}
    for line in listed.splitlines():
        if line and not line.startswith(" "):
            name = line.split()[0]
            steps[name] = ""
        else:
            steps[name] += line
    assert {"check", "check_population", "notebook:05_high_need"} <= set(steps)
    return steps


def test_the_page_on_disclosure_quotes_the_file():
    page = (ROOT / "report" / "protection.qmd").read_text(encoding="utf-8")
    for fact in ("largest_hidden", "round_to", "fewest"):
        assert f"{{{{< var release.{fact} >}}}}" in page
    assert FILE in page
