"""readings.csv: what nobody has seen is never sure."""

from scanform.dataset import provenance
from scanform.model.questionnaire import Question, QuestionKind, Questionnaire, Section, Texts
from scanform.model.response import Answer, Channel, Missing, Response, Status


def test_a_question_on_a_missing_page_is_not_automatic():
    """Its row has no value, the reason, and a status that asks for a person."""
    words = Texts(entries=(("en", "?"),))
    question = Question(code="open", kind=QuestionKind.SINGLE, text=words)
    questionnaire = Questionnaire(
        code="q", version="1", title=words, languages=("en",), sections=(Section(title=words, items=(question,)),)
    )
    answer = Answer(
        question="open",
        kind=QuestionKind.SINGLE,
        value="",
        confidence=0.0,
        status=Status.AUTO,
        missing=Missing.PAGE_MISSING,
        page=2,
        problems=("page-missing",),
    )
    response = Response(id="2BNBJ-0A1B2C3-A", questionnaire="q", version="1", channel=Channel.PAPER, answers=(answer,))
    (cells,) = provenance.reading_rows([response], {"q": questionnaire})
    row = dict(zip(provenance.READINGS, cells, strict=True))
    assert (row["value"], row["status"], row["problem"]) == ("", "review", "page-missing")
