"""The web form: people answer the questionnaire in the browser; talks to `scanform.workflow` only."""
