"""Colours and fonts stand in _brand.yml alone, and reach both renderers, charts and files to take away."""

import re
import subprocess
from pathlib import Path

import pytest
import yaml

from analysis_lib import brand
from analysis_lib.charts import theme
from website.render.theme_css import compile_theme

ROOT = Path(__file__).resolve().parent.parent
SOURCES = (".py", ".scss", ".css", ".js", ".html", ".lua", ".typ", ".qmd", ".md", ".yml", ".ipynb")
ROOMS = (
    "analysis_lib",
    "website",
    "report",
    "notebooks",
    "areas",
    "index.qmd",
    "slides.qmd",
    "synthetic-slides.qmd",
    "_quarto.yml",
)
COLOUR = re.compile(r"#(?:[0-9a-f]{6}|fff|000)\b|\brgba?\((?!0, 0, 0)\d|\bhsla?\(\d", re.I)


def test_no_colour_stands_anywhere_else():
    listed = subprocess.run(
        ["git", "ls-files", *ROOMS], cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout.splitlines()
    if not listed:
        pytest.skip("NOT CHECKED: no git checkout")
    found = [
        f"{name}:{number}"
        for name in listed
        if name.endswith(SOURCES) and (ROOT / name).is_file()
        for number, line in enumerate((ROOT / name).read_text(encoding="utf-8").splitlines(), 1)
        if COLOUR.search(line)
    ]
    assert found == []


@pytest.mark.parametrize("line", ["color: #F9BF07;", "fill:#fff", 'c = "#2c2825"', "rgba(44, 40, 37, 0.2)"])
def test_a_colour_would_be_found(line):
    assert COLOUR.search(line)


def test_every_name_that_is_asked_for_is_known():
    text = "".join(
        p.read_text(encoding="utf-8")
        for room in ("report/theme", "website")
        for p in (ROOT / room).rglob("*")
        if p.suffix in SOURCES
    ) + "".join(deck.read_text(encoding="utf-8") for deck in ROOT.glob("*slides.qmd"))
    asked = set(re.findall(r"(?:\$|--)brand-([a-z-]*[a-z])\b", text)) - {"font", "font-monospace"}
    assert asked <= set(brand.colours())
    assert len(asked) > 30


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pages_have_these_colours(scheme):
    listed = yaml.safe_load((ROOT / "_quarto.yml").read_text())["format"]["html"]["theme"][scheme]
    assert listed[0] == "cosmo" and listed[-1] == "brand"
    css = compile_theme(ROOT, listed[1:])
    for name, value in brand.colours().items():
        assert re.search(rf"--brand-{name}: ?{value}", css), name
    ground = brand.colours()["page" if scheme == "light" else "charcoal-dark"]
    assert f"--su-bg: {ground}" in css
    assert brand.fonts()[0] in css


def test_charts_and_takeaway_have_them_by_name():
    for name, value in theme.PALETTE.items():
        assert getattr(theme, name, value) == value
    assert yaml.safe_load((ROOT / brand.FILE).read_text())["color"]["palette"]["orange"] == theme.ORANGE
    assert theme.FONTS[0] == brand.fonts()[0] == "Segoe UI"
    assert not {"system-ui", "sans-serif", "-apple-system"} & set(theme.FONTS)


def test_quarto_reads_the_same_file():
    settings = yaml.safe_load((ROOT / "_quarto.yml").read_text())
    assert set(settings["brand"].values()) == {brand.FILE}
    for deck in ROOT.glob("*slides.qmd"):
        front = yaml.safe_load(deck.read_text().split("---")[1])
        assert front["format"]["revealjs"]["theme"][-1] == "brand"
