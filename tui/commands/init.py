"""`podesk init`: a first podesk.toml, commented, to be filled in."""

from __future__ import annotations

import os

import click

from tui.commands.desk import Desk, pass_desk
from tui.ending import Exit, complain

FIRST = """\
# podesk.toml: the settings of a purchase-order desk. `podesk check` tests them.

store = "desk.sqlite"              # relative to this file
operator_hold = "10s"              # undo window before an answer leaves
# timezone = "Europe/Amsterdam"    # default: the system's
# rules = "rules.toml"             # answers without a person; see MANUAL.md

# [operators.alice]                # by login name; without an entry the login name itself is sent
# email = "alice@supplier.example"

# One [[connection]] for each buyer or platform. Take the # away and fill in.

# [[connection]]
# name = "metal-works"             # shown everywhere: a to z, 0 to 9 and -
# profile = "tradecloud"           # tradecloud | procurement-connect | peppol | generic
# our_account = "340760"           # the buyer's account number in our books, where the order doesn't say
# rules = "suggest"                # off | suggest | answer: what rules.toml may do with its orders
# answer_within = "24h"            # by when the buyer expects our answer to an order or change
#
# [connection.inbound]             # where orders come from
# channel = "sftp"                 # sftp | imap | http-poll (url, auth, user, password as below) | webhook
# host = "sftp.buyer.example"
# user = "supplier"
# password = { env = "METAL_SFTP_PASSWORD" }   # or { file = "…" }, { command = "…" }, or private_key = "…"
# known_hosts = "known_hosts"      # `ssh-keyscan sftp.buyer.example >> known_hosts`, then compare the key with theirs
# path = "/order"
# archive = "/archive/order"
# pattern = "*.xml"
# format = "auto"                  # or a format's name
# every = "60s"
# settle = "2s"                    # a file unchanged this long is complete; "0s" where the sender renames
#
# [connection.outbound]            # where answers go
# channel = "http"                 # http | sftp | smtp
# url = "https://api.accp.tradecloud1.com/v2"
# auth = "tradecloud"              # tradecloud | basic | bearer | none
# user = "erp@supplier.example"
# password = { file = "tradecloud.secret" }    # a file that only its owner can read: chmod 600
# format = "tradecloud-json"

# Orders in a mailbox, answers as files:

# [[connection]]
# name = "campus-supplies"
# profile = "procurement-connect"
#
# [connection.inbound]
# channel = "imap"
# host = "imap.supplier.example"
# user = "orders@supplier.example"
# password = { command = "pass show imap" }
# folder = "INBOX"
# archive = "Processed"
#
# [connection.outbound]
# channel = "sftp"
# host = "sftp.campus.example"
# user = "supplier"
# private_key = "id_ed25519"
# path = "/order_response"
# format = "ubl"

# Orders posted to us (needs `pip install 'podesk[server]'`), answers by mail:

# [webhook]
# listen = "127.0.0.1:8443"        # beyond this machine: with certificate and key, or behind_proxy = true
#
# [[connection]]
# name = "pump-makers"
# profile = "generic"
#
# [connection.inbound]
# channel = "webhook"
# path = "/in/pump-makers"
# auth = "basic"                   # basic | bearer | hmac
# user = "pump-makers"
# password = { file = "pump-makers.secret" }
# immediate_answer = false         # true: what the rules answer goes back in the response
#
# [connection.outbound]
# channel = "smtp"
# host = "smtp.supplier.example"
# user = "orders@supplier.example"
# password = { file = "smtp.secret" }
# sender = "orders@supplier.example"
# to = "purchasing@pumps.example"
# format = "ubl"
"""


@click.command(short_help="Write a first podesk.toml.")
@pass_desk
def init(desk: Desk) -> int:
    """Write a first podesk.toml, with every usual setting as a comment, where the settings are looked for.

    An existing file is never overwritten. `podesk --config FILE init` writes it elsewhere.
    """
    path = desk.config
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
        with os.fdopen(file, "w", encoding="utf-8") as stream:
            stream.write(FIRST)
    except FileExistsError:
        complain(f"{path} is there already, and stays as it is.")
        return Exit.USAGE
    except OSError as error:
        complain(f"{path}: {error.strerror}")
        return Exit.USAGE
    click.echo(f"{path} is written. Fill in a connection, then try `podesk check`.", err=True)
    return Exit.DONE
