"""What follows what comes back at its planted size, by plain counts; numbers keep their distribution."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from analysis_lib.simulate.population import codes, rates, sequences
from analysis_lib.simulate.population.contacts import draw_contacts, draw_numbers, log_rates
from analysis_lib.simulate.population.people import draw_people, state_at
from analysis_lib.simulate.population.truth import state_truth
from analysis_lib.simulate.population.world import draw_world
from analysis_lib.simulate.scenario import NO_ORDER, SCENARIOS, Order

APART = 10_000  # keeps the days of two persons apart
BLOCK = 10_000


def scenario(**sizes):
    """Return the default scenario with some sizes changed."""
    return replace(SCENARIOS["unfavourable"], order=replace(Order(), **sizes))


class Drawn:
    """People and contacts of some blocks in memory, with the counts that the tests ask for."""

    def __init__(self, seed, blocks, of):
        world, people, contacts = draw_world(seed, of), [], []
        for block in range(blocks):
            rng = np.random.default_rng([seed, block])
            drawn = draw_people(rng, BLOCK, world.places)
            found = pd.DataFrame(vars(draw_contacts(rng, drawn, world)))
            contacts.append(found.assign(person=found["person"] + block * BLOCK))
            names = ("since", "until", "died", "decile")
            people.append(pd.DataFrame({name: getattr(drawn, name) for name in names}))
        self.people = pd.concat(people, ignore_index=True)
        self.contacts = pd.concat(contacts, ignore_index=True)
        self.contacts["setting"] = np.array(codes.SETTINGS)[self.contacts["setting"]]

    def steps(self, setting, **where):
        """Return the days with a contact that was not missed, one row each."""
        rows = (self.contacts["setting"] == setting) & (self.contacts["attended"] != 1)
        found = self.contacts[rows].drop_duplicates(["person", "day"])
        for column, values in where.items():
            found = found[found["person"].map(self.people[column]).isin(values)]
        return found

    def first_discharges(self):
        """Return the end of each person's first emergency admission with none in the 90 days before."""
        stays = self.steps("emergency").sort_values(["person", "day"])
        stays = stays.assign(end=stays["day"] + stays["length"])
        since = stays["day"] - stays.groupby("person")["end"].shift(fill_value=-APART)
        first = stays[(since > 90) & (stays["day"] >= 90)].drop_duplicates("person")
        last = first["person"].map(self.people["until"]).clip(upper=codes.N_DAYS)
        return first.assign(day=first["end"], left=last - first["end"])


def near(one, other, low, high):
    """Return how many of the person's other contacts are so many days after each."""
    days = np.sort((other["person"] * APART + other["day"]).to_numpy())
    at = (one["person"] * APART + one["day"]).to_numpy()
    return np.searchsorted(days, at + high, side="right") - np.searchsorted(days, at + low, side="left")


def excess(one, other, high):
    """Return the share with another contact on days 0 to `high`, less that of 8 days before and after."""
    far = [(near(one, other, low, low + high) > 0).mean() for low in (8, -8 - high)]
    return (near(one, other, 0, high) > 0).mean() - np.mean(far)


def out_of_hospital(drawn):
    """Return the contacts with days that leave out the nights in hospital before them."""
    stays = drawn.contacts[drawn.contacts["length"] > 0].sort_values(["person", "day"])
    start = (stays["person"] * APART + stays["day"]).to_numpy()
    end = np.maximum.accumulate(start + stays["length"].to_numpy())
    nights = np.append(0, np.cumsum(np.maximum(end - np.maximum(start, np.append(-1, end[:-1])), 0)))
    at = np.searchsorted(start, (drawn.contacts["person"] * APART + drawn.contacts["day"]).to_numpy())
    return (
        drawn.contacts["day"] - nights[at] + nights[np.searchsorted(start, drawn.contacts["person"] * APART)]
    )


def order_ratio(drawn, first, then, low=1, high=7, level=(0, 9_999), years=(1, 2)):
    """Return pairs first-then over pairs then-first, and the standard error of its logarithm."""
    clock, forward, backward = out_of_hospital(drawn), 0, 0
    contacts = drawn.contacts[drawn.contacts["attended"] != 1]
    for year in years:
        start, end, before = (codes.year_start(y) for y in (year, year + 1, year - 1))
        last = contacts[(contacts["day"] >= before) & (contacts["day"] < start)]
        n = last.drop_duplicates(["person", "day", "setting"]).groupby("person").size()
        level_of = pd.Series(0, drawn.people.index).add(n, fill_value=0)
        who = drawn.people.index[level_of.between(*level) & (drawn.people["since"] <= before)]
        now = contacts[(contacts["day"] >= start) & (contacts["day"] < end) & contacts["person"].isin(who)]
        now = now.assign(day=clock[now.index]).drop_duplicates(["person", "day", "setting"])
        one, other = (now[now["setting"] == s] for s in (first, then))
        forward += near(one, other, low, high).sum()
        backward += near(one, other, -high, -low).sum()
    return forward / backward, np.sqrt(1 / forward + 1 / backward)


def odds_of_missing(drawn):
    """Return the Mantel-Haenszel odds ratio of a readmission on days 15 to 44, follow-up missed or not."""
    index, stays = drawn.first_discharges(), drawn.steps("emergency")
    index = index[index["left"] > 44]
    gp = drawn.contacts[(drawn.contacts["setting"] == "gp") & (drawn.contacts["attended"] < 2)]
    known = pd.DataFrame(
        {
            "booked": np.minimum(near(index, gp, 1, 14), 4),
            "use": np.digitize(near(index, gp, -365, -1), [4, 9, 16, 30]),
            "missed": near(index, gp[gp["attended"] == 1], 1, 14) > 0,
            "again": near(index, stays, 15, 44) > 0,
        }
    )[(near(index, stays, 1, 14) == 0) & (near(index, gp, 1, 14) > 0)]
    n = known.assign(n=1).pivot_table(
        index=["booked", "use"], columns=["missed", "again"], values="n", aggfunc="sum", fill_value=0
    )
    total = n.sum(axis=1)
    both = (n[True, True] * n[False, False] / total).sum(), (n[True, False] * n[False, True] / total).sum()
    return both[0] / both[1], np.sqrt((1 / n.sum()).sum())


@pytest.fixture(scope="module", params=[1, 2])
def drawn(request):
    return Drawn(request.param, 6, SCENARIOS["unfavourable"])


@pytest.fixture(scope="module")
def null():
    return Drawn(3, 6, SCENARIOS["null"])


@pytest.fixture(scope="module")
def strong():
    """A world in which effects that few people show are larger."""
    sizes = {"emergency_again": 8.0, "missed_follow_up": 4.0, "mental_health_to_ae": 3.0}
    return Drawn(4, 6, scenario(**sizes))


def test_the_room_is_shared_out():
    # All may bring half of 10; the first has room for 1 alone, so the others bring 4 of 8: half of theirs.
    brought = sequences.share_out(np.array([2.0, 4.0, 4.0, 0.0]), np.array([1.0, 9.0, 9.0, 9.0]), 0.5)
    np.testing.assert_allclose(brought, [1.0, 2.0, 2.0, 0.0])
    brought = sequences.share_out(np.array([2.0, 4.0, 4.0]), np.array([0.2, 9.0, 9.0]), 0.5)
    np.testing.assert_allclose(brought, [0.2, 2.4, 2.4])
    # With too little room for the share, all of it is used.
    brought = sequences.share_out(np.array([2.0, 4.0]), np.array([1.0, 1.0]), 0.9)
    np.testing.assert_allclose(brought, [1.0, 1.0])


@pytest.mark.parametrize("name", ["unfavourable", "null"])
def test_numbers_keep_their_planted_mean_and_dispersion(name):
    world = draw_world(6, SCENARIOS[name])
    y, mean = [], []
    for block in range(4):
        rng = np.random.default_rng([6, block])
        people = draw_people(rng, BLOCK, world.places)
        for year, drawn in enumerate(draw_numbers(rng, people, world)):
            y.append(drawn.number)
            days = state_at(people, year).days[:, None] / codes.DAYS_PER_YEAR
            mean.append(np.exp(log_rates(people, drawn.state, year, world)) * days)
    y, mean = np.concatenate(y), np.concatenate(mean)
    for s, setting in enumerate(codes.SETTINGS):
        here = mean[:, s] > 0
        mu, n = mean[here, s], y[here, s]
        variance = mu + rates.ALPHA[s] * mu**2
        # A person's three years go together: errors are up to sqrt(3) times as large.
        assert abs((n - mu).sum()) < 3.5 * np.sqrt(3 * variance.sum()), setting
        squares = (n - mu) ** 2 / variance
        assert abs(squares.mean() - 1) < 3.5 * np.sqrt(3) * squares.std() / np.sqrt(len(mu)), setting
        assert squares.mean() == pytest.approx(1, abs=0.2), setting
        assert not y[~here, s].any()


def test_most_emergency_admissions_come_from_ae(drawn, null):
    admissions, ae = drawn.steps("emergency"), drawn.steps("ae")
    share = (near(admissions, ae, -1, 0) > 0).mean()
    error = np.sqrt(0.72 * 0.28 / len(admissions))
    assert error < 0.005
    assert share == pytest.approx(0.72, abs=3.5 * error)
    of_these = (near(admissions, ae, 0, 0) > 0).mean() / share
    assert of_these == pytest.approx(1 - rates.AE_DAY_BEFORE, abs=0.015)
    assert (near(null.steps("emergency"), null.steps("ae"), -1, 0) > 0).mean() < 0.015


def test_calls_and_ambulances_bring_attendances(drawn, null):
    ambulance, calls, ae = (drawn.steps(s) for s in ("ambulance", "nhs111", "ae"))
    assert excess(ambulance, ae, 0) == pytest.approx(0.60, abs=3.5 * np.sqrt(0.24 / len(ambulance)))
    assert excess(calls, ae, 1) == pytest.approx(0.112, abs=0.006)
    for deciles, share in {(1,): 0.14, (2, 3): 0.12, (9, 10): 0.08}.items():
        some = drawn.steps("nhs111", decile=deciles)
        assert excess(some, ae, 1) == pytest.approx(share, abs=3.5 * np.sqrt(0.1 / len(some))), deciles
    for setting in ("ambulance", "nhs111"):
        assert abs(excess(null.steps(setting), null.steps("ae"), 1)) < 0.004


def test_a_share_that_is_changed_is_found(drawn):
    order = replace(Order(), nhs111_to_ae=tuple(2 * share for share in Order().nhs111_to_ae))
    double = Drawn(1, 3, replace(SCENARIOS["unfavourable"], order=order))
    assert excess(double.steps("nhs111"), double.steps("ae"), 1) == pytest.approx(0.224, abs=0.012)


def test_fewer_sent_to_ae_are_so_many_fewer_attendances():
    seen, half = (Drawn(1, 2, scenario(nhs111_sent=sent)) for sent in (1.0, 0.5))
    n, m = (d.contacts["setting"].value_counts() for d in (seen, half))
    same = [s for s in codes.SETTINGS if s not in ("ae", "emergency")]
    pd.testing.assert_series_equal(n[same], m[same])
    brought = (excess(seen.steps("nhs111"), seen.steps("ae"), 1)) * n["nhs111"]
    assert n["ae"] - m["ae"] == pytest.approx(brought / 2, rel=0.12)
    assert 0 < n["emergency"] - m["emergency"] < n["ae"] - m["ae"]
    assert excess(half.steps("nhs111"), half.steps("ae"), 1) == pytest.approx(0.056, abs=0.005)


def test_what_goes_together_through_the_person_has_no_order(drawn, null):
    for where in (drawn, null):
        for first, then, low in (("nhs111", "ae", 2), ("mental_health", "maternity", 1)):
            ratio, error = order_ratio(where, first, then, low=low)
            assert abs(np.log(ratio)) < 3.5 * error, (first, then)


def test_waits_are_lognormal_and_longer_where_stated():
    rng = np.random.default_rng(5)
    start, stop = np.array([0, 365, 731]), np.array([365, 731, 1096])
    n = 4_000
    calendar = sequences.Calendar(
        np.zeros((11, codes.N_DAYS + 1)), np.tile(start, n), np.tile(stop, n), np.tile(stop, n),
        np.full(n, codes.N_DAYS), 1.0,
    )  # fmt: skip
    cell = np.arange(n) * 3 + 1
    number = np.full(3 * n, 1)
    _, day = sequences.lead_on(
        rng, calendar, cell, np.full(n, 400), np.full(n, 52.5), number, sequences.Stays.none(), 0.5
    )
    wait = day - 400
    assert len(wait) > 0.99 * n
    assert np.median(wait) == pytest.approx(52.5, abs=3.5 * 52.5 * 0.5 * 1.25 / np.sqrt(n))
    assert np.log(wait).std() == pytest.approx(0.5, abs=0.025)
    assert (sequences.WEEKDAY[day] < 5).all()


def test_nobody_is_led_where_there_is_no_contact_left():
    rng = np.random.default_rng(5)
    start, stop = np.array([0, 365, 731]), np.array([365, 731, 1096])
    calendar = sequences.Calendar(
        np.zeros((11, codes.N_DAYS + 1)), start, np.minimum(stop, 800), stop, np.array([800]), 1.0
    )
    # Ten contacts of the second year ask, for waits that end in it; it has three contacts, at 6 to 8.
    row, day = sequences.lead_on(
        rng, calendar, np.full(10, 1), np.full(10, 370), np.full(10, 30.0), np.array([6, 3, 5]),
        sequences.Stays.none(), 0.1,
    )  # fmt: skip
    assert sorted(row) == [6, 7, 8]
    assert ((day >= 385) & (day <= 415)).all()
    # Waits that end after somebody left lead to nothing.
    row, _ = sequences.lead_on(
        rng, calendar, np.full(10, 2), np.full(10, 790), np.full(10, 60.0), np.array([6, 3, 5]),
        sequences.Stays.none(), 0.1,
    )  # fmt: skip
    assert not len(row)


def test_gp_contacts_lead_to_outpatients_and_these_to_operations(drawn, null):
    def more(where, first, then, low, high):
        """Return how many more follow than precede, for each contact of the second year."""
        all_along = (where.people["since"] <= 0) & (where.people["until"] >= codes.N_DAYS)
        one = where.steps(first)
        one = one[one["day"].between(365, 730) & one["person"].map(all_along)]
        other = where.steps(then)
        return (near(one, other, low, high).sum() - near(one, other, -high, -low).sum()) / len(one)

    # Half of waits are below the median: 17% of GP contacts lead on.
    assert 0.055 < more(drawn, "gp", "outpatient", 1, 42) < 0.105
    assert 0.13 < more(drawn, "gp", "outpatient", 1, 130) < 0.22
    assert 0.01 < more(drawn, "outpatient", "elective", 1, 90) < 0.03
    # 60,000 people: an error of a hundredth and of 0.003.
    assert abs(more(null, "gp", "outpatient", 1, 42)) < 0.02
    assert abs(more(null, "outpatient", "elective", 1, 90)) < 0.008


def test_admissions_excite_each_other(drawn, strong, null):
    def ratio(where):
        index, stays = where.first_discharges(), where.steps("emergency")
        index = index[index["left"] > 90]
        first, far = near(index, stays, 1, 10).sum() / 10, near(index, stays, 61, 90).sum() / 30
        return first / far, np.sqrt(1 / (10 * first) + 1 / (30 * far))

    def expected(hazard):
        return 1 + (hazard - 1) * np.mean(0.5 ** (np.arange(10) / 10))

    found, error = ratio(drawn)
    assert abs(np.log(found / expected(2.5))) < 3.5 * error
    assert found > 1.4
    found, error = ratio(strong)
    assert abs(np.log(found / expected(8.0))) < 3.5 * error + 0.2
    assert found > 3.5
    found, error = ratio(null)
    assert abs(np.log(found)) < 3.5 * error


def test_stays_end_in_time_and_lie_apart(drawn):
    stays = drawn.contacts[drawn.contacts["length"] >= 0].sort_values(["person", "day"])
    end = stays["day"] + stays["length"]
    last = stays["person"].map(drawn.people["until"]).clip(upper=codes.N_DAYS) - 1
    assert (end <= last).all()
    emergency = stays[stays["setting"] == "emergency"]
    after = emergency.groupby("person")["day"].shift(-1)
    assert (after <= emergency["day"] + emergency["length"]).mean() < 0.002


def count_inside(where):
    stays = where.contacts[where.contacts["length"] > 1][["person", "day", "length"]]
    others = where.contacts[where.contacts["length"] < 0]
    pairs = others.merge(stays, on="person", suffixes=("", "_of_stay"))
    offset = pairs["day"] - pairs["day_of_stay"]
    return ((offset > 0) & (offset < pairs["length_of_stay"])).sum() / len(others)


def test_nobody_has_contacts_inside_a_stay(drawn, null):
    assert count_inside(drawn) < 1e-5
    assert count_inside(null) > 0.005


def test_missed_follow_ups_go_with_readmissions(strong, null):
    ratio, error = odds_of_missing(strong)
    assert error < 0.25
    assert abs(np.log(ratio / 4)) < 3.5 * error
    assert ratio > 2
    ratio, error = odds_of_missing(null)
    assert abs(np.log(ratio)) < 3.5 * error


def test_attendance_is_swapped_within_a_persons_year():
    rng = np.random.default_rng(2)
    n = 3_000
    # Each has an admission on days 100 and 130 of 365; GP contacts on day 110, and 20 in the summer.
    cell = np.repeat(np.arange(n) * 3, 21)
    day = np.tile(np.append(110, np.arange(200, 220)), n)
    attended = (rng.random(len(cell)) < 0.1).astype(np.int64)
    person = np.repeat(np.arange(n), 2)
    stays = person, np.tile([100, 130], n), np.tile([103, 131], n)
    chance = np.full(3 * n, 0.1)
    order = replace(Order(), missed_follow_up=3.0)
    found = sequences.miss_follow_ups(rng, cell, day, attended, chance, stays, order)
    np.testing.assert_array_equal(
        np.bincount(cell, weights=found, minlength=3 * n), np.bincount(cell, attended, minlength=3 * n)
    )
    # Odds of 1 to 9, times 3: 1 to 3.
    assert found[day == 110].mean() == pytest.approx(0.25, abs=0.03)
    # Without a readmission nothing is swapped.
    alone = np.arange(n), np.full(n, 100), np.full(n, 103)
    np.testing.assert_array_equal(
        sequences.miss_follow_ups(rng, cell, day, attended, chance, alone, order), attended
    )


def test_mental_health_comes_before_ae_among_people_with_many_contacts(drawn, strong, null):
    for where, stated in ((drawn, 1.5), (strong, 3.0), (null, 1.0)):
        ratio, error = order_ratio(where, "mental_health", "ae", level=(12, 9_999))
        # Pairs of one person go together.
        assert abs(np.log(ratio / stated)) < 3.5 * 1.6 * error, stated
        ratio, error = order_ratio(where, "mental_health", "ae", level=(1, 4))
        assert abs(np.log(ratio)) < 3.5 * 1.6 * error
    assert order_ratio(strong, "mental_health", "ae", level=(12, 9_999))[0] > 2


def test_use_rises_in_the_last_days_of_life(drawn, null):
    def ratio(where):
        died = where.people[where.people["died"]]
        year = np.searchsorted(codes.YEAR_STARTS, died["until"] - 1, side="right") - 1
        died = died[died["until"] - np.array(codes.YEAR_STARTS)[year] >= 180]
        rows = where.contacts["setting"].isin(["gp", "nhs111", "ae"]) & where.contacts["person"].isin(
            died.index
        )
        before = where.contacts["person"][rows].map(where.people["until"]) - where.contacts["day"][rows]
        return (before <= 90).sum() / before.between(91, 180).sum()

    assert ratio(drawn) == pytest.approx(3, rel=0.13)
    assert ratio(null) == pytest.approx(1, rel=0.13)


def test_truth_states_each_effect_with_its_meaning():
    stated = state_truth(1, 1_000, draw_world(1, SCENARIOS["unfavourable"]))["pathways"]
    entries = {name: entry for name, entry in stated.items() if isinstance(entry, dict)}
    assert list(entries) == [
        "ae_before_emergency",
        "nhs111_to_ae",
        "ambulance_to_ae",
        "gp_to_outpatient",
        "outpatient_to_elective",
        "emergency_again",
        "missed_follow_up",
        "mental_health_to_ae",
        "end_of_life",
        "inside_stay",
        "decoys",
    ]
    assert all(entry["meaning"].endswith(".") for entry in entries.values())
    assert stated["gp_to_outpatient"]["median_days"] * stated["gp_to_outpatient"][
        "most_deprived_fifth_ratio"
    ] == pytest.approx(52.5)
    nothing = state_truth(1, 1_000, draw_world(1, SCENARIOS["null"]))
    assert nothing["pathways"]["ae_before_emergency"]["share"] == 0
    assert nothing["pathways"]["emergency_again"]["hazard_ratio"] == 1
    assert not any(nothing["days"]["after_admission"]["share"].values())
    assert SCENARIOS["null"].order == NO_ORDER
