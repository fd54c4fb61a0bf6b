"""Macros of all notebooks: groups compared, their bounds and mix, funnels, control charts, regressions."""

import pandas as pd
from case import Case

# A case a line, however long its sentence.
# fmt: off

NAN = float("nan")


def frame(group: str, columns: str, rows: dict) -> pd.DataFrame:
    """A table of groups: in `rows`, by name, what stands in these columns."""
    table = pd.DataFrame.from_dict(rows, orient="index", columns=columns.split())
    return table.rename_axis(group).reset_index()


# --- the highest and the lowest rate ---


def rates(rows: dict, group: str = "mode") -> pd.DataFrame:
    return frame(group, "dna_rate", {name: (rate,) for name, rate in rows.items()})


SAID = "The DNA rate was "
NO_RATE = "mode has appointments of known status, so there is no DNA rate to compare"
MONTHS = [pd.Timestamp(2024, 1, 1), pd.Timestamp(2024, 2, 1)]
CASES = [
    Case("say.order", (rates(rows), "mode"), said)
    for rows, said in (
        ({"A": 0.052, "B": 0.01, "C": 0.03, "Unknown": 0.5}, SAID + "highest for A (5.2%) and lowest for B (1.0%)"),
        ({"A": 0.0524, "B": 0.0521}, SAID + "highest for A (5.24%) and lowest for B (5.21%)"),
        ({"A": 0.05, "B": 0.05, "C": 0.01}, SAID + "highest for A and B (5.0% each) and lowest for C (1.0%)"),
        ({"A": 0.05, "B": 0.0, "C": 0.0}, SAID + "highest for A (5.0%) and lowest for B and C (0.0% each)"),
        ({"A": 0.05, "B": 0.05}, SAID + "the same for both modes: 5.0%"),
        ({"A": 0.05, "B": 0.05, "C": 0.05}, SAID + "the same for all 3 modes: 5.0%"),
        ({"A": 0.05, "B": NAN}, SAID + "5.0% for A, the only mode with a rate"),
        ({"A": 0.05, "Unknown": 0.9}, SAID + "5.0% for A, the only known mode with a rate"),
        ({"Unknown": 0.05}, f"No known {NO_RATE}"),
        ({"A": NAN, "B": NAN}, f"No {NO_RATE}"),
    )
]
CASES += [
    Case("say.order", (rates(dict(zip(groups, (0.04, 0.05), strict=True)), by), by, *phrase), SAID + said)
    for by, groups, phrase, said in (
        ("month", MONTHS, (), "highest for February 2024 (5.0%) and lowest for January 2024 (4.0%)"),
        ("lead_time", ("Same Day", "1 Day"), ("lead time {group}",), "highest for lead time 1 Day (5.0%) and lowest for lead time Same Day (4.0%)"),
    )
]

# --- more Unknown than missed appointments ---

CASES += [
    Case("say.unknown_note", (frame("mode", "unknown_exceeds_dna", {group: (group in more,) for group in (*"ABC", "Unknown")}), "mode"), said)
    for more, said in (
        ((), "No known mode holds more Unknown than missed appointments"),
        (("Unknown",), "No known mode holds more Unknown than missed appointments"),
        (("A", "C"), "More Unknown than missed appointments: A and C; there the rate says little"),
        (("A", "B", "C"), "Every known mode holds more Unknown than missed appointments; there the rate says little"),
    )
]

# --- whether the order holds whatever the Unknown were ---


def bounds(rows: dict) -> pd.DataFrame:
    """Groups of attended, missed and unknown appointments."""
    table = frame("mode", "attended dna unknown", rows).astype(dict.fromkeys(("attended", "dna", "unknown"), int))
    known, total = table["attended"] + table["dna"], table[["attended", "dna", "unknown"]].sum(axis=1)
    return table.assign(dna_rate=table["dna"] / known.where(known > 0), bound_low=table["dna"] / total, bound_high=(table["dna"] + table["unknown"]) / total)


HOLDS, COULD = "The order holds whatever the Unknown were: at the least ", "The Unknown could "
CLEAR = bounds({"A": (700, 200, 100), "B": (950, 10, 40), "C": (900, 50, 50)})
NO_TWO_GROUPS = "There are no two groups to compare"
CASES += [
    Case("say.bounds", (bounds(rows), "mode"), said)
    for rows, said in (
        ({"B": (890, 10, 100), "A": (900, 50, 50), "Unknown": (0, 9, 0)}, COULD + "reverse this order: A could be as low as 5.0%, and B as high as 11.0%"),
        (  # the two meet, and no more
            {"A": (850, 100, 50), "B": (900, 50, 50)},
            COULD + "undo this order: A could be as low as 10.0%, and B as high as 10.0%",
        ),
        ({"A": (900, 100, 0), "B": (950, 50, 0)}, "The order does not depend on the Unknown: A and B have none"),
        (  # B and C tie below; the Unknown of C could lift it most
            {"A": (900, 100, 0), "B": (990, 10, 0), "C": (495, 5, 500)},
            COULD + "reverse this order: A could be as low as 10.0%, and C as high as 50.5%",
        ),
        (  # A and B tie above; B could fall most
            {"A": (800, 200, 0), "B": (400, 100, 500), "C": (950, 50, 0)},
            HOLDS + "10.0% for B, at the most 5.0% for C",
        ),
        ({"A": (900, 100, 50), "B": (90, 10, 0)}, "The DNA rate is the same for every group, so there is no order"),
        ({"A": (900, 100, 50)}, NO_TWO_GROUPS),
        ({"A": (900, 100, 50), "Unknown": (9, 1, 0)}, NO_TWO_GROUPS),
        ({"A": (900, 100, 50), "B": (0, 0, 50)}, NO_TWO_GROUPS),
        ({"A": (0, 0, 50), "B": (0, 0, 50)}, NO_TWO_GROUPS),
        ({}, NO_TWO_GROUPS),
    )
]
CASES += [  # 200 of 1,000 known and unknown; (10 + 40) of 1,000
    Case("say.bounds", (CLEAR, "mode"), HOLDS + "20.0% for A, at the most 5.0% for B"),
    Case("say.bounds", (CLEAR.iloc[:2].assign(month=MONTHS), "month"), HOLDS + "20.0% for January 2024, at the most 5.0% for February 2024"),
]

# --- the same mix of appointments ---


def standardised(rows: dict) -> pd.DataFrame:
    table = frame("icb_name", "dna_rate dna_rate_standardised rank_change", rows)
    return table.astype({"rank_change": "Int64"})


GAP = "With the same mix of appointments, the gap between highest and lowest {} percentage points"
NO_TWO_AREAS = "There are no two areas to compare at the same mix of appointments"
CASES += [
    Case("say.same_mix", (standardised({n: (*row, 0) for n, row in rows.items()}), "icb_name"), said)
    for rows, said in (
        ({"A": (0.06, 0.05), "B": (0.02, 0.03), "Unknown": (0.9, 0.9)}, GAP.format("narrows from 4.0 to 2.0")),
        ({"A": (0.06, 0.07), "B": (0.02, 0.01)}, GAP.format("widens from 4.0 to 6.0")),
        ({"A": (0.06, 0.0601), "B": (0.02, 0.0199)}, GAP.format("stays at 4.0")),
        ({"A": (0.02, 0.02), "B": (0.02, 0.02)}, GAP.format("stays at 0.0")),
        (  # a group without a standardised rate takes no part in the crude gap either
            {"A": (0.06, 0.05), "B": (0.02, 0.03), "C": (0.50, NAN)},
            GAP.format("narrows from 4.0 to 2.0"),
        ),
        ({"A": (0.06, 0.05)}, NO_TWO_AREAS),
        ({"A": (0.06, NAN), "B": (0.05, NAN)}, NO_TWO_AREAS),
    )
]
MIX = "by five ranks or more once the mix is allowed for"
CASES += [
    Case("say.moved", (standardised({g: (0.05, 0.04, move) for g, move in zip("ABC", moves, strict=True)}), "icb_name"), said)
    for moves, said in (((0, 4, -4), f"No area moves {MIX}"), ((5, 0, 0), f"1 area moves {MIX}: A"), ((5, None, -9), f"2 areas move {MIX}: C and A"))
]

# --- what a change splits into ---

CASES += [
    Case(
        "say.change",
        (pd.Series({"period_from": "2020-01", "period_to": "2022-06", "rate_from": before, "rate_to": after} | {"mix": mix, "rate": after - before - mix}),),
        f"Between January 2020 and June 2022 the DNA rate {said[0]}: {said[1]} percentage points from a "
        f"different mix of appointments, {said[2]} percentage points from different rates for the same kind",
    )
    for before, after, mix, said in (
        (0.0502, 0.0469, -0.0043, ("fell from 5.02% to 4.69%", "−0.43", "+0.10")),
        (0.04, 0.05, 0.0, ("rose from 4.00% to 5.00%", "0.00", "+1.00")),
        (0.04001, 0.04002, 0.002, ("stayed at 4.00%", "+0.20", "−0.20")),
    )
]

# --- funnels ---

AREAS = {  # beyond which limits of each kind, and of both
    "mid": ("Mid", 0.05, "none", "none", "none", "none", 0.0),
    "near": ("Near", 0.06, "95", "95", "95", "high", 2.0),
    "one": ("One", 0.065, "99.8", "95", "95", "high", 3.2),
    "other": ("Other", 0.066, "none", "99.8", "none", "none", 1.2),
    "up": ("Up", 0.09, "99.8", "99.8", "99.8", "high", 3.5),
    "top": ("Top", 0.10, "99.8", "99.8", "99.8", "high", 4.0),
    "down": ("Down", 0.01, "99.8", "99.8", "99.8", "low", -5.0),
    "empty": ("Empty", NAN, "none", "none", "none", "none", NAN),
}
FIRST = "Compare ICBs only at the same mix of appointments, and start with those outside the funnel: "
NONE_OUT = "Compare ICBs only at the same mix of appointments; none stands out from how far they differ"
NO_TWO = "There are no two ICBs to compare"
NO_ONE = "No ICB lies beyond the 99.8% limits of both kinds"
DIFFER = "ICBs differ, and none stands out from how far they do"
for areas, sentence, finding, outside, advice in (
    ("mid up empty", "1 of 2 ICBs lies above the upper 99.8% limit of both kinds", "1 of 2 ICBs stands out", "Above: Up. Below: none", FIRST + "Up"),
    (
        "mid up top down",
        "2 of 4 ICBs lie above the upper 99.8% limit of both kinds, and 1 lies below the lower",
        "3 of 4 ICBs stand out",
        "Above: Top and Up. Below: Down",
        FIRST + "Down, Top and Up",
    ),
    ("mid up down down", "1 of 4 ICBs lies above the upper 99.8% limit of both kinds, and 2 lie below the lower", None, None, None),
    ("mid down one", "1 of 3 ICBs lies below the lower 99.8% limit of both kinds; 1 lies beyond those of one kind alone", "1 of 3 ICBs stands out", "Above: none. Below: Down", FIRST + "Down"),
    ("mid down down", "2 of 3 ICBs lie below the lower 99.8% limit of both kinds", None, None, None),
    ("mid near", NO_ONE, DIFFER, "One ICB lies beyond the 95% limits of both kinds, as up to one in 20 would", NONE_OUT),
    ("mid near one other", f"{NO_ONE}; 2 lie beyond those of one kind alone", DIFFER, "2 ICBs lie beyond the 95% limits of both kinds, as up to one in 20 would", NONE_OUT),
    ("mid mid", NO_ONE, DIFFER, "None lies beyond the 95% limits of both kinds", NONE_OUT),
    ("mid", *[NO_TWO] * 4),
    ("empty", *[NO_TWO] * 4),
    ("", *[NO_TWO] * 4),
):
    columns = ["icb_name", "rate", "outlier_phi", "outlier_tau", "outlier", "direction", "z_adjusted"]
    limits = pd.DataFrame([AREAS[area] for area in areas.split()], columns=columns).assign(tau=0.0104)
    told = {
        "funnel": ("ICB", sentence),
        "funnel_finding": ("ICB", finding),
        "funnel_outside": ("icb_name", "ICB", outside),
        "funnel_advice": ("icb_name", "ICB", advice),
    }
    CASES += [Case(f"say.{n}", (limits, *words), said) for n, (*words, said) in told.items() if said]
TWO_AREAS = pd.DataFrame({"icb_name": ["A", "B"], "rate": [0.04, 0.05], "outlier": "none", "tau": 0.0104})
CASES += [
    Case("say.funnel_finding", (TWO_AREAS.assign(tau=0.0), "ICB"), "No ICB stands out"),
    *(
        Case("say.funnel_spread", (limits, "ICB"), said)
        for limits, said in (
            (TWO_AREAS, "ICBs differ by more than chance: the standard deviation of their true rates is about 1.04 percentage points"),
            (TWO_AREAS.assign(tau=0.0), "ICBs differ no more than chance would have it"),
            (TWO_AREAS[:1], NO_TWO),
        )
    ),
    *(
        Case("say.short_areas", (pd.DataFrame({"icb_name": ["Kent", "Leeds", "York"], "n_months_missing": missing}), "icb_name"), said)
        for missing, said in (
            ([0, 0, 0], ""),
            ([0, 3, 0], "Leeds lacks months that others have (up to 3), so totals and rates of areas are not all of the same time"),
            ([0, 3, 6], "York and Leeds lack months that others have (up to 6), so totals and rates of areas are not all of the same time"),
        )
    ),
]

# --- control charts ---


def xmr(values: tuple, signals: str, *limits: tuple[float, float]) -> pd.DataFrame:
    """Months from January 2024; `limits` of each month, or of all."""
    limits = limits if len(limits) > 1 else limits * len(values)
    return pd.DataFrame(limits, columns=["lower", "upper"]).assign(
        value=pd.Series(values, dtype=float),
        signal=signals.split() if signals else "none",
        month=pd.date_range("2024-01-01", periods=len(values), freq="MS"),
        mean=lambda frame: (frame["lower"] + frame["upper"]) / 2,
        season="removed",
        step="none",
    )


USUALLY = "The DNA rate, adjusted for season, stayed within the usual month-to-month movement "
ENDS = "The DNA rate, adjusted for season, was highest in {} and lowest in {}; the usual range is {}"
SLOWLY = ", but most months signal: it moves slowly, not from month to month"
LIMITS, NEW = (0.03, 0.05), (0.05, 0.07)
COMMON, SPECIAL = "common cause: no more than the usual movement", "special cause"
NEITHER = "(neither good nor bad in itself)"
HIT_AND_MISSED = "the target is hit and missed by the usual movement alone"
TWO = ENDS.format("February 2024 (4.3%)", "January 2024 (4.0%)", "3.9% to 4.5%")
CASES += [
    Case("say.xmr", (xmr(values, signals, *limits), "The DNA rate", "rate"), said)
    for values, signals, limits, said in (
        ((0.04, 0.043), "", [(0.039, 0.045)], USUALLY + "(3.9% to 4.5%)"),
        ((0.04, 0.043), "none outside", [(0.039, 0.045)], TWO),
        ((0.04, 0.043), "run run", [(0.039, 0.045)], TWO + SLOWLY),
        (  # half of the months are not most
            (0.0421, 0.0424),
            "none run",
            [LIMITS],
            ENDS.format("February 2024 (4.24%)", "January 2024 (4.21%)", "3.0% to 5.0%"),
        ),
        (
            (0.05, 0.02, 0.02, 0.02, 0.03),
            "outside none none none none",
            [(0.021, 0.04)],
            ENDS.format("January 2024 (5.0%)", "February 2024, March 2024 and April 2024 (2.0%)", "2.1% to 4.0%"),
        ),
        ((0.04, 0.06, 0.065), "outside none none", [LIMITS, NEW, NEW], ENDS.format("March 2024 (6.5%)", "January 2024 (4.0%)", "now 5.0% to 7.0%")),
        ((0.04, 0.06), "", [LIMITS, NEW], USUALLY + "(now 5.0% to 7.0%)"),
        ((0.01, 0.02), "", [(-0.01, 0.04)], USUALLY + "(up to 4.0%)"),
        ((0.01, 0.02), "", [(0.01, 0.01)], "The DNA rate, adjusted for season, stayed at 1.0% in both months"),
    )
]
CASES += [
    Case("say.xmr", (xmr((5, 5, 5), "", (5, 5)), "Appointments", "count"), "Appointments, adjusted for season, stayed at 5 in all 3 months"),
    Case(
        "say.xmr",
        (xmr((0.04, 0.043), "", (0.039, 0.045)).assign(season="left in"), "The DNA rate", "rate"),
        "The DNA rate stayed within the usual month-to-month movement (3.9% to 4.5%); the season is still in it, since two years "
        "are needed to take it out",
    ),
    Case(
        "say.xmr",
        (xmr((0.04, 0.06, 0.065), "run run run", LIMITS, NEW, NEW).assign(step=["none", "up", "none"]), "The DNA rate", "rate"),
        ENDS.format("March 2024 (6.5%)", "January 2024 (4.0%)", "now 5.0% to 7.0%") + "; its level stepped up in February 2024",
    ),
    Case(
        "say.xmr_last",
        (xmr((0.04,), "", LIMITS).assign(season="left in"), "rate"),
        "January 2024, at 4.0%, is within the usual movement",
    ),
    Case("say.xmr_last", (xmr((0.04, None), "", LIMITS), "rate"), "January 2024, at 4.0% adjusted for season, is within the usual movement"),
    *(
        Case("say.xmr_last", (xmr((0.04, 0.043), f"none {signal}", LIMITS), "rate"), f"February 2024, at 4.3% adjusted for season, is {said}")
        for signal, said in (
            ("outside", "outside the limits"),
            ("run", "in a run of seven or more on one side of the mean"),
            ("trend", "in a trend of seven or more"),
            ("near_limit", "one of two in three months near the same limit"),
        )
    ),
    *(
        Case("say.icons", icons, f"Variation: {variation}. Assurance: {assurance}")
        for *icons, variation, assurance in (
            ("common", "no_target", COMMON, "none, since no target is set"),
            ("special_improvement", "fail", f"{SPECIAL}, improving", "the target is missed consistently"),
            ("special_concern", "pass", f"{SPECIAL}, of concern", "the target is met consistently"),
            ("special_neutral_high", "hit_or_miss", f"{SPECIAL}, high {NEITHER}", HIT_AND_MISSED),
            ("special_neutral_low", "hit_or_miss", f"{SPECIAL}, low {NEITHER}", HIT_AND_MISSED),
        )
    ),
]

# --- regressions ---

ELSE = "With all else as it is, among these areas and months, the adjusted DNA rate "
CASES += [
    Case("say.adjusted", (frame("mode", "rate low high", rows), "mode"), said)
    for rows, said in (
        (
            {"A": (0.021, 0.020, 0.022), "B": (0.089, 0.086, 0.093), "Unknown": (0.5, 0.4, 0.6)},
            ELSE + "runs from 2.1% for A (95% interval 2.0% to 2.2%) to 8.9% for B (95% interval 8.6% to 9.3%)",
        ),
        (  # as many decimals as the interval needs
            {"A": (0.0203, 0.0202, 0.0204), "B": (0.03001, 0.03001, 0.03002)},
            ELSE + "runs from 2.03% for A (95% interval 2.02% to 2.04%) to 3.001% for B (95% interval 3.001% to 3.002%)",
        ),
        ({"A": (0.02, NAN, NAN), "B": (0.08, NAN, NAN)}, ELSE + "runs from 2.0% for A to 8.0% for B"),
        ({"A": (0.02, 0.01, 0.03)}, ELSE + "is 2.0% for A (95% interval 1.0% to 3.0%), the only known group"),
        ({"A": (0.02, NAN, NAN), "B": (0.02, NAN, NAN)}, ELSE + "is 2.0% for A, and the same for every other group"),
        ({"Unknown": (0.5, 0.4, 0.6)}, "There is no adjusted DNA rate of a known group"),
    )
]
