"""How often one address may send something: exact, in little memory, and forgotten in time."""

import pytest

from dashboard.declare.quotas import SWEEP_FROM, Gate, Quotas, Refusal, network


def held(gate: Gate) -> int:
    """How many moments are remembered, of all addresses."""
    return sum(map(len, gate._storage.events.values()))


def test_of_ten_thousand_from_one_address_twenty_are_admitted() -> None:
    gate = Gate(Quotas())
    told = [gate.admit("declaring", "192.0.2.7") for _ in range(10_000)]
    assert told[:20] == [None] * 20
    assert all(told[20:])
    assert all(0 < each.seconds <= 600 for each in told[20:] if each)
    assert held(gate) == 60  # twenty in each of three windows


def test_ten_thousand_addresses_are_refused_together_and_remembered_within_bounds() -> None:
    gate = Gate(Quotas(everybody="50/day"))
    told = [gate.admit("declaring", f"10.0.{n // 256}.{n % 256}") for n in range(10_000)]
    assert sum(each is None for each in told) == 50
    assert held(gate) == 150
    assert gate.admit("own", "10.0.0.1") is None  # the other kind has its own allowance


def test_each_address_has_its_own_allowance() -> None:
    gate = Gate(Quotas(declaring="1/day"))
    assert gate.admit("declaring", "192.0.2.7") is None
    assert isinstance(gate.admit("declaring", "192.0.2.7"), Refusal)
    assert gate.admit("declaring", "192.0.2.8") is None


def test_looking_counts_nothing() -> None:
    gate = Gate(Quotas(wrong_codes="1/day"))
    assert [gate.look("wrong_codes", "192.0.2.7") for _ in range(3)] == [None] * 3
    gate.count("wrong_codes", "192.0.2.7")
    assert gate.look("wrong_codes", "192.0.2.7") is not None


def test_addresses_whose_time_is_over_are_swept_out() -> None:
    gate = Gate(Quotas())
    # As the library leaves them when their windows have passed.
    gate._storage.events.update({f"over-{n}": [] for n in range(SWEEP_FROM + 1)})
    assert gate.admit("declaring", "192.0.2.7") is None
    assert not [key for key in gate._storage.events if key.startswith("over-")]
    assert held(gate) == 3


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::", "2001:db8:1:2::/64"),
        ("::1", "::/64"),
        (None, ""),
        ("nonsense", ""),
    ],
)
def test_a_visitor_cannot_change_the_address_that_is_counted(
    address: str | None, told: str
) -> None:
    assert network(address) == told
