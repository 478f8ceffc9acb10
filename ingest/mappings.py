"""Which header of a sender is which of our fields, as a person confirmed it, kept per source.

A header that is only *like* one of the known names is a proposal. `check`, which writes nothing,
goes on with it and says so; `load` wants it confirmed once (``--mapping``) and remembers.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from ingest import headers
from ingest.sources import Source
from liangxin.errors import Misuse
from liangxin.settings import Settings

#: `--mapping yes`: all proposals are right.
ALL = "yes"


def remembered(settings: Settings, source: Source) -> dict[str, list[str]]:
    """Return our field -> headers: what was confirmed for a source, then what its file says."""
    confirmed = _read(_file(settings, source.name))
    fields = confirmed.keys() | source.columns.keys()
    return {
        field: [*confirmed.get(field, []), *source.columns.get(field, [])]
        for field in sorted(fields)
    }


def remember(settings: Settings, source: Source, columns: Mapping[str, str]) -> None:
    """Keep confirmed headers for the next file of this source."""
    if not columns:
        return
    file = _file(settings, source.name)
    confirmed = _read(file)
    for field, header in columns.items():
        confirmed[field] = [header, *(old for old in confirmed.get(field, []) if old != header)]
    file.parent.mkdir(parents=True, exist_ok=True)
    partial = file.with_suffix(".part")
    partial.write_text(json.dumps(confirmed, ensure_ascii=False, indent=1), encoding="utf-8")
    partial.replace(file)


def parse(given: Sequence[str], vocabulary: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Read ``HEADER=FIELD`` as given on the command line; a field by our name or any of its own.

    Raises:
        Misuse: it is not of this form, or there is no such field.
    """
    named = {headers.plain(name): field for field in vocabulary for name in vocabulary[field]}
    named |= {field: field for field in vocabulary}
    found = {}
    for each in given:
        header, equals, field = each.rpartition("=")
        if each == ALL:
            continue
        if not equals or headers.plain(field) not in named:
            known = "、".join(f"{field}（{names[0]}）" for field, names in vocabulary.items())
            raise Misuse(
                f"--mapping 的“{each}”应写成 文件列名=字段，字段为：{known}；全部确认写 yes。",
                f"--mapping {each!r} should read HEADER=FIELD with one of the fields "
                f"{', '.join(vocabulary)}; or yes to confirm all proposals.",
            )
        found[named[headers.plain(field)]] = header
    return found


def require_confirmed(close: Mapping[str, str], given: Sequence[str], file: str) -> None:
    """Return if no proposal is left that a person should look at.

    Raises:
        Misuse: names each proposal and how to confirm it.
    """
    if not close or ALL in given:
        return
    proposals = "、".join(f"“{header}”→{field}" for field, header in close.items())
    options = " ".join(f'--mapping "{header}={field}"' for field, header in close.items())
    raise Misuse(
        f"文件 {file} 有列名与已知列名相近但不相同：{proposals}。确认无误请加 {options}"
        "（或 --mapping yes），以后同一数据源不再询问。",
        f"headers of {file} are like known ones but not the same: {proposals}; to confirm them add "
        f"{options} (or --mapping yes). The source remembers.",
    )


def _file(settings: Settings, source: str) -> Path:
    return settings.home / "mappings" / f"{source}.json"


def _read(file: Path) -> dict[str, list[str]]:
    if not file.is_file():
        return {}
    try:
        read = json.loads(file.read_text(encoding="utf-8"))
        return {str(field): [str(name) for name in names] for field, names in read.items()}
    except (ValueError, AttributeError, TypeError) as error:
        raise Misuse(
            f"已确认的列名文件 {file} 有误（{error}）。请更正或删除它。",
            f"the file of confirmed headers {file} is wrong ({error}); mend or delete it.",
        ) from error
