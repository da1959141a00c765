"""Writes a run's newest weights as a model folder.

python -m training.export --run DIR --out DIR
"""

import argparse
import hashlib
import json
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
    add_digests(out)


def add_digests(out):
    """Has config.json tell the files' SHA-256; its own is that of the file with zeros in its place."""
    config = json.loads((out / "config.json").read_text())
    zeros = "0" * 64
    digest = lambda content: hashlib.sha256(content).hexdigest()
    others = {file: digest((out / file).read_bytes()) for file in ("model.safetensors", "tokenizer.json")}
    text = json.dumps(config | {"sha256": {"config.json": zeros} | others}, indent=1) + "\n"
    (out / "config.json").write_text(text.replace(zeros, digest(text.encode())))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--run", required=True)
    parser.add_argument("--out", required=True)
    args = parser.parse_args()
    export(args.run, args.out)


if __name__ == "__main__":
    main()
