"""A picture as the encoder sees it: fitted to a square, resized by Pillow, normalised."""

import numpy as np
import torch
from PIL import Image

RESAMPLE = {
    "bicubic": Image.Resampling.BICUBIC,
    "bilinear": Image.Resampling.BILINEAR,
    "lanczos": Image.Resampling.LANCZOS,
}


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
    """Reads a picture → float32 [3, S, S]."""
    image = fit_square(Image.open(path).convert("RGB"), vision["fit"], vision["image_mean"])
    side = vision["image_size"]
    image = image.resize((side, side), RESAMPLE[vision["resample"]])
    values = torch.from_numpy(np.array(image)).permute(2, 0, 1).float() / 255
    mean = torch.tensor(vision["image_mean"]).view(3, 1, 1)
    std = torch.tensor(vision["image_std"]).view(3, 1, 1)
    return (values - mean) / std
