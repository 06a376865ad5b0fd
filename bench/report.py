"""Tables out of samples."""
import os
import platform
from pathlib import Path
from statistics import median


def machine():
    """What a figure depends on."""
    def read(path, otherwise="?"):
        try:
            return Path(path).read_text().strip()
        except OSError:
            return otherwise

    model = next((line.partition(":")[2].strip() for line in read("/proc/cpuinfo").splitlines()
                  if line.startswith("model name")), platform.machine())
    memory = int(read("/proc/meminfo").split()[1]) / 2**20
    return [
        f"{len(os.sched_getaffinity(0))} cores of {model}, {memory:.0f} GiB",
        f"Linux {platform.release()}, TCP congestion control {read('/proc/sys/net/ipv4/tcp_congestion_control')}",
        f"load before the start {read('/proc/loadavg').split()[0]}",
    ]


def number(value):
    if value is None:
        return "-"
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def spread(values):
    """Median and range; a single value stands alone."""
    if len(values) < 2:
        return number(values[0]) if values else "-"
    return f"{number(median(values))}  [{number(min(values))} .. {number(max(values))}]"


def ratios(ours, theirs):
    """Sample by sample, as they were taken next to each other."""
    return [a / b for a, b in zip(ours, theirs) if b]


def table(scenario, samples):
    """Lines about one scenario; `samples` is {broker: [sample, ...]}."""
    names = list(samples)
    lines = [f"{scenario.name}: {scenario.what}"]
    columns = names + ([f"{names[0]} / {names[1]}"] if len(names) == 2 else [])
    lines.append("  " + f"{'':24}" + "".join(f"{column:32}" for column in columns).rstrip())
    figures = next((list(one) for runs in samples.values() for one in runs), [])
    for figure in figures:
        values = [[one[figure] for one in samples[name]] for name in names]
        cells = [spread(column) for column in values]
        if len(names) == 2:
            cells.append(spread(ratios(*values)))
        lines.append("  " + f"{figure:24}" + "".join(f"{cell:32}" for cell in cells).rstrip())
    return lines
