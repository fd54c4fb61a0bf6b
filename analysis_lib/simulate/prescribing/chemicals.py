"""The chemicals that simulated people take, and how often.

Shares and lengths are chosen, not estimated from anybody's records.
"""

from __future__ import annotations

from analysis_lib.bnf import CHEMICALS

CODES = tuple(CHEMICALS)

# Of the courses of each BNF section in the population, the share that is of each chemical.
SHARES: dict[str, dict[str, float]] = {
    "0102": {"0102000P0": 0.7, "0102000N0": 0.3},
    "0103": {"0103050P0": 0.5, "0103050L0": 0.5},
    "0106": {"0106020M0": 0.5, "0106040G0": 0.5},
    "0201": {"0201010F0": 1.0},
    "0202": {"0202010P0": 0.3, "0202010B0": 0.3, "0202020L0": 0.3, "0202030S0": 0.1},
    "0204": {"0204000H0": 0.7, "0204000E0": 0.2, "0204000R0": 0.1},
    "0205": {"0205051R0": 0.5, "0205051L0": 0.2, "0205052N0": 0.15, "0205052C0": 0.15},
    "0206": {"0206020A0": 1.0},
    "0208": {"0208020Z0": 0.5, "0208020Y0": 0.2, "0208020V0": 0.3},
    "0209": {"0209000A0": 0.6, "0209000C0": 0.4},
    "0212": {"0212000B0": 0.75, "0212000Y0": 0.25},
    "0301": {"0301011R0": 1.0},
    "0302": {"0302000C0": 1.0},
    "0401": {"0401010Z0": 0.4, "0401010T0": 0.2, "0401020K0": 0.4},
    "0402": {"0402010AB": 0.45, "040201030": 0.35, "0402030K0": 0.2},
    "0403": {"0403030Q0": 0.5, "0403030D0": 0.3, "0403040X0": 0.2},
    "0406": {"0406000P0": 1.0},
    "0407": {"0407010H0": 0.5, "0407010F0": 0.25, "0407020C0": 0.15, "040702040": 0.07, "0407020Q0": 0.03},
    "0408": {"0408010G0": 0.6, "0408010H0": 0.4},
    "0410": {"0410010A0": 0.7, "0410010B0": 0.3},
    "0411": {"0411000D0": 1.0},
    "0501": {"0501013B0": 0.7, "0501080W0": 0.3},
    "0601": {"0601022B0": 0.7, "0601021M0": 0.3},
    "0603": {"0603020T0": 1.0},
    "0803": {"0803041L0": 0.5, "0803041B0": 0.5},
    "0905": {"0905011D0": 1.0},
    "0906": {"0906040G0": 0.6, "0906026M0": 0.4},
    "1001": {"1001010P0": 0.45, "1001010J0": 0.35, "1001030U0": 0.2},
    "1304": {"1304000V0": 1.0},
}
# What no section of the population holds, but rules of prescribing ask about: of whom, and what share.
ADDED = {"0203020D0": ("atrial_fibrillation", 0.08), "0602010V0": ("hypertension", 0.06)}
SHORT = ("0401010", "0407020", "1001010")  # planted courses of these prefixes end; others go on
SHORT_DAYS = (7, 84)  # fewest and most days: spread, so that a stop says little of when the start was


def starting(*prefixes: str) -> list[int]:
    """Return the places among `CODES` of the chemicals whose code begins with one of these."""
    return [n for n, code in enumerate(CODES) if code.startswith(prefixes)]
