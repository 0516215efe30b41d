"""`python -m tui`: the command `podesk`, for where its script is not on the path."""

from __future__ import annotations

from tui.cli import main

if __name__ == "__main__":
    main()
