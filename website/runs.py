"""One run at a time in a clone, and one interrupt that ends all of it."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
import time
from contextlib import AbstractContextManager, nullcontext, suppress
from datetime import datetime
from io import FileIO
from multiprocessing import util
from pathlib import Path
from types import FrameType

import psutil

#: Set for everything that a run begins: it is part of that run.
PIPELINE_RUNNING = "REPORT_PIPELINE_RUNNING"
#: Set where only failures and the report's address are wanted.
QUIET = "REPORT_QUIET"
#: The byte that is locked lies far behind the text, since Windows lets nobody read what is locked.
LOCKED_BYTE = 1 << 30
#: Seconds in which what is stopped may tidy up; after that it is ended without asking.
GRACE_S = 2


def take_lock(root: Path) -> AbstractContextManager:
    """Make this process the only run in `root` until what is returned is closed, or the process ends.

    The lock is the operating system's, so that a run that was killed leaves none behind. What a run
    itself begins needs no lock of its own.

    Raises
    ------
    SystemExit
        At once, and before anything is touched, if another run has it; its text says which.
    """
    if os.environ.get(PIPELINE_RUNNING):
        return nullcontext()
    path = root / ".build" / "run.lock"
    path.parent.mkdir(exist_ok=True)
    lock = path.open("a+b", buffering=0)
    try:
        _lock(lock)
    except (BlockingIOError, PermissionError):
        lock.seek(0)
        holder = lock.read().decode(errors="replace") or "process unknown"
        # Quarto empties its output folder before it asks
        quarto = os.environ.get("QUARTO_PROJECT_DIR")
        touched = "Quarto had emptied _site/ before" if quarto else "nothing was touched"
        raise SystemExit(
            f"Another run is under way in this folder ({holder}): wait until it has ended, or stop it with "
            f"Ctrl-C in its window, and then run this again; {touched}."
        ) from None
    except OSError:  # some network drives know no locks
        print("Note: this drive cannot keep a second run away while this one works.", file=sys.stderr)
    lock.truncate(0)
    lock.write(f"process {os.getpid()}, since {datetime.now():%H:%M on %d %B %Y}".encode())
    return lock


def _lock(file: FileIO) -> None:
    """Lock one byte for this process alone: children do not inherit it, and it ends with the process."""
    if sys.platform == "win32":
        import msvcrt

        file.seek(LOCKED_BYTE)
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, LOCKED_BYTE)


def end_together() -> None:
    """Let one interrupt end this process with all that it began, and no child outlive it.

    Notebooks run in sessions of their own, which the terminal's Ctrl-C does not reach.
    """
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _stop)
    if multiprocessing.current_process().name == "MainProcess":
        util.register_after_fork(end_together, _watch_parent)
    else:  # a child that was not forked comes here by itself
        _watch_parent()


def _stop(number: int, _: FrameType | None) -> None:
    for again in (signal.SIGINT, signal.SIGTERM):  # one is enough, and the tidying up is not to be cut short
        signal.signal(again, signal.SIG_IGN)
    if multiprocessing.parent_process() is None:
        print("Stopping …", file=sys.stderr, flush=True)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # how a half-done step falls apart is no news
    begun = psutil.Process().children(recursive=True)
    for child in begun:
        with suppress(psutil.NoSuchProcess):
            child.terminate()
    for child in psutil.wait_procs(begun, timeout=GRACE_S)[1]:
        with suppress(psutil.NoSuchProcess):
            child.kill()
    sys.exit(128 + number)


def _watch_parent(_: object = None) -> None:
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """End this process once the one that began it is gone, even if it was killed."""
    while (parent := multiprocessing.parent_process()) is None:  # a spawned child is still being set up
        time.sleep(0.1)
    parent.join()
    os._exit(1)
