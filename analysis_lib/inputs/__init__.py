"""Find, read, check and normalise every input. Knows file formats; knows no statistics.

`load_appointments` returns tidy frames with their data-quality record; `check_folder` reports on a
folder without loading it; `fetch_release` downloads official releases.
"""

from analysis_lib.inputs.areas import load_areas, shorten_icb_name
from analysis_lib.inputs.errors import InputError, Rejection
from analysis_lib.inputs.fetch import Fetched, FetchError, fetch_release, list_releases
from analysis_lib.inputs.hospital.find import Admissions, load_admissions
from analysis_lib.inputs.linked import Linked, find_msoa_boundaries, load_linked, name_msoas
from analysis_lib.inputs.load import Appointments, check_folder, load_appointments
from analysis_lib.inputs.needs import summarise_quality
from analysis_lib.inputs.quality import CheckReport
from analysis_lib.inputs.remarks import AbsentInput, TooFewYears
from analysis_lib.inputs.topics import load_topic_words
from analysis_lib.inputs.tweets import Tweets, load_tweets

__all__ = [
    "AbsentInput",
    "Admissions",
    "Appointments",
    "CheckReport",
    "FetchError",
    "Fetched",
    "InputError",
    "Linked",
    "Rejection",
    "TooFewYears",
    "Tweets",
    "check_folder",
    "fetch_release",
    "find_msoa_boundaries",
    "list_releases",
    "load_admissions",
    "load_appointments",
    "load_areas",
    "load_linked",
    "load_topic_words",
    "load_tweets",
    "name_msoas",
    "shorten_icb_name",
    "summarise_quality",
]
