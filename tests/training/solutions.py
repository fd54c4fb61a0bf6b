"""The solutions, as a learner would write them: each takes the place of ``answer = ...`` in its notebook."""

SOLUTIONS = {
    "reader": {
        "ex1": """
rule_a = room.rules[room.rules["rule"] == "A"]
answer = round(float(rule_a["n_flagged"].iloc[0] / rule_a["n_at_risk"].iloc[0]), 3)
""",
        "ex2": """
began = courses["start_date"] < day
goes_on = courses["stop_date"].isna() | (courses["stop_date"] >= day)
opioid = courses["bnf_code"].str[:6] == "040702"
answer = courses[began & goes_on & opioid]["person_id"].nunique()
""",
        "ex3": """
answer = published["n_flagged"].count()
""",
        "ex4": """
answer = (practices["low"] > average).sum()
""",
        "ex5": """
answer = listed["admitted"].sum() / 100
""",
        "ex6": """
answer = round(len(room.adults) * room.adults["risk"].mean())
""",
        "ex7": """
exposed = world[world["exposed"]]
answer = round(exposed["risk"].sum() - exposed["risk_without"].sum(), 1)
""",
    },
    "analyst": {
        "ex1": """
known = queries.list_events(population, earlier).cache()
edges = queries.windowed_edges(known)
pair = queries.to_frame(edges.filter(edges["first"] == first, edges.then == then))
answer = pair["person_id"].nunique()
""",
        "ex2": """
answer = queries.count_by_rule(room.by_section, day)["computable"].sum()
""",
        "ex3": """
answer = (landmarks.groupby("person_id")["row_fold"].nunique() == 2).sum()
""",
        "ex4": """
answer = round(min(roc_auc_score(g["admitted"], g["risk"]) for _, g in landmarks.groupby("date")), 3)
""",
        "ex5": """
answer = set(room.ranked.nsmallest(3, "rank")["name"])
""",
        "ex6": """
risk = room.model.predict(highest)[0]
base = 1 / (1 + 2.718281828459045 ** -room.model.base_)
answer = round((risk / (1 - risk)) / (base / (1 - base)), 2)
""",
        "ex7": """
answer = (room.model.predict(after) > room.model.predict(before)).sum()
""",
    },
    "maintainer": {
        "ex1": """
old = set(room.adults.loc[room.adults["age"] >= 75, "person_id"])
flagged = set()
for person, rows in room.courses[room.courses["person_id"].isin(old)].groupby("person_id"):
    rows = rows[rows["start_date"] < np.datetime64(day)]
    hypnotics = rows.loc[rows["bnf_code"].str.startswith("0401010"), "start_date"]
    opioids = rows.loc[rows["bnf_code"].str.startswith("0407020"), "start_date"]
    if any(1 <= (later - sooner).days <= 30 for sooner in hypnotics for later in opioids):
        flagged.add(person)
answer = len(flagged)
""",
        "ex2": """
answer = set(CASES["case"][broken != CASES["flagged"]])
""",
        "ex3": """
days = pd.date_range(first, last, freq="30D")
back, ahead = pd.Timedelta(days=365), pd.Timedelta(days=89)
answer = ((days - back >= str(first)) & (days + ahead <= str(last))).sum()
""",
        "ex4": """
landmark = np.datetime64(day)
known = make_columns(
    room.contact[room.contact["date"] < landmark], room.medicine[room.medicine["start_date"] < landmark], day
)
known = known.reindex(columns.index, fill_value=0)
answer = {name for name in columns if (columns[name] != known[name]).any()}
""",
        "ex5": """
answer = {name for name in WANTED.columns if describe(name) is None}
""",
        "ex6": """
answer = released[["n_people", "n_flagged"]].isna().sum().sum()
""",
        "ex7": """
whole = release_everybody(room).iloc[0]
answer = round(whole["n_flagged"] / whole["n_people"], 5)
""",
    },
}
