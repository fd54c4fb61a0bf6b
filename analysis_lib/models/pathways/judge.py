"""Whether generated pathways are like those of people they were not fitted on, and copy none."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from analysis_lib.measures.cells import TooFewPoints
from analysis_lib.models.pathways.collect import N_LOTS, Pathways

EMERGENCY = "emergency"
ENDS = ("died", "left", "none")
#: How far generated people may be from real ones: shares of the value where it says so.
WANTED = {
    "mean": 0.03,
    "any": 0.03,
    "variance": 0.15,
    "transition": 0.02,
    "gap": 0.10,
    "contact by 30 days": 0.01,
    "contact by 90 days": 0.01,
    "classifier": 0.60,
    "copies": 0.0,
    "copies with days": 0.0,
}
RELATIVE = ("mean", "variance", "gap")
QUANTILES = (0.25, 0.5, 0.75, 0.9)
FEWEST = 10  # people, or index stays, of whom something is compared
LONG = 5  # steps from which on a sequence can be a copy
_BY = (30, 90)


@dataclass(frozen=True)
class _Sums:
    """Sums by lot, from which all measures follow."""

    n: NDArray[np.float64]  # lots, levels
    one: NDArray[np.float64]  # lots, levels, settings: steps
    two: NDArray[np.float64]  # squares of the number of steps of a person
    some: NDArray[np.float64]  # people with a step
    pair: NDArray[np.float64]  # lots, levels, settings, settings + ends: next steps
    gap: NDArray[np.float64]  # lots, levels, days: gaps
    index: NDArray[np.float64]  # lots, levels: stays
    seen: NDArray[np.float64]  # lots, levels, settings + any, times: followed by a contact
    people: NDArray[np.int64]  # levels, settings: people from whose steps the next is counted


def judge_pathways(
    trained: Pathways, other: Pathways, generated: Pathways, seed: int = 0, most: int = 20_000
) -> pd.DataFrame:
    """Compare generated people with real ones that nothing was fitted on.

    Parameters
    ----------
    trained, other : Pathways
        The half that was fitted on, and the other.
    generated : Pathways
        About as many, of the same settings, levels and days.
    seed : int
        Of who is drawn for the classifier.
    most : int
        People of each kind that the classifier sees.

    Returns
    -------
    DataFrame
        check, use_level and setting ("all" where it is of all), real, generated (the measure among the other
        half and the generated), difference (of these, as `wanted` counts it), difference_real (of the half
        fitted on from the other), wanted (greatest difference), noise (of sampling), met.

        - mean: steps a person, difference as a share. any: share of people with a step. variance: of steps a
          person over their mean, as a share.
        - transition: probability of the next step given setting and level, ends among them, where it differs
          most; of "transitions within", values are shares of these that differ by no more than is wanted.
        - gap: days to the next step (quartiles and ninth tenth), where they differ most, as a share.
        - contact by 30, 90 days: share of first emergency stays after which the setting was seen by then,
          among those that begin 90 days before the end or more.
        - classifier: AUROC of telling generated from real people, and one half of these from the other.
        - copies: share of people with `LONG` steps or more whose order of settings is that of someone fitted
          on; with days: whose days are too.

    Raises
    ------
    ValueError
        If settings, levels or days are not the same.
    TooFewPoints
        If one of the three has fewer than 10 people.

    Notes
    -----
    A check is met if the difference is at most `wanted` plus `noise`: the half-width of a 95% interval of a
    difference between samples of these sizes (the half fitted on is one of them: its chance is in the model
    too), Bonferroni over the rows of the check, with standard errors from the delete-a-group jackknife over
    lots of people; those of copies are of shares, that of the classifier is Hanley and McNeil's (1982)
    Radiology 143:29-36. Small samples let through what would not do.
    """
    for one in (other, generated):
        if (one.settings, one.levels, one.n_days) != (trained.settings, trained.levels, trained.n_days):
            raise ValueError("Pathways to compare are of the same settings, levels and days.")
    if min(len(one) for one in (trained, other, generated)) < FEWEST:
        raise TooFewPoints("These people are too few to compare made-up pathways with theirs.")
    return pd.concat(
        [
            _compare_sums(*(_sum(one) for one in (trained, other, generated)), trained),
            _compare_looks(trained, other, generated, seed, most),
            _count_copies(trained, other, generated),
        ],
        ignore_index=True,
    )


def _sum(pathways: Pathways) -> _Sums:
    n_levels, n, n_days = len(pathways.levels), len(pathways.settings), pathways.n_days
    own = pathways.lot.astype("int64") % N_LOTS * n_levels + pathways.level
    counts = pathways.counts().astype("float64")

    def add(values: NDArray[np.float64]) -> NDArray[np.float64]:
        columns = [np.bincount(own, column, minlength=N_LOTS * n_levels) for column in values.T]
        return np.stack(columns, axis=-1).reshape(N_LOTS, n_levels, -1)

    every = np.column_stack([counts, counts.sum(axis=1)])
    cell = own[pathways.person]
    setting = pathways.setting.astype("int64")
    after, last = _next(pathways)
    width = n + len(ENDS)
    pair = np.bincount((cell * n + setting) * width + after, minlength=N_LOTS * n_levels * n * width)
    gap = np.maximum(np.diff(pathways.day, append=0) - pathways.until, 0)[~last]
    gaps = np.bincount(
        cell[~last] * n_days + np.minimum(gap, n_days - 1), minlength=N_LOTS * n_levels * n_days
    )
    who = np.unique(pathways.person.astype("int64") * n + setting)
    people = np.bincount(pathways.level[who // n].astype("int64") * n + who % n, minlength=n_levels * n)
    index, seen = _follow_stays(pathways)
    shape = (N_LOTS, n_levels)
    return _Sums(
        n=np.bincount(own, minlength=N_LOTS * n_levels).reshape(shape).astype("float64"),
        one=add(every),
        two=add(every**2),
        some=add((every > 0).astype("float64")),
        pair=pair.reshape(*shape, n, width).astype("float64"),
        gap=gaps.reshape(*shape, n_days).astype("float64"),
        index=np.bincount(own[index], minlength=N_LOTS * n_levels).reshape(shape).astype("float64"),
        seen=np.stack(
            [
                np.stack(
                    [
                        np.bincount(own[index], column <= by, minlength=N_LOTS * n_levels).reshape(shape)
                        for by in _BY
                    ],
                    axis=-1,
                )
                for column in seen.T
            ],
            axis=2,
        ),
        people=people.reshape(n_levels, n),
    )


def _next(pathways: Pathways) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return the setting of each step's next, or the end that follows; and which steps are the last."""
    n = len(pathways.settings)
    last = np.diff(pathways.person, append=-1) != 0
    ends = np.where(pathways.died, 0, np.where(pathways.end < pathways.n_days, 1, 2)) + n
    after = np.append(pathways.setting[1:], 0).astype("int64")
    return np.where(last, ends[pathways.person], after), last


def _follow_stays(pathways: Pathways) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return whose first emergency stay is followed, and days to each setting and to any (far if none)."""
    n, far = len(pathways.settings), np.int64(10**6)
    if EMERGENCY not in pathways.settings:
        return np.zeros(0, "int64"), np.zeros((0, n + 1), "int64")
    code = pathways.settings.index(EMERGENCY)
    stays = np.flatnonzero((pathways.setting == code) & (pathways.until + _BY[-1] < pathways.n_days))
    who, place = np.unique(pathways.person[stays], return_index=True)
    stays = stays[place]
    of = np.full(len(pathways), -1)
    of[who] = stays
    step = np.arange(len(pathways.person))
    later = np.flatnonzero((of[pathways.person] >= 0) & (step > of[pathways.person]))
    wait = np.maximum(pathways.day[later] - pathways.until[of[pathways.person[later]]], 0)
    days = np.full((len(pathways), n + 1), far)
    np.minimum.at(days, (pathways.person[later], pathways.setting[later]), wait)
    days[:, n] = days[:, :n].min(axis=1)
    return who.astype("int64"), days[who]


def _drop_lots(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the sum over all lots, then over all but each."""
    total = sums.sum(axis=0, keepdims=True)
    return np.concatenate([total, total - sums])


def _add_all(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return sums by level, the second axis, with those of all levels behind."""
    return np.concatenate([sums, sums.sum(axis=1, keepdims=True)], axis=1)


def jackknife_error(values: NDArray[np.float64], present: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return the jackknife's standard error from values with each lot left out, those with people."""
    kept = values[1:][present]
    m = len(kept)
    return np.sqrt((m - 1) / max(m, 1) * ((kept - kept.mean(axis=0)) ** 2).sum(axis=0))


def _measures(sums: _Sums) -> dict[str, NDArray[np.float64]]:
    """Return all measures, each with all people and without each lot in front."""
    with np.errstate(invalid="ignore", divide="ignore"):
        n, one, two, some = (_drop_lots(x) for x in (sums.n, sums.one, sums.two, sums.some))
        n, one, two, some = (_add_all(x) for x in (n, one, two, some))
        mean = one / n[..., None]
        pair, index, seen = _drop_lots(sums.pair), _drop_lots(sums.index), _drop_lots(sums.seen)
        index, seen = _add_all(index), _add_all(seen)
        gap = _drop_lots(sums.gap)
        reach = np.cumsum(gap, axis=-1)
        reach /= reach[..., -1:]
        found = {
            "mean": mean,
            "any": some / n[..., None],
            "variance": (two / n[..., None] - mean**2) / mean,
            "transition": pair / pair.sum(axis=-1, keepdims=True),
            # Within a day the share is taken to rise evenly: a jump of whole days would have no error.
            "gap": np.stack([_quantile(reach, q) for q in QUANTILES], axis=-1),
        }
        for k, by in enumerate(_BY):
            found[f"contact by {by} days"] = seen[..., k] / index[..., None]
    return found


def _quantile(reach: NDArray[np.float64], q: float) -> NDArray[np.float64]:
    day = (reach < q).sum(axis=-1)
    day = np.minimum(day, reach.shape[-1] - 1)
    above = np.take_along_axis(reach, day[..., None], -1)[..., 0]
    below = np.where(day > 0, np.take_along_axis(reach, np.maximum(day - 1, 0)[..., None], -1)[..., 0], 0)
    return day + (q - below) / (above - below)


def _compare_sums(trained: _Sums, other: _Sums, generated: _Sums, names: Pathways) -> pd.DataFrame:
    sums = (trained, other, generated)
    found = [_measures(one) for one in sums]
    present = [one.n.sum(axis=1) > 0 for one in sums]
    levels, settings = [*names.levels, "all"], [*names.settings, "all"]
    tables = []
    # Whether enough real people have what is compared.
    some = other.some.sum(axis=0)
    some = np.concatenate([some, some.sum(axis=0, keepdims=True)])
    index = np.append(other.index.sum(axis=0), other.index.sum())
    enough = {
        "mean": some >= FEWEST,
        "any": some >= FEWEST,
        "variance": some >= FEWEST,
        "transition": (other.people >= FEWEST)[..., None] & np.ones(len(settings) - 1 + len(ENDS), bool),
        "gap": (other.gap.sum(axis=(0, 2)) >= FEWEST)[:, None] & np.ones(len(QUANTILES), bool),
    }
    enough |= {
        f"contact by {by} days": (index >= FEWEST)[:, None] & np.ones(len(settings), bool) for by in _BY
    }
    for check in found[0]:
        a, b, c = (one[check][0] for one in found)
        errors = [jackknife_error(one[check], has) for one, has in zip(found, present, strict=True)]
        size = np.abs(b) if check in RELATIVE else np.ones_like(b)
        with np.errstate(invalid="ignore", divide="ignore"):
            difference, real = np.abs(c - b) / size, np.abs(a - b) / size
            noise = np.sqrt(sum(error**2 for error in errors)) / size
        valid = enough[check] & np.isfinite(difference) & np.isfinite(noise)
        z = stats.norm.ppf(1 - 0.025 / max(valid.sum(), 1))
        table = {
            "real": b,
            "generated": c,
            "difference": difference,
            "difference_real": real,
            "noise": z * noise,
        }
        if check in ("transition", "gap"):
            tables.append(_worst(check, table, valid, levels, settings))
        else:
            i, j = np.nonzero(valid)
            rows = pd.DataFrame({name: column[i, j] for name, column in table.items()})
            rows.insert(0, "setting", np.array(settings)[j])
            rows.insert(0, "use_level", np.array(levels)[i])
            tables.append(_decide(rows, check))
    return pd.concat(tables, ignore_index=True)


def _worst(
    check: str,
    table: dict[str, NDArray[np.float64]],
    valid: NDArray[np.bool_],
    levels: list[str],
    settings: list[str],
) -> pd.DataFrame:
    """Return a row for each level and setting: the cell that is furthest beyond its noise."""
    beyond = np.where(valid, table["difference"] - table["noise"], -np.inf)
    at = beyond.argmax(axis=-1)[..., None]
    chosen = np.nonzero(valid.any(axis=-1))
    rows = pd.DataFrame(
        {name: np.take_along_axis(column, at, -1)[..., 0][chosen] for name, column in table.items()}
    )
    rows.insert(0, "setting", np.array(settings)[chosen[1]] if len(chosen) > 1 else "all")
    rows.insert(0, "use_level", np.array(levels)[chosen[0]])
    rows = _decide(rows, check)
    if check != "transition":
        return rows
    within = (table["difference"] <= WANTED[check])[valid].mean()
    real = (table["difference_real"] <= WANTED[check])[valid].mean()
    share = {
        "check": "transitions within",
        "use_level": "all",
        "setting": "all",
        "real": real,
        "generated": within,
    }
    share |= {"difference": 1 - within, "difference_real": 1 - real, "wanted": np.nan, "noise": np.nan}
    return pd.concat([rows, pd.DataFrame([share | {"met": bool(rows["met"].all())}])], ignore_index=True)


def _decide(rows: pd.DataFrame, check: str) -> pd.DataFrame:
    """Add check, wanted and met, and put columns in order."""
    rows = rows.assign(check=check, wanted=WANTED[check])
    rows["met"] = rows["difference"] <= rows["wanted"] + rows["noise"]
    first = ["check", "use_level", "setting", "real", "generated", "difference", "difference_real"]
    return rows[[*first, "wanted", "noise", "met"]]


def describe_people(pathways: Pathways) -> NDArray[np.float32]:
    """Return what a classifier sees of each person, shape (people, features).

    Level; steps by setting; days of the first and last step; shortest, mean and longest gap; gaps of 0, of 1
    and of 2 to 7 days; nights of stays; next steps by setting and setting.
    """
    n = len(pathways.settings)
    after, last = _next(pathways)
    person = pathways.person[~last].astype("int64")
    gap = np.maximum(np.diff(pathways.day, append=0) - pathways.until, 0)[~last]
    cells = (person * n + pathways.setting[~last]) * n + after[~last]
    pairs = np.bincount(cells, minlength=len(pathways) * n * n).reshape(len(pathways), -1)
    first, final = np.full(len(pathways), np.nan), np.full(len(pathways), np.nan)
    final[pathways.person] = pathways.day  # the last one stays
    first[pathways.person[::-1]] = pathways.day[::-1]
    number = np.bincount(person, minlength=len(pathways))
    low, high = np.full(len(pathways), np.inf), np.full(len(pathways), -np.inf)
    np.minimum.at(low, person, gap)
    np.maximum.at(high, person, gap)
    with np.errstate(invalid="ignore"):
        mean = np.bincount(person, gap, minlength=len(pathways)) / number
    classes = [(gap == 0), (gap == 1), (gap > 1) & (gap <= 7)]
    columns = [
        pathways.level,
        *pathways.counts().T,
        first,
        final,
        np.where(number > 0, low, np.nan),
        mean,
        np.where(number > 0, high, np.nan),
        *(np.bincount(person, within, minlength=len(pathways)) for within in classes),
        np.bincount(pathways.person, pathways.until - pathways.day, minlength=len(pathways)),
    ]
    return np.column_stack([np.column_stack(columns), pairs]).astype("float32")


def _compare_looks(
    trained: Pathways, other: Pathways, generated: Pathways, seed: int, most: int
) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    real = describe_people(other)
    level = other.level
    rows = []
    for made in (generated, trained):
        # As many of each level on either side, so that the mix of levels gives nothing away.
        chosen: list[tuple[NDArray[np.int64], NDArray[np.int64]]] = []
        share = min(1.0, most / min(len(other), len(made)))
        for k in range(len(other.levels)):
            ours, theirs = np.flatnonzero(level == k), np.flatnonzero(made.level == k)
            size = int(min(len(ours), len(theirs)) * share)
            chosen.append((rng.permutation(ours)[:size], rng.permutation(theirs)[:size]))
        a, b = (np.concatenate(part) for part in zip(*chosen, strict=True))
        rows.append(_tell_apart(real[a], describe_people(made)[b], rng))
    (value, noise), (value_real, _) = rows
    row = {"real": value_real, "generated": value, "difference": value, "difference_real": value_real}
    table = pd.DataFrame([{"use_level": "all", "setting": "all", **row, "noise": noise}])
    return _decide(table, "classifier")


def _tell_apart(
    one: NDArray[np.float32], two: NDArray[np.float32], rng: np.random.Generator
) -> tuple[float, float]:
    """Return AUROC on a third of the people of trees fitted on the others, and its 95% half-width."""
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.metrics import roc_auc_score
    from threadpoolctl import threadpool_limits

    if len(one) < FEWEST or len(two) < FEWEST:
        return np.nan, np.nan
    features = np.concatenate([one, two])
    label = np.repeat([0, 1], [len(one), len(two)])
    order = rng.permutation(len(label))
    test, train = order[: len(label) // 3], order[len(label) // 3 :]
    trees = HistGradientBoostingClassifier(
        max_iter=80,
        max_leaf_nodes=15,
        min_samples_leaf=40,
        early_stopping=False,
        random_state=int(rng.integers(2**31)),
    )
    # Threads that wait for each other on a busy machine take many times as long; loaded by now, so limited.
    with threadpool_limits(1, user_api="openmp"):
        trees.fit(features[train], label[train])
        value = roc_auc_score(label[test], trees.predict_proba(features[test])[:, 1])
    n1 = label[test].sum()
    n0 = len(test) - n1
    q1, q2 = value / (2 - value), 2 * value**2 / (1 + value)
    spread = value * (1 - value) + (n1 - 1) * (q1 - value**2) + (n0 - 1) * (q2 - value**2)
    return float(value), float(stats.norm.ppf(0.975) * np.sqrt(spread / (n0 * n1)))


def hash_sequences(pathways: Pathways, days: bool = False) -> NDArray[np.uint64]:
    """Return a number for the whole sequence of each person with `LONG` steps or more: equal if that is."""
    size = np.bincount(pathways.person, minlength=len(pathways))
    start = np.cumsum(size) - size
    place = np.arange(len(pathways.person)) - start[pathways.person]
    word = pathways.setting.astype("uint64") + np.uint64(1)
    if days:
        word = word + pathways.day.astype("uint64") * np.uint64(64)
    mixed = _mix(_mix(place.astype("uint64")) ^ word)
    total = np.zeros(len(pathways), "uint64")
    some = size > 0
    if some.any():
        total[some] = np.add.reduceat(mixed, start[some])
    return total[size >= LONG]


def _mix(number: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return numbers as if drawn at random, the same for the same (the finaliser of SplitMix64)."""
    number = number + np.uint64(0x9E3779B97F4A7C15)
    number = (number ^ (number >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    number = (number ^ (number >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return number ^ (number >> np.uint64(31))


def _count_copies(trained: Pathways, other: Pathways, generated: Pathways) -> pd.DataFrame:
    tables = []
    for check, days in (("copies", False), ("copies with days", True)):
        known = np.unique(hash_sequences(trained, days))
        shares, sizes = [], []
        for one in (other, generated):
            own = hash_sequences(one, days)
            sizes.append(len(own))
            shares.append(float(np.isin(own, known).mean()) if len(own) else np.nan)
        if min(sizes) < FEWEST:
            continue
        # Of both together, so that a share of 0 has an error too.
        both = (shares[0] * sizes[0] + shares[1] * sizes[1] + 0.5) / (sum(sizes) + 1)
        error = np.sqrt(both * (1 - both) * (1 / sizes[0] + 1 / sizes[1]))
        row = {"use_level": "all", "setting": "all", "real": shares[0], "generated": shares[1]}
        row |= {"difference": max(shares[1] - shares[0], 0.0), "difference_real": 0.0}
        tables.append(_decide(pd.DataFrame([row | {"noise": stats.norm.ppf(0.975) * error}]), check))
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame()
