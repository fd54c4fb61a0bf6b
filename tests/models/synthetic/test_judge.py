"""Measures of synthetic rows: frames worked by hand, formulas, and planted truth over seeds."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score
from sklearn.neighbors import NearestNeighbors

from analysis_lib.models.fairness.rates import error_rates
from analysis_lib.models.synthetic import Column, Independent, Schema, SequentialTrees
from analysis_lib.models.synthetic.judge import (
    MEASURES,
    PRIVACY_CHECKS,
    fairness,
    fidelity,
    find_leaks,
    judge,
    judge_all,
    measure_of,
    paired,
    prepare,
    privacy,
    split_people,
    summarise,
)
from analysis_lib.models.synthetic.judge.coded import code_frames, find_nearest
from analysis_lib.models.synthetic.judge.people import auc, draw_weights
from analysis_lib.models.synthetic.judge.rows import Rows
from tests.models.synthetic.made_up import SCHEMA, draw_admissions

N = 2_000
ASKED = {"outcome": "has_procedure", "groups": ["sex", "age_group"]}


def rng(seed=0):
    return np.random.default_rng(seed)


def admissions(seed):
    """Return N rows of N people, with the derived columns."""
    return SCHEMA.derive(draw_admissions(N + 200, seed).head(N))


@pytest.fixture(scope="module")
def train():
    return admissions(1)


@pytest.fixture(scope="module")
def holdout():
    return admissions(2)


@pytest.fixture(scope="module")
def judged(train, holdout):
    """The tables of a copy, of other people, of the control and of trees, by name."""
    made = {
        "copy": train,
        "others": admissions(3),
        "control": Independent().fit(train, SCHEMA, rng()).sample(N, rng(1)),
        "trees": SequentialTrees(100).fit(train, SCHEMA, rng()).sample(N, rng(1)),
    }
    reference = admissions(4)
    return {
        name: judge(rows, train, holdout, SCHEMA, **ASKED, reference=reference, rng=rng(6))
        for name, rows in made.items()
    }


def value(table, measure, group="", column="value"):
    found = table[(table["measure"] == measure) & (table["group"] == group)]
    assert len(found) == 1
    return found[column].iloc[0]


def measure(add, *arguments, **named):
    rows = Rows()
    add(rows, *arguments, **named)
    return rows.frame().set_index(["measure", "group"])["value"]


def code(*frames, **kinds):
    return code_frames(Schema({name: Column(kind) for name, kind in kinds.items()}), *frames)


# --- frames as numbers ----------------------------------------------------------------------------
def test_rows_are_coded_by_hand():
    train = pd.DataFrame({"nights": [0, 0, 10, np.nan], "ward": ["a", "b", None, "a"]})
    other = pd.DataFrame({"nights": [5.0, 20.0], "ward": ["c", "a"]})
    layout, (one, two) = code(train, other, nights="whole", ward="label")
    assert one.levels.tolist() == [[0, 0], [0, 1], [1, 3], [4, 0]]
    assert two.levels.tolist() == [[2, 2], [3, 0]]
    assert np.isnan(one.axes[3, 0])
    assert layout.is_label.tolist() == [False, True]
    both = [[0, 1]]
    apart = np.column_stack(
        [find_nearest(one, two.take(np.array([row])), both)[0][0] for row in (0, 1)]
    ) / layout.unlike  # fmt: skip
    # Half a range and another ward; the end of the range for 20 and the same ward
    assert apart[0].tolist() == pytest.approx([1.25, 1.0], abs=0.002)
    # Missing is in the middle, and as far off as the ends are from each other
    assert apart[3].tolist() == pytest.approx([2.0, 1.25], abs=0.002)
    assert one.axes[:, 1].tolist() == [0, 1, 2, 0]
    assert two.axes[0, 1] == 3  # by frequency among the training rows
    assert (one.hashes()[:2] != one.hashes()[1:3]).all()


def test_text_and_categories_and_missing_values_of_either_kind_are_equal():
    one = pd.DataFrame({"ward": ["a", None, "b"], "sex": [1, 2, 1]})
    two = pd.DataFrame({"ward": pd.Categorical(["a", None, "b"]), "sex": [1.0, 2.0, 1.0]})
    _, (first, second) = code(one, two, ward="label", sex="label")
    assert (first.hashes() == second.hashes()).all()


@pytest.mark.parametrize("values", [[np.nan] * 4, [3, 3, 3, 3], []])
def test_columns_without_a_range_are_coded(values):
    frame = pd.DataFrame({"cost": np.array(values, float), "ward": ["x"] * len(values)})
    _, (coded, _) = code(frame, frame, cost="number", ward="label")
    assert len(coded) == len(values)
    assert len(np.unique(coded.places, axis=0)) <= 1
    assert np.isfinite(coded.places).all()
    assert len(np.unique(coded.levels, axis=0)) <= 1


def one_hot(coded, columns):
    """Return places of which plain Euclidean distances are those that are meant."""
    side, places, is_label = np.sqrt(coded.layout.unlike / 2), [], coded.layout.is_label
    for i in columns:
        number = 2 * int((~is_label[:i]).sum())
        levels = coded.levels[:, [i]] == np.arange(200)
        places.append(levels * side if is_label[i] else coded.places[:, number : number + 2])
    return np.hstack(places).astype(float)


@pytest.mark.parametrize("columns", [range(9), [0, 7, 8], [3], [1, 2, 3, 4, 5, 6]])
def test_the_nearest_row_is_that_of_scikit_learn_and_ties_are_exact(columns, train, holdout):
    """With a label of many levels, and rows in more than one block."""
    many = [pd.concat([train, admissions(9)], ignore_index=True), holdout]
    train, holdout = (f.assign(tretspef=f["tretspef"] + (f["age"] % 5).astype(str)) for f in many)
    _, (learnt, others) = code_frames(SCHEMA, train, holdout)
    (_, apart), (_, place) = find_nearest(others, learnt, [[0, 3], columns])
    left, right = (one_hot(coded, columns) for coded in (learnt, others))
    expected = NearestNeighbors(n_neighbors=1, algorithm="brute").fit(left).kneighbors(right)[0][:, 0]
    assert np.sqrt(apart) == pytest.approx(expected)
    assert apart == pytest.approx(((left[place] - right) ** 2).sum(1))
    (same,), (itself,) = find_nearest(learnt, learnt, [columns])
    assert (same == 0).all()
    kind = pd.DataFrame(learnt.levels[:, list(columns)]).groupby(list(range(len(columns)))).ngroup()
    assert (kind.iloc[itself].to_numpy() == kind.to_numpy()).all()


def test_values_that_no_real_row_has_are_coded_apart(train, holdout):
    layout, (learnt, others) = code_frames(SCHEMA, train, holdout)
    made = train.assign(tretspef=np.where(np.arange(N) % 2, "new", "newer"), age=train["age"] + 0.5)
    drawn = layout.code(made)
    assert drawn.levels[:2, 3].tolist() == [layout.codes["tretspef"].n_levels + i for i in (0, 1)]
    assert not np.isin(drawn.hashes(), learnt.hashes()).any()
    _, (joint, _) = code_frames(SCHEMA, made, train)
    assert len(np.unique(drawn.hashes())) == len(np.unique(joint.hashes()))
    (apart,), _ = find_nearest(learnt, drawn, [[3]])
    assert (apart == layout.unlike).all()
    (apart,), _ = find_nearest(drawn, learnt, [[3]])
    assert (apart == layout.unlike).all()
    tv = measure(fidelity.add_distances, drawn, learnt)["marginals_tv", ""]
    assert tv >= 1 / 9  # all of one column of nine


def test_rare_levels_of_a_label_are_together_in_trees():
    frame = pd.DataFrame({"hrg": np.repeat([f"{i:03}" for i in range(200)], np.arange(200, 0, -1))})
    _, (coded,) = code(frame, hrg="label")
    assert coded.axes.max() == 63
    assert (coded.axes[frame["hrg"] == "005"] == 5).all()
    assert (coded.axes[frame["hrg"] >= "063"] == 63).all()


# --- people ---------------------------------------------------------------------------------------
def test_a_split_is_of_people():
    people = np.repeat(np.arange(1_000), rng().integers(1, 6, 1_000))
    first = split_people(people, rng(), share=0.3)
    assert len(np.unique(people[first])) == 300
    assert not set(people[first]) & set(people[~first])
    with pytest.raises(ValueError, match="1 rows say of no person"):
        split_people(["a", None], rng())


def test_people_are_drawn_with_all_their_rows():
    weights = draw_weights(["a", "a", "b", "c"], rng())
    assert (weights[:, 0] == weights[:, 1]).all()
    assert (weights[:, 1:].sum(1) == 3).all()
    assert weights[:, 2].mean() == pytest.approx(1, abs=0.2)


def test_the_area_under_the_curve_is_that_of_scikit_learn():
    score, event = rng(1).integers(0, 8, 300), rng(2).random(300) < 0.4
    weights = rng(3).integers(0, 4, (5, 300)).astype(np.float32)
    expected = [roc_auc_score(event, score, sample_weight=w) for w in weights]
    assert auc(score, event, weights) == pytest.approx(expected)
    assert np.isnan(auc(score, np.zeros(300, bool), weights)).all()


def test_intervals_are_wider_where_people_have_many_rows():
    frame = admissions(5)
    twice = pd.concat([frame] * 4, ignore_index=True)
    others = admissions(6)
    # Four times the same rows: of the same people, the interval stays; of so many, it would halve
    wide, narrow = (
        judge(others, twice, others, SCHEMA, **ASKED, people=(who, np.arange(N) + N), rng=rng())
        for who in (np.tile(np.arange(N), 4), np.arange(4 * N) + 2 * N)
    )
    width = [value(t, "speldur_difference", column="high") - value(t, "speldur_difference", column="low")
             for t in (wide, narrow)]  # fmt: skip
    assert width[0] / width[1] == pytest.approx(np.sqrt(2 / 1.25), rel=0.2)


# --- fidelity -------------------------------------------------------------------------------------
def test_total_variation_by_hand():
    train = pd.DataFrame({"ward": list("aabb"), "urgent": [True, True, False, False]})
    made = pd.DataFrame({"ward": list("aaab"), "urgent": [True, False, True, False]})
    layout, (learnt, drawn) = code(train, made, ward="label", urgent="flag")
    found = measure(fidelity.add_distances, drawn, learnt)
    assert found["marginals_tv", ""] == pytest.approx((0.25 + 0) / 2)
    # aT ½ → ½, aF 0 → ¼, bF ½ → ¼
    assert found["pairs_tv", ""] == pytest.approx(0.25)


def test_numbers_are_compared_in_tenths_of_the_training_rows_and_missing_is_one():
    train = pd.DataFrame({"cost": np.arange(1_000.0)})
    layout, (learnt, same, low, gone) = code(
        train, train + 0.5, train.clip(upper=99), train.where(train < 100), cost="number"
    )
    tv = [measure(fidelity.add_distances, drawn, learnt)["marginals_tv", ""]
          for drawn in (same, low, gone)]  # fmt: skip
    assert tv == pytest.approx([0, 0.9, 0.9], abs=0.002)


def test_real_rows_are_not_told_from_real_rows_and_the_control_is(judged):
    for name, off in {"others": 0, "trees": 0.05}.items():  # leaves of 100 of 2,000 rows are coarse
        assert value(judged[name], "two_sample_auc") == pytest.approx(0.5 + off, abs=0.04)
        assert value(judged[name], "pmse_ratio") == pytest.approx(1, abs=0.25 + 10 * off)
    assert value(judged["control"], "two_sample_auc", column="low") > 0.8
    assert value(judged["control"], "pmse_ratio") > 3
    pairs = [value(judged[name], "pairs_tv") for name in ("copy", "others", "control")]
    assert pairs[0] == 0
    assert pairs[2] > 2 * pairs[1]


def test_trees_see_broken_dependence_where_each_column_is_right():
    """Three columns of which any two are independent, and the third follows from them."""
    one, two = rng(1).integers(0, 2, (2, N)).astype(bool)
    train = pd.DataFrame({"one": one, "two": two, "both": one ^ two})
    made = train.assign(both=rng(2).permutation(train["both"]))
    _, (learnt, drawn) = code(train, made, one="flag", two="flag", both="flag")
    assert measure(fidelity.add_pmse, drawn, learnt, rng())["pmse_ratio", ""] > 20


def test_a_model_finds_a_planted_difference_and_no_row_twice():
    """A third of the rows are moved out of reach: an AUC of 1/3 + 2/3 × 1/2."""
    train = pd.DataFrame({"age": rng(1).random(N)})
    made = pd.DataFrame({"age": np.where(np.arange(N) % 3 == 0, 2, rng(2).random(N))})
    layout, (learnt, drawn) = code(train, made, age="number")
    weights = (np.ones((100, N), np.float32), np.ones((100, N), np.float32))
    found = measure(fidelity.add_two_sample, drawn, learnt, weights, np.arange(N), rng())
    assert found["two_sample_auc", ""] == pytest.approx(2 / 3, abs=0.03)
    # All rows of a person look alike: whoever saw one would know the others
    few = np.arange(N) // 30
    train = pd.DataFrame({"age": rng(3).random(N // 30 + 1)[few]})
    made = pd.DataFrame({"age": rng(4).random(N)})
    layout, (learnt, drawn) = code(train, made, age="number")
    apart, known = (
        measure(fidelity.add_two_sample, drawn, learnt, weights, who, rng(5))["two_sample_auc", ""]
        for who in (few, np.arange(N))
    )
    assert known > 0.7
    assert apart < 0.6


def test_differences_by_group_by_hand():
    train = pd.DataFrame({"ward": ["a"] * 4 + ["b"] * 2, "nights": [1, 1, 3, 3, 8, np.nan]})
    made = pd.DataFrame({"ward": ["a", "a", "c", "b"], "nights": [2, 4, 100, 5]})
    weights = (np.ones((100, 4), np.float32), np.ones((100, 6), np.float32))
    rows = Rows()
    fidelity.add_group_differences(rows, made, train, ["nights"], ["ward"], weights)
    table = rows.frame()
    assert table["group"].tolist() == ["", "ward: a", "ward: b"]
    assert table["value"].tolist() == pytest.approx([111 / 4 - 16 / 5, 1.0, -3.0])
    assert table["n"].tolist() == [5, 4, 1]


# --- use ------------------------------------------------------------------------------------------
def test_a_model_of_a_copy_is_that_of_the_real_rows(judged):
    for name in ("tstr_auc", "trtr_auc"):
        assert value(judged["copy"], name) == pytest.approx(0.94, abs=0.02)
    assert value(judged["copy"], "auc_loss") == 0
    assert value(judged["control"], "auc_loss", column="low") > 0.2
    assert abs(value(judged["others"], "auc_loss")) < 0.01


def test_rows_with_one_outcome_teach_nothing(train, holdout):
    made = train.assign(has_procedure=False)
    found = judge(made, train, holdout, SCHEMA, **ASKED, rng=rng())
    assert value(found, "tstr_auc") == 0.5


# --- privacy --------------------------------------------------------------------------------------
def test_a_memorising_generator_fails_every_check(judged):
    assert set(find_leaks(judged["copy"])) == set(PRIVACY_CHECKS)
    assert value(judged["copy"], "exact_copies") == 1
    assert value(judged["copy"], "membership_auc") > 0.95
    assert value(judged["copy"], "dcr_share") > 0.95


@pytest.mark.parametrize("name", ["control", "others"])
def test_the_control_and_other_people_stand_at_chance(name, judged):
    """Of seven limits of 95%, one may be on the wrong side by luck, and by a hair."""
    table = judged[name]
    assert len(find_leaks(table)) <= 1
    over = [value(table, check, column="low") - MEASURES[check].best for check in PRIVACY_CHECKS]
    assert max(over) < 0.01


@pytest.mark.parametrize("control", [True, False])
def test_who_memorises_nothing_fails_no_more_often_than_chance(control):
    """Over draws of people the limits hold, and the mean of each check is its value by chance."""
    pool, found = SCHEMA.derive(draw_admissions(40_000, seed=7)), []
    for seed in range(10):
        learnt, made, others, reference = (
            pool.iloc[part] for part in np.split(rng(seed).permutation(len(pool))[:4_000], 4)
        )
        if control:
            made = Independent().fit(learnt, SCHEMA, rng()).sample(1_000, rng(seed))
        _, (learnt, made, others, reference) = code_frames(SCHEMA, learnt, made, others, reference)
        draws = tuple(draw_weights(np.arange(1_000), rng(seed)) for _ in range(2))
        attacked = privacy.choose_attacked(learnt, others, draws, 1_000, rng(seed))
        rows = Rows()
        privacy.add_copies(rows, made, learnt, others, rng(seed))
        privacy.add_dcr(rows, made, learnt, others, rng(seed))
        privacy.add_singling_out(rows, made, learnt, others, rng(seed))
        usual = privacy.distance_to(attacked.rows, reference, rng(seed))
        privacy.add_membership(rows, attacked, made, usual, rng(seed))
        privacy.add_guesses(rows, attacked, made, ["sex", "has_procedure"], rng(seed))
        found.append(rows.frame())
    table = pd.concat(found)
    table = table[table["measure"].isin(PRIVACY_CHECKS) & (table["group"] == "")]
    chance = table["measure"].map(lambda name: MEASURES[name].best)
    leaks = table["low"] > chance
    assert leaks.mean() < 0.1
    assert leaks.groupby(table["measure"]).sum().max() <= 2
    means = (table["value"] - chance).groupby(table["measure"]).mean()
    assert means.abs().max() < 0.02


def test_copies_by_hand():
    train = pd.DataFrame({"ward": list("aabc")})
    holdout = pd.DataFrame({"ward": list("abdd")})
    made = pd.DataFrame({"ward": list("aaccx")})
    _, (learnt, drawn, others) = code(train, made, holdout, ward="label")
    found = measure(privacy.add_copies, drawn, learnt, others, rng())
    assert found["exact_copies", ""] == pytest.approx(4 / 5)
    assert found["exact_copies_holdout", ""] == pytest.approx(2 / 5)
    assert found["copies_excess", ""] == pytest.approx(2 / 5)


def test_the_share_nearer_to_training_rows_counts_equal_distances_half():
    train = pd.DataFrame({"age": [0.0, 64.0, 32.0]})
    holdout = pd.DataFrame({"age": [16.0, 64.0, 48.0]})
    made = pd.DataFrame({"age": [1.0, 15.0, 64.0, 40.0]})  # nearer, farther, same, same
    _, (learnt, drawn, others) = code(train, made, holdout, age="number")
    assert measure(privacy.add_dcr, drawn, learnt, others, rng())["dcr_share", ""] == pytest.approx(0.5)
    _, (learnt, drawn, others) = code(train, made.head(1), holdout, age="number")
    assert measure(privacy.add_dcr, drawn, learnt, others, rng())["dcr_share", ""] == 1


@pytest.mark.parametrize("share", [0.2, 0.6])
def test_a_planted_share_of_copies_is_found(share):
    """Of rows that are all different, a share is copied; the rest are new people's."""
    draws = rng(8)
    schema = Schema({f"x{i}": Column("number") for i in range(6)})
    train, holdout, fresh, reference = (
        pd.DataFrame(draws.random((2_000, 6)), columns=list(schema.columns)) for _ in range(4)
    )
    made = pd.concat([train.head(round(share * 2_000)), fresh.tail(round((1 - share) * 2_000))])
    _, (learnt, drawn, others, known) = code_frames(schema, train, made, holdout, reference)
    weights = tuple(draw_weights(np.arange(2_000), draws) for _ in range(2))
    attacked = privacy.choose_attacked(learnt, others, weights, 2_000, rng())
    copies = measure(privacy.add_copies, drawn, learnt, others, rng())
    assert copies["copies_excess", ""] == pytest.approx(share)
    # Copies are nearest to themselves, of the rest one in two is nearer to a training row
    dcr = measure(privacy.add_dcr, drawn, learnt, others, rng())["dcr_share", ""]
    assert dcr == pytest.approx(share + (1 - share) / 2, abs=0.03)
    # Those copied stand before all others, the rest in no order
    usual = privacy.distance_to(attacked.rows, known, rng())
    found = measure(privacy.add_membership, attacked, drawn, usual, rng())
    linked = measure(privacy.add_guesses, attacked, drawn, [], rng())
    near = found["membership_auc", ""]
    assert near == pytest.approx(share + (1 - share) / 2, abs=0.03)
    assert found["membership_relative_auc", ""] == pytest.approx(near, abs=0.03)
    assert linked["linkability_gain", ""] == pytest.approx(share, abs=0.03)


def test_what_holds_for_everybody_is_no_attribute_gain():
    """The ward says the sex of everybody; the number that only memory knows is a gain."""
    draws = rng(9)

    def people():
        ward = draws.integers(0, 40, 2_000)
        told = {"ward": ward, "sex": ward % 2, "luck": draws.integers(0, 10, 2_000)}
        return pd.DataFrame(told | {"height": draws.random(2_000)})

    train, holdout = people(), people()
    kinds = {"ward": "label", "sex": "label", "luck": "label", "height": "number"}
    layout, (learnt, drawn, others) = code(train, train, holdout, **kinds)
    weights = tuple(draw_weights(np.arange(2_000), draws) for _ in range(2))
    attacked = privacy.choose_attacked(learnt, others, weights, 2_000, rng())
    found = measure(privacy.add_guesses, attacked, drawn, ["sex", "luck"], rng())
    assert abs(found["attribute_gain", "sex"]) < 0.03
    assert found["attribute_gain", "luck"] == pytest.approx(0.9, abs=0.03)
    assert found["attribute_gain", ""] == pytest.approx(
        (found["attribute_gain", "sex"] + found["attribute_gain", "luck"]) / 2
    )


def test_one_column_of_many_values_does_not_single_out():
    """Every row has a cost of its own, and nothing else tells: bins leave nobody alone."""
    cost = rng(1).permutation(4_000).astype(float)
    frames = [pd.DataFrame({"cost": cost[part::2], "sex": 1, "ward": "a", "urgent": True}) for part in (0, 1)]
    kinds = {"cost": "number", "sex": "label", "ward": "label", "urgent": "flag"}
    _, (learnt, others) = code(*frames, **kinds)
    found = measure(privacy.add_singling_out, learnt, learnt, others, rng())
    assert found["singling_out", ""] < 0.01


def test_the_dial_of_trees_is_seen_by_the_attacks(train, holdout):
    tables = []
    for leaf in (1, 200):
        made = SequentialTrees(leaf).fit(train, SCHEMA, rng()).sample(N, rng(1))
        tables.append(judge(made, train, holdout, SCHEMA, **ASKED, rng=rng()))
    for name in ("membership_auc", "dcr_share", "attribute_gain", "copies_excess"):
        one, many = (value(table, name) for table in tables)
        assert one > many + 0.05


# --- fairness and logic ---------------------------------------------------------------------------
def test_recall_and_gaps_by_hand():
    """Two wards of 40, half of each with the outcome: 15 of 20 found and 5 of 20; alarms 4 and 0 of 20."""
    people = pd.DataFrame({"ward": ["a"] * 40 + ["b"] * 40 + ["c"] * 3})
    event = np.array(([True] * 20 + [False] * 20) * 2 + [True] * 2 + [False])
    listed = np.zeros(83, bool)
    listed[[*range(15), *range(20, 24), *range(40, 45)]] = True
    weights = draw_weights(np.arange(83), rng())
    rows = Rows()
    fairness.add_recall(rows, listed, event, people, ["ward"], weights)
    table = rows.frame()
    assert value(table, "recall") == pytest.approx(20 / 42)
    assert [value(table, "recall", f"ward: {w}") for w in "abc"] == pytest.approx([0.75, 0.25, 0])
    assert [value(table, "recall", f"ward: {w}", "n") for w in "abc"] == [20, 20, 2]
    # The third ward has too few people to count in a gap
    assert value(table, "equal_opportunity_gap", "ward") == pytest.approx(0.5)
    assert value(table, "equalised_odds_gap", "ward") == pytest.approx(0.5)
    assert value(table, "recall", "ward: a", "low") < 0.75 < value(table, "recall", "ward: a", "high")
    alarms = np.zeros(83, bool)
    alarms[20:40] = True
    rows = Rows()
    fairness.add_recall(rows, alarms, event, people, ["ward"], weights)
    assert value(rows.frame(), "equal_opportunity_gap", "ward") == 0
    assert value(rows.frame(), "equalised_odds_gap", "ward") == 1


def test_gaps_are_those_of_fairlearn(holdout):
    event, listed = (holdout["has_procedure"].to_numpy(), holdout["age"].to_numpy() > 60)
    rows = Rows()
    fairness.add_recall(rows, listed, event, holdout, ["age_group"], draw_weights(np.arange(N), rng()))
    codes, levels = pd.factorize(holdout["age_group"], sort=True)
    expected = error_rates(codes, list(levels), event, listed, 0.95, fairness.FEWEST)[1:].set_index("level")
    expected = expected.dropna(subset=["recall"])
    assert len(expected) > 2
    gaps = [np.ptp(expected[name]) for name in ("recall", "false_positive_rate")]
    assert value(rows.frame(), "equal_opportunity_gap", "age_group") == pytest.approx(gaps[0])
    assert value(rows.frame(), "equalised_odds_gap", "age_group") == pytest.approx(max(gaps))
    assert value(rows.frame(), "equal_opportunity_gap", "age_group", "n") == expected["n"].min()
    for level, row in expected.iterrows():
        assert value(rows.frame(), "recall", f"age_group: {level}") == pytest.approx(row["recall"])


def test_a_list_has_the_share_asked_for_and_equal_scores_are_drawn_by_lot():
    listed = fairness.list_top(np.array([0.9] + [0.5] * 98 + [0.1]), 0.5, rng())
    assert listed.sum() == 50
    assert listed[0]
    assert not listed[-1]
    assert 15 < listed[1:50].sum() < 35


def test_representation_by_hand(train):
    made, real = (pd.DataFrame({"sex": [1] * n + [2] * (100 - n)}) for n in (30, 60))
    weights = tuple(draw_weights(np.arange(100), rng(s)) for s in (1, 2))
    found = measure(fairness.add_representation, made, real, ["sex"], weights)
    assert found.to_dict() == pytest.approx(
        {("representation", "sex: 1"): 0.5, ("representation", "sex: 2"): 1.75}
    )


def test_faults_of_logic_are_counted_by_rule(train, holdout):
    made = train.copy()
    made.loc[made.index[:7], ["classpat", "speldur"]] = ["2", 3]
    found = judge(made, train, holdout, SCHEMA, **ASKED, rng=rng())
    assert value(found, "logic_faults", "a day case stays no night") == 7
    assert value(found, "logic_faults") == 7


# --- the table ------------------------------------------------------------------------------------
def test_the_table_says_what_it_promises(judged):
    for table in judged.values():
        assert list(table) == ["measure", "group", "value", "low", "high", "n"]
        assert not table.duplicated(["measure", "group"]).any()
        limited = table.dropna(subset=["low"])
        assert (limited["low"] <= limited["high"]).all()
        over_seeds = table["measure"].map(lambda name: measure_of(name).interval == "seeds")
        assert table.loc[over_seeds, ["low", "high"]].isna().all(axis=None)
        assert table.loc[~over_seeds & (table["n"] > 30), "low"].notna().all()
    assert set(MEASURES) <= set(judged["trees"]["measure"])


def test_the_same_random_numbers_give_the_same_table(train, holdout, judged):
    again = judge(train, train, holdout, SCHEMA, **ASKED, reference=admissions(4), rng=rng(6))
    pd.testing.assert_frame_equal(again, judged["copy"])


def test_without_a_reference_half_of_the_holdout_is_one(train, holdout):
    found = judge(train, train, holdout, SCHEMA, **ASKED, rng=rng())
    assert value(found, "membership_relative_auc", column="n") == N + N // 2
    assert value(found, "membership_relative_auc", column="low") > 0.9


def test_what_cannot_be_judged_is_refused(train, holdout):
    def ask(made=train, learnt=train, others=holdout, **named):
        return judge(made, learnt, others, SCHEMA, **(ASKED | named), rng=rng())

    with pytest.raises(ValueError, match="0 synthetic rows are too few to judge: give at least 100"):
        ask(made=train.head(0))
    with pytest.raises(ValueError, match="1 holdout rows are too few"):
        ask(others=holdout.head(1))
    with pytest.raises(ValueError, match="The synthetic rows lack cost"):
        ask(made=train.drop(columns="cost"))
    with pytest.raises(ValueError, match="The training rows lack ethnicity"):
        ask(groups=["ethnicity"])
    with pytest.raises(ValueError, match="speldur is not yes or no in every row"):
        ask(outcome="speldur")
    with pytest.raises(ValueError, match="2,000 people are in the training rows and in the holdout"):
        ask(people=(np.arange(N), np.arange(N)))
    with pytest.raises(ValueError, match="People are not given for every row"):
        ask(people=(np.arange(5), np.arange(N)))


def test_constant_and_missing_columns_are_judged():
    schema = Schema(
        {"nights": Column("whole", days=True), "ward": Column("label"), "gone": Column("number")}
        | {"flag": Column("flag")}
    )
    frame = pd.DataFrame({"nights": 2, "ward": "a", "gone": np.nan, "flag": [True, False] * 100})
    found = judge(frame, frame, frame, schema, outcome="flag", groups=["ward"], rng=rng())
    assert value(found, "two_sample_auc") == pytest.approx(0.5, abs=0.15)
    assert value(found, "recall", "ward: a") == pytest.approx(0.5, abs=0.12)
    assert value(found, "nights_difference") == 0
    assert value(found, "dcr_share") == 0.5
    assert find_leaks(found) == []


# --- seeds ----------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def beside():
    """A control of 700 training rows beside its anchors, at two seeds, and what was asked."""
    train, holdout = admissions(1).head(700), admissions(2).head(1_400)
    fitted = Independent().fit(train, SCHEMA, rng())
    asked = {"control": lambda rng: fitted.sample(700, rng)}, train, holdout, SCHEMA
    return judge_all(*asked, **ASKED, seeds=[1, 2]), asked


def test_generators_stand_beside_their_anchors(beside):
    made, (_, train, holdout, _) = beside
    assert made["generator"].unique().tolist() == ["holdout", "bootstrap", "copy", "control"]
    table = summarise(made)
    auc_of = table[table["measure"] == "membership_auc"].set_index("generator")["value"]
    assert auc_of["copy"] > auc_of["bootstrap"] > 0.7 > auc_of["holdout"]
    pairs = table[table["measure"] == "pairs_tv"].set_index("generator")["value"]
    assert pairs["copy"] == 0 < pairs["bootstrap"] < pairs["holdout"] < pairs["control"]
    differences = paired(made, against="holdout").set_index(["generator", "measure", "group"])
    assert differences.loc[("control", "two_sample_auc", ""), "differs"]
    assert "holdout" not in differences.index.get_level_values("generator")
    with pytest.raises(ValueError, match="copy is the name of an anchor"):
        judge_all({"copy": None}, train, holdout, SCHEMA, **ASKED, seeds=[1])
    with pytest.raises(ValueError, match="real is no anchor: holdout, bootstrap, copy are"):
        judge_all({}, train, holdout, SCHEMA, **ASKED, seeds=[1], anchors=["real"])
    with pytest.raises(ValueError, match="beauty is no family of measures: fidelity, use, privacy"):
        judge_all({}, train, holdout, SCHEMA, **ASKED, seeds=[1], families=["beauty"])


def test_the_anchor_of_other_people_has_others_at_every_seed(beside):
    made, _ = beside
    sd = summarise(made).set_index(["generator", "measure", "group"])["sd"]
    for name in ("pairs_tv", "two_sample_auc", "tstr_auc", "membership_auc"):
        assert sd["holdout", name, ""] > 0
    assert sd["copy", "pairs_tv", ""] == 0


@pytest.mark.parametrize("families", [["privacy"], ["fairness", "logic"], ["use", "fidelity"]])
def test_what_is_asked_alone_has_the_numbers_of_the_whole(families, beside):
    made, asked = beside
    alone = judge_all(*asked, **ASKED, seeds=[1, 2], families=families, anchors=())
    kind = made["measure"].map(lambda name: measure_of(name).kind)
    expected = made[(made["generator"] == "control") & kind.isin(families)]
    pd.testing.assert_frame_equal(alone, expected.reset_index(drop=True))


def test_real_rows_made_ready_once_judge_as_if_alone(train, holdout):
    asked = {**ASKED, "people": (np.arange(N) // 2, N + np.arange(N) // 2)}
    real = prepare(train, holdout, SCHEMA, **asked, rng=rng(3))
    for made in (train, admissions(3)):
        alone = judge(made, train, holdout, SCHEMA, **asked, rng=rng(3))
        pd.testing.assert_frame_equal(real.judge(made), alone)


def seeds_of(**values):
    return pd.DataFrame(
        [
            {"generator": g, "seed": s, "measure": "m", "group": "", "value": v, "n": 10 + s}
            for g, series in values.items()
            for s, v in enumerate(series)
        ]
    )


def test_means_and_intervals_over_seeds_by_hand():
    table = summarise(seeds_of(a=[1.0, 2.0, 3.0], b=[5.0])).set_index("generator")
    assert table.loc["a", ["value", "sd", "n_seeds", "n"]].tolist() == [2, 1, 3, 10]
    assert table.loc["a", "high"] - 2 == pytest.approx(4.302653 / np.sqrt(3))  # t of 2 degrees of freedom
    assert table.loc["b", ["sd", "low", "high"]].isna().all()


def test_differences_are_paired_by_seed():
    """The generators' values vary far more than their differences."""
    rows = seeds_of(a=[1.0, 5.0, 9.0], b=[1.5, 5.6, 9.4], c=[9.0, 5.0, 1.0])
    table = paired(rows, against="a").set_index("generator")
    assert table.loc["b", "value"] == pytest.approx(0.5)
    assert table.loc["b", "sd"] == pytest.approx(0.1)
    assert table["differs"].to_dict() == {"b": True, "c": False}
    with pytest.raises(ValueError, match="No generator is called z: there are a, b, c"):
        paired(rows, against="z")
    with pytest.raises(ValueError, match="measured twice with one seed"):
        paired(pd.concat([rows, rows]), against="a")
