"""Printing: texts of recipients as they stand or not at all, each form on sheets of its own, the PDF and the store
agree.
"""

import json
import re
from dataclasses import replace

import numpy as np
import pikepdf
import pytest
from click.testing import CliRunner
from PIL import Image

from scanform.cli.program import main
from scanform.errors import InputError
from scanform.i18n.texts import in_words
from scanform.layout.pdf.draw import Sides
from scanform.model.page import Fate
from scanform.scan.load import rasterize
from scanform.simulate.profiles import PROFILES
from scanform.simulate.scanner import scan_page
from scanform.store import issued
from scanform.workflow.intake.read_batch import read_batch
from scanform.workflow.printing.print_forms import PrintOrder, print_forms, reissue_order
from scanform.workflow.printing.recipients import Recipient, read_recipients
from scanform.workflow.project.project import init_project
from scanform.workflow.reading.executors import serial


@pytest.fixture
def project(tmp_path):
    """A project with a form of one page."""
    with init_project(tmp_path / "project", template="visitor-feedback") as made:
        settings = made.folder / "survey.toml"
        settings.write_text(
            settings.read_text("utf-8").replace("settle_seconds = 2.0", "settle_seconds = 0.0"), encoding="utf-8"
        )
        yield made


def recipients(path, *rows):
    path.write_text("token,name,address\n" + "\n".join(rows) + "\n", encoding="utf-8")
    return read_recipients(path)


def forms_known(project):
    with project.store.reading() as tx:
        return issued.all_issued(tx)


def test_all_recipients_that_cannot_be_printed_are_named_at_once(project, tmp_path):
    """Arabic, emoji, Cyrillic, Vietnamese: row, field and signs of each; nothing is printed, no identity is given
    out.
    """
    found = recipients(
        tmp_path / "l.csv", "AA11BB,بيت 😀,Weg 1", "BB22CC,Haus,Weg 2", "CC33DD,Дом,Straße Ж 3", "DD44EE,Nguyễn,Weg 4"
    )
    with pytest.raises(InputError) as refused:
        print_forms(project, PrintOrder(recipients=found), tmp_path / "x.pdf")
    lines = [line.strip() for line in in_words(refused.value.message, "de").splitlines()[1:]]
    assert [line.split(":")[0] for line in lines] == [
        "Zeile 2 (AA11BB), Name",
        "Zeile 4 (CC33DD), Name",
        "Zeile 4 (CC33DD), Anschrift",
        "Zeile 5 (DD44EE), Name",
    ]
    assert "U+1F600" in lines[0]
    assert "U+0416" in lines[2]
    assert "U+1EC5" in lines[3]
    assert forms_known(project) == []
    assert not list(tmp_path.glob("x.*"))


def test_the_command_refuses_them_in_the_language_of_the_screen(project, tmp_path):
    """Exit code 4, rows and signs on the screen, no file."""
    (tmp_path / "l.csv").write_text(
        'token,name,address\nRT12CD34,"بيت الثقافة 😀","Straße 1, 44135 Dortmund"\n', encoding="utf-8"
    )
    arguments = [
        "--project",
        str(project.folder),
        "print",
        "--recipients",
        str(tmp_path / "l.csv"),
        "-o",
        str(tmp_path / "x.pdf"),
    ]
    for language, words in (
        ("de", "Die Schrift kann diese Zeichen nicht drucken"),
        ("en", "the font cannot print these characters"),
    ):
        settings = project.folder / "survey.toml"
        settings.write_text(
            re.sub('language = ".."', f'language = "{language}"', settings.read_text("utf-8")), encoding="utf-8"
        )
        found = CliRunner().invoke(main, arguments)
        assert found.exit_code == 4
        assert words in found.stderr
        assert "RT12CD34" in found.stderr
    assert not (tmp_path / "x.pdf").exists()


def test_what_is_printed_is_what_is_stored(project, tmp_path):
    """Decomposed umlauts, odd spaces and hyphens get their plain form, on paper and in the store alike; the token
    stays as it is.
    """
    found = recipients(tmp_path / "l.csv", "A-1B2C,Ha\u0308user\u202fam\u2011See,Weg\u00a01")
    printed = print_forms(project, PrintOrder(recipients=found), tmp_path / "x.pdf")
    assert (printed.forms[0].name, printed.forms[0].token) == ("Häuser am-See", "A-1B2C")
    assert forms_known(project)[0].name == "Häuser am-See"


def test_a_token_is_never_printed_as_another_one(project, tmp_path):
    """A hyphen that does not break looks like another one and is none: whoever types the token from paper would not
    be known.
    """
    with pytest.raises(InputError, match="U\\+2011"):
        print_forms(
            project, PrintOrder(recipients=(Recipient(token="A\u20111", name=None, address=()),)), tmp_path / "x.pdf"
        )


def test_an_address_that_has_no_room_is_refused(project, tmp_path):
    """No line of an address is left out without a word."""
    long = (
        "Verein zur Förderung der "
        "Grundstücksverkehrsgenehmigungszuständigkeitsübertragungsverordnungsdurchführungsbestimmungen"
    )
    found = (
        Recipient(token="A", name=long, address=(long,) * 8, row=2),
        Recipient(token="B", name="Haus", address=("Weg 1",), row=3),
    )
    with pytest.raises(InputError) as refused:
        print_forms(project, PrintOrder(recipients=found), tmp_path / "x.pdf")
    assert str(refused.value).count("\n") == 1
    assert "Zeile 2 (A)" in in_words(refused.value.message, "de")


def test_all_rows_with_wrong_tokens_are_named_at_once(tmp_path):
    """Not only the first."""
    with pytest.raises(InputError) as refused:
        recipients(tmp_path / "l.csv", "A,x,", ",y,", "A,z,", ",w,")
    assert all(f"row {row}" in str(refused.value) for row in (3, 4, 5))


@pytest.mark.parametrize(
    ("sides", "pages", "duplex"), [(Sides.ONE, 3, "/Simplex"), (Sides.TWO, 6, "/DuplexFlipLongEdge")]
)
def test_each_form_begins_on_a_new_sheet(project, tmp_path, sides, pages, duplex):
    """A form of one page for three people: on two sides each has an empty back; the PDF says how it is to be
    printed, the list where each form begins.
    """
    printed = print_forms(project, PrintOrder(recipients=(None,) * 3, seed=3, sides=sides), tmp_path / "x.pdf")
    rows = json.loads((tmp_path / "x.copies.json").read_text("utf-8"))
    assert [row["first_page"] for row in rows] == ([1, 2, 3] if sides is Sides.ONE else [1, 3, 5])
    assert printed.fillers == pages - 3
    with pikepdf.open(tmp_path / "x.pdf") as pdf:
        assert len(pdf.pages) == pages
        assert pdf.Root.ViewerPreferences.Duplex == pikepdf.Name(duplex)
        firsts = {row["first_page"] for row in rows}
        for number, page in enumerate(pdf.pages, 1):
            assert (b"/FormXob" in page.Contents.read_bytes() or b" Do" in page.Contents.read_bytes()) is (
                number in firsts
            )
    for number, gray in enumerate(rasterize(tmp_path / "x.pdf", dpi=50), 1):
        assert (int(gray.min()) == 255) is (number not in firsts)


def test_a_form_with_an_even_number_of_pages_gets_no_empty_page(tiny_survey, tmp_path):
    """Two pages are one sheet."""
    with tiny_survey.project(tmp_path / "p") as project:
        printed = print_forms(project, PrintOrder(recipients=(None,) * 2, sides=Sides.TWO), tmp_path / "x.pdf")
    assert printed.fillers == 0
    with pikepdf.open(tmp_path / "x.pdf") as pdf:
        assert len(pdf.pages) == 4


def test_the_command_prints_for_two_sides_unless_told_otherwise(project, tmp_path):
    """The empty backs are said, and how to do without."""
    arguments = [
        "--language",
        "en",
        "--project",
        str(project.folder),
        "print",
        "--copies",
        "2",
        "-o",
        str(tmp_path / "x.pdf"),
    ]
    said = CliRunner().invoke(main, arguments)
    assert (said.exit_code, "2. To print on one side only: --sides one" in said.stdout) == (0, True)
    with pikepdf.open(tmp_path / "x.pdf") as pdf:
        assert len(pdf.pages) == 4
    one = CliRunner().invoke(main, [*arguments, "--sides", "one", "--json"])
    assert json.loads(one.stdout)["empty_pages"] == 0
    with pikepdf.open(tmp_path / "x.pdf") as pdf:
        assert len(pdf.pages) == 2


@pytest.mark.slow
def test_printed_on_two_sides_and_scanned_so_all_fates_are_right(project, tmp_path):
    """The closed loop: the fronts are read, the empty backs, with what shines through, are empty paper."""
    print_forms(project, PrintOrder(recipients=(None,) * 2, seed=3, sides=Sides.TWO), tmp_path / "x.pdf")
    printed = list(rasterize(tmp_path / "x.pdf", dpi=300))
    rng = np.random.default_rng(5)
    pages = []
    for number, gray in enumerate(printed):
        other = printed[number + 1] if number % 2 == 0 else printed[number - 1]
        pages.append(Image.fromarray(scan_page(gray, PROFILES["office copier"], rng, back=other).image.gray))
    pages[0].save(tmp_path / "s.tif", save_all=True, append_images=pages[1:], compression="tiff_lzw", dpi=(200, 200))
    summary = read_batch(project, [tmp_path / "s.tif"], serial())
    assert dict(summary.pages) == {Fate.READ: 2, Fate.BLANK: 2}
    assert {response.id for response in project.store.responses()} == {
        row["form_id"] for row in json.loads((tmp_path / "x.copies.json").read_text("utf-8"))
    }


def test_a_form_printed_again_for_somebody_of_an_older_list_is_checked_too(project, tmp_path):
    """What an earlier version has stored and cannot print is named, too."""
    print_forms(project, PrintOrder(recipients=(Recipient(token="A", name="Haus", address=()),)), tmp_path / "x.pdf")
    order = reissue_order(project, "A")
    older = replace(order, recipients=(replace(order.recipients[0], name="Дом"),))
    with pytest.raises(InputError, match="token A"):
        print_forms(project, older, tmp_path / "y.pdf")
