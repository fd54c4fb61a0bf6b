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



def versus(*rows: tuple, outcome: str = EMERGENCY) -> pd.DataFrame:
    """Model, against, lower and upper limits of both differences."""
    ends = "auroc_difference_low auroc_difference_high lift_5_difference_low lift_5_difference_high"
    return frame(f"model against {ends}", *rows, outcome=outcome)


BETTER = versus(("trees", "last_year_cost", 0.05, 0.1, 1.0, 2.0), ("trees", "logistic", 0.01, 0.03, 0.1, 0.2))
WORSE = versus(("trees", "last_year_cost", -0.1, -0.05, -2.0, -1.0))
ALIKE = versus(("trees", "last_year_cost", -0.01, 0.1, -1.0, 2.0), ("logistic", "trees", -0.01, 0.02, -0.2, 0.2))
HIGHEST = "Highest AUROC of the models, against the best simple rule."
NEXT = "Emergency admission next year:"
PERFORMANCE = [
    Case("risk.fig-performance", {"ranked": rows, "versus": differ}, {"performance": short, "performance_emergency": long, "dummy": dummy})
    for rows, differ, short, long, dummy in (
        (
            ranked(*WIN),
            BETTER,
            f"{HIGHEST} {NEXT} boosted trees, 0.83, better than last year's cost, 0.75",
            f"{NEXT} boosted trees with AUROC 0.830 (0.820 to 0.840), better than logistic regression; better than the best simple rule, last year's cost, 0.750 (0.740 to 0.760)",
            SAME_RISK,
        ),
        (
            ranked(TREES, ("last_year_cost", 0.85, 0.81, 0.87)),
            WORSE,
            f"{HIGHEST} {NEXT} boosted trees, 0.83, worse than last year's cost, 0.85",
            f"{NEXT} boosted trees with AUROC 0.830 (0.820 to 0.840); worse than the best simple rule, last year's cost, 0.850 (0.810 to 0.870)",
            NO_DUMMY,
        ),
        (
            ranked(TREES, RULE),
            ALIKE,
            f"{HIGHEST} {NEXT} boosted trees, 0.83, not told apart from last year's cost, 0.75",
            f"{NEXT} boosted trees with AUROC 0.830 (0.820 to 0.840); not told apart from the best simple rule, last year's cost, 0.750 (0.740 to 0.760)",
            NO_DUMMY,
        ),
        (
            ranked(("logistic", 0.83, 0.82, 0.84), ("trees", 0.81, 0.80, 0.815)),
            ALIKE,
            f"{HIGHEST} {NEXT} logistic regression, 0.83",
            f"{NEXT} logistic regression with AUROC 0.830 (0.820 to 0.840), not told apart from boosted trees",
            NO_DUMMY,
        ),
        (ranked(TREES, LOGISTIC), BETTER[:0], f"{HIGHEST} {NEXT} boosted trees, 0.83", f"{NEXT} boosted trees with AUROC 0.830 (0.820 to 0.840), not told apart from logistic regression", NO_DUMMY),
        (ranked(*WIN, auroc=NAN), BETTER, FEW, "", NO_DUMMY),
        (
            pd.concat([ranked(*WIN, outcome=COST), ranked(TREES)]),
            BETTER.assign(outcome=COST),
            f"{HIGHEST} High cost next year: boosted trees, 0.83, better than last year's cost, 0.75; {NEXT} boosted trees, 0.83",
            f"{NEXT} boosted trees with AUROC 0.830 (0.820 to 0.840)",
            SAME_RISK,
        ),
    )
]
TOP = "Among the 5% ranked highest, against all people,"
HOLD = "The 5% of people ranked highest hold 30% of those with high cost next year (boosted trees), against 35% by last year's cost"
BOTH = pd.concat([ranked(*WIN, outcome=COST, **LIFTS), ranked(*WIN, lift_5=[2.0, 3.0, NAN, NAN, NAN])])
LIFT = [
    case
    for rows, differ, answer, lift in (
        (ranked(*WIN, outcome=COST, **LIFTS), WORSE.assign(outcome=COST), HOLD, f"{TOP} high cost next year is 6.0 times as common (boosted trees; 7.0 times by last year's cost)"),
        (
            ranked(*WIN, outcome=COST, **LIFTS),
            ALIKE.assign(outcome=COST),
            f"{HOLD}, a difference that chance could make",
            f"{TOP} high cost next year is 6.0 times as common (boosted trees; 7.0 times by last year's cost, which chance could make)",
        ),
        (
            BOTH,
            WORSE.assign(outcome=COST),
            f"{HOLD}; and 15% of those with an emergency admission next year (logistic regression)",
            f"{TOP} high cost next year is 6.0 times as common (boosted trees; 7.0 times by last year's cost) and an emergency admission next year is 3.0 times as common (logistic regression)",
        ),
        (
            ranked(*WIN),
            WORSE,
            "There are too few people with the outcome to say how many of them a list of one in twenty would hold",
            "There are too few people with the outcome among the 5% ranked highest",
        ),
    )
    for case in (Case("risk.fig-performance", {"ranked": rows, "versus": differ}, {"answer": answer}), Case("risk.tbl-lift", {"ranked": rows, "versus": differ}, {"caption": lift}))
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
        {"curve": frame("threshold gain_low", *((at, 0.01 if more else -0.01) for at, more in zip((0.01, 0.05, 0.2), better, strict=True)), outcome=EMERGENCY, model="trees")},
        {"decision": f"{NEXT} more net benefit by boosted trees than by listing everybody or nobody, beyond chance, at {said}"},
    )
    for better, said in (
        ((True, True, True), "every threshold shown, 1.0% to 20%"),
        ((False, True, True), "thresholds of 5.0% to 20%"),
        ((True, False, True), "thresholds of 1.0% to 20%, with gaps"),
        ((False, False, True), "thresholds of 20%"),
        ((False, False, False), "no threshold shown"),
    )
] + [Case("risk.fig-decision", {"curve": frame("outcome model threshold gain_low")}, {"decision": "Net benefit rests on too few people to be shown"})]
MONTHS = [
    Case(
        "risk.fig-months",
        {"by_month": frame("month auroc low high", (12, *last), (1, 0.85, 0.84, 0.86), (6, NAN, NAN, NAN), outcome=EMERGENCY, model="trees")},
        {"months": said},
    )
    for last, said in (
        ((0.80, 0.79, 0.81), "Emergency admission next year: AUROC falls from 0.85 in month 1 to 0.80 in month 12"),
        ((0.84, 0.83, 0.86), "Emergency admission next year: AUROC 0.85 in month 1 and 0.84 in month 12, no change beyond chance"),
        ((0.90, 0.89, 0.91), "Emergency admission next year: AUROC rises from 0.85 in month 1 to 0.90 in month 12"),
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
        calibration_in_large=(large_high - 0.3) / 2,
        large_low=-0.3,
        large_high=large_high,
    )


OFF = "High cost next year: furthest off for men and boys (0.80 times as many as predicted)"
NOT_OFF = "High cost next year: no group is further from what was predicted than chance makes"
NO_WORSE = "High cost next year: no group is ranked worse than all people together (AUROC 0.830) beyond chance"
GROUPS = [
    Case("risk.fig-groups", {"scored": rows}, {"groups": said, "groups_calibration": off})
    for rows, said, off in (
        (groups(0.70, 0.72), "High cost next year: ranked worse than all people together (AUROC 0.830) are, most of all, people of 85 and over, AUROC 0.700 (0.680 to 0.720)", OFF),
        (groups(0.81, 0.829, large_high=0.1), NO_WORSE, NOT_OFF),  # beyond its own interval, and not beyond that of three
        (groups(0.835, 0.86), NO_WORSE, OFF),
        (groups(0.835, 0.86, whole=NAN), FEW, OFF),
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


def recalls(*values: float, half: float = 0.01) -> pd.DataFrame:
    named = [("all", "all"), ("sex", "F"), ("sex", "M"), ("age_band", "85+"), ("ethnic_group", "not stated")]
    rows = [(*name, value, value - half, value + half) for name, value in zip(named, values, strict=True)]
    return frame("group level recall recall_low recall_high", *rows, outcome=COST, model="trees")


def policies(gap: float, precision: float, beyond: bool = True, first: float = 0.34) -> pd.DataFrame:
    return frame(
        "policy recall_gap precision gap_change_low gap_change_high",
        ("One threshold", 0.10, first, 0.0, 0.0),
        ("Equal recall", gap, precision, gap - 0.11, gap - 0.09) if beyond else ("Equal recall", gap, precision, gap - 0.2, gap),
        outcome=EMERGENCY,
    )


MISSED = "High cost next year: of those with it the list holds"
TOO_FEW = "What the list misses rests on too few people to be shown"
ON_LIST = "what the list holds by deprivation rests on too few people to be shown"
RULES = frame(
    "rule group lift low high lift_train",
    ("aged 85 and over, COPD", "all", 3.0, 2.5, 3.6, 3.3),
    ("Heart failure and 85+", "all", 3.1, 0.9, 5.5, 1.5),
    ("COPD and 85+", "imd_quintile", 9.0, 8.0, 10.0, 3.3),
    outcome=COST,
    n=1_200,
)
NEEDS = frame("measure ratio low high", ("emergency_rate", 1.2, 1.1, 1.3), ("mean_conditions", 0.9, 0.8, 1.05), ("mean_cost_gbp", 1.0, NAN, NAN))
NO_NEED = "Too few people of the Core20 are shown to compare their need at equal predicted cost"
LISTS = [
    *(
        Case("risk.tbl-rules", {"rules": rules}, {"caption": said, "rules_held": held})
        for rules, said, held in (
            (
                RULES,
                "High cost next year is 3.0 (2.5 to 3.6) times as common among 1,200 people (aged 85 and over, COPD), by the rule that was strongest when it was found",
                "1 of 2 rules found in the earlier year have more of the outcome than all people in the later year too, beyond the interval",
            ),
            (RULES.assign(lift=NAN), *["No rule has enough people in the later year to be shown"] * 2),
        )
    ),
    *(
        Case(
            "risk.fig-list",
            {
                "lists": frame(
                    "imd_quintile share_of_list share_of_people share_of_events list_difference_low list_difference_high",
                    (quintile, share, 0.35, 0.37, *((share - 0.38, share - 0.36) if beyond else (share - 0.45, share - 0.29))),
                    outcome=EMERGENCY,
                    model="trees",
                )
            },
            {"list": said, "list_emergency": urgent},
        )
        for quintile, share, beyond, said, urgent in (
            *(
                (1, share, beyond, f"The most deprived fifth, on the list of boosted trees. {NEXT} {text}", text)
                for share, beyond, text in (
                    (share, beyond, f"{100 * share:.0f}% of the list, {word} their 37% of those with the outcome (35% of all people)")
                    for share, beyond, word in ((0.33, True, "less than"), (0.40, True, "more than"), (0.39, False, "within chance of"))
                )
            ),
            (2, 0.2, True, ON_LIST[0].upper() + ON_LIST[1:], ON_LIST),
        )
    ),
    *(
        Case("risk.tbl-fairness", {"by_group": rows}, {"fairness": said})
        for rows, said in (
            (recalls(0.38, 0.30, 0.36, 0.45, 0.1), f"{MISSED} 38% of all, 30% of women and girls and 45% of people of 85 and over"),
            (recalls(0.38, 0.38, 0.38, 0.45, 0.1), f"{MISSED} 38% of all and 45% of people of 85 and over"),
            (recalls(0.38, 0.30, 0.38, 0.38, 0.1), f"{MISSED} 38% of all and 30% of women and girls"),
            (recalls(0.38, 0.30, 0.36, 0.45, 0.1, half=0.1), f"{MISSED} 38% of all, and no group differs beyond chance"),
            (recalls(NAN, 0.3, 0.3, 0.3, 0.1), TOO_FEW),
            (recalls(NAN, NAN, NAN, NAN, NAN), TOO_FEW),
        )
    ),
    *(
        Case("risk.fig-cost-need", {"equal": equal}, {"need": need})
        for equal, need in (
            (
                NEEDS,
                "At equal predicted risk of high cost, the Core20 against the rest: 1.20 (1.10 to 1.30) times as often an emergency admission; 0.90 (0.80 to 1.05) times as many long-term conditions, which may be chance",
            ),
            (NEEDS[2:], NO_NEED),
        )
    ),
    *(
        Case("risk.tbl-mitigation", {"policies": rows}, {"mitigation": said})
        for rows, said in (
            *(
                (policies(gap, precision, beyond), f"{NEXT} equal recall {change} with precision of 34.0%, then {100 * precision:.1f}%")
                for gap, precision, beyond, change in (
                    (0.02, 0.33, True, "narrows the gap in recall from 10.0% to 2.0%"),
                    (0.08, 0.33, False, "does not change the gap in recall beyond chance (10.0%, then 8.0%)"),
                    (0.15, 0.35, True, "widens the gap in recall from 10.0% to 15.0%"),
                )
            ),
            (policies(0.02, 0.33, first=NAN), "What mitigation would cost rests on too few people"),
        )
    ),
]
CASES = [*MODELS, *PERFORMANCE, *LIFT, *CALIBRATION, *DECISION, *MONTHS, *GROUPS, *EXPLAINED, *LISTS]
