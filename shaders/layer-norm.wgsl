// Layer normalisation of each row: y = (x − mean) / √(var + eps) · weight + bias. A workgroup a row.
override WIDTH: u32;           // C
override STRIDE: u32;          // C rounded up to 4: distance of two rows; the gap is zero and stays zero
override EPS: f32;
override LAST_ONLY: bool = false; // only row T − 1, into row 0

@group(0) @binding(0) var<storage, read> x: array<f32>;            // [T, C]
@group(0) @binding(1) var<storage, read> weight: array<f32>;       // [C]
@group(0) @binding(2) var<storage, read> bias: array<f32>;         // [C]
@group(0) @binding(3) var<storage, read_write> y: array<f32>;      // [T, C]
@group(0) @binding(4) var<uniform> rows: vec4u;                    // T in .x

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let start = select(group.x, rows.x - 1u, LAST_ONLY) * STRIDE;
  var sum = 0.0;
  for (var c = lane; c < WIDTH; c += LANES) { sum += x[start + c]; }
  let mean = lane_sum(vec2f(sum), lane).x / f32(WIDTH);
  var squares = 0.0;
  for (var c = lane; c < WIDTH; c += LANES) {
    let d = x[start + c] - mean;
    squares += d * d;
  }
  let scale = inverseSqrt(lane_sum(vec2f(squares), lane).x / f32(WIDTH) + EPS);
  for (var c = lane; c < WIDTH; c += LANES) {
    y[group.x * STRIDE + c] = (x[start + c] - mean) * scale * weight[c] + bias[c];
  }
}
