// RWKV-6's data-dependent token shift, for the five inputs i = w, k, v, r, g:
// out[i, t] = x̂[t] + (x̂[t − 1] − x̂[t]) ⊙ (mix[i] + m[t, i] · up[i]).
override STRIDE: u32;           // C rounded up to 4
override RANK: u32;             // D of the low-rank product
override RANK_STRIDE: u32;      // 5 · D rounded up to 4
override BATCH: u32;            // rows that each input has room for in out

const INPUTS = 5u;

@group(0) @binding(0) var<storage, read> x: array<vec4f>;          // [T, C]
@group(0) @binding(1) var<storage, read> shift: array<vec4f>;      // [C]
@group(0) @binding(2) var<storage, read> mix: array<vec4f>;        // [5, C]
@group(0) @binding(3) var<storage, read> m: array<f32>;            // [T, 5 · D]
@group(0) @binding(4) var<storage, read> up: array<vec4f>;         // [5, D, C]
@group(0) @binding(5) var<storage, read_write> out: array<vec4f>;  // [5, BATCH, C]

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let quads = STRIDE / 4u;
  let c = id.x;
  let t = id.y;
  let i = id.z;
  if (c >= quads || i >= INPUTS) { return; }
  let now = x[t * quads + c];
  var before = shift[c];
  if (t > 0u) { before = x[(t - 1u) * quads + c]; }
  var weight = mix[i * quads + c];
  for (var d = 0u; d < RANK; d++) {
    weight += m[t * RANK_STRIDE + i * RANK + d] * up[(i * RANK + d) * quads + c];
  }
  out[(i * BATCH + t) * quads + c] = now + (before - now) * weight;
}
