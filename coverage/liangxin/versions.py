"""The version of the register: a word that is another one after every change of a fact.

It is written in the transaction that changes the fact, so whoever reads the same word in a
transaction of its own reads the same facts, in whichever process either of them runs. A word is
drawn by chance and never comes again, except with the facts it stood for (a backup that is
restored). Who writes past ``db.writing`` does not move it.
"""

import secrets

from sqlalchemy import Connection, inspect, text

#: Entry of ``meta``.
KEY = "register.version"
_MOVE = text(
    "INSERT INTO meta (key, value) VALUES (:key, :word) "
    "ON CONFLICT (key) DO UPDATE SET value = excluded.value"
)
_READ = text("SELECT value FROM meta WHERE key = :key")


def of(connection: Connection) -> str | None:
    """Return the version that a transaction sees; null: nothing was written yet."""
    word = connection.execute(_READ, {"key": KEY}).scalar()
    return None if word is None else str(word)


def move(connection: Connection) -> None:
    """Draw a new word, in the transaction that changes something."""
    if not inspect(connection).has_table("meta"):
        return  # a database that is no register yet
    connection.execute(_MOVE, {"key": KEY, "word": secrets.token_hex(12)})
