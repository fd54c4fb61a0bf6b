"""What identifies a person, and the made-up pseudonyms that the simulators plant so that a leak is found."""

from __future__ import annotations

import hashlib
import re

N_CANARIES = 24
CANARIES = tuple(
    hashlib.sha256(f"canary {number} of the simulated population".encode()).hexdigest()[:16]
    for number in range(N_CANARIES)
)
_NAME = re.compile(
    r"(?:^|_)(?:nhs_?(?:number|num|no)|(?:pseudo_?)?nhs_?id|person_?id|patient_?(?:id|no|number|name)|post_?code"
    r"|(?:user|screen|twitter)_?(?:name|id|handle)|handle|author_?id|sur_?name|fore_?name|first_?name"
    r"|last_?name|full_?name|date_?of_?birth|dob|hospital_?(?:number|no)|mrn|e_?mail)(?:_|$)"
)


def is_identifier(name: str) -> bool:
    """Whether a column or key of this name holds an identifier of a person."""
    snake = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name.strip()[:100])
    return bool(_NAME.search(re.sub(r"[^a-z0-9]+", "_", snake.lower()).strip("_")))


def is_nhs_number(text: str) -> bool:
    """Whether a text is a valid NHS number: ten digits with the modulus 11 check digit.

    The check follows the NHS Data Dictionary: weights 10 to 2 on the first nine digits, 11 minus the
    remainder of the sum by 11, where 11 counts as 0; 10 is no digit, so such numbers are never issued.
    Ten equal digits pass the check and are no number.
    """
    digits = [int(c) for c in text if c.isdigit()]
    if len(digits) != 10 or len(set(digits)) == 1:
        return False
    check = 11 - sum(w * d for w, d in zip(range(10, 1, -1), digits, strict=False)) % 11
    return digits[9] == check % 11
