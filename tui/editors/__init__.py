"""Editors of one line's answer: other terms, item details, and the shipment of goods. None is loaded before it is opened."""
