"""What a source said before is found by fingerprint, in whatever order it is sent."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ingest.known import Known

HASH = st.integers(1, 9) | st.integers(2**63 - 2, 2**64 - 1)


def known(hashes: dict[int, int]) -> Known:
    """Organisation -> fingerprint."""
    return Known(
        np.array(list(hashes.values()), dtype=np.uint64).view(np.int64),
        np.array(list(hashes), dtype=np.int64),
        np.zeros(len(hashes), dtype=np.int64),
    )


@given(
    st.lists(HASH, unique=True, max_size=12),
    st.sets(st.integers(0, 11)),
    st.randoms(use_true_random=False),
    st.lists(st.lists(HASH, max_size=6), max_size=4),
)
def test_each_fingerprint_is_found_whatever_came_before(
    hashes: list[int], forgotten: set[int], chance: object, asked: list[list[int]]
) -> None:
    """The first question is for all of them in order: what is found next is not what comes next."""
    held = {3 * n: 0 if n in forgotten else each for n, each in enumerate(hashes)}
    model = {each: organisation for organisation, each in held.items() if each}
    shuffled = list(held.items())
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    found = known(dict(shuffled))
    for some in (hashes[: len(hashes) // 2], hashes[len(hashes) // 2 :], *asked, hashes):
        entries = found.find(np.array(some, dtype=np.uint64))
        organisations = [int(found.organisations[n]) if n >= 0 else None for n in entries]
        assert organisations == [model.get(each) for each in some]


def test_who_was_met_and_who_was_not() -> None:
    some = known({5: 50, 3: 30, 4: 0})
    some.meet(some.find(np.array([30], dtype=np.uint64)))
    some.meet_organisations([4, 99])
    assert (some.met().tolist(), some.unmet().tolist()) == ([3, 4], [5])
