"""`python -m scanform.cli`."""

from scanform.cli.program import main

if __name__ == "__main__":
    main()
