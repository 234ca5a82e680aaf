"""Break every reader's files for some minutes: `python -m tools.fuzz --seconds 600 --out fuzzed`.

Each reader runs in a process of its own, which may grow by 2 GiB. What is found, with the files that show it, goes to
the folder `--out`; the program ends with 1 where that is anything.
"""

import argparse
import json
import random
import shutil
import subprocess
import sys
from pathlib import Path

from tools.fuzz.readers import Reader, readers
from tools.fuzz.search import limit_memory, search_for
from tools.fuzz.seeds import make_seeds, seeds_in

GRACE = 120.0


def main() -> None:
    """Run the searches, or one of them where a parent asks for it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=600, help="time for all readers together")
    parser.add_argument("--seed", type=int, default=None, help="repeats a run; drawn where it is left out")
    parser.add_argument("--only", default="", help="readers whose names hold this text")
    parser.add_argument("--out", type=Path, required=True, help="a folder for what is found")
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.child:
        _search(given.out, given.only, given.seconds, given.seed)
        return
    number = random.randrange(1 << 30) if given.seed is None else given.seed
    sys.exit(1 if _search_all(given.out, given.only, given.seconds, number) else 0)


def _search_all(out: Path, only: str, seconds: float, number: int) -> int:
    """Give each reader its share of the time; return how many faults were found."""
    seeds = out / "seeds"
    seeds.mkdir(parents=True)
    chosen = [reader.name for reader in readers(make_seeds(seeds)) if only in reader.name]
    print(f"{len(chosen)} readers, {seconds / len(chosen):.0f} s each, seed {number}", flush=True)
    faults = 0
    for name in chosen:
        folder = out / name.replace(" ", "-")
        shutil.copytree(seeds, folder / "seeds")
        share = seconds / len(chosen)
        options = ["--child", "--out", str(folder), "--only", name, "--seconds", str(share), "--seed", str(number)]
        try:
            code = subprocess.run([sys.executable, "-m", "tools.fuzz", *options], timeout=share + GRACE).returncode
        except subprocess.TimeoutExpired:
            code = -1
        found = folder / "found.json"
        summary = json.loads(found.read_text(encoding="utf-8")) if found.exists() else {"faults": []}
        if code != 0:
            summary["faults"].append(f"the process ended with {code}: see {folder / 'last'}")
        faults += len(summary["faults"])
        print(f"{name}: {summary.get('outcomes')}, memory +{summary.get('megabytes')} MB", flush=True)
        for fault in summary["faults"]:
            print(f"  FAULT {fault}", flush=True)
    return faults


def _search(folder: Path, name: str, seconds: float, number: int) -> None:
    reader = _named(folder / "seeds", name)
    attempts = search_for(reader, min(seconds, 2.0), number, folder / "last")  # lets libraries load first
    limit_memory()
    found = search_for(reader, seconds, number + 1_000_000, folder / "last")
    faults = attempts.faults | found.faults
    for place, content in enumerate(faults.values()):
        (folder / f"fault-{place}").write_bytes(content)
    summary = {
        "outcomes": dict(attempts.outcomes + found.outcomes),
        "megabytes": max(attempts.megabytes, found.megabytes),
        "faults": list(faults),
    }
    (folder / "found.json").write_text(json.dumps(summary, indent=1), encoding="utf-8")


def _named(seeds: Path, name: str) -> Reader:
    return next(reader for reader in readers(seeds_in(seeds)) if reader.name == name)


if __name__ == "__main__":
    main()
