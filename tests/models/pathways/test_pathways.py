"""Pathways generated from people's rates and the order of their steps."""

from dataclasses import fields, replace

import numpy as np
import pandas as pd
import pytest

from analysis_lib.measures import TooFewPoints
from analysis_lib.models.pathways import fit_pathways, generate_pathways, what_if
from analysis_lib.models.pathways.histograms import fit_histograms, pool_neighbours
from analysis_lib.models.pathways.kernel import WAITS, count_pairs
from analysis_lib.models.pathways.person_types import fit_types
from tests.models.pathways.made_up import as_pathways, draw_world


def same(one, two):
    return all(np.array_equal(getattr(one, f.name), getattr(two, f.name)) for f in fields(one))


def rows(*steps):
    return pd.DataFrame(steps, columns=["person_id", "day", "setting", "nights"])


@pytest.fixture(scope="module")
def world():
    return draw_world(8_000, seed=1, sent=0.3, admitted=0.25)


@pytest.fixture(scope="module")
def model(world):
    return fit_pathways(world.halves()[0])


# --- collecting -----------------------------------------------------------------------------------
def test_steps_are_in_order_of_person_day_and_acuity_whatever_the_order_of_rows():
    steps = rows(
        (1, 4, "ae", 0), (1, 4, "gp", 0), (0, 9, "emergency", 3), (1, 400, "gp", 0), (0, -1, "gp", 0)
    )
    got = as_pathways(steps, 3)
    assert got.settings == ("gp", "ae", "emergency")
    assert got.person.tolist() == [0, 1, 1]
    assert got.day.tolist() == [9, 4, 4]
    assert got.until.tolist() == [12, 4, 4]
    assert got.setting.tolist() == [2, 0, 1]
    assert same(got, as_pathways(steps.iloc[::-1], 3))


def test_following_ends_with_leaving_or_the_window():
    got = as_pathways(rows((0, 1, "gp", 0)), 3, leaves=[10, 364, 3650], died=[True, False, True])
    assert got.end.tolist() == [10, 364, 365]
    assert got.died.tolist() == [True, False, False]


def test_a_sample_keeps_every_lot():
    got = draw_world(1_000, seed=2)
    assert len(got) == 1_000
    people = pd.DataFrame({"person_id": np.arange(1_000), "use_level": "0", "died": False})
    people = people.assign(lot=np.arange(1_000) % 50, leaves_on=np.datetime64("2030-01-01"))
    steps = pd.DataFrame({"person_id": [0], "day": ["2023-04-02"], "until": ["2023-04-02"]})
    steps = steps.assign(setting="gp", place=5)
    from analysis_lib.models.pathways import collect_steps

    few = collect_steps(steps, people, "2023-04-01", "2024-04-01", most=250)
    assert np.bincount(few.lot).tolist() == [5] * 50
    with pytest.raises(ValueError, match="no days"):
        collect_steps(steps, people, "2023-04-01", "2023-04-01")
    with pytest.raises(ValueError, match="twice"):
        collect_steps(steps, pd.concat([people, people]), "2023-04-01", "2024-04-01")


# --- pooling --------------------------------------------------------------------------------------
def test_neighbours_are_pooled_until_they_hold_enough():
    assert pool_neighbours([12, 4, 6, 11, 3], 10) == [[0], [1, 2], [3, 4]]
    assert pool_neighbours([4, 3], 10) == [[0, 1]]
    # The group's last is too few: it joins the run before it, not the next group.
    assert pool_neighbours([10, 3, 20], 10, [0, 0, 1]) == [[0, 1], [2]]
    # A group that is too few altogether joins the next.
    assert pool_neighbours([3, 20, 15], 10, [0, 1, 1]) == [[0, 1], [2]]
    # A part that is too few altogether joins the part before it in the group, not the next group.
    assert pool_neighbours([10, 3, 20], 10, [0, 1, 2], [0, 0, 1]) == [[0, 1], [2]]


def test_bins_are_joined_until_each_holds_ten_people():
    numbers = np.repeat([0, 1, 2, 3], [20, 12, 6, 5])
    made = fit_histograms([(numbers, np.arange(43))], np.array([0, 1, 2, 3, 4]), 10)
    assert made.people.tolist() == [20, 12, 11]
    assert made.low.tolist() == [0, 1, 2]
    assert made.mean[2] == pytest.approx(5 / 11)
    # The same numbers of fewer people hold less: five people have all the twos and threes.
    whose = np.concatenate([np.arange(32), np.arange(11) % 5])
    assert fit_histograms([(numbers, whose)], np.array([0, 1, 2, 3, 4]), 10).low.tolist() == [0, 1]


def test_no_cell_of_the_types_is_of_fewer_than_ten_people():
    rng = np.random.default_rng(3)
    counts = rng.poisson(rng.gamma(0.5, 1, (900, 1)) * [3.0, 0.3, 0.05])
    group = np.repeat([0, 1, 2], [400, 300, 200])
    made = fit_types(counts, group, np.zeros(900, "int64"), 100, 10)
    assert made.n_people.min() >= 10
    assert made.n_people.sum() == 900
    assert made.histograms.people.min() >= 10
    drawn = made.draw(rng, np.repeat(np.arange(len(made.n_people)), made.n_people * 50))
    assert drawn.mean(axis=0) == pytest.approx(counts.mean(axis=0), rel=0.04)
    for g in range(2):
        of = np.repeat(made.group, made.n_people * 50)
        assert drawn[of == g].mean(axis=0)[0] == pytest.approx(counts[group == g].mean(axis=0)[0], rel=0.04)


def test_a_setting_of_nine_people_is_spread_over_all_types():
    counts = np.zeros((400, 2), "int64")
    counts[:, 0] = np.arange(400) % 7
    counts[:9, 1] = 1
    made = fit_types(counts, np.arange(400) // 200, np.zeros(400, "int64"), 20, 10)
    assert len(np.unique(made.run[:, 1])) == 1


# --- pairs ----------------------------------------------------------------------------------------
def test_pairs_by_hand():
    # A stay of 3 nights from day 10: the GP contact on day 14 comes one day after it.
    got = as_pathways(rows((0, 10, "emergency", 3), (0, 14, "gp", 0), (0, 10, "ae", 0), (1, 0, "gp", 0)), 2)
    pairs = count_pairs(got, got.counts()).sum((2, 3))
    gp, ae, emergency = range(3)
    assert pairs[ae, emergency].tolist() == [1] + [0] * 8
    assert pairs[emergency, gp].tolist() == [0, 1] + [0] * 7
    assert pairs[ae, gp, WAITS.index(4)] == 1
    assert pairs.sum() == 3


# --- a planted world ------------------------------------------------------------------------------
def test_the_planted_order_comes_back(world, model):
    gp, nhs111, ae, emergency = range(4)
    made = generate_pathways(model, 16_000, seed=5)
    for one in (world, made):
        pairs, counts = count_pairs(one, one.counts()).sum((2, 3)), one.counts()
        day_after = pairs[nhs111, ae, 1] / counts[:, nhs111].sum()
        before = pairs[ae, nhs111, 1] / counts[:, nhs111].sum()
        # 0.3 of calls bring A&E on the next day; what is there by chance is there on the day before too.
        # People with the most of both are few: pooled with others, they bring a little less.
        assert day_after - before == pytest.approx(0.30, abs=0.03)
        assert pairs[ae, emergency, 0] / counts[:, emergency].sum() > 0.9
    assert made.counts().mean(axis=0) == pytest.approx(world.counts().mean(axis=0), rel=0.05)


def test_without_order_there_is_none():
    flat = draw_world(6_000, seed=7, sent=0.0)
    made = generate_pathways(fit_pathways(flat), 12_000, seed=1)
    pairs, calls = count_pairs(made, made.counts()).sum((2, 3)), made.counts()[:, 1].sum()
    assert (pairs[1, 2, 1] - pairs[2, 1, 1]) / calls == pytest.approx(0, abs=0.006)


def test_generated_steps_can_be(model):
    made = generate_pathways(model, {"1-4": 500, "12-23": 1_500}, seed=2)
    assert np.bincount(made.level).tolist() == [500, 1_500]
    assert (made.day >= 0).all()
    assert (made.day < made.end[made.person]).all()
    keys = pd.DataFrame({"person": made.person, "day": made.day, "setting": made.setting})
    assert not keys.duplicated().any()
    assert keys.equals(keys.sort_values(["person", "day", "setting"]))
    stays = made.frame().query("until > day")
    assert set(stays["setting"]) == {"emergency"}
    both = stays.merge(made.frame(), on="person", suffixes=("", "_other"))
    assert not ((both["day"] < both["day_other"]) & (both["day_other"] < both["until"])).any()
    per_level = made.frame().groupby("use_level", observed=True).size()
    assert per_level["12-23"] / 1_500 > 1.7 * per_level["1-4"] / 500


def test_the_same_seed_gives_the_same_bytes(world, model):
    again = fit_pathways(world.halves()[0])
    assert again.rate.tobytes() == model.rate.tobytes()
    assert same(generate_pathways(model, 300, seed=4), generate_pathways(again, 300, seed=4))
    assert not same(generate_pathways(model, 300, seed=4), generate_pathways(model, 300, seed=5))


def test_only_levels_with_people_can_be_generated(model):
    with pytest.raises(ValueError, match="No level is called '24\\+'"):
        generate_pathways(model, {"24+": 10})
    with pytest.raises(ValueError, match="0 or more"):
        generate_pathways(model, {"1-4": -1})


def test_the_dead_have_no_steps_after_and_more_before():
    rng = np.random.default_rng(0)
    n = 2_000
    end = rng.integers(120, 365, n)
    who = np.repeat(np.arange(n), 6)
    # Three in four steps fall in the last 30 days.
    late = rng.random(len(who)) < 0.75
    before = np.where(late, rng.integers(1, 31, len(who)), rng.integers(1, 120, len(who)))
    steps = pd.DataFrame({"person_id": who, "day": end[who] - before, "setting": "gp"})
    steps = pd.concat([steps, steps.assign(person_id=steps["person_id"] + n)])
    lives = np.concatenate([end, np.full(n, 3650)])
    real = as_pathways(steps, 2 * n, leaves=lives, died=lives < 365)
    made = generate_pathways(fit_pathways(real), 4_000, seed=3)
    assert made.died.mean() == pytest.approx(0.5, abs=0.01)
    dead = made.died[made.person]
    left = made.end[made.person[dead]] - made.day[dead]
    assert left.min() >= 1
    assert (left <= 30).mean() > 0.6


@pytest.mark.parametrize("people", [20, 400])
def test_few_people_are_enough_to_generate(people):
    small = draw_world(people, seed=9, admitted=0.3)
    made = generate_pathways(fit_pathways(small.halves()[0]), 200, seed=1)
    assert len(made) == 200
    assert len(made.day) > 100


def test_too_few_people_or_no_steps_are_refused(world):
    with pytest.raises(TooFewPoints, match="too few to make up"):
        fit_pathways(world.take(np.arange(len(world)) < 9))
    nobody = replace(
        world, **{name: getattr(world, name)[:0] for name in ("person", "day", "until", "setting")}
    )
    with pytest.raises(TooFewPoints, match="no contacts in the year"):
        fit_pathways(nobody)


# --- what if --------------------------------------------------------------------------------------
def test_what_if_by_hand():
    # 20 people call on day 50; 10 of them are in A&E on day 51, 5 of these admitted for 2 nights; two others
    # are there on day 58, by chance: half of two is taken off.
    steps = [(k, 50, "nhs111", 0) for k in range(20)]
    steps += [(k, 51, "ae", 0) for k in range(10)] + [(k, 52, "emergency", 2) for k in range(5)]
    steps += [(k, 58, "ae", 0) for k in (15, 16)]
    got = what_if(as_pathways(rows(*steps), 20), [0.5]).set_index("measure")
    assert got.loc["ae", "now"] == pytest.approx(600)
    assert got.loc["ae", "change"] == pytest.approx(-0.5 * (10 - 1) / 20 * 1_000)
    assert got.loc["emergency", "change"] == pytest.approx(-0.5 * 5 / 20 * 1_000)
    assert got.loc["nights", "what_if"] == pytest.approx((10 - 0.5 * 10) / 20 * 1_000)
    assert got.loc["nhs111", "what_if"] == got.loc["nhs111", "now"] == 1_000
    assert (got["low"] <= got["what_if"]).all()


def test_what_if_is_what_happens_when_fewer_are_sent(world):
    now, fewer = world, draw_world(8_000, seed=21, sent=0.15, admitted=0.25)
    got = what_if(now, [0.0, 0.5]).set_index(["share", "measure"])
    assert got.loc[(0.0, "ae"), "change"] == 0
    said = got.loc[(0.5, "ae"), "change"] / got.loc[(0.5, "nhs111"), "now"]
    assert said == pytest.approx(-0.15, abs=0.01)
    true = (
        fewer.counts().sum(axis=0) / fewer.counts()[:, 1].sum()
        - now.counts().sum(axis=0) / now.counts()[:, 1].sum()
    )
    said = got.loc[0.5, "change"] / got.loc[(0.5, "nhs111"), "now"]
    assert said["emergency"] == pytest.approx(true[3], abs=0.01)
    half = got.loc[(0.5, "ae"), "high"] - got.loc[(0.5, "ae"), "what_if"]
    assert 0 < half < 0.1 * -got.loc[(0.5, "ae"), "change"]


def test_what_if_says_nothing_where_nobody_is_sent():
    got = what_if(as_pathways(rows(*[(k, 50, "ae", 0) for k in range(20)]), 20), [0.5]).set_index("measure")
    assert got.loc["ae", "now"] == pytest.approx(1_000)
    assert np.isnan(got.loc["ae", "what_if"])
    with pytest.raises(ValueError, match="between 0 and 1"):
        what_if(draw_world(100, seed=1), [1.5])
