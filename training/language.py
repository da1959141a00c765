"""Trains a small RWKV-6 on text alone, to measure what few bits cost a language model, and writes it as a model folder.

python -m training.language corpus --deb r-cran-janeaustenr_1.0.0-1_all.deb --into DIR
python -m training.language train  --into DIR --minutes 25
python -m training.language export --into DIR --out MODEL_FOLDER

`--vocabulary`, `--width` and `--layers` of `corpus` make a smaller one than that of 11 million parameters. The text: the six
novels of Jane Austen (public domain), as Debian's package r-cran-janeaustenr holds them. The last chapters of each are
kept back (held-out.txt). The picture encoder of the folder is untrained: it is there because a
model folder has one.
"""

import argparse
import copy
import json
import math
import shutil
import struct
import subprocess
import tempfile
import time
import zlib
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

from training.config import NANO
from training.model import Model
from training.muon import Optimizer

VOCABULARY, WIDTH, LAYERS = 4096, 320, 6
BATCH, LENGTH = 10, 128
PEAK, LEAST, WARM_UP = 3e-3, 0.02, 40
HELD_OUT = 0.05  # of each novel, its end
NOVELS = ("sensesensibility", "prideprejudice", "mansfieldpark", "emma", "northangerabbey", "persuasion")


# ---- the text ----


def strings_of(serialised):
    """The texts (CHARSXP of an R serialisation, XDR) in the order in which they stand, None for a new vector."""
    texts, at = [], 0
    while at + 8 <= len(serialised):
        flags, length = struct.unpack_from(">II", serialised, at)
        if flags & 0xFF == 9 and length < 4096 and at + 8 + length <= len(serialised):
            texts.append(serialised[at + 8 : at + 8 + length].decode("utf-8", "replace"))
            at += 8 + length
        else:
            at += 4 if flags & 0xFF != 9 or length == 0xFFFFFFFF else 1
    return texts


def novels(deb):
    """The texts of a Debian package's Rdata.rdb, one for each vector of lines."""
    with tempfile.TemporaryDirectory() as scratch:
        subprocess.run(["dpkg", "-x", deb, scratch], check=True)
        data = next(Path(scratch).rglob("Rdata.rdb")).read_bytes()
    at = 0
    while at < len(data):
        start = data.index(b"\x78", at + 4)
        stream = zlib.decompressobj()
        lines = strings_of(stream.decompress(data[start:]))
        at = len(data) - len(stream.unused_data)
        yield "\n".join(lines)


def write_corpus(deb, into, sizes):
    into.mkdir(parents=True, exist_ok=True)
    (into / "sizes.json").write_text(json.dumps(sizes) + "\n")
    train, held = [], []
    for text in novels(deb):
        if len(text) < 100_000:
            continue
        cut = text.rindex("\n\n", 0, int(len(text) * (1 - HELD_OUT)))
        train.append(text[:cut])
        held.append(text[cut:].strip())
    assert len(train) == len(NOVELS), len(train)
    (into / "train.txt").write_text("\n\n".join(train))
    (into / "held-out.txt").write_text("\n\n".join(held))
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    trainer = trainers.BpeTrainer(
        vocab_size=sizes["vocab_size"], special_tokens=["<|endoftext|>"], initial_alphabet=alphabet, show_progress=False
    )
    tokenizer.train_from_iterator(train, trainer)
    tokenizer.save(str(into / "tokenizer.json"))
    for name in ("train", "held-out"):
        ids = tokenizer.encode((into / f"{name}.txt").read_text()).ids
        np.save(into / f"{name}.npy", np.array(ids, np.int64))
        print(name, len(ids), "tokens")


# ---- the model ----


def config(into):
    changed = copy.deepcopy(NANO)
    sizes = json.loads((into / "sizes.json").read_text())
    changed["text_config"] |= sizes | {"intermediate_size": sizes["hidden_size"] * 7 // 2}
    changed |= {"name": "austen", "license": "Apache-2.0"}
    return changed


def losses(model, ids):
    """Loss of each token of ids [B, T] but the first, [B, T − 1]."""
    x, _ = model.read(model.emb(ids[:, :-1]), model.zero_state(len(ids)))
    logits = model.logits(x).float()
    return F.cross_entropy(logits.flatten(0, 1), ids[:, 1:].flatten(), reduction="none").view(len(ids), -1)


def autocast():
    """bf16 where the processor has it: elsewhere it is slower than f32."""
    return torch.autocast("cpu", torch.bfloat16, enabled="avx512_bf16" in Path("/proc/cpuinfo").read_text())


def held_out_loss(model, ids, count=16):
    starts = np.linspace(0, len(ids) - LENGTH - 2, count).astype(int)
    windows = torch.stack([torch.from_numpy(ids[s : s + LENGTH + 1]) for s in starts])
    with torch.no_grad(), autocast():
        return sum(losses(model, some).mean().item() * len(some) for some in windows.split(8)) / count


def train(into, minutes, goes_on):
    torch.manual_seed(0)
    torch.set_num_threads(1)  # two wait for each other on a busy machine
    rng = np.random.default_rng(0)
    ids, held = np.load(into / "train.npy"), np.load(into / "held-out.npy")
    model = Model(config(into))
    if goes_on:
        model.load_state_dict(torch.load(into / "latest.pt", weights_only=True))
    named = [(name, p) for name, p in model.named_parameters() if not name.startswith(("vision_model", "connector"))]
    print(sum(p.numel() for _, p in named) / 1e6, "million parameters")
    optimizer = Optimizer(named)
    begin, step, shown = time.monotonic(), 0, 0.0
    while (done := (time.monotonic() - begin) / (60 * minutes)) < 1:
        rate = PEAK * max(LEAST, 0.5 + 0.5 * math.cos(math.pi * done)) * min(1, (step + 1) / WARM_UP)
        optimizer.set_rate(rate)
        starts = rng.integers(0, len(ids) - LENGTH - 1, BATCH)
        batch = torch.stack([torch.from_numpy(ids[s : s + LENGTH + 1]) for s in starts])
        with autocast():
            loss = losses(model, batch).mean()
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(optimizer.parameters, 1.0)
        with autocast():  # for the products of Muon's iteration, half of the time of a small batch
            optimizer.step()
        step += 1
        if time.monotonic() - shown > 120:
            shown = time.monotonic()
            line = {"step": step, "minutes": done * minutes, "loss": loss.item(), "held": held_out_loss(model, held)}
            with open(into / "log.jsonl", "a") as log:
                log.write(json.dumps(line) + "\n")
            torch.save(model.state_dict(), into / "latest.pt")
    torch.save(model.state_dict(), into / "latest.pt")
    print(step, "steps,", step * BATCH * LENGTH, "tokens, held out", held_out_loss(model, held, 200))


def write_folder(into, out):
    """A model folder whose numbers are rounded to f16."""
    out.mkdir(parents=True, exist_ok=True)
    weights = torch.load(into / "latest.pt", weights_only=True)
    save_file({name: t.half().contiguous() for name, t in weights.items()}, out / "model.safetensors")
    (out / "config.json").write_text(json.dumps(config(into), indent=1) + "\n")
    shutil.copy(into / "tokenizer.json", out / "tokenizer.json")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("corpus", "train", "export"))
    parser.add_argument("--into", type=Path, required=True)
    parser.add_argument("--deb")
    parser.add_argument("--minutes", type=float, default=25)
    parser.add_argument("--go-on", action="store_true", help="train what an earlier run left, at full rate again")
    parser.add_argument("--vocabulary", type=int, default=VOCABULARY)
    parser.add_argument("--width", type=int, default=WIDTH, help="a multiple of 64")
    parser.add_argument("--layers", type=int, default=LAYERS)
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    if args.what == "corpus":
        sizes = {"hidden_size": args.width, "num_hidden_layers": args.layers, "vocab_size": args.vocabulary}
        write_corpus(args.deb, args.into, sizes)
    elif args.what == "train":
        train(args.into, args.minutes, args.go_on)
    else:
        write_folder(args.into, args.out)


if __name__ == "__main__":
    main()
