"""The Orders API on our side: buyers' platforms post orders and events, each to the path of its connection.

`podesk sync` serves it, or `podesk serve` in a process of its own. The packages that it needs are the extra `server`;
nothing of them is imported before somebody listens.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

from core.config import SettingsError

if TYPE_CHECKING:
    from sync.lanes import House
    from sync.server.serving import OrdersServer


def orders_server(house: House) -> OrdersServer:
    """Raises SettingsError where the packages are missing."""
    look_for_packages()
    from sync.server.serving import OrdersServer

    return OrdersServer(house)


def look_for_packages() -> None:
    """Raises SettingsError with how to get them."""
    if any(find_spec(name) is None for name in ("uvicorn", "starlette")):
        raise SettingsError(
            'a connection has channel = "webhook", and to listen podesk needs two more packages: '
            "`pip install 'podesk[server]'`, or `pipx inject podesk uvicorn starlette`"
        )
