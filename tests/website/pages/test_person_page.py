"""The page of one simulated person in a browser: read, zoomed, worked by keyboard, and printed."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import date, timedelta

import pandas as pd
import pytest

from analysis_lib.codes import CONDITIONS, MEASURES, SETTINGS
from analysis_lib.inputs.population import load_population
from analysis_lib.review import Risk, write_person_page
from analysis_lib.simulate.prescribing.chemicals import CODES
from tests.population_tables import A, condition, contact, medicine, person, write
from tests.website.pages.rules import RULES
from tests.website.pages.visit import DESK, PHONE, look_at

pytestmark = pytest.mark.browser
DAY = date(2024, 4, 1)
SIDES = 2  # of A4


@pytest.fixture(scope="module")
def crowded(tmp_path_factory):
    """A page with more than anybody has: 40 medicines, all conditions, tests and settings."""
    days = [(DAY - timedelta(days=n)).isoformat() for n in range(1, 700, 9)]
    courses = [
        {**medicine(A, days[n], None if n % 3 else days[n // 2], code[:4]), "bnf_code": code}
        for n, code in enumerate(CODES[:40])
    ]
    tables = {
        "person": [person(A, birth_month="1935-01-01")],
        "condition": [condition(A, name, days[-1 - n]) for n, name in enumerate(CONDITIONS)],
        "medicine": courses,
        "contact": [contact(A, day, setting) for setting in SETTINGS for day in days],
        "measurement": [
            {"person_id": A, "measure": name, "date": day, "value": low + n / 2}
            for name, (_, low, _) in MEASURES.items()
            for n, day in enumerate(days[::9])
        ],
        "manifest": {
            "source": "made",
            "first_date": "2022-01-01",
            "last_date": "2025-03-31",
            "simulated": False,
        },
    }
    loaded = load_population(write(tmp_path_factory.mktemp("crowded"), tables))
    made = replace(loaded, simulated=True, profile="simulated")
    parts = [("start:0205051R0", "start:1001010P0", "15-30", 0.9 - n / 10) for n in range(8)]
    parts += [(f"condition:{name}", None, None, 0.4) for name in CONDITIONS[:8]]
    explained = pd.DataFrame(parts, columns=["first", "then", "bin", "contribution"]).assign(person_id=A)
    risk = Risk(0.61, 0.5, 0.7, 50, (0.4, 0.8), 0.3, 0.5)
    return write_person_page(made, A, DAY, tmp_path_factory.mktemp("page"), risk, explained)


@pytest.mark.parametrize(("width", "scheme"), [(DESK, "light"), (DESK, "dark"), (PHONE, "dark")])
def test_it_is_read_by_everybody(tab, crowded, width, scheme):
    with tab(viewport={"width": width, "height": 844}, color_scheme=scheme, bypass_csp=True) as looking:
        facts = look_at(looking, crowded.as_uri(), width=width)
        assert [found for judge in RULES.values() for found in judge(facts)] == []
        looking.page.set_viewport_size({"width": width, "height": 844})
        assert looking.page.evaluate("document.documentElement.scrollWidth") <= width


def test_tables_open_and_close_by_keyboard(tab, crowded):
    with tab() as looking:
        page = looking.open(crowded)
        for _ in range(3):
            page.keyboard.press("Tab")
            assert page.evaluate("document.activeElement.tagName") == "SUMMARY"
            page.keyboard.press("Enter")
            assert page.evaluate("document.activeElement.parentElement.open")
            page.keyboard.press("Enter")


def test_it_is_printed_on_both_sides_of_a_sheet(chromium, crowded):
    reader = pytest.importorskip("pypdf")
    page = chromium.new_page()
    page.goto(crowded.as_uri())
    printed = reader.PdfReader(io.BytesIO(page.pdf(prefer_css_page_size=True)))
    page.close()
    assert len(printed.pages) <= SIDES
    assert printed.pages[0].mediabox.width == pytest.approx(595, abs=2)  # A4
    told = " ".join(each.extract_text() for each in printed.pages)
    assert "What this page does not know" in told
