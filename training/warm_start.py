"""Begins with the weights of another model folder of the same sizes, whose tokenizer may differ."""

import torch

from training.reference import folder


@torch.no_grad()
def warm_start(model, tokenizer, start):
    """Copies all weights; rows of the vocabulary by their text.

    A token that the old tokenizer splits gets the mean of its parts' embeddings, and a small random row in the head.
    """
    config, weights = folder.read_config(start), folder.read_weights(start)
    old = folder.read_tokenizer(start, config)
    rows = {name: weights.pop(f"{name}.weight") for name in ("emb", "head")}
    left = model.load_state_dict(weights, strict=False)
    assert set(left.missing_keys) == {"emb.weight", "head.weight"} and not left.unexpected_keys, left
    model.head.weight.normal_(std=rows["head"].std().item() * 0.1)
    known = old.get_vocab()
    for text, index in tokenizer.get_vocab().items():
        if text in known:
            model.emb.weight[index] = rows["emb"][known[text]]
            model.head.weight[index] = rows["head"][known[text]]
            continue
        parts = old.encode(tokenizer.decode([index]), add_special_tokens=False).ids
        if parts:
            model.emb.weight[index] = rows["emb"][parts].mean(0)
