"""The edge model with a small network on top: what an edge adds may depend on age, sex and conditions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, Self

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse
from scipy.special import expit

from analysis_lib.models.classify.fit import read_outcome
from analysis_lib.models.classify.folds import assign_folds
from analysis_lib.models.temporal.edge_model import DEMOGRAPHICS, FEATURE, INNER, EdgeModel, _summarise

UNITS = 8  # of the network
N_FOLDS = 3
RUNGS = ((12, 5), (4, 15), (2, 35))  # draws that go on, and the epochs that each has then learnt
EPOCHS = 5  # at a time, so that one compilation serves all
BATCH = 512
BEYOND = 1.5  # standard errors: with 1, the best of 12 draws won in 3 of 13 worlds of no effects; now in 2
FEWEST_IN_A_CELL = 2.0  # Fisher information: with less, the standard error of an effect is above 0.7
NOISE = 0.01  # of the first weights, so that each of them can learn
N_NODES = 24  # of the quadrature of integrated gradients
WAYS = ("integrated gradients", "occlusion")


class Gates(eqx.Module):
    """What the network adds to log odds: loads of features, turned up, down or round by the context.

    The sum over units of ``(present · load) × tanh(context · turn + shift)``: of one person at a time, with
    no statistic of a batch.
    """

    load: Any  # shape (units, features)
    turn: Any  # shape (units, columns of the context)
    shift: Any  # shape (units,)

    def __call__(self, present: Any, context: Any) -> Any:
        """Return what is added, shape (n_rows,): by JAX to learn, by NumPy in float64 to predict."""
        return ((present @ self.load.T) * self.open(context)).sum(axis=-1)

    def open(self, context: Any) -> Any:
        """Return how far each gate is open, from -1 to 1, shape (n_rows, units)."""
        engine = jnp if isinstance(self.turn, jax.Array) else np
        return engine.tanh(context @ self.turn.T + self.shift)


class Draw(NamedTuple):
    """What the search chooses."""

    n_features: int
    learning_rate: float
    penalty: float  # of loads, in standard errors of the gradient of a feature that says nothing


@dataclass
class TemporalNet(EdgeModel):
    """Edge model, and a network of gates that lets the effect of an edge depend on age, sex and conditions.

    The log odds are those of `EdgeModel`, which stay as they are, plus what a network of 8 gates adds. It
    sees the features that the edge model explains least, and the context of each person: age, sex, and codes
    such as conditions. Where the network is no better on people left out, it is left out itself, and the
    model is the edge model.

    Parameters
    ----------
    features, outcome, fewest, seed
        As for `EdgeModel`; the seed is also that of the draws and of the network.
    most : int
        Most features (edges by gap band, and codes) that the network sees.
    context : str
        Codes that begin so are context; "" is all codes.

    Attributes
    ----------
    coefficients_, n_people_, base_, path_
        As of `EdgeModel`, of the linear part.
    search_ : DataFrame
        A row for the linear part alone (draw 0), and one each time that one of 12 draws was judged: draw,
        n_features (seen), learning_rate, penalty (on loads, in standard errors of the gradient of a feature
        that says nothing), epochs (learnt), log_loss (of people left out, mean), standard_error (of what it
        is above the least; rows of one person are taken together), chosen.
    screened_ : ndarray of int64
        The features that the network uses; none where it was left out.

    Notes
    -----
    *Screening.* For each feature and each column of the context, the score test of their product, given the
    edge model and the feature itself (Rao CR (1948) Proc Camb Philos Soc 44:50-57); features are ranked by
    the largest of their statistics, that of the feature alone among them. An L1 model would miss an edge that
    harms some and protects others: it has no effect on average. *First weights.* The one-step estimates of
    products beyond the universal threshold (Donoho DL, Johnstone IM (1994) Biometrika 81:425-455), as the
    nearest matrix of rank 8, with a little noise. *Learning.* Adam on the log loss, and after each step the
    proximal step of a group lasso on the loads of each feature. *Search.* 12 random draws with successive
    halving (Jamieson K, Talwalkar A (2016) AISTATS) over three folds of people; linear part and screening are
    made anew in each. The edge model is kept where it is within 1.5 standard errors of the best draw.

    Learning is in float32, on the device that JAX chooses; no count is summed there. Predictions are in
    float64 by NumPy. The same seed on the same machine gives the same risks.
    """

    most: int = 300
    context: str = "condition:"

    def fit(self, train: pd.DataFrame) -> Self:
        """Fit the edge model, search the network inside folds of `train`, and fit it to everybody.

        Parameters
        ----------
        train : DataFrame
            As for `EdgeModel.fit`.

        Raises
        ------
        KeyError, ValueError, TooFewPoints
            As for `EdgeModel.fit`.
        """
        self._gates, self.screened_ = None, np.empty(0, np.int64)
        super().fit(train)
        y = read_outcome(train, self.outcome).astype("float64")
        problem, present = self._pose(train, y), self._present(train)
        begins = self.features["first"].str.startswith(self.context) & self.features["then"].isna()
        self._codes = np.intersect1d(np.flatnonzero(begins), self._kept)
        names = self._encoder.get_feature_names_out()
        self._own = {k: name[:3] for k, name in enumerate(names) if name == "age" or name.startswith("sex_")}
        context, n = self._context(train, present), min(self.most, len(self._kept))

        def screen(linear: NDArray[np.float64], rows: NDArray[np.bool_]) -> _People:
            return _People.screen(present, context, y, linear, rows, self._kept, n, self._spread)

        draws, parts = (draw_settings(n, self.seed) if n else []), []
        penalty = self.path_.loc[self.path_["chosen"], "penalty"].to_numpy()
        shares = dict.fromkeys(range(N_FOLDS), 1 / N_FOLDS)
        folds = assign_folds(train["person_id"], shares, self.seed + INNER + 1)
        for fold in range(N_FOLDS):
            rows = (folds != fold).to_numpy()
            parts.append(screen(next(problem.fit_path(penalty, rows)).log_odds, rows))
        losses, steps = _halve(draws, parts, self.seed)
        self.search_ = _tell(draws, losses, steps, train["person_id"])
        chosen = self.search_[self.search_["chosen"]].iloc[0]
        if chosen["draw"]:
            everybody = screen(super()._log_odds(train), np.ones(len(y), bool))
            learner = _Learner(draws[chosen["draw"] - 1], everybody, self.seed)
            learner.go_on(chosen["epochs"])
            self.screened_, self._gates = learner.read()
        self._strength = self._measure(present, self._occlude(train, present)[0])
        return self

    def explain(
        self, frame: pd.DataFrame, how: Literal["integrated gradients", "occlusion"] = "integrated gradients"
    ) -> pd.DataFrame:
        """Return what each person's log odds are made of.

        Parameters
        ----------
        frame : DataFrame
            As for `predict`, with person_id.
        how : {"integrated gradients", "occlusion"}
            Integrated gradients (Sundararajan M and others (2017) ICML) on the straight way from somebody of
            average age and sex with no features; with `base_` they sum to the log odds. Occlusion: how far
            the log odds fall if this one feature is left out, and all others stay; age and sex become the
            average. These do not sum to anything.

        Returns
        -------
        DataFrame
            person_id, first, then, bin, contribution (log odds), as of `EdgeModel.explain`.

        Raises
        ------
        ValueError
            If it is to be explained in another way.
        """
        if how not in WAYS:
            raise ValueError(f"how is one of {', '.join(WAYS)}: {how!r} given.")
        present = self._present(frame)
        explain = self._integrate if how == WAYS[0] else self._occlude
        return self._list(frame, present, *explain(frame, present))

    def rank(self) -> pd.DataFrame:
        """Return the features that risks depend on, the one that moves them most first.

        By occlusion: what a feature adds to all others, of those learnt from.

        Returns
        -------
        DataFrame
            rank (from 1); first, then, bin; n_people (of those learnt from); log_odds (that the feature adds,
            mean of those who have it); effect (mean of its absolute value, over all). Where harm to some and
            protection of others cancel out, log_odds is near 0, and effect is not.
        """
        table = self.features[FEATURE].assign(n_people=self.n_people_, **self._strength)
        table = table[table["effect"] > 0].sort_values("effect", ascending=False, kind="stable")
        table.insert(0, "rank", np.arange(1, len(table) + 1))
        return table.reset_index(drop=True)

    def _log_odds(self, frame: pd.DataFrame) -> NDArray[np.float64]:
        linear = super()._log_odds(frame)
        if self._gates is None:
            return linear
        present = self._present(frame)
        return linear + (self._loads(present) * self._gates.open(self._context(frame, present))).sum(axis=1)

    def _loads(self, present: sparse.csr_array) -> NDArray[np.float64]:
        """Return what the features bring to each gate, shape (n_rows, units)."""
        return present[:, self.screened_] @ self._gates.load.T

    def _context(self, frame: pd.DataFrame, present: sparse.csr_array) -> NDArray[np.float64]:
        """Return age and sex, 0 on average, and whether each code is present; shape (n_rows, columns)."""
        people = (self._demographics(frame) - self._mean)[:, list(self._own)]
        return np.hstack([people, present[:, self._codes].toarray()])

    def _rescale(self, intercept: float, slope: float) -> None:
        super()._rescale(intercept, slope)
        self._strength = {name: value * slope for name, value in self._strength.items()}
        if self._gates is not None:
            self._gates = Gates(self._gates.load * slope, self._gates.turn, self._gates.shift)

    def _measure(self, present: sparse.csr_array, added: NDArray[np.float64]) -> dict[str, Any]:
        """Return, of each feature, the mean of what it adds where present, and of its size over all."""
        n = len(self.features)
        total = np.bincount(present.indices, added, minlength=n)
        size = np.bincount(present.indices, np.abs(added), minlength=n)
        return {"log_odds": total / np.maximum(self.n_people_, 1), "effect": size / present.shape[0]}

    def _integrate(
        self, frame: pd.DataFrame, present: sparse.csr_array
    ) -> tuple[NDArray[np.float64], dict[str, NDArray[np.float64]]]:
        """Return integrated gradients: of what is present, in its order, and of age and sex."""
        of_features, of_people = self.coefficients_[present.indices], self._of_demographics(frame)
        if self._gates is None:
            return of_features, of_people
        gates, context, loads = self._gates, self._context(frame, present), self._loads(present)
        nodes, weights = np.polynomial.legendre.leggauss(N_NODES)
        open_, slope = np.zeros_like(loads), np.zeros_like(loads)
        for node, weight in zip((nodes + 1) / 2, weights / 2, strict=True):
            there = gates.open(node * context)
            open_ += weight * there
            slope += weight * node * (1 - there**2)
        of_context = (loads * slope) @ gates.turn * context
        row, place = self._entries(present, self.screened_)
        of_features[place >= 0] += (open_[row] * gates.load.T[place[place >= 0]]).sum(axis=1)
        row, place = self._entries(present, self._codes)
        of_features[place >= 0] += of_context[row, place[place >= 0] + len(self._own)]
        for column, name in enumerate(self._own.values()):
            of_people[name] = of_people[name] + of_context[:, column]
        return of_features, of_people

    def _occlude(
        self, frame: pd.DataFrame, present: sparse.csr_array
    ) -> tuple[NDArray[np.float64], dict[str, NDArray[np.float64]]]:
        """Return by how much the log odds fall without each one, as `_integrate`."""
        of_features, of_people = self.coefficients_[present.indices], self._of_demographics(frame)
        if self._gates is None:
            return of_features, of_people
        gates, context, loads = self._gates, self._context(frame, present), self._loads(present)
        open_ = gates.open(context)
        row, place = self._entries(present, self.screened_)
        of_features[place >= 0] += (open_[row] * gates.load.T[place[place >= 0]]).sum(axis=1)
        for column, code in enumerate(self._codes, len(self._own)):
            found = present.indices == code
            who = np.flatnonzero(context[:, column])
            without = context[who]
            without[:, column] = 0
            left = loads[who] - gates.load[:, self.screened_ == code].sum(axis=1)
            of_features[found] += (left * (open_[who] - gates.open(without))).sum(axis=1)
        for name in DEMOGRAPHICS.columns:
            columns = [k for k, of in enumerate(self._own.values()) if of == name]
            without = context.copy()
            without[:, columns] = 0
            of_people[name] = of_people[name] + (loads * (open_ - gates.open(without))).sum(axis=1)
        return of_features, of_people

    def _entries(
        self, present: sparse.csr_array, features: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the place of each entry among some features, -1 if none, and the rows of those with one."""
        places = np.full(len(self.features), -1)
        places[features] = np.arange(len(features))
        place = places[present.indices]
        return np.repeat(np.arange(present.shape[0]), np.diff(present.indptr))[place >= 0], place


@dataclass(frozen=True)
class _People:
    """Who is learnt from, and what the network sees of them."""

    present: sparse.csr_array  # of the features seen, the least explained first
    context: NDArray[np.float64]
    y: NDArray[np.float64]
    linear: NDArray[np.float64]  # log odds of the edge model
    rows: NDArray[np.bool_]  # of those learnt from; the others are left out
    features: NDArray[np.int64]
    spread: NDArray[np.float64]  # standard deviations of the features
    first: Gates
    batches: tuple

    @classmethod
    def screen(
        cls,
        present: sparse.csr_array,
        context: NDArray[np.float64],
        y: NDArray[np.float64],
        linear: NDArray[np.float64],
        rows: NDArray[np.bool_],
        candidates: NDArray[np.int64],
        most: int,
        spread: NDArray[np.float64],
    ) -> _People:
        """Choose the features that the edge model explains least, and put people into batches."""
        found, effects = score_products(
            present[rows][:, candidates],
            context[rows],
            (y - expit(linear))[rows],
            (expit(linear) * expit(-linear))[rows],
        )
        order = np.argsort(-found, kind="stable")[:most]
        features = candidates[order]
        seen = present[:, features]
        first = _first(effects[order] * spread[features, None], context[rows].mean(axis=0))
        columns = (context, linear, y)
        batches = _batch(rows, seen.astype("uint8").toarray(), *(c.astype("float32") for c in columns))
        # Once on the device, for all draws
        batches = tuple(jnp.asarray(part) for part in batches)
        return cls(seen, context, y, linear, rows, features, spread[features], first, batches)


def score_products(
    present: sparse.csr_array,
    context: NDArray[np.float64],
    error: NDArray[np.float64],
    weight: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Test for each feature whether a model misses it, alone or in its product with the context.

    Parameters
    ----------
    present : sparse array of float64, shape (n_rows, features)
        Ones where a feature is present.
    context : ndarray of float64, shape (n_rows, columns)
    error : ndarray of float64, shape (n_rows,)
        Outcome less risk.
    weight : ndarray of float64, shape (n_rows,)
        Variance of the outcome: risk times its complement.

    Returns
    -------
    largest : ndarray of float64, shape (features,)
        The largest absolute score statistic of a feature; standard normal, each, where nothing is missed.
    effects : ndarray of float64, shape (features, columns)
        One-step estimates of products, drawn towards 0 by the universal threshold.
    """
    n = context.shape[1]
    sums = present.T @ np.column_stack(
        [error, weight, error[:, None] * context, weight[:, None] * context, weight[:, None] * context**2]
    )
    alone, mass, products, firsts, squares = np.split(sums, [1, 2, 2 + n, 2 + 2 * n], axis=1)
    mass = np.maximum(mass, 1e-12)
    score, information = products - firsts / mass * alone, squares - firsts**2 / mass
    told = information >= FEWEST_IN_A_CELL
    root = np.sqrt(np.where(told, information, 1))
    z = np.where(told, score / root, 0)
    beyond = np.maximum(np.abs(z) - np.sqrt(2 * np.log(max(z.size, 1))), 0)
    largest = np.abs(np.hstack([alone / np.sqrt(mass), z])).max(axis=1)
    return largest, np.sign(z) * beyond / root


def _first(effects: NDArray[np.float64], middle: NDArray[np.float64]) -> Gates:
    """Return gates that add about these effects of products: the nearest matrix of rank UNITS."""
    left, size, right = np.linalg.svd(effects, full_matrices=False)
    load, turn = np.zeros((UNITS, len(effects))), np.zeros((UNITS, effects.shape[1]))
    kept = min(UNITS, len(size))
    load[:kept], turn[:kept] = 2 * (left * size).T[:kept], right[:kept] / 2
    return Gates(load, turn, -turn @ middle)


def _batch(rows: NDArray[np.bool_], *columns: NDArray[Any]) -> tuple[NDArray[Any], ...]:
    """Return batches of one shape, as many for some rows as for all, and the weight of each row.

    What only fills the last batches weighs nothing; those of fillers alone are never learnt from.
    """
    n = -(-len(rows) // BATCH) * BATCH
    # Mixed once: whoever follows in a file may be alike
    chosen = np.random.default_rng(0).permutation(np.flatnonzero(rows))

    def put(values: NDArray[Any]) -> NDArray[Any]:
        filled = np.zeros((n, *values.shape[1:]), values.dtype)
        filled[: len(chosen)] = values[chosen]
        return filled.reshape(n // BATCH, BATCH, *values.shape[1:])

    return *(put(values) for values in columns), put(np.ones(len(rows), np.float32))


class _Learner:
    """A network that learns, with its settings."""

    def __init__(self, draw: Draw, people: _People, seed: int) -> None:
        rng = np.random.default_rng(seed)
        gates = [np.asarray(part) for part in jax.tree.leaves(people.first)]
        noisy = [part + NOISE * rng.standard_normal(part.shape) for part in gates]
        self.gates = Gates(*(jnp.asarray(part.astype("float32")) for part in noisy))
        self.draw, self.people, self.epochs, self.rng = draw, people, 0, rng
        self.memory = optax.adam(1.0).init(self.gates)
        kept = np.arange(len(people.features)) < draw.n_features
        self.scale = kept / people.spread
        self.shrink = draw.penalty * np.sqrt(BATCH / people.rows.sum() * UNITS)

    def go_on(self, epochs: int) -> None:
        """Learn until so many epochs are done; each has as many steps as everybody has batches."""
        n_steps, n_batches = len(self.people.batches[0]), -(-self.people.rows.sum() // BATCH)
        while self.epochs < epochs:
            passes = [self.rng.permutation(n_batches) for _ in range(-(-EPOCHS * n_steps // n_batches))]
            order = np.concatenate(passes)[: EPOCHS * n_steps].astype("int32")
            self.gates, self.memory = _learn(
                self.gates,
                self.memory,
                self.people.batches,
                order,
                *np.array([self.draw.learning_rate, self.shrink], "float32"),
                self.scale.astype("float32"),
            )
            self.epochs += EPOCHS

    def read(self) -> tuple[NDArray[np.int64], Gates]:
        """Return the features that are used, and the gates for them, in float64."""
        load, turn, shift = (np.asarray(part, "float64") for part in jax.tree.leaves(self.gates))
        load = load * self.scale
        used = np.flatnonzero(np.abs(load).max(axis=0))
        return self.people.features[used], Gates(load[:, used], turn, shift)

    def losses(self) -> NDArray[np.float64]:
        """Return the log loss of each row that is left out."""
        people, out = self.people, ~self.people.rows
        load, turn, shift = (np.asarray(part, "float64") for part in jax.tree.leaves(self.gates))
        added = Gates(load * self.scale, turn, shift)(people.present[out], people.context[out])
        return _log_loss(people.y[out], people.linear[out] + added)


def loss_of(gates: Gates, batch: tuple, scale: Any) -> Any:
    """Return the mean log loss of a batch."""
    present, context, linear, y, weight = batch
    log_odds = linear + gates(present.astype(jnp.float32) * scale, context)
    return (weight * optax.sigmoid_binary_cross_entropy(log_odds, y)).sum() / weight.sum()


@jax.jit
def _learn(
    gates: Gates, memory: Any, batches: tuple, order: Any, rate: Any, shrink: Any, scale: Any
) -> tuple[Gates, Any]:
    """Take a step for each batch of the order."""

    def step(state: tuple, number: Any) -> tuple:
        gates, memory = state
        slope = jax.grad(loss_of)(gates, jax.tree.map(lambda part: part[number], batches), scale)
        change, memory = optax.adam(rate).update(slope, memory)
        gates = optax.apply_updates(gates, change)
        size = jnp.sqrt((gates.load**2).sum(axis=0) + 1e-20)
        load = gates.load * jnp.maximum(1 - rate * shrink / size, 0)
        return (Gates(load, gates.turn, gates.shift), memory), None

    return jax.lax.scan(step, (gates, memory), order)[0]


def draw_settings(most: int, seed: int) -> list[Draw]:
    """Draw settings for the search, evenly on the log scale."""
    rng = np.random.default_rng(seed)
    n = RUNGS[0][0]
    sizes = np.round(np.exp(rng.uniform(np.log(min(20, most)), np.log(most), n))).astype(int)
    rates, penalties = np.exp(rng.uniform(np.log([[1e-3], [1.2]]), np.log([[2e-2], [2.4]]), (2, n)))
    return [
        Draw(int(size), rate, penalty) for size, rate, penalty in zip(sizes, rates, penalties, strict=True)
    ]


def _halve(draws: list[Draw], parts: list[_People], seed: int) -> tuple[NDArray[np.float64], pd.DataFrame]:
    """Search: return losses of the rows, first of the linear part, then of each draw and rung; and which."""
    linear = np.empty(len(parts[0].y))
    for people in parts:
        out = ~people.rows
        linear[out] = _log_loss(people.y, people.linear)[out]
    learners = [[_Learner(draw, people, seed) for people in parts] for draw in draws]
    losses, steps, last = [linear], [(0, 0)], np.zeros(len(draws))
    for n, until in RUNGS:
        last[np.argsort(last, kind="stable")[n:]] = np.inf
        for k in np.flatnonzero(np.isfinite(last)):
            loss = np.empty_like(linear)
            for learner in learners[k]:
                learner.go_on(until)
                loss[~learner.people.rows] = learner.losses()
            last[k] = loss.mean()
            losses.append(loss)
            steps.append((k + 1, until))
    return np.column_stack(losses), pd.DataFrame(steps, columns=["draw", "epochs"])


def _log_loss(y: NDArray[np.float64], log_odds: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.logaddexp(0, (1 - 2 * y) * log_odds)


def _tell(
    draws: list[Draw], losses: NDArray[np.float64], steps: pd.DataFrame, person_id: pd.Series
) -> pd.DataFrame:
    """Return the search; the linear part is chosen unless a draw is better by `BEYOND` standard errors."""
    settings = pd.DataFrame([Draw(0, np.nan, np.nan), *draws], index=range(len(draws) + 1))
    table = pd.concat([steps, _summarise(losses, person_id)], axis=1).join(settings, on="draw")
    better = table["log_loss"].min() < table["log_loss"][0] - BEYOND * table["standard_error"][0]
    best = int(table["log_loss"].argmin()) if better else 0
    table["chosen"] = np.arange(len(table)) == best
    return table[["draw", *Draw._fields, "epochs", "log_loss", "standard_error", "chosen"]]
