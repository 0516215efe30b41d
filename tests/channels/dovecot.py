"""Dovecot, private to one test: own folder, own ports on the loopback, one made-up user; as root and as anybody else."""

from __future__ import annotations

import datetime as dt
import getpass
import grp
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from ipaddress import ip_address
from pathlib import Path
from typing import Self

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

DOVECOT = shutil.which("dovecot", path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")

_CONFIG = """
base_dir = {folder}/run
state_dir = {folder}/run
log_path = {folder}/log
protocols = imap
listen = 127.0.0.1
ssl = yes
ssl_cert = <{folder}/certificate.pem
ssl_key = <{folder}/key.pem
disable_plaintext_auth = no
auth_mechanisms = plain login
auth_failure_delay = 0
mail_location = maildir:{folder}/mail
mail_fsync = never
first_valid_uid = 1
{users}
passdb {{
  driver = passwd-file
  args = scheme=PLAIN username_format=%u {folder}/passwd
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}
}}
namespace inbox {{
  inbox = yes
}}
service imap-login {{
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = {tls_port}
    ssl = yes
  }}
  {no_chroot}
}}
service anvil {{
  {no_chroot}
}}
service stats {{
  {no_chroot}
}}
{imap}
"""


class Dovecot:
    """`capability`: what the server says that it can do, where that is not all it can."""

    def __init__(self, user: str, password: str, *, capability: str | None = None) -> None:
        if DOVECOT is None:
            pytest.skip("dovecot is not installed (Debian: dovecot-imapd)")
        self.user = user
        # Not below the test's own folder: paths of sockets are short, and Dovecot's mail user must get there.
        self.folder = Path(tempfile.mkdtemp(prefix="podesk-dovecot-"))
        self.folder.chmod(0o755)
        (self.folder / "passwd").write_text(f"{user}:{password}\n")
        self.certificate = self.folder / "certificate.pem"
        sign_oneself(self.certificate, self.folder / "key.pem")
        self._capability = capability
        self.port = self.tls_port = 0
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        for _ in range(5):
            self.port, self.tls_port = _free_ports()
            self._configure()
            if self._start():
                return self
        self.__exit__()
        pytest.fail(f"dovecot doesn't start: {(self.folder / 'log').read_text()[-2000:]}")

    def __exit__(self, *_: object) -> None:
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def stop(self) -> None:
        if self._process is not None:
            # Nothing is to be saved, and a polite end takes a second.
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None

    def _configure(self) -> None:
        us = pwd.getpwuid(os.geteuid())
        users, no_chroot = "", ""
        if os.geteuid() == 0:
            # Dovecot gives no mail to root. Its own users come with its package.
            us = pwd.getpwnam("nobody")
            (self.folder / "mail").mkdir(exist_ok=True)
            os.chown(self.folder / "mail", us.pw_uid, us.pw_gid)
        else:
            name, group = getpass.getuser(), grp.getgrgid(os.getegid()).gr_name
            users = f"default_login_user = {name}\ndefault_internal_user = {name}\ndefault_internal_group = {group}"
            no_chroot = "chroot ="
        imap = f"protocol imap {{\n  imap_capability = {self._capability}\n}}" if self._capability else ""
        (self.folder / "dovecot.conf").write_text(
            _CONFIG.format(
                folder=self.folder,
                users=users,
                uid=us.pw_uid,
                gid=us.pw_gid,
                port=self.port,
                tls_port=self.tls_port,
                no_chroot=no_chroot,
                imap=imap,
            )
        )

    def _start(self) -> bool:
        """Whether it runs now. It doesn't where somebody else got one of its ports in the meantime."""
        assert DOVECOT is not None
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [DOVECOT, "-F", "-c", str(self.folder / "dovecot.conf")], stdout=log, stderr=log, start_new_session=True
            )
        until = time.monotonic() + 20
        while time.monotonic() < until and self._process.poll() is None:
            try:
                with socket.create_connection(("127.0.0.1", self.port), 5) as connection:
                    if connection.recv(4) == b"* OK":
                        return True
            except OSError:
                time.sleep(0.01)
        return False


def _free_ports() -> tuple[int, int]:
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as other:
        return one.getsockname()[1], other.getsockname()[1]


def sign_oneself(certificate: Path, key_file: Path) -> None:
    """A certificate for this machine that nobody vouches for, unless told to."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = dt.datetime.now(dt.UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))]),
            critical=False,
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    key_file.touch(mode=0o600)
    key_file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
