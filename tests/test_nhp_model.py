"""The job that runs the real model: what it refuses, and what its record says. The model is not run here."""

import importlib.util
import json
import os
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
RECORD = ROOT / "analysis_lib" / "reference" / "nhp_model_run.json"


@pytest.fixture(scope="module")
def job():
    spec = importlib.util.spec_from_file_location("nhp_run", ROOT / "nhp_model" / "run.py")
    module = importlib.util.module_from_spec(spec)
    before = os.environ.get("JAX_PLATFORMS")
    spec.loader.exec_module(module)
    os.environ.pop("JAX_PLATFORMS") if before is None else os.environ.update(JAX_PLATFORMS=before)
    return module


def test_a_hash_is_of_names_and_contents_and_no_installation(job, tmp_path):
    (tmp_path / "a.py").write_text("1")
    first = job.hash_files(tmp_path, ("*.py",))
    (tmp_path / "_version.py").write_text("written by an installation")
    (tmp_path / "note.txt").write_text("no pattern")
    assert job.hash_files(tmp_path, ("*.py",)) == first
    (tmp_path / "a.py").write_text("2")
    assert job.hash_files(tmp_path, ("*.py",)) != first
    (tmp_path / "a.py").rename(tmp_path / "b.py")
    (tmp_path / "b.py").write_text("1")
    assert job.hash_files(tmp_path, ("*.py",)) != first


def test_another_source_is_refused(job, tmp_path):
    with pytest.raises(SystemExit, match=r"does not hold src/nhp/model: .* at commit 0daacc3"):
        job.check_source(tmp_path)
    model = tmp_path / "src" / "nhp" / "model"
    model.mkdir(parents=True)
    (model / "model.py").write_text("changed")
    with pytest.raises(SystemExit, match=r"is not The-Strategy-Unit/nhp_model at commit 0daacc3"):
        job.check_source(tmp_path)


def test_without_a_source_the_job_says_how_to_get_it(job):
    told = subprocess.run(["bash", ".ci/nhp", ""], cwd=ROOT, capture_output=True, text=True, check=False)
    assert told.returncode == 2
    assert f"git clone https://github.com/{job.REPOSITORY}" in told.stderr
    assert job.COMMIT in told.stderr
    assert "Python 3.12 or 3.13" in told.stderr


def test_the_models_environment_is_pinned_with_hashes():
    lock = (ROOT / "requirements-nhp.lock").read_text()
    entries = re.split(r"^(?=[a-z0-9._-]+==)", lock, flags=re.M)[1:]
    assert len(entries) > 40
    assert all("--hash=sha256:" in entry for entry in entries)
    assert not re.search(r"https?://|index-url", lock)


def test_the_record_is_of_this_job_and_says_how_the_run_went(job):
    record = json.loads(RECORD.read_text())
    assert record["commit"] == job.COMMIT and record["iterations"] == job.ITERATIONS
    assert record["tests"]["unit"]["failed"] == 0
    assert record["tests"]["integration, snapshots of these tables"]["failed"] == 0
    baseline = {(a["pod"], a["measure"]): a["baseline"] for a in record["activity"]}
    for measure in ("admissions", "beddays", "attendances", "arrivals"):
        total = sum(value for (_, name), value in baseline.items() if name == measure)
        step = next(s for s in record["steps"] if s["step"] == "baseline" and s["measure"] == measure)
        assert total == pytest.approx(step["value"], abs=1)
        assert total > 0
