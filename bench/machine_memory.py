"""Memory that a virtual machine has not got from its host yet costs several times more at its first touch."""
import os
from pathlib import Path

MB = 1_000_000


def available_bytes():
    for line in Path("/proc/meminfo").read_text().splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1024
    return 0


def touch(folder, most_bytes):
    """Fills the page cache once with a file below `folder` and removes it, so that the runs that follow write to
    pages the host has given already. At most two thirds of the free memory and half of the free disk."""
    disk = os.statvfs(folder)
    size = min(most_bytes, available_bytes() * 2 // 3, disk.f_bavail * disk.f_frsize // 2)
    path = Path(folder) / "memory"
    piece = bytes(MB)
    try:
        with path.open("wb", buffering=0) as file:
            for _ in range(size // MB):
                file.write(piece)
    finally:
        path.unlink(missing_ok=True)
