"""The rules see what is wrong: pages that are broken on purpose, each caught and named."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.website.cells import make_project
from tests.website.pages.conftest import browse
from tests.website.pages.rules import RULES, judge_alt, weigh
from tests.website.pages.visit import look_at, walk_deck
from website.render import render_site

pytestmark = pytest.mark.browser
STYLE = '<link rel="icon" href="data:,"><link rel="stylesheet" href="broken.css">'
#: By name: what stands in the page, what it becomes, the rule that sees it, and what that says.
BREAKS = {
    "no language": (r'<html lang="en-GB">', "<html>", "language", "set lang in _quarto.yml"),
    "no title": (r"<title>.*?</title>", "<title></title>", "language", "<title> is empty"),
    "heading skipped": (r"<h3([^>]*)>(.*?)</h3>", r"<h5\1>\2</h5>", "headings", "<h5> 'For practices'"),
    "two titles": (r"<h2([^>]*)>(.*?)</h2>", r"<h1\1>\2</h1>", "headings", "one <h1>"),
    "no alt": (
        r'(<figure.*?<img[^>]*) alt="[^"]*"',
        r"\1",
        "images",
        "has no alt text: give its cell a fig-alt",
    ),
    "empty alt": (r'(<figure.*?<img[^>]*) alt="[^"]*"', r'\1 alt=""', "images", "has no alt text"),
    "file name": (
        r'(<figure.*?<img[^>]*) alt="[^"]*"',
        r'\1 alt="The picture in the file fig-mode-1.png of the page"',
        "images",
        "placeholder",
    ),
    "no image": (r'(<figure.*?<img[^>]*src=")[^"]*"', r'\1gone.png"', "images", "is not drawn"),
    "no caption": (r"<caption>.*?</caption>", "", "tables", "has no caption: give it tbl-cap"),
    "no scope": (r'<th scope="col"', "<th", "tables", "has no scope"),
    "wide": ("</main>", '<p style="width: 1500px">wide</p></main>', "room", "scrolls sideways at 1280 px"),
    "wide on a phone": ("</main>", '<p style="width: 700px">wide</p></main>', "room", "at 640 px"),
    "cut off": (
        "</main>",
        '<p id="cut" style="width:9px;overflow:hidden;white-space:nowrap">too long</p></main>',
        "room",
        "<p#cut>",
    ),
    "pale text": ("</main>", '<p id="pale" style="color: #bbb">pale</p></main>', "contrast", "<p#pale>"),
    "pale on paper": (
        "</head>",
        "<style>@media print { main p { color: #ccc } }</style></head>",
        "paper",
        "in print",
    ),
    "no outline": (
        "</head>",
        "<style>:focus-visible { outline: none !important }</style></head>",
        "focus",
        "no outline",
    ),
    "pale outline": (
        "</head>",
        "<style>main a:focus-visible { outline-color: #eee !important }</style></head>",
        "focus",
        "outline of contrast",
    ),
    "button without a name": (
        "</main>",
        '<button type="button"></button></main>',
        "accessible",
        "axe: button-name",
    ),
    "asks elsewhere": (
        "</main>",
        '<img src="https://evil.example/x.png" alt="x"></main>',
        "quiet",
        "evil.example",
    ),
    "complains": ("</main>", '<script src="gone.js"></script></main>', "quiet", "gone.js"),
    "same id": ("</main>", '<p id="sec-where">x</p></main>', "unique", "'sec-where' stands twice"),
}


@pytest.fixture(scope="module")
def small_site(tmp_path_factory) -> Path:
    root = make_project(tmp_path_factory.mktemp("rules") / "project")
    settings = root / "_quarto.yml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(text.replace("code-fold: true", "code-fold: true\n    fig-cap-location: top"))
    return render_site(root, root / "_site").output


@pytest.fixture(scope="module")
def broken(browser_there, small_site) -> dict[str, list[str]]:
    """What the rules say of each broken page, by name."""
    whole = (small_site / "index.html").read_text(encoding="utf-8")
    # A broken page may do what the policy would forbid
    whole = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", whole)
    said = {}
    with browse() as open_tab:
        looking = open_tab()
        for name, (old, new, _, _) in {"whole": ("</main>", "</main>", "", ""), **BREAKS}.items():
            html, n = re.subn(old, new, whole, count=1, flags=re.DOTALL)
            assert n == 1, f"nothing to break for {name!r}"
            page = small_site / "broken.html"
            page.write_text(html, encoding="utf-8")
            facts = look_at(
                looking, page.as_uri(), width=1280, axe=name in ("whole", "button without a name")
            )
            said[name] = {rule: RULES[rule](facts) for rule in RULES}
    return said


def test_a_whole_page_passes(broken) -> None:
    assert {rule: lines for rule, lines in broken["whole"].items() if lines} == {}


@pytest.mark.parametrize("name", BREAKS)
def test_what_is_broken_is_seen_and_named(broken, name) -> None:
    _, _, rule, words = BREAKS[name]
    assert any(words in line for line in broken[name][rule]), broken[name]


def test_alt_text_that_repeats_the_caption_is_seen() -> None:
    image = {
        "alt": "Missed appointments fell from 5% to 4% in 2024",
        "caption": "Figure 1: Missed appointments fell from 5% to 4% in 2024. Source: x.",
    }
    assert "repeats its caption" in judge_alt(image)
    assert judge_alt({**image, "alt": "Line by month. " + image["alt"]}) == ""
    assert "401 signs" in judge_alt({**image, "alt": "a" * 401})


def test_weight_counts_the_page_and_what_it_loads(small_site, browser_there) -> None:
    page = small_site / "index.html"
    with browse() as open_tab:
        facts = look_at(open_tab(), page.as_uri(), width=390, axe=False)
    parts = [page, *(small_site / "site_libs").iterdir(), *small_site.rglob("fig-mode-1.png")]
    assert weigh(facts) == sum(path.stat().st_size for path in parts if path.stem != "explore")
    (small_site / "heavy.css").write_bytes(b" " * 2_000_000)
    facts["loads"].append((small_site / "heavy.css").as_uri())
    assert "over 2,000,000" in RULES["weight"](facts)[0]


def test_contrast_is_measured_right(tab, tmp_path) -> None:
    # Ratios published with WCAG: #777 on white is 4.48 (fails), #767676 is 4.54 (passes)
    sample = tmp_path / "sample.html"
    sample.write_text(
        "<body style='background:#fff;font-size:16px'><p style='color:#777'>fails</p>"
        "<p style='color:#767676'>passes</p><p style='color:#777;font-size:24px'>large</p>"
        "<p style='color:#000;opacity:.3'>faint</p>"
    )
    with tab() as looking:
        found = look_at(looking, sample.as_uri(), width=390, axe=False)["contrast"]
    assert [line.split('"')[1] + line.split()[-1] for line in found["poor"]] == ["fails4.48", "faint2.11"]
    assert found["judged"] == 4


def test_text_that_leaves_its_slide_is_seen(tab, small_site) -> None:
    html = (small_site / "slides.html").read_text(encoding="utf-8")
    long = "<p>" + "far too much for one slide " * 120 + "</p><p style='font-size:9px'>tiny</p>"
    (small_site / "long.html").write_text(html.replace("<p>Thank you.</p>", long), encoding="utf-8")
    with tab(viewport={"width": 1280, "height": 720}) as looking:
        slides = walk_deck(looking, (small_site / "long.html").as_uri(), axe=False)
    assert [slide["heading"] for slide in slides if slide["out"]] == ["The end"]
    assert '<p> in #the-end "tiny"' in slides[-1]["small"]
