"""The published report in a real browser, opened from the disk: every page, then the deck."""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import pytest

pytest.importorskip(
    "playwright.sync_api", reason="NOT CHECKED: the report in a browser needs playwright (make setup)"
)
BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = [
    pytest.mark.browser,
    pytest.mark.xdist_group("report"),
    pytest.mark.skipif(
        BROWSER is None,
        reason="NOT CHECKED: the report in a browser needs Chromium (apt-get install chromium)",
    ),
]

SETTINGS = [(1280, "light"), (1280, "dark"), (390, "light"), (390, "dark")]
PHONE = {"viewport": {"width": 390, "height": 844}}
SCREEN = {"viewport": {"width": 1280, "height": 720}}
NOTEBOOK = "report/notebooks/02_missed_appointments.html"
CHARCOAL, PAPER = "rgb(44, 40, 37)", "rgb(245, 244, 243)"

# Text whose contrast with what lies behind it is under WCAG 2.2 AA; `ground` lies behind everything,
# and is the slide's own background, which reveal.js paints apart from the slide.
# A text of 24 px, or bold from 18.66 px, is large.
POOR_CONTRAST = """ground => {
  const paint = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
  const known = {}, read = colour => {
    paint.clearRect(0, 0, 1, 1); paint.fillStyle = colour; paint.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = paint.getImageData(0, 0, 1, 1).data; return [r, g, b, a / 255]; };
  const rgba = colour => known[colour] = known[colour] || read(colour);
  const over = (top, low) => [0, 1, 2].map(i => top[i] * top[3] + low[i] * (1 - top[3])).concat(1);
  const linear = x => { x /= 255; return x <= 0.04045 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4; };
  const light = c => 0.2126 * linear(c[0]) + 0.7152 * linear(c[1]) + 0.0722 * linear(c[2]);
  const grounds = new Map();
  const behind = e => { if (!e || e.matches('.reveal > .slides')) return rgba(ground);
    const own = () => over(rgba(getComputedStyle(e).backgroundColor), behind(e.parentElement));
    if (!grounds.has(e)) grounds.set(e, own());
    return grounds.get(e); };
  const poor = [], walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const judge = (text, e, style) => {
    const colour = [...rgba(style.color)];
    for (let p = e; p; p = p.parentElement) colour[3] *= parseFloat(getComputedStyle(p).opacity);
    const back = behind(e), a = light(over(colour, back)), b = light(back);
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05), size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && style.fontWeight >= 700);
    judged += 1;
    if (ratio < (large ? 3 : 4.5))
      poor.push(`${text.slice(0, 30)} <${e.tagName}.${e.className}> ${ratio.toFixed(2)}`);
  };
  let judged = 0;
  while (walk.nextNode()) {
    const e = walk.currentNode.parentElement, text = walk.currentNode.textContent.trim();
    const shown = {visibilityProperty: true, opacityProperty: true}, box = e.getBoundingClientRect();
    // A box of one pixel is there for screen readers only
    if (text && !e.closest('script, style') && e.checkVisibility(shown) && box.width > 1)
      judge(text, e, getComputedStyle(e));
  }
  document.querySelectorAll('input[placeholder]').forEach(e => { if (e.checkVisibility())
    judge(e.placeholder, e, getComputedStyle(e, '::placeholder')); });
  return {poor, judged};
}"""

# What is in the page, for the tests to judge
FACTS = """() => {
  const all = s => Array.from(document.querySelectorAll(s));
  const text = e => e ? e.textContent.trim() : '', top = e => e.getBoundingClientRect().top;
  return {
    lang: document.documentElement.lang,
    title: document.title,
    headings: all('h1, h2, h3, h4, h5, h6').map(h => [Number(h.tagName[1]), text(h)]),
    images: all('img').map(i => [i.src.split('/').pop(), i.alt.trim(), i.naturalWidth]),
    figures: all('figure').map(f => [f.id, text(f.querySelector('figcaption, caption'))]),
    below: all('figure').filter(f => f.querySelector('img') &&
      top(f.querySelector('figcaption')) > top(f.querySelector('img'))).map(f => f.id),
    tables: all('table').map(t => t.querySelectorAll('th').length),
    unscoped: all('th').filter(t => !['col', 'row'].includes(t.scope)).map(text),
    cut: all('table').filter(t => { const box = t.closest('.table-scroll');
      return !box || getComputedStyle(box).overflowX !== 'auto'; }).length,
    links: all('a[href]').map(a => a.href),
    anchors: all('[id]').map(e => e.id),
    banner: text(document.querySelector('.run-banner')),
    provenance: text(document.querySelector('.run-provenance')),
  };
}"""


def pages_of(site: Path) -> list[str]:
    found = [path.relative_to(site).as_posix() for path in site.rglob("*.html")]
    return sorted(set(found) - {"slides.html"})


@pytest.fixture(scope="module")
def site(built) -> Path:
    return built.root / "_site"


@pytest.fixture(scope="module")
def seen(site, tab) -> dict[tuple[str, int, str], dict]:
    """Every page at both widths and in both schemes: facts, contrast, width and complaints."""
    found = {}
    for width, scheme in SETTINGS:
        looking = tab(viewport={"width": width, "height": 844}, color_scheme=scheme)
        for name in pages_of(site):
            looking.complaints.clear()
            page = looking.open(site / name)
            facts = page.evaluate(FACTS)
            facts["scroll_width"] = page.evaluate("document.documentElement.scrollWidth")
            page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
            facts["open_width"] = page.evaluate("document.documentElement.scrollWidth")
            page.evaluate("document.documentElement.classList.add('menu-open')")
            facts["contrast"] = page.evaluate(POOR_CONTRAST, "#ffffff")
            facts["complaints"] = list(looking.complaints)
            found[name, width, scheme] = facts
        looking.context.close()
    return found


def wrong(seen, judge) -> dict:
    """What `judge` finds wrong, by page and setting; empty when all is well."""
    found = {key: judge(facts) for key, facts in seen.items()}
    return {key: value for key, value in found.items() if value}


def test_every_page_is_there(site) -> None:
    expected = {"index.html", "report/methods.html", "report/data-quality.html", "report/limits.html"}
    expected |= {"report/glossary.html", "report/notebooks/01_explore_appointments.html", NOTEBOOK}
    assert expected <= set(pages_of(site))


def test_nothing_is_asked_of_the_web_and_the_console_is_silent(seen) -> None:
    assert wrong(seen, lambda facts: facts["complaints"]) == {}


def test_no_page_scrolls_sideways(seen) -> None:
    for (name, width, _), facts in seen.items():
        assert facts["scroll_width"] <= width, name
        assert facts["open_width"] <= width, f"{name} with its folds open"


def test_language_title_and_headings(seen) -> None:
    def judge(facts):
        levels = [level for level, _ in facts["headings"]]
        jumps = [pair for pair in zip(levels, levels[1:], strict=False) if pair[1] > pair[0] + 1]
        empty = [level for level, text in facts["headings"] if not text]
        good = facts["lang"] == "en-GB" and facts["title"] and levels[:1] == [1] and levels.count(1) == 1
        return jumps or empty or ([] if good else [facts["lang"], facts["title"], levels])

    assert wrong(seen, judge) == {}


def test_images_are_drawn_and_say_what_they_show(seen) -> None:
    assert wrong(seen, lambda facts: [i for i in facts["images"] if len(i[1]) < 20 or not i[2]]) == {}
    assert len(seen["index.html", 1280, "light"]["images"]) >= 5


def test_figures_have_their_headline_above(seen) -> None:
    bare = re.compile(r"^(Figure|Table)\s\d+:\s*$")
    assert wrong(seen, lambda facts: [f for f in facts["figures"] if not f[1] or bare.match(f[1])]) == {}
    assert wrong(seen, lambda facts: facts["below"]) == {}


def test_tables_have_headings_with_scope_and_scroll_in_their_own_box(seen) -> None:
    assert wrong(seen, lambda facts: facts["unscoped"]) == {}
    assert wrong(seen, lambda facts: [n for n in facts["tables"] if n < 2]) == {}
    assert wrong(seen, lambda facts: facts["cut"]) == {}
    assert sum(len(facts["tables"]) for facts in seen.values()) >= 20


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_what_is_behind_it(seen, scheme) -> None:
    chosen = {key: facts for key, facts in seen.items() if key[2] == scheme}
    assert wrong(chosen, lambda facts: facts["contrast"]["poor"]) == {}
    assert min(facts["contrast"]["judged"] for facts in chosen.values()) > 40


def test_contrast_is_measured_right(tab, tmp_path) -> None:
    # Ratios published with WCAG: #777 on white is 4.48 (fails), #767676 is 4.54 (passes)
    sample = tmp_path / "sample.html"
    sample.write_text(
        "<body style='background:#fff;font-size:16px'><p style='color:#777'>fails</p>"
        "<p style='color:#767676'>passes</p><p style='color:#777;font-size:24px'>large</p>"
        "<p style='color:#000;opacity:.3'>faint</p>"
    )
    with tab() as looking:
        found = looking.open(sample).evaluate(POOR_CONTRAST, "#ffffff")
    assert [line.split()[0] + line.split()[-1] for line in found["poor"]] == ["fails4.48", "faint2.11"]
    assert found["judged"] == 4


def test_every_page_says_that_its_data_are_simulated(seen) -> None:
    assert wrong(seen, lambda facts: not facts["banner"].startswith("Simulated data.")) == {}


def test_every_page_says_which_files_it_was_made_from(seen, built) -> None:
    files = [p for p in built.data.rglob("*") if p.suffix in (".csv", ".zip", ".xlsx")]
    marks = [f"{p.name} (" for p in files]
    marks += [f"sha256 {hashlib.sha256(p.read_bytes()).hexdigest()[:12]}" for p in files]
    assert len(files) >= 4
    assert wrong(seen, lambda facts: [mark for mark in marks if mark not in facts["provenance"]]) == {}


def test_every_link_leads_somewhere(seen, site) -> None:
    anchors = {
        (site / n).as_uri(): set(f["anchors"]) for (n, w, s), f in seen.items() if (w, s) == SETTINGS[0]
    }

    def judge(facts):
        lost = []
        for link in facts["links"]:
            address, _, anchor = link.partition("#")
            if address in anchors:
                lost += [] if not anchor or anchor in anchors[address] else [link]
            elif address.startswith("file:"):
                lost += [] if Path(address.removeprefix("file://")).is_file() else [link]
        return lost

    assert wrong(seen, judge) == {}


# By keyboard ------------------------------------------------------------------------------------


def test_skip_link_comes_first_and_leads_to_the_content(site, tab) -> None:
    with tab() as looking:
        for name in pages_of(site):
            page = looking.open(site / name)
            page.keyboard.press("Tab")
            link = page.locator(":focus")
            assert link.get_attribute("class") == "skip-link", name
            page.wait_for_function("document.activeElement.getBoundingClientRect().top >= 0")
            page.keyboard.press("Enter")
            assert page.evaluate("document.activeElement.tagName") == "MAIN", name


def test_chosen_scheme_is_remembered_over_pages(site, tab) -> None:
    ground = "getComputedStyle(document.body).backgroundColor"
    with tab(color_scheme="light") as looking:
        page = looking.open(site / "index.html")
        light = page.evaluate(ground)
        page.get_by_role("button", name="Dark colours").focus()
        page.keyboard.press("Enter")
        dark = page.evaluate(ground)
        assert (light, dark) == (PAPER, "rgb(21, 20, 18)")
        for name in pages_of(site):
            looking.open(site / name)
            assert page.evaluate(ground) == dark, name
        page.get_by_role("button", name="Dark colours").press("Enter")
        looking.open(site / "index.html")
        assert page.evaluate(ground) == light


def test_charts_lie_on_a_light_card_in_the_dark(site, tab) -> None:
    with tab(color_scheme="dark") as looking:
        image = looking.open(site / "index.html").locator("figure img").first
        style = image.evaluate(
            "i => { const s = getComputedStyle(i); return [s.backgroundColor, s.paddingLeft]; }"
        )
        assert style[0] == PAPER
        assert float(style[1].removesuffix("px")) >= 8


def test_code_folds_open_and_close(site, tab) -> None:
    with tab() as looking:
        page = looking.open(site / NOTEBOOK)
        folds = page.locator("details.code-fold")
        assert folds.count() >= 5
        assert not page.locator("details.code-fold pre").first.is_visible()
        folds.first.locator("summary").focus()
        page.keyboard.press("Enter")
        assert folds.first.locator("pre").is_visible()
        page.keyboard.press("Space")
        assert not folds.first.locator("pre").is_visible()


def test_search_finds_telephone_and_leads_to_it(site, tab) -> None:
    with tab() as looking:
        page = looking.open(site / "report/glossary.html")
        page.keyboard.press("/")
        page.keyboard.type("Telephone")
        hits = page.locator("#search-results [role=option]")
        hits.first.wait_for()
        assert "telephone" in hits.first.inner_text().lower()
        start = page.url
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Enter")
        page.wait_for_url(lambda url: url != start)
        assert "telephone" in page.locator("main").inner_text().lower()
        anchor = page.evaluate("location.hash.slice(1)")
        assert not anchor or page.locator(f"[id='{anchor}']").count() == 1


def test_menu_opens_the_navigation_on_a_phone(site, tab) -> None:
    with tab(**PHONE) as looking:
        for name in pages_of(site):
            page = looking.open(site / name)
            assert not page.locator("#quarto-sidebar").is_visible(), name
            assert not page.locator("details.toc-small[open]").count(), f"{name}: contents start folded"
        page.get_by_role("button", name="Menu").press("Enter")
        link = page.locator("#quarto-sidebar").get_by_role("link", name="Glossary")
        assert link.is_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        link.click()
        page.wait_for_url("**/report/glossary.html")
        page = looking.open(site / NOTEBOOK)
        page.locator("details.toc-small summary").press("Enter")
        assert page.locator("details.toc-small[open] a").first.is_visible()


def test_buttons_are_large_enough_for_a_thumb(site, tab) -> None:
    # WCAG 2.2 AA, 2.5.8: 24 px at least
    with tab(**PHONE) as looking:
        page = looking.open(site / "index.html")
        page.get_by_role("button", name="Menu").click()
        for spot in page.locator("button:visible, #site-menu a, #quarto-sidebar a, summary:visible").all():
            box = spot.bounding_box()
            assert min(box["width"], box["height"]) >= 24, spot.inner_text()


def test_next_and_previous_walk_through_all_pages(site, tab) -> None:
    with tab() as looking:
        page = looking.open(site / "index.html")

        def walk(rel):
            names = [page.url]
            while page.locator(f"a[rel={rel}]").count():
                page.locator(f"a[rel={rel}]").press("Enter")
                page.wait_for_url(lambda url: url != names[-1])
                names.append(page.url)
                assert len(names) <= len(pages_of(site)), "the walk does not end"
            return names

        there = walk("next")
        back = walk("prev")
    assert sorted(there) == sorted((site / name).as_uri() for name in pages_of(site))
    assert back == there[::-1]


def test_pages_read_without_scripts(site, tab) -> None:
    words = "document.querySelector('main').innerText.split(/\\s+/).filter(Boolean)"
    for size in (PHONE, {}):
        with tab(**size) as with_scripts, tab(**size, java_script_enabled=False) as without:
            for name in pages_of(site):
                expected = with_scripts.open(site / name).evaluate(words)
                page = without.open(site / name)
                assert page.evaluate(words) == expected, name
                assert len(expected) > 100, name
                shown = page.locator("main img:visible").count()
                assert shown == page.locator("main img").count(), name
                assert page.locator("#site-menu").is_visible(), name
                assert page.locator("#quarto-sidebar").is_visible(), name


# The deck ---------------------------------------------------------------------------------------

# The slide shown: what reaches out of it or under the footer, and text too small to read
SLIDE = """() => {
  const slide = Reveal.getCurrentSlide(), footer = document.querySelector('.reveal > .footer');
  const floor = footer.getBoundingClientRect().top;
  const parts = Array.from(slide.querySelectorAll('*'))
    .filter(e => !e.closest('aside') && e.getClientRects().length);
  const bad = parts.filter(e => { const b = e.getBoundingClientRect();
    return b.left < 0 || b.top < 0 || b.right > innerWidth + 0.5 || b.bottom > floor + 0.5; });
  const small = parts.filter(e => Array.from(e.childNodes).some(n => n.nodeType === 3 && n.data.trim()) &&
    parseFloat(getComputedStyle(e).fontSize) < 16);
  const images = Array.from(slide.querySelectorAll('img')).map(i => { const b = i.getBoundingClientRect();
    return [b.width, b.height, i.naturalWidth / i.naturalHeight]; });
  const view = document.querySelector('.reveal-viewport');
  const ground = getComputedStyle(Reveal.getSlideBackground(slide)).backgroundColor;
  return {
    at: Reveal.getSlidePastCount(), id: slide.id, section: slide.classList.contains('title-slide'),
    heading: slide.querySelector('h1, h2').textContent.trim(), out: bad.map(e => e.outerHTML.slice(0, 80)),
    small: small.map(e => e.textContent.slice(0, 40)), images,
    captions: slide.querySelectorAll('figcaption').length,
    notes: (slide.querySelector('aside.notes') || {textContent: ''}).textContent.trim(),
    ground: ground === 'rgba(0, 0, 0, 0)' ? getComputedStyle(view).backgroundColor : ground,
    footer: footer.checkVisibility() && floor < innerHeight ? footer.innerText.trim() : '',
    last: Reveal.isLastSlide() && !Reveal.availableFragments().next,
  };
}"""


def open_deck(looking, path: Path, query: str = ""):
    page = looking.open(path, query)
    page.wait_for_function("window.Reveal && Reveal.isReady()")
    return page


@pytest.fixture(scope="module")
def slides(site, tab) -> list[dict]:
    """Every slide, met by pressing the right arrow."""
    found: dict[int, dict] = {}
    with tab(**SCREEN) as looking:
        page = open_deck(looking, site / "slides.html")
        for _ in range(60):
            now = page.evaluate(SLIDE)
            if now["at"] not in found:
                now["contrast"] = page.evaluate(POOR_CONTRAST, now["ground"])["poor"]
            found[now["at"]] = now
            if now["last"]:
                break
            page.keyboard.press("ArrowRight")
        assert now["last"], "the arrow keys do not reach the last slide"
        assert len(found) == page.evaluate("Reveal.getTotalSlides()")
        page.keyboard.press("ArrowLeft")
        assert page.evaluate(SLIDE)["at"] < now["at"]
    return [found[at] for at in sorted(found)]


def bad_slides(slides, judge) -> dict:
    return {s["heading"]: judge(s) for s in slides if judge(s)}


def test_deck_has_12_to_24_slides_each_with_a_heading(slides) -> None:
    assert 12 <= len(slides) <= 24
    assert all(slide["heading"] for slide in slides)


def test_nothing_reaches_out_of_a_slide_or_under_the_footer(slides) -> None:
    assert bad_slides(slides, lambda slide: slide["out"]) == {}


def test_text_of_slides_is_16_px_at_least_and_stands_out(slides) -> None:
    assert bad_slides(slides, lambda slide: slide["small"]) == {}
    assert bad_slides(slides, lambda slide: slide["contrast"]) == {}


def test_charts_of_slides_are_large_undistorted_and_captioned(slides) -> None:
    charts = [image for slide in slides for image in slide["images"]]
    assert len(charts) >= 5
    for width, height, ratio in charts:
        assert width >= 480
        assert width / height == pytest.approx(ratio, rel=0.02)
    assert bad_slides(slides, lambda slide: len(slide["images"]) != slide["captions"]) == {}


def test_title_slide_and_sections_are_charcoal(slides) -> None:
    title, sections = slides[0], [slide for slide in slides[1:] if slide["section"]]
    assert title["id"] == "title-slide"
    assert title["ground"] == CHARCOAL
    assert {slide["ground"] for slide in sections} == {CHARCOAL}
    plain = [slide["ground"] for slide in slides[1:] if not slide["section"]]
    assert set(plain) == {PAPER}


def test_slides_have_notes_and_a_footer(slides) -> None:
    spoken = [slide for slide in slides[1:] if not slide["section"]]
    assert bad_slides(spoken, lambda slide: len(slide["notes"]) < 20) == {}
    assert bad_slides(slides, lambda slide: "simulated" not in slide["footer"]) == {}


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


def test_deck_is_a_single_file(site, tab, tmp_path) -> None:
    alone = tmp_path / "deck.html"
    shutil.copy(site / "slides.html", alone)
    text = alone.read_text(encoding="utf-8")
    loads = Loads()
    loads.feed(text)
    assert [address[:60] for address in loads.found if not address.startswith("data:")] == []
    assert [link for link in loads.links if not link.startswith("#")] == []
    assert (
        re.findall(
            r"url\(\s*['\"]?(?!data:|#)[^)]{0,60}", re.sub(r"<script.*?</script>", "", text, flags=re.S)
        )
        == []
    )
    asked: list[str] = []
    with tab(**SCREEN) as looking:
        looking.page.on("request", lambda request: asked.append(request.url))
        page = open_deck(looking, alone)
        assert page.evaluate("Array.from(document.images).filter(i => !i.naturalWidth).length") == 0
    assert {url.split("#")[0] for url in asked if not url.startswith("data:")} == {alone.as_uri()}


def pdf_pages(path: Path) -> list[str] | int:
    """Text of each page where pdftotext is installed, else the number of pages."""
    tool = shutil.which("pdftotext")
    if tool:
        text = subprocess.run([tool, "-layout", path, "-"], capture_output=True, text=True, check=True).stdout
        return text.split("\f")[:-1]
    return len(re.findall(rb"/Type\s*/Page(?![a-z])", path.read_bytes()))


@pytest.mark.parametrize("way", ["from the browser", "by the command line"])
def test_deck_prints_a_page_a_slide(site, slides, tab, tmp_path, way) -> None:
    printed = tmp_path / "deck.pdf"
    if way == "from the browser":
        with tab(**SCREEN) as looking:
            page = open_deck(looking, site / "slides.html", "?print-pdf")
            page.wait_for_selector(".pdf-page")
            ground = "getComputedStyle(document.querySelector('.reveal-viewport')).backgroundColor"
            assert page.evaluate(ground) == PAPER
            page.pdf(path=printed, prefer_css_page_size=True, print_background=True)
    else:
        address = (site / "slides.html").as_uri() + "?print-pdf"
        command = [BROWSER, "--headless", "--no-sandbox", f"--user-data-dir={tmp_path / 'profile'}"]
        command += ["--no-pdf-header-footer", f"--print-to-pdf={printed}", address]
        subprocess.run(command, capture_output=True, timeout=60, check=True)
    pages = pdf_pages(printed)
    if isinstance(pages, int):
        assert pages == len(slides)
        return
    assert len(pages) == len(slides)
    for text, slide in zip(pages, slides, strict=True):
        words = " ".join(text.split())
        assert slide["heading"].split()[0] in words
        assert "simulated" in words, f"no footer on {slide['heading']}"
