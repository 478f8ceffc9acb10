"""Writes docs/data-dictionary.md from the schema; a test holds the two together.

python docs/data_dictionary.py
"""

from pathlib import Path

from sqlalchemy.dialects import postgresql

from liangxin.schema import Base

PAGE = Path(__file__).with_name("data-dictionary.md")


def text() -> str:
    """The page: a table a table, in the order the schema tells them."""
    lines = ["# Data dictionary", "", "Made from `coverage/liangxin/schema`; do not edit.", ""]
    classes = {mapper.local_table.name: mapper.class_ for mapper in Base.registry.mappers}
    for table in Base.metadata.tables.values():
        purpose = (classes[table.name].__doc__ or "").splitlines()[0]
        lines += [f"## {table.name}", "", purpose, ""]
        lines += ["| column | type | null | refers to | meaning |", "|---|---|---|---|---|"]
        for column in table.columns:
            refers = ", ".join(sorted(key.target_fullname for key in column.foreign_keys))
            kind = column.type.compile(postgresql.dialect())
            null = "yes" if column.nullable else ""
            name = f"**{column.name}**" if column.primary_key else column.name
            lines.append(f"| {name} | {kind} | {null} | {refers} | {column.comment or ''} |")
        lines.append("")
    return "\n".join(lines)


if __name__ == "__main__":
    PAGE.write_text(text(), encoding="utf-8")
