"""Which values are looked at together, and in which order."""

import pytest

from bench.review_material import OFTEN, PERSONS, REMARK, SINCE, Waiting, fill
from scanform.model.review import DecisionKind
from scanform.workflow.project.project import open_project
from scanform.workflow.review.desk import Desk, Submission
from scanform.workflow.review.mosaic import FEWEST, Mosaic

OTHER = Waiting(column="often", value="w", problem="unclear-mark")
BLANK = Waiting(column="often", value="", problem="unsure-blank")
TWO = Waiting(column="often", value="", problem="two-marks", candidates=("w", "m"))


@pytest.fixture
def project(house):
    with open_project(house) as opened:
        yield opened


def decided(card, kind, number):
    return Submission(
        uuid=f"u{number}",
        item=card.id,
        version=card.version,
        basis=card.basis,
        kind=kind,
        from_value=card.value,
        to_value="",
    )


def test_groups_share_question_and_reading(project):
    """One group for each answer that was read, one for blanks, one for each question that is written, in the order
    of the form.
    """
    fill(project, 5, OFTEN, SINCE, PERSONS)
    fill(project, 4, OTHER, start=100)
    fill(project, 4, BLANK, start=200)
    groups = Mosaic(Desk(project)).groups(language="en")
    assert {(group.wording, group.said, group.count) for group in groups[:3]} == {
        ("How often do you come?", said, count) for said, count in (("every month", 5), ("every week", 4), ("blank", 4))
    }
    assert [(group.wording, group.said, group.count) for group in groups[3:]] == [
        ("Since when?", "", 5),
        ("How many people?", "", 5),
    ]
    assert len({group.key for group in groups}) == len(groups)


def test_what_should_be_looked_at_alone_is_in_no_group(project):
    """Two marks, what is rather wrong than right, what was put off, small groups."""
    fill(project, FEWEST, TWO)
    fill(project, FEWEST - 1, OTHER, start=100)
    fill(project, FEWEST, REMARK, start=200, confidence=0.1)
    fill(project, FEWEST, OFTEN, start=300)
    desk = Desk(project)
    mosaic = Mosaic(desk)
    (group,) = mosaic.groups(language="en")
    assert (group.said, group.count) == ("every month", FEWEST)
    desk.decide([decided(mosaic.tiles(group.key, 1, reviewer="a")[0].card, DecisionKind.POSTPONE, 1)], reviewer="a")
    assert mosaic.groups() == []
    assert len(mosaic.tiles(group.key, 100, reviewer="a")) == FEWEST - 1


def test_tiles_come_by_lot_with_the_order_of_their_doubt(project):
    """The same order each time, not that of the forms nor that of the doubt; what was decided is gone and nothing
    else moves.
    """
    fill(project, 40, OFTEN)
    desk = Desk(project)
    mosaic = Mosaic(desk)
    (group,) = mosaic.groups()
    tiles = mosaic.tiles(group.key, 100, reviewer="a")
    names = [tile.card.id for tile in tiles]
    assert names != sorted(names)
    assert [tile.order for tile in tiles] != sorted(tile.order for tile in tiles)
    assert sorted(tile.order for tile in tiles) == list(range(40))
    doubt = {item.id: item.confidence for item in desk.open_items()}
    assert sorted(doubt.values()) == [doubt[tile.card.id] for tile in sorted(tiles, key=lambda tile: tile.order)]
    desk.decide([decided(tiles[0].card, DecisionKind.CONFIRM, 1)], reviewer="a")
    assert [tile.card.id for tile in mosaic.tiles(group.key, 100, reviewer="a")] == names[1:]
    assert [tile.card.id for tile in mosaic.tiles(group.key, 7, reviewer="a")] == names[1:8]


def test_an_unknown_group_is_empty(project):
    """As one is that somebody else finished."""
    fill(project, 5, OFTEN)
    assert Mosaic(Desk(project)).tiles("house:often:=nothing", 10, reviewer="a") == []
