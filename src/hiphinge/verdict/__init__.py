"""Measures of each rep, rules, and the verdict."""

from hiphinge.verdict.context import RepContext
from hiphinge.verdict.criteria import Criteria, check_limits, criteria_for
from hiphinge.verdict.judge import judge
from hiphinge.verdict.load import FETCHED_LOADS, find_low_hands
from hiphinge.verdict.measures import compute_measures
from hiphinge.verdict.outcome import CUT_OFF, DECISIVE, decide_verdict

__all__ = [
    "CUT_OFF",
    "DECISIVE",
    "FETCHED_LOADS",
    "Criteria",
    "RepContext",
    "check_limits",
    "compute_measures",
    "criteria_for",
    "decide_verdict",
    "find_low_hands",
    "judge",
]
