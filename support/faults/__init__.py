"""What is done to the network between user and target, one small file a fault."""

from support.faults.cut import cut

__all__ = ["cut"]
