"""Packs the binaries of the functions as Lambda takes them: a zip with the file `bootstrap`.

    python -I pack.py [BINARY ZIP]...

`aws cloudformation package` would do the same, but at the slowest setting and again on every run. A zip gets the time of
its binary, by which `sluice` sees that it is still good.
"""

import concurrent.futures
import os
import sys
import zipfile


def pack(binary: str, target: str) -> None:
    """Writes the zip beside its place first: at its place it is always whole."""
    part, stat = f"{target}.part", os.stat(binary)
    # Fast rather than small: it travels no further than to the emulator.
    with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.write(binary, "bootstrap")
    os.utime(part, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    os.replace(part, target)


if __name__ == "__main__":
    binaries, targets = sys.argv[1::2], sys.argv[2::2]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(pack, binaries, targets))
