"""The released tables: checked, refused, the same bytes again, and a card that says what they are."""

import shutil

import pandas as pd
import pytest

from analysis_lib import synthesise as room
from analysis_lib.cli import main
from analysis_lib.inputs.hospital import check_hospital, read_hospital, write_hospital
from analysis_lib.inputs.hospital.layout import DAY_PROCEDURES
from analysis_lib.synthesise import NotReleased, release_hospital, synthesise
from tests.models.demand_hospital import make_demand_hospital

LOOSE = {"membership_auc": 0.75}  # six hundred admissions are too few to show less


def read_bytes(folder):
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.fixture(scope="module")
def hospital():
    """The hospital of the tests of demand, with a day procedure for each planned operation."""
    tables = make_demand_hospital()
    planned = tables["ip"].query("has_procedure and admimeth in ('11', '12')")["rn"].to_numpy()
    names = [DAY_PROCEDURES[k % 4] for k in range(len(planned))]
    shortened = pd.DataFrame({"rn": planned, "strategy": names, "sample_rate": 1.0})
    return tables | {"ip_efficiencies_strategies": shortened}


@pytest.fixture(scope="module")
def made(hospital):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(room, "HIGHEST", LOOSE)
        yield synthesise(hospital, seed=3)


def test_tables_are_of_the_layout_with_a_card(made, hospital, tmp_path):
    folder = release_hospital(made, tmp_path / "out", "a hospital of tests", 3, 20)
    assert check_hospital(folder).ok
    card = (folder / "card.md").read_text()
    for words in (
        "a hospital of tests",
        "at least 20",
        "seed 3",
        "| ip | 600 | generated |",
        "Open Government",
    ):
        assert words in card
    assert "| birth_factors | 60 | taken over |" in card
    assert f"mean\nerror {made.demand['error'].mean():.1%}" in card.replace(" mean error", " mean\nerror")
    assert "{" not in card
    assert release_hospital(made, folder, "again", 3, 20) == folder  # its own folder is replaced


def test_rows_are_new_and_as_many_and_totals_are_near(made, hospital):
    assert made.n_train == 300
    for name in ("ip", "op", "aae"):
        assert len(made.tables[name]) == len(hospital[name])
        assert not set(made.tables[name]["rn"]) & set(hospital[name]["rn"])
    day_cases = made.tables["ip"].query("classpat == '2'")
    assert len(day_cases) > 50 and (day_cases["speldur"] == 0).all()
    large = made.demand.query("reference > 100")
    assert len(large) > 8
    assert large["error"].mean() < 0.25
    pd.testing.assert_frame_equal(made.tables["birth_factors"], hospital["birth_factors"])


def test_the_same_seed_gives_the_same_bytes(made, hospital, tmp_path, monkeypatch):
    monkeypatch.setattr(room, "HIGHEST", LOOSE)
    again = synthesise({n: frame.copy() for n, frame in hospital.items()}, seed=3)
    other = synthesise(hospital, seed=4)
    written = [
        read_bytes(release_hospital(m, tmp_path / str(k), "x", 3, 20))
        for k, m in enumerate([made, again, other])
    ]
    assert written[0] == written[1] != written[2]


def test_trees_that_copy_are_refused_and_nothing_is_written(hospital):
    with pytest.raises(NotReleased, match=r"membership_auc may be as high as 0\.[6-9].*larger leaves"):
        synthesise(hospital, seed=3, leaf=1)


def test_whatever_breaks_a_rule_is_refused_with_all_that_is_wrong(made):
    stays = made.tables["ip"].assign(speldur=-1)
    with pytest.raises(NotReleased) as refused:
        room._refuse({**made.tables, "ip": stays}, {"a rule": 7, "another": 0}, made.privacy)
    words = str(refused.value)
    assert "speldur" in words and "7 admissions break the rule 'a rule'" in words and "another" not in words


def test_people_are_kept_apart(hospital, monkeypatch):
    """Two admissions of each person: both are learnt from, or neither."""
    monkeypatch.setattr(room, "HIGHEST", LOOSE)
    seen = {}

    def keep(rows, train, holdout, schema, **words):
        seen.update(train=words["people"][0], holdout=words["people"][1])
        return pd.DataFrame(
            {"measure": ["membership_auc"], "group": "", "value": 0.5, "low": 0.4, "high": 0.6, "n": 1}
        )

    monkeypatch.setattr(room, "judge", keep)
    people = pd.Series([k // 2 for k in range(600)], index=hospital["ip"]["rn"])
    synthesise(hospital, people)
    assert len(seen["train"]) == 300
    assert not set(seen["train"]) & set(seen["holdout"])


def test_a_folder_is_read_and_what_it_lacks_is_named(hospital, tmp_path):
    folder = write_hospital(hospital, tmp_path / "in")
    assert set(read_hospital(folder)) == set(hospital)
    shutil.rmtree(folder / "op")
    with pytest.raises(ValueError, match=r"no Parquet file of op"):
        read_hospital(folder)
    with pytest.raises(ValueError, match=r"The tables op are not there"):
        synthesise({name: frame for name, frame in hospital.items() if name != "op"})


def test_the_command(hospital, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(room, "HIGHEST", LOOSE)
    folder = write_hospital(hospital, tmp_path / "in")
    assert main(["synthesise", str(folder), "--out", str(tmp_path / "out"), "--seed", "3"]) == 0
    assert check_hospital(tmp_path / "out").ok
    assert main(["synthesise", str(folder), "--people", "3000"]) == 2
    assert main(["synthesise", str(tmp_path / "none"), "--out", str(tmp_path / "o")]) == 1
    assert main(["synthesise", str(folder), "--leaf", "0", "--out", str(tmp_path / "o")]) == 1
    assert "at least one row" in capsys.readouterr().err
    assert not (tmp_path / "o").exists()
