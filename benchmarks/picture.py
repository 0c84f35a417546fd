"""The ratios of a run as one picture: bars on a scale of powers of ten, one group for each table; `pages.py` writes it.

A bar is how many times as long as `ocpp_core` a contender takes, as the geometric mean of the messages of its table. It
is SVG without a script, and reads in a light and in a dark page.
"""

import math
from collections.abc import Iterator
from typing import Any
from xml.sax.saxutils import escape

#: The tables that are shown, and what they are called in a picture.
GROUPS = {
    "json_decode": "Read: text to a validated, typed message",
    "json_encode": "Write: a message to validated text",
    "dispatch": "Answer: a frame, a handler, a frame",
    "wire": "A CSMS: CPU for one call, from socket to socket",
    "soap_decode": "SOAP, read",
    "soap_encode": "SOAP, write",
}
WIDTH, LABELS, VALUES, ROW, HEAD, TOP = 860, 330, 90, 22, 34, 74
LEAST, MOST = 0.05, 100.0

STYLE = """
  text { font: 13px system-ui, sans-serif; fill: #1f2328 }
  .title { font-weight: 600; font-size: 16px } .group { font-weight: 600 } .small { font-size: 12px; fill: #59636e }
  .ours { fill: #0a7d55 } .others { fill: #b3541e } .partial { fill: #8c959f }
  line { stroke: #d1d9e0 } .one { stroke: #0a7d55; stroke-width: 2 } .page { fill: #ffffff }
  @media (prefers-color-scheme: dark) {
    text { fill: #f0f6fc } .small { fill: #9198a1 } .page { fill: #0d1117 }
    .ours { fill: #2dba86 } .others { fill: #e08a4f } .partial { fill: #6e7681 }
    line { stroke: #30363d } .one { stroke: #2dba86 }
  }
"""


def drawn(facts: dict[str, Any]) -> str:
    """The picture of a run, as `run.py --json` writes it."""
    groups = list(_groups(facts["suites"]))
    height = TOP + sum(HEAD + ROW * len(bars) for _, bars in groups) + 34
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" role="img">',
        "<title>How many times as long as ocpp_core other libraries take</title>",
        f"<style>{STYLE}</style>",
        f'<rect class="page" width="{WIDTH}" height="{height}"/>',
        '<text class="title" x="16" y="28">How many times as long as ocpp_core</text>',
        '<text class="small" x="16" y="48">Shorter is faster; one run on one machine. Grey: does less, '
        "untyped or unchecked.</text>",
    ]
    for power in (0.1, 1, 10, 100):
        x = _x(power)
        kind = ' class="one"' if power == 1 else ""
        lines.append(f'<line{kind} x1="{x:.1f}" y1="{TOP}" x2="{x:.1f}" y2="{height - 30}"/>')
        lines.append(
            f'<text class="small" x="{x:.1f}" y="{height - 12}" text-anchor="middle">{power}x</text>'
        )
    y = TOP
    for title, bars in groups:
        lines.append(f'<text class="group" x="16" y="{y + 22}">{escape(title)}</text>')
        y += HEAD
        for name, ratio in bars:
            lines += _bar(name, ratio, y)
            y += ROW
    return "\n".join([*lines, "</svg>", ""])


def _groups(suites: list[dict[str, Any]]) -> Iterator[tuple[str, list[tuple[str, float]]]]:
    """Titles, and the mean ratio of each contender."""
    by_name = {suite["name"]: suite for suite in suites}
    for name, title in GROUPS.items():
        ratios: dict[str, list[float]] = {}
        for result in by_name.get(name, {"results": []})["results"]:
            if result["ratio"]:
                ratios.setdefault(result["contender"], []).append(result["ratio"])
        if ratios:
            yield title, [(one, math.prod(found) ** (1 / len(found))) for one, found in ratios.items()]


def _bar(name: str, ratio: float, y: int) -> list[str]:
    kind = (
        "ours"
        if name.startswith("ocpp_core")
        else "partial"
        if "un" in name.rsplit(":", maxsplit=1)[-1]
        else "others"
    )
    start, end = _x(LEAST), _x(min(max(ratio, LEAST * 1.1), MOST))
    shown = f"{ratio:.0f}" if ratio >= 10 else f"{ratio:.2g}"
    label = escape(name if len(name) <= 46 else f"{name[:45]}…")
    return [
        f'<text x="{LABELS - 8}" y="{y + 14}" text-anchor="end" class="small">{label}</text>',
        f'<rect class="{kind}" x="{start:.1f}" y="{y + 3}" width="{end - start:.1f}" height="14" rx="2"/>',
        f'<text x="{end + 6:.1f}" y="{y + 14}">{shown}x</text>',
    ]


def _x(ratio: float) -> float:
    share = math.log(ratio / LEAST) / math.log(MOST / LEAST)
    return LABELS + share * (WIDTH - LABELS - VALUES)
