"""Hashtags of tweets: from the export's own column, and from the text as a cross-check.

Every function works on whole columns of distinct values; only distinct tags are touched one by one.
"""

from __future__ import annotations

import ast
import html
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

CELL_LIMIT = 10_000
TAG_LIMIT = 100
CUT_OFF = "…"
MALFORMED = "?"  # no tag can be named so: a tag has a letter
# A list of quoted texts that hold no quote, backslash or space: its quotes can be struck out as they are.
_PLAIN_LIST = r"""^\[\s*(?:(?:'[^'"\\\s]*'|"[^'"\\\s]*")\s*(?:,\s*(?:'[^'"\\\s]*'|"[^'"\\\s]*")\s*)*)?\]$"""
CELL_STATES = ("tags", "empty", "malformed")


@dataclass(frozen=True)
class EntityTags:
    """Tags of the entity column.

    Attributes
    ----------
    tags : pandas.DataFrame
        One row an occurrence: tweet (int64, position of the tweet), tag (category, case-folded, without #).
    states : numpy.ndarray
        Of each tweet's cell: index into `CELL_STATES`. A cell with one bad tag among good ones is malformed,
        and its good tags are used.
    n_malformed : int
        Tags left out because they are no hashtag.
    """

    tags: pd.DataFrame
    states: np.ndarray
    n_malformed: int


def clean_tag(raw: str) -> str:
    """Return a tag as it is counted: HTML resolved once, NFKC, case-folded, without # and invisible signs.

    Returns
    -------
    str
        `MALFORMED` if anything but letters, marks, numbers and underscores is left, there is no letter, or
        it is longer than 100; the empty text for nothing.
    """
    text = unicodedata.normalize("NFKC", html.unescape(raw)).casefold()
    text = "".join(c for c in unicodedata.normalize("NFKC", text) if unicodedata.category(c) != "Cf")
    text = text.strip().lstrip("#")
    if not text:
        return ""
    kinds = {"_" if c == "_" else unicodedata.category(c)[0] for c in text}
    return text if kinds <= set("LMN_") and "L" in kinds and len(text) <= TAG_LIMIT else MALFORMED


def parse_entities(cells: pa.Array | pa.ChunkedArray) -> EntityTags:
    """Parse the entity column of an export, in either dialect.

    Parameters
    ----------
    cells : array of text
        "#One, #two", or a list of texts as Python writes it. Lists are read as literals, never evaluated,
        and none longer than 10,000 characters. The # may be left out by all tags of a cell, not by some.
    """
    codes, distinct = _encode(cells)
    plain, bad_cell = _to_plain(distinct)
    items = pc.split_pattern_regex(plain, r"[,\s]+")
    counted = items.take(codes)
    tweet = pc.list_parent_indices(counted).to_numpy()
    item = pc.list_flatten(counted)
    tags = _clean(item)
    marked = pc.match_substring_regex(distinct, "[#＃]").to_numpy(zero_copy_only=False)[codes.to_numpy()]
    named = pc.match_substring_regex(item, "^[#＃]").to_numpy(zero_copy_only=False)
    stray = marked[tweet] & ~named & (tags != "").to_numpy()  # no tag, among words that are marked as tags
    malformed = (tags == MALFORMED).to_numpy() | stray
    states = np.ones(len(codes), np.int8)
    states[tweet[~malformed & (tags != "").to_numpy()]] = 0
    states[tweet[malformed]] = 2
    states[bad_cell[codes.to_numpy()]] = 2
    good = (tags != "").to_numpy() & ~malformed
    frame = pd.DataFrame({"tweet": tweet[good].astype(np.int64), "tag": tags[good].reset_index(drop=True)})
    frame["tag"] = frame["tag"].cat.remove_unused_categories()
    return EntityTags(frame, states, int(malformed.sum() + (bad_cell[codes.to_numpy()]).sum()))


def parse_text(texts: pa.Array | pa.ChunkedArray) -> pd.DataFrame:
    """Find the hashtags in texts by Unicode's word characters, as a cross-check.

    Parameters
    ----------
    texts : array of text
        HTML entities resolved, so that "&#39;" is no tag.

    Returns
    -------
    pandas.DataFrame
        One row an occurrence: tweet (int64), tag (category), cut_off (bool: "…" stands right after it, so
        what it was is not known). A # inside a word or link starts no tag, nor does a number.
    """
    codes, distinct = _encode(texts)
    pieces = pc.split_pattern(pc.replace_substring(distinct, "＃", "#"), "#")
    piece, of = pc.list_flatten(pieces), pc.list_parent_indices(pieces).to_numpy()
    glued = _lookup(pc.utf8_slice_codeunits(piece, -1), _glues)
    starts = np.zeros(len(of), bool)  # the first piece of a text stands before its first #
    starts[1:] = (of[1:] == of[:-1]) & ~glued[:-1]
    after = pc.utf8_slice_codeunits(piece.filter(pa.array(starts)), 0, TAG_LIMIT + 2)
    word = pc.list_element(pc.utf8_split_whitespace(after, max_splits=1), 0)
    tags = _clean(word, _leading_word)
    known = ((tags != MALFORMED) & (tags != "")).to_numpy()
    once = pd.DataFrame(
        {
            "text": of[starts][known],
            "tag": tags[known].reset_index(drop=True),
            "cut_off": _lookup(word, _is_cut_off)[known],
        }
    )
    return _spread(once, codes.to_numpy(), len(distinct))


def _is_word(letter: str) -> bool:
    return letter == "_" or unicodedata.category(letter)[0] in "LMN"


def _glues(letter: str) -> bool:
    """Whether a # right after this letter starts no tag: inside a word, an entity or a link."""
    return bool(letter) and (letter in "&/" or _is_word(letter))


def _leading_word(text: str) -> str:
    return text[: next((i for i, letter in enumerate(text) if not _is_word(letter)), len(text))]


def _is_cut_off(text: str) -> bool:
    return text[len(_leading_word(text)) :].startswith(CUT_OFF)


def _lookup(column: pa.Array, test: Callable[[str], bool]) -> np.ndarray:
    """Test each distinct text once."""
    encoded = column.dictionary_encode()
    answers = np.array([test(text) for text in encoded.dictionary.to_pylist()], bool)
    return answers[encoded.indices.to_numpy(zero_copy_only=False)] if len(answers) else np.zeros(0, bool)


def split_on_spaces(texts: pa.Array | pa.ChunkedArray) -> pd.DataFrame:
    """Return what splitting texts on spaces takes for tags: words that start with #, in lower case.

    It is the usual short cut, and wrong: a tag after a line break or before a full stop is another word.
    For comparison only. Columns: tweet (int64), tag (category, without the first #).
    """
    codes, distinct = _encode(texts)
    words = pc.split_pattern(distinct, " ")
    word, of = pc.list_flatten(words), pc.list_parent_indices(words).to_numpy()
    is_tag = pc.starts_with(word, "#").to_numpy(zero_copy_only=False)
    encoded = pc.utf8_slice_codeunits(pc.utf8_lower(word.filter(pa.array(is_tag))), 1).dictionary_encode()
    once = pd.DataFrame({"text": of[is_tag], "tag": _categorical(encoded)})
    return _spread(once, codes.to_numpy(), len(distinct))


def _encode(column: pa.Array | pa.ChunkedArray) -> tuple[pa.Array, pa.Array]:
    """Return a column as (codes, distinct texts)."""
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
        column = column.chunk(0) if isinstance(column, pa.ChunkedArray) else column
    encoded = column if isinstance(column, pa.DictionaryArray) else column.dictionary_encode()
    return encoded.indices, encoded.dictionary


def _to_plain(cells: pa.Array) -> tuple[pa.Array, np.ndarray]:
    """Bring both dialects to "#one, #two"; return that, and which cells could not be read."""
    cells = pc.utf8_trim_whitespace(cells)
    listed = pc.starts_with(cells, "[")
    simple = pc.match_substring_regex(cells, _PLAIN_LIST)
    plain = pc.if_else(simple, pc.replace_substring_regex(cells, r"""^\[|\]$|['"]""", ""), cells)
    bad = pc.greater(pc.utf8_length(cells), CELL_LIMIT).to_numpy(zero_copy_only=False).copy()
    odd = pc.and_(listed, pc.invert(simple)).to_numpy(zero_copy_only=False)
    texts = plain.to_pylist() if bad.any() or odd.any() else None
    if texts is None:
        return plain, bad
    for at in np.flatnonzero(odd & ~bad):
        items = _read_list(texts[at])
        bad[at] = items is None
        texts[at] = " ".join(items or [])
    return pa.array(["" if drop else text for text, drop in zip(texts, bad, strict=True)]), bad


def _read_list(cell: str) -> list[str] | None:
    """Read a list of texts as a literal; None if it is none. A tag holds no space, so "#a b" is no tag."""
    try:
        items = ast.literal_eval(cell)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return None
    if not isinstance(items, list) or not all(isinstance(item, str) for item in items):
        return None
    return ["?".join(item.split()) for item in items]


def _clean(raw: pa.Array, find: Callable[[str], str] = str) -> pd.Series:
    """Clean each distinct tag once; `find` takes it out of the text first."""
    encoded = raw.dictionary_encode()
    cleaned = [clean_tag(find(tag)) for tag in encoded.dictionary.to_pylist()]
    names = sorted({*cleaned, "", MALFORMED})
    place = {name: i for i, name in enumerate(names)}
    lut = np.array([place[name] for name in cleaned], np.int32)
    codes = encoded.indices.to_numpy(zero_copy_only=False)
    return pd.Series(
        pd.Categorical.from_codes(lut[codes], categories=names)
        if len(lut)
        else pd.Categorical([], categories=names)
    )


def _categorical(encoded: pa.DictionaryArray) -> pd.Categorical:
    codes = encoded.indices.to_numpy(zero_copy_only=False)
    return pd.Categorical.from_codes(codes, categories=encoded.dictionary.to_pylist())


def _spread(once: pd.DataFrame, codes: np.ndarray, n_texts: int) -> pd.DataFrame:
    """Repeat what was found in each distinct text (column `text`) for every tweet that has the text."""
    first = np.searchsorted(once["text"], np.arange(n_texts))
    n_found = np.diff(np.append(first, len(once)))
    repeats = n_found[codes]
    tweet = np.repeat(np.arange(len(codes)), repeats)
    within = np.arange(len(tweet)) - np.repeat(np.cumsum(repeats) - repeats, repeats)
    rows = first[codes][tweet] + within
    frame = once.drop(columns="text").iloc[rows].reset_index(drop=True)
    frame["tag"] = frame["tag"].cat.remove_unused_categories()
    frame.insert(0, "tweet", tweet.astype(np.int64))
    return frame
