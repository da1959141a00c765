// y ← (GroupNorm(y) + (Σ_i r_i k_i p_i) v) ⊙ g with one group, and one sum, a head; a workgroup a head and row.
override HEAD: u32;             // N, head size
override STRIDE: u32;           // C rounded up to 4
override BATCH: u32;            // rows that each of the inputs has room for
override EPS: f32;

@group(0) @binding(0) var<storage, read> inputs: array<f32>;       // [6, BATCH, C]: r, k, v first
@group(0) @binding(1) var<storage, read> bonus: array<f32>;        // [C]: p
@group(0) @binding(2) var<storage, read> gate: array<f32>;         // [T, C]: g
@group(0) @binding(3) var<storage, read> weight: array<f32>;       // [C]
@group(0) @binding(4) var<storage, read> bias: array<f32>;         // [C]
@group(0) @binding(5) var<storage, read_write> y: array<f32>;      // [T, C]

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let channel = group.x * HEAD;
  let start = group.y * STRIDE + channel;
  var sums = vec2f();
  for (var i = lane; i < HEAD; i += LANES) {
    sums += vec2f(y[start + i], inputs[start + i] * inputs[BATCH * STRIDE + start + i] * bonus[channel + i]);
  }
  let both = lane_sum(sums, lane);
  let mean = both.x / f32(HEAD);
  var squares = 0.0;
  for (var i = lane; i < HEAD; i += LANES) {
    let d = y[start + i] - mean;
    squares += d * d;
  }
  let scale = inverseSqrt(lane_sum(vec2f(squares), lane).x / f32(HEAD) + EPS);
  for (var i = lane; i < HEAD; i += LANES) {
    let normal = (y[start + i] - mean) * scale * weight[channel + i] + bias[channel + i];
    y[start + i] = (normal + both.y * inputs[2u * BATCH * STRIDE + start + i]) * gate[start + i];
  }
}
