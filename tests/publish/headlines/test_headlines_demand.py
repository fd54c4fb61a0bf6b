"""Sentences of notebook 04 on tiny released frames, with what is hidden."""

import pandas as pd
import pytest

from analysis_lib.publish import headlines

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
    assert "too few" in headlines.say_answer(inequality()[1:], blocks)["answer"]
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
    facts = headlines.say_place(funnel, moran, "ae")
    assert facts["place"] == "2 of 4 areas lie outside the 99.8% limits of A&E attendances (1 above, 1 below)"
    assert facts["outside"] == "1 more lies between the 95% and the 99.8% limits"
    assert facts["moran"].endswith("(p = 0.001): neighbours are alike beyond chance")
    calm = headlines.say_place(funnel.assign(outlier="none"), moran.replace(0.001, 0.4), "ae")
    assert calm["place"].startswith("No area")
    assert calm["moran"].endswith("no more alike than by chance")


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


def test_recovered_are_the_intervals_that_hold_the_planted_ratio():
    table = pd.DataFrame({"planted": [1.0, 2.0, NAN], "low": [0.9, 2.1, 1.0], "high": [1.1, 2.5, 2.0]})
    assert headlines.say_recovered(table)["recovered"].startswith("1 of 2 planted rate ratios (50%)")
    assert headlines.say_recovered(table[2:])["recovered"] == "No planted effect may be shown"


def test_without_a_population_every_sentence_says_so():
    facts = headlines.say_linked("no linked population", absent=True)
    assert facts["answer"] == facts["place"] == "There is no linked population among these inputs"
    assert "answer" not in headlines.say_linked("simulated linked population", absent=False)


def test_rows_stand_side_by_side_by_group():
    shown = headlines.set_side_by_side(DECILES, ["imd_decile"], ["gp", "ae"])
    assert shown[["level", "GP", "A&E"]].to_numpy().tolist() == [
        ["1", 6_000.0, 500.0],
        ["10", 5_000.0, 250.0],
    ]
    picked = headlines.pick(DECILES, "imd_decile", ["ae", "gp"])
    assert picked["service"].tolist() == ["A&E", "A&E", "GP", "GP"]


def test_checks_are_counted_by_table():
    quality = pd.DataFrame({"table": ["person", "person"], "rows": [9, 9], "rows_found": [0, 2]})
    assert headlines.count_checks(quality).to_numpy().tolist() == [["person", 9, 2, 1]]
