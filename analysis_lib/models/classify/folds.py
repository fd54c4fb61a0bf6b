"""Who is trained on, calibrated on, listed from and judged: by a hash of the person, so that none moves."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

FOLD_SHARES: dict[str, float] = {"train": 0.30, "calibrate": 0.10, "threshold": 0.10, "evaluate": 0.50}


def assign_folds(person_id: pd.Series, shares: Mapping[str, float] = FOLD_SHARES, seed: int = 0) -> pd.Series:
    """Assign each person to a fold by a keyed hash of the identifier.

    A person has the same fold at every index date, in any order of rows, on any engine, in any process.

    Parameters
    ----------
    person_id : Series
        Identifiers, text or whole numbers (hashed as text); may repeat.
    shares : mapping of str to float
        Fold and expected share of people, in order; they sum to 1.
    seed : int
        Other numbers give other folds. 0 or more, below 10**12.

    Returns
    -------
    Series of category
        ``fold``, with the index of `person_id`.

    Raises
    ------
    ValueError
        If shares do not sum to 1, or an identifier is missing.

    Notes
    -----
    SipHash-2-4 of the UTF-8 text (`pandas.util.hash_array`) under the key ``fold`` and the seed in twelve
    digits, read as a number in [0, 1). A hash of an identifier hides nothing: a fold is person-level.
    """
    if abs(sum(shares.values()) - 1) > 1e-9 or min(shares.values()) < 0:
        raise ValueError(f"Shares of folds must be 0 or more and sum to 1: {dict(shares)}.")
    if person_id.isna().any():
        raise ValueError(f"{person_id.isna().sum():,} rows have no identifier: leave them out first.")
    text = person_id.astype(str).to_numpy(object)
    number = pd.util.hash_array(text, hash_key=f"fold{seed:012d}", categorize=False) / 2.0**64
    ends = np.cumsum(list(shares.values()))[:-1]
    codes = np.searchsorted(ends, number, side="right")
    folds = pd.Categorical.from_codes(codes, categories=list(shares))
    return pd.Series(folds, index=person_id.index, name="fold")
