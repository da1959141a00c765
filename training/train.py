"""Trains a nano model, stage by stage (AuroraLong, section 3.3): connector, vision, language.

python -m training.train --stage connector --cache DIR --into DIR --minutes 3 --weights MODEL_FOLDER
python -m training.train --stage vision    --cache DIR --into DIR --minutes 25
python -m training.train --stage language  --cache DIR --into DIR --minutes 80

A stage lasts --minutes of work or --steps, and its learning rate falls with them; a stopped stage goes on where it was
when started again. Each stage begins with what the run's folder holds (latest.pt). `torchrun --nproc-per-node N -m
training.train …` does the same on several GPUs. The log is the run's log.jsonl.
"""

import argparse
import collections
import itertools
import json
import math
import os
import time
from functools import partial
from pathlib import Path

import torch
import torch.distributed as dist
import torch.nn.functional as F
from tokenizers import Tokenizer

from training.config import nano_config
from training.data import IGNORED, Batches, World
from training.heads import (
    CENTRE,
    ActHead,
    CourseHead,
    DenseHead,
    FlowHead,
    MatchHead,
    find_before,
    of_things,
    token_measures,
    token_things,
)
from training.model import Model, fork
from training.muon import Optimizer
from training.warm_start import warm_start

PEAK = {"connector": 1e-3, "vision": 8e-4, "language": 8e-4}
LEAST = 0.02  # of the peak, at the end
ENCODER_RATE = {"connector": 1.0, "vision": 1.0, "language": 0.4}  # its share of the rate: words must not undo it
DENSE_WEIGHT = {"connector": 1.0, "vision": 1.0, "language": 0.1}
COURSE_WEIGHT, ACT_WEIGHT, MATCH_WEIGHT, FLOW_WEIGHT = 1.5, 4.0, 1.5, 3.0  # within the dense loss
WAIT_WEIGHT = 1.5  # of what a pause does to the state
WAITING_LAYERS = slice(2, None)  # of the RNN: those below tell them whether a token is new
MOVING_WEIGHT = 3.0  # of a batch that has dense losses alone
LABELLED = ("label_encoder", "label_connector")
SAVE_EVERY, LOG_EVERY = 240, 30  # seconds
STEADY_STEPS = 12  # at a stage's start, without counting time: compilation


class Trainee(torch.nn.Module):
    """The model with its auxiliary heads."""

    def __init__(self, config):
        super().__init__()
        self.model = Model(config)
        self.dense = torch.nn.ModuleList(
            DenseHead(size) for size in (config["vision_config"]["hidden_size"], config["text_config"]["hidden_size"])
        )
        self.match = torch.nn.ModuleList(MatchHead(head.norm.normalized_shape[0]) for head in self.dense)
        self.course = CourseHead(config["text_config"]["hidden_size"])
        self.act = ActHead(config["text_config"]["hidden_size"])
        self.flow = FlowHead(config["text_config"]["hidden_size"])

    def see(self, batch):
        """Visual tokens [N, M, C], the loss of the heads on them, what to log, the thing in each token [N, M], and, of
        clips, where tokens were a frame `Before`.

        N = clips × F.
        """
        frames, owners = batch["frames"].flatten(0, 1), batch["owners"].flatten(0, 1)
        tokens, visual, shares = self.model.see(frames)
        with torch.no_grad():
            table = batch["targets"].flatten(0, 1)
            nothing = table.shape[1] - 1
            things = token_things(shares, owners, nothing)
            targets = of_things(table, things)
            measures = token_measures(shares, frames)
        losses = [head(x, targets, measures) for head, x in zip(self.dense, (tokens, visual), strict=True)]
        loss, log = sum(loss for loss, _ in losses), dict(zip(LABELLED, (right for _, right in losses), strict=True))
        before = None
        if "windows" in batch:
            of_clips = lambda x: x.view(*batch["windows"].shape[:2], *x.shape[1:])  # noqa: E731
            with torch.no_grad():
                before = find_before(of_clips(shares), batch["owners"], batch["windows"])
            centres = of_clips(measures[..., CENTRE])
            matches = [head(of_clips(x), centres, before) for head, x in zip(self.match, (tokens, visual), strict=True)]
            loss = loss + MATCH_WEIGHT * sum(match for match, _ in matches)
            log["lost"] = matches[1][1]
        return visual, loss, log, things, before

    def forward(self, batch):
        """The loss and what to log of it."""
        visual, dense, log, things, before = self.see(batch)
        if "stills" in batch:
            _, more, named, *_ = self.see(batch["stills"])
            dense, log = dense + more, log | named
        if "pairs" in batch:
            _, more, found, *_ = self.see(batch["pairs"])
            dense, log = dense + more, log | {"lost": found["lost"]}
        log["dense"] = dense.detach()
        if "order" not in batch:
            return None, dense, log
        visual, things = (in_order(x, batch["order"]) for x in (visual, things))
        rows, mask = self.video_rows(batch, visual)
        waits = [batch["prefix"].shape[1] + visual.shape[1] * frame for frame in batch.get("wait", ())]
        # The heads read from the middle: what only comes out of the last block is in no state when a question comes.
        x, after = self.read_in_parts(rows, mask, waits)
        states = after[-1]
        seen = x[:, batch["prefix"].shape[1] :]
        course = self.course(seen[:, visual.shape[1] - 1 :: visual.shape[1]], batch["course"])
        act, right = self.act(seen.reshape(visual.shape), of_things(batch["acts"].flatten(0, 1), things))
        log |= {"course": course.detach(), "act": act.detach(), "acts_right": right}
        dense = dense + COURSE_WEIGHT * course + ACT_WEIGHT * act
        clips, frames = batch["frames"].shape[:2]
        if batch["order"].shape[1] == frames:  # no wait between the frames
            flow, log["flow_off"] = self.flow(seen.reshape(clips, frames, *visual.shape[1:]), before, batch["windows"])
            dense = dense + FLOW_WEIGHT * flow
        if "branches" not in batch:
            return None, MOVING_WEIGHT * dense, log
        if waits:
            log["forgot"] = (forgot := forgotten(*after[:2])).detach()
            dense = dense + WAIT_WEIGHT / DENSE_WEIGHT["language"] * forgot
        losses, log["answers"] = [], []
        for branches in batch["branches"]:
            loss, exact = self.answer(branches, states)
            losses.append(loss)
            log["answers"] += zip(branches["types"], exact.tolist(), strict=True)
        total = sum(loss.sum() for loss in losses) / sum(loss.numel() for loss in losses)
        return total, dense, log

    def video_rows(self, batch, visual):
        """Rows [B, T, C] that the RNN reads before the questions, a sandwich's question in front, and their mask."""
        clips, frames = batch["mask"].shape
        rows = visual.view(clips, -1, visual.shape[-1])
        mask = batch["mask"].repeat_interleave(rows.shape[1] // frames, 1)
        rows = torch.cat([self.model.emb(batch["prefix"]), rows], 1)
        return rows, torch.cat([batch["prefix_mask"], mask], 1)

    def read_in_parts(self, rows, mask, ends):
        """Reads rows [B, T, C]; what the middle of the RNN makes of them, and the states after each part.

        The parts end at `ends` and T.
        """
        states, outputs, after = self.model.zero_state(len(rows)), [], []
        for start, end in itertools.pairwise((0, *ends, rows.shape[1])):
            if start < end:
                _, states = self.model.read(rows[:, start:end], states, mask[:, start:end], outputs)
            after.append(states)
        return torch.cat(outputs, 1), after

    def answer(self, branches, states):
        """Losses of all answer tokens, and for each branch whether its first answer is right in every token."""
        ids, targets = branches["ids"], branches["targets"]
        x, _ = self.model.read(self.model.emb(ids), fork(states, branches["clip"]))
        where = targets != IGNORED
        logits = self.model.logits(x[where]).float()
        loss = F.cross_entropy(logits, targets[where], reduction="none")
        wrong = torch.zeros_like(targets).masked_scatter_(where, (logits.argmax(-1) != targets[where]).long())
        # The first run of targets is the first answer: nothing asked before it names the things.
        starts = (where[:, 1:] & ~where[:, :-1]).cumsum(1)
        first = where & (F.pad(starts, (1, 0)) == 1)
        return loss, (wrong * first).sum(1) == 0


def forgotten(before, after):
    """How much a pause changed the states: the mean over rows of S of log(1 + change / norm)."""
    changes = []
    for (_, old, _), (_, new, _) in zip(before[WAITING_LAYERS], after[WAITING_LAYERS], strict=True):
        norm = old.detach().norm(dim=-1)
        least = 0.1 * norm.square().mean(-1, keepdim=True).sqrt()
        changes.append(((new - old).norm(dim=-1) / (norm + least)).log1p().mean())
    return sum(changes) / len(changes)


def in_order(x, order):
    """Frames [B · F, …] in the order [B, n] of each clip: [B · n, …]."""
    clips = torch.arange(len(order), device=order.device)[:, None]
    return x.view(len(order), -1, *x.shape[1:])[clips, order].flatten(0, 1)


def trainable(trainee, stage):
    """Switches gradients on for what the stage trains."""
    model = trainee.model
    parts = {
        "connector": [model.connector, model.emb, model.head, trainee.dense, trainee.match],
        "vision": [model.vision_model, model.connector, trainee.dense, trainee.match],
        "language": [trainee],
    }[stage]
    trainee.requires_grad_(False)
    for part in parts:
        part.requires_grad_(True)
    return [(name, p) for name, p in trainee.named_parameters() if p.requires_grad]


def fast_bfloat16(device):
    """Whether bfloat16 is faster than f32: on GPUs, and on CPUs with instructions for it (others take 50× as long)."""
    return device.type == "cuda" or torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()


def rate(progress, peak):
    """Warm-up over 3 %, then a cosine; the last quarter stays under a sixth of the peak."""
    warm = min(1.0, progress / 0.03 + 0.02)
    return peak * warm * (LEAST + (1 - LEAST) * 0.5 * (1 + math.cos(math.pi * min(1.0, progress))))


def compile_blocks(trainee):
    """Compiles the encoder's layers and the RNN's blocks one by one, for each shape that occurs."""
    torch._dynamo.config.recompile_limit = 64
    for block in (*trainee.model.vision_model.encoder.layers, *trainee.model.blocks):
        block.compile(dynamic=False)


class Run:
    """A stage at work: its folder, counters and clock."""

    def __init__(self, args, device):
        self.args, self.device = args, device
        self.folder = Path(args.into)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.rank, self.world = (dist.get_rank(), dist.get_world_size()) if dist.is_initialized() else (0, 1)
        self.tokenizer = Tokenizer.from_file(str(self.folder / "tokenizer.json"))
        self.config = nano_config(self.tokenizer.get_vocab_size(), args.order, args.merge)
        (self.folder / "config.json").write_text(json.dumps(self.config, indent=1) + "\n")
        self.trainee = Trainee(self.config)
        self.seconds, self.step, self.clips, self.frames = 0.0, 0, 0, 0
        optimizer_state = self.load()
        self.trainee.to(device)
        self.optimizer = Optimizer(trainable(self.trainee, args.stage), ENCODER_RATE[args.stage])
        self.autocast = fast_bfloat16(device)
        if optimizer_state:
            self.optimizer.load_state_dict(optimizer_state)
        if args.compile:
            compile_blocks(self.trainee)

    @property
    def progress(self):
        """0 at the stage's start, 1 at its end."""
        return self.step / self.args.steps if self.args.steps else self.seconds / (60 * self.args.minutes)

    def load(self):
        """Continues the stage, begins it on the last one's weights, or on a model folder; returns optimizer state."""
        path = self.folder / "latest.pt"
        if not path.exists():
            if self.args.weights:
                warm_start(self.trainee.model, self.tokenizer, self.args.weights)
            return None
        saved = torch.load(path, map_location="cpu", weights_only=True)
        self.trainee.load_state_dict(saved["trainee"])
        if saved["stage"] != self.args.stage:
            self.clips, self.frames = saved["clips"], saved["frames"]
            return None
        self.seconds, self.step = saved["seconds"], saved["step"]
        self.clips, self.frames = saved["clips"], saved["frames"]
        return saved["optimizer"]

    def save(self):
        if self.rank:
            return
        state = {
            "stage": self.args.stage,
            "trainee": self.trainee.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "seconds": self.seconds,
            "step": self.step,
            "clips": self.clips,
            "frames": self.frames,
        }
        torch.save(state, self.folder / "latest.tmp")
        os.replace(self.folder / "latest.tmp", self.folder / "latest.pt")

    def log(self, entry):
        if self.rank == 0:
            line = json.dumps({"stage": self.args.stage, "step": self.step, "clips": self.clips} | entry)
            with (self.folder / "log.jsonl").open("a") as file:
                file.write(line + "\n")
            print(line, flush=True)

    def batches(self):
        make_world = partial(World, self.args.cache, self.tokenizer, self.config["prompt"], self.args.seed)
        dataset = Batches(make_world, self.args.stage, self.step * self.world + self.rank, self.world)
        options = {"num_workers": self.args.workers, "prefetch_factor": 3} if self.args.workers else {}
        return iter(torch.utils.data.DataLoader(dataset, batch_size=None, **options))


def to_device(value, device):
    if isinstance(value, dict):
        return {name: to_device(part, device) for name, part in value.items()}
    if isinstance(value, list):
        return [to_device(part, device) for part in value]
    return value.to(device) if isinstance(value, torch.Tensor) else value


def average_gradients(parameters, world):
    """Over all processes, as one message."""
    grads = [torch.zeros_like(p) if p.grad is None else p.grad for p in parameters]
    flat = torch.cat([grad.flatten() for grad in grads])
    dist.all_reduce(flat)
    for p, part in zip(parameters, flat.split([p.numel() for p in parameters]), strict=True):
        p.grad = part.view_as(p) / world


def train_step(run, batch, progress):
    """One step of the optimizer; returns the losses and what else to log."""
    run.optimizer.set_rate(rate(progress, run.args.peak or PEAK[run.args.stage]))
    with torch.autocast(run.device.type, torch.bfloat16, enabled=run.autocast):
        answers, dense, log = run.trainee(to_device(batch, run.device))
    loss = DENSE_WEIGHT[run.args.stage] * dense + (answers if answers is not None else 0)
    loss.backward()
    parameters = run.optimizer.parameters
    if run.world > 1:
        average_gradients(parameters, run.world)
    norm = torch.nn.utils.clip_grad_norm_(parameters, 1.0)
    if torch.isfinite(norm):
        run.optimizer.step()
    run.optimizer.zero_grad()
    log["loss"] = None if answers is None else answers.item()
    return log


def count_frames(batch):
    clips, frames = batch["frames"].shape[:2]
    return clips * frames + sum(count_frames(batch[part]) for part in ("stills", "pairs") if part in batch)


def summary(logs):
    """Means since the last entry of the log; accuracy of first answers by type with how many there were."""
    out = {}
    for name in ("loss", "dense", "course", "act", "acts_right", "forgot", "lost", "flow_off", *LABELLED):
        values = [float(log[name]) for log in logs if log.get(name) is not None]
        values = [value for value in values if not math.isnan(value)]  # a batch may have nothing to name
        if values:
            out[name] = round(sum(values) / len(values), 4)
    right, count = collections.Counter(), collections.Counter()
    for log in logs:
        for kind, exact in log.get("answers", []):
            count[kind] += 1
            right[kind] += exact
    if count:
        out["exact"] = {kind: [round(right[kind] / n, 3), n] for kind, n in sorted(count.items())}
        out["macro"] = round(sum(right[kind] / n for kind, n in count.items()) / len(count), 4)
    return out


def train(run):
    batches, logs, first = run.batches(), [], run.step
    saved = logged = last = time.monotonic()
    while run.progress < 1:
        batch = next(batches)
        logs.append(train_step(run, batch, run.progress))
        run.step += 1
        run.clips += len(batch["frames"]) * run.world
        run.frames += count_frames(batch) * run.world
        now = time.monotonic()
        # Compilation of the first steps is not work that the schedule should count, unless the clock does.
        if run.args.clock or run.step - first > STEADY_STEPS:
            run.seconds += now - last
        last = now
        if run.world > 1:  # all stop after the same step, at the same rate
            seconds = torch.tensor(run.seconds, device=run.device)
            dist.broadcast(seconds, 0)
            run.seconds = seconds.item()
        if now - logged > LOG_EVERY:
            minutes = round(run.seconds / 60, 2)
            run.log({"frames": run.frames, "minutes": minutes, "lr": round(run.optimizer.rate, 6)} | summary(logs))
            logs, logged = [], now
        if now - saved > SAVE_EVERY:
            run.save()
            saved = now
    if logs:
        run.log({"frames": run.frames, "minutes": round(run.seconds / 60, 2)} | summary(logs))
    run.save()


def numbers(text):
    return [int(part) for part in text.split(",")]


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stage", choices=list(PEAK), required=True)
    parser.add_argument("--cache", required=True, help="folder of training.world.fetch")
    parser.add_argument("--into", required=True, help="folder of checkpoints and log; holds tokenizer.json")
    length = parser.add_mutually_exclusive_group(required=True)
    length.add_argument("--minutes", type=float)
    length.add_argument("--steps", type=int)
    parser.add_argument("--weights", help="model folder to begin with, for a run's first stage")
    parser.add_argument("--clock", action="store_true", help="count compilation as work too")
    parser.add_argument("--peak", type=float, help="learning rate, instead of the stage's own")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--compile", action="store_true", help="pays on GPUs, and for vision")
    parser.add_argument("--order", choices=("ascending", "descending", "none"), default="ascending")
    parser.add_argument("--merge", type=numbers, help="tokens removed in each layer, as 18,13,9,7,5,0")
    return parser.parse_args()


def main():
    args = parse()
    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    if "RANK" in os.environ:
        dist.init_process_group()
    device = torch.device(f"cuda:{os.environ.get('LOCAL_RANK', 0)}" if torch.cuda.is_available() else "cpu")
    train(Run(args, device))
    if dist.is_initialized():
        dist.destroy_process_group()


if __name__ == "__main__":
    main()
