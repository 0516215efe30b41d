"""OpenSSH's own server, private to one test: no system service, no system account, no fixed port.

Each connection gets an sshd of its own in inetd mode (`sshd -i`) on a socket that we accept: so we own the port, and every
process. Works as root and as an ordinary user; who logs in is whoever runs the test, by key.
"""

from __future__ import annotations

import getpass
import os
import shutil
import signal
import socket
import subprocess
import threading
from contextlib import suppress
from pathlib import Path
from typing import Self

import pytest

SSHD = shutil.which("sshd", path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")


class OpenSsh:
    """Partners address what is on this machine by its full path. `key_types`: the kinds of host key that it has."""

    def __init__(self, folder: Path, *, read_only: bool = False, key_types: tuple[str, ...] = ("ed25519",)) -> None:
        if SSHD is None:
            pytest.skip("sshd is not installed (Debian: openssh-server)")
        self.folder = folder / "sshd"
        self.folder.mkdir(mode=0o700)
        self.user = getpass.getuser()
        self.private_key = self.folder / "login"
        self._host_keys = [self.folder / f"host_{kind}" for kind in key_types]
        for key, kind in [(self.private_key, "ed25519"), *zip(self._host_keys, key_types, strict=True)]:
            subprocess.run(["ssh-keygen", "-q", "-t", kind, "-N", "", "-f", key], check=True)
        self._config = self.folder / "sshd_config"
        self._config.write_text(
            "".join(f"HostKey {key}\n" for key in self._host_keys) + f"AuthorizedKeysFile {self.private_key}.pub\n"
            "UsePAM no\nStrictModes no\nPermitRootLogin yes\nPasswordAuthentication no\nPidFile none\nUseDNS no\n"
            f"Subsystem sftp internal-sftp{' -R' if read_only else ''}\n"
        )
        if os.geteuid() == 0:
            # Where the service has never been started, nobody has made its empty folder yet.
            Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self._serving: list[subprocess.Popen[bytes]] = []
        self._accepting = threading.Thread(target=self._accept, name="sshd", daemon=True)
        self._stopped = False

    @property
    def host_key_line(self) -> str:
        """A known_hosts line for the last of its keys."""
        return f"[127.0.0.1]:{self.port} {self._host_keys[-1].with_suffix('.pub').read_text().strip()}"

    def __enter__(self) -> Self:
        self._accepting.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """No new connections, and an end to those that are open."""
        if self._stopped:
            return
        self._stopped = True
        self._listening.shutdown(socket.SHUT_RDWR)
        self._accepting.join()
        self._listening.close()
        for sshd in self._serving:
            # It has children, and one of them holds the connection.
            with suppress(ProcessLookupError):
                os.killpg(sshd.pid, signal.SIGKILL)
            sshd.wait()

    def _accept(self) -> None:
        assert SSHD is not None
        with (self.folder / "log").open("ab") as log:
            while not self._stopped:
                try:
                    connection, _ = self._listening.accept()
                except OSError:
                    return
                with connection:
                    self._serving.append(
                        subprocess.Popen(
                            [SSHD, "-i", "-e", "-f", str(self._config)],
                            stdin=connection.fileno(),
                            stdout=connection.fileno(),
                            stderr=log,
                            start_new_session=True,
                        )
                    )
