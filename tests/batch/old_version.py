"""Preloaded by a worker that is to pass for one of another version."""

import hiphinge

hiphinge.__version__ = "0.0.1"
