"""Pairs of hashtags by hand, and themes of a graph with two obvious ones."""

import numpy as np
import pandas as pd
import pytest

from analysis_lib import measures


def tags_of(*messages):
    rows = [(i, tag) for i, tags in enumerate(messages) for tag in tags.split()]
    frame = pd.DataFrame(rows, columns=["message", "tag"])
    return frame.assign(tag=frame["tag"].astype("category"))


def test_lift_and_pmi_by_hand():
    """a in 4 of 10 texts, b in 5, both in 3: expected 2, lift 1.5, PMI log2 1.5."""
    tags = tags_of("s a b", "s a b", "s a b", "s a", "s b", "s b", "s", "s", "s", "s")
    pairs = measures.count_pairs(tags, 10, without=["s"], min_support=3)
    assert pairs[["tag_a", "tag_b"]].to_numpy().tolist() == [["a", "b"]]
    row = pairs.iloc[0]
    assert row[["n_together", "n_a", "n_b"]].tolist() == [3, 4, 5]
    assert row[["expected", "lift", "pmi"]].tolist() == pytest.approx([2.0, 1.5, np.log2(1.5)])


def test_support_is_a_lower_bound():
    tags = tags_of("a b", "a b", "a", "b")
    assert measures.count_pairs(tags, 4, min_support=3).empty
    assert len(measures.count_pairs(tags, 4, min_support=2)) == 1


def test_two_themes_are_found_and_named_by_their_top_tags():
    messages = ["a b c"] * 6 + ["a b"] * 4 + ["x y"] * 5 + ["x y z"] * 2 + ["c x"] * 2 + [""] * 21
    tags = tags_of(*messages)
    pairs = measures.count_pairs(tags, len(messages), min_support=2)
    themes = measures.group_themes(pairs, tags)
    groups = themes.groupby("theme")["hashtag"].agg(set).to_dict()
    assert groups == {1: {"a", "b", "c"}, 2: {"x", "y", "z"}}
    first = themes.iloc[0]
    assert first["name"] == "#a, #b, #c"
    assert (first["n_theme"], first["n_messages"], first["n_alike"]) == (12, 10, 6)


def test_pairs_no_more_frequent_than_chance_are_no_tie():
    messages = ["a b", "a", "b", ""] * 3  # both in 3 of 12, and 6 × 6 ÷ 12 = 3
    pairs = measures.count_pairs(tags_of(*messages), 12, min_support=3)
    assert pairs["lift"].tolist() == [1.0]
    assert measures.group_themes(pairs, tags_of(*messages)).empty


def test_nothing_gives_nothing():
    empty = tags_of()
    pairs = measures.count_pairs(empty, 0)
    assert pairs.empty
    assert measures.group_themes(pairs, empty).empty


def test_the_order_of_rows_changes_nothing():
    messages = ["a b c"] * 6 + ["a b"] * 4 + ["x y"] * 5 + ["c x"] * 2 + [""] * 9
    tags = tags_of(*messages)
    mixed = tags.sample(frac=1, random_state=3).reset_index(drop=True)
    results = []
    for frame in (tags, mixed):
        pairs = measures.count_pairs(frame, len(messages), min_support=2)
        results.append((pairs, measures.group_themes(pairs, frame)))
    pd.testing.assert_frame_equal(results[0][0], results[1][0])
    pd.testing.assert_frame_equal(results[0][1], results[1][1])
