"""What follows what: counts of steps of care and their gaps, by level and within people."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import reduce
from operator import or_
from typing import Any

import ibis

from analysis_lib.dates import as_day
from analysis_lib.inputs.population import SETTINGS
from analysis_lib.queries.people import day_literal
from analysis_lib.queries.steps import ACUITY, name_places

#: What a last step in a window is followed by: still registered at its end is "none".
ENDS = ("died", "left", "none")
GAP_BITS = 20  # days: more than the calendar of an extract and the year 9999 are apart
MOST_STEPS = 3  # of `frequent_sequences`: one before, one after, and the one between
MOST_DAYS = 31  # of `orders`: days in which each setting has at most one step fit in 5 bits


def transitions(steps: ibis.Table, people: ibis.Table, start: date | str, end: date | str) -> ibis.Table:
    """Count what people's next step of care was, and after how many days.

    Parameters
    ----------
    steps : ibis.Table
        From `list_steps`.
    people : ibis.Table
        From `levels_at`: person_id, use_level, leaves_on, died.
    start, end : date or str
        Steps from `start` up to, and without, `end`.

    Returns
    -------
    ibis.Table
        use_level; from_setting; to_setting (the person's next step in the window; after the last one "died"
        or "left" where the person was not registered at `end` any more, else "none"); gap (int32, days from
        `until` to the next step, to leaving, or to `end`; never below 0); n (int64, transitions); people
        (int64, those whose first transition of this kind had this gap: over all gaps, distinct people).
    """
    first, last = as_window(start, end)
    length = (last - first).days
    gone = people.leaves_on <= day_literal(last)
    left_after = ibis.least(_days(people.leaves_on, first), length)
    after_last = ibis.cases((gone & people.died, _END["died"]), (gone, _END["left"]), else_=_END["none"])
    numbered = _number_groups(people, ("use_level",))
    numbered = numbered.mutate(last=(left_after * _WIDTH + after_last).cast("int32"))
    rows = _among(steps, numbered, ("group", "last"), first, last)
    rows = rows.select(
        "person", "group", "t_until", "last", place=(rows.t * _WIDTH + rows.place).cast("int32")
    )
    in_order = ibis.window(group_by="person", order_by="place")
    following = rows.mutate(next=ibis.coalesce(rows.place.lead().over(in_order), rows.last))
    pair = (following.place & _MASK) * _WIDTH + (following.next & _MASK)
    gap = ibis.greatest((following.next >> 4) - following.t_until, 0)
    pairs = following.select(
        "group",
        pair_gap=((pair << GAP_BITS) + gap).cast("int32"),
        person_pair=following.person.cast("int64") * _WIDTH**2 + pair,
        place="place",
    )
    cube = pairs.group_by("group", "pair_gap").agg(n=pairs.count())
    # A person has one step of a setting a day, so the earliest is one
    coded = pairs.place.cast("int64") * _PAIR_GAPS + pairs.pair_gap
    earliest = pairs.group_by("group", "person_pair").agg(coded=coded.min())
    earliest = earliest.select("group", pair_gap=(earliest.coded % _PAIR_GAPS).cast("int32"))
    counted = earliest.group_by("group", "pair_gap").agg(people=earliest.count())
    both = cube.left_join(counted, ["group", "pair_gap"]).drop("group_right", "pair_gap_right")
    named = both.inner_join(_name_groups(numbered, ("use_level",)), "group")
    pair = named.pair_gap >> GAP_BITS
    return named.select(
        "use_level",
        from_setting=name_places(pair >> 4),
        to_setting=_name_ends(pair & _MASK),
        gap=(named.pair_gap & ((1 << GAP_BITS) - 1)).cast("int32"),
        n=named.n.cast("int64"),
        people=named.people.fill_null(0).cast("int64"),
    )


def orders(
    steps: ibis.Table, people: ibis.Table, start: date | str, end: date | str, days: int = 7
) -> ibis.Table:
    """Count, by person and pair of settings, how often the one came some days before the other.

    Days inside a stay do not count: nobody is seen elsewhere on them, so that an admission would seem to come
    after all else. The day of discharge is the one after that of admission.

    Parameters
    ----------
    steps, people, start, end
        As for `transitions`; both steps are in the window, and stays end in it.
    days : int
        Longest lag, 1 to 31. Steps on one day are no pair: nobody knows their order.

    Returns
    -------
    ibis.Table
        use_level; first, then (settings, `first` before `then` in the order of `SETTINGS`); n_forward (int64,
        pairs of steps first → then 1 to `days` days apart); n_backward (then → first); n_people (int64, who
        have these two numbers). People with neither are left out.

    Raises
    ------
    ValueError
        If `days` is not 1 to 31.
    """
    if not 1 <= days <= MOST_DAYS:
        raise ValueError(f"days is {days}: choose 1 to {MOST_DAYS}.")
    first, last = as_window(start, end)
    rows = _count_outside(_among(steps, people, ("use_level",), first, last))
    # Who is still in hospital at the end cannot be seen after it
    rows = rows.filter(rows.t_until < (last - first).days)
    bits = days.bit_length()
    # One window for all settings: the count of each in its own bits of one number
    one = ibis.cases(*((rows.place == p, ibis.literal(1 << bits * p, "int64")) for p in range(len(ACUITY))))
    ahead = ibis.range_window(group_by="person", order_by="outside", following=(1, days))
    packed = rows.mutate(one=one).mutate(packed=lambda t: t.one.sum().over(ahead).fill_null(0).cast("int64"))
    packed = packed.filter(packed.packed > 0)
    # By person and setting first: a sum of such sums would need more bits, so unpacked before it
    wide = packed.group_by("person", "use_level", "place").agg(
        **{f"n_{p}": ((packed.packed >> bits * p) & ((1 << bits) - 1)).sum() for p in range(len(ACUITY))}
    )
    long = wide.pivot_longer([f"n_{p}" for p in range(len(ACUITY))], names_to="other", values_to="n")
    long = long.filter(long.n > 0)
    rank = {setting: n for n, setting in enumerate(SETTINGS)}
    orders_of = [rank[setting] for setting in ACUITY]
    here = ibis.cases(*((long.place == p, r) for p, r in enumerate(orders_of)))
    there = ibis.cases(*((long.other == f"n_{p}", r) for p, r in enumerate(orders_of)))
    directed = long.select("person", "use_level", "n", here=here, there=there)
    directed = directed.filter(directed.here != directed.there)
    forward = directed.here < directed.there
    each = directed.group_by(
        "person",
        "use_level",
        low=ibis.least(directed.here, directed.there),
        high=ibis.greatest(directed.here, directed.there),
    ).agg(
        n_forward=ibis.ifelse(forward, directed.n, 0).sum(),
        n_backward=ibis.ifelse(forward, 0, directed.n).sum(),
    )
    patterns = each.group_by("use_level", "low", "high", "n_forward", "n_backward").agg(n_people=each.count())
    named = {
        name: ibis.cases(*((patterns[column] == r, s) for r, s in enumerate(SETTINGS)))
        for name, column in (("first", "low"), ("then", "high"))
    }
    counts = {name: patterns[name].cast("int64") for name in ("n_forward", "n_backward", "n_people")}
    return patterns.select("use_level", **named, **counts)


def windows(
    steps: ibis.Table,
    people: ibis.Table,
    first: str,
    then: str,
    near: tuple[int, int],
    far: tuple[int, int],
    start: date | str,
    end: date | str,
    by: Sequence[str] = ("use_level",),
) -> ibis.Table:
    """Count how many steps of a setting have one of another near them in time, and at a distance.

    A self-controlled comparison: the person is the same near and far, so what differs is the sequence. Days
    inside a stay do not count, as for `orders`.

    Parameters
    ----------
    steps, people, start, end
        As for `transitions`, for the steps `first`; steps `then` may lie outside the window, which should
        begin and end the longest lag away from the ends of the extract.
    first, then : str
        Two settings.
    near : (int, int)
        Lags in days from `first` to `then`, both included; negative: before it.
    far : (int, int)
        The same for comparison, looked for on both sides: (8, 9) is also (-9, -8).
    by : sequence of str
        Columns of people.

    Returns
    -------
    ibis.Table
        by; n_first (int64, a person's steps `first`); n_near (of these with at least one `then` in `near`);
        n_far (those with one in `far` and those with one in its mirror, added up); n_people (int64, who have
        these three numbers).

    Raises
    ------
    ValueError
        If a setting is not known, or `first` is `then`.
    """
    _check_pair(first, then)
    begin, stop = as_window(start, end)
    asked = steps.setting.isin([first, then])
    rows = _count_outside(_among(steps.filter(asked | (steps.until > steps.day)), people, by, begin))
    rows = rows.filter(rows.setting.isin([first, then]))
    then_day = rows.mutate(is_then=(rows.setting == then).cast("int32"))

    def found(lags: tuple[int, int]) -> Any:
        low, high = sorted(lags)
        return (
            then_day.is_then.max()
            .over(ibis.range_window(group_by="person", order_by="outside", **_between(low, high)))
            .fill_null(0)
        )

    mirror = (-max(far), -min(far))
    seen = then_day.mutate(n_near=found(near), n_far=found(far) + found(mirror))
    index = seen.filter(seen.is_then == 0, seen.t >= 0, seen.t < (stop - begin).days)
    numbers = ("n_first", "n_near", "n_far")
    each = index.group_by("person", *by).agg(
        n_first=index.count(), n_near=index.n_near.sum(), n_far=index.n_far.sum()
    )
    patterns = each.group_by(*by, *numbers).agg(n_people=each.count())
    return patterns.select(*by, **{name: patterns[name].cast("int64") for name in (*numbers, "n_people")})


def lags(
    steps: ibis.Table,
    people: ibis.Table,
    first: str,
    then: str,
    span: int,
    start: date | str,
    end: date | str,
    by: Sequence[str] = (),
) -> ibis.Table:
    """Count pairs of steps of two settings by the days between them.

    Parameters
    ----------
    steps, people, first, then, start, end, by
        As for `windows`; of `people` also lot.
    span : int
        Longest lag in days, before and after.

    Returns
    -------
    ibis.Table
        by; lot; lag (int32, −span to span without 0: days from `first` to `then`); n (int64, pairs). What
        does not occur has no row.

    Raises
    ------
    ValueError
        As `windows`.
    """
    _check_pair(first, then)
    begin, stop = as_window(start, end)
    keys = [*by, "lot"]
    index = _among(steps.filter(steps.setting == first), people, keys, begin, stop)
    other = steps.filter(steps.setting == then)
    other = other.select("person_id", t_then=_days(other.day, begin))
    lag = (other.t_then - index.t).cast("int32")
    pairs = index.inner_join(other, [index.person_id == other.person_id, lag >= -span, lag <= span, lag != 0])
    pairs = pairs.select(*keys, lag=(pairs.t_then - pairs.t).cast("int32"))
    return pairs.group_by(*keys, "lag").agg(n=pairs.count().cast("int64"))


def frequent_sequences(
    steps: ibis.Table,
    people: ibis.Table,
    start: date | str,
    end: date | str,
    depth: int = MOST_STEPS,
    fewest: int = 10,
    by: Sequence[str] = ("use_level",),
) -> ibis.Table:
    """Count people who had some settings in this order, whatever came between them.

    Parameters
    ----------
    steps, people, start, end
        As for `transitions`. Steps on one day are in the order of `ACUITY`.
    depth : int
        Longest sequence, 1 to 3 settings.
    fewest : int
        Sequences of fewer people are left out.
    by : sequence of str
        Columns of people.

    Returns
    -------
    ibis.Table
        by; step_1, step_2, step_3, up to `depth` (settings; missing in a shorter sequence); n_people (int64,
        those who had it, each once).

    Raises
    ------
    ValueError
        If `depth` is not 1 to 3.
    """
    if not 1 <= depth <= MOST_STEPS:
        raise ValueError(f"depth is {depth}: choose 1 to {MOST_STEPS}.")
    first, last = as_window(start, end)
    numbered = _number_groups(people, by)
    rows = _among(steps, numbered, ("group",), first, last)
    rows = rows.select("person", "group", "place", at=(rows.t * _WIDTH + rows.place).cast("int32"))
    nobody = len(ACUITY)  # in place of a setting where a sequence is shorter
    bits = nobody + 1
    each = rows.group_by("person", "group", "place").agg(earliest=rows.at.min(), latest=rows.at.max())
    firsts = each.group_by("person").agg(
        **{f"first_{p}": each.earliest.min(where=each.place == p).fill_null(_NEVER) for p in range(nobody)}
    )
    lasts = each.group_by("person", "group").agg(
        **{f"last_{p}": each.latest.max(where=each.place == p).fill_null(-1) for p in range(nobody)}
    )
    # Which settings came before each step, as bits of a number; and where they changed, step by step
    known = rows.select("person", "place", "at").inner_join(firsts, "person")
    before = reduce(or_, ((known[f"first_{p}"] < known.at).cast("int32") << p for p in range(nobody)))
    key = ((known.person.cast("int64") << 4) + known.place << bits) + before + (1 << nobody)
    middles = known.select("at", key=key.cast("int64")).group_by("key").agg(at=lambda t: t.at.min())
    one_setting = ibis.window(group_by=middles.key >> bits, order_by=middles.key)
    middles = middles.mutate(
        person=(middles.key >> bits + 4).cast("int32"),
        # Each pair of settings counts at its earliest second step: where the first is new before it
        new=(middles.key - middles.key.lag().over(one_setting).fill_null((middles.key >> bits) << bits)),
    )
    middles = middles.inner_join(lasts, "person")
    after = reduce(or_, ((middles[f"last_{p}"] > middles.at).cast("int32") << p for p in range(nobody)))
    middles = middles.select(
        "group", "new", place=((middles.key >> bits) & _MASK).cast("int32"), after=after.cast("int32")
    )

    def holds(bits: Any, place: int) -> Any:
        return (bits >> place) & 1 == 1

    places = range(nobody + 1)
    wide = middles.group_by("group", "place", "after").agg(
        **{f"n_{p}": middles.count(where=holds(middles.new, p)) for p in places}
    )
    led = wide.pivot_longer([f"n_{p}" for p in places], names_to="lead", values_to="n")
    wide = led.group_by("group", "place", "lead").agg(
        **{f"n_{p}": led.n.sum(where=holds(led.after, p)) for p in places[:-1]},
        **{f"n_{nobody}": led.n.sum()},
    )
    long = wide.pivot_longer([f"n_{p}" for p in places], names_to="then", values_to="n_people")
    lead, then = (
        ibis.cases(*((long[name] == f"n_{p}", p) for p in places)).cast("int32") for name in ("lead", "then")
    )
    long = long.select("group", "place", lead=lead, then=then, n_people=long.n_people.cast("int64"))
    # The second and third of three settings are also two, and the second alone is one
    alone, last_one = long.lead == nobody, long.then == nobody
    shorter = {1: alone & last_one, 2: alone, 3: alone | ~last_one}[depth]
    found = long.filter(shorter, long.n_people >= fewest).inner_join(_name_groups(numbered, by), "group")
    alone = found.lead == nobody
    taken = (
        ibis.ifelse(alone, found.place, found.lead),
        ibis.ifelse(alone, found.then, found.place),
        ibis.ifelse(alone, nobody, found.then),
    )
    named = {f"step_{k}": name_places(place) for k, place in enumerate(taken[:depth], 1)}
    return found.select(*by, **named, n_people=found.n_people)


_WIDTH = 16
_NEVER = 2**31 - 1
_MASK = _WIDTH - 1
_PAIR_GAPS = _WIDTH**2 << GAP_BITS
_END = {end: len(ACUITY) + n for n, end in enumerate(ENDS)}


def _name_ends(place: Any) -> Any:
    return ibis.cases(
        *((place == rank, setting) for rank, setting in enumerate(ACUITY)),
        *((place == rank, end) for end, rank in _END.items()),
    )


def as_window(start: date | str, end: date | str) -> tuple[date, date]:
    """Return the first day of a window and the first after it."""
    first, last = as_day(start, "start"), as_day(end, "end")
    if first >= last:
        raise ValueError(f"No day from {first} up to {last}: give an end after the start.")
    return first, last


def _check_pair(first: str, then: str) -> None:
    unknown = sorted({first, then} - set(SETTINGS))
    if unknown or first == then:
        raise ValueError(f"{first!r} and {then!r}: choose two settings of {', '.join(SETTINGS)}.")


def _days(day: Any, origin: date) -> Any:
    return day.delta(day_literal(origin), unit="day").cast("int32")


def _between(low: int, high: int) -> dict[str, Any]:
    if low < 0 <= high:
        return {"preceding": -low, "following": high}
    if high < 0:
        return {"preceding": (-low, -high)}
    return {"following": (low, high)}


def _count_outside(rows: ibis.Table) -> ibis.Table:
    """Add `outside`: t without the days before it that were inside a stay of the person."""
    before = ibis.range_window(group_by="person", order_by="t", preceding=(None, 1))
    inside = ibis.greatest(rows.t_until - rows.t - 1, 0).sum().over(before)
    return rows.mutate(outside=(rows.t - inside.fill_null(0)).cast("int32"))


def _among(
    steps: ibis.Table, people: ibis.Table, columns: Sequence[str], first: date, last: date | None = None
) -> ibis.Table:
    """Return the steps of people, by number of person; days from the start of the window as t and t_until."""
    if last is not None:
        steps = steps.filter(steps.day >= day_literal(first), steps.day < day_literal(last))
    days = steps.select(
        "person_id", "setting", "place", t=_days(steps.day, first), t_until=_days(steps.until, first)
    )
    # Numbers of people: text would take most of the time to sort
    number = ibis.row_number().over(order_by=people.person_id).cast("int32")
    return days.inner_join(people.select("person_id", *columns, person=number), "person_id")


def _number_groups(people: ibis.Table, by: Sequence[str]) -> ibis.Table:
    """Return people with `group`, a number for each combination of some columns.

    It goes with every step: text and several keys would take most of the time.
    """
    if not by:
        return people.mutate(group=ibis.literal(0, "int32"))
    ranks = ibis.dense_rank().over(order_by=[people[name] for name in by])
    return people.mutate(group=ranks.cast("int32"))


def _name_groups(numbered: ibis.Table, by: Sequence[str]) -> ibis.Table:
    return numbered.select("group", *by).distinct()
