"""How wide texts are: the measure that `place` is handed."""

from scanform.layout.draw import measure

__all__ = ["measure"]
