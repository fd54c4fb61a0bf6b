"""All that workbooks, presentations, PDFs, pictures and fonts say beside what a program shows is read."""

import base64
import io
import struct
import zipfile
import zlib

import openpyxl
import pptx
import pypdf
import pytest
from openpyxl.chart import BarChart, Reference
from openpyxl.comments import Comment
from openpyxl.packaging.custom import StringProperty
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.datavalidation import DataValidation
from pypdf.annotations import FreeText
from pypdf.generic import DecodedStreamObject, NameObject, TextStringObject

from tests.release.planted import NUMBER, SPACED
from website.scan import digest_source, scan_site
from website.scan.parts import HELD

POSTCODE = "LS1 4AP"


def find(folder, name, data):
    (folder / name).write_bytes(data)
    found = scan_site(folder)
    assert NUMBER not in str(found)
    return found


def kinds(folder, name, data):
    return {f.kind for f in find(folder, name, data)}


# --- workbooks and presentations ---


def validate(sheet, **said):
    rule = DataValidation(type="list", sqref="A1:A9", **said)
    sheet.add_data_validation(rule)


def chart(book, sheet, said):
    sheet["A1"], sheet["A2"] = "n", 10
    drawn = BarChart()
    drawn.add_data(Reference(sheet, min_col=1, min_row=1, max_row=2), titles_from_data=True)
    drawn.title = said
    sheet.add_chart(drawn)


WORKBOOK = {
    "choices": lambda book, sheet, said: validate(sheet, formula1=f'"a,{said}"'),
    "prompt": lambda book, sheet, said: validate(sheet, formula1='"a,b"', prompt=said),
    "error": lambda book, sheet, said: validate(sheet, formula1='"a,b"', error=said),
    "comment": lambda book, sheet, said: setattr(sheet["A1"], "comment", Comment(said, "A")),
    "author of a comment": lambda book, sheet, said: setattr(sheet["A1"], "comment", Comment("a", said)),
    "defined name": lambda book, sheet, said: book.defined_names.add(DefinedName("a", attr_text=f'"{said}"')),
    "header": lambda book, sheet, said: setattr(sheet.oddHeader.left, "text", said),
    "footer": lambda book, sheet, said: setattr(sheet.evenFooter.center, "text", said),
    "title": lambda book, sheet, said: setattr(book.properties, "title", said),
    "keywords": lambda book, sheet, said: setattr(book.properties, "keywords", said),
    "last author": lambda book, sheet, said: setattr(book.properties, "lastModifiedBy", said),
    "own property": lambda book, sheet, said: own(book, said),
    "name of a sheet": lambda book, sheet, said: setattr(sheet, "title", said),
    "number format": lambda book, sheet, said: setattr(sheet["A1"], "number_format", f'"{said}"0'),
    "link's tip": lambda book, sheet, said: link(sheet, said),
    "chart": chart,
    "hidden sheet": lambda book, sheet, said: hide(book.create_sheet("b"), "hidden", said),
    "very hidden sheet": lambda book, sheet, said: hide(book.create_sheet("b"), "veryHidden", said),
    "hidden column": lambda book, sheet, said: hide_column(sheet, said),
}  # fmt: skip


def link(sheet, said):
    sheet["A1"] = "a"
    sheet["A1"].hyperlink = "#b!A1"
    sheet["A1"].hyperlink.tooltip = said


def hide_column(sheet, said):
    sheet["C3"], sheet.column_dimensions["C"].hidden = said, True


def own(book, said):
    book.custom_doc_props.append(StringProperty(name="a", value=said))


def hide(sheet, how, said):
    sheet["B2"], sheet.sheet_state = said, how


def workbook(plant, said):
    book = openpyxl.Workbook()
    plant(book, book.active, said)
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


@pytest.mark.parametrize("place", WORKBOOK)
def test_an_identifier_is_found_wherever_a_workbook_holds_it(tmp_path, place):
    for said, kind in ((NUMBER, "NHS number"), (POSTCODE, "postcode")):
        assert kind in kinds(tmp_path, "a.xlsx", workbook(WORKBOOK[place], said))
    assert kinds(tmp_path, "a.xlsx", workbook(WORKBOOK[place], "Kent")) == set()


def with_part(data, name, content):
    target = io.BytesIO(data)
    with zipfile.ZipFile(target, "a") as archive:
        archive.writestr(name, content)
    return target.getvalue()


NAMESPACE = "http://schemas.microsoft.com/office/spreadsheetml/2018/threadedcomments"
THREAD = f'<a xmlns="{NAMESPACE}"><threadedComment ref="A1"><text>%s</text></threadedComment></a>'
CACHE = (
    '<c:chartSpace xmlns:c="http://schemas.openxmlformats.org/drawingml/2006/chart"><c:strCache>'
    '<c:pt idx="0"><c:v>%s</c:v></c:pt></c:strCache></c:chartSpace>'
)
DRAWN = '<xdr:a xmlns:xdr="x"><xdr:cNvPr id="2" name="Picture" descr="%s"/></xdr:a>'
RUNS = '<a:x xmlns:a="a"><a:p><a:r><a:t>%s</a:t></a:r><a:r><a:t>%s</a:t></a:r></a:p></a:x>'
PARTS = {
    "threaded comment": ("xl/threadedComments/threadedComment1.xml", THREAD % SPACED, "NHS number"),
    "person": ("xl/persons/person.xml", f'<a><person displayName="{SPACED}"/></a>', "NHS number"),
    "cache of a chart": ("xl/charts/chart9.xml", CACHE % NUMBER, "NHS number"),
    "alternative text": ("xl/drawings/drawing9.xml", DRAWN % SPACED, "NHS number"),
    "runs of a text box": ("xl/drawings/drawing9.xml", RUNS % (NUMBER[:4], NUMBER[4:]), "NHS number"),
    "escaped": ("xl/drawings/drawing9.xml", DRAWN % f"_x{ord(NUMBER[0]):04x}_{NUMBER[1:]}", "NHS number"),
    "small count": ("xl/drawings/drawing9.xml", DRAWN % "three patients", "small count of people in words"),
    "column": ("xl/tables/table1.xml", '<a><tableColumn id="1" name="NHS number"/></a>', "identifier column"),
    "name": ("xl/names.xml", "<a><definedName name='person_id'>b</definedName></a>", "identifier column"),
    "printer": ("xl/printerSettings/a1.bin", b"\1\2" + SPACED.encode("utf-16-le"), "NHS number"),
    "photograph": ("xl/media/a.jpeg", b"\xff\xd8\xff\xe1" + f"ID {SPACED} ID".encode(), "NHS number"),
    "rows of a pivot table": ("xl/pivotCache/pivotCacheRecords1.xml", "<a/>", HELD),
    "another workbook": ("xl/externalLinks/externalLink1.xml", "<a/>", HELD),
    "database": ("xl/connections.xml", "<a/>", HELD),
    "program": ("xl/vbaProject.bin", b"a", "element that loads or sends"),
    "broken": ("xl/drawings/drawing9.xml", "<a>", "cannot be read"),
}  # fmt: skip


@pytest.mark.parametrize("place", PARTS)
def test_parts_that_no_cell_shows_are_read(tmp_path, place):
    name, content, kind = PARTS[place]
    plain = workbook(lambda book, sheet, said: None, "")
    found = find(tmp_path, "a.xlsx", with_part(plain, name, content))
    assert {(f.kind, f.part) for f in found} == {(kind, name.rpartition("/")[2])}


@pytest.mark.parametrize("place", ["title", "comments", "notes", "name of a shape", "two runs"])
def test_an_identifier_is_found_wherever_a_presentation_holds_it(tmp_path, place):
    deck = pptx.Presentation()
    slide = deck.slides.add_slide(deck.slide_layouts[5])
    if place in ("title", "comments"):
        setattr(deck.core_properties, place, SPACED)
    elif place == "notes":
        slide.notes_slide.notes_text_frame.text = SPACED
    elif place == "name of a shape":
        slide.shapes.title.name = SPACED
    else:
        paragraph = slide.shapes.title.text_frame.paragraphs[0]
        paragraph.add_run().text, paragraph.add_run().text = NUMBER[:3], NUMBER[3:]
    target = io.BytesIO()
    deck.save(target)
    assert "NHS number" in kinds(tmp_path, "a.pptx", target.getvalue())


@pytest.mark.parametrize("name", ["a.docx", "a.epub", "a.ods", "a.odt", "a.xlsm", "a.xls", "a.rtf"])
def test_files_that_nobody_reads_are_not_published(tmp_path, name):
    (tmp_path / "a.html").write_text("<p>a</p>")
    assert kinds(tmp_path, name, b"PK\3\4") == {"file of a kind that is not published"}


# --- PDF ---

SOURCE = "the text that it was set from"
TITLE = f"/Title ({digest_source(SOURCE)})"


def pdf(*objects):
    body = b"%PDF-1.7\n" + b"".join(
        b"%d 0 obj\n%s\nendobj\n" % (n, o if isinstance(o, bytes) else o.encode("latin-1"))
        for n, o in enumerate((f"<< {TITLE} >>", *objects), 1)
    )
    return body + b"trailer << /Root 1 0 R >>\n%%EOF\n"


def stream(about, data, packed=True):
    data = zlib.compress(data) if packed else data
    about = f"<< {about} {'/Filter /FlateDecode' if packed else ''} /Length {len(data)} >>\nstream\n"
    return about.encode() + data + b"\nendstream"


LETTERS = b" 5 ".join(b"(%c)" % c for c in NUMBER.encode())
WORDS = f"BT ({SPACED}) Tj ET".encode()
UTF16 = b"\xfe\xff" + SPACED.encode("utf-16-be")
OCTAL = "".join(f"\\{ord(c):03o}" for c in SPACED)
XMP = f'<?xpacket begin=""?><x:a xmlns:x="x" xmlns:d="d"><d:title>{SPACED}</d:title></x:a><?xpacket end="w"?>'
STRINGS = {
    "letters": f"<< /Author ({SPACED}) >>",
    "octal": f"<< /Author ({OCTAL}) >>",
    "broken line": f"<< /Author ({SPACED[:5]}\\\n{SPACED[5:]}) >>",
    "brackets": f"<< /Author (a (b \\( {SPACED}) c) >>",
    "UTF-16": b"<< /Author (" + UTF16 + b") >>",
    "UTF-16, little end first": b"<< /Author (\xff\xfe" + SPACED.encode("utf-16-le") + b") >>",
    "UTF-8": b"<< /Author (\xef\xbb\xbf" + SPACED.encode() + b") >>",
    "hexadecimal": f"<< /Author <{SPACED.encode().hex()}> >>",
    "hexadecimal, spaced": f"<< /Author <{' '.join(SPACED.encode().hex())}> >>",
    "UTF-16, hexadecimal": f"<< /Author <{UTF16.hex().upper()}> >>",
    "annotation": f"<< /Type /Annot /Subtype /Text /Contents <{UTF16.hex()}> >>",
    "alternative text": f"<< /S /Figure /Alt ({SPACED}) >>",
    "field": f"<< /FT /Tx /V ({SPACED}) /TU (a) >>",
    "address": f"<< /S /URI /URI (https://example.org/?nhs={NUMBER}) >>",
    "XMP": stream("/Type /Metadata /Subtype /XML", XMP.encode(), packed=False),
    "XMP, packed": stream("/Type /Metadata /Subtype /XML", XMP.encode()),
    "XMP in UTF-16": stream("/Type /Metadata", XMP.encode("utf-16"), packed=False),
    "object in a stream": stream("/Type /ObjStm /N 1 /First 4", b"9 0 << /Author (" + UTF16 + b") >>"),
    "words of a page": stream("", WORDS),
    "words letter by letter": stream("", b"BT [" + LETTERS + b"] TJ ET"),
    "in base 85": stream("/Filter /ASCII85Decode", base64.a85encode(WORDS) + b"~>", packed=False),
}  # fmt: skip


@pytest.mark.parametrize("place", STRINGS)
def test_an_identifier_is_found_in_every_string_of_a_pdf(tmp_path, place):
    (tmp_path / "a.typ").write_text(SOURCE)
    assert kinds(tmp_path, "a.pdf", pdf()) == set()
    assert kinds(tmp_path, "a.pdf", pdf(STRINGS[place])) == {"NHS number"}


@pytest.mark.parametrize(
    ("added", "kind"),
    [
        ("<< /NHS#20Number (a) >>", "identifier column"),
        ("<< /Author (three patients) >>", "small count of people in words"),
        ("<< /Encrypt 3 0 R >>", "cannot be read"),
        (stream("/Filter /LZWDecode", b"a", packed=False), "cannot be read"),
        (stream("/Filter /FlateDecode", b"a", packed=False), "cannot be read"),
        (stream("/Type /ObjStm /DecodeParms << /Predictor 12 >>", b"a"), "cannot be read"),
        (stream("/Type /Metadata", b"<a>"), "cannot be read"),
        ("<< /S /JavaScript /JS (a) >>", "element that loads or sends"),
    ],
)
def test_what_a_pdf_may_not_hold_or_hide(tmp_path, added, kind):
    (tmp_path / "a.typ").write_text(SOURCE)
    assert kinds(tmp_path, "a.pdf", pdf(added)) == {kind}


@pytest.mark.parametrize("place", ["property", "bookmark", "note", "attachment's name", "XMP"])
def test_a_pdf_as_a_program_writes_it_is_read(tmp_path, place):
    writer = pypdf.PdfWriter()
    writer.add_blank_page(200, 200)
    said = f"№ {SPACED}"  # not of Latin 1
    if place == "property":
        writer.add_metadata({"/Title": said})
    elif place == "bookmark":
        writer.add_outline_item(title=said, page_number=0)
    elif place == "note":
        writer.add_annotation(0, FreeText(text=said, rect=(1, 1, 50, 50)))
    elif place == "attachment's name":
        writer.add_attachment(said, b"a")
    else:
        xmp = DecodedStreamObject()
        xmp.set_data(XMP.encode())
        xmp[NameObject("/Type")] = NameObject("/Metadata")
        xmp[NameObject("/Title")] = TextStringObject("a")
        writer.root_object[NameObject("/Metadata")] = writer._add_object(xmp)
    target = io.BytesIO()
    writer.write(target)
    assert "NHS number" in kinds(tmp_path, "a.pdf", target.getvalue())


def test_a_bracket_in_what_is_no_string_hides_nothing(tmp_path):
    (tmp_path / "a.typ").write_text(SOURCE)
    odd = b"5 0 obj << /Length 3 >>\nstream (\x01( endstream endobj\n"
    assert kinds(tmp_path, "a.pdf", pdf(odd, f"<< /Author ({SPACED}) >>")) == {"NHS number"}


def test_an_earlier_revision_is_read(tmp_path):
    (tmp_path / "a.typ").write_text(SOURCE)
    old, new = pdf(f"<< /Author ({SPACED}) >>"), b"2 0 obj\n<< /Author (a) >>\nendobj\ntrailer << >>\n%%EOF\n"
    assert kinds(tmp_path, "a.pdf", old + new) == {"NHS number"}


# --- pictures and fonts ---


def chunk(name, body):
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


EMPTY = (
    b"\x89PNG\r\n\x1a\n"
    + chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    + chunk(b"IDAT", zlib.compress(b"\0\x80"))
)


@pytest.mark.parametrize(
    ("name", "body", "kind"),
    [
        (b"tEXt", f"Comment\0{SPACED}".encode(), "NHS number"),
        (b"tEXt", b"Comment\0three patients", "small count of people in words"),
        (b"tEXt", b'Comment\0{"person_id": 1}', "identifier column"),
        (b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + XMP.encode(), "NHS number"),
        (b"zTXt", b"a\0\0" + zlib.compress(b"\xff\xfe" + SPACED.encode("utf-16-le")), "NHS number"),
        (b"iCCP", b"a\0\0" + zlib.compress(b"\0\1desc\0\0" + SPACED.encode()), "NHS number"),
        (b"eXIf", b"MM\0*" + SPACED.encode("utf-16-le"), "NHS number"),
        (b"prVt", b"\0\1" + SPACED.encode() + b"\0", "NHS number"),
    ],
)  # fmt: skip
def test_every_chunk_of_a_png_that_is_no_dots_is_read(tmp_path, name, body, kind):
    assert kinds(tmp_path, "a.png", EMPTY + chunk(b"IEND", b"")) == set()
    assert kinds(tmp_path, "a.png", EMPTY + chunk(name, body) + chunk(b"IEND", b"")) == {kind}


@pytest.mark.parametrize("name", ["a.ttf", "a.woff", "a.eot", "a.ico"])
def test_what_a_font_says_is_read_and_its_shapes_are_not(tmp_path, name):
    said, shapes = b"\0\0" + SPACED.encode("utf-16-be"), bytes(3000) + NUMBER.encode()
    data = b"\0\0\1\0" + bytes(40) + said
    if name == "a.ttf":
        tables = b"name" + struct.pack(">III", 0, 44, len(said)) + b"glyf" + struct.pack(">III", 0, 90, 3000)
        data = b"\0\1\0\0" + struct.pack(">H", 2) + bytes(6) + tables + said + shapes
    if name == "a.woff":
        packed = zlib.compress(said)
        table = b"name" + struct.pack(">IIII", 64, len(packed), len(said), 0)
        data = b"wOFF" + bytes(8) + struct.pack(">H", 1) + bytes(30) + table + packed + shapes
    assert kinds(tmp_path, name, data) == {"NHS number"}
    if name in ("a.ttf", "a.woff"):
        assert kinds(tmp_path, name, data.replace(b"name", b"glyf")) == set()
