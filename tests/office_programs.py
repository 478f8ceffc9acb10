"""LibreOffice as one more reader of what we write, where it is; nothing depends on it alone."""

import csv
import shutil
import subprocess
from pathlib import Path

PROGRAM = shutil.which("soffice") or shutil.which("libreoffice")
#: How LibreOffice is asked for the words of a file, and in what it tells them.
KINDS = {
    ".docx": ("txt:Text (encoded):UTF8", ".txt"),
    ".xlsx": (
        "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,-1",
        ".csv",
    ),
}


def words(file: Path) -> str:
    """Return all that a file says to whoever opens it in LibreOffice; every sheet of a workbook."""
    assert PROGRAM is not None
    out, (kind, ending) = file.parent / f"opened{file.suffix}", KINDS[file.suffix]
    home = f"-env:UserInstallation={(file.parent / 'profile').as_uri()}"
    command = [PROGRAM, home, "--headless", "--convert-to", kind, "--outdir", str(out), str(file)]
    subprocess.run(command, check=True, capture_output=True, timeout=180)
    return "\n".join(
        each.read_text(encoding="utf-8-sig") for each in sorted(out.glob(f"*{ending}"))
    )


def rows(text: str) -> list[list[str]]:
    """Return the rows of what a workbook said."""
    return list(csv.reader(text.splitlines()))
