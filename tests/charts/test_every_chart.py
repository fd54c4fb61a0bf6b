"""What holds for every chart: it returns its axes, leaves its input alone, and can be read."""

from __future__ import annotations

import inspect
import io
import itertools
import logging
import warnings

import matplotlib as mpl
import matplotlib.pyplot as plt
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.colors import to_hex

from analysis_lib import charts
from analysis_lib.charts import theme
from analysis_lib.charts.style import METADATA
from tests.charts.conftest import AGES

CASES = {
    "monthly": lambda s: (charts.plot_monthly, [s.monthly(30)], {}),
    "monthly one month": lambda s: (charts.plot_monthly, [s.monthly(1)], {}),
    "monthly 36, gaps, line": lambda s: (
        charts.plot_monthly,
        [s.monthly(36, drop=(10, 11, 20))],
        {"kind": "line"},
    ),
    "utilisation": lambda s: (charts.plot_utilisation, [s.utilisation(36)], {}),
    "exceedance": lambda s: (charts.plot_exceedance, [s.daily(30)], {}),
    "weekday": lambda s: (charts.plot_weekday, [s.weekday()], {}),
    "heatmap 12": lambda s: (charts.plot_heatmap, [s.heat(12)], {}),
    "heatmap 36": lambda s: (charts.plot_heatmap, [s.heat(36)], {}),
    "shares, modes": lambda s: (charts.plot_shares, [s.shares("mode", 30)], {"by": "mode"}),
    "shares, lead times": lambda s: (charts.plot_shares, [s.shares("lead_time", 36)], {"by": "lead_time"}),
    "bars 42": lambda s: (charts.plot_bars, [s.icb_rates()], {"label": "icb_name", "value": "n_known"}),
    "bars 106": lambda s: (
        charts.plot_bars,
        [s.sub_icb_rates()],
        {"label": "sub_icb_name", "value": "n_known"},
    ),
    "durations": lambda s: (
        charts.plot_distribution,
        [s.distribution()],
        {"by": "duration", "drop_word": "Minutes"},
    ),
    "lead times": lambda s: (charts.plot_distribution, [s.distribution("lead_time")], {"by": "lead_time"}),
    "cost": lambda s: (charts.plot_cost, [s.cost()], {}),
    "rates, lead time": lambda s: (
        charts.plot_rates,
        [s.lead_rates()],
        {"label": "lead_time", "second": "dna_rate_standardised", "reference": 0.047},
    ),
    "rates, mode": lambda s: (
        charts.plot_rates,
        [s.mode_rates()],
        {
            "label": "mode",
            "bounds": ("bound_low", "bound_high"),
            "second": "dna_rate_standardised",
            "reference": 0.047,
        },
    ),
    "rates 42": lambda s: (
        charts.plot_rates,
        [s.icb_rates()],
        {"label": "icb_name", "reference": 0.047, "highlight": ["West Yorkshire"]},
    ),
    "rates 106": lambda s: (
        charts.plot_rates,
        [s.sub_icb_rates()],
        {"label": "sub_icb_name", "reference": 0.047, "highlight": [s.sub_icb_rates()["sub_icb_name"][40]]},
    ),
    "ranks 42": lambda s: (
        charts.plot_rank_change,
        [s.icb_rates()],
        {"label": "icb_name", "highlight": ["Sussex"]},
    ),
    "xmr": lambda s: (charts.plot_xmr, [s.xmr(36)], {"better": "low", "target": 0.04}),
    "funnel 42": lambda s: (
        charts.plot_funnel,
        [*s.funnel()],
        {"label": "icb_name", "n": "n_known", "size": "z"},
    ),
    "funnel 106": lambda s: (
        charts.plot_funnel,
        [*s.funnel(106)],
        {"label": "icb_name", "n": "n_known", "size": "z"},
    ),
    "change 1": lambda s: (charts.plot_change, [s.change(1)], {}),
    "change 4": lambda s: (charts.plot_change, [s.change(4)], {}),
    "change 29": lambda s: (charts.plot_change, [s.change(29)], {}),
    "forecast": lambda s: (
        charts.plot_forecast,
        [s.forecast()[0], s.forecast()[1]],
        {"naive": s.forecast()[2], "actual": s.forecast()[3]},
    ),
    "band": lambda s: (charts.plot_band, [s.band()], {}),
    "truth": lambda s: (charts.plot_truth, [s.truth()], {}),
    "ties": lambda s: (charts.plot_ties, [*s.tags()], {}),
    "travel": lambda s: (charts.plot_travel, [s.tags()[1].head(15)], {"reference": 0.8}),
    "map": lambda s: (charts.plot_map, [s.icb_rates().iloc[:40], s.boundaries()], {"value": "dna_rate"}),
    "map of a city": lambda s: (
        charts.plot_map,
        [s.msoas(), s.msoa_boundaries()],
        {"value": "oe", "code": "msoa", "name": "area", "unit": "ratio", "title": "Observed ÷ expected"},
    ),
    "panels, deciles": lambda s: (
        charts.plot_panels,
        [s.by_setting([str(d) for d in range(1, 11)])],
        {"panel": "service", "label": "level", "xlabel": "Deprivation decile", "ylabel": "Contacts"},
    ),
    "panels, ages": lambda s: (
        charts.plot_panels,
        [s.by_setting(AGES)],
        {"panel": "service", "label": "level", "xlabel": "Age in years"},
    ),
    "recovery": lambda s: (charts.plot_recovery, [s.recovered()], {"panel": "service"}),
    "concentration": lambda s: (charts.plot_concentration, [*s.concentration()], {}),
    "ratios": lambda s: (
        charts.plot_ratios,
        [s.ratios()],
        {"label": "service", "second": "need", "names": ("age alone", "at equal need")},
    ),
    "stacked, models": lambda s: (
        charts.plot_stacked,
        [s.performance()],
        {
            "panel": "what",
            "label": "who",
            "value": "auroc",
            "highlight": ["Boosted trees"],
            "xlabel": "AUROC",
        },
    ),
    "stacked, groups": lambda s: (
        charts.plot_stacked,
        [s.by_group()],
        {
            "panel": "group_name",
            "label": "level",
            "value": "oe",
            "reference": 1.0,
            "reference_label": "as many as predicted",
            "xlabel": "Observed ÷ predicted",
        },
    ),
    "calibration": lambda s: (charts.plot_calibration, [s.calibration()], {"panel": "what", "series": "who"}),
    "decision curve": lambda s: (
        charts.plot_lines,
        [s.decision_curve()],
        {
            **{"panel": "what", "x": "threshold", "value": "net_benefit", "series": "who", "bottom": -0.01},
            **{"xunit": "percent", "unit": "percent", "xlabel": "Threshold", "ylabel": "Net benefit"},
        },
    ),
    "by month": lambda s: (
        charts.plot_lines,
        [s.by_month()],
        {
            **{"panel": "what", "x": "month", "value": "auroc", "series": "who"},
            **{"xlabel": "Month after the index day", "ylabel": "AUROC"},
        },
    ),
    "list by deprivation": lambda s: (
        charts.plot_list,
        [s.quintiles()],
        {"panel": "who", "label": "quintile"},
    ),
    "importance": lambda s: (charts.plot_importance, [s.importance()], {}),
    "stability": lambda s: (charts.plot_stability, [s.stability()], {}),
    "dependence": lambda s: (charts.plot_dependence, [s.dependence()], {}),
    "rates, planted and found": lambda s: (
        charts.plot_rates,
        [s.shap_truth()],
        {
            **{
                "label": "driver",
                "rate": "planted",
                "low": None,
                "high": None,
                "second": "mean_shap_difference",
            },
            **{"names": ("planted", "found"), "unit": "ratio", "reference": 0.0, "reference_label": "none"},
        },
    ),
    "rates, cohort rules": lambda s: (
        charts.plot_rates,
        [s.rules()],
        {
            **{"label": "rule", "rate": "lift", "low": "low", "high": "high", "second": "lift_train"},
            **{"names": ("later year", "training year"), "unit": "ratio", "xlabel": "Lift"},
        },
    ),
    "waterfall": lambda s: (charts.plot_waterfall, [s.profile()], {}),
    "reconciliation": lambda s: (charts.plot_reconciliation, [s.reconciliation()], {}),
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
    assert drawn == {name for name in charts.__all__ if name.startswith("plot_")} - {"plot_note"}


def test_a_note_stands_in_for_a_chart():
    ax = charts.plot_note("This section needs a duration file, which is not among these inputs.")
    assert " ".join(ax.texts[0].get_text().split()).startswith("This section needs a duration file")
    assert_readable(ax.figure)


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


@pytest.mark.parametrize("name", ["monthly", "rates, mode", "map"])
@pytest.mark.parametrize("kind", ["png", "svg"])
def test_the_same_input_gives_the_same_bytes(samples, name, kind):
    def render():
        file = io.BytesIO()
        draw(CASES[name](samples)).figure.savefig(file, format=kind, metadata=METADATA[kind])
        return file.getvalue()

    assert render() == render()


@pytest.mark.parametrize(
    "name", ["monthly", "utilisation", "xmr", "rates, lead time", "forecast", "heatmap 12"]
)
def test_a_page_figure_is_light(samples, name):
    file = io.BytesIO()
    draw(CASES[name](samples)).figure.savefig(file, format="png")
    assert len(file.getvalue()) < 150_000


def test_an_absent_column_is_named(samples):
    with pytest.raises(KeyError, match="needs per_day_30"):
        charts.plot_utilisation(samples.utilisation().drop(columns="per_day_30"))


def test_an_empty_frame_is_refused(samples):
    with pytest.raises(ValueError, match="nothing to draw"):
        charts.plot_monthly(samples.monthly().iloc[:0])


def test_frames_come_first_and_options_by_name():
    for name in charts.__all__:
        if name.startswith("plot_"):
            parameters = inspect.signature(getattr(charts, name)).parameters
            assert parameters["ax"].kind is inspect.Parameter.KEYWORD_ONLY
            assert parameters["ax"].default is None
