"""Steps of care, levels, and what follows what: by hand on a few people; and the same from two engines."""

from __future__ import annotations

import importlib.util
import random
import shutil
from collections import Counter
from itertools import combinations

import pandas as pd
import pytest

from analysis_lib.inputs.population import SETTINGS, load_population
from analysis_lib.queries import (
    ACUITY,
    LEVELS,
    first_after,
    follow_ups,
    frequent_sequences,
    index_stays,
    lags,
    levels_at,
    list_steps,
    orders,
    prefixes,
    routes_in,
    to_frame,
    transitions,
    windows,
)
from analysis_lib.simulate.population import simulate_population
from tests.population_tables import A, B, C, condition, contact, medicine, person, write

LANDMARK, START, END = "2023-04-01", "2023-04-01", "2024-04-01"
GROUPS = {"gp": ("gp",), "anyone": ("gp", "outpatient", "community"), "hospital": ("emergency",)}


def numbered(k):
    return f"{k:016x}"


def stay(person_id, day, nights, setting="emergency"):
    return contact(person_id, day, setting, length_days=nights)


def load(folder, contacts, people=None):
    people = people or [person(A), person(B, imd_decile=1), person(C, "1990-01-01", imd_decile=10)]
    who = people[0]["person_id"]
    tables = {
        "person": people,
        "condition": [condition(who, "copd", "2020-01-01"), condition(who, "diabetes", "2023-04-01")],
        "medicine": [medicine(who, "2020-01-01")],
        "contact": contacts,
        "manifest": {
            "source": "made for a test",
            "first_date": "2022-04-01",
            "last_date": "2025-03-31",
            "simulated": False,
        },
    }
    return load_population(write(folder, tables))


def ask(folder, contacts, people=None):
    """Return population, steps and people."""
    population = load(folder, contacts, people)
    return population, list_steps(population), levels_at(population, LANDMARK)


def rows(query):
    """Return the rows of an answer as tuples, in order; dates as text, missing values as None."""
    frame = query if isinstance(query, pd.DataFrame) else to_frame(query)
    for name in frame.select_dtypes("datetime"):
        frame[name] = frame[name].dt.strftime("%Y-%m-%d")
    frame = frame.astype(object).where(frame.notna(), None)
    return sorted(frame.itertuples(index=False, name=None), key=str)


def steps_of(folder, contacts, person_id=A):
    found = [row for row in rows(list_steps(load(folder, contacts))) if row[0] == person_id]
    in_order = sorted(found, key=lambda row: (row[1], row[4]))
    assert all(ACUITY[row[4]] == row[3] for row in in_order)
    return [(day[5:], until[5:], setting) for _, day, until, setting, _ in in_order]


def test_every_setting_has_a_place():
    assert sorted(ACUITY) == sorted(SETTINGS)


def test_one_step_a_day_and_setting_and_none_for_a_missed_appointment(tmp_path):
    contacts = [
        contact(A, "2023-05-01", attended="yes"),
        contact(A, "2023-05-01", attended="unknown"),
        contact(A, "2023-05-01", "ae"),
        contact(A, "2023-05-01", "social_care"),
        contact(A, "2023-05-02", attended="DNA"),
        contact(A, "2023-05-03", attended=None),
    ]
    assert steps_of(tmp_path, contacts) == [
        ("05-01", "05-01", "social_care"),
        ("05-01", "05-01", "gp"),
        ("05-01", "05-01", "ae"),
        ("05-03", "05-03", "gp"),
    ]
    assert {
        name: str(kind) for name, kind in to_frame(list_steps(load(tmp_path, contacts))).dtypes.items()
    } == {
        "person_id": "str",
        "day": "datetime64[ms]",
        "until": "datetime64[ms]",
        "setting": "str",
        "place": "int32",
    }


MERGED = [
    ([("05-01", 4, "elective"), ("05-03", 5, "emergency")], [("05-01", "05-08", "elective")]),  # overlap
    ([("05-01", 4, "emergency"), ("05-05", 2, "elective")], [("05-01", "05-07", "emergency")]),  # touch
    ([("05-01", 9, "elective"), ("05-03", 1, "emergency")], [("05-01", "05-10", "elective")]),  # within
    ([("05-01", 2, "elective"), ("05-01", 0, "emergency")], [("05-01", "05-03", "emergency")]),
    ([("05-01", 1, "emergency"), ("05-01", 6, "emergency")], [("05-01", "05-07", "emergency")]),
    (  # the third overlaps the first alone
        [("05-01", 9, "elective"), ("05-03", 1, "elective"), ("05-08", 4, "emergency")],
        [("05-01", "05-12", "elective")],
    ),
    (  # each touches the one before it
        [("05-01", 1, "emergency"), ("05-02", 1, "elective"), ("05-03", 1, "emergency")],
        [("05-01", "05-04", "emergency")],
    ),
    (
        [("05-01", 1, "emergency"), ("05-03", 1, "elective")],
        [("05-01", "05-02", "emergency"), ("05-03", "05-04", "elective")],
    ),
    (
        [("05-01", None, "emergency"), ("05-02", None, "emergency")],
        [("05-01", "05-01", "emergency"), ("05-02", "05-02", "emergency")],
    ),
]


def test_stays_that_overlap_or_touch_are_one(tmp_path):
    contacts = [
        stay(numbered(k), f"2023-{day}", nights, setting)
        for k, (admissions, _) in enumerate(MERGED)
        for day, nights, setting in admissions
    ]
    everybody = [person(numbered(k)) for k in range(len(MERGED))]
    expected = [
        (numbered(k), f"2023-{day}", f"2023-{until}", setting, ACUITY.index(setting))
        for k, (_, merged) in enumerate(MERGED)
        for day, until, setting in merged
    ]
    for folder, turned in (("one", contacts), ("other", contacts[::-1])):
        assert rows(list_steps(load(tmp_path / folder, turned, everybody))) == sorted(expected, key=str)


def test_a_missed_admission_is_no_stay(tmp_path):
    missed = stay(A, "2023-05-01", 5, "elective") | {"attended": "DNA"}
    assert steps_of(tmp_path, [missed, contact(A, "2023-05-03")]) == [("05-03", "05-03", "gp")]


def test_contacts_inside_a_stay_belong_to_it(tmp_path):
    contacts = [
        stay(A, "2023-05-02", 3),
        *(contact(A, f"2023-05-0{day}", "community") for day in range(1, 7)),
        contact(B, "2023-05-03"),
        stay(B, "2023-05-10", 1),
        contact(B, "2023-05-10"),
        contact(B, "2023-05-11"),
    ]
    assert steps_of(tmp_path, contacts) == [
        ("05-01", "05-01", "community"),
        ("05-02", "05-02", "community"),
        ("05-02", "05-05", "emergency"),
        ("05-05", "05-05", "community"),
        ("05-06", "05-06", "community"),
    ]
    assert [setting for *_, setting in steps_of(tmp_path, contacts, B)] == ["gp", "gp", "emergency", "gp"]


def test_where_two_stays_touch_the_day_is_inside(tmp_path):
    """Discharged and admitted on 5 May: a contact of that day lies within the one stay that they make."""
    contacts = [stay(A, "2023-05-02", 3), stay(A, "2023-05-05", 2, "elective"), contact(A, "2023-05-05")]
    assert steps_of(tmp_path, contacts) == [("05-02", "05-07", "emergency")]
    contacts[1] = stay(A, "2023-05-05", 0, "elective")
    assert [day for day, *_ in steps_of(tmp_path / "day", contacts)] == ["05-02", "05-05"]


def test_levels(tmp_path):
    """A: 23 steps on 22 days and a missed one; B: 4 steps and one on the landmark; the others: none."""
    contacts = [contact(A, f"2022-05-{day:02d}") for day in range(1, 23)]
    contacts += [contact(A, "2022-05-01", "ae"), contact(A, "2022-04-30", attended="DNA")]
    contacts += [
        contact(B, f"2023-03-{day}", setting)
        for day, setting in ((10, "ae"), (11, "nhs111"), (12, "ambulance"), (31, "emergency"))
    ]
    contacts += [contact(B, "2023-04-01", "gp")]
    people = [
        person(A, "1950-04-02"),
        person(B, imd_decile=None, registered_to="2023-06-30"),
        person(C, "2020-04-01", death_month="2024-09-01"),
        person("d" * 16, registered_from="2022-04-02"),  # not registered throughout
        person("e" * 16, registered_to="2023-03-31"),  # left before the landmark
        person("f" * 16, registered_to="2023-06-14", death_month="2023-06-01"),
        person("0" * 16, registered_from="2022-04-01", registered_to="2023-04-01"),
    ]
    _, _, levels = ask(tmp_path, contacts, people)
    frame = to_frame(levels)
    assert frame["lot"].tolist() == [0, 1, 2, 3, 4]
    assert [str(frame[c].dtype) for c in ("age", "n_steps", "n_conditions", "lot", "died")] == [
        *["int32"] * 4,
        "bool",
    ]
    assert rows(frame.drop(columns=["sex", "lot"])) == [
        ("0" * 16, 73, "65-74", 5, 3, 0, 0, "0", "0", "none", "2023-04-02", False),
        (A, 73, "65-74", 5, 3, 1, 23, "12-23", "2", "both", "9999-01-01", False),
        (B, 73, "65-74", None, None, 0, 4, "1-4", "4+", "urgent only", "2023-07-01", False),
        (C, 3, "0-4", 10 // 2, 3, 0, 0, "0", "0", "none", "2024-09-16", True),
        ("f" * 16, 73, "65-74", 5, 3, 0, 0, "0", "0", "none", "2023-06-15", True),
    ]


def test_where_levels_begin(tmp_path):
    numbers = [0, 1, 4, 5, 11, 12, 23, 24, 40]
    days = pd.date_range("2022-06-01", periods=40).strftime("%Y-%m-%d")
    contacts = [contact(numbered(k), day) for k, n in enumerate(numbers) for day in days[:n]]
    _, _, levels = ask(tmp_path, contacts, [person(numbered(k)) for k in range(len(numbers))])
    frame = to_frame(levels)
    assert frame["n_steps"].tolist() == numbers
    assert frame["use_level"].tolist() == ["0", "1-4", "1-4", "5-11", "5-11", "12-23", "12-23", "24+", "24+"]
    assert set(frame["use_level"]) == set(LEVELS)
    assert frame["kind"].tolist() == ["none"] + ["planned only"] * 8
    assert frame["breadth"].tolist() == ["0"] + ["1"] * 8


def test_levels_need_the_months_before(tmp_path):
    population = load(tmp_path, [contact(A, "2023-05-01")])
    with pytest.raises(ValueError, match="levels of the 12 months before 2023-03-31 are not complete"):
        levels_at(population, "2023-03-31")
    with pytest.raises(ValueError, match="landmark"):
        levels_at(population, "1 April 2023")


def test_transitions(tmp_path):
    """Two people of one level; the second GP → GP of A, 40 days on, does not count A again."""
    contacts = [
        contact(A, "2023-03-31", "ae"),  # before the window: makes the level
        contact(B, "2023-03-31", "ae"),
        contact(A, "2023-04-01"),
        contact(A, "2023-04-11"),
        contact(A, "2023-05-21"),
        contact(A, "2023-05-21", "ae"),
        stay(A, "2023-05-21", 4),
        contact(A, "2023-05-25", "community"),
        contact(B, "2023-06-01"),
        contact(B, "2023-06-11"),
        contact(A, "2024-04-01"),  # after the window
    ]
    population, steps, people = ask(tmp_path, contacts)
    answer = transitions(steps, people, START, END)
    frame = to_frame(answer)
    assert {name: str(frame[name].dtype) for name in ("gap", "n", "people")} == {
        "gap": "int32",
        "n": "int64",
        "people": "int64",
    }
    assert rows(frame) == [
        ("1-4", "ae", "emergency", 0, 1, 1),
        ("1-4", "community", "none", 312, 1, 1),
        ("1-4", "emergency", "community", 0, 1, 1),
        ("1-4", "gp", "ae", 0, 1, 1),
        ("1-4", "gp", "gp", 10, 2, 2),
        ("1-4", "gp", "gp", 40, 1, 0),
        ("1-4", "gp", "none", 295, 1, 1),
    ]
    assert frame["n"].sum() == len([r for r in rows(steps) if START <= r[1] < END])


LEFT = [
    ({"death_month": "2023-06-01"}, ("died", 14)),
    ({"death_month": "2023-06-01", "registered_to": "2023-06-20"}, ("died", 19)),
    ({"registered_to": "2023-06-20"}, ("left", 19)),
    # On the last day of the window
    ({"death_month": "2024-03-01", "registered_to": "2024-03-31"}, ("died", 304)),
    ({"registered_to": "2024-03-31"}, ("left", 304)),
    # On the day after it
    ({"death_month": "2024-04-01", "registered_to": "2024-04-01"}, ("none", 304)),
    ({"death_month": "2023-06-01", "registered_to": "2023-06-02"}, ("died", 1)),
    # In a stay that was to end after the death
    ({"death_month": "2023-06-01", "registered_to": "2023-06-02", "nights": 20}, ("died", 0)),
]


def test_what_ends_a_sequence(tmp_path):
    contacts = [
        stay(numbered(k), "2023-06-01", leaves.get("nights", 1)) for k, (leaves, _) in enumerate(LEFT)
    ]
    people = [
        person(numbered(k), **{name: day for name, day in leaves.items() if name != "nights"})
        for k, (leaves, _) in enumerate(LEFT)
    ]
    _, steps, levels = ask(tmp_path, contacts, people)
    found = rows(transitions(steps, levels.mutate(use_level=levels.person_id), START, END))
    assert found == [(numbered(k), "emergency", *ended, 1, 1) for k, (_, ended) in enumerate(LEFT)]


def test_orders(tmp_path):
    """A: GP → A&E after 1 and 7 days, and A&E → GP 6 days; 8 days and the same day are no pair."""
    contacts = [
        contact(A, "2023-05-01"),
        contact(A, "2023-05-02", "ae"),
        contact(A, "2023-05-08", "ae"),
        contact(A, "2023-05-08"),
        contact(B, "2023-05-01", "ae"),
        contact(B, "2023-05-09"),
        contact(B, "2023-05-12", "nhs111"),
        contact(C, "2023-03-31"),  # out of the window, so no pair with what is in it
        contact(C, "2023-04-01", "ae"),
    ]
    _, steps, people = ask(tmp_path, contacts)
    assert rows(orders(steps, people, START, END)) == [
        ("0", "gp", "ae", 2, 1, 1),
        ("0", "gp", "nhs111", 1, 0, 1),
    ]
    assert (
        rows(orders(steps, people, START, END, days=8))
        == [
            ("0", "gp", "ae", 0, 1, 1),
            ("0", "gp", "ae", 2, 1, 1),
            ("0", "gp", "nhs111", 1, 0, 1),
            ("0", "nhs111", "ae", 0, 0, 0),
        ][:3]
    )
    assert str(to_frame(orders(steps, people, START, END))["n_forward"].dtype) == "int64"
    for days in (0, 32):
        with pytest.raises(ValueError, match="choose 1 to 31"):
            orders(steps, people, START, END, days=days)


def test_days_in_hospital_are_not_between_steps(tmp_path):
    """Of a stay from 10 to 20 May the seven days before are 3 to 9 May, those after it 20 to 26 May."""
    contacts = [
        contact(A, "2023-05-03"),
        stay(A, "2023-05-10", 10),
        contact(A, "2023-05-10", "ae"),  # on the day of the stay, 1 before that of discharge
        contact(A, "2023-05-20"),
        contact(A, "2023-05-26"),
        contact(A, "2023-05-27"),
        contact(B, "2024-03-30"),
        stay(B, "2024-03-31", 1),  # what comes after it is beyond the end
    ]
    _, steps, people = ask(tmp_path, contacts)
    assert rows(orders(steps, people, START, END)) == [
        ("0", "gp", "ae", 1, 2, 1),
        ("0", "gp", "emergency", 1, 2, 1),
    ]
    asked = (steps, people, "gp", "ae")
    assert rows(windows(*asked, (7, 7), (1, 1), START, END, by=())) == [(1, 0, 0, 1), (4, 1, 1, 1)]
    asked = (steps, people, "emergency", "gp")
    assert rows(windows(*asked, (1, 1), (7, 7), START, END, by=())) == [(1, 0, 0, 1), (1, 1, 2, 1)]


@pytest.mark.parametrize("days", [1, 7, 31])
def test_orders_against_all_pairs(tmp_path, days):
    """Every setting every day is the fullest that steps can be: the counts fit, and equal those of loops."""
    chance = random.Random(days)
    full = [
        (A, day, setting)
        for day in range(70)
        for setting in SETTINGS
        if setting not in ("elective", "emergency")
    ]
    some = [(B, chance.randrange(90), chance.choice(ACUITY[:-1])) for _ in range(120)]  # one kind of stay
    first = pd.Timestamp(START)
    contacts = [
        contact(p, str((first + pd.Timedelta(days=d)).date()), s) for p, d, s in sorted({*full, *some})
    ]
    _, steps, people = ask(tmp_path, contacts)
    expected = {}
    for one in {*full, *some}:
        for other in {*full, *some}:
            if one[0] == other[0] and 1 <= other[1] - one[1] <= days and one[2] != other[2]:
                low, high = sorted((one[2], other[2]), key=SETTINGS.index)
                counts = expected.setdefault((one[0], low, high), [0, 0])
                counts[one[2] != low] += 1
    patterns = {}
    for (_, low, high), counts in expected.items():
        key = ("0", low, high, *counts)
        patterns[key] = patterns.get(key, 0) + 1
    assert rows(orders(steps, people, START, END, days=days)) == sorted(
        ((*key, n) for key, n in patterns.items()), key=str
    )


def test_windows(tmp_path):
    """A's two calls: one with A&E on the next day, both with A&E 8 or 9 days before or after."""
    contacts = [
        contact(A, "2023-05-10", "nhs111"),
        contact(A, "2023-05-11", "ae"),
        contact(A, "2023-05-19", "ae"),  # 9 after the first
        contact(A, "2023-05-02", "ae"),  # 8 before it
        contact(A, "2023-05-01", "ae"),  # 9 before it: counts once with the other
        contact(A, "2023-07-01", "nhs111"),
        contact(A, "2023-07-11", "ae"),  # 10 after: in no window
        contact(A, "2023-06-30", "ae"),  # the day before: not near
        contact(B, "2024-03-31", "nhs111"),
        contact(B, "2024-03-31", "ae"),
        contact(B, "2024-04-08", "ae"),  # 8 after, beyond the end of the window
        contact(B, "2024-04-01", "nhs111"),  # no index
        contact(C, "2023-04-01", "nhs111"),
        contact(C, "2023-03-24", "ae"),  # 8 before, before the start of the window
    ]
    _, steps, people = ask(tmp_path, contacts)
    asked = (steps, people, "nhs111", "ae", (0, 1), (8, 9), START, END)
    assert rows(windows(*asked, by=())) == [(1, 0, 1, 1), (1, 1, 1, 1), (2, 1, 2, 1)]
    assert rows(windows(*asked, by=("imd_quintile",))) == [
        (1, 1, 1, 1, 1),
        (3, 2, 1, 2, 1),
        (5, 1, 0, 1, 1),
    ]
    by_level = rows(windows(*asked))
    assert by_level == [("0", 1, 1, 1, 1), ("0", 2, 1, 2, 1), ("1-4", 1, 0, 1, 1)]
    before = windows(steps, people, "nhs111", "ae", (-1, -1), (8, 9), START, END, by=())
    assert sorted((r[0], r[1]) for r in rows(before)) == [(1, 0), (2, 1)]
    across = windows(steps, people, "nhs111", "ae", (-1, 1), (8, 9), START, END, by=())
    assert (2, 2, 2, 1) in rows(across)


def test_lags(tmp_path):
    contacts = [
        contact(A, "2023-05-10"),
        contact(A, "2023-05-12"),
        contact(A, "2023-05-12", "outpatient"),  # 2 after the first; on the day of the second: no lag
        contact(A, "2023-05-20", "outpatient"),  # 10 and 8
        contact(B, "2023-05-10"),
        contact(B, "2023-05-02", "outpatient"),  # −8
        contact(B, "2023-04-29", "outpatient"),  # −11: too far
        contact(C, "2024-04-01"),  # not in the window
        contact(C, "2024-03-31", "outpatient"),
    ]
    _, steps, people = ask(tmp_path, contacts)
    found = lags(steps, people, "gp", "outpatient", 10, START, END, by=("imd_quintile",))
    assert rows(found) == [(1, 1, -8, 1), (3, 0, 10, 1), (3, 0, 2, 1), (3, 0, 8, 1)]
    assert rows(lags(steps, people, "gp", "outpatient", 10, START, END)) == [
        (0, 10, 1),
        (0, 2, 1),
        (0, 8, 1),
        (1, -8, 1),
    ]


def test_pairs_and_windows_that_make_no_sense_are_refused(tmp_path):
    _, steps, people = ask(tmp_path, [contact(A, "2023-05-01")])
    for first, then in (("gp", "gp"), ("gp", "hospital")):
        with pytest.raises(ValueError, match="choose two settings of gp, nhs111"):
            windows(steps, people, first, then, (0, 1), (8, 9), START, END)
        with pytest.raises(ValueError, match="choose two settings"):
            lags(steps, people, first, then, 9, START, END)
    with pytest.raises(ValueError, match="give an end after the start"):
        transitions(steps, people, END, END)
    with pytest.raises(ValueError, match="Not settings: hospital"):
        first_after(index_stays(steps, people, START, END), steps, {"any": ("gp", "hospital")})


BEFORE = [
    ([("05-10", "ae"), ("05-09", "ambulance"), ("05-09", "nhs111")], "ambulance and A&E"),
    ([("05-10", "ae"), ("05-08", "ambulance")], "A&E alone"),
    ([("05-09", "ae"), ("05-08", "nhs111")], "111 and A&E"),
    ([("05-09", "ae"), ("05-07", "nhs111")], "A&E alone"),
    ([("05-08", "ae"), ("05-08", "gp")], "nothing on record"),
    ([("05-09", "gp"), ("05-10", "ambulance")], "GP"),
    ([("05-09", "gp"), ("05-09", "ae")], "A&E alone"),
    ([("05-10", "outpatient")], "other"),
    ([("05-09", "ambulance")], "other"),
    ([("05-08", "nhs111")], "nothing on record"),
    ([("05-11", "ae")], "nothing on record"),
    ([], "nothing on record"),
]


def test_routes(tmp_path):
    contacts = [stay(numbered(k), "2023-05-10", 0) for k in range(len(BEFORE))]
    contacts += [
        contact(numbered(k), f"2023-{d}", s) for k, (before, _) in enumerate(BEFORE) for d, s in before
    ]
    _, steps, levels = ask(tmp_path, contacts, [person(numbered(k)) for k in range(len(BEFORE))])
    found = rows(routes_in(steps, levels.mutate(use_level=levels.person_id), START, END))
    assert found == [(numbered(k), route, 1, 1) for k, (_, route) in enumerate(BEFORE)]


def test_routes_count_stays_and_people(tmp_path):
    """A twice by A&E and once from a stay ended the day before; B, out of the window, and C by no way."""
    contacts = [
        stay(A, "2023-05-01", 1),
        contact(A, "2023-05-01", "ae"),
        stay(A, "2023-06-01", 1, "elective"),
        stay(A, "2023-06-03", 1),
        stay(A, "2023-07-01", 1),
        contact(A, "2023-06-30", "ae"),
        stay(B, "2024-04-01", 1),
        stay(C, "2023-05-01", 1),
    ]
    _, steps, people = ask(tmp_path, contacts)
    assert rows(routes_in(steps, people, START, END)) == [
        ("0", "A&E alone", 2, 1),
        ("0", "nothing on record", 1, 1),
        ("0", "other", 1, 0),
    ]


def test_index_stays(tmp_path):
    d, e, f = "d" * 16, "e" * 16, "f" * 16
    contacts = [
        stay(A, "2023-03-01", 2),
        stay(A, "2023-06-01", 1),  # 90 days after the discharge of 3 March: not clean
        stay(A, "2023-10-01", 3),
        stay(A, "2024-02-01", 3),  # the second of the window
        stay(B, "2023-03-01", 1),
        stay(B, "2023-06-01", 1),  # 91 days after
        stay(C, "2023-03-31", 5),  # begins before the window
        stay(d, "2024-03-30", 2),  # ends after it
        stay(e, "2023-05-01", 9),  # dies before discharge
        stay(f, "2023-05-01", 9),  # dies on the day after discharge
    ]
    people = [
        *(person(x) for x in (A, B, C, d)),
        person(e, registered_to="2023-05-09", death_month="2023-05-01"),
        person(f, registered_to="2023-05-10", death_month="2023-05-01"),
    ]
    _, steps, levels = ask(tmp_path, contacts, people)
    frame = to_frame(index_stays(steps, levels, START, END))
    assert list(frame) == [*levels.columns, "day", "until"]
    assert rows(frame[["person_id", "day", "until"]]) == [
        (A, "2023-10-01", "2023-10-04"),
        (B, "2023-06-01", "2023-06-02"),
        (f, "2023-05-01", "2023-05-10"),
    ]
    early = rows(index_stays(steps, levels, START, END, clean_days=30).select("person_id", "day"))
    assert early == [(A, "2023-06-01"), (B, "2023-06-01"), (f, "2023-05-01")]


def test_first_after(tmp_path):
    """A: GP on the day of discharge. B: a day case, whose contacts of the day came before. C: dies."""
    d = "d" * 16
    contacts = [
        stay(A, "2023-05-01", 4),
        contact(A, "2023-05-01", "outpatient"),
        contact(A, "2023-05-05"),
        contact(A, "2023-05-05", "community"),
        stay(A, "2023-08-03", 1),  # day 90
        stay(B, "2023-05-01", 0),
        contact(B, "2023-05-01"),
        contact(B, "2023-05-04", "outpatient"),
        contact(B, "2023-05-06"),
        stay(B, "2023-07-31", 1),  # day 91
        stay(C, "2023-05-01", 2),
        contact(C, "2023-05-17", "gp"),  # after leaves_on: recorded late
        stay(d, "2023-05-01", 0),
    ]
    people = [
        *(person(x) for x in (A, B)),
        person(C, death_month="2023-05-01"),
        person(d, registered_to="2023-07-29"),
    ]
    _, steps, levels = ask(tmp_path, contacts, people)
    index = index_stays(steps, levels, START, END)
    frame = to_frame(first_after(index, steps, GROUPS))
    added = ["day_gp", "day_anyone", "day_hospital", "followed", "ended"]
    assert list(frame) == [*index.columns, *added]
    assert [str(frame[c].dtype) for c in added[:4]] == ["Int32", "Int32", "Int32", "int32"]
    assert rows(frame[["person_id", *added]]) == [
        (A, 0, 0, 90, 90, "followed"),
        (B, 5, 3, None, 90, "followed"),
        (C, None, None, None, 13, "died"),
        (d, None, None, None, 90, "left"),  # registered for days 0 to 89
    ]
    shorter = to_frame(first_after(index, steps, {"gp": ("gp",)}, days=4)).set_index("person_id")
    assert shorter["day_gp"].isna().tolist() == [False, True, True, True]
    assert set(shorter["ended"]) == {"followed"}
    assert rows(first_after(index, steps, {}).select("person_id", "followed"))[0] == (A, 90)


def test_follow_ups(tmp_path):
    contacts = [
        stay(A, "2023-05-01", 4),
        contact(A, "2023-05-05", attended="DNA"),  # day 0
        contact(A, "2023-05-06", attended="yes"),
        contact(A, "2023-05-19", attended="DNA"),  # day 14
        contact(A, "2023-05-10", attended="unknown"),
        contact(A, "2023-05-11", "outpatient", attended="DNA"),
        stay(A, "2023-05-20", 1),  # day 15
        stay(B, "2023-05-01", 4),
        contact(B, "2023-05-20", attended="DNA"),  # day 15
        contact(B, "2023-05-07", attended="yes"),
        stay(B, "2023-05-06", 1),  # day 1
        stay(B, "2023-06-19", 1),  # day 45
        stay(C, "2023-05-01", 0),
        stay(C, "2023-05-04", 9, "elective"),
        stay(C, "2023-05-10", 1),  # inside the elective stay
        stay(C, "2023-05-20", 1) | {"attended": "DNA"},
    ]
    people = [person(A), person(B, registered_to="2023-06-30"), person(C, registered_to="2023-05-31")]
    population, steps, levels = ask(tmp_path, contacts, people)
    index = index_stays(steps, levels, START, END)
    frame = to_frame(follow_ups(population, index))
    added = ["booked", "missed", "readmitted_early", "readmitted", "followed"]
    assert list(frame) == [*index.columns, *added]
    assert [str(frame[c].dtype) for c in added] == ["int32", "bool", "bool", "bool", "int32"]
    assert rows(frame[["person_id", *added]]) == [
        (A, 2, True, False, True, 44),
        (B, 1, False, True, False, 44),
        (C, 0, False, False, False, 31),
    ]


def test_prefixes(tmp_path):
    contacts = [
        stay(A, "2023-05-01", 1),
        contact(A, "2023-05-02", "ae"),
        contact(A, "2023-05-02"),
        contact(A, "2023-05-03", "outpatient"),
        contact(A, "2023-05-04", "outpatient"),
        contact(A, "2023-05-05", "community"),  # the fifth
        stay(B, "2023-05-01", 1),
        contact(B, "2023-05-01"),
        contact(B, "2023-07-31", "outpatient"),  # day 90
        contact(B, "2023-08-01"),
        stay(C, "2023-05-01", 1),
    ]
    _, steps, people = ask(tmp_path, contacts)
    index = index_stays(steps, people, START, END)
    assert rows(prefixes(index, steps)) == [
        ("0", "gp", "ae", "outpatient", "outpatient", 1),
        ("0", "outpatient", None, None, None, 1),
        ("0", None, None, None, None, 1),
    ]
    assert rows(prefixes(index, steps, depth=1, days=5)) == [("0", "gp", 1), ("0", None, 2)]


def test_frequent_sequences(tmp_path):
    """In the window A has GP, A&E, GP; B has GP, A&E, GP, A&E, the last two on one day; C has 111."""
    contacts = [
        contact(A, "2023-05-01"),
        contact(A, "2023-06-01", "ae"),
        contact(A, "2023-07-01"),
        contact(A, "2025-01-01", "community"),  # after the window
        contact(B, "2023-03-31", "maternity"),  # before it
        contact(B, "2023-05-01"),
        contact(B, "2023-05-02", "ae"),
        contact(B, "2023-05-03", "ae"),
        contact(B, "2023-05-03"),  # before A&E of that day
        contact(C, "2023-05-01", "nhs111"),
    ]
    _, steps, people = ask(tmp_path, contacts)
    answer = frequent_sequences(steps, people, START, END, fewest=1, by=())
    assert list(answer.columns) == ["step_1", "step_2", "step_3", "n_people"]
    assert to_frame(answer)["n_people"].dtype == "int64"
    expected = [
        ("ae", None, None, 2),
        ("ae", "ae", None, 1),
        ("ae", "gp", None, 2),
        ("ae", "gp", "ae", 1),
        ("gp", None, None, 2),
        ("gp", "ae", None, 2),
        ("gp", "ae", "ae", 1),
        ("gp", "ae", "gp", 2),
        ("gp", "gp", None, 2),
        ("gp", "gp", "ae", 1),
        ("nhs111", None, None, 1),
    ]
    assert rows(answer) == sorted(expected, key=str)
    two = frequent_sequences(steps, people, START, END, depth=2, fewest=2, by=())
    assert rows(two) == [
        ("ae", "gp", 2),
        ("ae", None, 2),
        ("gp", "ae", 2),
        ("gp", "gp", 2),
        ("gp", None, 2),
    ]
    one = frequent_sequences(steps, people, START, END, depth=1, fewest=1)
    assert rows(one) == [
        ("0", "ae", 1),
        ("0", "gp", 1),
        ("0", "nhs111", 1),
        ("1-4", "ae", 1),
        ("1-4", "gp", 1),
    ]
    for depth in (0, 4):
        with pytest.raises(ValueError, match=f"depth is {depth}: choose 1 to 3"):
            frequent_sequences(steps, people, START, END, depth=depth)


@pytest.mark.parametrize("fewest", [1, 4])
def test_frequent_sequences_against_a_plain_loop(tmp_path, fewest):
    """All combinations of a person's steps, in order, each once."""
    contacts, everybody = random_tables(seed=5, n=70, people=30)
    _, steps, people = ask(tmp_path, contacts, everybody)
    sequences = {}
    for person_id, day, _, setting, _place in sorted(rows(steps), key=lambda row: (row[1], row[4])):
        if "2022-06-01" <= day < "2024-12-01":
            sequences.setdefault(person_id, []).append(setting)
    by = ("use_level", "sex")
    groups = {row["person_id"]: tuple(row[name] for name in by) for _, row in to_frame(people).iterrows()}
    count = Counter()
    for person_id, sequence in sequences.items():
        for depth in (1, 2, 3):
            for found in set(combinations(sequence, depth)):
                count[groups[person_id] + found + (None,) * (3 - depth)] += 1
    assert max(count.values()) > 4
    assert sum(n >= fewest for n in count.values()) > 100
    answer = frequent_sequences(steps, people, "2022-06-01", "2024-12-01", fewest=fewest, by=by)
    assert {row[:-1]: row[-1] for row in rows(answer)} == {k: n for k, n in count.items() if n >= fewest}
    assert len(rows(answer)) == sum(n >= fewest for n in count.values())


def everything(population):
    """Return a frame of every query, from the same questions."""
    steps = list_steps(population).cache()
    people = levels_at(population, LANDMARK, steps=steps).cache()
    index = index_stays(steps, people, START, END).cache()
    queries = {
        "steps": steps,
        "people": people,
        "transitions": transitions(steps, people, START, END),
        "frequent": frequent_sequences(steps, people, START, END, fewest=2),
        "orders": orders(steps, people, START, END),
        "windows": windows(
            steps, people, "gp", "outpatient", (0, 1), (8, 9), START, END, by=("use_level", "lot")
        ),
        "lags": lags(steps, people, "gp", "outpatient", 60, START, END, by=("imd_quintile",)),
        "routes": routes_in(steps, people, START, END),
        "index": index,
        "first_after": first_after(index, steps, GROUPS),
        "follow_ups": follow_ups(population, index),
        "prefixes": prefixes(index, steps, depth=2),
    }
    frames = {name: to_frame(query) for name, query in queries.items()}
    for name in ("steps", "prefixes", "frequent"):  # more than one row per person; missing values
        frame = frames[name]
        frames[name] = frame.sort_values(list(frame), ignore_index=True)
    return frames


def random_tables(seed=3, n=150, people=12):
    chance = random.Random(seed)
    ids = [A, *(numbered(k) for k in range(1, people))]
    days = pd.date_range("2022-04-01", "2025-03-31").strftime("%Y-%m-%d")
    some = chance.sample(list(days), 90)
    found = []
    for _ in range(n * people // 3):
        setting = chance.choice(SETTINGS)
        nights = chance.choice([None, 0, 1, 2, 9]) if setting in ("elective", "emergency") else None
        attended = chance.choice(["yes", "yes", "DNA", None]) if setting == "gp" else None
        found.append(contact(chance.choice(ids), chance.choice(some), setting, attended, length_days=nights))
    return found, [person(p, imd_decile=1 + k % 10) for k, p in enumerate(ids)]


def test_shuffled_rows_give_the_same_frames(tmp_path):
    contacts, people = random_tables()
    frames = everything(load(tmp_path / "one", contacts, people))
    random.Random(1).shuffle(contacts)
    again = everything(load(tmp_path / "other", contacts, [people[0], *people[:0:-1]]))
    for name, frame in frames.items():
        assert len(frame) > 0, name
        pd.testing.assert_frame_equal(frame, again[name], check_exact=True, obj=name)
        assert frame.to_csv().encode() == again[name].to_csv().encode()


def test_steps_against_a_plain_loop(tmp_path):
    """The rules of the page, person by person and day by day."""
    contacts, people = random_tables(seed=8)
    expected = []
    for p in people:
        mine = [c for c in contacts if c["person_id"] == p["person_id"] and c["attended"] != "DNA"]
        admissions = sorted(
            (pd.Timestamp(c["date"]), c["setting"] == "elective", c["length_days"] or 0)
            for c in mine
            if c["setting"] in ("elective", "emergency")
        )
        stays = []
        for day, elective, nights in admissions:
            until = day + pd.Timedelta(days=nights)
            if stays and day <= stays[-1][1]:
                stays[-1][1] = max(stays[-1][1], until)
            else:
                stays.append([day, until, "elective" if elective else "emergency"])
        single = {
            (pd.Timestamp(c["date"]), c["setting"])
            for c in mine
            if c["setting"] not in ("elective", "emergency")
        }
        single = {(d, s) for d, s in single if not any(a < d < b for a, b, _ in stays)}
        both = [(d, d, s) for d, s in single] + [tuple(s) for s in stays]
        expected += [(p["person_id"], str(d.date()), str(u.date()), s, ACUITY.index(s)) for d, u, s in both]
    assert rows(list_steps(load(tmp_path, contacts, people))) == sorted(expected, key=str)


@pytest.mark.parametrize("missing", ["length_days", "attended"])
def test_columns_that_say_nothing(tmp_path, missing):
    """Wholly empty in a file, or not in it: as if every contact were attended, and every stay a day."""
    contacts, people = random_tables()
    empty = [c | {missing: None} for c in contacts]
    frames = everything(load(tmp_path / "empty", empty, people))
    gone = [{name: value for name, value in c.items() if name != missing} for c in contacts]
    steps = to_frame(list_steps(load(tmp_path / "gone", gone, people))) if missing == "attended" else None
    if missing == "length_days":
        assert (frames["steps"]["day"] == frames["steps"]["until"]).all()
        assert (frames["follow_ups"]["booked"] >= 0).all()
    else:
        assert (frames["follow_ups"]["booked"] == 0).all()
        assert len(steps) == len(frames["steps"])
    kept = {(c["person_id"], c["date"], c["setting"]) for c in empty if c["attended"] != "DNA"}
    if missing == "length_days":  # nothing lies inside a day; of two admissions of a day one stays
        twice = {k for k in kept if k[2] == "elective" and (*k[:2], "emergency") in kept}
        assert len(frames["steps"]) == len(kept - twice)


def test_nobody_in_hospital_or_ae_gives_empty_frames_with_columns(tmp_path):
    contacts = [contact(A, "2023-05-01"), contact(B, "2023-05-02", "outpatient")]
    frames = everything(load(tmp_path, contacts))
    assert rows(frames["transitions"]) == [
        ("0", "gp", "none", 336, 1, 1),
        ("0", "outpatient", "none", 335, 1, 1),
    ]
    for name in ("frequent", "orders", "lags", "routes", "index", "first_after", "follow_ups", "prefixes"):
        assert len(frames[name]) == 0, name
        assert len(frames[name].columns) > 0, name
    assert list(frames["routes"]) == ["use_level", "route", "n", "people"]


@pytest.mark.slow
@pytest.mark.skipif(
    importlib.util.find_spec("pyspark") is None, reason="pyspark is not installed: extra 'spark'"
)
@pytest.mark.skipif(shutil.which("java") is None, reason="no Java on this machine: Spark needs Java 17")
def test_duckdb_and_spark_give_the_same_steps(tmp_path):
    folder = simulate_population(tmp_path / "population", 400, seed=5, processes=1)
    duck, spark = (everything(load_population(folder, engine=engine)) for engine in ("duckdb", "spark"))
    for name, frame in duck.items():
        assert len(frame) > 0, name
        pd.testing.assert_frame_equal(frame, spark[name], check_exact=True, obj=name)
    # Simulated stays seldom overlap
    made = load(tmp_path / "made", *random_tables())
    again = load_population(tmp_path / "made", engine="spark")
    assert rows(list_steps(made)) == rows(list_steps(again))
