"""Live coaching: the same stages as a whole clip, frame by frame."""
