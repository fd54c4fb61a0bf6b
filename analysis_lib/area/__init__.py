"""Reports of single areas: each board or sub-ICB location beside England, in a folder of its own.

`make_areas` releases what all areas show once, makes each area's pages in a process of its own, and lists
them with a search and a map.
"""

from analysis_lib.area.build import keep_areas, list_known, make_areas
from analysis_lib.area.errors import AreaError, NoReport, UnknownArea
from analysis_lib.area.places import Area

__all__ = ["Area", "AreaError", "NoReport", "UnknownArea", "keep_areas", "list_known", "make_areas"]
