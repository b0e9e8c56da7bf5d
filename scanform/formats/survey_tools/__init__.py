"""Questionnaires as the files of survey tools: LimeSurvey (tab-separated, .lss) and XLSForm."""
