"""Progress of long work: a bar on a terminal, silence elsewhere."""

import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

Advance = Callable[[int], None]
"""Called with the amount of additional work done."""

ShowProgress = Callable[[str, int], AbstractContextManager[Advance]]
"""Opens a bar with a title and a total."""


@contextmanager
def no_progress(title: str, total: int) -> Iterator[Advance]:
    """Shows nothing."""
    yield lambda step: None


@contextmanager
def terminal_progress(title: str, total: int) -> Iterator[Advance]:
    """A bar on standard error when that is a terminal, else nothing."""
    if total == 0 or not sys.stderr.isatty():
        yield lambda step: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(title, total=total)
        yield lambda step: bar.advance(task, step)
