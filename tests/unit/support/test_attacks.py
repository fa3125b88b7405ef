"""The detector of dangers in HTML finds those of the attacks."""

from tests.support.attacks import ATTACKS, dangers


def test_the_dangers_of_every_attack_are_found() -> None:
    assert [dangers(attack) for attack in ATTACKS] == [
        ["script"],
        ["script"],
        ["onerror"],
        ["javascript:alert(1)"],
        ["svg", "onload"],
        [],  # dangerous only inside an attribute
        ["iframe"],
        ["script"],
        [],  # dangerous only if unescaped once too often
        ["style"],
    ]
