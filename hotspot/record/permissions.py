"""What the kernel lets a user look at, asked before recording so that the answer can name what to change."""

from __future__ import annotations

import os
from pathlib import Path

from hotspot.record.recorder import CannotRecord
from hotspot.record.target import Target

_PARANOID = Path("/proc/sys/kernel/perf_event_paranoid")
_PTRACE_SCOPE = Path("/proc/sys/kernel/yama/ptrace_scope")
# Bits of capabilities(7).
_CAP_SYS_PTRACE, _CAP_SYS_ADMIN, _CAP_PERFMON = 19, 21, 38
# From 3 on (Debian's and Android's patch) a user may not measure even his own programs; mainline knows up to 2.
_FORBIDDEN = 3


def may_use_perf() -> None:
    """Refuse where perf cannot measure the user's own programs.

    Raises:
        CannotRecord: with what to change.
    """
    level = _number(_PARANOID)
    if level is not None and level >= _FORBIDDEN and not _has(_CAP_PERFMON, _CAP_SYS_ADMIN):
        raise CannotRecord(
            f"perf may not measure programs here: kernel.perf_event_paranoid is {level}",
            hint="as root: `sysctl kernel.perf_event_paranoid=2` (see docs/troubleshooting.md)",
        )


def may_attach(target: Target, tool: str) -> None:
    """Refuse where another process may not be looked into: one of another user, or any that is not one's own child.

    Raises:
        CannotRecord: with what to change.
    """
    if target.pid is None or _has(_CAP_SYS_PTRACE):
        return
    owner = _owner(target.pid)
    if owner is not None and owner != os.geteuid():
        raise CannotRecord(
            f"process {target.pid} belongs to another user (uid {owner}), and {tool} may not look into it",
            hint="run hotspot as that user, or as root: `sudo env PATH=$PATH hotspot record ...`",
        )
    scope = _number(_PTRACE_SCOPE)
    if tool == "py-spy" and scope:
        raise CannotRecord(
            f"py-spy may not attach to a running process: kernel.yama.ptrace_scope is {scope}",
            hint="record the command itself (`hotspot record -- COMMAND`), or as root: "
            "`sysctl kernel.yama.ptrace_scope=0`",
        )


def _owner(pid: int) -> int | None:
    try:
        return os.stat(f"/proc/{pid}").st_uid
    except OSError:
        return None


def _number(path: Path) -> int | None:
    try:
        return int(path.read_text())
    except (OSError, ValueError):
        return None


def _has(*capabilities: int) -> bool:
    """Return whether this process has one of the capabilities, in the sense that counts: effective."""
    try:
        status = Path("/proc/self/status").read_text()
    except OSError:
        return os.geteuid() == 0
    effective = next((int(line[7:], 16) for line in status.splitlines() if line.startswith("CapEff:")), 0)
    return any(effective >> bit & 1 for bit in capabilities)
