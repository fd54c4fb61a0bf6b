"""The notebooks of linked people on extracts of few, and with gaps that the mapping allows: never a stop."""

import json
import re
import shutil
from pathlib import Path

import nbformat
import pandas as pd
import pytest

from analysis_lib.simulate import simulate_population
from website.pipeline import check_population, run_notebook

pytestmark = pytest.mark.build

ROOT = Path(__file__).resolve().parents[3]
NOTEBOOKS = {
    "04": "04_demand_drivers.ipynb",
    "05": "05_high_need.ipynb",
    "06": "06_care_pathways.ipynb",
    "08": "08_temporal_graphs.ipynb",
}
STORES = {"04": "demand", "05": "risk", "06": "pathways", "08": "graphs"}
NO_VALUE = re.compile(r"\bnan\b|<NA>|\binf\b|not known.*not known")


@pytest.fixture(scope="session")
def simulated(tmp_path_factory):
    """Return a function: a simulated population of so many people, made once."""
    made = {}

    def simulate(n):
        if n not in made:
            folder = tmp_path_factory.mktemp("small") / str(n)
            made[n] = simulate_population(folder, n, seed=1, processes=1)
        return made[n]

    return simulate


def as_extract(source, target, change):
    """Write a population as somebody's extract: no truth, a plain manifest, and what `change` made of it."""
    names = ("person", "condition", "medicine", "contact")
    paths = {
        name: source / name if (source / name).is_dir() else source / f"{name}.parquet" for name in names
    }
    tables = {name: pd.read_parquet(path, dtype_backend="pyarrow") for name, path in paths.items()}
    change(tables)
    target.mkdir()
    for name, table in tables.items():
        table[table["person_id"].isin(tables["person"]["person_id"])].to_parquet(target / f"{name}.parquet")
    manifest = {"source": "Linked data of a town", "last_date": "2025-03-31"}
    (target / "manifest.json").write_text(json.dumps(manifest))
    return target


def one_decile_missing(tables):
    tables["person"].loc[7, "imd_decile"] = None


def places_and_costs_missing(tables):
    for column in ("imd_decile", "lsoa", "msoa", "practice"):
        tables["person"][column] = pd.Series(None, tables["person"].index, tables["person"][column].dtype)
    tables["contact"]["cost_gbp"] = tables["contact"]["cost_gbp"].mask(tables["contact"]["cost_gbp"] >= 0)
    tables["person"]["ethnic_group"] = "not stated"


def women_of_one_area(tables):
    person = tables["person"]
    for column in ("imd_decile", "lsoa", "msoa", "practice"):
        person[column] = person[column].iloc[0]
    tables["person"] = person[person["sex"] == "F"]


def two_years(tables):
    contact = tables["contact"]
    tables["contact"] = contact[pd.to_datetime(contact["date"]) >= "2023-04-01"]


def some_settings_missing(tables):
    contact = tables["contact"]
    tables["contact"] = contact[~contact["setting"].isin(["maternity", "social_care", "ae"])]


def nobody_dies(tables):
    tables["person"]["death_month"] = tables["person"]["death_month"].mask(
        tables["person"]["death_month"].notna()
    )


def lengths_missing(tables):
    tables["contact"]["length_days"] = tables["contact"]["length_days"].mask(
        tables["contact"]["length_days"].notna()
    )


def sixty_days(tables):
    contact = tables["contact"]
    tables["contact"] = contact[pd.to_datetime(contact["date"]) >= "2025-01-31"]


def nobody_without_contact(tables):
    person, contact = tables["person"], tables["contact"]
    year = pd.to_datetime(contact["date"]).between("2022-04-01", "2023-03-31")
    tables["person"] = person[person["person_id"].isin(contact.loc[year, "person_id"])]


def hardly_a_medicine(tables):
    tables["medicine"] = tables["medicine"].iloc[::1000]


def medicines_without_code(tables):
    medicine = tables["medicine"]
    for column in ("bnf_chapter", "bnf_section"):
        medicine[column] = pd.Series(None, medicine.index, medicine[column].dtype)


@pytest.fixture
def run(tmp_path, monkeypatch, simulated):
    """Return a function: the facts and the whole text of a notebook run on a changed population."""

    def run(number, n_people, change=None):
        data = (
            simulated(n_people)
            if change is None
            else as_extract(simulated(n_people), tmp_path / "in", change)
        )
        monkeypatch.setenv("REPORT_DATA", str(data))
        monkeypatch.setenv("REPORT_RESULTS", str(tmp_path / "results"))
        target = tmp_path / NOTEBOOKS[number]
        check_population(data)
        run_notebook(ROOT / "notebooks" / NOTEBOOKS[number], target)
        said = json.loads((tmp_path / "results" / "facts" / f"{STORES[number]}.json").read_text())
        shutil.rmtree(tmp_path / "in", ignore_errors=True)
        texts = {name: fact["text"] for name, fact in said["facts"].items()}
        texts |= {label: words.get("caption", "") for label, words in said["labels"].items()}
        for text in texts.values():
            assert not NO_VALUE.search(text), text
        return texts, nbformat.writes(nbformat.read(target, 4))

    return run


@pytest.mark.slow
def test_one_decile_missing_is_said_and_stops_nothing(run):
    facts, text = run("04", 1_000, one_decile_missing)
    assert facts["recorded"].startswith("Deprivation is not recorded for some of these people")
    assert "too few to compare" not in facts["tbl-core20"]
    assert re.match(r"Use rises with deprivation in (?:\d|none) of \d settings", facts["inequality"])
    assert "true effects are not known" in text or "fig-truth" not in text


def test_what_is_recorded_for_nobody_is_said(run):
    facts, text = run("04", 400, places_and_costs_missing)
    assert "is not recorded for" in facts["recorded"]
    assert facts["recorded"].endswith("so use is not compared by deprivation, and the models do without it")
    assert facts["costed"] == "No cost is recorded for 100% of contacts, which count as none"
    for reason in ("Deprivation is not recorded for enough", "No area is recorded", "No cost is recorded"):
        assert reason in text
    assert "decile" not in facts["references"]


@pytest.mark.slow
@pytest.mark.parametrize("change", [nobody_dies, lengths_missing, sixty_days, nobody_without_contact])
def test_pathways_without_what_they_could_have(run, change):
    facts, text = run("06", 2_500, change)
    assert ("answer" in facts) == (change is not sixty_days)
    if change is sixty_days:
        assert "This section needs 2 years of contacts" in text


@pytest.mark.parametrize("number", ["05", "08"])
def test_people_too_few_to_learn_from_are_said(run, number):
    facts, text = run(number, 400)
    assert "too few for a model." in text
    assert "answer" not in facts


@pytest.mark.slow
@pytest.mark.parametrize("change", [hardly_a_medicine, medicines_without_code, lengths_missing, nobody_dies])
def test_graphs_without_what_they_could_have(run, change):
    facts, _ = run("08", 5_000, change)
    assert "answer" in facts
    assert "known by section" in facts["data"]


@pytest.mark.slow
@pytest.mark.parametrize("number", NOTEBOOKS)
@pytest.mark.parametrize(
    ("n_people", "change"),
    [
        (400, None),
        (1_000, None),
        (2_500, None),
        (10_000, None),
        (116, places_and_costs_missing),
        (2_000, one_decile_missing),
        (2_500, places_and_costs_missing),
        (2_500, women_of_one_area),
        (2_500, two_years),
        (2_500, some_settings_missing),
        (2_500, sixty_days),
    ],
)
def test_every_small_extract_has_both_notebooks(run, number, n_people, change):
    facts, _ = run(number, n_people, change)
    assert facts["data"]
