#!/usr/bin/env bash
# The Jeffreys interval of a share leaves out the share itself where nobody, or everybody, had the event.
#
# Versions:  statsmodels 0.15.0, numpy 2.4.6, scipy 1.17.1, pandas 3.1.1, Python 3.11
# Expected:  a confidence interval holds the estimate: 0 of 10 begins at 0, 10 of 10 ends at 1, as the papers on
#            this interval have it, and as the other methods of the same function do. Of 0 trials there is none.
# Seen:      proportion_confint(0, 10, method="jeffreys") is 0.00005 to 0.21720, and of 10 out of 10 it is
#            0.78280 to 0.99995: both leave out the observed share. Of 0 out of 0 it is 0.0015 to 0.9985, where
#            wilson and beta give missing values. Nothing is raised.
# Matters:   error bars are drawn as estimate - low and high - estimate: here one of them is negative, which plotting
#            libraries refuse. A table of wards says of one without any patient what its rate lies between. Put the
#            end to 0 or 1 where the count is none or all, and leave out rows without trials.
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
import statsmodels
from statsmodels.stats.proportion import proportion_confint

warnings.simplefilter("ignore")
COUNTS = [(0, 10), (10, 10), (0, 0)]


def interval(method):
    return [proportion_confint(count, trials, method=method) for count, trials in COUNTS]


print(f"statsmodels {statsmodels.__version__}")
for method in ("jeffreys", "wilson", "beta"):
    shown = "   ".join(f"{k} of {n}: {low:.5f} to {high:.5f}" for (k, n), (low, high) in zip(COUNTS, interval(method)))
    print(f"{method:<9} {shown}")
none, every, nothing = interval("jeffreys")
assert none[0] > 1e-5 and every[1] < 1 - 1e-5, "the Jeffreys interval holds the share now"
assert np.isfinite(nothing).all(), "the Jeffreys interval of no trials is missing now"
for method in ("wilson", "beta"):
    none, every, nothing = interval(method)
    assert abs(none[0]) < 1e-12 and abs(every[1] - 1) < 1e-12, f"{method} differs"
PY
