"""The recurrence of RWKV-6 as one Triton kernel for GPUs, with its gradient.

y_t = r_t S_{t−1}, S_t = diag(w_t) S_{t−1} + k_tᵀ v_t. Three of the gradients are the same recurrence, forwards or backwards,
read along keys or along values; that of the decay follows from those of r and k, since r_t stands with the product of all
decays before t, and k_t with its inverse up to t.

B sequences · T tokens · H heads · K head size; everything is f32.
"""

import torch
import triton
import triton.language as tl
from torch import Tensor

COLUMNS = 16  # of the state, in one program


@triton.jit
def read_then_add(
    row, column, query, log_decay, begin, result, end, heads,
    TOKENS: tl.constexpr, SIZE: tl.constexpr, BLOCK: tl.constexpr, OVER_KEYS: tl.constexpr, BACKWARDS: tl.constexpr,
):  # fmt: skip
    """result_t = query_t S, then S ← decayed S + row_tᵀ column_t; rows are keys where OVER_KEYS, else values."""
    head = tl.program_id(0).to(tl.int64)  # of all B · H
    rows = tl.arange(0, SIZE)
    columns = tl.program_id(1) * BLOCK + tl.arange(0, BLOCK)
    if OVER_KEYS:
        place = rows[:, None] * SIZE + columns[None, :]
        decayed = rows
    else:
        place = columns[None, :] * SIZE + rows[:, None]
        decayed = columns
    state = tl.load(begin + head * SIZE * SIZE + place)
    step = heads * SIZE
    at = (head // heads) * TOKENS * step + (head % heads) * SIZE
    if BACKWARDS:
        at += (TOKENS - 1) * step
        step = -step
    next_row, next_column = tl.load(row + at + rows), tl.load(column + at + columns)
    next_query, next_decay = tl.load(query + at + rows), tl.load(log_decay + at + decayed)
    for t in range(TOKENS):
        r, c, q, w = next_row, next_column, next_query, tl.exp(next_decay)
        here = at
        at += tl.where(t + 1 < TOKENS, step, 0)
        next_row, next_column = tl.load(row + at + rows), tl.load(column + at + columns)
        next_query, next_decay = tl.load(query + at + rows), tl.load(log_decay + at + decayed)
        tl.store(result + here + columns, tl.sum(state * q[:, None], 0))
        if OVER_KEYS:
            state = state * w[:, None] + r[:, None] * c[None, :]
        else:
            state = state * w[None, :] + r[:, None] * c[None, :]
    tl.store(end + head * SIZE * SIZE + place, state)


def run(key, value, query, log_decay, begin, over_keys=True, backwards=False):
    """key, value, query, log_decay [B, T, H, K], begin [B, H, K (key), K (value)] → what was read [B, T, H, K], the last state."""
    batch, tokens, heads, size = key.shape
    row, column = (key, value) if over_keys else (value, key)
    tensors = [x.contiguous() for x in (row, column, query, log_decay, begin)]
    assert all(x.dtype == torch.float32 for x in tensors)
    result, end = torch.empty_like(tensors[0]), torch.empty_like(tensors[-1])
    block = min(COLUMNS, size)
    read_then_add[batch * heads, size // block](
        *tensors, result, end, heads, tokens, size, block, over_keys, backwards, num_warps=1
    )
    return result, end


@torch.library.custom_op("rwkv6::read", mutates_args=())
def read(r: Tensor, k: Tensor, v: Tensor, log_w: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
    """r, k, v, log_w [B, T, H, K], state [B, H, K, K] → y [B, T, H, K] without the bonus of the token itself, state."""
    return run(k, v, r, log_w, state)


@torch.library.custom_op("rwkv6::gradients", mutates_args=())
def gradients(
    r: Tensor, k: Tensor, v: Tensor, log_w: Tensor, state: Tensor, end: Tensor, d_y: Tensor, d_end: Tensor
) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
    """Of the five inputs of `read`, from those of its two results."""
    d_r, _ = run(k, v, d_y, log_w, state, over_keys=False)
    d_v, d_state = run(r, d_y, k, log_w, d_end, backwards=True)
    d_k, _ = run(r, d_y, v, log_w, d_end, over_keys=False, backwards=True)
    lost = k * d_k
    gained = r * d_r - lost
    whole = gained.sum(1, keepdim=True) + (d_end * end).sum(-1)[:, None]
    return d_r, d_k, d_v, whole - gained.cumsum(1) - lost, d_state


@read.register_fake
def _(r, k, v, log_w, state):
    return r.new_empty(r.shape), state.new_empty(state.shape)


@gradients.register_fake
def _(r, k, v, log_w, state, end, d_y, d_end):
    return tuple(x.new_empty(x.shape) for x in (r, k, v, log_w, state))


def keep(ctx, inputs, output):
    ctx.save_for_backward(*inputs, output[1])


def backward(ctx, d_y, d_end):
    return gradients(*ctx.saved_tensors, d_y, d_end)


read.register_autograd(backward, setup_context=keep)
