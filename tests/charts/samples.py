"""Sample frames in the shapes of the released tables, of realistic size; every call makes a fresh one."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis_lib import codes
from analysis_lib.charts import load_boundaries
from analysis_lib.project import REFERENCE

WEEKDAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
AGES = ["0-4", "5-14", "15-24", "25-34", "35-44", "45-54", "55-64", "65-74", "75-84", "85+"]
SERVICES = [
    "GP",
    "NHS 111",
    "A&E",
    "Outpatients",
    "Emergency admissions",
    "Mental health care",
    "Social care",
]
OUTCOMES = ["High cost next year", "Emergency admission next year"]
MODELS = ["Boosted trees", "Logistic regression", "Last year's cost", "Age and number of conditions"]
FEATURES = [
    "Cost, hospital use and medicines",
    "Age",
    "Number of conditions",
    "Deprivation decile",
    "Emergency admissions in the last 12 months",
    "Ethnic group",
    "Heart failure",
]


def cross(**levels) -> pd.DataFrame:
    """A row for each combination."""
    return pd.MultiIndex.from_product(levels.values(), names=levels).to_frame(index=False)


def ordered(values) -> pd.Categorical:
    return pd.Categorical(values, categories=list(dict.fromkeys(values)), ordered=True)


def months(n=30, start="2020-01-01") -> pd.DatetimeIndex:
    return pd.date_range(start, periods=n, freq="MS")


def area_names(n=42) -> pd.DataFrame:
    """The 42 ICBs, or their 106 sub-ICBs, by code and short name."""
    areas = pd.read_csv(REFERENCE / "areas.csv", dtype=str)
    areas["area"] = areas["icb_name"].str.removeprefix("NHS ").str.removesuffix(" Integrated Care Board")
    if n == 42:
        return areas[["icb_code", "area"]].drop_duplicates(ignore_index=True)
    return areas.assign(area=areas["area"] + " – " + areas["sub_icb_code"])


# Appointments ------------------------------------------------------------------------------------


def monthly(n=30, drop=()):
    wave = 25e6 + 3e6 * np.sin(np.arange(n) * 2 * np.pi / 12 + 1.5)
    frame = pd.DataFrame({"month": months(n), "n_appointments": wave.round().astype("int64")})
    return frame.drop(index=list(drop)).reset_index(drop=True)


def utilisation(n=36):
    frame = monthly(n)
    days = {
        "working": 20 + frame["month"].dt.month % 3,
        "30": 30,
        "calendar": frame["month"].dt.days_in_month,
    }
    return frame.assign(**{f"per_day_{name}": frame["n_appointments"] / n for name, n in days.items()})


def forecast():
    ahead = utilisation()[["month", "per_day_working"]].tail(6)
    return ahead.assign(low95=0.9 * ahead["per_day_working"], high95=1.1 * ahead["per_day_working"])


def daily():
    dates = pd.date_range("2020-01-01", periods=900, freq="D")
    noise = np.random.default_rng(1).normal(0, 90_000, len(dates))
    level = np.where(
        dates.day_of_week < 5, 1_200_000 - 40_000 * dates.day_of_week + noise, 45_000 + noise / 8
    )
    frame = pd.DataFrame({"date": dates, "n_appointments": level.clip(5_000).round().astype("int64")})
    return frame.assign(over=np.where(frame["n_appointments"] > 1_200_000, "days over", "other days"))


def weekday():
    means = [1_312_345.0, 1_240_000.0, 1_190_000.0, 1_170_500.0, 1_101_000.0, 62_000.0, 14_000.0]
    return pd.DataFrame({"weekday": WEEKDAYS, "n_per_day": means})


def heat(n=12):
    frame = cross(month=months(n), weekday=WEEKDAYS).merge(weekday())
    return frame.assign(n_per_day=frame["n_per_day"] * (0.89 + 0.01 * frame["month"].dt.month))


def shares(levels=tuple(codes.MODES), n=30):
    base = np.geomspace(0.5, 0.004, len(levels))
    frame = cross(month=months(n), group=levels).assign(share=np.tile(base, n))
    wave = 0.1 * np.cos(np.repeat(np.arange(n), len(levels)) / 5)
    frame.loc[frame["group"] == levels[0], "share"] += wave[:: len(levels)]
    return frame.assign(group=pd.Categorical(frame["group"], categories=list(levels), ordered=True))


def durations():
    share = [0.14, 0.17, 0.14, 0.09, 0.1, 0.11, 0.25]
    return pd.DataFrame({"duration": ordered(codes.DURATIONS), "share": share})


def cost():
    cost = [180_370_350.0, 435_370_350.0]
    return pd.DataFrame(
        {"staff": ["GP only", "All staff"], "n_dna": [6_012_345, 14_512_345], "cost_gbp": cost}
    )


def rates(names=tuple(codes.LEAD_TIMES)):
    rng, n = np.random.default_rng(3), len(names)
    rate, unknown = rng.uniform(0.03, 0.07, n), rng.uniform(0.01, 0.06, n)
    frame = pd.DataFrame(
        {"group": ordered(names), "n_known": rng.integers(150_000, 2_500_000, n), "rate": rate}
    )
    low, same_mix = rate * (1 - unknown), rate + rng.normal(0, 0.004, n)
    frame = frame.assign(low=rate - 0.002, high=rate + 0.002, bound_low=low, bound_high=low + unknown)
    return frame.assign(
        same_mix=same_mix, rank=np.arange(n) + 1.0, rank_same_mix=(np.arange(n) + 3.0) % n + 1
    )


def area_rates(n=42):
    names = area_names(n)
    return rates(names["area"]).astype({"group": object}).assign(icb_code=names["icb_code"])


def band():
    return rates([str(i) for i in range(30)]).assign(month=months())


def xmr(n=30):
    frame = pd.DataFrame({"month": months(n), "value": 0.045 + 0.002 * np.sin(np.arange(n) * 2.1)})
    frame = frame.assign(mean=0.0455, lower=0.038, upper=0.053, signal="none", direction="none")
    frame.loc[4, ["value", "signal", "direction"]] = [0.031, "outside", "low"]
    frame.loc[n - 8 :, ["value", "signal", "direction"]] = [0.056, "run", "high"]
    return frame


def funnel(n=42):
    rng = np.random.default_rng(7)
    size = rng.integers(200_000, 3_000_000, n) if n == 42 else rng.integers(60_000, 900_000, n)
    z = rng.normal(0, 1.7, n)
    frame = pd.DataFrame({"area": area_names(n)["area"], "n_known": size, "target": 0.047, "z_adjusted": z})
    frame["rate"] = (0.047 + z * 3.2 / np.sqrt(size)).clip(0.02)
    frame["outlier"] = np.select([abs(z) > 3.09, abs(z) > 1.96], ["99.8", "95"], "none")
    curve = pd.DataFrame({"n_known": np.geomspace(size.min(), size.max(), 200)})
    for name, times in (("95", 1.96), ("998", 3.09)):
        reach = times * 3.2 / np.sqrt(curve["n_known"])
        curve = curve.assign(**{f"low{name}": 0.047 - reach, f"high{name}": 0.047 + reach})
    return frame, curve


def change(n=29):
    to = months(n, "2020-02-01")
    mix, rate = 0.004 * np.sin(np.arange(n) / 4), 0.006 * np.cos(np.arange(n) / 5) - 0.003
    return pd.DataFrame({"to": to, "mix": mix, "rate": rate})


def reconciliation():
    names = [
        "Attendance (attended) and duration",
        "Attendance and category",
        "Attendance and published totals",
    ]
    frame = cross(comparison=names, month=months())
    agrees = frame.index % 9 != 4
    return frame.assign(agree=frame["month"].where(agrees), differ=frame["month"].where(~agrees))


def boundaries():
    return load_boundaries(REFERENCE / "icb_boundaries.geojson")


def england():
    return area_rates().iloc[:40], boundaries()


def city():
    shapes = load_boundaries(REFERENCE / "leeds_msoa_boundaries.geojson", code="msoa11_code")
    frame = pd.DataFrame({"msoa": sorted(shapes), "oe": np.linspace(0.7, 1.5, len(shapes))})
    return frame.assign(area=[f"Leeds {i:03d}" for i in frame.index]), shapes


# Hashtags ----------------------------------------------------------------------------------------


def tags(n=17):
    """Hashtags in four themes."""
    names = [f"hashtagnumber{i}" if i % 3 else f"tag{i}" for i in range(n)]
    frame = pd.DataFrame({"hashtag": names, "theme": [1 + 4 * i // n for i in range(n)]})
    typical = np.linspace(3.0, 0.4, n)
    return frame.assign(n_messages=500 - 20 * frame.index, typical=typical, low=typical / 2, high=2 * typical)


def ties():
    frame = tags()
    pairs = pd.DataFrame({"tag_a": frame["hashtag"], "tag_b": frame["hashtag"].shift(-1)}).dropna()
    return pairs.assign(n_together=60 - 3 * pairs.index), frame


# People ------------------------------------------------------------------------------------------


def by_setting(levels=AGES):
    frame = cross(service=SERVICES[:6], level=levels)
    frame["rate"] = (frame.index % 10 + 1) * 10.0 ** (3 - frame.index // 10 % 4)
    frame.loc[3, "rate"] = np.nan  # hidden by the gate
    return frame.assign(low=0.9 * frame["rate"], high=1.2 * frame["rate"])


def recovered():
    frame = cross(service=SERVICES, planted=np.linspace(-1.5, 1.8, 12))
    frame["found"] = frame["planted"] + 0.1
    reach = np.where(frame.index % 10 == 0, 0.05, 0.3)
    frame["interval"] = np.where(reach > 0.1, "holds the planted", "misses it")
    return frame.assign(low=frame["found"] - reach, high=frame["found"] + reach)


def concentration():
    people = np.linspace(0, 1, 101)
    curve = pd.DataFrame({"share_people": people, "share_amount": people**0.25})
    return curve.replace({"share_amount": {0: np.nan}})


def ratios():
    ratio = np.linspace(0.8, 3.5, len(SERVICES))
    return pd.DataFrame({"service": SERVICES, "ratio": ratio, "need": ratio**0.7}).assign(
        low=ratio / 1.2, high=ratio * 1.2
    )


def performance():
    frame = cross(outcome=OUTCOMES, model=MODELS).assign(auroc=np.linspace(0.86, 0.58, 8))
    frame.loc[2, "auroc"] = np.nan
    return frame.assign(low=frame["auroc"] - 0.012, high=frame["auroc"] + 0.011)


def calibration():
    frame = cross(outcome=OUTCOMES, model=MODELS[:2], risk=np.geomspace(0.002, 0.55, 20))
    frame["observed"] = frame["risk"] * np.where(frame["model"] == MODELS[0], 1, 0.9)
    frame.loc[:3, "observed"] = np.nan
    return frame.assign(low=frame["observed"] * 0.9, high=(frame["observed"] * 1.1).clip(upper=1))


def over_months():
    frame = cross(outcome=OUTCOMES, model=MODELS[:3], month=range(1, 13))
    frame["auroc"] = 0.8 - 0.04 * frame["model"].map(MODELS.index) - 0.004 * frame["month"]
    frame.loc[5, "auroc"] = np.nan
    return frame.assign(low=frame["auroc"] - 0.02, high=frame["auroc"] + 0.02)


def quintiles():
    frame = cross(model=MODELS[:3], quintile=["1 (most deprived)", "2", "3", "4", "5 (least deprived)"])
    shares = {"list": [0.34, 0.22, 0.17, 0.15, 0.12], "people": [0.33, 0.2, 0.16, 0.16, 0.15]}
    shares["events"] = [0.37, 0.21, 0.16, np.nan, 0.11]
    return frame.assign(**{name: values * 3 for name, values in shares.items()})


def stability():
    frame = cross(feature=FEATURES, seed=range(5))
    return frame.assign(rank=(frame.index // 5 + 1 + frame["seed"] % 3 - 1).clip(1, 7))


def dependence():
    frame = pd.concat([cross(feature=["Age"], bin=AGES), cross(feature=["Deprivation"], bin=list("12345"))])
    frame = frame.reset_index(drop=True).assign(mean=lambda f: 0.3 * f.index - 0.8)
    frame["bin"] += "\n" + pd.Series(frame.index + 8).map("{}k".format).where(frame.index != 4, "[c]")
    frame.loc[4, "mean"] = np.nan
    return frame.assign(low=frame["mean"] - 0.1, high=frame["mean"] + 0.1)


def profile():
    names = ["base", *FEATURES[:6], "total"]
    labels = ["Everybody", *(f"{name}: 3.4" for name in FEATURES[:6]), "This profile"]
    steps = [-3.1, 1.2, 0.7, 0.4, -0.35, 0.2, -0.1, -1.05]
    return pd.DataFrame({"feature": names, "label": labels, "contribution": steps})


# Pathways ----------------------------------------------------------------------------------------

STEPS_A_YEAR = ["0", "1-4", "5-11", "12-23", "24+"]
ROUTES = [
    "Ambulance and A&E",
    "111 and A&E",
    "A&E alone",
    "GP",
    "Other",
    "Nothing on record",
]


def level_change():
    """Steps this year by those next year, with two ends; one row hidden in part, one wholly."""
    ends = [*STEPS_A_YEAR, "died", "left"]
    frame = cross(level=STEPS_A_YEAR, to=ends)
    near = np.exp(-abs(frame["level"].map(ends.index) - frame["to"].map(ends.index)) / 1.2)
    frame["share"] = near / near.groupby(frame["level"]).transform("sum")
    frame.loc[[4, 5], "share"] = np.nan
    frame.loc[frame["level"] == "24+", "share"] = np.nan
    return frame.assign(level=ordered(frame["level"]), to=ordered(frame["to"]))


def routes():
    frame = cross(level=STEPS_A_YEAR, route=ROUTES)
    return frame.assign(share=np.tile([0.38, 0.09, 0.25, 0.15, 0.12, 0.01], 5))
