"""A chart by any library is shown if all of it stands in a released table, and refused by what does not."""

from __future__ import annotations

from types import SimpleNamespace

import matplotlib.pyplot as plt
import pandas as pd
import pytest
import seaborn as sns

from analysis_lib import charts
from analysis_lib.charts.released import drawn_from, numbers_said
from analysis_lib.kinds import Rank
from analysis_lib.release import frames, open_store

TRUE = pd.DataFrame(
    {
        "month": pd.to_datetime(["2024-01-01", "2024-02-01", "2024-03-01"]).repeat(2),
        "mode": ["Telephone", "Video"] * 3,
        "n_appointments": [1203, 48, 998, 51, 1101, 62],
    }
)


@pytest.fixture
def months(tmp_path, monkeypatch):
    """Counts rounded to 5, as they leave: 1205, 50, 1000, 50, 1100, 60."""
    monkeypatch.setattr(frames, "_RELEASED", {})  # not those of other tests
    released = open_store("own", SimpleNamespace(profile="patient"), folder=tmp_path).save_table("own", TRUE)
    assert released["n_appointments"].tolist() == [1205, 50, 1000, 50, 1100, 60]
    yield released
    plt.close("all")


def one(frame, mode="Telephone"):
    return frame[frame["mode"] == mode]


def stacked(frame):
    ax = plt.figure().add_subplot()
    phone, video = one(frame), one(frame, "Video")
    ax.bar(range(3), phone["n_appointments"])
    ax.bar(range(3), video["n_appointments"], bottom=phone["n_appointments"].to_numpy())
    return ax


def written(frame):
    ax = plt.figure().add_subplot()
    bars = ax.bar(one(frame)["month"].dt.strftime("%b %Y"), one(frame)["n_appointments"])
    ax.bar_label(bars)
    return ax


def with_limits(frame):
    ax = plt.figure().add_subplot()
    rows = one(frame)
    ax.fill_between(rows["month"], 0, rows["n_appointments"], alpha=0.3)
    ax.vlines(rows["month"], 0, rows["n_appointments"])
    ax.axhline(rows["n_appointments"].iloc[0])
    ax.axhline(0)
    return ax


def titled(frame):
    ax = plt.figure().add_subplot()
    ax.barh(one(frame)["month"].dt.strftime("%b"), one(frame)["n_appointments"])
    ax.set_title(f"In January 2024: {frame['n_appointments'].iloc[0]:,}, per 1,000")
    return ax


def heat_map(frame):
    wide = frame.pivot_table("n_appointments", index="mode", columns="month")
    return sns.heatmap(wide, annot=True, fmt=".0f", ax=plt.figure().add_subplot())


BY_MONTH = {"x": "month", "y": "n_appointments"}
WAYS = {
    "line": lambda f: plt.figure().add_subplot().plot(one(f)["month"], one(f)["n_appointments"])[0].axes,
    "scatter": lambda f: plt.figure().add_subplot().scatter(f["month"], f["n_appointments"]).axes,
    "words": lambda f: plt.figure().add_subplot().plot(one(f)["mode"], one(f)["n_appointments"])[0].axes,
    "values alone": lambda f: plt.figure().add_subplot().plot(one(f)["n_appointments"].to_list())[0].axes,
    "stacked bars": stacked,
    "bar labels": written,
    "area, intervals, lines": with_limits,
    "title": titled,
    "pandas bars": lambda f: one(f).plot.bar(x="mode", y="n_appointments"),
    "pandas line": lambda f: one(f).plot(x="month", y="n_appointments"),
    "seaborn bars": lambda f: sns.barplot(f, **BY_MONTH, hue="mode", ax=plt.figure().add_subplot()),
    "seaborn line": lambda f: sns.lineplot(f, **BY_MONTH, hue="mode", ax=plt.figure().add_subplot()),
    "seaborn points": lambda f: sns.scatterplot(f, **BY_MONTH, style="mode", ax=plt.figure().add_subplot()),
    "heat map": heat_map,
}  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
def test_any_library_may_draw_what_was_released(months, way):
    assert drawn_from(WAYS[way](months).figure) == ["own"]


@pytest.mark.parametrize("way", WAYS)
def test_the_same_of_numbers_that_were_not_released_is_refused(months, way):
    assert "stands in no released table" in drawn_from(WAYS[way](TRUE).figure)


def only(draw):
    ax = plt.figure().add_subplot()
    draw(ax)
    return ax.figure


@pytest.mark.parametrize(
    ("draw", "what"),
    [
        (lambda ax, f: ax.hist(f["n_appointments"]), "a bar"),
        (lambda ax, f: ax.plot(one(f)["month"], one(f)["n_appointments"].cumsum()), "a line"),
        (lambda ax, f: ax.axhline(f["n_appointments"].mean()), "a horizontal line"),
        (lambda ax, f: ax.axvspan(0, 3), "a shape"),
        (lambda ax, f: ax.pie([3, 4]), "a shape"),
        (lambda ax, f: ax.scatter(**BY_MONTH, c=TRUE["n_appointments"], data=f), "a point's colour"),
        (lambda ax, f: ax.plot(one(f)["month"], one(f)["n_appointments"][::-1].to_numpy()), "a line"),
        (lambda ax, f: ax.bar([0, 1], [50, 60], bottom=[48, 0]), "a bar's beginning"),
        (lambda ax, f: sns.kdeplot(f["n_appointments"], ax=ax), "a line"),
    ],
)  # fmt: skip
def test_what_is_computed_while_drawing_is_refused_by_its_name(months, draw, what):
    def both(ax):
        ax.scatter(months["month"], months["n_appointments"])
        draw(ax, months)

    assert drawn_from(only(both)) == f"{what} that stands in no released table"


@pytest.mark.parametrize(
    ("draw", "said"),
    [
        (lambda ax: ax.text(0, 0, "of 7 people"), ["7"]),
        (lambda ax: ax.annotate("only three", (0, 0)), ["three"]),
        (lambda ax: ax.set_xlabel("of 1,203 people"), ["1,203"]),
        (lambda ax: ax.set_title("3 by video"), ["3"]),
        (lambda ax: ax.figure.suptitle("48 by video"), ["48"]),
        (lambda ax: ax.set_xticks(ax.get_xticks()[:1], ["3 of them"]), ["3"]),
        (lambda ax: ax.yaxis.set_major_formatter(lambda value, _: "3 people"), ["3"]),
        (lambda ax: ax.yaxis.set_major_formatter(lambda value, _: f"{value / 1000:.1f}k"), []),
        (lambda ax: ax.set_xlabel("of 1,205 in 2024, by month"), []),
    ],
)
@pytest.mark.parametrize("plain", [True, False])
def test_numbers_in_words_of_a_chart_are_noted_for_the_page(months, draw, said, plain):
    ax = plt.figure().add_subplot()
    if plain:
        ax.scatter(months["month"], months["n_appointments"])
    else:
        charts.plot_lines(months, "month", "n_appointments", by="mode", ax=ax)
    draw(ax)
    assert drawn_from(ax.figure) == ["own"]
    assert numbers_said(ax.figure) == said


LIBRARY = {
    "an axis": {"xlabel": f"of {TRUE['n_appointments'].iloc[3]} people"},
    "a name of a dot": {"values": {"n_appointments": "3 people"}},
    "a reference": {"reference": 3, "reference_label": "raw"},
}


@pytest.mark.parametrize(("given", "said"), [*zip(LIBRARY, ["51", "3", "3"], strict=True)])
def test_numbers_that_a_chart_is_given_are_noted_for_the_page(months, given, said):
    how = {"values": "n_appointments"} | LIBRARY[given]
    figure = charts.plot_dots(months.tail(1), "mode", **how).figure
    assert drawn_from(figure) == ["own"]
    assert numbers_said(figure) == [said]


@pytest.mark.parametrize("add", [{"true": [3.0]}, {"n_appointments": [3.0]}, {"mode": ["Video: 3"]}])
def test_a_chart_of_the_library_draws_no_column_that_was_added(months, add):
    figure = charts.plot_dots(
        months.tail(1).assign(**add), "mode", next(iter({"n_appointments", *add} - {"mode"}))
    )
    assert f"column {next(iter(add))} was added or changed" == drawn_from(figure.figure)


def test_a_line_that_is_moved_after_it_was_drawn_is_looked_at(months):
    ax = charts.plot_lines(one(months), "month", "n_appointments")
    assert drawn_from(ax.figure) == ["own"]
    line = next(line for line in ax.lines if len(line.get_ydata()) == 3)
    line.set_ydata([3, 4, 5])
    assert drawn_from(ax.figure) == "a line that stands in no released table"


def test_a_small_number_is_not_drawn_because_a_rank_is_the_same(months, tmp_path):
    ranks = pd.DataFrame(
        {"mode": ["Telephone", "Video", "Home"], "n_appointments": [61, 52, 43], "rank": [1, 2, 3]}
    )
    store = open_store("ranks", SimpleNamespace(profile="patient"), folder=tmp_path)
    ranks = store.save_table("ranks", ranks, columns={"rank": Rank("n_appointments")})
    assert ranks["rank"].tolist() == [1, 2, 3]
    assert drawn_from(only(lambda ax: ax.bar(ranks["mode"], ranks["rank"]))) == ["ranks"]
    assert "a bar" in drawn_from(only(lambda ax: ax.bar(["true"], [3])))
    assert "a horizontal line" in drawn_from(only(lambda ax: ax.axhline(3)))


def test_a_picture_in_which_every_number_is_hidden_shows_nothing_that_was_not_released(months):
    hidden = one(months).assign(n_appointments=float("nan"))
    assert drawn_from(only(lambda ax: ax.plot(hidden["month"], hidden["n_appointments"]))) == []


@pytest.mark.parametrize("first", [True, False])
def test_what_is_drawn_beside_a_chart_of_the_library_is_looked_at(months, first):
    rows, (_, ax) = one(months), plt.subplots()
    if first:
        ax.axhline(1203)
    charts.plot_bars(rows.assign(mode=["a", "b", "c"]), "mode", "n_appointments", ax=ax)
    if not first:
        assert drawn_from(ax.figure) == ["own"]
        ax.axvline(1203)
    assert "line that stands in no released table" in drawn_from(ax.figure)
