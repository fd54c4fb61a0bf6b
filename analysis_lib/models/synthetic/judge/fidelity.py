"""How near synthetic rows are to the rows they were learnt from."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.tree import DecisionTreeClassifier

from analysis_lib.models.synthetic.judge.coded import Coded
from analysis_lib.models.synthetic.judge.people import auc_with_limits, limits_of, sum_by_level
from analysis_lib.models.synthetic.judge.rows import Rows, level_names, sample_rows
from analysis_lib.models.synthetic.judge.use import boost

FOLDS = 2
MOST_BOOSTED = 2_500  # rows of each kind that the classifier learns from
MOST_IN_TREES = 2_500  # rows of each kind in the trees of pMSE
LEAF = 50  # rows of a leaf of these trees
PERMUTATIONS = 5


def add_distances(rows: Rows, synthetic: Coded, train: Coded) -> None:
    """Add the mean total variation of columns (marginals_tv) and of pairs of columns (pairs_tv).

    Half the sum of the absolute differences of shares, over the bins of the columns. The interval of a
    distance is over generator seeds: drawing people again makes every distance larger.
    """
    # A synthetic label may be one that no real row has
    n_bins = np.maximum(train.layout.n_bins, synthetic.bins.max(0, initial=0) + 1)
    single = [_apart(synthetic.bins[:, [i]], train.bins[:, [i]], n_bins[[i]]) for i in range(len(n_bins))]
    rows.add("marginals_tv", np.mean(single), n=len(synthetic))
    places = [list(pair) for pair in combinations(range(len(n_bins)), 2)]
    pairs = [_apart(synthetic.bins[:, pair], train.bins[:, pair], n_bins[pair]) for pair in places]
    rows.add("pairs_tv", np.mean(pairs) if pairs else np.nan, n=len(synthetic))


def _apart(one: NDArray[np.int64], two: NDArray[np.int64], n_bins: NDArray[np.int64]) -> float:
    cells = int(np.prod(n_bins))
    shares = [np.bincount(np.ravel_multi_index(t.T, n_bins), minlength=cells) / len(t) for t in (one, two)]
    return float(np.abs(shares[0] - shares[1]).sum() / 2)


def add_two_sample(
    rows: Rows,
    synthetic: Coded,
    holdout: Coded,
    weights: tuple[NDArray, NDArray],
    people: NDArray[np.int64],
    rng: np.random.Generator,
) -> None:
    """Add how well boosted trees tell synthetic rows from real ones (two_sample_auc): 0.5 if not at all.

    The real ones are of people that the generator never saw: beside the rows it learnt from, a generator that
    copies a little scores below 0.5. Cross-fitted: a row is judged by trees that saw neither it nor another
    row of its person. As many rows of each kind. `weights` are the draws of the synthetic rows and of the
    holdout people; `people` says whose each holdout row is.
    """
    n = min(len(synthetic), len(holdout), MOST_BOOSTED)
    made, real = sample_rows(len(synthetic), n, rng), sample_rows(len(holdout), n, rng)
    axes = np.vstack([synthetic.axes[made], holdout.axes[real]])
    is_made = np.arange(2 * n) < n
    fold = np.concatenate(
        [rng.permutation(n) % FOLDS, rng.integers(0, FOLDS, people.max() + 1)[people[real]]]
    )
    score = np.zeros(2 * n)
    for k in range(FOLDS):
        fitted = boost(axes[fold != k], is_made[fold != k], holdout.layout.is_label, rng)
        score[fold == k] = fitted(axes[fold == k])
    both = np.hstack([weights[0][:, made], weights[1][:, real]])
    rows.add("two_sample_auc", *auc_with_limits(score, is_made, both), n=2 * n)


def add_pmse(rows: Rows, synthetic: Coded, holdout: Coded, rng: np.random.Generator) -> None:
    """Add the propensity mean squared error of a tree over its mean with shuffled labels (pmse_ratio).

    1 where a tree finds no more than chance. Trees see broken dependence, which main effects do not. The
    interval is over generator seeds.

    References
    ----------
    Snoke, J. et al. (2018), General and specific utility measures for synthetic data, Journal of the Royal
    Statistical Society A 181, 663–688. Bowen, C. M. and Snoke, J. (2021), Journal of Privacy and
    Confidentiality 11(1) (trees and the permutation null).
    """
    n = min(len(synthetic), len(holdout), MOST_IN_TREES)
    made, real = sample_rows(len(synthetic), n, rng), sample_rows(len(holdout), n, rng)
    axes = np.vstack([synthetic.axes[made], holdout.axes[real]])
    is_made = np.arange(2 * n) < n
    tree = DecisionTreeClassifier(min_samples_leaf=LEAF, random_state=0)

    def error(label: NDArray[np.bool_]) -> float:
        return float(np.mean((tree.fit(axes, label).predict_proba(axes)[:, 1] - 0.5) ** 2))

    null = np.mean([error(rng.permutation(is_made)) for _ in range(PERMUTATIONS)])
    rows.add("pmse_ratio", error(is_made) / null if null else np.nan, n=2 * n)


def add_group_differences(
    rows: Rows,
    synthetic: pd.DataFrame,
    train: pd.DataFrame,
    columns: Sequence[str],
    groups: Sequence[str],
    weights: tuple[NDArray, NDArray],
) -> None:
    """Add by how much the mean of a column is above the real one (NAME_difference), of all and by group.

    Days of stay, and rates of a flag. n is the real rows of the group; missing values are left out.
    """
    everybody = pd.Series("", index=range(len(synthetic))), pd.Series("", index=range(len(train)))
    named = [everybody, *((level_names(synthetic, g), level_names(train, g)) for g in groups)]
    for column in columns:
        values = [f[column].to_numpy(float, na_value=np.nan) for f in (synthetic, train)]
        for made, real in named:
            levels = pd.Index(sorted(set(real)))
            sums = [
                sum_by_level(v, levels.get_indexer(names), len(levels), w)
                for v, names, w in zip(values, (made, real), weights, strict=True)
            ]
            with np.errstate(invalid="ignore", divide="ignore"):
                apart = sums[0][0] / sums[0][1] - sums[1][0] / sums[1][1]
            for level, draws, n in zip(levels, apart.T, sums[1][1][0], strict=True):
                rows.add(f"{column}_difference", draws[0], *limits_of(draws[1:]), group=level, n=int(n))
