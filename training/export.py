"""Writes a run's newest weights as a model folder.

python -m training.export --run DIR --out DIR
"""

import argparse
import shutil
from pathlib import Path

import torch
from safetensors.torch import save_file

LIMIT = 40_000_000  # bytes; the folder lies in the repository


def export(run, out):
    """config.json, model.safetensors (f16) and tokenizer.json; the auxiliary heads stay behind."""
    run, out = Path(run), Path(out)
    out.mkdir(parents=True, exist_ok=True)
    saved = torch.load(run / "latest.pt", map_location="cpu", weights_only=True)["trainee"]
    weights = {name.removeprefix("model."): t for name, t in saved.items() if name.startswith("model.")}
    largest = max(t.abs().max().item() for t in weights.values())
    assert largest < torch.finfo(torch.float16).max, largest
    save_file({name: t.half().contiguous() for name, t in weights.items()}, out / "model.safetensors")
    assert (out / "model.safetensors").stat().st_size < LIMIT
    for file in ("config.json", "tokenizer.json"):
        shutil.copy(run / file, out / file)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--run", required=True)
    parser.add_argument("--out", required=True)
    args = parser.parse_args()
    export(args.run, args.out)


if __name__ == "__main__":
    main()
