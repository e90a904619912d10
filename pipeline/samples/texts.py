"""What the sample documents say. All names are invented."""

INVOICE = """
Brightwater Tools Ltd.
14 Quay Street
Bristol BS1 4RW
United Kingdom

INVOICE

Invoice number: BW-2024-0117
Invoice date: 12 March 2024
Due date: 11 April 2024

Bill to: Harlow Gardens Ltd.
3 Mill Lane, Oxford OX2 6PP

Description              Quantity    Unit price      Amount
Pruning saw 300 mm       10          18.50           185.00
Hedge trimmer            2           149.00          298.00
Delivery                 1           12.00           12.00

Subtotal                                             495.00
VAT 20 %                                             99.00
Amount due                                           GBP 594.00

Payment terms: 30 days. IBAN GB00 TEST 0000 0000 0000 00
"""

CONTRACT = [
    """
MUTUAL NON-DISCLOSURE AGREEMENT

This Mutual Non-Disclosure Agreement (the "Agreement") is made and entered
into as of May 6, 2024 (the "Effective Date") by and between Northfield
Optics Inc., a Delaware corporation (the "Company"), and Calder Systems LLC,
an Oregon limited liability company (the "Recipient").

WHEREAS, the parties wish to explore a possible business relationship and in
connection with it may disclose to each other confidential information;

NOW, THEREFORE, in consideration of the mutual covenants herein, the parties
hereto agree as follows:

1. Confidential Information. "Confidential Information" means any information
disclosed hereunder that is marked as confidential or that a reasonable person
would understand to be confidential.
""",
    """
2. Obligations. Each party shall hold the Confidential Information in
confidence and shall not disclose it to any third party.

3. Term. The obligations under this Agreement shall continue for a period of
three (3) years from the Effective Date.

4. Governing Law. This Agreement shall be governed by and construed in
accordance with the laws of the State of Oregon.

IN WITNESS WHEREOF, the parties hereto have executed this Agreement.
""",
    """
Northfield Optics Inc.                 Calder Systems LLC

By: ______________________             By: ______________________
Name: Ada Fenwick                      Name: Jonas Calder
Title: Director                        Title: Managing Member
""",
]

LETTER = [
    "Bristol, 2 February 2024",
    "Dear Ms Okafor,",
    "Thank you for your kind letter about the greenhouse on Mill Lane. We will be glad to visit "
    "you on 16 February 2024 to look at the frames, and we will bring the catalogue that you "
    "asked for.",
    "Please write to hello@brightwater.example if another day suits you better.",
    "Yours sincerely,",
    "Ada Fenwick",
]

SLIDES = [
    (
        "Quarterly report Q1 2024",
        "Executive summary\nSales rose by 8 percent\nTwo new shops were opened",
        "Say thanks to the shop teams.",
    ),
    ("Results", "Findings by region\nRecommendations for the second quarter", "Keep it short."),
    ("Conclusions", "Table 1 shows the results\nNext report in July", ""),
]

HTML = """<!doctype html>
<html lang="fr"><head><meta charset="utf-8"><title>Facture F-2024-318</title>
<style>td { padding: 4px }</style></head>
<body><h1>Facture</h1>
<p>Verger des Lilas SARL<br>8 rue des Acacias<br>69002 Lyon</p>
<p>Numéro de facture : F-2024-318</p><p>Date de facture : 21/02/2024</p>
<p>Facturé à : Atelier Bonnet</p>
<table><tr><th>Désignation</th><th>Quantité</th><th>Prix unitaire</th><th>Montant</th></tr>
<tr><td>Pommes</td><td>40</td><td>2,50</td><td>100,00</td></tr></table>
<p>TVA 5,5 % : 5,50 €</p><p>Total TTC : 105,50 €</p>
<p>Échéance : 22/03/2024. Merci pour votre confiance.</p>
<script>console.log("hidden")</script></body></html>
"""

GERMAN_LETTER = """Müller & Söhne Gartenbau
Lindenstraße 12, 50674 Köln

Köln, den 5. März 2024

Betreff: Ihre Anfrage vom 1. März 2024

Sehr geehrte Frau Schäfer,

vielen Dank für Ihre Anfrage. Wir können die Hecke in der zweiten Woche im April schneiden und
melden uns bei Ihnen, sobald der genaue Tag feststeht.

Mit freundlichen Grüßen
Jürgen Müller
"""

RESUME = """# Curriculum vitae

Mira Lindqvist, mira@lindqvist.example

## Professional experience

- 2019 to 2024: gardener, Brightwater Tools
- 2015 to 2019: apprentice, Harlow Gardens

## Education

Bachelor of Horticulture, 2015

## Skills

Pruning, grafting, bookkeeping

## Languages

English, Swedish
"""

INVENTORY = """sku,name,stock,shelf
1001,Pruning saw,14,A1
1002,Hedge trimmer,3,A2
1003,Watering can,27,B1
"""

RECEIPT = """
GREENHILL GARDEN STORE
27 Orchard Road
Leeds LS1 4HT
Tel: 0113 496 0000
RECEIPT
Date: 18/04/2024 10:42
Cashier: MIRA
1 Watering can       12.50
2 Flower pot          7.00
Subtotal             19.50
Total                19.50
Cash                 20.00
Change                0.50
Thank you, please come again
"""

SCAN = """
Brightwater Tools Ltd.
14 Quay Street, Bristol BS1 4RW

9 January 2024

Dear Mr Haddad,

Your order has arrived in our shop and can be
collected on any day from Monday to Saturday.
We look forward to your visit.

Yours sincerely,
Ada Fenwick
"""

LOCKED = "Board minutes\nThis page can be read only with the password."
