"""What a run says while it works: each step with its time, long ones with how far they are, and a log."""

from __future__ import annotations

import json
import multiprocessing
import os
import sys
import threading
import time
from datetime import datetime
from pathlib import Path

from doit.reporter import ConsoleReporter

from analysis_lib import project, settings
from website import runs, steps
from website.runs import QUIET

# A worker that was not forked (Windows, macOS, Python 3.14) reads this file at its start
if multiprocessing.current_process().name != "MainProcess":
    runs.end_together()

SAY_EVERY_S = 10
LOGS_KEPT = 50


class Reporter(ConsoleReporter):
    """One line for each step that begins and ends; nothing for a step that is up to date.

    Every ten seconds a line says of each step under way how far it is: what it tells of itself
    (`steps.tell`), and how long it took last time. All of it is kept in ``.build/logs``, with
    settings, versions and the hashes of the inputs.
    """

    def __init__(self, outstream: object, options: dict) -> None:
        super().__init__(outstream, options)
        self._root = project.find_root()
        self._quiet = bool(os.environ.get(QUIET))
        self._running: dict[str, float] = {}
        self._begun_any = self._publishes = False
        self._took = _Took(self._root)
        self._log: list[str] = []
        self._start = datetime.now()
        self._ended = threading.Event()

    def initialize(self, tasks: object, selected_tasks: list[str]) -> None:
        super().initialize(tasks, selected_tasks)
        self._publishes = "site" in selected_tasks  # else Quarto renders next, or nobody
        steps.forget_told(self._root)
        self._say(settings.say_settings(self._root))
        if not self._quiet:
            threading.Thread(target=self._keep_saying, daemon=True).start()

    def execute_task(self, task: object) -> None:
        if task.actions and task.name not in ("facts", "left_overs"):  # which always run, in no time
            self._begun_any = True
            self._running[task.name] = time.monotonic()
            self._say(f"  …  {task.name}{self._took.say(task.name)}")

    def add_success(self, task: object) -> None:
        begun = self._running.pop(task.name, None)
        if begun is not None:
            seconds = time.monotonic() - begun
            self._took.keep(task.name, seconds)
            self._say(f"  ok {task.name}  {seconds:.1f} s")

    def add_failure(self, task: object, fail: object) -> None:
        self._running.pop(task.name, None)
        cause = getattr(fail, "exception", None) or getattr(fail, "message", fail)
        self.failures.append({"task": task, "exception": fail})
        self._say(f"  !! {task.name}: {steps.shorten_failure(str(cause), fail)}", always=True)

    def skip_uptodate(self, task: object) -> None:
        pass

    def complete_run(self) -> None:
        self._ended.set()
        stopped = isinstance(sys.exception(), SystemExit)  # by an interrupt, while doit puts things away
        if self.failures or stopped:
            what = "Nothing was published; the previous _site/ is as it was."
            what = what if self._publishes else "Nothing was published."
            self._say(f"{what}{' The next run goes on from here.' if stopped else ''}", always=True)
        elif self._publishes:
            nothing = "" if self._begun_any else " (nothing had changed)"
            self._say(f"Open {(self._root / '_site' / 'index.html').as_uri()}{nothing}", always=True)
        self._write_log()

    def _say(self, text: str, *, always: bool = False) -> None:
        self._log.append(f"{datetime.now():%H:%M:%S} {text}")
        if always or not self._quiet:
            self.write(f"{text}\n")
            self.outstream.flush()

    def _keep_saying(self) -> None:
        while not self._ended.wait(SAY_EVERY_S):
            for name, begun in list(self._running.items()):
                seconds = time.monotonic() - begun
                if seconds >= SAY_EVERY_S:
                    self._say(f"     {name}: {seconds:.0f} s{self._how_far(name, seconds)}")

    def _how_far(self, name: str, seconds: float) -> str:
        told = steps.read_told(self._root, name)
        done = f", {told.done:,} of {told.total:,} {told.unit}" if told else ""
        left = self._took.left(name, seconds)
        if left is None and told and told.even and told.done:
            left = seconds * (told.total - told.done) / told.done
        return done + (f", about {left:.0f} s left" if left else "")

    def _write_log(self) -> None:
        """Keep what was said, and what it was said of."""
        folder = self._root / ".build" / "logs"
        folder.mkdir(exist_ok=True)
        inputs = steps.describe_inputs(project.results_folder())
        lines = [
            f"{self._start:%d %B %Y, %H:%M:%S}",
            project.describe_versions(),
            f"packages: requirements.lock, sha256 {steps.hash_file(self._root / 'requirements.lock')}",
            *inputs,
            *self._log,
        ]
        text = "\n".join(lines).replace(f"{self._root.as_uri()}/", "").replace(f"{self._root}{os.sep}", "")
        (folder / f"{self._start:%Y-%m-%dT%H-%M-%S}.log").write_text(text + "\n", encoding="utf-8")
        for old in sorted(folder.glob("*.log"))[:-LOGS_KEPT]:
            old.unlink()


class _Took:
    """How long each step took last time, with the same number of people."""

    def __init__(self, root: Path) -> None:
        self._path = root / ".build" / "seconds.json"
        self._seconds: dict[str, float] = {}
        now = settings.read_settings(root)
        self._of = now.data or f"{now.people} people"
        if self._path.is_file():
            known = json.loads(self._path.read_text(encoding="utf-8"))
            self._seconds = known["seconds"] if known.get("of") == self._of else {}

    def say(self, name: str) -> str:
        seconds = self._seconds.get(name, 0)
        return f"  (took {seconds:.0f} s last time)" if seconds >= SAY_EVERY_S else ""

    def left(self, name: str, seconds: float) -> float | None:
        """Seconds left, if last time says."""
        return max(self._seconds[name] - seconds, 1) if name in self._seconds else None

    def keep(self, name: str, seconds: float) -> None:
        self._seconds[name] = round(seconds, 1)
        partial = self._path.with_suffix(".part")
        partial.write_text(json.dumps({"of": self._of, "seconds": self._seconds}), encoding="utf-8")
        partial.replace(self._path)
