"""Made-up pseudonyms that the simulators plant among their people, so that a leak can be found by name."""

from __future__ import annotations

import hashlib

N_CANARIES = 24
CANARIES = tuple(
    hashlib.sha256(f"canary {number} of the simulated population".encode()).hexdigest()[:16]
    for number in range(N_CANARIES)
)
