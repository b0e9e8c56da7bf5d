"""The list of recipients: what is printed of it and what not, LimeSurvey's own list, and tokens that are none any
more.
"""

import json

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from scanform.cli.program import main
from scanform.errors import InputError
from scanform.formats.spreadsheet import converted
from scanform.i18n.texts import in_words
from scanform.workflow.printing.recipients import Recipient, read_list
from scanform.workflow.project.project import init_project

GOOD = "aB3dEf9hIjK2mNo"
PARTICIPANTS = (
    "tid",
    "firstname",
    "lastname",
    "email",
    "emailstatus",
    "token",
    "language",
    "validfrom",
    "validuntil",
    "invited",
    "reminded",
    "remindercount",
    "completed",
    "usesleft",
    "attribute_1 <Einrichtung>",
    "attribute_2 <Straße>",
    "attribute_3",
    "attribute_4 <Postleitzahl>",
    "attribute_5 <Ort>",
    "attribute_6 <Rolle>",
)


def write(path, header, *rows):
    path.write_text("\n".join(";".join(cells) for cells in (header, *rows)) + "\n", encoding="utf-8-sig")
    return path


def refused(path, language="en", **options):
    with pytest.raises(InputError) as found:
        read_list(path, **options)
    return in_words(found.value.message, language)


def test_columns_that_are_neither_name_nor_address_are_named_and_not_printed(tmp_path):
    """A phone number or a remark is no line of an address; nothing is dropped without a word."""
    header = ("Nr", "token", "Einrichtung", "Telefon", "Straße", "Hausnummer", "PLZ", "Ort", "Bemerkung", "Zeile 2")
    found = read_list(
        write(
            tmp_path / "l.csv",
            header,
            ("1", GOOD, "Haus A", "0231 1", "Weg", "12 a", "44137", "Dortmund", "ruft an", "Hinterhof"),
        )
    )
    assert found.recipients == (
        Recipient(token=GOOD, name="Haus A", address=("Weg 12 a", "44137 Dortmund", "Hinterhof")),
    )
    assert found.left_out == ("Nr", "Telefon", "Bemerkung")


def test_limesurveys_own_list_of_participants_is_understood(tmp_path):
    """Its columns about mails and dates are never printed; attributes are what their descriptions say, and those
    without one are named.
    """
    row = (
        "1",
        "Anna",
        "Beispiel",
        "anna@stadt.example",
        "OK",
        GOOD,
        "de",
        "",
        "",
        "2025-06-01 10:00",
        "N",
        "0",
        "N",
        "1",
        "Haus der Vielfalt",
        "Weg 1",
        "x",
        "44137",
        "Dortmund",
        "Leitung",
    )
    found = read_list(write(tmp_path / "l.csv", PARTICIPANTS, row))
    assert found.recipients == (Recipient(token=GOOD, name="Haus der Vielfalt", address=("Weg 1", "44137 Dortmund")),)
    assert {"tid", "email", "emailstatus", "language", "usesleft", "attribute_3", "attribute_6 <Rolle>"} <= set(
        found.left_out
    )
    persons = PARTICIPANTS[:14]
    found = read_list(write(tmp_path / "l.csv", persons, row[:14]))
    assert found.recipients == (Recipient(token=GOOD, name="Anna Beispiel", address=()),)


@pytest.mark.slow
def test_the_command_says_what_is_not_printed(tmp_path):
    """On the screen and as data."""
    init_project(tmp_path / "p", template="visitor-feedback", language="en").close()
    write(tmp_path / "l.csv", ("token", "name", "phone"), (GOOD, "Haus", "0231 1"))
    order = [
        "--project",
        str(tmp_path / "p"),
        "print",
        "--recipients",
        str(tmp_path / "l.csv"),
        "-o",
        str(tmp_path / "x.pdf"),
    ]
    assert "Not printed, as neither name nor address: phone." in CliRunner().invoke(main, order).stdout
    assert json.loads(CliRunner().invoke(main, [*order, "--json"]).stdout)["columns_left_out"] == ["phone"]
    again = write(tmp_path / "l.csv", ("token", "name"), ("7", "Haus"))
    found = CliRunner().invoke(main, [*order[:3], "--recipients", str(again), *order[5:]])
    assert (found.exit_code, "row 2 (“7”)" in found.stderr) == (4, True)


SPOILT = (
    "2,19E+26",
    "1.23457E+17",
    "1E+05",
    "1,00E+00",
    "#NAME?",
    "#WERT!",
    "########",
    "#NV",
    "05.03.5458",
    "5.3.58",
    "03/05/2025",
    "2025-03-05",
    "01. Mrz",
    "1-Mar",
    "Mrz 25",
    "Mar-25",
    "01. Jan 25",
    "WAHR",
    "FALSE",
    "12345678.0",
    "12345678,00",
)


@pytest.mark.parametrize("token", SPOILT)
def test_tokens_that_a_spreadsheet_has_spoilt_are_refused_with_their_row(tmp_path, token):
    """Numbers in powers of ten, dates, errors, truth values: beside good ones, and the good ones are not named."""
    path = tmp_path / "l.csv"
    path.write_text(f'token;name\n{GOOD};A\n"{token}";B\nK7M2P9QX;C\n', encoding="utf-8")
    message = refused(path)
    assert f"row 3 (“{token}”)" in message
    assert "spreadsheet" in message
    assert "row 2" not in message
    assert "row 4" not in message


@pytest.mark.parametrize(
    "token", ["1", "12", "A", "AB1", "0000000", "AAAAAA", "ababab", "45818", "123456", "007", "aaab"]
)
def test_tokens_that_could_be_guessed_are_refused_with_their_row(tmp_path, token):
    """Too short, too few different characters, short numbers; what was printed before is what it is."""
    path = write(tmp_path / "l.csv", ("token", "name"), (GOOD, "A"), (token, "B"))
    assert f"row 3 (“{token}”)" in refused(path)
    assert "Zeile 3" in refused(path, language="de")
    assert [one.token for one in read_list(path, printed={token}).recipients] == [GOOD, token]


def test_lost_noughts_and_rounded_digits_are_refused(tmp_path):
    """A list of numbers with eight digits, of which one has seven; a number of which only fifteen digits are left."""
    path = write(tmp_path / "l.csv", ("token",), ("12345678",), ("87654321",), ("1234567",), ("20461357",))
    assert "row 4 (“1234567”) has fewer than 8 digits" in refused(path)
    assert "row 2" in refused(write(tmp_path / "l.csv", ("token", "name"), ("123456789012345000", "A")))
    mixed = write(tmp_path / "l.csv", ("token",), ("12345678",), ("AB12CD",), ("1234567",), ("K7M2P9QX",))
    assert len(read_list(mixed).recipients) == 4


def test_empty_and_repeated_tokens_are_refused(tmp_path):
    """People mix up capitals and small letters, LimeSurvey does not tell them apart either; rows beyond the
    thirtieth are counted.
    """
    message = refused(write(tmp_path / "l.csv", ("token", "name"), (GOOD, "A"), ("", "B"), (GOOD.upper(), "C")))
    assert "row 3 has no token" in message
    assert "row 4 stands in row 2" in message
    many = write(tmp_path / "l.csv", ("token",), *((str(number),) for number in range(40)))
    assert "further rows: 10" in refused(many)


@given(
    st.lists(
        st.text(alphabet="0123456789ABCDEFGHJKMNPQRSTVWXYZ", min_size=8, max_size=8),
        min_size=1,
        max_size=30,
        unique=True,
    )
)
def test_tokens_of_the_usual_kind_are_never_refused(tmp_path_factory, tokens):
    """Eight drawn characters of Crockford's alphabet, unless a spreadsheet could have made them, or they are nearly
    all the same.
    """
    kept = [token for token in tokens if not converted(token) and len(set(token)) > 2 and not token.isdigit()]
    if kept:
        path = write(tmp_path_factory.mktemp("list") / "l.csv", ("token",), *((token,) for token in kept))
        assert [one.token for one in read_list(path).recipients] == kept
