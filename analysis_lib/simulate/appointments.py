"""Simulate a release of the GP appointment files, and a sample of tweets beside it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from analysis_lib.simulate import layout
from analysis_lib.simulate.areas import Area, choose_areas, load_areas
from analysis_lib.simulate.days import Calendar, make_calendar
from analysis_lib.simulate.draw import AreaDraw, draw_area, draw_national
from analysis_lib.simulate.scenario import DEFAULT, Scenario, find_scenario
from analysis_lib.simulate.truth import state_truth
from analysis_lib.simulate.tweets import simulate_tweets

SIMULATOR_VERSION = "2"
MANIFEST = "manifest.json"
TRUTH = "truth.json"
TWEETS = "tweets.csv"
Drawn = list[tuple[Area, AreaDraw]]


def simulate_appointments(
    folder: str | Path,
    seed: int = 1,
    months: int = 36,
    first_month: str = "2022-07",
    areas: None | int | Sequence[str] = None,
    duration_months: int = 14,
    category_months: int = 12,
    n_tweets: int = 5_000,
    scenario: str | Scenario = DEFAULT,
) -> Path:
    """Write a simulated release in the published layout, with its manifest and planted truth.

    Files: ``regional_csv.zip`` (attendance by month, one CSV an ICB), ``actual_duration.csv.zip`` and
    ``national_categories.zip`` (by day, one CSV a region), ``APPOINTMENTS_GP_COVERAGE.csv``,
    ``tweets.csv``, ``truth.json`` and, last of all, ``manifest.json``. Attended = duration and attendance =
    category, exactly, for each sub-ICB location and month that both hold. The same arguments give the same
    bytes; an area's numbers do not depend on which other areas are drawn.

    Parameters
    ----------
    folder : path
        Where to write; made if absent. An earlier simulated release there is replaced.
    seed : int
        Seed of every random stream.
    months : int
        Number of months. The shock starts on the 15th of the fourth month, so 36 leave more than two
        years after it.
    first_month : str
        First month, as YYYY-MM. ICBs began in July 2022.
    areas : None, int or sequence of str
        All 106 sub-ICB locations; so many of them spread over regions and ICBs; or those of these codes.
    duration_months, category_months : int
        How many of the last months the two daily files cover; at most `months`.
    n_tweets : int
        Rows of ``tweets.csv``; 0 writes none.
    scenario : str or Scenario
        "unfavourable" (volumes and missed appointments drift), "favourable", or "null" (areas alike in DNA,
        staff, mode and lead time; all tags retweeted alike).

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    FileExistsError
        If the folder holds files that are not an earlier simulated release.
    ValueError
        If an argument is out of range, or a code or scenario is none.
    """
    kind = find_scenario(scenario)
    calendar = make_calendar(first_month, months)
    chosen = choose_areas(areas, load_areas())
    if duration_months < 1 or category_months < 1:
        raise ValueError("duration_months and category_months must be 1 or more.")
    starts = [max(months - n, 0) for n in (duration_months, category_months)]
    national = draw_national(seed, calendar, kind)
    target = _make_room(Path(folder))
    drawn = [(area, draw_area(seed, area, calendar, national, *starts, kind)) for area in chosen]
    files = [
        _describe(target / name, subject, n) for name, subject, n in _write_files(target, drawn, calendar)
    ]
    truth = state_truth(seed, calendar, national, drawn, kind)
    if n_tweets:
        text, truth["tweets"] = simulate_tweets(n_tweets, seed, kind)
        (target / TWEETS).write_text(text, encoding="utf-8", newline="\n")
        files.append(_describe(target / TWEETS, "tweets", None))
    _write_json(target / TRUTH, truth)
    files.append(_describe(target / TRUTH, "truth", None))
    _write_json(target / MANIFEST, _manifest(seed, kind, calendar, len(chosen), files))
    return target


def _manifest(
    seed: int, scenario: Scenario, calendar: Calendar, n_areas: int, files: list[dict[str, Any]]
) -> dict[str, Any]:
    """Return what the run was and what it wrote."""
    return {
        "simulated": True,
        "simulator_version": SIMULATOR_VERSION,
        "seed": seed,
        "scenario": scenario.name,
        "first_month": f"{calendar.months[0]:%Y-%m}",
        "last_month": f"{calendar.months[-1]:%Y-%m}",
        "n_areas": n_areas,
        "files": files,
    }


def _write_json(path: Path, content: dict[str, Any]) -> None:
    text = json.dumps(content, indent=1, ensure_ascii=False) + "\n"
    path.write_text(text, encoding="utf-8", newline="\n")


def _make_room(folder: Path) -> Path:
    """Return the folder, empty: an earlier simulated release is removed, anything else is refused."""
    folder.mkdir(parents=True, exist_ok=True)
    present = {path.name for path in folder.iterdir()}
    ours: set[str] = set()
    if MANIFEST in present:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        if manifest.get("simulated") is True:
            ours = {MANIFEST, *(entry["name"] for entry in manifest["files"])}
    others = sorted(name for name in present - ours if not name.startswith("."))
    if others:
        raise FileExistsError(
            f"Simulated files are never put among others: the folder {folder.name!r} holds {others[:3]}. "
            "Give an empty or new folder."
        )
    # The manifest goes first: a folder without one is never taken for a whole release.
    for name in sorted(ours & present, key=lambda name: name != MANIFEST):
        (folder / name).unlink()
    return folder


def _describe(path: Path, subject: str, n_appointments: int | None) -> dict[str, Any]:
    """Return a manifest entry."""
    entry: dict[str, Any] = {"name": path.name, "subject": subject}
    if n_appointments is not None:
        entry["n_appointments"] = n_appointments
    return entry | {"sha256": layout.hash_file(path)}


def _slug(name: str) -> str:
    """Return an ICB or region name as part of a file name."""
    short = name.removeprefix("NHS ").removesuffix(" Integrated Care Board").lower()
    return re.sub(r"[^a-z]+", "_", short).strip("_")


def _write_files(folder: Path, drawn: Drawn, calendar: Calendar) -> Iterator[tuple[str, str, int | None]]:
    """Write the four data files; yield name, subject and number of appointments of each."""
    by_icb = _members("regional_csv", drawn, lambda area: area.icb_name)
    by_region = _members("category_csv", drawn, lambda area: area.region_name)
    everything = {"ACTUAL_DURATION_CSV.csv": drawn}
    plan = [
        ("regional_csv.zip", "attendance", by_icb, layout.ATTENDANCE_HEADER, layout.attendance_lines),
        ("actual_duration.csv.zip", "duration", everything, layout.DURATION_HEADER, layout.duration_lines),
        ("national_categories.zip", "category", by_region, layout.CATEGORY_HEADER, layout.category_lines),
    ]
    for name, subject, members, header, lines in plan:
        layout.write_zip(
            folder / name,
            ((member, _text(rows, calendar, header, lines)) for member, rows in members.items()),
        )
        yield name, subject, sum(int(getattr(draw, subject).sum()) for _, draw in drawn)
    name = "APPOINTMENTS_GP_COVERAGE.csv"
    text = "".join(_text(drawn, calendar, layout.COVERAGE_HEADER, layout.coverage_lines))
    (folder / name).write_text(text, encoding="utf-8", newline="\n")
    yield name, "coverage", None


def _members(prefix: str, drawn: Drawn, group: Callable[[Area], str]) -> dict[str, Drawn]:
    """Return the areas of each CSV of a zip, by member name, sorted."""
    members: dict[str, Drawn] = {}
    for area, draw in drawn:
        members.setdefault(f"{prefix}_{_slug(group(area))}.csv", []).append((area, draw))
    return dict(sorted(members.items()))


def _text(
    drawn: Iterable[tuple[Area, AreaDraw]],
    calendar: Calendar,
    header: str,
    lines: Callable[[Area, AreaDraw, Calendar], str],
) -> Iterator[str]:
    """Yield a header and the lines of each area."""
    yield header
    for area, draw in drawn:
        yield lines(area, draw, calendar)
