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

from hiphinge.pose.task import make_task

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


LOCK = Path("src/package/some.lock.json")


def write_lock(root: Path, registry: Registry, **changes: Any) -> Path:
    part = {
        "member": "package/assets.data",
        "start": 10,
        "end": 500,
        "sha256": hashlib.sha256(DATA[10:500]).hexdigest(),
    }
    package = {
        "package": "@some/models",
        "version": "1.2.3",
        "tarball_sha512": hashlib.sha512(registry.tarball.read_bytes()).hexdigest(),
        "files": {"one.bin": {**part, **changes.pop("part", {})}},
        **changes,
    }
    path = root / LOCK
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({"folder": "files", "packages": [package]}), encoding="utf-8")
    return root


def files(tree: Path) -> dict[str, bytes]:
    folder = tree / "src/package/files"
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_missing_files_are_cut_out_once(hook: ModuleType, tree: Path, registry: Registry) -> None:
    hook.ensure_files(tree, LOCK, npm=registry)
    assert files(tree) == {"one.bin": DATA[10:500]}
    hook.ensure_files(tree, LOCK, npm=registry)
    assert registry.calls == 1


def test_altered_file_is_replaced(hook: ModuleType, tree: Path, registry: Registry) -> None:
    hook.ensure_files(tree, LOCK, npm=registry)
    (tree / "src/package/files/one.bin").write_bytes(b"altered")
    hook.ensure_files(tree, LOCK, npm=registry)
    assert files(tree) == {"one.bin": DATA[10:500]}


def test_whole_files_go_into_folders_of_their_own(hook: ModuleType, tmp_path: Path, registry: Registry) -> None:
    whole = {"deep/er/whole.js": {"member": "package/assets.data", "sha256": hashlib.sha256(DATA).hexdigest()}}
    tree = write_lock(tmp_path / "tree", registry, files=whole)
    hook.ensure_files(tree, LOCK, npm=registry)
    assert files(tree) == {"deep/er/whole.js": DATA}


def test_tasks_are_composed_and_locked(hook: ModuleType, tmp_path: Path, registry: Registry) -> None:
    tree = write_lock(tmp_path / "tree", registry)
    model = tree / "detector.tflite"
    model.write_bytes((ROOT / "src/hiphinge/pose/models/pose_detector.tflite").read_bytes())
    made = make_task(model.read_bytes(), model.read_bytes())
    task = {"sha256": hashlib.sha256(made).hexdigest(), "detector": model.name, "landmarks": model.name}
    lock = {**json.loads((tree / LOCK).read_text(encoding="utf-8")), "tasks": {"models/one.task": task}}
    (tree / LOCK).write_text(json.dumps(lock), encoding="utf-8")
    hook.ensure_files(tree, LOCK, npm=registry)
    assert files(tree)["models/one.task"] == made
    lock["tasks"]["models/one.task"]["sha256"] = "0" * 64
    (tree / LOCK).write_text(json.dumps(lock), encoding="utf-8")
    with pytest.raises(hook.FilesBuildError, match=r"one\.task has sha256"):
        hook.ensure_files(tree, LOCK, npm=registry)


def test_no_network_fails_the_build(hook: ModuleType, tree: Path, registry: Registry) -> None:
    registry.returncode = 1
    with pytest.raises(hook.FilesBuildError, match=r"ECONNREFUSED[\s\S]*Next: check that this machine"):
        hook.ensure_files(tree, LOCK, npm=registry)
    assert files(tree) == {}


def test_other_package_fails_the_build(hook: ModuleType, tmp_path: Path, registry: Registry) -> None:
    tree = write_lock(tmp_path / "tree", registry, tarball_sha512="0" * 128)
    with pytest.raises(hook.FilesBuildError, match="sha512"):
        hook.ensure_files(tree, LOCK, npm=registry)
    assert files(tree) == {}


@pytest.mark.parametrize(
    ("part", "said"), [({"sha256": "0" * 64}, "sha256"), ({"member": "package/none"}, "package/none is no file")]
)
def test_other_file_fails_the_build(
    hook: ModuleType, tmp_path: Path, registry: Registry, part: dict[str, str], said: str
) -> None:
    tree = write_lock(tmp_path / "tree", registry, part=part)
    with pytest.raises(hook.FilesBuildError, match=said):
        hook.ensure_files(tree, LOCK, npm=registry)
    assert files(tree) == {}


@pytest.mark.parametrize("number", [0, 1])
def test_repository_locks_are_whole(hook: ModuleType, number: int) -> None:
    lock = json.loads((ROOT / hook.LOCK_FILES[number]).read_text(encoding="utf-8"))
    for package in lock["packages"]:
        assert len(package["tarball_sha512"]) == 128
        assert package["licence"] in {"Apache-2.0", "MIT", "0BSD"}
        assert all(len(part["sha256"]) == 64 for part in package["files"].values())


def test_repository_locks_name_what_is_loaded(hook: ModuleType) -> None:
    models, vendor = (
        {
            name
            for package in json.loads((ROOT / lock).read_text(encoding="utf-8"))["packages"]
            for name in package["files"]
        }
        for lock in hook.LOCK_FILES
    )
    assert models == {
        "pose_detector.tflite",
        "pose_landmark_full.tflite",
        "pose_landmark_heavy.tflite",
        "pose_landmark_lite.tflite",
    }
    assert vendor >= {"htmx.min.js", "uPlot.esm.js", "uPlot.min.css", "tasks-vision/vision_bundle.mjs"}
