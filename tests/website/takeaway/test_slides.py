"""The deck as PowerPoint says and shows what the deck as page does, in boxes that can be edited."""

from __future__ import annotations

import base64
import io
import re
from collections import Counter
from html import unescape

import pytest
from cells import PIXEL
from pptx import Presentation
from pptx.util import Pt

from website.render import RenderError
from website.takeaway.slides import read_slides, write_slides
from website.takeaway.slides.fit import count_lines, fit_text
from website.takeaway.slides.layouts import LAYOUTS
from website.takeaway.slides.read import Paragraph, Run

CHART = (
    '<figure><img src="/a.png" alt="A line that rises."><figcaption>Figure 1: It rises</figcaption></figure>'
)


def beside(left, right):
    return f'<div class="columns"><div class="column">{left}</div><div class="column">{right}</div></div>'


@pytest.fixture(scope="module")
def deck(taken):
    return Presentation(io.BytesIO(taken.read("slides.pptx")))


def make(body, footer=""):
    data = write_slides(
        "Title", ["below"], read_slides(body), lambda _: base64.b64decode(PIXEL), footer=footer
    )
    return Presentation(io.BytesIO(data))


def slide(title, inner):
    return f'<section class="slide level2"><h2>{title}</h2>{inner}</section>'


def words_of_html(html):
    """Words of a piece of a page, by a way of its own."""
    html = re.sub(r"<aside.*?</aside>", " ", html, flags=re.S)
    return Counter(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def texts_of(shape):
    if shape.has_text_frame:
        return [shape.text_frame.text]
    return [cell.text for row in shape.table.rows for cell in row.cells] if shape.has_table else []


def is_foot(shape):
    return shape.is_placeholder and shape.placeholder_format.idx in (11, 12)


def words_of(made):
    return Counter(" ".join(t for s in made.shapes if not is_foot(s) for t in texts_of(s)).split())


def test_every_slide_is_there_with_the_same_words(taken, deck):
    body = taken.gathered.parts["slides.qmd"]["body"]
    sections = re.findall(r'<section id="[^"]*" class="(?:title-)?slide [^"]*".*?</section>', body, re.S)
    assert len(deck.slides) == 1 + len(sections) == 7
    for html, made in zip(sections, list(deck.slides)[1:], strict=True):
        assert words_of(made) == words_of_html(html)


def test_first_slide_has_title_subtitle_author_and_date(deck):
    first = deck.slides[0]
    assert first.shapes.title.text == "Missed appointments in general practice"
    assert first.placeholders[1].text.splitlines()[1:] == ["Analysis team", "April 2024"]


def test_titles_are_said_once_and_stand_in_title_placeholders(deck):
    titles = [s.shapes.title.text for s in deck.slides]
    assert len(set(titles)) == len(titles) and all(titles)


def test_a_title_said_twice_gets_a_number():
    deck = make(slide("Same", "<p>a</p>") + slide("Same", "<p>b</p>"))
    assert [s.shapes.title.text for s in deck.slides][1:] == ["Same", "Same (2)"]


def test_notes_are_kept(deck):
    assert deck.slides[1].notes_slide.notes_text_frame.text == "Say that the input is simulated."
    assert not deck.slides[2].has_notes_slide


def test_a_table_is_a_table_with_heading_and_description(deck):
    (frame,) = [s for s in deck.slides[5].shapes if s.has_table]
    assert [c.text for c in frame.table.rows[0].cells] == ["Mode", "Missed", "Known", "Rate"]
    assert frame.table.first_row
    assert [c.text for c in frame.table.rows[2].cells] == ["Telephone", "10", "410", "2.4%"]
    assert frame._element.nvGraphicFramePr.cNvPr.get("descr") == "Table\xa01: Missed appointments by mode"


def test_every_picture_says_what_it_shows_and_keeps_its_shape(deck):
    pictures = [s for made in deck.slides for s in made.shapes if hasattr(s, "image")]
    assert [p._element.nvPicPr.cNvPr.get("descr") for p in pictures] == [
        "Two bars: face to face, telephone. Overall 4.6%.",
        "Twelve bars.",
    ]
    for picture in pictures:
        wide, high = picture.image.size
        assert picture.width / picture.height == pytest.approx(wide / high, rel=0.01)
        assert picture.crop_left == picture.crop_top == 0


def test_all_is_in_placeholders_on_the_slide_in_reading_order(deck):
    for made in deck.slides:
        kinds = [s.placeholder_format.idx for s in made.shapes]
        assert kinds[0] == 0 and kinds[-2:] == [11, 12]
        for shape in made.shapes:
            assert shape.left >= 0 and shape.left + shape.width <= deck.slide_width
            assert shape.top >= 0 and shape.top + shape.height <= deck.slide_height


def test_it_is_wide_in_english_and_of_the_house(deck, taken):
    assert deck.slide_width * 9 == deck.slide_height * 16
    assert [layout.name for layout in deck.slide_layouts] == list(LAYOUTS)
    xml = deck.slides[1].part.blob.decode()
    assert set(re.findall(r'lang="([^"]+)"', xml)) == {"en-GB"}
    assert xml.count("<a:r>") + xml.count("<a:fld") == len(re.findall(r'<a:rPr[^>]* lang="en-GB"', xml))
    assert deck.core_properties.language == "en-GB"
    foot = [s.text_frame.text for s in deck.slides[1].shapes if is_foot(s)]
    assert foot == ["Missed appointments · 4.6% of known outcomes", "2"]
    theme = deck.slide_master.part.part_related_by(
        "http://schemas.openxmlformats.org/officeDocument/2006/relationships/theme"
    ).blob.decode()
    assert '<a:dk1><a:srgbClr val="2C2825"/>' in theme and '<a:lt1><a:srgbClr val="F5F4F3"/>' in theme
    title = deck.slide_layouts[0]._element.xml
    assert '<p:bgPr><a:solidFill><a:schemeClr val="tx1"/>' in re.sub(r">\s+<", "><", title)


@pytest.mark.parametrize(
    ("inner", "layout"),
    [
        ("<p>a</p>", "Text"),
        (CHART, "Chart"),
        (f"{CHART}<ul><li>a</li></ul>", "Chart and points"),
        (beside(CHART, CHART), "Two charts"),
        (beside("<p>a</p>", CHART), "Points and chart"),
        (beside("<p>a</p>", "<p>b</p>"), "Two columns of text"),
        ("<table><tr><td>a</td></tr></table>", "Table"),
    ],
)
def test_layout_follows_what_a_slide_holds(inner, layout):
    assert make(slide("Title 2", inner)).slides[1].slide_layout.name == layout


def test_lists_links_and_emphasis_are_kept():
    inner = (
        "<ol><li><strong>One</strong> thing<ul><li>under it</li></ul></li></ol>"
        '<p><a href="https://example.org">there</a>, <a href="index.html">here</a></p>'
    )
    body = make(slide("Lists", inner)).slides[1].placeholders[1]
    first, second, third = body.text_frame.paragraphs
    assert [p.text for p in (first, second, third)] == ["One thing", "under it", "there, here"]
    assert first.runs[0].font.bold and "buAutoNum" in first._p.xml
    assert (second.level, "buNone" in third._p.xml) == (1, True)
    assert [r.hyperlink.address for r in third.runs] == ["https://example.org", None, None]


def test_more_text_is_written_smaller_and_too_much_is_refused():
    deck = make(slide("Long", "<p>" + "many words " * 150 + "</p>"))
    size = deck.slides[1].placeholders[1].text_frame.paragraphs[0].runs[0].font.size
    assert Pt(9) <= size < Pt(20)
    with pytest.raises(RenderError, match="make two of it"):
        make(slide("Too long", "<p>" + "many words " * 2000 + "</p>"))
    with pytest.raises(RenderError, match="two charts"):
        make(slide("Too many", CHART * 3))


def test_lines_are_counted_by_the_width_of_their_letters():
    # "aaaa" is 4 × 0.613 of its size wide in DejaVu Sans: 24.5 points at 10
    assert count_lines("aaaa aaaa", 52.5, 10) == 1  # 2 × 24.5 and a space of 3.2
    assert count_lines("aaaa aaaa", 52, 10) == 2
    assert count_lines("aaaa", 12.5, 10) == 2  # a word wider than its line
    line = [Paragraph([Run("aaaa")])]
    assert fit_text(line, 12_700 * 30, 12_700 * 19, 10, what="") == 10  # 7 above, 1.2 × 10
    assert fit_text(line, 12_700 * 30, 12_700 * 18, 10, what="") == 9


def test_a_table_is_written_smaller_and_too_large_a_one_is_refused():
    def table(n):
        rows = "".join(f"<tr><td>{'a long name of an area ' * 3}</td><td>{row}</td></tr>" for row in range(n))
        return f"<table>{rows}</table>"

    deck = make(slide("Rows", table(20)))
    (frame,) = [s for s in deck.slides[1].shapes if s.has_table]
    assert frame.top + sum(row.height for row in frame.table.rows) < deck.slide_height - 400_000
    assert frame.table.cell(0, 0).text_frame.paragraphs[0].runs[0].font.size < Pt(14)
    with pytest.raises(RenderError, match="fewer rows"):
        make(slide("Rows", table(60)))


def test_a_picture_that_powerpoint_does_not_take_is_refused():
    with pytest.raises(RenderError, match="PNG and JPEG"):
        make(slide("Drawing", CHART.replace("a.png", "a.svg")))


def test_two_builds_are_the_same_bytes(taken):
    parts = taken.gathered.parts["slides.qmd"]
    made = [
        write_slides("T", ["s"], read_slides(parts["body"]), taken.gathered.read, footer="f")
        for _ in range(2)
    ]
    assert made[0] == made[1]
