"""``python -m analysis_lib``."""

import sys

from analysis_lib.cli import main

sys.exit(main())
