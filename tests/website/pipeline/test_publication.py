"""Nothing is published that should not be, and what is there stays whole."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from website import pipeline
from website.pipeline import PublicationError

from .conftest import contents


@pytest.fixture
def site(root, monkeypatch):
    """A published site, and a renderer that writes the given pages or fails."""
    (root / "_site" / "deep").mkdir(parents=True)
    (root / "_site" / "index.html").write_text("<p>earlier</p>")
    (root / "_site" / "deep" / "gone.html").write_text("<p>of an earlier site</p>")
    monkeypatch.setattr(pipeline.shutil, "which", lambda name: None)

    def will_render(pages: dict[str, str], error: Exception | None = None) -> None:
        def render_site(source: Path, output: Path) -> None:
            assert source == root
            assert not output.exists()  # nothing of an earlier attempt
            for name, text in pages.items():
                (output / name).parent.mkdir(parents=True, exist_ok=True)
                (output / name).write_text(text)
            if error:
                raise error

        monkeypatch.setattr("website.render.render_site", render_site)

    return SimpleNamespace(
        root=root, published=root / "_site", made=root / ".build" / "site", will_render=will_render
    )


def test_a_good_site_takes_the_place_of_the_old_one(site):
    site.will_render({"index.html": "<p>new</p>", "report/limits.html": "<p>new</p>"})
    (site.made).mkdir(parents=True)
    (site.made / "left.html").write_text("<p>of an earlier attempt</p>")
    pipeline.publish_site(site.made, site.published)
    assert contents(site.published) == {"index.html": b"<p>new</p>", "report/limits.html": b"<p>new</p>"}
    assert not site.made.exists()
    assert not (site.root / "_site.old").exists()


@pytest.mark.skipif(os.name == "nt", reason="Windows has no umask")
def test_everybody_may_read_the_site_whatever_the_umask(site):
    site.will_render({"index.html": "<p>new</p>", "report/limits.html": "<p>new</p>"})
    before = os.umask(0o077)
    try:
        pipeline.publish_site(site.made, site.published)
    finally:
        os.umask(before)
    modes = {p.stat().st_mode & 0o777 for p in (site.published, *site.published.rglob("*"))}
    assert modes == {0o644, 0o755}


def test_the_first_site_needs_no_earlier_one(site):
    shutil.rmtree(site.published)
    site.will_render({"index.html": "<p>new</p>"})
    pipeline.publish_site(site.made, site.published)
    assert contents(site.published) == {"index.html": b"<p>new</p>"}


@pytest.mark.parametrize(
    ("page", "kind"),
    [
        ("<p>/home/someone/data.csv</p>", "absolute path"),
        ("<pre>Traceback (most recent call last)</pre>", "traceback"),
        ("<p>{{&lt; var missed.rate &gt;}}</p>", "unresolved shortcode"),
        ("<p>A rate of nan%</p>", "missing number"),
        ('<script src="https://x.invalid/a.js"></script>', "remote request"),
    ],
)
def test_a_finding_leaves_the_published_site_as_it_was(site, page, kind):
    before = contents(site.published)
    site.will_render({"index.html": "<p>good</p>", "report/limits.html": f"<html>\n{page}</html>"})
    with pytest.raises(PublicationError) as caught:
        pipeline.publish_site(site.made, site.published)
    assert str(caught.value) == f"1 finding(s) in the built pages:\n  report/limits.html, line 2: {kind}"
    assert contents(site.published) == before


def test_a_renderer_that_fails_leaves_the_published_site_as_it_was(site):
    before = contents(site.published)
    site.will_render({"index.html": "<p>half"}, RuntimeError("page.qmd, line 3: no such figure"))
    with pytest.raises(RuntimeError, match="no such figure"):
        pipeline.publish_site(site.made, site.published)
    assert contents(site.published) == before


def test_a_site_that_cannot_be_moved_puts_the_published_one_back(site, monkeypatch):
    before = contents(site.published)
    site.will_render({"index.html": "<p>new</p>"})
    real = Path.replace

    def replace(path: Path, target: Path) -> Path:
        if path == site.made:
            raise OSError("another file system")
        return real(path, target)

    monkeypatch.setattr(Path, "replace", replace)
    with pytest.raises(OSError, match="another file system"):
        pipeline.publish_site(site.made, site.published)
    assert contents(site.published) == before


BY_QUARTO = 'mkdir -p "$3"; echo "<p>by quarto</p>" > "$3/index.html"'


@pytest.mark.parametrize(
    ("script", "message"),
    [
        (BY_QUARTO, ""),
        # as Quarto does for an embedded notebook: the page must not tell where the project stands
        ('mkdir -p "$3"; echo "<p>$(pwd -P)/by quarto</p>" > "$3/index.html"', ""),
        # its steps before and after are run by the Python that called it
        (f'[ "$(command -v python)" = "{Path(sys.executable).parent}/python" ] && {BY_QUARTO}', ""),
        (
            'mkdir -p "$3"; echo half > "$3/index.html"; echo "line 3: bad YAML" >&2; exit 1',
            "line 3: bad YAML",
        ),
    ],
)
def test_quarto_renders_where_it_is_there(root, monkeypatch, script, message):
    (root / "_site").mkdir()
    (root / "_site" / "index.html").write_text("<p>earlier</p>\n")
    quarto = root.parent / "bin" / "quarto"
    quarto.parent.mkdir()
    quarto.write_text(f"#!/bin/sh\n{script}\n")
    quarto.chmod(0o755)
    monkeypatch.setenv("PATH", f"{quarto.parent}:{os.environ['PATH']}")
    if message:
        with pytest.raises(PublicationError, match=f"quarto render failed:\n{message}"):
            pipeline.publish_site(root / ".build" / "site", root / "_site")
    else:
        pipeline.publish_site(root / ".build" / "site", root / "_site")
    expected = b"<p>earlier</p>\n" if message else b"<p>by quarto</p>\n"
    assert contents(root / "_site") == {"index.html": expected}


def test_what_quarto_put_in_place_by_itself_is_stripped_and_kept_if_clean(root):
    (root / "_site").mkdir()
    page = f'<div data-notebook="{root}/report/notebooks/01.ipynb">4</div><ul><li>a</li>'
    (root / "_site" / "index.html").write_text(page + '<li class="x"><p></p></li>\n</ul>')  # hidden text
    pipeline.finish_quarto(root, root / "_site")
    stripped = b'<div data-notebook="report/notebooks/01.ipynb">4</div><ul><li>a</li></ul>'
    assert contents(root / "_site") == {"index.html": stripped}


def test_what_quarto_put_in_place_by_itself_is_taken_out_if_refused(root):
    for words in ("earlier", "later"):
        (root / "_site").mkdir()
        (root / "_site" / f"{words}.html").write_text("<pre>Traceback (most recent call last)</pre>")
        with pytest.raises(PublicationError, match=r"1 finding.*\n.*line 1: traceback\n.*\.build/refused"):
            pipeline.finish_quarto(root, root / "_site")
        assert not (root / "_site").exists()
        assert list(contents(root / ".build" / "refused")) == [f"{words}.html"]  # nothing of an earlier one
    (root / "_site").mkdir()
    pipeline.finish_quarto(root, root / "_site")
    assert not (root / ".build" / "refused").exists()


def test_what_the_pages_were_made_from_is_looked_through_with_them(root):
    (root / "_site").mkdir()
    (root / "_site" / "index.html").write_text("<p>good</p>")
    (root / "results" / "tables" / "areas.csv").write_text("NHS_Number\n9434765919\n")
    with pytest.raises(PublicationError, match=r"areas\.csv"):
        pipeline.finish_quarto(root, root / "_site")


def test_without_pages_there_is_nothing_to_finish(root):
    pipeline.finish_quarto(root, root / "_site")
