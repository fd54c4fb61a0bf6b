"""The look of the deck as a PowerPoint master and its layouts, written by code on an empty presentation.

Every box of a slide is a placeholder of a layout: who edits the slides in PowerPoint can change a layout,
apply another, and see all text in the outline.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import quoteattr

from lxml import etree
from pptx import Presentation
from pptx.opc.constants import RELATIONSHIP_TYPE
from pptx.oxml import parse_xml
from pptx.presentation import Presentation as Deck
from pptx.util import Emu

from analysis_lib.publish import theme

WIDTH, HEIGHT = 12_192_000, 6_858_000  # 16:9, in English Metric Units: 914,400 to the inch
FOOT = 400_000  # height of the bar at the foot
LEFT, RIGHT = 620_000, WIDTH - 620_000
TITLE_TOP, TITLE_HEIGHT, TOP = 300_000, 1_000_000, 1_400_000
BOTTOM = HEIGHT - FOOT - 130_000
CAPTION = 640_000
FONT = "Segoe UI"
_NS = (
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" '
    'xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main"'
)
_SCHEME = {
    "dk1": theme.CHARCOAL, "lt1": theme.PAGE, "dk2": theme.CHARCOAL_DARK, "lt2": "#ffffff",
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
        _rewrite(layout._element, name, _background(inverse), [_shape(b, lang) for b in boxes] + _foot(lang))
    kinds = {"Title": "title", "Section": "secHead", "Text": "obj", "Two columns of text": "twoObj"}
    for layout in deck.slide_layouts:
        for attribute in ("type", "preserve"):
            layout._element.attrib.pop(attribute, None)
        if layout.name in kinds:
            layout._element.set("type", kinds[layout.name])
    boxes = [_title(), _text(BODY, LEFT, RIGHT - LEFT)]
    _rewrite(
        master._element, "", _background(False), [_bar(), *(_shape(b, lang) for b in boxes), *_foot(lang)]
    )
    _set_text_styles(master._element, lang)
    _set_theme(master)
    return deck


def _background(inverse: bool) -> str:
    return f'<p:bg><p:bgPr><a:solidFill><a:schemeClr val="{"tx1" if inverse else "bg1"}"/></a:solidFill><a:effectLst/></p:bgPr></p:bg>'


def _rewrite(element: etree._Element, name: str, background: str, shapes: list[str]) -> None:
    """Replace background and shapes of a master or layout."""
    numbered = "".join(s.replace("@ID@", str(n)) for n, s in enumerate(shapes, 2))
    attribute = f" name={quoteattr(name)}" if name else ""
    made = parse_xml(
        f'<p:cSld {_NS}{attribute}>{background}<p:spTree><p:nvGrpSpPr><p:cNvPr id="1" name=""/><p:cNvGrpSpPr/>'
        f"<p:nvPr/></p:nvGrpSpPr><p:grpSpPr/>{numbered}</p:spTree></p:cSld>"
    )
    old = element.find("{*}cSld")
    element.replace(old, made)


def _shape(box: Box, lang: str) -> str:
    """XML of one placeholder of the master or a layout."""
    number = f' idx="{box.index}"' if box.index else ""
    kind = "srgbClr" if box.colour[0] == "#" else "schemeClr"
    colour = f'<a:solidFill><a:{kind} val="{box.colour.lstrip("#").upper() if kind == "srgbClr" else box.colour}"/></a:solidFill>'
    bold = ' b="1"' if box.bold else ""
    marks = "" if box.bullets else "<a:buNone/>"
    indent = "" if box.bullets else ' marL="0" indent="0"'
    style = (
        f'<a:lvl1pPr{indent} algn="l">{marks}<a:defRPr lang="{lang}" sz="{round(box.size * 100)}"{bold}>'
        f"{colour}</a:defRPr></a:lvl1pPr>"
    )
    prompt = {"title": "Title of the slide", "pic": "Chart", "tbl": "Table"}.get(box.kind, "Text")
    return (
        f'<p:sp><p:nvSpPr><p:cNvPr id="@ID@" name={quoteattr(box.name)}/><p:cNvSpPr><a:spLocks noGrp="1"/>'
        f'</p:cNvSpPr><p:nvPr><p:ph type="{box.kind}"{number}/></p:nvPr></p:nvSpPr><p:spPr><a:xfrm>'
        f'<a:off x="{box.left}" y="{box.top}"/><a:ext cx="{box.width}" cy="{box.height}"/></a:xfrm>'
        f'<a:prstGeom prst="rect"><a:avLst/></a:prstGeom></p:spPr><p:txBody><a:bodyPr lIns="0" tIns="0" rIns="0" '
        f'bIns="0" anchor="{box.anchor}"><a:normAutofit/></a:bodyPr><a:lstStyle>{style}</a:lstStyle><a:p>'
        f'<a:r><a:rPr lang="{lang}"/><a:t>{prompt}</a:t></a:r></a:p></p:txBody></p:sp>'
    )


def _foot(lang: str) -> list[str]:
    """Footer and slide number, in orange on the bar."""
    boxes = [
        ("ftr", FOOTER, "Footer", LEFT, RIGHT - LEFT, "ctr", 13.5),
        ("sldNum", NUMBER, "Slide number", RIGHT - 500_000, 700_000, "r", 11),
    ]
    shapes = []
    for kind, index, name, left, width, align, size in boxes:
        text = (
            '<a:fld id="{B6F15528-21DE-4FAA-801E-634DDDAF4B2B}" type="slidenum"><a:rPr lang="%s"/><a:t>‹#›</a:t></a:fld>'
            % lang
        )
        inner = text if kind == "sldNum" else ""
        shapes.append(
            f'<p:sp><p:nvSpPr><p:cNvPr id="@ID@" name="{name}"/><p:cNvSpPr><a:spLocks noGrp="1"/></p:cNvSpPr><p:nvPr>'
            f'<p:ph type="{kind}" sz="quarter" idx="{index}"/></p:nvPr></p:nvSpPr><p:spPr><a:xfrm><a:off x="{left}" '
            f'y="{HEIGHT - FOOT}"/><a:ext cx="{width}" cy="{FOOT}"/></a:xfrm><a:prstGeom prst="rect"><a:avLst/>'
            f'</a:prstGeom></p:spPr><p:txBody><a:bodyPr lIns="0" tIns="0" rIns="0" bIns="0" anchor="ctr"/><a:lstStyle>'
            f'<a:lvl1pPr algn="{align}"><a:defRPr lang="{lang}" sz="{round(size * 100)}"><a:solidFill>'
            f'<a:schemeClr val="accent3"/></a:solidFill></a:defRPr></a:lvl1pPr></a:lstStyle><a:p>{inner}'
            f'<a:endParaRPr lang="{lang}"/></a:p></p:txBody></p:sp>'
        )
    return shapes


def _bar() -> str:
    """The charcoal bar at the foot, which says nothing."""
    return (
        '<p:sp><p:nvSpPr><p:cNvPr id="@ID@" name="Bar"><a:extLst><a:ext uri="{C183D7F6-B498-43B3-948B-1728B52AA6E4}">'
        '<adec:decorative xmlns:adec="http://schemas.microsoft.com/office/drawing/2017/decorative" val="1"/></a:ext>'
        '</a:extLst></p:cNvPr><p:cNvSpPr/><p:nvPr userDrawn="1"/></p:nvSpPr><p:spPr><a:xfrm>'
        f'<a:off x="0" y="{HEIGHT - FOOT}"/><a:ext cx="{WIDTH}" cy="{FOOT}"/></a:xfrm><a:prstGeom prst="rect">'
        '<a:avLst/></a:prstGeom><a:solidFill><a:schemeClr val="tx1"/></a:solidFill><a:ln><a:noFill/></a:ln></p:spPr>'
        "</p:sp>"
    )


def _set_text_styles(master: etree._Element, lang: str) -> None:
    """Sizes, colours and marks of all text: bullets in orange, numbers in the colour of the text."""
    levels = "".join(
        f'<a:lvl{n}pPr marL="{285_750 * n}" indent="-285750" algn="l"><a:spcBef><a:spcPts val="700"/></a:spcBef>'
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
