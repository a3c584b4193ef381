"""Collect the texts of the web app into ``web/locale/hiphinge.pot``, for translators.

``python tools/extract_strings.py`` writes it; ``--check`` exits 1 where it is not current.
"""

from __future__ import annotations

import argparse
import ast
import sys
from collections.abc import Iterator
from pathlib import Path

from jinja2 import Environment
from jinja2.ext import extract_from_ast

ROOT = Path(__file__).resolve().parent.parent
WEB = ROOT / "src" / "hiphinge" / "web"
CATALOGUE = WEB / "locale" / "hiphinge.pot"
HEADER = """# Texts of the hiphinge web app. Written by tools/extract_strings.py.
# A language: copy this to <language>/LC_MESSAGES/hiphinge.po, translate, and compile it to hiphinge.mo beside it.
msgid ""
msgstr ""
"Project-Id-Version: hiphinge\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=UTF-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"
"""
#: A text, and its plural where it has one.
Text = tuple[str, str]


def main(arguments: list[str] | None = None) -> int:
    """Write the catalogue, or check it; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="Change nothing; exit 1 where the file is not current.")
    told = parser.parse_args(arguments)
    text = catalogue()
    if told.check:
        current = CATALOGUE.is_file() and CATALOGUE.read_text(encoding="utf-8") == text
        if not current:
            print("web/locale/hiphinge.pot is not current: run python tools/extract_strings.py", file=sys.stderr)
        return 0 if current else 1
    CATALOGUE.parent.mkdir(exist_ok=True)
    CATALOGUE.write_text(text, encoding="utf-8", newline="\n")
    return 0


def catalogue() -> str:
    """Return the catalogue's text: sorted, and without line numbers, so that it changes with the words alone."""
    found: dict[Text, set[str]] = {}
    for path in sorted(WEB.rglob("*.py")):
        for text in texts_of_python(path):
            found.setdefault(text, set()).add(path.relative_to(WEB).as_posix())
    for path in sorted((WEB / "templates").rglob("*.html")):
        for text in texts_of_template(path):
            found.setdefault(text, set()).add(path.relative_to(WEB).as_posix())
    return HEADER + "".join(_entry(text, sorted(places)) for text, places in sorted(found.items()))


def texts_of_python(path: Path) -> Iterator[Text]:
    """Yield what ``_("…")``, ``N_("…")`` and ``ngettext("…", "…", n)`` name in a module."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name)):
            continue
        needed = {"_": 1, "N_": 1, "ngettext": 2}.get(node.func.id, 0)
        words = [
            one.value for one in node.args[:needed] if isinstance(one, ast.Constant) and isinstance(one.value, str)
        ]
        if needed and any(isinstance(one, ast.JoinedStr) for one in node.args[:needed]):
            sys.exit(f"{path}:{node.lineno}: a text to translate cannot be put together first; use .format after it.")
        if needed and len(words) == needed and words[0]:
            yield words[0], words[1] if needed == 2 else ""


def texts_of_template(path: Path) -> Iterator[Text]:
    """Yield the texts of a template."""
    environment = Environment(extensions=["jinja2.ext.i18n"], trim_blocks=True, lstrip_blocks=True)
    tree = environment.parse(path.read_text(encoding="utf-8"), filename=str(path))
    for _line, function, words in extract_from_ast(tree, ("_", "gettext", "ngettext", "N_")):
        parts = [words] if isinstance(words, str) else [one for one in words or () if isinstance(one, str)]
        if parts and parts[0]:
            yield parts[0], parts[1] if function == "ngettext" and len(parts) > 1 else ""


def _entry(text: Text, places: list[str]) -> str:
    one, many = text
    lines = ["", *(f"#: {place}" for place in places)]
    if "{" in one:
        lines.append("#, python-brace-format")
    lines.append(f"msgid {_quoted(one)}")
    lines += [f"msgid_plural {_quoted(many)}", 'msgstr[0] ""', 'msgstr[1] ""'] if many else ['msgstr ""']
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    plain = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
    return f'"{plain}"'


if __name__ == "__main__":
    sys.exit(main())
