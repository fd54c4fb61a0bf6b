"""Tables of the same people under other names: none shows what another hides."""

import pandas as pd
import pytest

from analysis_lib.kinds import Count, Dimension
from analysis_lib.release.gate.release import release_table
from analysis_lib.release.profiles import PATIENT

PEOPLE = Count(what="people")
TENTHS = [("1", 3), ("2", 41), ("3", 30), ("4", 33)]
SEX = [("F", 3), ("M", 50)]


def table(columns, rows, count=PEOPLE, earlier=(), **more):
    """Release rows of labels and one count, or several where `count` is a dict; return the table."""
    counts = count if isinstance(count, dict) else {"n": count}
    frame = pd.DataFrame(rows, columns=[*columns.split(), *counts])
    kinds = dict.fromkeys(columns.split(), Dimension()) | counts
    return release_table(f"t{len(earlier)}", frame, PATIENT, kinds, earlier=earlier, **more)


def shown(released, column="n"):
    return [None if pd.isna(v) else v for v in released.frame[column]]


@pytest.mark.parametrize(
    ("columns", "rows", "count", "expected"),
    [
        # What is counted ties them, not the column's name
        ("sex", SEX, {"n_people": PEOPLE}, [None, None]),
        ("sex", [("F", 3), ("M", 50)], {"events": Count(what="contacts")}, [None, 50]),
        # Not said: only where all numbers are the same
        ("band", [("a", 20), ("b", 33)], {"seen": Count()}, [20, 35]),
        # A label under another name, and a total of another name
        ("gender", [("F", 3), ("M", 50)], {"n_rows": PEOPLE}, [None, None]),
    ],
)
def test_by_what_is_counted(columns, rows, count, expected):
    first = table("sex", [*SEX, ("All", 53)])
    assert shown(first) == [None, None, 55]
    assert shown(table(columns, rows, count, [first]), next(iter(count))) == expected


@pytest.mark.parametrize(("of", "names"), [(3, [None, None, 20]), (30, [50, 30, 20])])
def test_a_count_of_a_label_is_a_row_of_another_table(of, names):
    """Those outside the Core20 were shown in one table: with both in columns, their sum is not."""
    first = table("core20", [("True", of), ("False", 20)])
    yes = Count(what="people", where=(("core20", "True"),))
    no = Count(what="people", where=(("core20", "False"),))
    columns = {"n": PEOPLE, "with": yes, "without": no}
    second = table("place", [("x", of + 20, of, 20)], columns, [first])
    assert [shown(second, c)[0] for c in columns] == names


def test_tenths_in_fifths():
    tenths = table("imd_decile", TENTHS)
    assert shown(tenths) == [None, 40, 30, 35]
    fifths = table("imd_quintile", [("1", 44), ("2", 63)], earlier=[tenths])
    assert shown(fifths) == [None, 65], "44 less 41 would be shown"
    core = table("core20", [("True", 44), ("False", 63)], earlier=[tenths])
    assert shown(core)[0] is None


@pytest.mark.parametrize(
    ("fine", "coarse"),
    [
        (("0-4", "5-9", "10-19", "20+"), ("0-9", "10 and over")),
        (("0–4", "5–9", "10–19", "20+"), ("0-9", "10+")),
        (("under 5", "5 to 9", "10 to 19", "20 or over"), ("<10", "10+")),
    ],
)
def test_narrow_bands_of_age_in_wide_ones(fine, coarse):
    narrow = table("age_band", list(zip(fine, [3, 41, 30, 33], strict=True)))
    assert shown(narrow) == [None, 40, 30, 35]
    wide = table("age_band", list(zip(coarse, [44, 63], strict=True)), earlier=[narrow])
    assert shown(wide) == [None, 65]


def test_bands_that_overlap_are_held_against_each_other_where_both_begin_anew():
    first = table("age_band", [("0-15", 20), ("16-64", 30), ("65+", 3)])
    second = table("age_band", [("0-17", 24), ("18-64", 26), ("65-79", 0), ("80+", 3)], earlier=[first])
    assert shown(second) == [25, 25, 0, None]
    third = table("age_band", [("0-64", 50), ("65+", 3), ("All", 53)], earlier=[first])
    assert shown(third)[1:] == [None, None] or shown(third)[0] is None


PARTS = [("a", "x", 3), ("b", "x", 41), ("c", "y", 30), ("d", "y", 33)]


@pytest.mark.parametrize("known", ["a table", "the inputs"])
def test_small_areas_in_larger_ones(known):
    """What lies in what is learnt of tables that have both, or known of the inputs."""
    lies = {"lsoa": {"msoa": {part: whole for part, whole, _ in PARTS}}}
    if known == "a table":
        first = table("lsoa msoa", PARTS)
        assert shown(table("msoa", [("x", 44), ("y", 63)], earlier=[first])) == [None, 65]
    else:
        first = table("lsoa", [(part, n) for part, _, n in PARTS])
        assert shown(table("msoa", [("x", 44), ("y", 63)], earlier=[first], nested=[lies])) == [None, 65]


@pytest.mark.parametrize("place", [0, 2, 3])
def test_a_total_under_a_name_of_its_own(place):
    rows = [("North ward", 3), ("South ward", 21), ("West ward", 48)]
    rows.insert(place, ("Leeds", 72))
    hidden = dict(zip([name for name, _ in rows], shown(table("ward", rows)), strict=True))
    assert hidden == {"North ward": None, "South ward": None, "West ward": 50, "Leeds": 70}


def test_subtotals_among_their_parts():
    rows = [("Leeds", 72), ("North", 3), ("South", 21), ("West", 48), ("Hull", 95), ("Old", 45), ("New", 50)]
    assert shown(table("area", rows)) == [70, None, None, 50, 95, 45, 50]


def test_small_subtotals_are_seen_too():
    """10 and 35 under 40, as rounded, would leave 1 for what is hidden between them."""
    rows = [
        ("Abbey", 8),
        ("Bridge", 1),
        ("Castle", 33),
        ("Abbeyton", 42),
        ("Dale", 50),
        ("East", 21),
        ("Dalesby", 71),
    ]
    hidden = dict(zip([name for name, _ in rows], shown(table("area", rows)), strict=True))
    assert hidden["Bridge"] is None
    assert [hidden["Abbey"], hidden["Castle"], hidden["Abbeyton"]].count(None) == 1


def test_the_wards_of_a_city_and_the_city_among_others():
    wards = table("ward", [("North", 3), ("South", 21), ("West", 48)])
    cities = table("city", [("Leeds", 72), ("Hull", 90)], earlier=[wards])
    assert shown(wards) == [None, 20, 50]
    assert shown(cities) == [None, 90]


def test_a_long_table_and_a_wide_one():
    long = table("group level", [("sex", "F", 3), ("sex", "M", 50), ("age_band", "0-64", 53)])
    assert shown(long)[0] is None
    assert shown(table("sex", SEX, {"n_people": PEOPLE}, [long]), "n_people") == [None, None]
    tenths = [("imd_decile", *row) for row in TENTHS]
    fifths = [("imd_quintile", "1", 44), ("imd_quintile", "2", 63)]
    both = shown(table("group level", [*tenths, *fifths]))
    assert both[4] is None or both[1] is None


def test_rows_that_repeat_the_same_people_hide_the_same():
    """By model nothing differs: what one model's rows hide, another's may not show."""
    rows = [(model, *row) for model in ("trees", "logistic") for row in [*SEX, ("X", 60), ("All", 113)]]
    released = shown(table("model sex", rows))
    assert released[:4] == released[4:] == [None, None, 60, 115]
    once = table("sex", SEX)
    again = table("model sex", [(m, *row) for m in ("a", "b") for row in [*SEX, ("All", 53)]], earlier=[once])
    assert shown(again) == [None, 50, None] * 2, "the total would give the women back"
