"""Counts, shares, categories, areas, lengths and lead times: every sentence, in every branch."""

from __future__ import annotations

import pandas as pd
import pytest
from sentences import text, texts

from analysis_lib import headlines

# --- reconciliation ---


def reconciliation(*rows: tuple[str, int | None]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["status", "difference"])
    frame["difference"] = frame["difference"].astype("Int64")
    return frame.assign(month=pd.date_range("2024-01-01", periods=len(rows), freq="MS"))


YES, NO, NOTHING = ("agrees", 0), ("disagrees", -7), ("nothing to compare", None)


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        ([NOTHING], "There is nothing to compare: no two of these files hold the same months and areas"),
        ([YES], "The one monthly total that two files share agrees exactly"),
        ([YES, YES, NOTHING], "Both monthly totals that two files share agree exactly"),
        ([YES] * 3, "All 3 monthly totals that two files share agree exactly"),
        ([NO], "The one monthly total that two files share differs by 7 (January 2024)"),
        ([YES, NO, YES], "1 of 3 monthly totals that two files share differs by 7 (February 2024)"),
        (
            [YES, ("disagrees", 5), ("disagrees", -9)],
            "2 of 3 monthly totals that two files share differ, by up to 9 (March 2024)",
        ),
        ([NO, NO], "Both monthly totals that two files share differ, by up to 7 (January 2024)"),
        (
            [YES, ("disagrees", 0)],
            "1 of 2 monthly totals that two files share is equal in sum, but not area by area",
        ),
        (
            [YES, ("disagrees", 0), ("disagrees", 4)],
            "2 of 3 monthly totals that two files share differ in sum or area by area, the sums by up to 4 "
            "(March 2024)",
        ),
    ],
)
def test_reconciliation(rows, sentence):
    facts = texts(headlines.say_reconciliation(reconciliation(*rows)))
    assert facts["reconciliation"] == sentence
    assert facts["n_compared"] == str(sum(r is not NOTHING for r in rows))
    assert facts["n_differ"] == str(sum(r[0] == "disagrees" for r in rows))


# --- months ---


def monthly(counts: list[int]) -> pd.DataFrame:
    months = pd.date_range("2024-01-01", periods=len(counts), freq="MS")
    days = [22, 21, 20][: len(counts)] + [22] * (len(counts) - 3)
    return pd.DataFrame({"month": months, "n_appointments": counts, "days_working": days})


@pytest.mark.parametrize(
    ("counts", "sentence"),
    [
        (
            [30_400_000, 16_000_000, 20_000_000],
            "January 2024 was the busiest month with 30.4 million appointments, February 2024 the quietest "
            "with 16.0 million",
        ),
        ([12], "January 2024, the only month in these files, had 12 appointments"),
        ([1], "January 2024, the only month in these files, had 1 appointment"),
        ([7, 7, 7], "Every month had 7 appointments"),
        (
            [9, 9, 1],
            "January 2024 and February 2024 were the busiest months with 9 appointments each, March 2024 the "
            "quietest with 1",
        ),
        (
            [3, 1, 1],
            "January 2024 was the busiest month with 3 appointments, February 2024 and March 2024 the "
            "quietest with 1 each",
        ),
        (
            [1_200_001, 1_200_000],
            "January 2024 was the busiest month with 1,200,001 appointments, February 2024 the quietest with "
            "1,200,000",
        ),
    ],
)
def test_months(counts, sentence):
    facts = headlines.say_months(monthly(counts))
    assert facts["monthly"] == sentence
    assert facts["total"].value == sum(counts)
    assert ("busiest_n" in facts) == (len(counts) > 1)
    if len(counts) > 1:
        assert facts["busiest_n"].value == max(counts)


def test_months_are_counted_in_words():
    facts = texts(headlines.say_months(monthly([5, 425])))
    assert facts["months_covered"] == "2 months"
    assert facts["period"] == "January 2024 to February 2024"
    assert facts["volume"] == (
        "There were 430 appointments from January 2024 to February 2024, on average 10 a working day"
    )
    assert (facts["busiest_month"], facts["quietest_month"]) == ("February 2024", "January 2024")
    one = headlines.say_months(monthly([2200]))
    assert text(one["months_covered"]) == "1 month"
    assert (
        text(one["volume"]) == "There were 2,200 appointments in January 2024, on average 100 a working day"
    )


# --- shares from the first to the last month ---


def shares(rows: dict[str, dict[str, float]]) -> pd.DataFrame:
    """Shares by month and mode; a group may lack a month."""
    flat = [(f"{m}-01", mode, share) for m, groups in rows.items() for mode, share in groups.items()]
    frame = pd.DataFrame(flat, columns=["month", "mode", "share"]).astype({"mode": "category"})
    return frame.assign(month=pd.to_datetime(frame["month"]))


def test_shift_names_the_two_that_moved_most():
    frame = shares(
        {
            "2024-01": {"Face-to-Face": 0.80, "Telephone": 0.136, "Video/Online": 0.064},
            "2024-02": {"Face-to-Face": 0.10, "Telephone": 0.80, "Video/Online": 0.10},
            "2024-03": {"Face-to-Face": 0.65, "Telephone": 0.313, "Video/Online": 0.037},
        }
    )
    assert texts(headlines.say_shift(frame, "mode", "mode")) == {
        "mode": "Between January 2024 and March 2024, Telephone rose from 13.6% to 31.3% of "
        "appointments, and "
        "Face-to-Face fell from 80.0% to 65.0%; Telephone had reached 80.0% in February 2024",
        "mode_finding": "Telephone appointments rose from 14% to 31% of all",
        "mode_largest": "Face-to-Face",
        "mode_largest_share": "65.0%",
    }


def test_shift_follows_the_calendar_and_not_the_order_of_rows():
    frame = shares({"2024-03": {"GP": 0.4, "Nurse": 0.6}, "2024-01": {"GP": 0.6, "Nurse": 0.4}})
    assert headlines.say_shift(frame, "mode", "mode")["mode"] == (
        "Between January 2024 and March 2024, GP fell from 60.0% to 40.0% of appointments, and Nurse rose "
        "from 40.0% to 60.0%"
    )


def test_shift_of_a_group_that_is_there_in_some_months_only():
    frame = shares({"2024-01": {"Telephone": 1.0}, "2024-02": {"Telephone": 0.9, "Video/Online": 0.1}})
    assert headlines.say_shift(frame, "mode", "mode")["mode"] == (
        "Between January 2024 and February 2024, Telephone fell from 100.0% to 90.0% of appointments, and "
        "Video/Online rose from 0.0% to 10.0%"
    )


def test_shift_says_when_hardly_anything_changed():
    frame = shares({"2024-01": {"GP": 0.4470, "Nurse": 0.5530}, "2024-02": {"GP": 0.44702, "Nurse": 0.55298}})
    facts = texts(headlines.say_shift(frame, "mode", "mode"))
    assert facts["mode"] == (
        "Between January 2024 and February 2024, the shares hardly changed: Nurse stayed at 55.3% of "
        "appointments, and GP at 44.7%"
    )
    assert facts["mode_finding"] == "Nurse appointments stayed at 55% of all"


def test_shift_too_small_for_whole_percentages_shows_a_decimal():
    frame = shares({"2024-01": {"GP": 0.4510, "Nurse": 0.5490}, "2024-02": {"GP": 0.4540, "Nurse": 0.5460}})
    assert (
        text(headlines.say_shift(frame, "mode", "mode")["mode_finding"])
        == "GP appointments rose from 45.1% to 45.4% of all"
    )


@pytest.mark.parametrize(
    ("peak", "ending"),
    [
        (0.478, "; Telephone had reached 47.8% in April 2020"),
        (0.313 + 0.051, "; Telephone had reached 36.4% in April 2020"),
        (0.313 + 0.049, ""),  # less than five percentage points beyond both ends
        (0.05, "; Home Visit had reached 35.0% in April 2020"),  # of 26.4% and 18.7% at the ends
    ],
)
def test_shift_says_when_a_group_went_far_beyond_both_ends(peak, ending):
    rows = {"2020-01": (0.136, 0.6), "2020-04": (peak, min(0.6, 1 - peak)), "2024-01": (0.313, 0.5)}
    frame = shares(
        {m: {"Telephone": t, "Face-to-Face": f, "Home Visit": 1 - t - f} for m, (t, f) in rows.items()}
    )
    assert headlines.say_shift(frame, "mode", "mode")["mode"] == (
        "Between January 2020 and January 2024, Telephone rose from 13.6% to 31.3% of appointments, and "
        f"Face-to-Face fell from 60.0% to 50.0%{ending}"
    )


def test_shift_whose_peak_is_of_the_unknown():
    rows = {"2024-01": (0.1, 0.9), "2024-02": (0.5, 0.5), "2024-03": (0.2, 0.8)}
    frame = shares({m: {"Unknown": u, "GP": g} for m, (u, g) in rows.items()})
    assert headlines.say_shift(frame, "mode", "mode")["mode"] == (
        "Between January 2024 and March 2024, GP fell from 90.0% to 80.0% of appointments, and unknown mode "
        "rose from 10.0% to 20.0%; unknown mode had reached 50.0% in February 2024"
    )


def test_shift_that_went_and_came_back_has_not_stayed():
    rows = {"2024-01": 0.4, "2024-02": 0.7, "2024-03": 0.4}
    frame = shares({m: {"GP": g, "Nurse": 1 - g} for m, g in rows.items()})
    facts = texts(headlines.say_shift(frame, "mode", "mode"))
    assert facts["mode"] == (
        "March 2024 was much like January 2024: Nurse at 60.0% of appointments, and GP at 40.0%; GP had "
        "reached 70.0% in February 2024"
    )
    assert facts["mode_finding"] == "Nurse appointments were 60% of all, as at first"


def test_shift_of_one_month_says_what_there_was():
    frame = shares({"2024-01": {"GP": 0.3, "Nurse": 0.7}})
    facts = texts(headlines.say_shift(frame, "mode", "mode"))
    assert facts["mode"] == "In January 2024, Nurse made up 70.0% of appointments, and GP 30.0%"
    assert facts["mode_finding"] == "Nurse appointments made up 70% of all"
    alone = headlines.say_shift(shares({"2024-01": {"GP": 1.0}}), "mode", "mode")
    assert alone["mode"] == "In January 2024, GP made up 100.0% of appointments"


def test_unknown_is_named_as_such_and_is_never_the_largest_kind():
    frame = shares({"2024-01": {"GP": 0.2, "Unknown": 0.8}, "2024-02": {"GP": 0.4, "Unknown": 0.6}})
    facts = texts(headlines.say_shift(frame, "mode", "mode"))
    assert facts["mode"] == (
        "Between January 2024 and February 2024, GP rose from 20.0% to 40.0% of appointments, and unknown "
        "mode fell from 80.0% to 60.0%"
    )
    assert facts["mode_largest"] == "GP"
    assert facts["mode_largest_share"] == "40.0%"
    unknown = shares({"2024-01": {"Unknown": 1.0}, "2024-02": {"Unknown": 1.0}})
    facts = texts(headlines.say_shift(unknown, "mode", "mode"))
    assert facts["mode_finding"] == "Appointments of unknown mode stayed at 100% of all"
    assert facts["mode_largest"] == "Unknown"


# --- categories ---


def margins(**dimensions: dict[str, float]) -> pd.DataFrame:
    rows = [(d, value, share) for d, groups in dimensions.items() for value, share in groups.items()]
    return pd.DataFrame(rows, columns=["dimension", "value", "share"])


def test_categories_leave_the_unusable_out_of_largest():
    frame = margins(
        service_setting={"General Practice": 0.3, "Unmapped": 0.7},
        national_category={"Routine": 0.2, "Acute": 0.1, "Unmapped": 0.6, "Inconsistent Mapping": 0.1},
    )
    assert texts(headlines.say_categories(frame)) == {
        "category": "Routine is the largest national category (20.0%); 70.0% of appointments have "
        "no usable category",
        "setting": "General Practice was the setting of 30.0% of appointments",
        "category_unusable": "70.0%",
        "category_top": "Routine",
    }


def test_categories_that_tie_and_those_that_are_not_there():
    tied = margins(national_category={"Routine": 0.5, "Acute": 0.5}, service_setting={"A": 0.5, "B": 0.5})
    facts = texts(headlines.say_categories(tied))
    assert facts["category"] == (
        "Routine and Acute are the largest national categories (50.0% each); 0.0% of appointments have no "
        "usable category"
    )
    assert facts["setting"] == "A and B were the settings of 50.0% of appointments each"
    useless = texts(headlines.say_categories(margins(national_category={"Unmapped": 1.0})))
    assert useless["category"] == "No appointment has a usable national category"
    assert useless["category_unusable"] == "100.0%"
    assert useless["setting"] == "The setting of these appointments is not known"
    absent = texts(headlines.say_categories(margins(service_setting={"A": 1.0})))
    assert absent["category"] == "The files hold no category"
    assert absent["category_unusable"] == "not known"


# --- areas ---


def areas(**counts: float) -> pd.DataFrame:
    frame = pd.DataFrame({"icb_name": list(counts), "n_appointments": list(counts.values())})
    return frame.assign(share=frame["n_appointments"] / frame["n_appointments"].sum())


@pytest.mark.parametrize(
    ("counts", "sentence"),
    [
        ({"Kent": 600, "Devon": 400}, "Kent had most appointments: 600, 60.0% of all"),
        (
            {"Kent": 2, "Devon": 2, "Dorset": 1},
            "Kent and Devon had most appointments: 2 each, 40.0% of all each",
        ),
        ({"Kent": 5, "Devon": 5}, "Every area had equally many appointments: 5"),
        ({"Kent": 6_500_000}, "All 6.5 million appointments were in Kent"),
    ],
)
def test_areas(counts, sentence):
    facts = texts(headlines.say_areas(areas(**counts), "icb_name", "icbs"))
    assert facts["icbs"] == sentence
    assert facts["n_icbs"] == str(len(counts))
    assert facts["icbs_covered"] == f"{len(counts)} integrated care board{'s' if len(counts) > 1 else ''}"


@pytest.mark.parametrize(
    ("value", "numbers", "sentence"),
    [
        (
            "per_1000_patients",
            [420.4, 510.2],
            "Appointments a month per 1,000 registered patients range from 420 (Kent) to 510 (Devon)",
        ),
        (
            "per_1000_patients",
            [420.4, 420.1],
            "Appointments a month per 1,000 registered patients range from 420.1 (Devon) to 420.4 (Kent)",
        ),
        (
            "n_appointments",
            [6_500_000, 43_100_000],
            "Appointments range from 6.5 million (Kent) to 43.1 million (Devon); large areas have more, "
            "whatever their need",
        ),
        ("n_appointments", [5, 5], "Appointments are the same in every area: 5"),
        (
            "per_1000_patients",
            [420.4, None],
            "Appointments a month per 1,000 registered patients: 420 in Kent, the only area here",
        ),
        ("per_1000_patients", [None, None], "No area has a value to map"),
    ],
)
def test_map(value, numbers, sentence):
    frame = pd.DataFrame({"icb_name": ["Kent", "Devon"], value: pd.Series(numbers, dtype=float)})
    assert headlines.say_map(frame, value) == {"map": sentence}


# --- days, lengths, lead times ---


def distribution(column: str, counts: dict[str, int]) -> pd.DataFrame:
    frame = pd.DataFrame({column: list(counts), "n": list(counts.values())})
    known = frame[column] != "Unknown"
    frame["share"] = frame["n"] / frame["n"].sum()
    frame["share_known"] = (frame["n"] / frame.loc[known, "n"].sum()).where(known)
    return frame


@pytest.mark.parametrize(
    ("counts", "sentence"),
    [
        (
            {"1-5 Minutes": 2, "6-10 Minutes": 1, "31-60 Minutes": 3, "Unknown": 2},
            "50.0% of attended appointments of known length took ten minutes or less; the length of 25.0% "
            "is unknown",
        ),
        (
            {"6-10 Minutes": 1, "11-15 Minutes": 3},
            "25.0% of attended appointments of known length took ten minutes or less; every length is known",
        ),
        ({"Unknown": 5}, "The length of every attended appointment is unknown"),
    ],
)
def test_durations(counts, sentence):
    assert headlines.say_durations(distribution("duration", counts))["duration"] == sentence


@pytest.mark.parametrize(
    ("counts", "sentence", "same_day"),
    [
        (
            {"Same Day": 5, "8 to 14 Days": 2, "15 to 21 Days": 1, "22 to 28 Days": 1, "More than 28 Days": 1}
            | {"Unknown": 90},
            "50.0% of appointments with a known lead time took place on the day they were booked, 30.0% "
            "more than two weeks after",
            "50.0%",
        ),
        (
            {"1 Day": 5},
            "0.0% of appointments with a known lead time took place on the day they were booked, 0.0% more "
            "than two weeks after",
            "0.0%",
        ),
        ({"Unknown": 5}, "How far ahead appointments were booked is unknown", "not known"),
    ],
)
def test_lead_times_are_of_those_known(counts, sentence, same_day):
    facts = texts(headlines.say_lead_times(distribution("lead_time", counts)))
    assert facts["lead_time"] == sentence
    assert facts["same_day"] == same_day
