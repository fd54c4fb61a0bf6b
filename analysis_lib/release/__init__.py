"""What may leave: the gate and the results store (facts and tables)."""

from analysis_lib.release.facts import NOT_KNOWN, UNITS, Fact, fact, say, say_list
from analysis_lib.release.frames import (
    find_added,
    is_hidden,
    is_released,
    list_released,
    named_like_identifiers,
    of_released,
    released_name,
)
from analysis_lib.release.log import list_kinds, list_releases, save_releases, summarise_releases
from analysis_lib.release.store import (
    HIDDEN,
    Store,
    empty_store,
    list_store,
    list_stores,
    merge_facts,
    open_store,
    read_labels,
)

__all__ = [
    "HIDDEN",
    "NOT_KNOWN",
    "UNITS",
    "Fact",
    "Store",
    "empty_store",
    "fact",
    "find_added",
    "is_hidden",
    "is_released",
    "list_released",
    "list_kinds",
    "list_releases",
    "list_store",
    "list_stores",
    "merge_facts",
    "named_like_identifiers",
    "of_released",
    "open_store",
    "read_labels",
    "released_name",
    "save_releases",
    "say",
    "say_list",
    "summarise_releases",
]
