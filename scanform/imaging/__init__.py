"""Arrays: page image, page map from millimetres to pixels, sampling."""
