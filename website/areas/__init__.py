"""Reports of single areas: each board or sub-ICB location beside England, in a folder of its own.

`make_areas` releases what all areas show once, makes each area's pages in a process of its own, and lists
them with a search and a map.
"""

from website.areas.build import keep_areas, list_known, make_areas
from website.areas.errors import AreaError, NoReport, UnknownArea
from website.areas.places import Area

__all__ = ["Area", "AreaError", "NoReport", "UnknownArea", "keep_areas", "list_known", "make_areas"]
