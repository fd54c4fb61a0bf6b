"""The second deck and the scoping page in a browser, with the longest sentences that they may quote."""

from __future__ import annotations

import pytest
from synthetic import make_papers

from tests.website.pages.rules import RULES
from tests.website.pages.visit import DESK, PHONE, look_at, walk_deck
from website.render import render_site

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    root = make_papers(tmp_path_factory.mktemp("seen") / "project")
    return render_site(root, root / "_site").output


def test_every_slide_fits_and_can_be_read(made, tab):
    with tab(viewport={"width": 1280, "height": 720}) as looking:
        slides = walk_deck(looking, (made / "synthetic-slides.html").as_uri(), axe=True)
    assert len(slides) == 13
    for slide in slides:
        wrong = {what: slide[what] for what in ("out", "cut", "small", "contrast", "axe") if slide[what]}
        assert wrong == {}, slide["heading"]
        assert len(slide["images"]) == slide["captions"]


@pytest.mark.parametrize("name", ["report/scoping.html", "synthetic-slides.html"])
@pytest.mark.parametrize("width", [PHONE, DESK])
def test_both_read_well_on_a_phone_and_at_a_desk(made, tab, name, width):
    if (name, width) == ("synthetic-slides.html", DESK):
        pytest.skip("there they are slides")
    with tab(viewport={"width": width, "height": 844}) as looking:
        facts = look_at(looking, (made / name).as_uri(), width=width)
    assert {rule: judge(facts) for rule, judge in RULES.items() if judge(facts)} == {}
