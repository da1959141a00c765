"""What few bits cost a trained language model: perplexity on text that was kept back, in f16, 8 and 4 bits.

python -m training.few_bits --model MODEL_FOLDER --text DIR [--converted FOLDER …] [--windows 48]

MODEL_FOLDER and DIR are those of `training.language` (export, corpus). `--converted` are folders that `npm run convert` made
of the model (`--quant int8`, `--quant int4`); they are measured as they are. The other rows round the linear layers here,
in the same way (`src/model/quantised.ts`: symmetric, a scale for 32 weights along a row), and in ways that might be
better. ± is the standard error of the difference, window by window, since all read the same text.
"""

import argparse
import math
import re
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

from training.model import Model
from training.reference.folder import read_config, read_weights

GROUP = 32
WINDOW = 256  # tokens
CALIBRATION = 16  # windows of the training text
LINEAR = re.compile(r"(blocks\.\d+\.(att\.(receptance|key|value|gate|output)|ffn\.(key|value|receptance))|head)\.weight")
# What a group's largest weight becomes before it is cut off at 7: ours, and more of them.
OURS, MANY = (7, 7.5, 8), tuple(7 + i / 2 for i in range(11))


# ---- rounding ----


def groups_of(weights):
    """[N, K] → [N, K / 32, 32]"""
    return weights.view(len(weights), -1, GROUP)


def rounded(weights, limit, targets, importance=None):
    """Weights [N, K] through whole numbers up to `limit`, each group with the scale, of those that make its largest weight
    one of `targets`, that has the least squared error; errors weighted by `importance` [K] where it is given."""
    groups = groups_of(weights)
    heed = 1 if importance is None else importance.view(1, -1, GROUP)
    best = torch.full(groups.shape[:2], math.inf)
    result = torch.zeros_like(groups)
    for target in targets:
        scale = (groups.abs().amax(-1, keepdim=True) / target).half().float()
        inverse = torch.where(scale == 0, 0, 1 / scale)
        tried = (groups * inverse).round().clamp(-limit, limit) * scale
        error = ((tried - groups) ** 2 * heed).sum(-1)
        better = error < best
        best = torch.where(better, error, best)
        result = torch.where(better[..., None], tried, result)
    return result.view_as(weights)


def refined(weights, importance=None, rounds=4):
    """4 bits like `rounded`, then scale and whole numbers fitted to one another in turns: the scale by least squares."""
    groups = groups_of(weights)
    heed = torch.ones(1, 1, GROUP) if importance is None else importance.view(1, -1, GROUP)
    start = groups_of(rounded(weights, 7, MANY, importance))
    scale = (groups.abs().amax(-1, keepdim=True) / 7).half().float()
    best, result = ((start - groups) ** 2 * heed).sum(-1), start
    for factor in (1.0, 0.95, 0.9, 0.85, 0.8):
        s = scale * factor
        for _ in range(rounds):
            whole = (groups * torch.where(s == 0, 0, 1 / s)).round().clamp(-7, 7)
            below = (whole**2 * heed).sum(-1, keepdim=True)
            s = torch.where(below > 0, (whole * groups * heed).sum(-1, keepdim=True) / below, s).half().float()
        tried = (groups * torch.where(s == 0, 0, 1 / s)).round().clamp(-7, 7) * s
        error = ((tried - groups) ** 2 * heed).sum(-1)
        result = torch.where((error < best)[..., None], tried, result)
        best = torch.minimum(error, best)
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


def window_losses(model, windows):
    """Mean loss of each window's tokens but the first."""
    losses = []
    with torch.no_grad():
        for ids in windows.split(8):
            x, _ = model.read(model.emb(ids[:, :-1]), model.zero_state(len(ids)))
            logits = model.logits(x).float()
            loss = F.cross_entropy(logits.flatten(0, 1), ids[:, 1:].flatten(), reduction="none")
            losses.append(loss.view(len(ids), -1).mean(1))
    return torch.cat(losses)


def windows_of(ids, count):
    starts = np.linspace(0, len(ids) - WINDOW - 1, count).astype(int)
    return torch.stack([torch.from_numpy(ids[s : s + WINDOW + 1]) for s in starts])


def second_moments(model, windows):
    """The mean square of each input of each linear layer, by the name of its weight."""
    sums, hooks = {}, []
    for name, module in model.named_modules():
        if LINEAR.fullmatch(f"{name}.weight"):

            def add(_, inputs, key=f"{name}.weight"):
                rows = inputs[0].detach().flatten(0, -2)
                sums[key] = sums.get(key, 0) + (rows**2).sum(0)

            hooks.append(module.register_forward_pre_hook(add))
    window_losses(model, windows)
    for hook in hooks:
        hook.remove()
    return sums


# ---- forms ----


def forms(weights, moments, layers):
    """name → (weights, bits of each linear weight by its name)."""
    linear = [name for name in weights if LINEAR.fullmatch(name)]
    ends = {name for name in linear if re.match(rf"head|blocks\.(0|{layers - 1})\.", name)}

    def form(low, eight=()):
        """4 bits by `low`, but 8 for the names in `eight`."""
        made = {name: rounded(weights[name], 127, (127,)) if name in eight else low(name) for name in linear}
        return weights | made, {name: 8.5 if name in eight else 4.5 for name in linear}

    def ours(name):
        return rounded(weights[name], 7, OURS)

    def fitted(name):
        return refined(weights[name], moments[name])

    yield "int8", form(ours, linear)
    yield "int4", form(ours)
    yield "int4, eleven scales tried", form(lambda name: rounded(weights[name], 7, MANY))
    yield "int4, eleven scales, errors weighted by the inputs", form(lambda name: rounded(weights[name], 7, MANY, moments[name]))
    yield "int4, scales by least squares", form(lambda name: refined(weights[name]))
    yield "int4, scales by least squares, weighted", form(fitted)
    yield "int4, head in 8 bits", form(ours, {"head.weight"})
    yield "int4, head, first and last layer in 8 bits", form(ours, ends)
    yield "int4, the same, scales by least squares, weighted", form(fitted, ends)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--text", type=Path, required=True)
    parser.add_argument("--converted", type=Path, nargs="*", default=[])
    parser.add_argument("--windows", type=int, default=48)
    args = parser.parse_args()
    torch.set_num_threads(1)
    config = read_config(args.model)
    model = Model(config).eval()
    weights = read_weights(args.model)
    held = windows_of(np.load(args.text / "held-out.npy"), args.windows)
    model.load_state_dict(weights)
    exact = window_losses(model, held)
    linear = sum(tensor.numel() for name, tensor in weights.items() if LINEAR.fullmatch(name))
    print(f"{linear / 1e6:.2f} million weights in linear layers, {held[:, 1:].numel()} tokens of text")
    print("| form | bits a weight | perplexity | against f16 |")
    print("|---|---|---|---|")
    print(f"| f16 | 16 | {exact.mean().exp():.3f} | |")

    def show(name, changed, bits):
        model.load_state_dict(changed)
        losses = window_losses(model, held)
        difference = losses - exact
        more, error = difference.mean().expm1() * 100, difference.std() / len(held) ** 0.5 * 100
        print(f"| {name} | {bits} | {losses.mean().exp():.3f} | {more:+.2f} ± {error:.2f} % |", flush=True)

    for folder in args.converted:
        show(f"as converted ({read_config(folder)['quantization_config']['bits']} bits)", read_converted(folder), "")
    model.load_state_dict(weights)
    moments = second_moments(model, windows_of(np.load(args.text / "train.npy"), CALIBRATION))
    for name, (changed, bits) in forms(weights, moments, config["text_config"]["num_hidden_layers"]):
        mean = sum(bits[each] * weights[each].numel() for each in bits) / linear
        show(name, changed, f"{mean:.2f}")


if __name__ == "__main__":
    main()
