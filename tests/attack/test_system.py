"""The attack finds what can be found: small systems whose answer is known."""

from __future__ import annotations

import csv
import json

import numpy as np
import pandas as pd
import pytest

from analysis_lib.measures import poisson_interval
from tests.attack.reading import Reading, _span, _whole
from tests.attack.score import attack
from tests.attack.system import MOST, System


def ranges(system, *names, enough=100):
    places = [system.names[name] for name in names]
    found = system.ranges(dict.fromkeys(places, enough))
    return [found[place] for place in places]


def test_twelve_ones_and_their_total_are_known():
    system = System()
    parts = [system.add(ward, 1) for ward in range(12)]
    total = system.add("all", 8, 12)  # shown as 10
    system.row(dict.fromkeys(parts, 1) | {total: -1}, 0, 0)
    assert ranges(system, *range(12), "all") == [(1, 1)] * 12 + [(12, 12)]


def test_four_sevens_are_known_to_whoever_knows_that_they_are_small():
    system = System()
    parts = [system.add(ward, 1, 7) for ward in range(4)]
    total = system.add("all", 28, 32)  # shown as 30
    system.row(dict.fromkeys(parts, 1) | {total: -1}, 0, 0)
    assert ranges(system, 0, "all") == [(7, 7), (28, 28)]


def test_rounding_leaves_a_range():
    system = System()
    few, many, total = system.add("few", 1), system.add("many", 93, 97), system.add("all", 98, 102)
    system.row({few: 1, many: 1, total: -1}, 0, 0)
    assert ranges(system, "few", "many") == [(1, 9), (93, 97)]
    assert ranges(system, "few", enough=2)[0][1] >= 3


def test_only_whole_numbers_count():
    """In fractions c can be anything to 3.5; in whole numbers 3a + 3b + 2c = 7 leaves 2 alone."""
    system = System()
    a, b, c = (system.add(name, 0, 5) for name in "abc")
    system.row({a: 3, b: 3, c: 2}, 7, 7)
    assert ranges(system, "c", "a") == [(2, 2), (0, 1)]


def test_what_nothing_ties_is_free():
    system = System()
    system.add("alone", 1)
    low, high = ranges(system, "alone", enough=2)[0]
    assert low == 1 and high >= 3


def test_a_mean_of_whole_numbers_gives_the_people_back():
    """12 conditions of 29 people are 0.4138; of the 28 to 32 people that 30 stands for, none but 29 fits."""
    low, high = _span("0.413800")
    n = np.arange(28, 33)
    assert n[_whole(low * n, high * n)].tolist() == [29]


def test_wrong_guesses_are_taken_away_by_whoever_knows_the_truth():
    system = System()
    a, b = system.add("a", 8, 12), system.add("b", 8, 12)
    system.row({a: 1, b: -1}, 0, 0)
    system.row({a: 1, b: 1}, 20, 20)
    system.test((a,), lambda a: a == 10)
    system.test((a,), lambda a: a == 11)
    assert system.drop_untrue({a: 11, b: 9}) == 2
    assert ranges(system, "a", "b") == [(11, 11), (9, 9)]


def write(folder, name, rows):
    (folder / "tables").mkdir(exist_ok=True)
    (folder / "facts").mkdir(exist_ok=True)
    with (folder / "tables" / f"{name}.csv").open("w", newline="") as file:
        out = csv.DictWriter(file, list(rows[0]))
        out.writeheader()
        out.writerows(rows)


PERFORMANCE = {
    "outcome": "next_emergency",
    "model": "trees",
    "group": "sex",
    "level": "F",
    "n": "65",
    "n_events": "10",
}


@pytest.mark.parametrize(
    "n, events, told",
    [
        (66, 12, {"brier": 0.1, "brier_skill": 1 - 0.1 / (12 / 66 * 54 / 66)}),
        (63, 9, {"brier": 0.0913, "brier_skill": 1 - 0.0913 / (9 / 63 * 54 / 63), "auroc": 301.5 / (9 * 54)}),
    ],
)
def test_scores_give_counts_back(tmp_path, n, events, told):
    written = {column: f"{float(f'{value:.4g}'):.6f}" for column, value in told.items()}
    write(
        tmp_path,
        "performance",
        [PERFORMANCE | {"auroc": "", "brier": "", "brier_skill": "", "oe": ""} | written],
    )
    true = pd.DataFrame({"n": [n], "n_events": [events], **{k: [v] for k, v in told.items()}})
    cells = attack(tmp_path, {"performance": true}).table()
    assert cells[["low", "high"]].to_numpy().tolist() == [[n, n], [events, events]]
    wide = attack(tmp_path, {"performance": true}, counts_only=True).table()
    assert (wide["n_left"] > 1).all()


@pytest.mark.parametrize("counted", [13, 15])
@pytest.mark.parametrize("column", ["oe", "low", "high"])
def test_ratios_and_limits_of_a_true_count_give_it_back_and_those_of_the_rounded_do_not(
    tmp_path, column, counted
):
    """13 attendances, shown as 15, of 12.55 expected; told is the ratio, or a limit, of `counted`."""
    told = {"oe": counted, "low": poisson_interval(counted)[0], "high": poisson_interval(counted)[1]}[column]
    row = {"msoa": "E02002330", "n_people": "40", "observed": "15", "expected": "12.550000"}
    write(tmp_path, "place", [row | {column: f"{told / 12.55:.6f}"}])
    true = pd.DataFrame({"n_people": [41], "observed": [13]})
    cells = attack(tmp_path, {"place": true}).table().query("column == 'observed'")
    assert (cells["n_left"] == 1).all() == (counted == 13)


@pytest.mark.parametrize("told, known", [("0.292683", True), ("0.250000", False)])
def test_a_rate_of_true_counts_gives_them_back_and_one_of_rounded_counts_does_not(tmp_path, told, known):
    row = {"outcome": "a", "model": "m", "imd_quintile": "1", "n": "40", "n_events": "10", "n_listed": "[c]"}
    write(tmp_path, "list_by_deprivation", [row | {"prevalence": told}])
    true = pd.DataFrame({"n": [41], "n_events": [12], "n_listed": [3]})
    cells = attack(tmp_path, {"list_by_deprivation": true}).table().query("not hidden")
    assert (cells["n_left"] == 1).tolist() == [known, known]


def test_a_share_of_all_at_many_points_gives_all_back(tmp_path):
    """217 people; a hundredth, two hundredths … of them, each rounded to one and then to five."""
    steps = np.arange(1, 22) / 21
    counts = np.rint(217 * steps)
    rows = [
        {"share_people": f"{s:.6f}", "n_people": f"{5 * np.floor(c / 5 + 0.5):.0f}"}
        for s, c in zip(steps, counts, strict=True)
    ]
    write(
        tmp_path,
        "cost_top",
        [{"top": rows[9]["share_people"], "n_people": "215", "n_top": rows[9]["n_people"]}],
    )
    write(tmp_path, "cost_curve", rows)
    true = {
        "cost_top": pd.DataFrame({"n_people": [217], "n_top": [counts[9]]}),
        "cost_curve": pd.DataFrame({"n_people": counts}),
    }
    cells = attack(tmp_path, true).table()
    assert cells.loc[0, ["low", "high"]].tolist() == [217, 217]


GROUP = {"setting": "gp", "group": "imd_decile", "n_people": "10", "events": "[c]"}
SIDES = {
    "setting": "gp",
    "people_with": "[c]",
    "events_with": "[c]",
    "people_without": "40",
    "events_without": "[c]",
}


def test_tenths_tell_of_the_fifth_that_another_table_hides(tmp_path):
    write(tmp_path, "demand_by_group", [GROUP | {"level": "1"}, GROUP | {"level": "2", "n_people": "0"}])
    write(tmp_path, "core20", [SIDES])
    cells = attack(tmp_path).table().query("column == 'people_with'")
    assert cells[["low", "high"]].to_numpy().tolist() == [[8, 12]]


def test_who_stands_in_no_row_is_left_over(tmp_path):
    """1,000 people, of whom a model was taught on 700 and tried on 297."""
    setting = {"setting": "gp", "n_people": "1000", "events": "[c]", "n_users": "[c]", "cost_gbp": ""}
    write(tmp_path, "demand_by_setting", [setting])
    blocks = {"setting": "gp", "block": "need", "n_train": "700", "n_test": "295", "events_test": "[c]"}
    write(tmp_path, "drivers_blocks", [blocks])
    true = {
        "demand_by_setting": pd.DataFrame({"n_people": [1000], "events": [9], "n_users": [9]}),
        "drivers_blocks": pd.DataFrame({"n_train": [700], "n_test": [297], "events_test": [9]}),
    }
    found = attack(tmp_path, true)
    assert found.figures()["n_left_over"] == 1 and not found.figures()["n_left_over_pinned"]
    assert found.table().query("table == 'left over'")["true"].tolist() == [3]


def test_a_column_that_nobody_reads_is_named(tmp_path):
    write(tmp_path, "cost_recorded", [{"n_contacts": "100", "n_without_cost": "[c]", "n_new": "35"}])
    reading = Reading(tmp_path).read()
    assert reading.unread == {("cost_recorded", "n_new")}


def test_the_release_log_says_which_hidden_counts_are_small(tmp_path):
    write(tmp_path, "cost_recorded", [{"n_contacts": "100", "n_without_cost": "[c]"}])
    hidden = [{"column": "n_without_cost", "reason": "small", "n_cells": 1}]
    (tmp_path / "facts" / "demand.json").write_text(
        json.dumps({"tables": {"cost_recorded": {"hidden": hidden}}})
    )
    ends = [Reading(tmp_path, use_log=log).read().system.high[1] for log in (False, True)]
    assert ends == [MOST, 7]
