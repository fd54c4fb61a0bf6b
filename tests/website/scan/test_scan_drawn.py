"""Letters that stand one by one in a drawing are read as the line that a reader sees."""

import base64
import io
import re
from urllib.parse import quote

import matplotlib.pyplot as plt
import pytest

from analysis_lib.identifiers import CANARIES
from tests.release.planted import NUMBER, SPACED
from website.scan import scan_site
from website.scan.drawn import UNREAD_LETTERS, read_drawn

POSTCODE = "LS1 4AP"
SVG = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="400">'


def as_texts(said, step=8, top=20, size=14):
    """A drawing with a text element for each letter."""
    letters = [
        f'<text x="{9 + step * n}" y="{top}" font-size="{size}">{c}</text>' for n, c in enumerate(said)
    ]
    return f"{SVG}{''.join(letters)}</svg>"


def as_parts(said):
    parts = "".join(f'<tspan x="{9 + 8 * n}">{c}</tspan>' for n, c in enumerate(said))
    return f'{SVG}<g transform="translate(5 9)"><text y="20" style="font-size:14px">{parts}</text></g></svg>'


def as_turned(said):
    return (
        as_texts(said)
        .replace("<text", '<g transform="rotate(-90 50 50)"><text')
        .replace("</text>", "</text></g>")
    )


def as_backwards(said):
    """Letters from right to left in the source, each moved by a transform of its own."""
    texts = [
        f'<g transform="matrix(1 0 0 1 {9 + 8 * n} 20)"><text font-size="14">{c}</text></g>'
        for n, c in enumerate(said)
    ]
    return f"{SVG}{''.join(reversed(texts))}</svg>"


def as_shapes(said, font="DejaVu Sans", rotation=0):
    """A drawing whose letters matplotlib wrote as shapes, without its comment that says what they are."""
    with plt.rc_context({"svg.fonttype": "path", "font.family": font, "text.parse_math": False}):
        figure = plt.figure(figsize=(4, 2))
        figure.text(0.1, 0.5, said, rotation=rotation)
        target = io.StringIO()
        figure.savefig(target, format="svg")
        plt.close(figure)
    drawing = re.sub(r"<!--.*?-->", "", target.getvalue())
    return re.sub(r"<\?xml.*?\?>|<!DOCTYPE[^>]*>|<metadata>.*?</metadata>", "", drawing, flags=re.S).strip()


def as_shapes_apart(said):
    """Each shape in a group of its own."""
    return re.sub(r"(<use [^>]*/>)", r"<g>\1</g>", as_shapes(said))


def as_code_points(said):
    """As matplotlib before 3.11 named the shapes."""
    shapes = "".join(
        f'<use xlink:href="#DejaVuSans-{ord(c):x}" transform="translate({63.6 * n} 0)"/>'
        for n, c in enumerate(said)
    )
    return f'{SVG}<g transform="translate(9 50) scale(0.12 -0.12)">{shapes}</g></svg>'


WAYS = [as_texts, as_parts, as_turned, as_backwards, as_shapes, as_shapes_apart, as_code_points]
WAYS += [lambda said: as_shapes(said, rotation=90), lambda said: as_shapes(said, "DejaVu Serif")]
PLACES = {
    "file": ("a.svg", "{}"),
    "page": ("a.html", "<p>a</p><div>{}</div>"),
    "address": ("a.html", '<img alt="" src="data:image/svg+xml,{quoted}">'),
    "address in UTF-8": ("a.html", '<img alt="" src="data:image/svg+xml;charset=utf-8,{quoted}">'),
    "address in base64": ("a.html", '<img alt="" src="data:image/svg+xml;base64,{packed}">'),
    "style": ("a.html", "<style>p {{ background: url('data:image/svg+xml,{quoted}') }}</style>"),
    "style of an element": ("a.html", '<p style="background: url(data:image/svg+xml,{quoted})">a</p>'),
    "style sheet": ("a.css", 'p {{ background: url("data:image/svg+xml;base64,{packed}") }}'),
    "style sheet, quoted": ("a.css", 'p {{ background: url("data:image/svg+xml,{quoted}") }}'),
    "plot data": ("a.json", '{{"url": "data:image/svg+xml,{quoted}"}}'),
}


def kinds(folder, name, content):
    (folder / name).write_text(content)
    found = scan_site(folder)
    assert NUMBER not in str(found)
    return {f.kind for f in found}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("said", "kind"),
    [
        (NUMBER, "NHS number"),
        (SPACED, "NHS number"),
        (POSTCODE, "postcode"),
        (CANARIES[3], "canary identifier"),
    ],
    ids=["number", "spaced", "postcode", "canary"],
)
def test_letters_of_a_drawing_are_put_together(tmp_path, way, said, kind):
    assert kinds(tmp_path, "a.svg", way(said)) == {kind}


@pytest.mark.parametrize("way", [as_texts, as_shapes])
@pytest.mark.parametrize("place", PLACES)
def test_a_drawing_is_read_wherever_it_stands(tmp_path, place, way):
    name, page = PLACES[place]
    for said, found in ((NUMBER, {"NHS number"}), ("Kent", set())):
        drawing = way(said)
        content = page.format(
            drawing, quoted=quote(drawing), packed=base64.b64encode(drawing.encode()).decode()
        )
        assert kinds(tmp_path, name, content) == found


def test_a_drawing_in_drawings_is_read_as_deep_as_anybody_packs_it(tmp_path):
    found = []
    drawing = as_texts(NUMBER)
    for _ in range(6):
        found.append(kinds(tmp_path, "a.svg", drawing))
        packed = base64.b64encode(drawing.encode()).decode()
        drawing = f'{SVG}<image href="data:image/svg+xml;base64,{packed}"/></svg>'
    assert found[:4] == [{"NHS number"}] * 4
    assert all("cannot be read" in kinds for kinds in found[4:])


def test_addresses_in_addresses_take_no_time(tmp_path):
    assert kinds(tmp_path, "a.txt", "data:," * 5_000) == set()
    assert kinds(tmp_path, "b.html", f"<p>{'data:text/html,<p>' * 2_000}</p>") <= {"cannot be read"}


def test_a_number_that_is_wide_apart_or_on_two_lines_is_none(tmp_path):
    """Ticks of an axis, cells of a heat map."""
    ticks = as_texts(NUMBER, step=40)
    two = as_texts(NUMBER[:5]) + as_texts(NUMBER[5:], top=40)
    assert kinds(tmp_path, "a.html", ticks + two.replace(f"</svg>{SVG}", "")) == set()


def test_letters_of_an_unknown_font_are_a_finding(tmp_path):
    shapes = "".join(f'<use xlink:href="#glyph0-{n}" x="{9 * n}" y="20"/>' for n in range(8))
    assert kinds(tmp_path, "a.svg", f"{SVG}{shapes}</svg>") == {UNREAD_LETTERS}
    marks = "".join(f'<use xlink:href="#m1f3c{n}a7" x="{9 * n}" y="20"/>' for n in range(8))
    assert kinds(tmp_path, "a.svg", f"{SVG}{marks}</svg>") == set()


def test_what_is_read_is_what_was_written():
    """The words of a real chart, shape by shape."""
    assert [words for words, _ in read_drawn(as_shapes("30% of 1,205 – Kent’s"))] == ["30% of 1,205 – Kent’s"]
