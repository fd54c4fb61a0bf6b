"""What synthetic rows give away about the people they were learnt from, over what they say of anybody.

Every measure has its own chance value, found on real people that the generator never saw.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis_lib.models.synthetic.judge.coded import Coded, find_nearest
from analysis_lib.models.synthetic.judge.people import auc_with_limits, draw_weights, limits_of
from analysis_lib.models.synthetic.judge.rows import Rows, sample_rows

MOST_MADE = 1_000  # synthetic rows whose nearest real row is looked for
MOST_NEAR = 5_000  # training rows, and as many of the holdout, whose membership is guessed
MOST_ATTACKED = 1_000  # and of which secrets are guessed and halves linked
MOST_SEARCHED = 20_000  # rows among which the nearest is looked for
PREDICATES = 1_000  # descriptions


@dataclass(frozen=True)
class Attacked:
    """Rows that an attack is tried on: of the training people, and as many of people never seen.

    Attributes
    ----------
    rows : Coded
    is_member : ndarray of bool, shape (n,)
        Whether a row is one of the training rows.
    weights : ndarray of float32, shape (draws, n)
        Draws of the people.
    holdout_rows : ndarray of int
        Places in the holdout of those who are no members.
    """

    rows: Coded
    is_member: NDArray[np.bool_]
    weights: NDArray[np.float32]
    holdout_rows: NDArray[np.int64]

    def gain(self, success: NDArray) -> tuple[float, float, float]:
        """Return by how much a success is more frequent among members, with limits."""
        drawn = np.vstack([np.ones((1, len(success)), np.float32), self.weights])
        shares = [
            (drawn[:, part] * success[part]).sum(1) / drawn[:, part].sum(1)
            for part in (self.is_member, ~self.is_member)
        ]
        apart = shares[0] - shares[1]
        return float(apart[0]), *limits_of(apart[1:])


def choose_attacked(
    train: Coded,
    holdout: Coded,
    weights: tuple[NDArray[np.float32], NDArray[np.float32]],
    most: int,
    rng: np.random.Generator,
) -> Attacked:
    """Draw at most so many rows of each to try attacks on; `weights` are draws of their people."""
    n = min(len(train), len(holdout), most)
    parts = [sample_rows(len(coded), n, rng) for coded in (train, holdout)]
    return Attacked(
        train.take(parts[0]).join(holdout.take(parts[1])),
        np.arange(2 * n) < n,
        np.hstack([w[:, part] for w, part in zip(weights, parts, strict=True)]),
        parts[1],
    )


def add_copies(rows: Rows, synthetic: Coded, train: Coded, holdout: Coded, rng: np.random.Generator) -> None:
    """Add the share of synthetic rows that equal a training row (exact_copies), and the excess over others.

    The excess (copies_excess) is over the share that equal a holdout row, with as many rows of each: people
    with few and frequent values are equal by chance. Limits are over draws of the different synthetic rows.
    """
    made, learnt, others = (coded.hashes() for coded in (synthetic, train, holdout))
    rows.add("exact_copies", np.isin(made, learnt).mean(), n=len(made))
    n = min(len(learnt), len(others))
    halves = [np.isin(made, h[sample_rows(len(h), n, rng)]) for h in (learnt, others)]
    rows.add("exact_copies_holdout", halves[1].mean(), n=len(made))
    excess = halves[0].astype(np.float32) - halves[1]
    _add_mean(rows, "copies_excess", excess, made, rng)


def add_dcr(rows: Rows, synthetic: Coded, train: Coded, holdout: Coded, rng: np.random.Generator) -> None:
    """Add the share of synthetic rows that are nearer to a training row than to any holdout row (dcr_share).

    As many rows of each; as near to both counts half. 0.5 by chance. Limits are over draws of the real rows
    that are nearest, each with all the synthetic rows near it: a lonely row may draw many.
    """
    n = min(len(train), len(holdout), MOST_SEARCHED)
    made = synthetic.take(sample_rows(len(synthetic), MOST_MADE, rng))
    learnt, others = (coded.take(sample_rows(len(coded), n, rng)) for coded in (train, holdout))
    everything = [range(len(synthetic.layout.names))]
    (to_learnt,), (which,) = find_nearest(made, learnt, everything)
    (to_others,), (which_other,) = find_nearest(made, others, everything)
    nearer = (to_learnt < to_others) + 0.5 * (to_learnt == to_others)
    real = np.where(to_learnt <= to_others, learnt.hashes()[which], others.hashes()[which_other])
    _add_mean(rows, "dcr_share", nearer, real, rng)


def _add_mean(rows: Rows, name: str, values: NDArray, clusters: NDArray, rng: np.random.Generator) -> None:
    weights = draw_weights(clusters, rng)
    rows.add(name, values.mean(), *limits_of(weights @ values / weights.sum(1)), n=len(values))


def distance_to(rows: Coded, among: Coded, rng: np.random.Generator) -> NDArray[np.float32]:
    """Return the distance of each row to the nearest of others, of at most 20,000 of them, shape (n,)."""
    chosen = among.take(sample_rows(len(among), MOST_SEARCHED, rng))
    return np.sqrt(find_nearest(rows, chosen, [range(len(rows.layout.names))])[0][0])


def add_membership(
    rows: Rows, attacked: Attacked, synthetic: Coded, usual: NDArray[np.float32], rng: np.random.Generator
) -> None:
    """Add how well nearness to a synthetic row tells training people from others (membership_auc).

    And nearness relative to other real people (membership_relative_auc): the distance to the nearest
    reference row, as a part of its sum with that to the nearest synthetic row. Somebody in a crowd is near to
    everything. Both 0.5 by chance.

    Parameters
    ----------
    rows : Rows
    attacked : Attacked
    synthetic : Coded
    usual : ndarray of float32, shape (n,)
        Distance of each attacked row to the nearest reference row (`distance_to`); missing where the
        reference has rows of the same person.
    rng : numpy.random.Generator

    References
    ----------
    Chen, D. et al. (2020), GAN-Leaks, ACM CCS, 343–362. van Breugel, B. et al. (2023), Membership inference
    attacks against synthetic data through overfitting detection, AISTATS, PMLR 206, 3493–3514.
    """
    near = distance_to(attacked.rows, synthetic, rng)
    rows.add("membership_auc", *auc_with_limits(-near, attacked.is_member, attacked.weights), n=len(near))
    told = ~np.isnan(usual)
    both = near + usual
    part = np.divide(usual, both, out=np.full(len(both), 0.5, both.dtype), where=both > 0)
    limits = auc_with_limits(part[told], attacked.is_member[told], attacked.weights[:, told])
    rows.add("membership_relative_auc", *limits, n=told.sum())


def add_guesses(
    rows: Rows, attacked: Attacked, synthetic: Coded, secrets: Sequence[str], rng: np.random.Generator
) -> None:
    """Add two attacks in which the synthetic row nearest to what is known of a person tells the rest.

    Attribute: by how much more often a secret is guessed for training people than for others
    (attribute_gain). The attacker knows all other columns of a person, and guesses the bin that the nearest
    synthetic row has. The gain is of all secrets together, and of each. What the synthetic rows teach about
    everybody is no gain: it holds for the others too.

    Linkability: how often both halves of a person's columns lead to the same synthetic row
    (linkability_gain). The attacker has every second column in one file and the rest in another, and takes
    two rows for one person's if the nearest synthetic row of both is the same. The gain is over other
    people's rows, on which it works by chance (linkability_holdout).

    References
    ----------
    Giomi, M. et al. (2023), A unified framework for quantifying privacy risk in synthetic data, PoPETs
    2023(2), 312–328 (attacks with a holdout for the chance value).
    """
    names = synthetic.layout.names
    if len(names) < 2:
        return
    everything = np.arange(len(names))
    places = [names.index(secret) for secret in secrets]
    wanted = [everything[::2], everything[1::2], *(np.delete(everything, place) for place in places)]
    # In random order, so that among equally near rows chance decides
    among = synthetic.take(rng.permutation(len(synthetic))[:MOST_SEARCHED])
    nearest = find_nearest(attacked.rows, among, wanted)[1]
    _add_linkability(rows, attacked, nearest[0] == nearest[1])
    success = []
    for secret, place, row in zip(secrets, places, nearest[2:], strict=True):
        success.append(among.bins[row, place] == attacked.rows.bins[:, place])
        rows.add("attribute_gain", *attacked.gain(success[-1]), group=secret, n=len(attacked.rows))
    if success:
        rows.add("attribute_gain", *attacked.gain(np.mean(success, axis=0)), n=len(attacked.rows))


def _add_linkability(rows: Rows, attacked: Attacked, linked: NDArray[np.bool_]) -> None:
    for name, part in zip(("linkability", "linkability_holdout"), (1, 0), strict=True):
        rows.add(name, linked[attacked.is_member == part].mean(), n=int((attacked.is_member == part).sum()))
    rows.add("linkability_gain", *attacked.gain(linked), n=len(attacked.rows))


def add_singling_out(
    rows: Rows, synthetic: Coded, train: Coded, holdout: Coded, rng: np.random.Generator
) -> None:
    """Add how often a description taken from a synthetic row is of exactly one person (singling_out_gain).

    A description says the bins of some columns, drawn at random, at least half of them: in one column alone
    rare values would decide the result. The gain is over the same descriptions in as many rows of the
    holdout. Limits are over draws of descriptions.
    """
    n = min(len(train), len(holdout), MOST_SEARCHED)
    parts = [coded.bins[sample_rows(len(coded), n, rng)].T.copy() for coded in (train, holdout)]
    chosen = synthetic.bins[rng.integers(0, len(synthetic), PREDICATES)]
    # Said by column of how many rows of each half: the rarest first, and few are left to look at
    n_bins = max(int(bins.max(initial=0)) for bins in (*parts, chosen)) + 1
    common = np.array([[np.bincount(column, minlength=n_bins) for column in bins] for bins in parts])
    n_columns = chosen.shape[1]
    alone = np.zeros((2, PREDICATES))
    for place, said in enumerate(chosen):
        columns = rng.permutation(n_columns)[: rng.integers((n_columns + 1) // 2, n_columns + 1)]
        for half, bins in enumerate(parts):
            first, *rest = columns[np.argsort(common[half, columns, said[columns]])]
            left = np.flatnonzero(bins[first] == said[first])
            for column in rest:
                if not len(left):
                    break
                left = left[bins[column, left] == said[column]]
            alone[half, place] = len(left) == 1
    for name, share in zip(("singling_out", "singling_out_holdout"), alone.mean(1), strict=True):
        rows.add(name, share, n=PREDICATES)
    _add_mean(rows, "singling_out_gain", alone[0] - alone[1], np.arange(PREDICATES), rng)
