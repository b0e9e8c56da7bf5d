"""scanform digitises paper surveys: print, read, review, merge.

    import scanform

    with scanform.open_project("survey") as project:
        summary = project.read_batch("scans")

The names in `__all__` are the interface for programs (docs/python.md); they are loaded when they are first used.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from scanform.api import Project, init_project, open_project
    from scanform.errors import ScanformError
    from scanform.workflow.dataset.export import HandOver
    from scanform.workflow.dataset.import_digital import ImportSummary
    from scanform.workflow.dataset.merge_responses import MergeSummary
    from scanform.workflow.insight.one_page import PageRead
    from scanform.workflow.intake.read_batch import BatchSummary
    from scanform.workflow.printing.print_forms import Printed
    from scanform.workflow.printing.recipients import Recipient

__version__ = "0.1.0"

__all__ = [
    "BatchSummary",
    "HandOver",
    "ImportSummary",
    "MergeSummary",
    "PageRead",
    "Printed",
    "Project",
    "Recipient",
    "ScanformError",
    "__version__",
    "init_project",
    "open_project",
]

_HOMES = {
    "BatchSummary": "scanform.workflow.intake.read_batch",
    "HandOver": "scanform.workflow.dataset.export",
    "ImportSummary": "scanform.workflow.dataset.import_digital",
    "MergeSummary": "scanform.workflow.dataset.merge_responses",
    "PageRead": "scanform.workflow.insight.one_page",
    "Printed": "scanform.workflow.printing.print_forms",
    "Project": "scanform.api",
    "Recipient": "scanform.workflow.printing.recipients",
    "ScanformError": "scanform.errors",
    "init_project": "scanform.api",
    "open_project": "scanform.api",
}
"""The module of each name of the interface."""

if not TYPE_CHECKING:  # type checkers see only the names above

    def __getattr__(name):
        """A name of the interface, loaded on first use: `import scanform` itself loads none of the libraries."""
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from importlib import import_module

        globals()[name] = found = getattr(import_module(_HOMES[name]), name)
        return found

    def __dir__():
        """The interface."""
        return sorted(__all__)
