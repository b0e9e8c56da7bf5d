"""How wide texts are: the measure that `place` is handed. It lives beside the drawing, so that both use the same
fonts.
"""

from scanform.layout.pdf.draw import measure

__all__ = ["measure"]
