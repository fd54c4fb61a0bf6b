"""Tables to explore in a real browser: drawn from the table, by mouse and keyboard, and without scripts."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from analysis_lib.release import open_store
from analysis_lib.tables import show_table
from tests.website.pages.visit import serve, settle
from website.render import render_site

sys.path.insert(0, str(Path(__file__).parents[1]))
from cells import code_cell, make_project, shown, small_notebook  # noqa: E402

pytestmark = pytest.mark.browser
PAGE = "report/notebooks/01_small.html"
MONTHS = pd.date_range("2024-01-01", periods=6, freq="MS")
SERIES = pd.DataFrame(
    {"month": MONTHS, "n_appointments": [1200, 900, None, 1500, 600, 1000], "rate": [0.04, 0.05] * 3}
)
AREAS = pd.DataFrame(
    {
        "icb_name": ["Leeds & Bradford", "Devon", "Norfolk", "Kent", "Cumbria"],
        "rate": [0.0412, 0.0623, 0.0301, 0.0455, 0.0401],
        "n_known": [40_000, 10_000, 20_000, 30_000, 12_000],
        "outlier": ["inside", "outside", "outside", "inside", "inside"],
        "low95": [0.038, 0.031, 0.035, 0.037, 0.033],
        "high95": [0.048, 0.055, 0.051, 0.049, 0.053],
    }
)
# Every mark of a chart: its name and where it stands
MARKS = """box => [...box.querySelectorAll('svg[role] .point')].map(p => [p.getAttribute('aria-label'),
  ...p.getAttribute('transform').match(/-?[\\d.]+/g).map(Number)])"""


def explored(folder: Path) -> list[dict]:
    """Two cells that ask for a chart of what was released into `folder`."""
    store = open_store("tiny", SimpleNamespace(profile="published"), folder=folder)
    by_month, by_area = store.save_table("by_month", SERIES), store.save_table("by_area", AREAS)
    series = {"month": ("Month", "month"), "n_appointments": "Appointments", "rate": ("DNA rate", "rate", 2)}
    areas = {"icb_name": "Area", "rate": ("DNA rate", "rate", 2), "n_known": "Of known status"}
    areas |= {"outlier": "Limits", "low95": ("95% low", "rate", 2), "high95": ("95% high", "rate", 2)}
    tables = [
        show_table(by_month, series, explore="series", caption="Appointments by month"),
        show_table(by_area, areas, explore="funnel", caption="DNA rate by area"),
    ]
    return [code_cell("#| echo: false\nshow()", shown(markdown=table.to_markdown())) for table in tables]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = make_project(tmp_path_factory.mktemp("explore") / "project")
    notebook = small_notebook()
    notebook["cells"] += explored(root / "results")
    (root / "report" / "notebooks" / "01_small.ipynb").write_text(json.dumps(notebook), encoding="utf-8")
    return render_site(root, root / "_site").output


@pytest.fixture
def looking(tab: Callable, site: Path) -> Iterator[Any]:
    """The page with both boxes open; it may not complain."""
    with tab() as opened:
        page = opened.open(site / PAGE)
        for box in page.locator("details.explore").all():
            box.locator("summary").press("Enter")
            box.locator(".point").first.wait_for()
        settle(page)
        yield page


def box_of(page: Any, kind: str) -> Any:
    return page.locator(f"details.explore-{kind}")


def said(box: Any) -> str:
    return box.locator("[role=status]").inner_text()


def table_of(box: Any, column: int) -> list[str]:
    return box.locator(f"tbody tr > :nth-child({column})").all_inner_texts()


def number(text: str) -> float:
    return float(text.rstrip("%").replace(",", "")) / (100 if text.endswith("%") else 1)


def test_only_pages_with_something_to_explore_have_the_script(site: Path) -> None:
    with_it = {p.name for p in site.rglob("*.html") if "site_libs/explore.js" in p.read_text()}
    assert with_it == {"01_small.html"}
    assert (site / "site_libs" / "explore.js").stat().st_size <= 20_000


def test_marks_stand_where_the_released_numbers_say(looking: Any, site: Path) -> None:
    # Heights and places are linear in the CSV's values, so two marks fix the scale of all others
    frame = pd.read_csv(site.parent / "results" / "tables" / "by_area.csv").set_index("icb_name")
    marks = {name: (x, y) for name, x, y in box_of(looking, "funnel").evaluate(MARKS)}
    assert set(marks) == set(frame.index)
    for axis, column in ((0, "n_known"), (1, "rate")):
        first, second = (marks[name][axis] for name in ("Devon", "Norfolk"))
        a, b = (frame[column][name] for name in ("Devon", "Norfolk"))
        for name, place in marks.items():
            expected = first + (second - first) * (frame[column][name] - a) / (b - a)
            assert place[axis] == pytest.approx(expected, abs=0.3), (name, column)
    assert marks["Devon"][1] < marks["Norfolk"][1], "a higher rate stands higher"


@pytest.mark.parametrize(
    ("kind", "name", "columns"), [("series", "by_month", (2, 3)), ("funnel", "by_area", (2, 3, 5, 6))]
)
def test_tables_hold_what_the_csv_holds(looking: Any, site: Path, kind: str, name: str, columns: Any) -> None:
    frame = pd.read_csv(site.parent / "results" / "tables" / f"{name}.csv")
    for column in columns:
        told = [number(t) if t != "–" else None for t in table_of(box_of(looking, kind), column)]
        assert told == [None if pd.isna(v) else pytest.approx(v) for v in frame.iloc[:, column - 1]]


def test_arrow_keys_walk_and_what_is_met_is_read(looking: Any) -> None:
    box = box_of(looking, "series")
    box.locator("select").focus()
    looking.keyboard.press("Tab")
    assert said(box) == "January 2024. Appointments: 1,200, DNA rate: 4.00%"
    assert box.locator(".explore-tip").inner_text().splitlines()[0] == "January 2024"
    met = []
    for key in ("ArrowRight", "ArrowRight", "End", "ArrowRight", "ArrowLeft", "Home"):
        looking.keyboard.press(key)
        met.append(said(box).split(".")[0])
    # March is missing from the files: there is no mark, and nothing beyond the last
    assert met == ["February 2024", "April 2024", "June 2024", "June 2024", "May 2024", "January 2024"]
    assert box.locator(".point[tabindex='0']").count() == 1
    svg = box.locator("svg[role]").bounding_box()
    looking.mouse.move(svg["x"] + svg["width"] / 2, svg["y"] + svg["height"] - 8)
    looking.mouse.move(2, 2)
    assert box.locator(".explore-tip").is_visible(), "the pointer takes nothing from the keyboard"
    looking.keyboard.press("Escape")
    assert not box.locator(".explore-tip").is_visible()


def test_up_and_down_go_by_the_rate(looking: Any) -> None:
    box = box_of(looking, "funnel")
    box.locator("input").focus()
    looking.keyboard.press("Tab")
    met = [said(box).split(".")[0]]
    for key in ("ArrowRight", "ArrowDown", "ArrowUp", "ArrowUp"):
        looking.keyboard.press(key)
        met.append(said(box).split(".")[0])
    assert met == ["Devon", "Cumbria", "Norfolk", "Cumbria", "Leeds & Bradford"]


def test_pointer_names_the_nearest_mark(looking: Any) -> None:
    box = box_of(looking, "funnel")
    mark = box.get_by_role("img", name="Kent")
    mark.scroll_into_view_if_needed()
    at = mark.bounding_box()
    looking.mouse.move(at["x"] + 9, at["y"] + 9)
    tip = box.locator(".explore-tip")
    assert tip.inner_text().splitlines() == [
        "Kent",
        "DNA rate: 4.55%",
        "Of known status: 30,000",
        "Limits: inside",
    ]
    assert box.locator("tr.explore-now").inner_text().startswith("Kent")
    looking.mouse.move(2, 2)
    assert not tip.is_visible()


def test_search_marks_what_it_finds(looking: Any) -> None:
    box = box_of(looking, "funnel")
    box.get_by_label("Find area").fill("k")
    assert sorted(box.locator("tr.explore-hit > :first-child").all_inner_texts()) == ["Kent", "Norfolk"]
    assert box.locator(".point.hit").count() == 2
    box.locator("[role=status]").get_by_text("2 of 5 found").wait_for(state="attached")
    box.get_by_label("Find area").fill("LEEDS")
    assert box.locator(".explore-tip strong").inner_text() == "Leeds & Bradford"
    box.get_by_label("Find area").press("Enter")
    assert looking.locator(":focus").get_attribute("aria-label") == "Leeds & Bradford"
    box.get_by_label("Find area").fill("")
    assert box.locator(".hit, .explore-hit").count() == 0


def test_headings_sort_by_mouse_and_keyboard(looking: Any) -> None:
    box = box_of(looking, "funnel")
    rate = box.get_by_role("button", name="DNA rate")
    rate.click()
    assert table_of(box, 1) == ["Devon", "Kent", "Leeds & Bradford", "Cumbria", "Norfolk"]
    assert box.locator("[aria-sort]").get_attribute("aria-sort") == "descending"
    rate.press("Enter")
    assert table_of(box, 1) == ["Norfolk", "Cumbria", "Leeds & Bradford", "Kent", "Devon"]
    box.get_by_role("button", name="Area").press("Space")
    assert table_of(box, 1) == sorted(AREAS["icb_name"])
    assert box.locator("[aria-sort]").count() == 1
    series = box_of(looking, "series")
    series.get_by_role("button", name="Appointments").click()
    assert table_of(series, 2) == ["1,500", "1,200", "1,000", "900", "600", "–"]
    series.get_by_role("button", name="Month").click()
    assert table_of(series, 1) == [f"{m:%B %Y}" for m in MONTHS]


def test_another_column_can_be_shown(looking: Any) -> None:
    box = box_of(looking, "series")
    box.get_by_label("Show:").select_option("DNA rate")
    heights = [y for _, _, y in box.evaluate(MARKS)]
    assert len(heights) == 6
    assert len(set(heights)) == 2
    assert box.locator("svg .axis-name").inner_html() == "DNA rate"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_charts_fit_and_axe_finds_nothing(tab: Callable, site: Path, width: int, scheme: str) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    with tab(viewport={"width": width, "height": 844}, color_scheme=scheme) as opened:
        page = opened.open(site / PAGE)
        for box in page.locator("details.explore").all():
            box.locator("summary").click()
            chart = box.locator("svg[role]")
            chart.wait_for()
            settle(page)
            assert chart.bounding_box()["width"] <= width
            spots = [b.bounding_box()["height"] for b in box.locator("button, input, select").all()]
            assert min(spots) >= 24
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        found = axe.run(page, context="details.explore", options={"preload": False}).response["violations"]
        assert [(v["id"], [n["html"][:80] for n in v["nodes"]]) for v in found] == []


def test_without_scripts_and_on_paper(tab: Callable, site: Path) -> None:
    with tab(java_script_enabled=False) as opened:
        page = opened.open(site / PAGE)
        box = page.locator("details.explore-funnel")
        assert not box.locator("table").is_visible()
        box.locator("summary").click()
        assert box.locator("table").is_visible()
        assert table_of(box, 2) == ["4.12%", "6.23%", "3.01%", "4.55%", "4.01%"]
        assert box.locator("caption").inner_text() == "DNA rate by area"
        assert box.locator("svg, input, button").count() == 0
        page.emulate_media(media="print")
        assert not box.is_visible()


def test_it_keeps_the_policy_from_a_server_too(tab: Callable, site: Path) -> None:
    with serve(site) as address, tab(server=address) as opened:
        page = opened.page
        page.goto(address + PAGE)
        page.locator("details.explore-funnel summary").click()
        page.locator("details.explore-funnel .point").first.focus()
        assert page.locator("details.explore-funnel .explore-tip").is_visible()
