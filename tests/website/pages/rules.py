"""What every page has to keep to. A rule takes the facts of a visit and says what is wrong and what to do."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote

Facts = dict
Rule = Callable[[Facts], list[str]]
RULES: dict[str, Rule] = {}
#: Bytes of a page with all it loads, and of a deck.
PAGE_LIMIT, DECK_LIMIT = 2_000_000, 6_000_000
#: Rules of axe that are not kept, each with its reason. None so far.
ACCEPTED: dict[str, str] = {}
#: Begins what is drawn, and said, where an input for a chart is absent.
ABSENT = "This section needs "


def rule(judge: Rule) -> Rule:
    """Add a rule under its own name."""
    RULES[judge.__name__] = judge
    return judge


@rule
def language(facts: Facts) -> list[str]:
    found = [] if facts["lang"] == "en-GB" else [f"lang is {facts['lang']!r}: set lang in _quarto.yml"]
    return found + ([] if facts["title"].strip() else ["<title> is empty: give the page a title"])


@rule
def headings(facts: Facts) -> list[str]:
    levels = facts["headings"]
    found = [f"<h{level}> is empty: write or remove it" for level, words in levels if not words]
    deck = facts["url"].endswith("slides.html")
    if not levels or levels[0][0] != 1 or (not deck and [level for level, _ in levels].count(1) != 1):
        found.append("one <h1>, and it first: the title of the page, other headings from ##")
    for (above, _), (level, words) in zip(levels, levels[1:], strict=False):
        if level > above + 1:
            found.append(f"<h{level}> {words!r} follows <h{above}>: use <h{above + 1}>")
    if facts["mains"] != 1:
        found.append(f"{facts['mains']} <main> elements: the template has one")
    return found


PLACEHOLDER = re.compile(
    r"\{\{|\?var|\bnan\b|\bNone\b|(?i:\bTODO\b|\blorem\b|\bfig-\w|\bplaceholder\b)"
    r"|(?i:\.(png|svg|jpe?g)\b|^(image|picture|chart|figure|plot)( of)?\W*$)",
)


def _words(text: str) -> str:
    return re.sub(r"\W+", " ", re.sub(r"^Figure\s\d+:|Source: .*$", "", text)).strip().casefold()


def judge_alt(image: dict) -> str:
    """What is wrong with the alternative text of one figure; empty when nothing is."""
    alt = (image["alt"] or "").strip()
    if image["alt"] is None or not alt:
        return "has no alt text: give its cell a fig-alt"
    if len(alt) < 30 or len(alt) > 400:
        return f"has an alt text of {len(alt)} signs: say what it shows in 30 to 400"
    if PLACEHOLDER.search(alt):
        return f"has a placeholder as its alt text ({PLACEHOLDER.search(alt)[0]!r}): say what it shows"
    if _words(alt) in _words(image["caption"]):
        return "repeats its caption as alt text: begin with the kind of chart and what is on it"
    return ""


@rule
def images(facts: Facts) -> list[str]:
    drawn = [i for i in facts["images"] if not i["logo"]]
    charts = [i for i in drawn if not (i["alt"] or "").startswith(ABSENT)]
    found = [f"{i['where']} {judge_alt(i)}" for i in charts if judge_alt(i)]
    found += [f"{i['where']} is not drawn: its file is missing" for i in drawn if not i["drawn"]]
    alts = Counter(i["alt"] for i in charts)
    return found + [
        f"alt text {a[:40]!r} stands on {n} figures: tell them apart" for a, n in alts.items() if n > 1
    ]


@rule
def figures(facts: Facts) -> list[str]:
    bare = re.compile(r"^(?:Figure|Table)\s\d+:\s*$|^$")
    found = [
        f"{f['where']} has no caption: give it fig-cap or tbl-cap"
        for f in facts["figures"]
        if bare.match(f["caption"])
    ]
    if facts["url"].endswith("slides.html"):
        return found
    return found + [
        f"{f['where']} has its caption below: fig-cap-location: top" for f in facts["figures"] if f["below"]
    ]


@rule
def tables(facts: Facts) -> list[str]:
    found = []
    for table in facts["tables"]:
        at = table["where"]
        found += [] if table["caption"] else [f"{at} has no caption: give it tbl-cap"]
        found += (
            []
            if table["columns"] >= 2
            else [f"{at} has {table['columns']} column headings: name its columns"]
        )
        found += [
            f"{at}: heading {words!r} has no scope: finish_tables gives it" for words in table["unscoped"]
        ]
        found += [f"{at} has {table['unnamed']} empty heading cells: name them"] if table["unnamed"] else []
        found += [] if table["boxed"] else [f"{at} has no box to scroll in: finish_tables gives one"]
    return found


@rule
def room(facts: Facts) -> list[str]:
    found = []
    for seen in facts["rooms"]:
        if seen["scroll"] > seen["width"]:
            found.append(
                f"scrolls sideways at {seen['width']} px ({seen['scroll']} px) for "
                f"{', '.join(seen['wide'])}: let it shrink or scroll in a box"
            )
        found += [f"{part} is cut off at {seen['width']} px: let it wrap" for part in seen["cut"]]
    return found


@rule
def contrast(facts: Facts) -> list[str]:
    return [f"{words}: choose a colour of report/theme with 4.5" for words in facts["contrast"]["poor"]]


@rule
def paper(facts: Facts) -> list[str]:
    return [
        f"in print {words}: print takes the light colours"
        for words in facts.get("print", {"poor": []})["poor"]
    ]


@rule
def focus(facts: Facts) -> list[str]:
    return [f"{words}: leave :focus-visible its outline" for words in facts["focus"]["unseen"]]


@rule
def accessible(facts: Facts) -> list[str]:
    return [f"axe: {words}" for words in facts["axe"] if words.split()[0] not in ACCEPTED]


@rule
def quiet(facts: Facts) -> list[str]:
    return [
        f"the console or the network says {words!r}: nothing may ask elsewhere or fail"
        for words in facts["complaints"]
    ]


@rule
def unique(facts: Facts) -> list[str]:
    return [f"id {name!r} stands twice: give one of them another label" for name in facts["twice"]]


def weigh(facts: Facts) -> int:
    """Bytes of a page and of all it loads, the search index included."""
    page = Path(unquote(facts["url"].removeprefix("file://")).split("?")[0])
    loaded = {Path(unquote(a.removeprefix("file://"))) for a in facts["loads"] if a.startswith("file://")}
    index = {p.parent / "search-index.js" for p in loaded if p.name == "site.js"}
    return sum(path.stat().st_size for path in {page} | loaded | index if path.is_file())


@rule
def weight(facts: Facts) -> list[str]:
    limit = DECK_LIMIT if facts["url"].endswith("slides.html") else PAGE_LIMIT
    return (
        [f"weighs {weigh(facts):,} bytes, over {limit:,}: draw with fewer dots"]
        if weigh(facts) > limit
        else []
    )


def wrong(seen: dict, judge: Rule) -> list[str]:
    """What a rule finds wrong on all pages, each with the page and how it was looked at."""
    lines = {}
    for (name, width, scheme), facts in seen.items():
        if isinstance(facts, dict):
            for line in judge(facts):
                lines.setdefault(f"{name}: {line}", []).append(f"{width} px {scheme}")
    return [f"{line} [{', '.join(settings)}]" for line, settings in lines.items()]
