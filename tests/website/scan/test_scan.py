"""What a page may not hold: each kind is found with file and line, and what looks like it is not."""

import pytest

from tests.release.planted import NUMBER, SPACED
from website.scan import scan_site

CLEAN = '<p>One in 23 was missed; see <a href="https://www.england.nhs.uk/">the source</a> and n/a.</p>\n'
RUN = "alert(1)"


def scan_line(folder, line, name="report/page.html", before=CLEAN):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(before + line, encoding="utf-8")
    return scan_site(folder)


def test_a_clean_page_passes(tmp_path):
    assert scan_line(tmp_path, "") == []


def test_a_picture_in_base64_that_spells_a_path_is_a_picture(tmp_path):
    spelt = "A1b2" * 30 + "+/srv/yDq/" + "c3D4" * 30
    assert scan_line(tmp_path, f"<p>{spelt}</p>") == []
    found = scan_line(tmp_path, f"<p>{spelt} /srv/data/x</p>")
    assert [f.kind for f in found] == ["absolute path"]


@pytest.mark.parametrize(
    ("kind", "line"),
    [
        ("absolute path", "<p>read /home/someone/data/x.csv</p>"),
        ("absolute path", '<div data-notebook="/tmp/build/01.ipynb">x</div>'),
        ("absolute path", r"<p>read C:\Users\someone\x.csv</p>"),
        ("absolute path", r"<p>read \\hospital-server\share$\x.csv</p>"),
        ("absolute path", "<p>read H:\\data\\x.csv</p>"),
        ("absolute path", '<a href="file:///data/x.csv">x</a>'),
        ("traceback", "<pre>Traceback (most recent call last):</pre>"),
        ("unresolved shortcode", "<p>{{&lt; var missed.rate &gt;}}</p>"),
        ("missing number", "<td>nan</td>"),
        ("missing number", "<p>The rate was <b>nan%</b> in May</p>"),
        ("remote request", '<script src="https://cdn.example.org/x.js"></script>'),
        ("remote request", '<img alt="" src="//cdn.example.org/x.png">'),
        ("remote request", '<img alt="" srcset="a.png 1x, https://cdn.example.org/x.png 2x">'),
        ("remote request", '<p style="background: url(https://cdn.example.org/x.png)">x</p>'),
        ("remote request", '<a href="#x" ping="https://cdn.example.org/">x</a>'),
        ("remote request", "<style>@import 'https://cdn.example.org/x.css';</style>"),
        ("NHS number", f"<p>She is {NUMBER}.</p>"),
        ("NHS number", f"<td>{SPACED}</td>"),
        ("NHS number", f"<td>{SPACED.replace(' ', '-')}</td>"),
        ("NHS number", f"<td>{SPACED.replace(' ', '&nbsp;')}</td>"),
        ("NHS number", f"<p>{NUMBER[:5]}<b>{NUMBER[5:]}</b></p>"),
        ("NHS number", f"<p>{NUMBER[:5]}&shy;{NUMBER[5:]}</p>"),
        ("NHS number", f"<p>{'&#8203;'.join(NUMBER)}</p>"),
        ("NHS number", f"<td>{SPACED.replace(' ', '&#x202f;')}</td>"),
        ("NHS number", f"<td>{SPACED.replace(' ', '–')}</td>"),
        ("NHS number", f"<td>{''.join(chr(0xFF10 + int(d)) for d in NUMBER)}</td>"),  # of full width
        ("postcode", "<td>SW1A&#8203; 2AA</td>"),
        ("NHS number", f'<img src="a.png" alt="Patient {NUMBER}">'),
        ("NHS number", f"<!-- {NUMBER} -->"),
        ("NHS number", f'<p id="row-{NUMBER}">x</p>'),
        ("NHS number", f'<a href="x.html?nhs={NUMBER}">x</a>'),
        ("NHS number", f'<a download="{SPACED}" href="x.csv">x</a>'),
        ("NHS number", f'<td abbr="{SPACED}">x</td>'),
        ("NHS number", f'<p aria-valuetext="{SPACED}">x</p>'),
        ("NHS number", f"<svg><metadata><a b='{SPACED}'/></metadata></svg>"),
        ("NHS number", f"<svg><metadata><rdf:li>{SPACED}</rdf:li></metadata></svg>"),
        ("NHS number", f"<style>p::after {{ content: '{NUMBER[:5]}' '{NUMBER[5:]}' }}</style>"),
        ("NHS number", f"<style>/* {NUMBER} */</style>"),
        ("NHS number", f"<p style=\"content: '{NUMBER}'\">x</p>"),
        ("postcode", '<input value="SW1A 2AA">'),
        ("identifier column", """<p data-row='{"person_id": 1}'>x</p>"""),
        ("NHS number", f'<pre class="sourceCode">find("{NUMBER}")</pre>'),
        ("postcode", "<td>SW1A 2AA</td>"),
        ("postcode", "<td>LS14AP</td>"),
        ("postcode", "<p>in ls1 4ap, where</p>"),
        ("@handle", "<p>as @some_body said</p>"),
        ("@handle", "<td>@nhs2022</td>"),
        ("@handle", '<pre class="sourceCode">name = "@some_body"</pre>'),
        ("identifier column", "<table><tr><th>person_id</th></tr></table>"),
        ("identifier column", '<th scope="col">NHS <br>number</th>'),
        ("text that changes its direction", "<p>abc\u202edef</p>"),
        ("text that changes its direction", "<p>abc&#x2066;def</p>"),
        ("script", f"<script>{RUN}</script>"),
        ("script", '<script src="made.js"></script>'),
        ("script", f"<SCRIPT type=module>{RUN}</SCRIPT>"),
        ("script", f"<svg><script>{RUN}</script></svg>"),
        ("script", f"<script>{RUN}"),
        ("script", f"<script/>{RUN}</script>"),
        ("script", f"<!--><script>{RUN}</script>-->"),
        ("script", f"<!-- --!><script>{RUN}</script>-->"),
        ("event attribute", f'<img src="a.png" alt="" onerror="{RUN}">'),
        ("event attribute", f"<svg onload={RUN}>"),
        ("event attribute", '<a onclick="window.quartoToggleColorScheme(); return false;">x</a>'),
        ("link that runs", f'<a href="javascript:{RUN}">x</a>'),
        ("link that runs", f'<a href=" Java&#10;script:{RUN}">x</a>'),
        ("link that runs", '<a href="data:text/html;base64,AAAA">x</a>'),
        ("element that loads or sends", '<iframe src="x.html"></iframe>'),
        ("element that loads or sends", '<meta http-equiv="refresh" content="0">'),
        ("element that loads or sends", '<form action="x"><input></form>'),
        ("element that loads or sends", '<base href="x">'),
    ],
)
def test_each_finding_names_file_and_line(tmp_path, kind, line):
    found = scan_line(tmp_path, line)
    assert {(f.kind, f.file, f.line) for f in found} == {(kind, "report/page.html", 2)}
    assert NUMBER not in str(found)


@pytest.mark.parametrize(
    "line",
    [
        f"<p>{NUMBER[:-1]}{(int(NUMBER[-1]) + 1) % 10}</p>",  # fails modulus 11
        f"<p>0.{NUMBER} and {NUMBER}.5 and 1{NUMBER} and {NUMBER}0 and a{NUMBER}</p>",
        f"<p>commit {NUMBER}; sha256 {NUMBER}; https://doi.example/{NUMBER}</p>",
        f'<svg><path d="M {NUMBER} {NUMBER}"/></svg>',
        f"<td>{NUMBER[:5]}</td><td>{NUMBER[5:]}</td>",
        f"<p>{NUMBER[:5]}<br>{NUMBER[5:]}</p>",
        "<p>0000000000 0123456789</p>",
        "<p>E54 000, E54000054, W4 20N, Figure S1 2nd, Q4 2NN, B5 9am, in e1 2nd, Kent – 97R, B2M3M</p>",
        "<p>QQ1 1AA and SW1A 2A and SW1A 2AAA</p>",
        '<p>someone@example.org, <a href="mailto:a.b@example.org">a.b@example.org</a></p>',
        "<p>NHS @home, 5 @ 3, @ noon, see @fig-mode and @tbl-1, @quarto/types</p>",
        "<style>@media print { p { color: red } } @font-face { src: url(a.woff) }</style>",
        '<pre class="sourceCode"><span class="at">@dataclass</span>\nclass A: pass\n    @property\n</pre>',
        "<p>The NHS number, the postcode and a person_id are not read.</p>",
        '<table><tr><th>n_persons</th><th>Handled by</th><th scope="row">Postcode</th></tr></table>',
        "<p>Nan said: info about nano, inf-x</p><p><code>nan</code></p>",
        '<a href="https://www.example.org/">x</a><link rel="canonical" href="https://www.example.org/">',
        '<link rel="icon" href="data:,"><img alt="" src="data:image/gif;base64,R0lGODlhAQABAAAAACw=">',
        r"<pre class='sourceCode'>re.compile('a:\\d+\\w')</pre><p>C: good</p>",
        "<p>/home and /data/ and ~/home/x/ and https://example.org/home/someone/</p>",
        '<script type="application/json">{"width": 1050}</script>',
        '<svg xmlns="http://www.w3.org/2000/svg"><use href="#a"/></svg>',
    ],
)
def test_what_looks_like_a_finding_is_none(tmp_path, line):
    assert scan_line(tmp_path, line) == []


def test_the_line_is_that_of_the_words(tmp_path):
    (found,) = scan_line(tmp_path, f"<p>one\ntwo <b>three\n{SPACED}</b></p>")
    assert (found.line, found.place) == (4, "line 4")


# --- scripts that the renderers write ---


def quarto(body, after=""):
    head = '<!DOCTYPE html><html><head><meta name="generator" content="quarto-1.5.57"></head><body>'
    return f'{head}<main class="content">{body}</main>{after}</body></html>'


@pytest.mark.parametrize(
    ("page", "kinds"),
    [
        (quarto("", f"<script>{RUN}</script>"), set()),
        (quarto("", '<a onclick="window.quartoOpenSearch(); return false;">x</a>'), set()),
        (quarto("", f'<a onclick="{RUN}">x</a>'), {"event attribute"}),
        (quarto(f"<script>{RUN}</script>"), {"script"}),
        (quarto(f"</main><script>{RUN}</script>"), {"page that is closed twice"}),
        (f'<body><meta name="generator" content="quarto-1"><script>{RUN}</script>', {"script"}),
    ],
)
def test_quarto_may_write_scripts_outside_its_content_only(tmp_path, page, kinds):
    assert {f.kind for f in scan_line(tmp_path, page, before="")} == kinds


def test_a_script_of_the_site_must_be_the_renderers(tmp_path):
    (tmp_path / "site_libs").mkdir()
    (tmp_path / "site_libs" / "site.js").write_text("window.searchIndex=[];\n")
    page = '<html><head><script src="../site_libs/site.js" defer></script></head>'
    assert scan_line(tmp_path, page, before="") == []
    (tmp_path / "site_libs" / "site.js").write_text(f"window.searchIndex=[];\n{RUN}")
    assert [(f.kind, f.file) for f in scan_site(tmp_path)] == [("script", "site_libs/site.js")]


def test_a_search_index_is_read(tmp_path):
    index = f'window.searchIndex=[["index.html","Findings","", "she is {NUMBER}"]];\n'
    found = scan_line(tmp_path, index, "site_libs/search-index.js", before="")
    assert [(f.kind, f.line) for f in found] == [("NHS number", 1)]


def test_a_drawing_runs_and_loads_nothing(tmp_path):
    for name in ("good", "bad"):
        (tmp_path / f"{name}.svg").write_text(
            '<?xml version="1.0"?>\n<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/x.dtd">\n'
            '<svg xmlns="http://www.w3.org/2000/svg"><style>*{stroke:red}</style><text>Kent</text>'
            + (f'<image href="http://a.example/x.png"/><text>{NUMBER}</text>' if name == "bad" else "")
            + "</svg>"
        )
    assert {(f.kind, f.file) for f in scan_site(tmp_path)} == {
        ("remote request", "bad.svg"),
        ("NHS number", "bad.svg"),
    }


# --- files of other kinds ---


@pytest.mark.parametrize(
    "name", ["a.pkl", "a.parquet", "a.db", "a.ipynb", "a.zip", "a.docx", "noname", "a.py"]
)
def test_a_site_holds_no_file_of_another_kind(tmp_path, name):
    (tmp_path / name).write_bytes(b"{}")
    (found,) = scan_line(tmp_path, "")
    assert (found.kind, found.file, found.place) == ("file of a kind that is not published", name, "the file")


@pytest.mark.parametrize("content", [b"PAR1....", b"PK\x03\x04", b"a,b\n\0\0", b"%PDF-1.7"])
def test_a_file_is_what_its_name_says(tmp_path, content):
    (tmp_path / "a.csv").write_bytes(content)
    assert [f.kind for f in scan_site(tmp_path)] == ["file that is not what its name says"]


def test_a_link_out_of_the_folder_is_not_followed(tmp_path):
    (tmp_path / "site").mkdir()
    (tmp_path / "secret.txt").write_text("x")
    (tmp_path / "site" / "a.txt").symlink_to(tmp_path / "secret.txt")
    assert [f.kind for f in scan_site(tmp_path / "site")] == ["file of a kind that is not published"]


def test_an_identifier_in_a_name_is_not_repeated(tmp_path):
    (tmp_path / f"patient_{NUMBER}.txt").write_text("x")
    (found,) = scan_site(tmp_path)
    assert (found.kind, found.file) == ("identifier in a file's name", "….txt")


@pytest.mark.parametrize(
    ("style", "kinds"),
    [
        (f'p::after {{ content: "{NUMBER}" }}', ["NHS number"]),
        (f'p::after {{ content: "\\{ord(NUMBER[0]):x} {NUMBER[1:]}" }}', ["NHS number"]),
        (f"/* of {NUMBER} */", ["NHS number"]),
        ('p::after { content: "three patients" }', ["small count of people in words"]),
        ('/* @license by a@example.org */ @media print { p { content: "–" } }', []),
    ],
)
def test_what_a_style_sheet_writes_is_read(tmp_path, style, kinds):
    assert [f.kind for f in scan_line(tmp_path, style, "a.css", "")] == kinds


def test_a_style_sheet_asks_for_nothing_elsewhere(tmp_path):
    found = scan_line(
        tmp_path, "a { background: url(//cdn.example.org/x.png) }", "a.css", "@media print {}\n"
    )
    assert [(f.kind, f.line) for f in found] == [("remote request", 2)]
