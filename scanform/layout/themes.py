"""Sizes and distances of a printed edition, as data: a new edition is a new entry in `THEMES`."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Theme:
    """One edition. Lengths in mm, type sizes in pt.

    Box and cell sizes follow docs/paper.md: boxes of 5 mm at least 3 mm apart, character cells of 6 x 8 mm spaced by 2
    mm.
    """

    body_pt: float
    """Questions and answers."""
    small_pt: float
    """Hints, column heads, furniture."""
    section_pt: float
    title_pt: float
    leading: float
    """Line pitch as a multiple of the type size."""
    box: float = 5.0
    """Outer edge of a check box."""
    box_line: float = 0.35
    row_pitch: float = 8.0
    """From one check box to the next below it: box + 3 mm."""
    label_gap: float = 2.0
    """Between a check box and its label."""
    cell_w: float = 6.0
    cell_h: float = 8.0
    cell_gap: float = 2.0
    group_gap: float = 4.5
    """Between groups of cells, such as day and month."""
    cell_line: float = 0.25
    write_pitch: float = 9.0
    """From one writing line to the next."""
    write_line: float = 0.25
    rule: float = 0.15
    """Hairlines between rows of a matrix."""
    question_gap: float = 3.5
    """Between a question and the next."""
    section_gap: float = 5.0
    """Above a section's rule."""
    section_rule: float = 0.5
    head_gap: float = 2.0
    """Between a section's title and its first question."""
    answer_gap: float = 1.6
    """Between the text of a question and its answers."""
    column_gap: float = 6.0
    """Between columns of answers and between questions side by side."""


THEMES = {
    "standard": Theme(body_pt=11.0, small_pt=9.5, section_pt=12.5, title_pt=21.0, leading=1.2),
}
"""Editions by their `--variant` name."""
