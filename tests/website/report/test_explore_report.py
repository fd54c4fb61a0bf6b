"""The tables to explore on the published pages are the released ones, to the digits shown."""

import re
from html import unescape

import pandas as pd
import pytest

HALF = 0.00005 + 1e-6  # of the last digit of a percentage with two decimals, and the CSV's own rounding


def explored(page, kind):
    """Columns of the first table of this kind, as texts."""
    box = re.search(
        rf'<details class="callout callout-note explore explore-{kind}">.*?</details>', page, re.S
    )
    body = box[0].partition("<tbody>")[2]
    rows = re.findall(r"<tr[^>]*>(.*?)</tr>", body, re.S)
    cells = [[unescape(c) for c in re.findall(r"<t[dh][^>]*>(.*?)</t[dh]>", row, re.S)] for row in rows]
    return [list(column) for column in zip(*cells, strict=True)]


def same_shares(texts, released):
    return [float(text.rstrip("%")) / 100 for text in texts] == pytest.approx(list(released), abs=HALF, rel=0)


def test_areas(built):
    area, rate, n, limits, *ends = explored(
        built.page("report/notebooks/02_missed_appointments.html"), "funnel"
    )
    released = pd.read_csv(built.table("funnel_icb")).sort_values("rate", ascending=False)
    words = {"none": "inside", "95": "outside 95%", "99.8": "outside 99.8%"}
    assert area == list(released["icb_name"])
    assert len(area) == 42
    assert same_shares(rate, released["rate"])
    assert n == [f"{value:,}" for value in released["n_known"]]
    assert limits == [words[value] for value in released["outlier"].astype(str)]
    for texts, column in zip(ends, ["low95", "high95", "low998", "high998"], strict=True):
        assert same_shares(texts, released[column])


def test_months(built):
    page = built.page("report/notebooks/01_explore_appointments.html")
    month, n, *_ = explored(page, "series")
    released = pd.read_csv(built.table("appointments_by_month"), parse_dates=["month"])
    assert month == [f"{value:%B %Y}" for value in released["month"]]
    assert n == [f"{value:,}" for value in released["n_appointments"]]


def test_rates_by_month(built):
    page = built.page("report/notebooks/02_missed_appointments.html")
    _, rate, unknown, n = explored(page, "series")
    released = pd.read_csv(built.table("attendance_by_month"))
    assert same_shares(rate, released["dna_rate"])
    assert same_shares(unknown, released["unknown_share"])
    assert n == [f"{value:,}" for value in released["n_known"]]
