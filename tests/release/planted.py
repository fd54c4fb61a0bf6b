"""Identifiers to plant where the scan must find them, made here so that none is stored."""


def nhs_number(first_nine):
    """A number that passes modulus 11."""
    rest = 11 - sum(int(d) * w for d, w in zip(first_nine, range(10, 1, -1), strict=True)) % 11
    assert rest != 10
    return f"{first_nine}{rest % 11}"


NUMBER = nhs_number("485777345")
SPACED = f"{NUMBER[:3]} {NUMBER[3:6]} {NUMBER[6:]}"
