// First pass of Pillow's resize: every line of 8-bit RGB to S pixels, 22-bit weights, rounded back to 8 bits.
// Lines are the picture's rows, or its columns where Pillow begins with those.
override SIZE: u32; // S

const FRACTION = 22u;

struct Params {
  lines: u32,      // L
  line_step: u32,  // distance of two lines in picture
  pixel_step: u32, // distance of two pixels of a line
  taps: u32,       // K, most weights of one output pixel
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> picture: array<u32>;     // packed R G B 0
@group(0) @binding(2) var<storage, read> weights: array<i32>;     // [S, 2 + K]: first pixel, count, weights
@group(0) @binding(3) var<storage, read_write> rows: array<u32>;  // [L, S] packed R G B 0

@compute @workgroup_size(16, 4)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if id.x >= SIZE || id.y >= params.lines { return; }
  let tap = id.x * (params.taps + 2u);
  let start = id.y * params.line_step + u32(weights[tap]) * params.pixel_step;
  let count = u32(weights[tap + 1u]);
  // Negative lobes do not overflow: the positive weights sum to less than 2 · 2²², times 255 is below 2³¹.
  var sum = vec3i(1 << (FRACTION - 1u));
  for (var k = 0u; k < count; k++) {
    let pixel = vec3u(picture[start + k * params.pixel_step]) >> vec3u(0u, 8u, 16u);
    sum += vec3i(pixel & vec3u(0xffu)) * weights[tap + 2u + k];
  }
  let rgb = vec3u(clamp(sum >> vec3u(FRACTION), vec3i(0), vec3i(255)));
  rows[id.y * SIZE + id.x] = rgb.r | (rgb.g << 8u) | (rgb.b << 16u);
}
