"""Canaries are found wherever they are put, and the scan reads any bytes without failing."""

import base64
import gzip
import io
import json
import struct
import zlib
from urllib.parse import quote

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.figure import Figure

from analysis_lib.identifiers import CANARIES
from tests.release.planted import NUMBER
from website.scan import scan_site

CANARY = CANARIES[7]
PACKED = base64.b64encode(f"id,n\n{CANARY},1\n".encode()).decode()


def save(folder, name, content):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())


def draw(name, title, **metadata):
    """A picture as matplotlib saves it."""
    figure = Figure(figsize=(1, 1))
    figure.subplots().set_title(title)
    target = io.BytesIO()
    figure.savefig(target, format=name, metadata=metadata)
    return target.getvalue()


def with_chunk(png, name, body):
    """The picture with one more chunk before its end."""
    chunk = struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
    return png[:-12] + chunk + png[-12:]


def notebook(**cell):
    filled = {"cell_type": "code", "metadata": {}, "source": "", "outputs": []} | cell
    return json.dumps({"cells": [filled], "metadata": {}, "nbformat": 4})


def shown(kind, content):
    return notebook(outputs=[{"output_type": "display_data", "metadata": {}, "data": {kind: content}}])


PNG = draw("png", "Kent")
ZIPPED = base64.b64encode(gzip.compress(CANARY.encode() * 9)).decode()
SQUEEZED = zlib.compress(CANARY.encode())
PICTURE = base64.b64encode(with_chunk(PNG, b"zTXt", b"a" + bytes(2) + SQUEEZED)).decode()
DRAWING = quote(f"<svg><text>{CANARY}</text></svg>")
ESCAPED = "".join(f"\\u{ord(c):04x}" for c in CANARY)
PLACES = {
    "text of a page": ("a.html", f"<p>a\nfor {CANARY} of</p>"),
    "in capitals": ("a.html", f"<p>{CANARY.upper()}</p>"),
    "broken by tags": ("a.html", f"<p>{CANARY[:5]}<wbr>{CANARY[5:9]}<b>{CANARY[9:]}</b></p>"),
    "broken by what cannot be seen": ("a.html", f"<p>{CANARY[:5]}&shy;{CANARY[5:]}\u200b</p>"),
    "attribute": ("a.html", f'<p id="row-{CANARY}">a</p>'),
    "address": ("a.html", f'<a href="b.html?id={"".join(f"%{ord(c):x}" for c in CANARY)}">a</a>'),
    "address quoted twice": ("a.html", f'<a href="?q={quote(quote(chr(34) + CANARY))}">a</a>'),
    "entities": ("a.html", f"<p>{''.join(f'&#x{ord(c):x};' for c in CANARY)}</p>"),
    "entities in an attribute": ("a.html", f'<p id="{"".join(f"&#{ord(c)};" for c in CANARY)}">a</p>'),
    "comment": ("a.html", f"<!-- {CANARY} -->"),
    "data of a page": ("a.html", f'<script type="application/json">["{CANARY}"]</script>'),
    "table in an address": ("a.html", f'<a href="data:text/csv;base64,{PACKED}">a</a>'),
    "base64 in text": ("a.html", f"<p>the{PACKED}</p>"),
    "compressed": (
        "a.html",
        f"<i data-x={ZIPPED}></i>",
    ),
    "picture in a page": ("a.html", f'<img alt="" src="data:image/png;base64,{PICTURE}">'),
    "drawing in a page": ("a.html", f'<img alt="" src="data:image/svg+xml,{DRAWING}">'),
    "search index": ("site_libs/search-index.js", f'window.searchIndex=[["a","{CANARY}"]];\n'),
    "style": ("a.css", f".a::after {{ content: '{CANARY}' }}"),
    "table": ("a.csv", f"area,n\nKent {CANARY},10\n"),
    "table in UTF-16": ("a.csv", f"area,n\n{CANARY},10\n".encode("utf-16")),
    "plot data": ("a.json", json.dumps({"datasets": {"a": [{"x": CANARY, "y": 3}]}})),
    "plot data, escaped": ("a.json", f'{{"x": "{ESCAPED}"}}'),
    "plot data, packed": ("a.json", json.dumps({"bdata": PACKED})),
    "drawing": ("a.svg", draw("svg", CANARY)),
    "drawing's metadata": ("a.svg", draw("svg", "a", Title=CANARY)),
    "PNG text": ("a.png", draw("png", "a", Title=f"chart of {CANARY}")),
    "PNG text, compressed": ("a.png", with_chunk(PNG, b"zTXt", b"a\0\0" + SQUEEZED)),
    "PNG text, international": (
        "a.png",
        with_chunk(PNG, b"iTXt", b"a\0\x01\0\0\0" + SQUEEZED),
    ),
    "behind a picture": ("a.png", PNG + CANARY.encode()),
    "log": ("a.log", f"read 3\nrow of {CANARY} left out\n"),
    "notebook's source": ("a.ipynb", notebook(source=[f"a = '{CANARY}'"])),
    "notebook's metadata": ("a.ipynb", notebook(metadata={"tags": [CANARY]})),
    "notebook's text": ("a.ipynb", notebook(outputs=[{"output_type": "stream", "text": ["a\n", CANARY]}])),
    "notebook's data": ("a.ipynb", shown("application/vnd.plotly.v1+json", {"data": [{"text": [CANARY]}]})),
    "notebook's table": ("a.ipynb", shown("text/html", f"<table><tr><td>{CANARY}</td></tr></table>")),
    "notebook's picture": (
        "a.ipynb",
        shown("image/png", base64.encodebytes(draw("png", "a", Author=CANARY)).decode()),
    ),
    "binary file": ("a.woff", b"\0\1\2" + CANARY.encode()),
    "file's name": (f"{CANARY}.txt", "a"),
}


@pytest.mark.parametrize("place", PLACES)
def test_a_canary_is_found_wherever_it_is_put(tmp_path, place):
    name, content = PLACES[place]
    save(tmp_path, name, content)
    found = scan_site(tmp_path)
    wanted = "identifier in a file's name" if place == "file's name" else "canary identifier"
    assert wanted in {f.kind for f in found}
    assert CANARY not in str(found)


IN_THE_OPEN = [
    name for name, (_, content) in PLACES.items() if isinstance(content, str) and CANARY in content
]


@pytest.mark.parametrize("place", IN_THE_OPEN)
def test_without_the_canary_nothing_is_found(tmp_path, place):
    """Else the test above could pass on something else."""
    name, content = PLACES[place]
    save(tmp_path, name, content.replace(CANARY, "Kent and Medway"))
    assert scan_site(tmp_path) == []


def test_the_line_of_a_canary_is_told(tmp_path):
    save(tmp_path, "a.html", f"<p>a\n<b>{CANARY}</b>\n</p>\n<p>%41 &amp;</p>\n<p>{CANARY}</p>")
    assert [(f.kind, f.line) for f in scan_site(tmp_path)] == [("canary identifier", n) for n in (2, 5)]


def test_a_manifest_may_name_more(tmp_path):
    save(tmp_path, "inputs/manifest.json", json.dumps({"canaries": ["made-up-person-1", "abc"]}))
    save(tmp_path, "site/a.html", "<p>Made-up-person-1, abc</p>")
    assert scan_site(tmp_path / "site") == []
    found = scan_site(tmp_path / "site", inputs=tmp_path / "inputs")
    assert [f.kind for f in found] == ["canary identifier"]
    assert scan_site(tmp_path / "site", inputs=tmp_path) == []  # which has no manifest


@pytest.mark.parametrize("content", ["{", "[]", '{"canaries": "abc"}', '{"canaries": [1]}'])
def test_a_manifest_that_cannot_be_read_is_refused(tmp_path, content):
    save(tmp_path, "manifest.json", content)
    with pytest.raises(ValueError, match="make the inputs anew"):
        scan_site(tmp_path, inputs=tmp_path)


def test_values_in_disguise_are_found_too(tmp_path):
    packed = base64.b64encode(f"person_id,note\n{NUMBER},LS1 4AP\n".encode()).decode()
    save(tmp_path, "a.html", f'<a href="data:text/csv;base64,{packed}">a</a>')
    assert {f.kind for f in scan_site(tmp_path)} == {"identifier column", "NHS number", "postcode"}


@pytest.mark.parametrize("content", [PNG[:-20], PNG + b"more", b"GIF89a"])
def test_a_picture_that_is_none_or_holds_more_is_found(tmp_path, content):
    save(tmp_path, "a.png", content)
    assert len(scan_site(tmp_path)) == 1


def test_random_text_and_pictures_raise_no_alarm(tmp_path):
    """Hashes, base64, floats and coordinates, as pages and drawings are full of them."""
    random = np.random.default_rng(3)
    hashes = [random.bytes(32).hex() for _ in range(300)]
    floats = [f"{value:.10f}" for value in random.random(2000)]
    whole = random.integers(10**9, 10**10, 300)
    path = " ".join(f"L {x} {y}" for x, y in random.random((500, 2)) * 1e9)
    save(
        tmp_path,
        "a.html",
        f"<p>{' '.join(hashes)} {' '.join(floats)}</p><svg><path d='{path} {whole}'/></svg>",
    )
    save(tmp_path, "a.json", json.dumps({"a": base64.b64encode(random.bytes(300_000)).decode(), "b": hashes}))
    save(tmp_path, "a.csv", "x,n_all\n" + "".join(f"{x},{n}\n" for x, n in zip(floats, whole, strict=False)))
    save(tmp_path, "a.svg", draw("svg", "Kent"))
    save(tmp_path, "a.png", PNG)
    assert scan_site(tmp_path) == []


SUFFIXES = (
    "html",
    "css",
    "js",
    "json",
    "csv",
    "svg",
    "png",
    "xlsx",
    "ipynb",
    "txt",
    "log",
    "xml",
    "woff",
    "ttf",
    "ico",
    "pdf",
    "pptx",
    "map",
    "",
)
PIECES = (
    b"<", b"<!", b"<![CDATA[", b"<script", b"<!--", b"&#", b"\\u", b"%", b"{", b"[", b'"', b"data:;base64,",
    b"iVBORw0KGgo", b"\x89PNG\r\n\x1a\n", b"PK\x03\x04", b'{"cells": [{"outputs": [{"data": {"image/png": ',
    b"%PDF-", b" obj<</Filter/FlateDecode>>stream\n", b"\nendstream", b"BT", b"(", b"\\", b"%%EOF", b"wOFF",
    b'<svg><use href="#DejaVuSans-14" x="', b'<text transform="rotate(', b'"/>', b"1e999", b"content:",
    b"two", b" patients ",
    b"=", b"@", b",", b"\n", b"\0", b"\xff\xfe", b"tEXt", b"<th>", b"</main>", b"H4sI", b"eJw",
)  # fmt: skip
BYTES = st.lists(st.sampled_from(PIECES) | st.binary(max_size=12), max_size=30).map(b"".join)


@settings(max_examples=300)
@given(content=BYTES, suffix=st.sampled_from(SUFFIXES))
def test_the_scan_reads_any_bytes(tmp_path_factory, content, suffix):
    folder = tmp_path_factory.mktemp("any")
    save(folder, f"a.{suffix}" if suffix else "a", content)
    assert all(f.file.startswith("a") and f.kind and f.line >= 0 for f in scan_site(folder))


def test_the_published_site_results_and_notebooks_have_no_findings(built):
    root = built.root
    words = (root / "report" / "takeaway").glob("*.typ")  # of the PDF
    assert scan_site(root / "_site", root / "results", root / "report" / "notebooks", *words) == []
