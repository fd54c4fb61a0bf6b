"""A process of its own for each area, a few at a time; none outlives its work."""

from __future__ import annotations

import multiprocessing
import multiprocessing.connection
import signal
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from website.areas.errors import AreaError

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from multiprocessing.context import BaseContext
    from multiprocessing.process import BaseProcess

    from website.areas.page import Job

PRELOADED = ["website.areas.page"]  # once, in the process that every area's process is made from


def _context() -> BaseContext:
    way = "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"
    return multiprocessing.get_context(way)


def warm_up() -> None:
    """Begin to load what every area's process needs, while this one reads the inputs."""
    context = _context()
    if context.get_start_method() == "forkserver":
        from multiprocessing import forkserver

        context.set_forkserver_preload(PRELOADED)
        forkserver.ensure_running()


def run_jobs(jobs: Sequence[Job], at_once: int) -> Iterator[tuple[Job, dict[str, str]]]:
    """Run each job in a process of its own, so many at a time; yield them as they end."""
    context = _context()
    waiting = [replace(job, workers=2 if len(jobs) == 1 else 1) for job in jobs]
    running: dict[Connection, tuple[BaseProcess, Job]] = {}
    try:
        while waiting or running:
            while waiting and len(running) < at_once:
                receiver, sender = context.Pipe(duplex=False)
                process = context.Process(target=_make_and_tell, args=(waiting[0], sender))
                process.start()
                sender.close()
                running[receiver] = process, waiting.pop(0)
            for receiver in multiprocessing.connection.wait(list(running)):
                yield running[receiver][1], _receive(receiver)
                running.pop(receiver)[0].join()
    finally:
        for process, _ in running.values():
            process.terminate()
            process.join()


def _make_and_tell(job: Job, sender: Connection) -> None:
    """Make one area's report, and send what came of it."""
    from website.areas.page import make_area
    from website.render import RenderError

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the run that began this process ends it
    try:
        sender.send(make_area(job))
    except (AreaError, RenderError) as error:
        sender.send(AreaError(str(error)))


def _receive(receiver: Connection) -> dict[str, str]:
    try:
        told = receiver.recv()
    except EOFError:
        raise AreaError(
            "The process of an area ended early. Out of memory? Then run the same again with --processes 1."
        ) from None
    if isinstance(told, AreaError):
        raise told
    return told
