"""The simulated people that exercises are about, and the frames that questions and answers share."""

from __future__ import annotations

import tempfile
from copy import deepcopy
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property, lru_cache
from pathlib import Path

import ibis
import numpy as np
import pandas as pd
from scipy.special import expit, logit
from sklearn.metrics import roc_auc_score

from analysis_lib import queries
from analysis_lib.dates import as_day
from analysis_lib.inputs.population import Population, load_population
from analysis_lib.measures.intervals import wilson_interval
from analysis_lib.models.classify import assign_folds
from analysis_lib.models.temporal import EdgeModel
from analysis_lib.release import Store, open_store
from analysis_lib.simulate import simulate_population, simulate_prescribing, write_prescribing

N_PEOPLE = 4_000
BINS = ((0, 30), (31, 90))  # fewer gap bands than usual, each with more people
FEWEST = 25
STRENGTH = 3.0  # effects are three times as strong as elsewhere, or so few people would not show them
OUTCOME = "admitted"
AMLODIPINE, FUROSEMIDE = "start:0206020A0", "start:0202020L0"
DAYS = 365  # of contacts before a landmark, so that an early and a late one see as much


@dataclass(frozen=True, eq=False)
class Classroom:
    """Simulated people with prescribing, in memory and as an extract.

    Attributes
    ----------
    seed : int
    folder : tempfile.TemporaryDirectory
        Removed when the classroom is no longer used.
    population : Population
        The extract, as one that an organisation would hold.
    day, earlier : date
        The index date, and a landmark 180 days before it.
    person, condition, medicine, contact : DataFrame
        Its tables.
    hazard, stacked : DataFrame
        The simulation's truth: of adults on the index date, and of adults at every landmark.
    """

    seed: int
    folder: tempfile.TemporaryDirectory[str]
    population: Population
    day: date
    earlier: date
    person: pd.DataFrame
    condition: pd.DataFrame
    medicine: pd.DataFrame
    contact: pd.DataFrame
    hazard: pd.DataFrame
    stacked: pd.DataFrame

    @cached_property
    def rules(self) -> pd.DataFrame:
        """`queries.count_by_rule` on the index date."""
        return queries.count_by_rule(self.population, self.day)

    @cached_property
    def flags(self) -> pd.DataFrame:
        """`queries.list_at_risk` on the index date: person_id, rule, flagged (bool)."""
        return queries.to_frame(queries.list_at_risk(self.population, self.day))

    @cached_property
    def adults(self) -> pd.DataFrame:
        """Adults on the index date, a row each.

        person_id, age (years), age_band, sex, practice, imd_decile, risk (true, of a year), admitted (bool).
        """
        known = queries.to_frame(queries.features_at(self.population, self.day, ()))
        known = known[["person_id", "age", "age_band", "sex", "practice", "imd_decile"]]
        truth = self.hazard.rename(columns={"probability": "risk", "outcome": OUTCOME})
        return known.merge(truth[["person_id", "risk", OUTCOME]], on="person_id")

    @cached_property
    def courses(self) -> pd.DataFrame:
        """Courses of adults: person_id, bnf_section, bnf_code, start_date, stop_date (missing: goes on)."""
        mine = self.medicine["person_id"].isin(self.adults["person_id"])
        names = ["person_id", "bnf_section", "bnf_code", "start_date", "stop_date"]
        return self.medicine.loc[mine, names].reset_index(drop=True)

    @cached_property
    def practices(self) -> pd.DataFrame:
        """By practice: n_adults, n_admitted, share, and the limits low and high of its 95% interval."""
        table = self.adults.groupby("practice", as_index=False).agg(
            n_adults=(OUTCOME, "size"), n_admitted=(OUTCOME, "sum")
        )
        table["share"] = table["n_admitted"] / table["n_adults"]
        table["low"], table["high"] = wilson_interval(table["n_admitted"], table["n_adults"])
        return table

    @cached_property
    def nsaid_after_ace(self) -> pd.DataFrame:
        """Adults, and whether an NSAID was begun soon after an ACE inhibitor, beside a diuretic.

        person_id, exposed (bool), risk, risk_without (the true risk had it not been so), admitted (bool).
        """
        effect = self.population.truth["patterns"]["P1"]["effects"]["P1"]["log_odds"]  # type: ignore[index]
        without = expit(logit(self.hazard["probability"]) - effect * self.hazard["P1"])
        return pd.DataFrame(
            {
                "person_id": self.hazard["person_id"],
                "exposed": self.hazard["P1"],
                "risk": self.hazard["probability"],
                "risk_without": without,
                OUTCOME: self.hazard["outcome"],
            }
        )

    @cached_property
    def landmarks(self) -> pd.DataFrame:
        """A row an adult and landmark: person_id, date, risk (30 days), admitted (bool), row_fold."""
        frame = self.stacked.rename(columns={"probability": "risk", "outcome": OUTCOME})
        rng = np.random.default_rng(self.seed)
        drawn = np.where(rng.random(len(frame)) < 0.5, "learn", "evaluate")
        return frame.assign(row_fold=drawn)

    @cached_property
    def auroc_by_landmark(self) -> pd.Series:
        """Discrimination of the true risks by date, each landmark on its own."""
        groups = self.landmarks.groupby("date")
        return pd.Series({day: roc_auc_score(rows[OUTCOME], rows["risk"]) for day, rows in groups})

    def events(self, landmark: date) -> ibis.Table:
        """Return `queries.list_events` before a landmark, with `DAYS` of contacts."""
        return self._events[landmark]

    @cached_property
    def _events(self) -> dict[date, ibis.Table]:
        days = (self.earlier, self.day)
        return {day: queries.list_events(self.population, day, DAYS).cache() for day in days}

    @cached_property
    def _edges(self) -> dict[date, ibis.Table]:
        return {
            day: queries.windowed_edges(events, bins=BINS).cache() for day, events in self._events.items()
        }

    def edges(self, landmark: date) -> ibis.Table:
        """Return `queries.windowed_edges` of these events."""
        return self._edges[landmark]

    @cached_property
    def features(self) -> pd.DataFrame:
        """What the model may know: `queries.graph_features` on the index date."""
        return queries.to_frame(queries.graph_features(self.events(self.day), self.edges(self.day), FEWEST))

    @cached_property
    def _graphs(self) -> dict[date, pd.DataFrame]:
        return {landmark: self._graph(landmark) for landmark in (self.earlier, self.day)}

    def graphs(self, landmark: date) -> pd.DataFrame:
        """Return adults with their features at a landmark: person_id, age, sex, present, admitted, fold.

        Age is that on the index date at both, so that nothing but the record changes.
        """
        return self._graphs[landmark]

    def _graph(self, landmark: date) -> pd.DataFrame:
        present = queries.present_features(
            self.events(landmark), self.edges(landmark), ibis.memtable(self.features)
        )
        frame = self.adults.merge(queries.to_frame(present), on="person_id", how="left")
        shares = {"learn": 0.7, "recalibrate": 0.3}
        return frame.assign(fold=assign_folds(frame["person_id"], shares, self.seed))

    @cached_property
    def model(self) -> EdgeModel:
        """The edge model, learnt from the fold "learn" on the index date."""
        frame = self.graphs(self.day)
        return EdgeModel(self.features, OUTCOME, FEWEST).fit(frame[frame["fold"] == "learn"])

    @cached_property
    def recalibrated(self) -> EdgeModel:
        """The same model, recalibrated on the fold "recalibrate"."""
        frame = self.graphs(self.day)
        return deepcopy(self.model).calibrate(frame[frame["fold"] == "recalibrate"])

    @cached_property
    def alone(self) -> pd.DataFrame:
        """Features each on its own, among those learnt from, the largest z first.

        name, n_people, difference (of the shares admitted with and without it), z (its standard score).
        """
        frame = self.graphs(self.day)
        learnt = frame[frame["fold"] == "learn"]
        lists = learnt["present"].apply(lambda found: list(found) if np.ndim(found) else [])
        rows = pd.DataFrame({"feature": lists, OUTCOME: learnt[OUTCOME]}).explode("feature").dropna()
        table = rows.groupby("feature")[OUTCOME].agg(n_people="size", n_admitted="sum").reset_index()
        table = table[table["n_people"] >= self.model.fewest].astype("int64")
        rest = len(learnt) - table["n_people"]
        others = (learnt[OUTCOME].sum() - table["n_admitted"]) / rest
        table["difference"] = table["n_admitted"] / table["n_people"] - others
        share = learnt[OUTCOME].mean()
        table["z"] = table["difference"] / np.sqrt(share * (1 - share) * (1 / table["n_people"] + 1 / rest))
        table = table.merge(name_features(self.features)[["feature", "name"]], on="feature")
        table = table.sort_values("z", ascending=False, kind="stable", ignore_index=True)
        return table[["name", "n_people", "difference", "z"]]

    @cached_property
    def ranked(self) -> pd.DataFrame:
        """`EdgeModel.rank` with names."""
        return name_features(self.model.rank())

    @cached_property
    def by_section(self) -> Population:
        """The same extract with BNF sections in place of chemicals."""
        return replace(self.population, medicine=self.population.medicine.drop("bnf_code"))

    @cached_property
    def rules_by_section(self) -> pd.DataFrame:
        """`queries.count_by_rule` of that extract."""
        return queries.count_by_rule(self.by_section, self.day)

    @cached_property
    def store(self) -> Store:
        """A store of results under the rules for patient data, in a folder of its own."""
        return open_store("training", _Patients(), folder=Path(self.folder.name) / "results")


class _Patients:
    profile = "patient"


def name_features(features: pd.DataFrame) -> pd.DataFrame:
    """Return features with a column name: "A", or "A → B (0-14 days)"."""
    pair = (
        features["first"] + " → " + features["then"].fillna("") + " (" + features["bin"].fillna("") + " days)"
    )
    return features.assign(name=features["first"].where(features["then"].isna(), pair))


@lru_cache(maxsize=2)
def make_classroom(seed: int = 1) -> Classroom:
    """Simulate the people of a seed; asked again, the same are returned.

    Raises
    ------
    ValueError
        If the seed is no whole number of 0 or more.
    """
    if not isinstance(seed, int) or seed < 0:
        raise ValueError(f"The seed of the training is a whole number of 0 or more: {seed!r} given.")
    folder = tempfile.TemporaryDirectory(prefix="training-")
    simulated, extract = Path(folder.name) / "people", Path(folder.name) / "extract"
    simulate_population(simulated, N_PEOPLE, seed=seed)
    made = simulate_prescribing(simulated, seed=seed, strength=STRENGTH)
    write_prescribing(made, simulated, extract)
    day = as_day(made.truth["index_date"])
    return Classroom(
        seed,
        folder,
        load_population(extract, threads=1),
        day,
        day - timedelta(days=180),
        made.person,
        made.condition,
        made.medicine,
        made.contact,
        made.hazard,
        made.landmark,
    )
