"""The network again, arranged for speed: the same function of the same weights, in a graph without dynamic shapes.

`converter.network` is the readable definition and the oracle; every rewrite here is derived in its module's docstring.
"""

from converter.fast.network import FastNetwork, fast_network

__all__ = ["FastNetwork", "fast_network"]
