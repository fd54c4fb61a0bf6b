"""The rules of the house that a machine can check: layout, direction, notebooks, packages in step."""

import ast
import json
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Collection
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement

from analysis_lib import doctor
from analysis_lib.cli import _parser
from analysis_lib.dates import as_day
from analysis_lib.sentences import read_sections
from website.render.deck import _reveal_config
from website.scan.said import SmallCounts
from website.shape import list_notebooks

ROOT = Path(__file__).resolve().parent.parent
LIBRARY = sorted((ROOT / "analysis_lib").rglob("*.py"))
OF_AREAS = ROOT / "notebooks" / "areas" / "area.ipynb"
NOTEBOOKS = list_notebooks(ROOT)
DECKS = sorted(ROOT.glob("*slides.qmd"))
PAGES = [ROOT / "index.qmd", *DECKS, *sorted((ROOT / "report").glob("*.qmd"))]
PAGES += sorted([*(ROOT / "areas").glob("*.qmd"), *(ROOT / "report" / "area").rglob("*.qmd")])
MAY_IMPORT = {
    "inputs": {"inputs", "identifiers", "codes", "dates", "project"},
    "bnf.py": set(),
    "simulate": {"simulate", "project", "identifiers", "codes", "dates", "bnf"},
    "queries": {"queries", "inputs", "dates"},
    "measures": {"measures", "dates", "disclosure"},
    "models": {"models", "measures", "disclosure", "identifiers"},
    "review": {
        *("review", "queries", "measures", "models", "inputs", "levels", "bnf", "codes", "dates"),
        *("identifiers", "disclosure", "brand", "project"),
    },
    "columns.py": {"disclosure", "kinds", "measures"},
    "release": {"release", "columns", "kinds", "levels", "project", "identifiers", "dates", "disclosure"},
    "charts": {"charts", "columns", "release", "dates", "brand"},
    "areas.py": {"measures", "inputs", "release"},
    "levels.py": {"bnf"},
    "synthetic_hospital.py": {"inputs", "models"},  # the layout of one, the generators of the other
    "synthesise.py": {"inputs", "models", "synthetic_hospital"},
    "words.py": {"release", "levels"},
    "sentences.py": {"release", "words", "project"},
    "report.py": {"kinds", "release", "sentences", "tables", "project"},
    "tables.py": {"columns", "release"},
    # exercises use what a learner uses
    "training": {
        *("training", "simulate", "inputs", "queries", "measures", "models", "release"),
        *("columns", "kinds", "dates"),
    },
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


@pytest.mark.parametrize("path", LIBRARY, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_the_library_knows_no_website(path):
    imported = re.findall(r"^\s*(?:from|import) (\w+)", path.read_text(encoding="utf-8"), re.M)
    assert "website" not in imported


def modules() -> dict[str, Path]:
    """Every module of the library and of the website, by its dotted name."""
    paths = [*LIBRARY, *sorted((ROOT / "website").rglob("*.py"))]
    dotted = {".".join(p.relative_to(ROOT).with_suffix("").parts): p for p in paths}
    return {name.removesuffix(".__init__"): path for name, path in dotted.items()}


def modules_imported(path: Path, known: Collection[str]) -> set[str]:
    """Modules that a file imports, in functions too; what only a type checker reads is no import."""
    found = set()

    def visit(node: ast.AST) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
                continue
            if isinstance(child, ast.ImportFrom) and child.module:
                inner = {f"{child.module}.{alias.name}" for alias in child.names}
                found.update(inner & set(known) or {child.module})
            visit(child)

    visit(ast.parse(path.read_text(encoding="utf-8")))
    return found & set(known)


def test_no_module_imports_itself_by_way_of_others():
    known = modules()
    graph = {name: modules_imported(path, known) - {name} for name, path in known.items()}
    try:
        order = list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        raise AssertionError(" → ".join(error.args[1])) from None
    assert len(order) == len(known) > 200


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
        if len(source.splitlines()) > 30:
            broken.append(f"cell {n} has over thirty lines: move a function into the library")
        if re.search(r"sys\.path|pip install|filterwarnings|/home/|[A-Z]:\\", source):
            broken.append(f"cell {n} installs, hides a warning, or names a path of one machine")
        if "#| label: fig-" in source and not is_captioned(source, code):
            headline = r'#\| fig-cap: "\{\{< var \w+\.\w+ >\}\}. Source: \{\{< var \w+\.source >\}\}\."'
            if not re.search(headline, source):
                broken.append(f"cell {n}: fig-cap is a fact, then `Source: {{{{< var run.source >}}}}.`")
            if not re.search(r'#\| fig-alt: "\w[^"]{30,}"', source):
                broken.append(f"cell {n}: fig-alt says in words what the figure shows")
    words = "\n\n".join(source for _, kind, source, _ in cells if kind == "markdown")
    return [
        *broken,
        *(f"{number!r} is typed: save it as a fact and quote it" for number in results_typed(words)),
    ]


def is_captioned(figure: str, code: list[tuple]) -> bool:
    """Whether the section of this figure's label, in the notebook's sentences, has what a figure needs."""
    label = re.search(r"#\| label: (\S+)", figure)[1]
    store = re.search(r'open_report\(\s*"(\w+)"', "\n".join(source for _, source, _ in code))
    if not store or f'report.say("{label}"' not in figure:
        return False
    section = read_sections(ROOT / "report" / "sentences" / f"{store[1]}.txt").get(label)
    return bool(section and "caption" in section.entries and len(section.entries.get("alt", "")) > 30)


def read_cells(path: Path) -> list[dict]:
    return json.loads(path.read_text())["cells"]


@pytest.mark.parametrize("path", [*NOTEBOOKS, OF_AREAS], ids=lambda p: p.name)
def test_notebooks_keep_the_rules(path):
    broken = broken_rules(path)
    assert not broken, "\n".join([*broken, RULES])


def test_the_rules_stand_where_a_newcomer_reads():
    assert "### A notebook of your own" in (ROOT / "CONTRIBUTING.md").read_text()


def test_a_notebook_that_breaks_each_rule_is_told_which(tmp_path):
    long = "\n".join(
        ["#| label: fig-a", 'store.save_table("a", frame)', *["x = 1"] * 30, "import sys; sys.path"]
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
        "thirty lines",
        "one machine",
        "fig-cap",
        "fig-alt",
    ):
        assert words in told
    assert "'51.3%' is typed" in told


# Numbers that are no results: the planning figure, methods, limits, years and faults of the source, links.
STATED = re.compile(
    r"1,200,000|95%|99\.8%|2\.66|3\.267|95 times in 100|0\.5 to 3 million|v3\.0|NHS 111"
    r"|1,000 (?:registered|people|person-years)"
    r"|\b20(?:13|15|18|20|22)\b"
    r"|within 0\.015 of it|less than 0\.05\b"  # limits of the analysis plan, set beforehand
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


@pytest.mark.parametrize("path", [*PAGES, *NOTEBOOKS], ids=lambda p: p.name)
def test_no_page_reads_like_a_small_count_of_people(path):
    """The scan would stop the report: "two events" may be a count that was hidden."""
    text = path.read_text()
    if path.suffix == ".ipynb":
        cells = json.loads(text)["cells"]
        text = "\n\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] != "code")
    assert [text[at : at + 40] for at in SmallCounts(8).find(text)] == []


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
    project = yaml.safe_load((ROOT / "_quarto.yml").read_text())["project"]
    assert project["pre-render"] == "python -m website pipeline"
    assert project["post-render"] == "python -m website finish"


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


LOCKS = ("requirements.lock", "requirements-test.lock", "requirements-lab.lock")


def pinned_in(file: str) -> set[str]:
    return set(re.findall(r"^([a-z0-9._-]+)==", (ROOT / file).read_text(), re.M))


def test_lock_pins_everything_with_hashes_and_no_address(project):
    extras = project["optional-dependencies"]
    report = package_names([*project["dependencies"], *extras["build"]])
    beside = {"requirements-test.lock": "test", "requirements-lab.lock": "lab"}
    everybody = pinned_in("requirements.lock")
    assert report <= everybody
    for file in LOCKS:
        lock = (ROOT / file).read_text()
        assert not re.search(r"https?://|index-url", lock)
        entries = re.split(r"^(?=[a-z0-9._-]+==)", lock, flags=re.M)[1:]
        assert all("--hash=sha256:" in entry for entry in entries)
        if file in beside:
            assert not everybody & pinned_in(file)
            assert package_names(extras[beside[file]]) <= pinned_in(file)


def test_a_report_installs_no_tool_of_tests_or_the_lab():
    assert not pinned_in("requirements.lock") & {"pytest", "ruff", "playwright", "lightgbm", "jupyterlab"}


PYTHONS = ["3.11", "3.12", "3.13", "3.14"]
MACHINES = [("linux", "x86_64"), ("linux", "aarch64"), ("win32", "AMD64"), ("darwin", "arm64")]


@pytest.mark.parametrize("machine", MACHINES, ids="-".join)
def test_lock_has_one_version_of_a_package_on_every_python(machine):
    """Another version draws other random numbers, and a report would differ from one Python to the next."""
    system, processor = machine
    lines = re.findall(r"^[a-z0-9._-]+==[^\\\n]+", "".join((ROOT / file).read_text() for file in LOCKS), re.M)
    found: dict[str, set[str]] = {}
    for pin in map(Requirement, lines):
        for python in PYTHONS:
            there = {
                "python_version": python,
                "python_full_version": f"{python}.0",
                "sys_platform": system,
                "platform_machine": processor,
                "os_name": "nt" if system == "win32" else "posix",
                "implementation_name": "cpython",
            }
            if pin.marker is None or pin.marker.evaluate(there):
                found.setdefault(pin.name, set()).add(str(pin.specifier))
    assert len(found) > 150
    assert {name: versions for name, versions in found.items() if len(versions) > 1} == {}


def test_the_pythons_are_said_in_step(project):
    said = "3.11 to 3.14"
    listed = [c.rpartition(" ")[2] for c in project["classifiers"] if c.startswith("Programming Language")]
    assert listed == PYTHONS
    assert said.split(" to ") == [PYTHONS[0], PYTHONS[-1]]
    assert project["requires-python"] == f">={PYTHONS[0]}"
    assert said in (ROOT / "README.md").read_text()
    setup = (ROOT / ".ci" / "setup").read_text()
    assert said in setup
    assert "(3, 11) <= sys.version_info < (3, 15)" in setup
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text())
    assert workflow["jobs"]["test"]["strategy"]["matrix"]["python"] == [PYTHONS[0], PYTHONS[-1]]
    assert f"FROM python:{PYTHONS[-1]}-slim" in (ROOT / "Dockerfile").read_text()


def test_no_data_go_into_a_container():
    """Docker reads patterns from the top folder only, git in every folder unless they hold a slash."""

    def patterns(name: str) -> set[str]:
        lines = (ROOT / name).read_text().splitlines()
        return {line.rstrip("/") for line in lines if line and not line.startswith("#")}

    def for_docker(pattern: str) -> str:
        return pattern.removeprefix("/") if "/" in pattern else f"**/{pattern}"

    ignored = {p[0] + for_docker(p[1:]) if p[0] == "!" else for_docker(p) for p in patterns(".gitignore")}
    assert "data/raw/*" in ignored
    assert patterns(".dockerignore") == {p.replace("!/", "!") for p in ignored} | {".git"}


def test_hooks_need_no_download():
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"]
    assert [repo["repo"] for repo in hooks] == ["local"]
    for hook in hooks[0]["hooks"]:
        assert hook["language"] == "system"
        words = hook["entry"].split()
        assert words[:2] == ["bash", ".ci/with"]
        assert shutil.which(words[2], path=str(Path(sys.executable).parent)), words[2]


def test_conda_environment_is_in_step(project):
    environment = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
    conda = {d.replace(" ", "") for d in environment if isinstance(d, str)}
    pip = {d for group in environment if isinstance(group, dict) for d in group["pip"]} - {"-e ."}
    extras = project["optional-dependencies"]
    wanted = {*project["dependencies"], *extras["lab"]}
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
        p
        for p in tracked
        if not {".venv", ".venv-nhp", "_site", ".build", "results"} & set(p.relative_to(ROOT).parts)
    ]
    assert [
        p.name
        for p in ours
        if re.search(r"(?<![\w.])/(?:work|root)/\w", p.read_text()) and "test" not in p.name
    ] == []


@pytest.mark.parametrize("deck", DECKS, ids=lambda deck: deck.name)
def test_a_deck_has_one_size_in_both_renderers(deck):
    """Quarto's own stage is smaller, and captions sink below the footer."""
    size = {"width": 1280, "height": 720, "margin": 0.06}
    asked = yaml.safe_load(deck.read_text().split("---")[1])["format"]["revealjs"]
    assert size.items() <= asked.items()
    assert size.items() <= _reveal_config({}).items()


# Versions ----------------------------------------------------------------------------------------


def headings() -> list[tuple[str, str]]:
    """The changelog's headings: (version or Unreleased, day or nothing)."""
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    return [tuple(line.partition(" – ")[::2]) for line in re.findall(r"^## (.+)$", text, re.M)]


def test_the_version_is_the_same_wherever_it_stands(project):
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    versions = [heading for heading in headings() if heading[0] != "Unreleased"]
    newest, day = versions[0]
    assert project["version"] == newest == str(cited["version"])
    assert str(cited["date-released"]) == day


def test_the_changelog_can_be_read_by_a_machine():
    assert [day for version, day in headings()[:1] if version == "Unreleased"] in ([], [""])
    versions = [heading for number, heading in enumerate(headings()) if number or heading[0] != "Unreleased"]
    numbers = [tuple(map(int, version.split("."))) for version, _ in versions]
    assert all(len(number) == 3 for number in numbers)
    assert numbers == sorted(set(numbers), reverse=True)
    days = [as_day(day) for _, day in versions]
    assert days == sorted(days, reverse=True)


def test_a_version_is_cut_as_contributing_says():
    said = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").partition("## Releases")[2]
    for name in ("pyproject.toml", "CITATION.cff", "CHANGELOG.md", "date-released", "Unreleased", "git tag"):
        assert name in said, name


# Reports of problems -----------------------------------------------------------------------------


def test_the_issue_template_asks_for_checks_and_never_for_data():
    form = yaml.safe_load((ROOT / ".github" / "ISSUE_TEMPLATE" / "problem.yml").read_text(encoding="utf-8"))
    fields = {part["id"]: part for part in form["body"] if "id" in part}
    words = form["body"][0]["attributes"]["value"]
    assert "Never attach data" in words
    for command, name in (("doctor", "doctor"), ("check-data", "check-data FOLDER")):
        assert f"`python -m analysis_lib {name}`" in fields[command]["attributes"]["label"]
        _parser().parse_args([command, *(["folder"] if command == "check-data" else [])])
    assert fields["doctor"]["validations"]["required"]
    assert fields["no-data"]["attributes"]["options"][0]["required"]
    assert {part["type"] for part in form["body"]} <= {
        "markdown",
        "textarea",
        "dropdown",
        "checkboxes",
        "input",
    }
