"""Answers by channel."""

from scanform.dataset.modes import HEADER, mode_rows
from scanform.dataset.table import Column, Holds, Table
from scanform.model.questionnaire import Option, Question, QuestionKind, Questionnaire, Texts


def text(words):
    return Texts(entries=(("en", words),))


OPEN = Question(
    code="open",
    kind=QuestionKind.SINGLE,
    text=text("Open?"),
    options=(Option(code="yes", text=text("yes")), Option(code="no", text=text("no"))),
)
CODE = Question(code="plz", kind=QuestionKind.COMB, text=text("Postcode"))


def table(*rows):
    columns = (
        Column(name="channel", holds=Holds.FIXED),
        Column(name="open", holds=Holds.CODE, question=OPEN, answer="open"),
        Column(name="plz", holds=Holds.FIELD, question=CODE, answer="plz"),
    )
    questionnaire = Questionnaire(code="q", version="1", title=text("Q"), languages=("en",), sections=())
    return Table(questionnaire=questionnaire, columns=columns, rows=rows, records=())


def test_counts_by_channel_in_the_order_of_the_questionnaire():
    """Each value has its count per channel; options come first, missing codes last."""
    rows = mode_rows(
        table(("paper", "no", "01067"), ("online", "yes", "44135"), ("paper", "no", "44137"), ("paper", "-1", "-1"))
    )
    found = [dict(zip(HEADER, row, strict=True)) for row in rows]
    assert [(row["value"], row["paper"], row["online"], row["total"]) for row in found] == [
        ("yes", "0", "1", "1"),
        ("no", "2", "0", "2"),
        ("-1", "1", "0", "1"),
    ]


def test_a_frame_guesses_no_types():
    """A postcode keeps its zero."""
    from scanform.dataset.frames import frame  # loads pandas

    assert list(frame(table(("paper", "no", "01067")))["plz"]) == ["01067"]


def test_nothing_came_in():
    """Without responses there is nothing to count."""
    assert mode_rows(table()) == ()
