"""The gate: small counts and whatever would give them back are hidden, the others rounded."""

from analysis_lib.release.gate.protect import NotReleasable
from analysis_lib.release.gate.release import Released, release_table
from analysis_lib.release.lookup import kinds_for

__all__ = ["NotReleasable", "Released", "kinds_for", "release_table"]
