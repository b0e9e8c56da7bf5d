"""Files in: upload, registration, batches."""
