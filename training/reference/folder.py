"""A model folder: config.json, one or several safetensors files, tokenizer.json."""

import json
from pathlib import Path

import torch
from safetensors.torch import load_file
from tokenizers import Tokenizer


def read_config(folder):
    return json.loads((Path(folder) / "config.json").read_text())


def read_weights(folder, dtype=torch.float32):
    """All tensors by name, converted from the file's type to `dtype`; as they are for None."""
    folder = Path(folder)
    index = folder / "model.safetensors.index.json"
    if index.exists():
        files = sorted(set(json.loads(index.read_text())["weight_map"].values()))
    else:
        files = ["model.safetensors"]
    weights = {}
    for file in files:
        weights |= load_file(folder / file)
    return {name: tensor if dtype is None else tensor.to(dtype) for name, tensor in weights.items()}


def read_tokenizer(folder, config):
    return Tokenizer.from_file(str(Path(folder) / config["tokenizer"]["file"]))
