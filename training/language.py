"""Trains an RWKV-6 on text alone, to measure what few bits cost a language model, and writes it as a model folder.

python -m training.language corpus --deb A.deb B.deb … --into DIR
python -m training.language train  --into DIR --minutes 25
python -m training.language export --into DIR --out MODEL_FOLDER

`--vocabulary`, `--width` and `--layers` of `corpus` make another one than that of 24 million parameters. The text: the prose in
Debian packages (training/README.md names those used). The end of each package is kept back (held-out.npy). With a GPU `train` is
compiled and reads long batches. The picture encoder of the folder is untrained: it is there because a model folder has one.
"""

import argparse
import copy
import json
import math
import multiprocessing
import shutil
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

import training.model
from training.config import NANO
from training.model import Model
from training.muon import Optimizer
from training.prose import documents

VOCABULARY, WIDTH, LAYERS = 6144, 512, 5
DEVICE = "cuda" if torch.cuda.is_available() else "cpu"
BATCH, LENGTH = (64, 512) if DEVICE == "cuda" else (10, 128)
SHOWN = 10 if DEVICE == "cuda" else 120  # seconds between two lines of the log
PEAK, LEAST, WARM_UP = 3e-3, 0.02, 40
HELD_OUT = 0.01  # of each package, its end
END = "<|endoftext|>"


# ---- the text ----


def without_repeats(documents, known):
    """Documents without the paragraphs whose letters are in the set `known`, which grows by the rest."""
    for paragraphs in documents:
        new = []
        for paragraph in paragraphs:
            letters = "".join(filter(str.isalpha, paragraph.lower()))
            if letters not in known:
                known.add(letters)
                new.append(paragraph)
        if new:
            yield "\n\n".join(new) + END


def write_corpus(debs, into, sizes):
    into.mkdir(parents=True, exist_ok=True)
    (into / "sizes.json").write_text(json.dumps(sizes) + "\n")
    texts, known = {"train": [], "held-out": []}, set()
    with multiprocessing.Pool() as pool:
        for deb, found in zip(debs, pool.imap(documents, debs), strict=True):
            text = "".join(without_repeats(found, known))
            cut = text.rindex("\n\n", 0, int(len(text) * (1 - HELD_OUT)))
            print(f"{Path(deb).name}: {len(text) / 1e6:.2f} million characters", flush=True)
            texts["train"].append(text[:cut] + END)
            texts["held-out"].append(text[cut:].strip())
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    trainer = trainers.BpeTrainer(
        vocab_size=sizes["vocab_size"], special_tokens=[END], initial_alphabet=alphabet, show_progress=False
    )
    tokenizer.train_from_iterator((line for text in texts["train"] for line in text.splitlines()), trainer)
    tokenizer.save(str(into / "tokenizer.json"))
    for name, parts in texts.items():
        found = [text + END for part in parts for text in part.split(END) if text]
        ids = np.concatenate([np.array(each.ids, np.uint16) for each in tokenizer.encode_batch(found)])
        np.save(into / f"{name}.npy", ids)
        print(name, len(ids), "tokens")


# ---- the model ----


def config(into):
    changed = copy.deepcopy(NANO)
    sizes = json.loads((into / "sizes.json").read_text())
    changed["text_config"] |= sizes | {"intermediate_size": sizes["hidden_size"] * 7 // 2}
    changed |= {"name": "prose", "license": "see training/README.md"}
    return changed


def losses_of(model, x, ids):
    """Loss of each of the words ids [B, T] that follow rows x [B, T, C], [B · T]."""
    return F.cross_entropy(model.logits(x).float().flatten(0, 1), ids.flatten(), reduction="none")


class Trained:
    """The model on its device, and the mean loss of what it reads there."""

    def __init__(self, into, without):
        self.model = Model(config(into)).to(DEVICE)
        self.losses_of = losses_of
        if "kernel" in without:
            training.model.read = None
        if DEVICE == "cuda" and "compiling" not in without:
            self.losses_of = torch.compile(losses_of, dynamic=False)
            for block in self.model.blocks:
                block.compile(dynamic=False)

    def loss(self, ids):
        """Mean loss of the tokens of ids [B, T] but the first."""
        with autocast():
            x, _ = self.model.read(self.model.emb(ids[:, :-1]), self.model.zero_state(len(ids)))
            return self.losses_of(self.model, x, ids[:, 1:]).mean()

    def loss_on(self, ids, batches, size):
        """Mean loss of windows spread over ids; with gradients, so that nothing is compiled for it alone."""
        starts = torch.linspace(0, len(ids) - LENGTH - 2, batches * size, device=DEVICE).long()
        return sum(self.loss(windows(ids, some)).item() for some in starts.split(size)) / batches


def windows(ids, starts):
    return ids[starts[:, None] + torch.arange(LENGTH + 1, device=DEVICE)].long()


def autocast():
    """bf16 where the processor has it: elsewhere it is slower than f32."""
    quick = DEVICE == "cuda" or "avx512_bf16" in Path("/proc/cpuinfo").read_text()
    return torch.autocast(DEVICE, torch.bfloat16, enabled=quick)


def train(into, minutes, size, goes_on, without):
    torch.manual_seed(0)
    torch.set_num_threads(1)  # two wait for each other on a busy machine
    begin = time.monotonic()
    ids, held = (
        torch.from_numpy(np.load(into / f"{name}.npy").astype(np.int32)).to(DEVICE) for name in ("train", "held-out")
    )
    trained = Trained(into, without)
    model = trained.model
    if goes_on:
        model.load_state_dict(torch.load(into / "latest.pt", map_location="cpu", weights_only=True))
    named = [(name, p) for name, p in model.named_parameters() if not name.startswith(("vision_model", "connector"))]
    print(sum(p.numel() for _, p in named) / 1e6, "million parameters", flush=True)
    optimizer = Optimizer(named)
    trained.loss(windows(ids, torch.arange(size, device=DEVICE))).backward()  # compiles
    optimizer.zero_grad()
    first, last = time.monotonic(), begin + 60 * minutes
    step, lines, shown = 0, 0, first
    while (now := time.monotonic()) < last:
        rate = PEAK * max(LEAST, 0.5 + 0.5 * math.cos(math.pi * (now - first) / (last - first)))
        optimizer.set_rate(rate * min(1, (step + 1) / WARM_UP))
        loss = trained.loss(windows(ids, torch.randint(len(ids) - LENGTH - 1, (size,), device=DEVICE)))
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(optimizer.parameters, 1.0)
        with autocast():  # for the products of Muon's iteration
            optimizer.step()
        step += 1
        if step % 8 == 0 and DEVICE == "cuda":
            torch.cuda.synchronize()  # so that the clock tells what was done
        if now - shown > SHOWN:
            shown, lines = now, lines + 1
            line = {"step": step, "tokens": step * size * LENGTH, "seconds": now - begin, "loss": loss.item()}
            line["held"] = trained.loss_on(held, 1, size)
            print(line, flush=True)
            assert math.isfinite(line["held"])
            with open(into / "log.jsonl", "a") as log:
                log.write(json.dumps(line) + "\n")
            if lines % 6 == 0:
                torch.save(model.state_dict(), into / "latest.pt")
    torch.save(model.state_dict(), into / "latest.pt")
    seconds = [round(until - since, 1) for since, until in ((begin, first), (first, time.monotonic()))]
    print(*seconds, "seconds before and of training,", step, "steps,", step * size * LENGTH, "tokens")
    print("held out", trained.loss_on(held, 5, size))


def write_folder(into, out):
    """A model folder whose numbers are rounded to f16."""
    out.mkdir(parents=True, exist_ok=True)
    weights = torch.load(into / "latest.pt", map_location="cpu", weights_only=True)
    save_file({name: t.half().contiguous() for name, t in weights.items()}, out / "model.safetensors")
    (out / "config.json").write_text(json.dumps(config(into), indent=1) + "\n")
    shutil.copy(into / "tokenizer.json", out / "tokenizer.json")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("corpus", "train", "export"))
    parser.add_argument("--into", type=Path, required=True)
    parser.add_argument("--deb", nargs="+")
    parser.add_argument("--minutes", type=float, default=25)
    parser.add_argument("--go-on", action="store_true", help="train what an earlier run left, at full rate again")
    parser.add_argument("--batch", type=int, default=BATCH)
    parser.add_argument("--without", nargs="*", default=[], choices=("compiling", "kernel"), help="on a GPU")
    parser.add_argument("--vocabulary", type=int, default=VOCABULARY)
    parser.add_argument("--width", type=int, default=WIDTH, help="a multiple of 64")
    parser.add_argument("--layers", type=int, default=LAYERS)
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    if args.what == "corpus":
        sizes = {"hidden_size": args.width, "num_hidden_layers": args.layers, "vocab_size": args.vocabulary}
        write_corpus(args.deb, args.into, sizes)
    elif args.what == "train":
        train(args.into, args.minutes, args.batch, args.go_on, args.without)
    else:
        write_folder(args.into, args.out)


if __name__ == "__main__":
    main()
