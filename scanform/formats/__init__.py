"""Files to and from the model: questionnaires, layouts, online responses."""
