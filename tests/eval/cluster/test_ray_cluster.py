"""Real clusters of several nodes on this machine: the run is that of one process, also when a node is killed midway."""

import os
import signal
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from tiny_model import SIZE, tiny_config

from configs.errors import DataError
from configs.schema import Config
from datasets.synthetic.make import synthesize
from eval.cluster import execute
from eval.cluster.execute import execute_on_ray
from eval.cluster.shards import Shard
from eval.pipeline.evaluate import run_opened
from eval.pipeline.opening import open_evaluation
from eval.report.panels import WorstPictures
from eval.run.scores import LATENCY
from eval.run.stored import Run

pytest.importorskip("ray", reason="the extra `ray` installs it")
pytestmark = pytest.mark.slow
SAMPLES = 24
LOOPBACK = "127.0.0.2"  # for 127.0.0.1 Ray would take an outer address
NODE = {"num_cpus": 1, "object_store_memory": 80 << 20, "node_ip_address": LOOPBACK}


@pytest.fixture(scope="module")
def variables(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MATTEKIT_CACHE", str(tmp_path_factory.mktemp("cache")))
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        patch.setenv("RAY_ENABLE_AUTO_CONNECT", "0")
        patch.setenv("RAY_AUTH_MODE", "disabled")
        patch.delenv("RAY_ADDRESS", raising=False)
        yield


@pytest.fixture(scope="module")
def cluster(variables: None) -> Iterator[Any]:
    """Return a cluster whose head does no work and whose nodes are called A, B and C."""
    from ray.cluster_utils import Cluster

    cluster = Cluster(initialize_head=True, head_node_args={**NODE, "num_cpus": 0, "include_dashboard": False})
    nodes = {name: cluster.add_node(**NODE, node_name=name, wait=False) for name in "ABC"}
    cluster.wait_for_nodes()
    cluster.by_name = nodes
    yield cluster
    cluster.shutdown()


@pytest.fixture(scope="module")
def job(tmp_path_factory: pytest.TempPathFactory, tiny_onnx: Path, tiny_models: Path) -> Config:
    root = tmp_path_factory.mktemp("many") / "set"
    synthesize(root, SAMPLES, 5, SIZE, workers=1)
    return tiny_config(tiny_onnx, tiny_models, root, evaluate={"variants": ["onnx", "ir-fp16@f32"], "worst": 3})


@pytest.fixture(scope="module")
def here(job: Config) -> Run:
    """Return the run of one process."""
    with open_evaluation(job) as opened:
        return run_opened(opened, WorstPictures(3))


def _shared(job: Config, address: str | None) -> tuple[Run, list[str]]:
    said: list[str] = []
    with open_evaluation(job) as opened:
        run = run_opened(opened, WorstPictures(3), execute=execute_on_ray(address, said.append))
    return run, said


def _assert_same(one: Run, other: Run) -> None:
    tables = [run.table.drop(columns=LATENCY) for run in (one, other)]
    pd.testing.assert_frame_equal(*tables, check_exact=True)
    assert one.results.dataset == other.results.dataset
    assert one.results.worst == other.results.worst


def test_a_cluster_that_is_started_for_it_comes_to_the_same_figures(job: Config, here: Run, variables: None) -> None:
    before = signal.getsignal(signal.SIGTERM)
    run, said = _shared(job, None)
    _assert_same(here, run)
    assert len(said) == 1
    assert signal.getsignal(signal.SIGTERM) is before
    assert "RAY_USAGE_STATS_ENABLED" in os.environ


def test_nodes_of_other_code_are_refused(job: Config, cluster: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    identity_of = execute.identity_of
    monkeypatch.setattr(execute, "identity_of", lambda opened: {**identity_of(opened), "source_sha256": "0" * 64})
    with pytest.raises(DataError, match=r"node [ABC] \(.*source_sha256: 000000000000.*, there [0-9a-f]{12}"):
        _shared(job, cluster.address)


def test_a_node_that_is_killed_midway_changes_nothing(
    job: Config, here: Run, cluster: Any, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    import ray

    from eval.cluster.crew import RayCrew

    give, idle = RayCrew.give, RayCrew.idle
    given: list[tuple[str, int]] = []
    killed: list[tuple[str, int]] = []

    def idle_when_all_are_ready(crew: RayCrew) -> Sequence[str]:
        return idle(crew) if killed or len(crew.nodes()) == 3 else ()

    def give_and_kill(crew: RayCrew, node: str, shard: Shard) -> None:
        """Kill the node that gets the fourth shard: its supervisor and the worker that was just given it."""
        given.append((node[0], shard.number))
        if len(given) != 4:
            give(crew, node, shard)
            return
        hand = next(hand for hand in crew._hands.values() if hand.node == node)
        worker = ray.get(hand.actor.begin.remote())
        give(crew, node, shard)
        os.kill(cluster.by_name[node[0]].all_processes["raylet"][0].process.pid, signal.SIGKILL)
        os.kill(worker, signal.SIGKILL)
        killed.append(given[-1])

    monkeypatch.setattr(RayCrew, "idle", idle_when_all_are_ready)
    monkeypatch.setattr(RayCrew, "give", give_and_kill)

    run, said = _shared(job, cluster.address)

    [(node, shard)] = killed
    nodes = [by for by, number in given if number == shard]
    assert nodes[0] == node
    assert node not in nodes[1:]
    assert any(line.startswith(f"node {node} ") and "its worker was lost" in line for line in said)
    assert {by for by, _ in given} == set("ABC")
    assert len(given) == SAMPLES + 1  # one of the shards, of a sample each, twice
    assert [len(nodes), shard < SAMPLES - 1] == [2, True]
    _assert_same(here, run)
    assert capfd.readouterr() == ("", "")
