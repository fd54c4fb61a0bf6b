"""A tweet or a hashtag that tries to be more than text is text everywhere: frames, tables, charts, pages."""

from __future__ import annotations

import re

import matplotlib as mpl

mpl.use("Agg")

import matplotlib.pyplot as plt
import pandas as pd
import pypandoc
import pytest

from analysis_lib import charts, measures
from analysis_lib.inputs import load_topic_words, load_tweets
from analysis_lib.release import open_store
from analysis_lib.tables import show_table
from website.render.pandoc import READER

HEADER = (
    "tweet_id,tweet_full_text,tweet_entities_hashtags,tweet_retweet_count,tweet_favorite_count,tweet_lang"
)
HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "=HYPERLINK(1)",
    "+1+1",
    "\u202egnp.exe",
    "[a](javascript:alert(1))",
    "{{< var run.commit >}}",
    "$\\frac{1}{2}$",
    "| a | b |",
    "@somebody",
]


@pytest.fixture
def tweets(tmp_path):
    rows = [f'{i},"{text} #safe","#safe, #{text}",1,1,en' for i, text in enumerate(HOSTILE * 12, 1)]
    (tmp_path / "tweets.csv").write_text("\n".join([HEADER, *rows, ""]), encoding="utf-8")
    return load_tweets(tmp_path / "tweets.csv", cache=False)


def test_as_a_tag_it_is_no_tag_or_only_letters(tweets):
    names = set(tweets.tags["tag"].astype(str))
    assert "safe" in names
    assert all(re.fullmatch(r"\w+", name) for name in names), names


def test_no_released_table_holds_it(tweets, tmp_path):
    store = open_store("tweets", tweets, folder=tmp_path / "results")
    topics = measures.mark_topics(tweets.tweets, load_topic_words(), ["safe"])
    frames = {
        "tweet_sample": measures.describe_sample(tweets.tweets, tweets.tags, topics, "safe"),
        "hashtags": measures.count_tags(tweets.tweets, tweets.tags, "safe"),
        "tweet_parsing": tweets.parsing,
    }
    for name, frame in frames.items():
        store.save_table(name, frame)
    written = "".join(path.read_text(encoding="utf-8") for path in (tmp_path / "results").rglob("*.csv"))
    for text in ("<script", "<img", "javascript", "\u202e", "{{<", "somebody", "HYPERLINK"):
        assert text not in written
    assert not re.search(r"^[=+@-]|,[=+@-]", written, re.M)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_chart_draws_it_as_it_is_even_if_it_were_a_tag(name):
    tags = pd.DataFrame({"hashtag": [name, "b"], "theme": [1, 1], "n_messages": [20, 10]})
    ties = pd.DataFrame({"tag_a": [name], "tag_b": ["b"], "n_together": [5]})
    charts.use_style()
    ax = charts.plot_ties(ties, tags)
    ax.figure.canvas.draw()
    first = ax.get_yticklabels()[0].get_text().replace("\n", " ")
    assert first == " ".join(f"#{name} (20)".split())
    rows = tags.assign(retweets_typical=1.0, typical_low=0.5, typical_high=2.0)
    charts.plot_dots(rows, "hashtag", "retweets_typical").figure.canvas.draw()
    plt.close("all")


def test_a_page_shows_it_as_text():
    """The table's Markdown through pandoc: no element but the table's own comes of it."""
    frame = pd.DataFrame({"hashtag": HOSTILE})
    shown = show_table(frame, {"hashtag": "Hashtag"}).to_markdown()
    html = pypandoc.convert_text(shown, "html", format=READER)
    assert set(re.findall(r"<(\w+)", html)) <= {
        "table",
        "colgroup",
        "col",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
    }
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
