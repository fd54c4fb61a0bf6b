"""Steps of the pipeline: nothing is published that should not be, and what is there stays whole."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest
import yaml

from analysis_lib import __version__, measures, pipeline, project, steps
from analysis_lib.inputs import AbsentInput, InputError, summarise_quality
from analysis_lib.inputs.needs import Needs
from analysis_lib.measures.attendance import unknown_shares
from analysis_lib.pipeline import PublicationError
from analysis_lib.simulate import simulate_appointments

HEADER = (
    "icb_ons_code,appointment_month,appointment_status,hcp_type,appointment_mode,"
    "time_between_book_and_appointment,count_of_appointments"
)
ROW = "E54000054,2022-03,{status},GP,Telephone,Same Day,{count}"


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty project to stand in."""
    made = tmp_path / "project"
    for folder in ("analysis_lib", "report/notebooks", "report/theme", "results/tables", "results/facts"):
        (made / folder).mkdir(parents=True)
    (made / "_quarto.yml").write_text("project:\n  type: website\n")
    monkeypatch.chdir(made)
    monkeypatch.delenv(project.DATA_VARIABLE, raising=False)
    monkeypatch.delenv(project.RESULTS_VARIABLE, raising=False)
    return made


def contents(folder: Path) -> dict[str, bytes]:
    return {
        p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()
    }


# --- simulated inputs ---


@pytest.fixture
def small(monkeypatch):
    """Simulate two areas and two months instead of all."""

    def simulate(folder: Path, seed: int = 1) -> Path:
        return simulate_appointments(folder, seed=seed, months=2, areas=2)

    monkeypatch.setattr("analysis_lib.simulate.simulate_appointments", simulate)
    return simulate


def test_simulated_inputs_replace_the_folder_as_a_whole(tmp_path, small):
    folder = tmp_path / "data" / "simulated"
    folder.mkdir(parents=True)
    (folder / "of_an_earlier_layout.csv").write_text("old")
    (folder / "manifest.json").write_text("{}")
    pipeline.simulate_inputs(folder)
    assert contents(folder) == contents(small(tmp_path / "again"))
    assert "of_an_earlier_layout.csv" not in contents(folder)
    assert [p.name for p in folder.parent.iterdir()] == ["simulated"]  # nothing half made beside it


def test_a_simulation_that_fails_leaves_the_earlier_one(tmp_path, monkeypatch):
    def fail(folder: Path) -> None:
        folder.mkdir()
        (folder / "half.csv").write_text("half")
        raise OSError("disk full")

    folder = tmp_path / "data" / "simulated"
    folder.mkdir(parents=True)
    (folder / "manifest.json").write_text("earlier")
    monkeypatch.setattr("analysis_lib.simulate.simulate_appointments", fail)
    with pytest.raises(OSError, match="disk full"):
        pipeline.simulate_inputs(folder)
    assert contents(tmp_path / "data") == {"simulated/manifest.json": b"earlier"}


# --- checked inputs ---


@pytest.fixture
def inputs(tmp_path, monkeypatch):
    """A folder of real inputs with one file; results and cache go to folders of their own."""
    folder = tmp_path / "my_area"
    folder.mkdir()
    rows = [ROW.format(status="Attended", count=12), ROW.format(status="DNA", count=3)]
    (folder / "attendance.csv").write_text("\n".join([HEADER, *rows, ""]))
    monkeypatch.setenv(project.RESULTS_VARIABLE, str(tmp_path / "results"))
    monkeypatch.setattr("analysis_lib.inputs.load.default_cache", lambda: tmp_path / "cache")
    return folder


def run_facts(tmp_path: Path) -> dict[str, str]:
    content = json.loads((tmp_path / "results" / "facts" / "run.json").read_text())
    return {name: entry["text"] for name, entry in content["facts"].items()}


def test_checked_inputs_leave_their_facts_and_tables(tmp_path, inputs):
    pipeline.check_inputs(inputs)
    facts = run_facts(tmp_path)
    assert facts["data_label"] == "NHS England's appointment files (my_area)"
    assert facts["source"] == "NHS England, Appointments in General Practice"
    assert facts["banner"] == ""
    assert (facts["n_files"], facts["n_rows"], facts["n_warnings"]) == ("1", "2", "0")
    assert facts["provenance"].startswith("attendance.csv (2 rows, sha256 ")
    assert facts["provenance"].endswith(", Mar 2022)")
    quality = pd.read_csv(tmp_path / "results" / "tables" / "data_quality.csv")
    assert quality["n_appointments"].tolist() == [15]
    assert (tmp_path / "results" / "tables" / "raw_labels.csv").is_file()


def test_the_folder_has_a_name_however_it_is_given(tmp_path, inputs, monkeypatch):
    monkeypatch.chdir(inputs)
    pipeline.check_inputs(Path())
    assert run_facts(tmp_path)["data_label"] == "NHS England's appointment files (my_area)"


def test_simulated_inputs_carry_the_banner(tmp_path, inputs, small):
    pipeline.check_inputs(small(tmp_path / "made"))
    facts = run_facts(tmp_path)
    assert facts["data_label"] == facts["source"] == "simulated appointments"
    assert facts["banner"].startswith("Simulated data.")


def test_a_rejected_file_stops_the_run_and_leaves_no_facts_of_an_earlier_one(tmp_path, inputs):
    pipeline.check_inputs(inputs)
    (inputs / "broken.csv").write_text("\n".join([HEADER, ROW.format(status="Attended", count="many"), ""]))
    with pytest.raises(InputError, match="broken.csv, line 2, column count_of_appointments"):
        pipeline.check_inputs(inputs)
    assert not (tmp_path / "results" / "facts" / "run.json").exists()
    assert not (tmp_path / "results" / "tables" / "data_quality.csv").exists()


# --- the linked population ---


def linked_facts(folder: Path) -> dict[str, str]:
    path = folder / "results" / "facts" / "linked.json"
    return {name: entry["text"] for name, entry in json.loads(path.read_text())["facts"].items()}


@pytest.fixture
def results(tmp_path, monkeypatch):
    monkeypatch.setenv(project.RESULTS_VARIABLE, str(tmp_path / "results"))
    return tmp_path


def test_a_simulated_population_is_named_with_its_rows_and_hash(results):
    pipeline.simulate_people(results / "people", 400)
    pipeline.check_population(results / "people")
    facts = linked_facts(results)
    assert facts["provenance"].startswith("; simulated linked population (400 rows of table person, ")
    assert "sha256 " in facts["provenance"]
    assert facts["banner"] == "The linked population is simulated too: none of its people exists."


def test_no_population_leaves_nothing_to_say(results):
    pipeline.check_population(results)
    assert linked_facts(results) == {"banner": "", "provenance": ""}


def test_a_population_alone_is_no_missing_appointments(results):
    pipeline.simulate_people(results / "people", 400)
    pipeline.check_inputs(results / "people")
    facts = run_facts(results)
    assert facts["source"] == facts["provenance"] == "no appointment files"
    assert facts["n_files"] == "0"


def test_how_many_people_are_simulated_is_named_or_the_default(monkeypatch):
    monkeypatch.delenv(project.PEOPLE_VARIABLE, raising=False)
    assert project.n_people() == project.PEOPLE
    monkeypatch.setenv(project.PEOPLE_VARIABLE, "880,000")
    assert project.n_people() == 880_000
    monkeypatch.setenv(project.PEOPLE_VARIABLE, "many")
    with pytest.raises(ValueError, match="PEOPLE=many is no number of people"):
        project.n_people()


# --- commit and variables ---


def git(folder: Path, *words: str) -> str:
    names = {f"GIT_{who}_{what}": "someone" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    done = subprocess.run(
        ["git", *words], cwd=folder, check=True, capture_output=True, text=True, env={**os.environ, **names}
    )
    return done.stdout.strip()


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_the_commit_is_named_and_local_changes_are_admitted(tmp_path):
    git(tmp_path, "init", "-q")
    (tmp_path / "a.txt").write_text("one")
    assert pipeline.describe_commit(tmp_path) == f"version {__version__}"  # no commit yet
    git(tmp_path, "add", "a.txt")
    git(tmp_path, "commit", "-q", "-m", "first")
    commit = git(tmp_path, "rev-parse", "HEAD")[:10]
    assert pipeline.describe_commit(tmp_path) == f"commit {commit}"
    (tmp_path / "a.txt").write_text("two")
    assert pipeline.describe_commit(tmp_path) == f"commit {commit} with local changes"


def test_outside_a_checkout_the_version_stands_for_the_commit(tmp_path, monkeypatch):
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    assert pipeline.describe_commit(tmp_path) == f"version {__version__}"
    monkeypatch.setenv("PATH", "")
    assert pipeline.describe_commit(tmp_path) == f"version {__version__}"


def save_facts(root: Path, store: str, **texts: str) -> None:
    entries = {name: {"value": text, "unit": "text", "text": text} for name, text in texts.items()}
    path = root / "results" / "facts" / f"{store}.json"
    path.write_text(json.dumps({"facts": entries, "tables": {}}), encoding="utf-8")


def test_variables_are_the_facts_of_all_stores_as_literal_text_and_the_commit(root, monkeypatch):
    monkeypatch.setattr(pipeline, "describe_commit", lambda folder: f"commit of {folder.name}")
    awkward = 'He said: "5% – £3", {{< x >}} # no\nmore'
    save_facts(root, "run", source="NHS England")
    save_facts(root, "missed", rate="4.4%", awkward=awkward, number="0123")
    pipeline.write_variables(root / "_variables.yml")
    written = yaml.safe_load((root / "_variables.yml").read_text(encoding="utf-8"))
    assert written.pop("release")["n_tables"] == "0"
    assert written["missed"].pop("awkward") == r'He said\: "5% – £3", \{ \{\< x \> \}\} \# no more'
    assert written == {
        "missed": {"number": "0123", "rate": "4.4%"},
        "run": {"commit": "commit of project", "source": "NHS England"},
    }


def test_unchanged_variables_are_not_written_again(root, monkeypatch):
    monkeypatch.setattr(pipeline, "describe_commit", lambda folder: "commit 1")
    save_facts(root, "missed", rate="4.4%")
    target = root / "_variables.yml"
    pipeline.write_variables(target)
    os.utime(target, ns=(10**18, 10**18))
    pipeline.write_variables(target)
    assert target.stat().st_mtime_ns == 10**18
    save_facts(root, "missed", rate="4.5%")
    pipeline.write_variables(target)
    assert target.stat().st_mtime_ns != 10**18
    assert "4.5%" in target.read_text()


# --- publication ---


@pytest.fixture
def site(root, monkeypatch):
    """A published site, and a renderer that writes the given pages or fails."""
    (root / "_site" / "deep").mkdir(parents=True)
    (root / "_site" / "index.html").write_text("<p>earlier</p>")
    (root / "_site" / "deep" / "gone.html").write_text("<p>of an earlier site</p>")
    monkeypatch.setattr(pipeline.shutil, "which", lambda name: None)

    def will_render(pages: dict[str, str], error: Exception | None = None) -> None:
        def render_site(source: Path, output: Path) -> None:
            assert source == root
            assert not output.exists()  # nothing of an earlier attempt
            for name, text in pages.items():
                (output / name).parent.mkdir(parents=True, exist_ok=True)
                (output / name).write_text(text)
            if error:
                raise error

        monkeypatch.setattr("analysis_lib.publish.render.render_site", render_site)

    return SimpleNamespace(
        root=root, published=root / "_site", made=root / ".build" / "site", will_render=will_render
    )


def test_a_good_site_takes_the_place_of_the_old_one(site):
    site.will_render({"index.html": "<p>new</p>", "report/limits.html": "<p>new</p>"})
    (site.made).mkdir(parents=True)
    (site.made / "left.html").write_text("<p>of an earlier attempt</p>")
    pipeline.publish_site(site.made, site.published)
    assert contents(site.published) == {"index.html": b"<p>new</p>", "report/limits.html": b"<p>new</p>"}
    assert not site.made.exists()
    assert not (site.root / "_site.old").exists()


def test_the_first_site_needs_no_earlier_one(site):
    shutil.rmtree(site.published)
    site.will_render({"index.html": "<p>new</p>"})
    pipeline.publish_site(site.made, site.published)
    assert contents(site.published) == {"index.html": b"<p>new</p>"}


@pytest.mark.parametrize(
    ("page", "kind"),
    [
        ("<p>/home/someone/data.csv</p>", "absolute path"),
        ("<pre>Traceback (most recent call last)</pre>", "traceback"),
        ("<p>{{&lt; var missed.rate &gt;}}</p>", "unresolved shortcode"),
        ("<p>A rate of nan%</p>", "missing number"),
        ('<script src="https://x.invalid/a.js"></script>', "remote request"),
    ],
)
def test_a_finding_leaves_the_published_site_as_it_was(site, page, kind):
    before = contents(site.published)
    site.will_render({"index.html": "<p>good</p>", "report/limits.html": f"<html>\n{page}</html>"})
    with pytest.raises(PublicationError) as caught:
        pipeline.publish_site(site.made, site.published)
    assert str(caught.value) == f"1 finding(s) in the built pages:\n  report/limits.html, line 2: {kind}"
    assert contents(site.published) == before


def test_a_renderer_that_fails_leaves_the_published_site_as_it_was(site):
    before = contents(site.published)
    site.will_render({"index.html": "<p>half"}, RuntimeError("page.qmd, line 3: no such figure"))
    with pytest.raises(RuntimeError, match="no such figure"):
        pipeline.publish_site(site.made, site.published)
    assert contents(site.published) == before


def test_a_site_that_cannot_be_moved_puts_the_published_one_back(site, monkeypatch):
    before = contents(site.published)
    site.will_render({"index.html": "<p>new</p>"})
    real = Path.replace

    def replace(path: Path, target: Path) -> Path:
        if path == site.made:
            raise OSError("another file system")
        return real(path, target)

    monkeypatch.setattr(Path, "replace", replace)
    with pytest.raises(OSError, match="another file system"):
        pipeline.publish_site(site.made, site.published)
    assert contents(site.published) == before


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ('mkdir -p "$3"; echo "<p>by quarto</p>" > "$3/index.html"', ""),
        # as Quarto does for an embedded notebook: the page must not tell where the project stands
        ('mkdir -p "$3"; echo "<p>$(pwd -P)/by quarto</p>" > "$3/index.html"', ""),
        (
            'mkdir -p "$3"; echo half > "$3/index.html"; echo "line 3: bad YAML" >&2; exit 1',
            "line 3: bad YAML",
        ),
    ],
)
def test_quarto_renders_where_it_is_there(root, monkeypatch, script, message):
    (root / "_site").mkdir()
    (root / "_site" / "index.html").write_text("<p>earlier</p>\n")
    quarto = root.parent / "bin" / "quarto"
    quarto.parent.mkdir()
    quarto.write_text(f"#!/bin/sh\n{script}\n")
    quarto.chmod(0o755)
    monkeypatch.setenv("PATH", f"{quarto.parent}:{os.environ['PATH']}")
    if message:
        with pytest.raises(PublicationError, match=f"quarto render failed:\n{message}"):
            pipeline.publish_site(root / ".build" / "site", root / "_site")
    else:
        pipeline.publish_site(root / ".build" / "site", root / "_site")
    expected = b"<p>earlier</p>\n" if message else b"<p>by quarto</p>\n"
    assert contents(root / "_site") == {"index.html": expected}


# --- what is up to date ---


@pytest.mark.parametrize(
    "name",
    [
        "index.qmd",
        "slides.qmd",
        "report/limits.qmd",
        "report/_shared.md",
        "report/references.bib",
        "report/theme/light.scss",
        "report/theme/fonts/deep.css",
        "report/notebooks/01_explore.ipynb",
        "results/tables/monthly.csv",
        "_quarto.yml",
        "_variables.yml",
        "analysis_lib/publish/render/filter.lua",
        "analysis_lib/release/scan/page.py",
    ],
)
def test_the_digest_changes_with_everything_that_a_page_is_made_from(root, name):
    (root / "analysis_lib" / "publish").mkdir(exist_ok=True)
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("one")
    first = pipeline.digest_of_pages()
    os.utime(path, (0, 0))  # touched only
    assert pipeline.digest_of_pages() == first
    path.write_text("two")
    assert pipeline.digest_of_pages() != first
    path.unlink()
    if name != "_quarto.yml":
        assert pipeline.digest_of_pages() != first


def test_the_digest_does_not_change_with_what_no_page_is_made_from(root, monkeypatch):
    first = pipeline.digest_of_pages()
    for name in (
        "README.md",
        "analysis_lib/inputs.py",
        "_site/index.html",
        "analysis_lib/publish/__pycache__/a.pyc",
    ):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("new")
    assert pipeline.digest_of_pages() == first
    monkeypatch.setattr(pipeline.shutil, "which", lambda name: "quarto")
    assert pipeline.digest_of_pages() != first  # the other renderer


def test_a_step_is_up_to_date_if_its_state_is_that_of_the_last_run():
    state = ["one"]
    unchanged = steps.same_as_last_time(lambda: state[0])
    saved: dict[str, str] = {}

    def ask() -> bool:
        task = SimpleNamespace(value_savers=[])
        answer = unchanged(task, dict(saved))
        for save in task.value_savers:
            saved.update(save())
        return answer

    assert [ask(), ask()] == [False, True]
    state[0] = "two"
    assert [ask(), ask()] == [False, True]


def test_a_failure_is_shortened_to_what_a_person_needs():
    trace = [
        "Traceback (most recent call last):\n",
        '  File "a.py", line 1\n',
        "ValueError: bad file\n",
        "  mend it\n",
    ]
    fail = SimpleNamespace(traceback=trace)
    assert steps.shorten_failure("ignored", fail) == "ValueError: bad file\n  mend it"
    assert steps.shorten_failure("plain message", SimpleNamespace()) == "plain message"


# --- what a section needs ---


class Inputs(Needs):
    def __init__(self, **frames: object) -> None:
        names = ("attendance", "duration", "category", "category_margins", "coverage", "truth")
        self.__dict__ |= dict.fromkeys(names) | {"warnings": [], "notes": []} | frames


def daily(*sub_icbs: str, icbs: int = 1) -> pd.DataFrame:
    rows = [(f"E5400000{n}", name) for n in range(icbs) for name in sub_icbs]
    return pd.DataFrame(rows, columns=["icb_code", "sub_icb_name"])


def test_what_is_absent_is_said_in_words():
    inputs = Inputs(attendance=daily("15F"))
    assert inputs.need("attendance") is inputs.attendance
    with pytest.raises(AbsentInput, match="needs a coverage file .* which is not among these inputs"):
        inputs.need("coverage")
    with pytest.raises(
        AbsentInput, match="needs lead times, which the attendance files of these inputs do not"
    ):
        inputs.need("attendance", "lead_time")
    with pytest.raises(AbsentInput, match="real: their true effects are not known"):
        inputs.need_truth()
    assert inputs.list_notes()["note"].tolist() == ["Nothing to note."]


@pytest.mark.parametrize(
    ("frames", "subject", "what"),
    [
        ({"duration": daily("a")}, "duration", "attended appointments"),
        ({"duration": daily("a"), "category": daily("a")}, "category", "appointments"),
        ({"duration": daily("a", icbs=2), "category": daily("a")}, "duration", "attended appointments"),
        (
            {"attendance": daily("a", icbs=2), "category": daily("a")},
            "category",
            "appointments in 1 sub-ICB location",
        ),
        (
            {"attendance": daily("a", icbs=3), "category": daily("a", "b")},
            "category",
            "appointments in 2 sub-ICB locations",
        ),
    ],
)
def test_daily_counts_come_from_the_file_that_covers_most(frames, subject, what):
    inputs = Inputs(**frames)
    assert inputs.need_daily() is frames[subject]
    assert inputs.daily_what == what


def test_no_daily_file_is_an_absence():
    with pytest.raises(AbsentInput, match="duration file"):
        Inputs().need_daily()


def test_members_of_an_archive_are_brought_together():
    quality = pd.DataFrame(
        {
            "file": ["a.zip/1.csv", "a.zip/2.csv", "b.csv"],
            "subject": ["duration", "duration", "record_counts"],
            "layout": ["daily", "daily", "counts"],
            "rows": [10, 5, 37],
            "n_appointments": pd.array([100, 50, None], dtype="Int64"),
            "first_date": ["2022-03-01", "2022-02-01", None],
            "last_date": ["2022-03-31", "2022-02-28", None],
            "rows_repeated": [1, 2, 0],
            "used": [True, True, "superseded by c.csv"],
            "sha256": ["aaa", "aaa", "bbb"],
        }
    )
    summary = summarise_quality(SimpleNamespace(quality=quality))
    assert summary["file"].tolist() == ["a.zip", "b.csv"]
    assert summary["n_members"].tolist() == [2, 1]
    assert summary["rows"].tolist() == [15, 37]
    assert summary["n_appointments"].tolist() == [150, pd.NA]
    assert summary["first_date"].iloc[0] == pd.Timestamp("2022-02-01")
    assert summary["last_date"].iloc[0] == pd.Timestamp("2022-03-31")
    assert summary["used"].tolist() == ["yes", "superseded by c.csv"]


def attendance(*rows: tuple) -> pd.DataFrame:
    names = ["icb_name", "status", "hcp_type", "mode", "lead_time", "n_appointments"]
    return pd.DataFrame(rows, columns=names)


def test_shares_of_unknown_and_where_they_are():
    frame = attendance(
        ("Kent", "Attended", "GP", "Unknown", "Same Day", 10),
        ("Kent", "Unknown", "GP", "Telephone", "Same Day", 30),
        ("Devon", "Unknown", "GP", "Telephone", "1 Day", 5),
        ("Devon", "DNA", "GP", "Telephone", "1 Day", 5),
    )
    shares = unknown_shares(frame).set_index("column")
    assert shares.loc["Final status", ["n_unknown", "share"]].tolist() == [35, 0.7]
    assert shares.loc["Final status", ["highest_icb", "highest_share"]].tolist() == ["Kent", 0.75]
    assert shares.loc["Mode", ["n_unknown", "share", "highest_icb", "highest_share"]].tolist() == [
        10,
        0.2,
        "Kent",
        0.25,
    ]
    # Nothing is unknown: then there is no area where it is highest.
    assert shares.loc["Staff", ["n_unknown", "share"]].tolist() == [0, 0.0]
    assert shares.loc["Staff", ["highest_icb", "highest_share"]].isna().all()
    without = unknown_shares(frame.drop(columns=["lead_time", "icb_name"]))
    assert without["column"].tolist() == ["Final status", "Staff", "Mode"]
    assert without["highest_icb"].isna().all()


def test_the_table_of_attendance_has_crude_and_standardised_rates():
    # Two kinds of staff, equally common nationally: 10% and 30% missed in Kent, 20% and 20% in Devon.
    rows = []
    for icb, staff, n, dna in (
        ("Kent", "GP", 300, 30),
        ("Kent", "Other", 100, 30),
        ("Devon", "GP", 100, 20),
        ("Devon", "Other", 300, 60),
    ):
        rows += [(icb, "DNA", staff, "Telephone", "Same Day", dna)]
        rows += [(icb, "Attended", staff, "Telephone", "Same Day", n - dna)]
    table = measures.attendance_table(attendance(*rows), "icb_name").set_index("icb_name")
    assert table["dna_rate"].round(9).to_dict() == {"Devon": 0.2, "Kent": 0.15}
    assert table["dna_rate_standardised"].round(9).to_dict() == {"Devon": 0.2, "Kent": 0.2}
    assert table["n_dna"].to_dict() == {"Devon": 80, "Kent": 60}
