/** The words around an input; `{input}` stands for the pictures and the question. */
export type Template = { readonly instruction: string; readonly stops: readonly string[] };

const plain: readonly (readonly [names: string, instruction: string, ...stops: string[]])[] = [
  ["default", "<|User|>:{input}\n<|Bot|>:"],
  ["zephyr", "<|user|>\n{input}\n<|assistant|>\n"],
  ["vicuna wizardlm", "USER: {input} ASSISTANT:"],
  ["internlm_chat", "<|User|>:{input}<eoh>\n<|Bot|>:", "<eoa>"],
  ["internlm2_chat", "<|im_start|>user\n{input}<|im_end|>\n<|im_start|>assistant\n", "<|im_end|>"],
  ["qwen_chat", "<|im_start|>user\n{input}<|im_end|>\n<|im_start|>assistant\n", "<|im_end|>", "<|endoftext|>"],
  ["moss_sft", "<|Human|>: {input}<eoh>\n", "<eoc>", "<eom>"],
  ["llama2_chat code_llama_chat mistral mixtral deepseek_moe", "[INST] {input} [/INST]"],
  [
    "llama3_chat",
    "<|start_header_id|>user<|end_header_id|>\n\n{input}<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n",
    "<|eot_id|>",
  ],
  // Rounds are counted from 1, and each question is a first one here.
  ["chatglm2", "[Round 1]\n\n问：{input}\n\n答："],
  ["chatglm3", "<|user|>\n{input}<|assistant|>\n"],
  ["baichuan_chat", "<reserved_102>{input}<reserved_103>"],
  ["baichuan2_chat", "<reserved_106>{input}<reserved_107>"],
  ["wizardcoder", "### Instruction:\n{input}\n\n### Response:"],
  ["deepseek_coder deepseekcoder", "### Instruction:\n{input}\n### Response:\n"],
  ["gemma", "<start_of_turn>user\n{input}<end_of_turn>\n<start_of_turn>model\n", "<end_of_turn>"],
  ["phi3_chat", "<|user|>\n{input}<|end|>\n<|assistant|>\n", "<|end|>"],
  [
    "cohere_chat",
    "<|START_OF_TURN_TOKEN|><|USER_TOKEN|>{input}<|END_OF_TURN_TOKEN|><|START_OF_TURN_TOKEN|><|CHATBOT_TOKEN|>",
    "<|END_OF_TURN_TOKEN|>",
  ],
];

/** xtuner's own templates by name (InternLM/xtuner, `xtuner/utils/templates.py`), without their system prompts, which are not used. */
export const xtunerTemplates: ReadonlyMap<string, Template> = new Map(
  plain.flatMap(([names, instruction, ...stops]) =>
    names.split(" ").map((name): [string, Template] => [name, { instruction, stops }]),
  ),
);
