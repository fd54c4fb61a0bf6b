"""What holds for every chart: it returns its axes, leaves its input alone, and can be read."""

from __future__ import annotations

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

from analysis_lib import charts
from analysis_lib.charts import theme
from analysis_lib.charts.marks import NothingToDraw
from analysis_lib.charts.style import METADATA
from tests.charts.conftest import AGES

RATES = {"dna_rate": "as counted", "dna_rate_standardised": "same mix"}
INTERVAL = {"low": "low", "high": "high"}
DNA = {"low": "dna_low", "high": "dna_high"}
BOUNDS = ("bound_low", "bound_high")
PER_DAY = {
    "per_day_working": "per working day",
    "per_day_30": "month ÷ 30",
    "per_day_calendar": "per calendar day",
}
LIST = {
    "share_of_list": "of the list",
    "share_of_events": "of those with the outcome",
    "share_of_people": "of all people",
}
MODELS = {"panel": "what", "by": "who", **INTERVAL}

MONTHS = ("month", "n_appointments")
SETTINGS = {**INTERVAL, "joined": False, "n_columns": 2, "bottom": 0, "unit": "count"}

#: A chart each: how it is drawn, its frames and columns, and its options.
CASES = {
    "bars, months": lambda s: (charts.plot_bars, [s.monthly(30), *MONTHS], {}),
    "bars, one month": lambda s: (charts.plot_bars, [s.monthly(1), *MONTHS], {}),
    "bars, months with gaps": lambda s: (charts.plot_bars, [s.monthly(36, drop=(10, 11, 20)), *MONTHS], {}),
    "bars 42": lambda s: (charts.plot_bars, [s.icb_rates(), "icb_name", "n_known"], {}),
    "bars 106": lambda s: (charts.plot_bars, [s.sub_icb_rates(), "sub_icb_name", "n_known"], {}),
    "bars, cost": lambda s: (
        charts.plot_bars,
        [s.cost(), "hcp_group", "cost_gbp"],
        {"unit": "pounds", "beside": "n_dna"},
    ),
    "columns, weekdays": lambda s: (
        charts.plot_bars,
        [s.weekday(), "weekday", "n_per_day"],
        {"upright": True, "highlight": ["Monday"]},
    ),
    "columns, durations": lambda s: (
        charts.plot_bars,
        [s.distribution(), "duration", "share"],
        {"upright": True, "unit": "percent"},
    ),
    "columns, lead times": lambda s: (
        charts.plot_bars,
        [s.distribution("lead_time"), "lead_time", "share"],
        {"upright": True, "unit": "percent"},
    ),
    **{
        f"change, {n} months": lambda s, n=n: (
            charts.plot_bars,
            [s.change(n), "period_to", {"mix": "change of mix", "rate": "change of rates"}],
            {"unit": "points", "what": "Change in DNA rate (percentage points)"},
        )
        for n in (1, 4, 29)
    },
    "waterfall": lambda s: (charts.plot_waterfall, [s.profile(), "label", "contribution"], {}),
    "dots, lead times": lambda s: (
        charts.plot_dots,
        [s.lead_rates(), "lead_time", RATES],
        {**DNA, "reference": 0.047, "reference_label": "England 4.7%"},
    ),
    "dots, modes": lambda s: (
        charts.plot_dots,
        [s.mode_rates(), "mode", RATES],
        {
            **DNA,
            "bounds": BOUNDS,
            "reference": 0.047,
            "reference_label": "England 4.7%",
            "xlabel": "DNA rate",
        },
    ),
    "dots, one row": lambda s: (charts.plot_dots, [s.mode_rates().head(1), "mode", "dna_rate"], DNA),
    "dots 42": lambda s: (
        charts.plot_dots,
        [s.icb_rates(), "icb_name", "dna_rate"],
        {**DNA, "highlight": ["West Yorkshire"]},
    ),
    "dots 106": lambda s: (charts.plot_dots, [s.sub_icb_rates(), "sub_icb_name", "dna_rate"], DNA),
    "dots, ranks": lambda s: (
        charts.plot_dots,
        [s.icb_rates().head(15), "icb_name", {"rank_crude": "as counted", "rank_standardised": "same mix"}],
        {"unit": "count", "sort": False, "xlabel": "Rank (1 = highest rate)"},
    ),
    "dots, planted effects": lambda s: (
        charts.plot_dots,
        [s.truth(), "level", {"estimate": "estimate, 95% interval", "planted": "planted"}],
        {**INTERVAL, "reference": 0, "unit": "ratio", "sort": False, "xlabel": "Effect on missing (logit)"},
    ),
    "dots, travel": lambda s: (
        charts.plot_dots,
        [s.tags()[1].head(15), "hashtag", "retweets_typical"],
        {
            **{"low": "typical_low", "high": "typical_high", "reference": 0.8, "from_zero": True},
            **{"reference_label": "all hashtags: 0.8", "unit": "decimal", "sort": False},
        },
    ),
    "dots, ratios": lambda s: (
        charts.plot_dots,
        [s.ratios(), "service", {"rate_ratio": "age alone", "need": "at equal need"}],
        {**INTERVAL, "reference": 1, "reference_label": "no difference", "unit": "ratio"},
    ),
    "dots, models": lambda s: (
        charts.plot_dots,
        [s.performance(), "who", "auroc"],
        {
            **{"panel": "what", **INTERVAL, "unit": "ratio"},
            **{"highlight": ["Boosted trees"], "xlabel": "AUROC"},
        },
    ),
    "dots, groups": lambda s: (
        charts.plot_dots,
        [s.by_group(), "level", "oe"],
        {
            **{"panel": "group_name", "reference": 1.0, "reference_label": "as many as predicted"},
            **{"xlabel": "Observed ÷ predicted", "unit": "ratio"},
        },
    ),
    "dots, list": lambda s: (
        charts.plot_dots,
        [s.quintiles(), "quintile", LIST],
        {"panel": "who", "from_zero": True, "xlabel": "Share"},
    ),
    "dots, importance": lambda s: (
        charts.plot_dots,
        [s.importance(), "feature", "mean_abs_shap"],
        {**INTERVAL, "unit": "ratio", "from_zero": True},
    ),
    "dots, stability": lambda s: (
        charts.plot_dots,
        [s.stability(), "feature", "rank"],
        {"unit": "count", "xlabel": "Rank (a dot for each random seed)"},
    ),
    "dots, rules": lambda s: (
        charts.plot_dots,
        [s.rules(), "rule", {"lift": "later year", "lift_train": "training year"}],
        {**INTERVAL, "unit": "ratio", "xlabel": "Lift"},
    ),
    "dots, months": lambda s: (
        charts.plot_dots,
        [s.reconciliation(), "comparison", {"agree": "agree", "differ": "differ"}],
        {},
    ),
    "lines, utilisation": lambda s: (
        charts.plot_lines,
        [s.utilisation(36), "month", PER_DAY],
        {
            **{
                "reference": 1_200_000,
                "reference_label": "planning\n1,200,000",
                "bottom": 0,
                "unit": "count",
            },
            **{"ylabel": "Appointments a day"},
        },
    ),
    "lines, one month": lambda s: (
        charts.plot_lines,
        [s.utilisation(1), "month", PER_DAY],
        {"unit": "count", "bottom": 0},
    ),
    "lines, modes": lambda s: (charts.plot_lines, [s.shares("mode", 30), "month", "share"], {"by": "mode"}),
    "lines, lead times": lambda s: (
        charts.plot_lines,
        [s.shares("lead_time", 36), "month", "share"],
        {"by": "lead_time"},
    ),
    "lines, bounds": lambda s: (
        charts.plot_lines,
        [s.band(), "month", {"dna_rate": "of known status", **dict.fromkeys(BOUNDS, "if all had attended")}],
        {"low": "bound_low", "high": "bound_high", "bottom": 0},
    ),
    "lines, forecast": lambda s: (
        charts.plot_lines,
        [s.forecast(), "month", {"per_day_working": "forecast, with its 95% interval"}],
        {"low": "low95", "high": "high95", "unit": "count"},
    ),
    "lines, days": lambda s: (
        charts.plot_lines,
        [s.daily(30), "date", "n_appointments"],
        {
            **{"by": "over", "joined": False, "bottom": 0, "unit": "count"},
            **{"reference": 1_200_000, "reference_label": "planning\n1,200,000"},
        },
    ),
    "lines, concentration": lambda s: (
        charts.plot_lines,
        [s.concentration()[0], "share_people", "share_amount"],
        {"xunit": "percent", "equality": "if all cost the same", "xlabel": "Share of people"},
    ),
    "lines, deciles": lambda s: (
        charts.plot_lines,
        [s.by_setting([str(d) for d in range(1, 11)]), "level", "rate_per_1000"],
        {"panel": "service", **SETTINGS, "xlabel": "Deprivation decile", "ylabel": "Contacts"},
    ),
    "lines, ages": lambda s: (
        charts.plot_lines,
        [s.by_setting(AGES), "level", "rate_per_1000"],
        {"panel": "service", **SETTINGS, "xlabel": "Age in years"},
    ),
    "lines, recovery": lambda s: (
        charts.plot_lines,
        [s.recovered(), "planted", "rate_ratio"],
        {
            **{"by": "interval", "panel": "service", "n_columns": 3, **INTERVAL, "joined": False},
            **{"equality": "planted = estimated", "unit": "ratio", "xunit": "ratio"},
        },
    ),
    "lines, calibration": lambda s: (
        charts.plot_lines,
        [s.calibration(), "mean_risk", "observed"],
        {**MODELS, "joined": False, "equality": "predicted = observed", "xunit": "percent"},
    ),
    "lines, decision": lambda s: (
        charts.plot_lines,
        [s.decision_curve(), "threshold", "net_benefit"],
        {**MODELS, "bottom": -0.01, "xunit": "percent", "xlabel": "Threshold", "ylabel": "Net benefit"},
    ),
    "lines, months after": lambda s: (
        charts.plot_lines,
        [s.by_month(), "month", "auroc"],
        {**MODELS, "unit": "ratio", "xlabel": "Month after the index day", "ylabel": "AUROC"},
    ),
    "lines, dependence": lambda s: (
        charts.plot_lines,
        [s.dependence(), "bin", "mean_shap"],
        {**INTERVAL, "panel": "feature", "joined": False, "reference": 0, "unit": "ratio"},
    ),
    "control": lambda s: (charts.plot_control, [s.xmr(36)], {"better": "low"}),
    "funnel 42": lambda s: (charts.plot_funnel, [*s.funnel(), "icb_name", "n_known"], {}),
    "funnel 106": lambda s: (charts.plot_funnel, [*s.funnel(106), "icb_name", "n_known"], {}),
    "heatmap 12": lambda s: (charts.plot_heatmap, [s.heat(12), "weekday", "month", "n_per_day"], {}),
    "heatmap 36": lambda s: (charts.plot_heatmap, [s.heat(36), "weekday", "month", "n_per_day"], {}),
    "map": lambda s: (charts.plot_map, [s.icb_rates().iloc[:40], s.boundaries(), "dna_rate"], {}),
    "map of a city": lambda s: (
        charts.plot_map,
        [s.msoas(), s.msoa_boundaries(), "oe"],
        {"code": "msoa", "name": "area", "unit": "ratio", "title": "Observed ÷ expected"},
    ),
    "ties": lambda s: (charts.plot_ties, [*s.tags()], {}),
    "note": lambda s: (charts.plot_note, ["This section needs a duration file, which is not here."], {}),
}


@pytest.fixture(params=CASES, ids=str)
def case(request, samples):
    return CASES[request.param](samples)


def draw(case):
    plot, frames, options = case
    return plot(*frames, **options)


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


def test_every_function_is_drawn_here(samples):
    drawn = {make(samples)[0].__name__ for make in CASES.values()}
    assert drawn == {name for name in charts.__all__ if name.startswith("plot_")}


def test_keeps_the_rules_of_the_house(case, caplog):
    plot, frames, options = case
    everything = [f for f in [*frames, *options.values()] if isinstance(f, pd.DataFrame)]
    before = [frame.copy(deep=True) for frame in everything]
    with warnings.catch_warnings(), caplog.at_level(logging.WARNING):
        warnings.simplefilter("error")
        ax = plot(*frames, **options)
        assert_readable(ax.figure)
    assert not caplog.records  # matplotlib logs fonts that it cannot find
    assert isinstance(ax, Axes)
    assert plt.fignum_exists(ax.figure.number)
    for frame, copy in zip(everything, before, strict=True):
        pd.testing.assert_frame_equal(frame, copy)
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
    plot, frames, options = case
    _, ax = plt.subplots(layout="constrained")
    assert plot(*frames, ax=ax, **options) is ax
    assert len(plt.get_fignums()) == 1


@pytest.mark.parametrize("name", ["bars, months", "dots, modes", "map"])
@pytest.mark.parametrize("kind", ["png", "svg"])
def test_the_same_input_gives_the_same_bytes(samples, name, kind):
    def render():
        file = io.BytesIO()
        draw(CASES[name](samples)).figure.savefig(file, format=kind, metadata=METADATA[kind])
        return file.getvalue()

    assert render() == render()


@pytest.mark.parametrize("name", ["bars, months", "lines, utilisation", "control", "heatmap 12"])
def test_a_page_figure_is_light(samples, name):
    file = io.BytesIO()
    draw(CASES[name](samples)).figure.savefig(file, format="png")
    assert len(file.getvalue()) < 150_000


def test_an_absent_column_is_named(samples):
    with pytest.raises(KeyError, match="needs per_day_30"):
        charts.plot_lines(samples.utilisation().drop(columns="per_day_30"), "month", PER_DAY)


#: The columns of which one value at least is to be there, by case.
VALUES = {
    "bars, months": ["n_appointments"],
    "waterfall": ["contribution"],
    "dots, modes": list(RATES),
    "dots, models": ["auroc"],
    "dots, list": list(LIST),
    "dots, stability": ["rank"],
    "lines, deciles": ["rate_per_1000"],
    "lines, calibration": ["observed"],
    "lines, dependence": ["mean_shap"],
    "control": ["value"],
    "funnel 42": ["rate"],
    "heatmap 12": ["n_per_day"],
    "map": ["dna_rate"],
}


@pytest.mark.parametrize("name", VALUES)
@pytest.mark.parametrize("empty", [True, False])
def test_where_there_is_nothing_to_draw_a_note_can_say_so(samples, name, empty):
    plot, (frame, *more), options = CASES[name](samples)
    frame = frame.iloc[:0] if empty else frame.assign(**dict.fromkeys(VALUES[name], np.nan))
    with pytest.raises(NothingToDraw):
        plot(frame, *more, **options)


def test_frames_come_first_and_options_by_name():
    for name in charts.__all__:
        if name.startswith("plot_"):
            parameters = inspect.signature(getattr(charts, name)).parameters
            assert parameters["ax"].kind is inspect.Parameter.KEYWORD_ONLY
            assert parameters["ax"].default is None
