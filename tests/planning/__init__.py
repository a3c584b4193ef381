"""The plan beyond one machine."""
