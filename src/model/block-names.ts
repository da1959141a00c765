/** Names of the layers of a transformer block below `prefix` in a model folder, without `.weight` and `.bias`: those of Hugging Face's SigLIP and CLIP, whose towers have the same (`modeling_siglip.py`). */
export function blockNames(prefix: string) {
  return {
    attentionNorm: `${prefix}.layer_norm1`,
    query: `${prefix}.self_attn.q_proj`,
    key: `${prefix}.self_attn.k_proj`,
    value: `${prefix}.self_attn.v_proj`,
    attentionOut: `${prefix}.self_attn.out_proj`,
    mlpNorm: `${prefix}.layer_norm2`,
    mlpIn: `${prefix}.mlp.fc1`,
    mlpOut: `${prefix}.mlp.fc2`,
  } as const;
}
