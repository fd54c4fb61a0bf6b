"""Made-up admissions with planted relations, and how far two tables are apart."""

from itertools import combinations, pairwise

import numpy as np
import pandas as pd

from analysis_lib.models.synthetic import Column, Rule, Schema
from analysis_lib.models.synthetic.gan import LATENT

SPECIALTIES = ["100", "101", "110", "120", "300", "320", "340", "430", "501", "502", "800"]
SCHEMA = Schema(
    columns={
        "age": Column("whole", low=0, high=90),
        "sex": Column("label", codes=(1, 2)),
        "imd_quintile": Column("label", codes=(1, 2, 3, 4, 5)),
        "tretspef": Column("label"),
        "admimeth": Column("label", codes=("11", "21", "81")),
        "classpat": Column("label", codes=("1", "2")),
        "has_procedure": Column("flag"),
        "cost": Column("number", low=0),
        "speldur": Column("whole", low=0, days=True),
    },
    derived={
        "age_group": lambda frame: frame["age"] // 10,
        "pod": lambda frame: frame["admimeth"].str[0] + frame["classpat"],
    },
    rules=(
        Rule("a day case stays no night", lambda frame: frame["classpat"] == "2", {"speldur": 0}),
        Rule(
            "no man is admitted to obstetrics",
            lambda frame: (frame["tretspef"] == "501") & (frame["sex"] == 1),
        ),
    ),
    groups=("sex", "imd_quintile"),
)


def draw_admissions(n, seed):
    rng = np.random.default_rng(seed)
    age = np.where(rng.random(n) < 0.3, rng.integers(0, 40, n), rng.normal(65, 15, n).clip(0, 90)).astype(int)
    sex = rng.integers(1, 3, n)
    quintile = rng.choice(5, n, p=[0.3, 0.25, 0.2, 0.15, 0.1]) + 1.0
    weight = np.ones((n, len(SPECIALTIES)))
    weight[:, 4:7] += (age[:, None] > 60) * 3
    weight[:, 7] *= np.where(age > 75, 8, 0.2)
    weight[:, 8:10] *= ((sex == 2) & (age > 15) & (age < 50))[:, None] * 9 + np.array([0, 0.1])
    weight[:, 10] *= 1 + quintile
    specialty = (rng.random(n)[:, None] * weight.sum(1, keepdims=True) > weight.cumsum(1)).sum(1)
    medical = (specialty >= 4) & (specialty < 8)
    urgent = rng.random(n) < np.where(medical, 0.75, 0.3) + 0.05 * (3 - quintile) * 0.5
    day_case = ~urgent & (rng.random(n) < np.where(medical, 0.5, 0.75))
    mean = np.exp(0.3 + 0.02 * age + 0.5 * medical + 0.3 * urgent - 0.5 * (sex == 2) * (specialty == 8))
    stay = np.where(day_case, 0, rng.poisson(rng.gamma(0.8, mean / 0.8)))
    procedure = rng.random(n) < np.where(medical, 0.2, 0.8) + 0.1 * day_case
    cost = (300 + 350 * stay + 800 * procedure) * rng.lognormal(0, 0.3, n)
    frame = pd.DataFrame(
        {
            "age": age,
            "sex": sex,
            "imd_quintile": np.where(rng.random(n) < 0.04, np.nan, quintile),
            "tretspef": np.array(SPECIALTIES)[specialty],
            "admimeth": np.where(urgent, "21", np.where(rng.random(n) < 0.1, "81", "11")),
            "classpat": np.where(day_case, "2", "1"),
            "has_procedure": procedure,
            "cost": np.where(rng.random(n) < 0.1 + 0.2 * urgent, np.nan, cost.round(-2)),
            "speldur": stay,
        }
    )
    return frame[~((frame["tretspef"] == "501") & (frame["sex"] == 1))].reset_index(drop=True)


def learn_nothing(rows, sizes, seed, steps, batch, width):
    """In place of a GAN's learning, which takes ten seconds to compile for each table: random networks."""
    rng = np.random.default_rng(seed)
    widths = [LATENT, width, width, sum(sizes)]
    return [
        ((rng.normal(size=pair) * np.sqrt(2 / pair[0])).astype(np.float32), np.zeros(pair[1], np.float32))
        for pair in pairwise(widths)
    ]


def binned(frame, bins):
    """Every column in at most ten bins, of the real rows' quantiles; missing is a bin."""
    parts = {}
    for name, column in SCHEMA.columns.items():
        values = frame[name]
        if column.is_number:
            ends = np.unique(np.nanquantile(bins[name].to_numpy(float), np.linspace(0, 1, 11)))
            values = pd.Series(np.searchsorted(ends[1:-1], values), index=values.index).mask(
                values.isna(), 99
            )
        parts[name] = values.astype(object).where(frame[name].notna(), "missing").astype(str)
    return pd.DataFrame(parts)


def apart(one, two, size):
    """Mean total variation between the tables' distributions of `size` columns."""
    one_binned, two_binned = binned(one, one), binned(two, one)
    distances = {}
    for names in combinations(SCHEMA.columns, size):
        shares = [b.value_counts(list(names), normalize=True) for b in (one_binned, two_binned)]
        distances[names] = 0.5 * shares[0].sub(shares[1], fill_value=0).abs().sum()
    return pd.Series(distances)
