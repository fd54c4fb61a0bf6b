"""Turn drawn blocks into the Arrow tables of the population's layout."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from analysis_lib.identifiers import CANARIES
from analysis_lib.simulate.population import codes
from analysis_lib.simulate.population.contacts import Contacts
from analysis_lib.simulate.population.geography import Places
from analysis_lib.simulate.population.medicines import SECTIONS, Courses
from analysis_lib.simulate.population.people import NEVER, People, month_start

ID_LETTERS = 16
SCHEMAS = {
    "person": pa.schema(
        [
            ("person_id", pa.string()),
            ("birth_month", pa.date32()),
            ("sex", pa.string()),
            ("ethnic_group", pa.string()),
            ("lsoa", pa.string()),
            ("msoa", pa.string()),
            ("practice", pa.string()),
            ("imd_decile", pa.int8()),
            ("registered_from", pa.date32()),
            ("registered_to", pa.date32()),
            ("death_month", pa.date32()),
        ]
    ),
    "condition": pa.schema(
        [("person_id", pa.string()), ("condition", pa.string()), ("onset_date", pa.date32())]
    ),
    "medicine": pa.schema(
        [
            ("person_id", pa.string()),
            ("bnf_chapter", pa.string()),
            ("bnf_section", pa.string()),
            ("start_date", pa.date32()),
            ("stop_date", pa.date32()),
        ]
    ),
    "contact": pa.schema(
        [
            ("person_id", pa.string()),
            ("date", pa.date32()),
            ("setting", pa.string()),
            ("attended", pa.string()),
            ("length_days", pa.int16()),
            ("cost_gbp", pa.float64()),
        ]
    ),
}


def make_ids(seed: int, first: int, n: int, n_people: int) -> np.ndarray:
    """Return 16 hexadecimal letters for each of `n` people from number `first` on; 24 are canaries.

    The number is scrambled by the finalizer of SplitMix64 (Steele, Lea and Flood 2014), which maps no two
    numbers to one, from a start that depends on the seed. Canaries are spread evenly over the people.
    """
    start = np.random.SeedSequence(seed, spawn_key=(2,)).generate_state(1, np.uint64)
    z = (np.arange(first, first + n, dtype=np.uint64) + start) * np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    z = z ^ (z >> np.uint64(31))
    text = z.astype(">u8").tobytes().hex()
    ids = np.array([text[i : i + ID_LETTERS] for i in range(0, len(text), ID_LETTERS)], dtype=object)
    for number, canary in enumerate(CANARIES):
        place = number * n_people // len(CANARIES) - first
        if 0 <= place < n:
            ids[place] = canary
    return ids


def person_table(ids: np.ndarray, people: People, places: Places) -> pa.Table:
    """Return the person table of a block. Each was registered for a day of the study or more."""
    gone = people.until < NEVER
    last = people.until - 1
    columns = [
        pa.array(ids, pa.string()),
        _dates(month_start(people.born)),
        _words(people.sex, codes.SEXES),
        _words(people.ethnic, codes.ETHNIC_GROUPS),
        _words(people.lsoa, places.lsoa),
        _words(people.msoa, places.msoa),
        _words(people.practice, places.practice),
        pa.array(people.decile, pa.int8()),
        _dates(people.since),
        _dates(last, ~gone),
        _dates(month_start(np.where(people.died, last, 0)), ~people.died),
    ]
    return pa.table([_plain(c) for c in columns], schema=SCHEMAS["person"])


def condition_table(ids: np.ndarray, people: People) -> pa.Table:
    """Return the onsets recorded by the end of each person's record, in order of person and date."""
    person, condition = np.nonzero(people.onset < np.minimum(people.until, codes.N_DAYS)[:, None])
    onset = people.onset[person, condition]
    order = np.lexsort((condition, onset, person))
    columns = [
        _words(person[order], ids),
        _words(condition[order], codes.CONDITIONS),
        _dates(onset[order]),
    ]
    return pa.table([_plain(c) for c in columns], schema=SCHEMAS["condition"])


def medicine_table(ids: np.ndarray, courses: Courses) -> pa.Table:
    """Return the medicine table of a block, its text columns as dictionaries."""
    chapters = tuple(sorted({section[:2] for section in SECTIONS}))
    chapter = np.array([chapters.index(section[:2]) for section in SECTIONS])
    return pa.table(
        {
            "person_id": _words(courses.person, ids),
            "bnf_chapter": _words(chapter[courses.section], chapters),
            "bnf_section": _words(courses.section, SECTIONS),
            "start_date": _dates(courses.start),
            "stop_date": _dates(courses.stop, courses.stop == NEVER),
        }
    )


def contact_table(ids: np.ndarray, contacts: Contacts) -> pa.Table:
    """Return the contact table of a block, its text columns as dictionaries."""
    nothing = contacts.attended < 0
    stayed = contacts.length >= 0
    return pa.table(
        {
            "person_id": _words(contacts.person, ids),
            "date": _dates(contacts.day),
            "setting": _words(contacts.setting, codes.SETTINGS),
            "attended": _words(np.where(nothing, 0, contacts.attended), codes.ATTENDED, nothing),
            "length_days": pa.array(contacts.length.astype(np.int16), mask=~stayed),
            "cost_gbp": pa.array(contacts.cost, pa.float64()),
        }
    )


def _plain(column: pa.Array) -> pa.Array:
    return column.dictionary_decode() if pa.types.is_dictionary(column.type) else column


def _words(
    position: np.ndarray, words: np.ndarray | tuple[str, ...], mask: np.ndarray | None = None
) -> pa.Array:
    """Return text given by position, as a dictionary."""
    return pa.DictionaryArray.from_arrays(
        pa.array(position.astype(np.int32), mask=mask), pa.array(list(words), pa.string())
    )


def _dates(day: np.ndarray, mask: np.ndarray | None = None) -> pa.Array:
    """Return days counted from the first day of the study as dates; masked ones are empty."""
    return pa.array((day + codes.EPOCH).astype(np.int32), mask=mask).cast(pa.date32())
