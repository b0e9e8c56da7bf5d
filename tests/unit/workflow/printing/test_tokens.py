"""Tokens drawn by scanform: unlike any other, strong enough for lists, proof against spreadsheets and slips."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanform import pagecode
from scanform.formats.spreadsheet import converted, spoilt
from scanform.workflow.printing.recipients import Recipient, unusable_tokens
from scanform.workflow.printing.tokens import DRAWN_LENGTH, draw_token, is_mistyped


def drawn(seed, number=1, taken=()):
    bits = random.Random(seed).getrandbits
    found = set(taken)
    tokens = []
    for _ in range(number):
        tokens.append(draw_token(found, bits=bits))
        found.add(tokens[-1].casefold())
    return tokens


def test_drawn_tokens_are_as_strong_as_lists_demand_and_survive_a_spreadsheet():
    """Five thousand of them: all different, all accepted in a list, none that a spreadsheet converts."""
    tokens = drawn(1, 5000)
    assert len({token.casefold() for token in tokens}) == 5000
    assert unusable_tokens([Recipient(token=token, name=None, address=()) for token in tokens], ()) == []
    assert [token for token in tokens if spoilt(token) or converted(token) or token.isdigit()] == []
    assert {len(token) for token in tokens} == {DRAWN_LENGTH + 1}
    assert set("".join(tokens)) == set(pagecode.BASE32)


def test_a_token_that_is_taken_is_not_drawn_again():
    """However the other one mixes capitals."""
    [first] = drawn(7)
    [again] = drawn(7, taken={first.casefold()})
    assert again != first


@given(st.integers(0, 10_000), st.integers(0, DRAWN_LENGTH), st.sampled_from(pagecode.BASE32), st.booleans())
def test_any_single_slip_is_noticed(seed, place, sign, small):
    """ISO 7064 finds every wrong character, wherever it stands; people may type small letters."""
    [token] = drawn(seed)
    assert not is_mistyped(token.lower() if small else token)
    typed = token[:place] + sign + token[place + 1 :]
    assert is_mistyped(typed.lower() if small else typed) is (typed != token)


@pytest.mark.parametrize("own", ["aB3dEf9hIjK2mNo", "T1", "4711-0815", "K7M2P9QX", ""])
def test_own_tokens_are_never_called_mistyped(own):
    """Only what has the form of a drawn token can be a slip of one."""
    assert not is_mistyped(own)
