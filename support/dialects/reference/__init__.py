"""The reference of dialect files: made of the schema, and of a sentence for each key."""

from support.dialects.reference.page import key_texts, reference_page, tables

__all__ = ["key_texts", "reference_page", "tables"]
