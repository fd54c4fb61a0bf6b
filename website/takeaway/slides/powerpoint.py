"""Slides written into placeholders: titles, text, charts and tables, notes, footer and number.

Ours, since pandoc puts the alternative text of a picture in the place of its caption, and loses pictures in
divs.
"""

from __future__ import annotations

import datetime as dt
import io
import re
from collections.abc import Callable, Sequence
from html import escape

from lxml import etree
from pptx.dml.color import RGBColor
from pptx.oxml import parse_xml
from pptx.oxml.ns import qn
from pptx.slide import Slide as Made
from pptx.util import Emu, Pt

from website.render.errors import RenderError
from website.takeaway.slides.arrange import lay_out, tell_apart
from website.takeaway.slides.fit import fit_table, fit_text
from website.takeaway.slides.layouts import (
    BODY,
    CAPTION_2,
    CAPTION_BOX,
    FIELD,
    FOOTER,
    LAYOUTS,
    NUMBER,
    TITLE,
    VISUAL,
    Box,
    new_deck,
)
from website.takeaway.slides.read import Grid, Paragraph, Run, Slide, Visual
from website.takeaway.zipped import write_again

MADE = dt.datetime(2000, 1, 1)  # of no meaning: two builds of the same slides are the same bytes
NUMBERED = 400_000  # indent of a numbered item, in EMU
_A = "http://schemas.openxmlformats.org/drawingml/2006/main"
_P = "http://schemas.openxmlformats.org/presentationml/2006/main"


def write_slides(
    title: str,
    below: Sequence[str],
    slides: Sequence[Slide],
    read: Callable[[str], bytes],
    *,
    footer: str = "",
    lang: str = "en-GB",
) -> bytes:
    """Return a deck as PowerPoint.

    Parameters
    ----------
    title : str
        Of the first slide.
    below : sequence of str
        What stands below it: subtitle, author, date.
    slides : sequence of Slide
        All others, as `read_slides` gives them.
    read : callable
        Gives the bytes of an image by its address.
    footer : str
        Stands on every slide.
    lang : str
        Language of all text.

    Returns
    -------
    bytes
        pptx, 16:9. Every title is in a title placeholder and said once; the same slides give the same bytes.

    Raises
    ------
    RenderError
        If a slide has more than fits on it.
    """
    deck = new_deck(lang)
    about = deck.core_properties
    about.title, about.language, about.author, about.last_modified_by = title, lang, "", ""
    about.created = about.modified = MADE
    about.revision = 1
    layouts = {layout.name: layout for layout in deck.slide_layouts}
    writer = _Writer(read, footer, lang)
    opening = deck.slides.add_slide(layouts["Title"])
    writer.write(
        opening, LAYOUTS["Title"][0], title, {BODY: [Paragraph([Run(line)]) for line in below]}, {}, []
    )
    for slide, said in zip(slides, tell_apart([title, *(s.title for s in slides)])[1:], strict=True):
        name, texts, visuals = lay_out(slide)
        made = deck.slides.add_slide(layouts[name])
        _colour(made, slide.background)
        writer.write(made, LAYOUTS[name][0], said, texts, visuals, slide.notes)
    target = io.BytesIO()
    deck.save(target)
    return write_again(target.getvalue())


class _Writer:
    """Fills the placeholders of slides."""

    def __init__(self, read: Callable[[str], bytes], footer: str, lang: str) -> None:
        self.read, self.footer, self.lang = read, footer, lang
        self.number = 0

    def write(
        self,
        made: Made,
        boxes: Sequence[Box],
        title: str,
        texts: dict[int, list[Paragraph]],
        visuals: dict[int, Visual],
        notes: Sequence[str],
    ) -> None:
        self.number += 1
        places = {box.index: box for box in boxes}
        self._fill(made, places[TITLE], [Paragraph([Run(title)])], title)
        for index, paragraphs in texts.items():
            if paragraphs:
                self._fill(made, places[index], paragraphs, title)
        for index, visual in visuals.items():
            self._show(made, places[index], visual, title)
            caption = CAPTION_BOX if index == VISUAL else CAPTION_2
            if visual.caption:
                self._fill(made, places[caption], visual.caption, title)
                _move_below(made, places[index], places[caption])
        for shape in list(made.placeholders):  # nothing empty is left to be read out
            if shape.has_text_frame and not shape.text_frame.text:
                shape._element.getparent().remove(shape._element)
        self._add_foot(made)
        if notes:
            made.notes_slide.notes_text_frame.text = "\n".join(notes)
            for run in made.notes_slide.notes_text_frame._txBody.iter(qn("a:r")):
                run.get_or_add_rPr().set("lang", self.lang)

    def _fill(self, made: Made, box: Box, paragraphs: Sequence[Paragraph], what: str) -> None:
        """Write paragraphs into a placeholder, smaller than its layout says if need be."""
        size = fit_text(paragraphs, box.width, box.height, box.size, bold=box.bold, what=what)
        frame = _place(made, box.index).text_frame
        for number, paragraph in enumerate(paragraphs):
            line = frame.paragraphs[0] if number == 0 else frame.add_paragraph()
            line.level = min(paragraph.level, 4)
            if box.bullets:
                _mark(line._p.get_or_add_pPr(), paragraph)
            for run in paragraph.runs:
                self._add_run(line, run, size if size < box.size or paragraph.level else None)

    def _add_run(self, line: object, run: Run, size: float | None) -> None:
        made = line.add_run()
        made.text = run.text
        made._r.get_or_add_rPr().set("lang", self.lang)
        if size:
            made.font.size = Pt(size)
        if run.bold:
            made.font.bold = True
        if run.italic:
            made.font.italic = True
        if run.code:
            made.font.name = "Consolas"
        if run.link:
            made.hyperlink.address = run.link

    def _show(self, made: Made, box: Box, visual: Visual, what: str) -> None:
        if isinstance(visual, Grid):
            self._add_table(_place(made, box.index), box, visual, what)
            return
        if not visual.source.lower().endswith((".png", ".jpg", ".jpeg")):
            raise RenderError("PowerPoint takes PNG and JPEG pictures", construct=visual.source)
        picture = _place(made, box.index).insert_picture(io.BytesIO(self.read(visual.source)))
        wide, high = picture.image.size
        picture.crop_left = picture.crop_right = picture.crop_top = picture.crop_bottom = 0
        scale = min(box.width / wide, box.height / high)
        picture.width, picture.height = Emu(int(wide * scale)), Emu(int(high * scale))
        picture.left = Emu(box.left)
        picture.top = Emu(box.top)
        picture._element.nvPicPr.cNvPr.set("descr", visual.alt)

    def _add_table(self, place: object, box: Box, grid: Grid, what: str) -> None:
        """A real table, as large as its text can be in its box."""
        n_columns = max(map(len, grid.rows))
        frame = place.insert_table(rows=len(grid.rows), cols=n_columns)
        table = frame.table
        table.first_row, table.horz_banding = grid.headed, False
        widths = _share(grid, n_columns, box.width)
        for column, width in zip(table.columns, widths, strict=True):
            column.width = Emu(width)
        size, heights = fit_table(grid.rows, widths, box.height, 14, what=what)
        for cells, row, height in zip(grid.rows, table.rows, heights, strict=True):
            row.height = Emu(height)
            for number, text in enumerate(cells):
                self._fill_cell(
                    row.cells[number], text, size, number < len(grid.numeric) and grid.numeric[number]
                )
        frame.height = Emu(sum(heights))
        caption = " ".join(p.text for p in grid.caption)
        frame._element.nvGraphicFramePr.cNvPr.set("descr", caption or f"Table: {what}")

    def _fill_cell(self, cell: object, text: str, size: float, numeric: bool) -> None:
        cell.margin_top = cell.margin_bottom = Emu(0)
        line = cell.text_frame.paragraphs[0]
        self._add_run(line, Run(text), size)
        if numeric:
            line._p.get_or_add_pPr().set("algn", "r")

    def _add_foot(self, made: Made) -> None:
        """Footer and number, which python-pptx does not take over from the layout."""
        ids = [int(e.get("id")) for e in made.shapes._spTree.iter(qn("p:cNvPr"))]
        style = f'<a:rPr lang="{self.lang}"><a:solidFill><a:schemeClr val="accent3"/></a:solidFill></a:rPr>'
        number = f'<a:fld id="{FIELD}" type="slidenum">{style}<a:t>{self.number}</a:t></a:fld>'
        footer = f"<a:r>{style}<a:t>{escape(self.footer, quote=False)}</a:t></a:r>" if self.footer else ""
        parts = [("ftr", FOOTER, "Footer", footer), ("sldNum", NUMBER, "Slide number", number)]
        for place, (kind, index, name, inner) in enumerate(parts, max(ids) + 1):
            made.shapes._spTree.append(
                parse_xml(
                    f'<p:sp xmlns:a="{_A}" xmlns:p="{_P}"><p:nvSpPr><p:cNvPr id="{place}" name="{name}"/>'
                    f'<p:cNvSpPr><a:spLocks noGrp="1"/></p:cNvSpPr><p:nvPr><p:ph type="{kind}" sz="quarter" '
                    f'idx="{index}"/></p:nvPr></p:nvSpPr><p:spPr/><p:txBody><a:bodyPr/><a:lstStyle/>'
                    f"<a:p>{inner}</a:p></p:txBody></p:sp>"
                )
            )


def _move_below(made: Made, visual: Box, caption: Box) -> None:
    """Put a caption right below its chart or table, which is seldom as high as its place."""
    shown, words = _place(made, visual.index), _place(made, caption.index)
    words.left, words.width, words.height = Emu(caption.left), Emu(caption.width), Emu(caption.height)
    words.top = Emu(min(shown.top + shown.height + 60_000, caption.top))


def _colour(made: Made, background: str) -> None:
    """Give a slide a light background of its own; a section's is its layout's."""
    if re.fullmatch(r"#[0-9a-fA-F]{6}", background) and int(background[1:3], 16) > 0x7F:
        made.background.fill.solid()
        made.background.fill.fore_color.rgb = RGBColor.from_string(background[1:].upper())


def _place(made: Made, index: int) -> object:
    return next(p for p in made.placeholders if p.placeholder_format.idx == index)


def _mark(properties: etree._Element, paragraph: Paragraph) -> None:
    """Bullet as the master has it, a number, or none."""
    if paragraph.mark == "bullet":
        return
    if paragraph.mark == "number":
        properties.set("marL", str(NUMBERED * (paragraph.level + 1)))
        properties.set("indent", str(-NUMBERED))
        properties.append(parse_xml(f'<a:buClr xmlns:a="{_A}"><a:schemeClr val="tx1"/></a:buClr>'))
        properties.append(parse_xml(f'<a:buFont xmlns:a="{_A}" typeface="+mj-lt"/>'))
        properties.append(parse_xml(f'<a:buAutoNum xmlns:a="{_A}" type="arabicPeriod"/>'))
        return
    properties.set("marL", "0")
    properties.set("indent", "0")
    properties.append(parse_xml(f'<a:buNone xmlns:a="{_A}"/>'))


def _share(grid: Grid, n_columns: int, width: int) -> list[int]:
    """Widths of columns by their longest text."""
    longest = [
        min(max((len(r[n]) for r in grid.rows if n < len(r)), default=1), 40) + 3 for n in range(n_columns)
    ]
    return [width * length // sum(longest) for length in longest]
