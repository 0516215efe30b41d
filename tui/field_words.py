"""What the fields of an order and its lines are called in the trade, where the timeline says that one changed."""

from __future__ import annotations

from typing import Final

FIELDS: Final[dict[str, str]] = {
    "process_status": "status",
    "in_progress_status": "why",
    "logistics_status": "goods",
    "requested": "requested",
    "proposed": "proposed",
    "confirmed": "agreed",
    "progress": "goods so far",
    "received": "goods received",
    "reported": "the platform says",
    "item_details": "our item details",
    "sales_order_number": "our order number",
    "sales_order_position": "our line number",
    "reason": "our reason",
    "header.issued_on": "issued on",
    "header.buyer_account_number": "the buyer's number in our books",
    "header.supplier_account_number": "our number in the buyer's books",
    "header.buyer_accounting": "invoiced to",
    "header.destination": "deliver to",
    "header.contact": "the buyer's contact",
    "header.supplier_contact": "our contact",
    "header.terms": "terms of delivery and payment",
    "header.auto_confirm": "other terms are confirmed at once",
    "content.line_type": "kind of line",
    "content.charge_reason": "what the charge is for",
    "content.original_position": "split from line",
    "content.item_details": "the buyer's item details",
    "content.charge_lines": "charges",
    "content.contract_number": "contract",
    "content.contract_position": "contract line",
    "content.sales_order_number": "our order number, as the buyer has it",
    "content.propose_when_accepted": "the buyer approves what we accept",
    "content.no_delivery_expected": "no delivery is expected",
    "content.reason": "the buyer's reason",
}
"""Those of which the name in the model, without what it stands in, says it already are left out."""

UNTOLD: Final = frozenset(
    {
        "predicted",
        "predicted_at",
        "since",
        "resumes",
        "in_flight",
        "platform_id",
        "spoken",
        "issued",
        "header.company_id",
        "header.references",
        "header.customization",
        "content.row",
        "content.doubts",
    }
)
"""How podesk and platforms keep their books, and what a note says already: nothing to an operator. The JSON has them."""
