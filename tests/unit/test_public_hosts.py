"""Which addresses are those of public hosts."""

import pytest

from feedsvc.public_hosts import AllowedHosts, is_public

PUBLIC = "8.8.8.8 77.88.55.242 2a02:6b8::2:242 2606:4700::1111 64:ff9b::808:808".split()
PRIVATE = """
    0.0.0.0 10.0.0.1 100.64.0.1 127.0.0.1 127.255.255.254 169.254.169.254 172.16.0.1 192.0.0.8
    192.0.2.1 192.88.99.1 192.168.0.1 198.18.0.1 198.51.100.1 203.0.113.1 224.0.0.1 239.1.1.1
    240.0.0.1 255.255.255.255 :: ::1 ::127.0.0.1 ::ffff:127.0.0.1 ::ffff:8.8.8.8 ::ffff:0:8.8.8.8
    64:ff9b::7f00:1 64:ff9b::a00:1 64:ff9b:1::808:808 100::1 2001::1 2001:0:7f00:1::
    2001:db8::1 2002:7f00:1:: 2002:808:808:: 3fff::1 5f00::1 fc00::1 fd00:ec2::254 fe80::1
    fe80::1%eth0 fec0::1 ff02::1 4000::1 127.1 2130706433 0x7f000001 news.example
""".split()


@pytest.mark.parametrize("address", PUBLIC)
def test_these_are_public(address: str) -> None:
    assert is_public(address)
    assert AllowedHosts().has(address)


@pytest.mark.parametrize("address", PRIVATE)
def test_these_are_not(address: str) -> None:
    assert not is_public(address)
    assert not AllowedHosts(["10.9.0.0/16", "hub.local"]).has(address)


def test_some_networks_and_names_may_be_allowed() -> None:
    allowed = AllowedHosts(["10.9.0.0/16", "::1/128", "127.0.0.1", "Hub.local"])
    assert all(map(allowed.has, ("10.9.3.4", "::1", "127.0.0.1", "8.8.8.8")))
    assert not any(map(allowed.has, ("10.8.3.4", "127.0.0.2", "fe80::1")))
    assert all(map(allowed.has_name, ("hub.local", "HUB.local.")))
    assert not allowed.has_name("other.local")
