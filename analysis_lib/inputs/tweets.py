"""Tweets about the NHS: hashtags from the entity column, texts without names, nobody's columns read."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pandas as pd
import pyarrow as pa

from analysis_lib.inputs.areas import area_lookup
from analysis_lib.inputs.assemble import Assembly
from analysis_lib.inputs.cache import Source, default_cache, open_source_cached
from analysis_lib.inputs.errors import InputError, reject
from analysis_lib.inputs.hashtags import CELL_STATES, parse_entities, parse_text, split_on_spaces
from analysis_lib.inputs.remarks import AbsentInput, Remarks
from analysis_lib.inputs.scan import Scan, nothing_found, scan_folder
from analysis_lib.inputs.tweet_text import clean_texts, tell_apart, times_of
from analysis_lib.project import data_folder

LAYOUT = "tweets"
ABSENT = (
    "This section needs a tweets file (one row a tweet: text, hashtags, retweets, favourites), which is not "
    "among these inputs."
)


@dataclass
class Tweets(Remarks):
    """Tweets of one folder or file, with their hashtags; the frames are None where there are no tweets.

    Attributes
    ----------
    tweets : pandas.DataFrame or None
        One row a tweet, the index its position: tweet_id (text: ids are larger than 2**53), text (HTML
        resolved once, every @name as @user), text_id (int64, equal for equal texts), kind (category:
        original, repeat, retweet), message (int64: the same for a text, its repeats and its retweets),
        n_retweets and n_favourites (int64), language (category, where the file has it), time (datetime64,
        UTC, from the id; NaT for ids without time), cell (category: tags, empty, malformed).
        Never to be shown.
    tags : pandas.DataFrame or None
        Hashtags of the entity column, one row an occurrence: tweet, tag (category, case-folded, without #).
    text_tags : pandas.DataFrame or None
        Hashtags found in the text: tweet, tag, cut_off (bool).
    quality : pandas.DataFrame
        One row a file, as of `load_appointments`.
    parsing : pandas.DataFrame
        check, n: what parsing met, and how often.
    warnings, notes : list of str
    simulated : bool
    profile : {"published", "simulated"}
    truth : dict or None
        What the simulation put in.
    folder : Path
    """

    tweets: pd.DataFrame | None
    tags: pd.DataFrame | None
    text_tags: pd.DataFrame | None
    quality: pd.DataFrame
    parsing: pd.DataFrame
    warnings: list[str]
    notes: list[str]
    simulated: bool
    profile: Literal["published", "simulated"]
    truth: dict[str, Any] | None
    folder: Path

    def need(self, frame: Literal["tweets", "tags", "text_tags"] = "tweets") -> pd.DataFrame:
        """Return a frame.

        Raises
        ------
        AbsentInput
            If there are no tweets among the inputs.
        """
        found = getattr(self, frame)
        if found is None:
            raise AbsentInput(ABSENT)
        return found

    def split_on_spaces(self) -> pd.DataFrame:
        """Return what splitting texts on spaces takes for tags, for comparison: tweet, tag."""
        return split_on_spaces(pa.array(self.need()["text"].tolist(), pa.string()))

    def need_truth(self) -> dict[str, Any]:
        """Return what the simulation put in.

        Raises
        ------
        AbsentInput
            If the tweets are real, or there are none.
        """
        self.need()
        return super().need_truth()

    @property
    def source(self) -> str:
        """Where the tweets come from, for a caption."""
        return "simulated tweets" if self.simulated else "tweets of the input folder"


def load_tweets(place: str | Path | None = None, *, cache: Path | Literal[False] | None = None) -> Tweets:
    """Load the tweets of a folder, or of one file.

    Parameters
    ----------
    place : path, optional
        Folder of input files, or a file of tweets; `analysis_lib.project.data_folder` if not given.
    cache : path or False, optional
        As of `load_appointments`.

    Returns
    -------
    Tweets
        Without frames where a folder holds no tweets: `Tweets.need` then says so. A tweet whose id stands
        in two rows is read once. Columns about users are never read.

    Raises
    ------
    InputError
        If any file of the folder is rejected, there is no such folder, or a file is not of tweets.
    """
    path = Path(place) if place is not None else data_folder()
    kept = None if cache is False else (cache or default_cache())
    scan = _scan_file(path, kept) if path.is_file() else scan_folder(path, kept)
    if not (path.is_file() or scan.sources or scan.rejections or scan.beside):
        scan.rejections.append(nothing_found(path))
    if scan.rejections:
        raise InputError(scan.rejections)
    assembly = Assembly(scan.sources, area_lookup())
    quality = assembly.quality()
    tables = [s.table(LAYOUT) for s in scan.sources if any(p.layout == LAYOUT for p in s.read.parts)]
    names = set(quality.loc[quality["subject"] == "tweets", "file"])
    frames, parsing, notes = _read(tables) if tables else (dict.fromkeys(FRAMES), _no_checks(), [])
    return Tweets(
        **frames,
        quality=quality[quality["subject"] == "tweets"].reset_index(drop=True),
        parsing=parsing,
        warnings=[text for text in assembly.warnings() if text.split(": ")[0] in names],
        notes=notes,
        simulated=scan.simulated,
        profile="simulated" if scan.simulated else "published",
        truth=(scan.truth or {}).get("tweets"),
        folder=path if path.is_dir() else path.parent,
    )


FRAMES = ("tweets", "tags", "text_tags")


def _scan_file(path: Path, cache: Path | None) -> Scan:
    """Read one file, which must be of tweets."""
    scan = Scan(path.parent)
    source: Source = open_source_cached(path, cache)
    scan.sources, scan.rejections = [source], list(source.read.rejections)
    if not scan.rejections and {part.subject for part in source.read.parts} != {"tweets"}:
        error = reject(
            "not a file of tweets", "the tweets layout", "Choose another file.", file=path.name, line=1
        )
        scan.rejections = list(error.rejections)
    return scan


def _no_checks() -> pd.DataFrame:
    return pd.DataFrame({"check": pd.Series(dtype=str), "n": pd.Series(dtype="int64")})


def _read(tables: list[pa.Table]) -> tuple[dict[str, pd.DataFrame], pd.DataFrame, list[str]]:
    """Return the frames, the record of parsing, and notes."""
    table = pa.concat_tables(tables, promote_options="default").unify_dictionaries().combine_chunks()
    ids = _plain(table, "tweet_id")
    n_rows = len(ids)
    if ids.duplicated().any():
        keep = ~ids.duplicated().to_numpy()
        table = table.filter(pa.array(keep)).unify_dictionaries().combine_chunks()
        ids = ids[keep].reset_index(drop=True)
    raw = table.column("tweet_full_text").chunk(0)
    texts, counts = clean_texts(raw.dictionary.to_pylist())
    recoded = texts.dictionary_encode()  # texts that differed in names or escapes alone are one text
    codes = recoded.indices.to_numpy()[raw.indices.to_numpy()]
    distinct = recoded.dictionary
    entities = parse_entities(table.column("hashtags"))
    found = parse_text(pa.DictionaryArray.from_arrays(pa.array(codes), distinct))
    times = times_of(ids.tolist())
    order = times.astype("int64").to_numpy() if times.notna().all() else ids.index.to_numpy()
    tweets = pd.DataFrame({"tweet_id": ids, "text": pd.Series(distinct.to_pandas()).take(codes).to_numpy()})
    tweets = tweets.assign(text_id=codes.astype("int64"), **tell_apart(codes, distinct, order))
    for name in ("n_retweets", "n_favourites"):
        tweets[name] = table.column(name).to_numpy()
    if "language" in table.column_names:
        tweets["language"] = pd.Categorical(_plain(table, "language"))
    tweets["time"] = times.to_numpy()
    tweets["cell"] = pd.Categorical.from_codes(entities.states, categories=CELL_STATES)
    frames = {"tweets": tweets, "tags": entities.tags, "text_tags": found}
    checks = _checks(frames, entities.n_malformed, counts, n_rows - len(ids))
    return frames, checks, _notes(checks)


def _plain(table: pa.Table, name: str) -> pd.Series:
    return table.column(name).to_pandas().astype("str").reset_index(drop=True)


def _checks(
    frames: dict[str, pd.DataFrame], n_malformed: int, texts: dict[str, int], n_again: int
) -> pd.DataFrame:
    """Return what parsing met, by name, as a frame of check and n."""
    tweets, tags, found = frames["tweets"], frames["tags"], frames["text_tags"]
    whole = found[~found["cut_off"]]
    both = _occurrences(tags).sub(_occurrences(whole), fill_value=0)
    values = {
        "Tweets": len(tweets),
        "Rows with an id read before (left out)": n_again,
        "Distinct texts": tweets["text_id"].nunique(),
        "Tweets without a hashtag in the export's column": int((tweets["cell"] == "empty").sum()),
        "Tweets with a cell or tag that is no hashtag": int((tweets["cell"] == "malformed").sum()),
        "Such cells and tags, left out": n_malformed,
        "Hashtags in the export's column": len(tags),
        "Whole hashtags found in the texts": len(whole),
        "Hashtags in the column that the text lacks": int(both.clip(lower=0).sum()),
        "Hashtags in the text that the column lacks": int((-both).clip(lower=0).sum()),
        'Hashtags in the texts cut off by "…"': int(found["cut_off"].sum()),
        "Distinct texts with HTML entities, resolved": texts["html_entities"],
        "Distinct texts that hold an entity still (escaped twice)": texts["html_entities_twice"],
        "Distinct texts with a user name, masked": texts["handles"],
        "Tweets whose id holds no time": int(tweets["time"].isna().sum()),
    }
    return pd.DataFrame({"check": list(values), "n": list(values.values())})


def _occurrences(tags: pd.DataFrame) -> pd.Series:
    return tags.groupby(["tweet", tags["tag"].astype(str)]).size()


def _notes(checks: pd.DataFrame) -> list[str]:
    n = checks.set_index("check")["n"]
    told = (
        "Rows with an id read before (left out)",
        "Such cells and tags, left out",
        "Tweets whose id holds no time",
    )
    return [f"{check}: {n[check]:,}." for check in told if n[check]]
