"""The report in one page and as PDF: all of it, in order, with every link and picture inside."""

from __future__ import annotations

import io
import json
import re
import shutil
from html import unescape

import pytest
from cells import make_project
from pypdf import PdfReader

from website.render.source import Line
from website.scan.hidden import Canaries
from website.scan.page import scan_page
from website.takeaway import make_takeaway
from website.takeaway.figures import say_size
from website.takeaway.pages import APART, _without_links_to_files, gather, join
from website.takeaway.pdf import set_pdf, write_typst


@pytest.fixture(scope="module")
def page(taken):
    return taken.read("report.html").decode()


@pytest.fixture(scope="module")
def pdf(taken):
    return PdfReader(io.BytesIO(taken.read("report.pdf")))


def words(html):
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def test_every_link_within_leads_somewhere(page):
    anchors = re.findall(r'\sid="([^"]+)"', page)
    assert len(anchors) == len(set(anchors))
    addresses = re.findall(r'<a\b[^>]*\shref="([^"]+)"', page)
    inside = {a[1:] for a in addresses if a.startswith("#")}
    assert inside <= set(anchors) and len(inside) > 20
    assert [a for a in addresses if not a.startswith(("#", "https://", "http://", "mailto:"))] == []


def test_links_between_pages_lead_to_chapters(page):
    assert '<a href="#p3-sec-licence">Open Government Licence</a>' in page
    assert '<span class="file">' in page  # a table is a file of its own


@pytest.mark.parametrize("path", APART)
def test_a_link_to_a_page_that_is_in_no_file_becomes_its_words(tmp_path, path):
    root = make_project(tmp_path / "project")
    settings = (root / "_quarto.yml").read_text()
    (root / "_quarto.yml").write_text(settings.replace("- index.qmd", f"- index.qmd\n    - {path}", 1))
    (root / path).write_text("---\ntitle: Apart\n---\n\nApart.\n")
    with (root / "index.qmd").open("a") as index:
        index.write(f"\nSee [what is apart]({path}).\n")
    first = join(gather(root)).chapters[0]
    assert 'See <span class="file">what is apart</span>.' in first.html


def test_it_runs_nothing_and_loads_nothing(page):
    assert "<script" not in page and "script-src" not in page
    assert "default-src 'none'" in page
    sources = re.findall(r'<img\b[^>]*\ssrc="([^"]{0,30})', page)
    assert len(sources) >= 5 and all(s.startswith("data:image/") for s in sources)
    assert [hit[0] for hit in scan_page(page, Canaries())] == []


def test_one_title_and_headings_in_order(page):
    levels = [int(n) for n in re.findall(r"<h([1-6])[\s>]", page)]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after <= before + 1 for before, after in zip(levels, levels[1:], strict=False))


def test_it_says_what_the_pages_say(taken, page):
    said = words(page)
    for path in taken.gathered.texts:
        for paragraph in re.findall(r"<p>([^<]{40,})</p>", taken.gathered.parts[path]["body"]):
            assert words(paragraph) in said


def test_banner_provenance_and_contents_are_kept(page):
    assert "Simulated input: no figure on this page describes real" in words(page)
    assert "Made from appointments.csv" in words(page)
    contents = page.partition('id="contents"')[2].partition("</nav>")[0]
    chapters = re.findall(r'<li><a href="#(p\d)">([^<]+)</a>', contents)
    assert chapters == [  # as the sidebar has them
        ("p1", "Missed appointments in general practice"),
        ("p2", "A small notebook"),
        ("p3", "Methods"),
    ]


def test_section_that_leads_to_the_files_is_in_none_of_them():
    lines = ["## One", "a", "## Take it away {#take-away}", "b", "### Below", "## Two", "c"]
    left = [
        line.text for line in _without_links_to_files([Line(text, "x", n) for n, text in enumerate(lines)])
    ]
    assert left == ["## One", "a", "## Two", "c"]


def test_pdf_is_tagged_named_and_in_english(pdf):
    catalogue = pdf.trailer["/Root"]
    assert bool(catalogue["/MarkInfo"]["/Marked"])
    assert str(catalogue["/Lang"]).startswith("en")
    assert pdf.metadata.title == "Missed appointments in general practice"
    assert catalogue["/ViewerPreferences"]["/DisplayDocTitle"]
    assert b"pdfuaid:part" in pdf.xmp_metadata.stream.get_data()
    assert pdf.metadata.creation_date is None


def test_pdf_has_bookmarks_page_numbers_and_the_banner_on_every_page(pdf):
    titles = [entry["/Title"] for entry in pdf.outline if not isinstance(entry, list)]
    assert titles[-3:] == ["Missed appointments in general practice", "A small notebook", "Methods"]
    for number, page in enumerate(pdf.pages[1:], 2):
        text = page.extract_text()
        assert f"Page {number} of {len(pdf.pages)}" in text
        assert "Simulated input" in text


def test_pdf_pictures_say_what_they_show(taken, pdf):
    source = taken.read("report.typ").decode()
    pictures = re.findall(r"image\(\"[^\"]+\", width: \d+%, alt: \"([^\"]*)", source)
    assert len(pictures) >= 5 and all(pictures)
    objects = [pdf.get_object(number) for number in pdf.xref[0]]
    figures = [o for o in objects if isinstance(o, dict) and o.get("/S") == "/Figure"]
    assert [str(figure["/Alt"]) for figure in figures] == pictures


def test_code_is_left_out_of_the_pdf_and_folded_boxes_are_open(taken):
    source = taken.read("report.typ").decode()
    assert "plot_rate" not in source and "pd.read" not in source
    assert "no patients" in source  # of a folded callout


def test_two_builds_are_the_same_bytes(taken):
    source = write_typst(join(taken.gathered))
    assert source.encode() == taken.read("report.typ")
    assert set_pdf(source, taken.gathered) == taken.read("report.pdf")


def test_a_failure_leaves_no_stale_file(taken, tmp_path, monkeypatch):
    root = tmp_path / "copy"
    shutil.copytree(taken.root, root)

    def fail(*_):
        raise ValueError("no PDF today")

    monkeypatch.setattr("website.takeaway.run.set_pdf", fail)
    with pytest.raises(ValueError, match="no PDF today"):
        make_takeaway(root, root / "results")
    assert not (root / "report" / "takeaway" / "report.pdf").exists()


def test_sizes_are_written_for_people():
    assert [say_size(n) for n in (300, 45_400, 100_000, 2_140_000)] == ["1 KB", "45 KB", "0.1 MB", "2.1 MB"]


def test_the_list_names_every_file_with_its_size(taken):
    listed = json.loads(taken.read("lists.ipynb"))["cells"][1]["outputs"][0]["data"]["text/markdown"]
    for name in ("slides.pptx", "report.pdf", "report.html", "tables.xlsx"):
        size = say_size(len(taken.read(name)))
        assert re.search(rf"\(/report/takeaway/{re.escape(name)}\) \(\w+, {re.escape(size)}\)", listed)
