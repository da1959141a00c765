"""The paper's ablations on nano: how many tokens stay, and in which order; each variant trained alike.

python -m training.ablations --cache DIR --start RUN --out DIR [--minutes 10] [--seeds 3] [--clips 200]

Every variant begins with the same weights (the run's latest.pt) and learns for the same time with the language stage.
Time is counted without compilation. Prints a table with the mean over seeds and its standard error.
"""

import argparse
import json
import shutil
import statistics
import subprocess
import sys
from pathlib import Path

from training.evaluate import ask_suite, load, score
from training.export import export

# name: options of training.train; the first three are the paper's keep ratios, the others its orders
VARIANTS = {
    "no merging": ["--merge", "0,0,0,0,0,0"],
    "25 % (16)": ["--merge", "16,12,8,7,5,0"],
    "19 % (12), as shipped, ascending": [],
    "9 % (6)": ["--merge", "20,16,11,7,4,0"],
    "descending": ["--order", "descending"],
    "unsorted": ["--order", "none"],
}


def train_variant(args, name, seed):
    """Trains one variant with one seed; returns its macro accuracy and whole-answer accuracy."""
    folder = Path(args.out) / f"{list(VARIANTS).index(name)}-{seed}"
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "latest.pt").exists():
        for file in ("latest.pt", "tokenizer.json"):
            shutil.copy(Path(args.start) / file, folder / file)
    options = ["--cache", args.cache, "--into", str(folder), "--minutes", str(args.minutes), "--seed", str(100 + seed)]
    command = [sys.executable, "-m", "training.train", "--stage", "language", *options, *VARIANTS[name]]
    subprocess.run(command, check=True)
    export(folder, folder / "model")
    model, tokenizer = load(folder / "model")
    result = score(ask_suite(model, tokenizer, args.cache, "full", args.clips))
    return result["macro"], result["exact"]["accuracy"]


def mean_and_error(values):
    spread = statistics.stdev(values) / len(values) ** 0.5 if len(values) > 1 else 0.0
    return {"mean": round(statistics.mean(values), 4), "error": round(spread, 4)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cache", required=True)
    parser.add_argument("--start", required=True, help="run whose weights all variants begin with, after stage vision")
    parser.add_argument("--out", required=True)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--clips", type=int, default=200)
    args = parser.parse_args()
    table = {}
    for name in VARIANTS:
        scores = [train_variant(args, name, seed) for seed in range(args.seeds)]
        macro, exact = zip(*scores, strict=True)
        table[name] = {"macro": mean_and_error(macro), "exact": mean_and_error(exact)}
        print(name, table[name], flush=True)
    (Path(args.out) / "table.json").write_text(json.dumps(table, indent=1))


if __name__ == "__main__":
    main()
