from analysis_lib.inputs import check_folder


def test_groupings_of_the_same_appointments_are_not_added(tmp_path):
    (tmp_path / "totals.csv").write_text(
        "dimension,appointment_month,value,count_of_appointments\n"
        "service_setting,2021-08,General Practice,30\n"
        "service_setting,2021-08,Unmapped,5\n"
        "context_type,2021-08,Care Related Encounter,33\n"
        "context_type,2021-08,Unmapped,2\n"
    )
    assert check_folder(tmp_path, cache=False).quality["n_appointments"].tolist() == [35]
