// RWKV-6's data-dependent token shift, for the five inputs i = w, k, v, r, g:
// out[i, t] = x̂[t] + (x̂[t − 1] − x̂[t]) ⊙ (mix[i] + m[t, i] · up[i]). A thread makes four rows of one channel.
override WIDTH: u32;            // C
override STRIDE: u32;           // C rounded up to 4
override RANK: u32;             // D of the low-rank product
override RANK_STRIDE: u32;      // 5 · D rounded up to 4
override BATCH: u32;            // rows that each input has room for in out

const ROWS = 4u;

@group(0) @binding(0) var<storage, read> x: array<f32>;            // [T, C]
@group(0) @binding(1) var<storage, read> shift: array<f32>;        // [C]
@group(0) @binding(2) var<storage, read> mix: array<f32>;          // [5, C]
@group(0) @binding(3) var<storage, read> m: array<f32>;            // [T, 5 · D]
@group(0) @binding(4) var<storage, read> up: array<f32>;           // [5, D, C]
@group(0) @binding(5) var<storage, read_write> out: array<f32>;    // [5, BATCH, C]
@group(0) @binding(6) var<uniform> rows: vec4u;                    // T in .x

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let c = id.x;
  let i = id.z;
  if (c >= WIDTH) { return; }
  let first = id.y * ROWS;
  let t = min(first + vec4u(0u, 1u, 2u, 3u), vec4u(rows.x - 1u)); // rows past the end repeat the last one

  var weights = vec4f(mix[i * STRIDE + c]);
  let at = t * RANK_STRIDE + i * RANK;
  for (var d = 0u; d < RANK; d++) {
    weights += vec4f(m[at.x + d], m[at.y + d], m[at.z + d], m[at.w + d]) * up[(i * RANK + d) * STRIDE + c];
  }
  var before = shift[c];
  if (first > 0u) { before = x[(first - 1u) * STRIDE + c]; }
  for (var row = 0u; row < min(ROWS, rows.x - first); row++) {
    let now = x[(first + row) * STRIDE + c];
    out[(i * BATCH + first + row) * STRIDE + c] = now + (before - now) * weights[row];
    before = now;
  }
}
