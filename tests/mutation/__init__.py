"""Slips put into the transition module one at a time, to see whether the tests notice: `python -m tests.mutation`."""
