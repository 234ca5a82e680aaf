"""What code this is: a hash of the toolkit's own source files, whether or not they lie in a checkout."""

import hashlib
from functools import cache
from pathlib import Path

PACKAGES = ("configs", "datasets", "converter", "eval")
"""The packages whose code a result follows from."""
_ROOT = Path(__file__).resolve().parent.parent


@cache
def source_sha256() -> str:
    """Return the SHA-256 of name and content of every Python file of `PACKAGES`, as lower-case hex."""
    digest = hashlib.sha256()
    for path in sorted(path for package in PACKAGES for path in (_ROOT / package).rglob("*.py")):
        digest.update(f"{path.relative_to(_ROOT).as_posix()}\n".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()
