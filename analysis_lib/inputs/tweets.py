"""Tweets about the NHS: text stays text, hashtags come from the entity column, nobody's columns are read."""

from __future__ import annotations

import ast
import html
import re
from pathlib import Path

import pandas as pd

from analysis_lib.inputs.convert import convert
from analysis_lib.inputs.errors import reject
from analysis_lib.inputs.header import recognise
from analysis_lib.inputs.text import TextTable, read_csv_text

CELL_LIMIT = 10_000
CUT_OFF = "…"


def load_tweets(path: Path) -> pd.DataFrame:
    """Return tweets with their hashtags.

    Returns
    -------
    pandas.DataFrame
        tweet_id (text: ids are larger than 2**53), text (HTML entities resolved), hashtags (list of str,
        case-folded, without #; empty where there are none; tags cut off by "…" left out), n_retweets and
        n_favourites (int64), language where the file has it. Columns about users are never read.

    Raises
    ------
    InputError
        If the file is not of the tweets layout, or a hashtag cell is larger than 10,000 characters or no
        list.
    """
    table = read_csv_text(path.read_bytes(), newlines=True)
    match = recognise(table.names)
    if match.layout.subject != "tweets":
        raise reject(
            "not a file of tweets", "the tweets layout", "Choose another file.", file=path.name, line=1
        )
    known = {name: table.columns[name] for name in match.columns.values()}
    part = convert(TextTable(list(known), table.raw_names, known, table.n_rows, table.line_of), match)
    if part.table is None:
        raise TypeError("a converted part has its table")
    frame = part.table.to_pandas()
    tags = _hashtag_lists(frame["hashtags"].astype(str), path.name, table)
    frame = frame.rename(columns={"tweet_full_text": "text"})
    for name in ("tweet_id", "text", "language"):
        if name in frame:
            frame[name] = frame[name].astype("str")
    frame["text"] = frame["text"].map(unescape_twice)
    return frame.assign(hashtags=pd.Series(tags, index=frame.index, dtype=object))


def _hashtag_lists(cells: pd.Series, file: str, table: TextTable) -> list[list[str]]:
    tags = []
    for row, cell in enumerate(cells):
        try:
            tags.append(parse_hashtags(cell))
        except ValueError as error:
            raise reject(
                str(error),
                "#one, #two or a list of them",
                "Mend the cell.",
                file=file,
                line=table.line_of(row),
                column="tweet_entities_hashtags",
            ) from None
    return tags


def unescape_twice(text: str) -> str:
    """Return text with HTML entities resolved, also where they were escaped twice (&amp;amp;)."""
    return html.unescape(html.unescape(text))


def parse_hashtags(cell: str) -> list[str]:
    """Return the tags of a cell such as "#Health, #AI" or "['#Health', '#AI']", case-folded, without #.

    Parsed as a literal, never evaluated. Tags cut off by "…" are left out: what they were is not known.

    Raises
    ------
    ValueError
        If the cell is larger than 10,000 characters, or a list that is not one of texts.
    """
    plain = cell.strip()
    if len(plain) > CELL_LIMIT:
        raise ValueError(f"a cell of more than {CELL_LIMIT:,} characters")
    if plain.startswith("["):
        try:
            items = ast.literal_eval(plain)
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            raise ValueError("a list that cannot be read") from None
        if not all(isinstance(item, str) for item in items):
            raise ValueError("a list of something else than texts")
    else:
        items = re.split(r"[,\s]+", plain)
    tags = [item.strip().lstrip("#＃").casefold() for item in items]
    return [tag for tag in tags if tag and CUT_OFF not in tag]
