// y ← GroupNorm(y) ⊙ silu(g), a group a head; one thread a head and token, since heads are short.
override HEAD: u32;             // N, head size
override HEADS: u32;            // H
override STRIDE: u32;           // C rounded up to 4
override GATE_OFFSET: u32;      // where g starts
override EPS: f32;

@group(0) @binding(0) var<storage, read> gate: array<f32>;         // [.., T, C]
@group(0) @binding(1) var<storage, read> weight: array<f32>;       // [C]
@group(0) @binding(2) var<storage, read> bias: array<f32>;         // [C]
@group(0) @binding(3) var<storage, read_write> y: array<f32>;      // [T, C]
@group(0) @binding(4) var<uniform> rows: vec4u;                    // T in .x

@compute @workgroup_size(32)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let t = id.x / HEADS;
  let first = (id.x % HEADS) * HEAD;
  if (t >= rows.x) { return; }
  let start = t * STRIDE + first;
  var mean = 0.0;
  for (var i = 0u; i < HEAD; i++) { mean += y[start + i]; }
  mean /= f32(HEAD);
  var variance = 0.0;
  for (var i = 0u; i < HEAD; i++) {
    let d = y[start + i] - mean;
    variance += d * d;
  }
  let scale = inverseSqrt(variance / f32(HEAD) + EPS);
  for (var i = 0u; i < HEAD; i++) {
    let g = gate[GATE_OFFSET + start + i];
    let normal = (y[start + i] - mean) * scale * weight[first + i] + bias[first + i];
    y[start + i] = normal * g / (1.0 + exp(-g));
  }
}
