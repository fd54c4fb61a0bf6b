"""What every generator of rows promises: schema, seed, types, edges, rules, and given values."""

import numpy as np
import pandas as pd
import pytest

from analysis_lib.models.synthetic import (
    AdversarialForest,
    CellSampling,
    Column,
    GaussianCopula,
    Independent,
    PrivatePairs,
    Rule,
    Schema,
    SequentialTrees,
    TabularGAN,
    TreeOfPairs,
)
from tests.models.synthetic.made_up import SCHEMA, SPECIALTIES, draw_admissions, learn_nothing

# What the private generator must be told of the columns of all tables here
DOMAIN = {
    "age": [0, 20, 40, 60, 90],
    "age_group": [1],
    "sex": [1, 2],
    "tretspef": SPECIALTIES,
    "cost": [0, 500, 1_000, 2_000, 5_000, 40_000],
    "speldur": [*range(8), 14, 28, 120],
    "nights": [0, 1, 2, 3, 4, 5],
    "none": [0, 1],
    "unknown": ["x"],
    "ward": ["a", "b"],
}
ALL = [
    Independent,
    lambda: CellSampling(("age_group", "sex")),
    GaussianCopula,
    TreeOfPairs,
    SequentialTrees,
    AdversarialForest,
    lambda: PrivatePairs(1e6, domain=DOMAIN),
    lambda: TabularGAN(width=16),
]
NAMES = ["independent", "cells", "copula", "pairs", "trees", "forest", "private", "gan"]
every_generator = pytest.mark.parametrize("make", ALL, ids=NAMES)


def rng(seed=0):
    return np.random.default_rng(seed)


@pytest.fixture(autouse=True)
def networks_that_learnt_nothing(monkeypatch):
    """They promise the same as others; test_gan.py lets them learn, on one table."""
    monkeypatch.setattr("analysis_lib.models.synthetic.gan._train", learn_nothing)


@pytest.fixture(scope="module")
def admissions():
    return draw_admissions(3_000, seed=1)


# --- schema ---------------------------------------------------------------------------------------
def test_values_that_are_not_allowed_are_found():
    whole = Column("whole", low=0, high=90)
    found = whole.find_faults(pd.Series([0, 90, 91, -1, 3.5, np.nan, "4", True, np.inf], dtype=object))
    assert found.tolist() == [False, False, True, True, True, False, True, True, True]
    label = Column("label", codes=(1, 2))
    assert label.find_faults(pd.Series([1, 2, 3, None])).tolist() == [False, False, True, False]
    flag = Column("flag")
    assert flag.find_faults(pd.Series([True, 0, 1, None], dtype=object)).tolist() == [
        False,
        True,
        True,
        False,
    ]
    assert not flag.find_faults(pd.Series([True, pd.NA], dtype="boolean")).any()


def test_rows_that_break_a_rule_are_counted():
    frame = (
        draw_admissions(50, seed=3)
        .iloc[:4]
        .assign(
            classpat=["2", "2", "1", "1"],
            speldur=[0, 3, 3, 0],
            tretspef=["501", "100", "501", "501"],
            sex=[2, 1, 1, 2],
            age=[30, 91, 30, 30],
        )
    )
    counts = SCHEMA.find_faults(frame)
    assert {name: n for name, n in counts.items() if n} == {
        "a day case stays no night": 1,
        "no man is admitted to obstetrics": 1,
        "age": 1,
    }


def test_a_missing_value_breaks_a_rule_that_sets_one_and_no_rule_is_about_it():
    frame = pd.DataFrame(
        {
            "day_case": pd.array([True, True, None, False], dtype="boolean"),
            "nights": pd.array([None, 0, 4, None], dtype="Int64"),
        }
    )
    rule = Rule("day case", lambda f: f["day_case"], {"nights": 0})
    assert rule.find_faults(frame).tolist() == [True, False, False, False]
    schema = Schema({"day_case": Column("flag"), "nights": Column("whole")}, rules=(rule,))
    forced, changed = schema.force(frame)
    assert forced["nights"].tolist() == [0, 0, 4, pd.NA]
    assert forced.dtypes.equals(frame.dtypes)
    assert changed == {"day case": 1}


@pytest.mark.parametrize("name", ["nhs_number", "PersonID", "postcode", "date_of_birth"])
def test_identifiers_of_people_are_refused(admissions, name):
    with pytest.raises(ValueError, match="identifies a person"):
        Schema({name: Column("label")})
    with pytest.raises(ValueError, match="identifies a person"):
        Schema({"sex": Column("label")}, derived={name: lambda frame: frame["sex"]})
    with pytest.raises(ValueError, match="identifies a person"):
        Independent().fit(admissions.assign(**{name: "x"}), SCHEMA, rng())


def test_a_schema_that_contradicts_itself_or_the_frame_is_refused(admissions):
    with pytest.raises(ValueError, match="Groups and rules name ward, which"):
        Schema({"sex": Column("label")}, groups=("ward",))
    with pytest.raises(ValueError, match="The frame lacks age, cost"):
        Independent().fit(admissions.drop(columns=["age", "cost"]), SCHEMA, rng())
    with pytest.raises(ValueError, match="1 values of age are not allowed for a whole, for example"):
        Independent().fit(admissions.assign(age=[95, *admissions["age"][1:]]), SCHEMA, rng())


# --- every generator ------------------------------------------------------------------------------
@every_generator
def test_rows_keep_types_schema_and_rules(make, admissions):
    drawn = make().fit(admissions, SCHEMA, rng()).sample(2_000, rng(1))
    assert len(drawn) == 2_000
    assert list(drawn) == [*SCHEMA.columns, *SCHEMA.derived]
    assert drawn[list(admissions)].dtypes.equals(admissions.dtypes)
    assert not any(SCHEMA.find_faults(drawn).values())
    day_cases = drawn["classpat"] == "2"
    assert day_cases.sum() > 400
    assert (drawn["speldur"][day_cases] == 0).all()
    assert (drawn["speldur"][~day_cases] > 0).any()
    assert (drawn["age_group"] == drawn["age"] // 10).all()
    assert (drawn["pod"] == drawn["admimeth"].str[0] + drawn["classpat"]).all()


@every_generator
def test_the_same_seed_gives_the_same_bytes(make, admissions):
    def draw(seed):
        drawn = make().fit(admissions, SCHEMA, rng(seed)).sample(500, rng(seed + 1), given={"sex": 2})
        return drawn.to_csv().encode()

    assert draw(7) == draw(7)
    assert draw(7) != draw(8)


@every_generator
def test_no_rows_constants_and_columns_all_missing(make):
    n = 60
    frame = pd.DataFrame(
        {
            "age": np.arange(n),
            "sex": 1,
            "none": np.full(n, np.nan),
            "unknown": pd.Series([None] * n, dtype=object),
            "ward": pd.Categorical(["a", "b", None] * 20, categories=["b", "a", "c"]),
            "nights": pd.array([0, 1, None] * 20, dtype="Int64"),
            "urgent": pd.array([True, None, False] * 20, dtype="boolean"),
        }
    )
    kinds = ["whole", "label", "number", "label", "label", "whole", "flag"]
    columns = {name: Column(kind, days=name == "nights") for name, kind in zip(frame, kinds, strict=True)}
    schema = Schema(columns, derived={"age_group": lambda f: f["age"] // 30})
    fitted = make().fit(frame, schema, rng())
    for n_drawn in (0, 1, 200):
        drawn = fitted.sample(n_drawn, rng(2))
        assert len(drawn) == n_drawn
        assert drawn[list(frame)].dtypes.equals(frame.dtypes)
        assert (drawn["sex"] == 1).all()
        assert drawn[["none", "unknown"]].isna().all(axis=None)
    assert set(drawn["ward"].dropna()) == {"a", "b"}
    assert drawn[["ward", "nights", "urgent"]].isna().mean().between(0.2, 0.47).all()


@every_generator
def test_an_empty_frame_gives_empty_frames(make, admissions):
    fitted = make().fit(admissions.iloc[:0], SCHEMA, rng())
    drawn = fitted.sample(0, rng())
    assert list(drawn) == [*SCHEMA.columns, *SCHEMA.derived]
    assert len(drawn) == 0
    with pytest.raises(ValueError, match="fitted on no rows"):
        fitted.sample(1, rng())


@every_generator
def test_given_values_are_kept_and_conditioned_on(make, admissions):
    fitted = make().fit(admissions, SCHEMA, rng())
    drawn = fitted.sample(300, rng(), given={"sex": [1, 2, 2] * 100, "classpat": "1"})
    assert drawn["sex"].tolist() == [1, 2, 2] * 100
    assert (drawn["classpat"] == "1").all()
    assert not (drawn["tretspef"][drawn["sex"] == 1] == "501").any()
    missing = fitted.sample(20, rng(), given={"imd_quintile": np.nan})
    assert missing["imd_quintile"].isna().all()
    # Two nights are no day case: such rows are drawn anew, not set to 0
    stayed = fitted.sample(50, rng(), given={"speldur": 2})
    assert (stayed["speldur"] == 2).all()
    assert (stayed["classpat"] == "1").all()


def test_given_values_that_cannot_be_are_refused(admissions):
    fitted = SequentialTrees().fit(admissions, SCHEMA, rng())
    with pytest.raises(ValueError, match="No row fitted on has tretspef = '999'"):
        fitted.sample(3, rng(), given={"tretspef": "999"})
    with pytest.raises(ValueError, match="pod is no column that is generated"):
        fitted.sample(3, rng(), given={"pod": "11"})
    with pytest.raises(ValueError, match="2 values of sex are given for 3 rows"):
        fitted.sample(3, rng(), given={"sex": [1, 2]})
    with pytest.raises(ValueError, match="3 of 3 rows broke a rule 100 times over"):
        fitted.sample(3, rng(), given={"sex": 1, "tretspef": "501"})


def test_rows_set_right_and_drawn_anew_are_counted():
    frame = pd.DataFrame({"first": ["x", "y"] * 500, "second": ["x", "y"] * 500, "nights": [0, 4] * 500})
    schema = Schema(
        {"first": Column("label"), "second": Column("label"), "nights": Column("whole", days=True)},
        rules=(
            Rule("x stays no night", lambda f: f["first"] == "x", {"nights": 0}),
            Rule("both are the same", lambda f: f["first"] != f["second"]),
        ),
    )
    drawn = Independent().fit(frame, schema, rng()).sample(4_000, rng(1))
    counts = drawn.attrs["rules"]
    # Half of all rows differ, so as many are drawn anew as are kept; nights without a rule are always 4
    assert counts["both are the same"] == pytest.approx(4_000, rel=0.1)
    assert counts["x stays no night"] == pytest.approx(4_000, rel=0.1)
    assert drawn["nights"].tolist() == np.where(drawn["first"] == "x", 0, 4).tolist()
    assert (drawn["first"] == drawn["second"]).all()


@every_generator
def test_what_a_rule_sets_takes_no_part_in_the_margin_of_the_rest(make):
    """Half are day cases, all others stay three nights: with the zeros learnt, too few of them would."""
    frame = pd.DataFrame(
        {"nights": [0, 3] * 5_000, "day_case": [True, False] * 5_000, "age_group": 1, "sex": 1}
    )
    columns = {"nights": Column("whole", low=0), "day_case": Column("flag")}
    columns |= {"age_group": Column("label"), "sex": Column("label")}
    schema = Schema(columns, rules=(Rule("day case", lambda f: f["day_case"], {"nights": 0}),))
    drawn = make().fit(frame, schema, rng()).sample(10_000, rng(3))
    assert drawn["nights"].mean() == pytest.approx(1.5, abs=0.06)
    assert drawn["day_case"].mean() == pytest.approx(0.5, abs=0.02)
