"""What lies where in the folder of a project."""

QUESTIONNAIRES = "questionnaires"
LAYOUTS = "layouts"
ARCHIVE = "archive"
DATABASE = "scanform.sqlite"
SNAPSHOT = "questionnaire.yaml"
"""The questionnaire as it was when the layout beside it was printed."""
