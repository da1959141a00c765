"""Muon (Jordan et al., 2024) for the matrices, AdamW for the rest, as one optimizer.

PyTorch's own Muon computes in bfloat16, which most CPUs do not; this one takes all matrices of a shape at once, in f32.
"""

import torch

COEFFICIENTS = (3.4445, -4.7750, 2.0315)
STEPS = 5
MOMENTUM = 0.95
# Root mean square of AdamW's usual update: one learning rate then suits both (Liu et al., 2025).
SCALE = 0.2


def orthogonal(gradients):
    """Nearest half-orthogonal matrices of [n, rows, columns], roughly, by Newton–Schulz."""
    wide = gradients.shape[1] <= gradients.shape[2]
    x = gradients if wide else gradients.transpose(1, 2)
    x = x / (x.norm(dim=(1, 2), keepdim=True) + 1e-7)
    a, b, c = COEFFICIENTS
    for _ in range(STEPS):
        square = x @ x.transpose(1, 2)
        x = a * x + (b * square + c * square @ square) @ x
    return x if wide else x.transpose(1, 2)


class Muon(torch.optim.Optimizer):
    """Matrices [rows, columns] that multiply activations; all of one group, grouped by shape in each step."""

    def __init__(self, parameters, lr=1e-3, weight_decay=0.02):
        super().__init__(parameters, {"lr": lr, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            by_shape = {}
            for p in group["params"]:
                if p.grad is not None:
                    by_shape.setdefault(p.shape, []).append(p)
            for (rows, columns), parameters in by_shape.items():
                moved = orthogonal(torch.stack([self.momentum(p) for p in parameters]))
                step = group["lr"] * SCALE * max(rows, columns) ** 0.5
                for p, change in zip(parameters, moved, strict=True):
                    p.mul_(1 - group["lr"] * group["weight_decay"]).sub_(change, alpha=step)

    def momentum(self, p):
        """Nesterov's: the gradient, pulled towards the mean of those before."""
        state = self.state[p]
        if "mean" not in state:
            state["mean"] = torch.zeros_like(p)
        state["mean"].lerp_(p.grad, 1 - MOMENTUM)
        return p.grad.lerp(state["mean"], MOMENTUM)


MATRICES = ("q_proj", "k_proj", "v_proj", "out_proj", "fc1", "fc2", "receptance", "key", "value", "gate", "output")


def is_hidden_matrix(name, p):
    """Whether a weight of the model maps activations to activations: Muon is for these."""
    parts = name.split(".")
    return p.ndim == 2 and parts[-1] == "weight" and (parts[-2] in MATRICES or "connector" in parts)


class Optimizer:
    """Muon and AdamW behind the few calls that training needs; the encoder may learn at a share of the rate."""

    def __init__(self, named, encoder_rate=1.0):
        kinds = {"matrix": [], "table": [], "vector": []}
        for name, p in named:
            kind = "matrix" if is_hidden_matrix(name, p) else "table" if p.ndim >= 2 and p.shape[0] > 1 else "vector"
            kinds[kind].append((encoder_rate if "vision_model" in name else 1.0, p))
        groups = {
            kind: [
                {"params": chosen, "share": share, "weight_decay": 0.0 if kind == "vector" else 0.02}
                for share in dict.fromkeys((1.0, encoder_rate))
                if (chosen := [p for its_share, p in parameters if its_share == share])
            ]
            for kind, parameters in kinds.items()
        }
        rest = groups["table"] + groups["vector"]
        self.parts = [Muon(groups["matrix"]), torch.optim.AdamW(rest, betas=(0.9, 0.98), fused=True)]
        self.parameters = [p for part in self.parts for group in part.param_groups for p in group["params"]]
        self.rate = 0.0

    def set_rate(self, rate):
        self.rate = rate
        for part in self.parts:
            for group in part.param_groups:
                group["lr"] = rate * group["share"]

    def step(self):
        for part in self.parts:
            part.step()

    def zero_grad(self):
        for p in self.parameters:
            p.grad = None

    def state_dict(self):
        return [part.state_dict() for part in self.parts]

    def load_state_dict(self, states):
        for part, state in zip(self.parts, states, strict=True):
            part.load_state_dict(state)
