"""Two networks: one draws rows, the other tells them from real ones, and both learn from that."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis_lib.models.synthetic.axes import bin_levels
from analysis_lib.models.synthetic.generator import Generator, Pools

LATENT = 64  # random numbers that a row is made of
PENALTY = 10.0  # of the paper, on slopes of the critic that are not 1
SOFTNESS = 0.2  # of drawn rows while learning, in which each value has a share
RATE, DECAYS, AVERAGE = 1e-3, (0.5, 0.9), 0.995  # of Adam, and of the mean of the steps' networks
CHECKED, ROUNDS = 10_000, 30  # rows and rounds in which margins are set right
CLOSE = 1e-4  # a margin is right within this: chance moves a share of so many rows by far more
AT_ONCE = 50_000  # rows drawn at once
TRIES = 20  # times as many rows as that are looked through for given values

Layers = list[tuple[NDArray[np.float32], NDArray[np.float32]]]


class TabularGAN(Generator):
    """Draws rows by a small generative adversarial network (WGAN-GP), learnt on one core in seconds.

    Parameters
    ----------
    steps : int
        Of learning; in each both networks learn once.
    batch : int
        Rows in a step.
    width : int
        Of each of two hidden layers of both networks.
    bins : int
        Most bins of a column of numbers, about equally full; values of a bin are drawn with their shares.

    Notes
    -----
    Each column is one of its values or bins; a network gives their log chances, and draws are made soft while
    it learns. Networks lose margins first, so the last layer is set right afterwards until they are as in the
    rows: what is learnt is what holds between columns. What a rule sets is replaced by values of other rows
    before it is learnt, and such a column is set right on drawn rows in which no rule sets it. JAX is needed
    to fit, not to draw; it calculates on the CPU, in 32 bits, where the same seed on the same machine gives
    the same rows. Given values are waited for: rows are drawn until enough have them.

    References
    ----------
    Gulrajani, I. et al. (2017), Improved training of Wasserstein GANs, NeurIPS 30. Jang, E., Gu, S. and
    Poole, B. (2017), Categorical reparameterization with Gumbel-softmax, ICLR. Xu, L. et al. (2019), Modeling
    tabular data using conditional GAN, NeurIPS 32.
    """

    def __init__(self, steps: int = 800, batch: int = 250, width: int = 128, bins: int = 20) -> None:
        if min(steps, batch, width, bins) < 1:
            raise ValueError("There is at least one step, one row in it, one neuron and one bin.")
        self.steps, self.batch, self.width, self.bins = steps, batch, width, bins

    def _learn(
        self,
        frame: pd.DataFrame,
        codes: dict[str, NDArray[np.int64]],
        free: dict[str, NDArray[np.bool_]],
        rng: np.random.Generator,
    ) -> None:
        self._bin_of, self._pools, margins, learnt = {}, {}, [], []
        for name, code in codes.items():
            kept = free[name] if free[name].any() else ~free[name]
            is_number = self.schema.columns[name].is_number
            bin_of = bin_levels(code[kept], self._levels[name], self.bins if is_number else None)
            size = int(bin_of.max()) + 1
            one = np.zeros(len(code), np.int64)
            other = Pools(one[kept], bin_of[code[kept]], 1).draw(one, rng)
            learnt.append(np.where(kept, bin_of[code], other))
            margins.append(np.bincount(bin_of[code[kept]], minlength=size) / kept.sum())
            self._bin_of[name], self._pools[name] = bin_of, Pools(bin_of[code[kept]], code[kept], size)
        sizes = [len(margin) for margin in margins]
        self._ends = np.cumsum([0, *sizes])
        seed = int(rng.integers(2**31))
        self._layers = _train(np.column_stack(learnt), sizes, seed, self.steps, self.batch, self.width)
        self._set_margins(margins, rng)

    def _set_margins(self, margins: list[NDArray[np.float64]], rng: np.random.Generator) -> None:
        """Set the last layer right: all columns, and again those that rules set, where none does."""
        logits, bias = self._run(CHECKED, rng), self._layers[-1][1]
        parts = [slice(*ends) for ends in pairwise(self._ends)]
        for part, margin in zip(parts, margins, strict=True):
            shift = _find_shift(logits[:, part], margin)
            logits[:, part] += shift
            bias[part] += shift
        drawn, _ = self.schema.force(self._fill(self._choose(logits, rng), rng, {}))
        free = self.schema.find_free(drawn)
        for name, part, margin in zip(self._levels, parts, margins, strict=True):
            if free[name].any() and not free[name].all():
                bias[part] += _find_shift(logits[free[name], part], margin)

    def _run(self, n: int, rng: np.random.Generator) -> NDArray[np.float32]:
        """Return the log chances of all values, up to a number by row and column, for n random rows."""
        return _run(self._layers, rng.standard_normal((n, LATENT)).astype(np.float32), np)

    def _draw_bins(self, n: int, rng: np.random.Generator) -> NDArray[np.int64]:
        starts = range(0, n, AT_ONCE)
        return np.concatenate([self._choose(self._run(min(AT_ONCE, n - i), rng), rng) for i in starts])

    def _choose(self, logits: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.int64]:
        """Draw a bin of each column, shape (n, columns)."""
        noisy = logits + rng.gumbel(size=logits.shape)
        return np.column_stack([noisy[:, i:j].argmax(axis=1) for i, j in pairwise(self._ends)])

    def _fill(
        self, bins: NDArray[np.int64], rng: np.random.Generator, given: dict[str, NDArray[np.int64]]
    ) -> pd.DataFrame:
        """Draw values of these bins, but those given."""
        drawn = zip(self._pools.items(), bins.T, strict=True)
        return self._decode({k: given[k] if k in given else pool.draw(b, rng) for (k, pool), b in drawn})

    def _draw(self, n: int, rng: np.random.Generator, given: dict[str, NDArray[np.int64]]) -> pd.DataFrame:
        if not n:
            return self._decode(dict.fromkeys(self._levels, np.zeros(0, np.int64)))
        return self._fill(self._find_given(n, rng, given) if given else self._draw_bins(n, rng), rng, given)

    def _find_given(
        self, n: int, rng: np.random.Generator, given: dict[str, NDArray[np.int64]]
    ) -> NDArray[np.int64]:
        """Draw rows until there is one for each that is wanted."""
        wanted = np.column_stack([self._bin_of[name][code] for name, code in given.items()])
        columns = [list(self._bin_of).index(name) for name in given]
        found, waiting = np.zeros((n, len(self._bin_of)), np.int64), np.arange(n)
        for _ in range(TRIES):
            bins = self._draw_bins(AT_ONCE, rng)
            both = np.concatenate([wanted[waiting], bins[:, columns]])
            which = np.unique(both, axis=0, return_inverse=True)[1].reshape(-1)
            place, turn = _number_within(which[: len(waiting)]), _number_within(which[len(waiting) :])
            offered = pd.Series(np.arange(len(bins)), index=pd.MultiIndex.from_arrays(turn))
            row = offered.reindex(pd.MultiIndex.from_arrays(place)).to_numpy()
            has = ~np.isnan(row)
            found[waiting[has]] = bins[row[has].astype(np.int64)]
            waiting = waiting[~has]
            if not len(waiting):
                return found
        raise ValueError(
            f"{len(waiting):,} of {n:,} rows with the values given were not among {TRIES * AT_ONCE:,} drawn: "
            "they are too rare for this generator. Give fewer columns, or use another generator."
        )


def _find_shift(logits: NDArray[np.float32], margin: NDArray[np.float64]) -> NDArray[np.float32]:
    """Find what to add to the log chances of a column, for its values to be drawn with these shares."""
    shift, wanted = np.zeros(len(margin), np.float32), np.log(margin.clip(1e-12)).astype(np.float32)
    for _ in range(ROUNDS):
        chance = logits + shift
        chance -= chance.max(axis=1, keepdims=True)
        np.exp(chance, out=chance)
        chance /= chance.sum(axis=1, keepdims=True)
        mean = chance.mean(axis=0)
        if np.abs(mean - margin).max() < CLOSE:
            break
        shift += wanted - np.log(mean.clip(1e-12))
    # A value that only rules set has no row to be drawn from
    return np.where(margin > 0, shift, -np.inf).astype(np.float32)


def _number_within(group: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the groups, and a number from 0 on for each row of a group."""
    return group, pd.Series(group).groupby(group).cumcount().to_numpy()


def _run(layers: Layers, x: Any, engine: Any) -> Any:
    """Run a network by NumPy, or by JAX, which has the same functions."""
    for weight, bias in layers[:-1]:
        x = x @ weight + bias
        x = engine.where(x > 0, x, 0.2 * x)
    return x @ layers[-1][0] + layers[-1][1]


def _train(
    rows: NDArray[np.int64], sizes: list[int], seed: int, steps: int, batch: int, width: int
) -> Layers:
    """Learn the network that draws; rows hold the bin of each column, of which there are so many."""
    import jax
    import jax.numpy as jnp

    with jax.default_device(jax.local_devices(backend="cpu")[0]):
        learn = _compile(tuple(sizes), steps, batch, width)
        starts = np.cumsum([0, *sizes])[:-1]
        learnt = learn(jnp.asarray(rows + starts, jnp.int32), jax.random.key(seed))
    return [(np.array(weight), np.array(bias)) for weight, bias in learnt]


@lru_cache(maxsize=4)  # to compile takes as long as to learn, and tables of other seeds are alike
def _compile(sizes: tuple[int, ...], steps: int, batch: int, width: int) -> Callable[[Any, Any], Layers]:
    import jax
    import jax.numpy as jnp

    ends, column = np.cumsum([0, *sizes]), np.repeat(np.arange(len(sizes)), sizes)
    belongs = np.eye(len(sizes), dtype=np.float32)[column]  # faster to compile than a slice for each column

    def begin(key: Any, *widths: int) -> list:
        keys = jax.random.split(key, len(widths) - 1)
        drawn = [jax.random.normal(k, w) for k, w in zip(keys, pairwise(widths), strict=True)]
        return [(w * np.sqrt(2 / w.shape[0]), jnp.zeros(w.shape[1])) for w in drawn]

    def draw(network: list, key: Any) -> Any:
        one, two = jax.random.split(key)
        logits = _run(network, jax.random.normal(one, (batch, LATENT)), jnp)
        soft = (logits + jax.random.gumbel(two, logits.shape)) / SOFTNESS
        most = jax.ops.segment_max(jax.lax.stop_gradient(soft).T, column, len(sizes)).T
        odds = jnp.exp(soft - most[:, column])
        return odds / (odds @ belongs @ belongs.T)

    def lose_telling(critic: list, network: list, data: Any, key: Any) -> Any:
        which, drawing, mixing = jax.random.split(key, 3)
        real = data[jax.random.randint(which, (batch,), 0, len(data))]
        real = jax.nn.one_hot(real, ends[-1]).sum(axis=1)
        drawn = draw(network, drawing)
        share = jax.random.uniform(mixing, (batch, 1))
        slope = jax.vmap(jax.grad(lambda x: _run(critic, x, jnp)[0]))(share * real + (1 - share) * drawn)
        steep = jnp.sqrt((slope**2).sum(axis=1) + 1e-12)
        return (_run(critic, drawn, jnp) - _run(critic, real, jnp)).mean() + PENALTY * (
            (steep - 1) ** 2
        ).mean()

    def lose_drawing(network: list, critic: list, key: Any) -> Any:
        return -_run(critic, draw(network, key), jnp).mean()

    def improve(layers: list, memory: tuple, slope: list, step: Any) -> tuple:
        """Take a step of Adam (Kingma and Ba 2015)."""
        one, two = DECAYS
        first = jax.tree.map(lambda m, g: one * m + (1 - one) * g, memory[0], slope)
        second = jax.tree.map(lambda v, g: two * v + (1 - two) * g**2, memory[1], slope)
        rate, scale = RATE / (1 - one ** (step + 1)), 1 - two ** (step + 1)
        moved = jax.tree.map(
            lambda w, m, v: w - rate * m / (jnp.sqrt(v / scale) + 1e-8), layers, first, second
        )
        return moved, (first, second)

    @jax.jit
    def learn(data: Any, key: Any) -> list:
        one, two, key = jax.random.split(key, 3)
        network, critic = begin(one, LATENT, width, width, ends[-1]), begin(two, ends[-1], width, width, 1)
        nothing = [jax.tree.map(jnp.zeros_like, layers) for layers in (network, critic)]

        def step(state: tuple, number: Any) -> tuple:
            network, critic, (of_network, of_critic), mean = state
            telling, drawing = jax.random.split(jax.random.fold_in(key, number))
            slope = jax.grad(lose_telling)(critic, network, data, telling)
            critic, of_critic = improve(critic, of_critic, slope, number)
            slope = jax.grad(lose_drawing)(network, critic, drawing)
            network, of_network = improve(network, of_network, slope, number)
            mean = jax.tree.map(lambda m, w: AVERAGE * m + (1 - AVERAGE) * w, mean, network)
            return (network, critic, (of_network, of_critic), mean), None

        start = (network, critic, tuple((m, m) for m in nothing), network)
        return jax.lax.scan(step, start, jnp.arange(steps))[0][3]

    return learn
