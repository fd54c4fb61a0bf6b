"""State what was planted in a population, in the units that a model reports."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np

from analysis_lib.simulate.population import codes, health, rates
from analysis_lib.simulate.population import households as h
from analysis_lib.simulate.population.across import DRIVERS, shift_across
from analysis_lib.simulate.population.people import onset_hazards
from analysis_lib.simulate.population.world import World
from analysis_lib.simulate.scenario import Order

ESTIMAND = (
    "For a setting and an index date d of index_dates: among people registered on d, the number of "
    "contact rows (attended or not) from d to the day before the next index date is NB2 with mean "
    "exp(intercept + year + age_band + sex + ethnic_group + imd_decile + sum of conditions + interactions "
    "+ area) x days at risk / 365.25, and variance mean + alpha x mean squared. Age is completed years on "
    "d from the month of birth; a condition counts if its onset_date is before d; days at risk run from d "
    "to registered_to, or to the end of the window, both included. These are the coefficients within areas: "
    "a model with a term for each MSOA estimates them; one without estimates across_areas. Other index "
    "dates see states that changed on the way; contacts before d carry the person's effect, so a model with "
    "them estimates something else."
)
ACROSS = (
    "What a model of contacts estimates if it has no terms for areas: the coefficients within areas, and "
    "what is added to them by the part of area effects that goes with the MSOA's deprivation. Most is "
    "added to imd_decile, which then is the gradient across areas: what comes with living there, whatever "
    "brings it. The rest of area effects is a draw, alike for all people of an MSOA, and independent "
    "between MSOAs where range_m is 0. So intervals hold these values as often as they say only if errors "
    "are clustered by MSOA, and alpha grows by about (1 + alpha) x sd squared. Solved for 20,000 people "
    "drawn for it, at the last index date; 0 is added where area effects are orthogonal to who lives "
    "there, or none."
)
DATES = (
    "Season, weekday, bank holidays, the days after an admission and all of pathways move dates within the "
    "person's time at risk of the year from one index date to the next. They do not change how many contacts "
    "there are, and enter no coefficient."
)


# Of attended contacts, those that led on: of 700,000 people with seed 6. What is asked for is given in Order.
SHARE_LED = {"gp": 0.17, "outpatient": 0.04}


def state_truth(seed: int, n_people: int, world: World) -> dict[str, Any]:
    """Return everything that was planted.

    Keys: ``scenario``; ``reference`` levels; ``contacts`` (per setting: intercept, effects by driver, alpha,
    and how persons' effects are shared), ``across_areas`` (the same for models without areas),
    ``interactions``, ``eligible``, ``area``, ``days``, ``pathways`` (what follows what), ``dna``,
    ``conditions`` (onset), ``death``,
    ``medicines``, ``stay``, ``cost``, ``people``, each with what it means.
    """
    return {
        "seed": seed,
        "n_people": n_people,
        "scenario": asdict(world.scenario),
        "reference": codes.REFERENCE,
        "index_dates": [day.isoformat() for day in codes.INDEX_DATES],
        "contacts": {
            "estimand": ESTIMAND,
            "unit": "log rate per person-year of 365.25 days; log rate ratio",
            "settings": {name: _setting(n, world) for n, name in enumerate(codes.SETTINGS)},
        },
        "across_areas": _across(seed, world),
        "interactions": [dict(term) for term in world.interactions],
        "eligible": rates.ELIGIBLE,
        "person_effect": _person_effect(),
        "area": _area(world),
        "days": _days(world),
        "pathways": _pathways(world.scenario.order),
        "dna": _dna(),
        "conditions": _conditions(),
        "death": {
            "meaning": (
                "Log hazard per year, from the state at the index date that begins the year: intercept + "
                "per_year_of_age x age + male (half where not stated) + most_against_least_deprived x "
                "(10 - decile) / 9 + conditions, and infant at age 0."
            ),
            **health.DEATH,
        },
        "moves": {
            "from_age": health.MOVE_AGES,
            "leave_per_year": health.LEAVE_PER_YEAR,
            "joined_share": health.JOINED_SHARE,
        },
        "medicines": {
            "share_by_condition": health.MEDICINES,
            "short_courses_per_year_and_days": health.SHORT_COURSES,
            "lapse_share": health.LAPSE_SHARE,
        },
        "stay": {"unit": "nights; lognormal rounded up, by age band", **health.STAY},
        "cost": _cost(),
        "people": _people(),
    }


def _cost() -> dict[str, Any]:
    return {
        "price_year": health.COST_YEAR,
        "unit": "GBP a contact, and for each night of an admission; 0 where the person did not attend",
        "source": health.COST_SOURCE,
        "contact": health.COST_GBP,
        "night": health.COST_PER_NIGHT_GBP,
    }


def _people() -> dict[str, Any]:
    return {
        "household_share": dict(zip(h.TYPES, h.SHARE, strict=True)),
        "ethnic_share_where_stated": dict(zip(codes.ETHNIC_GROUPS, h.ETHNIC_SHARE, strict=False)),
        "ethnic_not_stated": h.ETHNIC_NOT_STATED,
        "sex_not_stated": h.SEX_NOT_STATED,
    }


def _setting(n: int, world: World) -> dict[str, Any]:
    """Return the planted coefficients of one setting."""
    deprived = [round(rates.DEPRIVATION[n] * shape, 6) + 0.0 for shape in rates.DEPRIVATION_SHAPE]
    return {
        "intercept": rates.INTERCEPT[n],
        "year": {
            day.isoformat(): float(row[n]) for day, row in zip(codes.INDEX_DATES, world.year, strict=True)
        },
        "age_band": {band: row[n] for band, row in zip(codes.AGE_BANDS, rates.AGE, strict=True)},
        "sex": {sex: row[n] for sex, row in zip(codes.SEXES, rates.SEX, strict=True)},
        "ethnic_group": {g: row[n] for g, row in zip(codes.ETHNIC_GROUPS, rates.ETHNIC, strict=True)},
        "imd_decile": dict(zip(codes.DECILES, deprived, strict=True)),
        "condition": {name: rates.CONDITION[name][n] for name in codes.CONDITIONS},
        "alpha": rates.ALPHA[n],
    }


def _across(seed: int, world: World) -> dict[str, Any]:
    """Return the coefficients of models without areas, in the form of ``contacts``."""
    settings = {}
    for n, shift in enumerate(shift_across(seed, world)):
        stated = _setting(n, world)
        own = {t["name"]: t["log_rate"] for t in world.interactions if t["setting"] == codes.SETTINGS[n]}
        settings[codes.SETTINGS[n]] = (
            {"intercept": round(stated["intercept"] + shift["intercept"], 4)}
            | {
                driver: {
                    level: round(value + shift[driver][level], 4) for level, value in stated[driver].items()
                }
                for driver in (*DRIVERS, "condition")
            }
            | {"interactions": {name: round(value + shift[name], 4) for name, value in own.items()}}
        )
    return {"meaning": ACROSS, "unit": "log rate ratio", "settings": settings}


def _person_effect() -> dict[str, Any]:
    by = dict(zip(codes.SETTINGS, zip(rates.SHARED, rates.KEPT, strict=True), strict=True))
    return {
        "meaning": (
            "Gamma with mean 1 and variance alpha. Of its shape 1 / alpha, a part is shared by all settings "
            "and years, a part is kept by the setting over the years, the rest is of the year. Two years "
            "of a setting correlate by shared + kept. It depends on no driver."
        ),
        "shared_part": {name: parts[0] for name, parts in by.items()},
        "kept_part": {name: parts[1] for name, parts in by.items()},
    }


def _area(world: World) -> dict[str, Any]:
    return {
        "meaning": (
            "Log rate ratio of each MSOA: the logarithm of 1 + sd x r, scaled so that the rates of all "
            "people are the stated ones. r is correlation_with_deprivation x the standardised mean "
            "deprivation of its people + a Gaussian part with correlation exp(-distance / range_m), or "
            "none where range_m is 0. Where no correlation is stated, r is a Gaussian part less its "
            "regression on the MSOA's deprivation deciles, ethnic mix, and shares of young sharers and of "
            "older households."
        ),
        "correlation_with_deprivation": world.scenario.area_deprivation,
        "range_m": world.scenario.area_range_m,
        "correlation_between_settings": round(rates.AREA_COMMON_WEIGHT**2, 6),
        "sd": {s: world.scenario.area_sd * sd for s, sd in zip(codes.SETTINGS, rates.AREA_SD, strict=True)},
        "effect": {
            msoa: dict(zip(codes.SETTINGS, (float(e) for e in row), strict=True))
            for msoa, row in zip(world.places.msoa, world.places.effect, strict=True)
        },
    }


def _days(world: World) -> dict[str, Any]:
    return {
        "meaning": DATES,
        "season": {s: dict(zip(range(1, 13), row, strict=True)) for s, row in _by_setting(rates.SEASON)},
        "weekday_from_monday": dict(_by_setting(rates.WEEKDAY)),
        "bank_holiday_factor": rates.HOLIDAY_CLOSED,
        "open_on_bank_holidays": rates.OPEN_ALL_WEEK,
        "after_admission": {
            "meaning": (
                "Of the contacts in a year of a person with an emergency admission in it, the share drawn "
                "again within so many days after one of those admissions ends. Emergency admissions have a "
                "hazard of their own: pathways, emergency_again."
            ),
            "days": rates.AFTER_ADMISSION_DAYS,
            "share": {
                name: share * world.scenario.order.after_admission
                for name, share in _by_setting(rates.AFTER_ADMISSION)
            },
        },
    }


def _pathways(order: Order) -> dict[str, Any]:
    """Return what follows what: an entry for each planted effect, and pairs without one."""
    return {
        "unit": (
            "Steps: contacts that were not missed, one for each person, day and setting. Days in hospital "
            "between two contacts do not count as days between them, but for waits."
        ),
        "numbers": (
            "A contact that brings one of another setting is a part of that one's number, which has the "
            "distribution stated in contacts. A person's numbers of the two go together a little more."
        ),
        "ae_before_emergency": {
            "meaning": (
                "Share of emergency admissions with an A&E attendance on the same day or the day before. It "
                "is that of all admissions together in a year; people with few attendances have less."
            ),
            "share": order.ae_before_emergency,
            "of_these_the_day_before": rates.AE_DAY_BEFORE,
        },
        "nhs111_to_ae": {
            "meaning": (
                "Share of calls to NHS 111 that bring an A&E attendance on the same day or the day after: "
                "calls with one on days 0 to 1, less the mean of those with one on days 8 to 9 after and "
                "before. share_sent: of those brought, who still come, if the world is one where fewer are."
            ),
            "share_by_decile": dict(zip(codes.DECILES, order.nhs111_to_ae, strict=True)),
            "of_these_the_next_day": rates.NHS111_DAY_BEFORE,
            "share_sent": order.nhs111_sent,
        },
        "ambulance_to_ae": {
            "meaning": (
                "Share of ambulances that bring an A&E attendance on the same day, less the mean of those "
                "with one 8 days after and before."
            ),
            "share": order.ambulance_to_ae,
        },
        "gp_to_outpatient": {
            "meaning": (
                "Days from a GP contact to the outpatient contact it led to: lognormal, moved from weekends "
                "to the nearest weekday. Seen as what pairs of the two at each number of days have more in "
                "this order than in the other, less a part that grows straight with the days, since rates "
                "change over the years. share_asked is of attended GP contacts; fewer lead on, as the number "
                "of outpatient contacts is given: see share_led (found for a large population)."
            ),
            "median_days": order.gp_wait,
            "most_deprived_fifth_ratio": order.deprived_wait,
            "log_sd": order.wait_log_sd,
            "share_asked": order.gp_to_outpatient,
            "share_led": SHARE_LED["gp"] if order.gp_to_outpatient == Order().gp_to_outpatient else None,
        },
        "outpatient_to_elective": {
            "meaning": (
                "Days from an outpatient contact to the elective admission it led to, as gp_to_outpatient. "
                "Deprivation changes nothing: a difference that is found is an error."
            ),
            "median_days": order.outpatient_wait,
            "most_deprived_fifth_ratio": 1.0,
            "log_sd": order.wait_log_sd,
            "share_asked": order.outpatient_to_elective,
            "share_led": (
                SHARE_LED["outpatient"]
                if order.outpatient_to_elective == Order().outpatient_to_elective
                else None
            ),
        },
        "emergency_again": {
            "meaning": (
                "Emergency admissions on each day after a discharge from one, against those on days 61 to "
                "90, of people followed so long, and after their first with none in the 90 days before: 1 + "
                "(hazard_ratio - 1) x 0.5 ^ ((day - 1) / half_life_days)."
            ),
            "hazard_ratio": order.emergency_again,
            "half_life_days": order.emergency_half_life,
        },
        "missed_follow_up": {
            "meaning": (
                "Of emergency admissions with a GP contact of known attendance in the first days after "
                "discharge and no readmission in them: odds ratio of a readmission in readmission_days after "
                "discharge, any of the contacts missed against none, among people with as many such contacts "
                "and alike otherwise. At the odds of the default scenario it is about 1.8 points."
            ),
            "odds_ratio": order.missed_follow_up,
            "follow_up_days": order.follow_up_days,
            "readmission_days": list(order.readmission_days),
        },
        "mental_health_to_ae": {
            "meaning": (
                "Pairs of a mental health contact and an A&E attendance 1 to so many days after it, over "
                "pairs with the attendance first, in the year after an index date; among people with so many "
                "steps or more in the year before it. No order among people with fewer, nor in the first "
                "year."
            ),
            "ratio": order.mental_health_to_ae,
            "days": order.mental_health_days,
            "steps_from": order.mental_health_from,
            "ratio_below": 1.0,
        },
        "end_of_life": {
            "meaning": (
                "Factor on how likely a contact of the year falls on each of the last days of life: contacts "
                "in them over those in as many days before, among people who died 180 days or more after an "
                "index date; for the settings named. Fewer for those with waits or stays; and less among all "
                "who died, as a year's number stays what it is."
            ),
            "ratio": order.end_of_life,
            "days": order.end_of_life_days,
            "settings": ["gp", "nhs111", "ae"],
        },
        "inside_stay": {
            "meaning": (
                "Contacts other than admissions after the day of an admission and before that of discharge. "
                "A few are left, where a person's days at risk in a year all lie in a stay. null: not "
                "planted, contacts fall on such days too."
            ),
            "share": 0.0 if order.stays_apart else None,
        },
        "decoys": {
            "meaning": (
                "These go together through the person alone: pairs in the one order are as many as in the "
                "other."
            ),
            "pairs": [
                {"first": "nhs111", "then": "ae", "days": [2, 7]},
                {"first": "mental_health", "then": "maternity", "days": [1, 7]},
            ],
            "ratio": 1.0,
        },
    }


def _by_setting(rows: tuple) -> list[tuple[str, Any]]:
    return list(zip(codes.SETTINGS, rows, strict=True))


def _dna() -> dict[str, Any]:
    d = health.DNA_LOGIT
    deprived = [round(d["most_against_least_deprived"] * shape, 6) for shape in rates.DEPRIVATION_SHAPE]
    return {
        "meaning": (
            "Log-odds that a booked contact of known outcome was a DNA, from the state at the index date "
            "that begins its year. Unknown is drawn whatever happened."
        ),
        "intercept": d["intercept"],
        "age_band": dict(zip(codes.AGE_BANDS, d["age_band"], strict=True)),
        "sex": dict(zip(codes.SEXES, d["sex"], strict=True)),
        "ethnic_group": dict(zip(codes.ETHNIC_GROUPS, d["ethnic_group"], strict=True)),
        "imd_decile": dict(zip(codes.DECILES, deprived, strict=True)),
        "condition": d["condition"],
        "unknown_share": health.UNKNOWN_SHARE,
    }


def _conditions() -> dict[str, Any]:
    """Return cumulative hazards by age and log hazard ratios of each condition."""
    cumulative = np.round(onset_hazards(), 6)
    return {
        "meaning": (
            "Cumulative hazard of onset at each age (linear between) for a factor of 1; times "
            "exp(male x (1/2 for M, -1/2 for F, 0 for not stated) + "
            "most_against_least_deprived x (5.5 - decile) / 9 + ethnic group) and a gamma frailty of the "
            "person with mean 1, shared by all conditions and unrelated to contacts."
        ),
        "ages": health.ONSET_AGES,
        "frailty_variance": health.FRAILTY_VARIANCE,
        "onset": {
            name: {
                "cumulative_hazard": [float(value) for value in cumulative[n]],
                "male": health.ONSET_MALE[name],
                "most_against_least_deprived": health.ONSET_DEPRIVATION[name],
                "ethnic_group": health.ONSET_ETHNIC.get(name, {}),
            }
            for n, name in enumerate(codes.CONDITIONS)
        },
    }
