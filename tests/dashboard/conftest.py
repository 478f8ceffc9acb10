"""A district behind the app, for the tests of the pages."""

from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient
from pages import DISTRICT, clock, insert_district
from sqlalchemy import Engine

from dashboard.app import create_app
from dashboard.site import Site
from liangxin import db
from liangxin.settings import Settings


@pytest.fixture
def district(sqlite_settings: Settings, sqlite_engine: Engine) -> Site:
    with db.writing(sqlite_engine) as connection:
        insert_district(connection)
    return Site(sqlite_settings.model_copy(update={"district": DISTRICT}), sqlite_engine, clock)


@pytest.fixture
def client(district: Site) -> Iterator[FlaskClient]:
    app = create_app(district.settings, district.engine, clock=clock)
    with app.server.test_client() as client:
        yield client
