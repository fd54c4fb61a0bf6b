"""Each chart draws exactly the numbers it is given, leaves out what is hidden, and says what they are."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex
from matplotlib.text import Text

from analysis_lib import charts
from analysis_lib.charts import theme
from analysis_lib.charts.marks import NothingToDraw
from tests.charts import samples as f
from tests.charts.test_every_chart import PER_DAY, draw, frames_of


def texts_of(ax):
    return [text.get_text() for text in ax.texts]


def sizes(container):
    return [
        bar.get_width() if container.orientation == "horizontal" else bar.get_height() for bar in container
    ]


def labels_of(axis):
    return [label.get_text() for label in axis.get_ticklabels()]


def marks(one, marker="o"):
    """Every mark of one shape, top to bottom or left to right as drawn."""
    return [xy for line in one.lines if line.get_marker() == marker for xy in line.get_xydata().tolist()]


def panels_of(ax):
    return [one for one in ax.figure.axes if one is not ax]


def key_of(ax):
    legend = ax.get_legend() or ax.figure.legends[0]
    return [text.get_text() for text in legend.get_texts()]


# Bars --------------------------------------------------------------------------------------------


def test_bars_are_ranked_and_labelled():
    frame = pd.DataFrame(
        {"area": ["A", "B", "C"], "n": [1_250_000, 2_345_678, 150_000], "share": [0.3, 0.6, 0.1]}
    )
    ax = charts.plot_bars(frame, "area", "n", beside="share", highlight=["C"])
    assert labels_of(ax.yaxis) == ["B", "A", "C"]
    assert sizes(ax.containers[0]) == [2_345_678, 1_250_000, 150_000]
    assert texts_of(ax) == ["2.35m (60.0%)", "1.25m (30.0%)", "0.15m (10.0%)"]
    assert to_hex(ax.patches[2].get_facecolor()) == theme.ORANGE
    assert ax.get_yticklabels()[2].get_fontweight() == "bold"
    assert ax.get_ylim()[0] > ax.get_ylim()[1]  # the first row is at the top


@pytest.mark.parametrize(
    ("values", "options", "texts"),
    [
        ({"share": [0.9996, 0.0004, 0.0]}, {}, ["9.00m (100.0%)", "4,000 (under 0.1%)", "0 (0.0%)"]),
        (
            {"missed": [6_012_345, 3_000, np.nan]},
            {"unit": "pounds"},
            ["£9.00m (6.01m)", "£4,000 (3,000)", "£0"],
        ),
    ],
)
def test_what_stands_beside_a_value(values, options, texts):
    frame = pd.DataFrame({"area": list("ABC"), "n": [9_000_000, 4_000, 0], **values})
    assert texts_of(charts.plot_bars(frame, "area", "n", beside=next(iter(values)), **options)) == texts


def test_columns_follow_the_categories_and_hatch_unknown():
    frame = f.durations()
    ax = charts.plot_bars(frame.iloc[::-1], "duration", "share", upright=True, unit="percent")
    assert sizes(ax.containers[0]) == list(frame["share"])
    assert labels_of(ax.xaxis)[0] == "1-5\nMinutes"
    assert texts_of(ax)[0] == "14.0%"
    assert [bool(bar.get_hatch()) for bar in ax.patches] == [False] * 6 + [True]


def test_columns_without_an_order_stand_as_given():
    ax = charts.plot_bars(f.weekday(), "weekday", "n_per_day", upright=True)
    assert labels_of(ax.xaxis) == ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
    assert texts_of(ax)[::6] == ["1.31m", "14,000"]


def test_months_are_the_counts_and_both_ends_are_named_above_with_a_line_down():
    counts = [30_405_070, 25_140_776, 27_000_000]
    frame = pd.DataFrame({"month": f.months(3, "2021-11-01"), "n": counts})
    ax = charts.plot_bars(frame, "month", "n")
    assert sizes(ax.containers[0]) == counts
    assert texts_of(ax) == ["highest: Nov 2021, 30.4m", "lowest: Dec 2021, 25.1m"]
    ax.figure.canvas.draw()
    assert all(text.get_window_extent().y0 >= ax.get_window_extent().y1 for text in ax.texts)
    leaders = [line for line in ax.lines if line.get_gid() == "leader"]
    assert [line.get_ydata()[0] for line in leaders] == [30_405_070, 25_140_776]
    for text, line in zip(ax.texts, [line for line in ax.lines if line.get_gid() == "elbow"], strict=True):
        end = ax.transData.transform((line.get_xdata()[1], 0))[0]
        assert text.get_window_extent().x0 - 1 <= end <= text.get_window_extent().x1 + 1


def test_missing_months_are_hatched_once_a_gap():
    ax = charts.plot_bars(f.monthly(12, drop=(2, 3, 7)), "month", "n_appointments")
    assert texts_of(ax)[:2] == ["no data", "no data"]


def test_parts_of_a_change_stack_to_the_total():
    frame = pd.DataFrame({"to": f.months(2), "mix": [0.002, 0.001], "rate": [0.004, -0.004]})
    ax = charts.plot_bars(frame, "to", {"mix": "change of mix", "rate": "change of rates"}, unit="points")
    mix, rate = ax.containers
    assert (sizes(mix), sizes(rate)) == ([0.002, 0.001], [0.004, -0.004])
    assert [bar.get_y() for bar in rate] == [0.002, 0.0]  # same sign: on top; opposite: from zero
    np.testing.assert_allclose(ax.lines[0].get_ydata(), [0.006, -0.003])
    assert texts_of(ax) == ["+0.60", "−0.30"]
    assert rate[0].get_hatch() and not mix[0].get_hatch()
    assert key_of(ax) == ["change of mix", "change of rates", "total"]


def test_the_waterfall_runs_from_the_base_to_the_total():
    ax = charts.plot_waterfall(f.profile(), "label", "contribution")
    ends = [(bar.get_x(), bar.get_x() + bar.get_width()) for bar in ax.patches]
    assert ends[0] == pytest.approx((-3.1, -1.9))
    assert ends[-1][1] == pytest.approx(-1.05)
    assert texts_of(ax)[:3] == ["−3.10", "+1.20", "+0.70"]
    assert [bar.get_hatch() for bar in ax.patches[3:5]] == ["///", ""]


def test_a_waterfall_with_a_hidden_step_is_refused():
    with pytest.raises(NothingToDraw, match="too few people"):
        charts.plot_waterfall(f.profile().replace(0.7, np.nan), "label", "contribution")


# Dots --------------------------------------------------------------------------------------------


def test_dots_draw_values_interval_bounds_and_reference():
    frame = f.rates()
    frame.loc[7, "same_mix"] = frame.loc[6, "rate"] = np.nan
    ax = draw("dots", frame.iloc[::-1])
    assert labels_of(ax.yaxis)[:3] == ["Same Day", "1 Day", "2 to 7 Days"]  # ordered labels keep their order
    first, second, line = ax.lines
    np.testing.assert_array_equal(first.get_xdata(), frame["rate"])
    np.testing.assert_array_equal(second.get_xdata(), frame["same_mix"])
    assert first.get_marker() != second.get_marker()
    assert second.get_markersize() > first.get_markersize() + 3  # a dot inside a diamond: both are seen
    assert list(line.get_xdata()) == [0.047, 0.047]
    intervals = np.array([segment[:, 0] for segment in ax.collections[0].get_segments()])
    np.testing.assert_allclose(intervals, frame[["low", "high"]])
    np.testing.assert_allclose(sizes(ax.containers[0]), frame["bound_high"] - frame["bound_low"])
    assert ax.containers[0][0].get_zorder() < min(first.get_zorder(), second.get_zorder())
    assert ax.get_xlim()[0] == 0
    assert key_of(ax) == ["as counted", "same mix", "range with Unknown", "England 4.7%"]
    written = frame.map(lambda value: f"{value:.1%}" if isinstance(value, float) else value)
    assert texts_of(ax)[0] == f"{written.loc[0, 'rate']} → {written.loc[0, 'same_mix']}"
    assert texts_of(ax)[6:] == [f"– → {written.loc[6, 'same_mix']}", written.loc[7, "rate"]]


def test_the_values_of_a_row_stand_beside_its_name_whatever_the_order_of_categories():
    frame = pd.DataFrame({"area": pd.Categorical(["C", "A", "B"]), "n": [3, 1, 2]})
    ax = charts.plot_dots(frame, "area", "n", unit="count")
    assert labels_of(ax.yaxis) == ["C", "B", "A"]
    assert [x for x, _ in marks(ax)] == [3, 2, 1]
    assert texts_of(ax) == ["3", "2", "1"]


@pytest.mark.parametrize(("name", "value"), [("dots 106", "rate"), ("bars 106", "n_known")])
def test_very_many_rows_name_both_ends_and_the_highlight(name, value):
    frame = frames_of(name)[0].sort_values(value, ascending=False, ignore_index=True)
    mine = frame.loc[50, "group"]
    texts = texts_of(draw(name, frame, highlight=[mine]))
    named = {text.replace("\n", " ").replace("\u00a0", " ") for text in texts}
    expected = [*frame["group"].head(5), *frame["group"].tail(5), mine]
    assert all(any(text.startswith(name) for text in named) for name in expected)
    assert len(named) == 11


def test_rows_in_panels_share_a_scale_and_hidden_ones_say_so():
    ax = draw("dots, panels")
    first, second = panels_of(ax)
    assert [x for x, _ in marks(first)][:4] == pytest.approx(f.performance()["auroc"].head(4), nan_ok=True)
    assert texts_of(first) == ["High cost next year", "0.86", "0.82", "not shown", "0.74"]
    assert first.get_xlim() == second.get_xlim()
    fills = [to_hex(line.get_markerfacecolor()) for line in first.lines if len(line.get_xdata()) == 1]
    assert fills == [theme.ORANGE]
    assert all(any(list(line.get_xdata()) == [0.7, 0.7] for line in one.lines) for one in (first, second))
    assert "(dashed line: good)" in second.get_xlabel()


def test_three_values_of_a_row_are_told_apart_and_not_written():
    ax = draw("dots, list")
    one, part = panels_of(ax)[0], f.quintiles().head(5)
    assert [x for x, _ in marks(one)] == part["list"].tolist()
    assert [x for x, _ in marks(one, "D")] == pytest.approx(part["events"].tolist(), nan_ok=True)
    assert [x for x, _ in marks(one, "|")] == part["people"].tolist()
    assert key_of(ax) == ["of the list", "of those with the outcome", "of all people"]
    assert len(one.texts) == 1  # the panel's name


def test_a_label_of_several_rows_has_all_its_dots_on_one_line():
    frame = f.stability()
    ax = draw("dots, stability")
    assert labels_of(ax.yaxis)[1] == "Age"
    assert sorted(x for x, y in marks(ax) if y == 3) == sorted(
        frame.loc[frame["feature"] == "Deprivation decile", "rank"]
    )
    assert texts_of(ax) == []


def test_months_that_agree_and_that_differ_have_marks_of_their_own():
    frame = f.reconciliation()
    ax = draw("dots, months")
    for row, name in enumerate(frame["comparison"].unique()):
        part = frame[frame["comparison"] == name]
        drawn = {shape: sum(not np.isnan(x) and y == row for x, y in marks(ax, shape)) for shape in "oD"}
        assert drawn == {"o": part["agree"].count(), "D": part["differ"].count()}


# Lines -------------------------------------------------------------------------------------------


def test_lines_are_named_at_their_ends_with_the_last_value():
    frame, ax = f.shares(), draw("lines, modes")
    modes = frame["group"].cat.categories
    for line, mode in zip(ax.lines, modes, strict=False):
        np.testing.assert_array_equal(line.get_ydata(), frame.loc[frame["group"] == mode, "share"])
    assert len({(line.get_linestyle(), line.get_marker()) for line in ax.lines[:5]}) == 5
    last = frame.tail(5).set_index("group")["share"]
    assert [t.replace("\n", " ") for t in texts_of(ax)] == [f"{mode} {last[mode]:.1%}" for mode in modes]


def test_columns_are_lines_and_the_reference_is_named():
    frame, ax = f.utilisation(), draw("lines")
    for line, column in zip(ax.lines, PER_DAY, strict=False):
        np.testing.assert_array_equal(line.get_ydata(), frame[column])
    assert list(ax.lines[3].get_ydata()) == [1_200_000, 1_200_000]
    assert "planning\n1,200,000" in texts_of(ax)
    assert ax.get_ylim()[0] == 0


def test_a_missing_month_breaks_the_line_and_repeated_ones_are_refused():
    frame = f.monthly(6, drop=(2, 3))
    drawn = charts.plot_lines(frame, "month", "n_appointments", unit="count").lines[0].get_ydata()
    assert np.isnan(drawn[2:4]).all()
    assert list(drawn[[0, 1, 4, 5]]) == list(frame["n_appointments"])
    with pytest.raises(ValueError, match="one row per month"):
        charts.plot_lines(pd.concat([frame, frame]), "month", "n_appointments")


def test_more_lines_than_can_be_told_apart_are_refused():
    frame = pd.DataFrame({"month": f.months(1)[0], "category": [f"c{i}" for i in range(9)], "share": 0.1})
    with pytest.raises(ValueError, match="9 lines"):
        charts.plot_lines(frame, "month", "share", by="category")


def test_a_band_lies_between_its_columns():
    frame, ax = f.band(), draw("lines, bounds")
    band = ax.collections[0].get_paths()[0].vertices[:, 1]
    assert (band.min(), band.max()) == (frame["bound_low"].min(), frame["bound_high"].max())
    assert len(ax.collections) == 1


def test_lines_are_added_to_those_that_are_there():
    history, ahead = f.utilisation(30), f.forecast()
    ax = charts.plot_lines(history, "month", "per_day_working")
    draw("lines, forecast", ax=ax)
    for line, frame in zip(ax.lines[:2], (history, ahead), strict=False):
        np.testing.assert_array_equal(line.get_ydata(), frame["per_day_working"])
    band = ax.collections[0].get_paths()[0].vertices[:, 1]
    assert (band.min(), band.max()) == (ahead["low95"].min(), ahead["high95"].max())
    assert ax.lines[0].get_linestyle() != ax.lines[1].get_linestyle()
    assert labels_of(ax.xaxis) == ["Jan\n2020", "Jul", "Jan\n2021", "Jul", "Jan\n2022", "Jul"]
    assert len(ax.texts) == 1


def test_days_are_marks_of_their_own_kind():
    frame, ax = f.daily(), draw("lines, days")
    over = frame["over"] == "days over"
    drawn = {line.get_marker(): list(line.get_ydata()) for line in ax.lines[:2]}
    first = frame["over"].iloc[0] == "days over"
    assert drawn["o"] == list(frame.loc[over if first else ~over, "n_appointments"])
    assert len(drawn["s"]) == (over.sum() if not first else (~over).sum())


def test_lines_in_panels_break_where_a_value_is_hidden():
    one = panels_of(draw("lines, models"))[0]
    assert len(one.lines) == 3
    assert np.isnan(one.lines[0].get_ydata()).tolist() == [False] * 5 + [True] + [False] * 6
    assert len({(line.get_color(), line.get_linestyle(), line.get_marker()) for line in one.lines}) == 3


def test_what_falls_below_the_bottom_is_cut_off():
    assert [one.get_ylim()[0] for one in panels_of(draw("lines, models"))] == [0.6, 0.6]


def test_bins_stand_against_the_line_of_equality_without_hidden_ones():
    frame, ax = f.calibration(), draw("lines, calibration")
    one = panels_of(ax)[0]
    known = frame.head(20).dropna()
    drawn = [xy for xy in marks(one) if not np.isnan(xy).any()]
    assert drawn == known[["risk", "observed"]].to_numpy().tolist()
    (equality,) = [line for line in one.lines if line.get_marker() == "None"]
    assert list(equality.get_xdata()) == list(equality.get_ydata())
    assert one.get_xlim() == one.get_ylim()
    assert key_of(ax) == ["Boosted trees", "Logistic regression", "predicted = observed"]


def test_groups_keep_the_place_of_a_hidden_one_and_write_how_many_people():
    one = panels_of(draw("lines, dependence"))[0]
    labels = labels_of(one.xaxis)
    assert (labels[0], labels[1], labels[4]) == ("0-4\n8k", "5-14\n9k", "35-44\n[c]")
    assert [np.isnan(y) for _, y in marks(one)] == [at == 4 for at in range(10)]


def test_a_panel_of_hidden_values_says_so():
    frame = f.by_setting()
    frame.loc[frame["service"] == "GP", ["rate", "low", "high"]] = np.nan
    assert texts_of(panels_of(draw("lines, ages", frame))[0]) == ["GP", "too few to show"]


# Control charts and funnels ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "unit", "texts"),
    [
        (
            {"mean": 1_390_000.0, "lower": 1_351_000.0, "upper": 1_429_000.0},
            "count",
            ("1.39m", "1.35m", "1.43m"),
        ),
        ({"mean": 0.0451, "lower": 0.0449, "upper": 0.0453}, "percent", ("4.51%", "4.49%", "4.53%")),
        ({}, "percent", ("4.5%", "3.8%", "5.3%")),
    ],
)
def test_limits_have_the_digits_that_tell_them_apart(values, unit, texts):
    drawn = texts_of(charts.plot_control(f.xmr().assign(**values), unit=unit))
    assert drawn == [f"{word} {text}" for word, text in zip(("mean", "lower", "upper"), texts, strict=True)]


@pytest.mark.parametrize(
    ("better", "high", "low"),
    [
        ("low", theme.ORANGE, theme.BLUE),
        ("high", theme.BLUE, theme.ORANGE),
        (None, theme.CHARCOAL, theme.CHARCOAL),
    ],
)
def test_special_causes_have_the_shape_of_their_direction_and_the_colour_of_what_is_better(better, high, low):
    frame = f.xmr()
    ax = charts.plot_control(frame, better=better)
    for line, column in zip(ax.lines, ("value", "mean", "lower", "upper"), strict=False):
        np.testing.assert_array_equal(line.get_ydata(), frame[column])
    drawn = [
        (line.get_marker(), to_hex(line.get_markerfacecolor()), len(line.get_ydata()))
        for line in ax.lines[4:6]
    ]
    assert drawn == [("^", high, 8), ("v", low, 1)]


def test_a_control_chart_without_special_cause_needs_no_key():
    assert charts.plot_control(f.xmr().assign(signal="none", direction="none")).get_legend() is None


def named_in(ax):
    """Every area named in a funnel: at its mark, or by number below."""
    return " ".join(texts_of(ax)).replace("\u00a0", " ").replace("\n", " ")


@pytest.mark.parametrize("n", [42, 106])
def test_a_funnel_draws_limits_and_areas_and_names_all_beyond_the_outer_limits(n):
    frame, curve = f.funnel(n)
    ax = charts.plot_funnel(frame, curve, "area", "n_known", n_label=1)
    for line, column in zip(ax.lines[:4], ("low95", "high95", "low998", "high998"), strict=True):
        np.testing.assert_array_equal(line.get_ydata(), curve[column])
    for line, outlier in zip(ax.lines[5:8], ("none", "95", "99.8"), strict=True):
        np.testing.assert_array_equal(line.get_ydata(), frame.loc[frame["outlier"] == outlier, "rate"])
    assert len({line.get_marker() for line in ax.lines[5:8]}) == 3
    beyond = frame.loc[frame["outlier"] == "99.8", "area"]
    assert len(beyond) >= 2
    assert all(name in named_in(ax) for name in beyond)


def test_a_funnel_names_the_furthest_by_adjusted_z_or_the_highlighted_alone():
    frame, curve = f.funnel()
    frame["outlier"], frame["z_adjusted"] = "none", 0.0
    near = frame.index[(frame["rate"] - 0.047).abs().argsort()[:2]]
    frame.loc[near, ["outlier", "z_adjusted"]] = ["95", -2.9]
    far = (frame["rate"] - 0.047).abs().idxmax()
    frame.loc[far, ["outlier", "z_adjusted"]] = ["95", 2.0]
    named = named_in(charts.plot_funnel(frame, curve, "area", "n_known", n_label=2))
    assert all(name in named for name in frame.loc[near, "area"])
    assert frame.loc[far, "area"] not in named
    ax = charts.plot_funnel(frame, curve, "area", "n_known", highlight=["Dorset"])
    assert [t.get_text() for t in ax.texts if t.get_fontweight() == "bold"] == ["Dorset"]
    assert len(ax.texts) == 6


def test_funnel_names_keep_clear_of_the_limits():
    frame, curve = f.funnel(106)
    ax = charts.plot_funnel(frame, curve, "area", "n_known")
    ax.figure.canvas.draw()
    paths = [line.get_transform().transform_path(line.get_path()) for line in ax.lines[:5]]
    everybody = " ".join(frame["area"])
    names = [t for t in ax.texts if len(t.get_text()) > 8]
    names = [t for t in names if t.get_text().replace("\n", " ").split(" –")[0] in everybody]
    assert names
    for text in names:
        box = Text.get_window_extent(text)
        assert not any(path.intersects_bbox(box, filled=False) for path in paths), text.get_text()


# Heat maps and ties ------------------------------------------------------------------------------


def test_heatmap_cells_and_their_numbers():
    ax = draw("heatmap 12")
    cells = ax.collections[0].get_array().reshape(7, 12)
    assert cells[0, 0] == pytest.approx(1_312_345 * 0.9)
    assert cells[6, 11] == pytest.approx(14_000 * 1.01)
    assert texts_of(ax)[0] == "1.18"
    assert "cells in millions" in ax.collections[0].colorbar.ax.get_ylabel()
    assert texts_of(draw("heatmap 36")) == []  # too many to be read


def test_ties_are_arcs_between_the_rows_of_their_tags():
    tags = pd.DataFrame({"hashtag": ["a", "b", "c"], "theme": [1, 1, 2], "n_messages": [1_200, 30, None]})
    rows = [("a", "b", 40), ("a", "c", 10), ("b", "c", None), ("a", "absent", 99)]
    ties = pd.DataFrame(rows, columns=["tag_a", "tag_b", "n_together"])
    ax = charts.plot_ties(ties, tags)
    arcs = {(arc.center[1], arc.height): arc for arc in ax.patches}
    assert set(arcs) == {(0.5, 1), (1.0, 2)}  # a to b, a to c; a missing count and an absent tag draw nothing
    assert arcs[0.5, 1].get_linewidth() == 4 * arcs[1.0, 2].get_linewidth()
    assert arcs[0.5, 1].get_edgecolor() != arcs[1.0, 2].get_edgecolor()
    assert labels_of(ax.yaxis) == ["#a (1,200)", "#b (30)", "#c (–)"]
    markers = [line.get_marker() for line in ax.lines]
    assert markers[0] == markers[1] != markers[2]
    assert ax.get_xlabel() == "Width: texts with both, 40 at most"
    with pytest.raises(NothingToDraw, match="often enough"):
        charts.plot_ties(ties.iloc[:0], tags)


@pytest.mark.parametrize("panel", [None, "staff"])
def test_the_axis_holds_the_bounds_whole(panel):
    rows = {"mode": ["Telephone", "Video"], "staff": ["GP", "Nurse"], "rate": [0.03, 0.04]}
    rows |= {"least": [0.02, 0.03], "most": [0.3, 0.24]}
    ax = charts.plot_dots(pd.DataFrame(rows), "mode", "rate", panel=panel, bounds=("least", "most"))
    assert all(one.get_xlim()[1] > 0.3 for one in (panels_of(ax) if panel else [ax]))


def test_an_axis_says_what_its_column_is_but_for_months():
    rows = pd.DataFrame({"mode": ["Telephone", "Video"], "dna_rate": [0.03, 0.04]})
    rows["agree"] = pd.to_datetime(["2024-01-01", "2024-02-01"])
    assert charts.plot_dots(rows, "mode", "dna_rate").get_xlabel() == "DNA rate"
    assert charts.plot_dots(rows, "mode", "agree").get_xlabel() == ""


# Shares ------------------------------------------------------------------------------------------


def seen_by_whom(shares=(0.55, 0.42, 0.03, 0.8, 0.2, 0.0)):
    frame = f.cross(level=["few", "many"], seen=["GP", "hospital", "died"])
    return frame.assign(share=shares)


def key_read(ax):
    """The names of the key line by line, as they are read."""
    boxes = [(text.get_text(), text.get_window_extent()) for text in ax.get_legend().get_texts()]
    return [name for name, box in sorted(boxes, key=lambda each: (-round(each[1].y0), each[1].x0))]


def test_shares_are_stacked_in_the_order_of_the_key_and_written_where_they_fit():
    ax = charts.plot_shares(seen_by_whom(), "level", "share", "seen", what="Share of people")
    assert key_of(ax) == ["GP", "hospital", "died"]
    assert labels_of(ax.yaxis) == ["few", "many"]
    assert ax.get_ylim()[0] > ax.get_ylim()[1]  # the first row is at the top
    widths = np.array([sizes(part) for part in ax.containers])
    assert widths == pytest.approx(np.array([[0.55, 0.8], [0.42, 0.2], [0.03, 0.0]]))
    starts = [[bar.get_x() for bar in part] for part in ax.containers]
    assert np.array(starts) == pytest.approx(np.array([[0, 0], [0.55, 0.8], [0.97, 1.0]]))
    assert [to_hex(part[0].get_facecolor()) for part in ax.containers] == [
        to_hex(handle.get_facecolor()) for handle in ax.get_legend().legend_handles
    ]
    assert texts_of(ax) == ["55%", "80%", "42%", "20%"]  # 3% is too narrow for its number, 0% has no bar
    assert ax.get_xlim() == (0, 1)
    assert labels_of(ax.xaxis)[-1] == "100%"
    assert ax.get_xlabel() == "Share of people"


def test_hidden_shares_are_a_hatched_end_and_said_in_the_key():
    hidden = seen_by_whom([0.55, np.nan, np.nan, np.nan, np.nan, np.nan])
    ax = charts.plot_shares(hidden, "level", "share", "seen")
    assert key_read(ax) == ["GP", "hospital", "died", "too few to show"]
    ends = [part[0] for part in ax.containers[3:]]
    assert [(bar.get_x(), bar.get_width()) for bar in ends] == [
        (0.55, pytest.approx(0.45)),
        (0.0, 1.0),
    ]
    assert all(bar.get_hatch() for bar in ends)
    assert texts_of(ax) == ["55%"]


def test_a_part_without_a_row_is_nobody_and_orders_follow_the_categories():
    frame = seen_by_whom().iloc[:-1]
    turned = frame.assign(seen=pd.Categorical(frame["seen"], ["died", "hospital", "GP"], ordered=True))
    ax = charts.plot_shares(turned, "level", "share", "seen")
    assert key_of(ax) == ["died", "hospital", "GP"]
    assert len(ax.containers) == 3  # nothing is hidden


@pytest.mark.parametrize(
    ("frame", "what"),
    [
        (seen_by_whom([0.3, 0.2, 0.1, 0.8, 0.2, 0.0]), "few add up to 0.60"),
        (seen_by_whom([55, 40, 5, 80, 20, 0]), "add up to 100.00"),
        (pd.concat([seen_by_whom()] * 2), "stands twice"),
        (f.cross(level=["few"], seen=list("abcdefghi")).assign(share=1 / 9), "9 parts cannot be told apart"),
    ],
)
def test_what_is_no_share_of_a_whole_is_refused(frame, what):
    with pytest.raises(ValueError, match=what):
        charts.plot_shares(frame, "level", "share", "seen")
