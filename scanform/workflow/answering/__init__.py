"""A questionnaire answered on the web: its pages, what was typed, and the sending."""
