"""The whole model, one frame and one token at a time: SigLIP with token merging, connector, RWKV-6 or RWKV-7.

F frames · T tokens · M tokens after merging · D vision width · C width · H heads · K head size.
`w` holds the weights by name.
"""

import math

import torch
import torch.nn.functional as F

from training.reference import rwkv7

ACTIVATIONS = {
    "gelu": F.gelu,
    "gelu_pytorch_tanh": lambda x: F.gelu(x, approximate="tanh"),
    "quick_gelu": lambda x: x * torch.sigmoid(1.702 * x),
    "relu": F.relu,
    "silu": F.silu,
}


def linear(w, name, x):
    return F.linear(x, w[f"{name}.weight"], w.get(f"{name}.bias"))


def layer_norm(w, name, x, eps):
    return F.layer_norm(x, x.shape[-1:], w[f"{name}.weight"], w[f"{name}.bias"], eps)


# ---- Token merging (ToMe, Bolya et al. 2023, Algorithm 1; AuroraLong, section 3.2) ----


def match(metric, r, protect_first):
    """Bipartite soft matching of a metric [T, K].

    Returns positions in A (the even tokens) that are kept and merged, the position in B (the odd ones) that each of A
    is most similar to, and the similarities [|A|, |B|]; r is clipped so that at most half of the unprotected tokens go.
    """
    tokens = metric.shape[0]
    r = min(r, (tokens - int(protect_first)) // 2)
    unit = metric / metric.norm(dim=-1, keepdim=True).clamp_min(1e-12)
    similarity = unit[0::2] @ unit[1::2].T
    if r <= 0:
        return list(range(similarity.shape[0])), [], [], similarity
    if protect_first:
        similarity[0] = -math.inf
    best, to = similarity.max(dim=-1)
    rank = torch.argsort(best, descending=True, stable=True).tolist()
    merged = rank[:r]
    return sorted(rank[r:]), merged, to.tolist(), similarity


def merge(x, size, kept, merged, to):
    """Adds the `merged` tokens of A to their partners, weighted by size. x [T, D], size [T] → [T − r, D], [T − r]."""
    a, b = x[0::2], x[1::2]
    size_a, size_b = size[0::2], size[1::2]
    total = b * size_b[:, None]
    size_b = size_b.clone()
    for i in merged:
        total[to[i]] += a[i] * size_a[i]
        size_b[to[i]] += size_a[i]
    return torch.cat([a[kept], total / size_b[:, None]]), torch.cat([size_a[kept], size_b])


def sort_by_size(x, size, order, protect_first):
    """Stable sort of the tokens by size; a protected token stays first."""
    if order == "none":
        return x, size
    first = int(protect_first)
    index = torch.argsort(size[first:], descending=order == "descending", stable=True) + first
    index = torch.cat([torch.arange(first), index])
    return x[index], size[index]


# ---- SigLIP ----


def used_layers(vision):
    select = vision["select_layer"]
    return vision["num_hidden_layers"] + 1 + select if select < 0 else select


def attention(w, name, h, size, heads, proportional):
    """Self-attention over h [T, D]. Returns its output and the metric: the mean of the heads' keys, [T, D / heads]."""
    tokens, width = h.shape
    q, k, v = (linear(w, f"{name}.{p}_proj", h).view(tokens, heads, -1).transpose(0, 1) for p in "qkv")
    logits = q @ k.transpose(1, 2) / math.sqrt(width // heads)
    if proportional:
        logits = logits + size.log()
    y = (logits.softmax(dim=-1) @ v).transpose(0, 1).reshape(tokens, width)
    return linear(w, f"{name}.out_proj", y), k.mean(dim=0)


def encode(w, config, pixels, on_match=None):
    """One frame [3, S, S] → merged tokens [M, D] and their sizes [M]. `on_match(similarity, r)` sees every matching."""
    vision, merging = config["vision_config"], config["merge_config"]
    eps, activation = vision["layer_norm_eps"], ACTIVATIONS[vision["hidden_act"]]
    block_eps = vision.get("block_norm_eps", eps)
    protect, layers = merging["protect_first"], used_layers(vision)

    embeddings = "vision_model.embeddings"
    patches = F.conv2d(
        pixels[None],
        w[f"{embeddings}.patch_embedding.weight"],
        w[f"{embeddings}.patch_embedding.bias"],
        stride=vision["patch_size"],
    )
    x = patches[0].flatten(1).T + w[f"{embeddings}.position_embedding.weight"]
    size = torch.ones(x.shape[0], dtype=x.dtype)

    for i in range(layers):
        name = f"vision_model.encoder.layers.{i}"
        h = layer_norm(w, f"{name}.layer_norm1", x, block_eps)
        y, metric = attention(
            w, f"{name}.self_attn", h, size, vision["num_attention_heads"], merging["proportional_attention"]
        )
        x = x + y
        r = merging["r"][i] if i < len(merging["r"]) else 0
        kept, merged, to, similarity = match(metric, r, protect)
        if on_match:
            on_match(similarity, len(merged))
        if merged:
            x, size = merge(x, size, kept, merged, to)
        if (merged and merging["sort"] == "every-layer") or (merging["sort"] == "last" and i == layers - 1):
            x, size = sort_by_size(x, size, merging["order"], protect)
        h = layer_norm(w, f"{name}.layer_norm2", x, block_eps)
        x = x + linear(w, f"{name}.mlp.fc2", activation(linear(w, f"{name}.mlp.fc1", h)))

    if vision["post_layernorm"]:
        x = layer_norm(w, "vision_model.post_layernorm", x, eps)
    if merging["drop_first"]:
        x, size = x[1:], size[1:]
    return x, size


def connect(w, config, x):
    """The connector: merged tokens [M, D] → visual tokens [M, C]."""
    projector = config["projector_config"]
    for i in range(projector["depth"]):
        if i > 0:
            x = ACTIVATIONS[projector["hidden_act"]](x)
        x = linear(w, f"connector.{2 * i}", x)
    if projector.get("residual_norm"):  # as in ModRWKV
        x = x + layer_norm(w, "connector.norm", x, 1e-5)
    return x


# ---- RWKV-6 "Finch" (Peng et al. 2024) ----

NORM_EPS = 1e-5
HEAD_NORM_EPS = 64e-5


class State:
    """What the RNN remembers of one layer: the two token shifts [C] and S [H, K, K], indexed by key, then value."""

    def __init__(self, width, head_size, dtype):
        self.att_shift = torch.zeros(width, dtype=dtype)
        self.wkv = torch.zeros(width // head_size, head_size, head_size, dtype=dtype)
        self.ffn_shift = torch.zeros(width, dtype=dtype)

    def rows(self):
        """[2 + K, C]: attention shift; in row 1 + i key i of S, value j of head h at h·K + j; channel-mix shift."""
        keys = self.wkv.permute(1, 0, 2).flatten(1)
        return torch.cat([self.att_shift[None], keys, self.ffn_shift[None]])


def zero_state(w, config):
    text = config["text_config"]
    dtype = w["emb.weight"].dtype
    return [State(text["hidden_size"], text["head_size"], dtype) for _ in range(text["num_hidden_layers"])]


def time_mix(w, name, x, state):
    """x [C], already normalised, → the same; advances `state`."""

    def p(suffix):
        return w[f"{name}.{suffix}"].flatten()

    heads, head_size, _ = state.wkv.shape
    delta = state.att_shift - x
    state.att_shift = x

    z = x + delta * p("time_maa_x")
    mixes = torch.tanh(z @ w[f"{name}.time_maa_w1"]).view(5, -1)
    x_w, x_k, x_v, x_r, x_g = (
        x + delta * (p(f"time_maa_{part}") + mixes[i] @ w[f"{name}.time_maa_w2"][i]) for i, part in enumerate("wkvrg")
    )
    omega = p("time_decay") + torch.tanh(x_w @ w[f"{name}.time_decay_w1"]) @ w[f"{name}.time_decay_w2"]
    decay = torch.exp(-torch.exp(omega)).view(heads, head_size)
    r, k, v = (
        linear(w, f"{name}.{part}", value).view(heads, head_size)
        for part, value in (("receptance", x_r), ("key", x_k), ("value", x_v))
    )
    gate = F.silu(linear(w, f"{name}.gate", x_g))
    bonus = w[f"{name}.time_faaaa"]

    y = torch.empty_like(r)
    wkv = torch.empty_like(state.wkv)
    for h in range(heads):
        new = torch.outer(k[h], v[h])
        y[h] = r[h] @ (state.wkv[h] + bonus[h][:, None] * new)
        wkv[h] = decay[h][:, None] * state.wkv[h] + new
    state.wkv = wkv

    y = F.group_norm(y.flatten()[None], heads, w[f"{name}.ln_x.weight"], w[f"{name}.ln_x.bias"], HEAD_NORM_EPS)[0]
    return linear(w, f"{name}.output", y * gate)


def channel_mix(w, name, x, state):
    """x [C], already normalised, → the same; advances `state`."""
    delta = state.ffn_shift - x
    state.ffn_shift = x
    x_k = x + delta * w[f"{name}.time_maa_k"].flatten()
    x_r = x + delta * w[f"{name}.time_maa_r"].flatten()
    k = torch.relu(linear(w, f"{name}.key", x_k)) ** 2
    return torch.sigmoid(linear(w, f"{name}.receptance", x_r)) * linear(w, f"{name}.value", k)


def is_rwkv7(w):
    return "blocks.0.att.r_k" in w


def step(w, states, x):
    """Reads one embedding [C], of a text token or a visual one, into the states; returns the logits [V]."""
    x = layer_norm(w, "blocks.0.ln0", x, NORM_EPS)
    v_first = None
    for i, state in enumerate(states):
        name = f"blocks.{i}"
        h = layer_norm(w, f"{name}.ln1", x, NORM_EPS)
        if is_rwkv7(w):
            y, v_first = rwkv7.time_mix(w, f"{name}.att", h, state, v_first)
        else:
            y = time_mix(w, f"{name}.att", h, state)
        x = x + y
        mix = rwkv7.channel_mix if is_rwkv7(w) else channel_mix
        x = x + mix(w, f"{name}.ffn", layer_norm(w, f"{name}.ln2", x, NORM_EPS), state)
    return linear(w, "head", layer_norm(w, "ln_out", x, NORM_EPS))


def read(w, states, rows):
    """Reads rows [T, C]; returns the logits after the last, or None when there is none."""
    logits = None
    for row in rows:
        logits = step(w, states, row)
    return logits


def embed(w, ids):
    return w["emb.weight"][torch.tensor(ids, dtype=torch.long)]
