"""A folder's admissions: found by header or by layout, never by name, and read whole or not at all."""

import shutil
import zipfile

import pandas as pd
import pytest

from analysis_lib.inputs import AbsentInput, InputError, check_folder, load_admissions
from analysis_lib.inputs.hospital import find_admissions, write_hospital
from tests.models.demand_hospital import make_demand_hospital

LINES = """Patient_ID,Age,Gender,Length of Stay,readmitted,Colour
a,71,F,3,yes,red
a,71,F,0,no,red
b,8,M,1,no,blue
"""


def folder_with(tmp_path, **files):
    for name, text in files.items():
        (tmp_path / name.replace("_csv", ".csv")).write_text(text, encoding="utf-8-sig")
    return tmp_path


def test_a_file_is_known_by_its_columns(tmp_path):
    folder = folder_with(tmp_path, anything_csv=LINES, other_csv="a,b\n1,2\n")
    assert [path.name for path in find_admissions(folder)] == ["anything.csv"]
    found = load_admissions(folder)
    assert (found.source, found.profile, found.tables) == ("admissions of anything.csv", "patient", None)
    assert found.rows["speldur"].tolist() == [3, 0, 1]
    assert found.rows["sex"].tolist() == [2, 2, 1]
    assert found.people.tolist() == [0, 0, 1]
    assert "Colour" not in found.rows and "Patient_ID" not in found.rows


def test_a_zip_is_looked_into(tmp_path):
    with zipfile.ZipFile(tmp_path / "release.zip", "w") as archive:
        archive.writestr("codes.csv", "id,meaning\n1,x\n")
        archive.writestr("rows.csv", LINES)
    assert len(load_admissions(tmp_path).rows) == 3
    (tmp_path / "broken.zip").write_bytes(b"PK\x03\x04 and no more")
    assert [path.name for path in find_admissions(tmp_path)] == ["release.zip"]


def test_two_files_are_a_question(tmp_path):
    folder = folder_with(tmp_path, april_csv=LINES, may_csv=LINES)
    with pytest.raises(InputError, match=r"several files of admissions: april.csv, may.csv.*leave one"):
        load_admissions(folder)


@pytest.mark.parametrize("lacking", ["Age", "Gender", "Length of Stay"])
def test_what_lacks_a_needed_column_is_no_admissions(tmp_path, lacking):
    folder = folder_with(tmp_path, rows_csv=LINES.replace(lacking, "x"))
    assert find_admissions(folder) == []
    with pytest.raises(AbsentInput, match="a row for each"):
        load_admissions(folder).need()


def test_none_where_there_is_no_folder(tmp_path):
    assert load_admissions(tmp_path / "none").rows is None
    assert load_admissions(tmp_path).profile == "published"


def test_the_check_counts_them_and_names_a_bad_line(tmp_path):
    report = check_folder(folder_with(tmp_path, rows_csv=LINES))
    assert report.ok and report.admissions == {"rows": 3, "people": 2}
    assert "3 rows of 2 people" in report.to_text()
    bad = check_folder(folder_with(tmp_path, rows_csv=LINES.replace("b,8,", "b,eight,")))
    assert not bad.ok
    assert [(r.file, r.line, r.column) for r in bad.rejections] == [("rows.csv", 4, "Age")]


def test_the_layout_is_read_whole(tmp_path):
    tables = make_demand_hospital()
    folder = write_hospital(tables, tmp_path / "model", truth={"seed": 1})
    found = load_admissions(folder)
    assert (found.source, found.profile) == ("simulated tables of the demand model", "simulated")
    assert set(found.tables) == set(tables)
    assert len(found.rows) == len(found.tables["ip"]) == len(tables["ip"])
    pd.testing.assert_series_equal(
        found.tables["ip"]["speldur"].sort_values().reset_index(drop=True),
        tables["ip"]["speldur"].sort_values().reset_index(drop=True),
        check_dtype=False,
    )
    (folder / "truth.json").unlink()
    assert load_admissions(folder).profile == "patient"
    shutil.rmtree(folder / "aae")
    with pytest.raises(InputError, match=r"no Parquet file of aae"):
        load_admissions(folder)
