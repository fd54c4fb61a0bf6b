"""Sample frames of notebook 05, named as its charts get them."""

from __future__ import annotations

import numpy as np
import pandas as pd

OUTCOMES = ("High cost next year", "Emergency admission next year")
MODELS = (
    "Boosted trees",
    "Logistic regression",
    "Last year's cost",
    "Number of conditions",
    "Age and number of conditions",
    "No model (prevalence)",
)
FEATURES = (
    "Cost, hospital use and medicines",
    "Age",
    "Number of conditions",
    "Deprivation decile",
    "Emergency admissions in the last 12 months",
    "Ethnic group",
    "Continuity of care",
    "Heart failure",
)


class RiskSamples:
    """Every call makes a fresh frame."""

    def performance(self):
        rows = [
            (outcome, model, 0.86 - 0.05 * at - 0.03 * place)
            for place, outcome in enumerate(OUTCOMES)
            for at, model in enumerate(MODELS)
        ]
        frame = pd.DataFrame(rows, columns=["what", "who", "auroc"])
        frame.loc[4, "auroc"] = np.nan  # hidden by the gate
        return frame.assign(low=frame["auroc"] - 0.012, high=frame["auroc"] + 0.011)

    def by_group(self):
        levels = {
            "Sex": ["Women and girls", "Men and boys"],
            "Age": ["0-17", "18-64", "65-84", "85+"],
            "Ethnic group": ["Asian", "Black", "Mixed", "Other", "White", "not stated"],
            "Deprivation quintile (1 = most deprived)": list("12345"),
        }
        rows = [(group, level) for group, names in levels.items() for level in names]
        frame = pd.DataFrame(rows, columns=["group_name", "level"])
        frame["oe"] = np.linspace(0.8, 1.3, len(frame))
        frame.loc[9, "oe"] = np.nan
        return frame.assign(low=0.9 * frame["oe"], high=1.15 * frame["oe"])

    def calibration(self):
        risk = np.geomspace(0.002, 0.55, 20)
        parts = [
            pd.DataFrame(
                {"what": outcome, "who": model, "mean_risk": risk, "observed": risk * (1 - 0.1 * at)}
            )
            for outcome in OUTCOMES
            for at, model in enumerate(MODELS[:2])
        ]
        frame = pd.concat(parts, ignore_index=True)
        frame.loc[:3, "observed"] = np.nan
        return frame.assign(low=frame["observed"] * 0.9, high=(frame["observed"] * 1.1).clip(upper=1))

    def decision_curve(self):
        at = np.linspace(0.01, 0.4, 14)
        treat_all = 0.05 - 0.95 * at / (1 - at)
        lines = {
            "Boosted trees": 0.045 * np.exp(-4 * at),
            "Logistic regression": 0.045 * np.exp(-5 * at),
            "Last year's cost": 0.04 * np.exp(-7 * at),
            "Everybody": treat_all,
            "Nobody": 0 * at,
        }
        parts = [
            pd.DataFrame({"what": outcome, "who": who, "threshold": at, "net_benefit": benefit})
            for outcome in OUTCOMES
            for who, benefit in lines.items()
        ]
        frame = pd.concat(parts, ignore_index=True)
        return frame.assign(low=frame["net_benefit"] - 0.001, high=frame["net_benefit"] + 0.001)

    def by_month(self):
        parts = [
            pd.DataFrame({"what": outcome, "who": model, "month": range(1, 13), "auroc": 0.8 - 0.04 * at})
            for outcome in OUTCOMES
            for at, model in enumerate(MODELS[:3])
        ]
        frame = pd.concat(parts, ignore_index=True)
        frame["auroc"] -= 0.004 * frame["month"]
        frame.loc[5, "auroc"] = np.nan
        return frame.assign(low=frame["auroc"] - 0.02, high=frame["auroc"] + 0.02)

    def quintiles(self):
        parts = [
            pd.DataFrame(
                {
                    "who": model,
                    "quintile": ["1 (most deprived)", "2", "3", "4", "5 (least deprived)"],
                    "share_of_list": [0.34 - 0.02 * at, 0.22, 0.17, 0.15, 0.12 + 0.02 * at],
                    "share_of_people": [0.33, 0.2, 0.16, 0.16, 0.15],
                    "share_of_events": [0.37, 0.21, 0.16, np.nan, 0.11],
                }
            )
            for at, model in enumerate(MODELS[:3])
        ]
        return pd.concat(parts, ignore_index=True)

    def importance(self):
        value = np.linspace(0.9, 0.02, len(FEATURES))
        rank = [2, 1, 3, np.nan, 5, np.nan, np.nan, 4]
        frame = pd.DataFrame({"feature": FEATURES, "mean_abs_shap": value, "planted_rank": rank})
        return frame.assign(low=value * 0.95, high=value * 1.06)

    def stability(self):
        rows = [
            (feature, seed, min(8, max(1, at + 1 + (seed * (at > 2)) % 3 - 1)))
            for at, feature in enumerate(FEATURES)
            for seed in range(5)
        ]
        return pd.DataFrame(rows, columns=["feature", "seed", "rank"])

    def dependence(self):
        bins = {
            "Age": ["0-4", "5-14", "15-24", "25-34", "35-44", "45-54", "55-64", "65-74", "75-84", "85+"],
            "Number of conditions": ["0", "1", "2", "3", "4 or more"],
            "Deprivation decile": [str(n) for n in range(1, 11)],
        }
        rows = [(feature, name, at) for feature, names in bins.items() for at, name in enumerate(names)]
        frame = pd.DataFrame(rows, columns=["feature", "bin", "place"])
        frame["mean_shap"] = 0.3 * frame["place"] - 0.8
        frame["n"] = [float(12_345 * (at % 4) + 950) for at in frame["place"]]
        people = frame["n"].map(lambda n: f"{n / 1000:.0f}k")
        frame["bin"] = frame["bin"] + "\n" + people.where(frame.index != 4, "[c]")
        frame.loc[4, "mean_shap"] = np.nan
        return frame.assign(low=frame["mean_shap"] - 0.1, high=frame["mean_shap"] + 0.1)

    def shap_truth(self):
        planted = np.linspace(-0.4, 1.1, 7)
        frame = pd.DataFrame({"driver": FEATURES[1:], "planted": planted})
        return frame.assign(mean_shap_difference=0.7 * planted + 0.05)

    def rules(self):
        names = [f"{one} and {two}" for one, two in zip(FEATURES[1:], FEATURES, strict=False)]
        lift = np.linspace(5.2, 1.1, len(names))
        frame = pd.DataFrame({"rule": names, "lift": lift, "lift_train": lift * 1.1})
        return frame.assign(low=lift * 0.9, high=lift * 1.12)

    def profile(self):
        steps = [-3.1, 1.2, 0.7, 0.4, -0.35, 0.2, -0.1, -1.05]
        names = ["base", *FEATURES[:6], "total"]
        labels = ["Everybody", *(f"{name}: 3.4" for name in FEATURES[:6]), "This profile"]
        return pd.DataFrame({"feature": names, "label": labels, "contribution": steps})
