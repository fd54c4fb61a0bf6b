import pytest

from analysis_lib.release import scan_site

CLEAN = '<p>One in 23 was missed; see <a href="https://www.england.nhs.uk/">the source</a> and n/a.</p>\n'


def test_a_clean_page_passes(tmp_path):
    (tmp_path / "index.html").write_text(CLEAN)
    assert scan_site(tmp_path) == []


@pytest.mark.parametrize(
    ("kind", "line"),
    [
        ("absolute path", "<p>read /home/ann/data/x.csv</p>"),
        ("traceback", "<pre>Traceback (most recent call last):</pre>"),
        ("unresolved shortcode", "<p>{{&lt; var missed.rate &gt;}}</p>"),
        ("missing number", "<td>nan</td>"),
        ("missing number", "<p>The rate was nan% in May</p>"),
        ("remote request", '<script src="https://cdn.example.org/x.js"></script>'),
        ("remote request", '<img alt="" src="//cdn.example.org/x.png">'),
    ],
)
def test_each_finding_names_file_and_line(tmp_path, kind, line):
    (tmp_path / "report").mkdir()
    (tmp_path / "report" / "page.html").write_text(CLEAN + line)
    (found,) = scan_site(tmp_path)
    assert (found.kind, found.file, found.line) == (kind, "report/page.html", 2)
