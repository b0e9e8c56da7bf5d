"""Long texts of a screen, divided so that paper can hold them."""

from dataclasses import replace

from scanform.model.questionnaire import Item, Note, Section, Texts

LONGEST_BLOCK = 900
"""Characters of a text that scanform prints as one block; a page holds some 3,000, and blocks are never divided."""


def in_blocks(texts: Texts) -> tuple[Texts, ...]:
    """A long text as several of one paragraph each, with as many in every language: what one language has more stands
    in the last.
    """
    if max(len(text) for _, text in texts.entries) <= LONGEST_BLOCK:
        return (texts,)
    lines = {language: text.split("\n") for language, text in texts.entries}
    count = min(len(found) for found in lines.values())
    blocks = (
        {language: found[at : at + 1] if at < count - 1 else found[at:] for language, found in lines.items()}
        for at in range(count)
    )
    return tuple(
        Texts(entries=tuple((language, "\n".join(found)) for language, found in block.items())) for block in blocks
    )


def with_blocks(
    intro: Texts | None, sections: tuple[Section, ...], heading: Texts
) -> tuple[Texts | None, tuple[Section, ...]]:
    """Long texts as paragraphs of their own, which can stand on several pages; a long welcome becomes a section."""
    divided = tuple(
        replace(
            section,
            intro=None if section.intro is not None and len(in_blocks(section.intro)) > 1 else section.intro,
            items=tuple(item for one in _with_intro(section) for item in _divided(one)),
        )
        for section in sections
    )
    if intro is None or len(blocks := in_blocks(intro)) == 1:
        return intro, divided
    return None, (Section(title=heading, items=tuple(Note(text=block) for block in blocks)), *divided)


def _with_intro(section: Section) -> tuple[Item, ...]:
    """The items, before them a long introduction as a paragraph."""
    if section.intro is None or len(in_blocks(section.intro)) == 1:
        return section.items
    return (Note(text=section.intro), *section.items)


def _divided(item: Item) -> tuple[Item, ...]:
    return tuple(Note(text=block) for block in in_blocks(item.text)) if isinstance(item, Note) else (item,)
