"""The list of area reports: a search, a map and a plain list that lead to them."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

import yaml

from analysis_lib.project import REFERENCE, make_readable
from website.areas.errors import AreaError
from website.areas.places import SHORT, Workplace
from website.areas.small_site import LIST_LINKS, lay_out, small_site
from website.render import render_site
from website.render.site import STATIC
from website.scan import scan_site

MARK = "<p>AREA-LIST</p>"
METRES = 1_000  # to one unit of the drawing
PLURAL = {"icb": "Integrated care boards", "sub_icb": "Sub-ICB locations"}
CLASSES = {
    "high": "above the 99.8% limit",
    "high95": "above the 95% limit",
    "none": "within the limits",
    "low95": "below the 95% limit",
    "low": "below the 99.8% limit",
}


def publish_list(place: Workplace, records: Sequence[Mapping[str, Any]], target: Path | None = None) -> None:
    """Write the list of these reports as ``index.html`` of their folder; nothing if there are none.

    Parameters
    ----------
    place : Workplace
        Where area reports are kept.
    records : sequence of mapping
        One for each report: folder, area, name, rate, rank, place, place_class.
    target : Path, optional
        The folder; the published one if not given.

    Raises
    ------
    AreaError
        If the scan finds anything in it.
    """
    if not records:
        return
    target = target or place.published
    variables = yaml.safe_load((place.root / "_variables.yml").read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory(dir=place.folder, prefix="making-") as scratch:
        work = Path(scratch) / "list"
        work.mkdir()
        settings = small_site(place.root, ["index.qmd"], LIST_LINKS)
        lay_out(
            place.root / "report",
            "area/list",
            work,
            settings,
            {"run": variables["run"] | {"commit": variables["report"]["commit"]}},
        )
        made = work / "site"
        render_site(work, made, workers=1, beside=[href for _, href in LIST_LINKS if href.startswith("../")])
        page = made / "index.html"
        text = page.read_text(encoding="utf-8").replace(MARK, list_areas(place.root, records, _known(place)))
        page.write_text(text, encoding="utf-8")
        for name in ("areas.js", "areas.css"):
            shutil.copyfile(STATIC / name, made / "site_libs" / name)
        findings = scan_site(made)
        if findings:
            raise AreaError("\n".join(f"  areas/{f.file}, line {f.line}: {f.kind}" for f in findings[:20]))
        make_readable(made)
        _put_list(made, target, Path(scratch))


def _put_list(made: Path, target: Path, scratch: Path) -> None:
    target.mkdir(parents=True, exist_ok=True)
    libraries = target / "site_libs"
    if libraries.exists():
        libraries.replace(scratch / "old")
    (made / "site_libs").replace(libraries)
    (made / "index.html").replace(target / "index.html")


def _known(place: Workplace) -> dict[str, int]:
    """How many areas of each level the inputs have."""
    path = place.folder / "places.json"
    places = json.loads(path.read_text(encoding="utf-8"))["places"] if path.is_file() else []
    return {level: sum(entry["level"] == level for entry in places) for level in SHORT}


def list_areas(root: Path, records: Sequence[Mapping[str, Any]], known: Mapping[str, int]) -> str:
    """Return the search, maps and lists as HTML; every text from the data is escaped.

    Parameters
    ----------
    root : Path
        The project's, with analysis_lib/reference.
    records, known
        The reports there are, and how many areas the inputs have of each level.
    """
    parts = [
        '<link rel="stylesheet" href="site_libs/areas.css">',
        '<div class="area-find" id="area-find-box" role="search" hidden>'
        '<label for="area-find">Find an area by name, code or region</label>'
        '<input type="search" id="area-find" autocomplete="off" aria-describedby="area-found">'
        '<p id="area-found" role="status"></p></div>',
    ]
    for level, plural in PLURAL.items():
        of_level = [record for record in records if record["area"]["level"] == level]
        if not of_level:
            continue
        count = f"{len(of_level)} of {max(known.get(level, 0), len(of_level))} have a report."
        parts += [
            f'<section aria-labelledby="{level}-list"><h2 id="{level}-list">{plural}</h2><p>{count}</p>',
            '<div class="area-front">',
            draw_map(root, level, of_level),
            _list(of_level),
            "</div></section>",
        ]
    return "\n".join([*parts, '<script src="site_libs/areas.js" defer></script>'])


def _list(records: Sequence[Mapping[str, Any]]) -> str:
    """Areas by region and name, each with its place in words."""
    regions: dict[str, list[str]] = {}
    for record in sorted(records, key=lambda r: (r["area"]["region"] or "~", r["name"], r["area"]["code"])):
        area, address = record["area"], escape(record["folder"])
        find = " ".join([record["name"], area["code"], *area["others"], area["region"]]).casefold()
        known = ["DNA rate not known" if record["rate"] == "Not known" else f"{record['rate']} missed"]
        if record["rank"][:1].isdigit():
            known += [f"rank {record['rank']}", record["place"].lower()]
        about = escape(" · ".join([area["code"], *known]))
        regions.setdefault(area["region"] or "Region not stated", []).append(
            f'<li data-find="{escape(find)}" data-area="{address}">'
            f'<a class="area-link" href="{address}/index.html">{escape(record["name"])}</a> '
            f'<a class="area-deck" href="{address}/slides.html">slides<span class="area-said"> of '
            f'{escape(record["name"])}</span></a><span class="area-about">{about}</span></li>'
        )
    return '<div class="area-list">{}</div>'.format(
        "".join(f"<h3>{escape(name)}</h3><ul>{''.join(rows)}</ul>" for name, rows in regions.items())
    )


def draw_map(root: Path, level: str, records: Sequence[Mapping[str, Any]]) -> str:
    """Return a map of England whose areas lead to their reports; those without one are pale.

    The list beside it says the same in words, so the map is for the mouse: it is hidden from screen readers,
    and no stop for the Tab key.
    """
    source = REFERENCE / f"{level}_boundaries.geojson"
    features = json.loads(source.read_text(encoding="utf-8"))["features"]
    shapes = {f["properties"][f"{level}_code"]: _rings(f["geometry"]) for f in features}
    points = [point for rings in shapes.values() for ring in rings for point in ring]
    left, right = min(x for x, _ in points), max(x for x, _ in points)
    bottom, top = min(y for _, y in points), max(y for _, y in points)
    by_code = {record["area"]["code"]: record for record in records}
    drawn = []
    for code, rings in shapes.items():
        path = "".join(_path(ring, left, top) for ring in rings)
        record = by_code.get(code)
        if record is None:
            drawn.append(f'<path class="area-none-made" d="{path}"/>')
            continue
        said = escape(f"{record['name']}: {record['rate']}, {record['place'].lower()}")
        address = escape(record["folder"])
        drawn.append(
            f'<a href="{address}/index.html" tabindex="-1" data-area="{address}">'
            f'<path class="area-{record["place_class"]}" d="{path}"><title>{said}</title></path></a>'
        )
    size = f"{(right - left) / METRES:.0f} {(top - bottom) / METRES:.0f}"
    key = "".join(f'<li><span class="area-key area-{c}"></span>{t}</li>' for c, t in CLASSES.items())
    return (
        f'<figure class="area-map"><figcaption>DNA rate among areas of its size</figcaption>'
        f'<ul class="area-keys" aria-hidden="true">{key}</ul>'
        f'<svg viewBox="0 0 {size}" aria-hidden="true" focusable="false">{"".join(drawn)}</svg></figure>'
    )


def _rings(geometry: Mapping[str, Any]) -> list[list[list[float]]]:
    polygons = [geometry["coordinates"]] if geometry["type"] == "Polygon" else geometry["coordinates"]
    return [ring for polygon in polygons for ring in polygon]


def _path(ring: Sequence[Sequence[float]], left: float, top: float) -> str:
    """A ring in whole units, each point from the one before it; points that fall together are one."""
    points = list(dict.fromkeys((round((x - left) / METRES), round((top - y) / METRES)) for x, y in ring))
    if len(points) < 3:
        return ""
    steps = "".join(f"{b[0] - a[0]} {b[1] - a[1]} " for a, b in zip(points, points[1:], strict=False))
    return f"M{points[0][0]} {points[0][1]}l{steps.strip()}z"
