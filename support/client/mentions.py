"""Whose secrets and e-mail addresses stand in an HTTP answer: recorded, and judged elsewhere."""

from __future__ import annotations

from support.journal import SECRETS, UNMISTAKABLE, Journal, records


def record_mentions(
    journal: Journal,
    where: str,
    answer: str,
    *,
    user: str = "",
    connection: str = "",
    sent: str = "",
) -> None:
    """Record whom `answer`, headers and body, mentions; nothing where it mentions nobody else.

    `user` is who got it, empty for what anyone gets. An address that they had `sent` may come back.
    Short ids can stand there by chance, and are left out.
    """
    examine = journal.redactor.examine
    found = [m for m in examine(answer).mentions if m.startswith(UNMISTAKABLE)]
    if not found:
        return
    named = examine(sent).mentions
    mentions = tuple(
        m
        for m in found
        if m.partition(":")[2] != user and (m not in named or m.startswith(SECRETS))
    )
    if mentions:
        journal.record(
            records.AnswerMentions,
            where=where,
            user=user,
            connection=connection,
            mentions=mentions,
        )
