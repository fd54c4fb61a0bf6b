"""The report on a linked population, attacked as anybody can who has its tables: all of them at once."""

from __future__ import annotations

import pytest

from analysis_lib.simulate import simulate_population
from tests.attack.record import record, true_numbers
from tests.attack.score import attack

pytestmark = pytest.mark.xdist_group("attack")


@pytest.fixture(
    scope="module",
    params=[
        400,
        pytest.param(2_500, marks=pytest.mark.build),
        pytest.param(10_000, marks=pytest.mark.build),
        pytest.param(880_000, marks=pytest.mark.slow),
    ],
)
def results(request, tmp_path_factory):
    """A results folder, with the true tables beside the released ones."""
    folder = tmp_path_factory.mktemp("attacked")
    people = simulate_population(folder / "people", request.param, seed=3, processes=1)
    record(people, folder / "results")
    return folder / "results"


@pytest.fixture(scope="module")
def found(results):
    return attack(results, true_numbers(results))


def test_every_number_is_read(found):
    """A new column must be read as a count, used as an equation, or named in IDLE with a reason."""
    assert not found.unread


def test_every_shown_count_is_its_own_rounded(found):
    assert not found.drifted


@pytest.mark.parametrize("use_log", [False, True])
def test_no_hidden_count_is_known(results, use_log):
    """Neither one in a table, nor of the few who are left over of one."""
    cells = attack(results, true_numbers(results), use_log=use_log).table()
    pinned = cells[cells["hidden"] & (cells["n_left"] == 1)]
    assert pinned.empty, pinned.to_string()


def test_no_other_number_gives_a_rounded_count_back_exactly(results, found):
    """Of all numbers together no count is known that is not known of rounded counts and their sums alone."""
    alone, cells = attack(results, true_numbers(results), counts_only=True).table(), found.table()
    exact = cells[(cells["n_left"] == 1) & ~cells["chosen"] & (alone["n_left"] > 1)]
    assert exact.empty, exact.groupby(["table", "column"]).size().to_string()
