"""One file a page: ``PATH``, ``PERMISSION``, ``layout()`` and ``register(app)``."""
