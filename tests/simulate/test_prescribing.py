"""Prescribing behind the simulated population: pairs by hand, exposures counted anew, odds recovered."""

import hashlib
import json
from functools import cache
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy import stats

from analysis_lib.bnf import CHEMICALS
from analysis_lib.simulate import simulate_population, simulate_prescribing, write_prescribing
from analysis_lib.simulate.population.codes import CONDITIONS, SETTINGS
from analysis_lib.simulate.population.read import NEVER
from analysis_lib.simulate.prescribing import contacts as layer
from analysis_lib.simulate.prescribing.chemicals import ADDED, CODES, SHARES
from analysis_lib.simulate.prescribing.measurements import MEASURES
from analysis_lib.simulate.prescribing.patterns import (
    FRAILTY_ONLY,
    PATTERNS,
    Courses,
    Event,
    Pairs,
    Pattern,
    find_pairs,
    pairs_of,
)
from analysis_lib.simulate.prescribing.people import INDEX_DAY, People, base_logit

FRAMES = ("person", "condition", "medicine", "measurement", "contact", "hazard", "landmark")
INDEX = pd.Timestamp("2024-04-01")
YEAR_BEFORE = INDEX - pd.Timedelta(days=365)
EFFECTS = {
    "P1": 0.8,
    "P2": 0.5,
    "P3": 1.0,
    "P3_under_75": 0.0,
    "P4": -0.7,
    "P5": 0.8,
    "P6": -0.3,
    "P7_kidney_disease": 0.9,
    "P7_no_kidney_disease": -0.9,
}
RAMIPRIL, NAPROXEN, INDAPAMIDE = (CODES.index(c) for c in ("0205051R0", "1001010P0", "0202010P0"))
GP, EMERGENCY, ELECTIVE = (SETTINGS.index(name) for name in ("gp", "emergency", "elective"))


def ints(*values):
    return np.array(values, np.int64)


# --- by hand --------------------------------------------------------------------------------------


def test_pairs_of_days_by_hand():
    first = ints(0, 0, 1, 2), ints(10, 50, 10, 5)
    then = ints(2, 0, 0, 0, 1), ints(5, 11, 40, 41, 9)
    found = find_pairs(first, then, (1, 30))
    assert sorted(zip(found.person, found.first, found.then, strict=True)) == [(0, 10, 11), (0, 10, 40)]
    swapped = find_pairs(then, first, (1, 30))
    assert sorted(zip(swapped.person, swapped.first, swapped.then, strict=True)) == [
        (0, 40, 50),
        (0, 41, 50),
        (1, 9, 10),
    ]
    nobody = ints(), ints()
    assert (
        len(find_pairs(nobody, then, (1, 30)).person) == len(find_pairs(first, nobody, (1, 30)).person) == 0
    )


@pytest.mark.parametrize(
    ("diuretic", "borne"),
    [((10, NEVER), True), ((10, 120), True), ((10, 119), False), ((121, NEVER), False), (None, False)],
)
def test_a_course_beside_is_current_on_the_day_of_the_second_event(diuretic, borne):
    rows = [(0, RAMIPRIL, 100, NEVER), (0, NAPROXEN, 120, 147)]
    rows += [(0, INDAPAMIDE, *diuretic)] if diuretic else [(1, INDAPAMIDE, 10, NEVER)]  # somebody else's
    courses = Courses(*(ints(*column) for column in zip(*rows, strict=True)))
    assert len(pairs_of(PATTERNS["P1"], courses, (1, 30)).person) == borne
    assert len(pairs_of(PATTERNS["P1"], courses, (1, 19)).person) == 0
    assert len(pairs_of(PATTERNS["P1"], courses, (1, 30), backwards=True).person) == 0


def test_a_stop_that_never_came_is_no_event():
    again = Pattern("", Event("stop", ("0205",)), Event("start", ("0205",)), (1, 30), (31, 60), {})
    courses = Courses(ints(0, 0, 1), ints(*[RAMIPRIL] * 3), ints(5, 60, 5), ints(50, NEVER, NEVER))
    found = pairs_of(again, courses, again.days)
    assert (found.person.tolist(), found.first.tolist(), found.then.tolist()) == ([0], [50], [60])


def test_both_events_are_in_the_year_before():
    pairs = Pairs(ints(0, 1, 2, 3), ints(635, 634, 990, 990), ints(640, 640, 999, 1000))
    assert pairs.bearers(5, 1000).tolist() == [True, False, True, False, False]


def people(n, until=NEVER):
    """Women of 40, least deprived, White, with no condition."""
    same = np.ones(n, np.int64)
    return People(
        ids=pd.Series([f"p{i}" for i in range(n)], dtype="str"),
        born=same * (2024 - 40 - 1970) * 12,
        since=same * 0,
        until=same * until,
        sex=same * 0,
        ethnic=same * 0,
        decile=same * 10,
        onset=np.full((n, len(CONDITIONS)), NEVER),
    )


def contacts(*rows):
    person, day, setting, length = (ints(*column) for column in zip(*rows, strict=True))
    return layer.Contacts(person, day, setting, np.full(len(day), -1), length, np.zeros(len(day)))


def test_nobody_is_in_two_places():
    D = INDEX_DAY
    made = contacts(
        (0, D, ELECTIVE, 9),  # ends with the admission
        (0, D + 2, EMERGENCY, 5),
        (0, D + 2, GP, -1),  # before the bed, on the same day
        (0, D + 4, GP, -1),  # in bed
        (0, D + 7, GP, -1),  # on the day of discharge
        (1, D + 1, EMERGENCY, 9),
        (1, D + 6, EMERGENCY, 2),
        (2, D + 3, EMERGENCY, 30),  # dies on day 10
        (3, D + 4, GP, -1),
    )
    until = ints(NEVER, NEVER, D + 10, NEVER)
    apart = layer.set_apart(made, people(4, until), D)
    found = list(zip(apart.person, apart.day - D, apart.setting, apart.length, strict=True))
    assert found == [
        (0, 0, ELECTIVE, 2),
        (0, 2, EMERGENCY, 5),
        (0, 2, GP, -1),
        (0, 7, GP, -1),
        (1, 1, EMERGENCY, 5),
        (1, 6, EMERGENCY, 2),
        (2, 3, EMERGENCY, 7),
        (3, 4, GP, -1),
    ]
    assert apart.cost[3] == 0  # a contact that is not a stay keeps its cost
    assert apart.cost[5] == 650 + 2 * 600


def test_discharge_and_contact_with_a_gp():
    D = INDEX_DAY
    made = contacts((0, D, EMERGENCY, 3), (0, D + 10, GP, -1), (1, D, EMERGENCY, 3), (1, D + 11, GP, -1))
    assert layer.follow_up_pairs(made, (1, 7)).person.tolist() == [0]
    assert layer.follow_up_pairs(made, (1, 7), backwards=True).person.tolist() == []
    missed = layer.Contacts(*(*vars(made).values(),)[:3], ints(-1, 1, -1, 1), made.length, made.cost)
    assert layer.follow_up_pairs(missed, (1, 8)).person.tolist() == []


def test_follow_up_is_on_weekdays_one_to_seven_days_after_discharge_or_from_fifteen():
    n, D = 4_000, INDEX_DAY - 200
    rng = np.random.default_rng(1)
    day = D + rng.integers(0, 100, n)
    stays = layer.Contacts(
        np.arange(n), day, np.full(n, EMERGENCY), np.full(n, -1), np.full(n, 2), np.zeros(n)
    )
    gp = np.arange(n // 4)  # a quarter saw a GP the day before, and on the day of discharge
    seen = layer.Contacts(
        np.tile(gp, 2),
        np.concatenate([day[gp] - 1, day[gp] + 2]),
        np.full(2 * len(gp), GP),
        np.zeros(2 * len(gp), np.int64),
        np.full(2 * len(gp), -1),
        np.zeros(2 * len(gp)),
    )
    made = layer.follow_up(rng, people(n), layer.Contacts.join(stays, seen), stays).of(GP)
    gap = made.day - (day + 2)[made.person]
    after = gap > 0
    assert after.sum() == n and (gap == 0).sum() == 0 and (gap == -3).sum() == len(gp)
    soon = (gap >= 1) & (gap <= 7)
    assert ((gap >= 15) & (gap <= 56))[after & ~soon].all()
    assert soon.sum() == pytest.approx(n / 4, abs=4 * np.sqrt(n * 3 / 16))
    assert (pd.to_datetime(made.day[after], unit="D").day_of_week < 5).all()
    assert sorted(set(gap[soon])) == [1, 2, 3, 4, 5, 6, 7]


@pytest.mark.parametrize("days_left", [365, 40, 1])
def test_a_probability_is_of_the_days_that_somebody_has(days_left):
    n, logit = 20_000, -0.4
    made = layer.draw_admissions(
        np.random.default_rng(3),
        people(n, INDEX_DAY + days_left - 1),
        np.arange(n),
        INDEX_DAY,
        365,
        layer.yearly_hazard(np.full(n, logit)),
    )
    of = made.of(EMERGENCY)
    p = 1 / (1 + np.exp(-logit))
    assert len(np.unique(of.person)) == pytest.approx(n * p, abs=4 * np.sqrt(n * p * (1 - p)))
    assert of.day.min() == INDEX_DAY and of.day.max() == INDEX_DAY + days_left - 1
    by_ae = np.isin(
        of.person * 200_000 + of.day,
        made.of(SETTINGS.index("ae")).person * 200_000 + made.of(SETTINGS.index("ae")).day,
    )
    assert by_ae.mean() == pytest.approx(0.72, abs=4 * 0.45 / np.sqrt(len(of.day)))


def test_base_of_the_reference_and_of_heart_failure():
    two = people(2)
    two.onset[1, CONDITIONS.index("heart_failure")] = INDEX_DAY - 1
    two.onset[0, CONDITIONS.index("heart_failure")] = INDEX_DAY  # on the day: not known before it
    np.testing.assert_allclose(base_logit(two, INDEX_DAY), [-3.0, -2.4])


# --- a simulated layer ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return simulate_population(tmp_path_factory.mktemp("p") / "p", 9_000, seed=11, processes=1)


@pytest.fixture(scope="module")
def made(folder):
    return simulate_prescribing(folder)


@pytest.fixture(scope="module")
def world(folder):
    """What a test over seeds needs of a seed's layer, drawn once."""

    @cache
    def draw(seed, effects="planted"):
        made = simulate_prescribing(folder, seed, effects=effects)
        return SimpleNamespace(hazard=made.hazard, landmark=made.landmark, medicine=made.medicine)

    return draw


def pairs(first, then, low, high):
    """Pairs of events in the year before the index date; columns person_id, a and b."""
    both = first.merge(then, on="person_id")
    gap = (both["b"] - both["a"]).dt.days
    return both[gap.between(low, high) & (both["a"] >= YEAR_BEFORE) & (both["b"] < INDEX)]


def bearers(made, first, then, low, high, beside=None, what="start_date"):
    """Who bears a pair of starts of two kinds of chemical, counted from the released medicines."""
    medicine = made.medicine
    one, two = (medicine[medicine["bnf_code"].str.match("|".join(codes))] for codes in (first, then))
    found = pairs(
        one.assign(a=one[what])[["person_id", "a"]].dropna(),
        two.assign(b=two["start_date"])[["person_id", "b"]],
        low,
        high,
    )
    if beside:
        other = medicine[medicine["bnf_code"].str.startswith(beside)]
        found = found.merge(other[["person_id", "start_date", "stop_date"]], on="person_id")
        ends = found["stop_date"].fillna(pd.Timestamp("2100-01-01"))
        found = found[(found["start_date"] <= found["b"]) & (ends >= found["b"])]
    return set(found["person_id"])


def test_exposures_counted_from_the_frames_are_those_of_the_truth(made):
    hazard = made.hazard.set_index("person_id")
    born = made.person.set_index("person_id")["birth_month"].reindex(hazard.index)
    age = (INDEX.year - born.dt.year) - (born.dt.month > INDEX.month)
    kidneys = made.condition.query("condition == 'chronic_kidney_disease' and onset_date < @INDEX")
    ill = hazard.index.isin(kidneys["person_id"])
    raas, nsaid, ppi, clot = ["0205051", "0205052"], ["1001010"], ["0103050"], ["0208020"]
    stays = made.contact[made.contact["setting"] == "emergency"]
    out = stays["date"] + pd.to_timedelta(stays["length_days"].astype("int64"), unit="D")
    gp = made.contact[(made.contact["setting"] == "gp") & (made.contact["attended"] != "DNA")]
    discharged, seen = stays.assign(a=out)[["person_id", "a"]], gp.assign(b=gp["date"])[["person_id", "b"]]
    p3 = hazard.index.isin(bearers(made, ["0401010"], ["0407020"], 1, 30))
    p7 = hazard.index.isin(bearers(made, ["0204000"], ["0202030"], 1, 30))
    found = {
        "P1": hazard.index.isin(bearers(made, raas, nsaid, 1, 30, "0202")),
        "P2": hazard.index.isin(bearers(made, ["0206020"], ["0202020"], 10, 60)),
        "P3": p3 & (age >= 75),
        "P3_under_75": p3 & (age < 75),
        "P4": hazard.index.isin(bearers(made, nsaid, ppi, 1, 14, "0208020")),
        "P5": hazard.index.isin(bearers(made, clot, clot, 31, 365, what="stop_date")),
        "P6": hazard.index.isin(pairs(discharged, seen, 1, 7)["person_id"]),
        "P7_kidney_disease": p7 & ill,
        "P7_no_kidney_disease": p7 & ~ill,
    }
    assert list(found) == list(EFFECTS)
    stated = {
        name: of for pattern in made.truth["patterns"].values() for name, of in pattern["effects"].items()
    }
    for name, exposed in found.items():
        assert (hazard[name] == exposed).all(), name
        assert stated[name]["exposed"] == exposed.sum(), name
        assert 0.005 <= stated[name]["share_of_adults"] <= 0.04, name
    decoys = {name: pattern["decoys"] for name, pattern in made.truth["patterns"].items()}
    adult = set(hazard.index)
    assert decoys["P1"]["reversed"]["exposed"] == len(adult & bearers(made, nsaid, raas, 1, 30, "0202"))
    assert decoys["P2"]["long_gap"]["exposed"] == len(
        adult & bearers(made, ["0206020"], ["0202020"], 61, 149)
    )
    assert decoys["P5"]["sooner"]["exposed"] == len(
        adult & bearers(made, clot, clot, 1, 30, what="stop_date")
    )
    for name, of in made.truth["frailty_only"].items():
        pair = FRAILTY_ONLY[name]
        assert of["exposed"] == len(adult & bearers(made, [pair.first], [pair.then], 1, 30))


def test_the_probability_is_the_base_and_what_is_borne(made):
    hazard = made.hazard
    logit = hazard["base_logit"] + hazard[list(EFFECTS)].astype(float) @ pd.Series(EFFECTS)
    np.testing.assert_allclose(hazard["probability"], 1 / (1 + np.exp(-logit)))
    admitted = made.contact.query("setting == 'emergency' and date >= @INDEX")
    assert (hazard["outcome"] == hazard["person_id"].isin(admitted["person_id"])).all()


def test_landmarks_agree_with_the_contacts(made):
    stays = made.contact[made.contact["setting"] == "emergency"]
    for day, rows in made.landmark.groupby("date"):
        within = stays[(stays["date"] >= day) & (stays["date"] < day + pd.Timedelta(days=30))]
        assert (rows["outcome"] == rows["person_id"].isin(within["person_id"])).all()
    dates = made.landmark["date"].unique()
    assert (dates.min(), INDEX in dates, len(dates)) == (pd.Timestamp("2023-04-07"), True, 25 - 1)


def test_decoys_are_as_frequent_as_the_pair(made):
    for name, of in made.truth["patterns"].items():
        n = sum(effect["exposed"] for effect in of["effects"].values())
        for kind, decoy in of["decoys"].items():
            if (name, kind) != ("P6", "long_gap"):  # all who were not seen soon
                assert abs(decoy["exposed"] - n) < 5 * np.sqrt(2 * n), (name, kind)
            assert decoy["log_odds"] == 0


def test_counts_and_recency_of_codes_say_nothing(world):
    """Whoever bears a pair has the same chemicals as often, and as lately, as whoever bears its decoys."""
    parts = {name: [] for name, of in PATTERNS.items() if of.plantings}
    for seed in range(4):
        made = world(seed)
        recent = made.medicine[made.medicine["start_date"].between(YEAR_BEFORE, INDEX - pd.Timedelta(days=1))]
        for name, part in parts.items():
            of, rows = PATTERNS[name], pd.DataFrame(index=made.hazard["person_id"])
            rows["base"] = made.hazard["base_logit"].to_numpy()
            rows["exposed"] = made.hazard[list(of.effects)].to_numpy().any(axis=1)
            for n, event in enumerate((of.first, of.then)):
                day = recent
                if event.what == "stop":
                    stops = made.medicine["stop_date"].between(YEAR_BEFORE, INDEX - pd.Timedelta(days=1))
                    day = made.medicine[stops].assign(start_date=made.medicine["stop_date"])
                day = day[day["bnf_code"].isin(event.planted)].groupby("person_id")["start_date"]
                rows[f"n_{n}"], rows[f"recency_{n}"] = day.size(), (INDEX - day.max()).dt.days
            part.append(rows.dropna())  # who has both chemicals
    for name, part in parts.items():
        rows = pd.concat(part)
        exposed, others = rows[rows["exposed"]], rows[~rows["exposed"]]
        assert len(others) == pytest.approx(2 * len(exposed), rel=0.15), name
        for column in ("base", "n_0", "n_1", *(() if name == "P5" else ("recency_0", "recency_1"))):
            error = np.sqrt(sum(of[column].var() / len(of) for of in (exposed, others)))
            assert abs(exposed[column].mean() - others[column].mean()) < 4 * error + 1e-9, (name, column)


def test_what_goes_with_frailty_does_nothing(made):
    """Bearers are frailer than others, and no more often admitted than their own probability says."""
    for pair in FRAILTY_ONLY.values():
        borne = made.hazard["person_id"].isin(bearers(made, [pair.first], [pair.then], *pair.days))
        of, rest = made.hazard[borne], made.hazard[~borne]
        assert of["base_logit"].mean() > rest["base_logit"].mean() + 0.2
        spread = np.sqrt((of["probability"] * (1 - of["probability"])).sum())
        assert abs(of["outcome"].sum() - of["probability"].sum()) < 4 * spread


# --- what is planted is found ---------------------------------------------------------------------


def fit(hazard):
    """Estimates and standard errors of the log odds, given the base."""
    columns = hazard[list(EFFECTS)].astype(float)
    model = sm.GLM(
        hazard["outcome"].astype(float),
        sm.add_constant(columns),
        family=sm.families.Binomial(),
        offset=hazard["base_logit"],
    )
    found = model.fit()
    return found.params[list(EFFECTS)], found.bse[list(EFFECTS)]


def fit_worlds(worlds):
    """Estimates and errors of each world, and each effect's mean over worlds with its error."""
    params, errors = zip(*(fit(made.hazard) for made in worlds), strict=True)
    params, errors = pd.DataFrame(params), pd.DataFrame(errors)
    weight = 1 / errors**2
    mean, error = (params * weight).sum() / weight.sum(), 1 / np.sqrt(weight.sum())
    return params, errors, mean, error


def check_intervals(params, errors, mean, error, stated):
    held = ((params - stated) / errors).abs() < 1.96
    assert stats.binomtest(int(held.sum().sum()), held.size, 0.95).pvalue > 0.001
    assert ((mean - stated) / error).abs().max() < 4


@pytest.mark.parametrize("seeds", [range(8), pytest.param(range(60), marks=pytest.mark.slow)])
def test_planted_log_odds_are_recovered_as_often_as_they_should_be(world, seeds):
    found, stated = fit_worlds(map(world, seeds)), pd.Series(EFFECTS)
    check_intervals(*found, stated)
    mean, error = found[2:]
    strong = stated.abs() >= 0.5  # P6 asks for more people than these tests have
    assert ((mean / error)[strong] * np.sign(stated[strong]) > 2).all()


def test_in_the_null_world_nothing_is_found(world):
    check_intervals(*fit_worlds(world(seed, "null") for seed in range(20, 24)), 0)


@pytest.mark.parametrize("seed", [1, 2])
def test_outcomes_are_as_many_as_their_probabilities(world, seed):
    made = world(seed)
    parts = pd.concat([made.hazard.assign(date=INDEX, kind="year"), made.landmark.assign(kind="30 days")])
    parts["tenth"] = parts.groupby(["kind", "date"])["probability"].rank(pct=True).mul(5).round()
    for kind in (["kind"], ["kind", "date"], ["kind", "tenth"]):
        sums = parts.assign(v=parts["probability"] * (1 - parts["probability"])).groupby(kind)
        sums = sums[["outcome", "probability", "v"]].sum()
        z = (sums["outcome"] - sums["probability"]) / np.sqrt(sums["v"])
        assert z.abs().max() < 4
        assert stats.chi2.sf((z**2).sum(), len(z)) > 1e-4


def test_the_null_world_differs_in_outcomes_alone(folder, made):
    null = simulate_prescribing(folder, effects="null")
    for name in ("person", "condition", "medicine", "measurement"):
        pd.testing.assert_frame_equal(getattr(null, name), getattr(made, name))
    hazard = null.hazard
    np.testing.assert_allclose(hazard["probability"], 1 / (1 + np.exp(-hazard["base_logit"])))
    odds = [e["log_odds"] for p in null.truth["patterns"].values() for e in p["effects"].values()]
    assert odds == [0.0] * len(EFFECTS)


def test_patterns_are_turned_off_and_made_stronger_one_by_one(folder, made):
    some = simulate_prescribing(folder, effects=("P3", "P7"), strength=2.0)
    pd.testing.assert_frame_equal(some.medicine, made.medicine)
    odds = {n: e["log_odds"] for p in some.truth["patterns"].values() for n, e in p["effects"].items()}
    at_work = {"P3": 2.0, "P7_kidney_disease": 1.8, "P7_no_kidney_disease": -1.8}
    assert odds == dict.fromkeys(EFFECTS, 0.0) | at_work
    logit = some.hazard["base_logit"] + some.hazard[list(odds)].astype("float64") @ pd.Series(odds)
    np.testing.assert_allclose(some.hazard["probability"], 1 / (1 + np.exp(-logit)))
    assert some.truth["effects"] == ["P3", "P7"] and made.truth["effects"] == list(PATTERNS)


# --- form -----------------------------------------------------------------------------------------


def test_codes_stand_for_sections_of_the_population():
    assert list(CODES) == sorted(CODES) and all(len(code) == 9 for code in CODES)
    for section, shares in SHARES.items():
        assert sum(shares.values()) == pytest.approx(1) and all(c.startswith(section) for c in shares)
    planted = {
        c for of in PATTERNS.values() for e in (of.first, of.then, of.together) if e for c in e.planted
    }
    frail = {c for pair in FRAILTY_ONLY.values() for c in (pair.first, pair.then)}
    assert planted | frail | set(ADDED) | {c for shares in SHARES.values() for c in shares} == set(CHEMICALS)


def test_prefixes_dates_and_courses(folder, made):
    medicine = made.medicine
    assert (medicine["bnf_code"].str[:2] == medicine["bnf_chapter"]).all()
    assert (medicine["bnf_code"].str[:4] == medicine["bnf_section"]).all()
    assert medicine["course_id"].is_unique
    assert not (medicine["stop_date"] < medicine["start_date"]).any()
    people = made.person.set_index("person_id")
    of = medicine.join(people, on="person_id")
    assert not (of["start_date"] < of["birth_month"]).any()
    assert not ((of["start_date"] > of["registered_to"]) | (of["stop_date"] > of["registered_to"])).any()
    by = medicine.sort_values(["person_id", "bnf_code", "start_date"])
    following = by.groupby(["person_id", "bnf_code"])["start_date"].shift(-1)
    assert not (following <= by["stop_date"].fillna(pd.Timestamp("2100-01-01"))).any()
    own = pd.read_parquet(folder / "medicine")
    kept = medicine["bnf_section"].value_counts() / own["bnf_section"].value_counts()
    assert kept[["0501", "1304"]].between(0.98, 1.02).all()  # less those that overlap


def test_nothing_outside_registration_or_before_birth(made):
    people = made.person.set_index("person_id")
    for frame in (made.contact, made.measurement):
        of = frame.join(people, on="person_id")
        assert not ((of["date"] < of["registered_from"]) | (of["date"] > of["registered_to"])).any()
        assert of["date"].between("2022-04-01", "2025-03-31").all()
    of = made.condition.join(people, on="person_id")
    assert not (of["onset_date"] < of["birth_month"]).any()
    assert not (of["onset_date"] > of["registered_to"]).any()
    month = pd.to_datetime(made.contact["person_id"].map(people["death_month"]))
    assert not (made.contact["date"] >= month + pd.offsets.MonthBegin(1)).any()


def test_contacts_are_the_population_s_but_for_what_is_drawn_anew(folder, made):
    own = pd.read_parquet(folder / "contact").assign(
        date=lambda x: pd.to_datetime(x["date"]).astype("datetime64[s]")
    )
    before = made.contact["date"] < pd.Timestamp("2023-03-01")
    frame = made.contact[before].astype({"length_days": "float64"}).reset_index(drop=True)
    was = own[own["date"] < pd.Timestamp("2023-03-01")].reset_index(drop=True)
    longer = was["length_days"] != frame["length_days"].where(
        frame["length_days"].notna(), was["length_days"]
    )
    assert longer[was["length_days"].notna()].mean() < 0.02  # cut by an admission that came in between
    same = ["person_id", "date", "setting", "attended"]
    pd.testing.assert_frame_equal(frame[same], was[same])
    for setting in set(SETTINGS) - {"emergency", "ae"}:
        kept = (made.contact["setting"] == setting).sum() / (own["setting"] == setting).sum()
        assert 0.97 < kept <= 1.02, setting
    stays = made.contact[made.contact["setting"] == "emergency"]
    children = made.person[made.person["birth_month"] > pd.Timestamp("2006-04-01")]["person_id"]
    was = own[(own["setting"] == "emergency") & own["person_id"].isin(children)]
    assert len(was) == stays["person_id"].isin(children).sum()
    assert len(stays) == pytest.approx((own["setting"] == "emergency").sum(), rel=0.15)


def test_tests_are_in_their_ranges_and_follow_conditions(made):
    results = made.measurement
    assert set(results["measure"]) == set(MEASURES) == set(made.truth["measures"])
    for name, of in results.groupby("measure")["value"]:
        assert of.between(MEASURES[name].low, MEASURES[name].high).all()
        assert np.allclose(of, of.round(MEASURES[name].digits))
    means = results.groupby("measure")["value"].mean()
    assert 70 < means["egfr"] < 95 and 4.2 < means["potassium"] < 4.6 and 2.3 < means["inr"] < 2.7
    assert 125 < means["systolic_bp"] < 140 and 70 < means["weight"] < 90
    kidneys = made.condition.query("condition == 'chronic_kidney_disease' and onset_date < '2022-04-01'")
    egfr = results[results["measure"] == "egfr"]
    ill = egfr["person_id"].isin(kidneys["person_id"])
    assert egfr[ill]["value"].median() < 60 < egfr[~ill]["value"].median()
    warfarin = made.medicine.query(
        "bnf_code == '0208020V0' and start_date < '2023-01-01' and stop_date.isna()"
    )
    measured = results[results["measure"] == "inr"]["person_id"].unique()
    assert 0.6 < warfarin["person_id"].isin(measured).mean() < 0.95
    assert set(measured) <= set(made.medicine.query("bnf_code == '0208020V0'")["person_id"])


def test_ulcers_stand_among_the_conditions(folder, made):
    own = pd.read_parquet(folder / "condition.parquet")
    assert set(made.condition["condition"]) - set(own["condition"]) == {"peptic_ulcer"}
    rest = made.condition[made.condition["condition"] != "peptic_ulcer"]
    keys = ["person_id", "onset_date", "condition"]
    was = own.assign(onset_date=pd.to_datetime(own["onset_date"]))
    assert sorted(map(tuple, rest[keys].to_numpy())) == sorted(map(tuple, was[keys].to_numpy()))
    assert 0.005 < (made.condition["condition"] == "peptic_ulcer").sum() / len(made.person) < 0.03


def test_the_same_seed_gives_the_same_frames(folder, made):
    again = simulate_prescribing(folder)
    for name in FRAMES:
        pd.testing.assert_frame_equal(getattr(again, name), getattr(made, name))
    assert again.truth == made.truth == json.loads(json.dumps(made.truth))
    other = simulate_prescribing(folder, seed=2)
    assert not other.medicine["start_date"].equals(made.medicine["start_date"])


def test_the_population_is_only_read(folder):
    def state():
        return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in folder.rglob("*") if p.is_file()}

    before = state()
    made = simulate_prescribing(folder, most=500)
    assert state() == before
    first = pd.read_parquet(folder / "person.parquet")["person_id"].head(500)
    assert made.person["person_id"].tolist() == first.tolist()
    for name in FRAMES:
        assert getattr(made, name)["person_id"].isin(first).all()


def test_one_person_and_wrong_words(folder, tmp_path):
    made = simulate_prescribing(folder, most=1)
    assert len(made.person) == 1 and made.truth["n_adults"] == len(made.hazard) <= 1
    with pytest.raises(FileNotFoundError, match="simulated population"):
        simulate_prescribing(tmp_path)
    with pytest.raises(ValueError, match="effects must be 'planted' or 'null'"):
        simulate_prescribing(folder, effects="none")
    with pytest.raises(ValueError, match="strength must be a number of 0 or more"):
        simulate_prescribing(folder, strength=-1.0)


def test_written_as_an_extract(folder, tmp_path):
    made = simulate_prescribing(folder, most=800)
    out = write_prescribing(made, folder, tmp_path / "out")
    write_prescribing(made, folder, out)  # in place of the earlier one
    manifest = json.loads((out / "manifest.json").read_text())
    assert manifest["simulated"] and manifest["n_people"] == manifest["n_rows"]["person"] == 800
    listed = {entry["name"]: entry["sha256"] for entry in manifest["files"]}
    assert listed == {
        p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in out.iterdir() if p.name != "manifest.json"
    }
    assert json.loads((out / "truth.json").read_text()) == made.truth
    for name in ("person", "condition", "medicine", "measurement", "contact"):
        found, frame = pd.read_parquet(out / f"{name}.parquet"), getattr(made, name)
        assert list(found) == list(frame) and len(found) == len(frame) == manifest["n_rows"][name]
        for column in found:
            was = frame[column].dt.date if frame[column].dtype.kind == "M" else frame[column]
            assert found[column].isna().equals(frame[column].isna())
            assert (found[column].dropna() == was.dropna()).all()
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("mine")
    with pytest.raises(FileExistsError, match="among other files"):
        write_prescribing(made, folder, tmp_path / "mine")
    assert [p.name for p in (tmp_path / "mine").iterdir()] == ["notes.txt"]
