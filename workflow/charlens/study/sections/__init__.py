"""Sections of the config besides texts, the grid and training, by what they are about."""
