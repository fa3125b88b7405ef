import asyncio

from aiohttp import web

from feedsvc.hub.intake import MOST_CONNECTIONS, MOST_OF_ONE, Connections
from feedsvc.web.access_log import Proxies

CLIENT, OTHER, PROXY = "203.0.113.1", "203.0.113.2", "10.0.0.1"


async def _no_answer(_: web.BaseRequest) -> web.StreamResponse:
    return web.Response()


def connections() -> Connections:
    async def made() -> Connections:
        return Connections(web.Server(_no_answer), Proxies(("10.0.0.0/8",)))

    return asyncio.run(made())


def test_one_client_cannot_take_all_connections() -> None:
    found = connections()
    assert all(found.take(CLIENT) for _ in range(MOST_OF_ONE))
    assert not found.take(CLIENT)
    assert found.take(OTHER)
    for _ in range(2):
        found.leave(CLIENT)
    assert found.take(CLIENT)


def test_a_proxy_can_but_there_are_no_more() -> None:
    found = connections()
    assert all(found.take(PROXY) for _ in range(MOST_CONNECTIONS))
    assert not found.take(PROXY)
    assert not found.take(OTHER)
