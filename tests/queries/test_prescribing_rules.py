"""The rules of prescribing safety, person by person, worked by hand for 1 April 2024."""

from __future__ import annotations

import importlib.util
import shutil

import pandas as pd
import pytest

from analysis_lib.inputs.population import load_population
from analysis_lib.queries import MEDICINES, PINCER, count_by_rule, list_at_risk, to_frame
from tests.population_tables import condition, medicine, person, small_population, write

DAY = "2024-04-01"  # three months before: 1 January; six: 1 October; fifteen: 1 January 2023
IBUPROFEN, NAPROXEN, ALLOPURINOL, PARACETAMOL = "1001010J0", "1001010P0", "1001040C0", "0407010H0"
OMEPRAZOLE, RANITIDINE = "0103050P0", "0103010T0"
WARFARIN, APIXABAN, ENOXAPARIN, TEST_STRIPS = "0208020V0", "0208020Z0", "0208010D0", "0208020W0"
ASPIRIN, CLOPIDOGREL, DIPYRIDAMOLE, TICAGRELOR = "0209000A0", "0209000C0", "0209000L0", "0209000Z0"
PROPRANOLOL, ATENOLOL = "0204000R0", "0204000E0"
RAMIPRIL, LOSARTAN, FUROSEMIDE, CO_AMILOFRUSE = "0205051R0", "0205052N0", "0202020L0", "0202040B0"
METHOTREXATE, METHOTREXATE_INJECTION = "1001030U0", "0801030P0"
LITHIUM, LITHIUM_CITRATE, AMIODARONE = "0402030K0", "0402030P0", "0203020D0"
AT_65, AT_64, AT_75, AT_74, AT_18, AT_17 = "1959-04", "1959-05", "1949-04", "1949-05", "2006-04", "2006-05"
LONG = "2020-01-01"


def case(*medicines, born="1970-01", ill=(), tests=(), flagged="", not_flagged="", **other):
    """Return a person: medicines (code, start, stop), illnesses, tests, and the rules that are about them."""
    expected = dict.fromkeys(flagged.split(), True) | dict.fromkeys(not_flagged.split(), False)
    return born, medicines, ill, tests, expected, other


def ulcer(onset):
    return ("peptic_ulcer", onset)


def both(first, second, day):
    return [(first, day, 70.0), (second, day, 60.0)]


CASES = {
    # A: 65 and over
    "a 65": case((IBUPROFEN, LONG, None), born=AT_65, flagged="A"),
    "a 64": case((IBUPROFEN, LONG, None), born=AT_64),
    "a stopped 3 months ago": case((IBUPROFEN, LONG, "2024-01-01"), born=AT_65, flagged="A"),
    "a stopped before": case((IBUPROFEN, LONG, "2023-12-31"), born=AT_65, not_flagged="A"),
    "a starts that day": case((NAPROXEN, DAY, None), born=AT_65, flagged="A"),
    "a starts a day later": case((NAPROXEN, "2024-04-02", None), born=AT_65, not_flagged="A"),
    "a protected": case((IBUPROFEN, LONG, None), (OMEPRAZOLE, LONG, "2024-01-01"), born=AT_65),
    "a protected by H2": case((IBUPROFEN, LONG, None), (RANITIDINE, LONG, None), born=AT_65),
    "a protected too long ago": case(
        (IBUPROFEN, LONG, None), (OMEPRAZOLE, LONG, "2023-12-31"), born=AT_65, flagged="A"
    ),
    "a gout": case((ALLOPURINOL, LONG, None), born=AT_65, not_flagged="A"),
    "a paracetamol": case((PARACETAMOL, LONG, None), born=AT_65, not_flagged="A"),
    "a no medicine": case(born=AT_65, not_flagged="A"),
    "a born in 1900": case((IBUPROFEN, LONG, None), born="1900-01"),  # nobody is taken for over 120
    "a moved": case((IBUPROFEN, LONG, None), born=AT_65, registered_to="2024-03-01"),
    "a died": case((IBUPROFEN, LONG, None), born=AT_65, death_month="2024-02-01"),
    # B, C: peptic ulcer
    "b ulcer 3 months ago": case(
        (IBUPROFEN, LONG, None), ill=[ulcer("2024-01-01")], flagged="B", not_flagged="C"
    ),
    "b ulcer since": case((IBUPROFEN, LONG, None), ill=[ulcer("2024-01-02")]),
    "b protected": case((IBUPROFEN, LONG, None), (OMEPRAZOLE, LONG, None), ill=[ulcer(LONG)]),
    "b 18": case((IBUPROFEN, LONG, None), born=AT_18, ill=[ulcer(LONG)], flagged="B", not_flagged="C"),
    "b 17": case((IBUPROFEN, LONG, None), born=AT_17, ill=[ulcer(LONG)]),
    "c clopidogrel": case((CLOPIDOGREL, LONG, None), ill=[ulcer(LONG)], flagged="C", not_flagged="B"),
    "c aspirin": case((ASPIRIN, LONG, None), ill=[ulcer(LONG)], flagged="C", not_flagged="B F"),
    "c stopped": case((CLOPIDOGREL, LONG, "2023-12-31"), ill=[ulcer(LONG)], not_flagged="B C"),
    # D: anticoagulant with an NSAID
    "d both": case((WARFARIN, LONG, None), (IBUPROFEN, LONG, None), flagged="D", not_flagged="E"),
    "d protected": case(
        (WARFARIN, LONG, None), (IBUPROFEN, LONG, None), (OMEPRAZOLE, LONG, None), flagged="D"
    ),
    "d alone": case((APIXABAN, LONG, None), not_flagged="D E"),
    "d injected": case((ENOXAPARIN, LONG, None), (IBUPROFEN, LONG, None)),
    "d test strips": case((TEST_STRIPS, LONG, None), (IBUPROFEN, LONG, None)),
    # E: anticoagulant with an antiplatelet; in combination: 28 days apart at most
    "e overlap": case((WARFARIN, LONG, None), (ASPIRIN, LONG, "2024-01-10"), flagged="E", not_flagged="D F"),
    "e 28 days": case(
        (WARFARIN, LONG, "2024-01-10"), (CLOPIDOGREL, "2024-02-07", None), flagged="E", not_flagged="D"
    ),
    "e 29 days": case((WARFARIN, LONG, "2024-01-10"), (CLOPIDOGREL, "2024-02-08", None), not_flagged="D E"),
    "e 28 days, other order": case(
        (WARFARIN, "2024-02-07", None), (CLOPIDOGREL, LONG, "2024-01-10"), flagged="E", not_flagged="D"
    ),
    "e 29 days, other order": case(
        (WARFARIN, "2024-02-08", None), (CLOPIDOGREL, LONG, "2024-01-10"), not_flagged="D E"
    ),
    "e starts a day later": case(
        (WARFARIN, LONG, None), (CLOPIDOGREL, "2024-04-02", None), not_flagged="D E"
    ),
    "e second of two courses": case(
        (WARFARIN, LONG, "2024-01-10"),
        (WARFARIN, "2024-03-01", None),
        (CLOPIDOGREL, "2024-02-20", "2024-02-21"),
        flagged="E",
        not_flagged="D",
    ),
    "e protected": case(
        (WARFARIN, LONG, None), (ASPIRIN, LONG, None), (OMEPRAZOLE, LONG, None), not_flagged="D"
    ),
    "e stopped": case((WARFARIN, LONG, None), (CLOPIDOGREL, LONG, "2023-12-31"), not_flagged="D E"),
    # F: aspirin with another antiplatelet
    "f both": case((ASPIRIN, LONG, None), (TICAGRELOR, LONG, None), flagged="F"),
    "f aspirin alone": case((ASPIRIN, LONG, None), not_flagged="F"),
    "f no aspirin": case((CLOPIDOGREL, LONG, None), (DIPYRIDAMOLE, LONG, None)),
    "f 29 days": case((ASPIRIN, LONG, "2024-01-10"), (CLOPIDOGREL, "2024-02-08", None), not_flagged="F"),
    "f protected": case((ASPIRIN, LONG, None), (TICAGRELOR, LONG, None), (RANITIDINE, LONG, None)),
    # G: asthma
    "g propranolol": case((PROPRANOLOL, LONG, None), ill=[("asthma", LONG)], flagged="G"),
    "g atenolol": case((ATENOLOL, LONG, None), ill=[("asthma", LONG)], not_flagged="G"),
    "g stopped": case((PROPRANOLOL, LONG, "2023-12-31"), ill=[("asthma", LONG)], not_flagged="G"),
    "g new asthma": case((PROPRANOLOL, LONG, None), ill=[("asthma", "2024-01-02")]),
    "g no asthma": case((PROPRANOLOL, LONG, None), ill=[("copd", LONG)]),
    # I: heart failure
    "i both": case((IBUPROFEN, LONG, None), ill=[("heart_failure", LONG)], flagged="I"),
    "i no nsaid": case(ill=[("heart_failure", "2024-01-01")], not_flagged="I"),
    "i new": case((IBUPROFEN, LONG, None), ill=[("heart_failure", "2024-01-02")]),
    # K: the last eGFR of at least three months ago
    "k below": case((IBUPROFEN, LONG, None), tests=[("egfr", "2024-01-01", 44.9)], flagged="K"),
    "k 45": case((IBUPROFEN, LONG, None), tests=[("egfr", "2024-01-01", 45.0)]),
    "k too new": case((IBUPROFEN, LONG, None), tests=[("egfr", "2024-01-02", 30.0)]),
    "k recovered": case(
        (IBUPROFEN, LONG, None), tests=[("egfr", "2020-01-01", 30.0), ("egfr", "2023-12-01", 60.0)]
    ),
    "k fell": case(
        (IBUPROFEN, LONG, None),
        tests=[("egfr", "2023-12-01", 30.0), ("egfr", "2020-01-01", 60.0)],
        flagged="K",
    ),
    "k two on a day": case(
        (IBUPROFEN, LONG, None),
        tests=[("egfr", "2023-12-01", 60.0), ("egfr", "2023-12-01", 40.0)],
        flagged="K",
    ),
    "k last without a value": case(
        (IBUPROFEN, LONG, None),
        tests=[("egfr", "2023-06-01", 40.0), ("egfr", "2023-12-01", None)],
        flagged="K",
    ),
    "k no nsaid": case(tests=[("egfr", "2023-12-01", 40.0)], not_flagged="K"),
    "k other test": case((IBUPROFEN, LONG, None), tests=[("weight", "2023-12-01", 40.0)]),
    # AC: 75 and over
    "ac tested": case(
        (RAMIPRIL, LONG, None),
        born=AT_75,
        tests=[("egfr", "2023-01-01", 60.0), ("potassium", "2023-01-01", 4.0)],
        not_flagged="A AC",
    ),
    "ac tested too long ago": case(
        (RAMIPRIL, LONG, None),
        born=AT_75,
        tests=[("egfr", "2022-12-31", 60.0), ("potassium", "2022-12-31", 4.0)],
        flagged="AC",
        not_flagged="A",
    ),
    "ac one of two tests": case(
        (FUROSEMIDE, LONG, None),
        born=AT_75,
        tests=[("potassium", "2024-01-01", 4.0)],
        flagged="AC",
        not_flagged="A",
    ),
    "ac tested after the day": case(
        (CO_AMILOFRUSE, LONG, None),
        born=AT_75,
        tests=[("egfr", "2024-04-02", 60.0), ("potassium", "2024-04-02", 4.0)],
        flagged="AC",
        not_flagged="A",
    ),
    "ac 74 on a loop diuretic": case((FUROSEMIDE, LONG, None), born=AT_74, not_flagged="A"),
    "ac 74 on an ACE inhibitor": case((RAMIPRIL, LONG, None), born=AT_74, not_flagged="A"),
    "ac 15 months": case((RAMIPRIL, "2023-01-01", None), born=AT_75, flagged="AC", not_flagged="A"),
    "ac not 15 months": case((RAMIPRIL, "2023-01-02", None), born=AT_75, not_flagged="A"),
    "ac within six months": case((RAMIPRIL, LONG, "2023-10-01"), born=AT_75, flagged="AC", not_flagged="A"),
    "ac stopped": case((RAMIPRIL, LONG, "2023-09-30"), born=AT_75, not_flagged="A"),
    "ac from one to the other": case(
        (RAMIPRIL, LONG, "2023-05-31"), (FUROSEMIDE, "2023-06-01", None), born=AT_75, not_flagged="A"
    ),
    "ac losartan": case((LOSARTAN, LONG, None), born=AT_75, not_flagged="A"),
    # ME
    "me tested": case(
        (METHOTREXATE, LONG, None), tests=both("haemoglobin", "alt", "2024-01-01"), not_flagged="ME"
    ),
    "me tested too long ago": case(
        (METHOTREXATE, LONG, None), tests=both("haemoglobin", "alt", "2023-12-31"), flagged="ME"
    ),
    "me no liver test": case(
        (METHOTREXATE, LONG, None), tests=[("haemoglobin", "2024-02-01", 130.0)], flagged="ME"
    ),
    "me no blood count": case((METHOTREXATE, LONG, None), tests=[("alt", "2024-02-01", 30.0)], flagged="ME"),
    "me injection": case((METHOTREXATE_INJECTION, LONG, None), flagged="ME"),
    "me three months": case((METHOTREXATE, "2024-01-01", None), flagged="ME"),
    "me not three months": case((METHOTREXATE, "2024-01-02", None)),
    "me stopped": case((METHOTREXATE, LONG, "2023-12-31")),
    # LI
    "li tested": case((LITHIUM, LONG, None), tests=[("lithium", "2024-01-01", 0.6)], not_flagged="LI"),
    "li tested without a value": case(
        (LITHIUM, LONG, None), tests=[("lithium", "2024-01-01", None)], not_flagged="LI"
    ),
    "li tested too long ago": case(
        (LITHIUM, LONG, None), tests=[("lithium", "2023-12-31", 0.6)], flagged="LI"
    ),
    "li not tested": case((LITHIUM_CITRATE, LONG, None), flagged="LI"),
    "li not three months": case((LITHIUM, "2024-01-02", None)),
    # AM
    "am tested": case((AMIODARONE, LONG, None), tests=[("tsh", "2023-10-01", 2.0)], not_flagged="AM"),
    "am tested too long ago": case(
        (AMIODARONE, LONG, None), tests=[("tsh", "2023-09-30", 2.0)], flagged="AM"
    ),
    "am not tested": case((AMIODARONE, LONG, None), flagged="AM"),
    "am six months": case((AMIODARONE, "2023-10-01", None), flagged="AM"),
    "am not six months": case((AMIODARONE, "2023-10-02", None)),
}


def tables_of(cases):
    """Return the tables of a population of these people."""
    tables = small_population()
    for name in ("person", "medicine", "condition", "measurement"):
        tables[name] = []
    for name, (born, medicines, ill, tests, _, other) in cases.items():
        tables["person"].append(person(name, f"{born}-01", **other))
        tables["condition"] += [condition(name, *each) for each in ill]
        tables["medicine"] += [
            medicine(name, start, stop, code[:4]) | {"bnf_code": code} for code, start, stop in medicines
        ]
        tables["measurement"] += [
            {"person_id": name, "date": date, "measure": measure, "value": value}
            for measure, date, value in tests
        ]
    tables["contact"] = [row | {"person_id": "a 65"} for row in tables["contact"]]
    return tables


def without(*needs, cases=CASES):
    """Return the tables of an extract that lacks chemicals, sections, ulcers, measurements, or a measure."""
    tables = tables_of(cases)
    if "measurement" in needs:
        del tables["measurement"]
    else:
        tables["measurement"] = [row for row in tables["measurement"] if row["measure"] not in needs]
    if "ulcer" in needs:
        tables["condition"] = [row for row in tables["condition"] if row["condition"] != "peptic_ulcer"]
    columns = {"chemical": ["bnf_code"], "section": ["bnf_chapter", "bnf_section"]}
    for column in (c for need in needs for c in columns.get(need, ())):
        for row in tables["medicine"]:
            row[column] = None
    return tables


def counted(folder, tables, day=DAY):
    frame = count_by_rule(load_population(write(folder, tables)), day)
    assert frame["rule"].tolist() == [rule.letter for rule in PINCER]
    return frame.set_index("rule")


@pytest.fixture(scope="module")
def population(tmp_path_factory):
    return load_population(write(tmp_path_factory.mktemp("rules"), tables_of(CASES)))


@pytest.fixture(scope="module")
def found(population):
    frame = to_frame(list_at_risk(population, DAY))
    assert frame["flagged"].dtype == bool
    assert not frame.duplicated(["person_id", "rule"]).any()
    return {
        name: dict(zip(rows["rule"], rows["flagged"], strict=True))
        for name, rows in frame.groupby("person_id")
    }


@pytest.mark.parametrize("name", CASES)
def test_whom_each_rule_is_about_and_flags(found, name):
    assert found.get(name, {}) == CASES[name][4]


def test_every_rule_flags_somebody_and_lets_somebody_be():
    for rule in PINCER:
        said = [expected.get(rule.letter) for *_, expected, _ in CASES.values()]
        assert {True, False, None} <= set(said), rule.letter


def test_counts_are_those_of_the_people(population, found):
    frame = count_by_rule(population, DAY).set_index("rule")
    assert frame["computable"].all()
    assert (frame["reason"] == "").all()
    for rule in PINCER:
        said = [flagged[rule.letter] for flagged in found.values() if rule.letter in flagged]
        assert frame.loc[rule.letter, ["n_at_risk", "n_flagged"]].tolist() == [len(said), sum(said)]
    assert frame.loc["AM", ["n_at_risk", "n_flagged"]].tolist() == [4, 3]
    assert frame.loc["K", ["n_at_risk", "n_flagged"]].tolist() == [5, 4]


def test_needs_are_those_of_the_medicines_and_tests():
    assert {rule.letter: rule.needs for rule in PINCER} == {
        **dict.fromkeys("ADEI", ("section",)),
        **dict.fromkeys("BC", ("section", "ulcer")),
        **dict.fromkeys("FG", ("chemical",)),
        "K": ("section", "measurement"),
        **dict.fromkeys(("AC", "ME", "LI", "AM"), ("chemical", "measurement")),
    }


def test_what_cannot_be_computed_is_missing_and_never_nought(tmp_path):
    frame = counted(tmp_path, without("chemical", "ulcer", "measurement"))
    assert frame.index[frame["computable"]].tolist() == ["A", "D", "E", "I"]
    lacking = frame[~frame["computable"]]
    assert lacking[["n_at_risk", "n_flagged"]].isna().all(axis=None)
    assert lacking["reason"].to_dict() == {
        "B": "not computable: needs the condition peptic_ulcer",
        "C": "not computable: needs the condition peptic_ulcer",
        "F": "not computable: needs chemicals (medicine.bnf_code)",
        "G": "not computable: needs chemicals (medicine.bnf_code)",
        "K": "not computable: needs measurements: egfr",
        "AC": "not computable: needs chemicals (medicine.bnf_code) and measurements: egfr, potassium",
        "ME": "not computable: needs chemicals (medicine.bnf_code) and measurements: haemoglobin, alt",
        "LI": "not computable: needs chemicals (medicine.bnf_code) and measurements: lithium",
        "AM": "not computable: needs chemicals (medicine.bnf_code) and measurements: tsh",
    }


def test_by_section_what_else_was_counted_is_said(tmp_path):
    """Gout counts as an NSAID, heparin as an anticoagulant."""
    population = load_population(write(tmp_path, without("chemical", "measurement")))
    frame = count_by_rule(population, DAY).set_index("rule")
    assert frame.loc["A", "reason"] == (
        "by BNF section, not by chemical; 1001 also holds medicines for gout and rheumatic disease; "
        "0103 also holds other medicines for ulcers"
    )
    assert "0208 also holds injected heparins" in frame.loc["D", "reason"]
    people = to_frame(list_at_risk(population, DAY))
    flagged = set(map(tuple, people.loc[people["flagged"], ["person_id", "rule"]].to_numpy().tolist()))
    assert {("a gout", "A"), ("d injected", "D"), ("c aspirin", "C")} <= flagged
    assert not {("a paracetamol", "A"), ("e 29 days", "E"), ("a 64", "A")} & flagged
    assert set(people["rule"]) == set("ABCDEI")


@pytest.mark.parametrize(
    ("measure", "letters"),
    [("lithium", {"LI"}), ("potassium", {"AC"}), ("egfr", {"AC", "K"}), ("alt", {"ME"})],
)
def test_a_test_that_nobody_has_on_record_was_not_extracted(tmp_path, measure, letters):
    frame = counted(tmp_path, without(measure))
    assert set(frame.index[~frame["computable"]]) == letters
    assert all(
        frame.loc[letter, "reason"] == f"not computable: needs measurements: {measure}" for letter in letters
    )


def test_a_test_on_record_only_since_it_is_looked_for_says_nothing_of_those_without(tmp_path):
    tables = tables_of(CASES)
    tables["measurement"] = [
        row
        for row in tables["measurement"]
        if row["measure"] != "tsh" or row["date"] > "2023-09-30"  # the first is on 1 October
    ]
    assert counted(tmp_path / "one", tables).loc["AM", "computable"]
    for row in tables["measurement"]:
        row["date"] = row["date"].replace("2023-10-01", "2023-10-02")
    frame = counted(tmp_path / "two", tables)
    assert frame.index[~frame["computable"]].tolist() == ["AM"]
    assert frame.loc["AM", "reason"] == "not computable: needs measurements: tsh since 2023-10-01"


def test_without_any_code_nothing_is_computed(tmp_path):
    population = load_population(write(tmp_path, without("chemical", "section")))
    frame = count_by_rule(population, DAY)
    assert not frame["computable"].any()
    assert "needs chemicals or sections (medicine.bnf_code or bnf_section)" in frame.loc[0, "reason"]
    empty = to_frame(list_at_risk(population, DAY))
    assert (len(empty), list(empty)) == (0, ["person_id", "rule", "flagged"])


def test_courses_without_a_code_are_said_to_be_unseen(tmp_path):
    tables = tables_of({"a 65": CASES["a 65"], "g propranolol": CASES["g propranolol"]})
    del tables["measurement"]
    tables["medicine"][0]["bnf_code"] = None
    frame = counted(tmp_path, tables)
    assert frame.loc["A", ["n_at_risk", "n_flagged"]].tolist() == [1, 0]
    assert frame.loc["A", "reason"] == "courses without the code of a chemical are not looked at"
    for row in tables["medicine"]:
        row["bnf_code"] = None
    tables["medicine"][1]["bnf_section"] = None
    frame = counted(tmp_path, tables)
    assert frame.loc["A", ["n_at_risk", "n_flagged"]].tolist() == [1, 1]
    assert frame.loc["A", "reason"].endswith("; courses without a section are not looked at")


def test_the_record_must_reach_back_as_far_as_a_rule_looks(tmp_path):
    tables = tables_of(CASES)
    tables["manifest"] |= {"first_date": "2023-01-02"}
    frame = counted(tmp_path, tables)
    assert frame.loc["AC", "reason"] == "not computable: needs records of 15 months"
    assert frame.loc["AM", "computable"]
    population = load_population(tmp_path)
    with pytest.raises(ValueError, match="Ask for a later day"):
        count_by_rule(population, "2023-04-01")
    with pytest.raises(ValueError, match="Ask for an earlier day"):
        count_by_rule(population, "2025-04-01")
    with pytest.raises(ValueError, match="day"):
        count_by_rule(population, "01/04/2024")


def test_nobody_at_risk_is_nought_where_the_rule_can_be_computed(tmp_path):
    cases = {"a 65": case((IBUPROFEN, LONG, None), born=AT_17, ill=[("asthma", LONG)])}
    tables = tables_of(cases)
    del tables["measurement"]
    frame = counted(tmp_path, tables)
    assert frame.loc["A", ["n_at_risk", "n_flagged"]].tolist() == [0, 0]
    assert frame["n_flagged"].dtype == pd.Int64Dtype()


def test_codes_lie_in_their_sections_and_no_section_is_taken_for_opioids():
    for name, group in MEDICINES.items():
        assert all(len(code) <= 9 and code.isalnum() for code in group.codes), name
        assert not group.section or all(code.startswith(group.section) for code in group.codes), name
        assert group.section != "0407"  # paracetamol is in it
        assert "opioid" not in name


@pytest.mark.slow
@pytest.mark.skipif(
    importlib.util.find_spec("pyspark") is None, reason="pyspark is not installed: extra 'spark'"
)
@pytest.mark.skipif(shutil.which("java") is None, reason="no Java on this machine: Spark needs Java 17")
def test_duckdb_and_spark_flag_the_same_people(tmp_path, population):
    spark = load_population(write(tmp_path, tables_of(CASES)), engine="spark")
    keys = ["person_id", "rule"]
    one, other = (
        to_frame(list_at_risk(p, DAY)).sort_values(keys, ignore_index=True) for p in (population, spark)
    )
    pd.testing.assert_frame_equal(one, other)
    pd.testing.assert_frame_equal(count_by_rule(population, DAY), count_by_rule(spark, DAY))
