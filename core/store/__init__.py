"""SQLite: one file that holds documents, orders, the log of all that happened to them, and what waits to leave.

`queries` reads for lists and screens and loads little; writing goes through `core.orderbook` and `core.intake`.
"""

from __future__ import annotations

from core.store.opening import (
    NoStore,
    Store,
    StoreBusy,
    StoreDamaged,
    StoreError,
    StoreFull,
    StoreNewer,
    open_store,
)

__all__ = ["NoStore", "Store", "StoreBusy", "StoreDamaged", "StoreError", "StoreFull", "StoreNewer", "open_store"]
