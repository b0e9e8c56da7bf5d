"""What the project can tell: status, verification, explanations, report, doctor, demo."""
