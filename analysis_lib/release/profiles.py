"""The disclosure profiles of ``disclosure.toml``. The input says which holds; a notebook cannot choose."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from analysis_lib.disclosure import PROFILES, read_thresholds


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


def read_profile(name: str, path: Path | None = None) -> Profile:
    """Return a profile as ``disclosure.toml``, or the file given, states it."""
    stated = read_thresholds(path)[name]
    hides, rounds = stated["suppress_below"], stated["round_to"]
    if hides <= 1 and rounds == 1:
        return Profile(name, None, None, stated["fewest"], banner=name == "simulated")
    return Profile(name, hides, rounds, stated["fewest"], banner=name == "simulated")


_BY_NAME = {name: read_profile(name) for name in PROFILES}
PUBLISHED, SIMULATED, PATIENT = _BY_NAME.values()


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
