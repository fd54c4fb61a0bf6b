"""A saved model is the same model; a changed or hostile file is refused before anything of it runs."""

import hashlib
import json
import zipfile

import numpy as np
import pytest
import skops.io
from sklearn.preprocessing import FunctionTransformer

from analysis_lib.models.classify import (
    TRUSTED,
    UntrustedModel,
    calibrate,
    choose_predictors,
    choose_thresholds,
    fit_classifier,
    load_classifier,
    predict_risk,
    save_classifier,
)
from analysis_lib.queries import feature_windows

WINDOWS = feature_windows((12,))

CARD = {"trained_on": ["2023-04-01"], "thresholds": [{"share": 0.05, "threshold": 0.4, "n": 550}]}
pytestmark = pytest.mark.xdist_group("saved")  # one process fits what all of them read


@pytest.fixture(scope="module", params=["prevalence", "logistic", "trees"])
def saved(request, people, later, tmp_path_factory):
    fit = calibrate(
        fit_classifier(request.param, people, "next_emergency", choose_predictors(people, WINDOWS)), later
    )
    folder = tmp_path_factory.mktemp("models")
    return fit, *save_classifier(fit, folder / "new", CARD)


def copy(saved, folder):
    for path in saved[1:]:
        (folder / path.name).write_bytes(path.read_bytes())
    return folder / saved[1].name


def test_round_trip_gives_the_same_bytes(saved, later):
    fit, model, _ = saved
    again = load_classifier(model)
    assert predict_risk(again, later).tobytes() == predict_risk(fit, later).tobytes()
    assert again.features == fit.features
    assert again.predictors == fit.predictors
    assert choose_thresholds(predict_risk(again, later)).equals(choose_thresholds(predict_risk(fit, later)))


def test_the_card_says_what_it_is_and_is_not_for(saved):
    fit, model, path = saved
    card = json.loads(path.read_text())
    assert model.name == card["file"] == f"next_emergency_{fit.kind}.skops"
    assert card["sha256"] == hashlib.sha256(model.read_bytes()).hexdigest()
    assert "not to deny or ration care" in card["not_for"]
    assert {"name": "n_gp_12m", "kind": "numeric", "window": "12 to 0 months before the index date"} in card[
        "predictors"
    ]
    assert card["trained_on"] == ["2023-04-01"]
    assert set(card["versions"]) >= {"python", "scikit-learn", "skops"}
    assert card["n_people"] == 12_000
    assert card["n_events"] % 5 == 0
    assert abs(card["n_events"] - fit.n_events) <= 2


def test_no_pickle_and_no_types_but_the_reviewed(saved):
    _, model, _ = saved
    with zipfile.ZipFile(model) as archive:
        assert {name.rpartition(".")[2] for name in archive.namelist()} <= {"json", "npy", "npz"}
    assert set(skops.io.get_untrusted_types(file=model)) <= set(TRUSTED)


def test_a_changed_file_is_refused(saved, tmp_path):
    path = copy(saved, tmp_path)
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    with pytest.raises(UntrustedModel, match="not the file that its card describes"):
        load_classifier(path)


class Hostile:
    """Writes a file when it is made from a saved state."""

    target = None

    def __reduce__(self):
        return (open, (self.target, "w"))


def test_a_hostile_object_is_refused_and_does_not_run(saved, tmp_path):
    path = copy(saved, tmp_path)
    ran = tmp_path / "ran"
    for content in (FunctionTransformer(Hostile), FunctionTransformer(np.fromfile), _reducing(ran)):
        skops.io.dump(content, path)
        card = json.loads(path.with_suffix(".json").read_text())
        # Whoever can change the model can change the card's sum as well.
        card["sha256"] = hashlib.sha256(path.read_bytes()).hexdigest()
        path.with_suffix(".json").write_text(json.dumps(card))
        with pytest.raises(UntrustedModel, match="nobody has reviewed"):
            load_classifier(path)
        assert not ran.exists()


def _reducing(target):
    hostile = Hostile()
    hostile.target = str(target)
    return hostile


@pytest.mark.parametrize("count", [7, 0, 123])
def test_no_small_or_exact_count_on_a_card(saved, tmp_path, count):
    with pytest.raises(ValueError, match="n_listed in the card"):
        save_classifier(saved[0], tmp_path, {"lists": [{"n_listed": count}]})
    assert not list(tmp_path.iterdir())


def test_the_card_cannot_be_talked_over(saved, tmp_path):
    with pytest.raises(ValueError, match="has not_for, sha256 already"):
        save_classifier(saved[0], tmp_path, {"not_for": [], "sha256": "0"})


def test_another_version_is_said(saved, tmp_path):
    path = copy(saved, tmp_path)
    card = json.loads(path.with_suffix(".json").read_text())
    card["versions"]["scikit-learn"] = "1.0"
    path.with_suffix(".json").write_text(json.dumps(card))
    with pytest.warns(UserWarning, match="saved with scikit-learn 1.0"):
        load_classifier(path)
