"""The temporal graph-based convolutional network (TG-CNN), done sparsely and with its faults mended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple, Self

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pandas as pd
from numpy.typing import NDArray
from pandas.api.types import is_list_like
from scipy.special import expit, logit

from analysis_lib.measures.cells import check_columns
from analysis_lib.models.classify.encode import encode_for_logistic, read_columns
from analysis_lib.models.classify.fit import fit_line, read_outcome
from analysis_lib.models.classify.folds import assign_folds
from analysis_lib.models.temporal.edge_model import DEMOGRAPHICS, INNER

BATCH = 256
MONTH = 30.0  # days: gaps are in months where they are weighed
SMOOTH = 0.1  # added to the variance in the normalisation, so that hardly anything is not blown up
N_NODES = 50  # of the quadrature of integrated gradients
PATIENCE = 3  # epochs without a smaller loss, and learning ends
COLUMNS = ["n_steps", "step", "first", "then", "gap"]


class Steps(NamedTuple):
    """A batch of people as edges of consecutive visits, all of one shape."""

    edge: Any  # int32, shape (n_edges,): place of the edge in the vocabulary
    row: Any  # int32: of the person in the batch
    step: Any  # int32: counted back from the last
    gap: Any  # float32, months
    known: Any  # float32: 0 for what only fills the shape
    n_steps: Any  # int32, shape (n_rows,)
    people: Any  # float32, shape (n_rows, columns): age and sex, 0 on average


class GraphCNN(eqx.Module):
    """One branch: convolution over edges and steps, normalisation, LSTM, dense layer, log odds."""

    filters: Any  # shape (filter_size, vocabulary, n_filters)
    bias: Any  # shape (n_filters,)
    raw_decay: Any  # the decay a month is its softplus
    norm: eqx.nn.LayerNorm
    cell: eqx.nn.LSTMCell
    dense: eqx.nn.Linear
    out: eqx.nn.Linear
    most_steps: int = eqx.field(static=True)

    def __init__(
        self,
        filter_size: int,
        vocabulary: int,
        n_filters: int,
        units: int,
        n_columns: int,
        most_steps: int,
        base: float,
        key: Any,
    ) -> None:
        keys = jax.random.split(key, 5)
        self.filters = 0.05 * jax.random.normal(keys[0], (filter_size, vocabulary, n_filters))
        self.bias = 0.1 * jax.random.normal(keys[1], (n_filters,))
        self.raw_decay = jnp.zeros(())
        self.norm = eqx.nn.LayerNorm(n_filters, eps=SMOOTH)
        self.cell = eqx.nn.LSTMCell(n_filters, units, key=keys[2])
        self.dense = eqx.nn.Linear(units + n_columns, units, key=keys[3])
        out = eqx.nn.Linear(units, 1, key=keys[4])
        self.out = eqx.tree_at(lambda layer: layer.bias, out, jnp.full(1, base, jnp.float32))
        self.most_steps = most_steps

    def weigh(self, steps: Steps) -> Any:
        """Return the value of each edge: exp(-decay × gap), between 0 and 1."""
        return steps.known * jnp.exp(-jax.nn.softplus(self.raw_decay) * steps.gap)

    def convolve(self, steps: Steps, value: Any) -> Any:
        """Return filters over the edges of so many steps, shape (n_rows, most_steps, n_filters).

        Gathered and summed where there are edges, instead of multiplied through a tensor of code × code ×
        step that is nearly all 0.
        """
        n_rows, (size, _, n_filters) = len(steps.n_steps), self.filters.shape
        parts = value[:, None, None] * self.filters[:, steps.edge].transpose(1, 0, 2)
        place = steps.row * self.most_steps + steps.step
        summed = jax.ops.segment_sum(parts, place, n_rows * self.most_steps)
        summed = summed.reshape(n_rows, self.most_steps, size, n_filters)
        # A window begins at a step and goes back in time: steps before the first are empty
        summed = jnp.pad(summed, ((0, 0), (0, size - 1), (0, 0), (0, 0)))
        return self.bias + sum(summed[:, k : k + self.most_steps, k] for k in range(size))

    def read(self, features: Any, n_steps: Any, people: Any) -> Any:
        """Return log odds, shape (n_rows,), from what the filters found; empty steps are passed over."""
        features = jax.nn.gelu(jax.vmap(jax.vmap(self.norm))(features))

        def go_on(state: Any, step: Any) -> tuple:
            moved = jax.vmap(self.cell)(features[:, step], state)
            there = (step < n_steps)[:, None]
            return tuple(jnp.where(there, new, old) for new, old in zip(moved, state, strict=True)), None

        nothing = jnp.zeros((len(n_steps), self.cell.hidden_size))
        oldest_first = jnp.arange(self.most_steps)[::-1]
        (hidden, _), _ = jax.lax.scan(go_on, (nothing, nothing), oldest_first)
        dense = jax.nn.gelu(jax.vmap(self.dense)(jnp.concatenate([hidden, people], axis=1)))
        return jax.vmap(self.out)(dense)[:, 0]

    def __call__(self, steps: Steps) -> Any:
        """Return log odds, shape (n_rows,)."""
        return self.read(self.convolve(steps, self.weigh(steps)), steps.n_steps, steps.people)


@dataclass
class TemporalGraphCNN:
    """The published TG-CNN, one branch, as a classifier with the methods of `EdgeModel`.

    Each person is a tensor of code × code × step, whose steps are consecutive visits and whose values are
    exp(-decay × gap). Filters of full, untied weights run over some steps; then come a normalisation, an LSTM
    and a dense layer, which also reads age and sex.

    Parameters
    ----------
    features : DataFrame
        As for `EdgeModel`: the codes are those without `then`, by their numbers.
    outcome : str
        A column of true and false.
    fewest : int
        Edges of fewer people, of those learnt from, are not looked at.
    seed : int
    n_filters, filter_size, units, most_steps : int
        Filters; steps that one covers; units of the LSTM and of the dense layer; latest steps of a person.
    learning_rate, weight_decay : float
        Of AdamW; the decay is that of all weights.
    epochs : int
        At most. The one with the least loss of a tenth of the people, who are not learnt from, is kept;
        three later ones without a smaller loss end it.
    most_people : int
        Who is learnt from, at most: the first ones.

    Attributes
    ----------
    base_ : float
        Log odds of a person of average age and sex with no visits.
    decay_ : float
        Of the value of an edge, a month of 30 days.
    epochs_ : DataFrame
        epoch, log_loss (mean, while learning), log_loss_left_out, chosen.
    vocabulary_ : DataFrame
        first, then (codes), n_people: the edges that are looked at.

    Notes
    -----
    Hancox Z and others published the network and its code (github.com/ZoeHancox/Sparse_TGCNN, read at commit
    69f95b9). What differs here, and why:

    ============================================ ===========================================================
    there                                        here
    ============================================ ===========================================================
    filters are plain variables, which today's   all weights are in one tree, and a test sees that each of
    Keras 3 does not train (versions unpinned)   them has a gradient
    the graph regulariser is taken out of the    left out: without a gradient it does nothing
    graph of gradients
    regularisers touch the filters of one        decay of all weights
    branch alone
    batch normalisation, and over positions in   normalisation over the filters of one step of one person:
    time: others in the batch change a risk      a risk depends on nobody else
    age is scaled within the batch               scaled by those learnt from
    the decay may become negative                softplus of one weight
    empty steps are read like visits             the LSTM passes over them
    edges that nobody had keep random weights    edges of few people are not looked at
    "AUC" of labels of 0 and 1, per batch        `predict` returns risks, to be judged over all
    slices of a sparse tensor, step by step      one gather and one sum by segment
    ReLU                                         GELU, with which integrated gradients are complete
    ============================================ ===========================================================
    """

    features: pd.DataFrame
    outcome: str
    fewest: int = 50
    seed: int = 0
    n_filters: int = 8
    filter_size: int = 3
    units: int = 16
    most_steps: int = 60
    learning_rate: float = 0.002
    weight_decay: float = 1.0
    epochs: int = 15
    most_people: int = 60_000

    def __post_init__(self) -> None:
        if not np.array_equal(self.features["feature"], np.arange(len(self.features))):
            raise ValueError(
                "Features must stand in the order of their numbers, from 0: keep all of the list."
            )
        self._n_codes = int(self.features["then"].isna().sum())

    def fit(self, train: pd.DataFrame) -> Self:
        """Learn, and keep the epoch that was best for people left out.

        Parameters
        ----------
        train : DataFrame
            person_id (may repeat), age (years), sex, the outcome, and the columns of ``queries.visit_steps``,
            missing where there is none.

        Raises
        ------
        KeyError
            If a column is absent.
        ValueError
            If the outcome is missing for anyone, or codes or steps are not among those listed.
        TooFewPoints
            If fewer than 10 have the outcome, or have it not.
        """
        train = train[: self.most_people]
        y = read_outcome(train, self.outcome).astype("float32")
        self._encoder = encode_for_logistic(DEMOGRAPHICS).fit(read_columns(train, DEMOGRAPHICS))
        self._mean = self._demographics(train).mean(axis=0)
        self._intercept, self._slope = 0.0, 1.0
        edges = self._read(train)
        n_people = edges.drop_duplicates(["row", "code"])["code"].value_counts().sort_index()
        self._known = n_people.index[n_people >= self.fewest].to_numpy()
        names = self.features["first"].to_numpy()
        self.vocabulary_ = pd.DataFrame(
            {
                "first": names[self._known // max(self._n_codes, 1)],
                "then": names[self._known % max(self._n_codes, 1)],
                "n_people": n_people[n_people >= self.fewest].to_numpy(),
            }
        )
        folds = assign_folds(train["person_id"], {"learn": 0.9, "out": 0.1}, self.seed + INNER)
        out = (folds == "out").to_numpy()
        if not out.any():  # of few people chance may choose none
            out[::10] = True
        learnt = train[~out].assign(y=y[~out]).sample(frac=1, random_state=self.seed)
        self._room = 2
        batches = self._batch(learnt)
        self._room = batches.edge.shape[1]
        self._net = GraphCNN(
            self.filter_size,
            max(len(self._known), 1),
            self.n_filters,
            self.units,
            len(self._mean),
            self.most_steps,
            float(logit(y.mean())),
            jax.random.key(self.seed, impl="rbg"),  # compiles in a fraction of the time
        )
        self._learn(batches, _fill(learnt["y"].to_numpy(), np.nan), train[out], y[out])
        nobody = pd.DataFrame([dict.fromkeys(COLUMNS)], dtype=object)
        self.base_ = float(self._raw(nobody, np.zeros((1, len(self._mean))))[0])
        self.decay_ = float(jax.nn.softplus(self._net.raw_decay))
        return self

    def calibrate(self, frame: pd.DataFrame) -> Self:
        """Recalibrate on people the model has not seen, by a line through the log odds.

        Raises
        ------
        KeyError, ValueError, TooFewPoints
            As for `fit`.
        ModelDidNotFit
            If the slope is not above 0.
        """
        line = fit_line(self._raw(frame), read_outcome(frame, self.outcome), self.outcome)
        self._intercept = line["intercept"] + line["slope"] * self._intercept
        self._slope *= line["slope"]
        self.base_ = line["intercept"] + line["slope"] * self.base_
        return self

    def predict(self, frame: pd.DataFrame) -> NDArray[np.float64]:
        """Return the risk of each row, float64 of shape (n_rows,): within 1e-6, whoever is scored beside.

        Parameters
        ----------
        frame : DataFrame
            age, sex and the columns of ``queries.visit_steps``, as for `fit`.
        """
        return expit(self._raw(frame))

    def explain(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return integrated gradients of each person's log odds.

        On the straight way from edges of value 0, average age and sex, and as many visits. What the number of
        visits alone adds has a row of its own.

        Returns
        -------
        DataFrame
            person_id; first, then (of an edge, summed over steps; "age", "sex" or "visits" without then); bin
            (missing); contribution (log odds). With `base_` they sum to the log odds.
        """
        edges, n = self._read(frame), len(frame)
        edges = edges[np.isin(edges["code"], self._known)]
        of_edges, of_people, of_visits = [], [], []
        for batch in _unstack(self._batch(frame)):
            for found, part in zip(
                (of_edges, of_people, of_visits), _attribute(self._net, batch), strict=True
            ):
                found.append(np.asarray(part, "float64"))
            of_edges[-1] = of_edges[-1][np.asarray(batch.known) > 0]
        edges = edges.assign(contribution=np.concatenate(of_edges))
        edges = edges.groupby(["row", "code"], as_index=False)["contribution"].sum()
        names = self.features["first"].to_numpy()
        first, then = (names[edges["code"] // self._n_codes], names[edges["code"] % self._n_codes])
        parts = [edges.assign(first=first, then=then)]
        own, encoded = np.concatenate(of_people)[:n], self._encoder.get_feature_names_out()
        for name in DEMOGRAPHICS.columns:
            added = own[:, [column.startswith(name) for column in encoded]].sum(axis=1)
            parts.append(pd.DataFrame({"row": np.arange(n), "first": name, "contribution": added}))
        raw_base = (self.base_ - self._intercept) / self._slope
        added = np.concatenate(of_visits)[:n] - raw_base
        parts.append(pd.DataFrame({"row": np.arange(n), "first": "visits", "contribution": added}))
        found = pd.concat(parts[::-1], ignore_index=True).sort_values("row", kind="stable", ignore_index=True)
        found["contribution"] *= self._slope
        found.insert(0, "person_id", frame["person_id"].to_numpy()[found.pop("row")])
        return found.assign(bin=None)[["person_id", "first", "then", "bin", "contribution"]]

    def _learn(
        self, batches: Steps, y: NDArray[np.float32], left_out: pd.DataFrame, y_out: NDArray[np.float32]
    ) -> None:
        """Learn epoch after epoch; keep the one that was best for those left out."""
        rng, rows, best = np.random.default_rng(self.seed), [], np.inf
        net = kept = self._net
        memory = optax.adamw(1.0).init(eqx.filter(net, eqx.is_array))
        settings = np.array([self.learning_rate, self.weight_decay], "float32")
        for epoch in range(1, self.epochs + 1):
            order = rng.permutation(len(y)).astype("int32")
            net, memory, losses = _learn_epoch(net, memory, batches, y, order, settings)
            self._net = net
            loss = float(np.logaddexp(0, (1 - 2 * y_out) * self._raw(left_out)).mean())
            rows.append((epoch, float(np.mean(losses)), loss))
            if loss < best:
                best, kept = loss, net
            elif epoch - int(np.argmin([row[2] for row in rows])) > PATIENCE:
                break
        self._net = kept
        table = pd.DataFrame(rows, columns=["epoch", "log_loss", "log_loss_left_out"])
        self.epochs_ = table.assign(chosen=table["log_loss_left_out"] == best)

    def _raw(self, frame: pd.DataFrame, people: NDArray[np.float64] | None = None) -> NDArray[np.float64]:
        """Return log odds, on the line of the calibration; `people` instead of age and sex of the frame."""
        found = [np.asarray(_answer(self._net, batch)) for batch in _unstack(self._batch(frame, people))]
        raw = np.concatenate([np.empty(0, "float32"), *found])[: len(frame)].astype("float64")
        return self._intercept + self._slope * raw

    def _demographics(self, frame: pd.DataFrame) -> NDArray[np.float64]:
        return np.asarray(self._encoder.transform(read_columns(frame, DEMOGRAPHICS)), dtype="float64")

    def _read(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return a row an edge: row (of the frame), step, code (of the pair), gap (days)."""
        check_columns(frame, COLUMNS, "A graph network")
        has = [is_list_like(steps) for steps in frame["step"]]
        lists = frame.loc[has, COLUMNS[1:]]
        sizes = [len(steps) for steps in lists["step"]]
        columns = {
            name: np.concatenate([np.empty(0, "int64"), *lists[name]]).astype("int64") for name in lists
        }
        edges = pd.DataFrame({"row": np.repeat(np.flatnonzero(has), sizes), **columns})
        # Before they enter: JAX would drop or clip what is out of range, and say nothing
        codes = edges[["first", "then"]]
        if len(edges) and not 0 <= codes.min(axis=None) <= codes.max(axis=None) < self._n_codes:
            raise ValueError(f"Codes are numbered from 0 to {self._n_codes - 1}: others are among the steps.")
        if (edges[["step", "gap"]] < 0).any(axis=None):
            raise ValueError("Steps are counted from 0, and no gap between visits is below 0.")
        edges["code"] = edges["first"] * self._n_codes + edges["then"]
        return edges.loc[edges["step"] < self.most_steps, ["row", "step", "code", "gap"]]

    def _batch(self, frame: pd.DataFrame, people: NDArray[np.float64] | None = None) -> Steps:
        """Return batches of one shape, on a first axis; edges outside the vocabulary are left out."""
        edges = self._read(frame)
        edges = edges[np.isin(edges["code"], self._known)]
        batch = edges["row"].to_numpy() // BATCH
        n_batches = -(-len(frame) // BATCH)
        sizes = np.bincount(batch, minlength=n_batches)
        room = max(self._room, 1 << int(sizes.max(initial=1) - 1).bit_length())
        place = batch, np.arange(len(edges)) - np.repeat(np.cumsum(sizes) - sizes, sizes)

        def put(values: Any, kind: str) -> NDArray[Any]:
            filled = np.zeros((n_batches, room), kind)
            filled[place] = values
            return filled

        n_steps = pd.to_numeric(frame["n_steps"]).fillna(0).to_numpy().clip(max=self.most_steps)
        if people is None:
            people = self._demographics(frame) - self._mean
        return Steps(
            put(np.searchsorted(self._known, edges["code"]), "int32"),
            put(edges["row"] % BATCH, "int32"),
            put(edges["step"], "int32"),
            put(edges["gap"] / MONTH, "float32"),
            put(1, "float32"),
            _fill(n_steps.astype("int32"), 0),
            _fill(people.astype("float32"), 0),
        )


def _fill(values: NDArray[Any], filler: float) -> NDArray[Any]:
    """Return values in batches, the last one filled."""
    n = -(-len(values) // BATCH)
    filled = np.full((n * BATCH, *values.shape[1:]), filler, values.dtype)
    filled[: len(values)] = values
    return filled.reshape(n, BATCH, *values.shape[1:])


def _unstack(batches: Steps) -> list[Steps]:
    return [Steps(*parts) for parts in zip(*batches, strict=True)]


def loss_of(net: GraphCNN, steps: Steps, y: Any) -> Any:
    """Return the mean log loss of a batch; who only fills it has a missing outcome."""
    there = ~jnp.isnan(y)
    losses = optax.sigmoid_binary_cross_entropy(net(steps), jnp.where(there, y, 0))
    return jnp.where(there, losses, 0).sum() / there.sum()


_answer = eqx.filter_jit(GraphCNN.__call__)


@eqx.filter_jit
def _learn_epoch(
    net: GraphCNN, memory: Any, batches: Steps, y: Any, order: Any, settings: Any
) -> tuple[GraphCNN, Any, Any]:
    """Take a step of AdamW for each batch of the order; return the losses before each."""
    weights, rest = eqx.partition(net, eqx.is_array)

    def step(state: tuple, number: Any) -> tuple:
        weights, memory = state
        steps, outcome = jax.tree.map(lambda part: part[number], (batches, y))
        loss, slope = jax.value_and_grad(lambda w: loss_of(eqx.combine(w, rest), steps, outcome))(weights)
        optimiser = optax.adamw(settings[0], weight_decay=settings[1])
        change, memory = optimiser.update(slope, memory, weights)
        return (optax.apply_updates(weights, change), memory), loss

    (weights, memory), losses = jax.lax.scan(step, (weights, memory), order)
    return eqx.combine(weights, rest), memory, losses


@eqx.filter_jit
def _attribute(net: GraphCNN, steps: Steps) -> tuple[Any, Any, Any]:
    """Return integrated gradients of edges and of age and sex, and the log odds where the way begins."""
    value = net.weigh(steps)

    def log_odds(value: Any, people: Any) -> Any:
        return net.read(net.convolve(steps, value), steps.n_steps, people)

    def node(total: tuple, at: Any) -> tuple:
        where, weight = at
        slopes = jax.grad(lambda *parts: log_odds(*parts).sum(), (0, 1))(where * value, where * steps.people)
        return jax.tree.map(lambda t, s: t + weight * s, total, slopes), None

    nodes, weights = np.polynomial.legendre.leggauss(N_NODES)
    ways = jnp.asarray((nodes + 1) / 2, jnp.float32), jnp.asarray(weights / 2, jnp.float32)
    nothing = jnp.zeros_like(value), jnp.zeros_like(steps.people)
    (of_edges, of_people), _ = jax.lax.scan(node, nothing, ways)
    return value * of_edges, steps.people * of_people, log_odds(*nothing)
