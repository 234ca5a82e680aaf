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
from configs.schema import GateSection, ModelSection
from converter.forms.record import Conversion, check_files, recorded_model
from converter.forms.variant import FormFile, variant_names
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
from mattekit.terminal.options import HEIGHT_WIDTH, size_from
from tools.fuzz.mutations import ODD_VALUES, Mutation, of_bytes, of_json, of_tokens
from tools.fuzz.seeds import SIZE, Seeds

TABLE = (
    b"ImageID,Subset,OriginalURL,OriginalLandingURL,License,AuthorProfileURL,Author,Title,OriginalSize,OriginalMD5,"
    b"Thumbnail300KURL,Rotation\n0123456789abcdef,validation,u,l,https://licence,p,Ann,A title,1,m,t,90.0\n"
)
JOB = {
    "name": "job",
    "model": {"checkpoint": "a.pth", "refine_threshold": 0.1},
    "convert": {"input_shape": [720, 1280], "precisions": ["fp32"], "parity": {"tolerances": {"onnx": {"mean": 1e-5}}}},
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
    """Return every reader, on files in the folders of `seeds`, each of which one reader alone breaks at a time."""
    run, models = seeds.run, seeds.models
    baseline = Path("configs/baselines/default.json")
    gate = load_config().gate
    manifest, conversion = seeds.sample_set / "manifest.json", models / "conversion.json"
    credits = seeds.sample_set.parent / "credits"
    credits.mkdir(exist_ok=True)
    table = b'file,licence,author\na.png,CC0,Ann\nb/c.png,MIT,"Bob, Esq."\n'
    xml, exported = models / "fp32/model.xml", models / "model.onnx"
    scratch = seeds.sample_set.parent
    return (
        Reader("configuration", _yaml(), scratch / "job.yaml", load_config),
        Reader("results.json", _record(run / "results.json"), run / "results.json", lambda file: read_run(run)),
        Reader(
            "per_sample.csv",
            _table((run / "per_sample.csv").read_bytes()),
            run / "per_sample.csv",
            lambda file: read_run(run),
        ),
        Reader("gate.json", _record(run / "gate.json"), run / "gate.json", GateRecord.read),
        Reader("attribution.json", _record(run / "attribution.json"), run / "attribution.json", Attribution.read),
        Reader("baseline", _record(baseline), scratch / "baseline.json", lambda file: _judged(run, gate, file)),
        Reader("manifest.json", _record(manifest), manifest, lambda file: verify_set(seeds.sample_set)),
        Reader(
            "credits",
            _table(table),
            credits / "ATTRIBUTION.csv",
            lambda file: find_credits(credits, "foreground", {"a.png": "0" * 64}),
        ),
        Reader("licence table", _table(TABLE), scratch / "table.csv", lambda file: list(read_rows(file, "validation"))),
        Reader(
            "ids",
            _table(b"validation/0123456789abcdef\n# note\nfedcba9876543210\n"),
            scratch / "ids.txt",
            lambda file: read_ids(file, "validation"),
        ),
        Reader("conversion.json", _record(conversion), conversion, lambda file: _conversion(models)),
        Reader(
            "picture",
            st.one_of([of_bytes(path.read_bytes()) for path in seeds.pictures]),
            scratch / "picture",
            _picture,
        ),
        *(
            Reader(
                f"checkpoint {path.name}",
                st.one_of(of_bytes(path.read_bytes()), *(_states() if path.suffix == ".pth" else ())),
                scratch / f"broken{path.suffix}",
                lambda file: check_state_dict(read_state_dict(file), seeds.state, str(file)),
            )
            for path in seeds.checkpoints
        ),
        Reader("IR", st.one_of(of_bytes(xml.read_bytes()), of_tokens(xml.read_bytes(), '"<>&;,= ')), xml, _form),
        Reader(
            "IR weights",
            of_bytes(xml.with_suffix(".bin").read_bytes()),
            xml.with_suffix(".bin"),
            lambda file: _form(xml),
        ),
        Reader("ONNX", st.one_of(of_bytes(exported.read_bytes()), _graphs(exported)), exported, _form),
        Reader(
            "option",
            st.one_of(
                _texts("720x1280", "x0"),
                _texts("ir-fp16@GPU.f16,torch", "-@.,"),
                _texts("http://host:80/a?b#c", ":/?#."),
            ),
            scratch / "option",
            _option,
        ),
    )


def _record(path: Path) -> Mutation:
    return st.one_of(of_json(path.read_bytes()), of_bytes(path.read_bytes()))


def _table(seed: bytes) -> Mutation:
    return st.one_of(of_tokens(seed, ",\n"), of_bytes(seed))


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


def _graphs(path: Path) -> Mutation:
    """Return an ONNX with up to three sides, types, names or attributes of its graph replaced."""
    seed = path.read_bytes()
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


def _states() -> tuple[Mutation, ...]:
    """Return checkpoints of tensors that a file may hold and no network takes."""
    torch.manual_seed(0)
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
    return (
        st.lists(
            st.tuples(st.sampled_from(["weight", "bias", "count", "", "\ud800", "a" * 5000]), st.sampled_from(odd)),
            max_size=3,
        ).map(_saved),
    )


def _saved(entries: list[tuple[str, object]]) -> bytes:
    stream = io.BytesIO()
    torch.save({"weight": torch.ones(2, 3), "bias": torch.zeros(2), "count": torch.tensor(3)} | dict(entries), stream)
    return stream.getvalue()


def _judged(run: Path, gate: GateSection, baseline: Path) -> object:
    return judge_run(run, gate, (), baseline)


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


def _option(path: Path) -> object:
    text = path.read_bytes().decode("utf-8", "surrogateescape")
    return [
        _or_refused(read, text)
        for read in (lambda given: size_from(given, "--size", HEIGHT_WIDTH), require_url, variant_names)
    ]


def _or_refused(read: Callable[[Any], object], given: Any) -> object:
    """Return what a reader gives, or the toolkit's error that it raises, so that the next reader has its turn."""
    try:
        return read(given)
    except MattekitError as error:
        return error
