"""A column leaves as what it was declared: neither its dtype nor its name decides."""

from decimal import Decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from analysis_lib import measures
from analysis_lib.kinds import Count, Dimension, Estimate, Plain, Rank
from analysis_lib.release import open_store
from analysis_lib.release.gate.release import release_table
from analysis_lib.release.profiles import PATIENT

COUNTS = [3, 12, 41]


class Extract:
    profile = "patient"


@pytest.fixture
def save(tmp_path):
    return open_store("mine", Extract, folder=tmp_path).save_table


def of_area(column, values=COUNTS):
    return pd.DataFrame({"area": ["Ash", "Elm", "Oak"], "n_people": [40, 50, 60], column: values})


DTYPES = {
    "text": lambda counts: counts.astype(str),
    "text of pandas": lambda counts: counts.astype("string"),
    "category": lambda counts: counts.astype("category"),
    "category of text": lambda counts: counts.astype(str).astype("category"),
    "decimal": lambda counts: counts.map(Decimal),
    "duration": lambda counts: pd.to_timedelta(counts, unit="D"),
    "date": lambda counts: pd.Timestamp("2024-01-01") + pd.to_timedelta(counts, unit="D"),
    "interval": lambda counts: pd.arrays.IntervalArray.from_arrays(counts - 1, counts),
    "yes or no": lambda counts: counts < 8,
    "object": lambda counts: counts.astype(object),
    "with a unit": lambda counts: counts.astype(str) + " people",
    "spelt": lambda counts: counts.map({3: "three", 12: "twelve", 41: "forty-one"}),
    "signed": lambda counts: counts.map("+{}".format),
    "float": lambda counts: counts.map("{:.1f}".format),
    "percent": lambda counts: counts.map("{}%".format),
    "bytes": lambda counts: counts.map(lambda n: str(n).encode()),
    "spelt with a unit": lambda counts: counts.map({3: "three people", 12: "12 people", 41: "41 people"}),
    "lists": lambda counts: counts.map(lambda n: [n]),
    "arrays": lambda counts: counts.map(lambda n: np.array([n, n])),
}


@pytest.mark.parametrize(
    "column", ["visits", "setting", "age_band", "month", "msoa", "level", "imd_decile", "is_search"]
)
@pytest.mark.parametrize("dtype", DTYPES)
def test_counts_of_any_dtype_leave_under_no_name_of_a_label(save, dtype, column):
    if (dtype, column) == ("yes or no", "is_search"):
        pytest.skip("yes and no are what such a label has")
    frame = of_area(column, pd.Series(DTYPES[dtype](pd.Series(COUNTS))))
    with pytest.raises(ValueError, match=f"'{column}'"):
        save("mine", frame)


@pytest.mark.parametrize("levels", ["words", "codes", "bands", "dates", "months", "flags", "names"])
@pytest.mark.parametrize("dtype", ["text", "category", "decimal", "duration", "interval", "object", "bytes"])
def test_a_declared_label_is_held_against_its_levels(save, dtype, levels):
    frame = of_area("visits", pd.Series(DTYPES[dtype](pd.Series(COUNTS))))
    with pytest.raises(ValueError, match="none of its levels|[Dd]eclare them Count"):
        save("mine", frame, {"visits": Dimension(levels)})


@pytest.mark.parametrize(
    ("values", "line"),
    [
        (["urban", "rural", "rural"], 'Dimension("words")'),
        (["0-4", "5-14", "85+"], 'Dimension("bands")'),
        (["E54000027", "92G", "M1J4Y"], 'Dimension("codes")'),
        ([True, False, None], 'Dimension("flags")'),
        (pd.date_range("2024-01-01", periods=3, freq="MS"), 'Dimension("months")'),
        (pd.date_range("2024-01-30", periods=3), 'Dimension("dates")'),
        ([3, 12, 41], 'Count(what="ward_type")'),
        ([Decimal(3), Decimal(12), Decimal(41)], 'Count(what="ward_type")'),
        ([0.25, 0.5, 0.1], 'Estimate(("n_people",))'),
    ],
)
def test_the_refusal_says_the_one_line_to_add_and_it_is_enough(save, values, line):
    frame = of_area("ward_type", values)
    added = f'columns={{"ward_type": {line}}}'
    with pytest.raises(ValueError) as refused:
        save("mine", frame)
    assert "'mine'" in str(refused.value)
    assert added in str(refused.value)
    assert "urban" not in str(refused.value)
    given = eval(added.partition("=")[2], {"Dimension": Dimension, "Count": Count, "Estimate": Estimate})
    shown = save("mine", frame, given)
    assert shown["ward_type"].isna().tolist() == (
        [True, False, False] if "Count" in line else [False] * 3
    ) or (values[2] is None)


def test_a_label_without_levels_is_refused_with_the_line_that_says_them(save):
    with pytest.raises(ValueError, match=r'columns=\{"ward_type": Dimension\("words"\)\}'):
        save("mine", of_area("ward_type", ["urban", "rural", "rural"]), {"ward_type": Dimension()})
    told_apart = of_area("ward_type", ["3", "12", "41"])
    with pytest.raises(ValueError, match="Declare them Count"):
        save("mine", told_apart, {"ward_type": Dimension(("3", "12", "41"))})
    with pytest.raises(ValueError, match="no levels called 'anything'"):
        Dimension("anything")


NUMBERS = {
    "decimal": lambda counts: counts.map(Decimal),
    "object": lambda counts: counts.astype(object),
    "numpy object": lambda counts: pd.Series([np.int16(n) for n in counts], dtype=object),
    "category": lambda counts: counts.astype("category"),
    "float32": lambda counts: counts.astype("float32"),
    "nullable": lambda counts: counts.astype("UInt8"),
    "arrow": lambda counts: counts.astype("int64[pyarrow]"),
    "arrow decimal": lambda counts: counts.map(Decimal).astype(pd.ArrowDtype(pa.decimal128(38, 0))),
}


@pytest.mark.parametrize("dtype", NUMBERS)
def test_a_declared_count_is_one_whatever_its_dtype(save, dtype):
    shown = save("mine", of_area("events", NUMBERS[dtype](pd.Series(COUNTS))))
    assert shown["events"].fillna(-1).tolist() == [-1, 10, 40]
    frame = of_area("seen", NUMBERS[dtype](pd.Series(COUNTS)))
    for kind in (Plain(), Estimate(), Dimension("settings"), Dimension(range(50))):
        with pytest.raises(ValueError, match="[Dd]eclare them Count"):
            save("mine", frame, {"seen": kind})
    means = save(
        "mine",
        of_area("mean_conditions", NUMBERS[dtype](pd.Series(COUNTS))).rename(columns={"n_people": "n"}),
    )
    assert means["mean_conditions"].tolist() == COUNTS


@pytest.mark.parametrize("dtype", ["text", "duration", "date", "yes or no", "interval", "bytes"])
def test_what_is_no_number_is_no_count(save, dtype):
    with pytest.raises(ValueError, match="'events' is declared Count but holds no numbers"):
        save("mine", of_area("events", pd.Series(DTYPES[dtype](pd.Series(COUNTS)))))


def test_a_turned_table_is_refused(save):
    counts = pd.DataFrame({"group": ["a", "b"], "events": [3, 40], "n_people": [40, 50]})
    turned = counts.set_index("group").T
    with pytest.raises(ValueError, match="does not know what 'a' is"):
        save("mine", turned)
    with pytest.raises(ValueError, match="'setting' is none of its levels"):
        save("mine", turned.set_axis(["setting", "mode"], axis=1))
    with pytest.raises(ValueError, match="'imd_decile'"):
        save("mine", counts.rename(columns={"events": "imd_decile"}))


def test_numbers_named_like_a_label_do_not_leave_where_rows_are_told_apart_without_them(save):
    with pytest.raises(ValueError, match="told apart without the numbers in 'imd_decile'"):
        save("mine", pd.DataFrame({"group": ["a", "b"], "imd_decile": [3, 5], "n_people": [40, 50]}))
    by = pd.DataFrame({"setting": "gp", "imd_decile": [1, 2, None], "n_people": [40, 50, 60]})
    assert save("mine", by)["imd_decile"].dropna().tolist() == [1, 2]
    area = pd.DataFrame({"msoa": ["E02002330", "E02002331"], "imd_decile": [3, 5], "n_people": [40, 50]})
    assert save("mine", area)["imd_decile"].tolist() == [3, 5]


@pytest.mark.parametrize("date", ["first_date", "last_date", "date"])
def test_days_of_people_do_not_leave(save, date):
    with pytest.raises(ValueError, match=f"does not know what '{date}' is"):
        save("mine", of_area(date, pd.date_range("2024-03-01", periods=3)))
    with pytest.raises(ValueError, match="'month' is none of its levels"):
        save("mine", of_area("month", pd.date_range("2024-03-02", periods=3)))


@pytest.mark.parametrize(
    ("group", "level"),
    [
        ("imd_decile", "11"),
        ("sex", "3"),
        ("age_band", "3"),
        ("has_copd", "3"),
        ("ward", "3"),
        ("sex", "four"),
    ],
)
def test_a_level_is_one_of_the_group_that_it_is_of(save, group, level):
    frame = pd.DataFrame({"group": ["imd_decile", group], "level": ["3", level], "n_people": [40, 50]})
    with pytest.raises(ValueError, match="'level' is none of its levels"):
        save("mine", frame)


@pytest.mark.parametrize(
    ("levels", "values"),
    [
        ("words", ["GP", "not stated", "All", "Aged 18 to 34 with asthma", "nhs111", "A&E", "", "[c]x"]),
        (
            "names",
            ["2 or more calls to NHS 111, aged 75 and over", "Leeds 001", "5aday", "2024-05.csv", "three"],
        ),
        ("codes", ["E54000027", "92G", "M1J4Y", "01H", "b93fd271f8d3", "575123456789", "All", "Unknown"]),
        (
            "bands",
            ["0-4", "5–14", "85+", "Same Day", "1 Day", "2 to 7 Days", "1-5 Minutes", "More than 28 Days"],
        ),
        ("bands", ["under 5", "85 and over", "1,000-2,499", "not stated", "75 or more"]),
        ("months", ["2024-05", pd.Timestamp("2024-05-01"), pd.Period("2024-05", "M"), "All"]),
        ("dates", ["2024-05-17", pd.Timestamp("2024-05-17").date(), np.datetime64("2024-05-17"), "2024-05"]),
        ("flags", [True, False, "True", "yes", np.True_]),
        ("settings", [0.01, 31, 50.0, "All"]),
        (range(1, 11), [1, "10", 2.0, "not stated", "All"]),
        (("none", "95", "99.8"), ["95", "99.8", "none", "not stated"]),
    ],
)
def test_levels_as_files_and_analysts_have_them(levels, values):
    frame = pd.DataFrame({"label": pd.Series(values, dtype=object)})
    assert len(release_table("t", frame, PATIENT, {"label": Dimension(levels)}).frame) == len(values)


def test_ranks_are_those_of_the_released_numbers(save):
    """Two areas whose counts round alike share a place, and a hidden one has none."""
    frame = pd.DataFrame({"area": list("abcde"), "n_people": [203, 202, 6, 88, 90], "place": [1, 2, 5, 4, 3]})
    shown = save("mine", frame, {"place": Rank("n_people")})
    assert shown["place"].fillna(-1).tolist()[:2] == [1, 2]
    assert shown["n_people"].fillna(-1).tolist()[2] == -1 == shown["place"].fillna(-1).tolist()[2]
    tied = save(
        "tied", frame.assign(n_people=[203, 204, 50, 88, 90]), {"place": Rank("n_people")}, population="b"
    )
    assert tied["place"].tolist() == [1, 1, 5, 3, 3]
    lowest = save(
        "lowest",
        frame.assign(n_people=[203, 180, 50, 88, 95]),
        {"place": Rank("n_people", True)},
        population="c",
    )
    assert lowest["place"].tolist() == [5, 4, 1, 2, 3]


def test_a_rank_and_days_cannot_carry_a_count(save):
    monthly = pd.DataFrame(
        {"month": pd.to_datetime(["2024-02-01", "2024-03-01"]), "n_appointments": [900, 400]}
    )
    shown = save("mine", monthly.assign(days_calendar=[3, 5], days_working=[2, 7]))
    right = measures.add_day_counts(monthly)
    assert shown["days_calendar"].tolist() == right["days_calendar"].tolist() == [29, 31]
    assert shown["days_working"].tolist() == right["days_working"].tolist()
    busiest = save("busiest_months", monthly.assign(rank=[3, 7]))
    assert busiest["rank"].tolist() == [1, 2]


@pytest.mark.parametrize(
    "column",
    [
        "rank",
        "n_missing",
        "estimate",
        "low",
        "rows",
        "n_days",
        "n_areas",
        "n_months",
        "planted",
        "theme",
        "place",
    ],
)
def test_no_name_lets_a_number_out_by_itself(save, column):
    with pytest.raises(ValueError, match=f"does not know what '{column}' is"):
        save("mine", of_area(column))
    with pytest.raises(ValueError, match="declare them Count"):
        save("mine", of_area(column, [3, 0.5, 1.5]), {column: Plain("parameters")})
