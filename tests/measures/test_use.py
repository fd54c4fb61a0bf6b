"""Use by setting, and inequality as it is beside that at equal need, worked by hand."""

import numpy as np
import pandas as pd
import pytest

from analysis_lib.measures import compare_slopes, count_use, funnel_ratio, ratio_curve, settle_counts
from analysis_lib.measures.standard_population import ESP2013


def people():
    """20 people in each age band: the first half have two contacts of £10 each a year, the rest none."""
    bands = ["0-4", "5-14", "15-24", "25-34", "35-44", "45-54", "55-64", "65-74", "75-84", "85+"]
    half = np.tile([2] * 10 + [0] * 10, len(bands))
    return pd.DataFrame(
        {
            "age_band": np.repeat(bands, 20),
            "gp": half,
            "next_cost_gbp_gp": 10.0 * half,
            "years_at_risk": 1.0,
        }
    )


def test_users_contacts_cost_and_rate_of_a_setting():
    row = count_use(people(), ["gp"]).iloc[0]
    assert (row["n_people"], row["events"], row["n_users"]) == (200, 200, 100)
    assert row["users_share"] == 0.5
    assert row["cost_gbp"] == 2_000.0
    # One contact a person-year at every age is 1,000 per 1,000, whatever the weights of the ages.
    assert row["rate_per_1000"] == pytest.approx(1_000)
    assert row["low"] < 1_000 < row["high"]
    assert sum(ESP2013.values()) > 0


def test_a_setting_without_its_cost_is_refused():
    with pytest.raises(KeyError, match="next_cost_gbp_gp"):
        count_use(people().drop(columns="next_cost_gbp_gp"), ["gp"])


def test_slopes_stand_side_by_side_and_an_absent_one_is_missing():
    names = ["sii", "sii_low", "sii_high", "rii", "rii_low", "rii_high"]
    crude = pd.DataFrame({"setting": ["gp", "ae"], "n_groups": 10, **{n: [1.0, 2.0] for n in names}})
    need = pd.DataFrame({"setting": ["ae"], "n_groups": 10, **dict.fromkeys(names, 1.5)})
    both = compare_slopes(crude, need).set_index("setting")
    assert "n_groups" not in both
    assert both.loc["ae", ["rii", "need_rii"]].tolist() == [2.0, 1.5]
    assert np.isnan(both.loc["gp", "need_rii"])


def test_a_few_who_are_left_out_are_counted_and_many_are_not():
    everybody = pd.DataFrame({"setting": ["gp", "ae", "nhs111"], "n_people": 100})
    table = pd.DataFrame({"setting": ["nhs111", "gp", "ae", "other"], "n_people": [92, 93, 100, 5]})
    found = settle_counts(table, everybody, ["setting"])
    assert found["n_people"].tolist() == [92, 100, 100, 5]
    events = everybody.assign(events=[3, 9, 50]), table.assign(events=[40, 3, 2, 1])
    both = settle_counts(events[1], events[0], ["setting"], ["n_people", "events"])
    assert both["events"].tolist() == [40, 3, 9, 1]


def test_the_curve_meets_the_limits_of_the_areas():
    areas = pd.DataFrame({"observed": [40, 110, 100, 420], "expected": [50.0, 100.0, 100.0, 400.0]})
    limits = funnel_ratio(areas)
    curve = ratio_curve(limits, points=2)
    assert curve["expected"].tolist() == pytest.approx([50, 400])
    ends = limits.iloc[[0, 3]]
    for name in ("low95", "high95", "low998", "high998"):
        assert curve[name].tolist() == pytest.approx(ends[name].tolist())
