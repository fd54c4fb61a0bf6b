"""Choosing and counting people in the engine; the same answer from two engines."""

from __future__ import annotations

import importlib.util
import shutil

import pandas as pd
import pytest

from analysis_lib.inputs.population import load_population
from analysis_lib.queries import add_age_band, cohort, count_by, features_at, outcomes_after, to_frame
from analysis_lib.simulate.population import simulate_population
from tests.population_tables import A, B, C, small_population, write


@pytest.fixture
def features(tmp_path):
    return features_at(load_population(write(tmp_path, small_population())), "2024-04-01")


def ids(table):
    return to_frame(table)["person_id"].tolist()


def test_over_65s_with_heart_failure(features):
    assert ids(cohort(features, min_age=65, conditions=["heart_failure"])) == [A]
    assert ids(cohort(features, conditions="copd")) == []


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({}, [A, B, C]),
        ({"min_age": 24, "max_age": 34}, [B, C]),
        ({"min_age": 25, "max_age": 33}, []),
        ({"sex": "M"}, [B]),
        ({"imd_quintile": [1, 5]}, [B, C]),
        ({"core20": True}, [B]),
        ({"ethnic_group": {"White"}, "max_age": 40}, [C]),
    ],
)
def test_cohorts(features, asked, found):
    assert ids(cohort(features, **asked)) == found


def test_what_is_not_known_is_named(features):
    with pytest.raises(ValueError, match="Not known: gout, height"):
        cohort(features, conditions=["gout"], height=2)
    with pytest.raises(ValueError, match="named twice: height, sex"):
        count_by(features, ["sex", "height"], ["sex"])


def test_age_bands(features):
    frame = to_frame(add_age_band(features, [0, 25, 75]))
    assert frame["age_band"].tolist() == ["25-74", "0-24", "25-74"]
    assert pd.isna(to_frame(add_age_band(features, [30])).loc[1, "age_band"])


def test_counts_by_pattern(tmp_path):
    population = load_population(write(tmp_path, small_population()))
    people = features_at(population, "2024-04-01").join(outcomes_after(population, "2024-04-01"), "person_id")
    frame = to_frame(count_by(people, ["sex"], ["next_n_contacts", "next_cost_gbp", "days_at_risk", "died"]))
    expected = pd.DataFrame(
        {
            "sex": ["F", "M"],
            "n_people": [2, 1],
            "next_n_contacts": [1, 0],
            "next_cost_gbp": [1000.1, 0.0],
            "days_at_risk": [365 + 168, 91],
            "died": [1, 0],
        }
    )
    pd.testing.assert_frame_equal(frame, expected)
    by_number = to_frame(count_by(people, ["next_n_contacts"], ["years_at_risk"]))
    assert by_number["n_people"].tolist() == [2, 1]


def test_types_and_order_are_fixed(features):
    frame = to_frame(features)
    kinds = {
        "person_id": "str",
        "age": "int32",
        "imd_decile": "int32",
        "core20": "bool",
        "has_copd": "bool",
        "n_gp_12m": "int32",
        "cost_gbp_12m": "float64",
        "cambridge_score": "float64",
        "dna_share_24m": "float64",
    }
    assert {name: str(frame[name].dtype) for name in kinds} == kinds
    assert frame["person_id"].is_monotonic_increasing
    assert frame.columns.tolist() == list(features.columns)
    assert len(features.columns) == len(set(features.columns))


def test_missing_deciles_are_missing_and_not_zero(tmp_path):
    tables = small_population()
    tables["person"][1]["imd_decile"] = None
    frame = to_frame(features_at(load_population(write(tmp_path, tables)), "2024-04-01"))
    assert str(frame["imd_quintile"].dtype) == "Int32"
    assert frame[["imd_decile", "imd_quintile", "core20"]].isna().to_numpy().tolist() == [
        [False] * 3,
        [True] * 3,
        [False] * 3,
    ]


@pytest.mark.slow
@pytest.mark.skipif(
    importlib.util.find_spec("pyspark") is None, reason="pyspark is not installed: extra 'spark'"
)
@pytest.mark.skipif(shutil.which("java") is None, reason="no Java on this machine: Spark needs Java 17")
def test_duckdb_and_spark_give_the_same_values(tmp_path):
    folder = simulate_population(tmp_path / "population", 400, seed=5, processes=1)
    duck, spark = load_population(folder), load_population(folder, engine="spark")
    pd.testing.assert_frame_equal(duck.quality, spark.quality)
    tables = []
    for population in (duck, spark):
        features, outcomes = features_at(population, "2024-04-01"), outcomes_after(population, "2024-04-01")
        older = cohort(features, min_age=45).join(outcomes, "person_id")
        patterns = count_by(older, ["age_band", "sex", "imd_quintile"], ["next_n_gp", "years_at_risk"])
        tables.append([to_frame(features), to_frame(outcomes), to_frame(patterns)])
    for one, other in zip(*tables, strict=True):
        assert len(one) > 30
        # Sums of fractions (years) depend on the order of the rows; all else is equal to the last bit.
        loose = [name for name in one if name == "years_at_risk"]
        pd.testing.assert_frame_equal(one.drop(columns=loose), other.drop(columns=loose), check_exact=True)
        pd.testing.assert_frame_equal(one[loose], other[loose], rtol=1e-12)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"conditions": "Heart failure"}, "Did you mean heart_failure?"),
        ({"conditions": ["diabetis"]}, "Did you mean diabetes?"),
        ({"imd_quintil": 1}, "Did you mean imd_quintile?"),
        ({"sex": "Female"}, "sex is never Female.* one of F, M, not stated"),
        ({"ethnic_group": ["asian"]}, "Did you mean Asian?"),
        ({"imd_decile": [1, 11]}, "imd_decile is never 11"),
        ({"imd_quintile": 0}, "imd_quintile is never 0"),
        ({"core20": "yes"}, "core20 is never yes"),
        ({"msoa": "E02002341"}, "Nobody here .* msoa E02002341. Did you mean E02002340?"),
        ({"practice": ["SIM001", "X"]}, "Nobody here .* practice X"),
    ],
)
def test_what_nobody_can_have_is_refused_with_what_is_near(features, asked, said):
    with pytest.raises(ValueError, match=said):
        cohort(features, **asked)


def test_areas_that_are_there(features):
    assert ids(cohort(features, msoa="E02002340", practice=["SIM001"])) == [A, B, C]
