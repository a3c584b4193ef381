"""Pose: points and a person mask for every frame (BlazePose on OpenVINO), or replayed from a recording."""
