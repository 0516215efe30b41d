"""Three invented buyers and what they order: the facts, before any format."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class WantedDelivery:
    date: dt.date
    quantity: Decimal


@dataclass(frozen=True, slots=True)
class WantedLine:
    position: str
    item: str
    name: str
    unit: str
    price: Decimal
    per: Decimal
    """Number of units for which the price holds."""
    deliveries: tuple[WantedDelivery, ...]


@dataclass(frozen=True, slots=True)
class WantedOrder:
    number: str
    currency: str
    lines: tuple[WantedLine, ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class _Product:
    item: str
    name: str
    unit: str
    price: str
    per: str = "1"


_STEEL = (
    _Product("RT-60-45", "Round tube ⌀60 × 4.5, S355", "MTR", "78.90", "100"),
    _Product("FL-8-40", "Flat bar 40 × 8, hot rolled", "MTR", "4.15"),
    _Product("HX-M12", "Hexagon bolt M12 × 60, 8.8 zinc plated", "PCE", "23.5", "100"),
    _Product("BR-204", "Deep groove ball bearing 204-2RS", "PCE", "6.785"),
    _Product("CT-INS", "Carbide insert CNMG 120408", "PCE", "9.20"),
    _Product("PL-3-S", "Sheet 3 mm, 1250 × 2500, pickled & oiled", "PCE", "141.00"),
)
_HOSPITAL = (
    _Product("GLV-M", "Nitrile gloves, size M, box of 200", "H87", "11.45"),
    _Product("SYR-10", "Syringe 10 ml, Luer lock, sterile", "H87", "0.087"),
    _Product("MSK-F2", "Respirator mask FFP2", "H87", "0.42"),
    _Product("BND-8", "Elastic bandage 8 cm × 4 m", "H87", "1.19"),
)
_CAMPUS = (
    _Product("PAP-A4", "Paper A4, 80 g, 500 sheets", "H87", "3.79"),
    _Product("TON-83", "Toner cartridge 83X, black", "H87", "74.90"),
    _Product("PEN-07", "Gel pen 0.7 mm, blue", "H87", "8.40", "12"),
    _Product("CHR-ERG", "Office chair, ergonomic, mesh", "H87", "219.00"),
)


def _orders(
    prefix: str, products: tuple[_Product, ...], count: int, today: dt.date, currency: str, most_deliveries: int
) -> tuple[WantedOrder, ...]:
    """`count` orders that differ in lines, quantities, dates and splits: the same ones each time for the same day."""
    made = []
    for n in range(count):
        lines = []
        for m in range(1 + (n * 7 + 2) % 5):
            product = products[(n + m) % len(products)]
            splits = 1 + (n + m) % most_deliveries
            due = today + dt.timedelta(days=5 + (n * 3 + m) % 40)
            lines.append(
                WantedLine(
                    position=f"{(m + 1) * 10:05d}",
                    item=product.item,
                    name=product.name,
                    unit=product.unit,
                    price=Decimal(product.price),
                    per=Decimal(product.per),
                    deliveries=tuple(
                        WantedDelivery(due + dt.timedelta(weeks=part), Decimal(10 * (1 + (n + m + part) % 12)))
                        for part in range(splits)
                    ),
                )
            )
        note = "Please confirm before noon; the dock closes at four." if n % 6 == 3 else ""
        made.append(WantedOrder(f"{prefix}{4100 + n * 17}", currency, tuple(lines), note))
    return tuple(made)


def metal_works(today: dt.date) -> tuple[WantedOrder, ...]:
    """A machine builder on Tradecloud: many splits, prices per hundred."""
    return _orders("PO45", _STEEL, 16, today, "EUR", 3)


def city_hospital(today: dt.date) -> tuple[WantedOrder, ...]:
    """A hospital on Peppol: one delivery a line, small unit prices."""
    return _orders("H-26-", _HOSPITAL, 12, today, "EUR", 1)


def campus_supplies(today: dt.date) -> tuple[WantedOrder, ...]:
    """A university on Procurement Connect that sends its orders by mail."""
    return _orders("CS/2026/", _CAMPUS, 11, today, "EUR", 1)
