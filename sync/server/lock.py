"""Only one process of a store listens; it may be another than the daemon, so it has a lock of its own beside the store."""

from __future__ import annotations

from pathlib import Path

from sync.lock import AlreadyRunning, StoreLock, daemon_pid


class AlreadyListening(AlreadyRunning):
    """Another process listens for this store: `podesk serve`, or a `podesk sync` that does both."""

    def __init__(self, store: Path, pid: int | None) -> None:
        super().__init__(store, pid)
        who = f"process {pid}" if pid else "another process"
        sentence = (
            f"{who} already takes in posted orders for {store}; one does that, `podesk sync` or (with apart = true in "
            "[webhook]) `podesk serve`: end it first, or let it do the work"
        )
        self.args = (sentence,)


class ListenLock(StoreLock):
    """Beside the daemon's lock: who listens may run beside the daemon."""

    def __init__(self, store: Path) -> None:
        super().__init__(_beside(store))
        self._desk = store

    def acquire(self) -> None:
        """Raises AlreadyListening."""
        try:
            super().acquire()
        except AlreadyRunning as error:
            raise AlreadyListening(self._desk, error.pid) from None


def listening_pid(store: Path) -> int | None:
    """The process that listens for the store; None when none does, 0 when one does but which is not known."""
    return daemon_pid(_beside(store))


def _beside(store: Path) -> Path:
    real = store.resolve()
    return real.with_name(f"{real.name}.posted")
