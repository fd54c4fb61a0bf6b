"""The three disclosure profiles. The input says which one holds; a notebook cannot choose."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Profile:
    """What may leave.

    Attributes
    ----------
    name : str
        published, patient or simulated.
    suppress_below : int or None
        Counts from 1 to one less than this are hidden; None hides nothing.
    round_to : int or None
        All other counts are rounded to a multiple of this.
    fewest : int
        Fewest people or events behind a quantile, an estimate or a class of a model.
    banner : bool
        Whether every page says that its data are made up.
    """

    name: str
    suppress_below: int | None
    round_to: int | None
    fewest: int
    banner: bool = False

    @property
    def protects(self) -> bool:
        """Whether anything is hidden or rounded at all."""
        return self.suppress_below is not None


PUBLISHED = Profile("published", None, None, 1)
PATIENT = Profile("patient", 8, 5, 10)
SIMULATED = Profile("simulated", 8, 5, 10, banner=True)
_BY_NAME = {profile.name: profile for profile in (PUBLISHED, SIMULATED, PATIENT)}  # the last is strictest


def profile_named(name: str) -> Profile:
    """Return the profile of that name.

    Raises
    ------
    ValueError
        If there is none.
    """
    if name not in _BY_NAME:
        raise ValueError(f"Unknown disclosure profile {name!r}: an input has one of {', '.join(_BY_NAME)}.")
    return _BY_NAME[name]


def strictest(names: Iterable[str]) -> Profile:
    """Return the strictest of these profiles: patient before simulated before published.

    Raises
    ------
    ValueError
        If there is no name, or an unknown one.
    """
    profiles = [profile_named(name) for name in names]
    if not profiles:
        raise ValueError(
            "A store needs the loaded inputs that its results come from: they say what may leave."
        )
    return max(profiles, key=list(_BY_NAME.values()).index)
