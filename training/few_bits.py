"""What few bits cost a trained language model: perplexity on what was kept back, in f16, 8 and 4 bits.

python -m training.few_bits --model MODEL_FOLDER --text DIR [--converted FOLDER …] [--windows 48]
python -m training.few_bits --model public/models/nano --suite tests/fixtures/suite [--converted FOLDER …]

MODEL_FOLDER and DIR are those of `training.language` (export, corpus); a suite is one of `training.world`, of which the true
answers are read behind their clips. `--converted` are folders that `npm run convert` made of the model (`--quant int8`,
`--quant int4`); they are measured as they are. The other rows round the linear layers here, in the same way
(`src/model/quantised.ts`: symmetric, a scale for 32 weights along a row), and in ways that might be better. ± is the standard error
of the difference, text by text, since all read the same. KL is how far a form's next token is from f16's on average, which tells
forms apart on less text. What inputs are like is taken from other text: of training, or of the suite's first clips.
"""

import argparse
import math
import re
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

from training.agreement import read_clips
from training.data import Encoder
from training.evaluate import watch
from training.model import Model
from training.reference.folder import read_config, read_tokenizer, read_weights

GROUP = 32
WINDOW = 256  # tokens
CALIBRATION = 16  # windows of the training text
CALIBRATION_CLIPS = 3  # of a suite
LINEAR = re.compile(r"(blocks\.\d+\.(att\.(receptance|key|value|gate|output)|ffn\.(key|value|receptance))|head)\.weight")
# What a group's largest weight becomes before it is cut off at 7: ours, and more of them.
OURS, MANY = (7, 7.5, 8), tuple(7 + i / 2 for i in range(11))
EITHER = (-7, 7.5, 8)  # where −8 is a whole number too


# ---- rounding ----


def groups_of(weights):
    """[N, K] → [N, K / 32, 32]"""
    return weights.view(len(weights), -1, GROUP)


def rounded(weights, limit, targets, importance=None, fits=0, least=None):
    """Weights [N, K] through whole numbers up to `limit`, each group with the scale that has the least squared error of
    those that make its largest weight one of `targets`, each fitted so many times to its whole numbers by least squares.
    Errors are weighted by `importance` [K] where it is given. With `least` whole numbers go down to that, and scales may be
    negative: the largest weight becomes minus the target."""
    groups = groups_of(weights)
    largest = groups.gather(-1, groups.abs().argmax(-1, keepdim=True))
    largest, least = (largest.abs(), -limit) if least is None else (-largest, least)
    heed = torch.ones(1, 1, GROUP) if importance is None else importance.view(1, -1, GROUP)
    best = torch.full(groups.shape[:2], math.inf)
    result = torch.zeros_like(groups)

    def whole(scale):
        return (groups * torch.where(scale == 0, 0, 1 / scale)).round().clamp(least, limit)

    for target in targets:
        scale = (largest / target).half().float()
        for _ in range(fits):
            numbers = whole(scale)
            squares = (numbers**2 * heed).sum(-1, keepdim=True)
            fitted = (numbers * groups * heed).sum(-1, keepdim=True) / squares
            scale = torch.where(squares > 0, fitted, scale).half().float()
        tried = whole(scale) * scale
        error = ((tried - groups) ** 2 * heed).sum(-1)
        better = error < best
        best = torch.where(better, error, best)
        result = torch.where(better[..., None], tried, result)
    return result.view_as(weights)


def read_converted(folder):
    """The weights that a folder of `npm run convert` stands for, in f32."""
    stored = read_weights(folder, None)
    weights = {}
    for name, tensor in stored.items():
        if name.endswith(".scale"):
            continue
        scale = stored.get(f"{name}.scale")
        if scale is not None:
            if tensor.shape[1] != scale.shape[1] * GROUP:  # two weights in a byte, the even one in its lower half
                bytes_ = tensor.view(torch.uint8).int()
                tensor = torch.stack([bytes_ & 15, bytes_ >> 4], -1).flatten(1) - 8
            else:
                tensor = tensor.view(torch.int8)
            tensor = (groups_of(tensor.float()) * scale.float()[..., None]).flatten(1)
        weights[name] = tensor.float()
    return weights


# ---- measuring ----


def windows_of(ids, count):
    starts = np.linspace(0, len(ids) - WINDOW - 1, count).astype(int)
    return torch.stack([torch.from_numpy(ids[s : s + WINDOW + 1].astype(np.int64)) for s in starts])


def read_windows(model, windows):
    """Of each window the logarithms of all words' chances [T, V], and the words [T] that came."""
    for ids in windows.split(8):
        x, _ = model.read(model.emb(ids[:, :-1]), model.zero_state(len(ids)))
        yield from zip(F.log_softmax(model.logits(x).float(), -1), ids[:, 1:], strict=True)


def read_answers(model, clips):
    """The same of each true answer of clips [(visual rows, [(prompt, answer)])]."""
    for rows, asked in clips:
        _, watched = model.read(rows[None], model.zero_state(1))
        for prompt, answer in asked:
            ids = torch.tensor([prompt + answer[:-1]])
            x, _ = model.read(model.emb(ids), watched)
            yield F.log_softmax(model.logits(x[0, len(prompt) - 1 :]).float(), -1), torch.tensor(answer)


def open_suite(model, folder, suite):
    """The clips of a suite as the encoder sees them, which is f16 in all forms."""
    encoder = Encoder(read_tokenizer(folder, model.config), model.config["prompt"])
    for _, pictures, questions in read_clips(suite):
        asked = [encoder.encode(question) for question in questions]
        yield watch(model, pictures[None])[0], [(each.prompt, each.answer) for each in asked]


def second_moments(model, read):
    """The mean square of each input of each linear layer, by the name of its weight."""
    sums, hooks = {}, []
    for name, module in model.named_modules():
        if LINEAR.fullmatch(f"{name}.weight"):

            def add(_, inputs, key=f"{name}.weight"):
                rows = inputs[0].detach().flatten(0, -2)
                sums[key] = sums.get(key, 0) + (rows**2).sum(0)

            hooks.append(module.register_forward_pre_hook(add))
    for _ in read(model):
        pass
    for hook in hooks:
        hook.remove()
    return sums


# ---- forms ----


def forms(weights, moments, layers):
    """name → (weights, bits of each linear weight by its name)."""
    linear = [name for name in weights if LINEAR.fullmatch(name)]
    ends = {name for name in linear if re.match(rf"blocks\.(0|{layers - 1})\.", name)}
    head = {"head.weight"}

    def form(low, eight=()):
        """4 bits by `low`, but 8 for the names in `eight`."""
        made = {name: rounded(weights[name], 127, (127,)) if name in eight else low(name) for name in linear}
        return weights | made, {name: 8.5 if name in eight else 4.5 for name in linear}

    def ours(name):
        return rounded(weights[name], 7, OURS, fits=1)

    def either(name):
        return rounded(weights[name], 7, EITHER, fits=1, least=-8)

    def weighted(name):
        return rounded(weights[name], 7, OURS, moments[name], fits=1)

    yield "int8", form(ours, linear)
    yield "int4, the largest weight becomes 7", form(lambda name: rounded(weights[name], 7, (7,)))
    yield "int4, the best of three scales", form(lambda name: rounded(weights[name], 7, OURS))
    yield "int4, of eleven", form(lambda name: rounded(weights[name], 7, MANY))
    yield "int4, of three by least squares", form(ours)
    yield "int4, of eleven by least squares, four times", form(lambda name: rounded(weights[name], 7, MANY, fits=4))
    yield "int4, of three by least squares, errors weighted by the inputs", form(weighted)
    yield "int4, −8 to 7, scales of either sign", form(either)
    yield "int4, head in 8 bits", form(ours, head)
    yield "int4, first and last layer in 8 bits", form(ours, ends)
    yield "int4, head, first and last layer in 8 bits", form(ours, head | ends)
    yield "int4, the same, weighted", form(weighted, head | ends)


def compare(name, bits, exact, found):
    """A row of the table."""
    texts = list(zip(exact, found, strict=True))
    lengths = torch.tensor([float(len(words)) for _, (_, words) in texts])
    losses = [[-logs.gather(1, words[:, None]).sum() for logs, words in both] for both in texts]
    before, after = torch.tensor(losses).T
    difference = after - before
    mean = difference.sum() / lengths.sum()
    error = ((difference - mean * lengths) ** 2).sum().sqrt() / lengths.sum()
    apart = sum(F.kl_div(ours, theirs, reduction="sum", log_target=True) for (theirs, _), (ours, _) in texts)
    perplexity = (after.sum() / lengths.sum()).exp()
    against = f"{mean.expm1() * 100:+.2f} ± {error * 100:.2f} %"
    return f"| {name} | {bits} | {perplexity:.3f} | {against} | {apart / lengths.sum():.5f} |"


def material(args, model):
    """What is measured on, and what inputs are taken from: functions of a model."""
    if args.suite:
        clips = list(open_suite(model, args.model, args.suite))
        first, rest = clips[:CALIBRATION_CLIPS], clips[CALIBRATION_CLIPS:]
        return lambda model: read_answers(model, rest), lambda model: read_answers(model, first)
    held = windows_of(np.load(args.text / "held-out.npy"), args.windows)
    known = windows_of(np.load(args.text / "train.npy"), CALIBRATION)
    return lambda model: read_windows(model, held), lambda model: read_windows(model, known)


@torch.inference_mode()
def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, required=True)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--text", type=Path)
    what.add_argument("--suite", type=Path)
    parser.add_argument("--converted", type=Path, nargs="*", default=[])
    parser.add_argument("--windows", type=int, default=48)
    args = parser.parse_args()
    torch.set_num_threads(1)
    config = read_config(args.model)
    model = Model(config).eval()
    weights = read_weights(args.model)
    model.load_state_dict(weights)
    held, known = material(args, model)
    exact = list(held(model))
    linear = sum(tensor.numel() for name, tensor in weights.items() if LINEAR.fullmatch(name))
    print(f"{linear / 1e6:.2f} million weights in linear layers, {sum(len(words) for _, words in exact)} tokens of text")
    print("| form | bits a weight | perplexity | against f16 | KL, nats a token |")
    print("|---|---|---|---|---|")
    print(compare("f16", 16, exact, exact))

    def show(name, changed, bits):
        model.load_state_dict(changed)
        print(compare(name, bits, exact, list(held(model))), flush=True)

    for folder in args.converted:
        show(f"as converted ({read_config(folder)['quantization_config']['bits']} bits)", read_converted(folder), "")
    model.load_state_dict(weights)
    moments = second_moments(model, known)
    for name, (changed, bits) in forms(weights, moments, config["text_config"]["num_hidden_layers"]):
        mean = sum(bits[each] * weights[each].numel() for each in bits) / linear
        show(name, changed, f"{mean:.2f}")


if __name__ == "__main__":
    main()
