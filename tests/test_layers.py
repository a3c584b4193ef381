"""The picture of the architecture is a test: ``lint-imports`` with the contracts of ``pyproject.toml``."""

import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def test_imports_run_one_way_down():
    command = "from importlinter.cli import lint_imports_command as run; run(['--no-cache'])"
    done = subprocess.run(
        [sys.executable, "-c", command], cwd=ROOT, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-2000:]
    assert "2 kept, 0 broken" in done.stdout


def test_every_module_has_its_layer():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    layers, pure = settings["tool"]["importlinter"]["contracts"]
    assert layers["exhaustive"] is True
    named = {name.strip() for row in layers["layers"] for name in row.split("|")}
    package = ROOT / "src" / "hiphinge"
    found = {p.stem for p in package.glob("*.py") if p.stem != "__init__"}
    found |= {p.parent.name for p in package.glob("*/__init__.py")}
    assert found == named
    below = layers["layers"][layers["layers"].index("program") :]
    assert {f"hiphinge.{name.strip()}" for row in below for name in row.split("|")} == set(pure["source_modules"])
    assert {"av", "openvino", "cv2", "pyarrow", "typer", "rich", "jinja2", "msgspec"} <= set(pure["forbidden_modules"])
