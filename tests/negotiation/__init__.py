"""Random negotiations between podesk and a platform with rules of its own (`tests.platform`); both must end agreed.

`world` a platform, podesk's real store and order book, and the wire between them · `supplier` what an operator decides ·
`agreement` where the two sides differ · `through_daemon` the same over HTTP. A failure names its seed:

    python -m tests.negotiation --seeds 100 --steps 500
    python -m tests.negotiation --seed 17 --steps 300 --story
"""
