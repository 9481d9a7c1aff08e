"""Who holds a lease, and whether it still lives, so that a killed worker's order is free immediately on its own machine."""

import os
import socket
from functools import cache
from pathlib import Path

# Changes with every start of the machine's kernel; containers on one machine share it.
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
# Differs between containers: a process number means something within one PID namespace only.
_PID_NAMESPACE = Path("/proc/self/ns/pid")


@cache
def _place() -> str:
    """The one place where this process's number means this process: `boot-namespace`; "" where that cannot be read."""
    try:
        # Enough of it to tell machines apart, and short to read.
        boot = _BOOT_ID.read_text().replace("-", "").strip()[:12]
        namespace = str(_PID_NAMESPACE.readlink())
    except OSError:
        return ""
    return f"{boot}-{namespace.strip('pid:[]')}" if boot else ""


def _start_ticks(pid: int) -> str:
    """When process `pid` was started, as the kernel counts it; "" where that cannot be read."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return ""
    # The name in parentheses may hold blanks; field 22 counts from after it.
    fields = stat.rpartition(")")[2].split()
    return fields[19] if len(fields) > 19 and fields[0] != "Z" else ""


def current_worker() -> str:
    """`host:boot-namespace:pid:start`: unique for this process, also when its number is used again, and when another
    machine or container has the same host name."""
    host = socket.gethostname()[:80].replace(":", "-")
    return f"{host}:{_place()}:{os.getpid()}:{_start_ticks(os.getpid())}"


def is_surely_dead(worker: str) -> bool:
    """True only when the worker ran where this process runs and is gone; in doubt False (its lease will end)."""
    here = _process_here(worker)
    return here is not None and _start_ticks(here[0]) != here[1]


def living_process(worker: str) -> int | None:
    """The process number of a worker that lives where this process runs; None of one that is elsewhere, or gone."""
    here = _process_here(worker)
    return here[0] if here is not None and _start_ticks(here[0]) == here[1] else None


def _process_here(worker: str) -> tuple[int, str] | None:
    """Number and start of a worker's process; None when the number means nothing here."""
    host, place, pid, started = (worker.split(":") + [""] * 4)[:4]
    if worker.count(":") != 3 or not place or place != _place() or not pid.isdigit() or not started:
        return None
    return (int(pid), started) if host else None
