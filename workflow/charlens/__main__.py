"""``python -m charlens``."""

import sys

from charlens.cli import main

sys.exit(main())
