"""charlens: what character-level language models learn, and where they fail.

A re-run, from corpus to last figure, of Karpathy, Johnson & Fei-Fei (2015), *Visualizing and
Understanding Recurrent Networks*, arXiv:1506.02078.
"""

__version__ = "0.1.0"
