"""What is planted in a simulated hospital, with values: a person's file to check results against."""

from __future__ import annotations

from typing import Any

from analysis_lib.simulate.hospital import admissions, clinics, factors
from analysis_lib.simulate.hospital.specialties import REFERENCE, REFERENCE_AGE, SPECIALTIES
from analysis_lib.simulate.hospital.strategies import STRATEGIES
from analysis_lib.simulate.population import health, rates
from analysis_lib.simulate.population.codes import AGE_BANDS, DECILES, SETTINGS

UNFAIR_QUINTILE, UNFAIR_SHARE = 1, 0.75  # of readmissions of this fifth of areas, the share not recorded


def state_truth(seed: int) -> dict[str, Any]:
    """Return what is planted, as it can be stored in JSON."""
    emergency, elective = (SETTINGS.index(name) for name in ("emergency", "elective"))
    gradient = rates.DEPRIVATION[emergency] - rates.DEPRIVATION[elective]
    return {
        "seed": seed,
        "simulated": True,
        "rows": (
            "Each elective and each emergency contact of the population's three years is a row of ip, so are "
            "births, and a share of contacts of maternity care (admitted_of_maternity, of women of 13 to 55)."
        ),
        "admitted_of_maternity": admissions.ADMITTED_OF_MATERNITY,
        "delivery_share": admissions.DELIVERY_SHARE,
        "stay": {
            "meaning": (
                "Nights of emergency admissions: those of the contact times a factor of the specialty and "
                "age, factor x exp(per_decade x (age - reference_age) / 10), which is 1 in the reference; so "
                "the ratio of mean nights to the reference's at the same age. Rounding keeps the means. "
                "Of the contact: none of a share, the rest lognormal, rounded up, by age band."
            ),
            "reference": REFERENCE,
            "reference_age": REFERENCE_AGE,
            "specialty": {
                code: {"factor": s.stay, "per_decade": s.stay_per_decade} for code, s in SPECIALTIES.items()
            },
            "none": dict(zip(AGE_BANDS, health.STAY["emergency"]["none"], strict=True)),
            "log_mean": dict(zip(AGE_BANDS, health.STAY["emergency"]["log_mean"], strict=True)),
            "log_sd": health.STAY["emergency"]["log_sd"],
        },
        "emergency_by_deprivation": {
            "meaning": (
                "Log odds that an admission is an emergency and not elective, against the least deprived "
                "decile, among people alike in age band, sex, ethnic group, conditions and area."
            ),
            "imd_decile": {
                str(d): round(gradient * shape, 6)
                for d, shape in zip(DECILES, rates.DEPRIVATION_SHAPE, strict=True)
            },
        },
        "readmitted": {
            "meaning": (
                "An emergency admission of the same person within so many days after discharge. It follows "
                "from the population's contacts; those of the last days are not all seen. Of the most "
                "deprived fifth a share of readmissions is not recorded, whoever they are: the unfair gap."
            ),
            "days": admissions.READMITTED_DAYS,
            "imd_quintile": UNFAIR_QUINTILE,
            "not_recorded": UNFAIR_SHARE,
        },
        "strategies": {
            "meaning": "Share of the admissions that a strategy may be for, and its sample rate.",
            **{
                name: {"table": s.table, "share": s.share, "sample_rate": s.sample_rate}
                for name, s in STRATEGIES.items()
            },
        },
        "outpatients": {
            "first_share": clinics.FIRST_SHARE,
            "tele_share_without_procedure": clinics.TELE_SHARE,
        },
        "deprivation_missing": admissions.DEPRIVATION_MISSING,
        "growth_a_year": {
            "meaning": "Of the logarithm of people, under 16, at 16 to 64, from 65, by projection.",
            **factors.GROWTH,
        },
    }
