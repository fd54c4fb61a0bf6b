"""A last look at what was built and at what is committed: nothing of a person or a machine may be in it."""

from analysis_lib.release.scan.finding import Finding
from analysis_lib.release.scan.office import digest_source
from analysis_lib.release.scan.site import scan_site
from analysis_lib.release.scan.sources import scan_sources

__all__ = ["Finding", "digest_source", "scan_site", "scan_sources"]
