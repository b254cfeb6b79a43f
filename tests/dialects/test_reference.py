"""The reference of dialect files tells of every key, and only of keys that there are."""

from pathlib import Path

import msgspec

from support.dialects.reference import key_texts, reference_page, tables

PAGE = Path(__file__).resolve().parents[2] / "docs" / "dialects-reference.md"


def test_the_page_is_what_the_schema_says() -> None:
    told = "greenlight dialect reference > docs/dialects-reference.md"
    assert PAGE.read_text("utf-8") == reference_page(), told


def test_every_key_has_its_sentence_and_every_sentence_its_key() -> None:
    there = {
        (kind.__name__, key.encode_name)
        for kind in tables()
        for key in msgspec.structs.fields(kind)
    }
    told = {(kind, key) for kind, keys in key_texts().items() for key in keys}
    assert there == told
