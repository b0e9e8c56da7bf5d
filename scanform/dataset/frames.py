"""The data set as a pandas data frame, for further computation. The only module that uses pandas.

All cells stay text, so that no type is guessed: a postcode keeps its zeros, a missing code stays a code.
"""

from pandas import DataFrame

from scanform.dataset.table import Table

__all__ = ["DataFrame", "frame"]


def frame(table: Table) -> DataFrame:
    """The data set as a data frame of text, one row per record, columns as in responses.csv."""
    return DataFrame(table.rows, columns=[column.name for column in table.columns], dtype=object)
