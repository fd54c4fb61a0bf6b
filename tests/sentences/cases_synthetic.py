"""Made-up hospital data, on tiny released frames, with what is hidden."""

import pandas as pd
from case import Case

# A case a line, however long its sentence.
# fmt: off

NAN = float("nan")


def frame(columns: str, *rows: tuple, **others: object) -> pd.DataFrame:
    return pd.DataFrame(list(rows), columns=columns.split()).assign(**others)


def scores(judged: str, **values: float) -> pd.DataFrame:
    rows = [(name, value, value - 0.01, value + 0.01) for name, value in values.items()]
    return frame("generator score score_low score_high", *rows, judged=judged)


def verdicts(judged: str, **words: str) -> pd.DataFrame:
    return frame("generator verdict", *[(name, word.replace("_", " ")) for name, word in words.items()], judged=judged)


def growth(**values: float) -> pd.DataFrame:
    return frame("generator growth_admissions", *values.items())


def today(real: tuple, cells: tuple) -> pd.DataFrame:
    return frame("generator alike_share long_share", ("holdout", *real), ("cells", *cells))


def failed(**n: int) -> pd.DataFrame:
    gains = {"trees": 0.046, "copy": 0.987}
    return frame("generator n_failed most_gained", *[(g, k, gains.get(g, 0.0)) for g, k in n.items()], n_checks=7)


def which(*rows: tuple) -> pd.DataFrame:
    return frame("generator safety advice", *rows, most_gained=0.046)


def changed(judged: str, *rows: tuple) -> pd.DataFrame:
    return frame("generator apart apart_low apart_high", *rows, judged=judged)


def found(*rows: tuple) -> pd.DataFrame:
    return frame("level recall n_readmitted", *rows, generator="trees")


def tests_of(*rows: tuple) -> pd.DataFrame:
    return frame("suite passed failed", *rows)


LIKE = pd.concat([
    scores("two_sample_auc", trees=0.51, pairs=0.52, independent=0.99, holdout=0.5),
    scores("pairs_tv", trees=0.03, pairs=0.031, independent=0.15, holdout=0.027),
])
USE = pd.concat([scores("tstr_auc", trees=0.74, pairs=0.69, independent=0.5), scores("trtr_auc", trees=0.75)])
DEMAND = scores("demand_error", trees=0.017, cells=0.05, bootstrap=0.012)
FAR = scores("demand_error", trees=0.017, cells=0.05, noisy=4.5, bootstrap=0.012)
GROWTH = growth(trees=0.10, independent=0.13, real=0.11, holdout=0.5, bootstrap=0.5)
TOLD = scores("membership_auc", trees=0.54, cells=0.78, copy=0.99, holdout=0.5)
FAILED = failed(copy=7, cells=7, trees=5, holdout=0)
CHOSEN = which(("trees", "yes", "full scale"), ("cells", "no", "nothing that leaves"))
NONE = which(("trees", "no", "nothing that leaves"), ("cells", "yes", "tests of answers"))
GAPS = pd.concat([
    frame("generator score", ("real", 0.24), ("plain", 0.226), judged="equal_opportunity_gap"),
    frame("generator score", ("equal groups", 0.8), judged="speldur_total"),
    frame("generator score", ("equal groups", 1.01), judged="speldur_total_weighted"),
])
LESS = changed("equal_opportunity_gap", ("equal groups", 0.01, -0.02, 0.04), ("reweighing", -0.1, -0.15, -0.05), ("causal cut", -0.2, -0.25, -0.15))
SAME = changed("equal_opportunity_gap", ("reweighing", -0.01, -0.15, 0.05))
MORE = changed("equal_opportunity_gap", ("reweighing", 0.1, 0.05, 0.15))
ONE = changed("equal_opportunity_gap", ("causal cut", -0.2, -0.25, -0.15))
DEAR = changed("auc", ("equal groups", -0.021, -0.03, -0.01), ("reweighing", 0.001, -0.01, 0.01))
CHEAP = changed("auc", ("equal groups", -0.021, -0.05, 0.01))
MODEL = tests_of(("unit", 207, 0), ("integration, snapshots of the source", 3, 6), ("integration, snapshots of these tables", 9, 0))
ACTIVITY = frame("pod measure baseline", ("a", "admissions", 20_000), ("b", "admissions", 11_506), ("a", "beddays", 90_000))

CASES = [
    Case("synthetic.data", {"source": "admissions of stays.csv", "n_runs": 5}, {"data": "Admissions of stays.csv", "n_seeds": "5", "seeds": "Every method was run with 5 seeds"}),
    Case("synthetic.tbl-synthetic-rows", {"described": frame("part n_admissions n_people", ("train", 5000, 3120), ("holdout", 5000, 3100))}, {"caption": "5,000 admissions of 3,120 people teach the methods, and twice as many of other people judge them"}),
    Case("synthetic.tbl-synthetic-rows", {"described": frame("part n_admissions n_people", ("train", 5000, NAN))}, {"caption": "There are too few admissions to say how many teach and how many judge"}),
    Case(
        "synthetic.fig-synthetic-fidelity",
        {"scores": LIKE, "verdicts": verdicts("two_sample_auc", trees="best", pairs="no_worse", independent="worse")},
        {
            "fidelity_short": "Rows made by sequential trees from twenty records and the tree of pairs come closest to real ones",
            "fidelity_best": "A classifier tells rows made by sequential trees from twenty records from real ones with an AUROC of 0.51, and other real people with 0.50, where a guess has 0.5",
            "fidelity": "Shares of two columns together are 3.0% apart between real rows and rows made by sequential trees from twenty records, 2.7% between two groups of real people, and 15.0% with independent columns",
        },
    ),
    *(
        Case("synthetic.fig-synthetic-use", {"scores": USE, "verdicts": verdicts("tstr_auc", trees="best", pairs=pairs)}, {
            "use_short": "A model of rows made by sequential trees from twenty records ranks real people with an AUROC of 0.74, against 0.75 for a model of real rows",
            "use": said,
        })
        for pairs, said in (
            ("worse", "By more than chance, models of rows made by the tree of pairs rank real people less well than that"),
            ("no_worse", "No method is behind by more than chance"),
        )
    ),
    *(
        Case("synthetic.fig-synthetic-demand", {"scores": FAR if "noisy" in words else DEMAND, "verdicts": verdicts("demand_error", **words), "growth": GROWTH}, said)
        for words, said in (
            ({"trees": "best", "cells": "worse"}, {
                "demand_short": "Demand by point of delivery is 1.7% off on rows made by sequential trees from twenty records, against 1.2% by chance alone",
                "demand_today": "On rows made by cell sampling, as today, demand is 5.0% off, further than the best method by more than chance",
                "demand_weak": "Total growth says little about a method, since admissions grow by 10.0% to 13.0% on the rows of every one, the control included, and by 11.0% on real rows",
            }),
            ({"noisy": "worse", "trees": "best", "cells": "worse"}, {"demand_beyond": "Rows made by noisy counts are off by more than all there is, and are not drawn"}),
            ({"trees": "best", "cells": "no_worse"}, {"demand_today": "On rows made by cell sampling, as today, demand is 5.0% off, not further than the best method by more than chance"}),
            ({"cells": "best", "trees": "worse"}, {"demand_today": "On rows made by cell sampling, as today, demand is 5.0% off, the least of all methods"}),
        )
    ),
    Case("synthetic.tbl-synthetic-today", {"today": today((0.3, 0.026), (1.0, 0.008))}, {
        "today_copies": "In 100% of the rows made by cell sampling, as today, everything but the length of stay is that of a real admission",
        "today_stays": "Stays of three weeks or more are 2.6% of real admissions, and 0.8% of the rows made by cell sampling",
    }),
    Case("synthetic.tbl-synthetic-today", {"today": today((0.3, 0.0), (1.0, 0.0))}, {"today_stays": "No real admission is of three weeks or more"}),
    Case("synthetic.fig-synthetic-privacy", {"scores": TOLD, "which": CHOSEN, "failed": FAILED}, {
        "privacy_short": "Those who taught sequential trees from twenty records are told from others with an AUROC of 0.54, where a guess has 0.5",
        "privacy_today": "Those whose records cell sampling draws, as today, are told from others with an AUROC of 0.780 (0.770 to 0.790)",
        "privacy": "Of 7 checks for more than chance, a plain copy fails 7, cell sampling 7, sequential trees 5 and other real people 0. The best of four attacks gains up to 4.6 percentage points over chance on sequential trees, and up to 98.7 on a plain copy",
        "copy_caught": "The plain copy fails 7 of 7 privacy checks",
    }),
    Case("synthetic.fig-synthetic-privacy", {"scores": TOLD, "which": NONE, "failed": FAILED}, {"privacy_short": "No method is both close to real rows and safe from an attacker who wants to know whose records taught it"}),
    Case("synthetic.fig-synthetic-dial", {"dial": frame("setting membership_auc two_sample_auc", ("trees, 1 record", 0.72, 0.5), ("trees, 100 records", 0.51, 0.55), ("noisy counts, ε = 1", 0.5, 0.93))}, {
        "privacy_dial": "An attacker tells who taught sequential trees with an AUROC of 0.72 if they draw from single records, and of 0.51 if they draw from a hundred or more",
        "guarantee": "Noisy counts alone come with a guarantee, whatever an attacker knows; at ε = 1 their rows are told from real ones with an AUROC of 0.93",
    }),
    *(
        Case("synthetic.fig-synthetic-fairness", {"mending": GAPS, "changed": pd.concat(parts)}, said)
        for parts, said in (
            ([LESS, DEAR], {
                "fairness_short": "Drawing the group last and reweighing make the unfair gap smaller",
                "fairness_price": "The dearest way, equal groups, costs 0.021 of AUROC",
                "fairness": "The share of readmissions that a model finds is 24 percentage points apart between the most deprived areas and the others if it learnt from real rows, and 23 if it learnt from made-up ones",
                "fairness_weights": "Rows with equal groups hold 80% of the real nights without weights, and 101% with them",
            }),
            ([ONE, CHEAP], {"fairness_short": "Drawing the group last makes the unfair gap smaller", "fairness_price": "No way costs more AUROC than chance explains"}),
            ([MORE, CHEAP], {"fairness_short": "No way of making rows up makes the unfair gap smaller by more than chance, and reweighing makes it larger"}),
            ([MORE, MORE.assign(generator="equal groups"), CHEAP], {"fairness_short": "No way of making rows up makes the unfair gap smaller by more than chance, and reweighing and equal groups make it larger"}),
            ([SAME, CHEAP], {"fairness_short": "No way of making rows up makes the unfair gap smaller by more than chance"}),
        )
    ),
    Case("synthetic.tbl-synthetic-groups", {"found": found(("White", 0.3, 400), ("Other", 0.25, 20))}, {
        "fairness_small": "Of the smallest group, Other, a model of made-up rows finds 25% of 20 readmissions",
        "cannot_small": "The smallest group, Other, had 20 readmissions to judge by, too few for more than a hint",
    }),
    Case("synthetic.tbl-synthetic-groups", {"found": found(("White", 0.3, 400), ("Other", NAN, NAN), ("Black", NAN, 10))}, dict.fromkeys(["fairness_small", "cannot_small"], "For 2 of 3 groups, too few were admitted again to say whom a model finds")),
    Case("synthetic.tbl-synthetic-which", {"which": CHOSEN, "scores": pd.concat([DEMAND, LIKE, TOLD]), "limit": 0.55, "gained": 0.05, "like": 0.53, "simulated": "yes"}, {
        "safe": "0.55",
        "safe_gain": "5 percentage points",
        "fit": "its demand is no more than twice as far off as chance makes it",
        "recommend_short": "Publish the data set made of simulated people now, and use sequential trees from twenty records for the next",
        "recommend_full": "Make the full-scale data set with sequential trees from twenty records",
        "recommend": "Of the methods that are safe enough, this one comes closest to real rows. It still gives a little away: an attack gains up to 4.6 percentage points over chance",
        "recommend_release": "Publish the data set made of simulated people",
        "recommend_today": "Let no rows drawn by cell sampling leave, since an attacker can tell whose they are",
        "cannot_data": "All of this was measured on simulated people; real records may be harder",
        "answer": "On rows made by sequential trees from twenty records, the demand calculation is 1.7% off, where chance makes it 1.2%, and an attacker tells who taught them with an AUROC of 0.54, where a guess has 0.5",
    }),
    Case("synthetic.tbl-synthetic-which", {"which": CHOSEN, "scores": pd.concat([LIKE, TOLD]), "limit": 0.55, "gained": 0.05, "like": 0.53, "simulated": "no"}, {
        "cannot_data": "All of this was measured on the records of one file; others may be harder",
        "fit": "its rows are told from real ones with an AUROC of at most 0.53",
        "answer": "Rows made by sequential trees from twenty records are told from real ones with an AUROC of 0.51, and those who taught them from others with 0.54, where a guess has 0.5",
    }),
    Case("synthetic.tbl-synthetic-which", {"which": NONE, "scores": pd.concat([DEMAND, LIKE, TOLD]), "limit": 0.55, "gained": 0.05, "like": 0.53, "simulated": "yes"}, {
        "recommend_short": "Publish the data set made of simulated people now, and make none of real records yet",
        "recommend_full": "Make no data set of real records yet",
        "recommend": "No method is both close to real rows and safe enough",
        "recommend_today": "Keep cell sampling until the new data set is there",
        "answer": "No method is both close to real rows and safe enough for real records",
    }),
    Case("synthetic.tbl-synthetic-model", {"tests": MODEL, "activity": ACTIVITY, "ran_on": "2026-11-30"}, {
        "model_ran": "The demand model itself ran on the data set on 30 November 2026; 207 of its 207 unit tests passed",
        "model_snapshots": "Of 9 integration tests, 9 pass with expected values computed anew from these tables, and 3 with those of the source, which are of data that are not public",
        "released": "It holds 31,506 admissions, and the demand model ran on it on 30 November 2026",
    }),
    Case("synthetic.tbl-synthetic-speed", {"speed": frame("generator n_rows seconds", ("trees", 20_000, 0.6), ("trees", 880_000, 20.4), ("copula", 20_000, 0.1))}, {"compute": "Sequential trees make 880,000 rows in 20 seconds of one processor"}),
    *(
        Case("synthetic.tbl-synthetic-truth", {"truth": frame("planted estimate_low estimate_high in_made_up", *rows)}, {"recovered": said})
        for rows, said in (
            ([(1.2, 1.1, 1.3, 1.15), (0.8, 0.7, 0.9, 0.95), (1.5, 1.6, 1.7, 1.6)], "Of 3 planted effects, 2 lie within the 95% intervals of the records, and 2 of those in made-up rows do"),
            ([(1.2, NAN, NAN, 1.1)], "No planted effect may be shown"),
        )
    ),
]
