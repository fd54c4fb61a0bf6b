"""Every sentence, in every branch, word for word: a caption must be true of the frame beside it."""

from __future__ import annotations

import pandas as pd
import pytest

from analysis_lib import measures
from analysis_lib.publish import headlines
from analysis_lib.publish.headlines import common
from analysis_lib.release import Fact

PLAN = 1_200_000


def text(fact: Fact | str) -> str:
    return fact if isinstance(fact, str) else fact.text


def texts(facts: dict) -> dict[str, str]:
    return {name: text(value) for name, value in facts.items()}


def months(*names: str) -> pd.DatetimeIndex:
    return pd.to_datetime([f"{name}-01" for name in names])


# --- words and numbers ---


@pytest.mark.parametrize(
    ("value", "digits", "shown"),
    [
        (0.0, 1, "0.0%"),
        (0.0004, 1, "under 0.1%"),
        (0.0005, 1, "0.1%"),
        (0.9996, 1, "over 99.9%"),
        (1.0, 1, "100.0%"),
        (0.003, 0, "under 1%"),
        (0.997, 0, "over 99%"),
        (0.436, 0, "44%"),
        (1.2, 0, "120%"),
    ],
)
def test_some_is_never_shown_as_none_nor_nearly_all_as_all(value, digits, shown):
    assert common.say_share(value, digits) == shown


@pytest.mark.parametrize(
    ("before", "after", "word"),
    [(0.0420, 0.0424, "stayed"), (0.0424, 0.0426, "rose"), (0.0426, 0.0424, "fell"), (0.1, 0.1, "stayed")],
)
def test_a_change_counts_if_a_reader_can_see_it(before, after, word):
    assert common.change_word(before, after) == word


def test_names_in_a_sentence():
    assert common.name_groups([]) == "none"
    assert common.name_groups(["A", "B", "C", "D"]) == "A, B, C and D"
    assert common.name_groups(["A", "B", "C", "D", "E"]) == "A, B, C and 2 others"
    assert common.name_groups(["A, B and C", "D"]) == "A, B and C; and D"
    assert common.name_groups(list(months("2024-03", "2024-04"))) == "March 2024 and April 2024"


def test_values_shown_as_equal_get_more_decimals_until_they_differ():
    assert common.say_pair(0.0421, 0.0424) == ("4.21%", "4.24%")
    assert common.say_pair(0.042, 0.042) == ("4.2%", "4.2%")
    assert common.say_pair(1_200_001, 1_200_000, "scaled") == ("1,200,001", "1,200,000")


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
    return pd.DataFrame(
        {
            "month": pd.date_range("2024-01-01", periods=len(counts), freq="MS"),
            "n_appointments": counts,
        }
    )


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
    assert facts["busiest_n"].value == max(counts)


def test_months_are_counted_in_words():
    facts = texts(headlines.say_months(monthly([5, 9])))
    assert facts["months_covered"] == "2 months"
    assert (facts["first_month"], facts["last_month"]) == ("January 2024", "February 2024")
    assert (facts["busiest_month"], facts["quietest_month"]) == ("February 2024", "January 2024")
    assert text(headlines.say_months(monthly([5]))["months_covered"]) == "1 month"


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


def weekdays(**per_day: float) -> pd.DataFrame:
    frame = pd.DataFrame(
        {"weekday": list(per_day), "per_day": pd.Series(list(per_day.values()), dtype=float)}
    )
    return frame.assign(share=frame["per_day"] / frame["per_day"].sum())


@pytest.mark.parametrize(
    ("per_day", "sentence"),
    [
        (
            {"Monday": 1_500_000, "Friday": 1_490_000, "Saturday": 10_000},
            "Monday is the busiest day with 1.50 million appointments on average; weekends hold 0.3% of "
            "appointments",
        ),
        (
            {"Monday": 9, "Friday": 9, "Saturday": 2},
            "Monday and Friday are the busiest days with 9 appointments each on average; weekends hold "
            "10.0% of appointments",
        ),
        (
            {"Monday": 4, "Friday": 4},
            "The weekdays are all equally busy with 4 appointments each on average; weekends hold none of "
            "them",
        ),
        ({"Monday": 4}, "Monday is the only weekday in these files, with 4 appointments on average"),
        ({}, "The files hold no day but bank holidays"),
    ],
)
def test_weekdays(per_day, sentence):
    assert headlines.say_weekdays(weekdays(**per_day))["weekday"] == sentence


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


# --- the planning figure ---


def utilisation(*days: tuple[float, float, float]) -> pd.DataFrame:
    """Months with millions a day by month ÷ 30, calendar and working days."""
    frame = pd.DataFrame(days, columns=["30", "calendar", "working"]) * 1e6
    frame = pd.concat([frame.add_prefix("per_day_"), (frame / PLAN).add_prefix("utilisation_")], axis=1)
    return frame.assign(month=pd.date_range("2024-01-01", periods=len(days), freq="MS"))


SLACK, BUSY, FULL, FEBRUARY = (0.8, 0.8, 1.1), (0.9, 0.9, 1.3), (1.3, 1.25, 1.8), (1.19, 1.22, 1.7)
LONG = (1.22, 1.19, 1.7)


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        (
            [SLACK, BUSY, BUSY],
            "2 of 3 months are over the plan counted by working days, none by calendar days and none by "
            "month ÷ 30",
        ),
        (
            [SLACK, BUSY],
            "1 of 2 months is over the plan counted by working days, none by calendar days and none by "
            "month ÷ 30",
        ),
        (
            [FULL, FULL],
            "2 of 2 months are over the plan counted by working days, 2 by calendar days and 2 by month ÷ 30",
        ),
        ([SLACK, SLACK], "none of 2 months is over the plan, on any basis"),
        ([BUSY], "January 2024 is over the plan by working days, but not by calendar days or month ÷ 30"),
        ([FULL], "January 2024 is over the plan on every basis"),
        ([SLACK], "January 2024 is within the plan on every basis"),
    ],
)
def test_utilisation(rows, sentence):
    facts = texts(headlines.say_utilisation(utilisation(*rows), PLAN))
    assert facts["utilisation"] == f"Against 1,200,000 a day, {sentence}"


def test_utilisation_facts():
    facts = texts(headlines.say_utilisation(utilisation(SLACK, FULL), PLAN))
    assert facts["max_per_day_working"] == "1,800,000"
    assert facts["min_per_day_30"] == "800,000"
    assert facts["mean_utilisation_30"] == "88%"  # (0.8 + 1.3) / 2 / 1.2
    assert facts["max_month_working"] == "February 2024"
    assert facts["max_utilisation_calendar"] == "104%"


@pytest.mark.parametrize(
    ("rows", "finding", "capacity"),
    [
        (
            [SLACK, SLACK],
            "No month exceeded the planning figure, however a day is counted",
            "On no basis does any month exceed the planning figure of 1,200,000 appointments a day",
        ),
        (
            [SLACK, BUSY, BUSY],
            "Whether the planning figure was exceeded depends on how a day is counted",
            "It depends on how a day is counted: no month exceeds the planning figure of 1,200,000 "
            "appointments a day by month ÷ 30 or calendar days, but 2 of 3 do by working days, when "
            "practices are open",
        ),
        (  # February has fewer than 30 days
            [SLACK, FEBRUARY],
            "Whether the planning figure was exceeded depends on how a day is counted",
            "It depends on how a day is counted: no month exceeds the planning figure of 1,200,000 "
            "appointments a day by month ÷ 30, but 1 of 2 does by calendar days and 1 of 2 does by working "
            "days, when practices are open",
        ),
        (  # a month of 31 days: over by 30, not over by the calendar
            [SLACK, LONG],
            "Whether the planning figure was exceeded depends on how a day is counted",
            "It depends on how a day is counted: no month exceeds the planning figure of 1,200,000 "
            "appointments a day by calendar days, but 1 of 2 does by month ÷ 30 and 1 of 2 does by working "
            "days, when practices are open",
        ),
        (
            [SLACK, FULL, FULL],
            "The planning figure was exceeded in some months, however a day is counted",
            "The planning figure of 1,200,000 appointments a day is exceeded on every basis: of 3 months, "
            "in 2 by month ÷ 30, in 2 by calendar days and in 2 by working days",
        ),
        (
            [SLACK, FULL, BUSY],
            "The planning figure was exceeded in at least one month, however a day is counted",
            "The planning figure of 1,200,000 appointments a day is exceeded on every basis: of 3 months, "
            "in 1 by month ÷ 30, in 1 by calendar days and in 2 by working days",
        ),
        (
            [BUSY, BUSY],
            "Counted by working days, every month exceeded the planning figure",
            "It depends on how a day is counted: no month exceeds the planning figure of 1,200,000 "
            "appointments a day by month ÷ 30 or calendar days, but 2 of 2 do by working days, when "
            "practices are open",
        ),
        (
            [BUSY, FULL],
            "Counted by working days, every month exceeded the planning figure",
            "The planning figure of 1,200,000 appointments a day is exceeded on every basis: of 2 months, "
            "in 1 by month ÷ 30, in 1 by calendar days and in 2 by working days",
        ),
        (
            [FULL, FULL],
            "The planning figure was exceeded in every month, however a day is counted",
            "The planning figure of 1,200,000 appointments a day is exceeded on every basis: of 2 months, "
            "in 2 by month ÷ 30, in 2 by calendar days and in 2 by working days",
        ),
        (
            [SLACK],
            "No month exceeded the planning figure, however a day is counted",
            "On no basis does any month exceed the planning figure of 1,200,000 appointments a day",
        ),
        (
            [BUSY],
            "Whether the planning figure was exceeded depends on how a day is counted",
            "Against the planning figure of 1,200,000 appointments a day, January 2024 is over the plan by "
            "working days, but not by calendar days or month ÷ 30",
        ),
        (
            [FULL],
            "The planning figure was exceeded, however a day is counted",
            "Against the planning figure of 1,200,000 appointments a day, January 2024 is over the plan on "
            "every basis",
        ),
    ],
)
def test_answers(rows, finding, capacity):
    facts = headlines.say_answers(utilisation(*rows), PLAN)
    assert facts["capacity_finding"] == finding
    assert facts["answer_capacity"] == capacity
    assert facts["answer"] == (
        "The files cannot say whether capacity was adequate: they hold no staff, hours or requests turned "
        "away. "
        f"What they show: {capacity[0].lower()}{capacity[1:]}."
    )


def test_answer_on_utilisation():
    assert headlines.say_answers(utilisation(SLACK, BUSY), PLAN)["answer_utilisation"] == (
        "On average 71% of the planning figure counting each month as 30 days, 71% by calendar days and "
        "100% by working days"
    )
    assert headlines.say_answers(utilisation(BUSY), PLAN)["answer_utilisation"] == (
        "75% of the planning figure counting each month as 30 days, 75% by calendar days and 108% by "
        "working days"
    )


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        ([SLACK] * 3 + [BUSY] * 12, "Of the latest 12 months, 12 exceeded it by working days"),
        ([BUSY] * 5 + [SLACK] * 12, "Of the latest 12 months, none exceeded it by working days"),
        ([SLACK] * 12 + [BUSY, SLACK, FULL], "Of the latest 12 months, 2 exceeded it by working days"),
        ([SLACK, BUSY], "Of the latest 2 months, 1 exceeded it by working days"),
        ([BUSY], "The only month exceeded it by working days"),
        ([SLACK], "The only month did not exceed it by working days"),
    ],
)
def test_latest_months(rows, sentence):
    assert headlines.say_answers(utilisation(*rows), PLAN)["latest"] == sentence
    backwards = utilisation(*rows).iloc[::-1]
    assert headlines.say_answers(backwards, PLAN)["latest"] == sentence


def exceedance(*rows: tuple[str, int, int]) -> pd.DataFrame:
    """Months with working days, and those over."""
    frame = pd.DataFrame(rows, columns=["month", "n_days_working", "n_days_working_over"])
    return frame.assign(month=pd.to_datetime(frame["month"]))


@pytest.mark.parametrize(
    ("days", "over", "sentence", "share"),
    [
        (144, 48, "On 48 of 144 working days (33%) GP calls exceeded the planning figure", "33%"),
        (300, 1, "On 1 of 300 working days (under 1%) GP calls exceeded the planning figure", "under 1%"),
        (300, 0, "On none of 300 working days did GP calls exceed the planning figure", "0%"),
        (20, 20, "On all 20 working days GP calls exceeded the planning figure", "100%"),
        (2, 2, "On both working days GP calls exceeded the planning figure", "100%"),
        (1, 1, "On the only working day in these files, GP calls exceeded the planning figure", "100%"),
        (1, 0, "On the only working day in these files, GP calls did not exceed the planning figure", "0%"),
    ],
)
def test_exceedance(days, over, sentence, share):
    facts = texts(
        headlines.say_exceedance(exceedance(("2024-02", 0, 0), ("2024-01", days, over)), "GP calls")
    )
    assert facts["exceedance"] == f"{sentence} (January 2024 to February 2024)"
    assert facts["days_over_share"] == share
    alone = headlines.say_exceedance(exceedance(("2024-01", days, over)), "GP calls")
    assert alone["exceedance"] == f"{sentence} (January 2024)"


@pytest.mark.parametrize(
    ("days", "over", "sentence"),
    [
        (
            20,
            5,
            "On 5 of 20 working days (25%) attended appointments exceeded the planning figure (January "
            "2024); the others are not counted by day, so this is a minimum",
        ),
        (
            20,
            0,
            "On none of 20 working days did attended appointments exceed the planning figure (January "
            "2024); the others are not counted by day, so this is a minimum",
        ),
        (20, 20, "On all 20 working days attended appointments exceeded the planning figure (January 2024)"),
    ],
)
def test_exceedance_of_attended_appointments_is_a_minimum(days, over, sentence):
    frame = exceedance(("2024-01", days, over))
    assert headlines.say_exceedance(frame, "attended appointments")["exceedance"] == sentence


@pytest.mark.parametrize("rows", [(), [("2024-01", 0, 0)]])
@pytest.mark.parametrize("what", ["appointments", "attended appointments"])
def test_exceedance_without_a_working_day(rows, what):
    facts = texts(headlines.say_exceedance(exceedance(*rows), what))
    assert facts["exceedance"] == "The files hold no working day to hold against the planning figure"
    assert facts["days_over_share"] == "not known"


# --- seasons ---

CALENDAR_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def seasons(**years: dict[str, float | None]) -> pd.DataFrame:
    """Ratio to the year's mean by year and calendar month; months not named are at the mean."""
    names = list(CALENDAR_MONTHS)
    rows = [(year[1:], m, ratios.get(m, 1.0)) for year, ratios in years.items() for m in names]
    frame = pd.DataFrame(rows, columns=["year", "calendar_month", "ratio"])
    return frame.astype({"ratio": float, "calendar_month": pd.CategoricalDtype(names, ordered=True)})


NO_YEAR = dict.fromkeys(CALENDAR_MONTHS)


@pytest.mark.parametrize(
    ("years", "sentence"),
    [
        (
            {"_2023": {"Oct": 1.2, "Aug": 0.8}},
            "Working days were busiest in October, 20% above the year's mean, and quietest in August, 20% "
            "below it (in 2023)",
        ),
        (  # October 1.15 and May 0.85 on average of the two years
            {"_2022": NO_YEAR, "_2023": {"Oct": 1.2, "Mar": 1.12, "May": 0.8, "Aug": 0.9}}
            | {"_2024": {"Oct": 1.1, "May": 0.9}},
            "Working days were busiest in October, 15% above the year's mean, and quietest in May, 15% "
            "below it (over 2 full years)",
        ),
        (
            {"_2023": {"Nov": 1.1, "Mar": 1.1, "Aug": 0.8}},
            "Working days were busiest in March and November, 10% above the year's mean, and quietest in "
            "August, 20% below it (in 2023)",
        ),
        (
            {"_2023": {"Nov": 1.001, "Aug": 0.999}},
            "Working days were busiest in November, under 1% above the year's mean, and quietest in "
            "August, under 1% below it (in 2023)",
        ),
        ({"_2023": {}}, "Working days were equally busy in every calendar month (in 2023)"),
        (
            {"_2023": NO_YEAR},
            "No calendar year is complete in these files, so seasons cannot be compared",
        ),
        ({}, "No calendar year is complete in these files, so seasons cannot be compared"),
    ],
)
def test_seasons(years, sentence):
    assert headlines.say_seasons(seasons(**years)) == {"season": sentence}


# --- forecast ---


def scores(*rows: tuple[str, str, float], n_months: int = 6) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["method", "label", "mape"])
    base = frame.loc[frame["method"] == "seasonal_naive", "mape"].iloc[0]
    return frame.assign(n_months=n_months, coverage95=0.9, ratio_to_baseline=frame["mape"] / base)


NAIVE = ("seasonal_naive", "same month a year before", 0.08)
FORECAST = pd.DataFrame(
    {"month": months("2024-07", "2024-08"), "n_appointments": [2e7, 2.5e7], "n_low95": [1e7, 2.15e7]}
    | {"n_high95": [3e7, 2.85e7]}
)


@pytest.mark.parametrize(
    ("rows", "beats", "sentence", "mape"),
    [
        (
            [("level", "recent mean", 0.011), NAIVE],
            True,
            "Over 6 months held back, the recent mean forecasts better than the same month a year before: "
            "its error is 1.1% against 8.0%",
            "1.1%",
        ),
        (
            [("season", "recent mean, times a seasonal factor", 0.07998), NAIVE],
            True,
            "Over 6 months held back, the recent mean, times a seasonal factor, forecasts better than the "
            "same month a year before: its error is 7.998% against 8.000%",
            "8.0%",
        ),
        (
            [NAIVE, ("level", "recent mean", 0.1)],
            False,
            "Over 6 months held back, no method forecasts better than the same month a year before (error "
            "8.0%; the best other, recent mean, 10.0%)",
            "8.0%",
        ),
        (  # a tie is no win, whichever comes first
            [("level", "recent mean", 0.08), NAIVE],
            False,
            "Over 6 months held back, no method forecasts better than the same month a year before (error "
            "8.0%; the best other, recent mean, 8.0%)",
            "8.0%",
        ),
        (
            [NAIVE],
            False,
            "Over 6 months held back, the same month a year before has an error of 8.0%",
            "8.0%",
        ),
        (  # a series that repeats itself: the ratio to the baseline is no number
            [("seasonal_naive", "same month a year before", 0.0), ("level", "recent mean", 0.1)],
            False,
            "Over 6 months held back, no method forecasts better than the same month a year before (error "
            "0.0%; the best other, recent mean, 10.0%)",
            "0.0%",
        ),
    ],
)
def test_forecast(rows, beats, sentence, mape):
    facts = texts(headlines.say_forecast(scores(*rows), FORECAST, beats))
    assert facts["forecast"] == sentence
    assert facts["forecast_mape"] == mape
    assert facts["forecast_month"] == "August 2024"
    assert (facts["forecast_n"], facts["forecast_low"], facts["forecast_high"]) == (
        "25.0 million",
        "21.5 million",
        "28.5 million",
    )


def test_forecast_judged_on_one_month():
    facts = headlines.say_forecast(scores(NAIVE, n_months=1), FORECAST, False)
    assert facts["forecast"].startswith("Over 1 month held back, the same month")
    assert facts["forecast_coverage"] == "90% of 1 month"


@pytest.mark.parametrize(
    ("beats", "coverage", "shown"),
    [
        (True, [0.83, 0.5], "83% of 6 months"),
        (False, [0.83, 0.5], "50% of 6 months"),
        (True, [None, 0.5], "an unknown share of 6 months"),
    ],
)
def test_coverage_is_that_of_the_method_chosen(beats, coverage, shown):
    frame = scores(("level", "recent mean", 0.011), NAIVE).assign(coverage95=coverage)
    assert headlines.say_forecast(frame, FORECAST, beats)["forecast_coverage"] == shown


# --- XmR ---


def xmr(values: list[float | None], signals: list[str], low: float, high: float) -> pd.DataFrame:
    return pd.DataFrame({"value": pd.Series(values, dtype=float), "signal": signals}).assign(
        month=pd.date_range("2024-01-01", periods=len(values), freq="MS"),
        mean=(low + high) / 2,
        lower=low,
        upper=high,
    )


@pytest.mark.parametrize(
    ("signals", "sentence", "state"),
    [
        (
            ["none", "none"],
            "The DNA rate stayed within the usual month-to-month movement (3.9% to 4.5%)",
            "within the usual movement",
        ),
        (
            ["none", "outside"],
            "The DNA rate was highest in February 2024 (4.3%) and lowest in January 2024 (4.0%); the usual "
            "range is 3.9% to 4.5%",
            "outside the limits",
        ),
        (
            ["run", "run"],
            "The DNA rate was highest in February 2024 (4.3%) and lowest in January 2024 (4.0%); the usual "
            "range is 3.9% to 4.5%, but most months signal: the level has changed",
            "in a run of seven or more on one side of the mean",
        ),
        (
            ["none", "trend"],
            "The DNA rate was highest in February 2024 (4.3%) and lowest in January 2024 (4.0%); the usual "
            "range is 3.9% to 4.5%",
            "in a trend of seven or more",
        ),
        (
            ["near_limit", "near_limit"],
            "The DNA rate was highest in February 2024 (4.3%) and lowest in January 2024 (4.0%); the usual "
            "range is 3.9% to 4.5%, but most months signal: the level has changed",
            "one of two in three months near the same limit",
        ),
    ],
)
def test_xmr(signals, sentence, state):
    facts = texts(headlines.say_xmr(xmr([0.04, 0.043], signals, 0.039, 0.045), "xmr", "The DNA rate", "rate"))
    assert facts["xmr"] == sentence
    assert facts["xmr_last"] == f"February 2024, at 4.3%, is {state}"
    assert facts["xmr_signals"] == str(sum(s != "none" for s in signals))


def test_xmr_names_every_month_at_an_end_and_tells_values_apart():
    signals = ["outside", "none", "none", "none", "none"]
    chart = xmr([0.05, 0.02, 0.02, 0.02, 0.03], signals, 0.021, 0.04)
    assert headlines.say_xmr(chart, "x", "The DNA rate", "rate")["x"] == (
        "The DNA rate was highest in January 2024 (5.0%) and lowest in February 2024, March 2024 and April "
        "2024 (2.0%); the usual range is 2.1% to 4.0%"
    )
    close = headlines.say_xmr(xmr([0.0421, 0.0424], ["none", "run"], 0.03, 0.05), "x", "The DNA rate", "rate")
    assert close["x"] == (  # half of the months are not most
        "The DNA rate was highest in February 2024 (4.24%) and lowest in January 2024 (4.21%); the usual "
        "range is 3.0% to 5.0%"
    )


def test_xmr_with_new_limits_and_signals():
    chart = xmr([0.04, 0.06, 0.065], ["outside", "none", "none"], 0.03, 0.05)
    chart.loc[1:, ["mean", "lower", "upper"]] = [0.06, 0.05, 0.07]
    assert headlines.say_xmr(chart, "x", "The DNA rate", "rate")["x"] == (
        "The DNA rate was highest in March 2024 (6.5%) and lowest in January 2024 (4.0%); the usual range "
        "is now 5.0% to 7.0%"
    )


def test_xmr_limits_below_nothing_are_not_shown():
    facts = headlines.say_xmr(xmr([0.01, 0.02], ["none"] * 2, -0.01, 0.04), "x", "The DNA rate", "rate")
    assert facts["x"] == "The DNA rate stayed within the usual month-to-month movement (up to 4.0%)"


def test_xmr_of_a_constant_and_of_a_last_month_without_value():
    flat = headlines.say_xmr(xmr([5, 5, 5], ["none"] * 3, 5, 5), "x", "Appointments", "count")
    assert flat["x"] == "Appointments stayed at 5 in all 3 months"
    gap = headlines.say_xmr(xmr([0.04, None], ["none"] * 2, 0.03, 0.05), "x", "The DNA rate", "rate")
    assert gap["x_last"] == "January 2024, at 4.0%, is within the usual movement"


def test_xmr_with_new_limits_says_so():
    chart = xmr([0.04, 0.06], ["none"] * 2, 0.03, 0.05)
    chart.loc[1, ["mean", "lower", "upper"]] = [0.06, 0.05, 0.07]
    assert headlines.say_xmr(chart, "x", "The DNA rate", "rate")["x"] == (
        "The DNA rate stayed within the usual month-to-month movement (now 5.0% to 7.0%)"
    )


# --- missed appointments ---


def overall(attended: int, dna: int, unknown: int) -> pd.Series:
    known, total = attended + dna, attended + dna + unknown
    return pd.Series(
        {
            "n_attended": attended,
            "n_dna": dna,
            "n_unknown": unknown,
            "dna_rate": dna / known if known else float("nan"),
            "bound_low": dna / total,
            "bound_high": (dna + unknown) / total,
            "unknown_share": unknown / total,
        }
    )


@pytest.mark.parametrize(
    ("counts", "sentence", "finding", "one_in"),
    [
        (
            (900, 100, 250),
            "10.0% of appointments of known status were missed; between 8.0% and 28.0% if the Unknown are "
            "counted",
            "About one appointment in 10 is missed",
            "10",
        ),
        (
            (960, 40, 0),
            "4.0% of appointments of known status were missed; the status of none is unknown",
            "About one appointment in 25 is missed",
            "25",
        ),
        (
            (86, 14, 0),
            "14.0% of appointments of known status were missed; the status of none is unknown",
            "About one appointment in 7.1 is missed",
            "7.1",
        ),
        (
            (50, 0, 50),
            "0.0% of appointments of known status were missed; between 0.0% and 50.0% if the Unknown are "
            "counted",
            "No appointment of known status was missed",
            "not known",
        ),
        (
            (0, 0, 50),
            "The final status of every appointment is unknown, so nobody can say how many were missed",
            "How many appointments are missed is not known",
            "not known",
        ),
        (
            (25, 75, 0),
            "75.0% of appointments of known status were missed; the status of none is unknown",
            "About 75% of appointments of known status were missed",
            "1.3",
        ),
        (
            (99_999, 1, 0),
            "Under 0.1% of appointments of known status were missed; the status of none is unknown",
            "About one appointment in 100,000 is missed",
            "100,000",
        ),
    ],
)
def test_overall(counts, sentence, finding, one_in):
    facts = texts(headlines.say_overall(overall(*counts)))
    assert facts["overall"] == sentence
    assert facts["one_in_finding"] == finding
    assert facts["one_in"] == one_in
    assert [facts[n] for n in ("n_attended", "n_dna", "n_unknown")] == [f"{c:,}" for c in counts]


def rates(groups: dict, column: str = "mode", unknown_exceeds: tuple = ()) -> pd.DataFrame:
    """Groups with their DNA rate, and which hold more Unknown than missed."""
    names = list(groups)
    return pd.DataFrame(
        {
            column: names,
            "dna_rate": pd.Series(list(groups.values()), dtype=float),
            "unknown_exceeds_dna": [n in unknown_exceeds for n in names],
        }
    )


@pytest.mark.parametrize(
    ("groups", "sentence"),
    [
        (
            {"A": 0.052, "B": 0.01, "C": 0.03, "Unknown": 0.5},
            "The DNA rate was highest for A (5.2%) and lowest for B (1.0%)",
        ),
        ({"A": 0.0524, "B": 0.0521}, "The DNA rate was highest for A (5.24%) and lowest for B (5.21%)"),
        (
            {"A": 0.05, "B": 0.05, "C": 0.01},
            "The DNA rate was highest for A and B (5.0% each) and lowest for C (1.0%)",
        ),
        (
            {"A": 0.05, "B": 0.0, "C": 0.0},
            "The DNA rate was highest for A (5.0%) and lowest for B and C (0.0% each)",
        ),
        ({"A": 0.05, "B": 0.05}, "The DNA rate was the same for both modes: 5.0%"),
        ({"A": 0.05, "B": 0.05, "C": 0.05}, "The DNA rate was the same for all 3 modes: 5.0%"),
        ({"A": 0.05, "B": None}, "The DNA rate was 5.0% for A, the only mode with a rate"),
        ({"A": 0.05, "Unknown": 0.9}, "The DNA rate was 5.0% for A, the only known mode with a rate"),
        (
            {"Unknown": 0.05},
            "No known mode has appointments of known status, so there is no DNA rate to compare",
        ),
        (
            {"A": None, "B": None},
            "No mode has appointments of known status, so there is no DNA rate to compare",
        ),
    ],
)
def test_groups(groups, sentence):
    assert headlines.say_groups(rates(groups), "mode", "mode")["mode"] == sentence


def test_groups_of_months_and_with_a_phrase():
    frame = rates(dict(zip(months("2024-01", "2024-02"), (0.04, 0.05), strict=True)), "month")
    frame["month"] = pd.to_datetime(frame["month"])
    facts = texts(headlines.say_groups(frame.assign(unknown_exceeds_dna=[True, False]), "month", "m"))
    assert (
        facts["m"] == "The DNA rate was highest for February 2024 (5.0%) and lowest for January 2024 (4.0%)"
    )
    assert facts["m_highest"] == "February 2024"
    assert facts["m_unknown"] == "More Unknown than missed appointments: January 2024"
    lead = rates({"Same Day": 0.02, "1 Day": 0.03}, "lead_time")
    assert headlines.say_groups(lead, "lead_time", "lead", "lead time {group}")["lead"] == (
        "The DNA rate was highest for lead time 1 Day (3.0%) and lowest for lead time Same Day (2.0%)"
    )


def test_group_facts():
    facts = texts(headlines.say_groups(rates({"A": 0.06, "B": 0.02}), "mode", "mode"))
    assert facts["mode_ratio"] == "3.0"
    assert (facts["mode_highest_rate"], facts["mode_lowest_rate"]) == ("6.0%", "2.0%")
    assert text(headlines.say_groups(rates({"A": 0.06, "B": 0.0}), "mode", "mode")["mode_ratio"]) == "many"
    assert set(texts(headlines.say_groups(rates({"A": None}), "mode", "mode"))) == set(facts)


@pytest.mark.parametrize(
    ("more", "sentence", "note"),
    [
        ((), "No known mode holds more Unknown than missed appointments", ""),
        (("Unknown",), "No known mode holds more Unknown than missed appointments", ""),
        (("A", "C"), "More Unknown than missed appointments: A and C", "; there the rate says little"),
        (
            ("A", "B", "C"),
            "Every known mode holds more Unknown than missed appointments",
            "; there the rate says little",
        ),
    ],
)
def test_groups_with_more_unknown_than_missed(more, sentence, note):
    frame = rates({"A": 0.05, "B": 0.04, "C": 0.03, "Unknown": 0.9}, unknown_exceeds=more)
    facts = headlines.say_groups(frame, "mode", "mode")
    assert facts["mode_unknown"] == sentence
    assert facts["mode_unknown_note"] == sentence + note


def standardised(rows: dict[str, tuple], column: str = "icb_name") -> pd.DataFrame:
    """Groups with crude rate, standardised rate, rank change."""
    frame = pd.DataFrame.from_dict(
        rows, orient="index", columns=["dna_rate", "dna_rate_standardised", "rank_change"]
    )
    frame = frame.rename_axis(column).reset_index().astype({"rank_change": "Int64"})
    return frame.assign(weight_missing=0.0)


@pytest.mark.parametrize(
    ("rows", "sentence", "finding"),
    [
        (
            {"A": (0.06, 0.05, 0), "B": (0.02, 0.03, 0), "Unknown": (0.9, 0.9, 0)},
            "With the same mix of appointments, the gap between highest and lowest narrows from 4.0 to 2.0 "
            "percentage points",
            "Differences between areas are narrower once their mix of appointments is allowed for",
        ),
        (
            {"A": (0.06, 0.07, 0), "B": (0.02, 0.01, 0)},
            "With the same mix of appointments, the gap between highest and lowest widens from 4.0 to 6.0 "
            "percentage points",
            "Differences between areas are wider once their mix of appointments is allowed for",
        ),
        (
            {"A": (0.06, 0.0601, 0), "B": (0.02, 0.0199, 0)},
            "With the same mix of appointments, the gap between highest and lowest stays at 4.0 percentage "
            "points",
            "Differences between areas are about as wide once their mix of appointments is allowed for",
        ),
        (  # no gap at all must not lose its first digit
            {"A": (0.02, 0.02, 0), "B": (0.02, 0.02, 0)},
            "With the same mix of appointments, the gap between highest and lowest stays at 0.0 percentage "
            "points",
            "Differences between areas are about as wide once their mix of appointments is allowed for",
        ),
        (  # a group that has no standardised rate takes no part in the crude gap either
            {"A": (0.06, 0.05, 0), "B": (0.02, 0.03, 0), "C": (0.50, None, None)},
            "With the same mix of appointments, the gap between highest and lowest narrows from 4.0 to 2.0 "
            "percentage points",
            "Differences between areas are narrower once their mix of appointments is allowed for",
        ),
        (
            {"A": (0.06, 0.05, 0)},
            "There are no two areas to compare at the same mix of appointments",
            "There are no two areas to compare",
        ),
        (
            {"A": (0.06, None, None), "B": (0.05, None, None)},
            "There are no two areas to compare at the same mix of appointments",
            "There are no two areas to compare",
        ),
    ],
)
def test_standardised(rows, sentence, finding):
    facts = headlines.say_standardised(standardised(rows), "icb_name", "std")
    assert facts["std"] == sentence
    assert facts["std_finding"] == finding


def test_standardised_speaks_of_what_it_compares():
    frame = standardised({"GP": (0.06, 0.05, 0), "Other": (0.02, 0.03, 0)}, "hcp_type")
    assert headlines.say_standardised(frame, "hcp_type", "s")["s_finding"] == (
        "Differences between staff groups are narrower once their mix of appointments is allowed for"
    )


@pytest.mark.parametrize(
    ("moves", "n", "names", "note"),
    [
        ((0, 4, -4), "0", "none", "No area moves by five ranks or more once the mix is allowed for"),
        ((5, 0, 0), "1", "A", "1 area moves by five ranks or more once the mix is allowed for: A"),
        (
            (5, None, -9),
            "2",
            "C and A",
            "2 areas move by five ranks or more once the mix is allowed for: C and A",
        ),
    ],
)
def test_areas_that_move_many_ranks(moves, n, names, note):
    frame = standardised({g: (0.05, 0.04, move) for g, move in zip("ABC", moves, strict=True)})
    facts = texts(headlines.say_standardised(frame, "icb_name", "s"))
    assert (facts["s_moved"], facts["s_moved_names"], facts["s_moved_note"]) == (n, names, note)


@pytest.mark.parametrize(
    ("rate_from", "rate_to", "mix", "sentence"),
    [
        (
            0.0502,
            0.0469,
            -0.0043,
            "fell from 5.02% to 4.69%: −0.43 percentage points from a different mix of appointments, +0.10",
        ),
        (
            0.04,
            0.05,
            0.0,
            "rose from 4.00% to 5.00%: 0.00 percentage points from a different mix of appointments, +1.00",
        ),
        (
            0.04001,
            0.04002,
            0.002,
            "stayed at 4.00%: +0.20 percentage points from a different mix of appointments, −0.20",
        ),
    ],
)
def test_change(rate_from, rate_to, mix, sentence):
    change = {"period_from": "2020-01", "period_to": "2022-06", "rate_from": rate_from, "rate_to": rate_to}
    facts = texts(headlines.say_change({**change, "mix": mix, "rate": rate_to - rate_from - mix}, "change"))
    assert facts["change"] == (
        f"Between January 2020 and June 2022 the DNA rate {sentence} percentage points from different "
        f"rates for "
        "the same kind"
    )
    assert (facts["change_from"], facts["change_to"]) == ("January 2020", "June 2022")


LONGEST = "More than 28 Days"


def lead_table(groups: dict[str, tuple]) -> pd.DataFrame:
    """Lead times with their DNA rate, crude and standardised."""
    frame = pd.DataFrame.from_dict(
        groups, orient="index", columns=["dna_rate", "dna_rate_standardised"], dtype=float
    )
    return frame.rename_axis("lead_time").reset_index()


@pytest.mark.parametrize(
    ("same", "longest", "finding", "sentence"),
    [
        (
            0.018,
            0.109,
            "missed more often than those",
            "10.9% of appointments booked more than 28 days ahead are missed, against 1.8% of those booked "
            "for the same day",
        ),
        (
            0.1,
            0.05,
            "missed less often than those",
            "5.0% of appointments booked more than 28 days ahead are missed, against 10.0% of those booked "
            "for the same day",
        ),
        (
            0.05,
            0.05,
            "missed as often as those",
            "5.0% of appointments booked more than 28 days ahead are missed, against 5.0% of those booked "
            "for the same day",
        ),
        (
            0.0,
            0.0001,
            "missed more often than those",
            "Under 0.1% of appointments booked more than 28 days ahead are missed, against 0.0% of those "
            "booked for the same day",
        ),
    ],
)
def test_lead_contrast(same, longest, finding, sentence):
    facts = headlines.say_lead_contrast(lead_table({"Same Day": (same, 0.02), LONGEST: (longest, 0.08)}))
    assert (
        facts["lead_finding"]
        == f"Appointments booked more than four weeks ahead are {finding} of the same day"
    )
    assert facts["lead_times"] == sentence
    assert facts["lead_same_mix"] == "With the same mix of staff and modes the two are 8.0% and 2.0%"


@pytest.mark.parametrize(
    ("same", "longest", "alike"),
    [
        (0.0301, 0.0304, "the two are 3.04% and 3.01%"),
        (0.05, 0.05, "both are 5.0%"),
        (None, 0.05, "the two cannot be compared"),
        (None, None, "the two cannot be compared"),
    ],
)
def test_lead_contrast_at_the_same_mix(same, longest, alike):
    facts = headlines.say_lead_contrast(lead_table({"Same Day": (0.02, same), LONGEST: (0.1, longest)}))
    assert facts["lead_same_mix"] == f"With the same mix of staff and modes {alike}"


def test_lead_contrast_of_the_table_that_is_made_of_appointments():
    # Same day: GP 10% of 100, other staff 30% of 300. Longest: GP 20% of 300, other staff 60% of 100. GPs and
    # others each have half of all 800: (10 + 30) / 2 = 20% and (20 + 60) / 2 = 40%.
    cells = [("Same Day", "GP", 100, 10), ("Same Day", "Other", 300, 90)]
    cells += [(LONGEST, "GP", 300, 60), (LONGEST, "Other", 100, 60)]
    rows = []
    for lead, staff, n, dna in cells:
        rows += [(lead, staff, "Telephone", "DNA", dna), (lead, staff, "Telephone", "Attended", n - dna)]
    frame = pd.DataFrame(rows, columns=["lead_time", "hcp_type", "mode", "status", "n_appointments"])
    assert headlines.say_lead_contrast(measures.attendance_table(frame, "lead_time")) == {
        "lead_finding": "Appointments booked more than four weeks ahead are missed more often than "
        "those of the "
        "same day",
        "lead_times": "30.0% of appointments booked more than 28 days ahead are missed, against "
        "25.0% of those "
        "booked for the same day",
        "lead_same_mix": "With the same mix of staff and modes the two are 40.0% and 20.0%",
    }


@pytest.mark.parametrize(
    "groups",
    [{}, {"Same Day": (0.1, 0.1)}, {"Same Day": (None, None), LONGEST: (0.1, 0.1)}, {"Unknown": (0.1, None)}],
)
def test_lead_contrast_that_cannot_be_made(groups):
    absent = "The files do not hold both the same day and more than 28 days"
    assert headlines.say_lead_contrast(lead_table(groups)) == {
        "lead_finding": "Lead times cannot be compared in these files",
        "lead_times": absent,
        "lead_same_mix": absent,
    }


def bounds(**groups: tuple[int, int, int]) -> pd.DataFrame:
    """Groups of attended, missed and unknown appointments."""
    frame = pd.DataFrame.from_dict(
        groups, orient="index", columns=["n_attended", "n_dna", "n_unknown"], dtype="int64"
    )
    frame = frame.rename_axis("mode").reset_index()
    known, total = (
        frame["n_attended"] + frame["n_dna"],
        frame[["n_attended", "n_dna", "n_unknown"]].sum(axis=1),
    )
    return frame.assign(
        dna_rate=frame["n_dna"] / known.where(known > 0),
        bound_low=frame["n_dna"] / total,
        bound_high=(frame["n_dna"] + frame["n_unknown"]) / total,
    )


@pytest.mark.parametrize(
    ("groups", "sentence"),
    [
        (  # 200 of 1,000 known and unknown; (10 + 40) of 1,000
            {"A": (700, 200, 100), "B": (950, 10, 40), "C": (900, 50, 50)},
            "The order holds whatever the Unknown were: at the least 20.0% for A, at the most 5.0% for B",
        ),
        (
            {"B": (890, 10, 100), "A": (900, 50, 50), "Unknown": (0, 9, 0)},
            "The Unknown could reverse this order: A could be as low as 5.0%, and B as high as 11.0%",
        ),
        (  # the two meet, and no more
            {"A": (850, 100, 50), "B": (900, 50, 50)},
            "The Unknown could undo this order: A could be as low as 10.0%, and B as high as 10.0%",
        ),
        (
            {"A": (900, 100, 0), "B": (950, 50, 0)},
            "The order does not depend on the Unknown: A and B have none",
        ),
        (  # B and C tie below; the Unknown of C could lift it most
            {"A": (900, 100, 0), "B": (990, 10, 0), "C": (495, 5, 500)},
            "The Unknown could reverse this order: A could be as low as 10.0%, and C as high as 50.5%",
        ),
        (  # A and B tie above; B could fall most
            {"A": (800, 200, 0), "B": (400, 100, 500), "C": (950, 50, 0)},
            "The order holds whatever the Unknown were: at the least 10.0% for B, at the most 5.0% for C",
        ),
        (
            {"A": (900, 100, 50), "B": (90, 10, 0)},
            "The DNA rate is the same for every group, so there is no order",
        ),
        ({"A": (900, 100, 50)}, "There are no two groups to compare"),
        ({"A": (900, 100, 50), "Unknown": (9, 1, 0)}, "There are no two groups to compare"),
        ({"A": (900, 100, 50), "B": (0, 0, 50)}, "There are no two groups to compare"),
        ({"A": (0, 0, 50), "B": (0, 0, 50)}, "There are no two groups to compare"),
        ({"Unknown": (900, 100, 50)}, "There are no two groups to compare"),
        ({}, "There are no two groups to compare"),
    ],
)
def test_bounds(groups, sentence):
    assert headlines.say_bounds(bounds(**groups), "mode", "m") == {"m_bounds": sentence}


def test_bounds_do_not_depend_on_how_rows_are_numbered():
    frame = bounds(A=(700, 200, 100), B=(950, 10, 40)).set_axis([0, 0])
    assert headlines.say_bounds(frame, "mode", "m")["m_bounds"].startswith("The order holds")


def test_bounds_of_months_and_with_a_phrase():
    frame = bounds(a=(700, 200, 100), b=(950, 10, 40))
    by_month = frame.assign(month=months("2024-01", "2024-02"))
    assert headlines.say_bounds(by_month, "month", "month")["month_bounds"] == (
        "The order holds whatever the Unknown were: at the least 20.0% for January 2024, at the most 5.0% "
        "for February 2024"
    )
    assert headlines.say_bounds(frame, "mode", "m", "mode {group}")["m_bounds"].endswith(
        "at the least 20.0% for mode a, at the most 5.0% for mode b"
    )


def funnel(*rows: tuple[str, float | None, str, str, float]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["icb_name", "rate", "outlier", "direction", "z_adjusted"])
    return frame.assign(phi=25_765.66)


MID = ("Mid", 0.05, "none", "none", 0.0)
NEAR = ("Near", 0.06, "95", "high", 2.0)
UP = ("Up", 0.09, "99.8", "high", 3.5)
TOP = ("Top", 0.10, "99.8", "high", 4.0)
DOWN = ("Down", 0.01, "99.8", "low", -5.0)
EMPTY = ("Empty", None, "none", "none", float("nan"))


FIRST = "Compare ICBs only at the same mix of appointments, and start with those outside the funnel: "
NO_TWO = "There are no two ICBs to compare"


@pytest.mark.parametrize(
    ("rows", "sentence", "high", "low", "advice"),
    [
        (
            [MID, NEAR],
            "No ICB lies beyond the 99.8% limits: differences are of the size that areas usually show",
            "none",
            "none",
            "Compare ICBs only at the same mix of appointments; none is outside the funnel",
        ),
        ([MID, UP, EMPTY], "1 of 2 ICBs lies above the upper 99.8% limit", "Up", "none", f"{FIRST}Up"),
        (
            [MID, UP, TOP, DOWN],
            "2 of 4 ICBs lie above the upper 99.8% limit, and 1 lies below the lower",
            "Top and Up",
            "Down",
            f"{FIRST}Down, Top and Up",
        ),
        ([MID, DOWN], "1 of 2 ICBs lies below the lower 99.8% limit", "none", "Down", f"{FIRST}Down"),
        ([MID], NO_TWO, "none", "none", NO_TWO),
    ],
)
def test_funnel(rows, sentence, high, low, advice):
    facts = texts(headlines.say_funnel(funnel(*rows), "icb_name", "funnel", "ICB"))
    assert facts["funnel"] == sentence
    assert (facts["funnel_high"], facts["funnel_low"]) == (high, low)
    assert facts["funnel_advice"] == advice
    assert facts["funnel_phi"] == "25,766"


@pytest.mark.parametrize(
    ("rows", "finding", "outside"),
    [
        ([MID, UP, EMPTY], "1 of 2 ICBs stands out", "Above: Up. Below: none"),
        ([MID, UP, TOP, DOWN], "3 of 4 ICBs stand out", "Above: Top and Up. Below: Down"),
        (
            [MID, NEAR],
            "No ICB stands out beyond what is usual",
            "All lie within the limits, though one ICB comes near",
        ),
        (
            [MID, NEAR, NEAR],
            "No ICB stands out beyond what is usual",
            "All lie within the limits, though some ICBs come near",
        ),
        ([MID, MID], "No ICB stands out beyond what is usual", "All lie within the limits"),
        ([MID], NO_TWO, NO_TWO),
        ([EMPTY], NO_TWO, NO_TWO),
        ([], NO_TWO, NO_TWO),
    ],
)
def test_funnel_finding_and_who_is_outside(rows, finding, outside):
    facts = texts(headlines.say_funnel(funnel(*rows), "icb_name", "funnel", "ICB"))
    assert facts["funnel_finding"] == finding
    assert facts["funnel_outside"] == outside


def test_funnel_without_an_area_that_has_a_rate_has_no_phi():
    facts = texts(headlines.say_funnel(funnel(EMPTY), "icb_name", "funnel", "ICB"))
    assert facts["funnel_phi"] == "not known"


def adjusted(rows: dict[str, tuple]) -> pd.DataFrame:
    return (
        pd.DataFrame.from_dict(rows, orient="index", columns=["rate", "low", "high"])
        .rename_axis("mode")
        .reset_index()
    )


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        (
            {"A": (0.021, 0.020, 0.022), "B": (0.089, 0.086, 0.093), "Unknown": (0.5, 0.4, 0.6)},
            "runs from 2.1% for A (95% interval 2.0% to 2.2%) to 8.9% for B (95% interval 8.6% to 9.3%)",
        ),
        ({"A": (0.02, None, None), "B": (0.08, None, None)}, "runs from 2.0% for A to 8.0% for B"),
        ({"A": (0.02, 0.01, 0.03)}, "is 2.0% for A (95% interval 1.0% to 3.0%), the only known group"),
        (
            {"A": (0.02, None, None), "B": (0.02, None, None)},
            "is 2.0% for A, and the same for every other group",
        ),
    ],
)
def test_regression(rows, sentence):
    facts = headlines.say_regression(adjusted(rows), "mode", "adj")
    assert facts["adj"] == f"With all else as it is, the adjusted DNA rate {sentence}"


def test_regression_without_a_known_group():
    facts = texts(headlines.say_regression(adjusted({"Unknown": (0.5, 0.4, 0.6)}), "mode", "adj"))
    assert facts["adj"] == "There is no adjusted DNA rate of a known group"
    assert facts["adj_highest_rate"] == "not known"


def missed_by_staff(n_months: int) -> pd.DataFrame:
    """In each month 100,000 missed with a GP and 200,000 with other staff; then some attended."""
    month = pd.date_range("2022-01-01", periods=n_months, freq="MS")
    parts = [("DNA", "GP", 100_000), ("DNA", "Other Practice staff", 200_000), ("Attended", "GP", 900_000)]
    return pd.concat(
        [pd.DataFrame({"month": month, "status": s, "hcp_type": h, "n_appointments": n}) for s, h, n in parts]
    )


@pytest.mark.parametrize(
    ("unit", "n_months", "sentence", "cost_unit", "covered"),
    [
        (  # 12 x 100,000 x £30 and 12 x 300,000 x £30, however many months there are
            30.0,
            30,
            "At £30 an appointment, missed GP appointments come to £36.0 million a year, and those of all "
            "staff to £108.0 million",
            "£30",
            "30 months",
        ),
        (
            32.5,
            1,
            "At £32.50 an appointment, missed GP appointments come to £39.0 million a year, and those of "
            "all staff to £117.0 million",
            "£32.50",
            "1 month",
        ),
        (
            30.0,
            0,
            "The files hold no month of appointments to cost",
            "£30",
            "0 months",
        ),
    ],
)
def test_cost(unit, n_months, sentence, cost_unit, covered):
    facts = texts(headlines.say_cost(measures.cost_dna(missed_by_staff(n_months), unit)))
    assert facts == {"cost": sentence, "cost_unit": cost_unit, "cost_months": covered}


@pytest.mark.parametrize(
    ("covered", "sentence"),
    [
        (
            [True, True, False],
            "2 of 3 planted effects lie within their 95% intervals; the largest error is 0.200",
        ),
        (
            [True, False, False],
            "1 of 3 planted effects lies within its 95% interval; the largest error is 0.200",
        ),
        ([False] * 3, "None of 3 planted effects lies within its 95% interval; the largest error is 0.200"),
        ([True] * 3, "All 3 planted effects lie within their 95% intervals; the largest error is 0.200"),
        ([True], "The one planted effect lies within its 95% interval; the error is 0.200"),
        ([False], "The one planted effect lies outside its 95% interval; the error is 0.200"),
    ],
)
def test_truth(covered, sentence):
    errors = [-0.20, 0.1, 0.05][: len(covered)]
    frame = pd.DataFrame({"planted": 0.5, "estimate": [0.5 + e for e in errors], "covered": covered})
    assert headlines.say_truth(frame)["truth"] == f"{sentence} on the logit scale"
