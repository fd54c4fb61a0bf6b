"""What each generator keeps of planted relations, and what it is known to lose."""

import numpy as np
import pandas as pd
import pytest
from sklearn.tree import DecisionTreeClassifier

from analysis_lib.models.synthetic import (
    AdversarialForest,
    CellSampling,
    Column,
    GaussianCopula,
    Independent,
    Schema,
    SequentialTrees,
    TreeOfPairs,
)
from analysis_lib.models.synthetic.forest import _find_cells
from tests.models.synthetic.made_up import SCHEMA, apart, draw_admissions

CELLS = ("age_group", "sex", "classpat", "tretspef", "admimeth")
N = 20_000


def rng(seed=0):
    return np.random.default_rng(seed)


def labels(**columns):
    return pd.DataFrame(columns), Schema({name: Column("label") for name in columns})


def is_copy(drawn, real):
    """Whether each row is one of the real ones in all its columns."""
    known = pd.util.hash_pandas_object(real[list(drawn)], index=False)
    return pd.util.hash_pandas_object(drawn, index=False).isin(known)


@pytest.fixture(scope="module")
def real():
    return draw_admissions(N, seed=10)


@pytest.fixture(scope="module")
def holdout():
    return draw_admissions(N, seed=20)


@pytest.fixture(scope="module")
def floor(real, holdout):
    """Real rows against real rows."""
    return apart(holdout, real, 2).mean()


# --- together -------------------------------------------------------------------------------------
# The control puts men into obstetrics: 2.5% of rows are drawn anew, and its margin suffers
@pytest.mark.parametrize(
    ("make", "most"),
    [
        (Independent, 0.04),
        (GaussianCopula, 0.035),
        (TreeOfPairs, 0.025),
        (SequentialTrees, 0.025),
        (AdversarialForest, 0.025),
    ],
)
def test_margins_are_kept(make, most, real, holdout):
    drawn = make().fit(real, SCHEMA, rng()).sample(len(real), rng(1))
    margins = apart(holdout, drawn, 1)
    assert margins.mean() < 0.015
    assert margins.max() < most
    assert drawn["speldur"].mean() == pytest.approx(real["speldur"].mean(), rel=0.05)
    assert (drawn["speldur"] >= 30).mean() == pytest.approx((real["speldur"] >= 30).mean(), rel=0.15)


def test_pairs_are_kept_best_by_trees_and_not_at_all_by_the_control(real, holdout, floor):
    def measure(generator):
        return apart(holdout, generator.fit(real, SCHEMA, rng()).sample(len(real), rng(1)), 2).mean() / floor

    trees, forest, pairs, copula, control = map(
        measure, [SequentialTrees(), AdversarialForest(), TreeOfPairs(), GaussianCopula(), Independent()]
    )
    assert trees < 1.2
    assert forest < 1.6
    assert trees < forest < pairs < copula < control
    assert copula < 4
    assert control > 6


# --- cell sampling --------------------------------------------------------------------------------
def test_cell_sampling_copies_real_rows_outside_the_day_count(real):
    """The known fault: whatever is not in the cell is one real person's."""
    drawn = CellSampling(CELLS).fit(real, SCHEMA, rng()).sample(5_000, rng(1))
    outside = [name for name in SCHEMA.columns if name != "speldur"]
    assert is_copy(drawn[outside], real).all()
    keyed = SCHEMA.derive(real).groupby(list(CELLS)).size()
    used = pd.MultiIndex.from_frame(drawn[list(CELLS)].drop_duplicates())
    assert (keyed[used] >= 10).all()
    assert keyed.min() < 10


def test_cell_sampling_loses_long_stays_and_keeps_bed_days(real):
    in_cells = SCHEMA.derive(real)
    in_cells = in_cells[in_cells.groupby(list(CELLS))["age"].transform("size") >= 10]["speldur"]
    drawn = CellSampling(CELLS).fit(real, SCHEMA, rng()).sample(len(in_cells), rng(1))["speldur"]
    assert drawn.mean() == pytest.approx(in_cells.mean(), rel=0.02)
    assert drawn.var() < 0.5 * in_cells.var()
    assert (drawn >= 30).mean() < 0.2 * (in_cells >= 30).mean()


def test_cell_sampling_by_hand():
    frame = pd.DataFrame({"ward": ["a"] * 10 + ["b"] * 9, "row": range(19), "nights": [5] * 10 + [9] * 9})
    schema = Schema(
        {"ward": Column("label"), "row": Column("whole"), "nights": Column("whole", low=0, high=8, days=True)}
        | {}
    )
    frame["nights"] = frame["nights"].clip(upper=8)
    fitted = CellSampling(["ward"]).fit(frame, schema, rng())
    assert sorted(fitted.sample(10, rng())["row"]) == list(range(10))  # without replacement while there are
    many = fitted.sample(4_000, rng(1))
    assert set(many["ward"]) == {"a"}
    assert many["nights"].max() == 8
    numbers = np.arange(9)
    chance = np.exp(-5) * 5.0**numbers / [1, 1, 2, 6, 24, 120, 720, 5040, 40320]
    chance[8] = 1 - chance[:8].sum()
    assert many["nights"].mean() == pytest.approx(numbers @ chance, abs=0.1)
    with pytest.raises(ValueError, match="in a cell of 10 rows"):
        fitted.sample(1, rng(), given={"ward": "b"})
    with pytest.raises(ValueError, match="Cells are asked for by site"):
        CellSampling(["site"]).fit(frame, schema, rng())


# --- Gaussian copula ------------------------------------------------------------------------------
@pytest.mark.parametrize("planted", [-0.6, 0.0, 0.4])
def test_the_copula_finds_the_correlation_behind_coarse_columns(planted):
    normal = rng(4).multivariate_normal([0, 0], [[1, planted], [planted, 1]], 40_000)
    frame = pd.DataFrame(
        {"fine": normal[:, 0].round(3), "coarse": np.digitize(normal[:, 1], [-1, 0.2, 1.5])}
    ).assign(flag=normal[:, 1] > 0.8)
    schema = Schema({"fine": Column("number"), "coarse": Column("whole"), "flag": Column("flag")})
    fitted = GaussianCopula().fit(frame, schema, rng())
    assert fitted.correlation.loc["fine", "coarse"] == pytest.approx(planted, abs=0.015)
    # A flag is put in the order of the number
    assert fitted.correlation.loc["fine", "flag"] == pytest.approx(abs(planted), abs=0.02)
    given = fitted.sample(20_000, rng(1), given={"coarse": 3})
    truth = frame.loc[frame["coarse"] == 3, "fine"]
    assert given["fine"].mean() == pytest.approx(truth.mean(), abs=0.04)
    assert given["fine"].std() == pytest.approx(truth.std(), abs=0.03)


def test_the_copula_puts_labels_in_the_order_of_their_stays():
    nights = np.repeat([1, 9, 4], 1_000) + rng(1).integers(0, 2, 3_000)
    frame = pd.DataFrame({"ward": np.repeat(["a", "b", "c"], 1_000), "nights": nights})
    schema = Schema({"ward": Column("label"), "nights": Column("whole", days=True)})
    means = GaussianCopula().fit(frame, schema, rng()).sample(3_000, rng(1)).groupby("ward")["nights"].mean()
    assert means["a"] < 3 < means["c"] < 7 < means["b"]


def test_the_copula_draws_no_stay_that_was_not_seen():
    """Uniform draws within bins of quantiles make long tails heavier."""
    frame = pd.DataFrame({"nights": [0] * 90 + [1] * 5 + [100] * 5})
    schema = Schema({"nights": Column("whole", days=True)})
    drawn = GaussianCopula().fit(frame, schema, rng()).sample(20_000, rng(1))["nights"]
    assert drawn.value_counts(normalize=True).to_dict() == pytest.approx(
        {0: 0.9, 1: 0.05, 100: 0.05}, abs=0.01
    )


# --- tree of pairs --------------------------------------------------------------------------------
def planted_chain(n=20_000):
    """a → b → c and a → d, each the same as its parent in 80% of rows."""
    draws = rng(5)
    a = draws.integers(0, 3, n)
    b, d = (np.where(draws.random(n) < 0.8, a, draws.integers(0, 3, n)) for _ in range(2))
    c = np.where(draws.random(n) < 0.8, b, draws.integers(0, 3, n))
    return labels(a=a, b=b, c=c, d=d)


def test_the_planted_tree_is_found():
    fitted = TreeOfPairs().fit(*planted_chain(), rng())
    assert {frozenset(edge) for edge in fitted.parents.items()} == {
        frozenset("ab"), frozenset("bc"), frozenset("ad")
    }  # fmt: skip


def test_given_values_go_up_and_down_the_tree():
    frame, schema = planted_chain()
    drawn = TreeOfPairs().fit(frame, schema, rng()).sample(20_000, rng(1), given={"c": 0, "d": 1})
    truth = frame[(frame["c"] == 0) & (frame["d"] == 1)]
    for name in ("a", "b"):
        shares = drawn[name].value_counts(normalize=True)
        assert shares.to_dict() == pytest.approx(truth[name].value_counts(normalize=True).to_dict(), abs=0.04)


def test_smoothing_adds_rows_with_the_margin():
    # x has 0 in none of 8 rows, z in 8 of 12, all in 40%: a row more of 40% makes 0.4 of 9 and 8.4 of 13
    frame, schema = labels(first=["x"] * 8 + ["z"] * 12, second=[1] * 12 + [0] * 8)
    fitted = TreeOfPairs(smoothing=1).fit(frame, schema, rng())
    drawn = fitted.sample(200_000, rng(1))
    shares = drawn["second"].eq(0).groupby(drawn["first"]).mean()
    assert shares.to_dict() == pytest.approx({"x": 0.4 / 9, "z": 8.4 / 13}, abs=0.004)
    plain = TreeOfPairs(smoothing=0).fit(frame, schema, rng()).sample(5_000, rng(1))
    assert not ((plain["first"] == "x") & (plain["second"] == 0)).any()


# --- sequential trees -----------------------------------------------------------------------------
def test_trees_keep_what_only_three_columns_say_together():
    draws = rng(6)
    one, two = draws.integers(0, 2, (2, 10_000))
    frame, schema = labels(one=one, two=two, differs=one ^ two)
    trees = SequentialTrees().fit(frame, schema, rng()).sample(5_000, rng(1))
    assert ((trees["one"] ^ trees["two"]) == trees["differs"]).all()
    pairs = TreeOfPairs().fit(frame, schema, rng()).sample(5_000, rng(1))
    assert ((pairs["one"] ^ pairs["two"]) == pairs["differs"]).mean() == pytest.approx(0.5, abs=0.05)


def test_trees_cut_labels_in_the_order_of_the_outcome():
    """Wards a, c, e stay long: in the order of the alphabet a leaf of 300 could not tell six wards of 200."""
    ward = np.repeat(list("abcdef"), 200)
    frame = pd.DataFrame({"ward": ward, "nights": np.where(np.isin(ward, ["a", "c", "e"]), 9, 1)})
    schema = Schema({"ward": Column("label"), "nights": Column("whole", days=True)})
    drawn = SequentialTrees(leaf=300).fit(frame, schema, rng()).sample(2_000, rng(1))
    assert (drawn["nights"] == np.where(drawn["ward"].isin(["a", "c", "e"]), 9, 1)).all()
    outcome = np.where(np.isin(ward, ["a", "c", "e"]), "x", np.where(ward == "f", "z", "y"))
    frame, schema = labels(ward=ward, outcome=outcome)
    drawn = SequentialTrees(leaf=200).fit(frame, schema, rng()).sample(2_000, rng(1))
    expected = drawn["ward"].map(dict(zip(ward, outcome, strict=True)))
    assert (drawn["outcome"] == expected).all()


def test_missing_is_an_outcome_of_its_own():
    """Leaves of 1,500 of 4,000 rows allow one cut: it must tell missing costs from low and high ones."""
    urgent = np.arange(4_000) % 2 == 0
    frame = pd.DataFrame({"noise": rng(2).random(4_000) < 0.5, "urgent": urgent})
    frame["cost"] = np.where(urgent, np.nan, 500 + np.arange(4_000) // 2 % 3)
    schema = Schema({"noise": Column("flag"), "urgent": Column("flag"), "cost": Column("number")})
    drawn = SequentialTrees(leaf=1_500).fit(frame, schema, rng()).sample(1_000, rng(1))
    assert (drawn["cost"].isna() == drawn["urgent"]).all()


def test_given_values_condition_columns_before_and_after_them(real):
    fitted = SequentialTrees().fit(real, SCHEMA, rng())
    drawn = fitted.sample(
        4_000, rng(1), given={"tretspef": "430"}
    )  # age and sex are drawn before it otherwise
    truth = real[real["tretspef"] == "430"]
    assert drawn["age"].mean() == pytest.approx(truth["age"].mean(), abs=1)
    assert (drawn["admimeth"] == "21").mean() == pytest.approx((truth["admimeth"] == "21").mean(), abs=0.03)
    assert truth["age"].mean() > real["age"].mean() + 15


def test_exact_copies_fall_with_the_size_of_the_leaf(real):
    copies = []
    for leaf in (1, 3, 10, 30, 100):
        drawn = SequentialTrees(leaf).fit(real, SCHEMA, rng()).sample(3_000, rng(1))
        copies.append(is_copy(drawn[list(real)], real).mean())
    assert copies[0] == 1
    assert all(after < before for before, after in zip(copies, copies[1:], strict=False))
    assert copies[-1] < 0.1


# --- adversarial forest ---------------------------------------------------------------------------
def grown(x, y, **settings):
    return DecisionTreeClassifier(random_state=0, **settings).fit(np.asarray(x, float)[:, None], y)


def test_a_leaf_with_too_few_real_rows_draws_from_the_node_above():
    """Leaves of 0–9, 10–11 and 12–29: the two rows in the middle draw from 0–11, or from all of them."""
    tree = grown(np.arange(30), [0] * 10 + [1] * 2 + [2] * 18)
    leaf = tree.apply(np.arange(30, dtype=np.float32)[:, None])
    assert (np.diff(leaf) >= 0).all()
    start, end, weight = _find_cells(tree, leaf, fewest=5)
    assert sorted(zip(start, end, weight, strict=True)) == [(0, 10, 10), (0, 12, 2), (12, 30, 18)]
    start, end, weight = _find_cells(tree, leaf, fewest=15)
    assert sorted(zip(start, end, weight, strict=True)) == [(0, 30, 12), (12, 30, 18)]
    assert [len(part) for part in _find_cells(tree, leaf, fewest=2)] == [3, 3, 3]


def test_the_rows_of_a_leaf_are_those_whose_path_passes_its_node():
    x, draws = rng(3).random((4_000, 3)), rng(4)
    tree = DecisionTreeClassifier(min_samples_leaf=2, random_state=0).fit(x, draws.random(4_000) < 0.5)
    leaf = tree.apply(x.astype(np.float32))
    order = np.argsort(leaf, kind="stable")
    start, end, weight = _find_cells(tree, leaf[order], fewest=8)
    assert weight.sum() == 4_000
    assert (end - start).min() >= 8
    passes = tree.decision_path(x.astype(np.float32)).tocsc()
    nodes = {
        tuple(sorted(passes.indices[i:j])) for i, j in zip(passes.indptr, passes.indptr[1:], strict=False)
    }
    assert {tuple(sorted(order[i:j])) for i, j in zip(start, end, strict=True)} <= nodes


def test_the_forest_stops_when_it_cannot_tell_real_rows_from_drawn_ones():
    draws = rng(8)
    frame, schema = labels(one=draws.integers(0, 4, 4_000), two=draws.integers(0, 4, 4_000))
    apart_already = AdversarialForest(delta=0.03).fit(frame, schema, rng())
    assert len(apart_already.accuracy) == 1
    assert apart_already.accuracy[0] == pytest.approx(0.5, abs=0.03)
    # Equal columns: of rows drawn apart a quarter are equal, so 7 of 8 rows can be told
    together = AdversarialForest().fit(frame.assign(two=frame["one"]), schema, rng())
    assert together.accuracy[0] == pytest.approx(0.875, abs=0.01)
    assert together.accuracy[-1] < 0.55
    drawn = together.sample(4_000, rng(1))
    assert (drawn["one"] == drawn["two"]).all()


def test_the_forest_keeps_what_only_three_columns_say_together():
    draws = rng(6)
    one, two = draws.integers(0, 3, (2, 10_000))
    frame, schema = labels(one=one, two=two, sum=(one + two) % 3)
    drawn = AdversarialForest().fit(frame, schema, rng()).sample(5_000, rng(1))
    assert ((drawn["one"] + drawn["two"]) % 3 == drawn["sum"]).mean() > 0.98


def test_the_forest_draws_given_values_as_it_draws_those_rows_among_all(real):
    fitted = AdversarialForest().fit(real, SCHEMA, rng())
    everything = fitted.sample(150_000, rng(2))
    for given in ({"tretspef": "430"}, {"cost": np.nan, "sex": 2}, {"classpat": "1", "speldur": 0}):
        same = np.logical_and.reduce([everything[k].isin([v]) for k, v in given.items()])
        drawn = fitted.sample(6_000, rng(1), given=given)
        assert drawn["age"].mean() == pytest.approx(everything["age"][same].mean(), abs=1)
        urgent = [(rows["admimeth"] == "21").mean() for rows in (drawn, everything[same])]
        assert urgent[0] == pytest.approx(urgent[1], abs=0.03)
    assert everything["age"][everything["tretspef"] == "430"].mean() > everything["age"].mean() + 12


def test_copies_of_the_forest_fall_with_the_size_of_the_leaf(real):
    copies = []
    for leaf in (1, 5, 20, 100):
        drawn = AdversarialForest(leaf).fit(real, SCHEMA, rng()).sample(3_000, rng(1))
        copies.append(is_copy(drawn[list(real)], real).mean())
    assert copies[0] > 0.3
    assert all(after < before for before, after in zip(copies, copies[1:], strict=False))
    assert copies[-1] < 0.05


def test_a_forest_of_nothing_is_refused():
    for settings in ({"leaf": 0}, {"trees": 0}, {"rounds": 0}, {"delta": -0.1}):
        with pytest.raises(ValueError, match="A leaf has a row"):
            AdversarialForest(**settings)


def test_trees_grown_on_some_rows_draw_from_all(monkeypatch):
    real, rng = draw_admissions(6_000, 1), np.random.default_rng(2)
    monkeypatch.setattr("analysis_lib.models.synthetic.trees.MOST_GROWN", 3_000)
    trees = SequentialTrees(leaf=20).fit(real, SCHEMA, rng)
    steps = [step for step in trees._chain(()) if step.tree is not None]
    sizes = [step.pools._size[step.pools._size > 0] for step in steps]
    assert all(size.sum() == 6_000 and size.min() >= 20 for size in sizes)
    assert len(sizes[-1]) <= 3_000 / 20  # leaves of twenty of the rows that trees were grown on
    drawn = trees.sample(6_000, rng)
    assert abs(drawn["speldur"].mean() / real["speldur"].mean() - 1) < 0.1
