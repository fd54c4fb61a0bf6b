"""Tables as a reader sees them: every sign literal, with units, and nothing missing shown as a number."""

from __future__ import annotations

import re
from html import unescape
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pypandoc
import pytest

from analysis_lib.release import open_store, seal
from analysis_lib.tables import show_table
from website.render.pandoc import READER


def html_of(frame: pd.DataFrame, columns: dict) -> str:
    """The table as the built-in renderer's pandoc makes it."""
    return pypandoc.convert_text(
        show_table(frame, columns).to_markdown(), "html", format=READER, extra_args=["--wrap=none"]
    )


def cells(frame: pd.DataFrame, columns: dict) -> list[list[str]]:
    """The text of each body cell, row by row, as a browser would show it."""
    body = html_of(frame, columns).split("<tbody>")[1]
    return [
        [unescape(cell) for cell in re.findall(r"<td[^>]*>(.*?)</td>", row, re.DOTALL)]
        for row in re.findall(r"<tr[^>]*>(.*?)</tr>", body, re.DOTALL)
    ]


HOSTILE = [
    '<script>alert("x")</script>',
    "R&D <b>bold</b> <!-- no comment -->",
    "a | b || c",
    "*a* **b** _c_ __d__ ~~e~~ ^f^ ~g~ `h`",
    "[link](https://x.invalid) ![image](x.png) <https://x.invalid>",
    "{{< var run.source >}} {{{x}}} {.class #id}",
    "@fig-a [@ref] # head",
    "$x^2$ \\(y\\) \\alpha \\",
    "a--b --- c 'd' \"e\" (c)",
    "1. one",
    "- item",
    "http://x.invalid/a",
    "&lt;script&gt; &amp; &nbsp;",
    "---",
    ":-:",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_every_sign_in_cells_and_headings_stands_for_itself(text):
    html = html_of(pd.DataFrame({"a": [text], "b": ["x"]}), {"a": text, "b": ("B", "text")})
    heads = re.findall(r"<th(?: [^>]*)?>(.*?)</th>", html, re.DOTALL)
    assert [unescape(head) for head in heads] == [text, "B"]
    assert [unescape(cell) for cell in re.findall(r"<td[^>]*>(.*?)</td>", html, re.DOTALL)] == [text, "x"]


def test_signs_in_a_value_with_a_unit_are_text_too():
    assert cells(pd.DataFrame({"a": ["<img src=x> | b"]}), {"a": ("A", "text")}) == [["<img src=x> | b"]]


def test_line_breaks_in_a_cell_do_not_break_the_table():
    assert cells(pd.DataFrame({"a": ["one\n\ntwo\tthree"], "b": ["x"]}), {"a": "A", "b": "B"}) == [
        ["one two three", "x"]
    ]


def test_empty_text_keeps_its_cell():
    assert cells(pd.DataFrame({"a": ["", "y"], "b": ["x", ""]}), {"a": "A", "b": "B"}) == [
        ["", "x"],
        ["y", ""],
    ]


def test_units():
    frame = pd.DataFrame(
        {
            "month": pd.to_datetime(["2024-03-01"]),
            "rate": [0.04362],
            "change": [-0.0033],
            "cost": [282_868_050.0],
            "n": [742_804_525],
        }
    )
    units = {"month": ("Month", "month"), "rate": ("Rate", "rate"), "change": ("Change", "points")}
    units |= {"cost": ("Cost", "gbp"), "n": "Appointments"}
    assert cells(frame, units) == [
        ["March 2024", "4.4%", "−0.3 percentage points", "£282.9 million", "742,804,525"]
    ]


def test_columns_come_in_the_order_asked_for_and_no_others():
    frame = pd.DataFrame({"a": [1], "b": [2], "c": [3]})
    table = show_table(frame, {"c": "C", "a": "A"})
    assert table.headings == ("C", "A")
    assert table.rows == (("3", "1"),)
    with pytest.raises(KeyError, match="absent"):
        show_table(frame, {"absent": "X"})


def test_names_take_their_words_and_units_from_the_description_of_columns():
    frame = pd.DataFrame({"month": pd.to_datetime(["2024-03-01"]), "dna_rate": [0.0436], "beds_open": [3]})
    for names in ("month dna_rate beds_open", ["month", "dna_rate", "beds_open"]):
        table = show_table(frame, names)
        assert table.headings == ("Month", "DNA rate", "Beds open")
        assert table.rows == (("March 2024", "4.4%", "3"),)


def test_a_page_may_use_other_words_and_units_for_a_column():
    frame = pd.DataFrame({"dna_rate": [0.0436], "n": [3]})
    table = show_table(frame, "dna_rate n", dna_rate="As counted", n=("Beds", "number", 1))
    assert (table.headings, table.rows) == (("As counted", "Beds"), (("4.4%", "3.0"),))
    with pytest.raises(ValueError, match="mode: words for a column that is not shown"):
        show_table(frame, "dna_rate", mode="Mode")


def test_a_released_table_may_have_a_description_of_its_own(tmp_path):
    store = open_store("t", SimpleNamespace(profile="published"), folder=tmp_path)
    parsing = store.save_table("tweet_parsing", pd.DataFrame({"check": ["Tweets"], "n": [5]}))
    assert show_table(parsing, "check n").headings == ("What", "How often")


def test_missing_values_are_dashes_whatever_the_type_or_unit():
    frame = pd.DataFrame(
        {
            "text": [None, "a"],
            "float": [np.nan, 0.5],
            "int": pd.array([pd.NA, 1234], dtype="Int64"),
            "bool": pd.array([pd.NA, True], dtype="boolean"),
            "date": pd.to_datetime([None, "2024-03-05"]),
            "group": pd.Categorical([None, "GP"]),
        }
    )
    plain = {name: name for name in frame}
    assert cells(frame, plain) == [["–"] * 6, ["a", "0.50", "1,234", "yes", "5 March 2024", "GP"]]
    assert (
        cells(frame, {"float": ("F", "rate"), "int": ("I", "count"), "date": ("D", "month")})[0] == ["–"] * 3
    )


def test_numbers_without_a_unit():
    frame = pd.DataFrame({"n": [1234.0, np.nan], "x": [0.123456, 1234.5], "big": [10**7, 0]})
    assert cells(frame, {"n": "N", "x": "X", "big": "B"}) == [
        ["1,234", "0.12", "10,000,000"],
        ["–", "1,234.50", "0"],
    ]


@pytest.mark.parametrize(
    "values", [[True, False], np.array([True, False], dtype=object), [np.True_, np.False_]]
)
def test_booleans_are_words(values):
    assert cells(pd.DataFrame({"b": values}), {"b": "B"}) == [["yes"], ["no"]]


def test_an_infinite_number_is_refused():
    with pytest.raises(ValueError, match="finite"):
        show_table(pd.DataFrame({"a": [np.inf]}), {"a": ("A", "rate")})
    with pytest.raises(ValueError, match="finite"):
        show_table(pd.DataFrame({"a": [np.inf]}), {"a": "A"})


def test_fifty_rows_and_no_more():
    assert len(show_table(pd.DataFrame({"a": range(50)}), {"a": "A"}).rows) == 50
    with pytest.raises(ValueError, match="51 rows are too many to show: take the first 50 at most"):
        show_table(pd.DataFrame({"a": range(51)}), {"a": "A"})


def test_a_table_without_rows_keeps_its_head():
    frame = pd.DataFrame({"a": []})
    assert show_table(frame, {"a": "A"}).rows == ()
    assert re.findall(r"<th(?: [^>]*)?>(.*?)</th>", html_of(frame, {"a": "A"})) == ["A"]


def test_numbers_are_aligned_right_and_headings_are_headings():
    frame = pd.DataFrame({"group": ["GP"], "n": [1], "late": [True]})
    html = html_of(frame, {"group": "Group", "n": "Count", "late": "Late"})
    assert re.findall(r"<(t[hd])(?: style=\"text-align: (\w+);\")?>(\w+)</", html) == [
        ("th", "", "Group"),
        ("th", "right", "Count"),
        ("th", "", "Late"),
        ("td", "", "GP"),
        ("td", "right", "1"),
        ("td", "", "yes"),
    ]
    assert html.index("<thead>") < html.index("Group") < html.index("<tbody>") < html.index("GP")


def test_a_long_column_does_not_squeeze_the_others():
    frame = pd.DataFrame({"note": ["word " * 60], "n": [123_456_789]})
    widths = re.findall(
        r"<col style=\"width: (\d+)%\"", html_of(frame, {"note": "Note", "n": "Appointments"})
    )
    assert len(widths) == 2
    assert int(widths[1]) >= 15


@pytest.fixture
def released(tmp_path):
    store = open_store("tiny", SimpleNamespace(profile="patient"), folder=tmp_path)
    frame = pd.DataFrame(
        {"month": pd.date_range("2024-01-01", periods=3, freq="MS"), "n_appointments": [503, 3, 21]}
    )
    return store.save_table("months", frame)


def test_a_table_to_explore_is_folded_and_keeps_its_name_and_what_was_hidden(released):
    shown = show_table(
        released, {"month": ("Month", "month"), "n_appointments": "People"}, explore="series", caption="a|b"
    )
    text, metadata = shown._repr_markdown_()
    assert metadata == {"released": ["months"], "seal": seal(text)}
    first, *_, last = text.splitlines()
    assert first == (
        '::: {.callout-note .explore .explore-series collapse="true" '
        'title="Look closer: explore these numbers"}'
    )
    assert last == ":::"
    assert ": a\\|b" in text.splitlines()
    assert [row[1] for row in shown.rows] == ["505", "[c]", "20"]


@pytest.mark.parametrize(
    ("words", "remedy"),
    [
        ({"explore": "pie", "caption": "x"}, "use one of funnel, series"),
        ({"explore": "series"}, "needs a caption"),
    ],
)
def test_a_table_to_explore_says_what_it_lacks(released, words, remedy):
    with pytest.raises(ValueError, match=remedy):
        show_table(released, {"n_appointments": "People"}, **words)


def test_only_released_numbers_are_explored():
    with pytest.raises(ValueError, match="show what report.table returned"):
        show_table(pd.DataFrame({"a": [1]}), {"a": "A"}, explore="series", caption="x")


def test_decimals_are_those_asked_for():
    assert show_table(pd.DataFrame({"a": [0.04567]}), {"a": ("A", "rate", 2)}).rows == (("4.57%",),)
