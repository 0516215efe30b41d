"""The subcommands of `podesk`, a module for each or for a family; `tui.cli` loads the one that is called."""
