"""UBL parties, addresses and contacts, as the model has them."""

from __future__ import annotations

from typing import TypedDict

from core.formats import _unchecked as made
from core.formats._ubl_aggregate import Aggregate
from core.model import Contact, Party


def party(customer_or_supplier: Aggregate | None) -> Party | None:
    """Of `cac:BuyerCustomerParty` and the like. Names: the trade name first, the registered one last."""
    found = customer_or_supplier.first("Party") if customer_or_supplier is not None else None
    if found is None:
        return None
    identification = found.first("PartyIdentification")
    address = found.first("PostalAddress")
    return made.party(
        id=identification.identifier("ID") if identification is not None else None,
        id_scheme=identification.attribute("ID", "schemeID") if identification is not None else None,
        endpoint=found.identifier("EndpointID"),
        endpoint_scheme=found.attribute("EndpointID", "schemeID"),
        names=party_names(found),
        **_address(address),
    )


def party_names(found: Aggregate) -> tuple[str, ...]:
    names = [name for each in found.each("PartyName") if (name := each.text("Name"))]
    registered = found.text("PartyLegalEntity", "RegistrationName")
    if registered and registered not in names:
        names.append(registered)
    return tuple(names)


def destination(delivery: Aggregate) -> Party | None:
    """Where a `cac:Delivery` goes; None when it doesn't say."""
    location = delivery.first("DeliveryLocation")
    address = location.first("Address") if location is not None else None
    address = address if address is not None else delivery.first("DeliveryAddress")
    receiver = delivery.first("DeliveryParty")
    if location is None and address is None and receiver is None:
        return None
    identified = location if location is not None and "ID" in location else address
    names = party_names(receiver) if receiver is not None else ()
    place_name = location.text("Name") if location is not None else None
    return made.party(
        id=identified.text("ID") if identified is not None else None,
        id_scheme=identified.attribute("ID", "schemeID") if identified is not None else None,
        names=(*names, place_name) if place_name else names,
        **_address(address),
    )


def contact(customer_or_supplier: Aggregate | None, *preferred: str) -> Contact | None:
    """The contact named first of: those called `preferred`, the party's own; None when none says anything."""
    if customer_or_supplier is None:
        return None
    for name in preferred:
        found = _contact(customer_or_supplier.first(name), None)
        if found is not None:
            return found
    of_party = customer_or_supplier.first("Party")
    return _contact(of_party.first("Contact"), of_party.first("Person")) if of_party is not None else None


def _contact(found: Aggregate | None, person: Aggregate | None) -> Contact | None:
    name = found.text("Name") if found is not None else None
    if name is None and person is not None:
        name = " ".join(filter(None, (person.text("FirstName"), person.text("MiddleName"), person.text("FamilyName"))))
    email = found.text("ElectronicMail") if found is not None else None
    phone = found.text("Telephone") if found is not None else None
    return made.contact(email=email, name=name or None, phone=phone) if name or email or phone else None


class _Address(TypedDict, total=False):
    address_lines: tuple[str, ...]
    postal_code: str | None
    city: str | None
    country_code: str | None
    country_name: str | None


def _address(address: Aggregate | None) -> _Address:
    if address is None:
        return {}
    street = " ".join(filter(None, (address.text("StreetName"), address.text("BuildingNumber"))))
    lines = (
        address.text("Department"),
        street,
        address.text("AdditionalStreetName"),
        address.text("BuildingName"),
        *(line.text("Line") for line in address.each("AddressLine")),
        address.text("Postbox"),
        address.text("CountrySubentity"),
    )
    country = address.first("Country")
    return {
        "address_lines": tuple(line for line in lines if line),
        "postal_code": address.text("PostalZone"),
        "city": address.text("CityName"),
        "country_code": country.text("IdentificationCode") if country is not None else None,
        "country_name": country.text("Name") if country is not None else None,
    }
