"""The papers that come with the models: every item answered, every number a fact that a sentence makes."""

import re
from pathlib import Path

from analysis_lib.sentences import read_sections

REPORT = Path(__file__).parents[2] / "report"
PARTS = {3: "abc", 5: "ab", 6: "abc", 8: "abc", 9: "abc", 12: "abcdefg", 18: "abcdef", 20: "abc", 23: "ab"}
PARTS |= {27: "abc"}


def test_every_item_of_tripod_ai_is_answered_once():
    rows = re.findall(r"^\| (\d+[a-g]?) \| (.+) \| (.+) \|$", (REPORT / "tripod-ai.qmd").read_text(), re.M)
    items = [f"{n}{part}" for n in range(1, 28) for part in PARTS.get(n, [""])]
    assert [item for item, _, _ in rows] == items
    assert len(items) == 52
    for item, _, answer in rows:
        honest = re.search(r"[Nn]ot (?:done|needed|applicable|published)|None is stated|Nothing was", answer)
        assert honest or "](" in answer or "project" in answer or "Both" in answer, item


def test_the_model_card_forbids_rationing_first():
    text = (REPORT / "model-card.qmd").read_text()
    assert text.index("Not to deny or ration care") < text.index("## What it is ")
    assert "Not to deny, ration, delay or price care" in text


def test_pages_quote_only_facts_that_the_sentences_make():
    sections = read_sections(REPORT / "sentences" / "risk.txt")
    made = {name for section in sections.values() for name in section.entries}
    pages = [*REPORT.glob("*.qmd"), *REPORT.glob("_*.md")]
    quoted = {name for page in pages for name in re.findall(r"var risk\.(\w+)", page.read_text())}
    assert quoted <= made
    assert len(quoted) > 40
