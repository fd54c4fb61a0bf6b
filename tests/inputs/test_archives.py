"""Zip archives: members are read like files, and nothing unsafe is unpacked."""

from __future__ import annotations

import stat
import zipfile

import pytest

from analysis_lib.inputs import archive

from .conftest import duration, regional, regional_row, teaching


def test_members_are_recognised_by_header_and_clutter_ignored(folder):
    members = {
        "north.csv": regional(regional_row("15F", "2023-06-01", 4)),
        "sub/long.csv": duration(("06JUN2023", "6-10 Minutes", 3)),
        "__MACOSX/._north.csv": b"\0\1\2",
        ".DS_Store": b"\0",
        "readme.txt": "hello",
    }
    folder.zip("any name.zip", members)
    loaded = folder.load()
    assert loaded.attendance["n_appointments"].sum() == 4
    assert loaded.duration["n_appointments"].sum() == 3
    assert loaded.quality["file"].tolist() == ["any name.zip/north.csv", "any name.zip/sub/long.csv"]
    assert folder.check().ignored == ["any name.zip/readme.txt"]


@pytest.mark.parametrize(
    "name", ["../out.csv", "/etc/out.csv", "a/../../out.csv", "C:/out.csv", "..\\out.csv"]
)
def test_a_path_outside(folder, name):
    folder.zip("a.zip", {name: teaching(1)})
    assert "points outside" in folder.rejection().problem


def test_a_link(folder):
    path = folder.path / "a.zip"
    link = zipfile.ZipInfo("link.csv")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(path, "w") as writer:
        writer.writestr(link, "/etc/passwd")
    assert "is a link" in folder.rejection().problem


def test_a_ratio_over_200(folder):
    folder.zip("a.zip", {"a.csv": b"0" * 2_000_000})
    assert "more than 200 times" in folder.rejection().problem


@pytest.mark.parametrize(
    ("limit", "expected"), [("MAX_UNPACKED_BYTES", "at most 4 GB"), ("MAX_MEMBER_BYTES", "at most 1 GB")]
)
def test_an_archive_or_a_member_that_unpacks_to_too_much(folder, monkeypatch, limit, expected):
    monkeypatch.setattr(archive, limit, 100)
    folder.zip("a.zip", {"a.csv": teaching(1)})
    found = folder.rejection()
    assert "unpacks to" in found.problem
    assert found.expected == expected


def test_the_limits():
    assert archive.MAX_UNPACKED_BYTES == 4 * archive.MAX_MEMBER_BYTES == 4 * 1_073_741_824
    assert archive.MAX_RATIO == 200


def test_a_cut_off_archive(folder):
    path = folder.zip("a.zip", {"a.csv": teaching(*range(200))})
    path.write_bytes(path.read_bytes()[:-40])
    assert "damaged or cut off" in folder.rejection().problem


def test_a_damaged_member(folder):
    path = folder.zip("a.zip", {"a.csv": teaching(*range(500))})
    data = bytearray(path.read_bytes())
    data[120:140] = bytes(20)
    path.write_bytes(bytes(data))
    assert "damaged" in folder.rejection().problem


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"", "empty"), (b"<html>", "web page"), (b"version https://git-lfs.github.com/spec/v1\n", "Git LFS")],
)
def test_no_archive_at_all(folder, content, said):
    folder.write("a.zip", content)
    assert said in folder.rejection().problem


def test_an_archive_inside_an_archive(folder):
    inner = folder.zip("inner.zip", {"a.csv": teaching(1)})
    content = inner.read_bytes()
    inner.unlink()
    folder.zip("a.zip", {"inner.zip": content})
    assert "itself an archive" in folder.rejection().problem


def test_an_archive_without_data(folder):
    folder.zip("a.zip", {"readme.txt": "x"})
    assert "no data file" in folder.rejection().problem


def test_an_encrypted_member(folder):
    path = folder.zip("a.zip", {"a.csv": teaching(1)})
    data = bytearray(path.read_bytes())
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(mark) + offset] |= 1
    path.write_bytes(bytes(data))
    assert "encrypted" in folder.rejection().problem


def test_a_bad_member_is_named_with_its_line(folder):
    folder.zip("a.zip", {"good.csv": teaching(1), "bad.csv": teaching(1, "-1")})
    found = folder.rejection()
    assert (found.file, found.line) == ("a.zip/bad.csv", 3)


@pytest.mark.parametrize("name", ["a.xls", "a.csv.gz"])
def test_kinds_that_are_not_read_say_what_to_do(folder, name):
    folder.write(name, b"\x1f\x8b\x08")
    assert "not read" in folder.rejection().problem
