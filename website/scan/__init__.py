"""A last look at what was built and at what is committed: nothing of a person or a machine may be in it."""

from website.scan.finding import Finding
from website.scan.pdf import digest_source
from website.scan.site import scan_site
from website.scan.sources import scan_sources

__all__ = ["Finding", "digest_source", "scan_site", "scan_sources"]
