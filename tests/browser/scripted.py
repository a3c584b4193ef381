"""The coach's page against a server that says what the test says: for the page alone, without pose and engine."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

__all__ = ["Script"]

_SOURCE = (Path(__file__).parent / "fake_source.js").read_text(encoding="utf-8")


class Script:
    """Plays the live server and the pose source for one page."""

    def __init__(self, page: Any, *, status: int = 201, answer: Mapping[str, Any] | None = None) -> None:
        self.page = page
        self.next_seq = self.next_command = 0
        self.commands: list[Mapping[str, Any]] = []
        self.wishes: list[Mapping[str, Any]] = []
        self.pictures: list[tuple[float, int]] = []
        self.connections = 0
        self.line: Any = None
        self.away = False
        self.time_s = 0.0
        self._created = (status, answer or {"live": "a" * 32})
        page.route("**/js/pose/source.js", lambda route: route.fulfill(body=_SOURCE, content_type="text/javascript"))
        page.route("**/api/p/*/live", self._create)
        page.route_web_socket("**/ws/live/*", self._connect)

    def _create(self, route: Any) -> None:
        self.wishes.append(json.loads(route.request.post_data))
        status, answer = self._created
        route.fulfill(status=status, json=dict(answer))

    def _connect(self, line: Any) -> None:
        if self.away:
            line.close(code=1013, reason="away")
            return
        self.connections += 1
        self.line = line
        line.on_message(self._hear)
        self.say(
            "welcome",
            live="a" * 32,
            next_seq=self.next_seq,
            next_command=self.next_command,
            phase="view",
            mirror=False,
            drill="free_hinge",
            plan={"reps": 8},
        )

    def _hear(self, data: str | bytes) -> None:
        if isinstance(data, bytes) and data[:4] == b"HHJ1":
            seq, time_s, flags = struct.unpack_from("<IdB", data, 4)
            assert seq == self.next_seq, f"picture {seq} came at {self.next_seq}"
            assert data[17:19] == b"\xff\xd8"
            self.pictures.append((time_s, flags))
            self.next_seq += 1
            return
        if isinstance(data, bytes):
            first, count = struct.unpack_from("<IH", data, 4)
            assert first <= self.next_seq, f"frames {self.next_seq} to {first} are missing"
            self.next_seq = max(self.next_seq, first + count)
            return
        message = json.loads(data)
        if message["type"] == "command" and message["number"] == self.next_command:
            self.next_command += 1
            self.commands.append(message)

    def say(self, kind: str, **content: Any) -> None:
        """Send one message to the page."""
        self.line.send(json.dumps({"type": kind, **content}))

    def phase(self, name: str, **more: Any) -> None:
        """Go to a phase."""
        self.say("phase", **{"phase": name, "mirror": False, "say": "", "show": "", "advice": [], **more})

    def acknowledge(self) -> None:
        """Confirm everything."""
        self.say("ack", next_seq=self.next_seq, next_command=self.next_command)

    def cut(self, *, away: bool = False, code: int = 1012) -> None:
        """End the connection; ``away`` refuses those that follow."""
        self.away = away
        self.line.close(code=code, reason="cut")

    def frame(self, lean: float = 0.0, *, curl: float = 0.0, step_s: float = 0.08, seen: bool = True) -> None:
        """Let the camera see one frame."""
        self.time_s += step_s
        told = {"timeS": self.time_s, "lean": lean, "curl": curl, "seen": seen}
        self.page.evaluate("(told) => __emit(told)", told)

    def meter(self, depth: float, *, back: str = "flat", reps: int = 0) -> None:
        """Tell depth and back."""
        lumbar = {"value": 12.0, "lo": 6.0, "hi": 18.0}
        self.say(
            "meter", seq=0, t_s=0.0, depth=depth, lean_deg=70 * depth, lumbar=lumbar, back=back, hip_back=0.4, reps=reps
        )

    def bend(self, *, curl: float = 0.0, back: str = "flat", reps: int = 0, to: float = 1.0) -> None:
        """Go down and up once."""
        for depth in (0.0, 0.1, 0.3, 0.6, 0.85, 1.0, 1.0, 0.8, 0.5, 0.2, 0.05, 0.0):
            self.meter(to * depth, back=back if depth > 0.4 else "flat", reps=reps)
            self.frame(70 * to * depth, curl=curl * depth)
        self.page.evaluate("() => new Promise((done) => requestAnimationFrame(() => done()))")

    def stand(self) -> None:
        """Through view and facing to a set that runs."""
        self.phase("view", say="I can see you head to feet.", show="I can see you head to feet")
        self.phase("stand", show="Stand still", countdown_s=3.0)
        for _ in range(5):
            self.frame()
        self.phase("moving", show="Bend when you are ready")
