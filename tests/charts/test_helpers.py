"""Formats, label placing, month axes and boundaries, by hand-worked cases."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex, to_rgb

from analysis_lib.charts import load_boundaries, plot_map, theme
from analysis_lib.charts.marks import NothingToDraw, month_labels, spread, wrap
from analysis_lib.charts.style import decimals_of, format_value, format_values, installed_fonts
from tests.charts import samples as f


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (30_405_070, "count", "30.4m"),
        (1_312_345, "count", "1.31m"),
        (999_999, "count", "999,999"),
        (float("nan"), "count", ""),
        (12_345, "pounds", "£12,345"),
        (0.0456, "percent", "4.6%"),
        (-0.0031, "points", "−0.31"),
        (0.0031, "points", "+0.31"),
        (1.374, "ratio", "1.37"),
        (13.74, "ratio", "13.7"),
        (3, "decimal", "3.0"),
    ],
)
def test_formats(value, unit, text):
    assert format_value(value, unit) == text


def test_a_unit_that_is_not_known_is_refused():
    with pytest.raises(ValueError, match="use one of"):
        format_value(1, "pints")


def test_values_in_one_column_share_a_unit_only_where_it_fits():
    assert format_values([2_345_678, 150_000], "count") == ["2.35m", "0.15m"]
    assert format_values([112_000_000, 3_000], "count") == ["112.0m", "3,000"]


@pytest.mark.parametrize(
    ("ticks", "decimals"), [([0, 5, 10], 0), ([0, 2.5, 5], 1), ([0.25, 0.5], 2), ([4.0, 5.0], 0)]
)
def test_ticks_get_the_decimals_they_need(ticks, decimals):
    assert decimals_of(ticks) == decimals


def test_fonts_named_are_all_installed():
    assert installed_fonts(["No such font"]) == ["DejaVu Sans"]
    assert "DejaVu Sans" in installed_fonts()


def test_spread_moves_labels_just_far_enough():
    assert spread([0.5, 0.5], [0.1, 0.1], 0, 1) == pytest.approx([0.4, 0.5])
    assert spread([0.2, 0.8], [0.1, 0.1], 0, 1) == [0.2, 0.8]
    assert spread([0.0, 0.01], [0.1, 0.1], 0, 1) == pytest.approx([0.05, 0.15])


def test_spread_never_overlaps():
    rng = np.random.default_rng(5)
    for _ in range(200):
        sizes = rng.uniform(0.02, 0.09, 10)
        placed = np.array(spread(rng.uniform(-0.1, 1.1, 10), sizes, 0, 1))
        order = np.argsort(placed)
        gaps = np.diff(placed[order]) - (sizes[order][1:] + sizes[order][:-1]) / 2
        assert gaps.min() > -1e-9
        assert (placed - sizes / 2).min() > -1e-9
        assert (placed + sizes / 2).max() < 1 + 1e-9


def test_month_labels_carry_the_year_at_the_start_and_in_january():
    assert month_labels(pd.date_range("2021-11-01", periods=4, freq="MS")) == [
        "Nov\n2021",
        "Dec",
        "Jan\n2022",
        "Feb",
    ]
    thirty = [label for label in month_labels(pd.date_range("2020-01-01", periods=30, freq="MS")) if label]
    assert thirty == ["Jan\n2020", "Jul", "Jan\n2021", "Jul", "Jan\n2022"]


def test_an_area_code_stays_with_its_dash():
    assert wrap("North East and North Cumbria – 16C", 30).split("\n")[-1] == "–\u00a016C"


SQUARE = [[0, 0], [4, 0], [4, 4], [0, 4], [0, 0]]
HOLE = [[1, 1], [3, 1], [3, 3], [1, 3], [1, 1]]  # same winding as the outer ring, as some files have it
ISLET = [[6, 0], [7, 0], [7, 1], [6, 0]]


@pytest.fixture
def boundaries(tmp_path):
    features = [
        {
            "properties": {"icb_code": "X1"},
            "geometry": {"type": "MultiPolygon", "coordinates": [[SQUARE, HOLE], [ISLET]]},
        },
        {
            "properties": {"icb_code": "X2"},
            "geometry": {"type": "Polygon", "coordinates": [[[8, 0], [9, 0], [9, 4], [8, 0]]]},
        },
    ]
    file = tmp_path / "areas.geojson"
    file.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    return load_boundaries(file)


def area(ring):
    x, y = ring[:, 0], ring[:, 1]
    return float(np.sum(x[:-1] * y[1:] - x[1:] * y[:-1])) / 2


def test_boundaries_keep_all_parts_and_turn_holes_the_other_way(boundaries):
    assert [area(ring) for ring in boundaries["X1"]] == [16, -4, 0.5]
    assert [area(ring) for ring in boundaries["X2"]] == [2]


def test_boundaries_without_the_code_are_refused(tmp_path):
    file = tmp_path / "areas.geojson"
    geometry = {"type": "Polygon", "coordinates": [SQUARE]}
    file.write_text(json.dumps({"features": [{"properties": {}, "geometry": geometry}]}), encoding="utf-8")
    with pytest.raises(ValueError, match="icb_code"):
        load_boundaries(file)


def test_map_shades_by_class_and_hatches_what_is_missing(boundaries):
    frame = pd.DataFrame({"icb_code": ["X1", "E1", "E2"], "dna_rate": [0.04, 0.03, 0.05]})
    ax = plot_map(frame, boundaries, "dna_rate")
    drawn = {patch.get_gid(): patch for patch in ax.patches}
    assert not drawn["X1"].get_hatch()
    assert drawn["X2"].get_hatch()
    key = [text.get_text() for text in ax.get_legend().get_texts()]
    assert key[1:3] == ["4.0% to 4.5%", "3.5% to 4.0%"]
    assert key[4] == "no data (1 area)"
    # 0.04 is a lower edge, so it belongs to the upper class.
    assert to_hex(drawn["X1"].get_facecolor()) == to_hex(ax.get_legend().get_patches()[1].get_facecolor())


def test_map_leaves_a_hole_empty(boundaries):
    frame = pd.DataFrame({"icb_code": ["X1"], "dna_rate": [0.05]})
    ax = plot_map(frame, boundaries, "dna_rate")
    ax.figure.canvas.draw()
    picture = np.asarray(ax.figure.canvas.buffer_rgba())

    def pixel(x, y):
        column, row = ax.transData.transform((x, y))
        return tuple(picture[picture.shape[0] - 1 - int(row), int(column)][:3])

    page = tuple(round(255 * part) for part in to_rgb(theme.PAGE))
    assert pixel(2, 2) == page
    assert pixel(0.5, 2) != page


def test_map_of_england_has_every_icb():
    frame = f.area_rates()
    ax = plot_map(frame, f.boundaries(), "rate", name="group")
    assert {patch.get_gid() for patch in ax.patches} == set(frame["icb_code"])
    assert not any(patch.get_hatch() for patch in ax.patches)
    listed = " ".join(text.get_text() for text in ax.texts).replace("\n", " ")
    ranked = frame.sort_values("rate")
    assert f"{100 * ranked['rate'].iloc[-1]:.1f}%" in listed
    assert ranked["group"].iloc[0] in listed


def test_map_enlarges_london_where_its_boards_are_drawn():
    frame = f.area_rates()
    ax = plot_map(frame, f.boundaries(), "rate", name="group")
    (inset,) = ax.child_axes
    ax.figure.canvas.draw()

    def width(axes):
        (x0, _), (x1, _) = axes.transData.transform([(-0.5, 51.5), (0.3, 51.5)])
        return x1 - x0

    assert width(inset) / width(ax) == pytest.approx(3, rel=0.02)
    shades = {patch.get_gid(): patch.get_facecolor() for patch in ax.patches}
    assert {patch.get_gid(): patch.get_facecolor() for patch in inset.patches} == shades
    without = frame[~frame["icb_code"].isin([f"E540000{n}" for n in range(27, 32)])]
    assert not plot_map(without, f.boundaries(), "rate").child_axes


def test_areas_that_the_map_does_not_have_are_named(boundaries):
    frame = pd.DataFrame({"icb_code": ["X1", "E1"], "icb_name": ["Here", "Essex"], "dna_rate": [0.05, 0.06]})
    ax = plot_map(frame, boundaries, "dna_rate")
    assert {patch.get_gid() for patch in ax.patches} == {"X1", "X2"}
    key = [text.get_text().replace("\n", " ") for text in ax.get_legend().get_texts()]
    assert key[-1] == "not on the map: Essex"
    with pytest.raises(NothingToDraw, match="None of these areas is on the map.*: Essex"):
        plot_map(frame[1:], boundaries, "dna_rate")
