"""What was planted comes back: read from the files alone, by the words of truth.json.

Published figures: see data/README.md, "Simulated population".
"""

import json

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
import statsmodels.api as sm

from analysis_lib.simulate import simulate_population
from analysis_lib.simulate.population import codes, geography, rates
from analysis_lib.simulate.population.contacts import log_rates
from analysis_lib.simulate.population.households import mean_members
from analysis_lib.simulate.population.medicines import draw_courses
from analysis_lib.simulate.population.people import draw_people, state_at
from analysis_lib.simulate.population.truth import state_truth
from analysis_lib.simulate.population.world import draw_world
from analysis_lib.simulate.scenario import SCENARIOS

INDEX, NEXT = pd.Timestamp("2023-04-01"), pd.Timestamp("2024-04-01")
STARTS = [0, 5, 15, 25, 35, 45, 55, 65, 75, 85]


def read(folder, name):
    path = folder / name if (folder / name).is_dir() else folder / f"{name}.parquet"
    frame = pq.read_table(path).to_pandas(date_as_object=False)
    return frame.astype({c: "str" for c in frame.columns if frame[c].dtype == object})


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return simulate_population(tmp_path_factory.mktemp("made") / "population", 30_000, 11, processes=1)


@pytest.fixture(scope="module")
def truth(folder):
    return json.loads((folder / "truth.json").read_text())


@pytest.fixture(scope="module")
def contact(folder):
    return read(folder, "contact")


@pytest.fixture(scope="module")
def people(folder, truth):
    """People registered on the index date: days at risk in the year after it, age band, conditions."""
    person = read(folder, "person")
    last = person["registered_to"].fillna(pd.Timestamp("2100-01-01"))
    person = person[(person["registered_from"] <= INDEX) & (last >= INDEX)].copy()
    end = last[person.index].clip(upper=NEXT - pd.Timedelta(days=1))
    person["days"] = (end - INDEX).dt.days + 1
    months = (2023 - person["birth_month"].dt.year) * 12 + 4 - person["birth_month"].dt.month
    bands = list(truth["contacts"]["settings"]["gp"]["age_band"])
    person["age_band"] = pd.cut(months // 12, [*STARTS, 200], right=False, labels=bands).astype(str)
    condition = read(folder, "condition")
    flags = pd.crosstab(condition["person_id"], condition["condition"].where(condition["onset_date"] < INDEX))
    return person.join(flags, on="person_id").fillna(dict.fromkeys(flags.columns, 0))


def count(contact, people, setting):
    inside = contact["date"].between(INDEX, NEXT - pd.Timedelta(days=1)) & (contact["setting"] == setting)
    n = contact[inside].groupby("person_id").size()
    return people["person_id"].map(n).fillna(0).to_numpy()


def design(people, truth, stated):
    """Return the columns of all drivers with 20 people or more, and the planted value of each."""
    columns, planted = {}, {}
    for driver in ("age_band", "sex", "ethnic_group", "imd_decile"):
        for level, value in stated[driver].items():
            flag = people[driver].astype(str) == level
            if level != str(truth["reference"][driver]) and flag.sum() >= 20:
                columns[f"{driver} {level}"], planted[f"{driver} {level}"] = flag, value
    for name, value in stated["condition"].items():
        columns[name], planted[name] = people[name] > 0, value
    return pd.DataFrame(columns).astype(float), pd.Series(planted)


def solve(x, y, offset, alpha):
    """Fisher scoring of NB2 with log link: estimates, standard errors, means; faster than statsmodels."""
    beta = np.zeros(x.shape[1])
    beta[0] = np.log(y.sum() / np.exp(offset).sum())
    for _ in range(25):
        mu = np.exp(np.clip(x @ beta + offset, -20, 20))
        weight = mu / (1 + alpha * mu)
        information = x.T @ (x * weight[:, None])
        step = np.linalg.solve(information, x.T @ ((y - mu) / (1 + alpha * mu)))
        # The first step, from one mean for all, can go so far that the way back takes too many.
        beta = beta + np.clip(step, -2, 2)
        if np.abs(step).max() < 1e-8:
            return beta, np.sqrt(np.diag(np.linalg.inv(information))), mu
    raise AssertionError("the estimates did not settle")


def fit(contact, people, truth, setting):
    """Fit NB2 at the planted dispersion; return estimates, standard errors, planted values, counts, means."""
    stated = truth["contacts"]["settings"][setting]
    some = people[people["sex"] != "not stated"]
    x, planted = design(some, truth, stated)
    for term in (t for t in truth["interactions"] if t["setting"] == setting):
        parts = [some[c] > 0 for c in term["when"].get("conditions", [])]
        parts += [some[k].isin(v) for k, v in term["when"].items() if k != "conditions"]
        x[term["name"]] = np.logical_and.reduce(parts).astype(float)
        planted[term["name"]] = term["log_rate"]
    x.insert(0, "intercept", 1.0)
    planted["intercept"] = stated["intercept"] + stated["year"]["2023-04-01"]
    # The coefficients hold within areas: their planted effects are taken as known.
    area = some["msoa"].map({msoa: effects[setting] for msoa, effects in truth["area"]["effect"].items()})
    y, offset = count(contact, some, setting), np.log(some["days"].to_numpy() / 365.25) + area.to_numpy()
    beta, error, mu = solve(x.to_numpy(), y, offset, stated["alpha"])
    return pd.Series(beta, x.columns), pd.Series(error, x.columns), planted[x.columns], y, mu


@pytest.fixture(scope="module")
def fits(contact, people, truth):
    settings = ("gp", "ae", "outpatient", "emergency", "community")
    return {setting: fit(contact, people, truth, setting) for setting in settings}


def test_the_solver_agrees_with_statsmodels(people, contact):
    x = pd.DataFrame({"intercept": 1.0, "diabetes": people["diabetes"], "copd": people["copd"]}).to_numpy(
        float
    )
    y, offset = count(contact, people, "gp"), np.log(people["days"].to_numpy() / 365.25)
    model = sm.GLM(y, x, family=sm.families.NegativeBinomial(alpha=0.75), offset=offset)
    found = model.fit()
    beta, error, _ = solve(x, y, offset, 0.75)
    np.testing.assert_allclose(beta, found.params, rtol=1e-5)
    np.testing.assert_allclose(error, found.bse, rtol=1e-4)


def test_most_intervals_hold_the_planted_coefficients(fits):
    # 5 settings x about 47 terms: 95% of intervals hold them, with a standard error of 1.4 points.
    z = pd.concat([(estimate - planted) / error for estimate, error, planted, *_ in fits.values()])
    assert len(z) > 200
    assert 0.91 <= (z.abs() < 1.96).mean() <= 0.99
    assert z.abs().max() < 4
    # Over eight other seeds: 0.99 on average, with a standard deviation of 0.14.
    assert 0.65 < (z**2).mean() < 1.35


def test_a_wrong_coefficient_would_be_found(fits):
    estimate, error, planted, *_ = fits["gp"]
    assert error["diabetes"] < 0.05
    assert abs(estimate["diabetes"] - planted["diabetes"]) < 2.5 * error["diabetes"]
    assert abs(estimate["diabetes"] - planted["diabetes"] - 0.2) > 4 * error["diabetes"]
    assert estimate["imd_decile 1"] == pytest.approx(0.15, abs=0.06)


@pytest.mark.parametrize("setting", ["gp", "outpatient", "ae"])
def test_counts_are_as_dispersed_as_planted(fits, truth, setting):
    *_, y, mu = fits[setting]
    alpha = truth["contacts"]["settings"][setting]["alpha"]

    def pearson(a):
        return np.mean((y - mu) ** 2 / (mu + a * mu**2))

    assert pearson(alpha) == pytest.approx(1, abs=0.08)
    assert pearson(alpha / 2) > 1.15
    assert pearson(alpha * 2) < 0.85


def test_maternity_is_for_whom_truth_says(contact, people, truth):
    can = truth["eligible"]["maternity"]
    eligible = people["sex"].isin(can["sex"]) & people["age_band"].isin(can["age_band"])
    seen = count(contact, people, "maternity")
    assert seen[~eligible].sum() == 0
    assert seen[eligible].sum() > 1_000


def test_missed_appointments_follow_the_planted_logits(contact, people, truth):
    known = contact[contact["attended"].isin(["yes", "DNA"]) & contact["date"].between(INDEX, NEXT)]
    known = known[(known["date"] < NEXT) & (known["setting"] == "gp")]
    rows = known.merge(people[people["sex"] != "not stated"], on="person_id")
    stated = truth["dna"]
    x, planted = design(rows, truth, stated)
    x.insert(0, "intercept", 1.0)
    planted["intercept"] = stated["intercept"]["gp"]
    design_, y, beta = x.to_numpy(), (rows["attended"] == "DNA").to_numpy(), np.zeros(x.shape[1])
    for _ in range(12):  # logistic regression by Newton's method
        p = 1 / (1 + np.exp(-design_ @ beta))
        information = design_.T @ (design_ * (p * (1 - p))[:, None])
        beta = beta + np.linalg.solve(information, design_.T @ (y - p))
    z = (beta - planted[x.columns]) / np.sqrt(np.diag(np.linalg.inv(information)))
    assert z.abs().max() < 3.5
    assert (z.abs() < 1.96).mean() > 0.85
    unknown = (contact.loc[contact["setting"] == "gp", "attended"] == "unknown").mean()
    assert unknown == pytest.approx(0.04, abs=0.003)


def test_contacts_follow_admissions(contact):
    stays = contact[contact["setting"] == "emergency"]
    ends = stays["date"] + pd.to_timedelta(stays["length_days"], unit="D")
    at = pd.DataFrame({"person_id": stays["person_id"], "end": ends}).drop_duplicates("person_id", keep=False)
    at = at[at["end"].between("2022-07-01", "2024-12-31")]
    seen = contact[contact["setting"] == "community"].merge(at, on="person_id")
    after = (seen["date"] - seen["end"]).dt.days
    month_after, month_before = after.between(1, 30).sum(), after.between(-90, -1).sum() / 3
    assert month_after > 2.5 * month_before
    # Planned stays attract nothing: a share of 0 is a share of 0.
    planned = contact[contact["setting"] == "elective"].merge(at, on="person_id")
    after = (planned["date"] - planned["end"]).dt.days
    assert after.between(1, 90).sum() == pytest.approx(after.between(-120, -31).sum(), rel=0.35)


def test_the_week_and_the_year_are_as_stated(contact):
    gp = contact.loc[contact["setting"] == "gp", "date"]
    assert (gp.dt.day_of_week >= 5).mean() < 0.03
    assert (gp.dt.day_of_week == 0).mean() > 0.20
    assert (gp.dt.month == 10).mean() > 1.1 * (gp.dt.month == 8).mean()
    emergency = contact.loc[contact["setting"] == "emergency", "date"]
    assert (emergency.dt.day_of_week >= 5).mean() == pytest.approx(2 / 7, abs=0.03)
    assert (gp == pd.Timestamp("2023-12-25")).mean() < 0.0002


def test_contacts_per_head_are_near_the_published_ones(contact, people):
    years = people["days"].sum() / 365.25
    published = {"gp": 5.6, "ae": 0.43, "outpatient": 2.0, "emergency": 0.11, "elective": 0.17}
    for setting, rate in published.items():
        assert count(contact, people, setting).sum() / years == pytest.approx(rate, rel=0.15), setting
    everything = sum(count(contact, people, s).sum() for s in contact["setting"].unique())
    assert 10 < everything / years < 13  # 25 to 30 million for 880,000 people over three years


def test_cost_is_as_concentrated_as_published(contact, people):
    year = contact[contact["date"].between(INDEX, NEXT - pd.Timedelta(days=1))]
    cost = people["person_id"].map(year.groupby("person_id")["cost_gbp"].sum()).fillna(0)
    top = cost.sort_values(ascending=False).head(len(cost) // 20)
    assert 0.42 < top.sum() / cost.sum() < 0.56


def test_conditions_are_as_common_as_published(people):
    published = {  # QOF-like shares of everybody registered
        "hypertension": 0.14, "diabetes": 0.06, "coronary_heart_disease": 0.03, "copd": 0.018,
        "psychosis_bipolar": 0.0095, "stroke_tia": 0.018, "asthma": 0.065,
    }  # fmt: skip
    for name, share in published.items():
        assert people[name].mean() == pytest.approx(share, rel=0.25), name
    names = list(people.columns[people.columns.get_loc("age_band") + 1 :])
    two = people[names].gt(0).sum(axis=1) >= 2
    assert two.mean() == pytest.approx(0.20, abs=0.04)
    assert 0.5 < two[people["age_band"].isin(["65-74", "75-84", "85+"])].mean() < 0.75
    middle = people["age_band"].isin(["45-54", "55-64"])
    most, least = people["imd_decile"] == 1, people["imd_decile"] >= 9
    assert two[middle & most].mean() > 1.3 * two[middle & least].mean()


def test_ages_and_ethnic_groups_are_those_of_leeds(people):
    # NHS England, patients registered at a GP practice, sub-ICB 15F, December 2025.
    lists = [0.046, 0.115, 0.147, 0.164, 0.152, 0.119, 0.107, 0.077, 0.053, 0.020]
    ages = people["age_band"].value_counts(normalize=True)
    bands = [f"{a}-{b - 1}" for a, b in zip(STARTS, STARTS[1:], strict=False)] + ["85+"]
    assert np.abs(ages[bands].to_numpy() - lists).max() < 0.025
    # Census 2021, Leeds.
    stated = people.loc[people["ethnic_group"] != "not stated", "ethnic_group"].value_counts(normalize=True)
    for group, share in {"White": 0.79, "Asian": 0.097, "Black": 0.056, "Mixed": 0.034}.items():
        assert stated[group] == pytest.approx(share, abs=0.02)


@pytest.mark.parametrize("seed", [1, 2])
def test_favourable_area_effects_are_smooth_and_unrelated_to_deprivation(seed):
    places = geography.draw_places(seed, SCENARIOS["favourable"])
    rows = pd.DataFrame(geography.load_lsoas())
    point = rows[["easting_m", "northing_m"]].astype(float).groupby(places.msoa_of).mean().to_numpy()
    apart = np.linalg.norm(point[:, None] - point[None], axis=2)
    near = (apart > 0) & (apart < 3_000)
    z = places.effect - places.effect.mean(axis=0)
    moran = len(z) / near.sum() * np.einsum("is,ij,js->s", z, near, z) / (z**2).sum(axis=0)
    # Expected under no pattern: -1 / 106, with a standard error of about 0.05.
    assert (moran > 0.04).all()
    assert moran.mean() > 0.15
    size = (places.households * mean_members()).sum(axis=1)
    of_lsoa = np.exp(places.effect[places.msoa_of]) - 1
    for decile in range(1, 11):
        here = places.decile_of == decile
        assert np.abs(np.average(of_lsoa[here], axis=0, weights=size[here])).max() < 2e-4
    assert not places.along.any()


def correlate(places):
    """Return the correlation of each setting's area effect with the MSOAs' mean deprivation, by people."""
    size = (places.households * mean_members()).sum(axis=1)
    weight = np.bincount(places.msoa_of, size)
    shape = np.array(rates.DEPRIVATION_SHAPE)[places.decile_of - 1]
    deprived = np.bincount(places.msoa_of, size * shape) / weight
    both = np.cov(np.exp(places.effect), deprived, rowvar=False, aweights=weight)
    return both[:-1, -1] / np.sqrt(np.diag(both)[:-1] * both[-1, -1]), np.sqrt(np.diag(both)[:-1])


def test_area_effects_go_with_deprivation_by_default():
    draws = [correlate(geography.draw_places(seed)) for seed in range(40)]
    # Standard error of the mean of 40 correlations of 107 areas of 0.5: about 0.012.
    assert np.mean([r for r, _ in draws], axis=0) == pytest.approx(0.5, abs=0.05)
    assert np.mean([sd for _, sd in draws], axis=0) == pytest.approx(np.array(rates.AREA_SD), rel=0.05)
    kind, _ = correlate(geography.draw_places(1, SCENARIOS["favourable"]))
    assert np.abs(kind).max() < 0.02


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_area_effects_leave_the_rate_of_all_people_as_stated(seed):
    world = draw_world(seed, SCENARIOS["unfavourable"])
    people = draw_people(np.random.default_rng(seed), 30_000, world.places)
    state = state_at(people, 1)
    here = (people.since <= state.start) & (state.days > 0)
    with_areas = np.exp(log_rates(people, state, 1, world))[here]
    without = with_areas / np.exp(world.places.effect[people.msoa[here]])
    np.testing.assert_allclose(with_areas.mean(axis=0) / without.mean(axis=0), 1, atol=0.012)


def test_nothing_is_planted_in_areas_and_interactions_of_the_null_world():
    world = draw_world(1, SCENARIOS["null"])
    assert not world.places.effect.any()
    assert world.interactions == ()
    np.testing.assert_array_equal(world.year, rates.YEAR)
    stated = state_truth(1, 1_000, world)
    assert stated["scenario"]["name"] == "null"
    assert stated["interactions"] == []
    assert (
        stated["across_areas"]["settings"]["ae"]["imd_decile"]
        == (stated["contacts"]["settings"]["ae"]["imd_decile"])
    )


def test_years_drift_about_the_stated_change():
    steps = np.array([np.diff(draw_world(s, SCENARIOS["unfavourable"]).year, axis=0) for s in range(20)])
    steps -= np.diff(rates.YEAR, axis=0)
    # 440 steps: their standard deviation is known to 3.4%.
    assert steps.std() == pytest.approx(rates.YEAR_DRIFT_SD, rel=0.12)
    assert abs(steps.mean()) < 0.004


def test_without_areas_the_gradient_across_them_is_estimated():
    world = draw_world(5, SCENARIOS["unfavourable"])
    stated = json.loads(json.dumps(state_truth(5, 1_000, world)))
    people = draw_people(np.random.default_rng(55), 40_000, world.places)
    state = state_at(people, 2)
    here = np.flatnonzero((people.since <= state.start) & (state.days > 0))
    has = pd.DataFrame(state.has[here], columns=codes.CONDITIONS)
    frame = pd.DataFrame(
        {
            "age_band": np.array(codes.AGE_BANDS)[state.band[here]],
            "sex": np.array(codes.SEXES)[people.sex[here]],
            "ethnic_group": np.array(codes.ETHNIC_GROUPS)[people.ethnic[here]],
            "imd_decile": people.decile[here],
        }
    ).join(has)
    names = ["ae", "gp"]
    numbers = [codes.SETTINGS.index(name) for name in names]
    # Means that have only the part of area effects that goes with deprivation: no noise is left.
    log_rate = log_rates(people, state, 2, world) - world.places.effect[people.msoa]
    mean = np.exp(log_rate + world.places.along[people.msoa])[here][:, numbers]
    for name, y in zip(names, mean.T, strict=True):
        direct, across = (stated[part]["settings"][name] for part in ("contacts", "across_areas"))
        x, planted = design(frame, stated, across)
        for term in (t for t in stated["interactions"] if t["setting"] == name):
            parts = [frame[c] for c in term["when"].get("conditions", [])]
            parts += [frame[k].isin(v) for k, v in term["when"].items() if k != "conditions"]
            x[term["name"]] = np.logical_and.reduce(parts).astype(float)
            planted[term["name"]] = across["interactions"][term["name"]]
        x.insert(0, "intercept", 1.0)
        offset = np.log(state.days[here] / 365.25)
        beta, *_ = solve(x.to_numpy(), y * np.exp(offset), offset, direct["alpha"])
        left = pd.Series(beta, x.columns)[planted.index] - planted
        deciles = [f"imd_decile {d}" for d in range(1, 10)]
        assert left[deciles].abs().max() < 0.01
        assert left.abs().max() < 0.03
        assert across["imd_decile"]["1"] > direct["imd_decile"]["1"] + 0.06


@pytest.fixture(scope="module")
def years():
    """For each index date: people, conditions, medicines, deaths and time at risk by age band."""
    world = draw_world(1, SCENARIOS["favourable"])
    rng = np.random.default_rng(2)
    people = draw_people(rng, 120_000, world.places)
    courses = draw_courses(rng, people)
    tables = []
    for year, start in enumerate(codes.YEAR_STARTS):
        state = state_at(people, year)
        active = courses.person[(courses.start < start) & (courses.stop >= start)]
        frame = pd.DataFrame(state.has, columns=codes.CONDITIONS).assign(
            n_people=1,
            age_band=pd.Categorical.from_codes(state.band, codes.AGE_BANDS),
            n_conditions=state.has.sum(axis=1),
            n_medicines=np.bincount(active, minlength=len(people)),
            years=state.days / 365.25,
            deaths=people.died & (people.until <= codes.YEAR_ENDS[year]),
        )
        here = (people.since <= start) & (people.until > start)
        tables.append(frame[here].groupby("age_band", observed=False).sum())
    return tables


def test_people_of_an_age_are_as_ill_in_each_year(years):
    conditions, medicines = (
        np.array([t[name] / t["n_people"] for t in years]) for name in ("n_conditions", "n_medicines")
    )
    # Of 75 to 84: 5,400 people with a standard deviation of 1.9, and half of them the same: 0.03.
    assert np.abs(conditions[1:] - conditions[0])[:, :9].max() < 0.1
    assert np.abs(conditions[1:] - conditions[0])[:, 9].max() < 0.15
    np.testing.assert_allclose(medicines[1:, 1:], np.tile(medicines[0, 1:], (2, 1)), rtol=0.1, atol=0.03)
    old = [t.loc[["75-84", "85+"]].sum() for t in years]
    means = [t["n_conditions"] / t["n_people"] for t in old]
    assert max(means) - min(means) < 0.08
    assert 2.7 < means[0] < 3.1


def test_people_of_an_age_die_as_often_in_each_year(years):
    for band, rate in {"65-74": 0.0175, "75-84": 0.061, "85+": 0.144}.items():
        for table in years:
            expected = rate * table.loc[band, "years"]
            assert abs(table.loc[band, "deaths"] - expected) < 3.5 * np.sqrt(expected), band
    overall = [1_000 * t["deaths"].sum() / t["years"].sum() for t in years]
    # 900 deaths a year: a standard error of 0.3.
    assert all(7.6 < rate < 9.6 for rate in overall)
    shares = np.array([t["n_people"] / t["n_people"].sum() for t in years])
    np.testing.assert_allclose(shares[:, 7:], np.tile(shares[0, 7:], (3, 1)), rtol=0.1)


def test_conditions_are_as_common_as_published_from_the_first_day(years):
    published = {
        "hypertension": 0.139, "diabetes": 0.06, "coronary_heart_disease": 0.03, "copd": 0.018,
        "atrial_fibrillation": 0.016, "heart_failure": 0.01, "dementia": 0.008,
    }  # fmt: skip
    for table in years:
        for name, share in published.items():
            assert table[name].sum() / table["n_people"].sum() == pytest.approx(share, rel=0.15), name
