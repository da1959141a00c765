"""The paper's ablations on nano: how many tokens stay, and in which order they stand.

python -m training.ablations --cache DIR --start RUN --model DIR --out FILE.json [--steps 100] [--seeds 3] [--clips 150]

Orders are each trained: all begin with the same weights (latest.pt of RUN, after stage vision) and learn from the same
number of clips in the stage language, with several seeds. Keep ratios are tried on one finished MODEL, as the paper's
other table does: it was trained at one ratio and reads at another. Prints accuracy with its standard error: over seeds
for orders, over questions for ratios.
"""

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from training.evaluate import ask_suite, load, score
from training.export import export

ORDERS = ("ascending", "descending", "none")
# tokens kept of 64: those removed in each layer
RATIOS = {
    64: (0,) * 6,
    33: (10, 8, 6, 4, 3, 0),
    16: (16, 12, 8, 7, 5, 0),
    12: (18, 13, 9, 7, 5, 0),
    6: (20, 16, 11, 7, 4, 0),
}


def train_order(args, order, seed):
    """Trains one variant with one seed; returns its macro accuracy and its share of right answers."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for file in ("latest.pt", "tokenizer.json"):
            shutil.copy(Path(args.start) / file, folder / file)
        options = ["--cache", args.cache, "--into", name, "--steps", str(args.steps), "--seed", str(100 + seed)]
        options += ["--order", order, "--workers", "0", "--threads", "1"]
        command = [sys.executable, "-m", "training.train", "--stage", "language", *options]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        export(folder, folder / "model")
        result = score(ask_suite(*load(folder / "model"), args.cache, "full", args.clips))
    print(order, seed, result["macro"], result["exact"], flush=True)
    return result["macro"], result["exact"]["accuracy"]


def mean_and_error(values):
    spread = statistics.stdev(values) / len(values) ** 0.5 if len(values) > 1 else 0.0
    return {"mean": round(statistics.mean(values), 4), "error": round(spread, 4)}


def compare_orders(args):
    """order → macro accuracy and share of right answers, each with mean and standard error over seeds."""
    runs = [(order, seed) for seed in range(args.seeds) for order in ORDERS]
    with ThreadPoolExecutor(args.jobs) as pool:
        scores = dict(zip(runs, pool.map(lambda run: train_order(args, *run), runs), strict=True))
    table = {}
    for order in ORDERS:
        macro, exact = zip(*(scores[order, seed] for seed in range(args.seeds)), strict=True)
        table[order] = {"macro": mean_and_error(macro), "exact": mean_and_error(exact)}
    return table


def compare_ratios(args):
    """tokens kept → macro accuracy and share of right answers of one model."""
    table = {}
    for kept, removed in RATIOS.items():
        result = score(ask_suite(*load(args.model, {"r": list(removed)}), args.cache, "full", args.clips))
        table[kept] = {"macro": result["macro"], "exact": result["exact"], "n": result["n"]}
        print(kept, table[kept], flush=True)
    return table


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cache", required=True)
    parser.add_argument("--start", required=True, help="run whose weights all orders begin with, after stage vision")
    parser.add_argument("--model", required=True, help="model folder whose keep ratio is changed")
    parser.add_argument("--out", required=True)
    parser.add_argument("--steps", type=int, default=100)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--clips", type=int, default=150)
    parser.add_argument("--jobs", type=int, default=2, help="trainings side by side, of one thread each")
    args = parser.parse_args()
    tables = {"orders": compare_orders(args), "ratios": compare_ratios(args)}
    Path(args.out).write_text(json.dumps(tables, indent=1) + "\n")


if __name__ == "__main__":
    main()
