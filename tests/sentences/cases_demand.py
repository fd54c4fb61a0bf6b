"""What drives demand, on tiny released frames, with what is hidden."""

import pandas as pd
from case import Case

# A case a line, however long its sentence.
# fmt: off

NAN = float("nan")
SETTINGS = {"setting": "emergency"}


def frame(columns: str, *rows: tuple, **others: object) -> pd.DataFrame:
    return pd.DataFrame(list(rows), columns=columns.split()).assign(**others)


def rates(group: str, *rows: tuple, setting: str = "emergency") -> pd.DataFrame:
    """Level, people, rate and interval in one setting."""
    return frame("level n_people rate_per_1000 low high", *rows, group=group, setting=setting)


def tenths(n: float | None = None, others: float = 900) -> pd.DataFrame:
    """The most deprived tenth, and `n` people whose deprivation is not recorded."""
    rows = [("1", others, 9.0, 8.0, 9.0), ("not recorded", n, 9.0, 8.0, 9.0)]
    return rates("imd_decile", *rows[: 1 if n is None else 2])


AGES = rates("age_band", ("5-14", 100, 200.0, 150.0, 250.0), ("85+", 100, 900.0, 700.0, 1_100.0))
FEW = "No setting has enough contacts in every decile for an index of inequality"
SLOPES = frame(
    "setting sii rii rii_low rii_high need_rii need_rii_low need_rii_high",
    ("emergency", 50.0, 2.5, 2.0, 3.1, 1.9, 1.5, 2.4),
    ("outpatient", 9.0, 1.02, 0.9, 1.1, 0.86, 0.8, 0.92),
    ("elective", -8.0, 0.8, 0.7, 0.9, 0.9, 0.8, 1.05),
    ("maternity", NAN, NAN, NAN, NAN, NAN, NAN, NAN),
)
BLOCKS = frame("block alone so_far added", ("demographics", 0.09, 0.09, 0.09), ("health need", 0.11, 0.13, 0.04), setting="emergency")
AREAS = frame(
    "outlier direction outlier_phi outlier_tau",
    ("99.8", "high", "99.8", "99.8"),
    ("95", "low", "95", "95"),
    ("none", "none", "none", "none"),
    ("99.8", "low", "99.8", "99.8"),
)
SPREAD = pd.Series({"tau": 0.14, "tau_low": 0.12, "tau_high": 0.17, "far": 0.1, "share_far": 0.475})
WIDE = (
    "Areas differ by more than their people explain: true ratios of A&E attendances have a standard deviation of 14% (95% interval "
    "12% to 17%), by which about 48% of {} areas lie 10% or more from what their people explain"
)
NARROW = (
    "That areas differ by more than their people explain cannot be told from chance: true ratios of A&E attendances have a standard "
    "deviation of 17% at the most"
)
COHORTS = frame("expected low high observed", (100.0, 80.0, 120.0, 110), (50.0, 40.0, 60.0, 70))
SCORES = frame(
    "method setting weighted_error observed n_covered n_cohorts",
    ("model", "gp", 0.02, 900.0, 9, 10),
    ("model", "ae", 0.1, 100.0, 6, 8),
    ("rate of last year", "gp", 0.1, 900.0, 8, 10),
)
CORE20 = frame("setting rate_ratio ratio_low ratio_high", ("gp", 1.2, 1.1, 1.3), ("ae", 1.6, 1.5, 1.7), people_with=30.0, people_without=70.0)
OUT, BETWEEN = "outside the 99.8% limits of both kinds", "between the 95% and the 99.8% limits"
NOBODY = "No area stands out from that, by the 99.8% limits of both kinds"
AGAINST = "Against the rest, the Core20 (the most deprived national fifth of areas) have"
RISES = "Use rises with deprivation in"

CASES = [
    Case("demand.tbl-population", {"source": "simulated linked population"}, {"source": "simulated linked population", "data": "Simulated linked population"}),
    *(
        Case(
            "demand.tbl-use",
            {"settings": frame("setting rate_per_1000 low high", *rows), "first_day": "2024-04-01", "last_day": "2025-03-31"},
            {"use": said, "year": "1 April 2024 to 31 March 2025"},
        )
        for rows, said in (
            (
                [("nhs111", 80.4, 70, 99), ("gp", 6109.0, 6000, 6200), ("community", 200.0, 100, 300), ("ae", NAN, NAN, NAN)],
                "Per 1,000 people a year there are most GP contacts (6,109) and community contacts (200), at the same mix of ages",
            ),
            (
                [("nhs111", 80.4, 70, 101), ("gp", 6109.0, 6000, 6200), ("community", 200.0, 100, 300)],
                "Per 1,000 people a year there are most GP contacts (6,109), at the same mix of ages",
            ),
            ([("gp", NAN, NAN, NAN)], "There are too few contacts to say which services are used most"),
        )
    ),
    *(
        Case(
            "demand.fig-deciles",
            {"by_group": tenths(), "ratios": frame("setting ratio low high", *rows)},
            {"deciles": said, "recorded": "Deprivation is recorded for everybody here"},
        )
        for rows, said in (
            (
                [("ae", 2.0, 1.5, 2.5), ("elective", 1.4, 1.1, 1.8), ("gp", 1.2, 1.1, 1.3)],
                "The most deprived tenth (decile 1) has 2.0 times as many A&E attendances as the least deprived (decile 10), and 1.2 times as many GP contacts",
            ),
            (
                [("ae", 1.2, 0.9, 1.6), ("gp", 1.0, 0.9, 1.1)],
                "The most deprived tenth (decile 1) has 1.2 times as many A&E attendances as the least deprived (decile 10), which chance alone could make, and 1.0 times as many GP contacts, which chance alone could make",
            ),
            ([("ae", 2.0, 1.5, 2.5)], "The most deprived tenth (decile 1) has 2.0 times as many A&E attendances as the least deprived (decile 10)"),
            ([], "No setting has enough contacts in the most and the least deprived tenth to compare"),
        )
    ),
    *(
        Case("demand.fig-deciles", {"by_group": tenths(*n), "ratios": frame("setting ratio")}, {"recorded": f"Deprivation is not recorded for {said}"})
        for n, said in (
            ((205,), "205 of these people, who are left out of comparisons of deprivation and of the models"),
            ((NAN,), "some of these people (how many must not be shown), who are left out of comparisons of deprivation and of the models"),
            ((905,), "905 of these people, so use is not compared by deprivation, and the models do without it"),
            ((905, 0), "anybody here, so use is not compared by deprivation, and the models do without it"),
        )
    ),
    *(
        Case("demand.fig-ages", {"by_group": rows, **SETTINGS}, {"ages": said})
        for rows, said in (
            (AGES, "People of 85 and over have 900 emergency admissions per 1,000 a year, against 200 of those of 5 to 14"),
            (
                AGES.assign(low=200.0),
                "People of 85 and over have 900 emergency admissions per 1,000 a year, against 200 of those of 5 to 14, which chance alone could make",
            ),
            (AGES[:1], "There are too few emergency admissions to compare ages"),
        )
    ),
    *(
        Case("demand.tbl-groups", {"by_group": rates("ethnic_group", *rows), **SETTINGS}, {"caption": said})
        for rows, said in (
            (
                [("Asian", 100, 200.0, 150.0, 300.0), ("White", 900, 400.0, low, 500.0), ("not stated", 50, 900.0, 800.0, 950.0)],
                f"Of the ethnic groups, White has most emergency admissions per 1,000 a year (400) and Asian fewest (200){chance}",
            )
            for low, chance in ((250.0, ", which chance alone could make"), (310.0, ""))
        )
    ),
    Case(
        "demand.tbl-groups",
        {"by_group": rates("ethnic_group", ("Asian", 100, NAN, NAN, NAN)), **SETTINGS},
        {"caption": "There are too few emergency admissions to compare groups"},
    ),
    *(
        Case("demand.cost", {"cost": pd.Series({"n_contacts": 900, "n_without_cost": without})}, {"costed": said})
        for without, said in (
            (0, "A cost is recorded for every contact"),
            (90, "No cost is recorded for 10% of contacts, which count as none"),
            (NAN, "A few contacts have no cost, and count as none"),
        )
    ),
    *(
        Case("demand.fig-concentration", {"shares": frame("top share", *shares)}, {"top": said})
        for shares, said in (
            ([(0.01, 0.231), (0.05, 0.472)], "Of all cost, 1% of people have 23% and 5% of people have 47%"),
            ([(0.01, NAN)], "There are too few people to say how cost is spread"),
        )
    ),
    *(
        Case(
            "demand.drivers",
            {
                "drivers": frame("setting", ("gp",)),
                "settings": settings,
                "levels": {"age_band": "35-44", "sex": "M", "ethnic_group": "White", "has_copd": False},
                "areas": areas,
            },
            {
                "references": "Reference levels are men and boys, 35 to 44 years, ethnic group White and without the condition",
                "modelled": said,
                "errors": errors,
            },
        )
        for settings, said, areas, errors in (
            (
                ["gp"],
                "Every setting has contacts enough for a model",
                107,
                "Errors are clustered by area (107 MSOAs), since people of one area have more in common than the drivers say",
            ),
            (
                ["gp", "ae", "nhs111"],
                "There are too few people, or A&E attendances and calls to NHS 111, for a model of them",
                0,
                "These people live in too few areas, or none is recorded: errors take people of an area as independent, so intervals, those of deprivation above all, are too narrow if areas differ",
            ),
        )
    ),
    *(
        Case("demand.fig-drivers", {"conditions": frame("driver rate_ratio low high", *rows), **SETTINGS}, {"drivers": said})
        for rows, said in (
            (
                [("Heart failure", 1.5, 1.1, 2.0), ("COPD", 2.0, 1.5, 2.6), ("Asthma", 1.4, 1.1, 2.0), ("Gout", 1.2, 1.0, 2)],
                "Of the long-term conditions, COPD (2.0 times), heart failure (1.5 times) and asthma (1.4 times) go with most emergency admissions, all else equal; chance could change their order",
            ),
            (
                [("Heart failure", 1.5, 1.4, 1.6), ("COPD", 2.0, 1.9, 2.1), ("Gout", 1.2, 1.0, 2)],
                "Of the long-term conditions, COPD (2.0 times) and heart failure (1.5 times) go with most emergency admissions, all else equal",
            ),
            (
                [("Heart failure", 1.5, 1.4, 1.6), ("Gout", 1.2, 1.0, 2)],
                "Of the long-term conditions, heart failure (1.5 times) goes with most emergency admissions, all else equal",
            ),
            ([("Gout", 1.2, 0.9, 2)], "No long-term condition goes with more emergency admissions beyond chance, all else equal"),
            ([("Gout", NAN, NAN, NAN)], "There are too few emergency admissions to say which conditions go with them"),
        )
    ),
    *(
        Case("demand.tbl-blocks", {"explained": rows}, {"blocks": said})
        for rows, said in (
            (
                BLOCKS,
                "Of the differences between people it has not seen, the model explains 13% on average over settings: demographics explain 9.0% and health need adds 4.0%",
            ),
            (
                BLOCKS.assign(added=[0.09, -0.04], so_far=[0.09, 0.05]),
                "Of the differences between people it has not seen, the model explains 5% on average over settings: demographics explain 9.0% and health need adds nothing",
            ),
            (BLOCKS.assign(so_far=-0.01), "Of the differences between people it has not seen, the model explains none"),
            (BLOCKS.assign(so_far=NAN), "There are too few contacts held out to say what the drivers explain"),
        )
    ),
    *(
        Case("demand.tbl-interactions", {"asked": frame("low high", *rows)}, {"caption": said})
        for rows, said in (
            ([(1.2, 1.5), (NAN, NAN)], "1 of 1 interaction with contacts enough differs from none beyond chance"),
            ([(1.2, 1.5), (0.5, 0.9), (0.9, 1.1)], "2 of 3 interactions with contacts enough differ from none beyond chance"),
            ([(NAN, NAN)], "There are too few contacts for the interactions that were asked for"),
        )
    ),
    *(
        Case("demand.tbl-fit", {"fit": frame("zero_ratio pearson_per_df", *rows)}, {"caption": said})
        for rows, said in (
            (
                [(0.96, 1.0), (1.01, 1.0)],
                "People without any contact number 0.96 to 1.01 times what the models expect, and the variance is 1.00 times the modelled one",
            ),
            ([(NAN, NAN)], "There are too few contacts to check the models"),
        )
    ),
    *(
        Case(
            "demand.fig-inequality",
            {"slopes": slopes, "explained": blocks, **SETTINGS},
            {"inequality": inequality, "inequality_short": short, "need": need, "answer": answer},
        )
        for slopes, blocks, inequality, short, need, answer in (
            (
                SLOPES,
                BLOCKS,
                f"{RISES} 1 of 3 settings and falls in 1; the highest index is of emergency admissions, 2.5 (2.0 to 3.1) times as many at the most as at the least deprived end",
                f"{RISES} 1 of 3 settings of care",
                "At equal need (age, sex and long-term conditions) there are 1.9 times as many emergency admissions at the most deprived end; a difference beyond chance is left in 2 of 3 settings",
                "Among people held out, health need tells most about emergency admissions, each taken alone; these are 2.5 times as many at the most as at the least deprived end, 1.9 times at equal need",
            ),
            (
                pd.concat([SLOPES[1:2].assign(need_rii=NAN), SLOPES[:1].assign(rii=NAN)]),
                BLOCKS[:1],
                f"{RISES} none of 1 settings; no index is given of emergency admissions: at one end the rate is too near zero to divide by",
                f"{RISES} none of 1 settings of care",
                "What is left at equal need cannot be said: too few contacts",
                "Among people held out, age, sex and ethnic group tell most about emergency admissions, each taken alone; they are too few to compare the ends of deprivation",
            ),
            (
                SLOPES[:1].assign(rii=1.1, rii_low=0.9, need_rii=1.0, need_rii_low=0.8),
                BLOCKS,
                f"{RISES} none of 1 settings",
                f"{RISES} none of 1 settings of care",
                "At equal need (age, sex and long-term conditions) there are 1.0 times as many emergency admissions at the most deprived end, which chance alone could make; a difference beyond chance is left in 0 of 1 settings",
                "Among people held out, health need tells most about emergency admissions, each taken alone; these are 1.1 times as many at the most as at the least deprived end (chance alone could make that), 1.0 times at equal need (chance alone could make that)",
            ),
            (SLOPES[3:], BLOCKS.assign(alone=-0.1), FEW, FEW, FEW, "There are too few emergency admissions to say what drives them"),
        )
    ),
    *(
        Case("demand.tbl-core20", {"core20": rows}, {"core20_share": "30%", "caption": said})
        for rows, said in (
            (CORE20, f"{AGAINST} 1.60 times as many A&E attendances and 1.20 times as many GP contacts"),
            (CORE20[:1], f"{AGAINST} 1.20 times as many GP contacts"),
            (CORE20[:1].assign(ratio_low=0.9), f"{AGAINST} 1.20 times as many GP contacts (chance alone could make that)"),
            (CORE20.assign(rate_ratio=NAN), "There are too few contacts to compare the Core20 with the rest"),
        )
    ),
    *(
        Case(
            "demand.fig-funnel",
            {"limits": limits, "spread": spread, "setting": "ae"},
            {"areas_differ": spread_said, "place": f"{spread_said}. {place}", "outside": f"{outside} of both kinds{one}"},
        )
        for limits, spread, spread_said, place, outside, one in (
            (AREAS, SPREAD, WIDE.format(4), f"2 stand {OUT} (1 above, 1 below)", f"1 more lies {BETWEEN}", ""),
            (AREAS[:1], SPREAD, WIDE.format(1), f"1 stands {OUT} (1 above, 0 below)", f"No other area lies {BETWEEN}", ""),
            (
                AREAS.assign(outlier="95"),
                SPREAD.replace(0.12, 0.0),
                NARROW,
                NOBODY,
                f"4 more lie {BETWEEN}",
                "; 2 lie beyond the 99.8% limits of one kind alone",
            ),
            (
                AREAS[:1].assign(outlier="95"),
                SPREAD,
                WIDE.format(1),
                NOBODY,
                f"1 more lies {BETWEEN}",
                "; 1 lies beyond the 99.8% limits of one kind alone",
            ),
        )
    ),
    *(
        Case(
            "demand.fig-map",
            {"neighbours": pd.Series({"moran_i": 0.21, "p_value": p})},
            {"moran": f"Moran's I of what is unexplained is 0.21 (p = {p:.3f}): neighbours are {said}"},
        )
        for p, said in ((0.001, "alike beyond chance"), (0.4, "no more alike than by chance"))
    ),
    *(
        Case(
            "demand.fig-next-year",
            {"cohorts": cohorts, "scores": scores, "period": 0.02, **SETTINGS},
            {"next_year": said, "next_year_score": score, "next_year_covered": covered, "period_sd": "2%"},
        )
        for cohorts, scores, said, score, covered in (
            (
                COHORTS,
                SCORES,
                "1 of 2 cohorts had as many emergency admissions in the held-out year as the interval of the model allows: 180 came, 150 were expected",
                "Over all settings together the error, as a share of what came, is 2.8% by the model and 10.0% by the rate of last year",
                "Intervals of the model, meant to hold 95%, held 15 of 18 cohorts of all settings (83%); fewest of A&E attendances (6 of 8)",
            ),
            (
                COHORTS.assign(observed=NAN),
                SCORES[:1].assign(weighted_error=NAN, n_covered=10),
                *["There are too few emergency admissions to say what next year would bring"] * 2,
                "Intervals of the model, meant to hold 95%, held 10 of 10 cohorts of all settings (100%)",
            ),
            (
                COHORTS.assign(observed=NAN),
                SCORES[:0],
                *["There are too few emergency admissions to say what next year would bring"] * 2,
                "No cohort has contacts enough to hold an interval against",
            ),
        )
    ),
    *(
        Case("demand.fig-truth", {"planted": frame("planted low high", *rows), "world": world}, {"recovered": said})
        for rows, world, said in (
            *(
                (
                    [(1.0, 0.9, 1.1), (2.0, 2.1, 2.5), (NAN, 1.0, 2.0)],
                    world,
                    f"1 of 2 planted rate ratios (50%) lie within their 95% intervals{said}",
                )
                for world, said in (
                    ("unfavourable", "; in this simulation areas differ beyond their people, and partly along deprivation"),
                    ("favourable", "; in this simulation what areas do is unrelated to deprivation, which is kinder than life"),
                    ("null", "; in this simulation areas are alike, which is kinder than life"),
                    ("", ""),
                )
            ),
            ([(NAN, 1.0, 2.0)], "", "No planted effect may be shown"),
        )
    ),
]
