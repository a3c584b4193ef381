"""Queues whose waiting times are known in closed form: what the simulations are checked against."""

from __future__ import annotations

import math

__all__ = ["md1_mean_wait_s", "mmc_mean_wait_s", "mmc_wait_quantile_s", "share_that_waits"]


def share_that_waits(load: float, servers: int) -> float:
    """Return Erlang's C: the share of arrivals that find all servers busy.

    Parameters
    ----------
    load
        Arrivals a second times mean service seconds (erlang); below ``servers``.
    servers
        How many.
    """
    if not 0 < load < servers:
        raise ValueError(f"a load of {load} on {servers} servers grows without end")
    # Erlang's B by its recursion, which does not overflow; then C from B.
    blocked = 1.0
    for k in range(1, servers + 1):
        blocked = load * blocked / (k + load * blocked)
    return servers * blocked / (servers - load * (1 - blocked))


def mmc_mean_wait_s(rate_hz: float, service_s: float, servers: int) -> float:
    """Return the mean wait in M/M/c: Poisson arrivals, exponential service."""
    return share_that_waits(rate_hz * service_s, servers) / (servers / service_s - rate_hz)


def mmc_wait_quantile_s(rate_hz: float, service_s: float, servers: int, share: float) -> float:
    """Return the wait that ``share`` of the arrivals of M/M/c do not exceed."""
    waiting = share_that_waits(rate_hz * service_s, servers)
    return max(0.0, math.log(waiting / (1 - share)) / (servers / service_s - rate_hz))


def md1_mean_wait_s(rate_hz: float, service_s: float) -> float:
    """Return the mean wait in M/D/1: Poisson arrivals, constant service, one server."""
    busy = rate_hz * service_s
    if not 0 < busy < 1:
        raise ValueError(f"a load of {busy} on one server grows without end")
    return busy * service_s / (2 * (1 - busy))
