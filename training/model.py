"""The model for training: whole batches at once, under autocast, in fixed shapes.

Computes what `training.reference.model` computes (`training.tests.test_model` holds it to that) and names its weights
as the model folder does.

N frames · P patches · M tokens of a frame after merging · B sequences · T tokens · D width of the encoder · C width of
the RNN · H heads · K head size.
"""

import math

import torch
import torch.nn.functional as F
from torch import nn

try:
    from training.wkv_triton import read
except ImportError:  # Triton comes with PyTorch for GPUs
    read = None

# The runtime has no floor. Half a chunk at this one stays within f32's range, and e^-15 is as good as nothing.
LOG_DECAY_FLOOR = -15.0
CHUNK = 8
MIDDLE = 2  # of the RNN's blocks
MIX_RANK, DECAY_RANK = 16, 32


# ---- SigLIP with token merging ----


def full_precision(function):
    """Runs a function outside autocast: what is summed or compared in it needs f32."""

    def run(*args):
        with torch.autocast(args[0].device.type, enabled=False):
            return function(*args)

    return run


@full_precision
def merge_plan(metric, size, r, order):
    """Bipartite soft matching, and the sort by size, as one matrix [N, T − r, T] of weights; and the new sizes.

    metric [N, T, K], size [N, T]. A token of the result is the mean of its members, weighted by size.
    """
    count, tokens, _ = metric.shape
    unit = F.normalize(metric.float(), dim=-1, eps=1e-12)
    best, to = (unit[:, 0::2] @ unit[:, 1::2].transpose(1, 2)).max(-1)
    rank = best.argsort(dim=-1, descending=True, stable=True)
    merged = rank[:, :r]
    kept = rank[:, r:].sort(-1).values
    rows = torch.arange(count, device=metric.device)[:, None]

    source_count, target_count = best.shape[1], tokens - best.shape[1]
    # Where each token goes: kept ones of A first, then all of B.
    place = torch.empty(count, tokens, dtype=torch.long, device=metric.device)
    left = source_count - r
    place[:, 1::2] = torch.arange(left, left + target_count, device=metric.device)
    place[rows, 2 * kept] = torch.arange(left, device=metric.device).expand(count, -1)
    place[rows, 2 * merged] = left + to.gather(1, merged)
    new_size = torch.zeros(count, tokens - r, device=metric.device).scatter_add_(1, place, size)
    if order != "none":
        by_size = new_size.argsort(dim=-1, descending=order == "descending", stable=True)
        new_size = new_size.gather(1, by_size)
        place = by_size.argsort(-1).gather(1, place)
    plan = torch.zeros(count, tokens - r, tokens, device=metric.device)
    plan[rows, place, torch.arange(tokens, device=metric.device)] = size / new_size.gather(1, place)
    return plan, new_size


@full_precision
def apply_plan(plan, x):
    return plan @ x.float()


class SelfAttention(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        for name in ("q_proj", "k_proj", "v_proj", "out_proj"):
            setattr(self, name, nn.Linear(width, width))

    def forward(self, h, log_size):
        """h [N, T, D], log_size [N, T] or None. Returns its output and the mean of the heads' keys [N, T, D / H]."""
        count, tokens, width = h.shape
        q, k, v = (
            p(h).view(count, tokens, self.heads, -1).transpose(1, 2) for p in (self.q_proj, self.k_proj, self.v_proj)
        )
        logits = (q @ k.transpose(2, 3)).float() / math.sqrt(width // self.heads)
        if log_size is not None:
            logits = logits + log_size[:, None, None]
        y = logits.softmax(-1).to(v.dtype) @ v
        return self.out_proj(y.transpose(1, 2).reshape(count, tokens, width)), k.mean(1)


class Mlp(nn.Module):
    def __init__(self, width, inner):
        super().__init__()
        self.fc1, self.fc2 = nn.Linear(width, inner), nn.Linear(inner, width)

    def forward(self, x):
        return self.fc2(F.gelu(self.fc1(x), approximate="tanh"))


class EncoderLayer(nn.Module):
    def __init__(self, vision):
        super().__init__()
        width, eps = vision["hidden_size"], vision["layer_norm_eps"]
        self.self_attn = SelfAttention(width, vision["num_attention_heads"])
        self.mlp = Mlp(width, vision["intermediate_size"])
        self.layer_norm1, self.layer_norm2 = nn.LayerNorm(width, eps), nn.LayerNorm(width, eps)

    def forward(self, x, size, r, order):
        """x [N, T, D], size [N, T] → both with T − r, and the merge's plan (None for r = 0)."""
        y, metric = self.self_attn(self.layer_norm1(x), size.log())
        x = x + y
        plan = None
        if r > 0:
            with torch.no_grad():
                plan, size = merge_plan(metric, size, r, order)
            x = apply_plan(plan, x)
        return x + self.mlp(self.layer_norm2(x)), size, plan


class Vision(nn.Module):
    def __init__(self, config):
        super().__init__()
        vision, merging = config["vision_config"], config["merge_config"]
        assert vision["select_layer"] == -1 and vision["post_layernorm"] and merging["proportional_attention"]
        assert merging["sort"] == "every-layer" and not merging["protect_first"] and not merging["drop_first"]
        width, patch = vision["hidden_size"], vision["patch_size"]
        patches = (vision["image_size"] // patch) ** 2
        self.patch, self.r, self.order = patch, merging["r"], merging["order"]
        self.embeddings = nn.Module()
        self.embeddings.patch_embedding = nn.Conv2d(3, width, patch, patch)
        self.embeddings.position_embedding = nn.Embedding(patches, width)
        self.encoder = nn.Module()
        self.encoder.layers = nn.ModuleList(EncoderLayer(vision) for _ in range(vision["num_hidden_layers"]))
        self.post_layernorm = nn.LayerNorm(width, vision["layer_norm_eps"])

    def forward(self, pixels):
        """pixels [N, 3, S, S] → tokens [N, M, D] and the share of each patch in them [N, M, P]."""
        embed = self.embeddings.patch_embedding
        rows = F.unfold(pixels, self.patch, stride=self.patch).transpose(1, 2)
        x = F.linear(rows, embed.weight.flatten(1), embed.bias).float() + self.embeddings.position_embedding.weight
        size = torch.ones(x.shape[:2], device=x.device)
        shares = torch.eye(x.shape[1], device=x.device).expand(len(x), -1, -1)
        for i, layer in enumerate(self.encoder.layers):
            x, size, plan = layer(x, size, self.r[i] if i < len(self.r) else 0, self.order)
            if plan is not None:
                shares = apply_plan(plan, shares)
        return self.post_layernorm(x), shares


# ---- RWKV-6 ----


def chunk_of(tokens):
    return next(n for n in range(CHUNK, 0, -1) if tokens % n == 0)


@torch.compiler.disable  # unrolled, a long sequence would take minutes to compile
def scan(decay, added, state):
    """state ← decay · state + added over chunks [B, H, chunks, …]; returns the states before each, and the last."""
    states = []
    for factor, more in zip(decay.unbind(2), added.unbind(2), strict=True):
        states.append(state)
        state = torch.addcmul(more, factor, state)
    return torch.stack(states, 2), state


@full_precision
def wkv(r, k, v, log_w, u, state):
    """The recurrence of RWKV-6 over T tokens, chunk by chunk, in f32.

    r, k, v, log_w [B, T, H, K], u [H, K], state [B, H, K, K] → y [B, T, H, K], state. Within a chunk decay is taken
    relative to its middle, so no exponent exceeds half a chunk of the floor.
    """
    if read is not None and r.is_cuda:
        r, k, v = r.float(), k.float(), v.float()
        y, state = read(r, k, v, log_w, state)
        return y + (r * u * k).sum(-1, keepdim=True) * v, state
    batch, tokens, heads, size = r.shape
    length = chunk_of(tokens)

    def chunks(x):
        return x.float().view(batch, tokens // length, length, heads, size).permute(0, 3, 1, 2, 4)

    r, k, v, log_w = chunks(r), chunks(k), chunks(v), chunks(log_w)  # [B, H, chunks, length, K]
    after = log_w.cumsum(3)
    before = after - log_w
    middle = after[:, :, :, length // 2 : length // 2 + 1]
    last = after[:, :, :, -1:]
    scores = (r * (before - middle).exp()) @ (k * (middle - after).exp()).transpose(3, 4)
    y = scores.tril(-1) @ v + (r * u[:, None, None] * k).sum(-1, keepdim=True) * v
    added = (k * (last - after).exp()).transpose(3, 4) @ v
    decay = last.exp().transpose(3, 4)  # [B, H, chunks, K, 1]
    states, state = scan(decay, added, state)
    y = y + (r * before.exp()) @ states
    return y.permute(0, 2, 3, 1, 4).reshape(batch, tokens, heads, size), state


def shifted(x, first):
    """Each token's predecessor; `first` [B, C] precedes the sequence."""
    return torch.cat([first[:, None], x[:, :-1]], 1)


class TimeMix(nn.Module):
    def __init__(self, text, depth):
        super().__init__()
        width, size = text["hidden_size"], text["head_size"]
        self.heads, self.size = width // size, size
        position = torch.arange(width) / width
        for name in "xwkvrg":
            setattr(self, f"time_maa_{name}", nn.Parameter((1 - position ** (1 - depth)).view(1, 1, -1)))
        self.time_maa_w1 = nn.Parameter(torch.zeros(width, 5 * MIX_RANK))
        self.time_maa_w2 = nn.Parameter(torch.empty(5, MIX_RANK, width).uniform_(-0.01, 0.01))
        self.time_decay = nn.Parameter((-6 + 5 * position ** (0.7 + 1.3 * depth)).view(1, 1, -1))
        self.time_decay_w1 = nn.Parameter(torch.zeros(width, DECAY_RANK))
        self.time_decay_w2 = nn.Parameter(torch.empty(DECAY_RANK, width).uniform_(-0.01, 0.01))
        self.time_faaaa = nn.Parameter((depth * (1 - position)).view(self.heads, size))
        for name in ("receptance", "key", "value", "gate", "output"):
            setattr(self, name, nn.Linear(width, width, bias=False))
        self.ln_x = nn.GroupNorm(self.heads, width, eps=64e-5)

    def forward(self, x, shift, state):
        batch, tokens, width = x.shape
        delta = shifted(x, shift) - x
        z = x + delta * self.time_maa_x
        low = torch.tanh(z @ self.time_maa_w1).view(batch * tokens, 5, -1).transpose(0, 1)
        mixes = torch.bmm(low, self.time_maa_w2.to(low.dtype)).view(5, batch, tokens, width)
        x_w, x_k, x_v, x_r, x_g = (
            x + delta * (getattr(self, f"time_maa_{part}") + mixes[i]) for i, part in enumerate("wkvrg")
        )
        omega = self.time_decay + (torch.tanh(x_w @ self.time_decay_w1) @ self.time_decay_w2).float()
        log_w = (-omega.exp()).clamp_min(LOG_DECAY_FLOOR)
        shape = (batch, tokens, self.heads, self.size)
        r, k, v = self.receptance(x_r).view(shape), self.key(x_k).view(shape), self.value(x_v).view(shape)
        y, state = wkv(r, k, v, log_w.view(shape), self.time_faaaa, state)
        y = F.layer_norm(y, (self.size,), eps=self.ln_x.eps).reshape(batch, tokens, width)
        y = y * self.ln_x.weight + self.ln_x.bias
        return self.output(y * F.silu(self.gate(x_g))), x[:, -1], state


class ChannelMix(nn.Module):
    def __init__(self, text, depth):
        super().__init__()
        width, inner = text["hidden_size"], text["intermediate_size"]
        position = torch.arange(width) / width
        for name in "kr":
            setattr(self, f"time_maa_{name}", nn.Parameter((1 - position ** (1 - depth)).view(1, 1, -1)))
        self.key = nn.Linear(width, inner, bias=False)
        self.value = nn.Linear(inner, width, bias=False)
        self.receptance = nn.Linear(width, width, bias=False)

    def forward(self, x, shift):
        delta = shifted(x, shift) - x
        k = torch.relu(self.key(x + delta * self.time_maa_k)) ** 2
        return torch.sigmoid(self.receptance(x + delta * self.time_maa_r)) * self.value(k), x[:, -1]


class Block(nn.Module):
    def __init__(self, text, index):
        super().__init__()
        width, depth = text["hidden_size"], 1 - index / max(1, text["num_hidden_layers"])
        if index == 0:
            self.ln0 = nn.LayerNorm(width)
        self.ln1, self.ln2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.att, self.ffn = TimeMix(text, depth), ChannelMix(text, depth)

    def forward(self, x, mask, att_shift, state, ffn_shift):
        """x [B, T, C]; mask [B, T, 1] is 0 at tokens in front of a sequence's start, which leave a zero state alone."""
        y, att_shift, state = self.att(self.ln1(x).float() * mask, att_shift, state)
        x = x + y
        y, ffn_shift = self.ffn(self.ln2(x).float() * mask, ffn_shift)
        return x + y, att_shift, state, ffn_shift


class Model(nn.Module):
    """Encoder, connector and RNN of a model folder's config."""

    def __init__(self, config):
        super().__init__()
        self.config = config
        text, width = config["text_config"], config["vision_config"]["hidden_size"]
        self.vision_model = Vision(config)
        size = text["hidden_size"]
        assert config["projector_config"] == {"depth": 2, "hidden_act": "gelu"}
        self.connector = nn.Sequential(nn.Linear(width, size), nn.GELU(), nn.Linear(size, size))
        self.emb = nn.Embedding(text["vocab_size"], size)
        self.blocks = nn.ModuleList(Block(text, i) for i in range(text["num_hidden_layers"]))
        self.ln_out = nn.LayerNorm(size)
        self.head = nn.Linear(size, text["vocab_size"], bias=False)
        nn.init.normal_(self.emb.weight, std=0.02)

    def zero_state(self, batch):
        """Of each layer: attention shift [B, C], S [B, H, K, K], channel-mix shift [B, C]."""
        text = self.config["text_config"]
        size, width = text["head_size"], text["hidden_size"]
        zeros = self.emb.weight.new_zeros
        return [
            (zeros(batch, width), zeros(batch, width // size, size, size), zeros(batch, width)) for _ in self.blocks
        ]

    def see(self, frames):
        """frames uint8 [N, S, S, 3] → encoder's tokens [N, M, D], visual tokens [N, M, C], shares [N, M, P]."""
        vision = self.config["vision_config"]
        pixels = frames.permute(0, 3, 1, 2).float() / 255
        mean, std = (torch.tensor(vision[k], device=pixels.device).view(3, 1, 1) for k in ("image_mean", "image_std"))
        tokens, shares = self.vision_model((pixels - mean) / std)
        return tokens, self.connector(tokens).float(), shares

    def read(self, x, states, mask=None, middle=None):
        """Reads rows x [B, T, C] from `states`; returns what comes out of the last block, and the new states.

        To a list `middle` it adds what comes out of block MIDDLE: the last ones can still keep it in their states.
        """
        x = self.blocks[0].ln0(x).float()
        mask = x.new_ones(*x.shape[:2], 1) if mask is None else mask[..., None].to(x.dtype)
        after = []
        for i, (block, state) in enumerate(zip(self.blocks, states, strict=True)):
            x, *state = block(x, mask, *state)
            after.append(tuple(state))
            if middle is not None and i == MIDDLE:
                middle.append(x)
        return x, after

    def logits(self, x):
        return self.head(self.ln_out(x))


def fork(states, index):
    """The states of the sequences `index`, as often as they stand there."""
    return [tuple(part[index] for part in state) for state in states]
