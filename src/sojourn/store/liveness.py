"""HTTP to the nodes of a cluster which waits for an answer as long as the node lives, however long that takes."""

from collections.abc import Callable

from clickhouse_connect.driver.httputil import get_pool_manager
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError
from urllib3.response import HTTPResponse
from urllib3.util.wait import wait_for_read

# Seconds: how often one that does not answer is asked whether it lives, and how long it may take to say so.
ASK_AFTER, LIVES_WITHIN = 5, 10


def patient_pools(is_verified: bool, ca: str | None) -> PoolManager:
    """Pools of connections that raise a timeout once the node does not even answer `/ping`: the system that it runs on
    takes what is sent, and confirms it, also while the node itself stands still.
    """
    pings = get_pool_manager(verify=is_verified, ca_cert=ca, timeout=LIVES_WITHIN)

    def ping(url: str) -> None:
        try:
            pings.request("GET", url, retries=False, redirect=False)
        except HTTPError as error:
            raise TimeoutError("the node gives no sign of life") from error

    pools: PoolManager = get_pool_manager(verify=is_verified, ca_cert=ca)
    pools.pool_classes_by_scheme = {
        "http": _pool_class(HTTPConnectionPool, HTTPConnection, ping),
        "https": _pool_class(HTTPSConnectionPool, HTTPSConnection, ping),
    }
    return pools


def _pool_class(
    pool: type[HTTPConnectionPool], connection: type[HTTPConnection], ping: Callable[[str], None]
) -> type[HTTPConnectionPool]:
    class Patient(connection):  # type: ignore[misc, valid-type]
        def getresponse(self) -> HTTPResponse:
            while not wait_for_read(self.sock, timeout=ASK_AFTER):
                ping(f"{pool.scheme}://{self.host}:{self.port}/ping")
            return super().getresponse()  # type: ignore[no-any-return]

    return type(pool.__name__, (pool,), {"ConnectionCls": Patient})
