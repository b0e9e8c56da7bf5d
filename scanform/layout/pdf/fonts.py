"""Text metrics: the `measure` passed to `place`. It lives beside the drawing, so that both use the same fonts."""

from scanform.layout.pdf.draw import measure

__all__ = ["measure"]
