"""Visits to pages in a real browser: what is there, as plain data that `rules` judges."""

from __future__ import annotations

import functools
import http.server
import threading
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.conftest import SLOW

SCRIPTS = Path(__file__).with_name("scripts")
#: Widths of a desk's screen and of a phone, in pixels.
DESK, PHONE = 1280, 390
#: The desk's screen at 200% and at 400%: WCAG 2.2 AA, 1.4.4 and 1.4.10.
ZOOMED = (640, 320)
SCHEMES = ("light", "dark")
#: Settings that pages are visited in: each width and scheme once; under make test-all, all four.
SETTINGS = [(DESK, "light"), (PHONE, "dark"), *([(PHONE, "light"), (DESK, "dark")] if SLOW else [])]
#: What the driver waits for is given this long, in ms: a busy machine is slow, and not wrong.
PATIENCE = 600_000


def script(*names: str) -> str:
    """Scripts of this folder, after common.js, as one function of `ground`."""
    parts = [(SCRIPTS / f"{name}.js").read_text(encoding="utf-8") for name in ("common", *names)]
    return "ground => {\n" + "\n".join(parts) + "}"


LOOK, ROOM, SLIDE = script("look"), script("room"), script("slide")
POOR, FOCUS = script("contrast", "poor"), script("contrast", "focus")
OPEN_ALL = "document.querySelectorAll('details').forEach(d => d.open = true)"
#: Nothing is measured before this: charts draw themselves anew when their box has changed, in the next frame.
SETTLED = (SCRIPTS / "settled.js").read_text(encoding="utf-8")


def new_context(browser: Any, **options: Any) -> Any:
    """A context of a browser, with patience."""
    context = browser.new_context(**options)
    context.set_default_timeout(PATIENCE)
    return context


def settle(page: Any) -> None:
    """Wait until a page is drawn: fonts, images, motion, and a layout that stays as it is."""
    page.evaluate(SETTLED)


def wait_until(page: Any, expression: str, arg: object = None) -> None:
    """Wait until an expression of JavaScript, or a function of `arg`, holds.

    The driver's own wait compiles its text in the page, which the policy of our pages forbids: it fails
    wherever the first look comes too early.
    """
    end = time.monotonic() + PATIENCE / 1000
    while not page.evaluate(expression, arg):
        assert time.monotonic() < end, f"never true: {expression}"
        time.sleep(0.05)


def open_deck(page: Any, address: str) -> None:
    """Open a deck and wait until its first slide is drawn."""
    page.goto(address)
    wait_until(page, "window.Reveal && Reveal.isReady()")
    settle(page)


@functools.cache
def axe_script() -> str:
    """The axe-core that axe-playwright-python brings."""
    from axe_playwright_python.base import AXE_SCRIPT

    return AXE_SCRIPT


def ask_axe(page: Any, *, colours: bool = True) -> list[str]:
    """Everything that axe finds wrong, as rule, weight, element and what to do.

    Without `colours` in a fifth of the time: poor.js judges those in every setting.
    """
    if page.evaluate("typeof window.axe") == "undefined":
        page.evaluate(axe_script())
    options = {
        "preload": False,
        "resultTypes": ["violations"],
        "rules": {"color-contrast": {"enabled": colours}},
    }
    found = page.evaluate("options => axe.run(options).then(result => result.violations)", options)
    return [
        f"{rule['id']} ({rule['impact']}) at {' '.join(map(str, node['target']))}: {rule['help']}"
        for rule in found
        for node in rule["nodes"]
    ]


class Quiet(http.server.SimpleHTTPRequestHandler):
    """A server that says nothing."""

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def serve(folder: Path) -> Iterator[str]:
    """Address of `folder` on a server of this machine."""
    handler = functools.partial(Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


def look_at(tab: Any, address: str, *, width: int, axe: bool = True) -> dict[str, Any]:
    """Everything about one page in one setting, from one visit."""
    tab.complaints.clear()
    page = tab.page
    page.goto(address)
    settle(page)
    facts = page.evaluate(LOOK) | {"url": address, "rooms": [page.evaluate(ROOM)]}
    page.evaluate(OPEN_ALL)
    settle(page)
    facts["rooms"].append(page.evaluate(ROOM))
    facts["axe"] = ask_axe(page, colours=width == DESK) if axe else []
    page.keyboard.press("Tab")
    facts["focus"] = page.evaluate(FOCUS, "#ffffff")
    if width == PHONE:
        page.evaluate("document.documentElement.classList.add('menu-open')")
        settle(page)
        facts["rooms"].append(page.evaluate(ROOM))
    facts["contrast"] = page.evaluate(POOR, "#ffffff")
    if width == DESK:
        for narrow in ZOOMED:
            page.set_viewport_size({"width": narrow, "height": 512})
            settle(page)
            facts["rooms"].append(page.evaluate(ROOM))
        page.set_viewport_size({"width": DESK, "height": 844})
        page.emulate_media(media="print")
        settle(page)
        facts["print"] = page.evaluate(POOR, "#ffffff")
        page.emulate_media(media="screen")
    tab.wait_for_answers()  # leaving a page gives up what it still asks for, as if it were not there
    facts["complaints"] = list(tab.complaints)
    return facts


def walk_deck(tab: Any, address: str, *, axe: bool) -> list[dict[str, Any]]:
    """Every slide, met by pressing the right arrow."""
    page, found = tab.page, {}
    tab.complaints.clear()
    open_deck(page, address)
    for _ in range(80):
        now = page.evaluate(SLIDE)
        if now["at"] not in found:
            now["contrast"] = page.evaluate(POOR, now["ground"])["poor"]
            now["axe"] = ask_axe(page) if axe else []
        found[now["at"]] = {**found.get(now["at"], {}), **now}
        if now["last"]:
            break
        page.keyboard.press("ArrowRight")
        settle(page)
    tab.wait_for_answers()
    slides = [found[at] for at in sorted(found)]
    for slide in slides:
        slide["total"], slide["complaints"] = page.evaluate("Reveal.getTotalSlides()"), list(tab.complaints)
    return slides


def _visit_scheme(browse: Any, scheme: str, pages: Mapping[str, str], decks: Mapping[str, str]) -> dict:
    """All pages and decks in one scheme at both widths; axe once, at the desk's or at the phone's."""
    found: dict[tuple[str, int, str], Any] = {}
    with browse() as open_tab:
        for width in (w for w, of in SETTINGS if of == scheme):
            tab = open_tab(viewport={"width": width, "height": 844}, color_scheme=scheme)
            axe = (width, scheme) in ((DESK, "light"), (PHONE, "dark"))
            for name, address in {**pages, **(decks if width == PHONE else {})}.items():
                found[name, width, scheme] = look_at(tab, address, width=width, axe=axe)
            tab.context.close()
        tab = open_tab(viewport={"width": DESK, "height": 720}, color_scheme=scheme)
        for name, address in decks.items() if (DESK, scheme) in SETTINGS else ():
            found[name, DESK, scheme] = walk_deck(tab, address, axe=scheme == "light")
        tab.context.close()
    return found


def visit_all(browse: Any, pages: Mapping[str, str], decks: Mapping[str, str]) -> dict:
    """Visit pages and decks (address by name), light and dark side by side.

    In threads of their own: the driver's loop would else stay in the way of other tests.
    """
    with ThreadPoolExecutor(len(SCHEMES)) as pool:
        jobs = [pool.submit(_visit_scheme, browse, scheme, pages, decks) for scheme in SCHEMES]
        return {key: facts for job in jobs for key, facts in job.result().items()}
