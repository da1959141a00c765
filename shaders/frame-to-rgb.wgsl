// An 8-bit RGB picture out of a frame's raw samples: crop, rotate, pad, convert; chroma is replicated, not interpolated.
// SDR is integer arithmetic with 20 fractional bits, rounded half up: the same bits on every adapter.
// PQ and HLG are tone-mapped in f32: ITU-R BT.2100 to display light at 1000 nits, then BT.2390's curve, then sRGB.
const FRACTION = 20u;
const HALF = 1i << (FRACTION - 1u);

override TRANSFER: u32; // not a uniform: adapters that mask instead of branching would tone-map SDR as well
const SDR = 0u;
const PQ = 1u;
const HLG = 2u;
const SOURCE_PEAK = 1000.0;  // nits; frames do not say what they were mastered for
const WHITE = 203.0;         // nits of SDR white among HDR, BT.2408

struct Params {
  origin: vec2i,       // source pixel of output pixel (0, 0); outside the source is padding
  step_x: vec2i,       // source pixels from one output column to the next: the rotation
  step_y: vec2i,       // and from one output row to the next
  source: vec2i,       // width, height of the source
  size: vec2u,         // W, H of the output
  chroma_shift: vec2u, // log2 of the subsampling of components 1 and 2
  offset: vec3u,       // first byte of each component (Y U V, or R G B)
  mask: u32,           // 0xff or 0xffff: bits of a sample, little-endian
  stride: vec3u,       // bytes from row to row
  gap: u32,
  step: vec3u,         // bytes from sample to sample
  pad: u32,            // packed colour of the padding
  red: vec4i,          // coefficients of the three samples, then the constant with the rounding in it
  green: vec4i,
  blue: vec4i,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> planes: array<u32>;         // bytes
@group(0) @binding(2) var<storage, read_write> picture: array<u32>;  // [H, W] packed R G B 0

fn sample(byte: u32) -> i32 {
  return i32((planes[byte >> 2u] >> ((byte & 3u) * 8u)) & params.mask);
}

// Dot product in 2⁻²⁰ of an 8-bit step; wraps nowhere: results stay within ±2¹⁰ steps.
fn combine(row: vec4i, samples: vec3i) -> i32 {
  let products = row.xyz * samples;
  return products.x + products.y + products.z + row.w;
}

fn pq_to_nits(signal: f32) -> f32 {
  let e = pow(signal, 1.0 / 78.84375);
  return 10000.0 * pow(max(e - 0.8359375, 0.0) / (18.8515625 - 18.6875 * e), 1.0 / 0.1593017578125);
}

fn nits_to_pq(nits: f32) -> f32 {
  let y = pow(nits / 10000.0, 0.1593017578125);
  return pow((0.8359375 + 18.8515625 * y) / (1.0 + 18.6875 * y), 78.84375);
}

fn hlg_to_scene(signal: f32) -> f32 {
  let high = (exp((signal - 0.55991073) / 0.17883277) + 0.28466892) / 12.0;
  return select(high, signal * signal / 3.0, signal <= 0.5);
}

fn to_nits(signal: vec3f) -> vec3f {
  if TRANSFER == PQ { return vec3f(pq_to_nits(signal.r), pq_to_nits(signal.g), pq_to_nits(signal.b)); }
  let scene = vec3f(hlg_to_scene(signal.r), hlg_to_scene(signal.g), hlg_to_scene(signal.b));
  let luminance = dot(scene, vec3f(0.2627, 0.678, 0.0593));
  return SOURCE_PEAK * pow(max(luminance, 1e-6), 0.2) * scene; // system gamma 1.2
}

// BT.2390's EETF without black lift: identity up to a knee, then a Hermite spline that ends at SDR white.
fn compress(nits: f32) -> f32 {
  let peak = nits_to_pq(SOURCE_PEAK);
  let most = nits_to_pq(WHITE) / peak;
  let knee = 1.5 * most - 0.5;
  let e = nits_to_pq(min(nits, SOURCE_PEAK)) / peak;
  if e <= knee { return nits; }
  let t = (e - knee) / (1.0 - knee);
  let t2 = t * t;
  let t3 = t2 * t;
  let bent = (2.0 * t3 - 3.0 * t2 + 1.0) * knee + (t3 - 2.0 * t2 + t) * (1.0 - knee) + (3.0 * t2 - 2.0 * t3) * most;
  return pq_to_nits(bent * peak);
}

// The largest of R, G, B is compressed and the others follow in proportion, so hues stay.
fn tone_map(signal: vec3f) -> vec3u {
  let nits = to_nits(clamp(signal, vec3f(0.0), vec3f(1.0)));
  let largest = max(max(nits.r, nits.g), max(nits.b, 1e-6));
  let wide = nits * (compress(largest) / largest / WHITE);
  let linear = clamp(vec3f( // BT.2020 → BT.709 primaries, BT.2087
    dot(wide, vec3f(1.660491, -0.587641, -0.072850)),
    dot(wide, vec3f(-0.124550, 1.132900, -0.008349)),
    dot(wide, vec3f(-0.018151, -0.100579, 1.118730)),
  ), vec3f(0.0), vec3f(1.0));
  let encoded = select(1.055 * pow(linear, vec3f(1.0 / 2.4)) - 0.055, 12.92 * linear, linear <= vec3f(0.0031308));
  return vec3u(encoded * 255.0 + 0.5);
}

// Outside the source the samples are those of anywhere in the buffer, and not used: no branch is cheaper on the CPU.
fn convert(at: vec2i) -> u32 {
  let luma_at = vec2u(at);
  let chroma_at = luma_at >> params.chroma_shift;
  let bytes = params.offset + vec3u(luma_at.y, chroma_at.yy) * params.stride + vec3u(luma_at.x, chroma_at.xx) * params.step;
  let samples = vec3i(sample(bytes.x), sample(bytes.y), sample(bytes.z));
  let fixed = vec3i(combine(params.red, samples), combine(params.green, samples), combine(params.blue, samples));
  var rgb: vec3u;
  if TRANSFER == SDR {
    rgb = vec3u(clamp(fixed >> vec3u(FRACTION), vec3i(0), vec3i(255)));
  } else {
    rgb = tone_map(vec3f(fixed - HALF) / f32(255u << FRACTION));
  }
  let inside = all(vec2u(at) < vec2u(params.source));
  return select(params.pad, rgb.r | (rgb.g << 8u) | (rgb.b << 16u), inside);
}

@compute @workgroup_size(16, 4)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if any(id.xy >= params.size) { return; }
  let at = params.origin + params.step_x * i32(id.x) + params.step_y * i32(id.y);
  picture[id.y * params.size.x + id.x] = convert(at);
}
