import pandas as pd
import pytest

from analysis_lib.measures import (
    FUNNEL_AREAS,
    NotEngland,
    TooFewAreas,
    TooFewPoints,
    check_areas,
    check_england,
    check_status,
    covers_england,
)


def frame(n_icbs, n_regions):
    icbs = [f"E540{n:05d}" for n in range(n_icbs)]
    return pd.DataFrame({"icb_code": icbs, "region_code": [f"R{n % n_regions}" for n in range(n_icbs)]})


@pytest.mark.parametrize(
    ("n_icbs", "n_regions", "whole"),
    [(42, 7, True), (26, 7, True), (19, 7, False), (30, 6, False), (1, 1, False)],
)
def test_england_is_all_regions_and_many_boards(n_icbs, n_regions, whole):
    assert covers_england(frame(n_icbs, n_regions)) is whole


def test_counts_without_areas_are_england():
    assert covers_england(pd.DataFrame({"month": [], "n_appointments": []}))


def test_a_part_is_named():
    with pytest.raises(NotEngland, match="hold a part of it"):
        check_england(frame(3, 2))
    whole = frame(42, 7)
    assert check_england(whole) is whole
    part = frame(3, 2)
    assert check_england(part, own_plan=45_000) is part


def test_one_area_is_not_compared():
    two = pd.DataFrame({"icb_name": ["A", "B", "A"]})
    assert check_areas(two, "icb_name") is two
    with pytest.raises(TooFewAreas, match="hold one integrated care board, so"):
        check_areas(two[two["icb_name"] == "A"], "icb_name")


def test_limits_need_ten_areas():
    nine = pd.DataFrame({"sub_icb_name": [f"A{n}" for n in range(9)]})
    with pytest.raises(
        TooFewAreas, match="hold 9 sub-ICB locations, too few to say which of them stands out"
    ):
        check_areas(nine, "sub_icb_name", FUNNEL_AREAS)
    ten = pd.DataFrame({"sub_icb_name": [f"A{n}" for n in range(10)]})
    assert check_areas(ten, "sub_icb_name", FUNNEL_AREAS) is ten


def test_a_rate_needs_a_known_status():
    unknown = pd.DataFrame({"status": pd.Categorical(["Unknown", "Unknown"])})
    with pytest.raises(TooFewPoints, match="final status of every appointment is unknown"):
        check_status(unknown)
    known = pd.DataFrame({"status": pd.Categorical(["Unknown", "DNA"])})
    assert check_status(known) is known
