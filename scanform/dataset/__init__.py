"""The data set as files: table, codebook, provenance, CSV and XLSX."""
