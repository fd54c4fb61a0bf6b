"""The made-up wording and the stated numbers of simulated tweets. Nothing here comes from a real one."""

from __future__ import annotations

SEARCH = "healthcare"
# Of each theme: its share of originals, by how much retweets are multiplied, whether it is about health
# services, and its tags with the probability that an original of the theme carries each.
THEMES: dict[str, dict] = {
    "appointments": {
        "share": 0.16, "travel": 1.6, "services": True,
        "tags": {"bookahead": 0.55, "gpsurgery": 0.5, "remindme": 0.45, "cancelearly": 0.25},
    },
    "technology": {
        "share": 0.26, "travel": 1.0, "services": False,
        "tags": {"digitalhealth": 0.6, "ai": 0.55, "healthdata": 0.4, "wearables": 0.25},
    },
    "careers": {
        "share": 0.2, "travel": 0.4, "services": False,
        "tags": {"hiring": 0.6, "jobs": 0.55, "careers": 0.35, "joinus": 0.2},
    },
    "wellbeing": {
        "share": 0.22, "travel": 1.8, "services": False,
        "tags": {"wellbeing": 0.6, "walking": 0.45, "sleepwell": 0.35, "nutrition": 0.3},
    },
    "none": {"share": 0.16, "travel": 1.0, "services": False, "tags": {}},
}  # fmt: skip
HEALTH = {"health": 0.12}  # a tag that goes with every theme
STRAY = 0.015  # probability of each tag outside its theme
N_RARE, RARE = 400, 0.08  # tags that few use, and the share of originals with one of them
RARE_WORDS = ("blue", "green", "quiet", "bright", "north", "river", "copper", "garden", "winter", "stone")
RETWEETS = {"mean": 1.2, "log_sd": 1.1, "sampled": 0.45}  # of an original; share of copies in the sample
FAVOURITES_PER_RETWEET = 1.5
ONLY_RETWEETS = 0.15  # of the originals with copies in the sample, how many are not in it themselves
VIRAL = {"retweets": 900, "tag": "onedaywonder", "n": 12}  # one tweet of a rare tag that went far
REPEATED, AMPERSAND, NAMED = 0.03, 0.12, 0.3
LANGUAGES = {"en": 0.92, "es": 0.03, "fr": 0.02, "cy": 0.02, "und": 0.01}
LENGTH_OF_A_RETWEET = 140
OPENINGS = ("Small note", "Seen today", "A thought", "For the diary", "Good to know", "From our week",
            "One for later", "Plain and simple", "Worth a look", "Short update", "On the list",
            "This morning", "Late but true", "Question for you")  # fmt: skip
MIDDLES = {
    "appointments": ("your appointment is easy to move if you tell the surgery early",
                     "patients who cannot come can ring the clinic and free the slot",
                     "a reminder the day before helps people to keep an appointment",
                     "our nurses had empty chairs again and the waiting list did not"),
    "technology": ("a sensor that counts steps was compared with a paper diary",
                   "models learn from tables and the tables need care first",
                   "our dashboard got a second colour and fewer clicks",
                   "a small pilot of voice notes ended with more questions"),
    "careers": ("we are hiring for two posts and the kettle is new",
                "vacancies in the evening team are open until Friday",
                "apply now if you like spreadsheets and people",
                "our careers page has three new lines to read"),
    "wellbeing": ("a walk after lunch made the long day shorter",
                  "going to bed on time was the plan and it nearly worked",
                  "soup with beans is cheap and warm and quick",
                  "ten quiet minutes count even without a mat"),
    "none": ("the meeting moved to the big room by the lift",
             "three charts and one table were enough for the morning",
             "the lift is out of order so the stairs won",
             "someone left a very good pen on the second floor"),
}  # fmt: skip
CLOSINGS = ("and that is all for now", "tell us what you think", "more on it next week", "pass it on",
            "thanks to everyone who helped", "which surprised us", "see you there",
            "no further comment", "as far as we know", "and it was worth it")  # fmt: skip
# Rows that try to be more than text: markup, a formula, a text turned round, a cell that is no list.
HOSTILE = (
    ("<script>alert('x')</script> plain words", "#<script>alert(1)</script>, #healthcare"),
    ('=HYPERLINK("x","y") plain words', "#=1+1, #healthcare"),
    ("turned \u202etxet\u202c round", "#turned\u202eround, #healthcare"),
    ("a list that is none", "['#healthcare', open]"),
    ("a name in the column", "@sim_author_1, #healthcare"),
    ("![x](javascript:alert) **bold** | cell", "#{{< var run.commit >}}, #healthcare"),
)
