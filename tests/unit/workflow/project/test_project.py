"""The project folder: settings, editions of questionnaires, lists of recipients, files written whole or not at all."""

import dataclasses

import pytest

from scanform import config as configs
from scanform.config import Config, LoginConfig, ReadingConfig, ReviewConfig, WebFormConfig
from scanform.errors import InputError, StoreError, UsageError
from scanform.whole_files import atomic_file, atomic_folder
from scanform.workflow.intake.read_batch import read_batch
from scanform.workflow.printing.print_forms import PrintOrder, print_forms
from scanform.workflow.printing.recipients import Recipient, read_recipients
from scanform.workflow.project.project import add_questionnaire, init_project, open_project
from scanform.workflow.project.shipped import template_path, templates
from scanform.workflow.reading import executors


def test_settings_survive_the_file(tmp_path):
    """What is written is what is read, odd characters included."""
    config = Config(
        name='Um"frage \\ ü\n2',
        language="en",
        database="postgresql://u@h/d",
        reading=ReadingConfig(accept=0.99, jobs=3, settle_seconds=0.0),
    )
    (tmp_path / configs.FILE_NAME).write_text(configs.dump_config(config), encoding="utf-8")
    assert configs.load_config(tmp_path) == config


WRONG_LINES = (
    "nme = 'x'",
    "name = 3",
    "language = 'fr'",
    "[reading]\njobs = true",
    "[reading]\naccept = 2.0",
    "reading = 3",
)


@pytest.mark.parametrize(
    "content", ["", "format = 1", "not toml", *(f'format = "{configs.FORMAT}"\n{line}' for line in WRONG_LINES)]
)
def test_wrong_settings_name_the_place(tmp_path, content):
    """A mistake in survey.toml is a message that names the file."""
    (tmp_path / configs.FILE_NAME).write_text(content, encoding="utf-8")
    with pytest.raises(StoreError, match=r"survey\.toml"):
        configs.load_config(tmp_path)


def test_every_setting_is_explained_in_the_file():
    """Each setting has its line of explanation above it, in both languages."""
    for language in ("de", "en"):
        lines = configs.dump_config(Config(language=language)).splitlines()
        for field in (
            *dataclasses.fields(Config),
            *dataclasses.fields(ReadingConfig),
            *dataclasses.fields(ReviewConfig),
            *dataclasses.fields(LoginConfig),
            *dataclasses.fields(WebFormConfig),
        ):
            if field.name not in {"reading", "review", "login", "web_form"}:
                at = next(number for number, line in enumerate(lines) if line.startswith(f"{field.name} = "))
                assert lines[at - 1].startswith("# ")


def test_a_project_is_made_once(tmp_path):
    """A second init into the same folder harms nothing and says so; a folder without project is named."""
    init_project(tmp_path / "p", template="visitor-feedback").close()
    before = (tmp_path / "p" / "survey.toml").read_bytes()
    with pytest.raises(StoreError):
        init_project(tmp_path / "p", template="visitor-feedback")
    assert (tmp_path / "p" / "survey.toml").read_bytes() == before
    with pytest.raises(StoreError):
        open_project(tmp_path / "q")
    with pytest.raises(UsageError):
        init_project(tmp_path / "q")


def test_all_templates_can_be_used(tmp_path):
    """Each questionnaire that ships is found by its name and makes a project."""
    assert {path.stem for path in templates()} >= {"begegnungsorte", "visitor-feedback"}
    for path in templates():
        assert template_path(path.stem) == path
        init_project(tmp_path / path.stem, template=path.stem).close()


def test_several_questionnaires_need_a_choice(tiny_survey, tmp_path):
    """With two questionnaires print asks which; both editions stay apart."""
    project = add_questionnaire(tiny_survey.project(tmp_path / "p"), template_path("visitor-feedback"))
    with pytest.raises(UsageError, match="visitorfeedback"):
        print_forms(project, PrintOrder(recipients=(None,)), tmp_path / "x.pdf")
    printed = print_forms(project, PrintOrder(recipients=(None,), questionnaire="visitorfeedback"), tmp_path / "x.pdf")
    assert printed.layout.questionnaire == "visitorfeedback"
    assert set(project.layouts) == {printed.layout.digest, tiny_survey.layout.digest}
    project.close()


def test_a_printed_edition_keeps_its_questionnaire(tiny_survey, tmp_path):
    """After the questionnaire went on to version 2, forms printed as version 1 are still read by version 1."""
    project = tiny_survey.project(tmp_path / "p")
    new = tmp_path / "new.yaml"
    old = (project.folder / "questionnaires" / "tiny.yaml").read_text("utf-8")
    new.write_text(
        old.replace('version: "1"', 'version: "2"').replace("Is it quiet?", "Is it silent?"), encoding="utf-8"
    )
    project = add_questionnaire(project, new)
    assert project.questionnaires["tiny"].version == "2"
    kept = project.questionnaire_of(tiny_survey.layout)
    assert (kept.version, kept.question("quiet").text.get("en")) == ("1", "Is it quiet?")
    project.close()


CHANGES = (
    ("Is it quiet?", "Is it silent?"),
    ('no: "No"}}\n      - {question: days', 'nay: "No"}}\n      - {question: days'),
    ('yes: "Yes", no: "No"}}', 'no: "Yes", yes: "No"}}'),
)


def _contents(folder):
    return {path.relative_to(folder): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.mark.parametrize(("old", "new"), CHANGES)
def test_a_printed_version_cannot_change_its_meaning(tiny_survey, tmp_path, old, new):
    """Other words, codes or options under a version that is printed: neither added nor printed, and nothing beside
    the layouts changes.
    """
    project = tiny_survey.project(tmp_path / "p")
    current = project.folder / "questionnaires" / "tiny.yaml"
    before = _contents(project.layouts_folder)
    good = current.read_text("utf-8")
    assert old in good
    changed = tmp_path / "changed.yaml"
    changed.write_text(good.replace(old, new), encoding="utf-8")
    with pytest.raises(UsageError, match="version 1"):
        add_questionnaire(project, changed)
    assert current.read_text("utf-8") == good
    project.close()
    current.write_text(changed.read_text("utf-8"), encoding="utf-8")
    with open_project(project.folder, edited=True) as project:
        with pytest.raises(UsageError, match="version 1"):
            print_forms(project, PrintOrder(recipients=(None,)), tmp_path / "x.pdf")
        assert project.questionnaire_of(tiny_survey.layout) != project.questionnaires["tiny"]
    assert not (tmp_path / "x.pdf").exists()
    assert _contents(project.layouts_folder) == before


def test_an_unchanged_questionnaire_is_printed_again(tiny_survey, tmp_path):
    """A comment changes no question: added and printed as before, while what lies beside the layout stays as it was."""
    project = tiny_survey.project(tmp_path / "p")
    before = _contents(project.layouts_folder)
    commented = tmp_path / "commented.yaml"
    commented.write_text(
        "# looked through once more\n" + (project.folder / "questionnaires" / "tiny.yaml").read_text("utf-8"),
        encoding="utf-8",
    )
    with add_questionnaire(project, commented) as project:
        printed = print_forms(project, PrintOrder(recipients=(None,)), tmp_path / "x.pdf")
    assert printed.layout == tiny_survey.layout
    assert _contents(project.layouts_folder) == before


@pytest.mark.slow
def test_old_forms_are_read_by_their_own_version(tiny_survey, tmp_path):
    """Version 2 turns the answers of a question round, at the same places: forms of both versions keep their
    meaning.
    """
    project = tiny_survey.project(tmp_path / "p")
    old = (project.folder / "questionnaires" / "tiny.yaml").read_text("utf-8")
    turned = tmp_path / "turned.yaml"
    turned.write_text(
        old.replace('version: "1"', 'version: "2"').replace(
            '"Is it quiet?", options: {yes: "Yes", no', '"Is it loud?", options: {loud: "Yes", low'
        ),
        "utf-8",
    )
    project = add_questionnaire(project, turned)
    printed = print_forms(project, PrintOrder(recipients=(None,)), tmp_path / "x.pdf")
    assert printed.layout.digest != tiny_survey.layout.digest
    tiny_survey.jpeg(tmp_path / "in" / "a.jpg", 1, 2, quiet="yes")
    read_batch(project, [tmp_path / "in"], executors.serial())
    (response,) = project.store.responses()
    assert (response.id, response.version, response.answer("quiet").value) == (tiny_survey.form_ids[0], "1", "yes")
    project.close()


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("token,name,address\nABC123,Café Ü,\"Weg 1\nMainz\"\n".encode(), Recipient(token="ABC123", name="Café Ü", address=("Weg 1", "Mainz"))),
        ("\ufeffToken;Name;Straße;PLZ;Ort\n A 1 b2 ;Ä;Weg 1;55116;Mainz\n".encode(), Recipient(token="A 1 b2", name="Ä", address=("Weg 1", "55116 Mainz"))),
        ("Zugangscode;Einrichtung\r\n00712345;Müller\r\n;\r\n".encode("cp1252"), Recipient(token="00712345", name="Müller", address=())),
        (b"name,token\n,XY12Z\n", Recipient(token="XY12Z", name=None, address=())),
    ],
)  # fmt: skip
def test_lists_of_recipients_as_spreadsheets_save_them(tmp_path, content, expected):
    """Encodings, separators, German and English names of columns, addresses in one cell or in several; tokens
    verbatim.
    """
    (tmp_path / "list.csv").write_bytes(content)
    assert read_recipients(tmp_path / "list.csv") == (expected,)


def test_a_short_row_stops_the_print(tmp_path):
    """A row with too few cells is not passed over."""
    (tmp_path / "list.csv").write_text("token,name,address\nA,x,y\nB\nC,x,y\n", encoding="utf-8")
    with pytest.raises(InputError):
        read_recipients(tmp_path / "list.csv")


def test_files_are_written_whole_or_not_at_all(tmp_path):
    """A failure in the middle leaves the old file and no scraps."""
    (tmp_path / "a").write_text("old")

    def fail():
        with atomic_file(tmp_path / "a") as file:
            file.write(b"new")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert [path.name for path in tmp_path.iterdir()] == ["a"]
    assert (tmp_path / "a").read_text() == "old"
    with atomic_folder(tmp_path / "d") as folder:
        (folder / "x").write_text("1")
    with atomic_folder(tmp_path / "d") as folder:
        (folder / "x").write_text("2")
    assert (tmp_path / "d" / "x").read_text() == "1"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "d"]
