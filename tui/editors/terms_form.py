"""Other terms of a line as the raw fields of a form, and back. Knows no screen.

Fields: `1.date` and `1.quantity` for the first delivery and so on, `net`, `gross`, `discount`, `per` (items for which the
price holds) and `reason`. What isn't changed stays as it stands, or as an unsent answer has it, down to what no field shows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final

from core.decisions import Act, LineDecision
from core.model import Order, OrderLine, Price, Prices, ProcessStatus, ScheduledDelivery, Terms, Unknown, plain
from core.terms import filled
from tui import proposing
from tui.editors.form_fields import FieldNotUnderstood, untyped
from tui.proposing import NamedTerms, NotUnderstood

Form = Mapping[str, str]

PRICE_FIELDS: Final = ("net", "gross", "discount", "per")


@dataclass(frozen=True, slots=True)
class Standing:
    """The terms that an answer changes: the agreement of a confirmed line, else what the buyer asks."""

    terms: Terms
    agreed: bool


def standing(line: OrderLine) -> Standing:
    if line.process_status is ProcessStatus.CONFIRMED and line.confirmed is not None:
        return Standing(line.confirmed, agreed=True)
    return Standing(line.requested, agreed=False)


def basis(line: OrderLine, drafted: LineDecision | None) -> Standing:
    """The terms that the fields begin with: those of an unsent answer, completed from those that stand; else these."""
    now = standing(line)
    if drafted is None or drafted.terms is None:
        return now
    return replace(now, terms=filled(drafted.terms, now.terms))


def planned(now: Standing, begun: Standing, nth: int) -> ScheduledDelivery | None:
    """The delivery that the nth one of the fields is about, as it stands; None: it is one of ours."""
    there, ours = now.terms.delivery_schedule, begun.terms.delivery_schedule
    position = ours[nth - 1].position if nth <= len(ours) else None
    if position is not None:
        return next((delivery for delivery in there if delivery.position == position), None)
    unnumbered = [delivery for delivery in there if delivery.position is None]
    return unnumbered[nth - 1] if nth <= len(unnumbered) == len(there) else None


def form_of(terms: Terms, reason: str | None = None) -> dict[str, str]:
    """`terms` as the fields show them."""
    form: dict[str, str] = {}
    for nth, planned in enumerate(terms.delivery_schedule, 1):
        form[f"{nth}.date"] = "?" if isinstance(planned.date, Unknown) else planned.date.isoformat()
        form[f"{nth}.quantity"] = "?" if isinstance(planned.quantity, Unknown) else plain(planned.quantity)
    prices = terms.prices or Prices()
    form["net"] = _value(prices.net)
    form["gross"] = _value(prices.gross)
    form["discount"] = _plain(prices.discount_percentage)
    form["per"] = _plain(prices.price_unit_quantity)
    form["reason"] = reason or ""
    return form


def deliveries_in(form: Form) -> int:
    """How many deliveries the fields hold."""
    return max((int(name.split(".")[0]) for name in form if name.endswith(".date")), default=0)


def decided(form: Form, order: Order, line: OrderLine, drafted: LineDecision | None = None) -> LineDecision:
    """What the fields say to the line, with all that an unsent answer says besides. Raises FieldNotUnderstood."""
    now = basis(line, drafted)
    said = drafted.terms if drafted is not None else None
    begun = form_of(now.terms, drafted.reason if drafted is not None and said is not None else None)
    as_said = said is not None and deliveries_in(form) == deliveries_in(begun)
    if said is not None and as_said and all(untyped(form, name, begun[name]) for name in begun if "." in name):
        schedule = said.delivery_schedule
    else:
        schedule = _schedule(form, standing(line), now)
    if said is not None and all(untyped(form, name, begun[name]) for name in PRICE_FIELDS):
        prices = said.prices
    else:
        prices = _prices(form, order, line, now.terms)
    reason = form.get("reason", "").strip() or None
    if drafted is not None and said is not None and untyped(form, "reason", begun["reason"]):
        reason = drafted.reason
    answer = drafted or LineDecision(position=line.position, act=Act.PROPOSE)
    return answer.but(act=Act.PROPOSE, terms=Terms(delivery_schedule=schedule, prices=prices), reason=reason, rule=None)


def _schedule(form: Form, now: Standing, begun: Standing) -> tuple[ScheduledDelivery, ...]:
    scheduled = []
    ours = begun.terms.delivery_schedule
    for nth in range(1, deliveries_in(form) + 1):
        date, quantity = (form.get(f"{nth}.{part}", "").strip() for part in ("date", "quantity"))
        before = ours[nth - 1] if nth <= len(ours) else None
        if not date and not quantity:
            if planned(now, begun, nth) is None:
                continue  # a part of ours that is taken away again
            raise FieldNotUnderstood(f"{nth}.date", f"delivery {nth} is the buyer's; write ? for what isn't known yet")
        if not date or not quantity:
            part = "quantity" if date else "date"
            raise FieldNotUnderstood(f"{nth}.{part}", f"delivery {nth} has no {part}; write ? while it isn't known")
        try:
            named = proposing.delivery(f"{date}={quantity}")
        except NotUnderstood as error:
            raise FieldNotUnderstood(f"{nth}.date", f"delivery {nth}: {error}") from None
        scheduled.append(
            ScheduledDelivery(
                position=before.position if before else None,
                date=named.date,
                quantity=named.quantity,
                transport_mode=before.transport_mode if before else None,
            )
        )
    return tuple(scheduled)


def _prices(form: Form, order: Order, line: OrderLine, now: Terms) -> Prices | None:
    stood = form_of(now)
    said = {name: form.get(name, stood[name]).strip() for name in PRICE_FIELDS}
    changed = {name for name in PRICE_FIELDS if said[name] != stood[name]}
    if not changed:
        return now.prices
    prices = now.prices
    if changed - {"per"}:
        prices = _other_price(said, changed, order, line, now)
    if "per" in changed:
        per = _number(said, "per", "price unit quantity")
        if not per:
            raise FieldNotUnderstood("per", "a price holds for more than no item; write 1, 100 …")
        prices = (prices or Prices()).but(price_unit_quantity=per)
    return prices


def _other_price(said: Form, changed: set[str], order: Order, line: OrderLine, now: Terms) -> Prices | None:
    as_net = "net" in changed and said["net"]
    as_gross = {"gross", "discount"} & changed and said["gross"]
    if as_net and as_gross:
        raise FieldNotUnderstood("gross", "a price is net, or gross with a discount; change one of the two")
    if not as_net and not as_gross:
        raise FieldNotUnderstood("net", "a line has a price: write a net one, or gross and discount")
    if as_net:
        named = NamedTerms(net_price=_number(said, "net", "price"))
    else:
        discount = _number(said, "discount", "discount") if said["discount"] else None
        if discount is None and "discount" in changed:
            discount = Decimal(0)  # one that stood there is taken away
        named = NamedTerms(gross_price=_number(said, "gross", "price"), discount=discount)
    try:
        return proposing.terms(named, order, line.but(requested=now)).prices
    except NotUnderstood as error:
        raise FieldNotUnderstood("net" if as_net else "discount", str(error)) from None


def _number(said: Form, field: str, what: str) -> Decimal:
    try:
        return proposing.decimal(said[field], what)
    except NotUnderstood as error:
        raise FieldNotUnderstood(field, str(error)) from None


def _value(price: Price | None) -> str:
    return plain(price.transaction.value) if price is not None and price.transaction is not None else ""


def _plain(value: Decimal | None) -> str:
    return "" if value is None else plain(value)
