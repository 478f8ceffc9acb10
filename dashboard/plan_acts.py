"""What the buttons of a plan's page do: each a function of the domain and the sentence it earns."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from dashboard import form_fields
from dashboard.site import Site
from dashboard.text import both
from liangxin.errors import Misuse
from liangxin.plans import asking, deciding, editing
from liangxin.plans.editing import Desk
from liangxin.plans.kept import Made
from liangxin.plans.making import Wish


@dataclass(slots=True)
class Pressed:
    """A button with what stood in the fields; ``asked`` is a plan to be made once this is written."""

    site: Site
    desk: Desk
    fields: Mapping[str, Any]
    asked: int | None = None

    def does(self, do: str, connection: Connection) -> str:
        """Do it, and return what to tell.

        Raises:
            LiangxinError: it cannot be done; nothing was.
        """
        work = ACTS.get(do)
        if work is None:
            raise Misuse(*both("error.bad_request"))
        return work(self, connection)

    def number(self, name: str, missing: str) -> int:
        """Return a number that was chosen.

        Raises:
            Misuse: none was.
        """
        if self.fields.get(name) in (None, ""):
            raise Misuse(*both(missing))
        return form_fields.number(self.fields, name)


def _approve(pressed: Pressed, connection: Connection) -> str:
    desk = pressed.desk
    editing.require_same(connection, desk)
    deciding.approve(
        connection,
        desk.actor,
        desk.rules,
        desk.number,
        by=desk.actor.name,
        on=desk.today,
        now=desk.now,
    )
    return pressed.site.say("plan.told.approved", number=desk.number)


def _apply(pressed: Pressed, connection: Connection) -> str:
    desk, fields = pressed.desk, pressed.fields
    on = form_fields.day(fields, "on", desk.today)
    editing.require_same(connection, desk)
    done = deciding.apply(
        connection,
        desk.actor,
        desk.rules,
        desk.number,
        on=on,
        approval=form_fields.text(fields, "approval") or None,
        now=desk.now,
    )
    say = pressed.site.say
    told = say(
        "plan.told.applied",
        number=desk.number,
        on=on,
        begun=done.begun,
        ended=done.ended,
        renewed=done.renewed,
        unchanged=done.unchanged,
        formed=done.formed,
    )
    return " ".join([told, *(say.pair((each.zh, each.en)) for each in done.warnings)])


def _drop(pressed: Pressed, connection: Connection) -> str:
    desk = pressed.desk
    if pressed.fields.get("sure") is not True:
        raise Misuse(*both("plan.told.not_sure"))
    editing.require_same(connection, desk)
    deciding.drop(
        connection, desk.actor, desk.number, by=desk.actor.name, on=desk.today, now=desk.now
    )
    return pressed.site.say("plan.told.dropped", number=desk.number)


def _pair(pressed: Pressed, connection: Connection) -> str:
    fields, say = pressed.fields, pressed.site.say
    code = form_fields.code(fields, "organisation")
    who = pressed.number("instructor", "form.no_instructor")
    says = form_fields.text(fields, "says")
    if says not in {"must", "never"}:
        raise Misuse(*both("error.bad_request"))
    gone = editing.lock_pair(connection, pressed.desk, says, code, who)
    return _locked(say("plan.told.locked"), gone, pressed)


def _move(pressed: Pressed, connection: Connection) -> str:
    fields, say = pressed.fields, pressed.site.say
    code = form_fields.code(fields, "organisation")
    alone = fields.get("target") == "alone"
    group = None if alone else pressed.number("target", "form.no_group")
    gone = editing.move_unit(connection, pressed.desk, code, group)
    return _locked(say("plan.told.locked"), gone, pressed)


def _lock_group(pressed: Pressed, connection: Connection) -> str:
    group = pressed.number("group", "form.no_group")
    number = editing.lock_group(connection, pressed.desk, group)
    return pressed.site.say("plan.told.group_locked", group=group, number=number)


def _unlock(pressed: Pressed, connection: Connection) -> str:
    lock = pressed.number("lock", "form.no_lock")
    gone = editing.unlock(connection, pressed.desk, lock)
    say = pressed.site.say
    return say("plan.told.unlocked", lock=say("plans.and").join(map(str, gone)))


def _again(pressed: Pressed, connection: Connection) -> str:
    desk = pressed.desk
    editing.require_same(connection, desk)
    wish = Wish(seconds=form_fields.number(pressed.fields, "seconds"))
    made = Made(desk.today, desk.actor.name, desk.now, after=desk.number)
    pressed.asked = asking.ask(connection, desk.actor, "", "", wish, made)
    return pressed.site.say("plan.told.again", number=desk.number)


def _locked(told: str, gone: list[int], pressed: Pressed) -> str:
    if not gone:
        return told
    say = pressed.site.say
    return f"{told} {say('plan.told.replaced', locks=say('plans.and').join(map(str, gone)))}"


ACTS: Mapping[str, Callable[[Pressed, Connection], str]] = {
    "approve": _approve,
    "apply": _apply,
    "drop": _drop,
    "pair": _pair,
    "move": _move,
    "lock_group": _lock_group,
    "unlock": _unlock,
    "again": _again,
}
