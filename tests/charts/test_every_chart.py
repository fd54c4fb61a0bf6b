"""What holds for every chart: it returns its axes, leaves its input alone, and can be read."""

from __future__ import annotations

import copy
import inspect
import io
import itertools
import logging
import warnings

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.colors import to_hex

from analysis_lib import charts, codes
from analysis_lib.charts import theme
from analysis_lib.charts.marks import NothingToDraw
from analysis_lib.charts.style import METADATA
from tests.charts import samples as f

DOTS, LINES, BARS = charts.plot_dots, charts.plot_lines, charts.plot_bars
INTERVAL = {"low": "low", "high": "high"}
RATES = {"rate": "as counted", "same_mix": "same mix"}
BOUNDS = {**INTERVAL, "bounds": ("bound_low", "bound_high")}
ENGLAND = {"reference": 0.047, "reference_label": "England 4.7%"}
PLAN = {"reference": 1_200_000, "reference_label": "planning\n1,200,000", "unit": "count", "bottom": 0}
BASES = {"working": "per working day", "30": "month ÷ 30", "calendar": "per calendar day"}
PER_DAY = {f"per_day_{basis}": name for basis, name in BASES.items()}
BAND = {"rate": "of known status", "bound_high": "if none attended", "bound_low": "if all attended"}
LIST = {"list": "of the list", "events": "of those with the outcome", "people": "of all people"}
MODELS = {"by": "model", "panel": "outcome", **INTERVAL}
SETTINGS = {**INTERVAL, "panel": "service", "joined": False, "n_columns": 2, "bottom": 0, "unit": "count"}
RATIO = {"unit": "ratio", "xlabel": "What it is, in words"}
PARTS = {"mix": "change of mix", "rate": "change of rates"}

#: A chart each: its function, its frame (and what comes with it), the names of columns, and options.
CASES = {
    "bars, months": (BARS, f.monthly, ["month", "n_appointments"], {}),
    "bars, one month": (BARS, lambda: f.monthly(1), ["month", "n_appointments"], {}),
    "bars, gaps": (BARS, lambda: f.monthly(36, drop=(10, 11, 20)), ["month", "n_appointments"], {}),
    "bars 42": (BARS, f.area_rates, ["group", "n_known"], {}),
    "bars 106": (BARS, lambda: f.area_rates(106), ["group", "n_known"], {}),
    "bars, cost": (BARS, f.cost, ["staff", "cost_gbp"], {"unit": "pounds", "beside": "n_dna"}),
    "columns, weekdays": (
        BARS,
        f.weekday,
        ["weekday", "n_per_day"],
        {"upright": True, "highlight": ["Monday"]},
    ),
    "columns, durations": (BARS, f.durations, ["duration", "share"], {"upright": True, "unit": "percent"}),
    "change, a month": (BARS, lambda: f.change(1), ["to", PARTS], {"unit": "points"}),
    "change, 29 months": (BARS, f.change, ["to", PARTS], {"unit": "points"}),
    "waterfall": (charts.plot_waterfall, f.profile, ["label", "contribution"], {}),
    "dots": (DOTS, f.rates, ["group", RATES], {**BOUNDS, **ENGLAND, "xlabel": "DNA rate"}),
    "dots, one row": (DOTS, lambda: f.rates(["Telephone"]), ["group", "rate"], INTERVAL),
    "dots 42": (DOTS, f.area_rates, ["group", "rate"], {**INTERVAL, "highlight": ["West Yorkshire"]}),
    "dots 106": (DOTS, lambda: f.area_rates(106), ["group", "rate"], INTERVAL),
    "dots, ranks": (
        DOTS,
        f.area_rates,
        ["group", {"rank": "as counted", "rank_same_mix": "same mix"}],
        {"unit": "count"},
    ),
    "dots, ratios": (
        DOTS,
        f.ratios,
        ["service", {"ratio": "age alone", "need": "at equal need"}],
        {**INTERVAL, **RATIO, "reference": 1, "reference_label": "no difference"},
    ),
    "dots, travel": (
        DOTS,
        f.tags,
        ["hashtag", "typical"],
        {**INTERVAL, "from_zero": True, "unit": "decimal", "sort": False},
    ),
    "dots, panels": (
        DOTS,
        f.performance,
        ["model", "auroc"],
        {
            **INTERVAL,
            **RATIO,
            "panel": "outcome",
            "highlight": ["Boosted trees"],
            "reference": 0.7,
            "reference_label": "good",
        },
    ),
    "dots, list": (
        DOTS,
        f.quintiles,
        ["quintile", LIST],
        {"panel": "model", "from_zero": True, "xlabel": "Share"},
    ),
    "dots, stability": (DOTS, f.stability, ["feature", "rank"], {"unit": "count", "xlabel": "Rank"}),
    "dots, months": (DOTS, f.reconciliation, ["comparison", ["agree", "differ"]], {}),
    "lines": (LINES, f.utilisation, ["month", PER_DAY], {**PLAN, "ylabel": "Appointments a day"}),
    "lines, one month": (LINES, lambda: f.utilisation(1), ["month", PER_DAY], PLAN),
    "lines, modes": (LINES, f.shares, ["month", "share"], {"by": "group"}),
    "lines, lead times": (LINES, lambda: f.shares(codes.LEAD_TIMES, 36), ["month", "share"], {"by": "group"}),
    "lines, bounds": (
        LINES,
        f.band,
        ["month", BAND],
        {"low": "bound_low", "high": "bound_high", "bottom": 0},
    ),
    "lines, forecast": (
        LINES,
        f.forecast,
        ["month", {"per_day_working": "forecast"}],
        {"low": "low95", "high": "high95", "unit": "count"},
    ),
    "lines, days": (LINES, f.daily, ["date", "n_appointments"], {**PLAN, "by": "over", "joined": False}),
    "lines, concentration": (
        LINES,
        f.concentration,
        ["share_people", "share_amount"],
        {"xunit": "percent", "equality": "if all cost the same"},
    ),
    "lines, ages": (
        LINES,
        f.by_setting,
        ["level", "rate"],
        {**SETTINGS, "xlabel": "Age", "ylabel": "Contacts"},
    ),
    "lines, deciles": (
        LINES,
        lambda: f.by_setting([str(d) for d in range(1, 11)]),
        ["level", "rate"],
        SETTINGS,
    ),
    "lines, recovery": (
        LINES,
        f.recovered,
        ["planted", "found"],
        {
            **SETTINGS,
            "by": "interval",
            "n_columns": 3,
            "equality": "planted = found",
            "bottom": None,
            "ylabel": "",
        },
    ),
    "lines, calibration": (
        LINES,
        f.calibration,
        ["risk", "observed"],
        {**MODELS, "joined": False, "equality": "predicted = observed", "xunit": "percent"},
    ),
    "lines, models": (
        LINES,
        f.over_months,
        ["month", "auroc"],
        {**MODELS, **RATIO, "bottom": 0.6, "ylabel": "AUROC"},
    ),
    "lines, dependence": (
        LINES,
        f.dependence,
        ["bin", "mean"],
        {**INTERVAL, **RATIO, "panel": "feature", "joined": False, "reference": 0},
    ),
    "control": (charts.plot_control, f.xmr, [], {"better": "low"}),
    "funnel 42": (charts.plot_funnel, f.funnel, ["area", "n_known"], {}),
    "funnel 106": (charts.plot_funnel, lambda: f.funnel(106), ["area", "n_known"], {}),
    "heatmap 12": (charts.plot_heatmap, f.heat, ["weekday", "month", "n_per_day"], {}),
    "heatmap 36": (charts.plot_heatmap, lambda: f.heat(36), ["weekday", "month", "n_per_day"], {}),
    "map": (charts.plot_map, f.england, ["rate"], {"name": "group"}),
    "map of a city": (
        charts.plot_map,
        f.city,
        ["oe"],
        {"code": "msoa", "name": "area", "unit": "ratio", "title": "Observed ÷ expected"},
    ),
    "shares, levels": (
        charts.plot_shares,
        f.level_change,
        ["level", "share", "to"],
        {"what": "Share of people, by steps in the next year"},
    ),
    "shares, routes": (charts.plot_shares, f.routes, ["level", "share", "route"], {}),
    "ties": (charts.plot_ties, f.ties, [], {}),
}


def frames_of(name):
    made = CASES[name][1]()
    return made if isinstance(made, tuple) else (made,)


def draw(name, frame=None, **more):
    """Draw a case, of another frame or with other options where they are given."""
    plot, _, columns, options = CASES[name]
    first, *rest = frames_of(name)
    return plot(first if frame is None else frame, *rest, *columns, **options | more)


@pytest.fixture(params=CASES, ids=str)
def case(request):
    return request.param


def not_drawn(fig):
    """Texts that matplotlib keeps but does not draw: ticks beyond an axis's ends, axes switched off."""
    hidden = set()
    for ax in fig.axes:
        for axis in (ax.xaxis, ax.yaxis):
            low, high = sorted(axis.get_view_interval())
            room = 1e-9 * max(abs(low), abs(high), 1)
            drawn = {id(axis.label), id(axis.offsetText)}
            drawn |= {
                id(t.label1) for t in axis.get_major_ticks() if low - room <= t.get_loc() <= high + room
            }
            every = {id(text) for text in axis.findobj(mpl.text.Text)}
            hidden |= every - drawn if ax.axison else every
    return hidden


def seen(fig):
    """Every text that is drawn, with its box in pixels."""
    fig.canvas.draw()
    hidden = not_drawn(fig)
    texts = [
        t
        for t in fig.findobj(mpl.text.Text)
        if id(t) not in hidden and t.get_visible() and t.get_text().strip()
    ]
    return [(t.get_text(), mpl.text.Text.get_window_extent(t)) for t in texts]


def assert_readable(fig):
    """No text cut by the figure's edge, none on top of another."""
    page = fig.bbox
    boxes = seen(fig)
    cut = [
        text
        for text, box in boxes
        if box.x0 < -1 or box.y0 < -1 or box.x1 > page.x1 + 1 or box.y1 > page.y1 + 1
    ]
    assert not cut, f"cut off: {cut}"
    # A pixel of grace: boxes include the room of letters that hang below the line.
    clash = [
        (a, b)
        for (a, one), (b, two) in itertools.combinations(boxes, 2)
        if min(one.x1, two.x1) - max(one.x0, two.x0) > 1.5 and min(one.y1, two.y1) - max(one.y0, two.y0) > 3.0
    ]
    assert not clash, f"on top of each other: {clash}"


def test_every_function_is_drawn_here():
    drawn = {plot.__name__ for plot, *_ in CASES.values()}
    assert drawn == {name for name in charts.__all__ if name.startswith("plot_")}


def test_keeps_the_rules_of_the_house(case, caplog):
    plot, _, columns, options = CASES[case]
    given = frames_of(case)
    before = copy.deepcopy(given)
    with warnings.catch_warnings(), caplog.at_level(logging.WARNING):
        warnings.simplefilter("error")
        ax = plot(*given, *columns, **options)
        assert_readable(ax.figure)
    assert not caplog.records  # matplotlib logs fonts that it cannot find
    assert isinstance(ax, Axes)
    assert plt.fignum_exists(ax.figure.number)
    for frame, copied in zip(given, before, strict=True):
        if isinstance(frame, pd.DataFrame):
            pd.testing.assert_frame_equal(frame, copied)
    assert_plain(ax)
    assert_orange_is_outlined(ax)


def assert_plain(ax):
    """No title, no gridlines, open at the top."""
    assert ax.get_title() == ""
    assert ax.figure.get_suptitle() == ""
    assert not any(line.get_visible() for line in [*ax.get_xgridlines(), *ax.get_ygridlines()])
    assert not ax.spines["top"].get_visible()


def assert_orange_is_outlined(ax):
    """Orange is a fill with a charcoal outline, never text and never a line."""
    assert all(to_hex(text.get_color()) != theme.ORANGE for text in ax.figure.findobj(mpl.text.Text))
    for line in ax.lines:
        if line.get_linestyle() not in ("None", "none", ""):
            assert to_hex(line.get_color()) != theme.ORANGE
        if line.get_marker() not in ("None", "", None) and to_hex(line.get_markerfacecolor()) == theme.ORANGE:
            assert to_hex(line.get_markeredgecolor()) == theme.CHARCOAL
    for patch in ax.patches:
        if to_hex(patch.get_facecolor()) == theme.ORANGE:
            assert to_hex(patch.get_edgecolor()) == theme.CHARCOAL


def test_is_readable_in_the_widest_font_a_machine_may_fall_back_on(case):
    mpl.rcParams["font.family"] = ["DejaVu Sans"]
    assert_readable(draw(case).figure)


def test_draws_on_the_axes_it_is_given(case):
    _, ax = plt.subplots(layout="constrained")
    assert draw(case, ax=ax) is ax
    assert len(plt.get_fignums()) == 1


@pytest.mark.parametrize("name", ["bars, months", "dots", "map"])
@pytest.mark.parametrize("kind", ["png", "svg"])
def test_the_same_input_gives_the_same_bytes(name, kind):
    def render():
        file = io.BytesIO()
        draw(name).figure.savefig(file, format=kind, metadata=METADATA[kind])
        return file.getvalue()

    assert render() == render()


@pytest.mark.parametrize("name", ["bars, months", "lines", "control", "heatmap 12"])
def test_a_page_figure_is_light(name):
    file = io.BytesIO()
    draw(name).figure.savefig(file, format="png")
    assert len(file.getvalue()) < 150_000


def test_an_absent_column_is_named():
    with pytest.raises(KeyError, match="needs per_day_30"):
        draw("lines", f.utilisation().drop(columns="per_day_30"))


#: The columns of which one value at least is to be there, by case.
VALUES = {
    "bars, months": ["n_appointments"],
    "waterfall": ["contribution"],
    "dots": ["rate", "same_mix"],
    "dots, panels": ["auroc"],
    "dots, list": ["list", "people", "events"],
    "lines, ages": ["rate"],
    "lines, calibration": ["observed"],
    "control": ["value"],
    "funnel 42": ["rate"],
    "heatmap 12": ["n_per_day"],
    "map": ["rate"],
    "shares, routes": ["share"],
}


@pytest.mark.parametrize("name", VALUES)
@pytest.mark.parametrize("empty", [True, False])
def test_where_there_is_nothing_to_draw_a_note_can_say_so(name, empty):
    frame = frames_of(name)[0]
    frame = frame.iloc[:0] if empty else frame.assign(**dict.fromkeys(VALUES[name], np.nan))
    with pytest.raises(NothingToDraw):
        draw(name, frame)


def test_frames_come_first_and_options_by_name():
    for name in charts.__all__:
        if name.startswith("plot_"):
            parameters = inspect.signature(getattr(charts, name)).parameters
            assert parameters["ax"].kind is inspect.Parameter.KEYWORD_ONLY
            assert parameters["ax"].default is None
