"""Downloads from a server on this machine: checked, recorded, tried again, never left half."""

from __future__ import annotations

import hashlib
import io
import os
import signal
import subprocess
import sys
import threading
import tomllib
import zipfile
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import requests

from analysis_lib.inputs import FetchError, fetch_release, list_releases
from analysis_lib.inputs.fetch import load_sources

CONTENT = b"icb_ons_code,appointment_month\n" * 500
DIGEST = hashlib.sha256(CONTENT).hexdigest()


ZIP = io.BytesIO()
with zipfile.ZipFile(ZIP, "w") as archive:
    archive.writestr("a.csv", CONTENT)
BODIES = {
    "/page.zip": b"\n <!DOCTYPE html><html>Sign in</html>",
    "/good.zip": ZIP.getvalue(),
    "/text.zip": CONTENT,
}


class Handler(BaseHTTPRequestHandler):
    """Serves good.csv; fails flaky.csv once; cuts cut.csv short, always, and once.csv once; hangs in
    the middle of slow.csv until `go`."""

    asked: dict[str, int] = {}
    go = threading.Event()

    def do_GET(self):
        n = self.asked[self.path] = self.asked.get(self.path, 0) + 1
        if self.path in BODIES:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(BODIES[self.path])
            return
        if self.path.startswith("/status"):
            self.send_error(int(self.path[7:10]))
            return
        if self.path == "/down.csv" or (self.path == "/flaky.csv" and n == 1):
            self.send_error(500)
            return
        short = self.path == "/cut.csv" or (self.path == "/once.csv" and n == 1)
        self.send_response(200)
        self.send_header("Content-Length", str(len(CONTENT)))
        self.end_headers()
        if self.path == "/slow.csv" and n == 1:
            self.wfile.write(CONTENT[:100])
            self.wfile.flush()
            self.go.wait(60)
            return
        self.wfile.write(CONTENT[: len(CONTENT) // 2] if short else CONTENT)

    def log_message(self, *args):
        pass


@pytest.fixture
def server(tmp_path, monkeypatch):
    """Return a function that lists a file of the server as a release, and the folder to fetch into."""
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    monkeypatch.setattr(Handler, "asked", {})
    monkeypatch.setattr(Handler, "go", threading.Event())
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=httpd.serve_forever, daemon=True).start()

    def listed(name: str, sha256: str = DIGEST, ending: str = "csv", host: str = ""):
        path = tmp_path / "sources.toml"
        url = f"http://{host or f'127.0.0.1:{httpd.server_port}'}/{name}.{ending}"
        entry = f'[releases.{name}]\ntitle = "Title"\nlicence = "OGL-UK-3.0"\n'
        file = f'[[releases.{name}.files]]\nurl = "{url}"\nsha256 = "{sha256}"\n'
        path.write_text(entry + file, encoding="utf-8")
        return {"target": tmp_path / "raw", "sources": path, "record": tmp_path / "fetched.toml"}

    listed.port = httpd.server_port
    yield listed
    Handler.go.set()
    httpd.shutdown()
    httpd.server_close()


def left(place) -> list[str]:
    folder = place["target"]
    return sorted(path.name for path in folder.rglob("*")) if folder.exists() else []


def test_good(server):
    place = server("good")
    [fetched] = fetch_release("good", **place)
    assert fetched.path.read_bytes() == CONTENT
    assert fetched.sha256 == DIGEST
    assert "as pinned" in str(fetched)
    fetch_release("good", **place)
    assert Handler.asked == {"/good.csv": 1}
    assert left(place) == ["good.csv"]


def test_wrong_hash_leaves_nothing(server):
    place = server("good", "0" * 64)
    with pytest.raises(FetchError, match="checksum differs"):
        fetch_release("good", retries=1, **place)
    assert left(place) == []


@pytest.mark.parametrize("name", ["flaky", "once"])
def test_a_failure_is_tried_again(server, name):
    [fetched] = fetch_release(name, **server(name))
    assert fetched.path.read_bytes() == CONTENT
    assert Handler.asked == {f"/{name}.csv": 2}


@pytest.mark.parametrize("name", ["down", "cut"])
def test_a_download_that_never_succeeds_leaves_nothing(server, name):
    place = server(name)
    with pytest.raises(FetchError):
        fetch_release(name, retries=2, **place)
    assert Handler.asked == {f"/{name}.csv": 3}
    assert left(place) == []


def test_a_cut_download_without_a_pinned_hash_is_noticed(server):
    place = server("cut", "")
    with pytest.raises(FetchError, match="the connection broke off"):
        fetch_release("cut", accept_new=True, retries=1, **place)
    assert left(place) == []


def test_an_unpinned_release_needs_consent_and_says_what_to_pin(server):
    place = server("good", "")
    with pytest.raises(FetchError, match="--accept-new"):
        fetch_release("good", **place)
    assert left(place) == []
    assert f'sha256 = "{DIGEST}"' in str(fetch_release("good", accept_new=True, **place)[0])


def test_a_checksum_that_nobody_pinned_is_recorded_and_compared(server, monkeypatch):
    place = server("good", "")
    [first] = fetch_release("good", accept_new=True, **place)
    assert "nobody has pinned it yet" in str(first)
    entries = tomllib.loads(place["record"].read_text())
    assert [entry["sha256"] for entry in entries.values()] == [DIGEST]
    assert all(url.endswith("/good.csv") and entry["first_seen"] for url, entry in entries.items())
    fetch_release("good", **place)  # known by now
    first.path.unlink()
    fetch_release("good", **place)
    assert Handler.asked == {"/good.csv": 2}
    assert tomllib.loads(place["record"].read_text()) == entries
    first.path.unlink()
    monkeypatch.setattr(sys.modules[__name__], "CONTENT", CONTENT + b"revised\n")
    with pytest.raises(FetchError, match="differs from that of 20.*remove its lines from data/fetched.toml"):
        fetch_release("good", accept_new=True, **place)
    assert left(place) == []
    place["record"].write_text("no [toml")
    with pytest.raises(FetchError, match=r"fetched.toml: cannot be read"):
        fetch_release("good", **place)


def test_the_record_is_kept_out_of_git():
    root = Path(__file__).resolve().parents[2]
    assert "/data/fetched.toml" in (root / ".gitignore").read_text().splitlines()


@pytest.mark.parametrize("sha256", [DIGEST, ""])
def test_another_file_of_that_name_is_left_as_it_is(server, sha256):
    place = server("good", sha256)
    place["target"].mkdir()
    (place["target"] / "good.csv").write_text("mine")
    with pytest.raises(FetchError, match="another one; it was left as it is"):
        fetch_release("good", accept_new=True, **place)
    assert (place["target"] / "good.csv").read_text() == "mine"
    assert not place["record"].exists()
    (place["target"] / "good.csv").write_bytes(CONTENT)
    assert fetch_release("good", accept_new=True, **place)[0].sha256 == DIGEST


@pytest.mark.parametrize(
    ("name", "said"),
    [("page", "a web page came in place of the file.*sign-in page"), ("text", "is no zip file")],
)
def test_a_page_in_place_of_a_zip_is_named(server, name, said):
    place = server(name, "", "zip")
    with pytest.raises(FetchError, match=said):
        fetch_release(name, accept_new=True, **place)
    assert left(place) == []
    assert not place["record"].exists()


def test_a_zip_is_taken(server):
    place = server("good", "", "zip")
    [fetched] = fetch_release("good", accept_new=True, **place)
    assert zipfile.is_zipfile(fetched.path)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("status404", "the server answers 404 Not Found.*may have moved"),
        ("status403", "answers 403 Forbidden.*behind a proxy"),
        ("status503", "answers 503"),
    ],
)
def test_what_the_server_answers_is_said(server, name, said):
    with pytest.raises(FetchError, match=said):
        fetch_release(name, retries=0, **server(name))


def test_a_proxy_is_used(server, monkeypatch):
    for variable in ("http_proxy", "HTTP_PROXY"):
        monkeypatch.setenv(variable, f"http://127.0.0.1:{server.port}")
    fetch_release("good", **server("good", host="files.example.invalid"))
    assert Handler.asked == {"http://files.example.invalid/good.csv": 1}


@pytest.mark.parametrize("variable", ["", "http_proxy"])
def test_no_network_is_one_sentence_without_the_passwords_of_a_proxy(server, monkeypatch, variable):
    if variable:
        monkeypatch.setenv(variable, "http://" + "me:secret" + "@127.0.0.1:1")
    host = "127.0.0.1:1" if not variable else "files.example.invalid"
    with pytest.raises(FetchError) as error:
        fetch_release("good", retries=0, **server("good", host=host))
    said = str(error.value)
    assert ("proxy cannot be used" if variable else "no connection to the server") in said
    assert "HTTPS_PROXY" in said
    assert "secret" not in said
    assert len(said.splitlines()) <= 2


def test_a_certificate_that_is_not_trusted_names_the_variable(server, monkeypatch):
    def refuse(*args, **kwargs):
        raise requests.exceptions.SSLError("certificate verify failed")

    monkeypatch.setattr("requests.get", refuse)
    with pytest.raises(FetchError, match="not trusted.*REQUESTS_CA_BUNDLE"):
        fetch_release("good", retries=0, **server("good"))


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_run_that_is_stopped_in_the_middle_leaves_nothing(server, tmp_path, sign):
    place = server("slow")
    code = (
        "from pathlib import Path; from analysis_lib.inputs import fetch_release\n"
        f"fetch_release('slow', Path({str(place['target'])!r}), sources=Path({str(place['sources'])!r}), "
        f"record=Path({str(place['record'])!r}))"
    )
    (tmp_path / "tmp").mkdir()
    run = subprocess.Popen(
        [sys.executable, "-c", code],
        env={**os.environ, "TMPDIR": str(tmp_path / "tmp")},
        cwd=Path(__file__).resolve().parents[2],
        stderr=subprocess.DEVNULL,
        # Background jobs of a shell ignore the interrupt, and so would what they start
        preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),
    )
    for _ in range(1_200):  # a minute at most
        if "/slow.csv" in Handler.asked and any((tmp_path / "tmp").rglob("tmp*")):
            break
        threading.Event().wait(0.05)
    run.send_signal(sign)
    assert run.wait(30) != 0
    assert left(place) == []
    if sign == signal.SIGINT:
        assert list((tmp_path / "tmp").iterdir()) == []
    fetch_release("slow", **place)
    assert left(place) == ["slow.csv"]
    assert (place["target"] / "slow.csv").read_bytes() == CONTENT


def test_an_unknown_name_lists_the_known(server):
    with pytest.raises(FetchError, match="one of good"):
        fetch_release("bad", **server("good"))


def test_an_incomplete_entry_is_named(tmp_path):
    path = tmp_path / "sources.toml"
    path.write_text('[releases.x]\ntitle = "T"\n', encoding="utf-8")
    with pytest.raises(FetchError, match="lacks 'licence'"):
        list_releases(path)


def test_the_committed_list_is_complete():
    releases = load_sources()
    assert list_releases() == {name: release.title for name, release in releases.items()}
    assert releases
    for release in releases.values():
        assert release.licence == "OGL-UK-3.0"
        assert release.files
        for file in release.files:
            assert file.url.startswith("https://files.digital.nhs.uk/")
            assert file.sha256 == "" or len(file.sha256) == 64
