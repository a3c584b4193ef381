"""A list of clips as CSV or Parquet: where each lies, and where one is to be looked at in its own way."""

from __future__ import annotations

import csv
import difflib
import io
import math
import re
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from typing import Any

from hiphinge.batch.urls import is_remote, is_url, local_path, missing_storage
from hiphinge.clip.options import DRILLS, FACINGS, AssessOptions
from hiphinge.errors import ConfigError, HiphingeError, InputNotFound

__all__ = ["Manifest", "ManifestRow", "is_manifest"]

_ENDINGS = (".csv", ".tsv", ".parquet")
#: Names of the column that says where a clip lies; the first that is there counts.
_PLACES = ("video", "url", "path", "file")
_ROWS_AT_ONCE = 4096


def is_manifest(source: str) -> bool:
    """Tell a list of clips from a clip."""
    return source.lower().endswith(_ENDINGS) and not set("*?[") & set(source)


@dataclass(frozen=True, slots=True)
class ManifestRow:
    """One clip: where it lies (absolute), and its options."""

    url: str
    options: AssessOptions


class Manifest:
    """A manifest, read row by row as often as it is asked.

    Parameters
    ----------
    source
        Path or URL of a ``.csv``, ``.tsv`` or ``.parquet``.
    options
        Of the run; a column gives a clip its own.
    say
        Is told which columns are not used.
    """

    def __init__(self, source: str, options: AssessOptions, *, say: Callable[[str], None] = lambda _: None) -> None:
        self._source, self._options, self._say = source, options, say
        self._references: set[str] = set()

    def check(self) -> int:
        """Read every row once, before any work; return how many there are.

        Raises
        ------
        ConfigError
            It cannot be read, has no column with the clips, or has a value that cannot be used; with row and column.
        """
        return sum(1 for _ in self._read(say=self._say))

    def rows(self) -> Iterator[ManifestRow]:
        """Yield every row."""
        return self._read(say=lambda _: None)

    def _read(self, *, say: Callable[[str], None]) -> Iterator[ManifestRow]:
        with _open(self._source) as file:
            if self._source.lower().endswith(".parquet"):
                names, cells = _read_parquet(self._source, file)
            else:
                names, cells = _read_csv(self._source, file)
            columns = self._sort_columns(names, say)
            number = 0
            with closing(cells):
                for number, row in enumerate(cells, 1):
                    yield self._make(number, row, columns)
            if not number:
                raise self._bad("is empty", expected="a row for each clip")

    def _sort_columns(self, names: list[str], say: Callable[[str], None]) -> Mapping[str, str]:
        """Return column by name for those that mean something; one that is nearly an option is a slip."""
        plain = {name: name.strip().lower().replace(" ", "_").replace("-", "_") for name in names}
        place = next((name for wanted in _PLACES for name in names if plain[name] == wanted), None)
        if place is None:
            raise self._bad(
                f"has the columns {', '.join(map(repr, names))}, and none that says where the clips lie",
                expected=f"a column {' or '.join(map(repr, _PLACES))}",
            )
        known = {name: _ALIASES.get(plain[name], plain[name]) for name in names if name != place}
        for name, plainly in known.items():
            near = difflib.get_close_matches(plainly, _CELLS, n=1, cutoff=0.8)
            if plainly not in _CELLS and near:
                raise self._bad(f"has a column {name!r}", expected=f"{near[0]!r}, or a name that is not so near to it")
        unused = [name for name, plainly in known.items() if plainly not in _CELLS]
        if unused:
            say(f"Columns of {self._source} that are not used: {', '.join(unused)}.")
        return {place: "video"} | {name: plainly for name, plainly in known.items() if plainly in _CELLS}

    def _make(self, number: int, row: Mapping[str, Any], columns: Mapping[str, str]) -> ManifestRow:
        from hiphinge.clip.run import check_options

        url, own = "", {}
        for name, plainly in columns.items():
            cell = row.get(name)
            text = "" if cell is None or cell != cell else str(cell).strip()
            try:
                if plainly == "video":
                    url = self._resolve(text)
                elif text:
                    field, read = _CELLS[plainly]
                    own[field] = read(cell if isinstance(cell, list | tuple) else text)
                    if field == "reference":
                        own[field] = self._check_reference(str(local_path(self._resolve(text))))
            except ValueError as error:
                raise self._bad(
                    f"row {number}, column {name!r}: {text!r} cannot be used", expected=str(error)
                ) from None
        if not own:
            return ManifestRow(url, self._options)
        options = replace(self._options, **own)
        try:
            check_options(options)
        except HiphingeError as error:
            raise self._bad(f"row {number}: {error.what}", expected=error.expected) from None
        return ManifestRow(url, options)

    def _check_reference(self, path: str) -> str:
        """Refuse, before the work begins, a reference that is not there or tells nothing; each is read once."""
        from hiphinge.clip.run import read_own_maximum

        if path not in self._references:
            try:
                read_own_maximum(path)
            except HiphingeError as error:
                raise ValueError(f"the assessment.json of a deliberate rounding ({error.what})") from None
            self._references.add(path)
        return path

    def _resolve(self, text: str) -> str:
        """Make a clip's place absolute: it counts from where the manifest lies."""
        if not text:
            raise ValueError("the path or URL of a clip")
        if is_url(text) or text.startswith("/"):
            return text
        if is_remote(self._source):
            return f"{self._source.rpartition('/')[0]}/{text}"
        return str(local_path(self._source).absolute().parent / text)

    def _bad(self, what: str, *, expected: str) -> ConfigError:
        return ConfigError(
            f"The manifest {self._source!r}: {what}."
            if what.startswith("row")
            else f"The manifest {self._source!r} {what}.",
            expected=expected,
            next_step="Mend it and run the same command again; docs/batch.md lists the columns.",
        )


def _one_of(known: tuple[str, ...]) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in known:
            near = difflib.get_close_matches(text, known, n=1)
            raise ValueError(", ".join(known) + (f" (did you mean {near[0]!r}?)" if near else ""))
        return text

    return read


def _number(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not (math.isfinite(value) and value >= 0):
        raise ValueError("a number, 0 or more")
    return value


def _count(text: str) -> int:
    value = _number(text)
    if value != int(value):
        raise ValueError("a whole number, 0 for the leftmost person")
    return int(value)


def _two_times(given: Any) -> tuple[float, float]:
    parts = given if isinstance(given, list | tuple) else re.split(r"\s*(?:\bto\b|[\s;/–-])\s*", str(given))
    if len(parts) != 2:
        raise ValueError("two times in seconds, such as 0.5 2.5")
    return _number(str(parts[0])), _number(str(parts[1]))


#: Column → option, and how its text is read.
_CELLS: Mapping[str, tuple[str, Callable[[Any], Any]]] = {
    "drill": ("drill", _one_of(DRILLS)),
    "facing": ("facing", _one_of(FACINGS)),
    "person": ("person", _count),
    "still": ("still_s", _two_times),
    "from": ("from_s", _number),
    "to": ("to_s", _number),
    "wall": ("wall", _number),
    "foot_length": ("foot_length_cm", _number),
    "reference": ("reference", str),
}
_ALIASES = {"still_s": "still", "from_s": "from", "to_s": "to", "foot_length_cm": "foot_length"}


@contextmanager
def _open(source: str) -> Iterator[Any]:
    """Open a manifest here or far away, as bytes."""
    try:
        if is_remote(source):
            import fsspec

            with fsspec.open(source, "rb") as file:
                yield file
        else:
            with local_path(source).open("rb") as file:
                yield file
    except FileNotFoundError:
        raise InputNotFound(
            f"There is no manifest {source!r}.", expected="a CSV or Parquet file", next_step="Check the path."
        ) from None
    except ImportError as error:
        raise missing_storage(source, error) from error
    except OSError as error:
        raise ConfigError(
            f"The manifest {source!r} cannot be read ({error.strerror or error}).",
            expected="a CSV or Parquet file that this user may read",
            next_step="Check the path and its permissions.",
        ) from error


def _read_csv(source: str, file: Any) -> tuple[list[str], Generator[Mapping[str, Any], None, None]]:
    text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")

    def cells() -> Generator[Mapping[str, Any], None, None]:
        try:
            yield from reader
        except (csv.Error, UnicodeDecodeError) as error:
            raise _unreadable(source, error) from None
        finally:
            text.detach()  # who opened the file closes it

    try:
        head = text.readline()
        between = max(",;\t", key=head.count)
        names = next(csv.reader([head], delimiter=between), [])
        reader = csv.DictReader(text, fieldnames=names, delimiter=between)
    except (csv.Error, UnicodeDecodeError) as error:
        raise _unreadable(source, error) from None
    return names, cells()


def _read_parquet(source: str, file: Any) -> tuple[list[str], Generator[Mapping[str, Any], None, None]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.ParquetFile(file)
    except (pa.ArrowInvalid, OSError) as error:
        raise _unreadable(source, error) from None

    def cells() -> Generator[Mapping[str, Any], None, None]:
        for batch in table.iter_batches(_ROWS_AT_ONCE):
            yield from batch.to_pylist()

    return list(table.schema_arrow.names), cells()


def _unreadable(source: str, error: Exception) -> ConfigError:
    return ConfigError(
        f"The manifest {source!r} cannot be read: {error}.",
        expected="CSV in UTF-8 with a first line of names, or Parquet",
        next_step="Save it again as CSV (UTF-8).",
    )
