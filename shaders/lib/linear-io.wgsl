// What the matrix products share: how weights are read, and what happens to a sum before it is stored. Sizes are uniforms,
// not overrides: one pipeline then serves all layers, and compiling one costs more than reading a few words.
struct Linear {
  quads: u32,       // K / 4, rounded up
  rows: u32,        // rows of w in this piece
  first: u32,       // output column of the piece's first row
  stride: u32,      // distance of two rows of y
  batch_x: u32,     // quads between two batches of x
  batch_y: u32,     // f32 between two batches of y
  activation: u32,  // 0 none · 1 tanh · 2 relu² · 3 sigmoid · 4 decay exp(−exp(s))
  combine: u32,     // 0 store · 1 add to y · 2 add extra ⊙ s to y
  bias: u32,        // 1: add extra[column] first
}

const F32 = 0u;
const F16 = 1u;
const INT8 = 2u;                   // whole numbers of 8 or 4 bits, of which each 32 along K share a scale
const INT4 = 3u;                   // stored as q + 8, the first in the lowest bits
override FORMAT: u32 = F16;        // of w

@group(0) @binding(0) var<storage, read> x: array<vec4f>;           // [B, T, K / 4]
@group(0) @binding(1) var<storage, read> w: array<vec2u>;           // [B, N, K] in FORMAT
@group(0) @binding(2) var<storage, read> extra: array<f32>;         // bias [N], or gate [T, N]
@group(0) @binding(3) var<storage, read_write> y: array<f32>;       // [B, T, N]
@group(0) @binding(4) var<uniform> linear: Linear;
@group(0) @binding(5) var<storage, read> scales: array<u32>;        // [B, N, K / 64] pairs of f16; int8 and int4 only
@group(0) @binding(6) var<uniform> rows: vec4u;                     // T in .x; prefill only

// The four weights of a row from 4k on.
fn weight4(row: u32, k: u32) -> vec4f {
  let index = row * linear.quads + k;
  if (FORMAT == F16) {
    let packed = w[index];
    return vec4f(unpack2x16float(packed.x), unpack2x16float(packed.y));
  }
  if (FORMAT == INT8) { return scale(row, k / 8u) * signed_bytes(w[index / 2u][index % 2u]); }
  if (FORMAT == INT4) {
    return scale(row, k / 8u) * (nibbles(w[index / 4u][index / 2u % 2u] >> (16u * (index % 2u))) - 8.0);
  }
  return vec4f(bitcast<vec2f>(w[2u * index]), bitcast<vec2f>(w[2u * index + 1u]));
}

fn signed_bytes(word: u32) -> vec4f { return vec4f(vec4i(vec4u(word) << vec4u(24u, 16u, 8u, 0u)) >> vec4u(24u)); }

// The four lowest groups of four bits, not yet less 8.
fn nibbles(word: u32) -> vec4f { return vec4f((vec4u(word) >> vec4u(0u, 4u, 8u, 12u)) & vec4u(15u)); }

// The scale of a row's weights from 32·group on. It is no matter for unpack2x16float, which may take subnormals for zero:
// that would lose all small weights.
fn scale(row: u32, group: u32) -> f32 {
  let half = (scales[row * ((linear.quads + 15u) / 16u) + group / 2u] >> (16u * (group % 2u))) & 0xffffu;
  return select(bitcast<f32>((half << 13u) + 0x38000000u), f32(half) * 0x1p-24f, half < 0x400u);
}

// Row n of the piece among the rows of w; rows past the end repeat the last one.
fn weight_row(batch: u32, n: u32) -> u32 { return batch * linear.rows + min(n, linear.rows - 1u); }

// Index of the first four elements of row t of x; rows past the end repeat the last one.
fn input_row(batch: u32, t: u32) -> u32 { return batch * linear.batch_x + min(t, rows.x - 1u) * linear.quads; }

// What becomes of a finished sum for row t of x and row n of w; does nothing for a row of w past the end.
fn store(batch: u32, t: u32, n: u32, sum: f32) {
  if (n >= linear.rows) { return; }
  let column = linear.first + n;
  var s = sum;
  if (linear.bias == 1u) { s += extra[column]; }
  switch linear.activation {
    case 1u: { s = tanh(clamp(s, -20.0, 20.0)); } // some drivers' tanh overflows
    case 2u: { s = max(s, 0.0) * max(s, 0.0); }
    case 3u: { s = 1.0 / (1.0 + exp(-s)); }
    case 4u: { s = exp(-exp(s)); }
    default: {}
  }
  let at = batch * linear.batch_y + t * linear.stride + column;
  switch linear.combine {
    case 1u: { y[at] += s; }
    case 2u: { y[at] += extra[t * linear.stride + column] * s; }
    default: { y[at] = s; }
  }
}
