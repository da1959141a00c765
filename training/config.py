"""The config.json of the built-in model."""

import copy

SANDWICH = "\n{question}\nAnswer:"

NANO = {
    "model_type": "auroralong",
    "name": "nano-v6",
    "license": "Apache-2.0 (weights); trained on sprites under Apache-2.0, MIT, CC-BY 4.0 and GPL-2: see README.md",
    "vision_config": {
        "model_type": "siglip_vision_model",
        "image_size": 96,
        "patch_size": 12,
        "hidden_size": 128,
        "intermediate_size": 512,
        "num_hidden_layers": 6,
        "num_attention_heads": 4,
        "hidden_act": "gelu_pytorch_tanh",
        "layer_norm_eps": 1e-6,
        "select_layer": -1,
        "post_layernorm": True,
        "image_mean": [0.5, 0.5, 0.5],
        "image_std": [0.5, 0.5, 0.5],
        "resample": "bicubic",
        "fit": "crop",
    },
    "merge_config": {
        "r": [18, 13, 9, 7, 5, 0],
        "protect_first": False,
        "drop_first": False,
        "proportional_attention": True,
        "order": "ascending",
        "sort": "every-layer",
    },
    "projector_config": {"depth": 2, "hidden_act": "gelu"},
    "text_config": {
        "model_type": "rwkv6",
        "hidden_size": 192,
        "num_hidden_layers": 5,
        "head_size": 64,
        "intermediate_size": 672,
    },
    "tokenizer": {"type": "huggingface", "file": "tokenizer.json"},
    "prompt": {
        "sandwich": {"before": "{question}\n", "between_frames": "", "after": SANDWICH},
        "memory": {"before": "", "between_frames": "", "after": SANDWICH},
        "next_turn": SANDWICH,
        "stop_ids": [0],
        "stop_strings": [],
    },
    "sampling": {"fps": 2, "max_batch": 8},
    "probe": "drawn",
}


def nano_config(vocabulary, order, merge=None):
    """The config for a vocabulary size, an order of merged tokens, and how many go in each layer."""
    config = copy.deepcopy(NANO)
    config["text_config"]["vocab_size"] = vocabulary
    config["merge_config"]["order"] = order
    if merge is not None:
        config["merge_config"]["r"] = merge
    return config
