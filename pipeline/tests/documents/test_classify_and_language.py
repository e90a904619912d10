import pytest

from documents.classify import classify
from documents.extract import Page
from documents.kinds import Kind
from documents.language import detect_language


def name_of(text: str, kind: Kind = Kind.TXT) -> str:
    return classify(text, kind, [Page(1, text)]).name


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (
            "Rechnung\nRechnungsnummer: 12\nKundennummer 3\nzahlbar bis 3.4.2024\nIBAN DE00",
            "invoice",
        ),
        ("Facture n° 18\nFacturé à : Bonnet\nTVA 20 %\nÉchéance", "invoice"),
        (
            "Kassenbon\nSumme 3,20\nBar 5,00\nRückgeld 1,80\nVielen Dank für Ihren Einkauf",
            "receipt",
        ),
        (
            "Mietvertrag\nVertrag zwischen den Vertragsparteien\nKündigung\nGerichtsstand",
            "contract",
        ),
        ("Madame,\nVeuillez agréer, Madame, mes salutations distinguées", "letter"),
        ("Bericht 2024\nInhaltsverzeichnis\nZusammenfassung\nErgebnisse\nFazit", "report"),
        ("Lebenslauf\nBerufserfahrung\nAusbildung\nKenntnisse", "resume"),
        ("a list of things: nails, wood, paint", "other"),
        ("", "other"),
    ],
)
def test_classes_in_three_languages(text: str, name: str) -> None:
    assert name_of(text) == name


def test_what_a_till_prints_is_a_receipt_even_if_it_calls_itself_an_invoice() -> None:
    text = "Green Fork Sdn Bhd\nTax Invoice\nInvoice no: 0039\nCashier: Mia\n18:43:34 Pax: 2"
    assert name_of(text, Kind.JPEG) == "receipt"


def test_invoice_xml_inside_settles_it() -> None:
    letter = "Sehr geehrter Herr Muster,\nanbei Ihre Police.\nMit freundlichen Grüßen"
    found = classify(letter, Kind.PDF, [Page(1, letter)], {"factur-x.xml": "<Invoice/>"})
    assert (found.name, found.confidence) == ("invoice", 1.0)


def test_many_telling_words_make_it_sure() -> None:
    sure = classify("Invoice number 7\nDue date\nBill to\nIBAN", Kind.PDF, [])
    assert 0.5 < sure.confidence <= 1


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("The shop is closed on Friday and we will be glad to see you after that", "en"),
        ("Wir sind am Freitag nicht da und freuen uns auf die Zeit mit Ihnen", "de"),
        ("Nous vous prions de bien vouloir nous excuser pour le retard dans la livraison", "fr"),
        ("TAX INVOICE\n2 x Teh Tarik\nTotal 4.40\nCash 5.00\nChange 0.60\nThank you", "en"),
        ("Kasse 3\n2 Brezeln\nSumme 1,80\nBar 2,00\nRückgeld 0,20\nVielen Dank", "de"),
        ("ok", "und"),
        ("12 34 56", "und"),
    ],
)
def test_languages(text: str, language: str) -> None:
    assert detect_language(text) == language


def test_the_model_is_asked_where_common_words_do_not_settle_it() -> None:
    pytest.importorskip("py3langid")
    text = "Minä rakastan kesäisiä päiviä järven rannalla ystävien kanssa ja uin paljon"
    assert detect_language(text) == "fi"
