"""Values of the model for readers that took each of their fields from a parser, from `number` or from a calendar.

Text, decimals and days are then what the model asks for, and mypy sees that each goes to a field of its kind; so they are
not looked at once more. A reader of JSON, which may have anything anywhere, has no use for this.
"""

from __future__ import annotations

from typing import Final

from core.messages import LineMessage
from core.model import (
    Contact,
    Document,
    Item,
    ItemDetails,
    KeyValue,
    LineContent,
    Money,
    OrderHeader,
    Party,
    Price,
    Prices,
    ScheduledDelivery,
    Terms,
    TradeTerms,
    unchecked,
)

contact: Final = unchecked(Contact)
content: Final = unchecked(LineContent)
delivery: Final = unchecked(ScheduledDelivery)
document: Final = unchecked(Document)
header: Final = unchecked(OrderHeader)
item: Final = unchecked(Item)
item_details: Final = unchecked(ItemDetails)
key_value: Final = unchecked(KeyValue)
line: Final = unchecked(LineMessage)
money: Final = unchecked(Money)
party: Final = unchecked(Party)
price: Final = unchecked(Price)
prices: Final = unchecked(Prices)
terms: Final = unchecked(Terms)
trade_terms: Final = unchecked(TradeTerms)
