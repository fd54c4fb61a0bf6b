"""What must not stand in words, cells or code: patterns, each tried on what readers of a file see."""

from __future__ import annotations

import re
from collections.abc import Iterator

from analysis_lib.identifiers import is_nhs_number
from analysis_lib.release.facts import NO_FACT

# Area, district, space, sector and unit, as Royal Mail's Programmers' Guide writes them (PAF, 2023).
_AREAS = (
    "AB AL B BA BB BD BH BL BN BR BS BT CA CB CF CH CM CO CR CT CV CW DA DD DE DG DH DL DN DT DY E EC EH EN "
    "EX FK FY G GL GU GY HA HD HG HP HR HS HU HX IG IM IP IV JE KA KT KW KY L LA LD LE LL LN LS LU M ME MK "
    "ML N NE NG NN NP NR NW OL OX PA PE PH PL PO PR RG RH RM S SA SE SG SK SL SM SN SO SP SR SS ST SW SY TA "
    "TD TF TN TQ TR TS TW UB W WA WC WD WF WN WR WS WV YO ZE"
).replace(" ", "|")
_POSTCODE = re.compile(
    rf"(?<![\w./&#+-])(?:(?:{_AREAS})[0-9](?:[0-9]|[A-HJKPSTUWMNRVXY])?[ \u00a0]?[0-9][ABD-HJLNP-UW-Z]{{2}}"
    rf"|(?:{_AREAS.lower()})[0-9](?:[0-9]|[a-hjkpstuwmnrvxy])? [0-9](?!st|nd|rd|th)[abd-hjlnp-uw-z]{{2}})"
    r"(?![\w/&=+-])"
)
INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]")
# Ten digits on their own; a decimal, a longer run or the short hash of a commit or file is none.
_TEN_DIGITS = re.compile(
    r"(?<![\w.+/#\u2212])(?<![\d.]-)(?<!commit )(?<!sha256 )"
    r"(\d{3})([ \u00a0\u2007\u2009\u202f\u2010\u2011\u2013-]?)(\d{3})\2(\d{4})(?![\w/]|[.-]\d)"
)
# Cross-references of Quarto and the NHS's "@home" services are no names.
_HANDLE = re.compile(
    r"(?<![\w.@＠/+%&=-])[@＠](?!(?:fig|tbl|sec|eq|lst)-|home\b)[A-Za-z0-9_]{2,30}+(?![\w.]*@|/\w)"
)
_DECORATOR = re.compile(r"^[ \t]*$")
_ROOTS = [
    f"/{top}/"
    for top in ["home", "root", "Users", "tmp", "work", "mnt", "media", "srv", "opt", "var/folders"]
]
# Each pattern with what a text must hold for it to be tried: a megabyte of base64 seldom does.
_FILE_WIDE = {
    "absolute path": (
        (*_ROOTS, "file:", ":\\", ":/Users", ":/Documents", ":/Windows", ":/Temp"),
        re.compile(
            rf"(?<![\w.:/~-])(?:{'|'.join(_ROOTS)})[\w.-]+/|\bfile:///?\w"
            r"|(?<![A-Za-z0-9])[A-Za-z]:(?:\\{1,2}|/)(?:Users|Documents and Settings|Windows|Temp)(?:\\|/)"
        ),
    ),
    "traceback": (("Traceback",), re.compile(r"Traceback \(most recent call last\)")),
    "unresolved shortcode": (
        ("{{<", "{{&lt;"),
        re.compile(r"\{\{(?:<|&lt;)\s*(?:var|embed|include|meta)\b"),
    ),
    # The page shows a sentence that needs `.content-visible when-meta="has.…"` around it
    "sentence with a number that these inputs do not have": ((NO_FACT,), re.compile(NO_FACT)),
    "text that changes its direction": (
        (*"\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069",),
        re.compile("[\u202a-\u202e\u2066-\u2069]"),
    ),
}
# One of these characters stands in all that is looked for anywhere; a cell seldom has one.
_HINT = re.compile(rf"[/:\\{{\u202a-\u202e\u2066-\u2069]|Traceback|{NO_FACT}")
AROUND = 80
_BASE64 = re.compile(rf"[A-Za-z0-9+/]{{{2 * AROUND},}}")
# A drive or a share of a Windows machine; in code these are often patterns, so words and cells only.
_WINDOWS = re.compile(r"(?<![\w\\])(?:[A-Za-z]:\\{1,2}[\w .-]+\\|\\\\[A-Za-z][\w.-]{2,}\\[\w$.-]{3,}\\)")
_MISSING = re.compile(r"(?<![\w-])(?:nan|NaN|NaT|inf)%?(?![\w-])")
_NUMBER = re.compile(r"[+-]?(?:\d[\d,]*)?\.?\d+(?:[eE][+-]?\d+)?%?|[+-](?:inf|nan)?", re.I)
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
# Names of columns and keys whose large whole numbers are sums or hashes.
_SUMS = re.compile(r"^n_|^rows|_gbp$|^cost|^total|^value$|sha256|commit")

NHS_NUMBER, POSTCODE, HANDLE, IDENTIFIER = "NHS number", "postcode", "@handle", "identifier column"
FORMULA, MISSING, CANARY = "formula in a cell", "missing number", "canary identifier"


def holds_sums(name: str) -> bool:
    """Whether large whole numbers are usual in a column or key of this name."""
    return bool(_SUMS.search(name.lower()))


def is_formula(cell: str) -> bool:
    """Whether a spreadsheet would take this text for a formula; a number or a dash is none."""
    return cell.startswith(_FORMULA) and not _NUMBER.fullmatch(cell.strip())


def is_missing(cell: str) -> bool:
    """Whether a cell says that there is no number."""
    return cell.lstrip("+-") in ("nan", "NaN", "NaT", "inf", "<NA>")


def find_missing(text: str) -> Iterator[tuple[str, int]]:
    """Kind and offset of every missing number in a sentence."""
    return ((MISSING, match.start()) for match in _MISSING.finditer(text))


def find_nhs_numbers(text: str) -> Iterator[tuple[str, int]]:
    """Kind and offset of ten digits, also written 3-3-4, that stand alone and pass modulus 11."""
    for match in _TEN_DIGITS.finditer(text):
        digits = match[1] + match[3] + match[4]
        if is_nhs_number(digits) and digits != "0123456789":  # as a font shows its digits
            yield NHS_NUMBER, match.start()


def find_in_words(text: str, *, code: bool = False) -> Iterator[tuple[str, int]]:
    """Kind and offset of numbers, postcodes, handles and drives in what a reader sees.

    In `code` a name behind ``@`` at the start of a line is a decorator, and a backslash no path.
    """
    if INVISIBLE.search(text):  # a reader sees it without these
        kept = [at for at, sign in enumerate(text) if not INVISIBLE.match(sign)]
        seen = "".join(text[at] for at in kept)
        yield from ((kind, kept[at]) for kind, at in find_in_words(seen, code=code))
        return
    yield from find_nhs_numbers(text)
    if len(text) > 4:
        yield from ((POSTCODE, match.start()) for match in _POSTCODE.finditer(text))
    for match in _HANDLE.finditer(text) if "@" in text or "＠" in text else ():
        begin = text.rfind("\n", 0, match.start()) + 1
        if not (code and _DECORATOR.match(text[begin : match.start()])):
            yield HANDLE, match.start()
    if not code and "\\" in text:
        yield from (("absolute path", match.start()) for match in _WINDOWS.finditer(text))


def find_anywhere(text: str, leave_out: tuple[str, ...] = ()) -> Iterator[tuple[str, int]]:
    """Kind and offset of what no file may hold, whatever it is: paths, tracebacks, turned text."""
    if not _HINT.search(text):
        return
    for kind, (needed, pattern) in _FILE_WIDE.items():
        if kind not in leave_out and any(word in text for word in needed):
            found = (m for m in pattern.finditer(text) if not _by_chance(text, m.start(), m.end()))
            yield from ((kind, match.start()) for match in found)


def _by_chance(text: str, start: int, end: int) -> bool:
    """Whether a match stands in the middle of a picture in base64, which is looked into by itself."""
    return bool(_BASE64.fullmatch(text, max(0, start - AROUND), end + AROUND))
