"""The deck as PowerPoint: the same slides, words, charts and notes, in layouts that a presenter can edit."""

from analysis_lib.publish.takeaway.slides.powerpoint import write_slides
from analysis_lib.publish.takeaway.slides.read import read_slides

__all__ = ["read_slides", "write_slides"]
