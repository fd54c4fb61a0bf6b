#!/usr/bin/env bash
# Exponential smoothing with a damped trend gives another forecast when its input changes in the 16th digit.
#
# Versions:  statsmodels 0.15.0, numpy 2.4.6, scipy 1.17.1, pandas 3.1.1, Python 3.11
# Expected:  series of 24 months that differ by less than 1e-14 have the same best fit, to many digits.
# Seen:      of 41 such copies of one series, ETSModel(error="add", trend="add", damped_trend=True).fit() ends at
#            different points: log likelihoods 38.27 to 38.85, forecasts 1.1% apart. Nothing is raised. It was
#            so for 2 of 120 made-up series with three copies each.
# Matters:   a logarithm, a sum in another order or another build of numpy changes that digit, so a forecast, and
#            the error it is scored by, can differ between two machines with the same data and the same seeds.
#            Compare the likelihoods of several starts, or search a grid of the smoothing weights.
#
# Run by hand: it makes a folder of its own, installs the pinned packages and fails if the behaviour changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv env
env/bin/pip install --quiet --disable-pip-version-check statsmodels==0.15.0 numpy==2.4.6 scipy==1.17.1 pandas==3.1.1
env/bin/python - <<'PY'
import warnings

import numpy as np
import pandas as pd
import statsmodels
from statsmodels.tsa.exponential_smoothing.ets import ETSModel

warnings.simplefilter("ignore")
SEASON = [1.03, 1.02, 1.0, 0.98, 0.99, 0.98, 0.97, 0.93, 1.01, 1.09, 1.04, 0.96]


def fit(values):
    fitted = ETSModel(pd.Series(values), error="add", trend="add", damped_trend=True).fit(disp=False)
    return np.asarray(fitted.forecast(6)), fitted.llf


random = np.random.default_rng(2)
plain = np.resize(SEASON, 24) * 1.06 ** (np.arange(24) / 12) * np.exp(random.normal(0, 0.03, 24))
series = np.log(1e6 * plain)
fits = [fit(series)]
for _ in range(40):
    other = series + random.choice([-2, -1, 0, 1, 2], 24) * np.spacing(series)
    assert np.abs(series - other).max() < 1e-14
    fits.append(fit(other))
likelihoods = [llf for _, llf in fits]
worst, best = (fits[index(likelihoods)] for index in (np.argmin, np.argmax))
apart = np.abs(np.expm1(worst[0] - best[0])).max()
print(
    f"statsmodels {statsmodels.__version__}: log likelihoods from {worst[1]:.2f} to {best[1]:.2f}, "
    f"forecasts up to {apart:.1%} apart, for 41 series that differ by less than 1e-14"
)
assert best[1] - worst[1] > 0.1 and apart > 0.005, "the behaviour has changed"
PY
