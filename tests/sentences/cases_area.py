"""An area beside England, its place among others, and what is unknown."""

import pandas as pd
from case import Case
from cases_missed import overall
from cases_words import NAN, frame

# A case a line, however long its sentence.
# fmt: off

KNOWN = {"name": "Leeds", "whole": "England", "peers": "ICBs"}  # facts that were saved before
MISSED = "of appointments of known status were missed in Leeds,"


def case(section: str, values: dict, **expected: str) -> Case:
    return Case(f"area.{section}", values, expected, KNOWN)


CASES = [
    Case("area.name", {"code": "X", "name": "Leeds", "level": level, "whole": "all areas"}, {"what": what, "peers": peers})
    for level, what, peers in (("icb", "Integrated care board", "ICBs"), ("sub_icb", "Sub-ICB location", "sub-ICB locations"))
]
CASES += [
    case("rate", {"own": overall(*own), "england": overall(*england)}, headline=said, rate=rate, rate_beside=beside)
    for own, england, said, rate, beside in (
        ((940, 60, 1000), (9600, 400, 0), f"6.0% {MISSED} more than in England (4.0%)", "6.0%", "missed, of known status; England 4.0%"),
        (  # as many decimals as it takes to tell them apart
            (95_999, 4001, 5),
            (95_951, 4049, 5),
            f"4.00% {MISSED} fewer than in England (4.05%)",
            "4.0%",
            "missed, of known status; England 4.0%",
        ),
        ((960, 40, 5), (9600, 400, 5), f"4.0% {MISSED} as many as in England (4.0%)", "4.0%", "missed, of known status; England 4.0%"),
        (
            (0, 0, 50),
            (9600, 400, 50),
            "The final status of every appointment in Leeds is unknown, so nobody can say how many were missed",
            "Not known",
            "not known here; England 4.0%",
        ),
    )
]
UNKNOWN_STATUS = "The status of {} of appointments is unknown (England 0.0%)"
CASES += [
    case("rate", {"own": own, "england": overall(9600, 400, 0)}, bounds=said)
    for own, said in (
        (overall(940, 60, 1000), UNKNOWN_STATUS.format("50.0%") + ", so the true rate lies between 3.0% and 53.0%"),
        (pd.Series({**overall(940, 60, 1000), "bound_low": NAN}), UNKNOWN_STATUS.format("50.0%")),
        (overall(940, 60, 0), "The status of every appointment is known"),
        (pd.Series({**overall(940, 60, 0), "unknown_share": NAN}), "How many have no known status is not released"),
    )
]

# --- its rank and its place on the funnel ---

AT_THE_SAME_MIX = "At the same mix of appointments Leeds has the {} of 42 ICBs ({})"
CASES += [
    case("rank", {"own": pd.Series(dict(zip(("rank", "rank_low", "rank_high"), row, strict=True))), "n_areas": n}, rank=rank, rank_beside=beside, rank_sentence=said)
    for row, n, rank, beside, said in (
        *(
            (row, 42, f"{row[0]} of 42", f"rank at the same mix, 1 is most missed; {interval}", AT_THE_SAME_MIX.format(place, interval))
            for row, place, interval in (
                ((2, 2, 2), "2nd highest DNA rate", "the same in 95 of 100 simulations"),
                ((1, 1, 2), "highest DNA rate", "95% interval 1 to 2"),
                ((42, 39, 42), "lowest DNA rate", "95% interval 39 to 42"),
                ((12, 11, 13), "12th highest DNA rate", "95% interval 11 to 13"),
            )
        ),
        ((pd.NA,) * 3, 42, "No rank", "there is nothing to rank", "Leeds has no DNA rate, so it has no rank"),
        ((1, 1, 1), 1, "No rank", "there is nothing to rank", "Leeds is the only one of the ICBs with a DNA rate, so it has no rank"),
    )
]
HIGH = "Ask first how practices record a missed appointment, then what those with the same mix do differently"
LOW = "Ask first whether missed appointments are recorded, then what others could learn"
COMPARE = "Compare it with others only at the same mix of appointments"
ONE_IN = "one area in 1,000 would be, if areas differed as most do"
WITHIN = "within the limits of at least one kind: no further out than areas differ anyway"
OVER = "; the two kinds of limits differ over it"
OUTLIER = ["outlier", "direction", "outlier_phi", "outlier_tau"]
NO_PLACE = "Leeds has no place on a funnel: there are no two ICBs with a DNA rate to compare"
CASES += [
    case(
        "fig-funnel",
        {"here": pd.DataFrame([row], columns=OUTLIER), "n_areas": 42},
        place=place,
        place_class=mark,
        place_beside="place on the funnel of 42 ICBs",
        funnel=f"Leeds lies {said}",
        advice=advice,
    )
    for row, place, mark, said, advice in (
        (("99.8", "high", "99.8", "99.8"), "Above the limits", "high", f"above the upper 99.8% limits of both kinds: higher than {ONE_IN}", HIGH),
        (("99.8", "low", "99.8", "99.8"), "Below the limits", "low", f"below the lower 99.8% limits of both kinds: lower than {ONE_IN}", LOW),
        (("95", "high", "95", "95"), "Above 95%", "high95", "above the upper 95% limits of both kinds: high, as up to one area in 40 would be", HIGH),
        (("95", "low", "99.8", "95"), "Below 95%", "low95", f"below the lower 95% limits of both kinds: low, as up to one area in 40 would be{OVER}", LOW),
        (("none", "none", "none", "none"), "Within limits", "none", WITHIN, COMPARE),
        (("none", "none", "99.8", "none"), "Within limits", "none", WITHIN + OVER, COMPARE),
    )
]
CASES.append(
    case(
        "fig-funnel",
        {"here": pd.DataFrame(columns=OUTLIER), "n_areas": 0},
        place="No funnel",
        place_class="none",
        place_beside=NO_PLACE,
        funnel=NO_PLACE,
        caption=NO_PLACE,
        advice=COMPARE,
    )
)

# --- its size, and which months are absent or hidden ---

MONTHS = pd.date_range("2022-01-01", periods=3, freq="MS")
EVERYONE = pd.DataFrame({"month": MONTHS, "n_appointments": [100.0, 100.0, 200.0]})
CASES += [
    case("size", {"own": own, "everyone": EVERYONE}, gaps=gaps, of_england=share, months=months)
    for own, gaps, share, months in (
        (EVERYONE, "none: the same months as England", "100.0%", "3 months"),
        (EVERYONE.head(2), "1 month of England absent here", "50.0%", "2 months"),
        (EVERYONE.head(2).assign(n_appointments=[40.0, NAN]), "1 month of England absent here; 1 month too small to show", "10.0%", "2 months"),
        (EVERYONE.assign(n_appointments=[100, NAN, NAN]), "2 months too small to show", "25.0%", "3 months"),
    )
]

# --- its mix ---

MIX = {"Face-to-Face": (0.5, 0.55), "Telephone": (0.3, 0.42), "Unknown": (0.2, 0.03)}
CASES += [
    Case("say.mix", (frame("mode", "share share_england", rows), "mode", "Leeds", "England", *phrase), said)
    for rows, phrase, said in (
        (MIX, (), "Telephone makes up less in Leeds than in England: 30.0%, against 42.0%"),
        ({"1 Day": (0.5, 0.4)}, ("The lead time {group}",), "The lead time 1 Day makes up more in Leeds than in England: 50.0%, against 40.0%"),
        ({"Telephone": (0.42, 0.42)}, (), "Leeds has the same mix as England: Telephone makes up 42.0% of each"),
        ({"Unknown": (1, 1)}, (), "Leeds has no appointment of a known kind to compare"),
    )
]
CASES += [
    Case("say.unknown_mix", (frame("mode", "share share_england", rows), "mode", "England"), said)
    for rows, said in ((MIX, "20.0% (England 3.0%)"), ({"Telephone": (1, 1)}, "0.0% (England 0.0%)"))
]
