"""Cumulative incidence with competing events: by hand, published, against statsmodels, and coverage."""

import numpy as np
import pandas as pd
import pytest
from statsmodels.duration.survfunc import CumIncidenceRight

from analysis_lib.measures import TooFewPoints, cumulative_incidence, jackknife, standardise_incidence

# Bone marrow transplants of 35 patients with acute leukaemia (0 lymphoblastic, 1 myeloid): months to relapse
# (1), death from the transplant (2) or the end of follow-up (0). Scrucca L, Santucci A, Aversa F (2007) Bone
# Marrow Transplant 40:381-387; data at https://luca-scr.github.io/R/bmt.csv
TRANSPLANTS = """
0,13,2 0,1,1 0,72,0 0,7,2 0,8,2 1,67,0 0,9,2 0,5,2 1,70,0 1,4,0 1,7,0 1,68,0 0,1,2 1,10,2 1,7,2 1,3,1 1,4,1
1,4,1 1,3,1 1,3,1 0,22,2 1,8,1 1,2,2 0,0,2 0,0,1 0,35,0 1,35,0 0,4,2 0,14,2 0,26,2 0,3,2 1,2,0 1,8,0 1,32,0
0,12,1
"""


def people(*rows, names=("days", "what")):
    return pd.DataFrame(rows, columns=list(names))


def transplants():
    rows = [[int(part) for part in row.split(",")] for row in TRANSPLANTS.split()]
    return pd.DataFrame(rows, columns=["disease", "days", "what"])


def spread(n, seed=1, longest=90):
    rng = np.random.default_rng(seed)
    what = rng.choice([0, 1, 2], n, p=[0.3, 0.5, 0.2])
    return pd.DataFrame({"days": rng.integers(0, longest + 1, n), "what": what})


def test_two_kinds_of_event_and_an_end_of_follow_up_on_one_day():
    # Day 2: five at risk, one event, one death, one leaves: 1/5 and 1/5; the two who stay are at risk on day
    # 3, with 3/5 still free, and one of them has the event: 1/5 + 3/5 × 1/2 = 1/2.
    frame = people((2, 1), (2, 2), (2, 0), (3, 1), (5, 0))
    found = cumulative_incidence(frame, "days", "what", (1, 2, 3, 5, 6))
    assert found["at_risk"].tolist() == [5, 5, 2, 1, 0]
    assert found["n_events"].tolist() == [0, 1, 2, 2, 2]
    assert found["incidence"].tolist()[:4] == pytest.approx([0, 0.2, 0.5, 0.5])
    assert found["competing"].tolist()[:4] == pytest.approx([0, 0.2, 0.2, 0.2])
    # On day 2 nobody has left: the variance is that of a share, 0.2 × 0.8 / 5.
    spread = np.exp(1.959964 * np.sqrt(0.16 / 5) / (0.2 * -np.log(0.2)))
    assert found.loc[1, "low"] == pytest.approx(0.2**spread, rel=1e-6)
    assert found.loc[1, "high"] == pytest.approx(0.2 ** (1 / spread), rel=1e-6)
    # Nobody is left on day 6, and two of five had neither event: nothing is known.
    assert found.loc[4, ["incidence", "low", "high", "competing"]].isna().all()


def test_published_incidence_of_relapse_and_death():
    found = cumulative_incidence(transplants(), "days", "what", (4, 8, 35), "disease")
    # The values of scikit-survival's tests (tests/test_nonparametric.py, from R) for the same patients.
    assert found["incidence"].round(8).tolist() == [
        *[0.11764706, 0.11764706, 0.17647059],
        *[0.29513889, 0.36818576, 0.36818576],
    ]
    assert found["competing"].round(8).tolist() == [
        *[0.23529412, 0.41176471, 0.70588235],
        *[0.05555556, 0.12048611, 0.20570747],
    ]
    everybody = cumulative_incidence(transplants(), "days", "what", (12,)).iloc[0]
    assert everybody[["incidence", "competing"]].round(8).tolist() == [0.27283899, 0.34076015]


@pytest.mark.parametrize("n", [30, 400, 3_000])
def test_incidence_and_errors_are_those_of_statsmodels(n):
    frame = pd.concat([spread(n, seed=n), people((95, 0))])  # the last is censored: its errors are finite
    theirs = CumIncidenceRight(frame["days"].to_numpy(), frame["what"].to_numpy())
    ours = cumulative_incidence(frame, "days", "what", theirs.times.astype(int))
    assert ours["incidence"].to_numpy() == pytest.approx(theirs.cinc[0], abs=1e-12)
    assert ours["competing"].to_numpy() == pytest.approx(theirs.cinc[1], abs=1e-12)
    rate, se = theirs.cinc[0], theirs.cinc_se[0]
    inside = rate > 0
    high = rate[inside] ** np.exp(1.959964 * se[inside] / (rate[inside] * np.log(rate[inside])))
    assert ours["high"].to_numpy()[inside] == pytest.approx(high, rel=1e-6)


def test_weights_are_people_and_rows_may_come_in_any_order():
    frame = spread(500)
    alike = frame.groupby(["days", "what"]).size().reset_index(name="n")
    one = cumulative_incidence(frame, "days", "what", (10, 90))
    two = cumulative_incidence(alike[::-1], "days", "what", (10, 90), weight="n")
    pd.testing.assert_frame_equal(one, two)


def test_nobody_has_it_everybody_has_it_and_everybody_dies():
    rows = [("none", 9, 0), ("none", 9, 0), ("all", 3, 1), ("all", 4, 1), ("die", 3, 2), ("die", 9, 2)]
    frame = people(*rows, names=("group", "days", "what"))
    found = cumulative_incidence(frame, "days", "what", (9, 30), "group").set_index(["group", "day"])
    assert found["incidence"].tolist()[:4] == [1, 1, 0, 0]  # known for good: nobody is left to have it
    assert found["competing"].tolist()[:4] == [0, 0, 1, 1]
    assert found.loc[("none", 9), "incidence"] == 0
    assert np.isnan(found.loc[("none", 30), "incidence"])
    assert found[["low", "high"]].isna().all(axis=None)
    nobody = cumulative_incidence(frame.iloc[:0], "days", "what", (9,), "group")
    assert nobody.empty
    assert list(nobody) == ["group", "day", "at_risk", "n_events", "incidence", "low", "high", "competing"]
    assert cumulative_incidence(frame.iloc[:0], "days", "what", (9,))["incidence"].isna().all()


@pytest.mark.parametrize("row", [(-1, 1), (1.5, 1), (np.nan, 1), (1, 3), (1, np.nan)])
def test_days_and_kinds_of_event_are_checked(row):
    with pytest.raises(ValueError, match="must be"):
        cumulative_incidence(people(row), "days", "what", (9,))


# Standardised ------------------------------------------------------------------------------------


def by_age():
    """Two groups, nobody lost: in `x` 1 of 5 young and 2 of 5 old; in `y` 2 of 10 young and 1 of 2 old."""
    counts = {("x", "young"): (1, 5), ("x", "old"): (2, 5), ("y", "young"): (2, 10), ("y", "old"): (1, 2)}
    rows = [
        (group, age, 3 if i < events else 30, 1 if i < events else 0)
        for (group, age), (events, n) in counts.items()
        for i in range(n)
    ]
    frame = people(*rows, names=("group", "age", "days", "what"))
    return frame.assign(lot=np.arange(len(frame)) % 4)


def test_strata_are_weighted_to_all_people_by_hand():
    found = standardise_incidence(by_age(), "days", "what", (7,), "group", "age").set_index("group")
    # All people: 15 young, 7 old of 22.
    assert found.loc["x", "incidence"] == pytest.approx((15 * 0.2 + 7 * 0.4) / 22)
    assert found.loc["y", "incidence"] == pytest.approx((15 * 0.2 + 7 * 0.5) / 22)
    assert found["crude"].tolist() == pytest.approx([3 / 10, 3 / 12])
    assert found[["n_people", "at_risk", "n_events"]].to_numpy().tolist() == [[10, 7, 3], [12, 9, 3]]
    assert found["standard_left"].tolist() == [0, 0]
    half = pd.DataFrame({"age": ["young", "old"], "weight": [2.0, 2.0]})
    given = standardise_incidence(by_age(), "days", "what", (7,), "group", "age", standard=half)
    assert given["incidence"].tolist() == pytest.approx([0.3, 0.35])


def test_the_error_is_that_of_leaving_out_lots_by_hand():
    frame = by_age()

    def rate(rows):
        of_all = rows["age"].value_counts(normalize=True)
        risk = rows[rows["group"] == "y"].groupby("age")["what"].mean()
        return (of_all[risk.index] * risk).sum() / of_all[risk.index].sum()

    whole = rate(frame)
    without = np.array([rate(frame[frame["lot"] != lot]) for lot in range(4)])
    se = np.sqrt(3 / 4 * ((without - whole) ** 2).sum())
    row = standardise_incidence(frame, "days", "what", (7,), "group", "age").iloc[1]
    t = 3.182446  # Student, three degrees of freedom
    assert row["low"] == pytest.approx(whole ** np.exp(t * se / (whole * -np.log(whole))), rel=1e-5)


def test_a_stratum_that_one_group_lacks_is_left_out_for_all_and_said():
    frame = by_age()
    frame = pd.concat([frame, frame.tail(1).assign(age="oldest", what=1, days=1)])
    found = standardise_incidence(frame, "days", "what", (7,), "group", "age")
    assert found["standard_left"].tolist() == pytest.approx([1 / 23] * 2)
    assert found["n_people"].tolist() == [10, 12]
    assert found["incidence"].tolist() == pytest.approx([5.8 / 22, 6.5 / 22])
    unlike = frame.assign(age=frame["group"])
    with pytest.raises(TooFewPoints, match="cannot be compared"):
        standardise_incidence(unlike, "days", "what", (7,), "group", "age")
    with pytest.raises(ValueError, match="cannot be both"):
        standardise_incidence(frame, "days", "what", (7,), "group", ["age", "group"])


def test_one_lot_gives_a_share_without_limits():
    found = standardise_incidence(by_age().assign(lot=0), "days", "what", (7,), "group", "age")
    assert found["incidence"].notna().all()
    assert found[["low", "high"]].isna().all(axis=None)


def test_the_jackknife_of_a_mean_is_its_error():
    values = np.random.default_rng(1).normal(size=40)
    value, se = jackknife(lambda keep: values[keep].mean(), np.arange(40))
    assert (value, se) == (pytest.approx(values.mean()), pytest.approx(values.std(ddof=1) / np.sqrt(40)))


def planted(seed, n=200):
    """Group y is younger and 1.5 times as likely to have the event; death competes, moving censors."""
    rng = np.random.default_rng(seed)
    group = rng.choice(["x", "y"], n)
    old = rng.random(n) < np.where(group == "x", 0.3, 0.7)
    hazard = np.where(old, 0.02, 0.008) * np.where(group == "x", 1.0, 1.5)
    times = rng.exponential(1 / np.stack([hazard, np.where(old, 0.004, 0.001), np.full(n, 0.002)]))
    first = times.argmin(axis=0)
    days = np.minimum(times.min(axis=0), 90.0)
    what = np.where(days < 90, np.array([1, 2, 0])[first], 0)
    return pd.DataFrame(
        {"days": days.astype(int), "what": what, "group": group, "old": old, "lot": np.arange(n) % 50}
    )


def truth(times):
    """Half of all people are old; day 30 is over after 31 days."""
    parts = [
        h * times / (h * times + d) * (1 - np.exp(-31 * (h * times + d)))
        for h, d in ((0.02, 0.004), (0.008, 0.001))
    ]
    return sum(parts) / 2


def test_intervals_hold_the_planted_incidence_of_people_who_are_alike():
    held, ends = [], []
    for seed in range(200):
        found = standardise_incidence(planted(seed), "days", "what", (30,), "group", "old")
        wanted = np.array([truth(1.0), truth(1.5)])
        held += list((found["low"] <= wanted) & (wanted <= found["high"]))
        ends.append(found["incidence"].to_numpy() - wanted)
    assert 0.92 <= np.mean(held) <= 0.98
    assert np.abs(np.mean(ends, axis=0)).max() < 0.012  # three standard errors of the mean of 200
