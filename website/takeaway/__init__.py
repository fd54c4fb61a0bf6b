"""Files to take away: slides, workbook, the report in one page and as PDF, and lists that lead to them."""

from website.takeaway.run import make_takeaway, prepare_lists

__all__ = ["make_takeaway", "prepare_lists"]
