"""Wire formats as data: a dialect turns frames into facts, and intentions into frames."""

from support.dialects.conversation import Conversation, Handshake
from support.dialects.dialect import Dialect
from support.dialects.loading import broken_inputs, load_dialect
from support.dialects.speaker import Outgoing, Person, Speaker, new_nonce

__all__ = [
    "Conversation",
    "Dialect",
    "Handshake",
    "Outgoing",
    "Person",
    "Speaker",
    "broken_inputs",
    "load_dialect",
    "new_nonce",
]
