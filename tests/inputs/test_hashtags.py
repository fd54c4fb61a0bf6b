"""Hashtags: both dialects of the column, the parse of the text, and cells that are neither."""

from __future__ import annotations

import html

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis_lib.inputs.hashtags import (
    CELL_LIMIT,
    CELL_STATES,
    MALFORMED,
    clean_tag,
    parse_entities,
    parse_text,
    split_on_spaces,
)
from analysis_lib.simulate.tweets import simulate_tweets
from benchmarks.parse_tweets import count_in_nested_loops, count_in_one_pass


def tags_of(*cells):
    parsed = parse_entities(pa.array(cells))
    lists = [parsed.tags.loc[parsed.tags["tweet"] == i, "tag"].tolist() for i in range(len(cells))]
    return lists, [CELL_STATES[state] for state in parsed.states]


@pytest.mark.parametrize(
    ("cell", "tags", "state"),
    [
        ("", [], "empty"),
        ("[]", [], "empty"),
        ("#Health", ["health"], "tags"),
        ("#Health, #AI", ["health", "ai"], "tags"),
        ("#Health #AI", ["health", "ai"], "tags"),
        ("#nhs, #NHS", ["nhs", "nhs"], "tags"),
        ("['#Health', \"#AI\"]", ["health", "ai"], "tags"),
        ("['Health']", ["health"], "tags"),
        ("＃ＮＨＳ", ["nhs"], "tags"),
        ("#Straße", ["strasse"], "tags"),
        ("#स्वास्थ्य", ["स्वास्थ्य"], "tags"),
        ("#care\u202eful", ["careful"], "tags"),
        ("#Q&amp;A", [], "malformed"),
        ("#jobs, #hir…", ["jobs"], "malformed"),
        ("#2022, #jobs", ["jobs"], "malformed"),
        ("#jobs, @somebody", ["jobs"], "malformed"),
        ("#<script>alert(1)</script>, #jobs", ["jobs"], "malformed"),
        ("#=1+1", [], "malformed"),
        ("#it's", [], "malformed"),
        ("[\"it's\", '#b']", ["b"], "malformed"),
        ("['#a b', '#c']", ["c"], "malformed"),
        ("[__import__('os').system('true')]", [], "malformed"),
        ("[1]", [], "malformed"),
        ("[", [], "malformed"),
        ("[" * 5_000, [], "malformed"),
        ("#a" * CELL_LIMIT, [], "malformed"),
        (f"#{'a' * 101}", [], "malformed"),
    ],
)
def test_a_cell(cell, tags, state):
    assert tags_of(cell) == ([tags], [state])


def test_rows_keep_their_tags_where_cells_repeat():
    lists, states = tags_of("#a1, #b", "", "#b", "#a1, #b", "?")
    assert lists == [["a1", "b"], [], ["b"], ["a1", "b"], []]
    assert states == ["tags", "empty", "tags", "tags", "malformed"]


def test_every_bad_tag_is_counted():
    assert parse_entities(pa.array(["#2022, #a b", "[1]", "#c"])).n_malformed == 3


@given(st.text(max_size=60))
def test_no_cell_breaks_it_and_no_tag_holds_markup(cell):
    parsed = parse_entities(pa.array([cell]))
    for tag in parsed.tags["tag"]:
        assert not set(tag) & set("<>&\"'=@#|[](){}*\\/ \u202e")
        assert clean_tag(tag) == tag


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("#Health,#AI.", [("health", False), ("ai", False)]),
        ("one\n#Health\nlines", [("health", False)]),
        ("#health #hir…", [("health", False), ("hir", True)]),
        ("a#b x/#c &#39; &#d", []),
        ("##b (#c) “#d”", [("b", False), ("c", False), ("d", False)]),
        ("#1 of #2022 #covid19", [("covid19", False)]),
        ("＃ＡＢ #ſo", [("ab", False), ("so", False)]),
        ("#", []),
        ("", []),
    ],
)
def test_a_text(text, found):
    frame = parse_text(pa.array([text]))
    assert list(zip(frame["tag"], frame["cut_off"], strict=True)) == found


def test_texts_that_repeat_give_their_tags_again():
    frame = parse_text(pa.array(["#a1 #b", "none", "#a1 #b", "#c"]))
    assert frame["tweet"].tolist() == [0, 0, 2, 2, 3]
    assert frame["tag"].tolist() == ["a1", "b", "a1", "b", "c"]


def test_entities_must_be_resolved_first():
    assert parse_text(pa.array([html.unescape("it&#39;s #Q&amp;A")]))["tag"].tolist() == ["q"]


def test_splitting_on_spaces_is_as_wrong_as_it_is():
    frame = split_on_spaces(pa.array(["#a, x\n#a #A.", "#a"]))
    assert list(zip(frame["tweet"], frame["tag"], strict=True)) == [(0, "a,"), (0, "a."), (1, "a")]


def test_nothing_gives_nothing():
    assert parse_entities(pa.array([], pa.string())).tags.empty
    assert parse_text(pa.array([], pa.string())).empty
    assert clean_tag("#") == ""
    assert clean_tag("<b>") == MALFORMED


def test_whole_columns_give_what_loops_over_single_words_give(tmp_path):
    path = tmp_path / "tweets.csv"
    path.write_text(simulate_tweets(1_500, 5)[0], encoding="utf-8", newline="\n")
    looped, vectorised = count_in_nested_loops(path), count_in_one_pass(path)
    assert vectorised["column"]["healthcare"] > 1_000
    for way in ("column", "text"):
        assert {k: n for k, n in vectorised[way].items() if n} == dict(looped[way])
