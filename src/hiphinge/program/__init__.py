"""The program: red-flag questions, drills, variants, doses and gates as data. Pure."""

from hiphinge.program.model import Drill, Program
from hiphinge.program.read import load_program, read_program, shipped_text

__all__ = ["Drill", "Program", "load_program", "read_program", "shipped_text"]
