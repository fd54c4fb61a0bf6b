"""The front door says what is true: commands, paths, links and messages of the README and what it names."""

from __future__ import annotations

import importlib.util
import json
import re
import shlex
import shutil
import struct
from datetime import date
from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd
import pytest
import yaml

from analysis_lib import charts, measures
from analysis_lib.cli import _parser
from analysis_lib.inputs import load_appointments
from analysis_lib.inputs.population import SETTINGS
from analysis_lib.queries import CONDITIONS, OUTCOMES, list_days
from analysis_lib.release import merge_facts, read_labels, released_name
from analysis_lib.report import open_report
from analysis_lib.simulate import simulate_appointments
from website.cli import _parser as site_parser
from website.scan.sources import list_sources

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
RAP = (ROOT / "report" / "rap.qmd").read_text(encoding="utf-8")
MADE = (
    "_site/",
    ".build/",
    "report.toml",
    "data/raw/mine",
    "data/simulated",
    "data/models",
    ".venv",
)  # by a run, or the reader's own
PLAIN = ("LICENSE", "Makefile", ".gitattributes")
SUFFIXES = r"\.(?:py|md|ya?ml|toml|qmd|json|cff|lock|png|ipynb)"


def code_spans(text: str) -> list[str]:
    """Every piece of code, in a sentence or a line of a block."""
    blocks = re.findall(r"^```(?!python)\w*\n(.*?)^```", text, re.S | re.M)
    prose = re.sub(r"^```.*?^```", "", text, flags=re.S | re.M)
    return [*re.findall(r"`([^`\n]+)`", prose), *(line for block in blocks for line in block.splitlines())]


def named_paths(text: str) -> set[str]:
    """Code that is nothing but a path of the project: it has a folder, or the ending of a file."""
    spans = {span for span in code_spans(text) if re.fullmatch(r"\.?[A-Za-z][\w./-]*", span)}
    paths = {span for span in spans if "/" in span or re.search(rf"{SUFFIXES}$", span) or span in PLAIN}
    return {path for path in paths if not path.startswith(MADE) and path != "mapping.toml"}


def targets() -> set[str]:
    return set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.M))


def make_calls(text: str) -> list[list[str]]:
    return [shlex.split(c)[1:] for span in code_spans(text) for c in re.findall(r"^make [^#]+", span)]


def wrong_calls(calls: list[list[str]]) -> list[str]:
    makefile = (ROOT / "Makefile").read_text()
    settings = re.findall(r"^([A-Z]+) \?=|given,([A-Z]+),|\$\(if \$\(([A-Z]+)\)", makefile, re.M)
    settings = {name for names in settings for name in names}
    words = [word for call in calls for word in call]
    return [w for w in words if w.split("=")[0] not in (settings if "=" in w else targets())]


def test_make_commands_exist():
    calls = make_calls(README)
    assert len(calls) >= 10
    assert wrong_calls(calls) == []
    assert wrong_calls([["reprot"], ["report", "DATE=x"]]) == ["reprot", "DATE=x"]


def test_commands_of_the_library_parse():
    for package, parser, fewest in (("analysis_lib", _parser(), 5), ("website", site_parser(), 4)):
        spans = [
            re.sub(r"\s*#.*", "", s) for s in code_spans(README) if s.startswith(f"python -m {package} ")
        ]
        assert len(spans) >= fewest
        for span in spans:
            words = span.replace("FOLDER", "folder").replace(" N ", " 10 ")
            words = shlex.split(words.translate(str.maketrans("", "", "[]")))
            parser.parse_args(words[3:])  # leaves with status 2 where it does not fit


def test_every_path_it_names_is_there():
    found = named_paths(README)
    assert {"data/sources.toml", "analysis_lib/kinds.py"} <= found
    assert [path for path in sorted(found) if not (ROOT / path).exists()] == []


def test_every_link_leads_to_a_file():
    links = [link for link in re.findall(r"\]\(([^)\s]+)\)", README) if not link.startswith("https://")]
    assert len(links) >= 12
    assert [link for link in links if not (ROOT / link.partition("#")[0]).exists()] == []


def test_links_of_every_other_text_lead_to_a_file():
    texts = [path for path in list_sources(ROOT) if path.suffix == ".md" and path.name != "_shared.md"]
    assert len(texts) >= 8
    dead = []
    for path in texts:
        plain = re.sub(r"`[^`\n]*`", "", path.read_text(encoding="utf-8"))
        links = [link.partition("#")[0] for link in re.findall(r"\]\(([^)\s:{]+)\)", plain)]
        dead += [f"{path.name}: {link}" for link in links if not (path.parent / link).exists()]
    assert dead == []


def test_the_tree_at_the_end_is_the_projects():
    tree = re.search(r"```\n(index\.qmd.*?)```", README, re.S)[1]
    names = [name for line in tree.splitlines() for name in line.split("  ")[0].split(", ")]
    assert len(names) >= 8
    assert [name for name in names if not (ROOT / name).exists()] == []


def test_messages_of_the_troubleshooting_are_those_of_the_code():
    rows = re.findall(r"^\| `([^`]+)` \|", README.partition("## If something goes wrong")[2], re.M)
    files = [
        *(ROOT / "analysis_lib").rglob("*.py"),
        *(ROOT / "website").rglob("*.py"),
        *(ROOT / ".ci").iterdir(),
        ROOT / "dodo.py",
    ]
    code = "\n".join(file.read_text(encoding="utf-8") for file in files)
    code = re.sub(r'"\s*\n\s*f?"', "", code)  # a sentence may go over two lines
    pieces = [piece.strip() for row in rows for piece in row.split("…") if piece.strip()]
    assert len(rows) >= 10
    assert [piece for piece in pieces if piece not in code] == []


def test_pictures_are_small_and_said_to_be_of_simulated_data():
    pictures = re.findall(r"!\[([^\]]*)\]\(([^)]+\.png)\)", README)
    assert len(pictures) == 2
    for words, path in pictures:
        data = (ROOT / path).read_bytes()
        assert len(data) <= 150_000
        assert struct.unpack(">II", data[16:24])[0] >= 800
        assert "simulated" in words
    assert "pictures are of simulated data" in README


def test_pictures_are_refused_of_anything_but_simulated_data(tmp_path, monkeypatch):
    script = ROOT / ".github" / "pictures" / "take.py"
    spec = importlib.util.spec_from_file_location("take", script)
    take = importlib.util.module_from_spec(spec)
    pytest.importorskip("playwright.sync_api")
    spec.loader.exec_module(take)
    (tmp_path / "index.html").write_text("Appointments of January")
    monkeypatch.setattr(take, "SITE", tmp_path)
    with pytest.raises(SystemExit, match="not made from simulated data"):
        take.main()


def test_devcontainer_sets_up_what_the_readme_says():
    said = json.loads((ROOT / ".devcontainer" / "devcontainer.json").read_text())
    assert wrong_calls([re.findall(r"make (\w+)", said["postCreateCommand"])]) == []
    assert "chromium" in said["postCreateCommand"]
    python = re.search(r":(\d+\.\d+)-", said["image"])[1]
    assert python in (ROOT / ".github" / "workflows" / "ci.yml").read_text()


# The cohort in three lines -----------------------------------------------------------------------


def test_the_cohort_in_three_lines_is_shown_as_it_says(small_people, tmp_path, monkeypatch):
    (code,) = re.findall(r"^```python\n(.*?)^```", README, re.S | re.M)
    monkeypatch.setenv("REPORT_DATA", str(small_people))
    monkeypatch.setenv("REPORT_RESULTS", str(tmp_path))
    found: dict = {}
    exec(code, found)
    people, rates, shown = (found[name] for name in ("people", "rates", "shown"))
    assert (people["age"] >= 65).all()
    assert people["has_heart_failure"].all()
    assert rates["n_people"].sum() == len(people) > 10
    assert rates["events"].sum() == people["next_n_emergency"].sum()
    assert released_name(shown) == "older_people"
    assert list(shown) == list(rates)
    counts = shown[["n_people", "events"]].melt()["value"].dropna()
    assert len(counts) > 0
    assert (counts % 5 == 0).all()
    assert not counts.between(1, 7).any()
    assert (tmp_path / "tables" / "older_people.csv").is_file()
    assert merge_facts(tmp_path) == {"older_people": {}}
    first, last = list_days(found["population"])
    assert first <= date.fromisoformat(found["day"]) <= last


def test_the_new_section_of_contributing_runs_on_the_simulated_inputs(tmp_path, monkeypatch):
    """As a cell of notebook 02, whose first cells say what it has at hand."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    (section,) = re.findall(r"^```\n(\[fig-.*?)^```", text, re.S | re.M)
    (code,) = re.findall(r"^```python\n(#\| label.*?)^```", text, re.S | re.M)
    sentences = tmp_path / "report" / "sentences"
    sentences.mkdir(parents=True)
    shutil.copy(ROOT / "report" / "sentences" / "words.txt", sentences)
    (sentences / "missed.txt").write_text(section, encoding="utf-8")
    monkeypatch.setattr("analysis_lib.sentences.home", lambda: tmp_path)
    appointments = load_appointments(simulate_appointments(tmp_path / "data", areas=2, months=2, n_tweets=0))
    report = open_report("missed", appointments, folder=tmp_path)
    found = {"report": report, "measures": measures, "charts": charts}
    exec(code, found | {"attendance": measures.check_status(appointments.need("attendance"))})
    (ax,) = plt.gcf().axes
    table = pd.read_csv(tmp_path / "tables" / "gp_attendance_by_mode.csv")
    drawn = [mark.get_offsets()[:, 0] for mark in ax.collections if len(mark.get_offsets()) == len(table)]
    drawn += [line.get_xdata() for line in ax.lines if len(line.get_xdata()) == len(table)]
    rates = sorted(table["dna_rate"].dropna())
    assert len(rates) > 2
    assert any(sorted(values) == pytest.approx(rates) for values in drawn)
    said = merge_facts(tmp_path)["missed"]["gp_mode"]
    assert re.fullmatch(
        r"The DNA rate was highest .*%\) and lowest .*%\), among appointments with a GP", said
    )
    label = read_labels("", tmp_path)["fig-gp-mode"]
    assert label["caption"].startswith(f"{said}. Source: ")
    assert said in label["alt"]


def test_what_can_be_asked_is_what_mapping_md_lists():
    text = (ROOT / "data" / "mapping.md").read_text(encoding="utf-8")
    asked = re.search(r"## What can be asked\n(.*?)\n## ", text, re.S)[1]
    listed = re.search(r"\*\*Conditions\*\*.*?:\n(.*?)\n- \*\*", asked, re.S)[1]
    assert tuple(re.findall(r"`(\w+)`", listed)) == CONDITIONS
    rows = "".join(re.findall(r"^\| (`.*?) \|", asked, re.M))
    names = [
        name.replace("<setting>", setting)
        for name in re.findall(r"`([\w<>]+)`", rows)
        for setting in (SETTINGS if "<setting>" in name else [""])
    ]
    assert sorted(names) == sorted(OUTCOMES)
    assert "(data/mapping.md#what-can-be-asked)" in README


# The public site ---------------------------------------------------------------------------------


def test_pages_are_published_by_hand_only_and_by_the_guarded_script():
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "pages.yml").read_text())
    assert list(workflow[True]) == ["workflow_dispatch"]  # YAML reads "on" as true
    steps = workflow["jobs"]["publish"]["steps"]
    assert [step["run"] for step in steps if "run" in step] == ["bash .ci/pages"]
    assert workflow["jobs"]["publish"]["env"]["REPORT_DATA"] == "${{ vars.REPORT_DATA }}"


# The levels of reproducibility -------------------------------------------------------------------


def rows_of_levels() -> list[list[str]]:
    rows = [re.split(r"\s*\|\s*", line.strip("| ")) for line in RAP.splitlines() if line.startswith("| ")]
    return [row for row in rows if row[0] != "Item"]


def test_every_file_that_the_levels_name_is_there():
    found = named_paths(RAP)
    assert len(found) >= 20
    assert [path for path in sorted(found) if not (ROOT / path).exists()] == []
    assert wrong_calls(make_calls(RAP)) == []


def test_all_items_of_the_three_levels_are_judged_and_met_by_a_file():
    # 5 of baseline, 9 of silver, 4 of gold, as NHS England lists them
    rows = rows_of_levels()
    assert len(rows) == 18
    for item, met, why in rows:
        assert met in ("yes", "partly", "no"), item
        assert met != "yes" or named_paths(why), item
        assert len(why) > 40, item
    assert {item for item, met, _ in rows if met == "no"} == {
        "Somebody else has reviewed the code",
        "The code is open, and linked with the publication",
        "It runs when data arrive, or by a schedule",
    }


def test_the_levels_are_cited_and_in_the_navigation():
    assert "@nhsengland_rap" in RAP
    assert "nhsengland_rap," in (ROOT / "report" / "references.bib").read_text()
    settings = yaml.safe_load((ROOT / "_quarto.yml").read_text())
    assert "report/rap.qmd" in settings["project"]["render"]
    (done,) = [s for s in settings["report-navigation"]["sidebar"] if s.get("section") == "How it was done"]
    assert {"href": "report/rap.qmd"} in done["contents"]
