"""What the words of a ledger say of a Party organisation: its mode, its level, its name. Pure."""

import polars as pl

from liangxin.wording import plain

#: How a ledger says it was formed -> how it covers; a grid's branch joins a region.
MODES = {
    "alone": "alone",
    "joint": "joint",
    "grid": "joint",
    "attached": "attached",
    "in_members": "alone",
    "in_council": "alone",
    "with_supervisor": "joint",
}
_LEVEL_WORDS = {
    "committee": "党委",
    "general_branch": "党总支",
    "branch": "党支部",
    "joint_branch": "联合党支部",
}
_NAMES = ("name", "party_name", "superior", "instructor_name")


def with_keys(frame: pl.DataFrame) -> pl.DataFrame:
    """Add ``<column>_key`` to columns of names: what two ways to write one name have in common."""
    return frame.with_columns(
        plain(pl.col(name).cast(pl.String)).alias(f"{name}_key")
        for name in _NAMES
        if name in frame.columns
    )


def mode_of(form: str | None, level: str | None, *, shared: bool, known: str | None) -> str:
    """Return how an organisation is covered.

    Args:
        form: how the ledger says it was formed.
        level: of which level.
        shared: several rows of the ledger name the same Party organisation.
        known: how the register says it was formed.
    """
    if form in MODES:
        return MODES[form]
    if level == "joint_branch":
        return "joint"
    return known or ("joint" if shared else "alone")


def level_of_name(name: str) -> str | None:
    """Return the level that a Party organisation's name tells; 支部委员会 is a branch."""
    if "总支" in name:
        return "general_branch"
    if "支部" in name:
        return "joint_branch" if "联合" in name else "branch"
    return "committee" if name.endswith(("党委", "委员会", "综合党委")) else None


def default_name(organisation: str, mode: str, level: str | None) -> str:
    """Return the name of a Party organisation where the form has no column for it."""
    if mode == "alone":
        return f"{organisation}{_LEVEL_WORDS.get(level or '', '党支部')}"
    return f"{organisation}所在{'联合党支部' if mode == 'joint' else '党组织'}"
