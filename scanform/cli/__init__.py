"""The command line, one file per group of commands: the only package that prints."""
