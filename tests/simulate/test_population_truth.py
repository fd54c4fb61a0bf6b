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
from analysis_lib.simulate.population import geography
from analysis_lib.simulate.population.households import mean_members

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
        beta = beta + step
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
    y, offset = count(contact, some, setting), np.log(some["days"].to_numpy() / 365.25)
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
    assert 0.8 < (z**2).mean() < 1.25


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
def test_area_effects_are_smooth_and_unrelated_to_deprivation(seed):
    places = geography.draw_places(seed)
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
        assert np.abs(np.average(of_lsoa[here], axis=0, weights=size[here])).max() < 1e-5
