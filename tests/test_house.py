"""The rules of the house that a machine can check: layout, direction, notebooks, packages in step."""

import ast
import json
import re
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml

from analysis_lib import doctor
from analysis_lib.publish.render.deck import _reveal_config
from analysis_lib.publish.shape import list_notebooks

ROOT = Path(__file__).resolve().parent.parent
LIBRARY = sorted((ROOT / "analysis_lib").rglob("*.py"))
NOTEBOOKS = list_notebooks(ROOT)
PAGES = [ROOT / "index.qmd", ROOT / "slides.qmd", *sorted((ROOT / "report").glob("*.qmd"))]
PAGES += sorted([*(ROOT / "areas").glob("*.qmd"), *(ROOT / "report" / "area").rglob("*.qmd")])
MAY_IMPORT = {
    "inputs": {"inputs", "identifiers", "codes", "project"},
    "simulate": {"simulate", "project", "identifiers", "codes"},
    "queries": {"queries", "inputs"},
    "measures": {"measures"},
    "models": {"models", "measures"},
    "release": {"release", "measures", "project", "identifiers"},
    "publish": {"publish", "release", "project"},
    "area": {"area", "inputs", "measures", "release", "publish", "project"},
}


def rooms_imported(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("analysis_lib."):
            found.add(node.module.split(".")[1])
        elif isinstance(node, ast.ImportFrom) and node.module == "analysis_lib":
            found |= {alias.name for alias in node.names if not alias.name.startswith("__")}
        elif isinstance(node, ast.Import):
            found |= {a.name.split(".")[1] for a in node.names if a.name.startswith("analysis_lib.")}
    return found


@pytest.mark.parametrize("path", LIBRARY, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_data_flows_one_way(path):
    room = path.relative_to(ROOT / "analysis_lib").parts[0]
    if room in MAY_IMPORT:
        assert rooms_imported(path) <= MAY_IMPORT[room]


def test_measures_and_models_do_not_plot():
    for path in LIBRARY:
        if {"measures", "models"} & set(path.parts):
            assert not re.search(r"^\s*(?:import|from) (?:matplotlib|seaborn)", path.read_text(), re.M), (
                path.name
            )


RULES = 'CONTRIBUTING.md, "A notebook of your own", has the rules'


def broken_rules(path: Path) -> list[str]:
    """What a notebook does not keep to, a sentence each."""
    cells = [(n, c["cell_type"], "".join(c["source"]), c) for n, c in enumerate(read_cells(path), 1)]
    code = [(n, source, cell) for n, kind, source, cell in cells if kind == "code"]
    broken = []
    if cells[0][1] != "raw":
        broken.append("the first cell is to be raw, with the front matter")
    if len(cells) > 60 or len(code) > len(cells) - len(code):
        broken.append("at most sixty cells, and no more of code than of words")
    for n, source, cell in code:
        if cell["outputs"] or cell["execution_count"] is not None:
            broken.append(f"cell {n} is stored with outputs: run `nbstripout notebooks/{path.name}`")
        if len(source.splitlines()) > 20:
            broken.append(f"cell {n} has over twenty lines: move a function into the library")
        if re.search(r"sys\.path|pip install|filterwarnings|/home/|[A-Z]:\\", source):
            broken.append(f"cell {n} installs, hides a warning, or names a path of one machine")
        if "#| label: fig-" in source:
            headline = r'#\| fig-cap: "\{\{< var \w+\.\w+ >\}\}. Source: \{\{< var \w+\.source >\}\}\."'
            if not re.search(headline, source):
                broken.append(f"cell {n}: fig-cap is a fact, then `Source: {{{{< var run.source >}}}}.`")
            if not re.search(r'#\| fig-alt: "\w[^"]{30,}"', source):
                broken.append(f"cell {n}: fig-alt says in words what the figure shows")
        later = "".join(text for place, kind, text, _ in cells if kind == "markdown" and place > n)
        broken += [
            f"cell {n} saves {table}, and no text after it links to {table}.csv"
            for table in re.findall(r'save_table\(\s*"(\w+)"', source)
            if f"{table}.csv" not in later
        ]
    words = "\n\n".join(source for _, kind, source, _ in cells if kind == "markdown")
    return [
        *broken,
        *(f"{number!r} is typed: save it as a fact and quote it" for number in results_typed(words)),
    ]


def read_cells(path: Path) -> list[dict]:
    return json.loads(path.read_text())["cells"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.name)
def test_notebooks_keep_the_rules(path):
    assert broken_rules(path) == [], RULES


def test_the_rules_stand_where_a_newcomer_reads():
    assert "### A notebook of your own" in (ROOT / "CONTRIBUTING.md").read_text()


def test_a_notebook_that_breaks_each_rule_is_told_which(tmp_path):
    long = "\n".join(
        ["#| label: fig-a", 'store.save_table("a", frame)', *["x = 1"] * 20, "import sys; sys.path"]
    )
    code = {"cell_type": "code", "source": long, "outputs": [{}], "execution_count": 1}
    cells = [code, {"cell_type": "markdown", "source": "Half, or 51.3%, of them."}, code]
    path = tmp_path / "06_mine.ipynb"
    path.write_text(json.dumps({"cells": cells}))
    told = " ".join(broken_rules(path))
    for words in (
        "raw",
        "no more of code",
        "nbstripout",
        "twenty lines",
        "one machine",
        "fig-cap",
        "fig-alt",
    ):
        assert words in told
    assert "links to a.csv" in told
    assert "'51.3%' is typed" in told


# Numbers that are no results: the planning figure, methods, years and faults of the source, links.
STATED = re.compile(
    r"1,200,000|95%|99\.8%|2\.66|3\.267|95 times in 100|0\.5 to 3 million|v3\.0|NHS 111"
    r"|1,000 (?:registered|people|person-years)"
    r"|\b20(?:13|15|18|20|22)\b"
)
# A number that could be a result: a percentage, a decimal, thousands, or three digits and more.
RESULT = re.compile(r"\d[\d,.]*%|\d+\.\d+|\d{1,3}(?:,\d{3})+|\b\d{3,}\b")
NOT_PROSE = re.compile(r"\A---.*?\n---\n|\{\{<.*?>\}\}|\{[#.][^}]*\}|\]\([^)]*\)|\$\$?.*?\$\$?|`[^`]*`", re.S)


def results_typed(text: str) -> list[str]:
    return RESULT.findall(STATED.sub("", NOT_PROSE.sub("", text)))


def test_a_typed_result_would_be_found():
    assert results_typed("4.4% of 742,804,525 in 2021, or {{< var missed.rate >}}") == [
        "4.4%",
        "742,804,525",
        "2021",
    ]


@pytest.mark.parametrize("path", PAGES, ids=lambda p: p.name)
def test_no_result_is_typed_into_a_page(path):
    assert results_typed(path.read_text()) == []


def git(*words: str) -> subprocess.CompletedProcess:
    return subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=False)


def test_what_pages_include_is_there_in_a_fresh_clone():
    """Quarto reads includes before its pre-render step runs: none may be something that a run makes."""
    if git("rev-parse", "--git-dir").returncode:
        pytest.skip("NOT CHECKED: no git checkout")
    wanted = set()
    templates = ROOT / "report" / "area"  # which only the built-in renderer reads
    sources = [path for path in PAGES if templates not in path.parents]
    for path in [*sources, *NOTEBOOKS, *(ROOT / "report").glob("*.md")]:
        for name in re.findall(r"\{\{<\s*include\s+(\S+)", path.read_text()):
            folder = ROOT / "report" / "notebooks" if path in NOTEBOOKS else path.parent
            target = ROOT / name.lstrip("/") if name.startswith("/") else folder / name
            wanted.add(target.resolve().relative_to(ROOT).as_posix())
    assert "report/_what-shap-is-not.md" in wanted
    tracked = git("ls-files").stdout.splitlines()
    assert sorted(wanted - set(tracked)) == []


def test_quarto_finds_nothing_to_add_to_gitignore():
    """It appends these two lines where they are missing, and the checkout then has local changes."""
    assert {"/.quarto/", "**/*.quarto_ipynb"} <= set((ROOT / ".gitignore").read_text().splitlines())


def test_quarto_calls_the_pipeline_before_and_the_scan_after():
    project, notebooks = (
        yaml.safe_load((ROOT / folder / "_quarto.yml").read_text())["project"]
        for folder in (".", "notebooks")
    )
    assert project["pre-render"] == "python -m analysis_lib pipeline"
    assert project["post-render"] == "python -m analysis_lib finish"
    assert notebooks["pre-render"] == project["pre-render"]  # which refuses a folder that is not the root


def test_the_oldest_quarto_is_said_in_step():
    settings = yaml.safe_load((ROOT / "_quarto.yml").read_text())
    oldest = ".".join(map(str, doctor.OLDEST_QUARTO))
    assert settings["quarto-required"] == f">= {oldest}"
    assert f"- quarto>={oldest} #" in (ROOT / "environment.yml").read_text()
    assert f"Quarto {oldest} or newer" in (ROOT / "README.md").read_text()


def package_names(requirements: list[str]) -> set[str]:
    return {
        re.split(r"[<>=!~\[; ]", r.strip(), maxsplit=1)[0].lower().replace("_", "-") for r in requirements
    }


@pytest.fixture(scope="module")
def project():
    return tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def test_lock_pins_everything_with_hashes_and_no_address(project):
    lock = (ROOT / "requirements.lock").read_text()
    pinned = set(re.findall(r"^([a-z0-9._-]+)==", lock, re.M))
    wanted = package_names(project["dependencies"])
    for extra in ("build", "lab", "test"):
        wanted |= package_names(project["optional-dependencies"][extra])
    assert wanted <= pinned
    assert not re.search(r"https?://|index-url", lock)
    entries = re.split(r"^(?=[a-z0-9._-]+==)", lock, flags=re.M)[1:]
    assert all("--hash=sha256:" in entry for entry in entries)


def test_conda_environment_is_in_step(project):
    environment = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
    conda = {d.replace(" ", "") for d in environment if isinstance(d, str)}
    pip = {d for group in environment if isinstance(group, dict) for d in group["pip"]} - {"-e ."}
    extras = project["optional-dependencies"]
    wanted = {*project["dependencies"], *extras["lab"], *extras["test"]}
    built_in = {w for w in wanted if w.startswith(("pypandoc-binary", "libsass", "sphinx-revealjs"))}
    assert len(built_in) == 3, "the built-in renderer's packages come through pip's -e ."
    wanted -= built_in
    assert wanted <= conda | pip
    extra = package_names(list(conda | pip)) - package_names(list(wanted))
    assert extra == {"python", "quarto", "pip"}


def test_every_dependency_says_what_uses_it():
    for name in ("pyproject.toml", "environment.yml"):
        lines = (ROOT / name).read_text().splitlines()
        listed = [line for line in lines if re.match(r'\s+(?:"[a-zA-Z-]+[>=]|- [a-z0-9-]+>=)', line)]
        assert len(listed) > 15
        assert [line for line in listed if "#" not in line and "python>=" not in line] == []


def test_files_hold_no_path_of_a_machine():
    tracked = [
        p
        for p in ROOT.rglob("*")
        if p.is_file() and p.suffix in {".py", ".qmd", ".md", ".yml", ".toml", ".ipynb"}
    ]
    ours = [
        p for p in tracked if not {".venv", "_site", ".build", "results"} & set(p.relative_to(ROOT).parts)
    ]
    assert [
        p.name
        for p in ours
        if re.search(r"(?<![\w.])/(?:work|root)/\w", p.read_text()) and "test" not in p.name
    ] == []


def test_the_deck_has_one_size_in_both_renderers():
    """Quarto's own stage is smaller, and captions sink below the footer."""
    size = {"width": 1280, "height": 720, "margin": 0.06}
    asked = yaml.safe_load((ROOT / "slides.qmd").read_text().split("---")[1])["format"]["revealjs"]
    assert size.items() <= asked.items()
    assert size.items() <= _reveal_config({}).items()
