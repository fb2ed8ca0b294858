"""Runs a command, and sees to it that nothing of it stays behind.

    python -I -S watchdog.py SCRATCH COMMAND [ARGUMENT...]

The command gets a session of its own, so that it shares one process group with all that it starts. The group is
killed as soon as the command ends, the watchdog is asked to end, or standard input closes. Whoever starts the
watchdog holds the other end of that pipe, and the system closes it for whoever is killed: nobody needs to end in good
order. Afterwards the folder SCRATCH is removed (`-` for none).

The exit status is that of the command, or 128 plus the number of the signal that ended it, or 127 if it cannot be run.
"""

import os
import shutil
import signal
import subprocess
import sys
import threading


def kill(group: int) -> None:
    """Kills all processes of a group that are left."""
    try:
        os.killpg(group, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        pass  # Nobody is left; macOS says "not permitted" of a group of the dead.


def kill_when_closed(group: int) -> None:
    """Kills the group when nobody holds the other end of standard input any more."""
    while os.read(0, 4096):
        pass
    kill(group)


def run(command: list[str]) -> int:
    """Runs the command to its end, whoever ends it."""
    try:
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True)
    except OSError as error:
        print(f"{command[0]}: {error.strerror}", file=sys.stderr)
        return 127
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: kill(child.pid))
    threading.Thread(target=kill_when_closed, args=(child.pid,), daemon=True).start()
    status = child.wait()
    kill(child.pid)
    return status if status >= 0 else 128 - status


if __name__ == "__main__":
    scratch, *command = sys.argv[1:]
    status = run(command)
    if scratch != "-":
        shutil.rmtree(scratch, ignore_errors=True)
    sys.exit(status)
