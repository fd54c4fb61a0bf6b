"""Rates of any cohort, saved without kinds: nothing that is released gives a hidden count back."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.linalg import null_space

from analysis_lib import measures
from analysis_lib.kinds import Amount, Count, Dimension, Estimate, Plain, Proportion, Ratio
from analysis_lib.release import open_store


class Extract:
    """A loaded extract of patients, as far as a store asks."""

    profile = "patient"


@pytest.fixture
def store(tmp_path):
    return open_store("mine", Extract, folder=tmp_path)


def cohort(n_people, events, group="a", years=1.0):
    """People of one age, the first of whom have one event each."""
    return pd.DataFrame(
        {"group": group, "age_band": "65-74", "years_at_risk": years}, range(n_people)
    ).assign(visits=(np.arange(n_people) < events).astype(int))


def mixed(seed, n=400):
    """People of several ages, quintiles and times at risk; some have many visits."""
    rng = np.random.default_rng(seed)
    people = pd.DataFrame(
        {
            "imd_quintile": rng.choice([1, 2, 3, 4, 5], n, p=[0.02, 0.5, 0.03, 0.4, 0.05]),
            "age_band": rng.choice(["65-74", "75-84", "85+"], n),
            "years_at_risk": rng.choice([1.0, 1.0, 0.5], n),
            "nested": rng.random(n) < rng.choice([0.5, 0.97]),
            "visits": rng.poisson(rng.gamma(0.3, 1.0, n)),
        }
    )
    return people.assign(core20=people["imd_quintile"] == 1)


def test_by_hand(store):
    frame = pd.concat([cohort(40, 12, "a"), cohort(40, 5, "b"), cohort(6, 6, "c"), cohort(33, 0, "d")])
    rates = measures.rate_standardised(frame, "group", "visits", weights={"65-74": 1})
    shown = store.save_table("mine", rates)
    assert list(shown) == list(rates)
    assert shown["n_people"].fillna(-1).tolist() == [40, 40, -1, 35]
    assert shown["events"].fillna(-1).tolist() == [10, -1, -1, 0]
    assert shown["person_years"].fillna(-1).tolist() == [40, 40, -1, 35]
    assert shown["crude_per_1000"].fillna(-1).tolist() == [250, -1, -1, 0]
    # 10 of 40; Byar's limits of 10 events are 4.790 and 18.391
    assert shown["rate_per_1000"].fillna(-1).tolist() == [250, -1, -1, -1]
    assert shown.loc[0, ["low", "high"]].tolist() == [119.7, 459.8]
    assert shown.loc[0, "se"] == pytest.approx(250 / np.sqrt(10), rel=1e-3)
    assert shown.loc[1:, ["rate_per_1000", "low", "high", "se"]].isna().all(axis=None)


def test_what_few_people_have_is_hidden_however_much_it_is(store):
    frame = pd.concat([cohort(40, 12, "a"), cohort(2, 2, "b").assign(visits=[80, 70])])
    shown = store.save_table(
        "mine", measures.rate_standardised(frame, "group", "visits", weights={"65-74": 1})
    )
    assert shown.loc[1].drop(["setting", "group"]).isna().all()


def test_no_row_tells_which_of_the_counts_that_round_alike_it_is(store):
    """Everything known but the counts: everybody was there all year, of one age, with one event at most."""
    pairs = [(n, events) for n in range(93, 113) for events in range(10, 48)]
    rates = pd.concat(
        measures.rate_standardised(
            cohort(n, events, f"of {n}, {events}"), "group", "visits", weights={"65-74": 1}
        )
        for n, events in pairs
    )
    shown = store.save_table("mine", rates.reset_index(drop=True)).drop(columns=["setting", "group"])
    assert shown["rate_per_1000"].notna().all()
    truth = pd.DataFrame(pairs, columns=["people", "counted"])
    alike = truth.groupby([column for _, column in shown.items()], dropna=False)
    assert alike["counted"].agg(lambda c: c.max() - c.min()).min() >= 2
    assert alike["people"].agg(lambda p: p.max() - p.min()).min() == 4
    assert len(alike) == len(truth.assign(r=shown["n_people"], e=shown["events"]).groupby(["r", "e"]))


def test_comparisons_tell_no_more_than_the_rounded_counts(store):
    shown = []
    for a, b in ((40, 22), (42, 20), (38, 18)):
        people = pd.concat([cohort(100, a).assign(core20=True), cohort(200, b).assign(core20=False)])
        made = measures.compare_rates(people, "core20", "visits", weights={"65-74": 1})
        shown.append(open_store("mine", Extract, folder=store.folder).save_table("mine", made))
    pd.testing.assert_frame_equal(shown[0], shown[1], check_flags=False)
    pd.testing.assert_frame_equal(shown[0], shown[2], check_flags=False)
    assert shown[0]["rate_ratio"].tolist() == [4.0]
    assert shown[0]["difference"].tolist() == [300.0]
    few = pd.concat([cohort(100, 3).assign(core20=True), cohort(200, 50).assign(core20=False)])
    made = measures.compare_rates(few, "core20", "visits", weights={"65-74": 1}, level=0.9)
    hidden = open_store("mine", Extract, folder=store.folder).save_table("mine", made).iloc[0]
    assert (
        hidden.drop(["setting", "people_with", "people_without", "events_without", "rate_without"])
        .isna()
        .all()
    )


def test_observed_and_expected_tell_no_more_than_the_rounded_counts(store):
    shown = []
    for observed in (13, 17):
        frame = pd.DataFrame({"msoa": ["a"] * 40 + ["b"] * 50, "expected": 0.5})
        frame["observed"] = [*np.repeat([1, 0], [observed, 40 - observed]), *np.repeat([1, 0], [4, 46])]
        made = measures.observed_expected(frame)
        shown.append(open_store("mine", Extract, folder=store.folder).save_table("areas", made))
    pd.testing.assert_frame_equal(shown[0], shown[1], check_flags=False)
    assert shown[0].loc[0, ["observed", "oe"]].tolist() == [15, 0.75]
    assert shown[0].loc[1, ["observed", "expected", "oe", "low", "high"]].isna().all()


@pytest.mark.parametrize("declared", [True, False])
@pytest.mark.parametrize("seed", range(12))
def test_totals_groups_and_a_nested_cohort_give_no_hidden_count_back(store, seed, declared):
    """The attacker knows every shown count unrounded, and that the second cohort is in the first."""
    people = mixed(seed)
    atoms = pd.MultiIndex.from_product([range(1, 6), [False, True]], names=["imd_quintile", "nested"])
    of_atom = atoms.to_frame(index=False).assign(core20=lambda f: f["imd_quintile"] == 1)
    known = {"n_people": [], "events": []}
    secret = {"n_people": [], "events": []}
    cells = []
    for inside, by in (
        (0, "core20"),
        (1, "core20"),
        (0, "imd_quintile"),
        (1, []),
        (0, []),
        (1, "imd_quintile"),
    ):
        asked = people[people["nested"]] if inside else people
        rates = measures.rate_standardised(asked, by, "visits")
        told = {"population": "nested", "within": "all"} if inside and declared else {}
        try:
            shown = store.save_table(f"t{len(cells)}_{inside}_{''.join(by) or 'all'}", rates, **told)
        except ValueError as error:
            assert "whatever is hidden" in str(error)
            continue
        for row in range(len(rates)):
            member = np.ones(len(of_atom), bool)
            if by:
                member &= (of_atom[by] == rates[by][row]).to_numpy()
            if inside:
                member &= of_atom["nested"].to_numpy()
            for count in known:
                hidden = pd.isna(shown[count][row])
                (secret if hidden else known)[count].append(member.astype(float))
                if not hidden:
                    cells.append((count, inside, by, row if not by else rates[by][row], rates[count][row]))
            if pd.isna(shown["n_people"][row]):
                assert (
                    shown.loc[row, ["person_years", "crude_per_1000", "rate_per_1000", "low", "se"]]
                    .isna()
                    .all()
                )
            if pd.isna(shown["events"][row]):
                assert shown.loc[row, ["crude_per_1000", "rate_per_1000", "low", "high", "se"]].isna().all()
    assert any(secret.values())
    for count, rows in secret.items():
        if rows and known[count]:
            free = null_space(np.array(known[count]))
            assert not (np.abs(np.array(rows) @ free) < 1e-9).all(axis=1).any(), (
                "a hidden count is given back"
            )
    for count, inside, by, level, few in cells:
        for other, outside, same, of, more in cells:
            if (count, by, level) == (other, same, of) and inside > outside:
                assert not 0 < more - few < 8, "two nested cohorts differ by a small count"


RATES = ["events", "n_people", "person_years", "crude_per_1000", "rate_per_1000", "low", "high", "se"]


@pytest.mark.parametrize(
    "kind", [Plain(), Dimension(), Estimate(), Estimate(("n_people",)), Amount("n_people")]
)
@pytest.mark.parametrize("column", RATES)
def test_a_guess_that_lets_out_more_than_the_usual_kind_is_refused(store, column, kind):
    rates = measures.rate_standardised(mixed(0), "core20", "visits")
    with pytest.raises(ValueError, match=f"'{column}' is .* would let out more"):
        store.save_table("mine", rates, {column: kind})
    assert not (store.folder / "tables" / "mine.csv").exists()


@pytest.mark.parametrize(
    "kind",
    [
        *(Plain(), Dimension(), Dimension("settings"), Dimension(range(30)), Estimate()),
        *(Estimate(("n_people",)), Amount("n_people"), Proportion("n_people")),
    ],
)
@pytest.mark.parametrize("column", ["seen", "n_seen", "seen_patients"])
def test_counts_under_another_name_are_refused_as_anything_but_counts(store, column, kind):
    frame = pd.DataFrame({"group": list("abc"), "n_people": [40, 50, 60], column: [3, 12, 20]})
    with pytest.raises(ValueError, match=r"[Dd]eclare them Count"):
        store.save_table("mine", frame, {column: kind})
    shown = store.save_table("mine", frame, {column: Count()})
    assert shown[column].fillna(-1).tolist() == [-1, 10, 20]


@pytest.mark.parametrize("kind", [Plain(), Estimate(), Estimate(("n_people",)), Proportion("n_people")])
@pytest.mark.parametrize("per", [1, 1_000])
def test_a_quotient_of_two_counts_is_refused_as_a_number_of_its_own(store, kind, per):
    frame = pd.DataFrame({"group": list("abc"), "n_people": [41, 53, 62], "events": [3, 12, 20]})
    frame["each"] = per * frame["events"] / frame["n_people"]
    with pytest.raises(ValueError, match="'each' is 'events' ÷ 'n_people'"):
        store.save_table("mine", frame, {"each": kind})
    shown = store.save_table("mine", frame, {"each": Ratio("events", "n_people", per)})
    assert shown["each"].tolist()[1:] == pytest.approx([per * 10 / 55, per * 20 / 60], rel=1e-5)


def test_whole_numbers_that_tell_rows_apart_are_labels(store):
    frame = pd.DataFrame({"n_conditions_known": [0, 1, 2, 3], "n_people": [40, 50, 60, 3]})
    shown = store.save_table("mine", frame, {"n_conditions_known": Dimension(range(20))})
    assert shown["n_people"].fillna(-1).tolist() == [40, 50, 60, -1]


@pytest.mark.parametrize("column", ["low", "high", "estimate", "n_missing", "rows", "n_days"])
def test_names_that_may_be_of_people_are_not_known_by_themselves(store, column):
    with pytest.raises(ValueError, match=f"does not know what '{column}' is"):
        store.save_table("mine", pd.DataFrame({"group": list("ab"), column: [0.31, 0.4]}))
