"""Wire formats as data: a dialect turns frames into facts, and intentions into frames."""

from support.dialects.dialect import Dialect, Handshake, broken_inputs, load_dialect

__all__ = ["Dialect", "Handshake", "broken_inputs", "load_dialect"]
