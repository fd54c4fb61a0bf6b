"""The schema of a hospital's tables, and strategies as flags and back."""

import numpy as np
import pandas as pd
import pytest

from analysis_lib.inputs.hospital import add_derived, check_tables, derive
from analysis_lib.models.synthetic import Independent, SequentialTrees
from analysis_lib.synthetic_hospital import hospital_schema, narrow, strategy_rates, widen
from tests.inputs.hospital.hospital_tables import make_hospital


def wide_rows(n=400):
    """Rows made by hand, half of them planned, with two strategies, groups and an outcome."""
    i = np.arange(n)
    planned = i % 2 == 0
    return pd.DataFrame(
        {
            "rn": [f"r{k}" for k in i],
            "age": np.where(planned, 20 + i % 70, 75 + i % 16),
            "sex": i // 2 % 2 + 1,
            "imd_quintile": np.where(i % 50 == 0, np.nan, i % 5 + 1),
            "classpat": np.where(planned & (i % 4 == 0), "2", "1"),
            "mainspef": "300",
            "tretspef": np.where(planned, "110", "300"),
            "admimeth": np.where(planned, "11", "21"),
            "speldur": np.where(planned & (i % 4 == 0), 0, 1 + i % 9),
            "icb": np.where(i % 3 == 0, "B", "A"),
            "is_main_icb": i % 3 != 0,
            "has_procedure": planned,
            "maternity_delivery_in_spell": False,
            "emergency_elderly": ~planned & (i % 3 == 0),
            "falls_related_admissions": ~planned & (i % 5 == 0),
            "ethnic_group": np.where(i % 10 == 0, "Asian", "White"),
            "readmitted": i % 8 == 1,
        }
    )


def test_columns_are_drawn_in_an_order_that_lets_the_stay_follow():
    schema = hospital_schema("ip", wide_rows())
    names = list(schema.columns)
    assert names[:5] == ["sex", "ethnic_group", "age", "imd_quintile", "icb"]
    assert names[-4:] == ["speldur", "emergency_elderly", "falls_related_admissions", "readmitted"]
    assert schema.groups == ("sex", "ethnic_group")
    assert "rn" not in names
    assert "is_main_icb" not in names  # it follows from the board
    assert schema.columns["speldur"].days
    assert schema.columns["sex"].kind == "label"
    assert schema.columns["imd_quintile"].is_number
    assert sum(schema.find_faults(wide_rows()).values()) == 0


def test_derived_columns_are_those_of_the_layout():
    rows = wide_rows()
    schema = hospital_schema("ip", rows)
    made = schema.derive(rows)
    right = derive("ip", rows)
    for name in right:
        assert made[name].tolist() == right[name].tolist()
    assert made["is_main_icb"].tolist() == rows["is_main_icb"].tolist()
    other = rows.assign(age=rows["age"].to_numpy()[::-1])  # nothing is remembered of earlier rows
    assert schema.derive(other)["age_group"].tolist() == derive("ip", other)["age_group"].tolist()
    assert schema.derive(other)["hsagrp"].tolist() == derive("ip", other)["hsagrp"].tolist()


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"classpat": "2", "admimeth": "11", "speldur": 3}, "stay no night"),
        ({"classpat": "3", "admimeth": "11", "speldur": 1}, "stay no night"),
        ({"classpat": "2", "admimeth": "21", "speldur": 0}, "are planned"),
        ({"admimeth": "31", "sex": 1, "age": 30}, "maternity admissions"),
        ({"admimeth": "31", "sex": 2, "age": 56}, "maternity admissions"),
        ({"admimeth": "82", "age": 1}, "births are of age 0"),
        ({"tretspef": "420", "age": 19}, "paediatric"),
        ({"tretspef": "171", "age": 40}, "paediatric"),
        ({"tretspef": "502", "sex": 1}, "gynaecologists"),
        ({"tretspef": "501", "sex": 1, "age": 30}, "obstetricians"),
        ({"maternity_delivery_in_spell": True, "admimeth": "21", "sex": 2, "age": 30}, "deliveries"),
        ({"emergency_elderly": True, "admimeth": "21", "age": 74}, "emergency_elderly"),
        ({"emergency_elderly": True, "admimeth": "11", "age": 80}, "emergency_elderly"),
    ],
)
def test_rules_of_logic(change, rule):
    rows = wide_rows()
    schema = hospital_schema("ip", rows)
    first = rows.iloc[[1]].reset_index(drop=True)
    faults = schema.find_faults(first.assign(**change))
    assert [n for n, k in faults.items() if k and rule in n]


def test_no_stay_is_shortened_below_nothing():
    rows = wide_rows().assign(**{"pre-op_los_1-day": True, "pre-op_los_2-day": True})
    faults = hospital_schema("ip", rows).find_faults(rows)
    n_none, n_short = (rows["speldur"] == 0).sum(), (rows["speldur"] <= 1).sum()
    assert faults["pre-op_los_1-day: stays of a night or more"] == n_none > 0
    assert faults["pre-op_los_2-day: stays of two nights or more"] == n_short > n_none


def test_sound_rows_at_the_edges_break_no_rule():
    schema = hospital_schema("ip", wide_rows())
    first = wide_rows().iloc[[1]].reset_index(drop=True).assign(emergency_elderly=False)
    for change in (
        {"admimeth": "31", "sex": 2, "age": 13, "tretspef": "501"},
        {"admimeth": "31", "sex": 2, "age": 55, "maternity_delivery_in_spell": True},
        {"admimeth": "82", "age": 0, "tretspef": "424"},
        {"tretspef": "420", "age": 18},
        {"classpat": "4", "admimeth": "12", "speldur": 1},
        {"emergency_elderly": True, "age": 75},
    ):
        faults = schema.find_faults(first.assign(**change))
        assert not any(faults.values()), (change, faults)


@pytest.mark.parametrize("generator", [Independent, SequentialTrees])
def test_what_generators_draw_breaks_no_rule_and_can_be_written(generator):
    rows = wide_rows()
    schema = hospital_schema("ip", rows)
    rng = np.random.default_rng(2)
    drawn = generator().fit(rows.drop(columns="rn"), schema, rng).sample(600, rng)
    assert not any(schema.find_faults(drawn).values())
    assert (drawn.loc[drawn["classpat"] == "2", "speldur"] == 0).all()
    rates = pd.DataFrame(
        {
            "table": ["ip_efficiencies_strategies", "ip_activity_avoidance_strategies"],
            "sample_rate": [1.0, 0.5],
        },
        index=["emergency_elderly", "falls_related_admissions"],
    )
    made = narrow(drawn, rates)
    assert made["ip"]["rn"].is_unique
    assert "readmitted" not in made["ip"]
    assert "ethnic_group" not in made["ip"]
    falls = made["ip_activity_avoidance_strategies"]
    assert len(falls) == drawn["falls_related_admissions"].sum()
    assert set(falls["sample_rate"]) == {0.5}


def test_wide_and_back_is_the_same():
    tables = make_hospital()
    wide = widen(tables)
    assert len(wide) == len(tables["ip"])
    assert wide["smoking"].sum() == 1
    assert wide.loc[wide["smoking"], "rn"].tolist() == ["a0001"]
    back = narrow(wide, strategy_rates(tables))
    named = dict(zip(back["ip"]["rn"], wide["rn"], strict=True))
    for name in ("ip_activity_avoidance_strategies", "ip_efficiencies_strategies"):
        found = back[name].assign(rn=back[name]["rn"].map(named)).sort_values(["rn", "strategy"])
        wanted = tables[name].sort_values(["rn", "strategy"])
        assert found.to_numpy().tolist() == wanted.to_numpy().tolist()
    rest = {name: frame for name, frame in tables.items() if name not in back}
    assert check_tables({name: add_derived(name, frame) for name, frame in (rest | back).items()}).ok


def test_rates_are_means_by_strategy():
    tables = {
        "ip_activity_avoidance_strategies": pd.DataFrame(
            {"rn": ["a", "b"], "strategy": "smoking", "sample_rate": [0.2, 0.4]}
        ),
        "ip_efficiencies_strategies": pd.DataFrame(
            {"rn": ["a"], "strategy": ["raid_ip"], "sample_rate": [1.0]}
        ),
    }
    rates = strategy_rates(tables)
    assert rates.loc["smoking"].tolist() == ["ip_activity_avoidance_strategies", pytest.approx(0.3)]
    assert rates.loc["raid_ip", "table"] == "ip_efficiencies_strategies"


def test_what_widen_refuses():
    tables = make_hospital()
    stray = tables["ip_efficiencies_strategies"].assign(rn="nobody")
    with pytest.raises(ValueError, match="80 rows of strategies are of no admission"):
        widen(tables | {"ip_efficiencies_strategies": stray})
    twice = tables["ip_efficiencies_strategies"].assign(strategy="smoking")
    with pytest.raises(ValueError, match="'smoking' names more than one thing"):
        widen(tables | {"ip_efficiencies_strategies": twice})


def test_tables_that_are_counted_have_schemas_too():
    tables = make_hospital()
    for name in ("op", "aae"):
        schema = hospital_schema(name, tables[name])
        assert not any(schema.find_faults(tables[name]).values())
        made = schema.derive(tables[name])
        for column in schema.derived:
            assert made[column].tolist() == tables[name][column].tolist()
    op = hospital_schema("op", tables["op"])
    remote = tables["op"].assign(has_procedures=True, tele_attendances=2)
    assert op.find_faults(remote)["no procedure by telephone"] == 3
    assert (op.force(remote)[0]["tele_attendances"] == 0).all()


def test_what_the_schema_refuses():
    with pytest.raises(ValueError, match="no schema of birth_factors: give one of ip, op, aae"):
        hospital_schema("birth_factors", pd.DataFrame())
    with pytest.raises(ValueError, match="postcode_area is no column of the layout"):
        hospital_schema("ip", wide_rows().assign(postcode_area="LS1"))
    with pytest.raises(ValueError, match="identifies a person"):
        hospital_schema("ip", wide_rows().assign(person_id=True))


def test_a_board_that_is_main_for_some_is_no_derived_column():
    mixed = wide_rows().assign(is_main_icb=lambda f: np.arange(len(f)) % 2 == 0)
    schema = hospital_schema("ip", mixed)
    assert "is_main_icb" in schema.columns
    assert "is_main_icb" not in schema.derived


@pytest.mark.parametrize("kept", [["age"], ["age", "sex", "speldur"], ["admimeth", "classpat"]])
def test_a_frame_of_few_columns(kept):
    schema = hospital_schema("ip", wide_rows()[kept])
    assert set(schema.columns) == set(kept)
    rng = np.random.default_rng(0)
    drawn = Independent().fit(wide_rows()[kept], schema, rng).sample(50, rng)
    assert not any(schema.find_faults(drawn).values())


def test_missing_codes_and_empty_rows():
    rows = wide_rows().assign(admimeth=None, tretspef=None)
    schema = hospital_schema("ip", rows)
    assert not schema.find_faults(rows)["births are of age 0"]
    empty = wide_rows().iloc[:0]
    assert not any(hospital_schema("ip", empty).find_faults(empty).values())
