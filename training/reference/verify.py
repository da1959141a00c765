"""Holds the reference against independent implementations, on the models of tests/fixtures/models.

python -m training.reference.verify

Largest differences relative to the largest value: the encoder without merging against Hugging Face's SiglipVisionModel,
a merge against ToMe's own algorithm, RWKV-6 against its closed form over a whole sequence, RWKV-7 against BlinkDL's
`rwkv` package, and the files on disk against a new run.
"""

import json
import os
import tempfile
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import load_file
from transformers import SiglipVisionConfig, SiglipVisionModel

from training.reference import folder, model
from training.reference.dump import dump
from training.reference.pixels import pixels

MODELS = Path(__file__).parents[2] / "tests/fixtures/models"
TOLERANCE = 1e-5


def difference(ours, theirs):
    assert ours.shape == theirs.shape, (ours.shape, theirs.shape)
    return ((ours - theirs).abs().max() / theirs.abs().max()).item()


def hugging_face(w, config, frame):
    """Features of one frame by transformers: the hidden state that `select_layer` names, normalised where asked for."""
    vision = config["vision_config"]
    keys = ("image_size", "patch_size", "hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads")
    options = {key: vision[key] for key in (*keys, "hidden_act", "layer_norm_eps")}
    theirs = SiglipVisionModel(SiglipVisionConfig(**options, vision_use_head=False)).eval()
    names = {name.removeprefix("vision_model."): name for name in theirs.state_dict()}
    tensors = {
        name.removeprefix("vision_model."): tensor for name, tensor in w.items() if name.startswith("vision_model.")
    }
    for layer in theirs.encoder.layers:
        layer.layer_norm1.eps = layer.layer_norm2.eps = vision.get("block_norm_eps", vision["layer_norm_eps"])
    theirs.load_state_dict({names[name]: tensor for name, tensor in tensors.items()})
    x = theirs(frame[None], output_hidden_states=True).hidden_states[vision["select_layer"]][0]
    return model.layer_norm(w, "vision_model.post_layernorm", x, 1e-6) if vision["post_layernorm"] else x


def without_merging(config):
    return config | {"merge_config": config["merge_config"] | {"r": [], "drop_first": False}}


def tome(x, size, metric, r, protect_first):
    """`bipartite_soft_matching` and `merge_wavg` of facebookresearch/ToMe, with the unmerged tokens in index order."""
    metric = metric / metric.norm(dim=-1, keepdim=True)
    scores = metric[::2] @ metric[1::2].transpose(-1, -2)
    if protect_first:
        scores[0, :] = -torch.inf
    node_max, node_index = scores.max(dim=-1)
    edge = node_max.argsort(descending=True)[:, None]
    unmerged, merged = edge[r:].sort(dim=0).values, edge[:r]
    to = node_index[:, None].gather(0, merged)

    def combine(values):
        source, target = values[::2], values[1::2]
        width = values.shape[1]
        target = target.scatter_reduce(0, to.expand(r, width), source.gather(0, merged.expand(r, width)), reduce="sum")
        return torch.cat([source.gather(0, unmerged.expand(-1, width)), target])

    total = combine(size[:, None])
    return combine(x * size[:, None]) / total, total[:, 0]


def compare_merge(generator, tokens, r, protect_first):
    x = torch.randn(tokens, 9, generator=generator)
    size = torch.randint(1, 9, (tokens,), generator=generator).float()
    metric = torch.randn(tokens, 5, generator=generator)
    kept, merged, to, _ = model.match(metric, r, protect_first)
    ours = model.merge(x, size, kept, merged, to)
    theirs = tome(x, size, metric, r, protect_first)
    return max(difference(a, b) for a, b in zip(ours, theirs, strict=True))


def shifted(x):
    return torch.cat([torch.zeros_like(x[:1]), x[:-1]])


def closed_form(w, config, x):
    """RWKV-6 over all rows [T, C] → logits [T, V].

    y_t = Σ_{s<t} (Σ_i r_ti Π_{s<n<t} w_ni k_si) v_s + (Σ_i r_ti u_i k_ti) v_t
    """
    heads = config["text_config"]["hidden_size"] // config["text_config"]["head_size"]
    x = model.layer_norm(w, "blocks.0.ln0", x, 1e-5)
    rows = x.shape[0]
    for i in range(config["text_config"]["num_hidden_layers"]):
        p = {n.removeprefix(f"blocks.{i}."): t for n, t in w.items() if n.startswith(f"blocks.{i}.")}
        h = model.layer_norm(p, "ln1", x, 1e-5)
        d = shifted(h) - h
        lora = ((h + d * p["att.time_maa_x"][0]) @ p["att.time_maa_w1"]).tanh().view(rows, 5, -1)
        m = torch.einsum("tpd,pdc->ptc", lora, p["att.time_maa_w2"])
        xw, xk, xv, xr, xg = (h + d * (p[f"att.time_maa_{c}"][0] + m[j]) for j, c in enumerate("wkvrg"))
        omega = p["att.time_decay"][0] + (xw @ p["att.time_decay_w1"]).tanh() @ p["att.time_decay_w2"]
        log_w = -omega.exp().view(rows, heads, -1)
        r, k, v = (
            (y @ p[f"att.{n}.weight"].T).view(rows, heads, -1)
            for y, n in ((xr, "receptance"), (xk, "key"), (xv, "value"))
        )
        after = log_w.cumsum(0)
        y = torch.zeros_like(v)
        for t in range(rows):
            reach = (after[t] - log_w[t] - after[:t]).exp()
            scores = torch.cat([(r[t] * reach * k[:t]).sum(-1), (r[t] * p["att.time_faaaa"] * k[t]).sum(-1)[None]])
            y[t] = torch.einsum("sh,shv->hv", scores, v[: t + 1])
        y = (y - y.mean(-1, keepdim=True)) / (y.var(-1, correction=0, keepdim=True) + 64e-5).sqrt()
        y = y.reshape(rows, -1) * p["att.ln_x.weight"] + p["att.ln_x.bias"]
        x = x + (y * F.silu(xg @ p["att.gate.weight"].T)) @ p["att.output.weight"].T
        h = model.layer_norm(p, "ln2", x, 1e-5)
        d = shifted(h) - h
        xk, xr = (h + d * p[f"ffn.time_maa_{c}"][0] for c in "kr")
        up = (xk @ p["ffn.key.weight"].T).relu().square()
        x = x + (xr @ p["ffn.receptance.weight"].T).sigmoid() * (up @ p["ffn.value.weight"].T)
    return model.layer_norm(w, "ln_out", x, 1e-5) @ w["head.weight"].T


def package_rwkv7(w, x):
    """BlinkDL's own RWKV-7 over rows [T, C] from a zero state → logits [V], states [2 + K, C] as `State.rows` gives them."""
    os.environ |= {"RWKV_V7_ON": "1", "RWKV_CUDA_ON": "0"}
    from rwkv.model import RWKV  # reads the environment when imported

    with tempfile.TemporaryDirectory() as scratch:
        torch.save(w | {"emb.weight": x}, f"{scratch}/model.pth")  # our rows as its vocabulary
        theirs = RWKV(f"{scratch}/model", "cpu fp32")
    logits, state = theirs.forward(list(range(len(x))), None)
    states = []
    for att_shift, wkv, ffn_shift in zip(state[0::3], state[1::3], state[2::3], strict=True):
        keys = wkv.permute(2, 0, 1).flatten(1)  # its S is by value, then key
        states.append(torch.cat([att_shift[None], keys, ffn_shift[None]]))
    return logits, states


def check(what, error):
    print(f"{what}: {error:.1e}")
    assert error < TOLERANCE, what


def check_model(path):
    config, w = folder.read_config(path), folder.read_weights(path)
    images = sorted((path / "reference").glob("frame-*.png"))
    prompt_ids = json.loads((path / "reference/prompt.json").read_text())["prompt_ids"]
    recorded = load_file(path / "reference/tensors.safetensors")

    frame = pixels(images[0], config["vision_config"])
    ours, _ = model.encode(w, without_merging(config), frame)
    check(f"{path.name}: encoder without merging, Hugging Face", difference(ours, hugging_face(w, config, frame)))

    rows = torch.cat([*recorded["visual"], model.embed(w, prompt_ids)])
    if model.is_rwkv7(w):
        logits, states = package_rwkv7(w, rows)
        check(f"{path.name}: logits, rwkv package", difference(recorded["logits"], logits))
        for i, state in enumerate(states):
            check(f"{path.name}: state {i}, rwkv package", difference(recorded[f"state.{i}"], state))
    else:
        exact = {name: tensor.double() for name, tensor in w.items()}
        logits = closed_form(exact, config, rows.double())[-1]
        check(f"{path.name}: logits, closed form", difference(recorded["logits"], logits))

    again = dump(w, config, images, prompt_ids)
    assert again.keys() == recorded.keys()
    check(f"{path.name}: files", max(difference(again[name], recorded[name]) for name in recorded))


def main():
    torch.set_num_threads(1)
    with torch.inference_mode():
        generator = torch.Generator().manual_seed(0)
        for tokens, r, protect in ((25, 7, False), (49, 24, False), (49, 24, True), (64, 32, False), (576, 21, True)):
            check(f"merge of {r} in {tokens}, ToMe", compare_merge(generator, tokens, r, protect))
        for path in sorted(MODELS.iterdir()):
            check_model(path)


if __name__ == "__main__":
    main()
