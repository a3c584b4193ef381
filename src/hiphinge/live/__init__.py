"""Coaching while it happens: frames of numbers in, words out; the same measures, rules and grades as for a clip."""

from hiphinge.live.coach import Coach
from hiphinge.live.plan import SetPlan
from hiphinge.live.together import step_together

__all__ = ["Coach", "SetPlan", "step_together"]
