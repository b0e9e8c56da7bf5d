"""Words that people write on forms about meeting places: names, streets, short notes, remarks. All invented."""

import re

import numpy as np

Topic = tuple[str, tuple[str, ...]]

_SHORT: dict[str, tuple[Topic, ...]] = {
    "de": (
        (
            r"mail",
            (
                "info@gruene-aue.example",
                "treff@nordhafen.example",
                "kontakt@buergerhaus.example",
                "m.oezdemir@nachbarn.example",
                "buero@st-johannes.example",
            ),
        ),
        (
            r"\bweb|internet|url",
            (
                "www.treff-muehlbach.example",
                "www.gruene-aue.example",
                "nachbarn-im-norden.example",
                "www.haus-der-vielfalt.example",
            ),
        ),
        (r"telefon|phone|fon\b", ("0231 5550147", "0231 / 555 02 81", "0231-5550336", "0172 5550419", "0231 5550 900")),
        (
            r"sprachen?\b",
            (
                "Türkisch",
                "Ukrainisch, Russisch",
                "Arabisch, Kurdisch",
                "Polnisch und Italienisch",
                "Deutsch, Gebärdensprache",
                "Deutsch",
            ),
        ),
        (
            r"straße|strasse|anschrift|adresse",
            (
                "Rheinische Straße 14",
                "Münsterstr. 207 a",
                "Am Ölpfad 3",
                "Schützenstraße 88",
                "Huckarder Bruch 5",
                "Große Heide 12 b",
                "Stüwestr. 9",
            ),
        ),
        (
            r"ansprech|kontakt|contact|person|vorname|nachname",
            (
                "Gülcan Özdemir",
                "Jürgen Weiß",
                "Anneliese Kött",
                "M. Schäfer-Groß",
                "Bärbel Düring",
                "Pawel Nowak",
                "Sigrid Mühlhoff",
                "Ömer Yildiz",
            ),
        ),
        (
            r"helfen|volhelp",
            (
                "Fortbildungen",
                "Fahrtkosten",
                "mehr Anerkennung",
                "weniger Formulare",
                "Versicherung",
                "ein fester Ansprechpartner",
            ),
        ),
        (
            r"träg|carrier|organisation",
            (
                "Bürgerverein und Stadt gemeinsam",
                "Elterninitiative",
                "Genossenschaft",
                "Förderverein",
                "Stiftung der Sparkasse",
            ),
        ),
        (
            r"was für ein ort|placekind",
            ("Mehrgenerationenhaus", "Musikschule", "Repaircafé", "Sportheim", "Tafelladen", "Werkstatthaus"),
        ),
        (
            r"genutzt|uses",
            (
                "Flohmarkt",
                "Reparaturtreff",
                "Hausaufgabenhilfe",
                "Tauschbörse",
                "Probenraum",
                "Blutspende",
                "Öffentlicher Bücherschrank",
            ),
        ),
        (r"finanz|geld|fund", ("Erbschaft", "Lotterie", "Sommerfest", "Crowdfunding", "Glücksspirale")),
        (
            r"name|heißt|bezeichnung",
            (
                "Treff am Mühlbach",
                "Bürgerhaus Hörde-Süd",
                "Seniorentreff Öspel",
                "Haus der Vielfalt",
                "Café Zeitlos",
                "Vereinsheim Grüne Aue",
                "Gemeindehaus St. Johannes",
            ),
        ),
        (r"bezirk|stadtteil", ("Innenstadt-Nord", "Hörde", "Mengede", "Lütgendortmund", "Aplerbeck", "Huckarde")),
        (r"\b(ort|stadt|wohnort)\b", ("Dortmund", "Lünen", "Schwerte", "Castrop-Rauxel")),
        (
            r"",
            (
                "Müttercafé",
                "Schachgruppe",
                "nach Absprache",
                "Übermittagsbetreuung",
                "Lesepatinnen",
                "Frühstückstreff",
                "gemischt",
                "Nähkurs",
            ),
        ),
    ),
    "en": (
        (r"mail", ("office@harbour.example", "mary.oneill@garden.example")),
        (r"phone", ("0231 5550147", "0172 5550419")),
        (r"street|address", ("14 Mill Lane", "207 Harbour Road", "3 Church Hill")),
        (r"\bname|person", ("Mary O'Neill", "Jürgen Weiß", "Priya Nair", "Tom Becker", "Aoife Brady")),
        (r"town|city|live", ("Newbridge", "Millfield", "Harbour Quarter", "Ashby", "Upper Barton")),
        (
            r"",
            ("the exhibition", "a birthday party", "chess evening", "book swap", "to use the printer", "repair café"),
        ),
    ),
}

_SENTENCES: dict[str, tuple[Topic, ...]] = {
    "de": (
        (
            r"fehlt|missing",
            (
                "Räume für Jugendliche.",
                "Öffentliche Toiletten und mehr Bänke.",
                "Im Viertel gibt es kaum Plätze zum Verweilen.",
                "Ein Café, in dem man auch ohne Geld sitzen darf.",
                "Angebote am Wochenende.",
                "Übersetzungshilfe für neue Familien.",
                "Grünflächen und Schatten.",
                "Ein Treff für Ältere, die allein leben.",
                "Eine Bushaltestelle in der Nähe.",
                "Spielgeräte für größere Kinder.",
            ),
        ),
        (
            r"",
            (
                "Der Aufzug ist seit März außer Betrieb.",
                "Es fehlt an Ehrenamtlichen für die Abendstunden.",
                "Mehr Öffentlichkeitsarbeit wäre schön.",
                "Die Küche müsste erneuert werden, auch die Fenster sind undicht.",
                "Für Rollstühle ist der Eingang zu schmal.",
                "Unterstützung bei Förderanträgen wäre sehr hilfreich.",
                "Viele ältere Menschen kommen nur wegen des Frühstücks.",
                "Gute Zusammenarbeit mit der Grundschule.",
                "Wir würden gern auch samstags öffnen.",
                "Danke für die Umfrage!",
                "Die Miete ist zu hoch geworden.",
                "Wir wünschen uns einen festen Ansprechpartner bei der Stadt.",
            ),
        ),
    ),
    "en": (
        (
            r"",
            (
                "We need more rooms for young people.",
                "The lift has been out of order since March.",
                "More seats in the café, please.",
                "The kitchen needs repair.",
                "Please open on Sundays, too.",
                "Thank you for asking!",
                "It was hard to find the entrance.",
                "Lovely people, keep it up!",
            ),
        ),
    ),
}


def short_text(rng: np.random.Generator, language: str, about: str, *, room: int) -> str:
    """A short entry that suits the question `about` (its code and title) and has at most about `room` characters."""
    entries = _about(_SHORT.get(language, _SHORT["de"]), about)
    return str(rng.choice([entry for entry in entries if len(entry) <= room] or [min(entries, key=len)]))


def sentence(rng: np.random.Generator, language: str, about: str, *, lines: int, room: int) -> str:
    """Free text that suits the question `about`, of up to `lines` lines, wrapped at words so that no line has more than
    `room` characters.
    """
    stock = _about(_SENTENCES.get(language, _SENTENCES["de"]), about)
    rows: list[str] = []
    for i in rng.permutation(len(stock)).tolist():
        candidate = _wrapped(" ".join([*rows, stock[i]]), room)
        if len(candidate) > lines:
            break
        rows = candidate
    return "\n".join(rows or _wrapped(min(stock, key=len), room)[:lines])


def _about(topics: tuple[Topic, ...], about: str) -> tuple[str, ...]:
    return next(entries for pattern, entries in topics if re.search(pattern, about.lower()))


def _wrapped(text: str, room: int) -> list[str]:
    rows = [""]
    for word in text.split():
        if rows[-1] and len(rows[-1]) + 1 + len(word) > room:
            rows.append("")
        rows[-1] = f"{rows[-1]} {word}".strip()
    return rows
