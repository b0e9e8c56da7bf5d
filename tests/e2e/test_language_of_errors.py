"""What goes wrong is said in the language of who reads it, all of it: on the command line and in the station."""

import re
import shutil
from functools import cache

import cv2
import numpy as np
import pytest
from click.testing import CliRunner

from bench.review_states import unplaced
from review_ui.app import create_app
from review_ui.editor import create_editor
from scanform.cli.ask import chosen, confirmed
from scanform.cli.program import main
from scanform.formats.layout_json import dump_layout
from scanform.i18n import texts
from scanform.workflow.foreign_forms.blank_pages import PX_PER_MM
from scanform.workflow.foreign_forms.edit_layout import open_layout
from scanform.workflow.pages.sort_pages import SortDesk
from scanform.workflow.project.project import open_project
from scanform.workflow.review.desk import Desk
from tests.e2e.test_edit_layout import a_layout

OF_LIBRARIES = {
    "usage",
    "try",
    "invalid",
    "expected",
    "missing",
    "argument",
    "option",
    "such",
    "unable",
    "locked",
    "malformed",
    "denied",
    "directory",
    "line",
}
"""What English libraries say, beside what we do."""

IN_DATA = {"csv", "begegnungsorte", "database", "data"}
"""File names of ours, names of options and columns: the same in all languages."""


@cache
def vocabulary(language):
    """All words of a language in our texts, but for names of commands and options."""
    said = " ".join(texts.template(key, language) for key in texts.keys(language))
    said = re.sub(r"scanform [a-z-]+|--?[a-z-]+|\{[^}]*\}|[\w./-]+\.\w+", " ", said)
    return {word.casefold() for word in re.findall(r"[A-Za-zÄÖÜäöüß]{2,}", said)}


def words_of(shown):
    """The words of a message without options, commands, file names, codes in capitals and what stands in quotation
    marks.
    """
    plain = re.sub(r"scanform [a-z-]+|--?[a-z-]+|[\w./-]*/[\w./#-]*|[\w-]+\.\w+|“[^”]*”|„[^“]*“", " ", shown)
    return {word.casefold() for word in re.findall(r"(?<!\w)[A-Za-zÄÖÜäöüß]{2,}(?!\w)", plain) if not word.isupper()}


def is_said_in(language, shown, given=frozenset()):
    """Only words of the language beside what was `given`, and enough of them to tell it from the other."""
    other = vocabulary("en" if language == "de" else "de")
    mine = vocabulary(language)
    foreign = (words_of(shown) & ((other | OF_LIBRARIES) - mine)) - IN_DATA - set(given)
    assert foreign == set(), (foreign, shown)
    assert len(words_of(shown) & (mine - other)) >= 3, shown


def project_in(language, tiny_survey, folder):
    """The small survey as a project whose language is `language`."""
    shutil.copytree(tiny_survey.folder, folder)
    settings = folder / "survey.toml"
    settings.write_text(
        re.sub('language = ".."', f'language = "{language}"', settings.read_text("utf-8")), encoding="utf-8"
    )
    return folder


def written(name, content):
    """Puts a file beside the project."""

    def prepare(here, project):
        here.joinpath(name).write_bytes(content if isinstance(content, bytes) else content.encode())

    return prepare


def nothing(here, project):
    pass


def broken(name, content):
    """Puts a file into the project."""

    def prepare(here, project):
        (project / name).write_bytes(content)

    return prepare


def foreign_layout(here, project):
    (here / "l.json").write_text(
        dump_layout(a_layout()).replace('"kind": "mark"', '"kind": "xx"', 1).replace('"q1"', '"Q 1"'), encoding="utf-8"
    )
    cv2.imwrite(str(here / "b.png"), np.full((3508, 2480), 255, np.uint8))


def unfit_layout(here, project):
    (here / "l.json").write_text(dump_layout(a_layout()), encoding="utf-8")
    cv2.imwrite(str(here / "b.png"), np.full((round(297 * PX_PER_MM), round(210 * PX_PER_MM)), 255, np.uint8))


def own_layout(here, project):
    shutil.copy(next((project / "layouts").glob("*/layout.json")), here / "l.json")
    cv2.imwrite(str(here / "b.png"), np.full((3508, 2480), 255, np.uint8))


def two_surveys(here, project):
    for name, token in (("a.csv", "T1"), ("b.csv", "T2")):
        (here / name).write_text(
            f'"id","submitdate","startdate","token","open"\n"1","2026-01-02 10:00","2026-01-0{token[1]} '
            f'09:00","{token}","yes"\n',
            encoding="utf-8",
        )
    assert CliRunner().invoke(
        main, ["--project", str(project), "import-digital", str(here / "a.csv"), "--yes"]
    ).exit_code in (0, 11)


def edited(here, project):
    (path,) = (project / "questionnaires").glob("*.yaml")
    path.write_text(path.read_text("utf-8").replace("question: quiet", "question: calm"), encoding="utf-8")


QUESTIONNAIRE = "code: zz\nversion: 1\ntitle: X\nsections:\n  - title: X\n    questions:\n"
MISTAKES = (
    QUESTIONNAIRE
    + "      - question: aa\n        typ: text\n        text: X\n      - question: aa\n        type: text\n        text: X\n        values: x9.csv\n"
)
EXPORT = '"id","submitdate","token","open"\n'

PRINT = ["print", "--recipients", "{here}/r.csv", "-o", "{here}/o.pdf"]

CASES = {
    "no option": (nothing, ["status", "--zz"], 2),
    "bad settings": (broken("survey.toml", b'format = "scanform-survey/1"\nlanguage = "'), ["status"], 5),
    "wrong setting": (broken("survey.toml", b'format = "scanform-survey/1"\njobs = 1\n'), ["status"], 5),
    "settings not UTF-8": (broken("survey.toml", b"\xff\xfe"), ["status"], 5),
    "database damaged": (broken("scanform.sqlite", b"x" * 5000), ["status"], 5),
    "no database": (broken("scanform.sqlite", b""), ["status"], 5),
    "bad database": (broken("survey.toml", b'format = "scanform-survey/1"\ndatabase = "zz://x"\n'), ["status"], 5),
    "no server": (
        broken("survey.toml", b'format = "scanform-survey/1"\ndatabase = "postgresql://x@127.0.0.1:1/x"\n'),
        ["status"],
        5,
    ),
    "no file to read": (nothing, ["ingest", "{here}/x1.pdf"], 4),
    "no such batch": (nothing, ["withdraw", "99"], 2),
    "no such response": (nothing, ["withdraw-response", "ZZ", "--reason", "x"], 2),
    "bad questionnaire": (written("q.yaml", MISTAKES), ["add-questionnaire", "{here}/q.yaml"], 3),
    "no YAML": (written("q.yaml", "code: [x\n"), ["add-questionnaire", "{here}/q.yaml"], 3),
    "no questionnaire": (nothing, ["add-questionnaire", "{here}/q.yaml"], 3),
    "questionnaire edited": (edited, ["status"], 2),
    "recipients without token": (written("r.csv", "x,y\n1,2\n"), PRINT, 4),
    "bad recipients": (written("r.csv", "token\n1\n\n" + "1,2\n" + "JAN 5\n" + "aB3dEf9h\naB3dEf9h\n"), PRINT, 4),
    "bad tokens": (written("r.csv", "token,name\n1,x\n,y\naB3dEf9h,x\naB3dEf9h,y\n1.2E+15,x\n"), PRINT, 4),
    "unprintable": (written("r.csv", "token,name,address\naB3dEf9h,Дом,Ж\n"), PRINT, 4),
    "unknown token": (nothing, ["print", "--reissue", "ZZ99", "-o", "{here}/o.pdf"], 2),
    "no order": (nothing, ["print", "-o", "{here}/o.pdf"], 2),
    "no such variant": (nothing, ["print", "--copies", "1", "--variant", "zz", "-o", "{here}/o.pdf"], 2),
    "wrong questionnaire": (nothing, ["print", "--copies", "1", "--questionnaire", "zz", "-o", "{here}/o.pdf"], 2),
    "broken CSV": (written("e.csv", EXPORT + '"1","","T1","yes\n'), ["import-digital", "{here}/e.csv"], 4),
    "no CSV": (written("e.csv", b"%PDF-1.4 x"), ["import-digital", "{here}/e.csv"], 4),
    "empty CSV": (written("e.csv", ""), ["import-digital", "{here}/e.csv"], 4),
    "no CSV at all": (nothing, ["import-digital", "{here}/e.csv"], 4),
    "no export": (written("e.csv", "x,y\n1,2\n"), ["import-digital", "{here}/e.csv"], 4),
    "wrong reading": (written("e.csv", EXPORT), ["import-digital", "{here}/e.csv", "--read", "zz"], 2),
    "reading of nothing": (
        written("e.csv", EXPORT + '"1","","T1","yes"\n'),
        ["import-digital", "{here}/e.csv", "--read", "zz=labels"],
        2,
    ),
    "open formats": (
        written(
            "e.csv",
            '"id","submitdate","token","open"\n"1","03/04/2026 10:00","T1","yes"\n"2","05/06/2026 10:00","T2","no"\n',
        ),
        ["import-digital", "{here}/e.csv"],
        2,
    ),
    "another survey": (two_surveys, ["import-digital", "{here}/b.csv"], 2),
    "foreign layout": (foreign_layout, ["import-form", "{here}/b.png", "--layout", "{here}/l.json"], 4),
    "layout of another form": (unfit_layout, ["import-form", "{here}/b.png", "--layout", "{here}/l.json"], 4),
    "printed here": (own_layout, ["import-form", "{here}/b.png", "--layout", "{here}/l.json"], 4),
    "no layout": (written("l.json", "x"), ["import-form", "{here}/l.json", "--layout", "{here}/l.json"], 4),
    "layout not there": (nothing, ["import-form", "{here}/b.png", "--layout", "{here}/l.json"], 4),
    "layout not UTF-8": (
        written("l.json", b"\xff\xfe\xff"),
        ["import-form", "{here}/l.json", "--layout", "{here}/l.json"],
        4,
    ),
    "no scan": (written("s.pdf", "x"), ["explain", "{here}/s.pdf", "-o", "{here}/o.png"], 4),
    "no page": (nothing, ["explain", "{here}/s.pdf", "-o", "{here}/o.png"], 4),
    "page unknown": (nothing, ["identify", "{here}/s.pdf#1", "zz"], 4),
    "no zones": (written("s.pdf", "x"), ["find-zones", "{here}/s.pdf", "-o", "{here}/o.json"], 4),
    "bad answers": (written("a.json", "x"), ["enter", "new", "--answers", "{here}/a.json"], 4),
    "wrong answers": (written("a.json", '{"open": "zz", "xx": 1}'), ["enter", "new", "--answers", "{here}/a.json"], 4),
    "form unknown": (nothing, ["enter", "ZZ", "--answers", "{here}/a.json"], 2),
    "nothing to undo": (nothing, ["merge", "--undo"], 2),
    "no conflict": (nothing, ["merge", "--decide", "x/y", "1"], 2),
    "nothing to learn": (nothing, ["train"], 2),
    "no crops": (nothing, ["train", "{here}"], 4),
    "no consent": (nothing, ["export-crops", "{here}/c"], 2),
    "bad consent": (nothing, ["export-crops", "{here}/c", "--consent", "zz"], 2),
    "cannot write": (written("w", "x"), ["export", "{here}/w/x"], 5),
    "cannot write a page": (nothing, ["report", "-o", "/proc/x/y.html"], 5),
    "no scheduler": (nothing, ["ingest", "{here}", "--scheduler", "zz"], 4),
    "project exists": (nothing, ["init", "{project}", "--template", "begegnungsorte"], 5),
    "no template": (nothing, ["init", "{here}/n", "--template", "zz"], 2),
    "two sources": (nothing, ["init", "{here}/n", "--template", "zz", "--empty"], 2),
    "nearly an option": (nothing, ["print", "--copie", "1"], 2),
    "no command": (nothing, ["zz"], 2),
    "no choice": (nothing, ["print", "--copies", "1", "--sides", "zz", "-o", "x"], 2),
    "no number": (nothing, ["print", "--copies", "zz", "-o", "x"], 2),
    "too small": (nothing, ["ingest", "--jobs", "-1", "x"], 2),
    "nothing given": (nothing, ["ingest"], 2),
    "too much": (nothing, ["status", "zz"], 2),
    "no value": (nothing, ["print", "--copies"], 2),
    "a value too many": (nothing, ["status", "--json=1"], 2),
}


GIVEN = {
    "wrong reading": "day month decimal comma point codes labels repaired as written",
    "reading of nothing": "open",
    "open formats": "day month",
    "wrong answers": "open raw",
    "no choice": "one two",
}
"""Words that a case brings with it: codes of questions, names of readings and choices."""


@pytest.mark.fast_cases(24)
@pytest.mark.parametrize("language", texts.LANGUAGES)
@pytest.mark.parametrize("case", CASES)
def test_a_command_fails_in_the_language_of_who_called_it(tiny_survey, tmp_path, case, language):
    """Frame, message and remedy are in what --language asks for, in a project of the other language; without it in
    the language of the project.
    """
    prepare, arguments, code = CASES[case]
    other = "en" if language == "de" else "de"
    for of_project, asked in ((other, ["--language", language]), (language, [])):
        here = tmp_path / of_project
        here.mkdir()
        project = project_in(of_project, tiny_survey, here / "p")
        prepare(here, project)
        if asked and case == "unprintable":
            continue  # print takes it for the language of the form, too
        if not asked and "survey.toml" in str(
            prepare.__closure__ and [cell.cell_contents for cell in prepare.__closure__]
        ):
            continue  # the project no longer says which language it has
        call = [part.format(here=here, project=project) for part in arguments]
        found = CliRunner().invoke(main, ["--project", str(project), *asked, *call], prog_name="scanform")
        assert found.exit_code == code, found.output
        assert found.stdout == ""
        shown = found.stderr.replace(str(here), "")
        assert shown.startswith({"de": "Fehler: ", "en": "Error: "}[language])
        assert {"de": "\nAbhilfe: ", "en": "\nWhat to do: "}[language] in shown
        is_said_in(language, shown, GIVEN.get(case, "").split())


BASE = "http://127.0.0.1:8765"


def posted(http, session, address, body, language):
    """What the station answers to a change that cannot be, and its words."""
    token = {"X-CSRFToken": http.get(session, base_url=BASE).get_json()["csrf"]}
    found = http.post(f"{address}?lang={language}", json=body, base_url=BASE, headers=token)
    answer = found.get_json()
    return (
        found.status_code,
        answer,
        " ".join([answer.get("message", ""), answer.get("remedy", ""), *answer.get("remedies", ())]),
    )


@pytest.mark.parametrize("of_project", texts.LANGUAGES)
def test_the_station_refuses_a_key_in_the_language_of_the_request(tiny_survey, tmp_path, of_project):
    """Also where the project has another; what the key does already is said in it, too."""
    with open_project(project_in(of_project, tiny_survey, tmp_path / "p")) as project:
        http = create_app(Desk(project), reviewer="kim", language=of_project).test_client()
        for language in texts.LANGUAGES:
            change = {"screen": "field", "action": "illegible", "key": "z"}
            code, _, shown = posted(http, "/api/session", "/api/preferences", change, language)
            assert code == 422
            assert texts.text("keys.action.field-undo", language) in shown
            is_said_in(language, shown)
            code, _, shown = posted(http, "/api/session", "/api/preferences", {**change, "key": "Enter"}, language)
            assert (code, shown.strip()) == (422, texts.text("keys.refused-kind", language))


@pytest.mark.parametrize("of_project", texts.LANGUAGES)
def test_the_editor_fails_in_the_language_of_the_request(tmp_path, of_project):
    """Why the operating system does not let it write, and what to do."""
    folder = tmp_path / "f"
    folder.mkdir()
    unfit_layout(folder, None)
    cv2.imwrite(str(folder / "b2.png"), np.full((round(297 * PX_PER_MM), round(210 * PX_PER_MM)), 255, np.uint8))
    editor = open_layout(folder / "l.json", [folder / "b.png", folder / "b2.png"])
    http = create_editor(editor, language=of_project).test_client()
    state = http.get("/api/layout", base_url=BASE).get_json()
    shutil.rmtree(folder)
    body = {"pages": [page["zones"] for page in state["layout"]["pages"]], "basis": state["basis"]}
    for language in texts.LANGUAGES:
        code, _, shown = posted(http, "/api/session", "/api/save", body, language)
        assert code == 422
        assert texts.text("os.ENOENT", language) in shown
        is_said_in(language, shown)


@pytest.mark.slow
@pytest.mark.parametrize("of_project", texts.LANGUAGES)
def test_the_sort_out_screen_refuses_in_the_language_of_the_request(tiny_survey, tmp_path, of_project):
    """A form that there is not, shown or given, and a page that it has not."""
    project = project_in(of_project, tiny_survey, tmp_path / "p")
    with open_project(project) as opened:
        unplaced(opened)
    with open_project(project) as opened:
        sorter = SortDesk(opened)
        http = create_app(Desk(opened), sorter=sorter, reviewer="kim", language=of_project).test_client()
        for language in texts.LANGUAGES:
            (card,) = http.get(f"/api/pages?lang={language}", base_url=BASE).get_json()["pages"]
            found = http.get(f"/api/pages/{card['id']}?form=ZZ&number=1&lang={language}", base_url=BASE)
            assert found.status_code == 422
            is_said_in(language, " ".join(found.get_json().values()))
            corners = [[0, 0], [9, 0], [9, 9], [0, 9]]
            for form, number in (("ZZ", 1), (tiny_survey.form_ids[0], 7)):
                body = {"form": form, "number": number, "corners": corners, "uuid": f"{form}{language}"}
                _, answer, shown = posted(http, "/api/sort/session", f"/api/pages/{card['id']}/place", body, language)
                assert answer["result"] == "refused"
                is_said_in(language, shown)
        sorter.close()


@pytest.mark.parametrize("language", texts.LANGUAGES)
def test_questions_of_the_command_line_are_asked_and_asked_again_in_one_language(language):
    """What is neither yes nor no, or none of the names, is said so in the language of the question; yes and no count
    in both languages.
    """
    with CliRunner().isolation(input="x1\nj\nno\n\n\nzz\ncodes\n") as (out, *_):
        answers = [confirmed("?", language, default=default) for default in (True, True, True, False)]
        name = chosen("?", ["codes", "labels"], language)
        shown = out.getvalue().decode()
    assert (answers, name) == ([True, False, True, False], "codes")
    yes = {"de": "j, n", "en": "y, n"}[language]
    for known in (yes, "codes, labels"):
        assert texts.text("cli.want_choice", language, known=known) in shown
    is_said_in(language, shown + texts.text("cli.bug_remedy", language), ["codes", "labels"])
