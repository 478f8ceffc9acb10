"""States of one organisation follow each other without overlap, however findings arrive."""

from datetime import date, timedelta
from itertools import count, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liangxin.timeline import Fitted, Held, fit

JANUARY, MARCH, JUNE = date(2022, 1, 31), date(2022, 3, 31), date(2022, 6, 30)
OPERATING = Held(1, "operating", MARCH, None)


@pytest.mark.parametrize(
    ("known", "state", "day", "history", "fitted"),
    [
        pytest.param([], "shell", MARCH, False, Fitted("new"), id="the first finding"),
        pytest.param([OPERATING], "operating", JUNE, False, Fitted("unchanged"), id="the same"),
        pytest.param(
            [OPERATING],
            "shell",
            JUNE,
            False,
            Fitted("changed", OPERATING, JUNE, None),
            id="another, later",
        ),
        pytest.param(
            [OPERATING],
            "shell",
            MARCH,
            False,
            Fitted("changed", OPERATING, None, None),
            id="another on the same day corrects",
        ),
        pytest.param([OPERATING], "shell", JANUARY, False, Fitted("earlier"), id="too old"),
        pytest.param(
            [OPERATING],
            "shell",
            JANUARY,
            True,
            Fitted("changed", to_on=MARCH),
            id="old, as history, ends where the next begins",
        ),
        pytest.param(
            [Held(1, "shell", JANUARY, MARCH)],
            "operating",
            JUNE,
            False,
            Fitted("changed"),
            id="after a gap nothing is shortened",
        ),
    ],
)
def test_a_finding_is_fitted_in(
    known: list[Held], state: str, day: date, history: bool, fitted: Fitted
) -> None:
    assert fit(known, state, day, history=history) == fitted


FINDINGS = st.lists(
    st.tuples(st.sampled_from(["operating", "shell", "moved"]), st.integers(0, 9), st.booleans()),
    max_size=12,
)


@given(FINDINGS)
def test_states_never_overlap_and_the_same_finding_again_changes_nothing(
    findings: list[tuple[str, int, bool]],
) -> None:
    ids, known = count(1), []
    for state, days, history in findings:
        day = MARCH + timedelta(days=days)
        fitted = fit(known, state, day, history=history)
        if fitted.outcome in {"unchanged", "earlier"}:
            continue
        known = [each for each in known if each is not fitted.corrected]
        if fitted.corrected is not None and fitted.shortened_to is not None:
            before = fitted.corrected
            known.append(Held(next(ids), before.state, before.from_on, fitted.shortened_to))
        known.append(Held(next(ids), state, day, fitted.to_on))
        again = fit(known, state, day, history=history)
        assert again.outcome == "unchanged"
        along = sorted(known, key=lambda each: each.from_on)
        assert all(a.to_on is not None and a.to_on <= b.from_on for a, b in pairwise(along))
        assert all(each.to_on is None or each.to_on > each.from_on for each in along)
