// RWKV's token shift: out[i, t] = x̂[t] + (x̂[t − 1] − x̂[t]) ⊙ mix[i], where x̂[−1] is the state's shift row.
override STRIDE: u32;           // C rounded up to 4
override MIXES: u32;            // how many
override BATCH: u32;            // rows that each mix has room for in out

@group(0) @binding(0) var<storage, read> x: array<vec4f>;          // [T, C]
@group(0) @binding(1) var<storage, read> shift: array<vec4f>;      // [C]
@group(0) @binding(2) var<storage, read> mix: array<vec4f>;        // [MIXES, C]
@group(0) @binding(3) var<storage, read_write> out: array<vec4f>;  // [MIXES, BATCH, C]

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let quads = STRIDE / 4u;
  let c = id.x;
  let t = id.y;
  if (c >= quads) { return; }
  let now = x[t * quads + c];
  var before = shift[c];
  if (t > 0u) { before = x[(t - 1u) * quads + c]; }
  for (var i = 0u; i < MIXES; i++) {
    out[(i * BATCH + t) * quads + c] = now + (before - now) * mix[i * quads + c];
  }
}
