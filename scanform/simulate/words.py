"""Words that people write on forms about meeting places: names, streets, short notes, remarks. All invented."""

import numpy as np

_SHORT: dict[str, tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]] = {
    "de": (
        (
            ("mail",),
            (
                "info@gruene-aue.example",
                "treff.nordhafen@verein.example",
                "kontakt@buergerhaus.example",
                "m.oezdemir@nachbarn.example",
                "buero@st-johannes.example",
            ),
        ),
        (
            ("web", "internet", "url"),
            ("www.treff-am-muehlbach.example", "www.gruene-aue.example", "nachbarn-im-norden.example", "www.haus-der-vielfalt.example"),
        ),
        (
            ("telefon", "phone", "fon"),
            ("0231 5550147", "0231 / 555 02 81", "0231-5550336", "0172 5550419"),
        ),
        (
            ("straße", "strasse", "anschrift", "adresse"),
            (
                "Rheinische Straße 14",
                "Münsterstr. 207 a",
                "Am Ölpfad 3",
                "Lütgendortmunder Weg 21",
                "Schützenstraße 88",
                "Huckarder Bruch 5",
                "Große Heide 12 b",
                "Stüwestr. 9",
            ),
        ),
        (
            ("ansprech", "kontakt", "person", "vorname", "nachname", "ausgefüllt"),
            ("Gülcan Özdemir", "Jürgen Weiß", "Anneliese Kött", "M. Schäfer-Groß", "Bärbel Düring", "Paweł Nowak", "Sigrid Mühlhoff", "Ömer Yıldız"),
        ),
        (
            ("träger", "verein", "organisation", "einrichtung"),
            (
                "Förderverein Nordhafen e.V.",
                "Kath. Kirchengemeinde St. Johannes",
                "Kleingärtner Grüne Aue e.V.",
                "Bürgerhaus-Verein",
                "Nachbarschaftshilfe Süd",
                "AWO-Ortsverein",
            ),
        ),
        (
            ("name", "bezeichnung", "begegnungsort"),
            (
                "Treff am Mühlbach",
                "Bürgerhaus Hörde-Süd",
                "Seniorentreff Öspel",
                "Haus der Vielfalt",
                "Café Zeitlos",
                "Vereinsheim Grüne Aue",
                "Nachbarschaftsladen",
                "Gemeindehaus St. Johannes",
            ),
        ),
        (("sprache", "language"), ("Türkisch", "Ukrainisch, Russisch", "Arabisch", "Polnisch und Italienisch", "Gebärdensprache", "Kurdisch")),
        (("bezirk", "stadtteil", "ortsteil"), ("Innenstadt-Nord", "Hörde", "Mengede", "Lütgendortmund", "Aplerbeck", "Huckarde")),
        (("ort ", "stadt", "wohnort"), ("Dortmund", "Lünen", "Schwerte", "Castrop-Rauxel")),
        (
            ("",),
            (
                "Müttercafé",
                "Schachgruppe",
                "Reparaturtreff",
                "nach Absprache",
                "Übermittagsbetreuung",
                "Lesepatinnen",
                "Flohmarkt",
                "Frühstückstreff",
                "Öffentlicher Bücherschrank",
                "Tauschbörse",
            ),
        ),
    ),
    "en": (
        (("mail",), ("office@harbour.example", "mary.oneill@garden.example")),
        (("phone",), ("0231 5550147", "0172 5550419")),
        (("street", "address"), ("14 Mill Lane", "207 Harbour Road", "3 Church Hill")),
        (("name", "person"), ("Mary O'Neill", "Jürgen Weiß", "Priya Nair", "Tom Becker", "Aoife Brady")),
        (("town", "city", "place"), ("Newbridge", "Millfield", "Harbour Quarter")),
        (("",), ("repair café", "chess evening", "by appointment", "book swap", "mothers' group", "street party")),
    ),
}

_SENTENCES: dict[str, tuple[str, ...]] = {
    "de": (
        "Wir brauchen dringend mehr Räume für Jugendliche.",
        "Der Aufzug ist seit März außer Betrieb.",
        "Es fehlt an Ehrenamtlichen für die Abendstunden.",
        "Mehr Öffentlichkeitsarbeit wäre schön.",
        "Die Küche müsste erneuert werden, auch die Fenster sind undicht.",
        "Für Rollstühle ist der Eingang zu schmal.",
        "Unterstützung bei Förderanträgen wäre sehr hilfreich.",
        "Im Viertel gibt es kaum Plätze zum Verweilen.",
        "Viele ältere Menschen kommen nur wegen des Frühstücks.",
        "Gute Zusammenarbeit mit der Grundschule.",
        "Wir würden gern auch samstags öffnen.",
        "Danke für die Umfrage!",
        "Die Miete ist zu hoch geworden.",
        "Übersetzungshilfe für neue Familien fehlt.",
    ),
    "en": (
        "We need more rooms for young people.",
        "The lift has been out of order since March.",
        "Volunteers for the evening are missing.",
        "The kitchen needs repair.",
        "Good cooperation with the primary school.",
        "Thank you for asking!",
        "The rent has become too high.",
    ),
}


def short_text(rng: np.random.Generator, language: str, about: str, *, room: int) -> str:
    """A short entry that suits the question `about` and has at most about `room` characters."""
    topics = _SHORT.get(language, _SHORT["de"])
    known = about.lower() + " "
    for words, entries in topics:
        if any(word in known for word in words):
            fitting = [entry for entry in entries if len(entry) <= room] or [min(entries, key=len)]
            return str(rng.choice(fitting))
    return ""


def sentence(rng: np.random.Generator, language: str, *, lines: int, room: int) -> str:
    """Free text of up to `lines` lines, broken at words so that no line has more than `room` characters."""
    stock = _SENTENCES.get(language, _SENTENCES["de"])
    order = rng.permutation(len(stock))
    rows: list[str] = []
    for i in order.tolist():
        candidate = _wrapped(" ".join([*rows, stock[i]]), room)
        if len(candidate) > lines:
            break
        rows = candidate
    return "\n".join(rows or _wrapped(min(stock, key=len), room)[:lines])


def _wrapped(text: str, room: int) -> list[str]:
    rows = [""]
    for word in text.split():
        if rows[-1] and len(rows[-1]) + 1 + len(word) > room:
            rows.append("")
        rows[-1] = f"{rows[-1]} {word}".strip()
    return rows
