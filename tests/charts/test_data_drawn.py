"""Each chart draws exactly the numbers it is given, and says what they are."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex
from matplotlib.text import Text

from analysis_lib import charts
from analysis_lib.charts import theme
from analysis_lib.charts.marks import NothingToDraw


def texts_of(ax):
    return [text.get_text() for text in ax.texts]


def heights(container):
    return [bar.get_height() for bar in container]


def widths(container):
    return [bar.get_width() for bar in container]


def labels_of(axis):
    return [label.get_text() for label in axis.get_ticklabels()]


def test_monthly_bars_are_the_counts_and_both_ends_are_named(samples):
    frame = pd.DataFrame(
        {"month": samples.months(3, "2021-11-01"), "n_appointments": [30_405_070, 25_140_776, 27_000_000]}
    )
    ax = charts.plot_monthly(frame)
    assert heights(ax.containers[0]) == [30_405_070, 25_140_776, 27_000_000]
    assert texts_of(ax) == ["highest: Nov 2021, 30.4m", "lowest: Dec 2021, 25.1m"]
    assert ax.get_ylim()[0] == 0


def test_monthly_extremes_are_named_above_the_axes_with_a_line_down(samples):
    frame = samples.monthly(30)
    ax = charts.plot_monthly(frame)
    ax.figure.canvas.draw()
    top = ax.get_window_extent().y1
    assert all(text.get_window_extent().y0 >= top for text in ax.texts)
    leaders = [line for line in ax.lines if line.get_gid() == "leader"]
    elbows = [line for line in ax.lines if line.get_gid() == "elbow"]
    ends = [frame["n_appointments"].max(), frame["n_appointments"].min()]
    assert [line.get_ydata()[0] for line in leaders] == ends
    for text, line in zip(ax.texts, elbows, strict=True):
        box = text.get_window_extent()
        end = ax.transData.transform((line.get_xdata()[1], 0))[0]
        assert box.x0 - 1 <= end <= box.x1 + 1


def test_monthly_counts_below_a_million_have_separators(samples):
    frame = pd.DataFrame({"month": samples.months(2), "n_appointments": [123_456, 98_765]})
    assert texts_of(charts.plot_monthly(frame)) == ["highest: Jan 2020, 123,456", "lowest: Feb 2020, 98,765"]


def test_a_missing_month_breaks_the_line_and_is_said(samples):
    frame = samples.monthly(6, drop=(2, 3))
    ax = charts.plot_monthly(frame, kind="line", label_extremes=False)
    drawn = ax.lines[0].get_ydata()
    assert np.isnan(drawn[2:4]).all()
    assert list(drawn[[0, 1, 4, 5]]) == list(frame["n_appointments"])
    assert texts_of(ax) == ["no data"]


def test_repeated_months_are_refused(samples):
    frame = pd.concat([samples.monthly(3), samples.monthly(3)])
    with pytest.raises(ValueError, match="one row per month"):
        charts.plot_monthly(frame, kind="line")


def test_utilisation_draws_three_bases_and_the_planning_line(samples):
    frame = samples.utilisation(12)
    ax = charts.plot_utilisation(frame)
    bases = ["per_day_working", "per_day_30", "per_day_calendar"]
    for line, column in zip(ax.lines, bases, strict=False):
        np.testing.assert_array_equal(line.get_ydata(), frame[column])
    assert list(ax.lines[3].get_ydata()) == [1_200_000, 1_200_000]
    # December has 31 days, so the two ends are 3% apart, which is less than a label's height.
    joined = "month ÷ 30 and\nper calendar day"
    assert {"per working\nday", joined, "planning\n1,200,000"} == set(texts_of(ax))
    looks = [(line.get_linestyle(), line.get_marker()) for line in ax.lines[:3]]
    assert len(set(looks)) == 3
    assert "1,000,000" in labels_of(ax.yaxis)


def test_utilisation_names_lines_apart_where_their_ends_are(samples):
    frame = samples.utilisation(12)
    frame["per_day_calendar"] *= 0.8
    texts = set(texts_of(charts.plot_utilisation(frame)))
    assert {"per working\nday", "month ÷ 30", "per calendar\nday"} <= texts


def test_exceedance_separates_days_over_from_the_rest():
    days = pd.DataFrame(
        {
            "date": pd.date_range("2022-03-01", periods=4),
            "n_appointments": [1_200_000, 1_200_001, 900_000, 1_500_000],
        }
    )
    ax = charts.plot_exceedance(days)
    others, over = ax.lines[0], ax.lines[1]
    assert list(others.get_ydata()) == [1_200_000, 900_000]  # a day at the figure is not over it
    assert list(over.get_ydata()) == [1_200_001, 1_500_000]
    assert others.get_marker() != over.get_marker()


def test_weekdays_start_on_monday_whatever_the_order(samples):
    ax = charts.plot_weekday(samples.weekday().iloc[::-1])
    assert labels_of(ax.xaxis) == ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
    assert heights(ax.containers[0]) == list(samples.weekday()["n_per_day"])
    assert texts_of(ax)[0] == "1.31m"
    assert texts_of(ax)[6] == "14,000"


def test_heatmap_cells_and_their_numbers(samples):
    ax = charts.plot_heatmap(samples.heat(12).iloc[::-1])
    cells = ax.collections[0].get_array().reshape(7, 12)
    assert cells[0, 0] == pytest.approx(1_312_345 * 0.9)
    assert cells[6, 11] == pytest.approx(14_000 * 1.01)
    assert texts_of(ax)[0] == "1.18"
    assert "cells in millions" in ax.collections[0].colorbar.ax.get_ylabel()


def test_heatmap_of_many_months_has_no_numbers(samples):
    assert texts_of(charts.plot_heatmap(samples.heat(14))) == []


def test_shares_are_lines_named_at_their_ends(samples):
    frame = samples.shares("mode", 24)
    ax = charts.plot_shares(frame, by="mode")
    for line, mode in zip(ax.lines, frame["mode"].cat.categories, strict=False):
        np.testing.assert_array_equal(line.get_ydata(), frame.loc[frame["mode"] == mode, "share"])
    looks = {(line.get_linestyle(), line.get_marker()) for line in ax.lines[:5]}
    assert len(looks) == 5
    assert all(
        any(text.replace("\n", " ").startswith(mode) for text in texts_of(ax))
        for mode in frame["mode"].cat.categories
    )


def test_more_lines_than_can_be_told_apart_are_refused(samples):
    frame = pd.DataFrame(
        {"month": samples.months(1)[0], "category": [f"c{i}" for i in range(9)], "share": 0.1}
    )
    with pytest.raises(ValueError, match="9 lines"):
        charts.plot_shares(frame, by="category")


def test_bars_are_ranked_and_labelled():
    frame = pd.DataFrame(
        {"area": ["A", "B", "C"], "n": [1_250_000, 2_345_678, 150_000], "share": [0.3, 0.6, 0.1]}
    )
    ax = charts.plot_bars(frame, label="area", value="n", share="share", highlight=["C"])
    assert labels_of(ax.yaxis) == ["B", "A", "C"]
    assert widths(ax.containers[0]) == [2_345_678, 1_250_000, 150_000]
    assert texts_of(ax) == ["2.35m (60.0%)", "1.25m (30.0%)", "0.15m (10.0%)"]
    assert to_hex(ax.patches[2].get_facecolor()) == theme.ORANGE
    assert ax.get_yticklabels()[2].get_fontweight() == "bold"
    assert ax.get_ylim()[0] > ax.get_ylim()[1]  # the first row is at the top


def test_bars_write_a_tiny_share_as_under_a_tenth():
    frame = pd.DataFrame({"area": list("ABC"), "n": [9_000_000, 4_000, 0], "share": [0.9996, 0.0004, 0.0]})
    ax = charts.plot_bars(frame, label="area", value="n", share="share")
    assert texts_of(ax) == ["9.0m (100.0%)", "4,000 (under 0.1%)", "0 (0.0%)"]


def test_bars_top_keeps_the_first_rows_only(samples):
    ax = charts.plot_bars(samples.icb_rates(), label="icb_name", value="n_known", top=10)
    assert widths(ax.containers[0]) == sorted(samples.icb_rates()["n_known"], reverse=True)[:10]


def test_ordered_labels_keep_their_order(samples):
    ax = charts.plot_rates(samples.lead_rates().iloc[::-1], label="lead_time")
    assert labels_of(ax.yaxis)[:3] == ["Same Day", "1 Day", "2 to 7 Days"]


def test_distribution_follows_the_categories_and_hatches_unknown(samples):
    frame = samples.distribution()
    ax = charts.plot_distribution(frame.iloc[::-1], by="duration", drop_word="Minutes")
    assert heights(ax.containers[0]) == list(frame["share"])
    assert labels_of(ax.xaxis) == ["1-5", "6-10", "11-15", "16-20", "21-30", "31-60", "Unknown"]
    assert texts_of(ax)[0] == "14.0%"
    assert [bool(bar.get_hatch()) for bar in ax.patches] == [False] * 6 + [True]


def test_cost_writes_pounds_and_how_many(samples):
    ax = charts.plot_cost(samples.cost())
    assert widths(ax.containers[0]) == [180_370_350.0, 435_370_350.0]
    assert texts_of(ax) == ["£180.4m (6.0m missed)", "£435.4m (14.5m missed)"]


def test_rates_draw_dot_interval_second_and_reference(samples):
    frame = samples.lead_rates()
    ax = charts.plot_rates(frame, label="lead_time", second="dna_rate_standardised", reference=0.047)
    second, first, line = ax.lines
    np.testing.assert_array_equal(first.get_xdata(), frame["dna_rate"])
    np.testing.assert_array_equal(second.get_xdata(), frame["dna_rate_standardised"])
    assert first.get_marker() != second.get_marker()
    assert list(line.get_xdata()) == [0.047, 0.047]
    ends = np.array([segment[:, 0] for segment in ax.collections[0].get_segments()])
    np.testing.assert_allclose(ends, frame[["dna_low", "dna_high"]])
    assert [text.get_text() for text in ax.get_legend().get_texts()] == [
        "as counted",
        "same mix",
        "England 4.7%",
    ]
    assert (
        texts_of(ax)[0]
        == f"{100 * frame['dna_rate'][0]:.1f}% → {100 * frame['dna_rate_standardised'][0]:.1f}%"
    )


def test_rates_draw_the_bounds_as_bars(samples):
    frame = samples.mode_rates()
    ax = charts.plot_rates(frame, label="mode", bounds=("bound_low", "bound_high"))
    np.testing.assert_allclose([bar.get_x() for bar in ax.containers[0]], frame["bound_low"])
    np.testing.assert_allclose(
        [bar.get_x() + bar.get_width() for bar in ax.containers[0]], frame["bound_high"]
    )


def test_rates_show_bounds_behind_both_rates_from_zero(samples):
    frame = samples.lead_rates()
    frame.loc[7, "dna_rate_standardised"] = np.nan
    frame.loc[0, "dna_rate_standardised"] = frame.loc[0, "dna_rate"]
    ax = charts.plot_rates(
        frame, label="lead_time", second="dna_rate_standardised", bounds=("bound_low", "bound_high")
    )
    np.testing.assert_allclose(widths(ax.containers[0]), frame["bound_high"] - frame["bound_low"])
    second, first = ax.lines
    assert ax.containers[0][0].get_zorder() < min(first.get_zorder(), second.get_zorder())
    assert second.get_markersize() > first.get_markersize() + 3  # a dot inside a diamond: both are seen
    assert ax.get_xlim()[0] == 0
    assert texts_of(ax)[7] == f"{100 * frame['dna_rate'][7]:.1f}%"  # no arrow to nowhere
    assert {text.get_text() for text in ax.get_legend().get_texts()} == {
        "as counted",
        "same mix",
        "range with Unknown",
    }


def test_very_many_rows_name_both_ends_and_the_highlight(samples):
    frame = samples.sub_icb_rates().sort_values("dna_rate", ascending=False, ignore_index=True)
    mine = frame.loc[50, "sub_icb_name"]
    ax = charts.plot_rates(frame, label="sub_icb_name", highlight=[mine])
    named = {text.replace("\n", " ").replace("\u00a0", " ") for text in texts_of(ax)}
    expected = [*frame["sub_icb_name"].head(5), *frame["sub_icb_name"].tail(5), mine]
    assert all(any(text.startswith(name) for text in named) for name in expected)
    assert len(named) == 11
    np.testing.assert_array_equal(ax.lines[0].get_xdata(), frame["dna_rate"])


def test_rank_change_names_the_biggest_moves_only():
    frame = pd.DataFrame(
        {"area": list("ABCDE"), "rank_crude": [1, 2, 3, 4, 5], "rank_standardised": [5, 2, 3, 1, 4]}
    )
    frame = frame.astype({"rank_crude": "Int64", "rank_standardised": "Int64"})
    ax = charts.plot_rank_change(frame, label="area", n_label=2)
    assert [tuple(line.get_ydata()) for line in ax.lines] == [(1, 5), (2, 2), (3, 3), (4, 1), (5, 4)]
    assert {text.strip() for text in texts_of(ax)} == {"1", "4", "5  A", "1  D"}
    assert ax.lines[0].get_linestyle() != ax.lines[3].get_linestyle()


def test_rank_change_names_moves_of_five_or_more_and_no_others():
    frame = pd.DataFrame(
        {"area": list("ABCDEFG"), "rank_crude": range(1, 8), "rank_standardised": [6, 1, 2, 3, 4, 5, 7]}
    )
    named = {text.split()[-1] for text in texts_of(charts.plot_rank_change(frame, label="area"))}
    assert named == {"1", "A"}  # A moves by five; its rank before is on the left
    four = charts.plot_rank_change(frame.replace({"rank_standardised": {6: 5, 5: 6}}), label="area")
    assert texts_of(four) == []
    assert len(texts_of(charts.plot_rank_change(frame, label="area", moved=1))) == 2 * 6


def test_xmr_limits_have_the_digits_that_tell_them_apart(samples):
    frame = samples.xmr().assign(value=1_400_000, mean=1_390_000.0, lower=1_351_000.0, upper=1_429_000.0)
    assert set(texts_of(charts.plot_xmr(frame, unit="count"))) == {
        "mean 1.39m",
        "lower 1.35m",
        "upper 1.43m",
    }
    close = samples.xmr().assign(mean=0.0451, lower=0.0449, upper=0.0453)
    assert set(texts_of(charts.plot_xmr(close))) == {"mean 4.51%", "lower 4.49%", "upper 4.53%"}


def test_xmr_draws_limits_and_special_causes(samples):
    frame = samples.xmr()
    ax = charts.plot_xmr(frame, better="low", target=0.04)
    np.testing.assert_array_equal(ax.lines[0].get_ydata(), frame["value"])
    for line, column in zip(ax.lines[1:4], ("mean", "lower", "upper"), strict=True):
        np.testing.assert_array_equal(line.get_ydata(), frame[column])
    high, low = ax.lines[4], ax.lines[5]
    assert (high.get_marker(), to_hex(high.get_markerfacecolor()), len(high.get_ydata())) == (
        "^",
        theme.ORANGE,
        8,
    )
    assert (low.get_marker(), to_hex(low.get_markerfacecolor()), list(low.get_ydata())) == (
        "v",
        theme.BLUE,
        [0.031],
    )
    assert {"mean 4.5%", "lower 3.8%", "upper 5.3%", "target 4.0%"} == set(texts_of(ax))


def test_xmr_colours_follow_what_is_better(samples):
    ax = charts.plot_xmr(samples.xmr(), better="high")
    assert to_hex(ax.lines[4].get_markerfacecolor()) == theme.BLUE
    assert to_hex(ax.lines[5].get_markerfacecolor()) == theme.ORANGE


def test_xmr_without_special_cause_needs_no_key(samples):
    frame = samples.xmr().assign(signal="none", direction="none")
    assert charts.plot_xmr(frame).get_legend() is None


def test_funnel_draws_points_by_class_and_the_limits(samples):
    frame, curve = samples.funnel()
    ax = charts.plot_funnel(frame, curve, label="icb_name", n="n_known", size="z")
    for line, column in zip(ax.lines[:4], ("low95", "high95", "low998", "high998"), strict=True):
        np.testing.assert_array_equal(line.get_ydata(), curve[column])
    for line, outlier in zip(ax.lines[5:8], ("none", "95", "99.8"), strict=True):
        np.testing.assert_array_equal(line.get_ydata(), frame.loc[frame["outlier"] == outlier, "rate"])
    assert len({line.get_marker() for line in ax.lines[5:8]}) == 3
    assert "Lincolnshire" in texts_of(ax)


def named_in(ax):
    """Every area named in a funnel: at its mark, or by number below."""
    return " ".join(texts_of(ax)).replace("\u00a0", " ").replace("\n", " ")


@pytest.mark.parametrize("n", [42, 106])
def test_funnel_names_every_area_beyond_the_outer_limits(samples, n):
    frame, curve = samples.funnel(n)
    ax = charts.plot_funnel(frame, curve, label="icb_name", n="n_known", n_label=1)
    beyond = frame.loc[frame["outlier"] == "99.8", "icb_name"]
    assert len(beyond) >= 2
    assert all(name in named_in(ax) for name in beyond)


def test_funnel_names_the_furthest_by_adjusted_z(samples):
    frame, curve = samples.funnel()
    frame["outlier"], frame["z_adjusted"] = "none", 0.0
    near = frame.index[(frame["rate"] - 0.047).abs().argsort()[:2]]
    frame.loc[near, ["outlier", "z_adjusted"]] = ["95", -2.9]
    far = (frame["rate"] - 0.047).abs().idxmax()
    frame.loc[far, ["outlier", "z_adjusted"]] = ["95", 2.0]
    ax = charts.plot_funnel(frame, curve, label="icb_name", n="n_known", n_label=2)
    assert all(name in named_in(ax) for name in frame.loc[near, "icb_name"])
    assert frame.loc[far, "icb_name"] not in named_in(ax)


def test_funnel_names_keep_clear_of_the_limits(samples):
    frame, curve = samples.funnel(106)
    ax = charts.plot_funnel(frame, curve, label="icb_name", n="n_known", size="z")
    ax.figure.canvas.draw()
    paths = [line.get_transform().transform_path(line.get_path()) for line in ax.lines[:5]]
    names = [
        t for t in ax.texts if t.get_text().replace("\n", " ").split(" –")[0] in " ".join(frame["icb_name"])
    ]
    names = [t for t in names if len(t.get_text()) > 8]
    assert names
    for text in names:
        box = Text.get_window_extent(text)
        assert not any(path.intersects_bbox(box, filled=False) for path in paths), text.get_text()


def test_change_parts_stack_to_the_total():
    frame = pd.DataFrame(
        {
            "period_from": "2020-01",
            "period_to": ["2020-02", "2020-03"],
            "rate_from": 0.05,
            "rate_to": [0.056, 0.047],
            "mix": [0.002, 0.001],
            "rate": [0.004, -0.004],
        }
    )
    ax = charts.plot_change(frame)
    mix, rate = ax.containers
    assert heights(mix) == [0.002, 0.001]
    assert heights(rate) == [0.004, -0.004]
    assert [bar.get_y() for bar in rate] == [0.002, 0.0]  # same sign: on top; opposite: from zero
    np.testing.assert_allclose(ax.lines[0].get_ydata(), [0.006, -0.003])
    assert texts_of(ax) == ["+0.60", "−0.30"]
    assert rate[0].get_hatch() and not mix[0].get_hatch()
    assert labels_of(ax.xaxis) == ["Jan 2020 to\nFeb 2020", "Jan 2020 to\nMar 2020"]


def test_forecast_draws_history_forecast_interval_and_baseline(samples):
    history, ahead, naive, actual = samples.forecast()
    ax = charts.plot_forecast(history, ahead, naive=naive, actual=actual)
    for line, frame in zip(ax.lines[:4], (history, ahead, naive, actual), strict=True):
        np.testing.assert_array_equal(line.get_ydata(), frame["per_day_working"])
    band = ax.collections[0].get_paths()[0].vertices[:, 1]
    assert band.min() == ahead["low95"].min()
    assert band.max() == ahead["high95"].max()
    assert {"95%\ninterval", "forecast", "same month\na year before", "actual"} <= set(texts_of(ax))


def test_reconciliation_marks_agree_and_differ_apart(samples):
    frame = samples.reconciliation()
    frame["agrees"] = frame["agrees"].astype("boolean")
    ax = charts.plot_reconciliation(frame)
    for row, name in enumerate(frame["comparison"].unique()):
        part = frame[frame["comparison"] == name]
        agree, differ = ax.lines[2 * row], ax.lines[2 * row + 1]
        assert len(agree.get_xdata()) == part["agrees"].sum()
        assert len(differ.get_xdata()) == (~part["agrees"]).sum()
        assert agree.get_marker() != differ.get_marker()
        assert set(agree.get_ydata()) == {row}


def test_reconciliation_says_when_there_is_nothing_to_compare(samples):
    nothing = pd.DataFrame({"month": [pd.NaT], "comparison": ["all = category"], "agrees": [pd.NA]})
    frame = pd.concat([samples.reconciliation(3).astype({"agrees": object}), nothing], ignore_index=True)
    assert texts_of(charts.plot_reconciliation(frame.astype({"agrees": "boolean"}))) == ["nothing to compare"]


def test_band_draws_the_rate_between_its_bounds(samples):
    frame = samples.band(12)
    ax = charts.plot_band(frame)
    for line, column in zip(ax.lines[:3], ("bound_high", "dna_rate", "bound_low"), strict=True):
        np.testing.assert_array_equal(line.get_ydata(), frame[column])
    assert len({(line.get_linestyle(), line.get_marker()) for line in ax.lines[:3]}) == 3


def test_truth_draws_planted_and_estimated_apart(samples):
    frame = samples.truth()
    ax = charts.plot_truth(frame)
    np.testing.assert_array_equal(ax.lines[0].get_xdata(), frame["estimate"])
    np.testing.assert_array_equal(ax.lines[1].get_xdata(), frame["planted"])
    assert ax.lines[0].get_marker() != ax.lines[1].get_marker()
    assert ax.lines[1].get_markerfacecolor() == "none"  # the estimate is seen through the planted value
    assert ax.lines[1].get_markersize() > ax.lines[0].get_markersize()


def test_ties_are_arcs_between_the_rows_of_their_tags():
    tags = pd.DataFrame({"hashtag": ["a", "b", "c"], "theme": [1, 1, 2], "n_messages": [1_200, 30, None]})
    ties = pd.DataFrame(
        {
            "tag_a": ["a", "a", "b", "a"],
            "tag_b": ["b", "c", "c", "absent"],
            "n_together": [40, 10, None, 99],
        }
    )
    ax = charts.plot_ties(ties, tags)
    arcs = {(arc.center[1], arc.height): arc for arc in ax.patches}
    assert set(arcs) == {(0.5, 1), (1.0, 2)}  # a to b, a to c; a missing count and an absent tag draw nothing
    assert arcs[0.5, 1].get_linewidth() == 4 * arcs[1.0, 2].get_linewidth()
    assert arcs[0.5, 1].get_edgecolor() != arcs[1.0, 2].get_edgecolor()
    assert labels_of(ax.yaxis) == ["#a (1,200)", "#b (30)", "#c (–)"]
    markers = [line.get_marker() for line in ax.lines]
    assert markers[0] == markers[1] != markers[2]
    assert ax.get_xlabel() == "Width: texts with both, 40 at most"


def test_without_ties_there_is_nothing_to_draw():
    tags = pd.DataFrame({"hashtag": ["a"], "theme": [1], "n_messages": [9]})
    with pytest.raises(NothingToDraw, match="often enough"):
        charts.plot_ties(pd.DataFrame(columns=["tag_a", "tag_b", "n_together"]), tags)


def test_travel_draws_values_and_intervals(samples):
    frame = samples.tags()[1].head(4)
    ax = charts.plot_travel(frame, reference=0.8)
    np.testing.assert_array_equal(ax.lines[0].get_xdata(), frame["retweets_typical"])
    segments = [segment[:, 0].tolist() for segment in ax.collections[0].get_segments()]
    assert segments == frame[["typical_low", "typical_high"]].to_numpy().tolist()
    assert texts_of(ax)[0] == "3.0"
    assert ax.lines[1].get_xdata() == [0.8, 0.8]
    assert ax.get_legend().get_texts()[0].get_text() == "all hashtags: 0.8"
