"""Collecting the tests costs little: what is slow to import or to draw waits for the test that needs it.

Every process that runs tests collects all of them first. The guard counts, it does not measure: no clock decides.
"""

HEAVY = frozenset(
    {
        "dask",
        "distributed",
        "duckdb",
        "frictionless",
        "matplotlib",
        "onnxruntime",
        "pandas",
        "pillow_heif",
        "playwright",
        "psycopg",
        "pyarrow",
        "pyreadstat",
        "scipy",
        "tesserocr",
    }
)
"""Import them inside the function that needs them."""


def test_collecting_imports_nothing_heavy(collected):
    imported, _ = collected
    assert sorted(HEAVY & imported) == []


def test_collecting_draws_no_pictures(collected):
    """A picture as a parameter is drawn for everybody who collects; hand over how to draw it."""
    _, drawn = collected
    assert not drawn
