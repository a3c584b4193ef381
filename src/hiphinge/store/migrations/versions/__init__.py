"""One module a step, in the order of their numbers; a released one is never changed."""
