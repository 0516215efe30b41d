"""The listener's life: receptions and uvicorn up, requests served until we are to end, the last of them finished.

Runs in the daemon's event loop, or in that of `podesk serve`; which of them, is in the settings (`apart`).
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from collections.abc import Callable, Iterator
from typing import Final

import uvicorn
from uvicorn.server import Server

from core.config import SettingsError
from core.webhook import Webhook
from sync.lanes import House
from sync.log import Log
from sync.report import ConnectionReport
from sync.server import listening
from sync.server.application import LAST_SECONDS, Application
from sync.server.certificate import Certificate, certificate
from sync.server.door import Doorway
from sync.server.lock import ListenLock
from sync.server.reception import Reception, server_spool
from sync.server.wire import IDLE_SECONDS, Wire

HANDSHAKE_SECONDS: Final = 10.0
CERTIFICATE_LOOK: Final = 30.0
"""Seconds between two looks whether the certificate's files changed."""
_LAST_CONNECTIONS: Final = LAST_SECONDS + 1
"""Seconds that requests have to finish when we are to end; within the daemon's grace."""
_LAST_THREADS: Final = 1.0


class _Server(Server):
    """uvicorn's, in somebody else's loop: signals are the daemon's, and a TLS handshake has an end."""

    def __init__(self, config: uvicorn.Config, pair: Certificate | None) -> None:
        super().__init__(config)
        self._certificate = pair

    def capture_signals(self) -> contextlib.AbstractContextManager[None]:  # type: ignore[override]
        return contextlib.nullcontext()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await self.lifespan.startup()
        loop = asyncio.get_running_loop()

        def connection() -> Wire:
            return Wire(self.config, self.server_state, self.lifespan.state, loop)

        make: Callable[[], asyncio.Protocol] = connection
        if self._certificate is not None:
            make = Doorway(connection, self._certificate, HANDSHAKE_SECONDS, inside=self.server_state.connections)
        self.servers = [await loop.create_server(make, sock=each) for each in sockets or []]
        self.started = True


class OrdersServer:
    """All of it. `listen` first, in the thread that starts; then `serve`."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.log = house.log.bound(part="server")
        self.settings: Webhook = house.settings.listener
        self.receptions = {
            reception.inbound.path: reception
            for reception in (Reception(house, each) for each in house.settings.served)
        }
        self._lock = ListenLock(house.settings.store_path)
        self._socket: socket.socket | None = None
        self._certificate: Certificate | None = None
        self._told_of_certificate: str | None = None

    @property
    def reports(self) -> list[ConnectionReport]:
        """What was taken in, by connection."""
        return [reception.report for reception in self.receptions.values()]

    def listen(self) -> None:
        """Take the lock, the certificate and the port. Raises AlreadyListening and SettingsError."""
        self._lock.acquire()
        try:
            self._certificate = certificate(self.settings, self.house.settings.folder)
            self._socket = listening.bind(self.settings)
        except BaseException:
            self._lock.release()
            raise

    def close(self) -> None:
        """Let go of what `listen` took."""
        if self._socket is not None:
            self._socket.close()
        self._lock.release()

    async def serve(self, stopping: asyncio.Event) -> None:
        """Until `stopping`; then requests in flight are finished."""
        assert self._socket is not None
        server_spool(self.house).sweep(lambda _sha256: True)  # nobody heard 2xx for what a crash left there
        host, port = self._socket.getsockname()[:2]
        self.log.info(
            "listening",
            address=host,
            port=port,
            tls=self._certificate is not None,
            paths=list(self.receptions),
            apart=self.settings.apart,
        )
        await self._look_at_certificate()
        for reception in self.receptions.values():
            reception.start()
        renewal = asyncio.create_task(self._renew_certificate())
        try:
            with _others_words(self.log):
                await self._keep_serving(self._socket, stopping)
        finally:
            renewal.cancel()
            await self._end_receptions()
        self.log.info("listens no more")

    async def _keep_serving(self, bound: socket.socket, stopping: asyncio.Event) -> None:
        """uvicorn, started again should it crash."""
        while not stopping.is_set():
            application = Application(self.receptions, self.settings, self.log)
            config = uvicorn.Config(
                application,
                http=Wire,
                ws="none",
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=self.settings.behind_proxy,
                forwarded_allow_ips=["127.0.0.1", "::1", "::ffff:127.0.0.1"],  # the last as a listener on [::] sees it
                timeout_keep_alive=IDLE_SECONDS,
                timeout_graceful_shutdown=int(_LAST_CONNECTIONS),
            )
            server = _Server(config, self._certificate)
            ending = asyncio.create_task(self._end_of(server, application, bound, stopping))
            try:
                await server.serve([bound.dup()])
            except Exception:
                self.log.exception("the server crashed, is started again")
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(stopping.wait(), 1.0)
            finally:
                ending.cancel()

    @staticmethod
    async def _end_of(server: _Server, application: Application, bound: socket.socket, stopping: asyncio.Event) -> None:
        await stopping.wait()
        bound.close()  # uvicorn has one of its own, and closes that
        application.end()
        server.should_exit = True

    async def _end_receptions(self) -> None:
        for reception in self.receptions.values():
            reception.end()
        ends = [asyncio.to_thread(reception.ended, _LAST_THREADS) for reception in self.receptions.values()]
        for reception, ended in zip(self.receptions.values(), await asyncio.gather(*ends), strict=True):
            if not ended:
                reception.log.warning("left behind, stuck with the store")

    async def _renew_certificate(self) -> None:
        while self._certificate is not None:
            await asyncio.sleep(CERTIFICATE_LOOK)
            await self._look_at_certificate()

    async def _look_at_certificate(self) -> None:
        """Take up a new one; and what is wrong with the one in use is told, in the log once."""
        if self._certificate is None:
            return
        event, error = "the certificate must be renewed", ""
        try:
            if await asyncio.to_thread(self._certificate.renew):
                self.log.info("certificate renewed")
        except SettingsError as failed:
            event, error = "the certificate can't be renewed, the old one is used on", str(failed)
        validity = self._certificate.validity
        doubt = validity.doubt(self.house.clock()) if validity is not None else None
        told = "; ".join(each for each in (doubt, error and f"{event}: {error}") if each) or None
        if told == self._told_of_certificate:
            return
        self._told_of_certificate = told
        if told is not None:
            self.log.warning(event, error=error or doubt)
        for reception in self.receptions.values():
            reception.look_after(told)


@contextlib.contextmanager
def _others_words(log: Log) -> Iterator[None]:
    """What uvicorn and asyncio have to say goes into our log; it would be written to stderr otherwise."""

    class Forward(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            trace = logging.Formatter().formatException(record.exc_info) if record.exc_info else None
            log.warning("server", words=record.getMessage(), **({"trace": trace} if trace else {}))

    forward = Forward(logging.WARNING)
    with contextlib.ExitStack() as afterwards:
        for logger in (logging.getLogger("uvicorn.error"), logging.getLogger("asyncio")):
            afterwards.callback(setattr, logger, "propagate", logger.propagate)
            afterwards.callback(logger.removeHandler, forward)
            logger.propagate = False
            logger.addHandler(forward)
        yield
