"""Draws a run's log: losses and accuracy by type against clips seen.

python -m training.plot --run DIR --out docs/training.svg
"""

import argparse
import json
import math
from pathlib import Path

import matplotlib

matplotlib.use("svg")
from matplotlib import pyplot as plt  # noqa: E402

WINDOW = 30  # entries of the log in a mean


def read_log(run):
    lines = (Path(run) / "log.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


def smoothed(points):
    """[(clips, right, asked)] → clips and accuracy over a window of entries, each answer counted once."""
    clips, shares = [], []
    for i in range(len(points)):
        window = points[max(0, i - WINDOW + 1) : i + 1]
        clips.append(points[i][0])
        shares.append(sum(right for _, right, _ in window) / sum(n for *_, n in window))
    return clips, shares


def by_type(entries):
    """type → [(clips, right, asked)]; clips count in the stage with language alone."""
    out, clips, before = {}, 0, 0
    for entry in entries:
        seen, before = entry["clips"] - before, entry["clips"]
        if entry["stage"] != "language":
            continue
        clips += seen
        for kind, (share, count) in entry.get("exact", {}).items():
            out.setdefault(kind, []).append((clips, share * count, count))
    return out


def draw(entries, out):
    figure, (left, right) = plt.subplots(1, 2, figsize=(12, 5), width_ratios=(2, 3), layout="constrained")
    frames = [entry["frames"] for entry in entries]
    for part in ("encoder", "connector"):
        shares = [entry.get(f"label_{part}", math.nan) for entry in entries]
        left.plot(frames, shares, label=f"things named, {part}")
    left.set(xlabel="frames seen", ylabel="share right", ylim=(0, 1))
    left.legend(loc="lower right")
    colours = plt.get_cmap("tab20").colors
    for i, (kind, points) in enumerate(sorted(by_type(entries).items())):
        style = "-" if i < len(colours) else "--"
        right.plot(*smoothed(points), style, color=colours[i % len(colours)], label=kind, linewidth=1.2)
    right.set(xlabel="clips seen with questions", ylabel="whole answers right", ylim=(0, 1))
    right.legend(ncols=2, fontsize=8, loc="center left", bbox_to_anchor=(1, 0.5))
    figure.savefig(out)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--run", required=True)
    parser.add_argument("--out", required=True)
    args = parser.parse_args()
    draw(read_log(args.run), args.out)


if __name__ == "__main__":
    main()
