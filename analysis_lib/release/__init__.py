"""What may leave: the results store (facts and tables) and the check of what was built."""

from analysis_lib.release.facts import Fact, fact, say, say_list
from analysis_lib.release.scan import Finding, scan_site
from analysis_lib.release.store import Store, merge_facts, open_store

__all__ = ["Fact", "Finding", "Store", "fact", "merge_facts", "open_store", "say", "say_list", "scan_site"]
