"""The order of care, on tiny released frames, with what is hidden."""

import pandas as pd
from case import Case

# A case a line, however long its sentence.
# fmt: off

NAN = float("nan")
FEW = "There are too few people with the outcome to say how well anything ranks them"


def frame(columns: str, *rows: tuple, **others: object) -> pd.DataFrame:
    return pd.DataFrame(list(rows), columns=columns.split()).assign(**others)


def ranked(**auroc: float) -> pd.DataFrame:
    return frame("model auroc low high", *[(m, a, a - 0.01, a + 0.01) for m, a in auroc.items()], outcome="next_emergency", group="all", level="all")


def apart(low: float, high: float) -> pd.DataFrame:
    return frame("model against auroc_difference_low auroc_difference_high", ("edges", "trees", low, high))


def calibrated(large: tuple, slope: tuple) -> pd.DataFrame:
    columns = "oe calibration_slope slope_low slope_high calibration_in_large large_low large_high"
    return frame(columns, (1.04, slope[0], *slope, large[0], *large), model="edges")


def gains(*gain: float) -> pd.DataFrame:
    return frame("threshold gain_low", *zip(["0.05", "0.1", "0.2"], gain, strict=False), model="edges")


def by_group(oe: float, all_: float = 0.7, large: tuple = (-0.1, 0.1)) -> pd.DataFrame:
    columns = "group level auroc low high oe calibration_in_large large_low large_high"
    rows = [("all", "all", all_, all_ - 0.01, all_ + 0.01, 1.0, 0.0, -0.05, 0.05), ("sex", "F", 0.71, 0.69, 0.73, oe, 0.0, *large)]
    return frame(columns, *rows, model="edges", outcome="next_emergency")


def edges(*planted_as: str) -> pd.DataFrame:
    return frame("planted_as", *[(p,) for p in planted_as]).assign(edge="Ramipril begun, then naproxen begun within 14 days")


def draws(chosen: int) -> pd.DataFrame:
    return pd.DataFrame({"draw": [chosen, 9], "chosen": [True, False]})


def beside(net: tuple, tgcnn: tuple) -> pd.DataFrame:
    return frame("against auroc_difference_low auroc_difference_high", ("net", *net), ("tgcnn", *tgcnn), model="edges")


def landmarks(*low: float) -> pd.DataFrame:
    return frame("auroc_difference_low", *[(value,) for value in low], against="first_risk")


def lists(n_listed: float, precision: float = 0.3) -> pd.DataFrame:
    return frame("ordered_by capacity n_listed precision", ("priority", "100", n_listed, precision), ("risk alone", "100", 100.0, 0.45))


def fifths(low: float, high: float) -> pd.DataFrame:
    return frame("imd_quintile share_of_list share_of_events list_difference_low list_difference_high", ("1", 0.2, 0.33, low, high))


PERFORMANCE = {"ranked": ranked(edges=0.698, trees=0.702, age_sex=0.678, truth=0.713)}
OF_REAL = {"ranked": ranked(edges=0.698, trees=0.702, age_sex=0.678)}
FOLDS = "fold n n_events"
RULES = frame(
    "rule name n_at_risk n_flagged flagged_share reason",
    ("B", "history of peptic ulcer: NSAID", NAN, NAN, NAN, "not computable: needs the condition peptic_ulcer"),
    ("D", "anticoagulant with an NSAID", 205.0, 40.0, 0.195, ""),
    ("I", "heart failure: NSAID", 40.0, 10.0, 0.25, ""),
    ("K", "eGFR below 45: NSAID", NAN, NAN, NAN, "not computable: needs measurements: egfr"),
)

CASES = [
    Case("graphs.data", {"source": "Leeds extract", "known_by": "chemical", "day": pd.Timestamp("2024-04-01")}, {"data": "Leeds extract, in which each medicine is known by its chemical", "index_day": "1 April 2024"}),
    Case("graphs.data", {"source": "Leeds extract", "known_by": "section", "day": pd.Timestamp("2024-04-01")}, {"data": "Leeds extract, in which medicines are known by section of the British National Formulary alone, so that one medicine of a section cannot be told from another"}),
    Case("graphs.tbl-graph-records", {"records": frame("kind n_events", ("Contacts", 5000.0), ("Pairs 0 to 14 days apart", 1200.0), ("Pairs 15 to 30 days apart", NAN))}, {"caption": "1,200 pairs of events are ninety days apart or less"}),
    Case("graphs.tbl-graph-records", {"records": frame("kind n_events", ("Contacts", 5000.0), ("Pairs 0 to 14 days apart", NAN))}, {"caption": "What is recorded, and what follows within ninety days"}),
    Case("graphs.tbl-graph-folds", {"folds": frame(FOLDS, ("train", 35020.0, 3845.0), ("evaluate", 27805.0, 3000.0))}, {"caption": "35,020 adults teach the models, and 27,805 others test them, of whom 10.8% were admitted as an emergency in the year after"}),
    Case("graphs.tbl-graph-folds", {"folds": frame(FOLDS, ("train", 35.0, NAN), ("evaluate", 25.0, NAN))}, {"caption": "There are too few adults to teach and to test a model"}),
    Case("graphs.tbl-graph-search", {"path": frame("n_selected chosen", (0, "False"), (80, "True")).assign(chosen=[False, True])}, {"caption": "Penalties from the largest to the smallest; the one that was chosen keeps 80 codes and edges"}),
    Case(
        "graphs.fig-graph-performance",
        PERFORMANCE | {"versus": apart(-0.003, 0.01)},
        {
            "performance": "The edge model ranks people with an AUROC of 0.698, not told apart from boosted trees on counts of care, 0.702",
            "order": "The order of care ranks people no better than how often each kind of care was given",
            "room": "The true risk of these simulated people ranks them with an AUROC of 0.713, and age and sex alone with 0.678: no model can do better than the first by more than chance",
        },
    ),
    Case("graphs.fig-graph-performance", OF_REAL | {"versus": apart(0.003, 0.01)}, {"performance": "The edge model ranks people with an AUROC of 0.698, better than boosted trees on counts of care, 0.702", "order": "The order of care ranks people better than how often each kind of care was given", "room": "How well these people could be ranked at best is not known"}),
    Case("graphs.fig-graph-performance", OF_REAL | {"versus": apart(-0.02, -0.01)}, {"performance": "The edge model ranks people with an AUROC of 0.698, less well than boosted trees on counts of care, 0.702", "order": "The order of care ranks people less well than how often each kind of care was given"}),
    Case("graphs.fig-graph-performance", OF_REAL | {"versus": apart(NAN, NAN)}, {"caption": FEW, "order": FEW}),
    Case("graphs.fig-graph-calibration", {"ranked": calibrated((-0.05, 0.02), (0.97, 1.07))}, {"caption": "1.04 times as many were admitted as the edge model predicted, slope 0.97 (0.97 to 1.07): as good as chance allows"}),
    Case("graphs.fig-graph-calibration", {"ranked": calibrated((NAN, NAN), (0.97, 1.07))}, {"caption": "There are too few people with the outcome to check the risks"}),
    Case("graphs.fig-graph-decision", {"curve": gains(0.01, 0.02, -0.01)}, {"caption": "A list by the edge model does more good than listing everybody or nobody, beyond chance, at thresholds from 5.0% to 10%"}),
    Case("graphs.fig-graph-decision", {"curve": gains(-0.01, -0.02)}, {"caption": "A list by the edge model does no more good than listing everybody or nobody, at any threshold shown"}),
    Case("graphs.fig-graph-decision", {"curve": gains(NAN)}, {"caption": "Net benefit rests on too few people to be shown"}),
    Case("graphs.fig-graph-groups", {"scored": by_group(1.02)}, {"groups": "No group is ranked worse than all people together (AUROC 0.700) beyond chance", "groups_calibration": "No group is further from what the edge model predicted than chance makes"}),
    Case("graphs.fig-graph-groups", {"scored": by_group(1.5, large=(0.3, 0.5))}, {"caption": "Predictions of the edge model are furthest off for women and girls, of whom 1.50 times as many were admitted as predicted"}),
    Case("graphs.fig-graph-groups", {"scored": by_group(1.5, NAN)}, {"groups": FEW, "groups_calibration": FEW}),
    Case("graphs.tbl-graph-networks", {"tried": draws(0), "versus": beside((0.0, 0.0), (0.01, 0.03))}, {"networks": "No setting of the small network was better than the edge model, so that it adds nothing; the temporal graph network ranks them less well than the edge model"}),
    Case("graphs.tbl-graph-networks", {"tried": draws(3), "versus": beside((-0.02, -0.01), (-0.01, 0.03))}, {"networks": "The small network ranks people better than the edge model; the temporal graph network ranks them no better than the edge model"}),
    Case("graphs.tbl-graph-networks", {"tried": draws(3), "versus": beside((0.01, 0.02), (-0.03, -0.01))}, {"networks": "The small network ranks people less well than the edge model; the temporal graph network ranks them better than the edge model"}),
    Case("graphs.tbl-graph-networks", {"tried": draws(3), "versus": beside((-0.01, 0.02), (-0.03, -0.01))}, {"networks": "The small network ranks people no better than the edge model; the temporal graph network ranks them better than the edge model"}),
    Case("graphs.tbl-graph-networks", {"tried": draws(3), "versus": beside((NAN, NAN), (NAN, NAN))}, {"networks": "There are too few people with the outcome to say whether networks rank them better"}),
    Case("graphs.fig-graph-landmarks", {"compared": landmarks(0.002, -0.001, 0.001)}, {"trajectory": "A risk computed anew ranks people better than the first risk carried forward, beyond chance, at 2 of 3 landmarks"}),
    Case("graphs.fig-graph-landmarks", {"compared": landmarks(-0.002, -0.001)}, {"trajectory": "A risk computed anew ranks people better than the first risk carried forward, beyond chance, at none of 2 landmarks"}),
    Case("graphs.fig-graph-landmarks", {"compared": landmarks(NAN)}, {"trajectory": "There are too few admissions within ninety days of a landmark to say whether following a risk helps"}),
    Case("graphs.fig-graph-gain", {"gain": frame("gain low high", (0.5, 0.4, 0.6), (0.6, 0.56, 0.64))}, {"gain_last": "Of people whose first risk was the same, the one whose risk rose more was admitted 60% of the time at the last landmark (56% to 64%), where chance makes it half"}),
    Case("graphs.fig-graph-gain", {"gain": frame("gain low high", (NAN, NAN, NAN))}, {"gain_last": "There are too few admissions to say whether a rising risk tells more than the first"}),
    Case("graphs.tbl-review-capacity", {"found": lists(100.0)}, {"listed_found": "Of the 100 first on the list 30% were admitted in the year after, and of the 100 at the highest risk 45%"}),
    Case("graphs.tbl-review-capacity", {"found": lists(60.0)}, {"listed_found": "Rules and patterns name fewer adults here than there are reviews"}),
    Case("graphs.tbl-review-capacity", {"found": lists(100.0, NAN)}, {"listed_found": "Too few of those on a list were admitted to say how many"}),
    Case("graphs.fig-review-deprivation", {"reached": fifths(-0.2, -0.1)}, {"reach": "The most deprived fifth holds 20% of the list and 33% of those admitted, less than its part"}),
    Case("graphs.fig-review-deprivation", {"reached": fifths(0.1, 0.2)}, {"reach": "The most deprived fifth holds 20% of the list and 33% of those admitted, more than its part"}),
    Case("graphs.fig-review-deprivation", {"reached": fifths(-0.2, 0.1)}, {"reach": "The most deprived fifth holds 20% of the list and 33% of those admitted, a difference that chance could make"}),
    Case("graphs.fig-review-deprivation", {"reached": fifths(NAN, NAN)}, {"reach": "Too few people of the most deprived fifth are on the list to say how many"}),
    Case("graphs.tbl-graph-edges", {"ranks": edges("P1", "decoy", "P4", "not planted"), "simulated": "yes"}, {"found": "Of the 4 edges that weigh most, 2 were planted", "answer": "The order of care ranks people no better. Of the 4 edges that weigh most, 2 were planted"}, {"order": "The order of care ranks people no better"}),
    Case("graphs.tbl-graph-edges", {"ranks": edges("P1").drop(columns="planted_as"), "simulated": "no"}, {"found": "The edge that weighs most is: ramipril begun, then naproxen begun within 14 days"}, {"order": "x"}),
    Case("graphs.tbl-review-rules", {"rules": RULES}, {"flagged": "Indicator D flags the most adults: 40 of 205 (anticoagulant with an NSAID)", "rules_lacking": "These records do not say enough for B and K"}),
    Case("graphs.tbl-review-rules", {"rules": RULES[RULES["rule"] == "D"]}, {"rules_lacking": "All indicators can be computed from these records"}),
    Case("graphs.tbl-review-rules", {"rules": RULES[RULES["rule"] == "B"]}, {"caption": "None of the indicators can be computed, or they flag too few adults to show"}),
    Case("graphs.tbl-graph-edges", {"ranks": edges(), "simulated": "no"}, {"found": "No edge says more than codes alone"}, {"order": "x"}),
]
