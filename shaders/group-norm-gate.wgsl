// y ← GroupNorm(y) ⊙ silu(g), a group a head; a workgroup a head and row.
override HEAD: u32;             // N, head size
override STRIDE: u32;           // C rounded up to 4
override GATE_OFFSET: u32;      // where g starts
override EPS: f32;

@group(0) @binding(0) var<storage, read> gate: array<f32>;         // [.., T, C]
@group(0) @binding(1) var<storage, read> weight: array<f32>;       // [C]
@group(0) @binding(2) var<storage, read> bias: array<f32>;         // [C]
@group(0) @binding(3) var<storage, read_write> y: array<f32>;      // [T, C]

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let channel = group.x * HEAD;
  let start = group.y * STRIDE + channel;
  var sum = 0.0;
  for (var i = lane; i < HEAD; i += LANES) { sum += y[start + i]; }
  let mean = lane_sum(vec2f(sum), lane).x / f32(HEAD);
  var squares = 0.0;
  for (var i = lane; i < HEAD; i += LANES) {
    let d = y[start + i] - mean;
    squares += d * d;
  }
  let scale = inverseSqrt(lane_sum(vec2f(squares), lane).x / f32(HEAD) + EPS);
  for (var i = lane; i < HEAD; i += LANES) {
    let g = gate[GATE_OFFSET + start + i];
    let normal = (y[start + i] - mean) * scale * weight[channel + i] + bias[channel + i];
    y[start + i] = normal * g / (1.0 + exp(-g));
  }
}
