"""Which area is meant: by any of its codes, and what is said of a code that is none."""

import pandas as pd
import pytest

from website.areas.errors import UnknownArea
from website.areas.places import Area, choose_places, list_places


def frame(**columns):
    return pd.DataFrame(columns).astype("category")


@pytest.fixture
def places():
    return list_places(
        frame(
            icb_code=["E54000054", "E54000054", "E54000050"],
            icb_name=["West Yorkshire", "West Yorkshire", "North East and North Cumbria"],
            sub_icb_code=["15F", "36J", "00L"],
            sub_icb_name=[
                "West Yorkshire – 15F",
                "West Yorkshire – 36J",
                "North East and North Cumbria – 00L",
            ],
            region_name=["North East and Yorkshire"] * 3,
        )
    )


def codes(chosen):
    return [area.code for area in chosen]


def test_areas_come_from_the_inputs_by_level_and_code(places):
    assert codes(places) == ["E54000050", "E54000054", "00L", "15F", "36J"]
    assert places[1] == Area("icb", "E54000054", "West Yorkshire", ("QWO",), "North East and Yorkshire")


@pytest.mark.parametrize("word", ["15F", "15f", "E38000225"])
def test_a_location_is_known_by_its_code_and_its_ons_code(places, word):
    assert codes(choose_places([word], places)) == ["15F"]


@pytest.mark.parametrize("word", ["E54000054", "qwo", " e54000054 "])
def test_a_board_is_known_by_its_ons_code_and_its_ods_code(places, word):
    assert codes(choose_places([word], places)) == ["E54000054"]


def test_levels_and_lists_each_area_once(places):
    assert codes(choose_places(["all"], places)) == ["E54000050", "E54000054"]
    assert codes(choose_places(["sub-icb"], places)) == ["00L", "15F", "36J"]
    assert codes(choose_places(["15F, E54000054 15f"], places)) == ["15F", "E54000054"]


def test_an_unknown_code_names_near_ones_and_all(places):
    with pytest.raises(UnknownArea) as error:
        choose_places(["E54000055"], places)
    text = str(error.value)
    assert "E54000055 is a known area, but these inputs hold no appointments of it" in text
    assert "E54000054 (West Yorkshire)" in text
    assert "E54000050, E54000054, 00L, 15F, 36J" in text


def test_a_code_of_nothing_and_a_name(places):
    with pytest.raises(UnknownArea, match=r"^15G is no area of these inputs\. Near: .*15F \(West Yorkshire"):
        choose_places(["15G"], places)
    with pytest.raises(UnknownArea, match=r"Near: E54000054 \(West Yorkshire\)"):
        choose_places(["yorkshire"], places)
    with pytest.raises(UnknownArea) as error:
        choose_places(["\x1b[31m<b>"], places)
    assert "\x1b" not in str(error.value)


def test_a_level_that_the_inputs_lack():
    boards = list_places(frame(icb_code=["E54000054"], icb_name=["West Yorkshire"]))
    with pytest.raises(UnknownArea, match=r"no sub-ICB locations: their attendance files hold ICBs\."):
        choose_places(["sub-icb"], boards)


def test_a_folder_is_named_by_a_plain_code_only():
    assert Area("icb", "E54000054", "x").folder == "E54000054"
    strange = [Area("icb", code, "x").folder for code in ("../up", "a/b", "<b>", "x y", ".", "")]
    assert all(name.startswith("area-") and "/" not in name for name in strange)
    assert len(set(strange)) == len(strange)
