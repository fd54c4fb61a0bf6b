"""The judge of generated pathways finds what is wrong with them, and nothing wrong with real people."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from analysis_lib.models.pathways import fit_pathways, generate_pathways, judge_pathways
from tests.models.pathways.made_up import as_pathways, draw_world


@pytest.fixture(scope="module")
def halves():
    return draw_world(12_000, seed=31, sent=0.4, admitted=0.3).halves()


def failed(table):
    return set(table.loc[~table["met"], "check"])


def test_real_people_pass_against_real_people(halves):
    fresh = draw_world(6_000, seed=32, sent=0.4, admitted=0.3)
    table = judge_pathways(*halves, fresh)
    assert failed(table) == set()
    columns = [
        "check",
        "use_level",
        "setting",
        "real",
        "generated",
        "difference",
        "difference_real",
        "wanted",
    ]
    assert list(table) == [*columns, "noise", "met"]


def test_generated_people_pass(halves):
    model = fit_pathways(halves[0])
    table = judge_pathways(*halves, generate_pathways(model, np.bincount(halves[1].level), seed=1))
    assert failed(table) == set()
    auroc = table.set_index("check").loc["classifier"]
    assert auroc["difference"] < 0.56
    assert auroc["difference_real"] == pytest.approx(0.5, abs=0.03)


def test_people_without_order_are_found_out(halves):
    model = fit_pathways(halves[0])
    model = replace(model, rate=np.zeros_like(model.rate))
    table = judge_pathways(*halves, generate_pathways(model, 6_000, seed=1))
    assert {"transition", "classifier"} <= failed(table)
    assert not {"any", "mean"} & failed(table)
    worst = table[table["check"] == "transition"].set_index(["use_level", "setting"])
    # 0.4 of calls lead to A&E; by chance far fewer do.
    assert worst.loc[("1-4", "nhs111"), "difference"] > 0.2


def test_people_without_levels_are_found_out(halves):
    model = fit_pathways(halves[0])
    made = generate_pathways(model, 6_000, seed=1)
    mixed = replace(made, level=np.random.default_rng(0).permutation(made.level))
    assert {"mean", "any"} <= failed(judge_pathways(*halves, mixed))


def test_copies_are_found_out(halves):
    copied = judge_pathways(*halves, halves[0]).set_index("check")
    assert copied.loc["copies", "generated"] == copied.loc["copies with days", "generated"] == 1
    assert not copied.loc[["copies", "copies with days"], "met"].any()
    # One in twenty copied, among others: only the days tell.
    fresh = draw_world(6_000, seed=33, sent=0.4, admitted=0.3)
    some = fresh.take(np.arange(6_000) >= 300)
    few = halves[0].take(np.arange(len(halves[0])) < 300)
    both = replace(
        some,
        **{
            name: np.concatenate([getattr(some, name), getattr(few, name)])
            for name in ("level", "lot", "end", "died")
        },
        **{
            name: np.concatenate([getattr(some, name), getattr(few, name)])
            for name in ("day", "until", "setting")
        },
        person=np.concatenate([some.person, few.person + len(some)]),
    )
    assert not judge_pathways(*halves, both).set_index("check").loc["copies with days", "met"]


def test_measures_by_hand():
    # Ten people of two GP contacts 4 days apart, ten of one: 1.5 a person; squares 4 and 1, so 0.25 / 1.5.
    rows = [(k, 10, "gp") for k in range(20)] + [(k, 14, "gp") for k in range(10)]
    steps = pd.DataFrame(rows, columns=["person_id", "day", "setting"])
    one = as_pathways(steps, 20)
    table = judge_pathways(one, one, one).set_index(["check", "use_level", "setting"])["real"]
    assert table["mean", "1-4", "gp"] == pytest.approx(1.5)
    assert table["variance", "all", "gp"] == pytest.approx(0.25 / 1.5)
    assert table["any", "1-4", "all"] == 1


def test_contacts_after_a_stay_by_hand():
    # 20 stays until day 12; 8 people see the GP after 20 days, 4 more after 80; those later are no matter.
    rows = [(k, 10, "emergency", 2) for k in range(20)] + [(k, 32, "gp", 0) for k in range(8)]
    rows += [(k, 92, "gp", 0) for k in range(8, 12)] + [(k, 110, "gp", 0) for k in range(12, 20)]
    one = as_pathways(pd.DataFrame(rows, columns=["person_id", "day", "setting", "nights"]), 20)
    table = judge_pathways(one, one, one).set_index(["check", "use_level", "setting"])["real"]
    assert table["contact by 30 days", "all", "gp"] == pytest.approx(8 / 20)
    assert table["contact by 90 days", "1-4", "gp"] == pytest.approx(12 / 20)


@pytest.mark.parametrize("people", [40, 400])
def test_few_people_and_nobody_admitted_are_judged(people):
    halves = draw_world(people, seed=8, admitted=0.0).halves()
    made = generate_pathways(fit_pathways(halves[0]), len(halves[1]), seed=2)
    table = judge_pathways(*halves, made)
    assert not table["check"].str.startswith("contact").any()
    assert table.loc[table["check"] == "mean", "noise"].notna().all()


def test_others_than_the_same_settings_are_refused(halves):
    other = draw_world(500, seed=1, sent=0.4)
    with pytest.raises(ValueError, match="same settings"):
        judge_pathways(*halves, other)
