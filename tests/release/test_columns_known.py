"""Which kind a column is, and which columns the gate refuses."""

import pandas as pd
import pytest

from analysis_lib import columns
from analysis_lib.columns import Column
from analysis_lib.kinds import Count, Dimension, Estimate, Plain, Ratio
from analysis_lib.release.gate.release import kinds_for, release_table
from analysis_lib.release.profiles import PATIENT


def test_overrides_go_before_the_dictionary_and_dtype_decides_where_nobody_is_protected(monkeypatch):
    kinds = {"n": Count(), "t.n": Plain(), "m": Count(), "flag": Plain()}
    monkeypatch.setattr(columns, "COLUMNS", {name: Column("", "", kind=kind) for name, kind in kinds.items()})
    frame = pd.DataFrame({"n": [1], "m": [1], "sex": ["F"], "flag": [True], "seen": [False], "x": [1.5]})
    assert kinds_for("t", frame, {"m": Plain()}) == {
        "n": Plain(),
        "m": Plain(),
        "sex": Dimension(),
        "flag": Plain(),
        "seen": Dimension(),
    }
    assert kinds_for("u", frame, None)["n"] == Count()
    assert set(kinds_for("t", frame, None, protects=True)) == {"n", "m", "flag"}
    with pytest.raises(ValueError, match="lacks other"):
        kinds_for("t", frame, {"other": Count()})


@pytest.mark.parametrize(
    ("column", "given", "said"),
    [
        ("score", {}, "does not know what 'score' is"),
        ("max_age", {"max_age": Estimate()}, "smallest or largest"),
        ("age_min", {"age_min": Estimate()}, "smallest or largest"),
        ("rate", {"rate": Ratio("n_dna", "n_known")}, "rests on 'n_dna'"),
        ("nhs_number", {"nhs_number": Plain()}, "identifiers"),
    ],
)
def test_what_the_gate_cannot_judge_is_refused(column, given, said):
    frame = pd.DataFrame({"sex": ["F"], column: [1.5]})
    with pytest.raises(ValueError, match=said):
        release_table("t", frame, PATIENT, {"sex": Dimension(), **given})


@pytest.mark.parametrize("column", ["max_age", "minutes", "maximal"])
def test_a_number_about_no_people_passes(column):
    frame = pd.DataFrame({"sex": ["F"], column: [3.0]})
    released = release_table("t", frame, PATIENT, {"sex": Dimension(), column: Plain()})
    assert released.frame[column].tolist() == [3.0]
