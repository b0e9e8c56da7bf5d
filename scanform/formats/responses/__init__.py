"""Online responses as survey tools export them, one importer per tool."""
