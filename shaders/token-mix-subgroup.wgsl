// RWKV-6's data-dependent token shift as in token-mix on adapters that compute on the CPU in subgroups of 4, where a load costs as
// much as many products: a thread loads m of one of the four rows and hands it to its neighbours.
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
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(subgroup_invocation_id) lane: u32) {
  let c = id.x; // past the width a thread only loads for its neighbours
  let i = id.z;
  let first = id.y * ROWS;
  let at = min(first + lane, rows.x - 1u) * RANK_STRIDE + i * RANK; // rows past the end repeat the last one
  let column = min(c, WIDTH - 1u);

  var weights = vec4f(mix[i * STRIDE + column]);
  for (var d = 0u; d < RANK; d++) {
    let mine = m[at + d];
    let all = vec4f(quadBroadcast(mine, 0u), quadBroadcast(mine, 1u), quadBroadcast(mine, 2u), quadBroadcast(mine, 3u));
    weights += all * up[(i * RANK + d) * STRIDE + column];
  }
  if (c >= WIDTH) { return; }
  var before = shift[c];
  if (first > 0u) { before = x[(first - 1u) * STRIDE + c]; }
  for (var row = 0u; row < min(ROWS, rows.x - first); row++) {
    let now = x[(first + row) * STRIDE + c];
    out[(i * BATCH + first + row) * STRIDE + c] = now + (before - now) * weights[row];
    before = now;
  }
}
