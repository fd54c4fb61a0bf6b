"""Who will need most next year: predictors that cannot leak, folds by person, classifiers, risks.

`analysis_lib.models` does not import this room: it brings scikit-learn with it.
"""

from analysis_lib.models.classify.fit import (
    Classifier,
    calibrate,
    choose_thresholds,
    fit_classifier,
    predict_risk,
)
from analysis_lib.models.classify.folds import FOLD_SHARES, assign_folds
from analysis_lib.models.classify.predictors import (
    LeakageError,
    Predictors,
    check_predictors,
    choose_predictors,
)
from analysis_lib.models.classify.save import TRUSTED, UntrustedModel, load_classifier, save_classifier
from analysis_lib.models.classify.search import choose_outcomes, search_trees

__all__ = [
    "FOLD_SHARES",
    "TRUSTED",
    "Classifier",
    "LeakageError",
    "Predictors",
    "UntrustedModel",
    "assign_folds",
    "calibrate",
    "check_predictors",
    "choose_outcomes",
    "choose_predictors",
    "choose_thresholds",
    "fit_classifier",
    "load_classifier",
    "predict_risk",
    "save_classifier",
    "search_trees",
]
