"""values.csv: one row for each number that stands for something in the files of statistics packages."""

from collections.abc import Iterator, Sequence

from scanform.dataset.statistics.coded import Variable

HEADER = ("variable", "value", "code", "label", "missing", "earlier")


def rows(variables: Sequence[Variable]) -> Iterator[tuple[str, ...]]:
    """(variable, number, the code in responses.csv, label, 1 for a missing code, 1 for an option of an earlier version
    of the questionnaire).
    """
    for variable in variables:
        for label in variable.labels:
            flags = (str(int(label.is_missing)), str(int(label.is_former)))
            yield (variable.name, str(label.value), label.code, label.text, *flags)
