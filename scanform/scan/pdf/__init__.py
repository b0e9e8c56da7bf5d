"""PDF files to page images."""
