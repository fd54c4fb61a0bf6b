"""Numbers that are no counts, used as equations: none gives a rounded count back.

The attacker knows every formula, price and rate, everything that is released in the row, and how the gate
rounds. Rows are all counts that round alike, so that what is released of one tells what it could have been:
a count is recovered if only one of those that its rounded number stands for fits.
"""

from itertools import product

import numpy as np
import pandas as pd
import pytest

from analysis_lib.measures import poisson_interval, wilson_interval
from analysis_lib.release import open_store


class People:
    profile = "patient"


@pytest.fixture
def save(tmp_path):
    return open_store("attack", People(), folder=tmp_path).save_table


def classes(start, n, step=5):
    """All counts that round to n numbers, the first of them near `start`."""
    return range(start // step * step - 2, start // step * step + n * step - 2)


def near(count):
    return range(count - 2, count + 3)


def nearest(counts):
    return 5 * np.floor(np.asarray(counts) / 5 + 0.5)


def rows(**counts):
    return pd.DataFrame(list(product(*counts.values())), columns=list(counts))


def risk():
    """A model that gives all the same risk, about as large as it is."""
    f = rows(n=near(1_000), n_events=classes(80, 8))
    return f.assign(outcome="next_emergency", model="prevalence", group="sex")


def constant(p, score):
    f = risk()
    share = f["n_events"] / f["n"]
    value = {
        "brier": p**2 + share * (1 - 2 * p),
        "brier_skill": 1 - (p**2 + share * (1 - 2 * p)) / (share * (1 - share)),
        "auprc": share,
        "oe": share / p,
        "calibration_in_large": np.log(share / (1 - share)) - np.log(p / (1 - p)),
    }[score]
    if score == "brier":
        f["brier_skill"] = 1 - value / (share * (1 - share))
    return "performance", f.assign(**{score: value}), f["n_events"]


def lifted():
    f = risk()
    low, high = wilson_interval(f["n_events"], f["n"])
    return (
        "cohort_rules",
        f.assign(rule="a", lift=f["n_events"] / f["n"] / 0.07, low=low / 0.07, high=high / 0.07).assign(
            n_everybody=100_000, events_everybody=7_000
        ),
        f["n_events"],
    )


def auroc_of_a_list():
    f = rows(n=[1_998, 2_002], n_events=near(400), _listed=near(300), _found=classes(100, 40))
    wrong = (f["_listed"] - f["_found"]) / (f["n"] - f["n_events"])
    f, value = f.assign(model="rule", outcome="x"), (1 + f["_found"] / f["n_events"] - wrong) / 2
    return "performance", f.assign(auroc=value), f["_found"]


def lift_of_the_top():
    f = rows(n=near(2_000), n_events=near(400), _found=classes(100, 40)).assign(model="rule", outcome="x")
    return "performance", f.assign(lift_10=10 * f["_found"] / f["n_events"]), f["_found"]


def net_benefit():
    f = rows(n=near(2_000), n_events=[400], n_listed=near(300), n_found=classes(100, 40)).assign(
        model="rule", outcome="x"
    )
    value = (f["n_found"] - (f["n_listed"] - f["n_found"]) / 9) / f["n"]
    return (
        "decision_curve",
        f.assign(threshold=0.1, net_benefit=value, low=value - 0.01, high=value + 0.01),
        f["n_found"],
    )


def compared_with_a_known_list():
    """Against a score whose list is known, differences count who is found, and how often in vain."""
    f = rows(n=near(2_000), n_events=near(400), _found=classes(100, 40)).assign(
        model="trees", against="rule", outcome="x"
    )
    lift = 20 * (f["_found"] - 50) / f["n_events"]
    area = (f["_found"] - 50) / f["n_events"] / 2
    f = f.assign(auroc_difference=area, auroc_difference_low=area - 0.02, auroc_difference_high=area + 0.02)
    f = f.assign(lift_5_difference=lift, lift_5_difference_low=lift - 1, lift_5_difference_high=lift + 1)
    return "performance_compared", f, f["_found"]


def gain_over_everybody():
    table, f, found = net_benefit()
    gain = f["net_benefit"] - ((f["n_events"] - (f["n"] - f["n_events"]) / 9) / f["n"]).clip(lower=0)
    return table, f.assign(gain=gain, gain_low=gain - 0.01, gain_high=gain + 0.01), found


def change_of_a_gap():
    """One level is known, and all are found on the first list: the change counts who is found here."""
    f = rows(n=near(2_000), n_events=near(400), n_found=classes(100, 40)).assign(
        n_listed=600, outcome="x", model="trees", policy="equal recall", group="sex"
    )
    gap = 1 - f["n_found"] / f["n_events"]
    f = f.assign(recall_gap=gap, gap_low=gap - 0.01, gap_high=gap + 0.01)
    return (
        "mitigation",
        f.assign(gap_change=-gap, gap_change_low=-gap - 0.01, gap_change_high=0.01 - gap),
        f["n_found"],
    )


def one_term():
    f = rows(n_people=near(500), n_events=classes(100, 40)).assign(setting="ae", term="sex")
    ratio = f["n_events"] / f["n_people"] / 0.4
    return "drivers", f.assign(rate_ratio=ratio, low=ratio / 1.1, high=ratio * 1.1), f["n_events"]


def sum_of_a_fit():
    f = rows(n_people=near(500), observed=classes(100, 40)).assign(setting="ae")
    low, high = poisson_interval(f["observed"])
    return (
        "mine",
        f.assign(expected=f["observed"] * 1.0, oe=1.0, low=low / f["observed"], high=high / f["observed"]),
        f["observed"],
    )


def over_a_known_expectation():
    f = rows(n_people=near(500), observed=classes(100, 40)).assign(setting="ae")
    low, high = poisson_interval(f["observed"])
    return (
        "mine",
        f.assign(expected=123.4, oe=f["observed"] / 123.4, low=low / 123.4, high=high / 123.4),
        f["observed"],
    )


def cost_of_one_price():
    f = rows(n_people=near(500), events=classes(100, 40)).assign(setting="ae")
    return "mine", f.assign(cost_gbp=f["events"] * 123.45), f["events"]


def mean_cost():
    f = rows(n=near(500), _events=classes(100, 40)).assign(model="a", core20=True)
    return "cost_need", f.assign(risk_bin=1, mean_cost_gbp=f["_events"] * 30.0 / f["n"]), f["_events"]


def mean_conditions():
    f = rows(n=near(500), _conditions=classes(100, 40)).assign(model="a", core20=True)
    return "cost_need", f.assign(risk_bin=1, mean_conditions=f["_conditions"] / f["n"]), f["_conditions"]


def need():
    f = rows(n=near(500), n_events=classes(100, 40)).assign(model="a", measure="emergency_rate")
    rate = f["n_events"] / f["n"]
    return (
        "need_at_equal_risk",
        f.assign(core20=rate, others=0.3, ratio=rate / 0.3, low=rate / 0.33, high=rate / 0.27),
        f["n_events"],
    )


def retweets():
    f = rows(n_messages=near(500), _retweets=classes(100, 40)).assign(hashtag="a")
    return "hashtag_travel", f.assign(retweets_per_tweet=f["_retweets"] / f["n_messages"]), f["_retweets"]


def slope():
    f = rows(n_people=near(5_000), events=classes(300, 40)).assign(setting="ae")
    rate = 1_000 * f["events"] / f["n_people"]
    return (
        "inequality",
        f.assign(
            rate_most=1.2 * rate,
            rate_least=0.8 * rate,
            rii=1.5,
            sii=0.4 * rate,
            sii_low=0.1 * rate,
            sii_high=0.7 * rate,
        ),
        f["events"],
    )


def mean_of_shap():
    """What those with the feature have on average is released too, and no finer."""
    f = rows(n=near(1_000), _have=classes(100, 40), _each=[0.69, 0.7, 0.71]).assign(
        outcome="x", feature="COPD"
    )
    return "shap_importance", f.assign(mean_abs_shap=f["_each"] * f["_have"] / f["n"]), f["_have"]


def rank():
    f = rows(n_people=near(500), events=classes(100, 40)).assign(setting="ae")
    return "mine", f, f["events"]


ATTACKS = {
    **{
        f"{score} of {p:.0%} for all": (lambda p=p, score=score: constant(p, score))
        for p in (0.09, 0.1, 0.11)
        for score in ("brier", "brier_skill", "auprc", "oe", "calibration_in_large")
    },
    **{
        f.__name__: f
        for f in (
            lifted,
            auroc_of_a_list,
            lift_of_the_top,
            net_benefit,
            compared_with_a_known_list,
            gain_over_everybody,
            change_of_a_gap,
            one_term,
            sum_of_a_fit,
            over_a_known_expectation,
            cost_of_one_price,
            mean_cost,
            mean_conditions,
            need,
            retweets,
            slope,
            mean_of_shap,
            rank,
        )
    },
}


# Where the count stands in no table beside the value, steps part a few of those that round alike
SELDOM = {"auroc_of_a_list": 0.01, "mean_cost": 0.01, "mean_of_shap": 0.02}
# Two limits made exactly of the same counts, as draws never are; the gap of a level whose count is beside it
SELDOM |= {"gain_over_everybody": 0.005, "change_of_a_gap": 0.02}


@pytest.mark.parametrize("attack", ATTACKS)
def test_no_number_gives_the_count_back_that_it_was_made_of(save, attack):
    table, frame, secret = ATTACKS[attack]()
    frame = frame.drop(columns=[c for c in frame if c.startswith("_")])
    shown = save(table, frame.assign(level=[f"row {place}" for place in range(len(frame))]))
    assert shown.select_dtypes("number").notna().all(axis=None), "what is hidden is no test"
    told = shown.drop(columns=["level"]).round(9).astype(str)
    told = told.assign(rounded=nearest(secret), secret=np.asarray(secret))
    assert told.groupby("rounded")["secret"].nunique().eq(5).all()
    fitting = told.groupby([c for c in told if c != "secret"])["secret"].transform("nunique")
    assert (fitting == 1).mean() <= SELDOM.get(attack, 0)
    for low, value, high in (
        ("low", "oe", "high"),
        ("low", "net_benefit", "high"),
        ("sii_low", "sii", "sii_high"),
    ):
        if {low, value, high} <= set(shown):
            assert (shown[low] <= shown[value]).all()
            assert (shown[value] <= shown[high]).all()


def test_a_total_of_dear_and_cheap_ones_gives_no_dear_one_back(save):
    """Less what the cheap ones cost, the total would count the dear ones."""
    seen = set()
    for dear in near(40):
        parts = pd.DataFrame({"setting": ["gp", "elective"], "n_people": 5_000, "events": [9_000, dear]})
        parts["cost_gbp"] = [9_000 * 30.0, dear * 4_000.0]
        total = parts.sum(numeric_only=True).to_frame().T.assign(setting="All", n_people=5_000)
        shown = save("mine", pd.concat([parts, total]).astype({"events": int, "n_people": int}))
        seen.add(tuple(shown["cost_gbp"]))
    assert len(seen) == 1
    assert seen.pop() == (270_000, 160_000, 430_000)


def test_no_limit_of_a_rate_is_below_nothing(save):
    frame = pd.DataFrame({"setting": ["gp", "ae"], "n_people": [400, 300], "events": [12, 40]})
    rate = 1_000 * frame["events"] / frame["n_people"]
    frame = frame.assign(rate_per_1000=rate, low=rate - 200, high=rate + 200)
    assert save("mine", frame)["low"].tolist() == [0, 0]
