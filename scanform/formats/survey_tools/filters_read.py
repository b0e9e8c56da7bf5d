"""Filters of another tool -> `only_if`: one question and the answers under which another is asked."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from scanform.formats.survey_tools.expressions import Asked, ExpressionError, conditions_of, is_always, parse
from scanform.formats.survey_tools.remarks import Place, Remarks
from scanform.model.questionnaire import Condition, Question


@dataclass(slots=True)
class Filters:
    """The variables known so far, and the filter of each question so far."""

    remarks: Remarks
    xpath: bool
    variables: dict[str, Asked] = field(default_factory=dict)
    filters: dict[str, Condition | None] = field(default_factory=dict)
    multiple: set[str] = field(default_factory=set)
    fields: dict[str, Question] = field(default_factory=dict)

    def learn(self, name: str, asked: Asked, condition: Condition | None) -> None:
        """A variable that later filters can name."""
        self.variables[name] = asked
        self.filters[asked.question] = condition
        if asked.multiple:
            self.multiple.add(asked.question)

    def learn_field(self, name: str, question: Question) -> None:
        """A question without options, which no filter can name but a later one may have to follow."""
        self.learn(name, Asked(question=question.code, options=(), codes=()), question.only_if)
        self.fields[question.code] = question

    def read(self, texts: Iterable[str], place: Place) -> Condition | None:
        """The one condition that all `texts` together amount to; None, with a remark, if they amount to none."""
        wanted = [text for text in texts if not is_always(text)]
        found: list[Condition] = []
        for text in wanted:
            try:
                found += conditions_of(parse(text, xpath=self.xpath), self.variables.get)
            except ExpressionError:
                self.remarks.lost(place, "filter", filter=text)
                return None
        found = self._joined(found)
        left = [one for one in found if not any(self._implies(other, one) for other in found if other is not one)]
        if len(left) > 1 or any(not one.options for one in left):
            self.remarks.lost(place, "filter", filter=" and ".join(wanted))
            return None
        return left[0] if left else None

    def _implies(self, condition: Condition, other: Condition) -> bool:
        """Whether `other` holds wherever `condition` does, as its question is only asked then."""
        step = self.filters.get(condition.question)
        while step is not None:
            if step.question == other.question and set(step.options) <= set(other.options):
                return True
            step = self.filters.get(step.question)
        return False

    def _joined(self, conditions: list[Condition]) -> list[Condition]:
        """One condition per question: the answers that satisfy all of its conditions; none if no list of answers says
        it. Where several boxes may be ticked, two conditions are one only if the one implies the other.
        """
        by_question: dict[str, Condition] = {}
        for one in conditions:
            known = by_question.get(one.question, one)
            options = tuple(code for code in known.options if code in one.options)
            if one.question in self.multiple and len(options) < min(len(known.options), len(one.options)):
                options = ()
            by_question[one.question] = Condition(question=one.question, options=options)
        return list(by_question.values())
