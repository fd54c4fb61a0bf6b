"""Made-up people with a known order of steps."""

import numpy as np
import pandas as pd

from analysis_lib.models.pathways import collect_steps

START, END, DAYS = "2023-04-01", "2024-03-31", 365


def draw_world(n, seed, sent=0.3, admitted=0.0, calls=2.0, levels=("1-4", "12-23")):
    """Calls to 111 of which a share are followed by A&E the next day, GP and A&E at random; level doubles."""
    rng = np.random.default_rng(seed)
    level = np.arange(n) // 50 % len(levels)  # as many of each in every lot
    rate = rng.gamma(2, 0.5, n) * (1 + level)
    rows = []

    def add(setting, person, day, nights=0):
        rows.append(pd.DataFrame({"person_id": person, "day": day, "setting": setting, "nights": nights}))

    def scatter(setting, mean):
        person = np.repeat(np.arange(n), rng.poisson(rate * mean))
        day = rng.integers(0, DAYS, len(person))
        add(setting, person, day)
        return person, day

    scatter("gp", 3.0)
    person, day = scatter("ae", 0.5)
    caller, call = scatter("nhs111", calls)
    follows = rng.random(len(call)) < sent
    person, day = np.concatenate([person, caller[follows]]), np.concatenate([day, call[follows] + 1])
    add("ae", caller[follows], call[follows] + 1)
    if admitted:
        stays = rng.random(len(day)) < admitted
        add("emergency", person[stays], day[stays], rng.geometric(0.3, stays.sum()))
    return as_pathways(pd.concat(rows, ignore_index=True), n, np.array(levels)[level])


PLACE = {"gp": 5, "nhs111": 6, "ae": 8, "emergency": 10}


def as_pathways(rows, n, level="1-4", leaves=None, died=False):
    """Steps as the query gives them: one a person, day and setting."""
    rows = rows.drop_duplicates(["person_id", "day", "setting"])
    first = np.datetime64(START)
    day = first + rows["day"].to_numpy("timedelta64[D]")
    until = day + rows.get("nights", pd.Series(0, rows.index)).to_numpy("timedelta64[D]")
    steps = pd.DataFrame({"person_id": rows["person_id"].to_numpy(), "day": day, "until": until})
    steps = steps.assign(setting=rows["setting"].to_numpy(), place=rows["setting"].map(PLACE).to_numpy())
    people = pd.DataFrame(
        {"person_id": np.arange(n), "use_level": level, "died": died, "lot": np.arange(n) % 50}
    )
    leaves = np.full(n, 10**4) if leaves is None else leaves
    people["leaves_on"] = first + np.asarray(leaves).astype("timedelta64[D]")
    return collect_steps(steps, people, START, END)
