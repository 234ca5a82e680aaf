"""What a node is sent of a job: its configuration, and the files of its models, which it keeps by their content.

On the node they lie in `<cache>/cluster/<hash of all>/`, `models/` as the converted model's folder beside the others;
a file that is there already, whole, is not fetched again. Sets are not sent: every node reads the same one.
"""

import hashlib
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from configs.errors import DataError
from configs.files import sha256_of, write_atomically
from configs.places import cache_folder
from configs.schema import Config
from converter.forms.named import NamedForm, named_forms
from converter.forms.record import Conversion, recorded_model
from converter.forms.variant import parse_variants, split_place
from eval.pipeline.opening import Opened
from eval.run.variants import files_of

Fetch = Callable[[Any], bytes]
_MODELS, _OTHERS, _CONTRACTS = "models", "others", "contracts"


@dataclass(frozen=True, slots=True)
class Sent:
    """A file.

    Attributes:
        place: where it goes, below the folder of the parcel.
        sha256: of its content.
        content: what `Fetch` gives its content for.
    """

    place: str
    sha256: str
    content: Any


@dataclass(frozen=True, slots=True)
class Parcel:
    """A job as a node gets it.

    Attributes:
        config: the job, as JSON, its models' paths relative to the parcel's folder and its set's path absolute.
        record: of the converted model, as JSON, likewise.
        files: of the models.
    """

    config: str
    record: str
    files: tuple[Sent, ...]

    @property
    def key(self) -> str:
        """The hash of all files and where they go."""
        lines = "".join(f"{file.sha256}  {file.place}\n" for file in self.files)
        return hashlib.sha256((lines + self.record).encode()).hexdigest()

    def unpack(self, fetch: Fetch, cache: Path | None = None) -> Config:
        """Put the models where this machine keeps them, and return the job with their places here.

        Args:
            fetch: gives the content of a file.
            cache: a folder of this machine, by default the user's.

        Raises:
            DataError: what came is not what was sent.
            UsageError: the cache cannot be written.
        """
        root = (cache or cache_folder()).absolute() / "cluster" / self.key[:32]
        for file in self.files:
            path = root / file.place
            if path.is_file() and sha256_of(path) == file.sha256:
                continue
            content = fetch(file.content)
            if (found := hashlib.sha256(content).hexdigest()) != file.sha256:
                raise DataError(f"{path}: came as another file (SHA-256 {found[:12]}, sent {file.sha256[:12]})")
            write_atomically(path, content)
        record = Conversion.model_validate_json(self.record)
        models = root / _MODELS
        _record_at(record, lambda path: (root / path).as_posix()).write(models)
        config = Config.model_validate_json(self.config)
        named = {
            name: model.replaced(
                path=str(root / model.path),
                contract=str(root / str(model.contract)) if _is_file(model.contract) else model.contract,
            )
            for name, model in config.evaluate.models.items()
        }
        return config.replaced(
            model=recorded_model(Conversion.read(models)),
            convert=config.convert.replaced(out=models),
            evaluate=config.evaluate.replaced(models=named),
        )


def pack(opened: Opened, put: Callable[[bytes], Any]) -> Parcel:
    """Return what nodes are sent of an evaluation.

    Args:
        opened: the evaluation.
        put: takes the content of a file, and returns what stands for it in the parcel.

    Raises:
        DataError: a file of the models was changed since it was opened.
    """
    config, record = opened.config, opened.record
    files: list[Sent] = []

    def send(path: Path, sha256: str, place: str) -> None:
        content = path.read_bytes()
        if hashlib.sha256(content).hexdigest() != sha256:
            raise DataError(f"{path}: changed while it was sent; run the command again")
        files.append(Sent(place, sha256, put(content)))

    for name, sha256 in _form_files(record):
        send(config.convert.out / name, sha256, f"{_MODELS}/{name}")
    source = record.source
    there = Path(_OTHERS, source.sha256[:16])
    places = {path: (there / os.path.relpath(path, Path(source.path).parent)).as_posix() for path in source.all_files}
    if any(variant.is_original for variant in parse_variants(config.evaluate.variants, config.evaluate.device)):
        for path, sha256 in source.all_files.items():
            send(Path(path), sha256, places[path])
    named = {}
    for form in named_forms(config.evaluate.models, config.evaluate.device):
        model = config.evaluate.models[form.name]
        named[form.name] = model.replaced(path=_send_named(form, model.path, send), contract=model.contract)
        if _is_file(model.contract):
            contract = Path(str(model.contract))
            place = f"{_CONTRACTS}/{form.name}{contract.suffix}"
            send(contract, sha256_of(contract), place)
            named[form.name] = named[form.name].replaced(contract=place)
    dataset = config.dataset.replaced(path=str(opened.sample_set.root.absolute()), plate="exact")
    sent = config.replaced(dataset=dataset, evaluate=config.evaluate.replaced(models=named))
    return Parcel(
        json.dumps(sent.model_dump(mode="json")),
        json.dumps(_record_at(record, lambda path: places[path]).model_dump(mode="json")),
        tuple(files),
    )


def _form_files(record: Conversion) -> Iterator[tuple[str, str]]:
    for form in record.forms:
        yield from ((str(name), sha256) for name, sha256 in form.files.items())


def _send_named(form: NamedForm, text: str, send: Callable[[Path, str, str], None]) -> str:
    """Send the files of a model of anybody's; return what its configuration says in the parcel."""
    path = form.file.path
    there = Path(_OTHERS, form.name)
    for name, sha256 in files_of(form).items():
        send(Path(name), sha256, (there / os.path.relpath(name, path.parent)).as_posix())
    _, place = split_place(text)
    return f"{(there / path.name).as_posix()}{place and f'@{place}'}"


def _record_at(record: Conversion, place: Callable[[str], str]) -> Conversion:
    """Return a record whose original lies elsewhere."""
    source = record.source
    files = {place(path): sha256 for path, sha256 in source.all_files.items()}
    moved = source.model_copy(update={"path": place(source.path), "files": files})
    model = recorded_model(record)
    key = "checkpoint" if model.onnx is None else "onnx"
    model = model.replaced(**{key: place(source.path)})
    return record.model_copy(
        update={"source": moved, "settings": {**record.settings, "model": model.model_dump(mode="json")}}
    )


def _is_file(contract: str | None) -> bool:
    """Tell whether a contract is given as a file, as `converter.forms.named.given_contract` does."""
    return contract is not None and Path(contract).suffix in (".yaml", ".yml", ".json")
