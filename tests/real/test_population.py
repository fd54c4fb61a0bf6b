"""Somebody else's data through a mapping file: two exports of Synthea, in ``patients`` of NHS_DATA."""

import zipfile

import pytest

from analysis_lib.inputs.population import load_population
from analysis_lib.project import find_root
from analysis_lib.queries import features_at, outcomes_after, to_frame

from .conftest import real_folder

MAPPING = find_root() / "data" / "mappings" / "synthea.toml"


@pytest.fixture(scope="module", params=["a", "b"])
def synthea(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp(f"synthea_{request.param}")
    with zipfile.ZipFile(real_folder("patients") / f"synthea_run_{request.param}.zip") as archive:
        archive.extractall(folder)
    return request.param, load_population(folder, mapping=MAPPING)


def test_every_row_is_read_or_counted_as_left_out(synthea):
    run, population = synthea
    rows = {name: getattr(population, name).count().execute() for name in ("person", "medicine", "contact")}
    # Rows of the files, less the header.
    assert (
        rows
        == {
            "a": {"person": 135, "medicine": 6091, "contact": 7139},
            "b": {"person": 113, "medicine": 3530, "contact": 5275},
        }[run]
    )
    kept = population.condition.count().execute()
    left_out = next(note for note in population.notes if "left out" in note)
    assert (kept, left_out.split(" ")[1]) == {"a": (154, "876"), "b": (83, "677")}[run]
    assert population.profile == "patient"
    assert any("imd_decile" in note for note in population.notes)


def test_features_and_outcomes_of_both_runs(synthea):
    _, population = synthea
    features = to_frame(features_at(population, "2024-01-01"))
    outcomes = to_frame(outcomes_after(population, "2024-01-01"))
    assert features["person_id"].equals(outcomes["person_id"])
    assert features["imd_decile"].isna().all()
    assert features["n_contacts_24m"].sum() > 400
    assert (outcomes["days_at_risk"] > 0).all()
