"""What Quarto runs first where a notebook is rendered by itself (``notebooks/_quarto.yml``): a refusal."""

import sys

sys.exit(
    "A notebook is stored without outputs, and cannot be rendered by itself. Render the whole report "
    "(quarto render, in the project's own folder), or open the notebook with make lab."
)
