"""How people move through care, on tiny released frames, with what is hidden."""

import pandas as pd
from case import Case

# A case a line, however long its sentence.
# fmt: off

NAN = float("nan")
NOBODY = {"use_level": "5-11"}


def frame(columns: str, *rows: tuple, **others: object) -> pd.DataFrame:
    return pd.DataFrame(list(rows), columns=columns.split()).assign(**others)


def levels(*rows: tuple) -> pd.DataFrame:
    return frame("level share share_of_steps", *rows, group="use_level")


def change(*rows: tuple) -> pd.DataFrame:
    return frame("use_level level_after share", *rows)


def following(*rows: tuple) -> pd.DataFrame:
    return frame("from_setting to_setting share", *rows)


def found(*rows: tuple) -> pd.DataFrame:
    return frame("first then last_day linked_share linked_low linked_high", *rows)


def ordered(*rows: tuple) -> pd.DataFrame:
    return frame("use first then order_ratio order_low order_high", *rows)


def routes(*rows: tuple) -> pd.DataFrame:
    return frame("use_level route n_people share", *rows)


def curves(*rows: tuple, **others: object) -> pd.DataFrame:
    base = {"seen_by": "anybody", "day": 28, "standard_left": 0.02}
    return frame("use_level incidence incidence_low incidence_high", *rows, **base | others)


def missed(lost: tuple, kept: float, alike_in: str = "appointments") -> pd.DataFrame:
    return frame("share_missed odds_ratio odds_low odds_high", lost, share_kept=kept, alike_in=alike_in)


def waits(gp: tuple, operation: tuple) -> pd.DataFrame:
    rows = [("GP to outpatients", 1, *gp), ("Outpatients to operation", 1, *operation)]
    return frame("wait imd_quintile wait_ratio wait_low wait_high", *rows)


def verdicts(*rows: tuple) -> pd.DataFrame:
    return frame("check n_compared n_met of_made_up of_real", *rows)


AE_AFTER_111 = ("nhs111", "ae", 1, 0.11, 0.10, 0.12)
ADMITTED = ("ae", "emergency", 0, 0.25, 0.2, 0.3)
WITHIN_WEEK = ("mental_health", "ae", 7, 0.05, 0.03, 0.07)
NOTHING = ("gp", "ae", 1, 0.001, -0.002, 0.004)
SEEN = ("24+", 0.9, 0.88, 0.92)
UNSEEN = ("1-4", 0.5, 0.45, 0.55)
SAME = "at the same level a year later"

CASES = [
    Case("pathways.data", {"source": "simulated linked population"}, {"source": "simulated linked population", "data": "Simulated linked population"}),
    Case("pathways.windows", {"first_day": "2023-04-01", "last": "2025-03-31"}, {"landmark": "1 April 2023", "last_day": "31 March 2025"}),
    Case(
        "pathways.tbl-levels",
        {"levels": levels(("1-4", 0.6, 0.2), ("24+", 0.09, 0.38))},
        {"use": "9% of people had 24 steps or more in the year before, and 38% of all steps"},
    ),
    Case(
        "pathways.tbl-levels",
        {"levels": levels(("1-4", 0.6, 0.2), ("24+", NAN, NAN))},
        {"use": "Too few people had 24 steps or more in the year before to say how much of all care they had"},
    ),
    Case(
        "pathways.fig-change",
        {"change": change(("0", "0", 0.2), ("0", "1-4", 0.8), ("12-23", "12-23", 0.46), ("12-23", "24+", 0.54))},
        {
            "stay": f"20% of people with no steps and 46% of people with 12 to 23 steps were {SAME}",
            "stay_short": "Of people with 12 to 23 steps in a year, 46% were at that level again a year later",
        },
    ),
    Case(
        "pathways.fig-change",
        {"change": change(("0", "0", 0.2), ("12-23", "12-23", NAN))},
        {"stay_short": f"20% of people with no steps were {SAME}"},
    ),
    Case(
        "pathways.fig-change",
        {"change": change(("0", "0", NAN))},
        {"stay": "There are too few people to say whether they stay at their level"},
    ),
    *(
        Case("pathways.tbl-next", {"following": following(*rows)}, {"caption": said})
        for rows, said in (
            ([("gp", "gp", 0.4), ("ae", "gp", 0.3)], "After a GP contact, the next step is another one 40% of the time"),
            ([("nhs111", "gp", 0.4), ("ae", "gp", 0.3)], "After a call to NHS 111, the next step is a GP contact 40% of the time"),
            ([("nhs111", "gp", NAN)], "There are too few people to say what usually comes next"),
        )
    ),
    *(
        Case("pathways.fig-chance", {"found": found(*rows)}, said, {"stay_short": "They stay"})
        for rows, said in (
            (
                [AE_AFTER_111, ADMITTED, WITHIN_WEEK, NOTHING],
                {
                    "chance": "Beyond chance, 25% of A&E attendances are followed by an emergency admission on the same day, 11% of calls to NHS 111 are followed by an A&E attendance by the next day and 5% of mental health contacts are followed by an A&E attendance within 7 days",
                    "not_chance": "No more than chance was found for A&E attendances after GP contacts",
                },
            ),
            (
                [NOTHING],
                {
                    "chance": "None of the sequences asked about is more common than chance allows",
                    "not_chance": "",
                    "answer": "They stay. None of the sequences asked about is more common than chance allows",
                },
            ),
            ([("gp", "ae", 1, NAN, NAN, NAN)], {"chance": "There are too few contacts to say what follows what beyond chance"}),
        )
    ),
    Case("pathways.fig-chance", {"found": found(NOTHING)}, {"answer": "None of the sequences asked about is more common than chance allows"}),
    *(
        Case("pathways.tbl-order", {"ordered": ordered(*rows)}, {"order": said})
        for rows, said in (
            (
                [("12 steps or more", "ae", "emergency", 4.0, 3.0, 5.0), ("12 steps or more", "ae", "mental_health", 0.5, 0.4, 0.6), ("fewer than 12 steps", "gp", "ae", 1.0, 0.9, 1.1)],
                "Of 3 comparisons of two services within people, 2 show an order beyond chance. The clearest: A&E attendances came before emergency admissions 4.0 times as often as after them (12 steps or more); mental health contacts came before A&E attendances 2.0 times as often as after them (12 steps or more)",
            ),
            (
                [("12 steps or more", "ae", "emergency", 4.0, 3.0, 5.0), ("fewer than 12 steps", "gp", "ae", 1.0, 0.9, 1.1)],
                "Of 2 comparisons of two services within people, 1 shows an order beyond chance. The clearest: A&E attendances came before emergency admissions 4.0 times as often as after them (12 steps or more)",
            ),
            ([("fewer than 12 steps", "gp", "ae", 1.0, 0.9, 1.1)], "Of 1 comparison of two services within people, none shows an order beyond chance"),
            ([("fewer than 12 steps", "gp", "ae", NAN, NAN, NAN)], "There are too few contacts to say in which order services come"),
        )
    ),
    *(
        Case("pathways.fig-routes", {"routes": routes(*rows)}, said)
        for rows, said in (
            (
                [("1-4", "A&E alone", 60, 0.6), ("1-4", "nothing on record", 40, 0.4), ("24+", "ambulance and A&E", 50, 0.5), ("24+", "GP", 50, 0.5)],
                {
                    "route": "55% of people with an emergency stay came to it through A&E; of those with 24 steps or more in the year before, 50% came by ambulance",
                    "unrecorded": "For 20% nothing is on record on the day of admission or the day before",
                },
            ),
            ([("1-4", "A&E alone", 60, 1.0)], {"route": "100% of people with an emergency stay came to it through A&E", "unrecorded": ""}),
            ([("1-4", "A&E alone", NAN, NAN)], {"route": "Too few people had an emergency stay to say by what route they came"}),
        )
    ),
    *(
        Case("pathways.fig-after", {"curves": curves(*rows), "second": curves(*second)}, said)
        for rows, second, said in (
            (
                [SEEN, UNSEEN],
                [("24+", 0.8, 0.7, 0.9), ("1-4", 0.6, 0.5, 0.7)],
                {
                    "seen": "Of people alike in age, sex and deprivation, 90% of those with 24 steps or more in the year before had been seen four weeks after discharge, against 50% of those with 1 to 4 steps",
                    "seen_need": "Of people alike in age and number of conditions, it is 80% against 60%",
                    "not_compared": "2%",
                },
            ),
            (
                [SEEN, ("1-4", 0.85, 0.7, 0.95)],
                [],
                {
                    "seen": "Of people alike in age, sex and deprivation, 90% of those with 24 steps or more in the year before had been seen four weeks after discharge, against 85% of those with 1 to 4 steps, which chance alone could make",
                    "seen_need": "",
                },
            ),
            ([SEEN, ("1-4", NAN, NAN, NAN)], [], {"seen": "Too few people were discharged to compare levels"}),
        )
    ),
    *(
        Case("pathways.tbl-missed", {"missed_table": table}, {"missed_gp": said})
        for table, said in (
            (missed((0.12, 1.4, 1.1, 1.8), 0.09), "Of those who missed an appointment, 12.0% were admitted again, against 9.0% of those who kept it; among people alike, the odds are 1.40 (1.10 to 1.80) times as high"),
            (missed((0.12, 1.4, 0.9, 1.8), 0.09), "Of those who missed an appointment, 12.0% were admitted again, against 9.0% of those who kept it; among people alike, the odds are 1.40 (0.90 to 1.80) times as high, which chance alone could make"),
            (missed((0.12, NAN, NAN, NAN), 0.09), "Of those who missed an appointment, 12.0% were admitted again, against 9.0% of those who kept it"),
            (missed((NAN, NAN, NAN, NAN), 0.09), "Too few people missed an appointment after discharge to say whether they are admitted again more often"),
        )
    ),
    Case(
        "pathways.tbl-paths",
        {"ways": frame("use_level path share", ("1-4", "GP > Outpatients", 0.3), ("1-4", "no further contact", 0.2), ("24+", "no further contact", 0.4))},
        {"first_steps": "The most common way after discharge is “GP > Outpatients” for people with 1 to 4 steps (30%) and “no further contact” for people with 24 steps or more (40%)"},
    ),
    Case("pathways.tbl-paths", {"ways": frame("use_level path share", ("1-4", "other", NAN))}, {"first_steps": "Too few people were discharged to say what they do first"}),
    *(
        Case("pathways.fig-waits", {"waits": waits(gp, operation)}, {"waiting": said})
        for gp, operation, said in (
            (
                (1.25, 1.1, 1.4),
                (1.02, 0.9, 1.2),
                "People of the most deprived fifth wait 1.25 (1.10 to 1.40) times as long from a GP to outpatients as those of the least deprived; waits from outpatients to an operation do not differ beyond chance: 1.02 (0.90 to 1.20) times as long in the most deprived fifth",
            ),
            (
                (1.25, 0.9, 1.4),
                (NAN, NAN, NAN),
                "Waits from a GP to outpatients do not differ beyond chance: 1.25 (0.90 to 1.40) times as long in the most deprived fifth; too few people were linked to compare waits from outpatients to an operation",
            ),
        )
    ),
    *(
        Case("pathways.fig-generated", {"verdicts": verdicts(*rows)}, said)
        for rows, said in (
            (
                [("mean", 70, 69, NAN, NAN), ("classifier", 1, 1, 0.534, 0.502), ("copies", 1, 1, 0.22, 0.2), ("copies with days", 1, 1, 0.0, 0.001)],
                {
                    "behave": "72 of 73 comparisons of made-up people with real ones are as near as wanted, or as chance allows",
                    "apart": "A classifier tells made-up people from real ones with an AUROC of 0.53, and one half of real people from the other with 0.50, where a half is chance",
                    "copies": "Of made-up people with five steps or more, 22% have the same services in the same order as somebody who taught the generator, against 20% of real people; on the same days it is 0.0% against 0.1%",
                },
            ),
            (
                [("mean", 70, 69, NAN, NAN)],
                {"apart": "There are too few people to say whether a classifier tells made-up ones from real ones", "copies": "There are too few people to look for copies"},
            ),
        )
    ),
    Case("pathways.tbl-checks", {"verdicts": verdicts(("mean", 70, 70, NAN, NAN))}, {"caption": "Made-up people pass every check"}),
    Case("pathways.tbl-checks", {"verdicts": verdicts(("mean", 70, 69, NAN, NAN), ("any", 2, 2, NAN, NAN))}, {"caption": "Made-up people pass every check but for mean"}),
    *(
        Case("pathways.tbl-what-if", {"fewer": frame("measure now what_if what_if_low what_if_high", *rows)}, {"fewer_sent": said})
        for rows, said in (
            (
                [("ae", 405.9, 389.2, 388.2, 390.3), ("emergency", 108.8, 104.9, 104, 105)],
                "If NHS 111 sent half as many people to A&E, 1,000 people would have 389.2 A&E attendances in a year (388.2 to 390.3), where they have 405.9, and 104.9 emergency stays for 108.8",
            ),
            ([("ae", 405.9, 389.2, 388.2, 390.3), ("emergency", 108.8, NAN, NAN, NAN)], "If NHS 111 sent half as many people to A&E, 1,000 people would have 389.2 A&E attendances in a year (388.2 to 390.3), where they have 405.9"),
            ([("ae", 405.9, 405.5, 404.2, 406.3), ("emergency", 108.8, NAN, NAN, NAN)], "If NHS 111 sent half as many people to A&E, 1,000 people would have 405.5 A&E attendances in a year (404.2 to 406.3), where they have 405.9, a change that chance alone could make"),
            ([("ae", 405.9, NAN, NAN, NAN)], "Too few people came to A&E through NHS 111 to say what fewer would change"),
        )
    ),
    Case("pathways.after", {"fewest_stays": 200, "days": 84}, {"fewest_compared": "200", "followed": "12 weeks"}),
    *(
        Case("pathways.tbl-truth", {"truth": frame("planted estimate_low estimate_high", *rows)}, {"recovered": said})
        for rows, said in (
            ([(0.7, 0.6, 0.8), (1.4, 1.5, 1.6), (1.0, NAN, NAN)], "1 of 2 planted effects lie within their 95% intervals"),
            ([(1.0, NAN, NAN)], "No planted effect may be shown"),
        )
    ),
]
