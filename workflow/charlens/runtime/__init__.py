"""What surrounds the work: logs, progress bars, signals, random seeds, GPUs and fingerprints.

Nothing here knows about texts or models.
"""
