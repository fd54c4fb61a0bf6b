"""The stated words by which a tweet is counted as about health services, the NHS, or a job."""

from __future__ import annotations

import pandas as pd

from analysis_lib.inputs.errors import reject
from analysis_lib.project import REFERENCE

FILE = "tweet_topics.csv"


def load_topic_words() -> pd.DataFrame:
    """Return the reference list of words: topic ("health services", "NHS", "job advert"), word (lower case).

    A tweet is about a topic if one of its words, or all words of a phrase in their order, stand in its text.

    Raises
    ------
    InputError
        If the list lacks a column or holds a word in capitals.
    """
    path = REFERENCE / FILE
    words = pd.read_csv(path, dtype=str, keep_default_na=False)
    if list(words.columns) != ["topic", "word"] or (words["word"] != words["word"].str.casefold()).any():
        raise reject("not the list of words", "topic,word in lower case", "Restore it from git.", file=FILE)
    return words
