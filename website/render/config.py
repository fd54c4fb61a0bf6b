"""What `_quarto.yml` and `_variables.yml` say, checked: pages, navigation, theme, bibliography."""

from __future__ import annotations

from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import yaml

from website.render.errors import RenderError
from website.render.theme_css import BRAND

#: Keys that this renderer reads, or that only Quarto needs; any other stops the build.
_KNOWN = {
    "": {
        "project", "website", "format", "lang", "brand", "bibliography", "csl", "execute", "number-sections",
        "quarto-required",
        "include-in-header",  # Quarto's policy; pages made here have a stricter one of their own
        "metadata-files", "report-navigation", "has",
    },
    "project": {"type", "output-dir", "render", "resources", "pre-render", "post-render"},
    "website": {
        "title", "description", "navbar", "sidebar", "page-navigation", "page-footer", "search",
        "body-header", "body-footer", "favicon", "back-to-top-navigation", "bread-crumbs",
    },
    "website.navbar": {
        "title", "left", "right", "background", "foreground", "search", "logo", "logo-alt", "pinned",
    },
    "website.sidebar": {"style", "contents", "title", "collapse-level", "background", "search"},
    "format": {"html"},
    "format.html": {
        "theme", "toc", "toc-depth", "toc-title", "code-fold", "code-summary", "html-math-method",
        "notebook-links", "title-block-banner", "anchor-sections", "code-copy", "smooth-scroll",
        "link-external-newwindow", "respect-user-color-scheme", "number-sections", "citations-hover",
        "footnotes-hover", "crossrefs-hover", "fig-responsive", "fig-cap-location",
        "code-overflow", "highlight-style", "grid",
    },
}  # fmt: skip


@dataclass(frozen=True)
class Item:
    """One entry of navbar or sidebar: a link, or a heading over `contents`."""

    text: str
    href: str = ""
    contents: tuple[Item, ...] = ()


@dataclass
class Site:
    """A project's settings.

    ``pages`` are source paths in render order; ``themes`` the SCSS files of each scheme.
    """

    root: Path
    title: str
    pages: list[str]
    navbar: list[Item]
    sidebar: list[Item]
    html: dict[str, Any]
    lang: str = "en-GB"
    description: str = ""
    themes: dict[str, list[str]] = field(default_factory=dict)
    bibliography: tuple[str, ...] = ()
    csl: str = ""
    resources: tuple[str, ...] = ()
    footer: str = ""
    header: str = ""
    after: str = ""
    logo: str = ""
    logo_alt: str = ""
    search: bool = True
    variables: dict[str, Any] = field(default_factory=dict)
    has: dict[str, Any] = field(default_factory=dict)
    beside: frozenset[str] = frozenset()


def _read_yaml(path: Path, name: str) -> dict[str, Any]:
    if not path.is_file():
        return {}
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise RenderError("is not valid YAML", file=name, line=mark.line + 1 if mark else 0) from error
    if not isinstance(data, dict):
        raise RenderError("must be `key: value` lines", file=name)
    return data


def as_list(value: Any) -> list[Any]:
    """A YAML value that may be absent, single or a list, as a list."""
    if value is None:
        return []
    return list(value) if isinstance(value, list) else [value]


def as_mapping(value: Any) -> dict[str, Any]:
    """A YAML value that may be absent or a single word, as a mapping."""
    return value if isinstance(value, dict) else {}


def _check_keys(data: dict[str, Any]) -> None:
    for place, known in _KNOWN.items():
        found: Any = data
        for part in place.split(".") if place else []:
            found = found.get(part) if isinstance(found, dict) else None
        if isinstance(found, dict):
            for key in found:
                if key not in known:
                    full = f"{place}.{key}".lstrip(".")
                    raise RenderError(
                        "is not a setting this renderer knows", file="_quarto.yml", construct=full
                    )


def list_pages(root: Path, patterns: list[str]) -> list[str]:
    """Source files named by the render list, in its order; ``!pattern`` leaves files out.

    Raises
    ------
    RenderError
        If a file named without a wildcard does not exist.
    """
    out = [item[1:] for item in patterns if item.startswith("!")]
    pages: list[str] = []
    for pattern in patterns:
        if pattern.startswith("!"):
            continue
        if not any(sign in pattern for sign in "*?["):
            if pattern in out:
                continue
            if not (root / pattern).is_file():
                raise RenderError("page is missing: mend the render list, or run the pipeline", file=pattern)
            found = [pattern]
        else:
            found = sorted(p.relative_to(root).as_posix() for p in root.glob(pattern) if p.is_file())
            found = [p for p in found if p.endswith((".qmd", ".ipynb")) and not Path(p).name.startswith("_")]
        pages += [p for p in found if p not in pages and not any(fnmatchcase(p, o) for o in out)]
    return pages


def _items(value: Any) -> list[Item]:
    items = []
    for entry in as_list(value):
        if isinstance(entry, str):
            items.append(Item("", entry))
        elif isinstance(entry, dict) and "section" in entry:
            contents = tuple(_items(entry.get("contents")))
            items.append(Item(str(entry["section"]), str(entry.get("href", "")), contents))
        elif isinstance(entry, dict) and ("href" in entry or "file" in entry):
            items.append(Item(str(entry.get("text", "")), str(entry.get("href") or entry["file"])))
        elif isinstance(entry, dict) and "text" in entry:
            items.append(Item(str(entry["text"]), "", tuple(_items(entry.get("menu")))))
        else:
            raise RenderError("not a link or a section", file="_quarto.yml", construct=str(entry))
    return items


def _themes(html: dict[str, Any]) -> dict[str, list[str]]:
    """SCSS files and brand of the light and the dark scheme; Quarto's own base themes are left out."""
    theme = html.get("theme") or []
    both = theme if isinstance(theme, dict) else {"light": theme, "dark": theme}
    return {
        scheme: [item for item in as_list(both.get(scheme)) if str(item).endswith((".scss", BRAND))]
        for scheme in ("light", "dark")
    }


def _footer(value: Any) -> str:
    """Page footer as one piece of Markdown."""
    if isinstance(value, dict):
        parts = [str(value[side]).strip() for side in ("left", "center", "right") if value.get(side)]
        return " · ".join(parts)
    return str(value or "")


def _merge(first: Any, second: Any) -> Any:
    """Merge settings as Quarto does: mappings key by key, lists one after the other."""
    if isinstance(first, dict) and isinstance(second, dict):
        return first | {key: _merge(first.get(key), value) for key, value in second.items()}
    return [*first, *second] if isinstance(first, list) and isinstance(second, list) else second


def load_site(root: Path) -> Site:
    """Read and check the project's settings.

    Raises
    ------
    RenderError
        If a file is missing or not YAML, a setting is unknown, or a listed page is missing.
    """
    if not (root / "_quarto.yml").is_file():
        raise RenderError("no _quarto.yml here: give the project root", file=str(root.name))
    data = _read_yaml(root / "_quarto.yml", "_quarto.yml")
    for name in as_list(data.get("metadata-files")):  # one that is not there is none, as for Quarto
        data = _merge(data, _read_yaml(root / str(name), str(name)))
    _check_keys(data)
    project, website = data.get("project") or {}, data.get("website") or {}
    html = as_mapping((data.get("format") or {}).get("html"))
    navbar, sidebar = website.get("navbar") or {}, website.get("sidebar") or {}
    render = [str(item).lstrip("/") for item in as_list(project.get("render"))]
    if not render:
        raise RenderError("needs an explicit list of pages", file="_quarto.yml", construct="project.render")
    return Site(
        root=root,
        title=str(website.get("title", "")),
        description=str(website.get("description", "")),
        pages=list_pages(root, render),
        navbar=_items(navbar.get("left")) + _items(navbar.get("right")),
        sidebar=_items(sidebar.get("contents")),
        html={**html, "number-sections": html.get("number-sections", data.get("number-sections", False))},
        lang=str(data.get("lang", "en-GB")),
        themes=_themes(html),
        bibliography=tuple(str(item) for item in as_list(data.get("bibliography"))),
        csl=str(data.get("csl", "")),
        # A leading slash says "from the root, and not in any folder" to Quarto; here it always is
        resources=tuple(str(item).lstrip("/") for item in as_list(project.get("resources"))),
        footer=_footer(website.get("page-footer")),
        header=str(website.get("body-header", "")),
        after=str(website.get("body-footer", "")),
        logo=str(navbar.get("logo", "")),
        logo_alt=str(navbar.get("logo-alt", "")),
        search=website.get("search", True) is not False,
        variables=_read_yaml(root / "_variables.yml", "_variables.yml"),
        has=as_mapping(data.get("has")),
    )
