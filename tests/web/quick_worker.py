"""An upload worker that looks in no time, and stands still at a film of its own choosing, to be killed there.

    python -m tests.web.quick_worker STORE SIGN NUMBER

At its film NUMBER (from 1; 0 for none) it writes the file SIGN and does nothing more.
"""

from __future__ import annotations

import sys
import threading
from pathlib import Path
from typing import Any

from hiphinge.clip.options import AssessOptions
from hiphinge.model import Assessment
from hiphinge.service.jobs import JobRunner
from hiphinge.service.opening import desk_maker
from hiphinge.store import open_store
from tests.web.dying_worker import look

__all__ = ["main"]


def main(address: str, sign: str, number: str) -> None:
    """Work until killed."""
    taken = 0

    def quick(path: Path, options: AssessOptions, **more: Any) -> Assessment:
        nonlocal taken
        taken += 1
        if taken == int(number):
            Path(sign).write_text("here", encoding="utf-8")
            threading.Event().wait()
        return look(path, options, **more)

    with open_store(address) as store:
        JobRunner(store, desk_maker(store, runner=quick), lease_s=2.0, beat_s=0.3, poll_s=0.05).run()


if __name__ == "__main__":
    main(*sys.argv[1:])
