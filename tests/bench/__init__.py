"""What podesk costs, as ratios within one run: `python -m tests.bench`, with `--check` to fail when one is too high."""
