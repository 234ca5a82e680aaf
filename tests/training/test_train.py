"""The training, on the smallest recipe there is: both stages, what they leave behind, and how a killed run goes on."""

import csv
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from configs.errors import DataError, UsageError
from configs.schema import ModelSection
from converter.network.checkpoint import load_network
from training import bank as bank_module
from training import train as train_module
from training.bank import LEVELS, open_bank
from training.recipe import BankSection, Recipe
from training.train import Start, train

STAGE = {"batch": 2, "learning_rate": 1e-3, "warmup": 1}
RECIPE = Recipe.model_validate(
    {
        "seed": 3,
        "weight_decay": 0.01,
        "average_decay": 0.5,
        "bank": {"seed": 1000, "foregrounds": 2, "backgrounds": 2, "size": [64, 96]},
        "stages": [
            {**STAGE, "name": "coarse", "train": "base", "iterations": 5, "frame": [32, 32], "zoom": 0.4},
            {**STAGE, "name": "whole", "train": "whole", "iterations": 2, "frame": [64, 64], "zoom": 1.0},
        ],
    }
)
Losses = Callable[..., Tensor]


class _Killed(BaseException):
    """What a test stops a run with; nothing catches it."""


class _Watch:
    """Records the sums of the sources that each iteration is given, and kills the run at one of them."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, kill_at: int | None = None) -> None:
        self.seen: list[float] = []
        self.kill_at = kill_at
        for name in ("base_loss", "whole_loss"):
            monkeypatch.setattr(train_module, name, self._watched(getattr(train_module, name)))

    def _watched(self, loss: Losses) -> Losses:
        def watched(network: Any, source: Tensor, *others: Tensor) -> Tensor:
            if len(self.seen) == self.kill_at:
                raise _Killed
            self.seen.append(float(source.double().sum()))
            return loss(network, source, *others)

        return watched


@pytest.fixture(scope="module", autouse=True)
def _one_thread() -> Iterator[None]:
    """Train in one thread and process: with layers this small, several on a busy machine mostly wait for each other."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(train_module, "COMPOSE_BESIDE", False)
        yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def bank_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a bank rendered by the real generator."""
    folder = tmp_path_factory.mktemp("bank") / "bank"
    open_bank(folder, RECIPE.bank, lambda done, total: None)
    return folder


@pytest.fixture
def run_folder(bank_folder: Path, tmp_path: Path) -> Path:
    """Return a run's folder that has its bank already."""
    shutil.copytree(bank_folder, tmp_path / "run" / "bank")
    return tmp_path / "run"


@pytest.fixture(scope="module")
def unbroken(bank_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[float]]:
    """Return the folder of a run that nobody killed, and what its iterations were given."""
    folder = tmp_path_factory.mktemp("unbroken")
    shutil.copytree(bank_folder, folder / "bank")
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(train_module, "LOG_EVERY", 2)
        monkeypatch.setattr(train_module, "SAVE_EVERY", 2)
        watch = _Watch(monkeypatch)
        assert train(RECIPE, folder) == folder / "1-whole.safetensors"
    return folder, watch.seen


def _iterations(folder: Path) -> list[tuple[str, int]]:
    with (folder / "losses.csv").open(encoding="utf-8", newline="") as stream:
        return [(row["stage"], int(row["iteration"])) for row in csv.DictReader(stream)]


def test_the_bank_holds_every_picture_at_every_level_and_is_made_once(
    bank_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def render(*_: object) -> None:
        raise AssertionError("rendered again")

    monkeypatch.setattr(bank_module, "_render", render)
    bank = open_bank(bank_folder, RECIPE.bank, lambda done, total: None)
    for level in LEVELS:
        assert bank.foregrounds[level].shape == (2, 64 // level, 96 // level, 4)
        assert bank.backgrounds[level].shape == (2, 64 // level, 96 // level, 3)
    full = bank.foregrounds[1].astype(int)
    assert (full[..., :3] <= full[..., 3:]).all()  # premultiplied
    assert full[..., 3].max() == 255
    blocks = bank.backgrounds[1].reshape(2, 16, 4, 24, 4, 3).mean(axis=(2, 4))
    np.testing.assert_array_equal(bank.backgrounds[4], np.round(blocks))


def test_the_bank_of_another_recipe_is_replaced(run_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rendered: list[BankSection] = []

    def render(folder: Path, section: BankSection, report: object) -> None:
        rendered.append(section)
        for level in LEVELS:
            np.save(folder / f"foregrounds-{level}.npy", np.zeros((1, 4, 4, 4), np.uint8))
            np.save(folder / f"backgrounds-{level}.npy", np.zeros((1, 4, 4, 3), np.uint8))

    monkeypatch.setattr(bank_module, "_render", render)
    other = RECIPE.bank.model_copy(update={"seed": 2000})
    for _ in range(2):
        bank = open_bank(run_folder / "bank", other, lambda done, total: None)
        assert bank.foregrounds[1].shape == (1, 4, 4, 4)
    assert rendered == [other]


def test_a_run_leaves_losses_state_and_a_checkpoint_of_every_stage(unbroken: tuple[Path, list[float]]) -> None:
    folder, _ = unbroken
    assert _iterations(folder) == [("coarse", 2), ("coarse", 4), ("coarse", 5), ("whole", 2)]
    state = torch.load(folder / "state.pt", weights_only=True)
    assert (state["stage"], state["iteration"], state["optimizer"]) == (2, 0, None)
    assert not list(folder.glob("*.partial"))
    for name in ("0-coarse", "1-whole"):
        network = load_network(ModelSection(checkpoint=folder / f"{name}.safetensors", refine_mode="full"))
        image = torch.rand(1, 3, 64, 64)
        assert torch.isfinite(network(image, image).pha).all()


def test_the_checkpoint_holds_the_averaged_weights(unbroken: tuple[Path, list[float]]) -> None:
    folder, _ = unbroken
    state = torch.load(folder / "state.pt", weights_only=True)
    stored = load_network(ModelSection(checkpoint=folder / "1-whole.safetensors")).state_dict()
    key = "refiner.conv1.weight"
    averaged, last = state["average"]["weights"][key], state["network"][key]
    torch.testing.assert_close(stored[key], averaged.half().float())
    assert (averaged != last).any()


def test_the_base_stage_leaves_the_refiner_alone(unbroken: tuple[Path, list[float]]) -> None:
    folder, _ = unbroken
    first, last = (
        load_network(ModelSection(checkpoint=folder / f"{name}.safetensors")).state_dict()
        for name in ("0-coarse", "1-whole")
    )
    torch.manual_seed(RECIPE.seed)
    fresh = train_module.MattingNetwork().state_dict()
    for key in ("refiner.conv1.weight", "refiner.bn1.running_mean"):
        torch.testing.assert_close(first[key], fresh[key].half().float())
        assert (last[key] != first[key]).any()


def test_a_finished_run_has_nothing_left_to_do(
    unbroken: tuple[Path, list[float]], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, _ = unbroken
    watch = _Watch(monkeypatch)
    before = (folder / "1-whole.safetensors").stat().st_mtime_ns
    assert train(RECIPE, folder) == folder / "1-whole.safetensors"
    assert watch.seen == []
    assert (folder / "1-whole.safetensors").stat().st_mtime_ns == before


def test_a_killed_run_goes_on_with_the_examples_an_unbroken_one_would_have_seen(
    unbroken: tuple[Path, list[float]], run_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, expected = unbroken
    assert len(set(expected)) == 7
    monkeypatch.setattr(train_module, "SAVE_EVERY", 2)
    watch = _Watch(monkeypatch, kill_at=3)
    with pytest.raises(_Killed):
        train(RECIPE, run_folder)
    assert watch.seen == expected[:3]
    assert torch.load(run_folder / "state.pt", weights_only=True)["iteration"] == 2
    watch.seen, watch.kill_at = [], None
    train(RECIPE, run_folder)
    assert watch.seen == expected[2:]  # from where it was saved


@pytest.mark.slow
def test_examples_composed_in_another_process_are_the_same(
    unbroken: tuple[Path, list[float]], run_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, expected = unbroken
    monkeypatch.setattr(train_module, "COMPOSE_BESIDE", True)
    watch = _Watch(monkeypatch)
    train(RECIPE, run_folder)
    assert watch.seen == expected


def test_a_run_killed_before_a_stage_s_weights_were_written_still_writes_them(
    unbroken: tuple[Path, list[float]], run_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, expected = unbroken
    monkeypatch.setattr(train_module, "SAVE_EVERY", 4)
    watch = _Watch(monkeypatch)

    def killed(*_: object) -> None:
        raise _Killed

    with monkeypatch.context() as context:
        context.setattr(train_module, "save_half", killed)
        with pytest.raises(_Killed):
            train(RECIPE, run_folder)
    watch.seen, watch.kill_at = [], 2
    with pytest.raises(_Killed):
        train(RECIPE, run_folder)
    assert watch.seen == expected[4:6]  # the last of the first stage again, then the second
    assert (run_folder / "0-coarse.safetensors").is_file()


def test_a_loss_that_is_not_finite_stops_the_run_and_spoils_nothing(
    run_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    base_loss = train_module.base_loss
    monkeypatch.setattr(train_module, "base_loss", lambda *arguments: base_loss(*arguments) * float("nan"))
    with pytest.raises(RuntimeError, match="non-finite"):
        train(RECIPE, run_folder)
    assert {path.name for path in run_folder.iterdir()} == {"bank"}


def test_the_learning_rate_warms_up_and_decays_to_its_final_share() -> None:
    stage = RECIPE.stages[0].model_copy(update={"iterations": 100, "warmup": 9, "final_share": 0.1})
    parameter = torch.nn.Parameter(torch.zeros(1))
    optimizer = torch.optim.AdamW([{"params": [parameter], "peak": 2.0}])
    rates = []
    for iteration in range(100):
        train_module._set_learning_rate(optimizer, stage, iteration)
        rates.append(optimizer.param_groups[0]["lr"])
    assert rates[0] == pytest.approx(0.2)
    assert max(rates) == pytest.approx(2.0, rel=0.03)
    assert rates[:9] == sorted(rates[:9])
    assert rates[10:] == sorted(rates[10:], reverse=True)
    assert rates[-1] == pytest.approx(0.2, rel=0.01)


def test_a_run_can_start_from_a_checkpoint_at_a_later_stage(
    unbroken: tuple[Path, list[float]], run_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, expected = unbroken
    watch = _Watch(monkeypatch)
    trained = train(RECIPE, run_folder, Start(first / "0-coarse.safetensors", "whole"))
    assert trained == run_folder / "1-whole.safetensors"
    assert watch.seen == expected[5:]
    assert not (run_folder / "0-coarse.safetensors").exists()
    key = "decoder.conv4.weight"
    start, end = (
        load_network(ModelSection(checkpoint=path)).state_dict()[key]
        for path in (first / "0-coarse.safetensors", run_folder / "1-whole.safetensors")
    )
    # Two small steps away from where it started, and so nowhere near fresh weights.
    assert 0 < (start - end).abs().max() < 0.01


def test_a_start_that_cannot_be_is_refused(unbroken: tuple[Path, list[float]], run_folder: Path) -> None:
    first, _ = unbroken
    with pytest.raises(UsageError, match=r"--stage: expected one of .*coarse, whole.*found 'fine'"):
        train(RECIPE, run_folder, Start(first / "0-coarse.safetensors", "fine"))
    with pytest.raises(DataError, match="no such checkpoint"):
        train(RECIPE, run_folder, Start(first / "nothing.safetensors", "whole"))


def test_a_stage_s_shares_reach_what_is_composed(bank_folder: Path, tmp_path: Path) -> None:
    shutil.copytree(bank_folder, tmp_path / "bank")
    stage = RECIPE.stages[0].model_copy(update={"handheld_share": 1.0})
    plain, handheld = (
        train_module._Examples(tmp_path, (RECIPE.seed, 0), chosen, 0) for chosen in (RECIPE.stages[0], stage)
    )
    assert (plain.pictures.handheld, handheld.pictures.handheld) == (0.0, 1.0)
    # The same scene before another plate.
    source, plate, *_ = plain[0]
    other_source, other_plate, *_ = handheld[0]
    assert (plate != other_plate).any()
    assert (source - other_source).abs().max() < 0.1  # its noise alone is drawn anew
