"""Serves the listeners of load balancers, each on a port of its own."""

from eventmill.edge.balancers.catalog import listener_address
from eventmill.edge.balancers.front import BalancerFront
from eventmill.edge.balancers.sockets import Sockets

__all__ = ["BalancerFront", "Sockets", "listener_address"]
