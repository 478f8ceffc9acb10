"""Who may do what; written out here a second time, on purpose."""

import dataclasses

import pytest

from liangxin.access import LOCAL, ROLE_PERMISSIONS, Actor, Permission, Role
from liangxin.errors import NotPermitted

ALLOWED = {
    ("economic_office", "rate:view"),
    ("economic_office", "organisation:list"),
    ("economic_office", "task:list"),
    ("economic_office", "task:answer"),
    ("committee", "rate:view"),
    ("committee", "organisation:list"),
    ("committee", "member:count"),
    ("committee", "readiness:record"),
    ("committee", "task:list"),
    ("committee", "task:answer"),
    ("district_office", "rate:view"),
    ("district_office", "organisation:list"),
    ("district_office", "readiness:record"),
    ("district_office", "person:view"),
    ("committee", "person:view"),
    ("committee", "roster:load"),
    ("district_office", "roster:load"),
    ("economic_office", "roster:load"),
    ("committee", "membership:record"),
    ("committee", "instructor:record"),
    ("committee", "place:record"),
    ("district_office", "place:record"),
    ("committee", "plan:make"),
    ("committee", "plan:decide"),
    ("district_office", "instructor:record"),
    ("district_office", "plan:make"),
    ("district_office", "plan:decide"),
    ("district_office", "task:list"),
    ("district_office", "task:answer"),
    ("sysadmin", "account:manage"),
    ("secadmin", "role:grant"),
    ("auditor", "log:view"),
    ("leader", "rate:view"),
    ("leader", "list:view"),
    ("economic_office", "list:view"),
    ("committee", "list:view"),
    ("district_office", "list:view"),
    ("community", "list:view"),
    ("leader", "task:list"),
    ("community", "rate:view"),
    ("community", "organisation:list"),
    ("community", "task:list"),
    ("community", "task:answer"),
    ("economic_office", "file:load"),
    ("economic_office", "run:view"),
    ("economic_office", "run:undo"),
    ("economic_office", "screening:record"),
    ("economic_office", "location:decide"),
    ("district_office", "file:load"),
    ("district_office", "run:view"),
    ("district_office", "run:undo"),
    ("district_office", "screening:record"),
    ("district_office", "location:decide"),
    ("economic_office", "sighting:report"),
    ("community", "sighting:report"),
    ("district_office", "source:view"),
    ("district_office", "source:sync"),
    ("district_office", "package:exchange"),
    ("economic_office", "bulletin:view"),
    ("committee", "bulletin:view"),
    ("district_office", "bulletin:view"),
    ("leader", "bulletin:view"),
    ("committee", "bulletin:make"),
    ("district_office", "bulletin:make"),
}


@pytest.mark.parametrize("permission", Permission)
@pytest.mark.parametrize("role", Role)
def test_a_role_may_do_what_the_table_says_and_nothing_else(
    role: Role, permission: Permission
) -> None:
    actor = Actor(name="someone", role=role)
    if (role.value, permission.value) in ALLOWED:
        actor.require(permission)
        return
    with pytest.raises(NotPermitted, match=permission) as refused:
        actor.require(permission)
    assert role in refused.value.zh
    assert role in refused.value.en


def test_every_role_is_in_the_table() -> None:
    assert set(ROLE_PERMISSIONS) == set(Role)


def test_administrators_hold_a_third_each_and_nothing_of_an_office() -> None:
    administrators = (Role.SYSADMIN, Role.SECADMIN, Role.AUDITOR)
    held = [permission for role in administrators for permission in ROLE_PERMISSIONS[role]]
    assert sorted(held) == ["account:manage", "log:view", "role:grant"]
    offices = set(Role) - set(administrators)
    assert not any(set(held) & ROLE_PERMISSIONS[role] for role in offices)


def test_a_permission_is_a_thing_and_a_verb() -> None:
    assert all(len(permission.split(":")) == 2 for permission in Permission)


def test_an_actor_cannot_give_itself_another_role() -> None:
    leader = Actor(name="leader", role=Role.LEADER)
    with pytest.raises(dataclasses.FrozenInstanceError):
        leader.role = Role.DISTRICT_OFFICE  # type: ignore[misc]


def test_the_local_visitor_sees_the_whole_district() -> None:
    LOCAL.require(Permission.RATE_VIEW)
    LOCAL.require(Permission.ORGANISATION_LIST)
    assert LOCAL.subdistricts is None
