"""Addresses: made absolute as a request for them would show them, and numbered."""

from urllib.parse import parse_qsl, urldefrag, urlencode, urljoin, urlsplit

from w3lib.url import safe_url_string

from liangxin.errors import UnreadableFile


def absolute(base: str, link: str, encoding: str) -> str:
    """Return a link as the one address a request for it would show.

    Raises:
        UnreadableFile: it is no address.
    """
    try:
        return safe_url_string(urldefrag(urljoin(base, link.strip())).url, encoding=encoding)
    except ValueError as error:
        raise UnreadableFile(
            f"链接的地址“{link[:100]}”无效。",
            f"the address {link[:100]!r} that a link leads to is not one.",
        ) from error


def query_of(url: str) -> list[tuple[str, str]]:
    """Return the parameters of an address, each byte a character."""
    # Latin-1 maps every byte to itself, so that a query in GB18030 survives.
    return parse_qsl(urlsplit(url).query, keep_blank_values=True, encoding="latin-1")


def numbered(url: str, parameter: str, page: int | str) -> str:
    """Return an address with its page number set; its other parameters stay as they are."""
    safe = safe_url_string(url)
    others = [(name, value) for name, value in query_of(safe) if name != parameter]
    query = urlencode([*others, (parameter, str(page))], encoding="latin-1")
    return urlsplit(safe)._replace(query=query, fragment="").geturl()
