"""The list of area reports in a browser: search by keyboard, map by mouse, a plain list without scripts."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from benchmarks.run_pipeline import copy_project
from website.areas.index import publish_list
from website.areas.places import Workplace

pytestmark = pytest.mark.browser
SHOWN = "Array.from(document.querySelectorAll('.area-list li')).filter(e => e.checkVisibility()).length"
FOCUS = "document.activeElement.textContent"
BOARDS = [
    ("E54000054", "QWO", "West Yorkshire", "North East and Yorkshire", "4.8%", "8 of 42", "none"),
    (
        "E54000051",
        "QOQ",
        "Humber and North Yorkshire",
        "North East and Yorkshire",
        "4.6%",
        "12 of 42",
        "high95",
    ),
    ("E54000030", "QKK", "South East London", "London", "5.5%", "1 of 42", "high"),
    ("E54000018", "QWU", "Coventry and Warwickshire", "Midlands", "2.9%", "42 of 42", "low95"),
]
PLACES = {"none": "Within limits", "high": "Above the limits", "high95": "Above 95%", "low95": "Below 95%"}


@pytest.fixture(scope="module")
def listed(tmp_path_factory) -> Path:
    """The list of four boards, whose reports are stand-ins."""
    root = tmp_path_factory.mktemp("listed")
    copy_project(root)
    run = {"banner": "Simulated data.", "provenance": "a file"}
    variables = {"run": run, "report": {"commit": "version 1"}}
    (root / "_variables.yml").write_text(yaml.safe_dump(variables))
    place = Workplace(root)
    place.folder.mkdir(parents=True)
    records = []
    for code, ods, name, region, rate, rank, mark in BOARDS:
        area = {"level": "icb", "code": code, "name": name, "others": [ods], "region": region}
        said = {"rate": rate, "rank": rank, "place": PLACES[mark], "place_class": mark}
        records.append({"folder": code, "area": area, "name": name, **said})
        for page in ("index", "slides"):
            path = place.published / code / f"{page}.html"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"<!DOCTYPE html><title>{name}</title>{page}")
    publish_list(place, records)
    return place.published / "index.html"


def test_search_by_keyboard_alone(listed, tab):
    with tab() as looking:
        page = looking.open(listed)
        assert page.evaluate(SHOWN) == 4
        page.focus("#area-find")
        page.keyboard.type("yorkshire")
        assert page.evaluate(SHOWN) == 2
        assert page.text_content("#area-found") == "2 areas: arrow keys move, Enter opens the first"
        assert page.locator(".area-map a.area-away").count() == 2
        page.keyboard.press("ArrowDown")
        assert page.evaluate(FOCUS) == "Humber and North Yorkshire"
        page.keyboard.press("ArrowDown")
        assert page.evaluate(FOCUS) == "West Yorkshire"
        page.keyboard.press("Escape")
        page.keyboard.press("Escape")
        assert page.evaluate(SHOWN) == 4
        page.keyboard.type("qkk")
        assert page.text_content("#area-found") == "1 area: Enter opens it"
        page.keyboard.press("Enter")
        page.wait_for_url("**/E54000030/index.html")


def test_nothing_found_is_said(listed, tab):
    with tab() as looking:
        page = looking.open(listed)
        page.fill("#area-find", "atlantis")
        assert page.evaluate(SHOWN) == 0
        assert page.text_content("#area-found") == "No area found"


def test_the_map_leads_by_mouse(listed, tab):
    with tab() as looking:
        page = looking.open(listed)
        assert page.locator(".area-map a title").all_text_contents() == [
            "Coventry and Warwickshire: 2.9%, below 95%",
            "South East London: 5.5%, above the limits",
            "Humber and North Yorkshire: 4.6%, above 95%",
            "West Yorkshire: 4.8%, within limits",
        ]
        page.click('.area-map a[data-area="E54000054"] path')
        page.wait_for_url("**/E54000054/index.html")


def test_without_scripts_a_plain_list_stands(listed, tab):
    with tab(java_script_enabled=False) as looking:
        page = looking.open(listed)
        assert page.locator(".area-list li").count() == 4
        assert not page.is_visible("#area-find")
        page.click(".area-link >> nth=0")
        page.wait_for_url("**/E540000*/index.html")


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_overflows_and_axe_finds_nothing_serious(listed, tab, width, scheme):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    with tab(viewport={"width": width, "height": 844}, color_scheme=scheme, bypass_csp=True) as looking:
        page = looking.open(listed)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        found = axe.run(page, options={"preload": False}).response["violations"]
        assert [v["id"] for v in found if v["impact"] in ("serious", "critical")] == []
