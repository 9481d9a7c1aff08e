"""Who holds a lease, and whether it still lives: so that a killed worker's order is freed at once on its own machine."""

import os
import socket
from pathlib import Path


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
    """`host:pid:start`: unique for this process, also when its pid is used again."""
    return f"{socket.gethostname()}:{os.getpid()}:{_start_ticks(os.getpid())}"


def is_surely_dead(worker: str) -> bool:
    """True only when the worker ran on this machine and its process is gone; in doubt False (its lease will end)."""
    host, _, rest = worker.partition(":")
    pid_text, _, started = rest.partition(":")
    if host != socket.gethostname() or not pid_text.isdigit() or not started:
        return False
    return _start_ticks(int(pid_text)) != started
