"""What a tweet's text says of the tweet itself: names masked, retweets and repeats told apart."""

from __future__ import annotations

import bisect
import html
import re

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from analysis_lib.inputs.hashtags import CUT_OFF
from analysis_lib.inputs.values import BadValue

HANDLE = r"[@＠][A-Za-z0-9_]+"
MASK = "@user"
RETWEET = rf"^RT {MASK}:?\s*"
KINDS = ("original", "repeat", "retweet")
SHORTEST_STEM = 20  # letters of a cut-off text by which its whole text is known
EPOCH_MS = 1_288_834_974_657  # 4 November 2010, when ids began to hold the time
FIRST_WITH_TIME = 1 << 32
SPREADSHEET_DIGITS = 15
_SHORTENED = re.compile(r"[+-]?\d+[.,]?\d*[eE][+-]?\d+|\d+[.,]\d+")
_ID_REMEDY = "Export the tweets again, and open the file as text: no spreadsheet keeps 19 digits of a number."
LAST_WITH_TIME = 4_102_444_800_000  # the year 2100, in ms: what is later is no id of this kind


def clean_texts(texts: list[str]) -> tuple[pa.Array, dict[str, int]]:
    """Resolve HTML entities once and mask every user name.

    Returns
    -------
    pyarrow.Array
        Texts in which each @name is @user, so that no name leaves this function.
    dict
        Of these texts, how many have "html_entities", "html_entities_twice" (escaped twice; an entity is
        left in the text) and "handles" (a name that was masked here).
    """
    resolved = [html.unescape(text) if "&" in text else text for text in texts]
    twice = sum("&" in text and html.unescape(text) != text for text in resolved)
    once = sum(a != b for a, b in zip(texts, resolved, strict=True))
    plain = pa.array(resolved, pa.string())
    masked = pc.replace_substring_regex(plain, HANDLE, MASK)
    changed = int(pc.sum(pc.not_equal(plain, masked)).as_py() or 0)
    return masked, {"html_entities": once, "html_entities_twice": twice, "handles": changed}


def tell_apart(codes: np.ndarray, texts: pa.Array, order: np.ndarray) -> pd.DataFrame:
    """Tell originals, repeats and retweets apart, and number the messages that they carry.

    Parameters
    ----------
    codes : array of int
        Of each tweet, the position of its text.
    texts : pyarrow.Array of text
        Distinct texts, masked.
    order : array
        By which tweets are in time; of equal texts the earliest is the original.

    Returns
    -------
    pandas.DataFrame
        One row a tweet: kind (category: original, repeat, retweet) and message (int64): the same for an
        original, its repeats and its retweets. A retweet begins "RT @…"; one cut off by "…" belongs to the
        text that begins like it, if that is here and at least 20 letters are known.
    """
    is_retweet = pc.match_substring_regex(texts, RETWEET.replace(":?\\s*", "\\b")).to_numpy(
        zero_copy_only=False
    )
    bodies = pc.utf8_trim_whitespace(pc.replace_substring_regex(texts, RETWEET, "")).to_pylist()
    message_of = _number_messages(bodies, is_retweet)
    message = message_of[codes]
    retweet = is_retweet[codes]
    frame = pd.DataFrame({"message": message, "retweet": retweet, "order": order})
    own = frame[~retweet].sort_values("order", kind="stable")
    kind = np.where(retweet, KINDS.index("retweet"), KINDS.index("original")).astype(np.int8)
    kind[own.index[own["message"].duplicated()]] = KINDS.index("repeat")
    return pd.DataFrame({"kind": pd.Categorical.from_codes(kind, categories=KINDS), "message": message})


def _number_messages(bodies: list[str], is_retweet: np.ndarray) -> np.ndarray:
    """Number the distinct bodies; a cut-off retweet gets the number of the text that begins like it."""
    whole = sorted({body for body, retweet in zip(bodies, is_retweet, strict=True) if not retweet})
    numbers: dict[str, int] = {}
    result = np.empty(len(bodies), np.int64)
    for i, body in enumerate(bodies):
        key = body
        if is_retweet[i] and body.endswith(CUT_OFF) and len(body) > SHORTEST_STEM:
            stem = body[: -len(CUT_OFF)].rstrip()
            at = bisect.bisect_left(whole, stem)
            key = whole[at] if at < len(whole) and whole[at].startswith(stem) else body
        result[i] = numbers.setdefault(key, len(numbers))
    return result


def count_again(ids: pa.DictionaryArray, texts: pa.DictionaryArray) -> int:
    """Return how many rows hold a tweet that stands in an earlier row.

    Raises
    ------
    BadValue
        If ids lost their last digits in a spreadsheet (15 are kept, or fewer), or one id has two texts:
        then different tweets would be taken for one.
    """
    values = [text.strip() for text in ids.dictionary.to_pylist()]
    expected = "every tweet's own id, digit by digit"
    short = next((i for i, text in enumerate(values) if _SHORTENED.fullmatch(text)), None)
    long = [i for i, text in enumerate(values) if len(text) > SPREADSHEET_DIGITS + 2 and text.isdigit()]
    filled = [i for i in long if not values[i][SPREADSHEET_DIGITS:].strip("0")]
    if short is None and len(filled) > len(long) / 2:
        short = filled[0]
    if short is not None:
        problem = "an id that a spreadsheet turned into a number: its last digits are lost"
        raise BadValue(short, problem, expected, _ID_REMEDY)
    rows = pd.DataFrame({"id": ids.indices.to_numpy(), "text": texts.indices.to_numpy()})
    other = rows.drop_duplicates()
    other = other.loc[other["id"].duplicated(), "id"]
    if len(other):
        raise BadValue(int(other.iloc[0]), "one id with two different texts", expected, _ID_REMEDY)
    return int(rows["id"].duplicated().sum())


def times_of(ids: list[str]) -> pd.Series:
    """Return when tweets were written, from their ids: the upper bits are milliseconds since EPOCH_MS.

    Ids of before November 2010, and what is no number, give NaT. datetime64[ns], UTC without zone.
    """
    numbers = [int(text) if text.isascii() and text.isdigit() and len(text) < 20 else 0 for text in ids]
    values = np.array(numbers, dtype=np.uint64)
    ms = (values >> np.uint64(22)).astype(np.int64) + EPOCH_MS
    known = (values >= FIRST_WITH_TIME) & (ms < LAST_WITH_TIME)
    times = pd.Series(pd.to_datetime(ms, unit="ms")).astype("datetime64[ns]")
    return times.where(known)
