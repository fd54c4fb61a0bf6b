"""The deck as PowerPoint: the same slides, words, charts and notes, in layouts that a presenter can edit."""

from website.takeaway.slides.powerpoint import write_slides
from website.takeaway.slides.read import read_slides

__all__ = ["read_slides", "write_slides"]
