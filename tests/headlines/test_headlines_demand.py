"""Sentences of notebook 04 on tiny released frames, with what is hidden."""

import pandas as pd
import pytest

from analysis_lib import headlines

NAN = float("nan")


def words(value):
    return getattr(value, "text", value)


def groups(rows):
    columns = ["setting", "group", "level", "n_people", "events", "rate_per_1000", "low", "high"]
    return pd.DataFrame(rows, columns=columns)


DECILES = groups(
    [
        ("gp", "imd_decile", "1", 100, 500, 6_000.0, 5_900.0, 6_100.0),
        ("gp", "imd_decile", "10", 100, 400, 5_000.0, 4_900.0, 5_100.0),
        ("ae", "imd_decile", "1", 100, 50, 500.0, 450.0, 550.0),
        ("ae", "imd_decile", "10", 100, 20, 250.0, 200.0, 300.0),
        ("maternity", "imd_decile", "1", 100, NAN, NAN, NAN, NAN),
        ("maternity", "imd_decile", "10", 100, 10, 90.0, 50.0, 150.0),
    ]
)


def test_deciles_compare_the_most_with_the_least_deprived_and_leave_out_what_is_hidden():
    assert headlines.say_deciles(DECILES)["deciles"] == (
        "The most deprived tenth (decile 1) has 2.0 times as many A&E attendances as the least deprived "
        "(decile 10), and 1.2 times as many GP contacts"
    )
    assert "too few" in headlines.say_deciles(DECILES[DECILES["level"] == "1"])["deciles"]
    hidden = DECILES[DECILES["setting"] == "maternity"]
    assert "cannot be compared" in headlines.say_deciles(hidden)["deciles"]


def test_ages_are_said_in_years():
    ages = groups(
        [
            ("ae", "age_band", "5-14", 100, 20, 200.0, 150.0, 250.0),
            ("ae", "age_band", "85+", 100, 90, 900.0, 700.0, 1_100.0),
        ]
    )
    assert headlines.say_ages(ages, "ae")["ages"] == (
        "People of 85 and over have 900 A&E attendances per 1,000 a year, against 200 of those of 5 to 14"
    )
    assert "too few" in headlines.say_ages(ages[:1], "ae")["ages"]


@pytest.mark.parametrize(("low", "ending"), [(250.0, "chance alone could make"), (310.0, "(200)")])
def test_groups_that_overlap_may_differ_by_chance(low, ending):
    rows = groups(
        [
            ("ae", "ethnic_group", "Asian", 100, 20, 200.0, 150.0, 300.0),
            ("ae", "ethnic_group", "White", 900, 350, 400.0, low, 500.0),
            ("ae", "ethnic_group", "not stated", 50, 5, 900.0, 800.0, 950.0),
        ]
    )
    said = headlines.say_sexes(rows, "ae")["groups"]
    assert "White has most A&E attendances" in said
    assert said.endswith(ending)


def test_the_share_of_the_top_few():
    top = pd.DataFrame({"top": [0.01, 0.05], "share": [0.231, 0.472]})
    facts = headlines.say_top(top)
    assert facts["top"] == "Of all cost, 1% of people have 23% and 5% of people have 47%"
    assert words(facts["top_five_share"]) == "47%"
    assert words(headlines.say_top(top.assign(share=NAN))["top"]).startswith("There are too few")


def inequality():
    names = ("rii", "rii_low", "rii_high", "need_rii", "need_rii_low", "need_rii_high")
    rows = [
        ("emergency", 2.5, 2.0, 3.1, 1.9, 1.5, 2.4),
        ("outpatient", 1.02, 0.9, 1.1, 0.86, 0.8, 0.92),
        ("elective", 0.8, 0.7, 0.9, 0.9, 0.8, 1.05),
        ("maternity", NAN, NAN, NAN, NAN, NAN, NAN),
    ]
    return pd.DataFrame(rows, columns=["setting", *names])


def test_inequality_counts_rises_and_falls_beyond_chance():
    facts = headlines.say_inequality(inequality())
    assert facts["inequality"] == (
        "Use rises with deprivation in 1 of 3 settings and falls in 1; most of all in emergency admissions, "
        "2.5 times as much at the most as at the least deprived end"
    )
    assert facts["inequality_short"] == "Use rises with deprivation in 1 of 3 settings of care"
    assert "there are 1.9 times as many emergency admissions" in facts["need"]
    assert facts["need"].endswith("left in 2 of 3 settings")


def test_the_answer_names_the_block_that_explains_most_by_itself():
    blocks = pd.DataFrame(
        {
            "setting": "emergency",
            "block": ["demographics", "health need"],
            "alone": [0.09, 0.11],
            "so_far": [0.09, 0.13],
            "added": [0.09, 0.04],
        }
    )
    assert headlines.say_answer(inequality(), blocks)["answer"] == (
        "Taken alone, health need tells most about emergency admissions; these are 2.5 times as many at the "
        "most as at the least deprived end, 1.9 times at equal need"
    )
    assert headlines.say_answer(inequality()[1:], blocks)["answer"] == (
        "Taken alone, health need tells most about emergency admissions; they are too few to compare the "
        "ends of deprivation"
    )
    assert "too few" in headlines.say_answer(inequality(), blocks.assign(alone=-0.1))["answer"]
    worse = blocks.assign(added=[0.09, -0.04], so_far=[0.09, 0.05])
    assert headlines.say_blocks(worse)["blocks"].endswith(
        "demographics explain 9.0% and health need adds nothing"
    )
    assert headlines.say_blocks(blocks.assign(so_far=-0.01))["blocks"].endswith("the model explains none")
    assert headlines.say_blocks(blocks)["blocks"].endswith(
        "explains 13% on average over settings: demographics explain 9.0% and health need adds 4.0%"
    )


def test_core20_against_the_rest():
    table = pd.DataFrame(
        {"setting": ["gp", "ae"], "rate_ratio": [1.2, 1.6], "people_with": 30.0, "people_without": 70.0}
    )
    facts = headlines.say_core20(table)
    assert facts["core20"].endswith("1.60 times as many A&E attendances and 1.20 times as many GP contacts")
    assert words(facts["core20_share"]) == "30%"
    hidden = headlines.say_core20(table.assign(rate_ratio=NAN))
    assert hidden["core20"].startswith("There are too few contacts")
    assert words(hidden["core20_share"]) == "30%"
    # One setting that can be compared is named once.
    assert headlines.say_core20(table[:1])["core20"].endswith("have 1.20 times as many GP contacts")


def test_drivers_name_conditions_in_plain_words():
    rows = [
        ("emergency", "health need", "has_copd", "True", 2.0, 1.5, 2.6),
        ("emergency", "health need", "has_heart_failure", "True", 1.5, 1.1, 2.0),
        ("emergency", "place", "imd_decile", "1", 1.3, 0.9, 1.8),
        ("gp", "health need", "has_dementia", "True", 9.0, 8.0, 10.0),
    ]
    drivers = pd.DataFrame(rows, columns=["setting", "block", "term", "level", "rate_ratio", "low", "high"])
    facts = headlines.say_drivers(drivers, "emergency")
    assert facts["drivers"].startswith(
        "Of the long-term conditions, COPD (2.0 times) and heart failure (1.5 times)"
    )
    assert facts["drivers_beyond"] == "2 of 3 rate ratios differ from 1 beyond chance"
    assert headlines.pick_drivers(drivers, "emergency", "place")["driver"].tolist() == [
        "Deprivation decile 1"
    ]


def test_place_counts_areas_outside_and_reads_moran():
    funnel = pd.DataFrame(
        {"outlier": ["99.8", "95", "none", "99.8"], "direction": ["high", "low", "none", "low"]}
    )
    moran = pd.Series({"n_areas": 4, "moran_i": 0.21, "expected_i": -0.3, "p_value": 0.001})
    facts = headlines.say_place(funnel, "ae") | headlines.say_moran(moran)
    assert facts["place"] == "2 of 4 areas lie outside the 99.8% limits of A&E attendances (1 above, 1 below)"
    assert facts["outside"] == "1 more lies between the 95% and the 99.8% limits"
    assert facts["moran"].endswith("(p = 0.001): neighbours are alike beyond chance")
    calm = headlines.say_place(funnel.assign(outlier="none"), "ae")
    assert calm["place"].startswith("None of 4 areas has more or fewer A&E attendances")
    assert calm["outside"].startswith("No other area lies between")
    far = headlines.say_moran(moran.replace(0.001, 0.4))
    assert far["moran"].endswith("no more alike than by chance")


def test_next_year_counts_cohorts_within_their_intervals():
    shown = pd.DataFrame(
        {"expected": [100.0, 50.0], "low": [80.0, 40.0], "high": [120.0, 60.0], "observed": [110, 70]}
    )
    scores = pd.DataFrame(
        {"method": ["model", "rate of last year"], "weighted_error": [0.069, 0.1], "covered": [0.95, 0.9]}
    )
    facts = headlines.say_next_year(shown, scores, "emergency")
    assert facts["next_year"].startswith("1 of 2 cohorts had as many emergency admissions")
    assert facts["next_year"].endswith("180 came, 150 were expected")
    assert facts["next_year_score"].endswith("6.9% by the model and 10.0% by the rate of last year")
    assert words(facts["next_year_covered"]) == "95%"


def test_whose_deprivation_is_not_recorded_is_said_with_what_becomes_of_them():
    def recorded(n, others=900):
        rows = [
            ("gp", "imd_decile", "1", others, 9, 9.0, 8.0, 9.0),
            ("gp", "imd_decile", "not recorded", n, 9, 9.0, 8.0, 9.0),
        ]
        return headlines.say_recorded(groups(rows))["recorded"]

    assert headlines.say_recorded(DECILES)["recorded"] == "Deprivation is recorded for everybody here"
    assert recorded(205) == (
        "Deprivation is not recorded for 205 of these people, who are left out of comparisons of deprivation "
        "and of the models"
    )
    assert recorded(NAN).startswith("Deprivation is not recorded for some of these people (how many must not")
    assert recorded(905).endswith("so use is not compared by deprivation, and the models do without it")
    assert recorded(905, 0).startswith("Deprivation is not recorded for anybody here, so use is not compared")
    # The group is in the tables, not among the deciles of a chart.
    rows = groups([("gp", "imd_decile", "not recorded", 9, 9, 9.0, 8.0, 9.0)])
    assert headlines.pick(pd.concat([DECILES, rows]), "imd_decile", ["gp"])["level"].tolist() == ["1", "10"]


def test_settings_without_a_model_and_the_levels_compared_with_are_named():
    drivers = pd.DataFrame({"setting": ["gp", "gp"], "block": "place", "term": "imd_decile"})
    assert (
        headlines.say_modelled(drivers, ["gp"])["modelled"] == "Every setting has contacts enough for a model"
    )
    assert headlines.say_modelled(drivers, ["gp", "ae", "nhs111"])["modelled"] == (
        "There are too few people, or A&E attendances and calls to NHS 111, for a model of them"
    )
    with pytest.raises(ValueError, match="too few emergency admissions here to say which conditions"):
        headlines.pick_drivers(drivers, "emergency", "place")
    with pytest.raises(ValueError, match="too few contacts here for the interactions"):
        headlines.pick_interactions(drivers, ["copd_core20"])
    levels = {"age_band": "35-44", "sex": "M", "ethnic_group": "White", "has_copd": False}
    assert headlines.say_references(levels)["references"] == (
        "Reference levels are men and boys, 35 to 44 years, ethnic group White and without the condition"
    )
    few = pd.DataFrame({"low": [1.2, NAN], "high": [1.5, NAN]})
    assert headlines.say_interactions(few)["interactions"] == (
        "1 of 1 interaction with contacts enough differs from none beyond chance"
    )
    assert "too few contacts" in headlines.say_interactions(few[1:])["interactions"]


def test_recovered_are_the_intervals_that_hold_the_planted_ratio():
    table = pd.DataFrame({"planted": [1.0, 2.0, NAN], "low": [0.9, 2.1, 1.0], "high": [1.1, 2.5, 2.0]})
    assert headlines.say_recovered(table)["recovered"].startswith("1 of 2 planted rate ratios (50%)")
    assert headlines.say_recovered(table[2:])["recovered"] == "No planted effect may be shown"


def test_the_source_begins_a_sentence_too():
    assert headlines.say_source("simulated linked population") == {
        "source": "simulated linked population",
        "data": "Simulated linked population",
    }


def test_rows_stand_side_by_side_by_group():
    shown = headlines.set_side_by_side(DECILES, ["imd_decile"], ["gp", "ae"])
    assert shown[["level", "GP", "A&E"]].to_numpy().tolist() == [
        ["1", 6_000.0, 500.0],
        ["10", 5_000.0, 250.0],
    ]
    picked = headlines.pick(DECILES, "imd_decile", ["ae", "gp"])
    assert picked["service"].tolist() == ["A&E", "A&E", "GP", "GP"]


def test_checks_are_counted_by_table():
    verdicts = ["ok", "kept", "within tolerance"]  # what may be missing breaks no rule
    quality = pd.DataFrame({"table": "person", "rows": 9, "rows_found": [0, 2, 1], "verdict": verdicts})
    assert headlines.count_checks(quality).to_numpy().tolist() == [["person", 9, 3, 1]]
