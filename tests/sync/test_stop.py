"""How the daemon ends: work in threads, waiting, and the wish to stop."""

from __future__ import annotations

import asyncio
import threading

import pytest

from sync.stop import Stop, until
from sync.thread import OwnThread


async def test_work_is_done_in_one_thread_one_after_the_other() -> None:
    thread = OwnThread("steel in")
    told = await asyncio.gather(*(thread.do(threading.get_ident) for _ in range(20)))
    assert len(set(told)) == 1
    assert told[0] != threading.get_ident()
    thread.end()


async def test_what_the_work_raises_comes_to_who_waits_and_the_thread_goes_on() -> None:
    thread = OwnThread("steel in")

    def broken() -> None:
        raise LookupError("gone")

    with pytest.raises(LookupError, match="gone"):
        await thread.do(broken)
    assert await thread.do(lambda: 1) == 1
    thread.end()


async def test_stuck_work_can_be_left_behind() -> None:
    thread = OwnThread("steel in")
    release = threading.Event()
    task = asyncio.create_task(thread.do(release.wait))
    never = asyncio.Event()
    assert await until([task], never, 0.01) == [task]
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    release.set()
    thread.end()


async def test_waiting_ends_when_all_is_done() -> None:
    tasks = [asyncio.create_task(asyncio.sleep(0)) for _ in range(3)]
    assert await until(tasks, asyncio.Event()) == []


async def test_waiting_ends_when_the_event_comes() -> None:
    never, asked = asyncio.Event(), asyncio.Event()
    task = asyncio.create_task(never.wait())
    asyncio.get_running_loop().call_soon(asked.set)
    assert await until([task], asked) == [task]
    task.cancel()


def test_who_asks_to_be_woken_is_woken_however_late() -> None:
    stop = Stop()
    woken: list[str] = []
    stop.on_request(lambda: woken.append("early"))
    assert not stop.requested
    stop.request()
    stop.on_request(lambda: woken.append("late"))
    assert stop.requested
    assert woken == ["early", "late"]
