"""Dense auxiliary heads: what each token should know of its place. They are dropped at export.

Read from the encoder's tokens and from the connector's output, since a connector trained on words alone throws position
away.
"""

from dataclasses import dataclass

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
SINCE = (1, 2, 3)  # frames in which the RNN should know what the camera did


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
    """Finds tokens of a frame in an earlier one, and tells from all of them how the camera turned.

    Linear attention over tokens can do the same, if the tokens let it.
    """

    def __init__(self, width):
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.query, self.key = nn.Linear(width, MATCHED), nn.Linear(width, MATCHED)
        # Merged tokens lie far apart: what is beside the found one is told by both tokens' content.
        self.hidden = nn.Sequential(nn.Linear(2 * width, width), nn.GELU())
        self.beside, self.turn = nn.Linear(width, 2), nn.Linear(width, 3)
        nn.init.zeros_(self.beside.weight)

    def forward(self, tokens, centres, before):
        """tokens [B, F, M, width], centres [B, F, M, 2] and `Before` → loss, and by how many patches a token's move is
        told wrongly.
        """
        x = self.norm(tokens)
        logits = (self.query(x[:, 1:]) @ self.key(x[:, :-1]).transpose(2, 3)).float() / MATCHED**0.5
        matches = logits.softmax(-1)
        hidden = self.hidden(torch.cat([x[:, 1:], matches.to(x.dtype) @ x[:, :-1]], -1))
        moved = matches @ centres[:, :-1] - centres[:, 1:] + self.beside(hidden).float() / PATCHES
        turned = mean_distance(PATCHES * before.turned, self.turn(hidden.mean(2)).float(), before.seen)
        named = -(before.matches * logits.log_softmax(-1)).sum() / before.matches.sum().clamp_min(1)
        loss, off = distance(moved, before)
        return loss + turned + named, off


class FlowHead(nn.Module):
    """Reads from the middle of the RNN: at each token how what it shows moved since the frame before, and after each
    frame how the camera turned since the last ones.
    """

    def __init__(self, width):
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.out = nn.Linear(width, 2)
        self.turn = nn.Linear(width, 3 * len(SINCE))

    def forward(self, rows, before, windows):
        """rows [B, F, M, width], `Before` and windows of the same frames → the same as MatchHead."""
        x = self.norm(rows)
        loss, off = distance(self.out(x[:, 1:]).float() / PATCHES, before)
        told = self.turn(x[:, :, -1]).float().split(3, -1)
        for frames, turned in zip(SINCE, told, strict=True):
            true, seen = camera_turns(windows, frames)
            loss = loss + mean_distance(turned[:, frames:], PATCHES * true, seen)
        return loss, off


def mean_distance(found, true, known):
    """The mean loss of vectors [..., n] where they are known."""
    loss = F.smooth_l1_loss(found, true, reduction="none").sum(-1)
    return (loss * known).sum() / known.sum().clamp_min(1)


def distance(moved, before):
    """The loss of moves [B, F − 1, M, 2], and the mean distance in patches."""
    off = PATCHES * (moved - before.moved).norm(dim=-1)
    loss = mean_distance(PATCHES * moved, PATCHES * before.moved, before.known)
    return loss, ((off * before.known).sum() / before.known.sum().clamp_min(1)).detach()


@dataclass
class Before:
    """Where what is in the tokens of frames 1 … F − 1 was one frame earlier, in heights of the picture.

    The share of a token in each of the tokens before [B, F − 1, M, M]; what its content moved by since, counted backwards
    [B, F − 1, M, 2], and where that is known [B, F − 1, M]; and the camera's own move [B, F − 1, 3] (across, down, and the
    logarithm of what it shows), and where it is seen [B, F − 1].
    """

    matches: torch.Tensor
    moved: torch.Tensor
    known: torch.Tensor
    turned: torch.Tensor
    seen: torch.Tensor


def find_before(shares, owners, windows):
    """`Before` of shares [B, F, M, P], owners [B, F, P] and windows [B, F, THINGS + 1, 4] of `data.windows`."""
    nothing = windows.shape[2] - 1
    grid = patch_centres(shares)
    index = torch.where(owners < 0, nothing, owners.long())[:, 1:, :, None].expand(-1, -1, -1, 4)
    before, now = windows[:, :-1].gather(2, index), windows[:, 1:].gather(2, index)
    was = (now[..., 1:3] + grid * now[..., 3:] - before[..., 1:3]) / before[..., 3:]
    same = (now[..., 0] == before[..., 0]) & (now[..., 0] >= 0) & (owners[:, 1:] >= -1)
    there = shares[:, 1:] * (same & ((was > 0) & (was < 1)).all(-1))[:, :, None]
    place = (was * PATCHES - 0.5).clamp(0, PATCHES - 1)
    near = (1 - (place[..., None] - torch.arange(PATCHES, device=place.device)).abs()).clamp_min(0)
    onto = (near[..., 1, :, None] * near[..., 0, None, :]).flatten(-2)
    onto = onto * (owners[:, 1:, :, None] == owners[:, :-1, None])
    mass = there.sum(-1)
    moved = there @ (was - grid).nan_to_num() / mass[..., None].clamp_min(1e-6)
    matches = there @ onto @ (shares[:, :-1] > 0).float().transpose(2, 3)
    return Before(matches, moved, mass > 0.6, *camera_turns(windows, 1))


def camera_turns(windows, frames):
    """What the camera did in so many frames until each of the later ones [B, F − frames, 3], and where that is seen."""
    now, before = windows[:, frames:, -1], windows[:, :-frames, -1]
    middle = (now[..., 1:3] + 0.5 * now[..., 3:] - before[..., 1:3]) / before[..., 3:] - 0.5
    seen = (now[..., 0] == before[..., 0]) & (now[..., 0] >= 0)
    return torch.cat([middle, (now[..., 3:] / before[..., 3:]).log()], -1).nan_to_num(), seen


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


def patch_centres(like):
    """Centres (x, y) of a frame's patches, [P, 2]."""
    axis = (torch.arange(PATCHES, device=like.device) + 0.5) / PATCHES
    return torch.stack([axis.repeat(PATCHES), axis.repeat_interleave(PATCHES)], 1)


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
    side = PATCHES
    pixels = frames.permute(0, 3, 1, 2).float() / 255
    patches = F.avg_pool2d(pixels, pixels.shape[2] // side).flatten(2).transpose(1, 2)
    grid = patch_centres(shares).expand(len(shares), -1, -1)
    centre = shares @ grid
    spread = (shares @ grid.square() - centre.square()).clamp_min(0).sqrt()
    return torch.cat([shares @ patches, centre, spread], -1)
