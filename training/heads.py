"""Dense auxiliary heads: what each token should know of its place. They are dropped at export.

Read from the encoder's tokens and from the connector's output, since a connector trained on words alone throws position
away.
"""

import torch
import torch.nn.functional as F
from torch import nn

from training.data import ACTS, COURSES, IGNORED, POSITIONS, SIZES
from training.world.vocabulary import COLOURS, LABELS

CLASSES = (len(LABELS) + 1, len(COLOURS) + 1, POSITIONS, POSITIONS, SIZES)
NAMES = ("label", "colour", "x", "y", "size")
MEASURES = 7  # mean red, green and blue of the token's patches, their centre and their spread


class DenseHead(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.out = nn.Linear(width, sum(CLASSES) + MEASURES)

    def forward(self, tokens, targets, measures):
        """tokens [N, M, width], targets [N, M, 5], measures [N, M, 7] → loss, and how many things are named right."""
        out = self.out(self.norm(tokens)).float().flatten(0, 1)
        *guesses, measured = out.split([*CLASSES, MEASURES], -1)
        targets, measures = targets.flatten(0, 1), measures.flatten(0, 1)
        loss = 2 * F.mse_loss(measured, measures)
        for i, guess in enumerate(guesses):
            loss = loss + F.cross_entropy(guess, targets[:, i], ignore_index=IGNORED)
        things = (targets[:, 0] >= 0) & (targets[:, 0] < len(LABELS))  # not what is IGNORED, and not "nothing"
        right = (guesses[0].argmax(-1) == targets[:, 0])[things].float().mean()
        return loss, right.detach()


class CourseHead(nn.Module):
    """Reads what could be told so far from the RNN's output after each frame."""

    def __init__(self, width):
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.out = nn.Linear(width, sum(COURSES.values()))

    def forward(self, rows, targets):
        """rows [B, F, C], targets [B, F, len(COURSES)] → loss."""
        guesses = self.out(self.norm(rows)).float().flatten(0, 1).split(list(COURSES.values()), -1)
        loss = 0.0
        for guess, target in zip(guesses, targets.flatten(0, 1).unbind(-1), strict=True):
            # The mean over what is asked for, which may be nothing: a batch may hold no footage.
            part = F.cross_entropy(guess, target, ignore_index=IGNORED, reduction="sum")
            loss = loss + part / (target != IGNORED).sum().clamp_min(1)
        return loss


class ActHead(nn.Module):
    """Reads from the RNN's output at each token what the thing in it does, or the camera: motion, told densely."""

    def __init__(self, width):
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.out = nn.Linear(width, len(ACTS))

    def forward(self, rows, targets):
        """rows [N, M, C], targets [N, M, 1] → loss, and the share of right ones."""
        guess, targets = self.out(self.norm(rows)).float().flatten(0, 1), targets.flatten()
        asked = targets != IGNORED
        count = asked.sum().clamp_min(1)  # a batch may have nothing to ask
        loss = F.cross_entropy(guess, targets, ignore_index=IGNORED, reduction="sum") / count
        return loss, ((guess.argmax(-1) == targets) & asked).sum() / count


def token_things(shares, owners, nothing):
    """What each token stands for: the thing with most of its patches, if there are not many more of `nothing`.

    shares [N, M, P] of the patches in a token, owners [N, P] (−1: nothing) → [N, M], `nothing` for no thing.
    """
    owners = torch.where(owners < 0, nothing, owners.long())
    votes = shares @ F.one_hot(owners, nothing + 1).to(shares.dtype)
    votes[..., nothing] *= 0.6
    return votes.argmax(-1)


def of_things(table, things):
    """Rows of a table [N, THINGS + 1, n] for the thing of each token [N, M] → [N, M, n]."""
    return table.gather(1, things[..., None].expand(-1, -1, table.shape[2]))


def token_measures(shares, frames):
    """Mean colour, centre and spread of each token: shares [N, M, P], frames uint8 [N, S, S, 3] → [N, M, 7]."""
    side = int(shares.shape[2] ** 0.5)
    pixels = frames.permute(0, 3, 1, 2).float() / 255
    patches = F.avg_pool2d(pixels, pixels.shape[2] // side).flatten(2).transpose(1, 2)
    axis = (torch.arange(side, device=shares.device) + 0.5) / side
    grid = torch.stack([axis.repeat(side), axis.repeat_interleave(side)], 1).expand(len(shares), -1, -1)
    centre = shares @ grid
    spread = (shares @ grid.square() - centre.square()).clamp_min(0).sqrt()
    return torch.cat([shares @ patches, centre, spread], -1)
