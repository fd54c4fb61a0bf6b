"""The charts of notebook 05 draw exactly the numbers they are given, and leave out what is hidden."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.colors import to_hex

from analysis_lib import charts
from analysis_lib.charts import theme
from analysis_lib.charts.marks import NothingToDraw


def panels_of(ax):
    return [one for one in ax.figure.axes if one is not ax]


def dots(one):
    """Every marker of a panel, left to right or top to bottom as drawn."""
    found = [xy for line in one.lines if line.get_marker() == "o" for xy in line.get_xydata().tolist()]
    return sorted(found, key=lambda xy: xy[1])


def texts_of(ax):
    return [text.get_text() for text in ax.texts]


def test_stacked_rows_stand_in_order_and_hidden_ones_say_so(samples):
    frame = samples.performance()
    options = {"panel": "what", "label": "who", "value": "auroc", "highlight": ["Boosted trees"]}
    first, second = panels_of(charts.plot_stacked(frame, **options))
    part = frame.head(6)
    assert [x for x, _ in dots(first)] == pytest.approx(
        [*part["auroc"][:4], part["auroc"][4], part["auroc"][5]], nan_ok=True
    )
    assert texts_of(first)[4] == "not shown"
    assert texts_of(first)[0] == "0.86"
    assert first.get_xlim() == second.get_xlim()
    ends = first.collections[0].get_segments()
    assert ends[0][:, 0].tolist() == pytest.approx([part["low"][0], part["high"][0]])
    fills = [to_hex(line.get_markerfacecolor()) for line in first.lines if len(line.get_xdata()) == 1]
    assert fills == [theme.ORANGE]


def test_a_reference_line_runs_through_every_panel(samples):
    ax = charts.plot_stacked(
        samples.by_group(),
        panel="group_name",
        label="level",
        value="oe",
        reference=1.0,
        reference_label="as many as predicted",
    )
    for one in panels_of(ax):
        assert any(list(line.get_xdata()) == [1.0, 1.0] for line in one.lines)
    assert "as many as predicted" in panels_of(ax)[-1].get_xlabel()


def test_lines_break_where_a_month_is_hidden_and_each_series_has_its_own_line(samples):
    frame = samples.by_month()
    ax = charts.plot_lines(frame, panel="what", x="month", value="auroc", series="who")
    one = panels_of(ax)[0]
    assert len(one.lines) == 3
    assert np.isnan(one.lines[0].get_ydata()).tolist() == [False] * 5 + [True] + [False] * 6
    looks = {(line.get_color(), line.get_linestyle(), line.get_marker()) for line in one.lines}
    assert len(looks) == 3


def test_what_falls_without_end_is_cut_off(samples):
    ax = charts.plot_lines(
        samples.decision_curve(), panel="what", x="threshold", value="net_benefit", series="who", bottom=-0.01
    )
    assert [one.get_ylim()[0] for one in panels_of(ax)] == [-0.01, -0.01]


def test_calibration_draws_bins_against_the_line_of_equality_without_hidden_ones(samples):
    frame = samples.calibration()
    ax = charts.plot_calibration(frame, panel="what", series="who")
    one = panels_of(ax)[0]
    equality, trees, logistic = one.lines
    assert equality.get_xdata()[1] == equality.get_ydata()[1]
    known = frame[(frame["what"] == frame["what"][0]) & (frame["who"] == "Boosted trees")].dropna()
    assert trees.get_xydata().tolist() == known[["mean_risk", "observed"]].to_numpy().tolist()
    assert len(logistic.get_xdata()) == 20
    assert one.get_xlim() == one.get_ylim()


def test_the_list_has_a_bar_and_two_marks_per_group(samples):
    frame = samples.quintiles()
    ax = charts.plot_list(frame, panel="who", label="quintile")
    one = panels_of(ax)[0]
    part = frame.head(5)
    assert [bar.get_width() for bar in one.patches] == part["share_of_list"].tolist()
    people, events = one.lines
    assert people.get_xdata().tolist() == part["share_of_people"].tolist()
    assert np.isnan(events.get_xdata()).tolist() == [False, False, False, True, False]
    assert one.get_xlim()[0] == 0


def test_importance_marks_the_planted_rank_and_leaves_it_out_for_real_people(samples):
    frame = samples.importance()
    ax = charts.plot_importance(frame, top=5)
    assert [bar.get_width() for bar in ax.patches] == frame["mean_abs_shap"].head(5).tolist()
    assert texts_of(ax) == ["2", "1", "3", "", "5", "planted\nrank"]
    assert texts_of(charts.plot_importance(frame.assign(planted_rank=np.nan))) == []


def test_stability_draws_a_ring_per_seed(samples):
    frame = samples.stability()
    ax = charts.plot_stability(frame, top=3)
    rings = [line for line in ax.lines if line.get_marker() == "o"]
    assert [sorted(ring.get_xdata()) for ring in rings] == [
        sorted(frame.loc[frame["feature"] == name, "rank"]) for name in frame["feature"].unique()[:3]
    ]


def test_dependence_keeps_the_place_of_a_hidden_bin_and_writes_its_people(samples):
    frame = samples.dependence()
    one = panels_of(charts.plot_dependence(frame))[0]
    labels = [tick.get_text() for tick in one.get_xticklabels()]
    assert labels[0] == "0-4\n950"
    assert labels[1] == "5-14\n13k"
    assert labels[4] == "35-44\n[c]"
    assert np.isnan(one.lines[1].get_ydata()).tolist() == [at == 4 for at in range(10)]


def test_the_waterfall_runs_from_the_base_to_the_total(samples):
    frame = samples.profile()
    ax = charts.plot_waterfall(frame)
    bars = ax.patches
    assert bars[0].get_x() == pytest.approx(-3.1)
    assert bars[0].get_x() + bars[0].get_width() == pytest.approx(-1.9)
    assert bars[-1].get_x() + bars[-1].get_width() == pytest.approx(-1.05)
    assert texts_of(ax)[:3] == ["−3.10", "+1.20", "+0.70"]
    assert [bar.get_hatch() for bar in bars[3:5]] == ["///", ""]


def hide(frame, *columns):
    return frame.assign(**dict.fromkeys(columns, np.nan))


def test_where_everything_is_hidden_a_note_can_say_so(samples):
    shares = ("share_of_list", "share_of_people", "share_of_events")
    for draw in (
        lambda: charts.plot_stacked(
            hide(samples.performance(), "auroc"), panel="what", label="who", value="auroc"
        ),
        lambda: charts.plot_lines(
            hide(samples.by_month(), "auroc"), panel="what", x="month", value="auroc", series="who"
        ),
        lambda: charts.plot_calibration(hide(samples.calibration(), "observed"), panel="what", series="who"),
        lambda: charts.plot_list(hide(samples.quintiles(), *shares), panel="who", label="quintile"),
        lambda: charts.plot_importance(hide(samples.importance(), "mean_abs_shap")),
        lambda: charts.plot_stability(hide(samples.stability(), "rank")),
        lambda: charts.plot_dependence(hide(samples.dependence(), "mean_shap")),
        lambda: charts.plot_waterfall(hide(samples.profile(), "contribution")),
    ):
        with pytest.raises(NothingToDraw):
            draw()
