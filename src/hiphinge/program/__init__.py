"""The program: red-flag questions, drills, variants, doses and gates as data, and what comes next. Pure."""

from hiphinge.program.decision import Decision
from hiphinge.program.history import History
from hiphinge.program.model import Drill, Program
from hiphinge.program.next_step import next_step, present, read_moves, replay
from hiphinge.program.read import load_program, read_program, shipped_text
from hiphinge.program.screen import explain_screen, screen

__all__ = [
    "Decision",
    "Drill",
    "History",
    "Program",
    "explain_screen",
    "load_program",
    "next_step",
    "present",
    "read_moves",
    "read_program",
    "replay",
    "screen",
    "shipped_text",
]
