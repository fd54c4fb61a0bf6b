"""Every page of the published report, light and dark, at a desk and on a phone, against the rules."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from tests.website.pages.conftest import decks_of, pages_of
from tests.website.pages.rules import ACCEPTED, RULES, wrong
from tests.website.pages.visit import DESK, SETTINGS, serve, settle

pytestmark = pytest.mark.browser
NOTEBOOKS = ("01_explore_appointments", "02_missed_appointments", "03_tweet_hashtags")


@pytest.mark.parametrize("name", RULES)
def test_every_page_keeps_to(seen, name) -> None:
    assert wrong(seen, RULES[name]) == []


def test_every_page_was_seen_in_every_setting(seen, site) -> None:
    names = {"index.html", "slides.html", *(f"report/notebooks/{name}.html" for name in NOTEBOOKS)}
    names |= {
        f"report/{name}.html" for name in ("methods", "data-quality", "protection", "limits", "glossary")
    }
    assert names <= {*pages_of(site), *decks_of(site)}
    for name in {*pages_of(site), *decks_of(site), "people/index.html", "people/slides.html"}:
        assert {key[1:] for key in seen if key[0] == name} == set(SETTINGS), name


def test_the_visits_saw_what_there_is(seen) -> None:
    pages = {
        key[0]: facts for key, facts in seen.items() if key[1:] == (DESK, "light") and isinstance(facts, dict)
    }
    assert len(pages["index.html"]["images"]) >= 5
    assert len(pages["people/report/notebooks/04_demand_drivers.html"]["images"]) >= 8
    assert sum(len(facts["tables"]) for facts in pages.values()) >= 20
    assert min(facts["contrast"]["judged"] for facts in pages.values()) > 40
    assert min(facts["focus"]["stops"] for facts in pages.values()) > 15
    assert {room["width"] for facts in pages.values() for room in facts["rooms"]} == {320, 640, DESK}


def test_rules_of_axe_are_accepted_for_a_reason() -> None:
    assert all(len(reason) > 30 for reason in ACCEPTED.values())


def only_pages(seen) -> dict:
    """Visits to pages of the report on appointments, at a desk in the light."""
    return {
        key: facts
        for key, facts in seen.items()
        if key[1:] == (DESK, "light") and key[0].endswith(".html") and not key[0].endswith("slides.html")
    }


def test_every_page_says_that_its_data_are_simulated(seen) -> None:
    for (name, *_), facts in only_pages(seen).items():
        assert "simulated" in facts["banner"].lower(), f"{name}: no banner: body-header in _quarto.yml"


def test_every_page_says_which_files_it_was_made_from(seen, built) -> None:
    files = [p for p in built.data.rglob("*") if p.suffix in (".csv", ".zip", ".xlsx")]
    marks = [f"{p.name} (" for p in files]
    marks += [f"sha256 {hashlib.sha256(p.read_bytes()).hexdigest()[:12]}" for p in files]
    assert len(files) >= 4
    for (name, *_), facts in only_pages(seen).items():
        if not name.startswith("people/"):
            missing = [mark for mark in marks if mark not in facts["provenance"]]
            assert missing == [], f"{name}: the provenance leaves out {missing}"


def test_every_link_leads_somewhere(seen) -> None:
    anchors = {facts["url"]: set(facts["anchors"]) for facts in only_pages(seen).values()}
    lost = []
    for (name, *_), facts in only_pages(seen).items():
        for element, link in facts["links"]:
            address, _, anchor = link.partition("#")
            if address in anchors:
                known = not anchor or anchor in anchors[address]
            else:
                known = not address.startswith("file:") or Path(address.removeprefix("file://")).is_file()
            lost += [] if known else [f"{name}: {element} leads to {link}, which is not there: mend the link"]
    assert lost == []


def test_from_a_server_nothing_is_asked_elsewhere_and_all_is_drawn(site, tab) -> None:
    with serve(site) as base, tab(server=base) as looking:
        for name in [*pages_of(site), *decks_of(site)]:
            page = looking.page
            page.goto(base + name)
            settle(page)
            looking.wait_for_answers()
            undrawn = page.evaluate("[...document.images].filter(i => !i.naturalWidth).map(i => i.src)")
            assert undrawn == [], f"{name}: images are missing on the server"
            assert looking.complaints == [], f"{name} on a server"
