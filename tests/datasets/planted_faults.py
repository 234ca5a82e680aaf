"""A tiny sound set, one fault of every kind to plant into a copy of it, and the table of what `verify_set` says.

`python tests/datasets/planted_faults.py` writes the table into docs/dataset-verify.md, which a test holds true.
"""

import json
import re
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from mismatch_pictures import ERRORS, WARNINGS, Plant, pictures
from numpy.typing import NDArray
from PIL import Image

from configs.files import sha256_of, write_atomically
from datasets.compose.run import compose_set
from datasets.mismatch.pixels import Parts
from datasets.samples.composite import composite
from datasets.samples.credits import attribution
from datasets.samples.images import read_rgb, read_rgba, write_png
from datasets.samples.manifest import CreditEntry, Manifest, content_sha256, file_entry
from datasets.samples.plate import largest_noise
from datasets.samples.verify import Problem, verify_set

PAGE = Path(__file__).resolve().parents[2] / "docs/dataset-verify.md"
BEGIN, END = "<!-- planted faults: begin -->\n", "<!-- planted faults: end -->\n"
CREDITS = "id,author,licence\n"
X, Y = "a/x", "a/y"
NOISE = 4.0


@dataclass(frozen=True)
class Fault:
    """What is done to the set, in words and as a call, and a pattern of what every message about it must name.

    It is planted into the composed set, or into that of drawn people, which has no manifest.
    """

    words: str
    plant: Callable[[Path], object]
    named: str
    require_licences: bool = False
    people: bool = False


def make_people_set(folder: Path) -> Path:
    """Write a set of two drawn people, `a/x` and `a/y`, without a manifest; return it."""
    for number, name in enumerate("xy"):
        _write(folder / "people-set", f"a/{name}", pictures(number))
    return folder / "people-set"


def _write(root: Path, id_: str, parts: Parts) -> None:
    write_png(root / f"com/{id_}.png", parts.source)
    write_png(root / f"bgr/{id_}.png", parts.background)
    write_png(root / f"fgr/{id_}.png", np.dstack((parts.foreground, parts.alpha)))


def composition_fault(words: str, plant: Plant, named: str) -> Fault:
    """Return the fault that every sample of the drawn people is changed by `plant`."""

    def plant_all(root: Path) -> None:
        for number, name in enumerate("xy"):
            _write(root, f"a/{name}", plant(pictures(number)))

    return Fault(words, plant_all, named, people=True)


def make_sound_set(folder: Path) -> Path:
    """Compose the foreground a.png over the backgrounds x.png and y.png, all credited; return the set."""
    rows, columns = np.mgrid[0:20, 0:16]
    alpha = np.clip(400 - 6 * ((columns - 8) ** 2 + (rows - 12) ** 2), 0, 255)
    person = np.stack((rows * 12, columns * 15, rows + columns, alpha), axis=2).astype(np.uint8)
    write_png(folder / "people/a.png", person)
    for index, name in enumerate("xy", start=1):
        place = np.stack((rows * 3 * index, columns * 5, 90 + rows), axis=2).astype(np.uint8)
        write_png(folder / f"places/{name}.png", place)
    (folder / "people/ATTRIBUTION.csv").write_text(CREDITS + "a,Ada,CC0 1.0\n", encoding="utf-8")
    (folder / "places/ATTRIBUTION.csv").write_text(CREDITS + "x,Xi,CC BY 2.0\ny,Yu,CC BY 2.0\n", encoding="utf-8")
    out = folder / "set"
    compose_set(folder / "people", folder / "places", out, size=(24, 32), per_foreground=2, seed=1)
    return out


def problems_of(sound: Path, copy: Path, fault: Fault) -> tuple[Problem, ...]:
    """Plant a fault into a copy of the set and return what is found in it."""
    shutil.copytree(sound, copy)
    fault.plant(copy)
    problems = verify_set(copy, require_licences=fault.require_licences).problems
    # The drawn people have no manifest, of which every message would tell.
    return tuple(problem for problem in problems if not (fault.people and problem.kind == "licence"))


def table(found: dict[str, tuple[Path, tuple[Problem, ...]]]) -> str:
    """Return the markdown table of faults and messages, without what differs elsewhere: paths, hashes, positions."""
    lines = ["| planted fault | `dataset verify` says |", "| --- | --- |"]
    for words, (root, problems) in found.items():
        said = "<br>".join(_in_words(problem, root) for problem in problems)
        lines.append(f"| {words} | {said} |")
    return "\n".join(lines) + "\n"


def _in_words(problem: Problem, root: Path) -> str:
    text = re.sub(r"\b[0-9a-f]{64}\b", "(hash)", str(problem).replace(str(root), "SET"))
    text = re.sub(r"\(Unterminated .*?\)\)", "(...)", text)
    return text.replace("|", r"\|").replace("<", "&lt;").replace("\n", " ")


def _edit(root: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Change the manifest; the identity is made to fit its files, and ATTRIBUTION.csv its credits."""
    path = root / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    change(manifest)
    manifest["content_sha256"] = content_sha256((file["path"], file["pixels_sha256"]) for file in manifest["files"])
    path.write_text(json.dumps(manifest), encoding="utf-8")
    credits = map(CreditEntry.model_validate, manifest["composition"]["credits"])
    write_atomically(root / "ATTRIBUTION.csv", attribution(credits))


def _entry(root: Path, where: str, /, **values: object) -> None:
    _edit(root, lambda manifest: next(file for file in manifest["files"] if file["path"] == where).update(values))


def _composition(root: Path, change: Callable[[dict[str, Any]], object]) -> None:
    _edit(root, lambda manifest: change(manifest["composition"]))


def _credit(root: Path, **values: object) -> None:
    """Change the credit of the background x.png."""
    _composition(root, lambda composition: composition["credits"][0].update(values))


def _redescribe(root: Path, *paths: str) -> None:
    for path in paths:
        _entry(root, path, **file_entry(root, root / path).model_dump())


def _rehash(root: Path, path: str) -> None:
    """Make the manifest fit a file that is no longer an image that could be described."""
    _entry(root, path, sha256=sha256_of(root / path), bytes=(root / path).stat().st_size)


def _deep(root: Path) -> None:
    Image.fromarray(np.zeros((24, 32), np.uint16)).save(root / "bgr/a/x.png")
    _rehash(root, "bgr/a/x.png")


def _grey(root: Path) -> None:
    Image.fromarray(read_rgba(root / "fgr/a/x.png")[1]).save(root / "fgr/a/x.png")
    _redescribe(root, "fgr/a/x.png")


def _truncated(root: Path) -> None:
    path = root / "com/a/x.png"
    path.write_bytes(path.read_bytes()[:-40])
    _rehash(root, "com/a/x.png")


def _page(root: Path) -> None:
    (root / "com/a/x.png").write_text("<html>not found</html>", encoding="utf-8")
    _rehash(root, "com/a/x.png")


def _see_through(root: Path) -> None:
    path = root / "bgr/a/x.png"
    write_png(path, np.dstack((read_rgb(path), np.full((24, 32), 254, np.uint8))))
    _redescribe(root, "bgr/a/x.png")


def _resized(root: Path) -> None:
    write_png(root / "bgr/a/x.png", np.zeros((24, 30, 3), np.uint8))
    _redescribe(root, "bgr/a/x.png")


def _matte(root: Path, change: Callable[[NDArray[np.uint8]], NDArray[np.uint8]], *ids: str) -> None:
    """Give samples another matte, and the composite that goes with it."""
    for id_ in ids or (X,):
        foreground, alpha = read_rgba(root / f"fgr/{id_}.png")
        other = change(alpha).astype(np.uint8)
        write_png(root / f"fgr/{id_}.png", np.dstack((foreground, other)))
        write_png(root / f"com/{id_}.png", composite(foreground, other, read_rgb(root / f"bgr/{id_}.png")))
        _redescribe(root, f"fgr/{id_}.png", f"com/{id_}.png")


def _off_by_one(root: Path) -> None:
    pixels = read_rgb(root / "com/a/x.png")
    pixels[3, 4, 0] ^= 1
    write_png(root / "com/a/x.png", pixels)
    _redescribe(root, "com/a/x.png")


def _noisy(root: Path, id_: str) -> None:
    """Let the manifest tell that a sample has the noise of a sensor."""
    _edit(
        root, lambda manifest: next(sample for sample in manifest["samples"] if sample["id"] == id_).update(noise=NOISE)
    )


def _beyond_noise(root: Path) -> None:
    pixels = read_rgb(root / "com/a/x.png")
    level = int(pixels[3, 4, 0])
    beyond = 2 * largest_noise(NOISE) + 1
    pixels[3, 4, 0] = level + beyond if level + beyond <= 255 else level - beyond
    write_png(root / "com/a/x.png", pixels)
    _redescribe(root, "com/a/x.png")
    _noisy(root, X)


def _exact_beside_noise(root: Path) -> None:
    _off_by_one(root)
    _noisy(root, Y)


def _loose(root: Path) -> None:
    write_png(root / "com/a/x.png", 255 - read_rgb(root / "com/a/x.png"))
    _redescribe(root, "com/a/x.png")
    _edit(root, lambda manifest: manifest.update(exact_composites=False))


def _extra(root: Path) -> None:
    for role in ("com", "bgr", "fgr"):
        shutil.copy(root / f"{role}/a/x.png", root / f"{role}/a/z.png")


def _lone(root: Path) -> None:
    (root / "fgr/a/x.png").unlink()
    _edit(root, lambda manifest: _drop(manifest["files"], "path", "fgr/a/x.png"))


def _drop(entries: list[dict[str, Any]], key: str, value: str) -> None:
    entries[:] = [entry for entry in entries if entry[key] != value]


def _emptied(root: Path) -> None:
    for path in root.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
            path.mkdir()
        else:
            path.unlink()


def _rewrite(root: Path, old: str, new: str) -> None:
    path = root / "manifest.json"
    path.write_text(path.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")


def _uncredit(root: Path) -> None:
    _composition(root, lambda composition: _drop(composition["credits"], "file", "x.png"))


def _credit_more(root: Path, **values: object) -> None:
    _composition(root, lambda composition: composition["credits"].append({**composition["credits"][0], **values}))


def _photograph(root: Path) -> None:
    entry = {"name": "lake", "package": "p", "file": "lake.jpg", "licence": "", "credit": "Li"}
    _edit(root, lambda manifest: manifest.update(photographs=[entry]))


FAULTS = (
    Fault("a byte is appended to a background", lambda root: _append(root / "bgr/a/x.png"), r"bgr/a/x\.png"),
    Fault("a background is deleted", lambda root: (root / "bgr/a/x.png").unlink(), r"\ba/x\b"),
    Fault("a foreground is deleted, and the manifest does not list it", _lone, r"fgr.* a/x\b"),
    Fault("a frame is added that the manifest does not list", _extra, r"a/z\.png"),
    Fault("a text file lies among the clips", lambda root: (root / "com/notes.txt").touch(), r"com/notes\.txt"),
    Fault(
        "a frame is there twice, as PNG and as JPEG",
        lambda root: shutil.copy(root / "com/a/x.png", root / "com/a/x.jpg"),
        r"com/a/x\.jpg",
    ),
    Fault("the folder of the plates is gone", lambda root: shutil.rmtree(root / "bgr"), r"\bbgr\b"),
    Fault("the set is empty", _emptied, "holds no samples"),
    Fault("there is no such folder", shutil.rmtree, "no such folder"),
    Fault("a plate has 16 bits per channel", _deep, r"bgr/a/x\.png"),
    Fault("a foreground is grey, without alpha", _grey, r"fgr/a/x\.png"),
    Fault("a composite is cut short", _truncated, r"com/a/x\.png"),
    Fault("a composite is a web page", _page, r"com/a/x\.png"),
    Fault("a plate has pixels that are not opaque", _see_through, r"bgr/a/x\.png"),
    Fault("a plate has another size than its composite", _resized, r"bgr/a/x\.png"),
    Fault("a matte is 0 everywhere", lambda root: _matte(root, lambda alpha: alpha * 0), r"fgr/a/x\.png"),
    Fault("a matte is 255 everywhere", lambda root: _matte(root, lambda alpha: alpha | 255), r"fgr/a/x\.png"),
    Fault("every matte is 255 everywhere", lambda root: _matte(root, lambda alpha: alpha | 255, X, Y), "fgr"),
    Fault("a matte is never transparent", lambda root: _matte(root, lambda alpha: alpha | 3), r"fgr/a/x\.png"),
    Fault("a matte holds 0 and 1, not 0 to 255", lambda root: _matte(root, lambda alpha: alpha >> 7), r"fgr/a/x\.png"),
    Fault("one pixel of an exact composite is off by one level", _off_by_one, r"com/a/x\.png"),
    Fault("a noisy composite is off by more than its noise can do", _beyond_noise, r"com/a/x\.png.* for its noise"),
    Fault(
        "one pixel of an exact composite is off by one level, beside a noisy sample",
        _exact_beside_noise,
        r"com/a/x\.png",
    ),
    Fault("a composite that need not be exact is of something else", _loose, r"com/a/x\.png"),
    Fault("the manifest is cut short", lambda root: _cut(root / "manifest.json"), r"manifest\.json"),
    Fault(
        "the manifest has another schema version",
        lambda root: _rewrite(root, '"schema_version": 1', '"schema_version": 9'),
        r"manifest\.json",
    ),
    Fault("a key of the manifest is misspelt", lambda root: _rewrite(root, '"samples"', '"sample"'), r"manifest\.json"),
    Fault(
        "the identity in the manifest was changed",
        lambda root: _rewrite(root, Manifest.read(root).content_sha256, 64 * "0"),
        r"manifest\.json",
    ),
    Fault(
        "a pixel hash in the manifest was changed, and the identity with it",
        lambda root: _entry(root, "com/a/x.png", pixels_sha256=64 * "0"),
        r"com/a/x\.png",
    ),
    Fault("a height in the manifest was changed", lambda root: _entry(root, "com/a/x.png", height=25), r"com/a/x\.png"),
    Fault(
        "a sample is missing in the manifest",
        lambda root: _edit(root, lambda manifest: _drop(manifest["samples"], "id", X)),
        r"manifest\.json.* a/x\b",
    ),
    Fault(
        "what a sample was composed of is missing in the manifest",
        lambda root: _composition(root, lambda composition: _drop(composition["origins"], "id", X)),
        r"manifest\.json.*\bx\b",
    ),
    Fault("a picture is not credited", _uncredit, r"background x\.png"),
    Fault("a picture is credited that no sample uses", lambda root: _credit_more(root, file="w.png"), r"w\.png"),
    Fault("a picture is credited twice", lambda root: _credit_more(root, author="Xaver"), r"background x\.png"),
    Fault("a licence is empty", lambda root: _credit(root, licence=""), r"background x\.png.*licence"),
    Fault("an author is blank", lambda root: _credit(root, author="  "), r"background x\.png.*author"),
    Fault("a photograph of the generator has no licence", _photograph, "photograph lake.*licence"),
    Fault("ATTRIBUTION.csv is deleted", lambda root: (root / "ATTRIBUTION.csv").unlink(), r"ATTRIBUTION\.csv"),
    Fault(
        "ATTRIBUTION.csv names another licence than the manifest",
        lambda root: write_atomically(
            root / "ATTRIBUTION.csv", (root / "ATTRIBUTION.csv").read_text("utf-8").replace("BY 2.0", "BY 4.0", 1)
        ),
        r"ATTRIBUTION\.csv: line 2",
    ),
    Fault("a licence is unknown", lambda root: _credit(root, licence=None), r"a/x \(background x\.png\)"),
    Fault(
        "a licence is unknown, with `--require-licences`",
        lambda root: _credit(root, licence=None),
        r"a/x \(background x\.png\)",
        True,
    ),
    Fault("there is no manifest", lambda root: (root / "manifest.json").unlink(), r"manifest\.json"),
    *(composition_fault(words, plant, named.rstrip("$")) for words, (plant, named) in (ERRORS | WARNINGS).items()),
    composition_fault(
        "plates that are the composites",
        lambda parts: replace(parts, background=parts.source),
        "the plate shows the person: it is the composite",
    ),
    composition_fault(
        "composites that are the plates",
        lambda parts: replace(parts, source=parts.background),
        "the composite shows no person: it is the plate",
    ),
    composition_fault(
        "plates of another scene",
        lambda parts: replace(parts, background=pictures(9, 99).background),
        "a/x.*shows another scene",
    ),
    Fault(
        "two composites are swapped",
        lambda root: _swap(root, "com"),
        "the composite is that of a/[xy]",
        people=True,
    ),
    Fault("two plates are swapped", lambda root: _swap(root, "bgr"), "the plate is that of a/[xy]", people=True),
    Fault(
        "two foregrounds are swapped",
        lambda root: _swap(root, "fgr"),
        "foreground and alpha are those of a/[xy]",
        people=True,
    ),
)


def _swap(root: Path, role: str) -> None:
    one, other = (root / f"{role}/a/{name}.png" for name in "xy")
    pixels = one.read_bytes()
    one.write_bytes(other.read_bytes())
    other.write_bytes(pixels)


def _append(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"\0")


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-40])


def find_all(folder: Path) -> dict[str, tuple[Path, tuple[Problem, ...]]]:
    """Return what is found of every fault, with the set that it was planted into, by the fault's words."""
    sound, people = make_sound_set(folder), make_people_set(folder)
    roots = {fault.words: folder / f"copies/{number}" for number, fault in enumerate(FAULTS)}
    return {
        fault.words: (roots[fault.words], problems_of(people if fault.people else sound, roots[fault.words], fault))
        for fault in FAULTS
    }


def main() -> None:
    """Write the table into the page."""
    with tempfile.TemporaryDirectory() as folder:
        rows = table(find_all(Path(folder)))
    page = PAGE.read_text(encoding="utf-8")
    before, after = page[: page.index(BEGIN) + len(BEGIN)], page[page.index(END) :]
    write_atomically(PAGE, before + rows + after)


if __name__ == "__main__":
    main()
