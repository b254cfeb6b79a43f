"""The bundled service under test: an auth service and a chat backend that keep the wire contract.

It knows nothing of the suite. Start it with ``support.reference.serve.serve`` or
``python -m support.reference``; ``support.reference.defects`` holds what can be broken in it.
"""

__version__ = "1.0"
