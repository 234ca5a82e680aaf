"""Print how long it takes to read a set: from disk to checked pixels, and to the pixels' own hashes.

    python -m tools.reading_speed data/people-36-exact-seed1-v1
    python -m tools.reading_speed path/to/set --samples 8 --rounds 5 --threads 4

A sample is read as an evaluation reads it (`load_pair`), then its pixels are hashed as a result states them
(`decoded_sha256`). Milliseconds are of CPU time, which other work on the machine hardly changes, medians over samples
and rounds. The last row is by the clock: what several threads read and hash together.
"""

import argparse
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median
from time import perf_counter, thread_time

import cv2

from configs.environment import cpu_class, cpu_name
from datasets.samples.layout import SampleRef, SampleSet, first_refs, load_pair, open_set


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("set", type=Path, help="a folder with com/, bgr/ and fgr/")
    parser.add_argument("--samples", type=int, default=8, help="how many of its samples, from the first on")
    parser.add_argument("--rounds", type=int, default=5, help="how often each is read")
    parser.add_argument("--threads", type=int, default=2, help="for the last row")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    sample_set = open_set(options.set)
    refs = first_refs(sample_set, options.samples) * options.rounds
    reading, hashing = zip(*(timed(sample_set, ref) for ref in refs), strict=True)
    print(f"{sample_set.name}, {len(refs) // options.rounds} samples, {cpu_name()} (feature class {cpu_class()})")
    print("| step | result |")
    print("| --- | ---: |")
    print(f"| read, check and decode a sample | {median(reading):.1f} ms |")
    print(f"| hash its pixels | {median(hashing):.1f} ms |")
    print(f"| both, by {options.threads} threads | {rate(sample_set, refs, options.threads):.1f} samples/s |")


def timed(sample_set: SampleSet, ref: SampleRef) -> tuple[float, float]:
    """Return the milliseconds of CPU time of reading a sample and of hashing its pixels."""
    start = thread_time()
    sample = load_pair(ref)
    read = thread_time()
    sample_set.decoded_sha256(ref, sample)
    return (read - start) * 1e3, (thread_time() - read) * 1e3


def rate(sample_set: SampleSet, refs: tuple[SampleRef, ...], threads: int) -> float:
    """Return how many samples a second `threads` threads read and hash together."""
    start = perf_counter()
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(lambda ref: timed(sample_set, ref), refs))
    return len(refs) / (perf_counter() - start)


if __name__ == "__main__":
    main()
