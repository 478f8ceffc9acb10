"""Links to the declaration page, forms that are sent once, and codes that people keep.

A link's token is random and kept as its hash; whoever has it reaches the page of one organisation
and learns its name, nothing else. A form carries a signature with its day and hour, so a replayed
or old one is told from a fresh one.
"""

import hmac
import secrets
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import Connection, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from liangxin import audit, divisions, party, privacy, tokens
from liangxin.access import Actor, Permission
from liangxin.errors import Busy, Gone, Misuse, NotFound
from liangxin.membership import State
from liangxin.privacy import Keys
from liangxin.schema import DeclarationLink, Membership, Organisation, UsedForm

#: A link opens the page for so many days, unless told otherwise.
LINK_DAYS, MOST_DAYS = 90, 366
#: A form that was opened is sent within this, or opened again.
FORM_MINUTES = 60
#: Letters of a code: no 0, O, 1, I, L, so that it can be written down and read out.
LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
GROUPS, GROUP = 5, 4


@dataclass(frozen=True, slots=True)
class Place:
    """Where a link leads."""

    organisation_id: int
    uscc: str
    name: str
    subdistrict_code: str | None
    subdistrict: str | None
    expires_on: date


def make(
    connection: Connection,
    actor: Actor,
    code: str,
    *,
    days: int = LINK_DAYS,
    today: date,
    now: datetime,
) -> str:
    """Make a link for an organisation and return its token: it is shown this once.

    Raises:
        NotPermitted: the role may not.
        NotFound: no such organisation in the actor's sub-districts.
        Misuse: it would open for no day, or for longer than a year.
    """
    actor.require(Permission.MEMBERSHIP_RECORD)
    if not 1 <= days <= MOST_DAYS:
        raise Misuse(
            f"有效期须为 1 到 {MOST_DAYS} 天，给出的是 {days} 天。",
            f"a link holds for 1 to {MOST_DAYS} days, not {days}.",
        )
    organisation_id = placed(connection, actor, code)
    token = secrets.token_urlsafe(24)
    connection.execute(
        insert(DeclarationLink).values(
            organisation_id=organisation_id,
            token_hash=tokens.hash_of(token),
            from_on=today,
            expires_on=today + timedelta(days=days),
            by=actor.name,
            learned_at=now,
        )
    )
    audit.by_actor(connection, actor, "link.made", code, now=now)
    return token


def revoke(connection: Connection, actor: Actor, code: str, *, today: date, now: datetime) -> int:
    """Let all links of an organisation open nothing any more; return how many did.

    Raises:
        NotPermitted, NotFound: as ``make``.
    """
    actor.require(Permission.MEMBERSHIP_RECORD)
    held = (
        (DeclarationLink.organisation_id == organisation_of(connection, actor, code))
        & DeclarationLink.revoked_on.is_(None)
        & (DeclarationLink.expires_on > today)
    )
    ended = update(DeclarationLink).where(held).values(revoked_on=today)
    count = connection.execute(ended).rowcount
    audit.by_actor(connection, actor, "link.revoked", code, now=now)
    return count


def open_of(
    connection: Connection, actor: Actor, code: str, *, today: date
) -> tuple[int, date | None]:
    """Return how many links of an organisation open its page, and the day from which none does.

    Raises:
        NotPermitted, NotFound: as ``make``.
    """
    actor.require(Permission.MEMBERSHIP_RECORD)
    query = select(func.count(), func.max(DeclarationLink.expires_on)).where(
        DeclarationLink.organisation_id == organisation_of(connection, actor, code),
        DeclarationLink.revoked_on.is_(None),
        DeclarationLink.expires_on > today,
    )
    number, until = connection.execute(query).one()
    return int(number), until


def place_of(connection: Connection, token: str, *, today: date) -> Place:
    """Return where a link leads.

    Raises:
        NotFound: it leads nowhere.
        Gone: it ran out or was replaced.
    """
    query = (
        select(DeclarationLink.__table__, Organisation.uscc, Organisation.name)
        .join(Organisation, Organisation.id == DeclarationLink.organisation_id)
        .where(DeclarationLink.token_hash == tokens.hash_of(token))
    )
    row = connection.execute(query).first()
    if row is None:
        raise NotFound(
            "此链接无效。请扫描单位张贴的二维码，或向综合党委索取新的链接。",
            "this link leads nowhere; scan the code that is posted at your workplace, or ask the "
            "committee for a new one.",
        )
    if row.revoked_on is not None or row.expires_on <= today:
        raise Gone(
            "此二维码已过期或已更换。请向综合党委索取新的二维码。",
            "this code has expired or was replaced; ask the committee for a new one.",
        )
    tracked = party.tracked_in(connection, [row.organisation_id])[row.organisation_id]
    names = {} if tracked is None else divisions.names(connection, {tracked}, on=today)
    named = names.get(tracked or "")
    return Place(row.organisation_id, row.uscc, row.name, tracked, named, row.expires_on)


def require_room(connection: Connection, organisation_id: int, most: int) -> None:
    """Return if not too many declarations wait at an organisation.

    Raises:
        Busy: they do; somebody plays a joke, or the committee has not looked.
    """
    query = select(func.count()).where(
        Membership.organisation_id == organisation_id, Membership.state == State.DECLARED
    )
    if connection.execute(query).scalar_one() >= most:
        raise Busy(
            "该单位待核实的申报过多，暂不能提交。请直接联系综合党委。",
            "too many declarations of this organisation wait to be confirmed; please turn to the "
            "committee itself.",
        )


def new_form(keys: Keys, token: str, *, now: datetime) -> str:
    """Return the number of a fresh form for a link, with the moment and a signature."""
    body = f"{secrets.token_urlsafe(12)}.{int(now.timestamp())}"
    return f"{body}.{_signature(keys, token, body)}"


def use_form(connection: Connection, keys: Keys, token: str, form: str, *, now: datetime) -> None:
    """Use a form up.

    Raises:
        Misuse: it is none of ours or of another link, it ran out, or it was sent in before.
    """
    body, _, signature = form.rpartition(".")
    if not hmac.compare_digest(_signature(keys, token, body).encode(), signature.encode()):
        raise Misuse(
            "表单无效，没有提交任何内容。请重新扫码打开页面填写。",
            "this form is none of ours; nothing was sent. Scan the code again.",
        )
    made = datetime.fromtimestamp(int(body.rpartition(".")[2]), UTC)
    until = made + timedelta(minutes=FORM_MINUTES)
    if now > until:
        raise Misuse(
            "页面打开时间过长，为保护您的信息已失效，没有提交任何内容。请重新扫码填写。",
            "this page was open for too long and ran out; nothing was sent. Scan the code again.",
        )
    try:
        with connection.begin_nested():
            connection.execute(
                insert(UsedForm).values(form_hash=tokens.hash_of(form), until_at=until)
            )
    except IntegrityError as error:
        raise Misuse(
            "这份表单已经提交过，没有重复记录。如需再次填写请重新扫码。",
            "this form was sent in before and was not recorded twice; scan the code again to fill in "
            "another.",
        ) from error


def new_code() -> str:
    """Return a person's code: five groups of four letters."""
    letters = [secrets.choice(LETTERS) for _ in range(GROUPS * GROUP)]
    return "-".join("".join(letters[n : n + GROUP]) for n in range(0, len(letters), GROUP))


def plain_code(code: str) -> str:
    """Return a code as it was given, whatever came of it in typing."""
    letters = "".join(each for each in code.upper() if each in LETTERS)[: GROUPS * GROUP]
    return "-".join(letters[n : n + GROUP] for n in range(0, len(letters), GROUP))


def receipt(code: str) -> str:
    """The first letters of a code, which may be said aloud: they open nothing."""
    return code[:GROUP]


def _signature(keys: Keys, token: str, body: str) -> str:
    return privacy.sign(keys, f"form\n{tokens.hash_of(token)}\n{body}")


def placed(connection: Connection, actor: Actor, code: str) -> int:
    """Return the id of an organisation that some committee looks after.

    Raises:
        NotFound: there is none in the actor's sub-districts.
        Misuse: nobody knows in which sub-district it is, so nobody would answer who declares.
    """
    number = organisation_of(connection, actor, code)
    if party.tracked_in(connection, [number])[number] is None:
        raise Misuse(
            f"{code} 还没有确定所在街道，申报将无人受理。请先摸排确定经营地所在街道。",
            f"nobody knows in which sub-district {code} is, and no committee would answer who declares; "
            "find out where it operates first.",
        )
    return number


def organisation_of(connection: Connection, actor: Actor, code: str) -> int:
    """Return an organisation's id, by its code (USCC).

    Raises:
        NotFound: there is none in the actor's sub-districts.
    """
    query = select(Organisation.id).where(Organisation.uscc == code.strip().upper())
    number = connection.execute(query).scalar()
    tracked = {} if number is None else party.tracked_in(connection, [number])
    if number is None or (
        actor.subdistricts is not None and tracked[number] not in actor.subdistricts
    ):
        raise NotFound(
            f"没有 {code} 这家组织。请核对统一社会信用代码。",
            f"there is no organisation {code}; check its code.",
        )
    return number
