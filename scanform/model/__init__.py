"""The nouns: frozen, picklable, standard library only."""
