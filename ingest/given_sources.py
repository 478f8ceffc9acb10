"""Sources given on the command line by the path of their file: what their runs need later is kept.

A run may be read again at any time (``ingest.replay``), and asks then for its source by name. So the
file is copied into the data folder (``sources.KEPT``) before the first run, and each file that is
given later under its name takes its place, as an edited one in a folder of the operator's does.
"""

import os
import tempfile
from pathlib import Path

from ingest import sources
from ingest.sources import Source
from liangxin.errors import Misuse, UnknownSource
from liangxin.settings import Settings


def load(name: str, settings: Settings) -> Source:
    """Return the source of a name or a path; of a path only if its name is nobody else's.

    Raises:
        UnknownSource: there is none, or its file is wrong.
        Misuse: another source goes by the name of the file.
    """
    source = sources.load(name, settings)
    if not _is_path(name):
        return source
    if _is_path(source.name):
        raise Misuse(
            f"数据源文件 {name} 的名称“{source.name}”不能作数据源的名称。请给文件另取名称，如 my_list.toml。",
            f"the source file {name} would make {source.name!r} the name of a source; give it another, like "
            "my_list.toml.",
        )
    try:
        other = sources.load(source.name, settings, kept=False)
    except UnknownSource:
        # None, or one that is wrong already.
        if source.name not in sources.names(settings):
            return source
        raise
    if other != source:
        raise Misuse(
            f"数据源文件 {name} 与已有的数据源“{source.name}”同名而内容不同，没有写入任何内容：以后重读该文件时会"
            "按后者读取。请给文件另取名称，或放入 LIANGXIN_SOURCES 所指的文件夹以取代它。",
            f"the source file {name} has the name of another source, {source.name!r}, and says otherwise; "
            "nothing was written, for its files would later be read as that one's. Give it another name, "
            "or put it into a folder of LIANGXIN_SOURCES to take the other's place.",
        )
    return source


def keep(name: str, settings: Settings) -> None:
    """Copy the file of a source that was given by its path to where its runs find it.

    Raises:
        Misuse: it cannot be written.
    """
    if not _is_path(name) or Path(name).stem in sources.names(settings):
        return
    folder, given = settings.home / sources.KEPT, Path(name)
    try:
        content = given.read_bytes()
        target = folder / given.name
        if target.is_file() and target.read_bytes() == content:
            return
        folder.mkdir(parents=True, exist_ok=True)
        handle, part = tempfile.mkstemp(dir=folder, suffix=".part")
        with os.fdopen(handle, "wb") as out:
            out.write(content)
            out.flush()
            os.fsync(handle)
        Path(part).replace(target)
    except OSError as error:
        raise Misuse(
            f"数据源文件 {name} 无法存入 {folder}（{error.strerror}），没有写入任何内容。请检查磁盘和权限。",
            f"the source file {name} cannot be kept in {folder} ({error.strerror}); nothing was written. "
            "Check the disk and its permissions.",
        ) from error


def _is_path(name: str) -> bool:
    return name.endswith(".toml")
