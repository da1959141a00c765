// Second pass of Pillow's resize: every column from H to S pixels, 22-bit weights, rounded to 8 bits; then normalised.
override SIZE: u32; // S

const FRACTION = 22u;

struct Params {
  slot: u32, // which picture of the batch is written
  taps: u32, // K, most weights of one output pixel
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> rows: array<u32>;          // [H, S] packed R G B 0
@group(0) @binding(2) var<storage, read> weights: array<i32>;       // [S, 2 + K]: first row, count, weights
@group(0) @binding(3) var<storage, read> normalized: array<f32>;    // [3, 256]: (value / 255 − mean) / std
@group(0) @binding(4) var<storage, read_write> pixels: array<f32>;  // [F, 3, S, S]

@compute @workgroup_size(16, 4)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if id.x >= SIZE || id.y >= SIZE { return; }
  let tap = id.y * (params.taps + 2u);
  let start = u32(weights[tap]) * SIZE + id.x;
  let count = u32(weights[tap + 1u]);
  var sum = vec3i(1 << (FRACTION - 1u));
  for (var k = 0u; k < count; k++) {
    let pixel = vec3u(rows[start + k * SIZE]) >> vec3u(0u, 8u, 16u);
    sum += vec3i(pixel & vec3u(0xffu)) * weights[tap + 2u + k];
  }
  let rgb = vec3u(clamp(sum >> vec3u(FRACTION), vec3i(0), vec3i(255)));
  for (var channel = 0u; channel < 3u; channel++) {
    let out = ((params.slot * 3u + channel) * SIZE + id.y) * SIZE + id.x;
    pixels[out] = normalized[channel * 256u + rgb[channel]];
  }
}
