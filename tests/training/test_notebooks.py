"""The notebooks of the training: empty, solved, and with a novice's mistakes, on two seeds."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from analysis_lib.training import EXERCISES, NOT_ANSWERED, make_classroom, open_training
from analysis_lib.training.checker import as_answer
from tests.test_house import broken_rules
from tests.training.solutions import SOLUTIONS
from website.shape import find_strangers, list_notebooks

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "notebooks" / "training"
SEEDS = (1, 2)
EMPTY = "answer = ..."
pytestmark = pytest.mark.xdist_group("training")  # one process makes the people


@pytest.fixture(autouse=True)
def _one_thread(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "1")


def cells(role: str) -> list[str]:
    notebook = json.loads((FOLDER / f"{role}.ipynb").read_text(encoding="utf-8"))
    return ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code"]


def run(role: str, solutions: dict[str, str]) -> None:
    """Run all code of a notebook, with these in place of empty answers."""
    known: dict = {}
    for source in cells(role):
        for name, solution in solutions.items():
            if f'check("{name}"' in source:
                assert source.count(EMPTY) == 1
                source = source.replace(EMPTY, solution)
        exec(compile(source, f"{role}.ipynb", "exec"), known)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("role", EXERCISES)
def test_solutions_are_right(role, seed, monkeypatch, capsys):
    monkeypatch.setenv("TRAINING_SEED", str(seed))
    run(role, SOLUTIONS[role])
    said = [line for line in capsys.readouterr().out.splitlines() if line.startswith("ex")]
    assert said == [f"{exercise.name}: right." for exercise in EXERCISES[role]]


@pytest.mark.parametrize("role", EXERCISES)
def test_an_empty_notebook_runs_to_its_end(role, monkeypatch, capsys):
    monkeypatch.setenv("TRAINING_SEED", str(SEEDS[-1]))
    run(role, {})
    said = [line for line in capsys.readouterr().out.splitlines() if line.startswith("ex")]
    assert said == [f"{exercise.name}: {NOT_ANSWERED}." for exercise in EXERCISES[role]]


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("role", EXERCISES)
def test_each_mistake_gives_its_own_hint_and_not_the_answer(role, seed, capsys):
    training = open_training(role, seed)
    for exercise in EXERCISES[role]:
        assert exercise.clashes(training.classroom) == []
        right = as_answer(exercise.right(training.classroom))
        for mistake in exercise.mistakes:
            training.check(exercise.name, mistake.answer(training.classroom))
            said = capsys.readouterr().out
            assert said == f"{exercise.name}: not yet. {mistake.hint}\n"
            if isinstance(right, frozenset):
                assert not right <= set(mistake.hint.split())
            else:
                assert not {f"{right:g}", f"{right:.3f}"} & set(mistake.hint.replace(".", " ").split())


def test_answers_follow_the_seed():
    """Whoever was told an answer cannot use it with other people."""
    one, other = map(make_classroom, SEEDS)
    alike = [
        (role, exercise.name)
        for role, exercises in EXERCISES.items()
        for exercise in exercises
        if exercise.same(as_answer(exercise.right(one)), as_answer(exercise.right(other)))
    ]
    # what an extract holds, which columns are described, and what was written wrongly, does not vary
    assert len(alike) <= 7


@pytest.mark.parametrize("role", EXERCISES)
def test_a_notebook_asks_each_exercise_once_and_keeps_the_rules(role):
    asked = [line for source in cells(role) for line in source.splitlines() if line.startswith("check(")]
    assert asked == [f'check("{exercise.name}", answer)' for exercise in EXERCISES[role]]
    assert 6 <= len(asked) <= 8
    assert set(SOLUTIONS[role]) == {exercise.name for exercise in EXERCISES[role]}
    assert broken_rules(FOLDER / f"{role}.ipynb") == []


def test_the_report_takes_them_for_no_notebooks_of_its_own(tmp_path):
    assert not set(FOLDER.iterdir()) & set(list_notebooks(ROOT))
    assert "training" not in " ".join(find_strangers(ROOT, tmp_path))
    assert sorted(path.stem for path in FOLDER.glob("*.ipynb")) == sorted(EXERCISES)
