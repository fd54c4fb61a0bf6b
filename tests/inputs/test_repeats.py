"""Rows that repeat others: copies are counted once, true repeats are kept, the rest is in doubt."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from analysis_lib.inputs.describe import find_repeats

JUNE, JULY = "2023-06", "2023-07"


def table(*rows: tuple[str, str, object, int]) -> pa.Table:
    """Return a tidy table of (area, month, status, count)."""
    areas, months, labels, counts = zip(*rows, strict=True)

    def coded(values: tuple[object, ...]) -> pa.DictionaryArray:
        return pa.array([str(value) for value in values]).dictionary_encode()

    return pa.table(
        {
            "sub_icb_code": coded(areas),
            "icb_code": coded(areas),
            "month": pa.array(np.array(months, "datetime64[M]").astype("datetime64[ns]")),
            "status": coded(labels),
            "n_appointments": pa.array(counts),
        }
    )


def block(area: str, month: str, n: int = 12, add: int = 0) -> list[tuple[str, str, object, int]]:
    return [(area, month, f"label {i}", i + add) for i in range(n)]


@pytest.mark.parametrize("level", ["sub_icb", "icb"])
@pytest.mark.parametrize("times", [2, 3])
def test_an_area_and_month_that_stands_again_is_counted_once(level, times):
    rows = [*block("15F", JUNE) * times, *block("36J", JUNE), *block("15F", JULY)]
    found = find_repeats(table(*rows), level)
    assert found.copies.tolist() == [False] * 12 + [True] * 12 * (times - 1) + [False] * 24
    assert found.doubt == ""


def test_true_repeats_of_a_doubled_area_are_kept():
    true = [*block("E54", JUNE), *block("E54", JUNE)[:1]]  # of two locations of one ICB
    found = find_repeats(table(*true, *true), "icb")
    assert (found.copies.sum(), found.doubt) == (13, "")


def test_a_tenth_of_true_repeats_is_kept():
    rows = [*block("E54", JUNE, 40), *block("E54", JUNE, 40)[::10]]
    found = find_repeats(table(*rows), "icb")
    assert (found.exact.sum(), found.copies.sum(), found.doubt) == (4, 0, "")


def test_a_block_of_a_month_that_stands_again_by_icb_is_in_doubt():
    whole = block("E54", JUNE, 100)
    for again in (whole[20:32], whole[:50], whole[:90:3]):
        found = find_repeats(table(*whole, *again), "icb")
        assert not found.copies.any()
        assert f"{len(again)} row(s) stand twice in E54 in {JUNE}" in found.doubt


def test_a_part_of_a_month_that_stands_again_by_location_is_counted_once():
    rows = [*block("15F", JUNE, 100), *block("15F", JUNE, 15), *block("36J", JUNE)]
    found = find_repeats(table(*rows), "sub_icb")
    assert (found.copies.sum(), found.doubt) == (15, "")
    few = [row for n in range(6) for row in block(f"0{n}A", JUNE) + block(f"0{n}A", JUNE, 2)]
    found = find_repeats(table(*few), "sub_icb")  # two of each of six areas, and no other
    assert (found.copies.sum(), found.doubt) == (12, "")


def test_two_releases_in_one_file_are_in_doubt():
    found = find_repeats(table(*block("15F", JUNE), *block("15F", JUNE, add=1)), "sub_icb")
    assert not found.copies.any()
    assert "12 row(s) have the labels of another row" in found.doubt


@pytest.mark.parametrize("add", [0, 1])
def test_few_rows_alike_may_be_copies_or_not(add):
    found = find_repeats(table(*block("15F", JUNE), *block("15F", JUNE, 3, add=add)), "sub_icb")
    assert not found.copies.any()
    assert found.doubt.startswith(
        f"3 row(s) have the labels of another row of their area and month (15F in {JUNE})"
    )


def test_rows_that_differ_in_one_label_are_no_repeats():
    rows = [("15F", JUNE, i % 65_536, 1) for i in range(65_536)]
    assert not find_repeats(table(*rows), "sub_icb").exact.any()


def test_two_texts_for_the_same_label_are_no_copies(folder):
    """The publisher's two kinds of unknown are two rows; both are Unknown."""
    head = "SUB_ICB_LOCATION_CODE,SUB_ICB_LOCATION_ONS_CODE,SUB_ICB_LOCATION_NAME,ICB_ONS_CODE,ICB_NAME,"
    head += "REGION_ONS_CODE,REGION_NAME,APPOINTMENT_MONTH,APPT_STATUS,HCP_TYPE,APPT_MODE,"
    head += "TIME_BETWEEN_BOOK_AND_APPT,COUNT_OF_APPOINTMENTS"
    place = "15F,x,x,E54000054,x,E40000012,x,2023-06-01,Attended,GP,Telephone"
    rows = [f"{place},{lead},{n}" for lead, n in (("Unknown / Data Quality", 5), ("Unknown / Data Issue", 6))]
    folder.write("a.csv", "\n".join([head, *rows, ""]))
    folder.write("accept.txt", "")
    report = folder.check()
    assert not any("have the labels of another row" in r.problem for r in report.rejections)
    assert report.totals["attendance"] == 11


def test_labels_written_in_two_ways_in_different_months_are_no_copies(folder):
    """Month i with spelling j must not look like month j with spelling i."""
    place = "SUB_ICB_LOCATION_CODE,SUB_ICB_LOCATION_ONS_CODE,SUB_ICB_LOCATION_NAME,ICB_ONS_CODE,ICB_NAME,"
    place += "REGION_ONS_CODE,REGION_NAME,APPOINTMENT_MONTH,APPT_STATUS,HCP_TYPE,APPT_MODE,"
    place += "TIME_BETWEEN_BOOK_AND_APPT,COUNT_OF_APPOINTMENTS"
    rows = [
        f"15F,x,x,E54000054,x,E40000012,x,2023-{month:02d}-01,{status},{staff},{mode},{lead},1"
        for month in range(1, 9)
        for status in ("Attended", "DNA", "Unknown")
        for staff in ("GP", "Other Practice staff")
        for mode in ("Telephone", "Face-to-Face", "NULL" if month < 5 else "Unknown")
        for lead in ("Same Day", "1 Day")
    ]
    folder.write("a.csv", "\n".join([place, *rows, ""]))
    assert folder.load().attendance["n_appointments"].sum() == len(rows) == 288
