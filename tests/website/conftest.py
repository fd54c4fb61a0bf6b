"""A small project on disk that uses the whole dialect, and ways to break it."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from website.render import render_site

sys.path.insert(0, str(Path(__file__).parent))
from cells import make_project  # noqa: E402


@pytest.fixture(scope="session")
def small_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The fixture project rendered once; the folder of the finished site."""
    root = make_project(tmp_path_factory.mktemp("render") / "project")
    return render_site(root, root / "_site").output


@pytest.fixture
def tiny(tmp_path: Path) -> Callable[..., str]:
    """Render one page of given Markdown; the HTML of that page.

    ``notebook`` gives cells for ``nb.ipynb`` as (options and code, outputs); ``files`` more
    text files; ``deck`` makes the page slides.
    """

    def build(
        body: str,
        *,
        front: str = "title: A page",
        notebook: list[dict] | None = None,
        files: dict[str, str] | None = None,
        render: str = "[page.qmd]",
        want: str = "page.html",
    ) -> str:
        settings = f"project:\n  type: website\n  render: {render}\nwebsite:\n  title: Site\n"
        (tmp_path / "_quarto.yml").write_text(settings, encoding="utf-8")
        (tmp_path / "_variables.yml").write_text(
            "a:\n  n: 1,234\n  bad: <script>x</script>\n", encoding="utf-8"
        )
        (tmp_path / "page.qmd").write_text(f"---\n{front}\n---\n\n{body}\n", encoding="utf-8")
        if notebook is not None:
            content = {"cells": notebook, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
            (tmp_path / "nb.ipynb").write_text(json.dumps(content), encoding="utf-8")
        for name, text in (files or {}).items():
            (tmp_path / name).write_text(text, encoding="utf-8")
        render_site(tmp_path, tmp_path / "_site", workers=1)
        return (tmp_path / "_site" / want).read_text(encoding="utf-8")

    return build
