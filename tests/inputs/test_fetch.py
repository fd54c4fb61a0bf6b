"""Downloads from a server on this machine: checked, tried again, never left half."""

from __future__ import annotations

import hashlib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from analysis_lib.inputs import FetchError, fetch_release, list_releases
from analysis_lib.inputs.fetch import load_sources

CONTENT = b"icb_ons_code,appointment_month\n" * 500
DIGEST = hashlib.sha256(CONTENT).hexdigest()


class Handler(BaseHTTPRequestHandler):
    """Serves good.csv; fails flaky.csv once; cuts cut.csv short, always, and once.csv the first time."""

    asked: dict[str, int] = {}

    def do_GET(self):
        n = self.asked[self.path] = self.asked.get(self.path, 0) + 1
        if self.path == "/down.csv" or (self.path == "/flaky.csv" and n == 1):
            self.send_error(500)
            return
        short = self.path == "/cut.csv" or (self.path == "/once.csv" and n == 1)
        self.send_response(200)
        self.send_header("Content-Length", str(len(CONTENT)))
        self.end_headers()
        self.wfile.write(CONTENT[: len(CONTENT) // 2] if short else CONTENT)

    def log_message(self, *args):
        pass


@pytest.fixture
def server(tmp_path, monkeypatch):
    """Return a function that lists a file of the server as a release, and the folder to fetch into."""
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    monkeypatch.setattr(Handler, "asked", {})
    httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=httpd.serve_forever, daemon=True).start()

    def listed(name: str, sha256: str = DIGEST):
        path = tmp_path / "sources.toml"
        url = f"http://127.0.0.1:{httpd.server_port}/{name}.csv"
        entry = f'[releases.{name}]\ntitle = "Title"\nlicence = "OGL-UK-3.0"\n'
        file = f'[[releases.{name}.files]]\nurl = "{url}"\nsha256 = "{sha256}"\n'
        path.write_text(entry + file, encoding="utf-8")
        return {"target": tmp_path / "raw", "sources": path}

    yield listed
    httpd.shutdown()
    httpd.server_close()


def left(place) -> list[str]:
    folder = place["target"]
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


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
    with pytest.raises(FetchError, match="download failed"):
        fetch_release("cut", accept_new=True, retries=1, **place)
    assert left(place) == []


def test_an_unpinned_release_needs_consent_and_says_what_to_pin(server):
    place = server("good", "")
    with pytest.raises(FetchError, match="--accept-new"):
        fetch_release("good", **place)
    assert left(place) == []
    assert f'sha256 = "{DIGEST}"' in str(fetch_release("good", accept_new=True, **place)[0])


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
