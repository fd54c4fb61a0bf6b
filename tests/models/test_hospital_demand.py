"""Demand core: steps by hand, and against the real model's own step counts, kept in nhp_steps.txt."""

import dataclasses
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis_lib.inputs.hospital import check_tables
from analysis_lib.models.hospital_demand import (
    STEP_COLUMNS,
    DemandScenario,
    activity_by_pod,
    demand_error,
    demand_steps,
)
from tests.models.demand_hospital import make_demand_hospital, read_scenario

STEPS = Path(__file__).with_name("nhp_steps.txt")


@pytest.fixture(scope="module")
def hospital():
    return make_demand_hospital()


def one_admission(hospital: dict, **changes: object) -> dict:
    """Tables with one admission of ten bed days, whose age and sex will be half as many again."""
    ip = hospital["ip"].query("classpat == '1' and admimeth == '21' and demog_type == 'demographics'").head(1)
    ip = ip.assign(**{"speldur": 9, "age": 50, "sex": 1} | changes)
    growth = pd.DataFrame({"variant": "middle", "sex": 1, "age": 50, "2023": [200.0], "2030": [300.0]})
    strategies = pd.DataFrame({"rn": list(ip["rn"]), "strategy": "smoking", "sample_rate": 0.5})
    return {
        "ip": ip,
        "op": hospital["op"].head(0),
        "aae": hospital["aae"].head(0),
        "ip_activity_avoidance_strategies": strategies,
        "ip_efficiencies_strategies": strategies.head(0),
        "demographic_factors": growth,
        "birth_factors": growth.assign(sex=2, age=30),
    }


def values(steps: pd.DataFrame, measure: str) -> dict[tuple[str, str], float]:
    rows = steps[steps["measure"] == measure]
    named = zip(rows["step"], rows["strategy"], rows["value"], strict=True)
    return {(step, strategy): value for step, strategy, value in named if value}


def test_steps_of_one_admission_by_hand(hospital):
    """10 bed days grow by half to 15; half of 15 avoids a fifth: 13.5, or 1.35 stays of 9 nights less 10%."""
    scenario = DemandScenario(
        2030, "middle", {"smoking": 0.8}, {"general_los_reduction_emergency": 0.9, "convert_to_tele_x": 0.5}
    )
    steps = demand_steps(one_admission(hospital), scenario)
    assert values(steps, "beddays") == pytest.approx(
        {
            ("baseline", "-"): 10.0,
            ("demographic_adjustment", "-"): 5.0,
            ("activity_avoidance", "smoking"): -1.5,
            ("efficiencies", "general_los_reduction_emergency"): -1.35 * 9 * 0.1,
        }
    )
    assert activity_by_pod(steps).set_index("measure")["projected"].to_dict() == pytest.approx(
        {"admissions": 1.35, "beddays": 13.5 - 1.215}
    )


@pytest.mark.parametrize(
    ("strategy", "admissions", "bed_days", "elsewhere"),
    [
        ("emergency_elderly", 0.0, -9 * 0.4, {}),
        ("pre-op_los_2-day", 0.0, -2 * 0.4, {}),
        ("same_day_emergency_care_low", -0.4, -10 * 0.4, {("aae_type-05", "arrivals"): 0.4}),
        ("day_procedures_usually_op", -0.4, -10 * 0.4, {("op_procedure", "attendances"): 0.4}),
        (
            "day_procedures_occasionally_dc",
            -0.4,
            -10 * 0.4,
            {("ip_elective_daycase", "admissions"): 0.4, ("ip_elective_daycase", "beddays"): 0.4},
        ),
    ],
)
def test_each_kind_of_efficiency_by_hand(hospital, strategy, admissions, bed_days, elsewhere):
    tables = one_admission(hospital)
    tables["ip_efficiencies_strategies"] = tables["ip_activity_avoidance_strategies"].assign(
        strategy=strategy
    )
    shares = {strategy: 0.6, "general_los_reduction_emergency": 0.1}  # that one is for who has no other
    steps = demand_steps(tables, DemandScenario(2023, "middle", {}, shares))
    moved = steps[(steps["step"] == "efficiencies") & (steps["value"] != 0)]
    assert set(moved["strategy"]) == {strategy}
    found = moved.set_index(["pod", "measure"])["value"]
    here = {
        ("ip_non-elective_admission", "admissions"): admissions,
        ("ip_non-elective_admission", "beddays"): bed_days,
    }
    assert found.to_dict() == pytest.approx({k: v for k, v in (here | elsewhere).items() if v})


def test_one_of_two_efficiencies_is_tried_and_avoidance_multiplies(hospital):
    tables = one_admission(hospital)
    both = pd.concat([tables["ip_activity_avoidance_strategies"].assign(strategy=s) for s in ("a", "b")])
    tables["ip_activity_avoidance_strategies"] = tables["ip_efficiencies_strategies"] = both
    scenario = DemandScenario(2023, "middle", {"a": 0.8, "b": 0.6}, {"a": 0.5, "b": 0.0})
    steps = values(demand_steps(tables, scenario), "beddays")
    left = (1 - 0.5 * 0.2) * (1 - 0.5 * 0.4)
    assert steps["activity_avoidance", "activity_avoidance_interaction_term"] == pytest.approx(
        10 * (left - 0.7)
    )
    assert steps["efficiencies", "a"] == pytest.approx(-left * 9 * 0.5 / 2)
    assert steps["efficiencies", "b"] == pytest.approx(-left * 9 * 1.0 / 2)


def test_the_real_models_own_step_counts(hospital):
    """Computed steps to the digit; drawn ones by their spread: 200 runs leave squares of z near 1."""
    recorded = pd.read_csv(STEPS, comment="#")
    keys = list(STEP_COLUMNS)
    found = demand_steps(hospital, read_scenario())
    both = recorded.merge(found, on=keys, how="outer")
    both[["mean", "standard_error", "value"]] = both[["mean", "standard_error", "value"]].fillna(0.0)
    drawn = both["standard_error"] > 1e-9
    assert both[~drawn]["value"].to_numpy() == pytest.approx(both[~drawn]["mean"].to_numpy(), abs=0.001)
    z = (both["value"] - both["mean"])[drawn] / both["standard_error"][drawn]
    assert len(z) > 150
    assert z.abs().max() < 4
    assert 0.6 < (z**2).mean() < 1.5
    assert set(both["step"]) == set(recorded["step"])
    assert (~drawn & (both["mean"].abs() > 1)).sum() > 25


def test_the_hospital_of_these_tests_is_of_the_layout(hospital):
    assert check_tables(hospital).ok


def test_a_draw_is_seeded_and_has_the_spread_of_the_model(hospital):
    scenario = read_scenario()
    expected = activity_by_pod(demand_steps(hospital, scenario))["projected"]
    draws = [
        activity_by_pod(demand_steps(hospital, scenario, np.random.default_rng(seed)))["projected"]
        for seed in range(25)
    ]
    again = activity_by_pod(demand_steps(hospital, scenario, np.random.default_rng(0)))["projected"]
    pd.testing.assert_series_equal(draws[0], again)
    many = pd.concat(draws, axis=1)
    z = (many.mean(axis=1) - expected) / (many.std(axis=1).clip(lower=1e-12) / 25**0.5)
    assert z[expected > 0].abs().max() < 4


def test_errors_by_point_of_delivery(hospital):
    activity = pd.DataFrame(
        {"activity_type": "ip", "pod": ["a", "b"], "measure": "beddays", "projected": [110.0, 5.0]}
    )
    reference = activity.assign(pod=["a", "c"], projected=[100.0, 50.0])
    assert demand_error(activity, reference)["error"].tolist() == pytest.approx([0.1, 1.0])


def test_empty_tables_and_no_changes(hospital):
    empty = {name: frame.head(0) if len(name) < 4 else frame for name, frame in hospital.items()}
    assert demand_steps(empty, read_scenario())["value"].sum() == 0
    same = activity_by_pod(demand_steps(hospital, DemandScenario(2023, "middle")))
    assert same["projected"].tolist() == same["baseline"].tolist()


def test_errors_name_what_is_wrong(hospital):
    scenario = read_scenario()
    with pytest.raises(ValueError, match=r"from 0 to 1"):
        DemandScenario(2035, "middle", {"smoking": 1.2})
    with pytest.raises(ValueError, match=r"demographic_factors has no column 2050"):
        demand_steps(hospital, dataclasses.replace(scenario, year=2050))
    with pytest.raises(ValueError, match=r"no projection 'low': choose one of high, middle"):
        demand_steps(hospital, dataclasses.replace(scenario, variant="low"))
    with pytest.raises(ValueError, match=r"The tables op are wanted too"):
        demand_steps({name: frame for name, frame in hospital.items() if name != "op"}, scenario)
