"""For a WSGI server: ``gunicorn dashboard.wsgi:application``. Behind it, as everywhere, only
visitors of this machine are let in until accounts exist.
"""

from datetime import UTC, datetime

from sqlalchemy import Engine

from dashboard.app import create_app
from liangxin import db, migrate, waste
from liangxin.errors import DatabaseUnavailable
from liangxin.settings import Settings


def _engine(settings: Settings) -> Engine:
    """The register, brought to this version; if it is down, pages say so until it is back."""
    try:
        return migrate.open_register(settings, now=datetime.now(UTC))
    except DatabaseUnavailable:
        return db.make_engine(settings)


_settings = Settings()
application = create_app(_settings, _engine(_settings), clock=lambda: datetime.now(UTC)).server
waste.seldom()
waste.not_here()
