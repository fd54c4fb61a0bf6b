"""Who will need most: true whoever wins, in ties, and where cells are hidden."""

import pandas as pd
from case import Case

# A case a line, however long its sentence.
# fmt: off

NAN = float("nan")
COST, EMERGENCY = "next_high_cost", "next_emergency"
FEW = "There are too few people with the outcome to say how well anything ranks them"
HIDDEN = "Too few people are left to say what the model leans on"


def frame(columns: str, *rows: tuple, **others: object) -> pd.DataFrame:
    return pd.DataFrame(list(rows), columns=columns.split()).assign(**others)


def ranked(*rows: tuple, outcome: str = EMERGENCY, **others: object) -> pd.DataFrame:
    """Model, AUROC and interval of all people."""
    base = {"outcome": outcome, "group": "all", "lift_5": NAN, "oe": 1.0}
    base |= {"calibration_slope": 1.0, "slope_low": 0.9, "slope_high": 1.1}
    base |= {"calibration_in_large": 0.0, "large_low": -0.1, "large_high": 0.1}
    return frame("model auroc low high", *rows, **base | others)


DUMMY, TREES, LOGISTIC = (("prevalence", 0.5, 0.5, 0.5), ("trees", 0.83, 0.82, 0.84), ("logistic", 0.80, 0.79, 0.805))
RULE = ("last_year_cost", 0.75, 0.74, 0.76)
WIN = [TREES, LOGISTIC, RULE, ("n_conditions", 0.70, 0.69, 0.71), DUMMY]
LIFTS = {"lift_5": [6.0, 5.0, 7.0, 2.0, 1.0]}
SAME_RISK = "Giving everybody the same risk has an AUROC of 0.50"
NO_DUMMY = "What the same risk for everybody would rank is not shown"
BEST = "Emergency admission next year: best ranked by"

PERFORMANCE = [
    Case("risk.fig-performance", {"ranked": rows}, {"performance": short, "performance_emergency": long, "dummy": dummy})
    for rows, short, long, dummy in (
        (
            ranked(*WIN),
            "Ranked best (AUROC). Emergency admission next year: boosted trees, 0.83, beyond last year's cost, 0.75",
            f"{BEST} boosted trees, AUROC 0.830 (0.820 to 0.840); beyond the best simple rule, last year's cost, 0.750 (0.740 to 0.760)",
            SAME_RISK,
        ),
        (
            ranked(TREES, ("last_year_cost", 0.825, 0.81, 0.835)),
            "Ranked best (AUROC). Emergency admission next year: boosted trees, 0.83, above last year's cost, 0.82",
            f"{BEST} boosted trees, AUROC 0.830 (0.820 to 0.840); above the best simple rule, last year's cost, 0.825 (0.810 to 0.835), though the intervals overlap",
            NO_DUMMY,
        ),
        (
            ranked(TREES, ("last_year_cost", 0.83, 0.82, 0.84)),
            "Ranked best (AUROC). Emergency admission next year: boosted trees, 0.83, no better than last year's cost, 0.83",
            f"{BEST} boosted trees, AUROC 0.830 (0.820 to 0.840); no better than the best simple rule, last year's cost, 0.830 (0.820 to 0.840)",
            NO_DUMMY,
        ),
        (
            ranked(("logistic", 0.83, 0.82, 0.84), ("trees", 0.825, 0.815, 0.835)),
            "Ranked best (AUROC). Emergency admission next year: logistic regression, 0.83",
            f"{BEST} logistic regression, AUROC 0.830 (0.820 to 0.840), not told apart from boosted trees",
            NO_DUMMY,
        ),
        (ranked(*WIN, auroc=NAN), FEW, "", NO_DUMMY),
        (
            pd.concat([ranked(*WIN, outcome=COST), ranked(TREES)]),
            "Ranked best (AUROC). High cost next year: boosted trees, 0.83, beyond last year's cost, 0.75; Emergency admission next year: boosted trees, 0.83",
            f"{BEST} boosted trees, AUROC 0.830 (0.820 to 0.840)",
            SAME_RISK,
        ),
    )
]
TOP = "Among the 5% ranked highest, against all people,"
HOLD = "The 5% of people ranked highest hold 30% of those with high cost next year (boosted trees), against 35% by last year's cost"
BOTH = pd.concat([ranked(*WIN, outcome=COST, **LIFTS), ranked(*WIN, lift_5=[2.0, 3.0, NAN, NAN, NAN])])
LIFT = [
    case
    for rows, answer, lift in (
        (ranked(*WIN, outcome=COST, **LIFTS), HOLD, f"{TOP} high cost next year is 6.0 times as common (boosted trees; 7.0 times by last year's cost)"),
        (
            BOTH,
            f"{HOLD}; and 15% of those with an emergency admission next year (logistic regression)",
            f"{TOP} high cost next year is 6.0 times as common (boosted trees; 7.0 times by last year's cost) and an emergency admission next year is 3.0 times as common (logistic regression)",
        ),
        (
            ranked(*WIN),
            "There are too few people with the outcome to say how many of them a list of one in twenty would hold",
            "There are too few people with the outcome among the 5% ranked highest",
        ),
    )
    for case in (Case("risk.fig-performance", {"ranked": rows}, {"answer": answer}), Case("risk.tbl-lift", {"ranked": rows}, {"caption": lift}))
]
CALIBRATION = [
    *(
        Case(
            "risk.fig-calibration",
            {
                "ranked": ranked(
                    TREES,
                    oe=oe,
                    calibration_slope=sum(slope) / 2,
                    slope_low=slope[0],
                    slope_high=slope[1],
                    calibration_in_large=sum(large) / 2,
                    large_low=large[0],
                    large_high=large[1],
                )
            },
            {
                "calibration": f"Emergency admission next year: {oe:.2f} times as many as predicted by boosted trees, slope {sum(slope) / 2:.2f} ({slope[0]:.2f} to {slope[1]:.2f}), {said}"
            },
        )
        for slope, large, oe, said in (
            ((0.95, 1.05), (-0.1, 0.1), 1.0, "as good as chance allows"),
            ((0.70, 0.80), (-0.1, 0.1), 1.0, "right on average, but too extreme"),
            ((1.20, 1.30), (-0.1, 0.1), 1.0, "right on average, but too much towards the middle"),
            ((0.95, 1.05), (0.1, 0.3), 1.2, "too few predicted"),
            ((0.95, 1.05), (-0.3, -0.1), 0.8, "too many predicted"),
        )
    ),
    Case("risk.fig-calibration", {"ranked": ranked(TREES, oe=NAN)}, {"calibration": "There are too few people with the outcome to check the risks"}),
]
DECISION = [
    Case(
        "risk.fig-decision",
        {"gain": frame("threshold gain", *zip((0.01, 0.05, 0.2), gains, strict=True), outcome=EMERGENCY)},
        {"decision": f"Emergency admission next year: more net benefit by boosted trees than by listing everybody or nobody at {said}"},
    )
    for gains, said in (
        ((0.01, 0.03, 0.01), "every threshold shown, 1.0% to 20%"),
        ((0.0, 0.03, 0.01), "thresholds of 5.0% to 20%"),
        ((0.01, 0.0, 0.01), "thresholds of 1.0% to 20%, with gaps"),
        ((-0.01, 0.0, 0.01), "thresholds of 20%"),
        ((-0.01, 0.0, -0.01), "no threshold shown"),
    )
] + [Case("risk.fig-decision", {"gain": frame("outcome threshold gain")}, {"decision": "Net benefit rests on too few people to be shown"})]
MONTHS = [
    Case(
        "risk.fig-months",
        {"by_month": frame("month auroc low high", (12, *last), (1, 0.85, 0.84, 0.86), (6, NAN, NAN, NAN), outcome=EMERGENCY, model="trees")},
        {"months": said},
    )
    for last, said in (
        ((0.80, 0.79, 0.81), "Emergency admission next year: AUROC falls from 0.85 in month 1 to 0.80 in month 12"),
        ((0.84, 0.83, 0.86), "Emergency admission next year: AUROC falls from 0.85 in month 1 to 0.84 in month 12 (intervals overlap)"),
        ((0.90, 0.89, 0.91), "Emergency admission next year: AUROC rises from 0.85 in month 1 to 0.90 in month 12"),
        ((0.851, 0.84, 0.86), "Emergency admission next year: AUROC 0.85 in month 1 and in month 12"),
        ((NAN, NAN, NAN), "There are too few events a month to say"),
    )
]


def groups(auroc: float, high: float, large_high: float = -0.1, whole: float = 0.83) -> pd.DataFrame:
    return frame(
        "group level auroc low high oe",
        ("all", "all", whole, 0.82, 0.84, 1.0),
        ("age_band", "85+", auroc, auroc - 0.02, high, 1.1),
        ("sex", "M", 0.84, 0.83, 0.85, 0.8),
        ("sex", "F", 0.84, 0.83, 0.85, 0.9),
        ("ethnic_group", "not stated", 0.2, 0.1, 0.3, 9.0),
        outcome=COST,
        model="trees",
        large_low=-0.3,
        large_high=large_high,
    )


OFF = "High cost next year: furthest off for men and boys (0.80 times as many as predicted{})"
GROUPS = [
    Case("risk.fig-groups", {"scored": rows}, {"groups": said, "groups_calibration": off})
    for rows, said, off in (
        (groups(0.70, 0.72), "High cost next year: ranked worst are people of 85 and over, AUROC 0.700 (0.680 to 0.720) against 0.830 for all", OFF.format("")),
        (
            groups(0.82, 0.84, large_high=0.1),
            "High cost next year: ranked worst are people of 85 and over, AUROC 0.820 (0.800 to 0.840) against 0.830 for all (intervals overlap)",
            OFF.format("; chance could make it"),
        ),
        (groups(0.835, 0.86), "High cost next year: no group is ranked worse than all people together (AUROC 0.830)", OFF.format("")),
        (groups(0.835, 0.86, whole=NAN), FEW, OFF.format("")),
        (groups(0.7, 0.72)[:1], FEW, FEW),
    )
]
CARD = {f"{name}_{end}": 0.1 for name in ("auprc", "brier", "lift_1", "lift_5") for end in ("low", "high")}
CARD |= {"n": 1_000, "n_events": 50, "prevalence": 0.05, "auprc": 0.3, "brier": 0.04, "lift_1": 9.0}
CARD |= {"lift_10": NAN, "lift_10_low": NAN, "lift_10_high": NAN}
SEARCH = frame(
    "round learning_rate max_leaf_nodes min_samples_leaf l2 chosen",
    (1, 0.1, 31, 50, 0.0, False),
    (1, 0.05, 15, 200, 1.0, False),
    (2, 0.05, 15, 200, 1.0, True),
    outcome=COST,
)
FOLDS = frame("fold n n_next_high_cost n_next_emergency", ("train", 900, 40, 80), ("evaluate", 1_000, 50, 0))
MODELS = [
    Case("risk.data", {"source": "linked people"}, {"source": "linked people", "data": "Linked people"}),
    Case(
        "risk.windows",
        {"early": "2023-04-01", "before_late": "2024-03-31", "late": "2024-04-01", "last": "2025-03-31", "months": 12},
        {
            "train_day": "1 April 2023",
            "train_window": "1 April 2023 to 31 March 2024",
            "evaluate_day": "1 April 2024",
            "evaluate_window": "1 April 2024 to 31 March 2025",
            "look_back": "12 months",
        },
    ),
    Case(
        "risk.card",
        {"scored": ranked(*WIN, outcome=COST, **CARD | {"lift_5": 5.0})},
        {
            "card_model": "Boosted trees",
            "high_cost_auroc": "0.830 (0.820 to 0.840)",
            "high_cost_n": "1,000",
            "high_cost_lift_1": "9.0 (0.1 to 0.1)",
            "high_cost_lift_10": "not known",
            "emergency_auroc": "not known",
            "emergency_n": "not known",
        },
    ),
    *(
        Case("risk.tbl-folds", {"folds": folds}, {"caption": said})
        for folds, said in (
            (FOLDS, "900 people teach the models, and 1,000 others test them, of whom high cost next year came to 5.0%"),
            (
                FOLDS.assign(n_next_emergency=80),
                "900 people teach the models, and 1,000 others test them, of whom high cost next year came to 5.0% and emergency admission next year came to 8.0%",
            ),
            (FOLDS[:1], "There are too few people to teach and to test a model"),
        )
    ),
    *(
        Case("risk.tbl-search", {"tried": tried, "modelled": outcomes}, {"outcomes": said, "search": search})
        for tried, outcomes, said, search in (
            (
                SEARCH,
                [COST, EMERGENCY],
                "Both outcomes have models",
                "2 settings of the trees tried for each outcome in 2 rounds; chosen for High cost next year: learning rate 0.05, 15 leaves, at least 200 people a leaf",
            ),
            (
                SEARCH.assign(chosen=False),
                [COST],
                "Too few people here have an emergency admission next year for a model of it",
                "2 settings of the trees tried for each outcome in 2 rounds; none chosen",
            ),
        )
    ),
    *(
        Case("risk.tbl-outside", {"checked": frame("model auroc low high", *rows)}, {"outside": said})
        for rows, said in (
            *(
                (
                    [("trees", auroc, auroc - 0.01, auroc + 0.01), DUMMY],
                    f"On real patients with diabetes the AUROC of boosted trees is {auroc:.3f} ({auroc - 0.01:.3f} to {auroc + 0.01:.3f}) for a return to hospital within thirty days, {where} the published 0.64 to 0.69",
                )
                for auroc, where in ((0.66, "within"), (0.75, "outside"), (0.60, "outside"))
            ),
            ([DUMMY], "The check on a public file of real patients has not been made"),
        )
    ),
]


def importance(*ranks: float, error: float = 0.01, sizes: tuple = (0.5, 0.9, 0.3, 0.1)) -> pd.DataFrame:
    names = ["Age", "COPD", "Long-term conditions, how many", "A&E use, last year"]
    rows = [(name, size, size - error, size + error) for name, size in zip(names, sizes, strict=True)]
    ranks = ranks or (NAN,) * 4
    return frame("feature mean_abs_shap low high", *rows, outcome=COST, n=20_000).assign(planted_rank=ranks)


NO_TRUTH = "These people are not simulated: no effect was planted that could be compared"
GO_MOST = "High cost next year: risks go most with"
DRAWN = "20,000 people drawn at random from everybody"
DEPENDENCE = frame("bin mean_shap low high", ("0-4", -0.2, -0.3, -0.1), ("5-14", -0.6, -0.7, -0.5), ("85+", 0.9, 0.8, 1.0), outcome=COST, feature="Age")
PAIRS = frame(
    "feature_a feature_b mean_abs_interaction low high planted",
    ("Age", "Sex", 0.01, 0.009, 0.011, False),
    ("COPD", "Deprivation decile", 0.03, 0.028, 0.032, True),
    outcome=COST,
)
RANKS = frame("feature seed rank", ("a", 0, 1), ("b", 0, 2), ("c", 0, 9), ("a", 1, 1), ("b", 1, 8), ("c", 1, 2), outcome=COST)
GO_TOGETHER = frame(
    "group_a group_b spearman", ("GP use, last year", "All care, last year", 0.91), ("All care, last year", "GP use, last year", 0.85), ("Age", "Sex", NAN)
)


def profiles(*contributions: float, half: float = 0.1) -> pd.DataFrame:
    rows = [(name, value, value - half, value + half) for name, value in zip(("Sex", "Age"), contributions, strict=True)]
    return frame("feature contribution low high", *rows, outcome=COST, profile="Frail and old")


TRUTH = frame(
    "driver planted mean_shap_difference agrees planted_rank shap_rank",
    ("a", 0.5, 0.4, True, 1, 3),
    ("b", -0.2, 0.1, False, 2, 2),
    ("c", 0.1, 0.05, True, 3, 1),
    outcome=COST,
    model="drivers alone",
)
FOUND = "High cost next year: 2 of 3 clear planted effects found with their sign, rank correlation −1.00"
SHARED = "With last year's use of care among the features, which shares the credit: "
EXPLAINED = [
    *(
        Case("risk.fig-importance", {"features": rows, "everybody": everybody}, {"sample": sample, "importance": said, "importance_truth": truth})
        for rows, everybody, sample, said, truth in (
            (
                importance(1, 2, 3, NAN),
                False,
                DRAWN,
                f"{GO_MOST} COPD, age and long-term conditions (how many)",
                "Of the strongest planted features, so many lead among all that were planted. High cost next year: 3 of 3",
            ),
            (importance(error=0.099), True, "everybody", f"{GO_MOST} COPD, age and long-term conditions (how many)", NO_TRUTH),
            (
                importance(error=0.11),
                False,
                DRAWN,
                f"{GO_MOST} COPD, then age, long-term conditions (how many) and A&E use in the last year (too close to order)",
                NO_TRUTH,
            ),
            (pd.concat([importance(error=0.5)] * 3, ignore_index=True), False, DRAWN, f"{GO_MOST} COPD, COPD, COPD and 9 more (too close to order)", NO_TRUTH),
            (importance(1, 2, 3, 4, sizes=(NAN,) * 4).assign(n=NAN), False, "too few people", HIDDEN, NO_TRUTH),
        )
    ),
    *(
        Case("risk.fig-stability", {"ranks": ranks, "groups": together}, {"stability": stability, "together": said})
        for ranks, together, stability, said in (
            (
                RANKS,
                GO_TOGETHER,
                "Of the 5 features that rank highest, so many stay there. High cost next year: 1 of 3 under all 2 seeds",
                "1 pair of features that go together closely is taken apart, and share the credit as the model chose: GP use in the last year with all care in the last year (0.91)",
            ),
            (RANKS[:3], GO_TOGETHER[2:], "One seed alone says nothing of stability", "No two features that go together closely are taken apart"),
            (
                RANKS[:3],
                frame("group_a group_b spearman", *((f"A{n}", "Sex", 0.9) for n in range(4))),
                "One seed alone says nothing of stability",
                "4 pairs of features that go together closely are taken apart, and share the credit as the model chose: A0 with sex (0.90), A1 with sex (0.90) and A2 with sex (0.90) first",
            ),
        )
    ),
    *(
        Case("risk.fig-dependence", {"bins": bins}, {"dependence": said})
        for bins, said in (
            (DEPENDENCE, "High cost next year: risks run from lowest to highest with age from 5-14 to 85+"),
            (
                DEPENDENCE.assign(low=[-0.7, -0.9, 0.8], high=[0.0, -0.3, 1.0]),
                "High cost next year: risks run from lowest to highest with age from 0-4 or 5-14 to 85+",
            ),
            (DEPENDENCE.assign(low=-9.0, high=9.0), "These people are too few to tell apart where risks are lowest and highest"),
            (DEPENDENCE.assign(mean_shap=NAN), HIDDEN),
        )
    ),
    *(
        Case("risk.tbl-pairs", {"pairs": pairs}, {"caption": said})
        for pairs, said in (
            (PAIRS, "The strongest interaction in the model. High cost next year: COPD with deprivation decile (1 of the 2 strongest were planted)"),
            (PAIRS.assign(planted=False), "The strongest interaction in the model. High cost next year: COPD with deprivation decile"),
            (
                PAIRS.assign(high=0.04),
                "The strongest interaction in the model. High cost next year: COPD with deprivation decile and age with sex (too close to order; 1 of the 2 strongest were planted)",
            ),
            (
                pd.concat([PAIRS[:1]] * 5, ignore_index=True),
                "The strongest interaction in the model. High cost next year: age with sex, age with sex, age with sex and 2 more (too close to order)",
            ),
            (PAIRS.assign(mean_abs_interaction=NAN), HIDDEN),
        )
    ),
    *(
        Case("risk.fig-profile", {"steps": steps}, {"profiles": said, "profile_shown": shown})
        for steps, said, shown in (
            (profiles(-0.2, 1.2), "High cost next year, by kind of person. Frail and old: age adds most", "frail and old"),
            (profiles(-2.0, 1.2), "High cost next year, by kind of person. Frail and old: sex takes most away", "frail and old"),
            (profiles(-0.2, 1.2, half=0.6), "High cost next year, by kind of person. Frail and old: age or sex moves it most", "frail and old"),
            (profiles(NAN, NAN), "Each profile rests on too few people to be shown", "of whom there are too few"),
        )
    ),
    *(
        Case("risk.fig-truth", {"truth": truth}, {"shap_truth": said, "shap_shared": shared})
        for truth, said, shared in (
            (TRUTH, FOUND, HIDDEN),
            (TRUTH.assign(model="all features"), HIDDEN, SHARED + FOUND),
            (TRUTH[:1], "High cost next year: 1 of 1 clear planted effect found with its sign", HIDDEN),
            (TRUTH.assign(planted=NAN), NO_TRUTH, NO_TRUTH),
        )
    ),
]


def recalls(*values: float) -> pd.DataFrame:
    named = [("sex", "F"), ("sex", "M"), ("age_band", "85+"), ("ethnic_group", "not stated")]
    rows = [(*name, value) for name, value in zip(named, values, strict=True)]
    return frame("group level recall", *rows, outcome=COST, model="trees")


def policies(gap: float, precision: float, first: float = 0.34) -> pd.DataFrame:
    return frame(
        "policy recall_gap gap_low gap_high precision",
        ("One threshold", 0.10, 0.08, 0.12, first),
        ("Equal recall", gap, gap - 0.02, gap + 0.02, precision),
        outcome=EMERGENCY,
    )


APART = "No two groups can be told apart by what the list misses"
ON_LIST = "what the list holds by deprivation rests on too few people to be shown"
RULES = frame(
    "rule group lift low high",
    ("aged 85 and over, COPD", "all", 3.0, 2.5, 3.6),
    ("Heart failure and 85+", "all", 1.2, 0.9, 1.5),
    ("COPD and 85+", "imd_quintile", 9.0, 8.0, 10.0),
    outcome=COST,
    n=1_200,
)
NEEDS = frame("measure ratio low high", ("emergency_rate", 1.2, 1.1, 1.3), ("mean_conditions", 0.9, 0.8, 1.05), ("mean_cost_gbp", 1.0, NAN, NAN))
BANDS = frame(
    "need Core20 Rest",
    ("Mean number of conditions", 1.0, 0.5),
    ("Mean number of conditions", 2.0, 1.5),
    ("Mean number of conditions", 3.0, 3.5),
    ("Share with an emergency admission", 0.1, 0.2),
    ("Share with an emergency admission", 0.3, 0.2),
)
NO_NEED = "Too few people of the Core20 are shown to compare their need at equal predicted cost"
LISTS = [
    *(
        Case("risk.tbl-rules", {"rules": rules}, {"caption": said, "rules_held": held})
        for rules, said, held in (
            (
                RULES,
                "High cost next year is 3.0 (2.5 to 3.6) times as common among 1,200 people (aged 85 and over, COPD)",
                "1 of 2 rules found in the earlier year have more of the outcome than all people in the later year too, beyond the interval",
            ),
            (RULES.assign(lift=NAN), *["No rule has enough people in the later year to be shown"] * 2),
        )
    ),
    *(
        Case(
            "risk.fig-list",
            {"lists": frame("imd_quintile share_of_list share_of_people share_of_events", (quintile, share, 0.35, 0.37), outcome=EMERGENCY, model="trees")},
            {"list": said, "list_emergency": urgent},
        )
        for quintile, share, said, urgent in (
            *(
                (1, share, f"The most deprived fifth, on the list of boosted trees. Emergency admission next year: {text}", text)
                for share, text in (
                    (share, f"{100 * share:.0f}% of the list, {word} their 37% of those with the outcome (35% of all people)")
                    for share, word in ((0.33, "less than"), (0.40, "more than"), (0.371, "as much as"))
                )
            ),
            (2, 0.2, ON_LIST[0].upper() + ON_LIST[1:], ON_LIST),
        )
    ),
    *(
        Case("risk.tbl-fairness", {"by_group": recalls(*values)}, {"fairness": said})
        for values, said in (
            ((0.30, 0.31, 0.45, 0.1), "High cost next year: of those with it the list holds 30% for women and girls and 45% for people of 85 and over"),
            ((0.3, 0.3, 0.3, 0.3), APART),
            ((NAN, NAN, NAN, NAN), APART),
        )
    ),
    *(
        Case("risk.fig-cost-need", {"both": both, "equal": equal}, {"cost_need": said, "need": need})
        for both, equal, said, need in (
            (
                BANDS,
                NEEDS,
                "At equal predicted risk of high cost, people of the Core20 have more conditions in 2 of 3 bands of risk and more emergency admissions in 1 of 2 bands of risk",
                "At equal predicted risk of high cost, the Core20 against the rest: 1.20 (1.10 to 1.30) times as often an emergency admission; 0.90 (0.80 to 1.05) times as many long-term conditions, which may be chance",
            ),
            (BANDS[:0], NEEDS[2:], NO_NEED, NO_NEED),
        )
    ),
    *(
        Case("risk.tbl-mitigation", {"policies": rows}, {"mitigation": said})
        for rows, said in (
            *(
                (policies(gap, precision), f"Emergency admission next year: equal recall {change} (precision 34.0%, then {100 * precision:.1f}%)")
                for gap, precision, change in (
                    (0.02, 0.33, "narrows the gap in recall from 10.0% to 2.0%"),
                    (0.08, 0.33, "narrows the gap in recall from 10.0% to 8.0%, within chance"),
                    (0.15, 0.35, "widens the gap in recall from 10.0% to 15.0%"),
                    (0.10, 0.34, "keeps the gap in recall at 10.0%"),
                )
            ),
            (policies(0.02, 0.33, first=NAN), "What mitigation would cost rests on too few people"),
        )
    ),
]
CASES = [*MODELS, *PERFORMANCE, *LIFT, *CALIBRATION, *DECISION, *MONTHS, *GROUPS, *EXPLAINED, *LISTS]
