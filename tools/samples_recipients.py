"""The recipients of the demo: invented organisations with umlauts and long names."""

import csv
from pathlib import Path

RECIPIENTS = (
    ("7K3QX9MA", "Nachbarschaftstreff Mühlbach e. V.", "Am Mühlbach 12 | 44137 Dortmund"),
    (
        "M4T8ZV2C",
        "Evangelische Kirchengemeinde Öspel-Großenhain, Gemeindehaus am Schürenpfad",
        "Schürenpfad 101 a | 44388 Dortmund",
    ),
    ("9RWB6HD3", "Kleingartenverein „Grüne Aue“ von 1921 e. V.", "Große Heide 7 | 44329 Dortmund"),
    ("C2N5YFQ8", "Seniorenbüro Hörde-Süd", "Hörder Bach 3 | 44263 Dortmund"),
    ("XG7A4PJ1", "Türkisch-Deutscher Kulturverein Nordhafen", "Schützenstraße 88 | 44147 Dortmund"),
    (
        "5VE0SK9T",
        "Verein zur Förderung der offenen Jugendarbeit und der generationenübergreifenden Begegnung im Dortmunder "
        "Westen e. V.",
        "Lütgen Weg 21 | 44369 Dortmund",
    ),
    ("D8H1WMR6", "Café Zeitlos – Begegnung für Jung & Alt", "Rheinische Straße 140 | 44137 Dortmund"),
    ("2QJ9CB4N", "Bürgerhaus Aplerbecker Mark", "Köln-Berliner-Straße 9 | 44287 Dortmund"),
    ("T6F3XY7G", "Freiwilligenagentur „Mitmachen!“", "Südwall 2 | 44137 Dortmund"),
    ("HA0M8EV5", "Caritas-Treff St. Johannes Baptist", "Kirchplatz 1 | 44339 Dortmund"),
    ("4ZP7RKC9", "Mieterverein Scharnhorst – Nachbarschaftsladen", "Gleiwitzstraße 277 | 44328 Dortmund"),
    ("W1D6GJ3S", "SG Huckarde-Rahm 08, Vereinsheim", "Rahmer Straße 44 | 44369 Dortmund"),
    ("B9XT5N2Q", "Stadtteilbibliothek Eving", "Evinger Platz 11 | 44339 Dortmund"),
    ("K5C8HV0E", "Familienzentrum Löwenzahn", "Brackeler Hellweg 150 | 44309 Dortmund"),
    ("3MY4SA7W", "Interkulturelles Frauencafé Zwölf Stühle", "Münsterstraße 207 | 44145 Dortmund"),
    (
        "R7G2PQ6D",
        "Wohnungsgenossenschaft Gemeinsam Wohnen eG, Quartiersbüro Hombruch",
        "Harkortstraße 55 | 44225 Dortmund",
    ),
)
"""(token of 8 Crockford base32 characters, name, address with its lines separated by a bar)."""


PLACES = (
    ("club", "Mitte"), ("relig", "West"), ("club", "Ost"), ("welf", "Süd"), ("club", "Nord"), ("club", "West"),
    ("welf", "Mitte"), ("city", "Süd"), ("welf", "Mitte"), ("relig", "Nord"), ("club", "Ost"), ("club", "West"),
    ("city", "Nord"), ("city", "Ost"), ("club", "Nord"), ("house", "Süd"),
)  # fmt: skip
"""Carrier and part of the town of each of them."""

CARRIERS = {"club": "Verein", "relig": "Kirche", "welf": "Wohlfahrt", "city": "Stadt", "house": "Wohnungsunternehmen"}

ONLINE = (
    ("E4T9JX6B", "Treffpunkt Westerfilde", "Am Rohr 8 | 44357 Dortmund", "club", "West"),
    ("P3H7WC0Q", "Gartenküche Kemminghausen", "Kemminghauser Straße 199 | 44339 Dortmund", "club", "Nord"),
    ("V8N2RA5K", "Nähstube Lanstrop", "Büttnerstraße 6 | 44329 Dortmund", "house", "Ost"),
)
"""Places that get a letter instead of a form; two of them answer on the web (web-form.json)."""


def write_places(path: Path) -> None:
    """All places with carrier and part of the town, as staff keep them."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, delimiter=";", lineterminator="\r\n")
        writer.writerow(("place_id", "token", "name", "address", "Träger", "Stadtbezirk"))
        rows = [(*known, *told) for known, told in zip(RECIPIENTS, PLACES, strict=True)]
        for number, (token, name, address, carrier, district) in enumerate((*rows, *ONLINE), start=1):
            writer.writerow((f"DO-{number:02d}", token, name, address, CARRIERS[carrier], district))


def write_recipients(path: Path) -> None:
    """The list as a spreadsheet saves it: UTF-8 with BOM, semicolons."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, delimiter=";", lineterminator="\r\n")
        writer.writerow(("token", "name", "address"))
        writer.writerows(RECIPIENTS)
