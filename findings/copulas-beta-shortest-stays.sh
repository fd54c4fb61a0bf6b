#!/usr/bin/env bash
# A beta distribution fitted to lengths of stay leaves out the shortest stay, though a quarter of all are that long.
#
# Versions:  copulas 0.14.1 (sdv 2.0.0 uses it), scipy 1.17.1, numpy 2.4.6, pandas 2.3.3, Python 3.11
# Expected:  a distribution between bounds that is fitted to stays of 1 to 14 nights begins at 1: its fit is started
#            from the least and the largest value.
# Seen:      BetaUnivariate.fit ends at a lower bound of 2.0 for each of six made-up samples, in which 25% of stays
#            are of 1 night. No number drawn from it is below 2, and means are off by up to 50%. It only refuses a
#            fit that lies outside the data altogether; nothing is raised.
# Matters:   it is the default for numbers in sdv's GaussianCopulaSynthesizer: 20,000 stays drawn after those of
#            Diabetes 130-US hospitals held none of 1 night, and visits with a mean of 0.21 came back with 1.21. Ask
#            for another distribution (numerical_distributions), and look at the least value drawn and at the mean.
#
# Run by hand: it makes a folder of its own, installs the pinned packages and fails if the behaviour changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv env
env/bin/pip install --quiet --disable-pip-version-check copulas==0.14.1 scipy==1.17.1 numpy==2.4.6 pandas==2.3.3
env/bin/python - <<'PY'
import warnings

import copulas
import numpy as np
from copulas.univariate import BetaUnivariate

warnings.simplefilter("ignore")
for seed in range(6):
    stays = np.random.default_rng(seed).geometric(0.25, 5_000).clip(1, 14).astype(float)
    fitted = BetaUnivariate()
    fitted.fit(stays)
    np.random.seed(0)
    drawn = np.asarray(fitted.sample(5_000))
    print(
        f"copulas {copulas.__version__}: {(stays == 1).mean():.0%} of stays are of 1 night, mean {stays.mean():.2f}; "
        f"drawn: from {drawn.min():.2f} on, mean {drawn.mean():.2f}"
    )
    assert (stays == 1).mean() > 0.24 and drawn.min() >= 2, "the behaviour has changed"
PY
