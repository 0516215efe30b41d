"""paramiko's SFTP client, and two things that it lacks: listings of any names, and several questions at once.

SFTP numbers its questions, so that they need not wait for each other. Over a line of 20 ms two hundred files take seconds
when they are asked for one by one, and a moment when they are asked for together.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import paramiko
from paramiko.message import Message
from paramiko.sftp import (
    CMD_ATTRS,
    CMD_CLOSE,
    CMD_DATA,
    CMD_FSTAT,
    CMD_HANDLE,
    CMD_LSTAT,
    CMD_NAME,
    CMD_OPEN,
    CMD_OPENDIR,
    CMD_READ,
    CMD_READDIR,
    CMD_RENAME,
    CMD_STATUS,
    SFTP_FLAG_READ,
    int64,
)

SMALL: Final = 32768
"""Bytes that every server gives in one answer (SFTP version 3, section 3)."""

State = tuple[int, int]
"""Size, and mtime by the partner's clock: good for seeing a change, never to be compared with ours."""


class Client(paramiko.SFTPClient):
    """What a server refuses is an OSError, as paramiko has it; here it is a value where others need not suffer from it."""

    def entries(self, folder: bytes) -> list[tuple[bytes, paramiko.SFTPAttributes]]:
        """The names in `folder` as bytes: one that is no UTF-8 must not hide the others."""
        opened = self._one(CMD_HANDLE, CMD_OPENDIR, folder).get_binary()
        found = []
        while True:
            try:
                answer = self._one(CMD_NAME, CMD_READDIR, opened)
            except EOFError:
                break
            for _ in range(answer.get_int()):
                name, _longname = answer.get_binary(), answer.get_binary()
                found.append((name, _attributes(answer)))
        self._request(CMD_CLOSE, opened)  # type: ignore[attr-defined]
        return found

    def rename_all(self, moves: Sequence[tuple[bytes, bytes]]) -> list[OSError | None]:
        answers = self._together(CMD_STATUS, [(CMD_RENAME, source, target) for source, target in moves])
        return [answer if isinstance(answer, OSError) else None for answer in answers]

    def rename_and_look(self, source: bytes, target: bytes) -> State | None:
        """Rename, then what stands at `target`. Raises OSError when the rename fails."""
        renamed, found = self._together(None, [(CMD_RENAME, source, target), (CMD_LSTAT, target)])
        if isinstance(renamed, OSError):
            raise renamed
        return None if isinstance(found, OSError) else state(_attributes(found))

    def read_all(self, files: Sequence[tuple[bytes, int]]) -> list[tuple[bytes, State] | OSError]:
        """Of each file at most that many bytes (and at most SMALL), then its state. A server may give fewer."""
        openings = [(CMD_OPEN, path, SFTP_FLAG_READ, paramiko.SFTPAttributes()) for path, _ in files]
        opened = self._together(CMD_HANDLE, openings)
        found: list[tuple[bytes, State] | OSError] = [
            each if isinstance(each, OSError) else OSError("not read") for each in opened
        ]
        handles = {at: each.get_binary() for at, each in enumerate(opened) if not isinstance(each, OSError)}
        # In three journeys: a server may answer in any order, and the state is to be the one after the reading.
        held = self._together(
            CMD_DATA, [(CMD_READ, each, int64(0), max(files[at][1], 1)) for at, each in handles.items()]
        )
        after = self._together(CMD_ATTRS, [(CMD_FSTAT, each) for each in handles.values()])
        self._together(CMD_STATUS, [(CMD_CLOSE, each) for each in handles.values()])
        for at, payload, attributes in zip(handles, held, after, strict=True):
            if isinstance(attributes, OSError):
                found[at] = attributes
            else:
                # An empty file has an end and no bytes, which the server tells as an error.
                read = b"" if isinstance(payload, OSError) else payload.get_binary()
                found[at] = read[: files[at][1]], state(_attributes(attributes))
        return found

    def _one(self, wanted: int, command: int, argument: bytes) -> Message:
        kind, answer = self._request(command, argument)  # type: ignore[attr-defined]
        if kind != wanted:
            raise paramiko.SFTPError("the server answers out of turn")
        assert isinstance(answer, Message)
        return answer

    def _together(self, wanted: int | None, requests: Sequence[tuple[object, ...]]) -> list[Message | OSError]:
        """Ask all before waiting for any; the answers in the order of the questions."""
        answers = _Answers()
        numbers = [self._async_request(answers, *request) for request in requests]  # type: ignore[attr-defined]
        while len(answers.got) < len(numbers):
            self._read_response()  # type: ignore[attr-defined]
        return [self._judged(wanted, *answers.got[number]) for number in numbers]

    def _judged(self, wanted: int | None, kind: int, answer: Message) -> Message | OSError:
        if kind == CMD_STATUS:
            try:
                self._convert_status(answer)  # type: ignore[attr-defined]
            except OSError as error:
                return error
            except (EOFError, UnicodeDecodeError) as error:
                return OSError(str(error)[:200])
        if wanted is not None and kind != wanted:
            return OSError("the server answers out of turn")
        return answer


class _Answers:
    """Where paramiko puts what the server answers to several questions."""

    def __init__(self) -> None:
        self.got: dict[int, tuple[int, Message]] = {}

    def _async_response(self, kind: int, answer: Message, number: int) -> None:
        self.got[number] = (kind, answer)


def state(attributes: paramiko.SFTPAttributes) -> State:
    return attributes.st_size or 0, attributes.st_mtime or 0


def _attributes(answer: Message) -> paramiko.SFTPAttributes:
    attributes = paramiko.SFTPAttributes._from_msg(answer)  # type: ignore[attr-defined]
    assert isinstance(attributes, paramiko.SFTPAttributes)
    return attributes
