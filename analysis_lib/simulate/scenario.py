"""Which world is simulated: one that is unkind to a careless analysis, a kind one, or one without effects."""

from __future__ import annotations

from dataclasses import dataclass

INDEPENDENT = 0.0


@dataclass(frozen=True)
class Order:
    """What follows what in the linked population: the size of each planted effect.

    Attributes
    ----------
    ae_before_emergency : float
        Share of emergency admissions with the A&E attendance that they came from on the same day or the day
        before.
    nhs111_to_ae : tuple of float
        Share of calls to NHS 111 that bring an A&E attendance on the same day or the day after, by decile.
    ambulance_to_ae : float
        Share of ambulances that bring an A&E attendance on the same day.
    nhs111_sent : float
        What if: the share of those that NHS 111 brings to A&E who still come, and are still admitted from
        there, all else being equal. Below 1 there are fewer contacts than planted.
    gp_to_outpatient, outpatient_to_elective : float
        Share of attended contacts that ask for one of the other setting. Fewer lead to it.
    gp_wait, outpatient_wait : float
        Median days between the two.
    wait_log_sd : float
        Standard deviation of the logarithm of waits.
    deprived_wait : float
        Factor on `gp_wait` in the most deprived fifth.
    emergency_again, emergency_half_life : float
        Hazard of an emergency admission on the day after a discharge from one, against that without; in how
        many days what is over 1 halves.
    missed_follow_up : float
        Odds ratio of a missed GP contact in the `follow_up_days` after an emergency admission, where another
        one follows on `readmission_days` after discharge and none before.
    mental_health_to_ae : float
        Of pairs of the two within `mental_health_days`: those in this order over those in the other, among
        people with `mental_health_from` steps or more in the year before.
    end_of_life : float
        Factor on how likely each of the last `end_of_life_days` of life is.
    stays_apart : bool
        Whether nobody has other contacts inside a stay in hospital.
    after_admission : bool
        Whether other contacts follow emergency admissions (`rates.AFTER_ADMISSION`).
    """

    ae_before_emergency: float = 0.72
    nhs111_to_ae: tuple[float, ...] = (0.14, 0.125, 0.115, 0.105, 0.10, 0.095, 0.09, 0.085, 0.08, 0.08)
    ambulance_to_ae: float = 0.60
    nhs111_sent: float = 1.0
    gp_to_outpatient: float = 0.40
    gp_wait: float = 42.0
    deprived_wait: float = 1.25
    outpatient_to_elective: float = 0.30
    outpatient_wait: float = 90.0
    wait_log_sd: float = 0.5
    emergency_again: float = 2.5
    emergency_half_life: float = 10.0
    missed_follow_up: float = 1.4
    follow_up_days: int = 14
    readmission_days: tuple[int, int] = (15, 44)
    mental_health_to_ae: float = 1.5
    mental_health_days: int = 7
    mental_health_from: int = 12
    end_of_life: float = 3.0
    end_of_life_days: int = 90
    stays_apart: bool = True
    after_admission: bool = True


NO_ORDER = Order(
    ae_before_emergency=0.0,
    nhs111_to_ae=(0.0,) * 10,
    ambulance_to_ae=0.0,
    gp_to_outpatient=0.0,
    outpatient_to_elective=0.0,
    emergency_again=1.0,
    missed_follow_up=1.0,
    mental_health_to_ae=1.0,
    end_of_life=1.0,
    stays_apart=False,
    after_admission=False,
)


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
    order : Order
        What follows what in the linked population.
    """

    name: str
    area_sd: float = 1.0
    area_deprivation: float | None = 0.5
    area_range_m: float = INDEPENDENT
    interactions: bool = True
    drift: float = 1.0
    tags_differ: bool = True
    order: Order = Order()


SCENARIOS = {
    scenario.name: scenario
    for scenario in (
        Scenario("unfavourable"),
        Scenario("favourable", area_deprivation=None, area_range_m=4_000.0, drift=0.0),
        Scenario("null", area_sd=0.0, interactions=False, drift=0.0, tags_differ=False, order=NO_ORDER),
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
