"""The whole fixture site: what is in every page, that it asks for nothing, that it repeats."""

from __future__ import annotations

import hashlib
import json
import re
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

from website.render import render_site

sys.path.insert(0, str(Path(__file__).parent))
from cells import make_project  # noqa: E402

PAGES = ["index.html", "report/methods.html", "report/notebooks/01_small.html"]


class Tags(HTMLParser):
    """Every start tag with its attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, {key: value or "" for key, value in attrs}))


def read(site: Path, name: str) -> str:
    return (site / name).read_text(encoding="utf-8")


def digest(folder: Path) -> dict[str, str]:
    return {
        p.relative_to(folder).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest()
        for p in sorted(folder.rglob("*"))
        if p.is_file()
    }


def test_two_builds_are_identical(small_site: Path, tmp_path: Path) -> None:
    root = make_project(tmp_path / "again")
    assert digest(render_site(root, tmp_path / "elsewhere", workers=1).output) == digest(small_site)


def test_pages_resources_and_nothing_else(small_site: Path) -> None:
    assert set(digest(small_site)) == {
        *PAGES,
        "slides.html",
        "figures/flow.svg",
        "results/tables/attendance_by_mode.csv",
        "report/notebooks/01_small_files/figure-html/fig-mode-1.png",
        "report/notebooks/01_small_files/figure-html/fig-second-1.png",
        "report/notebooks/01_small_files/figure-html/fig-svg-1.svg",
        *(f"site_libs/{name}" for name in ("site.css", "site.js", "scheme.js", "search-index.js")),
        *(f"site_libs/explore.{kind}" for kind in ("css", "js")),
        "site_libs/theme-light.css",
        "site_libs/theme-dark.css",
    }


@pytest.mark.parametrize("name", [*PAGES, "slides.html"])
def test_a_page_asks_for_nothing_from_elsewhere(small_site: Path, name: str) -> None:
    tags = Tags(read(small_site, name)).found
    for tag, attributes in tags:
        for key, value in attributes.items():
            if key in ("src", "srcset", "data-src", "poster", "data-background-image") or (tag, key) == (
                "link",
                "href",
            ):
                assert not re.match(r"([a-z]+:)?//", value, re.IGNORECASE), (tag, value)
    policy = next(
        a["content"] for t, a in tags if t == "meta" and a.get("http-equiv") == "Content-Security-Policy"
    )
    assert "default-src 'none'" in policy
    assert "http" not in policy
    assert "@import" not in read(small_site, name)


@pytest.mark.parametrize("name", ["theme-light.css", "theme-dark.css", "site.css"])
def test_style_sheets_ask_for_nothing(small_site: Path, name: str) -> None:
    css = read(small_site, f"site_libs/{name}")
    assert "url(" not in css
    assert "@import" not in css


@pytest.mark.parametrize("name", PAGES)
def test_every_local_address_of_a_page_exists(small_site: Path, name: str) -> None:
    for tag, attributes in Tags(read(small_site, name)).found:
        for key in ("href", "src"):
            value = attributes.get(key, "#").split("#")[0]
            if value and not value.startswith(("https://", "data:")):
                assert ((small_site / name).parent / value).is_file(), (tag, value)


@pytest.mark.parametrize("name", PAGES)
def test_page_anatomy(small_site: Path, name: str) -> None:
    html = read(small_site, name)
    tags = Tags(html).found
    assert html.startswith('<!DOCTYPE html>\n<html lang="en-GB">')
    assert [a for t, a in tags if t == "a"][0]["class"] == "skip-link"
    assert sum(t == "h1" for t, _ in tags) == 1
    levels = [int(t[1]) for t, _ in tags if re.fullmatch("h[1-6]", t)]
    assert all(after <= before + 1 for before, after in zip(levels, levels[1:], strict=False))
    assert all(a.get("alt") for t, a in tags if t == "img")
    assert all("scope" in a for t, a in tags if t == "th")
    ids = [a["id"] for _, a in tags if "id" in a]
    assert len(ids) == len(set(ids))
    assert "Simulated input" in html
    assert "sha256 0a1b2c3d4e5f" in html
    assert html.count('aria-current="page"') >= 1
    assert 'class="toc"' in html


def test_previous_and_next_follow_the_sidebar(small_site: Path) -> None:
    assert 'rel="next" href="report/notebooks/01_small.html"' in read(small_site, "index.html")
    assert 'rel="prev"' not in read(small_site, "index.html")
    assert 'rel="prev" href="notebooks/01_small.html"' in read(small_site, "report/methods.html")
    assert 'rel="next"' not in read(small_site, "report/methods.html")


def test_an_empty_banner_shows_nothing(tmp_path: Path) -> None:
    root = make_project(tmp_path / "project")
    variables = (root / "_variables.yml").read_text(encoding="utf-8")
    text = re.sub(r'banner: ".*"', 'banner: ""', variables)
    (root / "_variables.yml").write_text(text, encoding="utf-8")
    html = read(render_site(root, root / "_site").output, "index.html")
    assert "run-banner" not in html
    assert "run-provenance" in html


def test_search_index_holds_the_sections(small_site: Path) -> None:
    text = read(small_site, "site_libs/search-index.js")
    entries = json.loads(text.removeprefix("window.searchIndex=").rstrip().rstrip(";"))
    found = {entry[0]: entry for entry in entries}
    assert found["report/methods.html#sec-unknown"][2] == "Unknown outcomes"
    assert "none missed, and all missed" in found["report/methods.html#sec-unknown"][3]
    assert found["index.html#sec-where"][1] == "Missed appointments in general practice"


def test_values_from_data_are_escaped_everywhere(small_site: Path) -> None:
    for name in PAGES:
        assert '<b>"East"' not in read(small_site, name)
        assert "<b>“East" not in read(small_site, name)
    assert "&lt;b&gt;" in read(small_site, "index.html")


def test_deck_is_one_file(small_site: Path) -> None:
    html = read(small_site, "slides.html")
    tags = Tags(html).found
    assert not [a for t, a in tags if t == "script" and "src" in a]
    assert [a["href"] for t, a in tags if t == "link"] == ["data:,"]
    images = [a["src"] for t, a in tags if t == "img"]
    assert len(images) == 2
    assert all(src.startswith("data:image/png;base64,") for src in images)
    assert "reveal.js 5." in html


def test_deck_slides(small_site: Path) -> None:
    html = read(small_site, "slides.html")
    assert (
        'id="title-slide" class="quarto-title-block center" data-background-color="var(--brand-charcoal)"'
        in html
    )
    assert '<div class="footer footer-default">Missed appointments · 4.6% of known outcomes</div>' in html
    assert '<aside class="notes">' in html
    assert len(re.findall(r'<li class="fragment">', html)) == 3
    assert '<span class="fragment">A fragment</span>' in html
    assert re.search(r'<section[^>]*data-background-color="#fcdf83"', html)
    assert '"slideNumber": "c/t"' in html
    assert '"transition": "none"' in html
    assert re.search(r'<section id="about-4.6-of[^"]*" class="slide level2">', html)


def test_section_slides_are_inverse_without_asking(tmp_path: Path) -> None:
    root = make_project(tmp_path / "project")
    slides = root / "slides.qmd"
    text = slides.read_text(encoding="utf-8").replace(' {background-color="var(--brand-charcoal)"}', "")
    slides.write_text(text, encoding="utf-8")
    html = read(render_site(root, root / "_site").output, "slides.html")
    assert re.search(r'<section id="what-we-found"[^>]*data-background-color="var\(--brand-charcoal\)"', html)


def test_deck_prints_to_pdf_one_page_a_slide(small_site: Path, tmp_path: Path) -> None:
    import shutil
    import subprocess

    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("NOT CHECKED: printing the deck needs Chromium (apt-get install chromium)")
    target = tmp_path / "deck.pdf"
    command = [chromium, "--headless", "--no-sandbox", "--disable-gpu", f"--print-to-pdf={target}"]
    address = (small_site / "slides.html").as_uri() + "?print-pdf"
    subprocess.run([*command, address], capture_output=True, check=True)
    assert len(re.findall(rb"/Type\s*/Page[^s]", target.read_bytes())) == 7
