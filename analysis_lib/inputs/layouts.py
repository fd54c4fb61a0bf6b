"""The layouts that files arrive in, declared as data.

A layout is known by its column names alone: a file's name says nothing. Column names follow the
"Appointments in General Practice" publication of NHS England and the teaching extract made from it.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Column:
    """A column of a layout: what it means, the names it goes by, and how its text is converted.

    `kind` is one of date, month, label, code, count, text (kept as text), name (of the area whose code stands
    in the column that `meaning` names) and unused (known, not read). What is `kept` of a label, code or count
    is a column of the subject's frame; other columns only tell rows apart.
    """

    meaning: str
    names: tuple[str, ...]
    kind: str
    required: bool = True
    kept: bool = True


@dataclass(frozen=True)
class Layout:
    """A layout: its name, the subject it belongs to, and its columns.

    `level` is the finest area it has (sub_icb, icb, england). Of two releases that are equal otherwise
    the lower `rank` is used. An `exact` layout admits no other column. A `companion` comes with the
    publication and is never needed: it is named and left aside.
    """

    name: str
    subject: str
    columns: tuple[Column, ...]
    level: str = "england"
    rank: int = 0
    exact: bool = False
    newlines: bool = False
    companion: str = ""

    @property
    def required(self) -> list[Column]:
        """Columns without which a file is not of this layout."""
        return [column for column in self.columns if column.required]


def _c(meaning: str, *names: str, kind: str = "label", required: bool = True, kept: bool = True) -> Column:
    return Column(meaning, names, kind, required, kept)


def _unused(*names: str) -> tuple[Column, ...]:
    return tuple(Column(f"unused {name}", (name,), "unused", required=False) for name in names)


def _name(code: str, *names: str) -> Column:
    return Column(f"name of {code}", names, "name", required=False)


COUNT = _c("n_appointments", "count_of_appointments", kind="count")
STATUS = _c("status", "appt_status")
HCP = _c("hcp_type", "hcp_type")
MODE = _c("mode", "appt_mode")
LEAD = _c("lead_time", "time_between_book_and_appt")
MONTH = _c("month", "appointment_month", kind="month")
DATE = _c("date", "appointment_date", kind="date")
DURATION = _c("duration", "actual_duration")
CATEGORY = (
    _c("service_setting", "service_setting"),
    _c("context_type", "context_type"),
    _c("national_category", "national_category"),
)
SUB_ICB = _c("sub_icb_code", "sub_icb_location_code", kind="code")
ICB = _c("icb_code", "icb_ons_code", kind="code")
REGION = _c("region_code", "region_ons_code", kind="code", required=False)
SUB_ICB_NAMES = (
    *_unused("sub_icb_location_ons_code", "icb_code"),
    _name("sub_icb_code", "sub_icb_location_name", "sub_icb_location"),
    _name("icb_code", "icb_name"),
)
REGION_NAMES = (*_unused("region_code"), _name("region_code", "region_name"))
# Until June 2022: clinical commissioning groups (CCG), sustainability and transformation partnerships (STP),
# which stand under regional local offices in releases of 2018 to 2020. STP_CODE holds ONS codes in some
# releases and ODS codes in others, there beside STP_ONS_CODE.
CCG = _c("sub_icb_code", "ccg_code", kind="code")
STP = _c("icb_code", "stp_ons_code", "stp_code", kind="code")
CCG_NAMES = (
    *_unused(
        "ccg_ons_code",
        "stp_code",
        "regional_local_office_ons_code",
        "regional_local_office_code",
        "regional_local_office_name",
        "subregion_ons_code",
        "subregion_code",
        "subregion_name",
    ),
    _name("sub_icb_code", "ccg_name"),
    _name("icb_code", "stp_name"),
)
REGION_CCG = _c("region_code", "region_ons_code", "region_code", kind="code", required=False)
BY_STATUS = (STATUS, HCP, MODE, LEAD, COUNT)
PRACTICE = (
    _c("gp_code", "gp_code", kind="code", kept=False),
    _c("national_category", "national_category", kind="text", required=False, kept=False),
    *_unused("gp_name", "supplier", "pcn_code", "pcn_name", "pcn"),
)
COVERAGE_COUNTS = tuple(
    _c(meaning, name, kind="count")
    for meaning, name in (
        ("n_practices_included", "included_practices"),
        ("n_practices_open", "open_practices"),
        ("n_patients_included", "patients_registered_at_included_practices"),
        ("n_patients_open", "patients_registered_at_open_practices"),
    )
)
REGION_COVERAGE = _c("region_code", "region_ons_code", "region_code", kind="code", required=False)

AREA_ORDER = ("region_code", "region_name", "icb_code", "icb_name", "sub_icb_code", "sub_icb_name")

LAYOUTS: tuple[Layout, ...] = (
    Layout(
        "attendance, teaching",
        "attendance",
        (
            ICB,
            MONTH,
            _c("status", "appointment_status"),
            HCP,
            _c("mode", "appointment_mode"),
            _c("lead_time", "time_between_book_and_appointment"),
            COUNT,
        ),
        level="icb",
        rank=3,
    ),
    Layout(
        "attendance, regional",
        "attendance",
        (SUB_ICB, ICB, REGION, MONTH, *BY_STATUS, *SUB_ICB_NAMES, *REGION_NAMES),
        level="sub_icb",
    ),
    Layout(
        "attendance, CCG and STP (before July 2022)",
        "attendance",
        (CCG, STP, REGION_CCG, MONTH, *BY_STATUS, *CCG_NAMES, *REGION_NAMES),
        level="sub_icb",
    ),
    Layout(
        "attendance, practice level",
        "attendance",
        (
            *PRACTICE,
            SUB_ICB,
            _c("icb_code", "icb_ons_code", kind="code", required=False),
            REGION,
            _c("month", "appointment_month_start_date", "appointment_month", kind="month"),
            *BY_STATUS,
            *SUB_ICB_NAMES,
            *REGION_NAMES,
        ),
        level="sub_icb",
        rank=2,
    ),
    # The same appointments as the regional files of a release, by day.
    Layout(
        "attendance, daily",
        "attendance",
        (SUB_ICB, ICB, REGION, DATE, *BY_STATUS, *SUB_ICB_NAMES, *REGION_NAMES),
        level="sub_icb",
        rank=1,
    ),
    Layout(
        "attendance, daily, CCG and STP (before July 2022)",
        "attendance",
        (CCG, STP, REGION_CCG, DATE, *BY_STATUS, *CCG_NAMES, *REGION_NAMES),
        level="sub_icb",
        rank=1,
    ),
    Layout(
        "duration",
        "duration",
        (SUB_ICB, ICB, REGION, DATE, DURATION, COUNT, *SUB_ICB_NAMES, *REGION_NAMES),
        level="sub_icb",
    ),
    Layout(
        "duration, CCG and STP (before July 2022)",
        "duration",
        (CCG, STP, REGION_CCG, DATE, DURATION, COUNT, *CCG_NAMES, *REGION_NAMES),
        level="sub_icb",
    ),
    Layout(
        "category",
        "category",
        (SUB_ICB, ICB, REGION, DATE, *CATEGORY, COUNT, *SUB_ICB_NAMES, *REGION_NAMES),
        level="sub_icb",
    ),
    Layout(
        "category, teaching",
        "category",
        (
            DATE,
            ICB,
            _c("sub_icb_label", "sub_icb_location_name", kind="text"),
            *CATEGORY,
            COUNT,
            *_unused("appointment_month", "region_ons_code"),
            _name("icb_code", "icb_name"),
            _name("region_code", "region_name"),
        ),
        level="sub_icb",
        rank=1,
    ),
    Layout(
        "category, CCG and STP (before July 2022)",
        "category",
        (CCG, STP, REGION_CCG, DATE, *CATEGORY, COUNT, *CCG_NAMES, *REGION_NAMES),
        level="sub_icb",
    ),
    Layout(
        "national overview",
        "overview",
        (
            MONTH,
            STATUS,
            HCP,
            MODE,
            *CATEGORY,
            _c("n_appointments", "appointments", COUNT.names[0], kind="count"),
        ),
    ),
    Layout(
        "coverage",
        "coverage",
        (SUB_ICB, ICB, REGION_COVERAGE, MONTH, *COVERAGE_COUNTS, *SUB_ICB_NAMES, *REGION_NAMES),
        level="sub_icb",
    ),
    Layout(
        "coverage, CCG and STP (before July 2022)",
        "coverage",
        (
            _c("sub_icb_code", "ccg_code", "commissioner_organisation_code", kind="code"),
            _c("icb_code", "stp_ons_code", "stp_code", kind="code", required=False),
            REGION_COVERAGE,
            MONTH,
            *COVERAGE_COUNTS,
            *CCG_NAMES,
            *REGION_NAMES,
        ),
        level="sub_icb",
    ),
    Layout(
        "summary table 1a",
        "published",
        (MONTH, _c("n_appointments", "total_count_of_appointments", kind="count")),
        exact=True,
    ),
    Layout(
        "summary table 2a",
        "published",
        (
            DATE,
            _c("weekday", "weekday", kind="unused"),
            _c("n_appointments", "total", kind="count"),
            *(_c(f"n_{name}", name, kind="count") for name in ("attended", "dna", "unknown")),
        ),
        exact=True,
        rank=1,
    ),
    Layout(
        "category totals",
        "category_totals",
        (_c("dimension", "dimension", kind="text"), MONTH, _c("value", "value", kind="text"), COUNT),
        exact=True,
    ),
    Layout(
        "record counts",
        "record_counts",
        (
            _c("dimension", "dimension", kind="text"),
            _c("value", "value", kind="text"),
            _c("n_records", "record_count", kind="count"),
        ),
        exact=True,
    ),
    Layout(
        "tweets",
        "tweets",
        (
            _c("tweet_id", "tweet_id", kind="text"),
            _c("tweet_full_text", "tweet_full_text", kind="text"),
            _c("hashtags", "tweet_entities_hashtags", kind="text"),
            _c("n_retweets", "tweet_retweet_count", kind="count"),
            _c("n_favourites", "tweet_favorite_count", kind="count"),
            _c("language", "tweet_lang", kind="text", required=False),
        ),
        newlines=True,
    ),
    Layout(
        "practice look-up",
        "companion",
        (
            _c("gp_code", "gp_code", kind="unused"),
            _c("pcn_code", "pcn_code", kind="unused"),
            _c("sub_icb_location_code", "sub_icb_location_code", "ccg_code", kind="unused"),
            *_unused(
                *("gp_name", "supplier", "pcn_name", "sub_icb_location_name", "sub_icb_location_ons_code"),
                *("ccg_name", "ccg_ons_code", "icb_code", "icb_ons_code", "icb_name", "stp_code"),
                *("stp_ons_code", "stp_name", "region_code", "region_ons_code", "region_name"),
            ),
        ),
        exact=True,
        companion="the publication's look-up of practices, known and not needed",
    ),
)


def all_layouts() -> tuple[Layout, ...]:
    """Return the layouts: whatever reads them asks here, so that a test can add one for all of them."""
    return LAYOUTS


def label_columns() -> dict[str, str]:
    """Return what every column of labels means, by each name that it goes by."""
    columns = (c for layout in all_layouts() for c in layout.columns if c.kind == "label")
    return {name: column.meaning for column in columns for name in column.names}


def list_columns(subject: str) -> tuple[str, ...]:
    """Return the columns of a subject's frame: dates, areas, labels and counts, as the layouts have them.

    Status by day is summed to months for the frame of attendance; it is a frame of its own too.
    """
    if subject == "attendance_daily":
        return ("date", "month", *AREA_ORDER, "status", "n_appointments")
    columns = [c for layout in all_layouts() if layout.subject == subject for c in layout.columns if c.kept]
    kinds = ("month",) if subject == "attendance" else ("date", "month")
    labels = dict.fromkeys(c.meaning for c in columns if c.kind in ("label", "code"))
    counts = dict.fromkeys(c.meaning for c in columns if c.kind == "count")
    dates = [kind for kind in kinds if any(c.kind in ("date", kind) for c in columns)]
    return (*dates, *AREA_ORDER, *(name for name in labels if name not in AREA_ORDER), *counts)


def name_layouts() -> str:
    """Return the layouts that are read, by subject, in words: from the table, so that it is true."""
    subjects: dict[str, list[str]] = {}
    for layout in all_layouts():
        if not layout.companion:
            subject, _, kind = layout.name.partition(", ")
            subjects.setdefault(subject, []).append(kind or "official")
    return "; ".join(
        subject if kinds == ["official"] else f"{subject} ({'; '.join(kinds)})"
        for subject, kinds in subjects.items()
    )
