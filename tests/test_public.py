"""What is public: lists that are sorted and complete, words for everything, and nothing heavy at import."""

import ast
import importlib
import inspect
import subprocess
import sys
from pathlib import Path

import pytest

import hiphinge
from hiphinge import errors
from hiphinge.errors import UsageError

PACKAGE = Path(hiphinge.__file__).parent
MODULES = sorted(
    ".".join(("hiphinge", *path.relative_to(PACKAGE).with_suffix("").parts)).removesuffix(".__init__")
    for path in PACKAGE.rglob("*.py")
)
#: Parts that need an optional extra at import.
OPTIONAL = ("hiphinge.synth",)
#: Nothing of these may come in with ``import hiphinge``.
HEAVY = ("numpy", "scipy", "av", "cv2", "openvino", "pyarrow", "jinja2", "msgspec", "typer", "rich")


def load(name):
    if name.startswith(OPTIONAL):
        pytest.importorskip("anny")
        pytest.importorskip("pyvista")
    return importlib.import_module(name)


def tree_of(name):
    path = PACKAGE.joinpath(*name.split(".")[1:])
    path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    return ast.parse(path.read_text(encoding="utf-8"))


def listed(tree):
    """The literal ``__all__`` of a module, or None."""
    for node in tree.body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "__all__":
            return ast.literal_eval(node.value)
    return None


def defined(tree):
    """Public classes and functions that a module itself defines; commands and routes are public there only."""
    kinds = (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    found = [node for node in tree.body if isinstance(node, kinds) and not node.name.startswith("_")]
    return {node.name for node in found if not any(_is_an_edge(d) for d in node.decorator_list)}


def _is_an_edge(decorator):
    """Whether it makes a command of the command line, or a route of the web app."""
    return ast.unparse(decorator).partition("(")[0].split(".")[0] in ("app", "router") or "app." in ast.unparse(
        decorator
    )


@pytest.mark.parametrize("name", MODULES)
def test_all_is_sorted_and_holds_every_public_class_and_function(name):
    tree = tree_of(name)
    names = listed(tree)
    if names is None:
        assert not defined(tree), f"{name} has public names but no __all__"
        return
    # Constants, then classes, then functions: the order that ruff (RUF022) keeps.
    order = sorted(names, key=lambda n: (0 if n.isupper() else 1 if n[0].isupper() else 2, n))
    assert names == order
    assert len(set(names)) == len(names)
    assert defined(tree) <= set(names)


@pytest.mark.parametrize("name", [m for m in MODULES if not m.startswith(OPTIONAL)])
def test_every_listed_name_exists(name):
    module = load(name)
    for public in getattr(module, "__all__", ()):
        assert getattr(module, public) is not None or public.startswith("__")


@pytest.mark.parametrize("name", MODULES)
def test_every_module_and_public_name_says_what_it_is(name):
    tree = tree_of(name)
    assert ast.get_docstring(tree), f"{name} has no docstring"
    kinds = (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    for node in tree.body:
        if not isinstance(node, kinds) or node.name.startswith("_"):
            continue
        assert ast.get_docstring(node), f"{name}.{node.name} has no docstring"
        if isinstance(node, ast.ClassDef):
            for part in node.body:
                if isinstance(part, kinds) and not part.name.startswith("_"):
                    assert ast.get_docstring(part), f"{name}.{node.name}.{part.name} has no docstring"


@pytest.mark.parametrize("name", MODULES)
def test_modules_stay_under_400_lines(name):
    path = PACKAGE.joinpath(*name.split(".")[1:])
    path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    assert sum(bool(line.strip()) for line in path.read_text(encoding="utf-8").splitlines()) <= 400


def run(code):
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_import_hiphinge_brings_nothing_heavy():
    code = f"import sys, hiphinge; print([m for m in {HEAVY!r} if m in sys.modules])"
    assert run(code).strip() == "[]"


def test_the_public_names_come_on_first_use():
    names = "hiphinge.assess.__module__, hiphinge.Assessment.__name__, hiphinge.HiphingeError.__name__"
    out = run(f"import hiphinge; print({names})")
    assert out.split() == ["hiphinge.api", "Assessment", "HiphingeError"]


def test_assess_stays_the_function_after_everything_is_imported():
    out = run("import hiphinge; hiphinge.assess; import hiphinge.clip.run; print(callable(hiphinge.assess))")
    assert out.strip() == "True"


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'asses'"):
        _ = hiphinge.asses


def test_the_public_front_is_small():
    assert hiphinge.__all__ == ["Assessment", "HiphingeError", "__version__", "assess", "stance"]
    assert inspect.isfunction(hiphinge.assess)


def test_core_modules_do_not_bring_adapters():
    code = (
        "import sys, hiphinge.verdict, hiphinge.spine, hiphinge.reps;"
        "print([m for m in ('av','cv2','openvino','pyarrow','jinja2','msgspec','typer','rich') if m in sys.modules])"
    )
    assert run(code).strip() == "[]"


def test_an_unknown_option_of_assess_is_refused_with_the_known_ones():
    with pytest.raises(UsageError, match="no option 'drills'") as caught:
        hiphinge.assess("clip.mp4", drills="hinge")
    assert "drill, facing, foot_length_cm, from_s" in caught.value.expected


EXIT_CODES = {
    "HiphingeError": 1, "UsageError": 2, "InputError": 1, "InputNotFound": 3, "NotAVideo": 4, "VideoUnreadable": 5,
    "VideoUnsupported": 6, "OutputError": 7, "ConfigError": 8, "ModelError": 9, "MissingDependency": 10,
    "StoreError": 12, "PersonNotFound": 13, "RecordConflict": 14, "ClusterError": 15,
}  # fmt: skip


@pytest.mark.parametrize("name", errors.__all__)
def test_every_error_has_its_documented_exit_code_and_says_the_next_step(name):
    kind = getattr(errors, name)
    assert kind.exit_code == EXIT_CODES[name]
    assert issubclass(kind, errors.HiphingeError)
    assert str(kind("A happened.")) == "A happened."
    assert str(kind("A happened.", expected="b", next_step="Do c.")) == "A happened.\nExpected: b\nNext: Do c."
