"""What `write_hospital` writes: whole or not at all, typed, and the same bytes whatever the order of rows."""

import hashlib

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from analysis_lib.inputs import InputError
from analysis_lib.inputs.hospital import check_hospital, folder_of, write_hospital
from analysis_lib.inputs.hospital.layout import TABLES
from tests.inputs.hospital.hospital_tables import make_hospital


def digests(folder):
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*.parquet"))
    }


def test_it_lies_where_the_model_looks_and_passes(tmp_path):
    written = write_hospital(make_hospital(), tmp_path / "new" / "hospital")
    assert set(digests(written)) == {f"{name}/fyear=2023/dataset=synthetic/0.parquet" for name in TABLES}
    assert check_hospital(written).ok
    assert [path.name for path in written.parent.iterdir()] == ["hospital"]


def test_rows_come_back_sorted_and_typed(tmp_path):
    tables = make_hospital()
    tables["op"] = tables["op"].iloc[::-1]
    written = write_hospital(tables, tmp_path / "h")
    back = pd.read_parquet(folder_of(written, "op"))
    assert back["rn"].tolist() == ["o1", "o2", "o3"]
    assert back["attendances"].tolist() == [4, 5, 6]
    schema = pq.read_schema(folder_of(written, "ip") / "0.parquet")
    kinds = {
        name: str(schema.field(name).type) for name in ("rn", "sex", "speldur", "is_wla", "imd_quintile")
    }
    assert kinds == {
        "rn": "string",
        "sex": "int32",
        "speldur": "int32",
        "is_wla": "bool",
        "imd_quintile": "int32",
    }
    factors = pq.read_schema(folder_of(written, "demographic_factors") / "0.parquet")
    assert factors.names == ["variant", "sex", "age", "2023", "2024", "2025"]
    strategies = pq.read_schema(folder_of(written, "ip_efficiencies_strategies") / "0.parquet")
    assert strategies.names == ["rn", "strategy", "sample_rate"]
    assert pd.read_parquet(folder_of(written, "ip"))["imd_quintile"].isna().sum() == 1


def test_shuffled_rows_and_columns_give_the_same_bytes(tmp_path):
    tables = make_hospital()
    rng = np.random.default_rng(3)
    shuffled = {
        name: frame.sample(frac=1, random_state=rng)[rng.permutation(frame.columns)]
        for name, frame in reversed(tables.items())
    }
    assert not shuffled["ip"]["rn"].equals(tables["ip"]["rn"])
    first = digests(write_hospital(tables, tmp_path / "a"))
    assert len(first) == len(TABLES)
    assert digests(write_hospital(shuffled, tmp_path / "b")) == first
    assert digests(write_hospital(tables, tmp_path / "a")) == first


def test_types_of_the_frame_do_not_show_in_the_bytes(tmp_path):
    tables = make_hospital()
    first = digests(write_hospital(tables, tmp_path / "a"))
    tables["ip"] = tables["ip"].astype({"age": "Int64", "speldur": "float64", "classpat": "category"})
    tables["op"] = tables["op"].assign(rn=pd.Categorical(tables["op"]["rn"], ["o3", "o2", "o1"]))
    tables["aae"] = tables["aae"].set_axis([5, 5])  # one index twice, as frames that were put together have
    assert digests(write_hospital(tables, tmp_path / "b")) == first


def test_derived_columns_are_computed_and_others_left_out(tmp_path):
    tables = make_hospital()
    first = digests(write_hospital(tables, tmp_path / "a"))
    tables["ip"] = tables["ip"].drop(columns=["hsagrp", "pod"]).assign(age_group="5-9", person_id="p1")
    written = write_hospital(tables, tmp_path / "b")
    assert digests(written) == first
    assert "person_id" not in pd.read_parquet(folder_of(written, "ip"))


def test_a_faulty_hospital_is_not_written(tmp_path):
    tables = make_hospital()
    tables["ip"] = tables["ip"].assign(speldur=-1)
    tables["op"] = tables["op"].drop(columns="tretspef")
    tables["aae"] = tables["aae"].assign(age=["x", "y"])
    del tables["inequalities"]
    with pytest.raises(InputError) as refused:
        write_hospital(tables, tmp_path / "h")
    places = [(r.file, r.column) for r in refused.value.rejections]
    assert places == [("inequalities", None), ("ip", "speldur"), ("op", "tretspef"), ("aae", "age")]
    assert list(tmp_path.iterdir()) == []


def test_a_failure_leaves_the_earlier_hospital(tmp_path, monkeypatch):
    earlier = digests(write_hospital(make_hospital(), tmp_path / "h"))
    done = []

    def fail(self, *_, **__):
        done.append(self)
        if len(done) == 4:
            raise OSError("disk full")

    monkeypatch.setattr(pq.ParquetWriter, "write_table", fail)
    with pytest.raises(OSError, match="disk full"):
        write_hospital(make_hospital(), tmp_path / "h")
    assert digests(tmp_path / "h") == earlier
    assert [path.name for path in tmp_path.iterdir()] == ["h"]


def test_other_files_are_not_touched(tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(FileExistsError, match=r"mine\.txt"):
        write_hospital(make_hospital(), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
