"""One layer of RWKV-7 "Goose" (Peng et al. 2025, arXiv 2503.14456), one token at a time.

C width · H heads · K head size. `w` holds the weights by BlinkDL's names.
"""

import torch
import torch.nn.functional as F

HEAD_NORM_EPS = 64e-5
DECAY = -0.606531  # -exp(-1/2), rounded as in BlinkDL's release


def time_mix(w, name, x, state, v_first):
    """x [C], already normalised, → the same, and v of the first layer (`v_first`, None there); advances `state`."""

    def p(suffix):
        return w[f"{name}.{suffix}"].flatten()

    def low_rank(value, part, activation=lambda y: y):
        return activation(value @ w[f"{name}.{part}1"]) @ w[f"{name}.{part}2"]

    def head_rows(y):
        return y.view(state.wkv.shape[0], -1)

    delta = state.att_shift - x
    state.att_shift = x
    x_r, x_w, x_k, x_v, x_a, x_g = (x + delta * p(f"x_{part}") for part in "rwkvag")

    decay = torch.exp(DECAY * torch.sigmoid(p("w0") + low_rank(x_w, "w", torch.tanh)))
    rate = torch.sigmoid(p("a0") + low_rank(x_a, "a"))
    gate = low_rank(x_g, "g", torch.sigmoid)
    r, k, v = (
        F.linear(value, w[f"{name}.{part}.weight"])
        for part, value in (("receptance", x_r), ("key", x_k), ("value", x_v))
    )
    if v_first is None:
        v_first = v
    else:
        v = v + (v_first - v) * torch.sigmoid(p("v0") + low_rank(x_v, "v"))
    kappa = F.normalize(head_rows(k * p("k_k")), dim=-1, eps=1e-12)
    k = k * (1 + (rate - 1) * p("k_a"))

    r, k, v, decay, rate = map(head_rows, (r, k, v, decay, rate))
    y = torch.empty_like(r)
    wkv = torch.empty_like(state.wkv)
    for h, old in enumerate(state.wkv):
        removed = torch.outer(kappa[h] * rate[h], kappa[h] @ old)
        wkv[h] = decay[h][:, None] * old - removed + torch.outer(k[h], v[h])
        y[h] = r[h] @ wkv[h]
    state.wkv = wkv

    heads = state.wkv.shape[0]
    y = F.group_norm(y.flatten()[None], heads, w[f"{name}.ln_x.weight"], w[f"{name}.ln_x.bias"], HEAD_NORM_EPS)[0]
    bonus = (r * k * head_rows(p("r_k"))).sum(-1, keepdim=True) * v
    return F.linear((y + bonus.flatten()) * gate, w[f"{name}.output.weight"]), v_first


def channel_mix(w, name, x, state):
    """x [C], already normalised, → the same; advances `state`."""
    x_k = x + (state.ffn_shift - x) * w[f"{name}.x_k"].flatten()
    state.ffn_shift = x
    return F.linear(torch.relu(F.linear(x_k, w[f"{name}.key.weight"])) ** 2, w[f"{name}.value.weight"])
