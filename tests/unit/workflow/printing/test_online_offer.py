"""What forms say about answering online: nothing without an address, the right link with one, and scans read as ever."""

import json
import subprocess
from dataclasses import replace

import numpy as np
import pytest
import zxingcpp
from click.testing import CliRunner
from PIL import Image

from scanform import pagecode
from scanform.cli.program import main
from scanform.config import Config, WebFormConfig
from scanform.errors import StoreError, UsageError
from scanform.model.page import Fate
from scanform.scan.load import rasterize
from scanform.simulate.profiles import PROFILES
from scanform.simulate.scanner import scan_page
from scanform.workflow.intake.read_batch import read_batch
from scanform.workflow.printing.online_offer import online_link, online_offer, shown_address
from scanform.workflow.printing.print_forms import PrintOrder, print_forms
from scanform.workflow.printing.recipients import Recipient
from scanform.workflow.project.project import init_project, open_project
from scanform.workflow.reading.executors import serial

TOKEN = "7K3QF-MPW4X"


def configured(address: str, *, open_link: str = "off", reply_by: str = "") -> Config:
    return Config(web_form=WebFormConfig(address=address, open_link=open_link), reply_by=reply_by)


@pytest.mark.parametrize(
    ("address", "link", "shown"),
    [
        ("treff.example.de", f"https://treff.example.de/t/{TOKEN}", "treff.example.de"),
        ("https://treff.example.de/", f"https://treff.example.de/t/{TOKEN}", "treff.example.de"),
        ("https://stadt.example/umfrage", f"https://stadt.example/umfrage/t/{TOKEN}", "stadt.example/umfrage"),
        (
            "https://ls.example/index.php/123?token={token}&lang=de",
            f"https://ls.example/index.php/123?token={TOKEN}&lang=de",
            "ls.example/index.php/123",
        ),
        ("https://ls.example/r/{token}", f"https://ls.example/r/{TOKEN}", "ls.example/r"),
        ("", "", ""),
    ],
)
def test_the_link_leads_to_the_form_with_the_code(address, link, shown):
    """Our own web form, one in a folder, a survey tool of others; the address is what people type."""
    config = configured(address)
    assert online_link(config, TOKEN) == link
    assert shown_address(config) == shown
    assert online_offer(config, TOKEN, "de").link == link


def test_a_code_stays_one_part_of_the_link():
    """Own access codes may hold any sign."""
    assert online_link(configured("e.example"), "a/b c?ü") == "https://e.example/t/a%2Fb%20c%3F%C3%BC"


def test_without_a_code_the_form_is_offered_only_where_anybody_may_answer():
    """Spare copies for whoever comes by."""
    assert not online_link(configured("e.example"), None)
    assert online_link(configured("e.example", open_link="on"), None) == "https://e.example"
    assert online_link(configured("https://ls.example/1?token={token}", open_link="on"), None) == "https://ls.example/1"


def test_the_reply_date_is_said_as_people_write_it():
    """With and without an online form."""
    assert online_offer(configured("", reply_by="2027-03-31"), None, "de").reply_by == "31.03.2027"
    assert online_offer(configured("e.example", reply_by="2027-03-31"), TOKEN, "en").reply_by == "31 Mar 2027"


@pytest.mark.parametrize("address", ["ftp://e.example", "umfrage", "https://", "e.example/a b", "javascript:alert(1)"])
def test_what_is_no_address_is_refused(address):
    """Better no form than one that sends people nowhere."""
    with pytest.raises(UsageError):
        online_offer(configured(address), TOKEN, "de")


def set_up(folder, **settings):
    """A project with these settings in survey.toml."""
    init_project(folder, template="visitor-feedback").close()
    path = folder / "survey.toml"
    text = path.read_text("utf-8").replace("settle_seconds = 2.0", "settle_seconds = 0.0")
    for name, value in settings.items():
        assert f'\n{name} = "' in text
        start = text.index(f'\n{name} = "')
        text = text[:start] + f'\n{name} = "{value}"' + text[text.index("\n", start + 1) :]
    path.write_text(text, "utf-8")
    return folder


def printed(folder, out, *arguments):
    return CliRunner().invoke(
        main, ["--language", "en", "--project", str(folder), "print", *arguments, "-o", str(out), "--json"]
    )


def words(pdf):
    return subprocess.run(["pdftotext", "-layout", pdf, "-"], check=True, capture_output=True, text=True).stdout


def links(pdf):
    found = (code.text for gray in rasterize(pdf, dpi=200) for code in zxingcpp.read_barcodes(gray))
    return [text for text in found if not pagecode.decode(text)]


def test_forms_bear_address_code_link_and_date(tmp_path):
    """One link for each recipient, each with their own code."""
    folder = set_up(tmp_path / "p", address="treff.example.de", reply_by="2027-03-31")
    (tmp_path / "l.csv").write_text(f"token,name\n{TOKEN},Haus am See\nB2C3D-4E5F6,Treff\n", "utf-8")
    done = printed(folder, tmp_path / "x.pdf", "--recipients", str(tmp_path / "l.csv"), "--sides", "one")
    assert (done.exit_code, json.loads(done.stdout)["online"]) == (0, "treff.example.de")
    said = words(tmp_path / "x.pdf")
    for part in (
        "treff.example.de",
        f"Access code: {TOKEN}",
        "Access code: B2C3D-4E5F6",
        "Please reply by 31 Mar 2027",
    ):
        assert part in said
    assert links(tmp_path / "x.pdf") == [f"https://treff.example.de/t/{code}" for code in (TOKEN, "B2C3D-4E5F6")]


def test_without_an_address_no_online_form_is_promised(tmp_path):
    """The form bears its code and says nothing of an online form; whoever prints is told."""
    folder = set_up(tmp_path / "p")
    (tmp_path / "l.csv").write_text(f"token,name\n{TOKEN},Haus am See\n", "utf-8")
    call = ["--language", "en", "--project", str(folder), "print", "--recipients", str(tmp_path / "l.csv")]
    done = CliRunner().invoke(main, [*call, "-o", str(tmp_path / "x.pdf")])
    assert done.exit_code == 0
    assert "The forms name no online form" in done.stdout
    said = words(tmp_path / "x.pdf")
    assert "Your code:" in said
    assert TOKEN in said
    assert "nline" not in said
    assert links(tmp_path / "x.pdf") == []


@pytest.mark.parametrize("address", ["umfrage", "umfrage.example/" + "sehr-lang/" * 12])
def test_an_address_that_cannot_be_printed_stops_the_run(tmp_path, address):
    """Exit code 2, no file, no identity given out."""
    folder = set_up(tmp_path / "p", address=address, open_link="on")
    done = printed(folder, tmp_path / "x.pdf", "--copies", "1")
    assert done.exit_code == 2
    assert not list(tmp_path.glob("x*"))


def test_a_date_that_is_none_stops_every_command(tmp_path):
    """survey.toml is checked as a whole."""
    with pytest.raises(StoreError):
        open_project(set_up(tmp_path / "p", reply_by="31.03.2027"))


@pytest.mark.slow
@pytest.mark.parametrize("profile", sorted(PROFILES))
def test_scans_are_read_as_without_the_offer(tmp_path, profile):
    """The closed loop, by each kind of scanner: fate, identity and values are those of the same form without it."""
    seen = []
    for name, address in (("without", ""), ("with", "treff.example.de")):
        with open_project(set_up(tmp_path / name, address=address)) as project:
            order = PrintOrder(recipients=(Recipient(token=TOKEN, name="Haus", address=("Weg 1",)),), seed=3)
            print_forms(project, replace(order), tmp_path / f"{name}.pdf")
            (gray,) = rasterize(tmp_path / f"{name}.pdf", dpi=300)
            scan = scan_page(gray, PROFILES[profile], np.random.default_rng(11)).image.gray
            Image.fromarray(scan).save(tmp_path / f"{name}.png", dpi=(200, 200))
            summary = read_batch(project, [tmp_path / f"{name}.png"], serial())
            answers = [(one.id, one.token) for one in project.store.responses()]
            seen.append((dict(summary.pages), answers))
    assert seen[0] == seen[1]
    assert Fate.UNKNOWN_FORM not in seen[1][0]
