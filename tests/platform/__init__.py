"""A Tradecloud of the tests' own, with its own state machine.

Written from the manual page that the project's rules come from (the seed) and from what its samples show, not from
podesk: it imports nothing of `core`, `sync` (but a thread for a server's loop) or `tui`. So where podesk and this platform
agree after hundreds of steps, two readings of the same rules agree.

`terms` what is asked and agreed · `line` the two tables: our answers, the buyer's acts · `answers` an order response read
as strictly as the manual · `despatch` the same for despatch advices · `orders` what the platform keeps · `wire` how it
tells it · `buyer` a buyer at random · `server` all of it over HTTP · `pushing` its events to a webhook.
"""
