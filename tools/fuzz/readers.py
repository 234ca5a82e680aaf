"""The readers: for each a valid file, how it is broken, and what reads it."""

import io
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
import yaml
from hypothesis import strategies as st

from configs.errors import MattekitError
from configs.load import load_config
from configs.schema import ModelSection
from converter.forms.record import Conversion, check_files, recorded_model
from converter.forms.variant import FormFile, parse_variants, variant_names
from converter.info import describe_model
from converter.network.checkpoint import check_state_dict, read_state_dict
from converter.runners.opening import open_runner
from datasets.compose.credits import find_credits
from datasets.fetch.openimages import read_ids, read_rows
from datasets.fetch.urls import require_url
from datasets.samples.images import image_size, pixels_sha256, read_alpha, read_rgb, read_rgba
from datasets.samples.verify import verify_set
from eval.attribution.record import Attribution
from eval.gate.output import GateRecord
from eval.gate.run import judge_run
from eval.run.stored import read_run
from tools.fuzz.mutations import ODD_VALUES, Mutation, of_bytes, of_json, of_tokens
from tools.fuzz.seeds import SIZE, Seeds, state_dict

CREDITS = b'file,licence,author\na.png,CC0,Ann\nb/c.png,MIT,"Bob, Esq."\n'
IDS = b"validation/0123456789abcdef\n# note\nfedcba9876543210\n"
PICTURE = {"a.png": "0" * 64}
LICENCES = (
    b"ImageID,Subset,OriginalURL,OriginalLandingURL,License,AuthorProfileURL,Author,Title,OriginalSize,OriginalMD5,"
    b"Thumbnail300KURL,Rotation\n0123456789abcdef,validation,u,l,https://licence,p,Ann,A title,1,m,t,90.0\n"
)
JOB = {
    "name": "job",
    "model": {"checkpoint": "a.pth", "refine_threshold": 0.1},
    "convert": {"size": "1280x720", "precisions": ["fp32"], "parity": {"tolerances": {"onnx": {"mean": 1e-5}}}},
    "dataset": {"path": "people", "count": 24, "seed": 1},
    "gate": {"against_original": {"f32": {"alpha_mad": {"absolute": 0.05, "largest": 1.0}}}},
}


@dataclass(frozen=True, slots=True)
class Reader:
    """A reader under test.

    Attributes:
        name: of what it reads.
        broken: strategy of contents for the file.
        file: where they are written before `read` is called.
        read: reads that file, and raises the toolkit's errors alone.
    """

    name: str
    broken: Mutation
    file: Path
    read: Callable[[Path], object]


def readers(seeds: Seeds) -> tuple[Reader, ...]:
    """Return every reader, on the files of `seeds`, which need not be there yet; each breaks one file of its own."""
    run, models, work, sample_set = seeds.run, seeds.models, seeds.work, seeds.sample_set
    xml, exported = models / "fp32/model.xml", models / "model.onnx"
    tables = {"ids": IDS, "licence table": LICENCES, "credits": CREDITS}

    def of(name: str, file: Path, read: Callable[[Path], object], *kinds: Callable[[bytes], Mutation]) -> Reader:
        return Reader(name, _deferred(file, kinds), file, read)

    def table(name: str, file: str, read: Callable[[Path], object]) -> Reader:
        return Reader(name, st.one_of(_cells(tables[name]), of_bytes(tables[name])), work / file, read)

    return (
        Reader("configuration", _yaml(), work / "job.yaml", load_config),
        of("results.json", run / "results.json", lambda file: read_run(run), of_json),
        of("per_sample.csv", run / "per_sample.csv", lambda file: read_run(run), _cells),
        of("gate.json", run / "gate.json", GateRecord.read, of_json),
        of("attribution.json", run / "attribution.json", Attribution.read, of_json),
        of("baseline", work / "baseline.json", lambda file: judge_run(run, load_config().gate, (), file), of_json),
        of("manifest.json", sample_set / "manifest.json", lambda file: verify_set(sample_set), of_json),
        table("credits", "credits/ATTRIBUTION.csv", lambda file: find_credits(file.parent, "foreground", PICTURE)),
        table("licence table", "table.csv", lambda file: list(read_rows(file, "validation"))),
        table("ids", "ids.txt", lambda file: read_ids(file, "validation")),
        of("conversion.json", models / "conversion.json", lambda file: _conversion(models), of_json),
        *(of(f"picture {path.name}", path, _picture) for path in seeds.pictures),
        *(
            of(f"checkpoint {path.name}", path, _checkpoint, *([_states] if path.suffix == ".pth" else []))
            for path in seeds.checkpoints
        ),
        of("IR", xml, _form, lambda seed: of_tokens(seed, '"<>&;,= ')),
        of("IR weights", xml.with_suffix(".bin"), lambda file: _form(xml)),
        of("ONNX", exported, _form, _graphs),
        Reader("variants", _texts("ir-fp16@GPU.f16,torch", "-@.,"), work / "variants", _text(_variants)),
        Reader("URL", _texts("http://host:80/a?b#c", ":/?#."), work / "url", _text(require_url)),
    )


def _deferred(file: Path, kinds: Sequence[Callable[[bytes], Mutation]]) -> Mutation:
    """Return what breaks a file that is made only later: in its bytes, and as `kinds` say."""
    return st.deferred(lambda: st.one_of([kind(file.read_bytes()) for kind in (of_bytes, *kinds)]))


def _cells(seed: bytes) -> Mutation:
    return of_tokens(seed, ",\n")


def _texts(seed: str, separators: str) -> Mutation:
    return st.one_of(of_tokens(seed.encode(), separators), of_bytes(seed.encode()), st.text(max_size=40).map(_encoded))


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _yaml() -> Mutation:
    seed = yaml.safe_dump(JOB).encode()
    bomb = b"".join(b"x%d: &b%d {<<: [%s]}\n" % (n + 1, n + 1, b",".join([b"*b%d" % n] * 9)) for n in range(12))
    mapping = st.recursive(
        st.sampled_from([value for value in ODD_VALUES if not isinstance(value, list | dict)]),
        lambda inner: st.one_of(
            st.lists(inner, max_size=3), st.dictionaries(st.sampled_from([*JOB, "count"]), inner, max_size=3)
        ),
        max_leaves=8,
    )
    return st.one_of(
        of_tokens(seed, "\n: -"),
        of_bytes(seed),
        of_json(
            _json(JOB), lambda content: yaml.safe_dump(content, allow_unicode=False).encode("utf-8", "surrogatepass")
        ),
        mapping.map(lambda content: yaml.safe_dump(content).encode("utf-8", "surrogatepass")),
        st.sampled_from([b"x0: &b0 {k: 1}\n" + bomb, b"a: &a [*a]", b"[" * 3000, b"{a: " * 3000]),
    )


def _json(content: Any) -> bytes:
    return json.dumps(content).encode()


def _graphs(seed: bytes) -> Mutation:
    """Return an ONNX with up to three sides, types, names or attributes of its graph replaced."""
    odd = st.sampled_from([0, -1, 1, 2, 7, 1 << 20, 1 << 31, (1 << 63) - 1])
    change = st.tuples(
        st.integers(0, 10**6), odd, st.sampled_from(["side", "type", "dims", "name", "axis", "location"])
    )
    return st.lists(change, min_size=1, max_size=3).map(lambda changes: _regraphed(seed, changes))


def _regraphed(seed: bytes, changes: Sequence[tuple[int, int, str]]) -> bytes:
    model = onnx.load_model_from_string(seed)
    graph = model.graph
    values = [*graph.input, *graph.output, *graph.value_info]
    for place, odd, kind in changes:
        tensor, node = graph.initializer[place % len(graph.initializer)], graph.node[place % len(graph.node)]
        if kind == "side":
            sides = values[place % len(values)].type.tensor_type.shape.dim
            sides[place % len(sides)].dim_value = odd
        elif kind == "type":
            values[place % len(values)].type.tensor_type.elem_type = odd % 20
        elif kind == "dims" and tensor.dims:
            tensor.dims[place % len(tensor.dims)] = odd
        elif kind == "name":
            node.input[place % len(node.input)] = node.output[0] if odd % 2 else "nowhere"
        elif kind == "axis" and node.attribute:
            node.attribute[0].i = odd
        elif kind == "location":
            tensor.data_location = onnx.TensorProto.EXTERNAL
            tensor.external_data.add(key="location", value=("../x", "/etc/hostname", "a\0b", "gone")[place % 4])
            tensor.external_data.add(key="length", value=str(odd))
    return bytes(model.SerializeToString())


def _states(seed: bytes) -> Mutation:
    """Return checkpoints of tensors that a file may hold and no network takes."""
    odd: tuple[object, ...] = (
        torch.ones(2, 3).to_sparse(),
        torch.empty(2, 3, device="meta"),
        torch.zeros(1, 1).expand(1 << 20, 1 << 20),
        torch.nn.Parameter(torch.ones(2, 3)),
        torch.ones(2, 3, dtype=torch.complex64),
        torch.ones(2, 3, dtype=torch.float8_e4m3fn),
        torch.ones(2, 3, dtype=torch.bool),
        torch.full((2, 3), float("nan")),
        torch.ones(0),
        None,
        "text",
        {"weight": torch.ones(2, 3)},
    )
    name = st.sampled_from(["weight", "bias", "count", "", "a" * 5000])
    return st.lists(st.tuples(name, st.sampled_from(odd)), max_size=3).map(_saved)


def _saved(entries: list[tuple[str, object]]) -> bytes:
    stream = io.BytesIO()
    torch.save(state_dict() | dict(entries), stream)
    return stream.getvalue()


def _conversion(models: Path) -> object:
    record = Conversion.read(models)
    check_files(models, record)
    return recorded_model(record), record.calibrated_sources(["ir-int8"])


def _picture(path: Path) -> object:
    return [_or_refused(read, path) for read in (image_size, pixels_sha256, read_rgb, read_rgba, read_alpha)]


def _form(path: Path) -> object:
    described = _or_refused(lambda file: describe_model(file, ModelSection(), SIZE), path)
    with open_runner(FormFile(path)) as runner:
        height, width = SIZE
        images = {
            "source": np.zeros((height, width, 3), np.uint8),
            "background": np.zeros((height, width, 3), np.uint8),
        }
        return described, runner.predict(images)


def _checkpoint(path: Path) -> object:
    state = read_state_dict(path)
    check_state_dict(state, state_dict(), str(path))
    return state


def _text(read: Callable[[str], object]) -> Callable[[Path], object]:
    """Return what reads a text as it would come from the command line: bytes that are no UTF-8 become surrogates."""
    return lambda path: read(path.read_bytes().decode("utf-8", "surrogateescape"))


def _variants(text: str) -> object:
    return parse_variants(variant_names(text))


def _or_refused(read: Callable[[Any], object], given: Any) -> object:
    """Return what a reader gives, or the toolkit's error that it raises, so that the next reader has its turn."""
    try:
        return read(given)
    except MattekitError as error:
        return error
