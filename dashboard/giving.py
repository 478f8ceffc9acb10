"""Files that an address gives, under a name of ours or of an organisation's."""

from urllib.parse import quote

from flask import Response

from liangxin.handed import files

#: The content type of a workbook.
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def attachment(data: bytes | str, name: str, kind: str) -> Response:
    """Return a file as an answer.

    Args:
        data: its content.
        name: what it is saved as.
        kind: its content type.
    """
    response = Response(data, content_type=kind)
    plain = files.safe_name(name)
    response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(plain)}"
    return response
