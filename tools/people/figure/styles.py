# SPDX-License-Identifier: GPL-3.0-or-later
"""The hairstyles, by name."""

from tools.people.figure.hair import Style

STYLES = {
    "short": Style(0.04, 0.2, 0.2, "side", 0.25, frizz=0.0012, clump=0.35, strands=20000),
    "crop": Style(0.016, 0.2, 0.4, "forward", 0.05, frizz=0.0008, clump=0.2, strands=24000),
    "quiff": Style(0.06, 0.2, 0.55, "back", 0.1, frizz=0.0016, clump=0.5, strands=20000),
    "tousled": Style(0.085, 0.25, 0.35, "side", 0.3, curl=0.003, turn=0.06, frizz=0.003, clump=0.6, strands=18000),
    "bob": Style(0.23, 0.05, 0.2, "middle", 0.55, frizz=0.002, clump=0.4, strands=18000),
    "long-straight": Style(0.46, 0.08, 0.12, "middle", 0.6, frizz=0.0025, clump=0.45, strands=20000),
    "long-side": Style(0.40, 0.1, 0.22, "side", 0.5, curl=0.006, turn=0.13, frizz=0.004, clump=0.55, strands=20000),
    "long-wavy": Style(0.40, 0.12, 0.3, "middle", 0.45, curl=0.011, turn=0.10, frizz=0.004, clump=0.6, strands=18000),
    "long-curly": Style(0.32, 0.12, 0.4, "middle", 0.45, curl=0.010, turn=0.04, frizz=0.004, clump=0.75, strands=16000),
    "afro": Style(0.085, 0.1, 1.0, "out", 0.015, curl=0.006, turn=0.018, frizz=0.004, clump=0.3, strands=20000),
    "short-curly": Style(0.05, 0.15, 0.6, "out", 0.12, curl=0.005, turn=0.02, frizz=0.003, clump=0.6, strands=18000),
    "bun": Style(0.28, 0.05, 0.05, "back", 0.0, frizz=0.0010, clump=0.3, strands=16000, gather="bun", flyaway=0.05),
    "tail": Style(0.28, 0.05, 0.05, "back", 0.0, frizz=0.0010, clump=0.3, strands=16000, gather="tail", flyaway=0.05),
}
