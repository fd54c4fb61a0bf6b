"""``python -m website``."""

import sys

from website.cli import main

sys.exit(main())
