"""The look of the deck as a PowerPoint master and its layouts, written by code on an empty presentation.

Every box of a slide is a placeholder of a layout: who edits the slides in PowerPoint can change a layout,
apply another, and see all text in the outline.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from xml.sax.saxutils import quoteattr

from lxml import etree
from pptx import Presentation
from pptx.opc.constants import RELATIONSHIP_TYPE
from pptx.oxml import parse_xml
from pptx.presentation import Presentation as Deck
from pptx.util import Emu

from analysis_lib.charts import theme

WIDTH, HEIGHT = 12_192_000, 6_858_000  # 16:9, in English Metric Units: 914,400 to the inch
FOOT = 400_000  # height of the bar at the foot
LEFT, RIGHT = 620_000, WIDTH - 620_000
TITLE_TOP, TITLE_HEIGHT, TOP = 300_000, 1_000_000, 1_400_000
BOTTOM = HEIGHT - FOOT - 130_000
CAPTION = 640_000
FONT = theme.FONTS[0]
FIELD = "{B6F15528-21DE-4FAA-801E-634DDDAF4B2B}"  # any: of the field that counts slides
_NS = (
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" '
    'xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main"'
)
_SCHEME = {
    "dk1": theme.CHARCOAL, "lt1": theme.PAGE, "dk2": theme.CHARCOAL_DARK, "lt2": theme.PAPER,
    "accent1": theme.CHARCOAL, "accent2": theme.BLUE, "accent3": theme.ORANGE,
    "accent4": theme.ORANGE_DARK, "accent5": theme.RED, "accent6": theme.SLATE,
    "hlink": theme.BLUE_DARK, "folHlink": theme.BLUE_DARK,
}  # fmt: skip


@dataclass(frozen=True)
class Box:
    """One placeholder: its index on the slide, type, name, place in EMU, and size of text in points."""

    index: int
    kind: str
    name: str
    left: int
    top: int
    width: int
    height: int
    size: float = 20
    colour: str = "tx1"
    bold: bool = False
    anchor: str = "t"
    bullets: bool = False


TITLE, FOOTER, NUMBER = 0, 11, 12
BODY, SECOND, VISUAL, CAPTION_BOX, VISUAL_2, CAPTION_2 = 1, 2, 13, 14, 15, 16


def _title(**changes: object) -> Box:
    given = {"left": LEFT, "top": TITLE_TOP, "width": RIGHT - LEFT, "height": TITLE_HEIGHT, "size": 28}
    return Box(TITLE, "title", "Title", **{**given, "bold": True, "anchor": "ctr", **changes})


def _text(index: int, left: int, width: int, top: int = TOP, bottom: int = BOTTOM) -> Box:
    return Box(index, "body", f"Text {index}", left, top, width, bottom - top, bullets=True)


def _visual(kind: str, index: int, left: int, width: int, bottom: int = BOTTOM) -> list[Box]:
    """A chart or table with its caption below."""
    name = "Chart" if kind == "pic" else "Table"
    return [
        Box(index, kind, f"{name} {index}", left, TOP, width, bottom - CAPTION - TOP, 12),
        Box(index + 1, "body", f"Caption {index}", left, bottom - CAPTION, width, CAPTION, 12),
    ]


_WIDE, _GAP = 7_250_000, 300_000
_REST = RIGHT - LEFT - _WIDE - _GAP
_HALF = (RIGHT - LEFT - _GAP) // 2


def _layouts() -> dict[str, tuple[list[Box], bool]]:
    """Boxes of each layout, in reading order, and whether it is inverse."""
    side = LEFT + _WIDE + _GAP
    right = LEFT + _HALF + _GAP
    strip = _text(BODY, LEFT, RIGHT - LEFT, BOTTOM - 1_000_000)
    two = [*_visual("pic", VISUAL, LEFT, _HALF), *_visual("pic", VISUAL_2, right, _HALF)]
    above = BOTTOM - 1_100_000
    low = [*_visual("pic", VISUAL, LEFT, _HALF, above), *_visual("pic", VISUAL_2, right, _HALF, above)]
    opening = _title(top=2_000_000, height=1_700_000, size=44, colour="accent3", anchor="b")
    below = Box(
        BODY, "subTitle", "Subtitle", LEFT, 3_850_000, RIGHT - LEFT, 1_500_000, 22, theme.CHARCOAL_LIGHT
    )
    section = _title(top=2_300_000, height=1_600_000, size=40, colour="accent3")
    more = Box(BODY, "body", "Text", LEFT, 4_000_000, RIGHT - LEFT, 1_500_000, 20, "bg1")
    return {
        "Title": ([opening, below], True),
        "Section": ([section, more], True),
        "Text": ([_title(), _text(BODY, LEFT, RIGHT - LEFT)], False),
        "Two columns of text": ([_title(), _text(BODY, LEFT, _HALF), _text(SECOND, right, _HALF)], False),
        "Chart and points": (
            [_title(), *_visual("pic", VISUAL, LEFT, _WIDE), _text(BODY, side, _REST)],
            False,
        ),
        "Points and chart": (
            [_title(), _text(BODY, LEFT, _REST), *_visual("pic", VISUAL, LEFT + _REST + _GAP, _WIDE)],
            False,
        ),
        "Chart": ([_title(), *_visual("pic", VISUAL, LEFT, RIGHT - LEFT)], False),
        "Table and points": (
            [_title(), *_visual("tbl", VISUAL, LEFT, _WIDE), _text(BODY, side, _REST)],
            False,
        ),
        "Table": ([_title(), *_visual("tbl", VISUAL, LEFT, RIGHT - LEFT)], False),
        "Two charts": ([_title(), *two], False),
        "Two charts and points": ([_title(), *low, strip], False),
    }


LAYOUTS = _layouts()


def new_deck(lang: str) -> Deck:
    """Return a presentation without slides, whose master and layouts have the house's look."""
    deck = Presentation()
    deck.slide_width, deck.slide_height = Emu(WIDTH), Emu(HEIGHT)
    master = deck.slide_master
    for layout, (name, (boxes, inverse)) in zip(list(deck.slide_layouts), LAYOUTS.items(), strict=True):
        _rewrite(
            layout._element, name, "tx1" if inverse else "bg1", [_shape(b, lang) for b in boxes] + _foot(lang)
        )
    kinds = {"Title": "title", "Section": "secHead", "Text": "obj", "Two columns of text": "twoObj"}
    for layout in deck.slide_layouts:
        for attribute in ("type", "preserve"):
            layout._element.attrib.pop(attribute, None)
        if layout.name in kinds:
            layout._element.set("type", kinds[layout.name])
    boxes = [_title(), _text(BODY, LEFT, RIGHT - LEFT)]
    _rewrite(master._element, "", "bg1", [_bar(), *(_shape(b, lang) for b in boxes), *_foot(lang)])
    _set_text_styles(master._element, lang)
    _set_theme(master)
    return deck


def _fill(colour: str) -> str:
    """XML of one colour: a name of the theme's, or ``#rrggbb``."""
    kind = "srgbClr" if colour.startswith("#") else "schemeClr"
    return f'<a:solidFill><a:{kind} val="{colour.lstrip("#")}"/></a:solidFill>'


def _rewrite(element: etree._Element, name: str, colour: str, shapes: list[str]) -> None:
    """Replace background and shapes of a master or layout."""
    numbered = "".join(shape.replace("@ID@", str(n)) for n, shape in enumerate(shapes, 2))
    attribute = f" name={quoteattr(name)}" if name else ""
    made = parse_xml(
        f"<p:cSld {_NS}{attribute}><p:bg><p:bgPr>{_fill(colour)}<a:effectLst/></p:bgPr></p:bg><p:spTree>"
        '<p:nvGrpSpPr><p:cNvPr id="1" name=""/><p:cNvGrpSpPr/><p:nvPr/></p:nvGrpSpPr><p:grpSpPr/>'
        f"{numbered}</p:spTree></p:cSld>"
    )
    element.replace(element.find("{*}cSld"), made)


def _placeholder(box: Box, placed: str, anchor: str, style: str, text: str) -> str:
    """XML of a placeholder; `placed` are its attributes, `style` that of its text."""
    return (
        f'<p:sp><p:nvSpPr><p:cNvPr id="@ID@" name={quoteattr(box.name)}/><p:cNvSpPr>'
        f'<a:spLocks noGrp="1"/></p:cNvSpPr><p:nvPr><p:ph {placed}/></p:nvPr></p:nvSpPr><p:spPr>'
        f'<a:xfrm><a:off x="{box.left}" y="{box.top}"/><a:ext cx="{box.width}" cy="{box.height}"/></a:xfrm>'
        '<a:prstGeom prst="rect"><a:avLst/></a:prstGeom></p:spPr><p:txBody>'
        f'<a:bodyPr lIns="0" tIns="0" rIns="0" bIns="0" anchor="{anchor}"><a:normAutofit/></a:bodyPr>'
        f"<a:lstStyle><a:lvl1pPr {style}</a:lvl1pPr></a:lstStyle><a:p>{text}</a:p></p:txBody></p:sp>"
    )


def _shape(box: Box, lang: str) -> str:
    """XML of one placeholder of the master or a layout."""
    number = f' idx="{box.index}"' if box.index else ""
    bold = ' b="1"' if box.bold else ""
    opened = 'algn="l">' if box.bullets else 'marL="0" indent="0" algn="l"><a:buNone/>'
    style = (
        f'{opened}<a:defRPr lang="{lang}" sz="{round(box.size * 100)}"{bold}>{_fill(box.colour)}</a:defRPr>'
    )
    prompt = {"title": "Title of the slide", "pic": "Chart", "tbl": "Table"}.get(box.kind, "Text")
    text = f'<a:r><a:rPr lang="{lang}"/><a:t>{prompt}</a:t></a:r>'
    return _placeholder(box, f'type="{box.kind}"{number}', box.anchor, style, text)


def _foot(lang: str) -> list[str]:
    """Footer and slide number, in orange on the bar."""
    top = HEIGHT - FOOT
    footer = Box(FOOTER, "ftr", "Footer", LEFT, top, RIGHT - LEFT, FOOT, 13.5)
    number = Box(NUMBER, "sldNum", "Slide number", RIGHT - 500_000, top, 700_000, FOOT, 11)
    shapes = []
    for box, align in ((footer, "ctr"), (number, "r")):
        style = (
            f'algn="{align}"><a:defRPr lang="{lang}" sz="{round(box.size * 100)}">{_fill("accent3")}'
            '<a:latin typeface="+mn-lt"/></a:defRPr>'
        )
        text = f'<a:endParaRPr lang="{lang}"/>'
        if box is number:
            text = f'<a:fld id="{FIELD}" type="slidenum"><a:rPr lang="{lang}"/><a:t>‹#›</a:t></a:fld>{text}'
        placed = f'type="{box.kind}" sz="quarter" idx="{box.index}"'
        shapes.append(_placeholder(box, placed, "ctr", style, text))
    return shapes


def _bar() -> str:
    """The charcoal bar at the foot, which says nothing and is marked so."""
    return (
        '<p:sp><p:nvSpPr><p:cNvPr id="@ID@" name="Bar"><a:extLst>'
        '<a:ext uri="{C183D7F6-B498-43B3-948B-1728B52AA6E4}"><adec:decorative val="1" '
        'xmlns:adec="http://schemas.microsoft.com/office/drawing/2017/decorative"/></a:ext></a:extLst>'
        '</p:cNvPr><p:cNvSpPr/><p:nvPr userDrawn="1"/></p:nvSpPr><p:spPr><a:xfrm>'
        f'<a:off x="0" y="{HEIGHT - FOOT}"/><a:ext cx="{WIDTH}" cy="{FOOT}"/></a:xfrm>'
        f'<a:prstGeom prst="rect"><a:avLst/></a:prstGeom>{_fill("tx1")}'
        "<a:ln><a:noFill/></a:ln></p:spPr></p:sp>"
    )


def _set_text_styles(master: etree._Element, lang: str) -> None:
    """Sizes, colours and marks of all text: bullets in orange, numbers in the colour of the text."""
    levels = "".join(
        f'<a:lvl{n}pPr marL="{285_750 * n}" indent="-285750" algn="l">'
        '<a:spcBef><a:spcPts val="700"/></a:spcBef>'
        f'<a:buClr><a:schemeClr val="accent3"/></a:buClr><a:buFont typeface="Arial"/><a:buChar char="•"/>'
        f'<a:defRPr lang="{lang}" sz="{size}"><a:solidFill><a:schemeClr val="tx1"/></a:solidFill>'
        f'<a:latin typeface="+mn-lt"/></a:defRPr></a:lvl{n}pPr>'
        for n, size in ((1, 2000), (2, 1800), (3, 1600), (4, 1400), (5, 1400))
    )
    title = (
        f'<a:lvl1pPr algn="l"><a:defRPr lang="{lang}" sz="2800" b="1"><a:solidFill><a:schemeClr val="tx1"/>'
        '</a:solidFill><a:latin typeface="+mj-lt"/></a:defRPr></a:lvl1pPr>'
    )
    made = parse_xml(
        f"<p:txStyles {_NS}><p:titleStyle>{title}</p:titleStyle><p:bodyStyle>{levels}</p:bodyStyle>"
        f'<p:otherStyle><a:defPPr><a:defRPr lang="{lang}"/></a:defPPr></p:otherStyle></p:txStyles>'
    )
    master.replace(master.find("{*}txStyles"), made)


def _set_theme(master: object) -> None:
    """Give the theme the house's colours and font, so that they stand in PowerPoint's menus."""
    part = master.part.part_related_by(RELATIONSHIP_TYPE.THEME)
    text = part.blob.decode("utf-8")
    for name, colour in _SCHEME.items():
        value = f'<a:{name}><a:srgbClr val="{colour[1:].upper()}"/></a:{name}>'
        text = re.sub(rf"<a:{name}>.*?</a:{name}>", value, text, flags=re.DOTALL)
    text = re.sub(r'(<a:(?:major|minor)Font>\s*<a:latin typeface=")[^"]*', rf"\g<1>{FONT}", text)
    part._blob = re.sub(r'(<a:theme [^>]*name=")[^"]*', r"\g<1>Report", text).encode("utf-8")
