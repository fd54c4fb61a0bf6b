"""What is in disguise: canaries escaped or percent-encoded, base64, compressed bytes, letters among bytes."""

from __future__ import annotations

import base64
import binascii
import gzip
import html
import io
import json
import re
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import unquote

from analysis_lib.identifiers import CANARIES
from website.scan.finding import line_at
from website.scan.said import SmallCounts
from website.scan.values import INVISIBLE

LARGEST = 50_000_000  # bytes that a compressed part may unpack to
UNREADABLE = "cannot be read"
BASE64 = re.compile(r"[A-Za-z0-9+/]{24,}={0,2}")
URL_BASE64 = re.compile(r"(?<![A-Za-z0-9+/])(?=[A-Za-z0-9]*[_-])[A-Za-z0-9_-]{24,}={0,2}(?![+/])")
_ESCAPE = re.compile(r"\\(?:u\{?0{0,4}|x)([0-9a-fA-F]{2})\}?")
_PRINTABLE = re.compile(
    rb"[\x20-\x7e]{8,}|(?:[\x20-\x7e]\0){6,}|(?:\0[\x20-\x7e]){6,}"  # in one byte a letter, or in two
)
PNG = b"\x89PNG\r\n\x1a\n"
_SHORTEST = 6


class Canaries:
    """What to look for that depends on the inputs: made-up identifiers, and too small counts in words.

    Parameters
    ----------
    more : iterable of str
        Further identifiers, beside `CANARIES`; those of under six letters would be found everywhere and
        are left out.
    small : SmallCounts, optional
        Which counts in words are too small; none if not given.
    """

    def __init__(self, more: Iterable[str] = (), small: SmallCounts | None = None) -> None:
        self.small = small or SmallCounts(None)
        names = {name.lower() for name in (*CANARIES, *more) if len(name) >= _SHORTEST}
        self._text = sorted(names)
        self._bytes = [name.encode() for name in self._text]

    def inside(self, data: bytes) -> bool:
        """Whether one stands in these bytes as it is."""
        lowered = data.lower()
        return any(name in lowered for name in self._bytes)

    def find(self, text: str) -> Iterator[int]:
        """Offsets of all in `text`, in capitals or not, also escaped as an address, HTML or JSON has it."""
        seen = set()
        for form in _disguises(text):
            lowered = form.lower()
            for name in self._text:
                start = lowered.find(name)
                while start >= 0:
                    line = min(line_at(form, start), text.count("\n") + 1)
                    if line not in seen:
                        seen.add(line)
                        yield _start_of_line(text, line)
                    start = lowered.find(name, start + 1)


def read_canaries(folder: Path | None, small: SmallCounts | None = None) -> Canaries:
    """Canaries of the project and those that ``manifest.json`` of an input folder lists.

    Raises
    ------
    ValueError
        If the manifest is no JSON object or its canaries are no list of text.
    """
    manifest = folder / "manifest.json" if folder else None
    if manifest is None or not manifest.is_file():
        return Canaries(small=small)
    remedy = f"{manifest.name} of the input folder cannot be read: make the inputs anew."
    try:
        content = json.loads(manifest.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise ValueError(remedy) from error
    listed = content.get("canaries", []) if isinstance(content, dict) else None
    if not isinstance(listed, list) or not all(isinstance(name, str) for name in listed):
        raise ValueError(remedy)
    return Canaries(listed, small)


def _start_of_line(text: str, line: int) -> int:
    offset = 0
    for _ in range(line - 1):
        offset = text.index("\n", offset) + 1
    return offset


def _disguises(text: str) -> Iterator[str]:
    """`text` as it is and as a reader's program would undo it, twice at most."""
    yield text
    known = {text}
    for _ in range(2):
        before = text
        if "%" in text:
            text = unquote(text)
        if "&" in text:
            text = html.unescape(text)
        if "\\" in text:
            text = _ESCAPE.sub(lambda match: chr(int(match[1], 16)), text)
        text = INVISIBLE.sub("", text)
        if text == before or text in known:
            return
        known.add(text)
        yield text


def decode_run(run: str) -> Iterator[bytes]:
    """A run of base64 as bytes; a short one may begin with letters that are not its own."""
    run = run.rstrip("=").replace("-", "+").replace("_", "/")
    for start in range(4 if len(run) < 4096 else 1):
        whole = run[start:]
        whole = whole[: len(whole) - 1] if len(whole) % 4 == 1 else whole
        yield base64.b64decode(whole + "=" * (-len(whole) % 4))


def decode_base64(text: str) -> bytes | None:
    """The bytes of a whole base64 text, or None."""
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        return None


def as_text(data: bytes) -> str | None:
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return None
    return text if not re.search(r"[\x00-\x08\x0e-\x1f\x7f]", text) else None


def printable(data: bytes) -> str:
    """The runs of printable letters, each on a line, also of those that take two bytes."""
    return "\n".join(run.replace(b"\0", b"").decode("ascii") for run in _PRINTABLE.findall(data))


def unpack(data: bytes) -> bytes | None:
    """Decompress gzip or zlib up to `LARGEST` bytes; None if it is neither, or more."""
    try:
        if data[:2] == b"\x1f\x8b":
            with gzip.GzipFile(fileobj=io.BytesIO(data)) as stream:
                unpacked = stream.read(LARGEST + 1)
        else:
            stream = zlib.decompressobj()
            unpacked = stream.decompress(data, LARGEST + 1)
            if not (unpacked or stream.eof):
                return None
    except (OSError, EOFError, zlib.error):
        return None
    return unpacked if len(unpacked) <= LARGEST else None


def chunk_text(name: bytes, body: bytes) -> str | None:
    """Keyword and text of one chunk, decompressed."""
    if name not in (b"tEXt", b"zTXt", b"iTXt", b"iCCP"):
        return printable(body)
    keyword, _, rest = body.partition(b"\0")
    compressed = name in (b"zTXt", b"iCCP") or (name == b"iTXt" and rest[:1] == b"\x01")
    if name == b"iTXt":
        parts = rest[2:].split(b"\0", 2)
        keyword, rest = keyword + b" " + b" ".join(parts[:2]), parts[-1]
    elif compressed:
        rest = rest[1:]
    unpacked = unpack(rest) if compressed else rest
    if unpacked is None:
        return None
    said = printable(unpacked) if b"\0" in unpacked else unpacked.decode("utf-8", "replace")
    return f"{keyword.decode('latin-1')}\n{said}"
