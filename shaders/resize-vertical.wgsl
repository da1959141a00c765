// Second pass of Pillow's resize: across the lines of the first, 22-bit weights, rounded to 8 bits; then normalised.
// Where the lines were columns, the result is written transposed: upright again.
override SIZE: u32; // S

const FRACTION = 22u;

struct Params {
  slot: u32, // which picture of the batch is written
  taps: u32, // K, most weights of one output pixel
  columns: u32, // 1 where the lines are columns
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> rows: array<u32>;          // [L, S] packed R G B 0
@group(0) @binding(2) var<storage, read> weights: array<i32>;       // [S, 2 + K]: first line, count, weights
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
  let place = select(id.y * SIZE + id.x, id.x * SIZE + id.y, params.columns == 1u);
  for (var channel = 0u; channel < 3u; channel++) {
    let out = (params.slot * 3u + channel) * SIZE * SIZE + place;
    pixels[out] = normalized[channel * 256u + rgb[channel]];
  }
}
