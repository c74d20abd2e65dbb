"""Writes the tables and plots of performance.md.

    python3 docs/performance.py RESULT.json...   condenses runs of bench/load into performance.json, then writes
    python3 docs/performance.py                  writes from performance.json
    python3 docs/performance.py --check          fails when tables or plots are not those of performance.json

Of several runs the rounds are taken together. A ratio is the median of the ratios of single rounds, gateway over the nginx
of the same round.
"""

import json
import pathlib
import statistics
import sys

HERE = pathlib.Path(__file__).parent
DOCUMENT, FIGURES, PLOTS = HERE / "performance.md", HERE / "performance.json", HERE / "performance"

# Key of a figure in result.json, what it is called, its unit, and the ratio that is wanted, if any.
ROWS = [
    ("sync_ce c={c} / rps", "sync CloudEvent", "requests/s", 0.75),
    ("sync_ce c={c} / cpu_us", "sync CloudEvent, CPU a request", "µs", 1.3),
    ("sync_ce c={c} / p50", "sync CloudEvent, p50 under full load", "µs", None),
    ("sync_ce c={c} / p99", "sync CloudEvent, p99 under full load", "µs", None),
    ("http_get c={c} / rps", "GET through `http.request`", "requests/s", 0.75),
    ("async_202 c={c} / sustained_per_s", "async, accepted on disk and delivered", "events/s", 0.5),
    ("fanout10 c={c} / deliveries_per_s", "fan-out to ten", "deliveries/s", 1.0),
    ("rate 1000/s / p50", "sync CloudEvent at 1,000/s, p50", "µs", 1.2),
    ("rate 1000/s / p99", "sync CloudEvent at 1,000/s, p99", "µs", 1.3),
    ("rss_idle_mb", "resident memory, idle", "MB", None),
    ("start_s / median", "start to first answer", "s", None),
]
CONNECTIONS = 32
LESS_IS_BETTER = ("µs", "MB", "s")


def flat(tree: dict, path: str = ""):
    for name, value in tree.items():
        if isinstance(value, dict):
            yield from flat(value, f"{path}{name} / ")
        elif isinstance(value, (int, float)):
            yield path + name, value


def condense(files: list[str]) -> dict:
    rounds = {"nginx": [], "gateway": []}
    for file in files:
        run = json.loads(pathlib.Path(file).read_text())
        subjects = [name for name, value in run.items() if isinstance(value, list)]
        if len(subjects) != 2 or "nginx" not in subjects:
            sys.exit(f"{file}: wanted nginx and one gateway, not {subjects}")
        gateway = next(name for name in subjects if name != "nginx")
        for nginx, own in zip(run["nginx"], run[gateway]):
            rounds["nginx"].append(dict(flat(nginx)))
            rounds["gateway"].append(dict(flat(own)))
    figures = {}
    for key, *_ in ROWS:
        key = key.format(c=CONNECTIONS)
        pairs = [(nginx.get(key), own[key]) for nginx, own in zip(rounds["nginx"], rounds["gateway"]) if key in own]
        if not pairs:
            continue
        ratios = [own / nginx for nginx, own in pairs if nginx]
        figures[key] = {
            "nginx": statistics.median(n for n, _ in pairs if n is not None) if ratios else None,
            "gateway": statistics.median(own for _, own in pairs),
            "ratio": round(statistics.median(ratios), 2) if ratios else None,
            "ratios": [round(min(ratios), 2), round(max(ratios), 2)] if ratios else None,
        }
    return {"rounds": len(rounds["gateway"]), "connections": CONNECTIONS, "figures": figures}


def number(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if value >= 100 else f"{value:,.3g}"


def table(recorded: dict) -> str:
    lines = ["| measure | unit | nginx | gateway | ratio | rounds | wanted |", "|---|---|---:|---:|---:|---:|---:|"]
    for key, name, unit, wanted in ROWS:
        row = recorded["figures"].get(key.format(c=CONNECTIONS))
        if row is None:
            continue
        spread = "{:.2f} to {:.2f}".format(*row["ratios"]) if row["ratios"] else ""
        ratio = f"**{row['ratio']:.2f}**" if row["ratio"] is not None else ""
        goal = "" if wanted is None else f"{'≤' if unit in LESS_IS_BETTER else '≥'} {wanted:g}"
        lines.append(
            f"| {name} | {unit} | {number(row['nginx'])} | {number(row['gateway'])} | {ratio} | {spread} | {goal} |"
        )
    return "\n".join(lines)


# Colours that can be told apart on a light and on a dark page.
GATEWAY, NGINX, WANTED, TEXT = "#1f77b4", "#8c8c8c", "#d62728", "#7a7f87"
WIDTH, LABELS, BAR, GAP = 720, 270, 18, 14


def svg(title: str, bars: list[tuple[str, str, float, float | None]], unit: str) -> str:
    """Bars to the right: label, colour, value, and a mark at the value that is wanted."""
    most = max(max(value, wanted or 0) for _, _, value, wanted in bars) * 1.12
    scale = (WIDTH - LABELS - 20) / most
    height = 40 + len(bars) * (BAR + GAP)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="sans-serif" font-size="13">',
        f"<title>{title}</title>",
        f'<text x="8" y="20" fill="{TEXT}" font-weight="bold">{title}</text>',
    ]
    for index, (label, colour, value, wanted) in enumerate(bars):
        top = 36 + index * (BAR + GAP)
        base = top + BAR - 5
        parts.append(f'<text x="8" y="{base}" fill="{TEXT}">{label}</text>')
        parts.append(f'<rect x="{LABELS}" y="{top}" width="{value * scale:.1f}" height="{BAR}" fill="{colour}"/>')
        parts.append(f'<text x="{LABELS + value * scale + 6:.1f}" y="{base}" fill="{TEXT}">{number(value)}{unit}</text>')
        if wanted is not None:
            at = LABELS + wanted * scale
            parts.append(
                f'<line x1="{at:.1f}" x2="{at:.1f}" y1="{top - 4}" y2="{top + BAR + 4}" stroke="{WANTED}" stroke-width="2"/>'
            )
    return "\n".join([*parts, "</svg>", ""])


def plots(recorded: dict) -> dict[str, str]:
    figures = recorded["figures"]
    drawn = {}
    rates = [
        (name, GATEWAY, figures[key.format(c=CONNECTIONS)]["ratio"], wanted)
        for key, name, unit, wanted in ROWS
        if unit.endswith("/s") and key.format(c=CONNECTIONS) in figures
    ]
    if rates:
        drawn["throughput.svg"] = svg("A second, beside nginx as a proxy (1 = as many); red: wanted", rates, "")
    times = []
    for key, name, unit, _ in ROWS:
        row = figures.get(key.format(c=CONNECTIONS))
        if unit == "µs" and row and row["nginx"]:
            name = name.replace("sync CloudEvent", "sync")
            times += [(f"{name}: nginx", NGINX, row["nginx"], None), ("gateway", GATEWAY, row["gateway"], None)]
    if times:
        drawn["latency.svg"] = svg("Time, µs", times, "")
    return drawn


def write(recorded: dict, check: bool) -> None:
    begin, end = "<!-- computed by performance.py -->", "<!-- end of what is computed -->"
    text = DOCUMENT.read_text()
    before, _, rest = text.partition(begin)
    _, _, after = rest.partition(end)
    wanted = {DOCUMENT: f"{before}{begin}\n\n{table(recorded)}\n\n{end}{after}"}
    wanted |= {PLOTS / name: content for name, content in plots(recorded).items()}
    for path, content in wanted.items():
        if check and (not path.exists() or path.read_text() != content):
            sys.exit(f"{path.name} is not what performance.json says: python3 docs/performance.py")
        if not check:
            path.parent.mkdir(exist_ok=True)
            path.write_text(content)


def main() -> None:
    words = sys.argv[1:]
    if words and words != ["--check"]:
        FIGURES.write_text(json.dumps(condense(words), indent=1) + "\n")
    write(json.loads(FIGURES.read_text()), words == ["--check"])


main()
