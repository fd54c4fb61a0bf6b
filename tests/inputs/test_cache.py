"""Warm reads equal cold ones exactly, and a damaged cache is made again."""

from __future__ import annotations

import pandas as pd
import pytest

from analysis_lib.inputs import cache, load_appointments

from .conftest import duration, regional, regional_row, teaching

FRAMES = ("attendance", "duration", "quality", "raw_labels")


@pytest.fixture
def filled(folder):
    row = regional_row("01A", "2023-06-01", 5, icb="E54000048")
    folder.zip("a.zip", {"a.csv": regional(regional_row("15F", "2023-06-01", "*")), "b.csv": regional(row)})
    folder.write("b.csv", teaching(4, 4, month="2023-05") + "E54000054,2023-05,DNA,GP,Hologram,Same Day,1\n")
    folder.write("c.csv", duration(("01JUN2023", "1-5 Minutes", 2)))
    return folder


def same(left, right) -> None:
    for name in FRAMES:
        pd.testing.assert_frame_equal(getattr(left, name), getattr(right, name))
    assert (left.warnings, left.notes) == (right.warnings, right.notes)


def test_warm_equals_cold_with_its_warnings(filled, monkeypatch):
    without = load_appointments(filled.path, cache=False)
    cold = filled.load()
    monkeypatch.setattr(cache, "read_source", lambda *args, **kwargs: pytest.fail("read again"))
    warm = filled.load()
    same(cold, warm)
    same(without, warm)
    assert any("Hologram" in warning for warning in warm.warnings)


def test_nothing_is_written_beside_the_inputs(filled):
    before = sorted(path.name for path in filled.path.iterdir())
    filled.load()
    assert sorted(path.name for path in filled.path.iterdir()) == before
    assert len(list(filled.cache.iterdir())) == 3
    assert not list(filled.cache.glob(".new-*"))


def test_changed_content_is_read_again(filled):
    filled.load()
    filled.write("c.csv", duration(("01JUN2023", "1-5 Minutes", 9)))
    assert filled.load().duration["n_appointments"].tolist() == [9]


def test_a_renamed_file_keeps_its_entry_under_its_new_name(filled):
    filled.load()
    (filled.path / "b.csv").rename(filled.path / "d.csv")
    loaded = filled.load()
    assert len(list(filled.cache.iterdir())) == 3
    assert any(warning.startswith("d.csv: ") for warning in loaded.warnings)


@pytest.mark.parametrize("pattern", ["*/record.json", "*/0.parquet"])
@pytest.mark.parametrize("damage", ["cut", "flip", "gone"])
def test_a_damaged_entry_is_made_again(filled, pattern, damage):
    cold = filled.load()
    for path in filled.cache.glob(pattern):
        data = path.read_bytes()
        if damage == "gone":
            path.unlink()
            continue
        middle = len(data) // 2
        flipped = data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :]
        path.write_bytes(data[:middle] if damage == "cut" else flipped)
    same(cold, filled.load())
    same(cold, filled.load())
    assert len(list(filled.cache.glob("*/0.parquet"))) == 3


def test_a_table_that_is_not_the_one_stored_is_read_again(filled):
    cold = filled.load()
    tables = sorted(filled.cache.glob("*/0.parquet"))
    wrong = tables[0].read_bytes()
    for path in tables[1:]:
        path.write_bytes(wrong)
    same(cold, filled.load())


@pytest.mark.parametrize("changed", ["_SOURCE", "SYNONYMS"])
def test_another_reader_reads_again_and_keeps_its_own(filled, monkeypatch, changed):
    filled.load()
    before = {path.name for path in filled.cache.iterdir()}
    monkeypatch.setattr(cache, changed, b"otherwise")
    filled.load()
    after = {path.name for path in filled.cache.iterdir()}
    assert len(after) == 3
    assert not after & before


def test_a_cache_that_cannot_be_written_is_done_without(filled):
    filled.cache.write_text("a file where the folder should be")
    assert filled.load().duration["n_appointments"].sum() == 2


def test_rejected_files_are_not_cached(folder):
    folder.write("a.csv", teaching("-1"))
    assert not folder.check().ok
    assert not folder.check().ok
    assert not folder.cache.exists() or not list(folder.cache.iterdir())
