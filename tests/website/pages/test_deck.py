"""The published slides: every one on the screen, by keyboard, for the speaker, on a phone and on paper."""

from __future__ import annotations

import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import pypdf
import pytest

from tests.website.pages.conftest import decks_of, find_browser
from tests.website.pages.rules import DECK_LIMIT
from tests.website.pages.visit import DESK, SETTINGS, settle, wait_until
from tests.website.pages.visit import open_deck as open_at

pytestmark = pytest.mark.browser
SCREEN = {"viewport": {"width": 1280, "height": 720}}
CHARCOAL, PAPER = "rgb(44, 40, 37)", "rgb(245, 244, 243)"


def open_deck(looking, path: Path, query: str = ""):
    open_at(looking.page, path.as_uri() + query)
    return looking.page


@pytest.fixture(scope="module")
def decks(seen) -> dict[str, list[dict]]:
    """Slides of every deck of both reports in both schemes, by deck."""
    names = sorted({name for name, *_ in seen if name.endswith("slides.html")})
    return {
        f"{name} {scheme}": seen[name, DESK, scheme]
        for name in names
        for width, scheme in SETTINGS
        if width == DESK
    }


@pytest.fixture(scope="module")
def slides(decks) -> list[dict]:
    return decks["slides.html light"]


def bad_slides(decks, judge, remedy: str) -> list[str]:
    """What `judge` finds wrong, by deck and slide, and what to do about it."""
    return [
        f"{name}, {slide['heading']!r}: {judge(slide)}: {remedy}"
        for name, slides in decks.items()
        for slide in slides
        if judge(slide)
    ]


def test_arrows_reach_every_slide_each_with_a_heading(decks) -> None:
    for name, slides in decks.items():
        assert slides[-1]["last"], f"{name}: the arrow keys do not reach the last slide"
        assert len(slides) == slides[0]["total"]
        fewest = 6 if name.startswith("people") else 12
        assert fewest <= len(slides) <= 24
    assert bad_slides(decks, lambda slide: not slide["heading"], "give the slide a heading") == []


@pytest.mark.parametrize(
    ("what", "remedy"),
    [
        ("out", "it reaches out of the slide or under the footer: shorten it"),
        ("cut", "its text is cut off: shorten it"),
        ("small", "text is under 16 px"),
        ("contrast", "choose a colour with 4.5"),
        ("axe", "see axe"),
        ("complaints", "nothing may ask elsewhere or fail"),
    ],
)
def test_every_slide_has_no(decks, what, remedy) -> None:
    assert bad_slides(decks, lambda slide: slide[what], remedy) == []


def test_charts_of_slides_are_large_undistorted_and_captioned(decks) -> None:
    charts = [
        (name, image) for name, slides in decks.items() for slide in slides for image in slide["images"]
    ]
    assert len(charts) >= 14
    for name, (width, height, ratio) in charts:
        assert width >= 480 or height >= 400, name
        assert width / height == pytest.approx(ratio, rel=0.02), name
    uneven = bad_slides(decks, lambda slide: len(slide["images"]) != slide["captions"], "fig-cap for each")
    assert uneven == []


def test_title_slide_and_sections_are_charcoal(slides) -> None:
    title, sections = slides[0], [slide for slide in slides[1:] if slide["section"]]
    assert title["id"] == "title-slide"
    assert title["ground"] == CHARCOAL
    assert {slide["ground"] for slide in sections} == {CHARCOAL}
    plain = [slide["ground"] for slide in slides[1:] if not slide["section"]]
    assert set(plain) == {PAPER}


def test_the_second_slide_says_what_is_simulated(site, people_site) -> None:
    for deck in (folder / name for folder in (site, people_site) for name in decks_of(folder)):
        text = deck.read_text(encoding="utf-8")
        second = text.split("<section")[2].casefold()
        assert "simulated" in second, "quote report.banner on it"


def test_slides_have_notes_and_a_footer(decks) -> None:
    spoken = {name: [s for s in slides[1:] if not s["section"]] for name, slides in decks.items()}
    assert bad_slides(spoken, lambda slide: len(slide["notes"]) < 20, "say something in ::: notes") == []
    words = ("simulated appointments", "simulated linked population")
    gone = bad_slides(decks, lambda slide: not slide["footer"].endswith(words), "the footer is gone")
    assert gone == []


def test_keys_go_on_back_home_and_to_the_end(site, tab, slides) -> None:
    with tab(**SCREEN) as looking:
        page = open_deck(looking, site / "slides.html")
        at = "Reveal.getSlidePastCount()"
        for key, place in (
            ("ArrowRight", 1),
            ("Space", 2),
            ("ArrowLeft", 1),
            ("End", len(slides) - 1),
            ("Home", 0),
        ):
            page.keyboard.press(key)
            assert page.evaluate(at) == place, key
        page.locator(".controls .navigate-right").click()
        assert page.evaluate(at) == 1, "the mouse goes on by the arrow"


def test_overview_shows_slides_on_their_own_ground(site, tab) -> None:
    with tab(**SCREEN) as looking:
        page = open_deck(looking, site / "slides.html")
        page.keyboard.press("o")
        assert page.evaluate("Reveal.isOverview()")
        grounds = """() => [...document.querySelectorAll('.slides section:not(.stack)')].slice(0, 4)
          .map(s => getComputedStyle(s).backgroundColor)"""
        assert page.evaluate(grounds) == [CHARCOAL, PAPER, PAPER, CHARCOAL]
        page.keyboard.press("ArrowRight")
        page.keyboard.press("Escape")
        assert page.evaluate("[Reveal.isOverview(), Reveal.getSlidePastCount()]") == [False, 1]


def test_speaker_view_shows_the_notes_and_follows(site, tab, slides) -> None:
    with tab(**SCREEN) as looking:
        page = open_deck(looking, site / "slides.html")
        page.keyboard.press("ArrowRight")
        with page.expect_popup() as popup:
            page.keyboard.press("s")
        notes = popup.value.locator(".speaker-controls-notes .value")
        for slide in slides[1:3]:
            words = slide["notes"].split(".")[0]
            wait_until(
                popup.value, "w => document.body.textContent.replace(/\\s+/g, ' ').includes(w)", arg=words
            )
            assert words in " ".join(notes.inner_text().split())
            frame = popup.value.frame_locator("#current-slide iframe")
            frame.locator(f"section.present[id='{slide['id']}']").wait_for()
            page.bring_to_front()
            page.keyboard.press("ArrowRight")


def test_a_phone_held_upright_reads_the_slides_and_turned_shows_them(site, tab, slides) -> None:
    with tab(viewport={"width": 390, "height": 844}) as looking:
        page = looking.open(site / "slides.html")
        headings = page.locator("section h1, section h2")
        assert headings.count() == len(slides)
        assert all(heading.is_visible() for heading in headings.all())
        small = """() => [...document.querySelectorAll('section *, .footer *')]
          .filter(e => e.checkVisibility() && parseFloat(getComputedStyle(e).fontSize) < 12)
          .filter(e => [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()))
          .map(e => e.outerHTML.slice(0, 80))"""
        assert page.evaluate(small) == []
        wide = "[...document.images].every(i => i.getBoundingClientRect().width > 300)"
        assert page.evaluate(wide), "a chart is small on a phone"
        page.set_viewport_size({"width": 844, "height": 390})
        wait_until(page, "window.Reveal && Reveal.isReady && Reveal.isReady()")
        settle(page)
        page.keyboard.press("ArrowRight")
        assert page.locator("section.present:visible").count() == 1


class Loads(HTMLParser):
    """Addresses that a file loads (not those that it links to)."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag, attrs) -> None:
        values = {name: value or "" for name, value in attrs}
        loads = ("src", "data-src", "srcset", "poster", "data-background-image", "data-background-video")
        self.found += [values[name] for name in loads if name in values]
        if tag in ("link", "base"):
            self.found.append(values.get("href", ""))
        elif "href" in values:
            self.links.append(values["href"])


def test_deck_is_a_single_file_of_limited_weight(site, people_site, tab, tmp_path) -> None:
    alone = tmp_path / "deck.html"
    shutil.copy(site / "slides.html", alone)
    text = alone.read_text(encoding="utf-8")
    loads = Loads()
    loads.feed(text)
    assert [address[:60] for address in loads.found if not address.startswith("data:")] == []
    assert [link for link in loads.links if not link.startswith("#")] == []
    styles = re.sub(r"<script.*?</script>", "", text, flags=re.DOTALL)
    assert re.findall(r"url\(\s*['\"]?(?!data:|#)[^)]{0,60}", styles) == []
    asked: list[str] = []
    with tab(**SCREEN) as looking:
        looking.page.on("request", lambda request: asked.append(request.url))
        page = open_deck(looking, alone)
        assert page.evaluate("Array.from(document.images).filter(i => !i.naturalWidth).length") == 0
    assert {url.split("#")[0] for url in asked if not url.startswith("data:")} == {alone.as_uri()}
    for deck in (folder / name for folder in (site, people_site) for name in decks_of(folder)):
        assert deck.stat().st_size <= DECK_LIMIT


@pytest.mark.parametrize("way", ["from the browser", "by the command line"])
def test_deck_prints_a_page_a_slide(site, slides, tab, tmp_path, way) -> None:
    printed = tmp_path / "deck.pdf"
    if way == "from the browser":
        with tab(**SCREEN) as looking:
            page = open_deck(looking, site / "slides.html", "?print-pdf")
            wait_until(page, "n => document.querySelectorAll('.pdf-page').length === n", arg=len(slides))
            settle(page)
            ground = "getComputedStyle(document.querySelector('.reveal-viewport')).backgroundColor"
            assert page.evaluate(ground) == PAPER
            page.pdf(path=printed, prefer_css_page_size=True, print_background=True)
    else:
        address = (site / "slides.html").as_uri() + "?print-pdf"
        command = [find_browser(), "--headless", "--no-sandbox", f"--user-data-dir={tmp_path / 'profile'}"]
        command += ["--no-pdf-header-footer", f"--print-to-pdf={printed}", address]
        subprocess.run(command, capture_output=True, check=True)
    sheets = pypdf.PdfReader(printed).pages
    assert len(sheets) == len(slides)
    for sheet, slide in zip(sheets, slides, strict=True):
        words = re.sub(r"\s+", "", sheet.extract_text())
        assert re.sub(r"\s+", "", slide["heading"]) in words, f"{slide['heading']!r} is not on its sheet"
        assert "simulated" in words, f"no footer on {slide['heading']!r}"
        drawn = len(sheet.images)
        assert drawn == len(slide["images"]), (
            f"{slide['heading']!r}: {drawn} charts of {len(slide['images'])}"
        )
