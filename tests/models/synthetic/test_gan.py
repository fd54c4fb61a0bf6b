"""The tabular GAN: what it keeps of planted relations, and when it gives up."""

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from analysis_lib.models.synthetic import Column, Independent, Rule, Schema, TabularGAN
from analysis_lib.models.synthetic.gan import _number_within
from tests.models.synthetic.made_up import SCHEMA, apart, draw_admissions, learn_nothing


def rng(seed=0):
    return np.random.default_rng(seed)


@pytest.fixture(scope="module")
def real():
    """One table for all that learns: to compile takes most of the time, and is done once for a table."""
    return draw_admissions(10_000, seed=10).assign(site="here", never=np.nan)


WITH_EDGES = replace(SCHEMA, columns={**SCHEMA.columns, "site": Column("label"), "never": Column("number")})


def fit(real):
    return TabularGAN(steps=300, batch=125).fit(real, WITH_EDGES, rng())


@pytest.fixture(scope="module")
def fitted(real):
    return fit(real)


@pytest.fixture
def learns_nothing(monkeypatch):
    monkeypatch.setattr("analysis_lib.models.synthetic.gan._train", learn_nothing)


def test_margins_are_those_of_the_rows(fitted, real):
    drawn = fitted.sample(40_000, rng(1))
    assert apart(real, drawn, 1).max() < 0.04  # rows drawn anew: no man in obstetrics
    assert drawn["speldur"].mean() == pytest.approx(real["speldur"].mean(), rel=0.04)
    assert (drawn["site"] == "here").all()
    assert drawn["never"].isna().all()


def test_pairs_are_kept_better_than_by_the_control(fitted, real):
    holdout = draw_admissions(10_000, seed=20)
    control = Independent().fit(real, SCHEMA, rng()).sample(10_000, rng(1))
    assert apart(holdout, fitted.sample(10_000, rng(1)), 2).mean() < 0.7 * apart(holdout, control, 2).mean()


def test_the_same_seed_learns_the_same(fitted, real):
    def draw(generator):
        return generator.sample(500, rng(1)).to_csv()

    assert draw(fit(real)) == draw(fitted)


def test_margins_are_set_right_where_nothing_was_learnt(learns_nothing):
    frame = pd.DataFrame({"ward": ["a"] * 970 + ["b"] * 25 + ["c"] * 5, "night": [True, False] * 500})
    schema = Schema({"ward": Column("label"), "night": Column("flag")})
    drawn = TabularGAN(width=8).fit(frame, schema, rng()).sample(40_000, rng(1))
    shares = drawn["ward"].value_counts(normalize=True)
    assert shares.to_dict() == pytest.approx({"a": 0.97, "b": 0.025, "c": 0.005}, abs=0.004)
    assert drawn["night"].mean() == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize("seed", range(3))
def test_a_stay_that_a_rule_sets_is_set_right_on_the_other_rows(learns_nothing, seed):
    """Day cases have other networks' numbers behind them than those who stay 1 or 9 nights, half of each."""
    frame = pd.DataFrame({"day_case": [True, True, False, False] * 500, "nights": [0, 0, 1, 9] * 500})
    rule = Rule("day case", lambda f: f["day_case"], {"nights": 0})
    schema = Schema({"day_case": Column("flag"), "nights": Column("whole", days=True)}, rules=(rule,))
    drawn = TabularGAN(width=16).fit(frame, schema, rng(seed)).sample(40_000, rng(1))
    assert drawn["nights"][~drawn["day_case"]].mean() == pytest.approx(5, abs=0.25)


def test_given_values_are_drawn_as_among_all_rows(fitted):
    everything = fitted.sample(100_000, rng(2))
    same = everything[(everything["tretspef"] == "430") & (everything["sex"] == 2)]
    drawn = fitted.sample(3_000, rng(3), given={"tretspef": "430", "sex": 2})
    for name in ("age", "has_procedure", "speldur"):
        spread = everything[name].std() * np.sqrt(1 / len(same) + 1 / len(drawn))
        assert drawn[name].mean() == pytest.approx(same[name].mean(), abs=4 * spread)


def test_values_given_that_are_too_rare_are_refused(learns_nothing, monkeypatch):
    monkeypatch.setattr("analysis_lib.models.synthetic.gan.AT_ONCE", 5)
    frame = pd.DataFrame({"ward": ["a"] * 199 + ["b"], "bed": [*range(199), 7]})
    schema = Schema({"ward": Column("label"), "bed": Column("label")})
    small = TabularGAN(width=4).fit(frame, schema, rng())
    with pytest.raises(ValueError, match="1 of 1 rows with the values given were not among 100 drawn"):
        small.sample(1, rng(), given={"ward": "b", "bed": 3})


def test_rows_are_numbered_within_their_group():
    group, number = _number_within(np.array([5, 2, 5, 5, 2]))
    assert group.tolist() == [5, 2, 5, 5, 2]
    assert number.tolist() == [0, 0, 1, 2, 1]


def test_networks_of_nothing_are_refused():
    for settings in ({"steps": 0}, {"batch": 0}, {"width": 0}, {"bins": 0}):
        with pytest.raises(ValueError, match="There is at least one step"):
            TabularGAN(**settings)


def test_jax_is_loaded_by_nobody_but_the_gan():
    """And by it only when it learns: who draws from a fitted one needs no JAX."""
    code = "import sys, analysis_lib.models.synthetic as s; s.TabularGAN(); sys.exit('jax' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
