"""Every sentence word for word, a file per module: a caption must be true of the frame beside it."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))  # for `sentences`
