"""Many videos: the same work in local processes or on a cluster, each clip's result written once."""
