"""The second deck and the scoping page: there as a whole with their notebook's facts, and else nowhere."""

from __future__ import annotations

import io
import json
import re

import pytest
from cells import ROOT
from lxml import html
from pptx import Presentation
from synthetic import LONGEST, PAPERS, make_papers, quoted
from takeaway.released_tables import TABLES, plant

from website import shape
from website.render import render_site
from website.takeaway import make_takeaway, prepare_lists

OF_NOTEBOOK = re.compile(r"synthetic|scoping")


@pytest.fixture(scope="module")
def papers(tmp_path_factory):
    """A site with both, and its files to take away."""
    root = make_papers(tmp_path_factory.mktemp("papers") / "project")
    plant(root, TABLES)
    prepare_lists(root)
    make_takeaway(root, root / "results")
    render_site(root, root / "_site")
    return root


@pytest.fixture(scope="module")
def slides(papers):
    return html.parse(str(papers / "_site" / "synthetic-slides.html")).xpath("//section[h1 or h2]")


def save(folder, names):
    (folder / "facts").mkdir(exist_ok=True)
    facts = {name: {"text": LONGEST} for name in names}
    (folder / "facts" / "synthetic.json").write_text(json.dumps({"facts": facts, "tables": {}}))
    return shape.describe(ROOT, folder)


def test_without_the_facts_neither_is_in_any_list(tmp_path):
    for names in ((), quoted("facts") - {"use"}):  # nor with all but one, which the deck does not quote
        settings = save(tmp_path, names)
        assert {f"!{path}" for path in PAPERS} <= set(settings["project"]["render"])
        assert not OF_NOTEBOOK.search(json.dumps([settings["website"], settings["has"]["report"]]))


def test_the_deck_quotes_only_what_the_page_quotes_so_both_go_together():
    deck, page = PAPERS
    assert shape.read_needs(ROOT / deck) == [page]
    assert shape.read_needs(ROOT / page) == ["all"]
    assert quoted("facts") == quoted("facts", page)


def test_with_the_facts_both_are_listed_once(tmp_path):
    settings = save(tmp_path, quoted("facts"))
    assert not {f"!{path}" for path in PAPERS} & set(settings["project"]["render"])
    listed = json.dumps(settings["website"]["sidebar"])
    assert [listed.count(f'"{path}"') for path in PAPERS] == [1, 1]
    assert {"scoping", "synthetic_slides"} <= settings["has"]["report"].keys()


def test_a_page_that_is_left_out_misses_no_notebook(tmp_path):
    (tmp_path / "notebooks").mkdir()
    page = "[more](report/notebooks/09_gone.ipynb)\n"
    (tmp_path / "index.qmd").write_text("---\ntitle: A\n---\n")
    (tmp_path / "more.qmd").write_text(f"---\ntitle: B\nneeds: demo.rate\n---\n{page}")
    assert shape.list_absent(tmp_path, tmp_path / "results") == []
    (tmp_path / "more.qmd").write_text(f"---\ntitle: B\n---\n{page}")
    assert shape.list_absent(tmp_path, tmp_path / "results") == ["09_gone.ipynb"]


def test_every_deck_is_a_file_to_take_away_by_its_own_name(papers):
    folder = papers / "report" / "takeaway"
    assert {path.name for path in folder.glob("*.pptx")} == {"slides.pptx", "synthetic-slides.pptx"}
    said = (folder / "lists.ipynb").read_text(encoding="utf-8")
    links = re.findall(r"\[([\w ]+)\]\(/report/takeaway/([\w-]+\.pptx)\)", said)
    assert links == [
        ("Missed appointments in general practice", "slides.pptx"),
        ("Synthetic data for the demand model", "synthetic-slides.pptx"),
    ]


def test_the_powerpoint_has_every_slide_and_its_notes(papers, slides):
    made = Presentation(io.BytesIO((papers / "report" / "takeaway" / "synthetic-slides.pptx").read_bytes()))
    titles = [" ".join(s.findtext("h2").split()) for s in slides[1:]]
    for number, (title, slide) in enumerate(zip(titles, list(made.slides)[1:], strict=True)):
        assert slide.shapes.title.text.startswith(title), number
        assert slide.has_notes_slide, title


def test_the_deck_has_twelve_slides_each_a_sentence_with_notes(slides):
    assert len(slides) == 1 + 12
    for slide in slides[1:]:
        words = slide.findtext("h2").split()
        assert len(words) >= 7, f"a headline says what was found: {' '.join(words)}"
        assert len(slide.xpath("string(aside)").split()) > 30
    assert "Simulated data." in slides[1].text_content()


def test_neither_says_a_method_s_name_where_the_board_would_not_know_it(papers):
    for path in PAPERS:
        words = (ROOT / path).read_text()
        assert not re.search(r"AUC|\bTSTR|\bDCR|pMSE|epsilon|\bp-value|hyper", words), path
        assert not re.search(r"\n[^|\n]*;", words.split("---\n", 2)[2]), f"{path}: one sentence, one thought"


def test_the_page_shows_what_the_notebook_has_and_leads_to_both(papers):
    page = html.parse(str(papers / "_site" / "report" / "scoping.html"))
    assert len(page.xpath("//main//img")) == sum(label.startswith("fig-") for label in quoted("cells"))
    assert page.xpath("//main//*[@id='tbl-synthetic-which']//table")
    links = page.xpath("//main//a/@href")
    assert {"notebooks/07_synthetic_data.html", "../synthetic-slides.html"} <= set(links)
