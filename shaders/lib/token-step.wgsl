// What one merge of tokens does; the three kernels of a merge share it (src/kernels/token-step.ts).
struct Step {
  tokens: u32,        // T
  removed: u32,       // R, at most T / 2
  order: u32,         // 0 unsorted, 1 smallest first, 2 largest first
  protect_first: u32, // 1: token 0 merges into nothing and stays first
  first: u32,         // 1: no merge before this one, so patch n is token n
  drop: u32,          // 1: the last merge of a model that drops token 0 at the end
}
