"""Executors that every contract test runs on; another one is one more entry of ``EXECUTORS``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hiphinge.batch.pool import PoolExecutor
from hiphinge.batch.task import Executor, Receipt, Task
from tests.batch.dask_cluster import DaskCluster, dask_cluster, wait_until

Do = Callable[[Task], Receipt]
MakeExecutor = Callable[[Path, Do], Executor]


def _make_pool(_request: pytest.FixtureRequest, _dest: Path, do: Do) -> Executor:
    return PoolExecutor(2, do=do)


def _make_cluster(request: pytest.FixtureRequest, dest: Path, do: Do) -> Executor:
    from hiphinge.batch.cluster import ClusterExecutor

    cluster: DaskCluster = request.getfixturevalue("contract_cluster")
    made = ClusterExecutor(cluster.address, dest, do=do)
    wait_until(lambda: made.slots == 4, "both workers")
    return made


EXECUTORS = {"pool": _make_pool, "cluster": _make_cluster}


@pytest.fixture(scope="session")
def contract_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DaskCluster]:
    with dask_cluster(tmp_path_factory.mktemp("contract"), nanny=True) as cluster:
        yield cluster


@pytest.fixture(params=sorted(EXECUTORS))
def make_executor(request: pytest.FixtureRequest) -> Iterator[MakeExecutor]:
    """Make executors of every kind, that are closed in the end."""
    made: list[Executor] = []

    def make(dest: Path, do: Do) -> Executor:
        made.append(EXECUTORS[request.param](request, dest, do))
        return made[-1]

    yield make
    for one in made:
        one.close(cancel=True)
