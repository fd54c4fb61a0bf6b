"""Which world is simulated: one that is unkind to a careless analysis, a kind one, or one without effects."""

from __future__ import annotations

from dataclasses import dataclass

INDEPENDENT = 0.0


@dataclass(frozen=True)
class Scenario:
    """What a simulated world is like; the coefficients themselves are the same in all.

    Attributes
    ----------
    name : str
        As on the command line, in manifests and in truth files.
    area_sd : float
        Factor on every planted standard deviation between areas: of MSOAs (rates) and of sub-ICB locations
        (DNA, staff, mode and lead time). 0: areas are alike.
    area_deprivation : float or None
        Correlation of the MSOAs' effects with their deprivation. None: effects are made orthogonal to
        deprivation, ethnic mix and age mix, as nature never does.
    area_range_m : float
        Distance over which the rest of the MSOAs' effects is correlated, by exp(-distance / range);
        0 for independent ones.
    interactions : bool
        Whether some drivers do more together than their parts.
    drift : float
        Factor on the standard deviations by which volumes, rates and missed appointments drift from
        year to year and month to month.
    tags_differ : bool
        Whether tweets of some themes, and one viral tweet, are retweeted more than others.
    """

    name: str
    area_sd: float = 1.0
    area_deprivation: float | None = 0.5
    area_range_m: float = INDEPENDENT
    interactions: bool = True
    drift: float = 1.0
    tags_differ: bool = True


SCENARIOS = {
    scenario.name: scenario
    for scenario in (
        Scenario("unfavourable"),
        Scenario("favourable", area_deprivation=None, area_range_m=4_000.0, drift=0.0),
        Scenario("null", area_sd=0.0, interactions=False, drift=0.0, tags_differ=False),
    )
}
DEFAULT = "unfavourable"


def find_scenario(scenario: str | Scenario) -> Scenario:
    """Return a scenario by its name, or as it is.

    Raises
    ------
    ValueError
        If there is none of that name.
    """
    if isinstance(scenario, Scenario):
        return scenario
    if scenario not in SCENARIOS:
        raise ValueError(f"scenario must be one of {', '.join(SCENARIOS)}: {scenario!r} given.")
    return SCENARIOS[scenario]
