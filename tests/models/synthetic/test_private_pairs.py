"""The private tree of pairs: what it costs against the formulas, and what it must never look at."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from analysis_lib.models.synthetic import Column, Independent, PrivatePairs, Rule, Schema
from analysis_lib.models.synthetic.privacy import Budget, find_delta, find_rho, noise_scale
from analysis_lib.models.synthetic.private_pairs import fit_shares, hang, nearest_counts
from tests.models.synthetic.made_up import SCHEMA, SPECIALTIES, apart, draw_admissions

DOMAIN = {
    "tretspef": SPECIALTIES,
    "cost": [0, 400, 600, 800, 1_000, 1_200, 1_500, 2_000, 2_500, 3_500, 6_000, 12_000, 40_000],
    "speldur": [*range(9), 10, 12, 15, 20, 25, 30, 40, 60, 120],
}


def rng(seed=0):
    return np.random.default_rng(seed)


def planted(n=4_000):
    draws = rng(5)
    a = draws.integers(0, 3, n)
    b = np.where(draws.random(n) < 0.8, a, draws.integers(0, 3, n))
    c = np.where(draws.random(n) < 0.8, b, draws.integers(0, 3, n))
    codes = Column("label", codes=(0, 1, 2))
    return pd.DataFrame({"a": a, "b": b, "c": c}), Schema({"a": codes, "b": codes, "c": codes})


# --- what it costs --------------------------------------------------------------------------------
@pytest.mark.parametrize("epsilon", [0.1, 0.5, 1, 4, 20])
@pytest.mark.parametrize("delta", [1e-9, 1e-5, 0.01])
def test_the_budget_is_the_largest_that_the_formula_allows(epsilon, delta):
    rho = find_rho(epsilon, delta)
    assert find_delta(rho, epsilon) == pytest.approx(delta, rel=1e-5)
    assert find_delta(rho * 1.001, epsilon) > delta
    orders = 1 + np.geomspace(1e-4, 1e5, 400_000)
    formula = (orders - 1) * (orders * rho - epsilon) - np.log(orders - 1) + orders * np.log(1 - 1 / orders)
    assert np.exp(formula.min()) == pytest.approx(delta, rel=1e-4)
    # Bun and Steinke's simpler conversion gives less to spend
    assert rho + 2 * np.sqrt(rho * np.log(1 / delta)) > epsilon


@pytest.mark.parametrize(("epsilon", "delta"), [(0.5, 1e-6), (1, 1e-9), (4, 1e-5)])
def test_gaussian_noise_of_the_budget_is_as_private_as_was_asked(epsilon, delta):
    """The exact delta of Gaussian noise (Balle and Wang 2018) is below the one asked for, and not far."""
    sd = noise_scale(find_rho(epsilon, delta))
    exact = norm.cdf(1 / (2 * sd) - epsilon * sd) - np.exp(epsilon) * norm.cdf(-1 / (2 * sd) - epsilon * sd)
    assert delta / 10 < exact < delta


@pytest.mark.parametrize(("epsilon", "delta"), [(0, 1e-6), (-1, 1e-6), (np.nan, 1e-6), (1, 0), (1, 0.5)])
def test_a_budget_that_protects_nothing_is_refused(epsilon, delta):
    with pytest.raises(ValueError, match="Epsilon is above 0"):
        PrivatePairs(epsilon, delta)


def test_noise_is_as_wide_as_the_formula_says():
    budget = Budget(0.5)
    noise = budget.count(("a",), np.full(200_000, 7.0), 0.02, rng()) - 7
    assert noise.std() == pytest.approx(np.sqrt(1 / (2 * 0.02)), rel=0.01)
    assert noise.mean() == pytest.approx(0, abs=0.05)
    assert budget.expenses == [(("a",), "Gaussian", 0.02)]
    with pytest.raises(RuntimeError, match="of a budget of 0.5"):
        budget.count(("a",), np.zeros(1), 0.49, rng())


def test_choices_have_the_chances_of_the_exponential_mechanism():
    scores, rho, draws = {("a",): 0.0, ("b",): 3.0, ("c",): 5.0}, 0.08, rng(1)
    budget = Budget(np.inf)
    chosen = pd.Series([budget.choose(scores, rho, draws)[0] for _ in range(20_000)])
    chance = np.exp(np.sqrt(8 * rho) * np.array([0, 3, 5]) / 2)
    shares = chosen.value_counts(normalize=True)[["a", "b", "c"]]
    assert shares.to_numpy() == pytest.approx(chance / chance.sum(), abs=0.012)


def test_a_fit_spends_its_budget_by_thirds():
    fitted = PrivatePairs(1, 1e-6, DOMAIN).fit(draw_admissions(2_000, 1), SCHEMA, rng())
    spent = pd.DataFrame(fitted.budget.expenses)
    assert spent["rho"].sum() == pytest.approx(find_rho(1, 1e-6))
    kind = spent["mechanism"] + spent["columns"].str.len().astype(str)
    assert kind.value_counts().to_dict() == {"Gaussian1": 9, "exponential2": 8, "Gaussian2": 8}
    assert spent.groupby(kind)["rho"].sum().to_numpy() == pytest.approx(fitted.rho / 3)
    assert spent.groupby(kind)["rho"].nunique().eq(1).all()
    one = PrivatePairs(1).fit(pd.DataFrame({"a": [0, 1]}), Schema({"a": Column("label", (0, 1))}), rng())
    assert one.budget.expenses == [(("a",), "Gaussian", one.rho)]


class Recorded(Budget):
    """Gives the answers of an earlier fit, and keeps what it was asked."""

    answers: dict

    def __init__(self, rho):
        super().__init__(rho)
        self.tables, self.options = {}, []

    def count(self, columns, table, rho, rng):
        self.tables[columns] = table
        answer = super().count(columns, table, rho, rng)
        return self.answers.setdefault(columns, answer)

    def choose(self, options, rho, rng):
        self.options.append(options)
        step = ("edge", len(self.options))
        return self.answers.setdefault(step, super().choose(options, rho, rng))


def test_one_row_changes_counts_and_scores_by_what_the_noise_is_made_for(monkeypatch):
    """With the same noisy answers so far, whatever is asked next differs by 1 at most."""
    monkeypatch.setattr("analysis_lib.models.synthetic.private_pairs.Budget", Recorded)
    frame = draw_admissions(400, seed=1)
    odd = frame.iloc[[0]].assign(age=90, cost=39_000.0, speldur=119, classpat="1", tretspef="800")
    tables, options = [], []
    Recorded.answers = {}
    for rows in (frame, pd.concat([frame, odd], ignore_index=True), frame.iloc[1:]):
        fitted = PrivatePairs(4, 1e-6, DOMAIN).fit(rows, SCHEMA, rng())
        tables.append(fitted.budget.tables)
        options.append(fitted.budget.options)
    for other in (1, 2):
        assert tables[other].keys() == tables[0].keys()
        changes = [np.abs(tables[other][key] - table) for key, table in tables[0].items()]
        assert all(change.sum() <= 1 for change in changes)
        assert sum(change.sum() for change in changes) > 10
        for before, after in zip(options[0], options[other], strict=True):
            assert before.keys() == after.keys()
            assert max(abs(before[key] - after[key]) for key in before) <= 1 + 1e-9


# --- what it gives --------------------------------------------------------------------------------
def test_without_noise_margins_and_pairs_of_the_tree_are_exact():
    frame, schema = planted()
    fitted = PrivatePairs(np.inf).fit(frame, schema, rng())
    assert {frozenset(edge) for edge in fitted.parents.items()} == {frozenset("ab"), frozenset("bc")}
    for name in frame:
        assert fitted._margin[name] == pytest.approx(np.bincount(frame[name]) / len(frame))
    for name, parent in fitted.parents.items():
        shares = pd.crosstab(frame[parent], frame[name], normalize="index")
        assert fitted._given_parent[name] == pytest.approx(shares.to_numpy(), abs=1e-9)


def test_less_privacy_gives_closer_pairs():
    real, holdout = draw_admissions(20_000, 10), draw_admissions(20_000, 20)

    def measure(epsilon):
        fitted = PrivatePairs(epsilon, 1e-6, DOMAIN).fit(real, SCHEMA, rng())
        drawn = fitted.sample(len(real), rng(1))
        assert not any(SCHEMA.find_faults(drawn).values())
        return apart(holdout, drawn, 2).mean()

    distances = [measure(epsilon) for epsilon in (0.02, 0.2, 4)]
    control = Independent().fit(real, SCHEMA, rng()).sample(len(real), rng(1))
    assert distances[0] > 1.5 * distances[1] > 1.5 * distances[2]
    assert distances[2] < 0.5 * apart(holdout, control, 2).mean()


def test_a_column_that_a_rule_sets_hangs_on_the_tree_as_a_leaf():
    for seed in range(5):
        fitted = PrivatePairs(0.1, 1e-6, DOMAIN).fit(draw_admissions(500, seed), SCHEMA, rng(seed))
        assert "speldur" not in fitted.parents.values()
        assert set(fitted.parents) == set(SCHEMA.columns) - {"age"}


# --- what it may not look at ----------------------------------------------------------------------
def test_what_may_be_drawn_does_not_depend_on_the_rows():
    columns = {"age": Column("whole", low=0, high=90), "sex": Column("label"), "urgent": Column("flag")}
    columns |= {"cost": Column("number")}
    domain = {"sex": ["m", "f", "x"], "cost": [0, 1, 10]}
    rows = pd.DataFrame({"age": [5, 90], "sex": ["m", "f"], "urgent": [True, True], "cost": [0.1, 7]})
    drawn = PrivatePairs(1e-3, domain=domain).fit(rows, Schema(columns), rng()).sample(5_000, rng(1))
    assert set(drawn["age"]) == set(range(91))
    assert set(drawn["sex"].dropna()) == {"m", "f", "x"}
    assert set(drawn["urgent"]) == {True, False}
    assert drawn["cost"].dropna().between(0, 10).all()
    assert drawn["cost"].isna().any()  # its type can hold missing; that of age cannot
    assert (drawn[["age", "urgent"]].dtypes == rows[["age", "urgent"]].dtypes).all()


def test_bins_and_values_by_hand():
    frame = pd.DataFrame({"nights": [0, 0, 1, 4, 9, 500], "cost": [0.0, 4.8, 5.1, 9.0, np.nan, np.nan]})
    schema = Schema({"nights": Column("whole"), "cost": Column("number")})
    domain = {"nights": [0, 1, 5, 10], "cost": [0, 5, 10]}
    fitted = PrivatePairs(np.inf, domain=domain).fit(frame, schema, rng())
    assert fitted._levels["nights"].numbers.tolist() == list(range(11))
    assert fitted._bin_of["nights"].tolist() == [0, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2]
    assert fitted._margin["nights"] == pytest.approx(np.array([2, 2, 2]) / 6)
    assert fitted._margin["cost"] == pytest.approx(np.array([2, 2, 2]) / 6)  # the last is missing
    assert fitted._levels["cost"].numbers == pytest.approx(np.arange(0, 10.1, 0.25))
    ages = pd.DataFrame({"age": [0, 90]})
    fitted = PrivatePairs(np.inf, bins=13).fit(ages, Schema({"age": Column("whole", low=0, high=90)}), rng())
    assert (np.bincount(fitted._bin_of["age"]) == 7).all()


@pytest.mark.parametrize(
    ("column", "values", "domain", "message"),
    [
        (Column("label"), ["a"], {}, "Nothing public says what x may hold"),
        (Column("whole", low=0), [1], {}, "Nothing public says what x may hold"),
        (Column("number", low=0, high=1), [0.5], {}, "Nothing public says what x may hold"),
        (Column("label"), ["a", "z", "z"], {"x": ["a"]}, "2 values of x are not in its domain, .*'z'"),
        (Column("whole", low=0), [1], {"x": [-1, 2]}, "1 values of the domain of x are not allowed"),
        (Column("whole"), [1], {"x": [0]}, "The domain of x is two or more ends"),
        (Column("whole"), [1], {"x": [5, 0]}, "The domain of x is two or more ends"),
        (Column("number"), [1.0], {"x": [0, np.inf]}, "The domain of x is two or more ends"),
    ],
)
def test_a_domain_that_would_have_to_be_looked_up_is_refused(column, values, domain, message):
    with pytest.raises(ValueError, match=message):
        PrivatePairs(1, domain=domain).fit(pd.DataFrame({"x": values}), Schema({"x": column}), rng())


def test_a_column_set_by_a_rule_alone_or_beside_none_works():
    rule = Rule("always", lambda frame: frame["x"] >= 0, {"x": 1})
    schema = Schema({"x": Column("whole", low=0, high=3)}, rules=(rule,))
    fitted = PrivatePairs(1).fit(pd.DataFrame({"x": [1, 1, 1]}), schema, rng())
    assert fitted.sample(5, rng())["x"].tolist() == [1] * 5


# --- steps ----------------------------------------------------------------------------------------
def test_the_nearest_counts_are_not_negative_and_add_up():
    assert nearest_counts(np.array([5.0, -1.0, 2.0]), 6).tolist() == [4.5, 0, 1.5]
    assert nearest_counts(np.array([[-3.0, -5.0]]), 1).tolist() == [[1, 0]]
    assert nearest_counts(np.array([2.0, 2.0]), 10).tolist() == [5, 5]


def test_pairs_are_fitted_to_their_columns():
    table = np.array([[30.0, 10.0], [20.0, 40.0]])
    exact = fit_shares(table, np.array([0.4, 0.6]), np.array([0.5, 0.5]), 100)
    assert exact == pytest.approx(np.array([[0.75, 0.25], [1 / 3, 2 / 3]]))
    above, margin = np.array([0.2, 0.8]), np.array([0.3, 0.7])
    fitted = fit_shares(table, above, margin, 100)
    assert above @ fitted == pytest.approx(margin)
    ratio = fitted[0, 0] * fitted[1, 1] / (fitted[0, 1] * fitted[1, 0])
    assert ratio == pytest.approx(30 * 40 / (10 * 20))  # what fitting leaves as it is
    nothing = fit_shares(np.array([[4.0, 0.0], [0.0, 0.0]]), None, np.array([0.5, 0.5]), 4)
    assert nothing[1].tolist() == [0.5, 0.5]


def test_a_tree_hangs_from_its_root():
    edges = [("c", "b"), ("a", "b"), ("d", "a")]
    assert hang("b", edges) == {"c": "b", "a": "b", "d": "a"}
    assert hang("d", edges) == {"a": "d", "b": "a", "c": "b"}
    assert hang("a", []) == {}
