"""What a column is about, and bins with round edges."""

import numpy as np
import pandas as pd
import pytest

from analysis_lib.models.concepts import bin_column, group_features, name_concept

GP = "GP use, last year"


@pytest.mark.parametrize(
    ("column", "concept"),
    [
        ("n_gp_12m", GP),
        ("cost_gbp_gp_12m", GP),
        ("cost_gbp_12m", "All care, last year"),
        ("n_contacts_24m", "All care, last 24 months"),
        ("n_mental_health_12m", "Mental health care, last year"),
        ("dna_share_12m", "Missed appointments, last year"),
        ("polypharmacy_10", "Medicines, how many"),
        ("cambridge_score", "Long-term conditions, how many"),
        ("has_heart_failure", "Heart failure"),
        ("has_copd", "COPD"),
        ("race", "Race"),
    ],
)
def test_a_column_is_named_by_what_it_is_about(column, concept):
    assert name_concept(column) == concept


def test_levels_of_a_column_are_grouped_with_it():
    features = ["sex_F", "sex_not stated", "n_gp_12m", "cost_gbp_gp_12m", "n_conditions"]
    columns = ["sex", "n_gp_12m", "cost_gbp_gp_12m", "n_conditions"]
    assert group_features(features, columns) == {
        "Sex": features[:2],
        GP: features[2:4],
        "Long-term conditions, how many": ["n_conditions"],
    }


def test_bins_have_round_edges():
    ages = bin_column(pd.Series([0, 4, 5, 84, 85, 101], name="age"))
    assert ages.tolist() == ["0-4", "0-4", "5-14", "75-84", "85+", "85+"]
    cost = bin_column(pd.Series([0, 99.5, 100, 30_000, None], name="cost_gbp_12m"))
    assert cost.tolist() == ["under 1", "1 to under 100", "100 to under 250", "25,000+", "not known"]
    deciles = bin_column(pd.Series(range(1, 11), name="imd_decile"))
    assert deciles.tolist() == [str(d) for d in range(1, 11)]
    other = bin_column(pd.Series(np.linspace(0.013, 0.9777, 500), name="score"))
    assert "under 0.1" in other.cat.categories
    assert all(len(name) < 20 for name in other.cat.categories)
    flags = bin_column(pd.Series([True, False], name="has_copd"))
    assert flags.tolist() == ["yes", "no"]
    assert bin_column(pd.Series(["M", None, "F"], name="sex")).cat.categories.tolist() == [
        "F",
        "M",
        "not known",
    ]
