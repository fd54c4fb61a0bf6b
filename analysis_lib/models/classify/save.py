"""Keep a classifier on disk: a skops file, which loading cannot turn into code, and a card beside it."""

from __future__ import annotations

import hashlib
import json
import platform
import warnings
import zipfile
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from analysis_lib.disclosure import read_thresholds
from analysis_lib.models.classify.fit import Classifier
from analysis_lib.models.classify.predictors import Predictors

# What a file may hold beyond numpy, scipy and scikit-learn types that skops itself trusts. Each was looked
# at: none runs code, reads a file or calls out when it is made from a file's content.
TRUSTED: tuple[str, ...] = (
    "analysis_lib.models.classify.encode.Products",  # our encoder: names, means, scales
    "numpy.dtype",  # the type of an array
    "scipy.interpolate._bsplines.BSpline",  # the spline of age: knots and coefficients
    "scipy._lib.array_api_compat.numpy._aliases.asarray",  # held by BSpline: makes an array of an array
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",  # nodes of a tree, as arrays
)
NOT_FOR = (
    "not to deny or ration care",
    "not for decisions about a person without a clinician",
    "not for other places or years without a new calibration",
)
PACKAGES = ("numpy", "pandas", "scikit-learn", "scipy", "skops")
_LIMITS = read_thresholds()["patient"]


class UntrustedModel(ValueError):
    """A model file was changed after it was saved, or holds what nobody has reviewed."""


def save_classifier(classifier: Classifier, folder: str | Path, card: Mapping[str, Any]) -> tuple[Path, Path]:
    """Write a classifier as <outcome>_<kind>.skops, and its card as .json beside it.

    Parameters
    ----------
    classifier : Classifier
    folder : str or Path
        Made if absent.
    card : mapping
        What the classifier does not know: ``trained_on`` (dates), ``thresholds``, ``intended_for`` and the
        like. What JSON can hold; counts (``n``, ``n_…``) rounded to 5, none below 10.

    Returns
    -------
    (Path, Path)
        The model and the card. The card adds kind, outcome, predictors with windows, encoded features,
        parameters, calibration, seed, people and events rounded to 5, versions, sha256 of the model, and
        what it is not for. It may be published; the model holds cut points taken from people's values and
        stays where their data are.

    Raises
    ------
    ValueError
        If `card` holds a small or unrounded count, or a name that the card has already.
    """
    own = _describe(classifier)
    taken = sorted(set(card) & {*own, "file", "sha256"})
    if taken:
        raise ValueError(f"The card has {', '.join(taken)} already: choose other names.")
    refuse_small_counts(card)
    from skops.io import dump

    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    model = folder / f"{classifier.outcome}_{classifier.kind}.skops"
    dump(classifier.pipeline, model, compression=zipfile.ZIP_DEFLATED)
    whole = {**own, **card, "file": model.name, "sha256": _sha256(model)}
    text = json.dumps(whole, indent=2, ensure_ascii=False, allow_nan=False)
    path = model.with_suffix(".json")
    path.write_text(text + "\n", encoding="utf-8")
    return model, path


def load_classifier(path: str | Path, trusted: Sequence[str] = TRUSTED) -> Classifier:
    """Read a classifier that `save_classifier` wrote.

    Parameters
    ----------
    path : str or Path
        The .skops file; its card lies beside it.
    trusted : sequence of str
        Types that the file may hold beside those that skops trusts.

    Returns
    -------
    Classifier
        Gives the same risks as the one saved; people and events are those of the card.

    Raises
    ------
    UntrustedModel
        If the file is not the one the card describes, or holds another type. Nothing of it has run then.
    FileNotFoundError
        If the model or its card is absent.

    Warns
    -----
    UserWarning
        If another version of scikit-learn saved it.
    """
    from skops.io import load
    from skops.io.exceptions import UntrustedTypesFoundException

    path = Path(path)
    card = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    if _sha256(path) != card["sha256"]:
        raise UntrustedModel(f"{path.name} is not the file that its card describes: fit and save it again.")
    saved, here = card["versions"]["scikit-learn"], version("scikit-learn")
    if saved != here:
        warnings.warn(f"{path.name} was saved with scikit-learn {saved}, this is {here}.", stacklevel=2)
    try:
        pipeline = load(path, trusted=list(trusted))
    except UntrustedTypesFoundException as error:
        raise UntrustedModel(
            f"{path.name} holds types that nobody has reviewed, and was not loaded. {error} "
            "If you made it, fit and save it again; otherwise do not use it."
        ) from error
    names = {
        kind: tuple(p["name"] for p in card["predictors"] if p["kind"] == kind)
        for kind in ("numeric", "categorical", "flags")
    }
    windows = {name: tuple(window) for name, window in card["windows"].items()}
    return Classifier(
        kind=card["kind"],
        outcome=card["outcome"],
        predictors=Predictors(**names, windows=windows),
        pipeline=pipeline,
        params=card["params"],
        seed=card["seed"],
        n_people=card["n_people"],
        n_events=card["n_events"],
        calibration=card["calibration"],
    )


def refuse_small_counts(card: Any, name: str = "") -> None:
    """Refuse a count (named ``n`` or ``n_…``) below the fewest or not rounded, however deep in the card."""
    if isinstance(card, Mapping):
        for key, value in card.items():
            refuse_small_counts(value, str(key))
    elif isinstance(card, list | tuple):
        for value in card:
            refuse_small_counts(value, name)
    elif (name == "n" or name.startswith("n_")) and (card < _LIMITS["fewest"] or card % _LIMITS["round_to"]):
        raise ValueError(
            f"{name} in the card is below {_LIMITS['fewest']} or not rounded to {_LIMITS['round_to']}: "
            "round it, or leave it out."
        )


def _describe(classifier: Classifier) -> dict[str, Any]:
    predictors = classifier.predictors
    windows = predictors.in_words()
    return {
        "kind": classifier.kind,
        "outcome": classifier.outcome,
        "not_for": list(NOT_FOR),
        "predictors": [
            {"name": name, "kind": kind, "window": windows[name]}
            for kind in ("numeric", "flags", "categorical")
            for name in getattr(predictors, kind)
        ],
        "windows": {name: list(window) for name, window in predictors.windows.items()},
        "features": classifier.features,
        "params": dict(classifier.params),
        "calibration": dict(classifier.calibration),
        "seed": classifier.seed,
        "n_people": _rounded(classifier.n_people),
        "n_events": _rounded(classifier.n_events),
        "versions": {"python": platform.python_version(), **{name: version(name) for name in PACKAGES}},
    }


def _rounded(count: int) -> int:
    step = _LIMITS["round_to"]
    return step * round(count / step)


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
