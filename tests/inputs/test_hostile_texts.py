"""Texts made to mislead: what a reader cannot see is never counted apart, printed or obeyed by a terminal."""

from __future__ import annotations

import pytest

from analysis_lib.inputs import InputError
from analysis_lib.inputs.errors import Rejection, visible, without_invisible

from .conftest import TEACHING, teaching

ROW = "E54000054,2022-01,Attended,GP,Telephone,Same Day,10"
INVISIBLE = ["\u200b", "\u202e", "\u2066", "\ufeff", "\u00ad", "\x07", "\x7f", "\u2060"]


@pytest.mark.parametrize("sign", INVISIBLE, ids=ascii)
def test_a_label_is_what_a_reader_sees_of_it(folder, sign):
    folder.write("a.csv", "\n".join([TEACHING, ROW, ROW.replace("Telephone", f"Tele{sign}phone{sign}"), ""]))
    loaded = folder.load()
    assert loaded.attendance["mode"].unique().tolist() == ["Telephone"]
    assert loaded.attendance["n_appointments"].sum() == 20
    raw = loaded.raw_labels.set_index("raw_value")["normalised_value"]
    assert raw[visible(f"Tele{sign}phone{sign}")] == "Telephone"  # what stood there can be told
    assert sign not in "".join(loaded.raw_labels["raw_value"])


@pytest.mark.parametrize("sign", INVISIBLE, ids=ascii)
def test_codes_and_column_names_too(folder, sign):
    row = ROW.replace("E54000054", f"E5400{sign}0054")
    header = TEACHING.replace("hcp_type", f"hcp{sign}_type")
    folder.write("a.csv", "\n".join([header, ROW, row, ""]))
    assert folder.load().attendance["icb_code"].unique().tolist() == ["E54000054"]


def test_a_total_or_a_name_under_cover_is_still_one(folder):
    folder.write("a.csv", "\n".join([TEACHING, ROW, ROW.replace("Telephone", "To\u200btal"), ""]))
    assert "totals" in folder.rejection().problem


def test_letters_of_any_language_stay(folder):
    folder.write("a.csv", "\n".join([TEACHING, ROW.replace("Telephone", "Ffôn שלום 電話 é"), ""]))
    assert folder.load().attendance["mode"].unique().tolist() == ["Ffôn שלום 電話 é"]


@pytest.mark.parametrize("label", ["<script>x</script>", "a|b", "=1+1", "[x](javascript:y)", "{{< var a >}}"])
def test_a_new_label_is_kept_as_it_is_and_warned(folder, label):
    folder.write("a.csv", "\n".join([TEACHING, ROW.replace("Telephone", label), ""]))
    loaded = folder.load()
    assert loaded.attendance["mode"].unique().tolist() == [label]
    assert any(repr(label) in warning for warning in loaded.warnings)


@pytest.mark.parametrize(
    "name", ["a\x1b[31m\nb.csv", "\u202evsc.csv", "a\udcff.csv", "a\u200b.csv"], ids=ascii
)
def test_a_file_name_is_written_out(folder, name):
    folder.write(name, teaching(5))
    loaded = folder.load()
    assert loaded.quality["file"].tolist() == [visible(name)]
    (folder.path / "inner\x1b").mkdir()
    folder.write("note\x07.md", "")
    folder.write("bad\x1b.csv", "appointments,y\x1b[2J\n1,2\n")
    report = folder.check()
    text = report.to_text()
    assert not [c for c in text.replace("\n", "") if not c.isprintable()]
    assert r"inner\x1b/" in text
    assert r"note\x07.md" in text
    text.encode("utf-8")
    with pytest.raises(InputError) as caught:
        folder.load()
    assert "\x1b" not in str(caught.value)


def test_member_and_sheet_names_are_written_out_and_cut(folder):
    folder.zip("a.zip", {"in\u202evsc\x1b.csv": teaching(5), "no\x1bte.txt": ""})
    member = folder.load().quality["file"].tolist()
    assert member == [r"a.zip/in\u202evsc\x1b.csv"]
    assert folder.check().ignored == [r"a.zip/no\x1bte.txt"]
    (folder.path / "a.zip").unlink()
    header, cells = TEACHING.split(","), ROW.split(",")
    folder.xlsx("b.xlsx", {"<b>\u202e{{< x >}}": [header, cells]})
    assert folder.load().quality["file"].tolist() == ["b.xlsx/<b>\\u202e{{< x >}}"]


def test_a_rejection_is_short_and_shows_everything():
    found = Rejection("f\u202e" * 1000, "p\x1b", "e", "r", 1, "c\n")
    assert max(len(text) for text in (found.file, found.problem, found.column)) <= 500
    assert (found.problem, found.column) == (r"p\x1b", r"c\n")


def test_very_long_names_of_columns_are_cut(folder):
    folder.write("a.csv", f"{TEACHING},{'x' * 5000}\n{ROW},1\n")
    assert max(map(len, folder.load().warnings)) < 200
    folder.write("a.csv", f"appointments,{'x' * 5000},{'x' * 5000}\n1,2,3\n")
    assert len(folder.rejection().to_text()) < 1500


@pytest.mark.parametrize(
    ("text", "seen"),
    [("a b", "a b"), ("a\u00a0b", "a b"), ("\t=1", "=1"), ("a\u2028b", "a b"), ("\u200b", "")],
)
def test_what_a_reader_sees(text, seen):
    assert without_invisible(text) == seen
    assert visible("a\u00a0b") == "a\u00a0b"
