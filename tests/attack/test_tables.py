"""Random tables through the gate, attacked together by somebody who knows that a hidden count is some."""

from __future__ import annotations

import os

import numpy as np
import pytest

from tests.attack.scenarios import SCENARIOS, attack, release

SEEDS = range(60 if os.environ.get("RUN_SLOW") else 6)


@pytest.fixture(
    params=[(make, seed) for make in SCENARIOS for seed in SEEDS], ids=lambda p: f"{p[0].__name__}-{p[1]}"
)
def found(request, tmp_path):
    make, seed = request.param
    people, tables = make(np.random.default_rng(seed))
    return attack(people, release(people, tables, tmp_path))


def test_no_hidden_count_is_known(found):
    assert found.n_tables, "a first table can always be released"
    assert found.pinned.empty, found.pinned.to_string()


def test_every_shown_count_is_its_own_rounded(found):
    assert not found.drifted
