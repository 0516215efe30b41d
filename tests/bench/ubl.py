"""A UBL order as ERP systems write them: parties with addresses and contacts, delivery, terms, lines with items."""

from __future__ import annotations

_ORDER = """<?xml version="1.0" encoding="UTF-8"?>
<Order xmlns="urn:oasis:names:specification:ubl:schema:xsd:Order-2"
    xmlns:cac="urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"
    xmlns:cbc="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2">
  <cbc:UBLVersionID>2.1</cbc:UBLVersionID>
  <cbc:ID>{number}</cbc:ID>
  <cbc:IssueDate>2025-03-03</cbc:IssueDate>
  <cbc:IssueTime>12:30:00</cbc:IssueTime>
  <cbc:OrderTypeCode>220</cbc:OrderTypeCode>
  <cbc:Note>Please state our number on every parcel</cbc:Note>
  <cbc:DocumentCurrencyCode>EUR</cbc:DocumentCurrencyCode>
  <cbc:CustomerReference>Maintenance 2025</cbc:CustomerReference>
  <cac:QuotationDocumentReference><cbc:ID>Q-{number}</cbc:ID></cac:QuotationDocumentReference>
  <cac:Contract><cbc:ID>C-34322</cbc:ID></cac:Contract>
  <cac:BuyerCustomerParty>
    <cac:Party>{buyer}</cac:Party>
  </cac:BuyerCustomerParty>
  <cac:SellerSupplierParty>
    <cac:Party>{seller}</cac:Party>
  </cac:SellerSupplierParty>
  <cac:Delivery>
    <cac:DeliveryLocation>
      <cac:Address>
        <cbc:StreetName>Havenweg</cbc:StreetName>
        <cbc:BuildingNumber>7</cbc:BuildingNumber>
        <cbc:CityName>Rotterdam</cbc:CityName>
        <cbc:PostalZone>3011 AA</cbc:PostalZone>
        <cac:Country><cbc:IdentificationCode>NL</cbc:IdentificationCode></cac:Country>
      </cac:Address>
    </cac:DeliveryLocation>
    <cac:RequestedDeliveryPeriod>
      <cbc:StartDate>2025-04-10</cbc:StartDate>
      <cbc:EndDate>2025-04-25</cbc:EndDate>
    </cac:RequestedDeliveryPeriod>
  </cac:Delivery>
  <cac:DeliveryTerms><cbc:ID>DAP</cbc:ID><cbc:SpecialTerms>Delivered at place</cbc:SpecialTerms></cac:DeliveryTerms>
  <cac:PaymentTerms><cbc:Note>30 days net</cbc:Note></cac:PaymentTerms>
  <cac:AnticipatedMonetaryTotal>
    <cbc:LineExtensionAmount currencyID="EUR">1000.00</cbc:LineExtensionAmount>
    <cbc:PayableAmount currencyID="EUR">1000.00</cbc:PayableAmount>
  </cac:AnticipatedMonetaryTotal>{lines}
</Order>
"""

_PARTY = """
      <cbc:EndpointID schemeID="0088">{gln}</cbc:EndpointID>
      <cac:PartyIdentification><cbc:ID schemeID="0088">{gln}</cbc:ID></cac:PartyIdentification>
      <cac:PartyName><cbc:Name>{name}</cbc:Name></cac:PartyName>
      <cac:PostalAddress>
        <cbc:StreetName>{street}</cbc:StreetName>
        <cbc:AdditionalStreetName>2nd floor</cbc:AdditionalStreetName>
        <cbc:CityName>Rotterdam</cbc:CityName>
        <cbc:PostalZone>3011 AA</cbc:PostalZone>
        <cac:Country><cbc:IdentificationCode>NL</cbc:IdentificationCode></cac:Country>
      </cac:PostalAddress>
      <cac:PartyLegalEntity>
        <cbc:RegistrationName>{name} B.V.</cbc:RegistrationName>
        <cbc:CompanyID schemeID="0106">12345678</cbc:CompanyID>
      </cac:PartyLegalEntity>
      <cac:Contact>
        <cbc:Name>Eva Jansen</cbc:Name>
        <cbc:Telephone>+31 10 1234567</cbc:Telephone>
        <cbc:ElectronicMail>eva@{mail}</cbc:ElectronicMail>
      </cac:Contact>"""

_LINE = """
  <cac:OrderLine>
    <cbc:Note>Line {position}: as drawn</cbc:Note>
    <cac:LineItem>
      <cbc:ID>{position}</cbc:ID>
      <cbc:Quantity unitCode="EA">{quantity}</cbc:Quantity>
      <cbc:LineExtensionAmount currencyID="EUR">{amount}.00</cbc:LineExtensionAmount>
      <cbc:PartialDeliveryIndicator>false</cbc:PartialDeliveryIndicator>
      <cac:Delivery>
        <cac:RequestedDeliveryPeriod>
          <cbc:StartDate>2025-04-{day:02}</cbc:StartDate>
          <cbc:EndDate>2025-04-{day:02}</cbc:EndDate>
        </cac:RequestedDeliveryPeriod>
      </cac:Delivery>
      <cac:Price>
        <cbc:PriceAmount currencyID="EUR">10.00</cbc:PriceAmount>
        <cbc:BaseQuantity unitCode="EA">1</cbc:BaseQuantity>
      </cac:Price>
      <cac:Item>
        <cbc:Description>Hexagon head bolt M{position} × 40, galvanised, strength class 8.8</cbc:Description>
        <cbc:Name>Hex bolt M{position}</cbc:Name>
        <cac:BuyersItemIdentification><cbc:ID>HB-{number}-{position}</cbc:ID></cac:BuyersItemIdentification>
        <cac:SellersItemIdentification><cbc:ID>S-{position:05}</cbc:ID></cac:SellersItemIdentification>
        <cac:StandardItemIdentification>
          <cbc:ID schemeID="0160">07300070011{position:03}</cbc:ID>
        </cac:StandardItemIdentification>
      </cac:Item>
    </cac:LineItem>
  </cac:OrderLine>"""


def order(number: str, lines: int) -> bytes:
    """An order of `lines` lines."""
    return _ORDER.format(
        number=number,
        buyer=_PARTY.format(gln="7300072311115", name="City Works", street="Coolsingel 40", mail="city.example"),
        seller=_PARTY.format(gln="7302347231111", name="Bolts and Nuts", street="Havenweg 7", mail="bolts.example"),
        lines="".join(
            _LINE.format(number=number, position=nth, quantity=nth * 3, amount=nth * 30, day=10 + nth % 15)
            for nth in range(1, lines + 1)
        ),
    ).encode()
