"""A planted identifier is found in each of the files, and so is whatever may run or load in them."""

from __future__ import annotations

import io
import json
import zipfile

import pytest
from cells import code_cell, make_project, shown
from released_tables import plant

from analysis_lib.identifiers import CANARIES
from website.scan import scan_site
from website.takeaway import make_takeaway, prepare_lists

CANARY = next(iter(CANARIES))


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """Findings in files that were made of a table with an identifier in it."""
    root = make_project(tmp_path_factory.mktemp("planted") / "project")
    table = f"| Mode | Who |\n|:--|:--|\n| Telephone | {CANARY} |"
    cells = [
        {"cell_type": "raw", "metadata": {}, "source": "---\ntitle: Planted\n---"},
        code_cell('#| label: tbl-mode\n#| tbl-cap: "A table"\nshow()', shown(markdown=table)),
    ]
    notebook = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    (root / "report" / "notebooks" / "02_planted.ipynb").write_text(json.dumps(notebook))
    slides = (root / "slides.qmd").read_text().replace("01_small.ipynb#tbl-mode", "02_planted.ipynb#tbl-mode")
    (root / "slides.qmd").write_text(slides)
    plant(root, {"planted": f"mode,who\nTelephone,{CANARY}\n"})
    prepare_lists(root)
    make_takeaway(root, root / "results")
    made = root / "report" / "takeaway"
    return {(finding.kind, finding.file) for finding in scan_site(made, made / "report.typ")}


@pytest.mark.parametrize("name", ["slides.pptx", "tables.xlsx", "report.html", "report.typ"])
def test_an_identifier_in_a_table_is_found(found, name):
    assert ("canary identifier", name) in found


TABLE = '<a:tbl xmlns:a="a"><a:tr><a:tc><a:t>nhs_number</a:t></a:tc></a:tr></a:tbl>'


@pytest.fixture
def kinds(tmp_path):
    def scan(name, data):
        (tmp_path / name).write_bytes(data)
        return {finding.kind for finding in scan_site(tmp_path)}

    return scan


def changed(data, name, text):
    """The same zip file with one more member, or another one in its place."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(target, "w") as new:
        for member in old.namelist():
            if member != name:
                new.writestr(member, old.read(member))
        new.writestr(name, text)
    return target.getvalue()


def relation(kind):
    target = 'Target="https://example.org/a" TargetMode="External"'
    return f'<Relationship Id="r" Type="http://x/relationships/{kind}" {target}/>'


def paragraph(text):
    runs = "".join(f"<a:r><a:t>{part}</a:t></a:r>" for part in (text[:3], text[3:]))
    return f'<p:sld xmlns:a="x" xmlns:p="y"><a:p>{runs}</a:p></p:sld>'


@pytest.mark.parametrize(
    ("member", "text", "kind"),
    [
        ("ppt/slides/slide1.xml", paragraph("9434765919"), "NHS number"),  # in two runs
        ("ppt/slides/slide1.xml", paragraph(CANARY), "canary identifier"),
        ("ppt/slides/slide1.xml", f'<p:cNvPr descr="by {CANARY}"/>', "canary identifier"),
        ("ppt/notesSlides/notesSlide1.xml", paragraph("see /home/someone/x.csv"), "absolute path"),
        ("ppt/slides/slide1.xml", TABLE, "identifier column"),
        ("ppt/slides/_rels/slide1.xml.rels",
         relation("image"),
         "remote request"),
        ("ppt/vbaProject.bin", "x", "element that loads or sends"),
        ("ppt/embeddings/sheet.xlsx", "x", "element that loads or sends"),
        ("ppt/media/film.mp4", "x", "element that loads or sends"),
    ],
)  # fmt: skip
def test_a_presentation_is_read_as_a_whole(taken, kinds, member, text, kind):
    clean = taken.read("slides.pptx")
    assert kinds("slides.pptx", clean) == set()
    assert kind in kinds("slides.pptx", changed(clean, member, text))


def test_a_link_to_follow_is_no_request(taken, kinds):
    linked = changed(taken.read("slides.pptx"), "ppt/slides/_rels/slide1.xml.rels", relation("hyperlink"))
    assert kinds("slides.pptx", linked) == set()


def test_a_pdf_that_runs_was_set_from_another_text_or_is_none_is_found(taken, kinds):
    clean = taken.read("report.pdf")
    assert kinds("report.pdf", clean) == {"PDF whose words were not read"}
    assert kinds("report.typ", taken.read("report.typ")) == set()
    action = b"<< /Type /Action /S /JavaScript /JS (app.alert(1)) >>"
    assert kinds("report.pdf", clean.replace(b"%%EOF", action + b"\n%%EOF")) == {
        "element that loads or sends"
    }
    assert kinds("report.typ", taken.read("report.typ") + b" ") >= {"PDF whose words were not read"}
    assert kinds("report.pdf", b"PK\x03\x04") == {"cannot be read"}
    assert kinds("slides.pptx", b"%PDF-1.7") == {"cannot be read"}
