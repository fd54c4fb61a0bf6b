"""The built-in renderer of Quarto pages: one function, for machines without Quarto.

It knows the dialect of ``5-quarto.md`` (listed in report/theme/README.md) and nothing else:
whatever it does not know stops the build by file, line and construct.
"""

from website.render.errors import RenderError
from website.render.site import Rendered, render_site

__all__ = ["RenderError", "Rendered", "render_site"]
