"""Greedy answers through the prompt templates of a model folder."""

import torch

from training.reference import model


def tokenize(tokenizer, text):
    return tokenizer.encode(text, add_special_tokens=False).ids


def prompt_rows(w, tokenizer, template, frames, question):
    """Embeddings [T, C] of before, frame, between_frames, frame, …, after; each text is tokenised on its own."""

    def text(name):
        return model.embed(w, tokenize(tokenizer, template[name].replace("{question}", question)))

    rows = [text("before")]
    for i, frame in enumerate(frames):
        if i > 0:
            rows.append(text("between_frames"))
        rows.append(frame)
    return torch.cat([*rows, text("after")])


def finish(tokenizer, prompt, ids):
    """The answer's text when `ids` end it by a stop string, else None."""
    text = tokenizer.decode(ids)
    ends = [text.find(stop) for stop in prompt["stop_strings"] if stop in text]
    return text[: min(ends)] if ends else None


def answer(w, config, tokenizer, template, visual, question, max_tokens):
    """Generates greedily from a zero state.

    `visual` is a list of [M, C], one a frame, read as float16. Returns the ids, without the stop id but with all tokens
    of a stop string, the text up to the stop string, and the relative margin of the best logit at each step.
    """
    prompt = config["prompt"]
    frames = [frame.to(torch.float16).to(frame.dtype) for frame in visual]
    states = model.zero_state(w, config)
    logits = model.read(w, states, prompt_rows(w, tokenizer, prompt[template], frames, question))
    ids, margins = [], []
    while len(ids) < max_tokens:
        first, second = logits.topk(2).values
        margins.append(((first - second) / logits.abs().max()).item())
        token = int(logits.argmax())
        if token in prompt["stop_ids"]:
            break
        ids.append(token)
        text = finish(tokenizer, prompt, ids)
        if text is not None:
            return ids, text, margins
        logits = model.step(w, states, model.embed(w, [token])[0])
    return ids, tokenizer.decode(ids), margins
