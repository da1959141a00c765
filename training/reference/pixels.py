"""A picture as the encoder sees it: fitted to a square, resized by Pillow, normalised."""

import numpy as np
import torch
from PIL import Image

RESAMPLE = {
    "bicubic": Image.Resampling.BICUBIC,
    "bilinear": Image.Resampling.BILINEAR,
    "lanczos": Image.Resampling.LANCZOS,
}


def resize_then_crop(image, edge, side, resample):
    """CLIP's processor: the shorter side becomes `edge`, and the central `side` × `side` pixels are kept."""
    width, height = image.size
    short, long = min(width, height), max(width, height)
    target = (edge, int(edge * long / short)) if width <= height else (int(edge * long / short), edge)
    image = image.resize(target, resample)
    left, top = (image.width - side) // 2, (image.height - side) // 2
    return image.crop((left, top, left + side, top + side))


def fit_square(image, fit, mean):
    """`crop`: centre square; `letterbox`: padded to a square with the mean colour; `stretch`: unchanged."""
    width, height = image.size
    if fit == "stretch" or width == height:
        return image
    if fit == "crop":
        side = min(width, height)
        left, top = (width - side) // 2, (height - side) // 2
        return image.crop((left, top, left + side, top + side))
    assert fit == "letterbox", fit
    side = max(width, height)
    square = Image.new("RGB", (side, side), tuple(int(m * 255) for m in mean))
    square.paste(image, ((side - width) // 2, (side - height) // 2))
    return square


def pixels(path, vision):
    """Reads a picture → float32 [3, S, S]. Very tall ones need the Pillow that `columns_first` speaks of."""
    image = Image.open(path).convert("RGB")
    side, resample = vision["image_size"], RESAMPLE[vision["resample"]]
    if vision["fit"] == "crop" and vision.get("resize_edge"):
        image = resize_then_crop(image, vision["resize_edge"], side, resample)
    else:
        image = fit_square(image, vision["fit"], vision["image_mean"]).resize((side, side), resample)
    values = torch.from_numpy(np.array(image)).permute(2, 0, 1).float()
    factor = vision.get("rescale_factor")
    values = values / 255 if factor is None else values * factor
    mean = torch.tensor(vision["image_mean"]).view(3, 1, 1)
    std = torch.tensor(vision["image_std"]).view(3, 1, 1)
    return (values - mean) / std
