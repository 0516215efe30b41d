"""The WSDL 1.1 of the Orders API: one operation, PlaceOrder, over SOAP 1.1 and 1.2 (document/literal).

An order goes in as XML (`xml`) or as text (`document`). An envelope with the order bare in its Body is taken too; the WSDL
only says one way that every SOAP client can generate code for.
"""

from __future__ import annotations

from typing import Final
from xml.sax.saxutils import quoteattr

NAMESPACE: Final = "urn:podesk:orders:1"
OPERATION: Final = "PlaceOrder"
RESPONSE: Final = "PlaceOrderResponse"

_WSDL: Final = f"""\
<?xml version="1.0" encoding="UTF-8"?>
<wsdl:definitions name="Orders" targetNamespace="{NAMESPACE}" xmlns:tns="{NAMESPACE}"
    xmlns:wsdl="http://schemas.xmlsoap.org/wsdl/"
    xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/"
    xmlns:soap12="http://schemas.xmlsoap.org/wsdl/soap12/"
    xmlns:xsd="http://www.w3.org/2001/XMLSchema">
  <wsdl:types>
    <xsd:schema targetNamespace="{NAMESPACE}" elementFormDefault="qualified">
      <xsd:complexType name="AnyXml">
        <xsd:sequence><xsd:any namespace="##any" processContents="skip"/></xsd:sequence>
      </xsd:complexType>
      <xsd:element name="{OPERATION}">
        <xsd:complexType>
          <xsd:choice>
            <xsd:element name="xml" type="tns:AnyXml"/>
            <xsd:element name="document" type="xsd:string"/>
          </xsd:choice>
        </xsd:complexType>
      </xsd:element>
      <xsd:element name="{RESPONSE}">
        <xsd:complexType>
          <xsd:sequence>
            <xsd:element name="status" type="xsd:string"/>
            <xsd:element name="document" type="xsd:string"/>
            <xsd:element name="answer" type="tns:AnyXml" minOccurs="0"/>
            <xsd:element name="answerText" type="xsd:string" minOccurs="0"/>
          </xsd:sequence>
        </xsd:complexType>
      </xsd:element>
    </xsd:schema>
  </wsdl:types>
  <wsdl:message name="{OPERATION}"><wsdl:part name="parameters" element="tns:{OPERATION}"/></wsdl:message>
  <wsdl:message name="{RESPONSE}"><wsdl:part name="parameters" element="tns:{RESPONSE}"/></wsdl:message>
  <wsdl:portType name="Orders">
    <wsdl:operation name="{OPERATION}">
      <wsdl:input message="tns:{OPERATION}"/>
      <wsdl:output message="tns:{RESPONSE}"/>
    </wsdl:operation>
  </wsdl:portType>
  <wsdl:binding name="Orders11" type="tns:Orders">
    <soap:binding transport="http://schemas.xmlsoap.org/soap/http" style="document"/>
    <wsdl:operation name="{OPERATION}">
      <soap:operation soapAction="{NAMESPACE}#{OPERATION}"/>
      <wsdl:input><soap:body use="literal"/></wsdl:input>
      <wsdl:output><soap:body use="literal"/></wsdl:output>
    </wsdl:operation>
  </wsdl:binding>
  <wsdl:binding name="Orders12" type="tns:Orders">
    <soap12:binding transport="http://schemas.xmlsoap.org/soap/http" style="document"/>
    <wsdl:operation name="{OPERATION}">
      <soap12:operation soapAction="{NAMESPACE}#{OPERATION}"/>
      <wsdl:input><soap12:body use="literal"/></wsdl:input>
      <wsdl:output><soap12:body use="literal"/></wsdl:output>
    </wsdl:operation>
  </wsdl:binding>
  <wsdl:service name="Orders">
    <wsdl:port name="Orders11" binding="tns:Orders11"><soap:address location=ADDRESS/></wsdl:port>
    <wsdl:port name="Orders12" binding="tns:Orders12"><soap12:address location=ADDRESS/></wsdl:port>
  </wsdl:service>
</wsdl:definitions>
"""


def wsdl(address: str) -> bytes:
    """The WSDL of the service at `address`, an absolute URL; what it holds is text here, never markup."""
    return _WSDL.replace("ADDRESS", quoteattr(address)).encode()
