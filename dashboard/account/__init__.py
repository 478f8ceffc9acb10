"""Signing in and out, passwords and second factors: plain HTML from the server, without a script."""

ROOT = "/account"
SIGN_IN = f"{ROOT}/sign-in"
FACTOR = f"{ROOT}/code"
ME = f"{ROOT}/me"
PASSWORD = f"{ROOT}/password"
LINK = f"{ROOT}/link"
COOKIE = "liangxin_session"
#: Where administrators begin; everybody else at the overview.
HOMES = {"sysadmin": "/admin/accounts", "secadmin": "/admin/roles", "auditor": "/admin/log"}


def is_here(path: str) -> bool:
    """Tell whether a path belongs to these pages."""
    return path == ROOT or path.startswith(f"{ROOT}/")
