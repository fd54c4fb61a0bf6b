"""Names of levels for people."""

import pandas as pd
import pytest

from analysis_lib import levels
from analysis_lib.codes import SETTINGS
from analysis_lib.levels import name_edge, name_event


@pytest.mark.parametrize(
    ("codes", "names"),
    [
        ({"setting": "ae"}, {"service": "A&E"}),
        ({"setting": "new_service"}, {"service": "new_service"}),
        ({"term": "has_copd", "level": "True"}, {"driver": "COPD"}),
        ({"term": "has_heart_failure", "level": "True"}, {"driver": "Heart failure"}),
        ({"term": "imd_decile", "level": "1"}, {"driver": "Deprivation decile 1"}),
        ({"outcome": "next_high_cost"}, {"what": "High cost next year"}),
        ({"model": "trees"}, {"who": "Boosted trees"}),
        ({"imd_quintile": 1}, {"quintile": "1 (most deprived)"}),
        ({"group": "sex", "level": "F"}, {"group_name": "Sex", "level_name": "Women and girls"}),
        ({"group": "ethnic_group", "level": "not stated"}, {"level_name": "Not stated"}),
        (
            {"group": "ethnic_group", "level": "Asian or Asian British"},
            {"level_name": "Asian or Asian British"},
        ),
        ({"fold": "train"}, {"purpose": "Teach the models"}),
    ],
)
def test_codes_have_names_beside_them(codes, names):
    named = levels.name_levels(pd.DataFrame([codes])).iloc[0]
    assert {name: named[name] for name in names} == names
    assert {code: named[code] for code in codes} == codes


@pytest.mark.parametrize(
    ("group", "level", "said"),
    [
        ("sex", "M", "men and boys"),
        ("age_band", "85+", "people of 85 and over"),
        ("age_band", "5-14", "people of 5 to 14"),
        ("imd_quintile", "2", "deprivation quintile 2"),
        ("imd_quintile", "1", "deprivation quintile 1 (most deprived)"),
        ("ethnic_group", "Asian", "people of ethnic group Asian"),
    ],
)
def test_groups_are_people_inside_a_sentence(group, level, said):
    assert levels.people_of(pd.Series({"group": group, "level": level})) == said


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (levels.contacts("emergency"), "emergency admissions"),
        (levels.contacts("nhs111"), "calls to NHS 111"),
        (levels.outcome_phrase("next_emergency"), "an emergency admission next year"),
        (levels.outcome_phrase("next_high_cost"), "high cost next year"),
        (levels.feature_in_sentence("GP use, last year"), "GP use in the last year"),
        (levels.feature_in_sentence("Medicines, how many"), "medicines (how many)"),
    ],
)
def test_names_inside_a_sentence(said, expected):
    assert said == expected


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("start:0205051R0", "Ramipril begun"),
        ("stop:0208020V0AAAAAA", "Warfarin sodium stopped"),  # a product is named by its chemical
        ("start:0202", "Diuretics (BNF 0202) begun"),
        ("start:1501041T0", "BNF 1501041T0 begun"),
        ("condition:heart_failure", "Heart failure diagnosed"),
        ("condition:copd", "COPD diagnosed"),
        ("gp", "GP contact"),
        ("discharge:emergency", "Discharge after an emergency"),
        ("homeopathy", "homeopathy"),
    ],
)
def test_events_have_names(code, name):
    assert name_event(code) == name


def test_edges_have_names():
    ends = "start:0205051R0", "start:1001010P0"
    assert name_edge(*ends, "0-14") == "Ramipril begun, then naproxen begun within 14 days"
    assert name_edge(*ends, "31-90") == "Ramipril begun, then naproxen begun 31 to 90 days later"
    assert name_edge("gp", "ae", "15-30") == "GP contact, then A&E attendance 15 to 30 days later"


def test_all_settings_are_events_with_names():
    assert all(name_event(setting) != setting for setting in SETTINGS)
