"""Which layout a slide takes, and what of it goes into which placeholder."""

from __future__ import annotations

from collections.abc import Sequence

from website.render.errors import RenderError
from website.takeaway.slides.layouts import BODY, SECOND, VISUAL, VISUAL_2
from website.takeaway.slides.read import Grid, Paragraph, Picture, Slide, Visual


def tell_apart(titles: Sequence[str]) -> list[str]:
    """Titles, with a number behind one that was there before: a screen reader lists slides by title."""
    told: list[str] = []
    for title in titles:
        number, said = 2, title
        while said in told:
            said, number = f"{title} ({number})", number + 1
        told.append(said)
    return told


def lay_out(slide: Slide) -> tuple[str, dict[int, list[Paragraph]], dict[int, Visual]]:
    """Name of the layout for a slide, text by placeholder, and charts and tables by placeholder."""
    visuals = [visual for column in slide.columns for visual in column.visuals]
    texts = [column.text for column in slide.columns if column.text]
    if slide.section:
        return "Section", {BODY: [p for text in texts for p in text]}, _none_of(visuals, slide)
    if not visuals:
        if len(texts) < 2 or slide.columns[0].width == 1.0:
            return "Text", {BODY: [p for text in texts for p in text]}, {}
        return "Two columns of text", {BODY: texts[0], SECOND: [p for t in texts[1:] for p in t]}, {}
    points = [p for text in texts for p in text]
    if len(visuals) == len(slide.columns) == 1 and not any(p.mark for p in points) and len(points) < 3:
        visuals[0].caption += points  # a line or two below a chart that has the slide to itself
        points, slide.columns[0].text = [], []
    if len(visuals) == 1:
        return _beside(slide, visuals[0]), {BODY: points} if points else {}, {VISUAL: visuals[0]}
    if len(visuals) > 2 or any(isinstance(visual, Grid) for visual in visuals):
        _none_of(visuals, slide)
    name = "Two charts and points" if points else "Two charts"
    return name, {BODY: points} if points else {}, dict(zip((VISUAL, VISUAL_2), visuals, strict=True))


def _beside(slide: Slide, visual: Visual) -> str:
    """Layout of a slide with one chart or table."""
    kind = "Chart" if isinstance(visual, Picture) else "Table"
    if not any(column.text for column in slide.columns):
        return kind
    words_first = (
        bool(slide.columns[0].text) and not slide.columns[0].visuals and slide.columns[0].width < 1.0
    )
    return "Points and chart" if words_first and kind == "Chart" else f"{kind} and points"


def _none_of(visuals: Sequence[Visual], slide: Slide) -> dict[int, Visual]:
    if visuals:
        raise RenderError(
            "two charts, or one table, go on a slide in PowerPoint, and none on a section's: make two of it",
            construct=slide.title[:60],
        )
    return {}
