"""The simulated hospital: totals worked by hand, planted relations recovered, and what it refuses."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from analysis_lib.inputs.hospital import add_derived, check_tables
from analysis_lib.simulate import simulate_hospital, simulate_population
from analysis_lib.simulate.hospital import admissions, clinics, factors
from analysis_lib.simulate.hospital.specialties import CODES, SPECIALTIES, stay_factor
from analysis_lib.simulate.hospital.strategies import STRATEGIES
from analysis_lib.simulate.hospital.truth import UNFAIR_QUINTILE
from analysis_lib.simulate.population import codes, rates

NO_CONDITION = pd.DataFrame(columns=["person_id", "condition", "onset_date"])
SEEDS = (1, 2, 3)


def day(text):
    return dt.date.fromisoformat(text)


def people():
    """Three people: an old woman, a boy born in the study, a younger woman."""
    return pd.DataFrame(
        {
            "person_id": ["a", "b", "c"],
            "birth_month": [day("1950-01-01"), day("2022-06-01"), day("1990-05-01")],
            "sex": ["F", "M", "F"],
            "ethnic_group": ["White", "Asian", "Black"],
            "imd_decile": [5, 4, 10],
            "registered_from": [day("2010-01-01"), day("2022-06-10"), day("2020-01-01")],
            "registered_to": [None, None, None],
            "death_month": [None, None, None],
        }
    )


def contacts(rows):
    columns = ["person_id", "date", "setting", "attended", "length_days"]
    frame = pd.DataFrame(rows, columns=columns)
    return frame.assign(date=[day(text) for text in frame["date"]])


ROWS = [
    ("a", "2022-05-01", "ae", None, None),
    ("a", "2022-05-01", "emergency", None, 3),
    ("a", "2022-05-20", "emergency", None, 1),  # 16 days after the discharge on the 4th
    ("a", "2022-09-01", "elective", None, 0),  # 103 days after the discharge on the 21st
    ("c", "2022-07-01", "outpatient", "yes", None),
    ("c", "2022-07-02", "outpatient", "DNA", None),
    ("c", "2022-07-03", "outpatient", "unknown", None),
    ("c", "2022-07-04", "ae", None, None),
    ("c", "2022-07-05", "gp", "yes", None),
]


@pytest.fixture(scope="module")
def tiny():
    population = {"person": people(), "condition": NO_CONDITION, "contact": contacts(ROWS)}
    return population, simulate_hospital(population)


def test_every_admission_and_birth_is_a_row(tiny):
    _, hospital = tiny
    ip = hospital.tables["ip"].assign(person=hospital.people.to_numpy()).sort_values(["person", "admimeth"])
    assert len(ip) == 4
    assert ip["person"].tolist() == [0, 0, 0, 1]
    assert sorted(hospital.people.index) == ["ip0000001", "ip0000002", "ip0000003", "ip0000004"]
    old = ip[ip["person"] == 0]
    assert old["age"].tolist() == [72, 72, 72]
    assert old["sex"].tolist() == [2, 2, 2]
    assert set(old["imd_quintile"].dropna()) <= {3.0}
    assert old["admimeth"].str[0].isin(["1", "2", "8"]).all()
    born = ip[ip["person"] == 1].iloc[0]
    assert (born["admimeth"], born["age"], born["classpat"]) == ("82", 0, "1")


def test_clinics_count_who_came(tiny):
    tables = tiny[1].tables
    assert (tables["op"]["attendances"] + tables["op"]["tele_attendances"]).sum() == 2  # one was missed
    assert tables["aae"]["arrivals"].sum() == 2


def test_a_readmission_is_an_emergency_within_thirty_days_of_discharge(tiny):
    wide = tiny[1].wide
    assert tiny[1].readmitted.sum() == wide["readmitted"].sum() == 1
    assert wide["readmission_within_28_days"].sum() == 1
    first, second = wide[wide["readmitted"]], wide[wide["readmission_within_28_days"]]
    assert first.index[0] != second.index[0]


@pytest.mark.parametrize(
    ("gap", "readmitted", "again"), [(0, 0, 0), (1, 1, 1), (28, 1, 1), (30, 1, 0), (31, 0, 0)]
)
def test_days_between_discharge_and_the_next_admission(gap, readmitted, again):
    person, came, left = np.array([5, 5, 6]), np.array([100, 104 + gap, 110]), np.array([104, 109 + gap, 111])
    found = admissions._follow(person, came, left, np.array([True, True, True]))
    assert found[0].tolist() == [bool(readmitted), False, False]
    assert found[1].tolist() == [False, bool(again), False]
    nobody = admissions._follow(person, came, left, np.zeros(3, bool))
    assert not nobody[0].any() | nobody[1].any()


def test_the_fourth_attendance_in_a_year_is_frequent():
    person = np.array([1, 1, 1, 1, 1, 2])
    came = np.array([0, 10, 20, 364, 385, 364])
    assert clinics.nth_in_a_year(person, came).tolist() == [1, 2, 3, 4, 2, 1]


def test_rows_alike_are_counted_in_one():
    frame = pd.DataFrame({"a": ["x", "y", "x", None], "b": [1.0, 2.0, 1.0, np.nan]})
    counted = clinics.count_alike(
        frame, {"here": np.array([1, 1, 1, 0], bool), "far": np.array([0, 0, 0, 1], bool)}
    )
    found = {(a, b): (n, m) for a, b, n, m in counted.astype(object).fillna("none").itertuples(index=False)}
    assert found == {("x", 1.0): (2, 0), ("y", 2.0): (1, 0), ("none", "none"): (0, 1)}


def test_factor_on_stays_by_hand():
    place = np.array([CODES.index(code) for code in ("300", "300", "110", "110")])
    found = stay_factor(place, np.array([30, 90, 65, 85]))
    np.testing.assert_allclose(found, [1.0, 1.0, 1.3, 1.3 * np.exp(0.12 * 2)])
    rng = np.random.default_rng(1)
    nights = admissions._stretch(
        rng, np.full(40_000, 5), np.full(40_000, CODES.index("110")), np.full(40_000, 65)
    )
    assert set(nights) == {6, 7}
    assert nights.mean() == pytest.approx(6.5, abs=4 * 0.5 / 200)


@pytest.mark.parametrize("setting", ["elective", "emergency", "ae", "outpatient"])
def test_a_setting_with_nobody(setting):
    rows = [row for row in ROWS if row[2] != setting]
    hospital = simulate_hospital({"person": people(), "condition": NO_CONDITION, "contact": contacts(rows)})
    expected = {"elective": 3, "emergency": 2}.get(setting, 4)
    assert len(hospital.tables["ip"]) == expected
    assert hospital.tables["op"]["rn"].is_unique
    if setting == "emergency":
        assert not hospital.wide["readmitted"].any()


def test_people_without_contacts_have_births_alone():
    empty = contacts(ROWS[:1]).iloc[:0]
    hospital = simulate_hospital({"person": people(), "condition": NO_CONDITION, "contact": empty})
    assert hospital.tables["ip"]["admimeth"].tolist() == ["82"]
    assert len(hospital.tables["op"]) == len(hospital.tables["aae"]) == 0
    assert len(hospital.tables["inequalities"]) == 0


def test_what_it_refuses(tmp_path):
    good = {"person": people(), "condition": NO_CONDITION, "contact": contacts(ROWS)}
    with pytest.raises(FileNotFoundError, match=r"holds no person\.parquet: give the folder"):
        simulate_hospital(tmp_path)
    with pytest.raises(ValueError, match="The table contact of the population lacks setting"):
        simulate_hospital(good | {"contact": good["contact"].drop(columns="setting")})
    with pytest.raises(ValueError, match="The table condition of the population lacks person_id"):
        simulate_hospital({name: good[name] for name in ("person", "contact")})
    with pytest.raises(ValueError, match="names a person twice"):
        simulate_hospital(good | {"person": pd.concat([people(), people()])})
    with pytest.raises(ValueError, match="contact has rows of people who are not in"):
        simulate_hospital(good | {"person": people().iloc[1:]})
    unknown = pd.DataFrame({"person_id": ["a"], "condition": ["gout"], "onset_date": [day("2020-01-01")]})
    with pytest.raises(ValueError, match="holds \\['gout'\\]"):
        simulate_hospital(good | {"condition": unknown})


def test_a_condition_counts_from_its_onset():
    condition = pd.DataFrame(
        {"person_id": ["a"], "condition": ["dementia"], "onset_date": [day("2022-05-10")]}
    )
    older = people().assign(birth_month=[day("1940-01-01"), day("2022-06-01"), day("1990-05-01")])
    found = {False: 0, True: 0}
    for seed in range(40):
        wide = simulate_hospital(
            {"person": older, "condition": condition, "contact": contacts(ROWS[1:3])}, seed
        ).wide
        later = wide["readmission_within_28_days"]
        for after in (False, True):
            found[after] += int(wide.loc[later == after, "frail_elderly_high"].sum())
    assert found[False] == 0  # admitted on the 1st, nine days before
    assert 15 < found[True] < 40  # 0.7 of 40


# Planted relations -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def population(tmp_path_factory):
    """A world whose areas are alike, so that what is planted is what is seen."""
    folder = tmp_path_factory.mktemp("hospital") / "population"
    return simulate_population(folder, 20_000, 5, processes=1, scenario="null")


@pytest.fixture(scope="module")
def hospitals(population):
    return [simulate_hospital(population, seed) for seed in SEEDS]


def test_the_model_reads_it_as_it_is_meant(hospitals):
    for hospital in hospitals:
        report = check_tables({name: add_derived(name, frame) for name, frame in hospital.tables.items()})
        assert report.ok, report.to_text()
        assert not report.warnings


def test_same_seed_same_rows(population, hospitals):
    again = simulate_hospital(population, SEEDS[0])
    for name, frame in hospitals[0].tables.items():
        pd.testing.assert_frame_equal(frame, again.tables[name])
    pd.testing.assert_frame_equal(hospitals[0].wide, again.wide)
    assert not hospitals[0].wide.equals(hospitals[1].wide)


def test_order_of_the_populations_rows_is_of_no_matter(population, hospitals):
    frames = {
        name: pd.read_parquet(population / name if name == "contact" else population / f"{name}.parquet")
        for name in ("person", "condition", "contact")
    }
    shuffled = frames | {n: frames[n].sample(frac=1, random_state=4) for n in ("condition", "contact")}
    again = simulate_hospital(shuffled, SEEDS[0])
    pd.testing.assert_frame_equal(hospitals[0].tables["aae"], again.tables["aae"])
    assert len(again.wide) == len(hospitals[0].wide)


def test_ip_has_a_row_for_each_admission_of_the_population(population, hospitals):
    contact = pd.read_parquet(population / "contact")
    n = contact["setting"].isin(["elective", "emergency"]).sum()
    for hospital in hospitals:
        method = hospital.tables["ip"]["admimeth"]
        assert (~method.isin(["31", "32", "82"])).sum() == n
        assert (method == "82").sum() > 0.5 * (method == "31").sum()


def test_no_strategy_of_one_person_lies_next_to_anothers_by_order(hospitals):
    person = hospitals[0].people.to_numpy()
    assert (person[1:] == person[:-1]).mean() < 0.01


def test_shares_of_kinds(hospitals):
    for hospital in hospitals:
        ip = hospital.tables["ip"]
        kind = ip["classpat"]
        assert (ip.loc[kind.isin(["2", "3"]), "speldur"] == 0).all()
        assert ip.loc[kind.isin(["2", "3", "4"]), "admimeth"].isin(["11", "12", "13"]).all()
        planned = ip[ip["admimeth"].str.startswith("1")]
        assert 0.55 < (planned["classpat"] == "2").mean() < 0.85
        assert set(ip["sitetret"]) == {"a", "b", "c"}
        assert not (ip["admimeth"].str.startswith("2") & (ip["sitetret"] == "c")).any()
        assert (ip["is_main_icb"] == (ip["icb"] == "A")).all()


def test_nights_by_specialty_go_by_the_planted_factor(hospitals):
    """Mean nights are general medicine's at the same ages, times the factor."""
    truth = hospitals[0].truth["stay"]
    ip = pd.concat([hospital.tables["ip"] for hospital in hospitals])
    urgent = ip[ip["admimeth"].str.startswith("2") & (ip["age"] >= 16)]
    band = np.searchsorted(codes.AGE_STARTS, urgent["age"], side="right")
    reference = urgent[urgent["tretspef"] == truth["reference"]]
    base = reference["speldur"].groupby(band[urgent["tretspef"] == truth["reference"]])
    mean, error = base.mean(), base.sem() ** 2
    for code in ("100", "110", "340", "430"):
        rows = (urgent["tretspef"] == code).to_numpy()
        of, bands = urgent[rows], pd.Series(band[rows])
        planted = truth["specialty"][code]
        factor = planted["factor"] * np.exp(planted["per_decade"] * (of["age"].to_numpy() - 65) / 10)
        expected = (bands.map(mean).to_numpy() * factor).mean()
        weight = pd.Series(factor / len(of)).groupby(bands.to_numpy()).sum()
        # Three hospitals of one population share its stays: the error is that of one.
        sd = np.sqrt(3 * (of["speldur"].sem() ** 2 + (weight**2 * error.reindex(weight.index)).sum()))
        assert abs(of["speldur"].mean() - expected) < 3.5 * sd, code
        assert sd < 0.35 * expected


def test_stays_are_those_of_the_population(hospitals):
    """In general medicine the factor is 1, so shares without a night are the planted ones, and tails long."""
    truth = hospitals[0].truth["stay"]
    ip = pd.concat([hospital.tables["ip"] for hospital in hospitals])
    rows = ip[ip["admimeth"].str.startswith("2") & (ip["tretspef"] == "300")]
    band = np.array(codes.AGE_BANDS)[np.searchsorted(codes.AGE_STARTS, rows["age"], side="right") - 1]
    none = rows["speldur"].eq(0).groupby(band).agg(["mean", "size"])
    for name, share in truth["none"].items():
        if name in none.index and none.loc[name, "size"] > 300:
            sd = np.sqrt(3 * share * (1 - share) / none.loc[name, "size"])
            assert abs(none.loc[name, "mean"] - share) < 4 * sd + 0.02, name  # some are cut to fit
    assert (rows["speldur"] >= 8).mean() > 0.12
    assert rows["speldur"].var() > 10 * rows["speldur"].mean()


def test_emergencies_grow_with_deprivation_as_planted(population, hospitals):
    """A logistic regression on who people are finds the planted log odds."""
    person = pd.read_parquet(population / "person.parquet")
    condition = pd.read_parquet(population / "condition.parquet")
    has = pd.crosstab(condition["person_id"], condition["condition"]).reindex(
        person["person_id"], fill_value=0
    )
    hospital = hospitals[0]
    who = hospital.people.to_numpy()
    ip = hospital.tables["ip"]
    kept = ~ip["admimeth"].isin(["31", "32", "82"]).to_numpy()
    who, ip = who[kept], ip[kept]
    of = person.iloc[who].reset_index(drop=True)
    shape = np.array(rates.DEPRIVATION_SHAPE)[of["imd_decile"].astype(int) - 1]
    band = pd.Series(np.searchsorted(codes.AGE_STARTS, ip["age"], side="right"))
    design = pd.concat(
        [
            pd.get_dummies(band, prefix="band", drop_first=True, dtype=float),
            pd.get_dummies(of["sex"], drop_first=True, dtype=float),
            pd.get_dummies(of["ethnic_group"], drop_first=True, dtype=float),
            has.iloc[who].reset_index(drop=True).astype(float),
        ],
        axis=1,
    ).assign(shape=shape, const=1.0)
    urgent = (~ip["admimeth"].str.startswith("1")).to_numpy(float)
    fit = sm.GLM(urgent, design, family=sm.families.Binomial()).fit(
        cov_type="cluster", cov_kwds={"groups": who}
    )
    planted = hospital.truth["emergency_by_deprivation"]["imd_decile"]["1"]
    assert planted == pytest.approx(0.57)
    assert abs(fit.params["shape"] - planted) < 3 * fit.bse["shape"]
    assert fit.params["shape"] > 2 * fit.bse["shape"]


def test_one_fifths_readmissions_are_not_all_recorded(hospitals):
    missed = total = 0
    for hospital in hospitals:
        said, true = hospital.wide["readmitted"].to_numpy(), hospital.readmitted.to_numpy()
        group = (hospital.wide["imd_quintile"] == UNFAIR_QUINTILE).to_numpy()
        assert (said[~group] == true[~group]).all()
        assert not (said & ~true).any()
        missed += int((true & ~said).sum())
        total += int((true & group).sum())
    share = hospitals[0].truth["readmitted"]["not_recorded"]
    assert hospitals[0].truth["readmitted"]["imd_quintile"] == UNFAIR_QUINTILE
    assert total > 60
    assert abs(missed / total - share) < 4 * np.sqrt(share * (1 - share) / total)
    assert 0.05 < np.mean([h.readmitted.mean() for h in hospitals]) < 0.2


def test_strategies_have_their_planted_shares(hospitals):
    wide = pd.concat([hospital.wide for hospital in hospitals])
    urgent = wide["admimeth"].str.startswith("2")
    adult = urgent & (wide["age"] >= 16)
    untreated = urgent & ~wide["has_procedure"] & (wide["speldur"] == 0)
    assert (wide["zero_los_no_procedure_adult"] == (untreated & (wide["age"] >= 18))).all()
    assert (wide["zero_los_no_procedure_child"] == (untreated & (wide["age"] < 18))).all()
    assert (wide["emergency_elderly"] == (urgent & (wide["age"] >= 75) & (wide["speldur"] > 0))).all()
    for name, may in (
        ("alcohol_partially_attributable_acute", adult),
        ("ambulatory_care_conditions_acute", urgent),
    ):
        share = STRATEGIES[name].share
        assert not wide.loc[~may, name].any()
        assert abs(wide.loc[may, name].mean() - share) < 4 * np.sqrt(share * (1 - share) / may.sum())


def test_tables_of_strategies_say_what_the_flags_say(hospitals):
    hospital = hospitals[0]
    for table in ("ip_activity_avoidance_strategies", "ip_efficiencies_strategies"):
        counts = hospital.tables[table]["strategy"].value_counts()
        names = [name for name, s in STRATEGIES.items() if s.table == table]
        assert counts.to_dict() == {n: int(k) for n, k in hospital.wide[names].sum().items() if k}
        merged = hospital.tables[table].merge(hospital.wide, on="rn", validate="many_to_one")
        assert all(row[row["strategy"]] for row in merged.head(200).to_dict("records"))


def test_projections_grow_as_planted(hospitals):
    frame = hospitals[0].tables["demographic_factors"].set_index(["variant", "sex", "age"])
    assert list(frame.columns) == [str(year) for year in range(2023, 2048)]
    growth = np.log(frame["2033"] / frame["2023"]) / 10
    assert growth["migration_category", 1, 70] == pytest.approx(
        factors.GROWTH["migration_category"][2], abs=1e-4
    )
    assert growth["low_population", 2, 10] == pytest.approx(factors.GROWTH["low_population"][0], abs=1e-4)
    births = hospitals[0].tables["birth_factors"]
    assert set(births["variant"]) == set(factors.GROWTH)
    assert set(births["age"]) == set(range(15, 45))


def test_inequalities_bring_a_line_to_its_ends(hospitals):
    frame = hospitals[0].tables["inequalities"]
    line = frame.groupby("sushrg_trimmed")["fitted_line"]
    np.testing.assert_allclose(frame["level_up"] * frame["fitted_line"], line.transform("max"))
    np.testing.assert_allclose(frame["level_down"] * frame["fitted_line"], line.transform("min"))
    np.testing.assert_allclose(frame["zero_sum"] * frame["fitted_line"], line.transform("mean"))
    assert frame["imd_quintile"].tolist()[:5] == [1, 2, 3, 4, 5]


def test_every_group_of_activity_of_the_rows_is_in_the_tables_of_health(hospitals):
    known = set(hospitals[0].tables["hsa_activity_tables"]["hsagrp"])
    for name in ("ip", "op", "aae"):
        assert set(add_derived(name, hospitals[0].tables[name])["hsagrp"]) <= known


def test_specialties_for_some_see_no_others(hospitals):
    ip = hospitals[0].tables["ip"]
    for code, specialty in SPECIALTIES.items():
        of = ip[ip["tretspef"] == code]
        assert of["age"].between(*specialty.ages).all()
        if specialty.women:
            assert (of["sex"] == 2).all()


def test_a_part_of_the_people_is_the_hospital_of_these_alone(tmp_path):
    simulate_population(tmp_path / "all", 21_000, seed=5, processes=1)
    whole = {name: pd.read_parquet(tmp_path / "all" / f"{name}.parquet") for name in ("person", "condition")}
    whole["contact"] = pd.read_parquet(tmp_path / "all" / "contact")
    few = whole["person"].head(300)["person_id"]
    frames = {name: frame[frame["person_id"].isin(few)] for name, frame in whole.items()}
    made, wanted = simulate_hospital(tmp_path / "all", most=300), simulate_hospital(frames)
    pd.testing.assert_frame_equal(made.wide, wanted.wide)
    last = simulate_hospital(tmp_path / "all", most=20_500)  # reaches into the second file
    assert last.people.max() >= 20_000 and len(last.wide) > 60 * len(made.wide)
