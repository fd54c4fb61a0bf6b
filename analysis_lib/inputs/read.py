"""Read one source file: open, parse as text, recognise, check, convert."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from analysis_lib.inputs.archive import LONGEST_NAME, Member, open_source, sha256
from analysis_lib.inputs.convert import Part, convert
from analysis_lib.inputs.errors import InputError, LeftAside, Rejection, visible
from analysis_lib.inputs.header import LEAVE_ASIDE, LEAVE_MEMBER, check_names, recognise
from analysis_lib.inputs.labels import OwnLabels
from analysis_lib.inputs.privacy import check_privacy
from analysis_lib.inputs.sheets import read_parquet_text, read_xlsx_text
from analysis_lib.inputs.text import TextTable, read_csv_text


@dataclass
class FileRead:
    """What one source file gave: its parts, what it rejected, and the members that hold no data.

    `aside` are (member, reason) of what is not to be read: known and not needed, or no appointment file.
    """

    name: str
    sha256: str
    parts: list[Part] = field(default_factory=list)
    rejections: list[Rejection] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)
    aside: list[tuple[str, str]] = field(default_factory=list)


def read_source(
    name: str,
    data: bytes,
    *,
    day_first: bool = False,
    own_labels: OwnLabels | None = None,
    digest: str = "",
) -> FileRead:
    """Read one file's bytes into tidy parts; never raises on bad content.

    Parameters
    ----------
    name : str
        File name, for messages only.
    data : bytes
        The file.
    day_first : bool
        Whether dates such as 01/12/2021 are declared as day, month, year.
    own_labels : mapping, optional
        Labels that the user declares (see `read_own_labels`).

    Returns
    -------
    FileRead
        With a rejection for every member that cannot be read.
    """
    result = FileRead(name, digest or sha256(data))
    try:
        for member in open_source(name, data, result.ignored):
            try:
                result.parts += _read_member(member, day_first, own_labels)
            except LeftAside as aside:
                result.aside.append((visible(member.name), str(aside)))
            except InputError as error:
                place = join_name(name, member.name)
                result.rejections += [_within(rejection, place, member) for rejection in error.rejections]
    except InputError as error:
        result.rejections += [rejection.within(name) for rejection in error.rejections]
    return result


def _within(rejection: Rejection, place: str, member: Member) -> Rejection:
    """Return the rejection as that of a member, which ignore.txt cannot name."""
    remedy = rejection.remedy.replace(LEAVE_ASIDE, LEAVE_MEMBER) if member.name else rejection.remedy
    return replace(rejection, file=place, remedy=remedy)


def join_name(file: str, member: str) -> str:
    """Return file/member, or the file alone where there is no member."""
    return f"{file}/{member}" if member else file


def _read_member(member: Member, day_first: bool, own_labels: OwnLabels | None) -> list[Part]:
    # Only to know a copy by; BLAKE2 is the faster hash where the processor has no SHA instructions.
    digest = hashlib.blake2b(member.data, digest_size=32).hexdigest()
    parts = []
    for sheet, table in _tables(member):
        name = visible("/".join(filter(None, [member.name, sheet[:LONGEST_NAME].replace("/", "∕")])))
        try:
            check_names(table.names)
            check_privacy(table)
            match = recognise(table.names)
            part = convert(table, match, member=name, day_first=day_first, own_labels=own_labels)
        except InputError as error:
            raise (error.within_sheet(sheet) if sheet else error) from None
        part.stats["content_sha256"] = f"{digest}/{sheet}" if sheet else digest
        parts.append(part)
    return parts


def _tables(member: Member) -> Iterator[tuple[str, TextTable]]:
    if member.kind == "xlsx":
        yield from read_xlsx_text(member.data)
    elif member.kind == "parquet":
        yield "", read_parquet_text(member.data)
    else:
        yield "", read_csv_text(member.data, newlines=b"tweet_id" in member.data[:300].lower())
