"""Dense auxiliary heads: what each token should know of its place. They are dropped at export.

Read from the encoder's tokens and from the connector's output, since a connector trained on words alone throws position
away.
"""

import torch
import torch.nn.functional as F
from torch import nn

from training.data import ACTS, COURSES, IGNORED, POSITIONS, SIZES
from training.world.render import PATCHES
from training.world.vocabulary import COLOURS, LABELS

CLASSES = (len(LABELS) + 1, len(COLOURS) + 1, POSITIONS, POSITIONS, SIZES)
NAMES = ("label", "colour", "x", "y", "size")
MEASURES = 7  # mean red, green and blue of the token's patches, their centre and their spread
CENTRE = slice(3, 5)  # among the measures
MATCHED = 64  # width in which tokens of two frames are compared


def cross_entropy(guess, targets):
    """The mean over what is asked for, which may be nothing: a batch may hold no footage."""
    loss = F.cross_entropy(guess, targets, ignore_index=IGNORED, reduction="sum")
    return loss / (targets != IGNORED).sum().clamp_min(1)


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
            loss = loss + cross_entropy(guess, targets[:, i])
        things = (targets[:, 0] >= 0) & (targets[:, 0] < len(LABELS))  # not what is IGNORED, and not "nothing"
        right = (guesses[0].argmax(-1) == targets[:, 0])[things].float().mean()
        return loss, right.detach()


class MatchHead(nn.Module):
    """Finds tokens of a frame in the one before, so that what a camera does can be told from where they were.

    Linear attention over tokens can do the same, if the tokens let it.
    """

    def __init__(self, width):
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.query, self.key = nn.Linear(width, MATCHED), nn.Linear(width, MATCHED)
        # Merged tokens lie far apart: what is beside the found one is told by both tokens' content.
        self.beside = nn.Sequential(nn.Linear(2 * width, width), nn.GELU(), nn.Linear(width, 2))
        nn.init.zeros_(self.beside[-1].weight)

    def forward(self, tokens, centres, was, known):
        """tokens [B, F, M, width], centres [B, F, M, 2], and of `places_before` → loss, and by how many patches a token
        is found beside where it was.
        """
        x = self.norm(tokens)
        logits = self.query(x[:, 1:]) @ self.key(x[:, :-1]).transpose(2, 3)
        matches = (logits.float() / MATCHED**0.5).softmax(-1)
        both = torch.cat([x[:, 1:], matches.to(x.dtype) @ x[:, :-1]], -1)
        found = matches @ centres[:, :-1] + self.beside(both).float() / PATCHES
        return distance(found, was, known)


class FlowHead(nn.Module):
    """Reads from the middle of the RNN at each token where what it shows was in the frame before."""

    def __init__(self, width):
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.out = nn.Linear(width, 2)

    def forward(self, rows, centres, was, known):
        """rows [B, F, M, width], the rest as for MatchHead; returns the same."""
        moved = self.out(self.norm(rows[:, 1:])).float() / PATCHES
        return distance(centres[:, 1:] + moved, was, known)


def distance(found, was, known):
    """The loss of places found [B, F − 1, M, 2] where they are known, and the mean distance in patches."""
    off = (found - was) * PATCHES
    count = known.sum().clamp_min(1)
    loss = (F.smooth_l1_loss(off, torch.zeros_like(off), reduction="none").sum(-1) * known).sum() / count
    return loss, ((off.norm(dim=-1) * known).sum() / count).detach()


def places_before(centres, things, windows, share):
    """Where what a token shows was one frame before, [B, F − 1, M, 2], and of which tokens that is known.

    centres [B, F, M, 2], the thing of each token [B, F, M] and its share of the token's patches [B, F, M], windows
    [B, F, THINGS + 1, 4] of `data.windows`.
    """
    index = things[:, 1:, :, None].expand(-1, -1, -1, 4)
    before, now = windows[:, :-1].gather(2, index), windows[:, 1:].gather(2, index)
    was = (now[..., 1:3] + centres[:, 1:] * now[..., 3:] - before[..., 1:3]) / before[..., 3:]
    same = (now[..., 0] == before[..., 0]) & (now[..., 0] >= 0)
    return was, same & ((was > 0.05) & (was < 0.95)).all(-1) & (share[:, 1:] > 0.6)


class CourseHead(nn.Module):
    """Reads what could be told so far from the middle of the RNN after each frame."""

    def __init__(self, width):
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.out = nn.Linear(width, sum(COURSES.values()))

    def forward(self, rows, targets):
        """rows [B, F, C], targets [B, F, len(COURSES)] → loss."""
        guesses = self.out(self.norm(rows)).float().flatten(0, 1).split(list(COURSES.values()), -1)
        loss = 0.0
        for guess, target in zip(guesses, targets.flatten(0, 1).unbind(-1), strict=True):
            loss = loss + cross_entropy(guess, target)
        return loss


class ActHead(nn.Module):
    """Reads from the middle of the RNN at each token what the thing in it does, or the camera: motion, told densely."""

    def __init__(self, width):
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.out = nn.Linear(width, len(ACTS))

    def forward(self, rows, targets):
        """rows [N, M, C], targets [N, M, 1] → loss, and the share of right ones."""
        guess, targets = self.out(self.norm(rows)).float().flatten(0, 1), targets.flatten()
        asked = targets != IGNORED
        right = ((guess.argmax(-1) == targets) & asked).sum() / asked.sum().clamp_min(1)
        return cross_entropy(guess, targets), right


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
