"""The training: every stage of a recipe. The same call continues a killed run.

The run's folder holds the bank, `state.pt` (everything to resume), `losses.csv`, and at the end of every stage the
averaged weights as safetensors in fp16. Example i of a stage depends on the recipe's seed, the stage and i alone, so
a resumed run sees what an unbroken one would have seen.
"""

import csv
import math
import signal
import time
from collections.abc import Generator, Iterable
from contextlib import closing
from dataclasses import dataclass
from functools import cached_property
from multiprocessing import active_children
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from rich.console import Console
from rich.progress import Progress
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset

from configs.environment import cpu_class
from configs.errors import UsageError
from configs.files import new_file, write_atomically
from configs.interruption import note_kept, starting_processes
from configs.processes import follow_parent
from converter.network import MattingNetwork
from converter.network.checkpoint import check_state_dict, read_state_dict, save_half
from training.bank import map_bank, open_bank
from training.composites import Pictures, compose_example
from training.objective import base_loss, whole_loss
from training.recipe import Recipe, Stage
from training.rendered import map_rendered, open_rendered

LOG_EVERY = 20
SAVE_EVERY = 100
GRADIENT_LIMIT = 1.0
HAS_BFLOAT16 = cpu_class() in ("amx", "avx512_bf16")
"""Elsewhere bf16 is emulated, several times slower than f32."""
COMPOSE_BESIDE = True
"""Whether examples are composed in a process of their own, beside the training."""
console = Console()


@dataclass(frozen=True, slots=True)
class Start:
    """Where a new run begins, other than at the recipe's first stage: a checkpoint, and the stage that follows it."""

    checkpoint: Path
    stage: str


def train(recipe: Recipe, folder: Path, start: Start | None = None) -> Path:
    """Run every stage of `recipe` that is not yet done in `folder`; return the final checkpoint's path.

    Args:
        recipe: the stages, and the pictures they use.
        folder: the run's folder; a state in it is resumed, whatever `start` says.
        start: where a new run begins; by default with random weights, at the first stage.

    Raises:
        UsageError: `start` names a stage that the recipe does not have.
        DataError: the checkpoint or the rendered bank cannot be read.
    """
    with Progress(console=console) as progress:
        task = progress.add_task("bank", total=None)
        open_bank(folder / "bank", recipe.bank, lambda done, total: progress.update(task, completed=done, total=total))
    if recipe.rendered is not None:
        open_rendered(folder / "rendered", recipe.rendered)
    torch.manual_seed(recipe.seed)
    network = MattingNetwork(refine_mode="full").to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    average = _Average(network, recipe.average_decay)
    state = _load_state(folder / "state.pt", network, average) or _begin(recipe, network, start)
    for index, stage in enumerate(recipe.stages):
        if index >= state["stage"]:
            resumed = state if index == state["stage"] else {"iteration": 0, "optimizer": None}
            if resumed["iteration"] == 0:
                average.restart(network)
            _run_stage(recipe, index, folder, network, average, resumed)
            save_half(average.weights, folder / f"{index}-{stage.name}.safetensors", {"stage": stage.name})
            # Last, so that a run killed before does not count a stage as done whose weights were never written.
            _save_state(folder / "state.pt", network, average, None, index + 1, 0)
    return folder / f"{len(recipe.stages) - 1}-{recipe.stages[-1].name}.safetensors"


class _Average:
    """Exponential moving average of a network's floating-point state, one per stage.

    The decay starts low and grows to its full value, so that the average forgets the stage's first weights, which for
    the refiner are random.
    """

    def __init__(self, network: nn.Module, decay: float) -> None:
        self._decay = decay
        self.restart(network)

    def restart(self, network: nn.Module) -> None:
        """Begin again with the network as it is."""
        self.updates = 0
        self.weights = {key: value.clone() for key, value in network.state_dict().items()}

    @torch.no_grad()
    def update(self, network: nn.Module) -> None:
        """Take the network's present state into the average."""
        self.updates += 1
        decay = min(self._decay, (1 + self.updates) / (10 + self.updates))
        for key, value in network.state_dict().items():
            if value.is_floating_point():
                self.weights[key].lerp_(value, 1 - decay)
            else:
                self.weights[key].copy_(value)

    def state_dict(self) -> dict[str, Any]:
        """Return everything to resume."""
        return {"weights": self.weights, "updates": self.updates}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Resume."""
        self.weights, self.updates = state["weights"], state["updates"]


def _run_stage(
    recipe: Recipe,
    index: int,
    folder: Path,
    network: MattingNetwork,
    average: _Average,
    resumed: dict[str, Any],
) -> None:
    stage = recipe.stages[index]
    loss_of = base_loss if stage.train == "base" else whole_loss
    optimizer = _optimizer(network, stage, recipe.weight_decay)
    if resumed["optimizer"] is not None:
        optimizer.load_state_dict(resumed["optimizer"])
    first = resumed["iteration"]
    _forget_rows(folder / "losses.csv", stage.name, first)
    network.train()
    recent: list[float] = []
    started = time.perf_counter()
    with closing(_batches(recipe, index, folder, first)) as batches:
        for iteration, batch in enumerate(batches, first):
            _set_learning_rate(optimizer, stage, iteration)
            with torch.autocast("cpu", dtype=torch.bfloat16, enabled=HAS_BFLOAT16):
                loss = loss_of(network, *batch)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]
            nn.utils.clip_grad_norm_(network.parameters(), GRADIENT_LIMIT, error_if_nonfinite=True)
            optimizer.step()
            average.update(network)
            recent.append(loss.item())
            done = iteration + 1
            if done % LOG_EVERY == 0 or done == stage.iterations:
                pace = (time.perf_counter() - started) / (done - first)
                _log(folder / "losses.csv", stage.name, done, sum(recent) / len(recent), pace)
                recent.clear()
            if done % SAVE_EVERY == 0 and done < stage.iterations:
                _save_state(folder / "state.pt", network, average, optimizer, index, done)


def _optimizer(network: MattingNetwork, stage: Stage, weight_decay: float) -> torch.optim.Optimizer:
    refiner = list(network.refiner.parameters())
    known = {id(parameter) for parameter in refiner}
    groups: list[dict[str, Any]] = [
        {"params": [p for p in network.parameters() if id(p) not in known], "peak": stage.learning_rate}
    ]
    if stage.train == "whole":
        groups.append({"params": refiner, "peak": stage.refiner_learning_rate or stage.learning_rate})
    return torch.optim.AdamW(groups, lr=stage.learning_rate, weight_decay=weight_decay)


def _set_learning_rate(optimizer: torch.optim.Optimizer, stage: Stage, iteration: int) -> None:
    warm = min(1.0, (iteration + 1) / (stage.warmup + 1))
    cosine = (1 + math.cos(math.pi * iteration / stage.iterations)) / 2
    factor = warm * (stage.final_share + (1 - stage.final_share) * cosine)
    for group in optimizer.param_groups:
        group["lr"] = group["peak"] * factor


class _Examples(Dataset[tuple[Tensor, Tensor, Tensor, Tensor]]):
    """Example i of a stage, as (3 | 1, h, w) tensors: source, background, alpha, foreground."""

    def __init__(self, folder: Path, seed: tuple[int, int], stage: Stage, first: int) -> None:
        self.folder, self.seed, self.stage, self.first = folder, seed, stage, first

    @cached_property
    def pictures(self) -> Pictures:
        """The banks, mapped by the process that first needs them: a mapping sent to another would be copied whole."""
        share = self.stage.rendered_share
        return Pictures(
            map_bank(self.folder / "bank"),
            map_rendered(self.folder / "rendered") if share else None,
            share,
            self.stage.handheld_share,
        )

    def __len__(self) -> int:
        return (self.stage.iterations - self.first) * self.stage.batch

    def __getitem__(self, position: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        cv2.setNumThreads(1)
        index = position + self.first * self.stage.batch
        random = np.random.default_rng([*self.seed, index])
        example = compose_example(self.pictures, random, self.stage.frame, self.stage.zoom)
        images = (example.source, example.background, example.alpha[..., None], example.foreground)
        source, background, alpha, foreground = (
            torch.from_numpy(np.ascontiguousarray(image.transpose(2, 0, 1))) for image in images
        )
        return source, background, alpha, foreground


def _batches(recipe: Recipe, index: int, folder: Path, first: int) -> Generator[list[Tensor]]:
    stage = recipe.stages[index]
    examples = _Examples(folder, (recipe.seed, index), stage, first)
    # Spawned, not forked: a fork would copy the locks of threads that torch and OpenCV have started.
    process: dict[str, Any] = {
        "num_workers": 1,
        "prefetch_factor": 4,
        "multiprocessing_context": "spawn",
        "worker_init_fn": _begin_worker,
    }
    others = set(active_children())
    with starting_processes():
        batches = iter(DataLoader(examples, batch_size=stage.batch, **(process if COMPOSE_BESIDE else {})))
    try:
        for batch in batches:
            yield [tensor.contiguous(memory_format=torch.channels_last) for tensor in batch]
    except BaseException:
        _kill(set(active_children()) - others)
        raise


def _kill(workers: Iterable[BaseProcess]) -> None:
    """End workers at once, one that is still starting too; without the error that torch makes of that."""
    if hasattr(signal, "SIGCHLD"):
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    for worker in workers:
        worker.kill()
        worker.join()


def _begin_worker(worker: int) -> None:
    """Leave every signal to the training itself: torch reports a worker that one has ended as an error."""
    follow_parent()
    signal.signal(signal.SIGTERM, signal.SIG_IGN)


def _log(path: Path, stage: str, iteration: int, loss: float, seconds: float) -> None:
    fresh = not path.exists()
    with path.open("a", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        if fresh:
            writer.writerow(["stage", "iteration", "loss", "seconds_per_iteration"])
        writer.writerow([stage, iteration, f"{loss:.5f}", f"{seconds:.3f}"])
    note_kept(path)
    console.print(f"{stage} {iteration}: loss {loss:.4f}, {seconds:.2f} s/iteration")


def _forget_rows(path: Path, stage: str, first: int) -> None:
    """Drop the rows that a killed run logged for iterations that are about to be repeated."""
    if not path.exists():
        return
    header, *rows = path.read_text(encoding="utf-8").splitlines() or [""]
    # A kill may have cut a row short.
    whole = [cells for row in rows if len(cells := row.split(",")) == len(header.split(","))]
    kept = [",".join(cells) for cells in whole if cells[0] != stage or int(cells[1]) <= first]
    write_atomically(path, "\n".join([header, *kept]) + "\n")


def _save_state(
    path: Path,
    network: MattingNetwork,
    average: _Average,
    optimizer: torch.optim.Optimizer | None,
    stage: int,
    iteration: int,
) -> None:
    state = {
        "network": network.state_dict(),
        "average": average.state_dict(),
        "optimizer": None if optimizer is None else optimizer.state_dict(),
        "stage": stage,
        "iteration": iteration,
    }
    # A stream, because torch takes no name that begins with a dot.
    with new_file(path) as work, work.open("xb") as stream:
        torch.save(state, stream)


def _begin(recipe: Recipe, network: MattingNetwork, start: Start | None) -> dict[str, Any]:
    """Load the weights that a new run starts from, and return its state."""
    index = 0
    if start is not None:
        names = [stage.name for stage in recipe.stages]
        if start.stage not in names:
            raise UsageError(f"--stage: expected one of the recipe's ({', '.join(names)}), found {start.stage!r}")
        state = read_state_dict(start.checkpoint)
        check_state_dict(state, network.state_dict(), str(start.checkpoint))
        network.load_state_dict(state)
        index = names.index(start.stage)
    return {"stage": index, "iteration": 0, "optimizer": None}


def _load_state(path: Path, network: MattingNetwork, average: _Average) -> dict[str, Any] | None:
    if not path.exists():
        return None
    state: dict[str, Any] = torch.load(path, weights_only=True)
    network.load_state_dict(state["network"])
    average.load_state_dict(state["average"])
    console.print(f"resuming in stage {state['stage']} after iteration {state['iteration']}")
    return state
