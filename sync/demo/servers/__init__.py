"""Small servers to play the partners' side, for the demo and for tests: SFTP, IMAP, and an HTTP receiver like Tradecloud's.

Each is a context manager, listens on a free port of the loopback only, runs in a thread of its own with an event loop of its
own, and keeps nothing outside itself, so that any number of them live side by side.
"""
