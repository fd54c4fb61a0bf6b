"""One area's report: facts, tables and charts from its own rows, rendered and looked through."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes
from PIL import Image

from analysis_lib import charts, headlines, measures
from analysis_lib.charts.marks import wrap
from analysis_lib.charts.style import METADATA
from analysis_lib.release import Store, merge_facts, open_store
from analysis_lib.tables import show_table
from website.areas.compare import MIXES
from website.areas.errors import AreaError
from website.areas.places import SHORT, WORDS, Area
from website.areas.small_site import AREA_LINKS, lay_out
from website.render import render_site
from website.scan import scan_site

BESIDE = tuple(href for _, href in AREA_LINKS if href.startswith("../"))
NAME_WIDTH = 28  # signs in a line of a key, so that both of its entries have room
TITLES = {
    "funnel": "place on the funnel",
    "xmr": "DNA rate by month",
    "size": "appointments by month",
    "modes": "modes",
    "lead_times": "lead times",
}


@dataclass(frozen=True)
class Job:
    """All that the process of one area is given.

    `tables` are released, and hold no other area's rows but on the funnel; `settings` are those of the
    small site; `run` are the facts of the run (banner, source, provenance), as text.
    """

    area: Area
    profile: str  # which `open_store` asks of a source
    whole: str
    n_areas: int
    tables: dict[str, pd.DataFrame]
    settings: dict[str, Any]
    run: dict[str, str]
    root: Path
    work: Path
    inputs: Path
    workers: int = 1


def make_area(job: Job) -> dict[str, str]:
    """Make the report of one area under ``job.work``: ``site/`` may then be published.

    Returns
    -------
    dict
        What the list of areas says of it: name, rate, rank, place, place_class.

    Raises
    ------
    AreaError
        If the scan finds anything, or a page, chart or fact is not this area's.
    """
    mpl.use("Agg")
    charts.use_style()
    store = open_store("area", job, folder=job.work / "results")
    facts = write_results(job, store)
    lay_out(job.root / "report", "area", job.work, job.settings, {"run": job.run, "area": facts})
    made = job.work / "site"
    render_site(job.work, made, workers=job.workers, beside=BESIDE)
    findings = scan_site(made, job.work / "results", inputs=job.inputs)
    if findings:
        lines = "\n".join(f"  {f.file}, line {f.line}: {f.kind}" for f in findings[:20])
        raise AreaError(f"{job.area.code}: {len(findings)} finding(s) in the built pages:\n{lines}")
    check_area(made, facts, job.area)
    return {name: facts[name] for name in ("name", "rate", "rank", "place", "place_class")}


def write_results(job: Job, store: Store) -> dict[str, str]:
    """Save the area's facts, tables and charts; return the facts as texts."""
    area, whole, tables = job.area, job.whole, job.tables
    peers = f"{SHORT[area.level]}s"
    own = store.save_table("position", tables["rates"]).iloc[0]
    england = tables["england_rates"].iloc[0]
    mixes = {name: _save_mix(store, tables, name, column) for name, column in MIXES.items()}
    months, everyone = (_with_total(tables[name]) for name in ("months", "england_months"))
    months = store.save_table("months", months.drop(columns=f"{area.level}_code"))
    store.save_facts(
        {
            "code": area.code,
            "name": area.name,
            "level": area.level,
            "what": WORDS[area.level][0].upper() + WORDS[area.level][1:],
            "whole": whole,
            "peers": peers,
        }
    )
    store.save_facts(headlines.say_area_rate(own, england, area.name, whole))
    store.save_facts(headlines.say_area_rank(own, job.n_areas, area.name, peers))
    store.save_facts(headlines.say_area_size(months, everyone, area.name, whole))
    phrases = {"modes": "{group}", "lead_times": "The lead time {group}", "staff": "{group}"}
    for name, phrase in phrases.items():
        key = name.removesuffix("s")
        said = headlines.say_area_mix(mixes[name], MIXES[name], key, area.name, whole, phrase)
        store.save_facts(said)
    totals = months["n_appointments"].sum(), everyone["n_appointments"].sum()
    beside = store.save_table("beside", headlines.compare_area(own, england, mixes, totals))
    _write_beside(job, beside)
    _draw_all(job, store, months, mixes)
    return merge_facts(store.folder)[store.name]


def _with_total(months: pd.DataFrame) -> pd.DataFrame:
    return months.assign(n_appointments=months["n_known"] + months["n_unknown"])


def _save_mix(store: Store, tables: Mapping[str, pd.DataFrame], name: str, column: str) -> pd.DataFrame:
    """Release the area's mix of one kind with England's share beside it."""
    england = tables[f"england_{name}"]
    shares = dict(zip(england[column].astype(str), england["share"], strict=True))
    own = tables[name]
    own = own.assign(share_england=own[column].astype(str).map(shares).astype(float))
    return store.save_table(name, own.drop(columns=[c for c in own if c.endswith("icb_code")]))


def _write_beside(job: Job, beside: pd.DataFrame) -> None:
    headings = {"measure": "Figure", "area": job.area.name, "whole": job.whole[0].upper() + job.whole[1:]}
    target = job.work / "tables" / "beside.md"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(show_table(beside, headings).to_markdown() + "\n", encoding="utf-8")


def _draw_all(job: Job, store: Store, months: pd.DataFrame, mixes: Mapping[str, pd.DataFrame]) -> None:
    """Draw every chart, or a note in its place, each with the area's name in it and in the file."""
    name, column = job.area.name, f"{job.area.level}_name"
    funnel = job.tables.get("funnel")
    said = headlines.say_area_place(funnel, column, name, f"{SHORT[job.area.level]}s")
    store.save_facts(said)
    if funnel is None or not (funnel[column].astype(str) == name).any():
        store.save_table("funnel", pd.DataFrame({"note": [said["funnel"]]}))
        _save(job, "funnel", lambda: charts.plot_note(said["funnel"]))
    else:
        funnel = store.save_table("funnel", funnel)
        curve = measures.funnel_curve(funnel, "n_known")
        _save(
            job,
            "funnel",
            lambda: charts.plot_funnel(funnel, curve, column, "n_known", highlight=[name]),
        )
    _draw_xmr(job, store, months.rename(columns={"dna_rate": "value"}), "xmr")
    per_day = measures.rate_per_day(months).rename(columns={"per_day_working": "value"})
    _draw_xmr(job, store, per_day, "size")
    for key, by in (("modes", "mode"), ("lead_times", "lead_time")):
        _save(job, key, _plot_mix(mixes[key], by, name, job.whole))


def _plot_mix(mix: pd.DataFrame, by: str, name: str, whole: str) -> Callable[[], Axes]:
    return lambda: charts.plot_dots(
        mix,
        by,
        {"share": wrap(name, NAME_WIDTH), "share_england": whole},
        between=" · ",
        xlabel="Share of appointments",
    )


def _draw_xmr(job: Job, store: Store, values: pd.DataFrame, key: str) -> None:
    """Draw an XmR chart and say what it shows; a note where there are too few months."""
    what, unit, better, table = {
        "xmr": ("DNA rate", "rate", "low", "xmr_dna"),
        "size": ("Appointments per working day", "scaled", None, "xmr_appointments"),
    }[key]
    name = job.area.name
    try:
        chart = measures.xmr_limits(values[["month", "value"]])
    except measures.TooFewPoints:
        n = int(values["value"].notna().sum())
        note = f"{what}, {name}: {n} months with a value are too few for an XmR chart, which needs 12"
        none = "There is no chart of the usual movement"
        store.save_facts({key: note, f"{key}_last": none, f"{key}_icons": "Variation: not known"})
        _save(job, key, lambda: charts.plot_note(note))
        return
    chart = store.save_table(table, chart)
    subject = (
        f"The DNA rate of {name}" if key == "xmr" else f"The number of appointments per working day in {name}"
    )
    said = headlines.say_xmr(chart, key, subject, unit)
    icons = (
        measures.variation_icon(chart, higher_is_better=False if better else None),
        measures.assurance_icon(chart, target=None),
    )
    store.save_facts(said | headlines.say_icons(*icons, key))
    shown = "percent" if unit == "rate" else "count"
    _save(job, key, lambda: charts.plot_control(chart, better=better, unit=shown, ylabel=f"{what}, {name}"))


def _save(job: Job, key: str, draw: Callable[[], Axes]) -> None:
    figure = draw().figure
    target = job.work / "figures" / f"{key}.png"
    target.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(target, metadata={**METADATA["png"], "Title": chart_title(job.area, key)})
    plt.close(figure)


def chart_title(area: Area, key: str) -> str:
    """Return the title that the file of an area's chart carries."""
    return f"{area.name} ({area.code}): {TITLES[key]}"


def check_area(made: Path, facts: Mapping[str, str], area: Area) -> None:
    """Hold facts, charts, page and deck against the area that they are meant to be of.

    Raises
    ------
    AreaError
        Naming the first that is another's.
    """
    if (facts["code"], facts["name"]) != (area.code, area.name):
        raise AreaError(f"{area.code}: the facts are of {facts['code']}.")
    for key in TITLES:
        with Image.open(made / "figures" / f"{key}.png") as picture:
            title = picture.info.get("Title")
        if title != chart_title(area, key):
            raise AreaError(f"{area.code}: figures/{key}.png is not this area's chart.")
    for page in ("index.html", "slides.html"):
        if escape(area.code) not in (made / page).read_text(encoding="utf-8"):
            raise AreaError(f"{area.code}: {page} does not name the area's code.")
