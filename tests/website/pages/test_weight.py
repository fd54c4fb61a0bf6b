"""What a page weighs with all that it loads, and the deck: slow lines and full mailboxes are common."""

from __future__ import annotations

import re
from pathlib import Path

PAGE, DECK, SCRIPT = 2_000_000, 6_000_000, 20_000  # bytes
LOADS = re.compile(r'<(?:img|script|link|source)\b[^>]*?\s(?:src|href)="([^"#?]+)"')


def weigh(page: Path) -> int:
    """Bytes of a page and of every file that it loads."""
    text = page.read_text(encoding="utf-8")
    loaded = {(page.parent / address).resolve() for address in LOADS.findall(text) if ":" not in address}
    return page.stat().st_size + sum(path.stat().st_size for path in loaded)


def test_loaded_files_are_counted(tmp_path):
    (tmp_path / "a.css").write_bytes(b"x" * 30)
    (tmp_path / "b.png").write_bytes(b"x" * 500)
    page = tmp_path / "page.html"
    page.write_text('<link href="a.css"><img alt="" src="b.png"><img src="b.png"><a href="c.csv">c</a>')
    assert weigh(page) == page.stat().st_size + 530


def test_pages_and_deck_are_light(built):
    site = built.root / "_site"
    index = (site / "site_libs" / "search-index.js").stat().st_size
    pages = [
        p for p in site.rglob("*.html") if not p.name.endswith("slides.html") and p.parent.name != "takeaway"
    ]
    heavy = {p.name: weigh(p) for p in pages}  # the whole report in one file is taken away, not visited
    assert {name: size for name, size in heavy.items() if size + index > PAGE} == {}
    assert [p.name for p in site.glob("*slides.html") if p.stat().st_size > DECK] == []
    assert (site / "site_libs" / "explore.js").stat().st_size <= SCRIPT
