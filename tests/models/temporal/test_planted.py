"""Which features were planted: worked by hand."""

import pandas as pd

from analysis_lib.models.temporal import match_planted

TRUTH = {
    "patterns": {
        "P1": {
            "first": {"event": "start", "bnf_prefixes": ["0205051", "0205052"]},
            "then": {"event": "start", "bnf_prefixes": ["1001010"]},
            "days": [1, 30],
        },
        "P5": {
            "first": {"event": "stop", "bnf_prefixes": ["0208020"]},
            "then": {"event": "start", "bnf_prefixes": ["0208020"]},
            "days": [31, 365],
        },
        "P6": {
            "first": {"event": "emergency_discharge", "bnf_prefixes": []},
            "then": {"event": "gp", "bnf_prefixes": []},
            "days": [1, 7],
        },
    },
    "frailty_only": {"F1": {"first": "0407010H0", "then": "0106020M0"}},
}


def test_order_days_and_chemicals_decide():
    features = [
        ("start:0205051R0", "start:1001010P0", "15-30", "P1"),
        ("start:0205052N0", "start:1001010P0", "0-14", "P1"),
        ("start:0205052N0", "start:1001010P0", "31-90", "decoy"),  # too far apart
        ("start:1001010P0", "start:0205051R0", "0-14", "decoy"),  # the other way round
        ("stop:0205051R0", "start:1001010P0", "0-14", ""),  # a stop is no start
        ("start:0205051R0", "start:1001030U0", "0-14", ""),  # methotrexate is no NSAID
        ("stop:0208020V0", "start:0208020Z0", "31-90", "P5"),
        ("stop:0208020V0", "start:0208020Z0", "15-30", "decoy"),
        ("discharge:emergency", "gp", "0-14", "P6"),
        ("gp", "discharge:emergency", "0-14", "decoy"),
        ("start:0407010H0", "start:0106020M0", "0-14", "decoy"),  # goes with frailty alone
        ("gp", None, None, ""),
    ]
    frame = pd.DataFrame(features, columns=["first", "then", "bin", "right"]).sample(frac=1, random_state=1)
    assert match_planted(frame, TRUTH).equals(frame["right"].rename(None))


def test_codes_alone_are_never_planted():
    frame = pd.DataFrame({"first": ["gp", "start:1001010P0"], "then": None, "bin": None})
    assert match_planted(frame, TRUTH).tolist() == ["", ""]
