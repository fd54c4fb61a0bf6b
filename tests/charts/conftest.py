"""Sample frames in the shapes of the measures, of realistic size, and what every chart test needs."""

from __future__ import annotations

import matplotlib as mpl

mpl.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from analysis_lib import codes
from analysis_lib.charts import load_boundaries, use_style
from analysis_lib.project import REFERENCE
from tests.charts.risk_samples import RiskSamples

MODES, LEADS, DURATIONS = (list(labels) for labels in (codes.MODES, codes.LEAD_TIMES, codes.DURATIONS))
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
WEEKDAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]


def ordered(values, levels):
    return pd.Categorical(values, categories=levels, ordered=True)


def icb_names() -> pd.DataFrame:
    """The 42 ICBs by code and short name."""
    areas = pd.read_csv(REFERENCE / "areas.csv", dtype=str)
    short = areas["icb_name"].str.removeprefix("NHS ").str.removesuffix(" Integrated Care Board")
    return areas.assign(icb_name=short)[["icb_code", "icb_name"]].drop_duplicates().reset_index(drop=True)


def sub_icb_names() -> pd.DataFrame:
    areas = pd.read_csv(REFERENCE / "areas.csv", dtype=str)
    short = areas["icb_name"].str.removeprefix("NHS ").str.removesuffix(" Integrated Care Board")
    return pd.DataFrame({"sub_icb_name": short + " – " + areas["sub_icb_code"]})


class Samples(RiskSamples):
    """Frames of the contract; every call makes a fresh one."""

    def boundaries(self):
        return load_boundaries(REFERENCE / "icb_boundaries.geojson")

    def months(self, n=30, start="2020-01-01"):
        return pd.date_range(start, periods=n, freq="MS")

    def monthly(self, n=30, drop=()):
        month = self.months(n)
        wave = 25e6 + 3e6 * np.sin(np.arange(n) * 2 * np.pi / 12 + 1.5)
        if n > 5:
            wave[3:5] -= 8e6
        frame = pd.DataFrame({"month": month, "n_appointments": wave.round().astype("int64")})
        return frame.drop(index=list(drop)).reset_index(drop=True)

    def utilisation(self, n=30):
        frame = self.monthly(n)
        working = np.array([20 + (m % 3) for m in frame["month"].dt.month])
        return frame.assign(
            per_day_30=frame["n_appointments"] / 30,
            per_day_calendar=frame["n_appointments"] / frame["month"].dt.days_in_month,
            per_day_working=frame["n_appointments"] / working,
        )

    def daily(self, n_months=30):
        dates = pd.date_range("2020-01-01", periods=30 * n_months, freq="D")
        noise = np.random.default_rng(1).normal(0, 90_000, len(dates))
        level = np.where(
            dates.day_of_week < 5, 1_200_000 - 40_000 * dates.day_of_week + noise, 45_000 + noise / 8
        )
        frame = pd.DataFrame({"date": dates, "n_appointments": level.clip(5_000).round().astype("int64")})
        return frame.assign(over=np.where(frame["n_appointments"] > 1_200_000, "days over", "other days"))

    def weekday(self):
        means = [1_312_345.0, 1_240_000.0, 1_190_000.0, 1_170_500.0, 1_101_000.0, 62_000.0, 14_000.0]
        return pd.DataFrame({"weekday": WEEKDAYS, "n_per_day": means})

    def heat(self, n=30):
        day = self.weekday()
        parts = [
            day.assign(month=m, n_per_day=day["n_per_day"] * (0.9 + 0.01 * (i % 12)))
            for i, m in enumerate(self.months(n))
        ]
        return pd.concat(parts, ignore_index=True)

    def shares(self, by="mode", n=30):
        levels = MODES if by == "mode" else LEADS
        base = np.array(
            [0.56, 0.008, 0.39, 0.004, 0.038]
            if by == "mode"
            else [0.44, 0.08, 0.2, 0.12, 0.06, 0.045, 0.05, 0.005]
        )
        rows = []
        for i, month in enumerate(self.months(n)):
            now = base.copy()
            now[0] += 0.1 * np.cos(i / 5)
            now[2] -= 0.1 * np.cos(i / 5)
            now /= now.sum()
            rows += [(month, level, share) for level, share in zip(levels, now, strict=True)]
        frame = pd.DataFrame(rows, columns=["month", by, "share"])
        return frame.assign(**{by: ordered(frame[by], levels)})

    def distribution(self, by="duration"):
        levels = DURATIONS if by == "duration" else LEADS
        share = np.array(
            [0.14, 0.17, 0.14, 0.09, 0.1, 0.11, 0.25]
            if by == "duration"
            else [0.44, 0.08, 0.2, 0.12, 0.06, 0.045, 0.05, 0.005]
        )
        return pd.DataFrame({by: ordered(levels, levels), "share": share})

    def rates(self, names, label="icb_name", seed=3):
        rng = np.random.default_rng(seed)
        n = len(names)
        rate = rng.uniform(0.03, 0.07, n)
        standard = rate + rng.normal(0, 0.004, n)
        unknown = rng.uniform(0.01, 0.06, n)
        frame = pd.DataFrame(
            {
                label: names,
                "n_known": rng.integers(150_000, 2_500_000, n),
                "dna_rate": rate,
                "dna_low": rate - 0.002,
                "dna_high": rate + 0.002,
                "unknown_share": unknown,
                "bound_low": rate * (1 - unknown),
                "bound_high": rate * (1 - unknown) + unknown,
                "dna_rate_standardised": standard,
                "std_low": standard - 0.003,
                "std_high": standard + 0.003,
            }
        )
        frame["rank_crude"] = frame["dna_rate"].rank(ascending=False, method="min").astype("Int64")
        frame["rank_standardised"] = (
            frame["dna_rate_standardised"].rank(ascending=False, method="min").astype("Int64")
        )
        return frame.assign(rank_change=frame["rank_standardised"] - frame["rank_crude"])

    def icb_rates(self):
        names = icb_names()
        return self.rates(list(names["icb_name"])).assign(icb_code=names["icb_code"])

    def sub_icb_rates(self):
        return self.rates(list(sub_icb_names()["sub_icb_name"]), label="sub_icb_name")

    def lead_rates(self):
        frame = self.rates(LEADS, label="lead_time")
        return frame.assign(lead_time=ordered(frame["lead_time"], LEADS))

    def mode_rates(self):
        frame = self.rates(MODES, label="mode")
        return frame.assign(mode=ordered(frame["mode"], MODES))

    def xmr(self, n=30):
        value = 0.045 + 0.002 * np.sin(np.arange(n) * 2.1)
        value[4] = 0.031
        value[-8:] = 0.056
        signal, direction = ["none"] * n, ["none"] * n
        signal[4], direction[4] = "outside", "low"
        signal[-8:], direction[-8:] = ["run"] * 8, ["high"] * 8
        return pd.DataFrame(
            {
                "month": self.months(n),
                "value": value,
                "moving_range": np.nan,
                "mean": 0.0455,
                "lower": 0.038,
                "upper": 0.053,
                "signal": signal,
                "direction": direction,
            }
        )

    def funnel(self, n=42):
        names = icb_names()["icb_name"] if n == 42 else sub_icb_names()["sub_icb_name"]
        rng = np.random.default_rng(7)
        size = rng.integers(200_000, 3_000_000, n) if n == 42 else rng.integers(60_000, 900_000, n)
        spread = 3.2 / np.sqrt(size)
        z = rng.normal(0, 1.7, n)
        frame = pd.DataFrame(
            {
                "icb_name": list(names),
                "n_known": size,
                "rate": (0.047 + z * spread).clip(0.02),
                "target": 0.047,
                "z_adjusted": z,
            }
        )
        frame["outlier"] = np.select(
            [frame["z_adjusted"].abs() > 3.09, frame["z_adjusted"].abs() > 1.96], ["99.8", "95"], "none"
        )
        frame["direction"] = np.where(frame["outlier"] == "none", "none", np.where(z > 0, "high", "low"))
        grid = np.geomspace(size.min(), size.max(), 200)
        limits = {
            f"{s}{k}": 0.047 + sign * m * 3.2 / np.sqrt(grid)
            for k, m in (("95", 1.96), ("998", 3.09))
            for s, sign in (("low", -1), ("high", 1))
        }
        return frame, pd.DataFrame({"n_known": grid, "target": 0.047, **limits})

    def change(self, n=29):
        to = self.months(n, "2020-02-01")
        mix, rate = 0.004 * np.sin(np.arange(n) / 4), 0.006 * np.cos(np.arange(n) / 5) - 0.003
        return pd.DataFrame(
            {
                "period_from": "2020-01",
                "period_to": to,
                "rate_from": 0.047,
                "rate_to": 0.047 + mix + rate,
                "mix": mix,
                "rate": rate,
            }
        )

    def forecast(self):
        ahead = self.utilisation(36)[["month", "per_day_working"]].tail(6)
        return ahead.assign(low95=0.9 * ahead["per_day_working"], high95=1.1 * ahead["per_day_working"])

    def reconciliation(self, n=30):
        names = [
            "Attendance (attended) and duration",
            "Attendance and category",
            "Attendance and published totals",
        ]
        rows = [
            (m, name, (i + j) % 9 != 4)
            for j, name in enumerate(names)
            for i, m in enumerate(self.months(n))
            if i >= 6 * j
        ]
        frame = pd.DataFrame(rows, columns=["month", "comparison", "agrees"])
        month, agrees = frame["month"], frame["agrees"]
        return frame.assign(agree=month.where(agrees), differ=month.where(~agrees))

    def band(self, n=30):
        return self.rates([str(i) for i in range(n)]).assign(month=self.months(n))

    def truth(self):
        planted = np.linspace(-0.3, 0.9, 7)
        estimate = planted + 0.02
        return pd.DataFrame(
            {
                "level": LEADS[:7],
                "planted": planted,
                "estimate": estimate,
                "low": estimate - 0.05,
                "high": estimate + 0.05,
            }
        )

    def msoa_boundaries(self):
        return load_boundaries(REFERENCE / "leeds_msoa_boundaries.geojson", code="msoa11_code")

    def msoas(self):
        codes = sorted(self.msoa_boundaries())
        ratio = np.linspace(0.7, 1.5, len(codes))
        return pd.DataFrame(
            {"msoa": codes, "area": [f"Leeds {i:03d}" for i in range(len(codes))], "oe": ratio}
        )

    def by_setting(self, levels, n_settings=6):
        rows = [
            (service, level, (place + 1) * 10 ** (3 - at % 4))
            for at, service in enumerate(SERVICES[:n_settings])
            for place, level in enumerate(levels)
        ]
        frame = pd.DataFrame(rows, columns=["service", "level", "rate_per_1000"]).astype(
            {"rate_per_1000": float}
        )
        frame.loc[3, "rate_per_1000"] = np.nan  # hidden by the gate
        return frame.assign(low=0.9 * frame["rate_per_1000"], high=1.2 * frame["rate_per_1000"])

    def recovered(self):
        planted = np.linspace(-1.5, 1.8, 12)
        parts = [
            pd.DataFrame({"service": name, "planted": planted, "rate_ratio": planted + 0.1})
            for name in SERVICES
        ]
        frame = pd.concat(parts, ignore_index=True)
        spread = np.where(frame.index % 10 == 0, 0.05, 0.3)
        return frame.assign(
            interval=np.where(spread > 0.1, "holds the planted", "misses it"),
            low=frame["rate_ratio"] - spread,
            high=frame["rate_ratio"] + spread,
        )

    def concentration(self):
        people = np.linspace(0, 1, 101)
        curve = pd.DataFrame({"share_people": people, "share_amount": people**0.25})
        curve.loc[0, "share_amount"] = np.nan
        return curve, pd.DataFrame({"top": [0.01, 0.05, 0.1], "share": [0.23, 0.48, 0.61]})

    def ratios(self):
        ratio = np.linspace(0.8, 3.5, len(SERVICES))
        return pd.DataFrame(
            {
                "service": SERVICES,
                "rate_ratio": ratio,
                "low": ratio / 1.2,
                "high": ratio * 1.2,
                "need": ratio**0.7,
            }
        )

    def tags(self, n=17):
        """Hashtags in four themes, with the ties between them."""
        names = [f"hashtagnumber{i}" if i % 3 else f"tag{i}" for i in range(n)]
        tags = pd.DataFrame(
            {
                "hashtag": names,
                "theme": [1 + 4 * i // n for i in range(n)],
                "n_messages": [500 - 20 * i for i in range(n)],
                "retweets_typical": np.linspace(3.0, 0.4, n),
                "typical_low": np.linspace(1.5, 0.1, n),
                "typical_high": np.linspace(5.0, 0.9, n),
            }
        )
        ties = [(a, b, 60 - 3 * i) for i, (a, b) in enumerate(zip(names, names[1:], strict=False))]
        ties += [(names[0], names[-1], 12)]
        return pd.DataFrame(ties, columns=["tag_a", "tag_b", "n_together"]), tags

    def cost(self):
        return pd.DataFrame(
            {
                "hcp_group": ["GP only", "All staff"],
                "n_dna": [6_012_345, 14_512_345],
                "cost_gbp": [180_370_350.0, 435_370_350.0],
            }
        )


@pytest.fixture
def samples():
    return Samples()


@pytest.fixture(autouse=True)
def house_style():
    """Draw in the house style and close every figure afterwards."""
    with mpl.rc_context():
        use_style()
        yield
    plt.close("all")
