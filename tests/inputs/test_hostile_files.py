"""Files made to harm: bombs, false names and poisoned records are refused before they are unpacked."""

from __future__ import annotations

import ast
import io
import json
import struct
import sys
import warnings
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from analysis_lib.inputs import archive, cache, guard, sheets
from analysis_lib.inputs.archive import sha256
from analysis_lib.inputs.guard import check_workbook
from analysis_lib.inputs.hashtags import CELL_LIMIT, parse_entities

from .conftest import TEACHING, teaching

HEADER = TEACHING.split(",")
CELLS = ["E54000054", "2022-01", "Attended", "GP", "Telephone", "Same Day", "10"]


def pack(members: list[tuple[str, str | bytes]], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(buffer, "w", method) as writer:
        warnings.simplefilter("ignore")  # about names that stand twice
        for name, content in members:
            writer.writestr(name, content)
    return buffer.getvalue()


def declare(data: bytes, size: int) -> bytes:
    """Make the only member of an archive say that it unpacks to `size` bytes."""
    changed, at = bytearray(data), data.rindex(b"PK\x01\x02")
    changed[22:26] = changed[at + 24 : at + 28] = struct.pack("<I", size)
    return bytes(changed)


# --- archives


def test_a_false_size_is_found_before_everything_is_unpacked(folder, monkeypatch):
    monkeypatch.setattr(archive, "PIECE_BYTES", 1000)
    asked = []
    real = zipfile.ZipExtFile.read
    monkeypatch.setattr(zipfile.ZipExtFile, "read", lambda self, n=-1: asked.append(n) or real(self, n))
    folder.write("a.zip", declare(pack([("a.csv", b"0" * 5_000_000)]), 800))
    assert "damaged" in folder.rejection().problem
    assert set(asked) == {1000}


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_packings_that_cannot_be_unpacked_in_part_are_refused(folder, method):
    folder.write("a.zip", pack([("a.csv", teaching(1))], method))
    assert "packed in a way that is not read" in folder.rejection().problem


def test_two_members_of_one_name(folder):
    folder.write("a.zip", pack([("a.csv", teaching(5)), ("a.csv", teaching(6))]))
    assert folder.rejection().problem == "two members are named 'a.csv'"


def test_members_that_share_their_bytes(folder):
    data = pack([("a.csv", teaching(1)), ("b.csv", teaching(1))])
    at = data.rindex(b"PK\x01\x02")
    folder.write("a.zip", data[: at + 42] + struct.pack("<I", 0) + data[at + 46 :])  # the second is the first
    assert not folder.check().ok


@pytest.mark.parametrize("name", ["abc.csvXtxt", "x" * 251 + ".csv"])
def test_names_that_are_no_names(folder, name):
    data = pack([(name, teaching(5))])
    folder.write("a.zip", data.replace(b"abc.csvXtxt", b"abc.csv\0txt"))
    assert "NUL byte, or of over 250 characters" in folder.rejection().problem


def test_a_backslash_in_a_name_is_only_a_sign(folder):
    folder.write("a.zip", pack([("sub\\a.csv", teaching(5))]))
    assert folder.load().quality["file"].tolist() == ["a.zip/sub\\a.csv"]


def test_very_many_members(folder, monkeypatch):
    monkeypatch.setattr(archive, "MAX_MEMBERS", 3)
    folder.write("a.zip", pack([(f"{i}.csv", "") for i in range(4)]))
    assert folder.rejection().problem == "the archive has 4 members"


# --- workbooks

NS = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
BOOK = f'<workbook {NS} xmlns:r="{REL}"><sheets>{{}}</sheets></workbook>'
SHEET = '<sheet name="S{0}" sheetId="{1}" r:id="rId1"/>'


def workbook(rows: str, *, shared: str = "", sheets: int = 1, before: str = "", **more: str | bytes) -> bytes:
    packages = "http://schemas.openxmlformats.org/package/2006"
    links = f'<Relationships xmlns="{packages}/relationships">{{}}</Relationships>'
    link = '<Relationship Id="rId{}" Type="' + REL + '/{}" Target="{}"/>'
    to = [link.format(1, "worksheet", "worksheets/sheet1.xml")]
    to += [link.format(2, "sharedStrings", "sharedStrings.xml")] if shared else []
    members = {
        "[Content_Types].xml": f'<Types xmlns="{packages}/content-types"/>',
        "_rels/.rels": links.format(link.format(1, "officeDocument", "xl/workbook.xml")),
        "xl/workbook.xml": BOOK.format("".join(SHEET.format(i, i + 1) for i in range(sheets))),
        "xl/_rels/workbook.xml.rels": links.format("".join(to)),
        "xl/worksheets/sheet1.xml": f"{before}<worksheet {NS}><sheetData>{rows}</sheetData></worksheet>",
        **({"xl/sharedStrings.xml": f"<sst {NS}>{shared}</sst>"} if shared else {}),
        **more,
    }
    return pack(list(members.items()), zipfile.ZIP_STORED)


FAR = [
    '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>',
    "<row r='1048576'><c s='1' r='ZZ1048576'><v>1</v></c></row>",
    '<row><x:c s=">" r="XFD1048576"><v>1</v></x:c></row>',
    '<row r="4294967295"><c r="A4294967295"><v>1</v></c></row>',
    "<row>" + "<c><v>1</v></c>" * 20_000 + "</row>" + "<row><c/></row>" * 3_000,
]


@pytest.mark.parametrize("rows", FAR, ids=range(len(FAR)))
def test_a_cell_in_the_far_corner_is_not_laid_out(folder, rows):
    folder.write("a.xlsx", workbook('<row r="1"><c r="A1"><v>1</v></c></row>' + rows))
    found = folder.rejection()
    assert "so far out" in found.problem
    assert "Delete the columns and rows beyond the table" in found.remedy


def test_cells_without_references_and_a_remark_to_the_right_are_read(folder):
    def row(cells: list[str]) -> str:
        return "<row>" + "".join(f'<c t="inlineStr"><is><t>{c}</t></is></c>' for c in cells) + "</row>"

    assert check_workbook(workbook(row(HEADER) + row(CELLS))) == 1
    folder.write("a.xlsx", workbook(row(HEADER) + row(CELLS)))
    assert folder.load().attendance["n_appointments"].tolist() == [10]
    folder.path.joinpath("a.xlsx").unlink()
    folder.xlsx("b.xlsx", {"Data": [HEADER, [*CELLS, *[None] * 60, "a remark"]]})
    assert folder.load().attendance["n_appointments"].tolist() == [10]


def test_entities_are_not_expanded_and_not_fetched(folder):
    inside = "".join(f'<!ENTITY e{i + 1} "{f"&e{i};" * 10}">' for i in range(9))
    secret = folder.path.parent / "secret.txt"
    secret.write_text("E54000054")
    doctype = f'<!DOCTYPE x [<!ENTITY e0 "ha">{inside}<!ENTITY f SYSTEM "{secret.as_uri()}">]>'
    for entity in ("&e9;", "&f;"):
        row = f'<row r="1"><c r="A1" t="inlineStr"><is><t>{entity}</t></is></c></row>'
        folder.write("a.xlsx", workbook(row, before=doctype))
        assert not folder.check().ok
        assert "E54000054" not in folder.check().to_text()


def test_one_part_listed_as_very_many_sheets(folder):
    folder.write("a.xlsx", workbook('<row r="1"><c r="A1"><v>1</v></c></row>', sheets=50))
    assert "more sheets are listed than there are" in folder.rejection().problem


def test_a_long_text_in_very_many_cells(folder, monkeypatch):
    monkeypatch.setattr(guard, "MAX_REPEATED_BYTES", 50_000)
    rows = "".join(f'<row r="{i}"><c r="A{i}" t="s"><v>0</v></c></row>' for i in range(1, 21))
    folder.write("a.xlsx", workbook(rows, shared=f"<si><t>{'x' * 3000}</t></si>"))
    assert "long texts in very many cells" in folder.rejection().problem


def test_a_workbook_that_hides_its_size(folder):
    data = workbook("<row/>" * 10)
    at = data.index(b"xl/worksheets/sheet1.xml", data.index(b"PK\x01\x02")) - 46
    folder.write("a.xlsx", data[: at + 24] + struct.pack("<I", 20) + data[at + 28 :])
    assert "damaged" in folder.rejection().problem


def test_a_sheet_in_another_encoding_is_not_looked_past(folder):
    sheet = (
        f'<?xml version="1.0" encoding="UTF-16"?><worksheet {NS}><sheetData>{FAR[0]}</sheetData></worksheet>'
    )
    folder.write("a.xlsx", workbook("", **{"xl/worksheets/sheet2.xml": sheet.encode("utf-16")}))
    assert "no UTF-8 text" in folder.rejection().problem


@pytest.mark.parametrize("name", ["xl/workbook.bin", "content.xml"])
def test_another_kind_of_workbook_in_disguise(folder, name):
    folder.write("a.xlsx", workbook("", **{name: "x"}))
    assert folder.rejection().problem == "not an .xlsx workbook inside"


def test_macros_and_links_to_other_workbooks_lie_still(folder):
    path = folder.xlsx("a.xlsx", {"Data": [HEADER, CELLS, [*CELLS[:-1], "=1+[1]Other!A1"]]})
    with zipfile.ZipFile(path, "a") as book:
        book.writestr("xl/vbaProject.bin", b"\xcc\x61 macro")
        book.writestr("xl/externalLinks/externalLink1.xml", '<externalLink r:id="https://x.invalid/"/>')
    path.rename(folder.path / "a.xlsm")
    # The formula has no stored value: it is never computed, nor taken for a blank count.
    assert "a formula without a stored value in cell G3 of sheet 'Data'" in folder.rejection().problem


# --- Parquet, and the cache, which is Parquet and JSON


def coded(n: int, text: str) -> bytes:
    column = pa.DictionaryArray.from_arrays(pa.array(np.zeros(n, np.int32)), pa.array([text]))
    buffer = io.BytesIO()
    pq.write_table(pa.table(dict.fromkeys(HEADER, column)), buffer, compression="zstd")
    return buffer.getvalue()


def test_parquet_that_repeats_a_text_stays_coded(folder):
    data = coded(2_000_000, "x" * 150)  # 2.1 GB, if every cell held its text
    assert len(data) < 1_000_000
    before = pa.total_allocated_bytes()
    table = sheets.read_parquet_text(data)
    assert table.n_rows == 2_000_000
    assert pa.total_allocated_bytes() - before < 100_000_000


def test_parquet_of_very_many_cells(folder, monkeypatch):
    monkeypatch.setattr(sheets, "MAX_PARQUET_CELLS", 100)
    folder.write("a.parquet", coded(15, "x"))
    assert folder.rejection().problem == "105 cells"


def test_parquet_with_nulls_and_numbers_reads_as_before(folder):
    frame = pd.DataFrame([CELLS, CELLS], columns=HEADER).assign(count_of_appointments=[3.0, None])
    frame.to_parquet(folder.path / "a.parquet")
    loaded = folder.load()
    assert loaded.attendance["n_appointments"].tolist() == [3]
    assert loaded.quality["n_missing"].tolist() == [1]


@pytest.mark.parametrize(
    "body",
    ["[" * 50_000, "[]", '{"parts": [1]}', '{"parts": [], "ignored": [], "checksums": 1}'],
    ids=["deep", "list", "numbers", "checksums"],
)
def test_a_forged_record_is_read_again(folder, body):
    folder.write("a.csv", teaching(5))
    folder.load()
    (record,) = folder.cache.glob("*/record.json")
    record.write_text(f"{sha256(body.encode())}\n{body}")
    source = cache.open_source_cached(folder.path / "a.csv", folder.cache)
    if body.startswith('{"parts": []'):
        source.read.parts = cache.open_source_cached(folder.path / "a.csv", None).read.parts
    assert source.table("attendance, teaching").num_rows == 1


# --- JSON and settings

BAD_JSON = ["[" * 100_000, '{"a":' * 100_000, "9" * 6000, '{"x": NaN}', '{"x": 1e999}', '{"x": -Infinity}']


@pytest.mark.parametrize("name", ["manifest.json", "truth.json"])
@pytest.mark.parametrize("text", [*BAD_JSON, "\udcff", '"' + "x" * (1 << 24) + '"'], ids=range(8))
def test_json_made_to_harm_is_a_named_error(folder, name, text):
    made = sha256(folder.write("a.csv", teaching(5)).read_bytes())
    folder.write("manifest.json", json.dumps({"simulated": True, "files": [{"sha256": made}]}))
    folder.write(name, text.encode("utf-8", "surrogateescape"))
    found = folder.rejection()
    assert (found.file, found.problem) == (name, "not readable JSON")


@pytest.mark.parametrize("files", [None, {}, [{"sha256": [1]}], [{"sha256": None}], ["x"]])
def test_a_manifest_that_lists_no_file_makes_none_simulated(folder, files):
    folder.write("a.csv", teaching(5))
    folder.write("manifest.json", json.dumps({"simulated": True, "files": files}))
    assert "not one of the simulated files" in folder.rejection().problem


def test_settings_nested_without_end(folder):
    folder.write("a.csv", teaching(5))
    folder.write("inputs.toml", "a=" + "[" * 20_000)
    assert folder.rejection().problem == "not readable settings"


# --- literals in cells of tweets

LITERALS = ["[" + "-" * 9000 + "1]", "[" + "9" * 9000 + "]", "[{" * 3000, "[(" * 90 + "1" + ")]" * 90]
LITERALS += ["['a']*99999999", "['a'][0]", "['a'].pop()", "[b'x']", "[f'{x}']", "[*'ab']", "['a'], 1", "[\0]"]
LITERALS += ["[" + "+".join(["1"] * 3000) + "]", "[" + "a" + ".a" * 4900 + "]", "[{'a': 1}]", r"['\d', 1]"]


@pytest.mark.parametrize("cell", LITERALS, ids=range(len(LITERALS)))
@pytest.mark.filterwarnings("error")
def test_literals_made_to_harm_give_no_tag_and_are_counted(cell):
    assert len(cell) <= CELL_LIMIT
    parsed = parse_entities(pa.array([cell]))
    assert parsed.tags.empty
    assert parsed.n_malformed == 1


# --- nothing anywhere runs what it reads

LIBRARY = sorted(Path(sys.modules["analysis_lib"].__file__).parent.rglob("*.py"))
MODULES = {"pickle", "cPickle", "marshal", "shelve", "dill", "cloudpickle", "joblib", "ctypes"}
CALLS = {"eval", "exec", "__import__", "read_pickle", "to_pickle", "extractall", "system", "popen"}


@pytest.mark.parametrize("path", LIBRARY, ids=lambda p: "/".join(p.parts[-2:]))
def test_nothing_unpickles_evaluates_unpacks_to_disk_or_calls_a_shell(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = {(node.module or "").split(".")[0]} if isinstance(node, ast.ImportFrom) else set()
            names |= {alias.name.split(".")[0] for alias in node.names}
            assert not names & MODULES, node.lineno
        if isinstance(node, ast.Call):
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            owner = getattr(getattr(node.func, "value", None), "id", "")
            assert name not in CALLS, (name, node.lineno)
            assert (owner, name) not in {("yaml", "load"), ("yaml", "unsafe_load"), ("yaml", "full_load")}
            given = {k.arg: getattr(k.value, "value", None) for k in node.keywords}
            assert not (given.get("shell") or given.get("allow_pickle")), node.lineno
