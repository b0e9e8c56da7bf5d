"""The type of a question as a questionnaire file names it."""

from scanform.model.questionnaire import Alphabet, Question, QuestionKind

_CELL_TYPES = {
    Alphabet.DECIMAL: "decimal",
    Alphabet.LETTERS: "letters",
    Alphabet.ALNUM: "characters",
    Alphabet.DATE: "date",
    Alphabet.TIME: "time",
}


def type_of(question: Question) -> str:
    """The type under `type:`; a year is a number of four cells."""
    if question.kind is QuestionKind.COMB:
        if question.alphabet in _CELL_TYPES:
            return _CELL_TYPES[question.alphabet]
        return "digits" if question.minimum is None else "number"
    if question.kind is QuestionKind.HANDWRITING:
        return question.form.value if question.form is not None else "text"
    return question.kind.value
