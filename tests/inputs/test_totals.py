"""No wrong total without a word: every kind of folder gives the right sum, or stops and names its files."""

from __future__ import annotations

import itertools
import json
import re
import zipfile

import openpyxl
import pandas as pd
import pytest

from analysis_lib import codes
from analysis_lib.inputs import InputError, load_appointments, load_tweets

from .conftest import DURATION, REGIONAL, TEACHING
from .test_releases import PRACTICE
from .test_tweets import HEADER as TWEETS

LABELS = list(itertools.product(codes.STATUSES, codes.HCP_TYPES, codes.MODES, codes.LEAD_TIMES))
N = len(LABELS)
# Counts 1 to N in one area and month.
TOTAL = N * (N + 1) // 2
PLACE = (
    "{0},E38000225,NHS West Yorkshire ICB - {0},E54000054,West Yorkshire,E40000012,North East and Yorkshire"
)


def month(month: str = "2023-06-01", sub: str = "15F", add: int = 0) -> list[str]:
    """Return all rows of a location and month, in the order of the publication."""
    place = PLACE.format(sub)
    return [f"{place},{month},{','.join(row)},{n + add}" for n, row in enumerate(LABELS, 1)]


def locations(n: int, month: str = "2022-01") -> list[str]:
    """Return rows by ICB in which the column of the locations was dropped; one row of each repeats."""
    return [
        f"E54000054,{month},{','.join(row)},{i + (1000 * k if i > 1 else 0)}"
        for k in range(n)
        for i, row in enumerate(LABELS, 1)
    ]


def file(*rows: str, header: str = REGIONAL) -> str:
    return "\n".join([header, *rows, ""])


def totals(folder) -> dict[str, int]:
    """Return what the report would count; the check must say the same, of every file too."""
    report, loaded = folder.check(), folder.load()
    found = {
        subject: int(frame["n_appointments"].sum())
        for subject in ("attendance", "duration", "category")
        if (frame := getattr(loaded, subject)) is not None
    }
    assert report.ok
    assert {s: n for s, n in report.totals.items() if s != "tweets"} == found
    assert json.loads(json.dumps(report.to_dict()))["totals"] == report.totals
    assert sum(report.used.values()) == sum(found.values())
    for subject, n in found.items():
        assert f"{subject}: {n:,} appointments go into the report" in report.to_text()
    return found


def stop(folder) -> str:
    """Return why the folder stops, in the check as in the report."""
    report = folder.check()
    with pytest.raises(InputError) as error:
        folder.load()
    assert [r.to_text() for r in report.rejections] == [r.to_text() for r in error.value.rejections]
    assert "appointments go into the report" not in report.to_text()
    return str(error.value)


# --- a file cut by rows


@pytest.mark.parametrize("cuts", [(500,), (N,), (30, 60), (N - 1, N + 1, 700)])
def test_a_file_cut_by_rows_is_added(folder, cuts):
    rows = month() + month("2023-07-01") + month(sub="36J")
    for number, (start, end) in enumerate(itertools.pairwise((0, *cuts, len(rows)))):
        folder.write(f"part {number}.csv", file(*rows[start:end]))
    assert totals(folder) == {"attendance": 3 * TOTAL}


def test_parts_are_said_to_be_added(folder):
    folder.write("a.csv", file(*month()[:90]))
    folder.write("b.csv", file(*month()[90:]))
    (note,) = (note for note in folder.load().notes if "parts of one release" in note)
    assert note.startswith("attendance: a.csv and b.csv are parts of one release and were added")


def test_a_file_by_icb_cut_in_the_middle_of_one_is_added(folder):
    rows = locations(4)
    folder.write("a.csv", file(*rows[: 2 * N + 100], header=TEACHING))
    folder.write("b.csv", file(*rows[2 * N + 100 :], header=TEACHING))
    assert totals(folder) == {"attendance": sum(int(row.rsplit(",", 1)[1]) for row in rows)}


def test_rows_by_icb_cut_with_some_in_both_are_in_doubt(folder):
    rows = locations(4)
    folder.write("a.csv", file(*rows[N:], header=TEACHING))
    folder.write("b.csv", file(*rows[: N + 9], rows[0].replace("E54000054", "E54000060"), header=TEACHING))
    assert "a.csv and b.csv: both hold E54000054 in 2022-01" in stop(folder)


def test_parts_of_a_newer_release_replace_the_older_one_whole(folder):
    new = month("2023-06-01", add=5) + month("2023-07-01", add=5)
    folder.write("old.csv", file(*month("2023-05-01"), *month("2023-06-01")))
    folder.write("new 1.csv", file(*new[:100]))
    folder.write("new 2.csv", file(*new[100:]))
    assert totals(folder) == {"attendance": 3 * TOTAL + 2 * 5 * N}


def test_parts_that_overlap_are_in_doubt(folder):
    folder.write("a.csv", file(*month()[:200]))
    folder.write("b.csv", file(*month()[150:]))
    said = stop(folder)
    assert "a.csv and b.csv: both hold 15F in 2023-06" in said
    assert "accept.txt" in said


def test_days_of_practices_cut_in_two(folder):
    place = "PCN,15F,NHS West Yorkshire ICB - 15F,GP,Telephone,Planned Clinics,Same Day"
    rows = [f"01JUN2023,A{n:05},SURGERY,TPP,U1,{place},{n},Attended" for n in range(1, 19)]
    folder.write("a.csv", file(*rows[:9], header=PRACTICE))
    folder.write("b.csv", file(*rows[9:], header=PRACTICE))
    assert totals(folder) == {"attendance": 171}


# --- what stands twice


def test_the_same_rows_in_many_places_are_counted_once(folder):
    rows = month() + month("2023-07-01")
    folder.write("whole.csv", file(*rows))
    folder.write("one month.csv", file(*month()))
    folder.write("reversed.csv", file(*rows[::-1]))
    folder.write("some.csv", file(*rows[300:310]))
    folder.zip("a.zip", {"1.csv": file(*month()), "2.csv": file(*month("2023-07-01"))})
    assert totals(folder) == {"attendance": 2 * TOTAL}


def test_a_region_that_was_appended_twice_is_counted_once(folder):
    folder.write("a.csv", file(*month(), *month(sub="36J"), *month()))
    assert totals(folder) == {"attendance": 2 * TOTAL}
    assert f"{N} row(s) ({TOTAL:,} appointments) are copies" in folder.load().warnings[0]
    labels = folder.load().raw_labels
    assert labels.loc[labels["column"] == "status", "n_appointments"].sum() == 2 * TOTAL
    assert "real, and kept" not in folder.check().to_text()


def test_a_copy_that_spells_the_names_otherwise_is_a_copy(folder):
    folder.write("a.csv", file(*month(), *(row.replace("West Yorkshire,", "W Yorks,") for row in month())))
    assert totals(folder) == {"attendance": TOTAL}


@pytest.mark.parametrize("how", ["sheets", "members"])
def test_a_copy_in_another_sheet_or_member(folder, how):
    rows = month()
    if how == "members":
        folder.zip("a.zip", {"a.csv": file(*rows), "b.csv": file(*rows[::-1])})
    else:
        cells = [[*row.split(",")[:-1], int(row.rsplit(",", 1)[1])] for row in rows]
        head = REGIONAL.split(",")
        folder.xlsx("a.xlsx", {"June": [head, *cells], "Copy": [head, *cells[::-1]]})
    assert totals(folder) == {"attendance": TOTAL}


def test_two_releases_in_one_file_stop(folder):
    folder.write("merged.csv", file(*month(), *month(add=3)))
    said = stop(folder)
    assert said.startswith(f"merged.csv: {N} row(s) have the labels of another row")
    folder.accept()
    assert totals(folder) == {"attendance": 2 * TOTAL + 3 * N}
    assert any("accepted by the user: all" in note for note in folder.load().notes)


def test_true_repeats_by_icb_are_summed(folder):
    folder.write("a.csv", file(*locations(3), header=TEACHING))
    assert totals(folder) == {"attendance": sum(int(row.rsplit(",", 1)[1]) for row in locations(3))}
    assert folder.check().quality["rows_repeated"].tolist() == [2]


# --- files split by a label


@pytest.mark.parametrize("column", [8, 9, 10, 11], ids=["status", "staff", "mode", "lead time"])
@pytest.mark.parametrize("zipped", [False, True])
def test_files_split_by_a_label_are_added(folder, column, zipped):
    parts: dict[str, list[str]] = {}
    for row in month() + month("2023-07-01"):
        parts.setdefault(row.split(",")[column], []).append(row)
    files = {f"{n}.csv": file(*rows) for n, rows in enumerate(parts.values())}
    write = {"all.zip": files} if zipped else files
    for name, content in write.items():
        (folder.zip if zipped else folder.write)(name, content)
    assert totals(folder) == {"attendance": 2 * TOTAL}
    statuses = folder.load().attendance.groupby("status", observed=False)["n_appointments"].sum()
    assert (statuses > 0).all()
    for gone in files:  # one file is absent
        left = {name: content for name, content in files.items() if name != gone}
        for path in folder.path.iterdir():
            path.unlink()
        for name, content in ({"all.zip": left} if zipped else left).items():
            (folder.zip if zipped else folder.write)(name, content)
        assert "files split by" in stop(folder)


@pytest.mark.parametrize("column", [8, 9, 10, 11], ids=["status", "staff", "mode", "lead time"])
def test_a_file_of_one_label_alone_stops(folder, column):
    label = month()[0].split(",")[column]
    folder.write("Attended.csv", file(*(row for row in month() if row.split(",")[column] == label)))
    assert f"every row has the {codes_name(column)} {label!r}" in stop(folder)
    folder.accept()
    assert totals(folder)["attendance"] < TOTAL


def codes_name(column: int) -> str:
    return {8: "status", 9: "hcp_type", 10: "mode", 11: "lead_time"}[column]


def test_an_area_and_month_without_missed_appointments_stops(folder):
    july = [row for row in month("2023-07-01") if ",DNA," not in row]
    folder.write("a.csv", file(*month(), *july))
    assert "a.csv: attendance: 15F in 2023-07: no row has the status 'DNA'" in stop(folder)


def test_a_split_file_beside_the_whole_one_is_not_added(folder):
    folder.write("whole.csv", file(*month()))
    folder.write("dna.csv", file(*(row for row in month() if ",DNA," in row)))
    assert totals(folder) == {"attendance": TOTAL}


def test_durations_split_by_length_are_added(folder):
    head = "15F,E38000225,NHS West Yorkshire ICB - 15F,E54000054,E40000012"
    rows = [f"{head},{d:02}JUN2023,{label},5" for d in range(1, 31) for label in codes.DURATIONS]
    for number, label in enumerate(codes.DURATIONS):
        folder.write(f"{number}.csv", file(*(r for r in rows if f",{label}," in r), header=DURATION))
    assert totals(folder) == {"duration": 5 * len(rows)}
    (folder.path / "0.csv").unlink()
    assert "files split by duration" in stop(folder)


# --- answers


def test_an_answer_may_be_tried_on_the_command_line_and_is_kept_in_the_folder(folder):
    folder.write("a.csv", file(*month()))
    folder.write("b.csv", file(*month(add=1)))
    code = re.search(r"'second (\w{6})' uses b.csv", stop(folder))[1]
    from analysis_lib.inputs import check_folder

    tried = check_folder(folder.path, cache=folder.cache, accept=[f"second {code}"])
    assert (tried.ok, tried.totals) == (True, {"attendance": TOTAL + N})
    assert not folder.check().ok
    folder.write("accept.txt", f"second {code}\n")
    assert totals(folder) == {"attendance": TOTAL + N}
    assert folder.check().ignored == []


def test_answers_that_cannot_be_read_are_rejected(folder):
    folder.write("a.csv", file(*month()))
    folder.write("accept.txt", b"\xff\xfe\xff")
    assert folder.rejection().file == "accept.txt"


# --- what is not read


def test_files_that_are_not_read_are_named_by_the_report(folder):
    folder.write("a.csv", file(*month()))
    for name in ("b.txt", "c.dat", "d.csv.bz2", "e.ods", ".f.csv", "README", ".DS_Store"):
        folder.write(name, file(*month("2023-07-01")))
    (folder.path / "2022" / "May").mkdir(parents=True)
    (folder.path / "2022" / "May" / "g.csv").write_text(file(*month("2022-05-01")))
    notes = [note for note in folder.load().notes if note.startswith("Not read: ")]
    assert notes == [
        "Not read: .f.csv (a hidden file).",
        "Not read: 2022/ (folders inside the folder are not read: 1 file(s) in it, such as g.csv).",
        "Not read: README (files without an ending are not read).",
        "Not read: b.txt (files ending .txt are not read).",
        "Not read: c.dat (files ending .dat are not read).",
        "Not read: d.csv.bz2 (files ending .bz2 are not read).",
        "Not read: e.ods (files ending .ods are not read).",
    ]
    text = folder.check().to_text()
    assert text.endswith("OK: every file that is used can be read; 7 not read, see above.")


def test_a_folder_of_other_endings_names_them(folder):
    folder.write("regional.txt", file(*month()))
    assert "regional.txt (files ending .txt are not read)" in folder.rejection().problem


# --- workbooks


def workbook(folder, change) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Data"
    sheet.append(["Appointments, June 2023"])
    sheet.append(REGIONAL.split(","))
    for row in month():
        sheet.append([*row.split(",")[:-1], int(row.rsplit(",", 1)[1])])
    change(sheet)
    book.save(folder.path / "a.xlsx")


def test_a_formula_without_a_stored_value_is_refused(folder):
    def halve(sheet):
        for row in range(150, N + 3):
            sheet[f"M{row}"] = f"=SUM({row},1)"

    workbook(folder, halve)
    found = folder.rejection()
    assert (found.line, found.column) == (150, "M")
    assert "a formula without a stored value in cell M150 of sheet 'Data'" in found.problem
    assert "Excel and save it" in found.remedy


def test_formulas_that_were_never_calculated_are_refused(folder):
    """Some programs store 0, or an empty text, as the value of every formula."""

    def formulas(sheet):
        for row in range(150, N + 3):
            sheet[f"M{row}"] = f"=SUM({row},1)"

    workbook(folder, formulas)
    path = folder.path / "a.xlsx"
    with zipfile.ZipFile(path) as book:
        members = {name: book.read(name) for name in book.namelist()}
    whole = members["xl/worksheets/sheet1.xml"]
    empty = re.search(rb"</f>(<v\s*/>|<v></v>)", whole)[1]
    for value, said in ((b"<v>0</v>", "cell M150"), (b"<v>7</v>", None)):
        folder.zip("a.xlsx", members | {"xl/worksheets/sheet1.xml": whole.replace(empty, value)})
        if said:
            assert said in folder.rejection().problem
        else:
            assert totals(folder) == {"attendance": 147 * 148 // 2 + 7 * (N - 147)}


def test_a_sheet_of_formulas_alone_is_refused(folder):
    def all_of_it(sheet):
        for cells in sheet.iter_rows():
            for cell in cells:
                cell.value = f"=Other!{cell.coordinate}"

    workbook(folder, all_of_it)
    assert "a formula without a stored value in cell A1" in folder.rejection().problem


def test_cells_merged_below_the_header_are_refused(folder):
    workbook(folder, lambda sheet: sheet.merge_cells("I10:I20"))
    found = folder.rejection()
    assert (found.line, found.column) == (10, "I")
    assert "merged cells from I10" in found.problem


def test_a_merged_title_text_numbers_and_dates_are_read(folder):
    def dress(sheet):
        sheet.merge_cells("A1:M1")
        for row in range(3, N + 3):
            sheet[f"H{row}"].value = 45078  # 1 June 2023, as Excel stores a date
            sheet[f"H{row}"].number_format = "mmm-yy"
            sheet[f"M{row}"].value = str(sheet[f"M{row}"].value)
        sheet[f"A{N + 5}"].value = "Source: NHS England"
        sheet.merge_cells(f"A{N + 5}:M{N + 5}")

    workbook(folder, dress)
    assert totals(folder) == {"attendance": TOTAL}
    assert folder.load().attendance["month"].dt.strftime("%Y-%m").unique().tolist() == ["2023-06"]


# --- tweets


@pytest.mark.parametrize(
    "ids",
    [
        [f"1.5676{n}E+18" for n in range(6)],
        ["1.56763E+18"] * 6,
        [f"1.5676{n}e18" for n in range(6)],
        [f"156763{n}.5" for n in range(6)],
        [f"15676310000000{n}0000" for n in range(6)],
        [f"156763{n}".ljust(15, "7") + "0000" for n in range(6)],
    ],
)
def test_tweet_ids_of_a_spreadsheet_are_refused(folder, ids):
    folder.write("t.csv", "\n".join([TWEETS, *(f"{i},text {n},,0,0,en" for n, i in enumerate(ids)), ""]))
    with pytest.raises(InputError, match="column tweet_id: an id that a spreadsheet") as error:
        load_tweets(folder.path, cache=False)
    assert not any(i in str(error.value) for i in ids)
    assert "column tweet_id" in " ".join(r.place for r in folder.check().rejections)


def test_tweet_ids_that_are_numbers_in_a_workbook_are_refused(folder):
    rows = [[1567629223795527681 + n, f"text {n}", "", 0, 0, "en"] for n in range(3)]
    folder.xlsx("t.xlsx", {"Tweets": [TWEETS.split(","), *rows]})
    with pytest.raises(InputError, match="line 2, column tweet_id: .*an id that a spreadsheet"):
        load_tweets(folder.path, cache=False)
    folder.xlsx("t.xlsx", {"Tweets": [TWEETS.split(","), *([str(row[0]), *row[1:]] for row in rows)]})
    assert load_tweets(folder.path, cache=False).tweets["tweet_id"].tolist() == [str(row[0]) for row in rows]


def test_one_id_with_two_texts_is_refused(folder):
    folder.write("t.csv", f"{TWEETS}\n7,one,,0,0,en\n8,two,,0,0,en\n7,three,,0,0,en\n")
    with pytest.raises(InputError, match="line 2, column tweet_id: one id with two different texts"):
        load_tweets(folder.path, cache=False)


def test_the_check_counts_tweets_as_the_report_does(folder):
    folder.write("a.csv", file(*month()))
    folder.write("t.csv", f"{TWEETS}\n7,one,,0,0,en\n8,two,,0,0,en\n7,one,,3,0,en\n")
    folder.write("u.csv", f"{TWEETS}\n8,two,,0,0,en\n9,six,,0,0,en\n")
    report = folder.check()
    assert report.totals["tweets"] == len(load_tweets(folder.path, cache=False).tweets) == 3
    assert "tweets: 3 tweets go into the report" in report.to_text()
    assert "1 row(s) hold a tweet that stands before: read once." in report.to_text()
    assert load_appointments(folder.path, cache=False).attendance["n_appointments"].sum() == TOTAL


DAILY = "SUB_ICB_LOCATION_CODE,SUB_ICB_LOCATION_ONS_CODE,SUB_ICB_LOCATION_NAME,ICB_ONS_CODE,REGION_ONS_CODE,"
DAILY += "Appointment_Date,APPT_STATUS,HCP_TYPE,APPT_MODE,TIME_BETWEEN_BOOK_AND_APPT,COUNT_OF_APPOINTMENTS"


def test_a_daily_file_cut_within_a_day_is_whole(folder):
    """Two parts hold the same labels in a month: their days tell them from two releases."""
    labels = [(s, hcp) for s in ("Attended", "DNA", "Unknown") for hcp in ("GP", "Other Practice staff")]
    rows = [
        f"15F,x,x,E54000054,E40000012,{day:02d}MAR2026,{status},{hcp},{mode},Same Day,{n}"
        for n, (day, (status, hcp), mode) in enumerate(
            ((d, pair, m) for d in range(2, 7) for pair in labels for m in ("Telephone", "Face-to-Face")), 1
        )
    ]
    for cut in (30, 31, 36):
        folder.write("a.csv", "\n".join([DAILY, *rows[:cut], ""]))
        folder.write("b.csv", "\n".join([DAILY, *rows[cut:], ""]))
        loaded = folder.load()
        assert loaded.attendance["n_appointments"].sum() == sum(range(1, 61))
        assert loaded.attendance_daily["n_appointments"].sum() == sum(range(1, 61))
        assert folder.check().totals == {"attendance": 1830}


def test_subtotals_under_a_blank_label_are_not_counted_as_unknown(folder):
    """SQL's ROLLUP and Power BI write a total of each group with the label left blank."""
    head = "SUB_ICB_LOCATION_CODE,SUB_ICB_LOCATION_ONS_CODE,SUB_ICB_LOCATION_NAME,ICB_ONS_CODE,ICB_NAME,"
    head += "REGION_ONS_CODE,REGION_NAME,APPOINTMENT_MONTH,APPT_STATUS,HCP_TYPE,APPT_MODE,"
    head += "TIME_BETWEEN_BOOK_AND_APPT,COUNT_OF_APPOINTMENTS"
    modes = {"Telephone": 600, "Face-to-Face": 900, "NULL": 1_500}
    rows = [
        f"15F,x,x,E54000054,x,E40000012,x,2023-0{month}-01,{status},GP,{mode},Same Day,{n}"
        for month in (6, 7)
        for status in ("Attended", "DNA", "Unknown")
        for mode, n in modes.items()
    ]
    folder.write("a.csv", "\n".join([head, *rows, ""]))
    (found,) = [r for r in folder.check().rejections if "subtotals" in r.problem]
    assert "rows without a value in APPT_MODE add up to all others in every month" in found.problem
    # One that does not add up is a real Unknown.
    folder.write("a.csv", "\n".join([head, *rows, ""]).replace(",NULL,Same Day,1500", ",NULL,Same Day,1499"))
    assert not [r for r in folder.check().rejections if "subtotals" in r.problem]


def whole_month(counts):
    """Every combination of status, staff and mode in a month, with a count for each status."""
    head = "SUB_ICB_LOCATION_CODE,SUB_ICB_LOCATION_ONS_CODE,SUB_ICB_LOCATION_NAME,ICB_ONS_CODE,ICB_NAME,"
    head += "REGION_ONS_CODE,REGION_NAME,APPOINTMENT_MONTH,APPT_STATUS,HCP_TYPE,APPT_MODE,"
    head += "TIME_BETWEEN_BOOK_AND_APPT,COUNT_OF_APPOINTMENTS"
    rows = [
        f"15F,x,x,E54000054,x,E40000012,x,2023-06-01,{status},{staff},{mode},{lead},{n}"
        for status, n in counts.items()
        for staff in ("GP", "Other Practice staff", "Unknown")
        for mode in ("Telephone", "Face-to-Face", "Unknown")
        for lead in ("Same Day", "1 Day", "Unknown / Data Issue")
    ]
    return "\n".join([head, *rows, ""])


def test_a_status_with_nothing_but_noughts_is_as_absent(folder):
    folder.write("a.csv", whole_month({"Attended": 7, "DNA": 0, "Unknown": 2}))
    (found,) = folder.check().rejections
    assert "no row has the status 'DNA'" in found.problem
    folder.write("a.csv", whole_month({"Attended": 7, "DNA": 1, "Unknown": 0}))
    assert folder.load().attendance["n_appointments"].min() == 1


def test_a_file_of_noughts_gives_no_report(folder):
    folder.write("a.csv", whole_month({"Attended": 0, "DNA": 0, "Unknown": 0}))
    assert "no appointment file" in folder.rejection().problem


def test_days_that_a_daily_file_lacks_in_its_middle_are_warned_of(folder):
    def rows(days):
        return [
            f"15F,x,x,E54000054,E40000012,{day},{status},{staff},Telephone,Same Day,5"
            for day in days
            for status in ("Attended", "DNA", "Unknown")
            for staff in ("GP", "Other Practice staff")
        ]

    whole = [f"{day:%d%b%Y}".upper() for day in pd.bdate_range("2025-09-01", "2025-10-31")]
    folder.write("a.csv", "\n".join([DAILY, *rows(whole), ""]))
    assert not [w for w in folder.load().warnings if "no rows from" in w]
    lacking = [day for day in whole if not ("16OCT" <= day <= "28OCT" and day.endswith("OCT2025"))]
    folder.write("a.csv", "\n".join([DAILY, *rows(lacking), ""]))
    (warning,) = [w for w in folder.load().warnings if "no rows from" in w]
    assert warning == "attendance daily: no rows from 16 October 2025 to 27 October 2025 (8 weekdays)."
