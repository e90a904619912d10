import datetime
import time
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from documents.fields import extract_fields
from documents.fields.amounts import find_amounts, parse_number
from documents.fields.companies import tidy_company
from documents.fields.dates import find_dates

DAYS = st.dates(datetime.date(1990, 1, 1), datetime.date(2060, 1, 1))
GERMAN_MONTHS = [
    "Januar",
    "Februar",
    "März",
    "April",
    "Mai",
    "Juni",
    "Juli",
    "August",
    "September",
    "Oktober",
    "November",
    "Dezember",
]


def days(text: str, month_first: bool = False) -> list[str]:
    return [date.day.isoformat() for date in find_dates(text, month_first)]


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("on 2024-03-05 at", "2024-03-05"),
        ("am 5. März 2024", "2024-03-05"),
        ("le 1er août 2023", "2023-08-01"),
        ("May 6th, 2024", "2024-05-06"),
        ("this 10th day of July, 2014", "2014-07-10"),
        ("25/12/18", "2018-12-25"),
        ("09-06-201816:00:43", "2018-06-09"),
        ("05 Mar 2018 18:24", "2018-03-05"),
    ],
)
def test_dates_in_three_languages(text: str, day: str) -> None:
    assert days(text) == [day]


def test_what_is_no_date() -> None:
    assert days("31/02/2024, version 1.2.3, 11-22 - 30, 192.168.10.12, 99/99/2020") == []


def test_the_order_of_day_and_month() -> None:
    assert days("3/4/2020") == ["2020-04-03"]
    assert days("3/4/2020", month_first=True) == ["2020-03-04"]
    assert days("13/4/2020", month_first=True) == ["2020-04-13"]


@given(DAYS)
def test_every_day_is_found_in_every_form(day: datetime.date) -> None:
    month = GERMAN_MONTHS[day.month - 1]
    forms = [f"{day:%d.%m.%Y}", f"{day:%Y/%m/%d}", f"{day:%B} {day.day}, {day.year}"]
    for form in [*forms, f"{day.day}. {month} {day.year}"]:
        assert days(f"x {form} y") == [day.isoformat()], form


@given(st.decimals(min_value=0, max_value=10**9, places=2))
def test_numbers_are_read_in_both_manners(value: Decimal) -> None:
    english = f"{value:,.2f}"
    german = english.translate(str.maketrans(",.", ".,"))
    assert parse_number(english) == parse_number(german) == value


def test_amounts_with_their_currency() -> None:
    found = [
        (str(a.value), a.currency) for a in find_amounts("EUR 1.234,50 and $8.20, 12 pcs, 5,50 €")
    ]
    assert found == [("1234.50", "EUR"), ("8.20", "USD"), ("12.00", None), ("5.50", "EUR")]


@pytest.mark.parametrize(
    ("written", "tidy"),
    [
        ("Nike, Inc.", "Nike Inc."),
        ("Leggett & Platt, Incorporated", "Leggett and Platt Inc."),
        ("Green & Partners, L.P.", "Green and Partners LP"),
        ("Wynn Resorts, Limited", "Wynn Resorts Ltd."),
        ("Jane Doe", "Jane Doe"),
    ],
)
def test_companies_are_written_in_one_way(written: str, tidy: str) -> None:
    assert tidy_company(written) == tidy


CII = """<rsm:CrossIndustryInvoice xmlns:rsm="urn:a" xmlns:ram="urn:b" xmlns:udt="urn:c">
<rsm:ExchangedDocument><ram:ID>R-7</ram:ID><ram:IssueDateTime>
<udt:DateTimeString format="102">20240305</udt:DateTimeString></ram:IssueDateTime>
</rsm:ExchangedDocument><rsm:SupplyChainTradeTransaction><ram:ApplicableHeaderTradeAgreement>
<ram:SellerTradeParty><ram:Name>Lieferant GmbH</ram:Name></ram:SellerTradeParty>
<ram:BuyerTradeParty><ram:Name>Kunden AG</ram:Name></ram:BuyerTradeParty>
</ram:ApplicableHeaderTradeAgreement><ram:ApplicableHeaderTradeSettlement>
<ram:InvoiceCurrencyCode>EUR</ram:InvoiceCurrencyCode>
<ram:GrandTotalAmount>119.00</ram:GrandTotalAmount>
</ram:ApplicableHeaderTradeSettlement></rsm:SupplyChainTradeTransaction>
</rsm:CrossIndustryInvoice>"""

UBL = """<Invoice xmlns="urn:a" xmlns:c="urn:b"><c:ID>U-9</c:ID>
<c:IssueDate>2024-03-05</c:IssueDate>
<c:DocumentCurrencyCode>GBP</c:DocumentCurrencyCode>
<c:AccountingSupplierParty><c:Party><c:PartyName><c:Name>Seller</c:Name></c:PartyName></c:Party>
</c:AccountingSupplierParty><c:LegalMonetaryTotal><c:TaxInclusiveAmount>12.00</c:TaxInclusiveAmount>
</c:LegalMonetaryTotal></Invoice>"""


def test_invoice_xml_wins_over_the_printed_text() -> None:
    fields = extract_fields("invoice", "Rechnung Nr. 1234 vom 1.1.2020", {"factur-x.xml": CII})
    assert fields == {
        "number": "R-7",
        "date": "2024-03-05",
        "seller": "Lieferant GmbH",
        "buyer": "Kunden AG",
        "total": "119.00",
        "currency": "EUR",
    }


def test_ubl_is_read_too_and_the_text_fills_the_gaps() -> None:
    fields = extract_fields("invoice", "Invoice\nBill to: Buyer Ltd", {"a.xml": UBL})
    assert fields["number"] == "U-9" and fields["seller"] == "Seller"
    assert fields["total"] == "12.00" and fields["buyer"] == "Buyer Ltd"


def test_broken_or_hostile_xml_does_no_harm() -> None:
    entity = '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><Invoice><ID>&e;</ID></Invoice>'
    for xml in ("<Invoice", entity):
        assert "number" not in extract_fields("invoice", "", {"a.xml": xml})


def test_a_receipts_total_agrees_with_what_was_paid() -> None:
    text = (
        "CORNER STORE SDN BHD\nSubtotal 18.38\nTotal 18.38\nRounding 18.40\nCash 20.00\nChange 1.60"
    )
    fields = extract_fields("receipt", text, None)
    assert fields["total"] == "18.40" and fields["company"] == "CORNER STORE SDN BHD"


def test_a_contract_says_nothing_that_it_does_not_say() -> None:
    assert extract_fields("contract", "nothing of the kind is agreed here", None) == {}


@given(st.sampled_from(["invoice", "receipt", "contract", "letter"]), st.text(max_size=300))
def test_no_text_breaks_the_extraction(name: str, text: str) -> None:
    extract_fields(name, text, None)


@pytest.mark.parametrize(
    "piece", ["1", "1 ", "Aa ", "(1234567 ", "agreement shall ", "/s/ A ", "total "]
)
def test_hostile_repetition_takes_no_time(piece: str) -> None:
    started = time.process_time()
    for name in ("invoice", "receipt", "contract", "letter"):
        extract_fields(name, piece * (60_000 // len(piece)), None)
    assert time.process_time() - started < 5


AGREEMENT = """Exhibit 10, filed with the letter agreement dated May 1, 2013

This Mutual Non-Disclosure Agreement is entered into as of June 3, 2014 by and between nLight
Systems, Inc. and Baker & Sons LLC. Its first draft was discussed on January 9, 2012 (the "Draft
Date"). For a period of two years from the date hereof, neither party shall solicit the other's
staff. The duty of confidentiality survives for five years after termination of this Agreement.
This Agreement shall remain in force for three (3) years. It is governed by the laws of Ohio.
"""


def test_a_contract_tells_its_own_date_and_term_among_others() -> None:
    fields = extract_fields("contract", AGREEMENT, None)
    assert fields == {
        "parties": ["nLight Systems Inc.", "Baker and Sons LLC"],
        "effective_date": "2014-06-03",
        "jurisdiction": "Ohio",
        "term": "3 years",
    }


def test_what_is_promised_for_a_while_is_no_term() -> None:
    text = "This Agreement binds the parties. For a period of one year from the date hereof, "
    assert "term" not in extract_fields("contract", text + "Seller will not compete.", None)
    kept = extract_fields("contract", text + "both keep all of it secret.", None)
    assert kept["term"] == "1 year"


def test_the_last_signature_dates_an_agreement_that_says_nothing_else() -> None:
    text = "Agreement. " + "The parties keep it all to themselves. " * 60
    signed = text + "Signed: /s/ A. Best Date: 8/11/08 Signed: /s/ B. Cole Date: 8/7/08"
    assert extract_fields("contract", signed, None)["effective_date"] == "2008-08-11"
    executed = (
        text + "IN WITNESS WHEREOF the parties executed this Agreement this 16th day of May 2011"
    )
    assert extract_fields("contract", executed, None)["effective_date"] == "2011-05-16"


def test_a_letter_is_an_agreement_with_its_addressee() -> None:
    text = "September 3, 2007\n\nOrchard Corporation\n12 Elm Street\n\nLadies and Gentlemen:\n"
    text += "You asked Birch, Inc. (the “Company”) for information."
    assert extract_fields("contract", text, None)["parties"] == [
        "Birch Inc.",
        "Orchard Corporation",
    ]


def test_a_german_letterhead_tells_seller_and_buyer() -> None:
    text = """Beispiel GmbH · Ecke 12 · 12345 Stadthausen
Herrn
Theo Est
Bahnstr. 42
88802 Spielkreis

Rechnung des Hauses Nr. B-100/7 vom 4.3.2024
Offene Zahlungen 20,00
Bruttosumme 119,00 EUR
Zahlbetrag 139,00 EUR
"""
    assert extract_fields("invoice", text, None) == {
        "number": "B-100/7",
        "date": "2024-03-04",
        "seller": "Beispiel GmbH",
        "buyer": "Herrn Theo Est",
        "total": "119.00",
        "currency": "EUR",
    }


def test_names_that_begin_like_labels_are_names() -> None:
    text = "Rechnung 77-1\nVerkäufer:\nLieferant & Telekom GmbH\nKäufer:\nUstersbacher AG\n"
    fields = extract_fields("invoice", text, None)
    assert (fields["seller"], fields["buyer"]) == ("Lieferant & Telekom GmbH", "Ustersbacher AG")


def test_a_value_of_invoice_xml_is_bounded() -> None:
    xml = CII.replace("Kunden AG", "K" * 500_000)
    assert len(extract_fields("invoice", "", {"factur-x.xml": xml})["buyer"]) == 300
