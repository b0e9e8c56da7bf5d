"""Languages and texts of another tool -> ours: every sentence in every language of the questionnaire."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from scanform.formats.survey_tools.markup import has_media, to_plain
from scanform.formats.survey_tools.remarks import Place, Remarks
from scanform.i18n.texts import DEFAULT_LANGUAGE, LANGUAGES, text
from scanform.model.questionnaire import Texts

_TAG = re.compile(r"</?[A-Za-z][^<>]*>")


@dataclass(frozen=True, slots=True, kw_only=True)
class Languages:
    """The languages of the questionnaire, and which language of the tool is which: (ours, theirs)."""

    pairs: tuple[tuple[str, str], ...]

    @property
    def ours(self) -> tuple[str, ...]:
        """The languages, the default first."""
        return tuple(ours for ours, _ in self.pairs)


def known_languages(theirs: Sequence[str], codes: Mapping[str, str], remarks: Remarks) -> Languages:
    """The languages that forms can be printed in, among those of the tool; `codes` are their codes by the tool's name.

    A survey in none of them keeps its texts, and the words that scanform itself prints are German.
    """
    found: dict[str, str] = {}
    for name in theirs:
        code = codes.get(name, name).lower().replace("_", "-").split("-")[0]
        if code in LANGUAGES and code not in found:
            found[code] = name
        elif code in LANGUAGES:
            remarks.lost(Place(), "language-again", wanted=name, kept=found[code])
        elif name:
            remarks.lost(Place(), "language", wanted=name)
    if not found:
        return Languages(pairs=((DEFAULT_LANGUAGE, theirs[0] if theirs else ""),))
    return Languages(pairs=tuple(found.items()))


@dataclass(slots=True)
class TextReader:
    """Makes texts of ours; what a language lacks is filled in from another and noted.

    Texts are `html`, or plain ones in which `tags` may stand, or plain ones in which "<" means "<".
    """

    languages: Languages
    remarks: Remarks
    html: bool = True
    tags: bool = False

    def plain(self, by_language: Mapping[str, str]) -> dict[str, str]:
        """The visible texts by our language; empty ones are left out."""
        found = {ours: self._shown(by_language.get(theirs, "")) for ours, theirs in self.languages.pairs}
        return {language: said for language, said in found.items() if said}

    def _shown(self, said: str) -> str:
        if self.html or (self.tags and _TAG.search(said)):
            return to_plain(said)
        return "\n".join(line for line in (" ".join(one.split()) for one in said.split("\n")) if line)

    def sentence(self, by_language: Mapping[str, str], place: Place) -> Texts | None:
        """A text in every language; None if there is none in any."""
        found = self.plain(by_language)
        self._note_media(by_language, place)
        if not found:
            return None
        first = next(iter(found.values()))
        for language in self.languages.ours:
            if language not in found:
                self.remarks.lost(place, "untranslated", wanted=language)
        return Texts(entries=tuple((language, found.get(language, first)) for language in self.languages.ours))

    def name(self, by_language: Mapping[str, str], place: Place, *, otherwise: str) -> Texts:
        """A name of an option, a row or a unit: once if it is the same in all languages."""
        found = self.plain(by_language)
        self._note_media(by_language, place)
        if not found:
            self.remarks.lost(place, "no-text", code=otherwise)
        first = next(iter(found.values()), otherwise)
        texts = {language: found.get(language, first) for language in self.languages.ours}
        if len(set(texts.values())) == 1:
            return Texts(entries=((self.languages.ours[0], first),))
        return Texts(entries=tuple(texts.items()))

    def needed(self, by_language: Mapping[str, str], place: Place, *, otherwise: str) -> Texts:
        """A text that must not be empty: `otherwise` stands for it."""
        found = self.sentence(by_language, place)
        if found is not None:
            return found
        self.remarks.lost(place, "no-text", code=otherwise)
        return self.same(otherwise)

    def same(self, said: str) -> Texts:
        """One text in every language."""
        return Texts(entries=tuple((language, said) for language in self.languages.ours))

    def ours(self, key: str, **params: object) -> Texts:
        """Words of ours in every language of the questionnaire."""
        return Texts(entries=tuple((one, text(key, one, **params)) for one in self.languages.ours))

    def _note_media(self, by_language: Mapping[str, str], place: Place) -> None:
        if (self.html or self.tags) and any(has_media(said) for said in by_language.values()):
            self.remarks.lost(place, "picture")


def together(first: Texts | None, second: Texts | None) -> Texts | None:
    """Two texts as one, each on a line of its own."""
    if first is None or second is None:
        return first or second
    return Texts(entries=tuple((language, f"{one}\n{second.get(language)}") for language, one in first.entries))
