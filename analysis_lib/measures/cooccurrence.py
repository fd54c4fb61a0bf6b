"""Which hashtags go together: pairs beyond chance, and the themes that they make."""

from __future__ import annotations

from collections.abc import Sequence

import networkx as nx
import numpy as np
import pandas as pd

ALIKE = 3  # tags in common from which texts look alike
PAIR_COLUMNS = ["tag_a", "tag_b", "n_together", "n_a", "n_b", "expected", "lift", "pmi"]


def count_pairs(
    message_tags: pd.DataFrame, n_messages: int, *, without: Sequence[str] = (), min_support: int = 5
) -> pd.DataFrame:
    """Count in how many texts each pair of hashtags stands together.

    Parameters
    ----------
    message_tags : DataFrame
        message, tag: each tag of a text once, and each text once, so that a retweet makes no pair stronger.
    n_messages : int
        All texts, those without tags included.
    without : sequence of str
        Tags left out: a search term goes with every tag.
    min_support : int
        Fewest texts that hold both; PMI makes much of rare pairs.

    Returns
    -------
    DataFrame
        tag_a, tag_b (in alphabetical order), n_together, n_a, n_b (int64), expected (n_a × n_b ÷ texts), lift
        (n_together ÷ expected) and pmi (log2 of lift; Church and Hanks 1990); most together first.
    """
    kept = message_tags[~message_tags["tag"].isin(list(without))]
    n = kept["tag"].value_counts()
    frequent = sorted(str(tag) for tag in n.index[n >= min_support])
    kept = kept[kept["tag"].isin(frequent)]
    code = pd.Categorical(kept["tag"].astype("str"), categories=frequent).codes
    row = np.unique(kept["message"], return_inverse=True)[1]
    together = _multiply(row, code.astype(np.int64), len(frequent))
    a, b = np.nonzero(np.triu(together, 1) >= min_support)
    size = n.reindex(frequent).to_numpy().astype("int64")
    pairs = pd.DataFrame(
        {
            "tag_a": [frequent[i] for i in a],
            "tag_b": [frequent[i] for i in b],
            "n_together": together[a, b],
            "n_a": size[a],
            "n_b": size[b],
            "expected": size[a] * size[b] / n_messages,
        }
    )
    pairs["lift"] = pairs["n_together"] / pairs["expected"]
    pairs["pmi"] = np.log2(pairs["lift"])
    order = ["n_together", "tag_a", "tag_b"]
    return pairs.sort_values(order, ascending=[False, True, True], ignore_index=True)[PAIR_COLUMNS]


def _multiply(row: np.ndarray, column: np.ndarray, n_columns: int) -> np.ndarray:
    """Return how many rows hold each pair of columns."""
    from scipy.sparse import csr_array

    ones = np.ones(len(row), np.int64)
    held = csr_array((ones, (row, column)), shape=(row.max(initial=-1) + 1, n_columns))
    return (held.T @ held).toarray()


def group_themes(pairs: pd.DataFrame, message_tags: pd.DataFrame, *, most: int = 8) -> pd.DataFrame:
    """Group hashtags that go together more than by chance into themes.

    Parameters
    ----------
    pairs : DataFrame
        As `count_pairs` returns; pairs with a lift of 1 or less are no tie.
    message_tags : DataFrame
        As for `count_pairs`.
    most : int
        Most themes returned.

    Returns
    -------
    DataFrame
        theme (1 = most texts), hashtag, n_messages (texts with the tag), name (the theme's three most used
        tags), n_theme (texts with any tag of the theme), n_alike (of those, the most that carry one and the
        same set of these tags, of three or more: often one sender's template); by theme, then most used
        first. A tag has one theme at most; one that is tied to no other has none.

    Notes
    -----
    Communities of greatest modularity by the greedy method of Clauset, Newman and Moore (2004), as networkx
    has it; ties weigh by the texts that hold both. The same pairs give the same themes.
    """
    graph = nx.Graph()
    tied = pairs[pairs["lift"] > 1].sort_values(["tag_a", "tag_b"])
    graph.add_nodes_from(sorted({*tied["tag_a"], *tied["tag_b"]}))
    graph.add_weighted_edges_from(tied[["tag_a", "tag_b", "n_together"]].itertuples(index=False, name=None))
    groups = nx.community.greedy_modularity_communities(graph, weight="weight") if len(graph) else []
    n = message_tags["tag"].value_counts()
    themes = []
    for group in groups:
        tags = sorted(group, key=lambda tag: (-n[tag], tag))
        held = message_tags[message_tags["tag"].isin(tags)]
        name = ", ".join(f"#{tag}" for tag in tags[:3])
        themes.append((held["message"].nunique(), name, tags, _most_alike(held)))
    themes.sort(key=lambda theme: (-theme[0], theme[1]))
    rows = [
        (number, tag, int(n[tag]), name, n_theme, n_alike)
        for number, (n_theme, name, tags, n_alike) in enumerate(themes[:most], 1)
        for tag in tags
    ]
    columns = ["theme", "hashtag", "n_messages", "name", "n_theme", "n_alike"]
    return pd.DataFrame(rows, columns=columns)


def _most_alike(held: pd.DataFrame) -> int:
    """Count the texts that carry the same set of three or more tags, for the commonest such set."""
    sets = held.groupby("message")["tag"].agg(frozenset)
    sets = sets[sets.map(len) >= ALIKE]
    return int(sets.value_counts().max()) if len(sets) else 0
