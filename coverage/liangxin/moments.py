"""Moments as the databases give them back: SQLite keeps no zone, and all that is kept is UTC. Pure."""

from datetime import UTC, datetime


def in_utc(moment: datetime) -> datetime:
    """Return a moment with its zone; one without any is in UTC."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
