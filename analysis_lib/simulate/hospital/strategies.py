"""Which admissions a strategy of the demand model is for: stated shares of those it may be for.

The names are the model's. Its own rules go by codes of diagnoses and procedures; these go by what a
simulated hospital knows of a person.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis_lib.simulate.hospital.admissions import Admissions
from analysis_lib.simulate.hospital.source import Marks, Source

AVOIDANCE, EFFICIENCY = "ip_activity_avoidance_strategies", "ip_efficiencies_strategies"
MANY_CONDITIONS, SOME_CONDITIONS = 5, 2
EXCESS_NIGHTS = {"elective": 14, "emergency": 30}


class Facts:
    """What a strategy may ask about admissions; each answer is an array of their number."""

    def __init__(self, source: Source, admissions: Admissions) -> None:
        ip = admissions.ip
        self._source, self._admissions = source, admissions
        self.age, self.nights = ip["age"].to_numpy(), ip["speldur"].to_numpy()
        self.sex = ip["sex"].to_numpy()
        self.ordinary = ip["classpat"].eq("1").to_numpy(bool)
        self.day_case = ip["classpat"].eq("2").to_numpy(bool)
        method = ip["admimeth"].astype(str)
        self.urgent = method.str.startswith("2").to_numpy(bool)
        self.planned = method.str.startswith("1").to_numpy(bool)
        self.procedure = ip["has_procedure"].to_numpy(bool)
        self.specialty = ip["tretspef"].to_numpy()
        self.again, self.died = admissions.again, admissions.died
        onset = source.onset[admissions.person]
        self.n_conditions = (onset <= admissions.day[:, None]).sum(axis=1)

    def has(self, *conditions: str) -> Marks:
        """Return who has one of these conditions or more."""
        held = [self._source.has(self._admissions.person, self._admissions.day, c) for c in conditions]
        return np.logical_or.reduce(held)

    def of(self, *codes: str) -> Marks:
        """Return who is treated by one of these specialties."""
        return np.isin(self.specialty, codes)


@dataclass(frozen=True)
class Strategy:
    """A strategy: of which table, who it may be for, the share of these it is for, and the sample rate."""

    table: str
    may: Callable[[Facts], Marks]
    share: float
    sample_rate: float = 1.0


def _avoid(may: Callable[[Facts], Marks], share: float, sample_rate: float = 1.0) -> Strategy:
    return Strategy(AVOIDANCE, may, share, sample_rate)


def _shorten(may: Callable[[Facts], Marks], share: float) -> Strategy:
    return Strategy(EFFICIENCY, may, share)


def _operated(*codes: str) -> Callable[[Facts], Marks]:
    return lambda f: f.planned & f.procedure & f.of(*codes)


def _recovers(code: str, sex: int | None = None) -> Callable[[Facts], Marks]:
    return lambda f: f.planned & f.procedure & (f.nights > 0) & f.of(code) & ((f.sex == sex) if sex else True)


def _no_treatment(f: Facts) -> Marks:
    return f.urgent & ~f.procedure & (f.nights == 0)


STRATEGIES: dict[str, Strategy] = {
    "alcohol_partially_attributable_acute": _avoid(lambda f: f.urgent & (f.age >= 16), 0.04, 0.2),
    "alcohol_partially_attributable_chronic": _avoid(lambda f: f.urgent & (f.age >= 35), 0.06, 0.15),
    "alcohol_wholly_attributable": _avoid(
        lambda f: f.urgent & (f.age >= 16) & f.has("alcohol_problems"), 0.35
    ),
    "ambulatory_care_conditions_acute": _avoid(lambda f: f.urgent, 0.10),
    "ambulatory_care_conditions_chronic": _avoid(
        lambda f: f.urgent & f.has("copd", "asthma", "diabetes", "heart_failure", "epilepsy"), 0.25
    ),
    "ambulatory_care_conditions_vaccine_preventable": _avoid(lambda f: f.urgent, 0.03),
    "cancelled_operations": _avoid(lambda f: f.planned & ~f.procedure & (f.nights == 0), 0.15),
    "eol_care_2_days": _avoid(lambda f: f.urgent & f.died & (f.nights <= 2), 1.0),
    "eol_care_3_to_14_days": _avoid(lambda f: f.urgent & f.died & (f.nights > 2) & (f.nights <= 14), 1.0),
    "evidence_based_interventions_ent": _avoid(_operated("120"), 0.08),
    "evidence_based_interventions_general_surgery": _avoid(_operated("100"), 0.06),
    "evidence_based_interventions_gi_surgical": _avoid(_operated("301"), 0.06),
    "evidence_based_interventions_msk": _avoid(_operated("110"), 0.08),
    "evidence_based_interventions_urology": _avoid(_operated("101"), 0.05),
    "evidence_based_interventions_vascular_varicose_veins": _avoid(_operated("100"), 0.03),
    "falls_related_admissions": _avoid(lambda f: f.urgent & (f.age >= 65) & f.of("110", "300", "430"), 0.2),
    "frail_elderly_high": _avoid(
        lambda f: f.urgent & (f.age >= 75) & (f.has("dementia") | (f.n_conditions >= MANY_CONDITIONS)), 0.7
    ),
    "frail_elderly_intermediate": _avoid(
        lambda f: (
            f.urgent
            & (f.age >= 75)
            & ~f.has("dementia")
            & (f.n_conditions >= SOME_CONDITIONS)
            & (f.n_conditions < MANY_CONDITIONS)
        ),
        0.7,
    ),
    "intentional_self_harm": _avoid(
        lambda f: f.urgent & (f.age >= 10) & f.has("anxiety_depression", "psychosis_bipolar"), 0.08
    ),
    "medically_unexplained_related_admissions": _avoid(
        lambda f: f.urgent & (f.age >= 16) & f.has("anxiety_depression"), 0.08
    ),
    "medicines_related_admissions_explicit": _avoid(lambda f: f.urgent & (f.age >= 18), 0.03),
    "medicines_related_admissions_implicit_anti-diabetics": _avoid(
        lambda f: f.urgent & f.has("diabetes"), 0.06
    ),
    "medicines_related_admissions_implicit_benzodiasepines": _avoid(
        lambda f: f.urgent & (f.age >= 65) & f.has("anxiety_depression"), 0.05
    ),
    "medicines_related_admissions_implicit_diurectics": _avoid(
        lambda f: f.urgent & f.has("heart_failure", "hypertension"), 0.04
    ),
    "medicines_related_admissions_implicit_nsaids": _avoid(
        lambda f: f.urgent & f.has("painful_condition"), 0.04
    ),
    "obesity_related_admissions": _avoid(lambda f: (f.age >= 16) & f.of("110", "320", "340"), 0.15, 0.15),
    "raid_ae": _avoid(lambda f: f.urgent & f.has("anxiety_depression", "psychosis_bipolar", "dementia"), 0.2),
    "readmission_within_28_days": _avoid(lambda f: f.again, 1.0),
    "smoking": _avoid(
        lambda f: (f.age >= 35) & f.has("copd", "coronary_heart_disease", "stroke_tia"), 0.5, 0.3
    ),
    "virtual_wards_activity_avoidance_ari": _avoid(
        lambda f: f.urgent & (f.age >= 16) & f.of("300", "340", "430"), 0.08
    ),
    "virtual_wards_activity_avoidance_heart_failure": _avoid(
        lambda f: f.urgent & f.has("heart_failure"), 0.25
    ),
    "zero_los_no_procedure_adult": _avoid(lambda f: _no_treatment(f) & (f.age >= 18), 1.0),
    "zero_los_no_procedure_child": _avoid(lambda f: _no_treatment(f) & (f.age < 18), 1.0),
    "day_procedures_occasionally_dc": _shorten(lambda f: f.planned & f.ordinary & f.procedure, 0.10),
    "day_procedures_occasionally_op": _shorten(
        lambda f: f.planned & (f.ordinary | f.day_case) & f.procedure, 0.03
    ),
    "day_procedures_usually_dc": _shorten(lambda f: f.planned & f.ordinary & f.procedure, 0.15),
    "day_procedures_usually_op": _shorten(
        lambda f: f.planned & (f.ordinary | f.day_case) & f.procedure, 0.05
    ),
    "emergency_elderly": _shorten(lambda f: f.urgent & (f.age >= 75) & (f.nights > 0), 1.0),
    "enhanced_recovery_bladder": _shorten(_recovers("101"), 0.1),
    "enhanced_recovery_breast": _shorten(_recovers("100", 2), 0.1),
    "enhanced_recovery_colectomy": _shorten(_recovers("100"), 0.1),
    "enhanced_recovery_hip": _shorten(_recovers("110"), 0.15),
    "enhanced_recovery_hysterectomy": _shorten(_recovers("502", 2), 0.2),
    "enhanced_recovery_knee": _shorten(_recovers("110"), 0.15),
    "enhanced_recovery_prostate": _shorten(_recovers("101", 1), 0.15),
    "enhanced_recovery_rectum": _shorten(_recovers("100"), 0.05),
    "excess_beddays_elective": _shorten(lambda f: f.planned & (f.nights > EXCESS_NIGHTS["elective"]), 1.0),
    "excess_beddays_emergency": _shorten(lambda f: f.urgent & (f.nights > EXCESS_NIGHTS["emergency"]), 1.0),
    "pre-op_los_1-day": _shorten(lambda f: f.planned & f.procedure & (f.nights >= 2), 0.15),
    "pre-op_los_2-day": _shorten(lambda f: f.planned & f.procedure & (f.nights >= 3), 0.10),
    "raid_ip": _shorten(
        lambda f: f.urgent & (f.nights > 0) & f.has("anxiety_depression", "psychosis_bipolar", "dementia"),
        0.2,
    ),
    "same_day_emergency_care_low": _shorten(lambda f: f.urgent & (f.age >= 18) & (f.nights > 0), 0.04),
    "same_day_emergency_care_moderate": _shorten(lambda f: f.urgent & (f.age >= 18) & (f.nights > 0), 0.04),
    "same_day_emergency_care_high": _shorten(lambda f: f.urgent & (f.age >= 18) & (f.nights > 0), 0.03),
    "same_day_emergency_care_very_high": _shorten(lambda f: f.urgent & (f.age >= 18) & (f.nights > 0), 0.02),
    "stroke_early_supported_discharge": _shorten(
        lambda f: f.urgent & (f.nights > 0) & f.of("300", "400", "430") & f.has("stroke_tia"), 0.25
    ),
    "virtual_wards_efficiencies_ari": _shorten(
        lambda f: f.urgent & (f.age >= 16) & (f.nights > 0) & f.of("300", "340", "430"), 0.08
    ),
    "virtual_wards_efficiencies_heart_failure": _shorten(
        lambda f: f.urgent & (f.nights > 0) & f.has("heart_failure"), 0.25
    ),
}


def draw_strategies(rng: np.random.Generator, source: Source, admissions: Admissions) -> pd.DataFrame:
    """Return which strategies each admission has: a bool column each, in the order of `STRATEGIES`."""
    facts, n = Facts(source, admissions), len(admissions.ip)
    flags = {name: s.may(facts) & (rng.random(n) < s.share) for name, s in STRATEGIES.items()}
    return pd.DataFrame(flags)


def list_strategies(flags: pd.DataFrame, rn: pd.Series) -> dict[str, pd.DataFrame]:
    """Return the tables of strategies: a row for each admission and strategy."""
    row, place = np.nonzero(flags.to_numpy(bool))
    names = np.array(list(flags), dtype=object)
    rates = np.array([STRATEGIES[name].sample_rate for name in flags])
    table = np.array([STRATEGIES[name].table for name in flags], dtype=object)
    rows = pd.DataFrame({"rn": rn.to_numpy()[row], "strategy": names[place], "sample_rate": rates[place]})
    return {t: rows[table[place] == t].reset_index(drop=True) for t in (AVOIDANCE, EFFICIENCY)}
