"""The commands of the web form."""

import json

import pytest

from bench.web_form_material import TOKENS, begun
from scanform.cli.program import main
from scanform.workflow.answering.desk import AnsweringDesk
from scanform.workflow.project.project import open_project


def run(capsys, *arguments):
    with pytest.raises(SystemExit) as ended:
        main([str(argument) for argument in arguments])
    out, err = capsys.readouterr()
    return ended.value.code, out, err


def test_drafts_are_taken_by_command(opened, capsys):
    """`take-drafts` names the incomplete responses it made, as JSON or in words; a second call finds nothing new."""
    project = opened()
    desk = AnsweringDesk(project)
    desk.save(begun(desk, TOKENS[0]).id, {"place": "Halb"}, version=0, view="x")
    folder = project.folder
    code, out, _ = run(capsys, "--project", folder, "--json", "take-drafts")
    assert (code, json.loads(out)) == (0, {"responses": ["web-1"]})
    assert "Neues steht" in run(capsys, "--project", folder, "take-drafts")[1]
    with open_project(folder) as again:
        assert not again.store.response("web-1").complete


@pytest.mark.parametrize(
    ("options", "word"),
    [
        (("--host", "0.0.0.0"), "Verschlüsselung"),
        (("--behind-proxy", "http://umfrage.example.de"), "Adresse"),
    ],
)
def test_the_form_is_not_opened_to_others_without_tls(opened, capsys, options, word):
    """Another address needs a proxy, and a proxy needs https: refused with what to do."""
    code, _, err = run(capsys, "--project", opened().folder, "serve-form", "--port", "0", *options)
    assert code == 2
    assert word in err
