// How the matrix products read weights, whatever buffers those lie in: `linear`, `format`, `word` and `scale_word` are the shader's.
// Sizes are uniforms, not overrides: one pipeline then serves all layers, and compiling one costs more than reading a few words.
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
  batches: u32,     // B
}

const F32 = 0u;
const F16 = 1u;
const INT8 = 2u;                   // whole numbers of 8 or 4 bits, of which each 32 along K share a scale
const INT4 = 3u;                   // stored as q + 8, the first in the lowest bits

// The four weights of a row from 4k on.
fn weight4(row: u32, k: u32) -> vec4f {
  let index = row * linear.quads + k;
  if (format() == F16) {
    let packed = word(index);
    return vec4f(unpack2x16float(packed.x), unpack2x16float(packed.y));
  }
  if (format() == INT8) { return scale(row, k / 8u) * signed_bytes(word(index / 2u)[index % 2u]); }
  if (format() == INT4) {
    return scale(row, k / 8u) * (nibbles(word(index / 4u)[index / 2u % 2u] >> (16u * (index % 2u))) - 8.0);
  }
  return vec4f(bitcast<vec2f>(word(2u * index)), bitcast<vec2f>(word(2u * index + 1u)));
}

// `weight4` in two parts, so that other work may be done while the words are on their way.
fn fetch4(row: u32, k: u32) -> vec4u {
  let index = row * linear.quads + k;
  if (format() == F16) { return vec4u(word(index), 0u, 0u); }
  if (format() == INT8) { return vec4u(word(index / 2u), scale_of(row, k / 8u), 0u); }
  if (format() == INT4) { return vec4u(word(index / 4u), scale_of(row, k / 8u), 0u); }
  return vec4u(word(2u * index), word(2u * index + 1u));
}

fn unpack4(words: vec4u, k: u32) -> vec4f {
  if (format() == F16) { return vec4f(unpack2x16float(words.x), unpack2x16float(words.y)); }
  if (format() == INT8) { return half(words.z, k / 8u) * signed_bytes(select(words.x, words.y, k % 2u == 1u)); }
  if (format() == INT4) {
    let eight = select(words.x, words.y, k % 4u > 1u);
    return half(words.z, k / 8u) * (nibbles(eight >> (16u * (k % 2u))) - 8.0);
  }
  return bitcast<vec4f>(words);
}

// Product of 16 inputs and a row's whole numbers as they are stored, from 16·step on.
fn product16(row: u32, step: u32, inputs: mat4x4f) -> f32 {
  let index = row * (linear.quads / 4u) + step;
  if (format() == INT4) {
    let packed = word(index);
    return dot(inputs[0], nibbles(packed.x)) + dot(inputs[1], nibbles(packed.x >> 16u))
      + dot(inputs[2], nibbles(packed.y)) + dot(inputs[3], nibbles(packed.y >> 16u));
  }
  let low = word(2u * index);
  let high = word(2u * index + 1u);
  return dot(inputs[0], signed_bytes(low.x)) + dot(inputs[1], signed_bytes(low.y))
    + dot(inputs[2], signed_bytes(high.x)) + dot(inputs[3], signed_bytes(high.y));
}

// Products of 16 inputs and four rows, each times the scale of its whole numbers.
fn products16(row: vec4u, step: u32, inputs: mat4x4f) -> vec4f {
  var excess = 0.0;       // what int4's 8 too much add to each product
  if (format() == INT4) { excess = 8.0 * dot(inputs[0] + inputs[1] + inputs[2] + inputs[3], vec4f(1.0)); }
  return vec4f(
    scale(row.x, step / 2u) * (product16(row.x, step, inputs) - excess),
    scale(row.y, step / 2u) * (product16(row.y, step, inputs) - excess),
    scale(row.z, step / 2u) * (product16(row.z, step, inputs) - excess),
    scale(row.w, step / 2u) * (product16(row.w, step, inputs) - excess),
  );
}

fn signed_bytes(word: u32) -> vec4f { return vec4f(vec4i(vec4u(word) << vec4u(24u, 16u, 8u, 0u)) >> vec4u(24u)); }

// The four lowest groups of four bits, not yet less 8.
fn nibbles(word: u32) -> vec4f { return vec4f((vec4u(word) >> vec4u(0u, 4u, 8u, 12u)) & vec4u(15u)); }

// The scale of a row's weights from 32·group on.
fn scale(row: u32, group: u32) -> f32 { return half(scale_of(row, group), group); }

// The word with the scale of a row's group, and of the one beside it.
fn scale_of(row: u32, group: u32) -> u32 { return scale_word(row * ((linear.quads + 15u) / 16u) + group / 2u); }

// The lower half of a word of two f16, or for odd numbers the upper. It is no matter for unpack2x16float, which may take subnormals for
// zero: that would lose all small weights.
fn half(word: u32, odd: u32) -> f32 {
  let bits = (word >> (16u * (odd % 2u))) & 0xffffu;
  return select(bitcast<f32>((bits << 13u) + 0x38000000u), f32(bits) * 0x1p-24f, bits < 0x400u);
}

// Row n of the piece among the rows of w; rows past the end repeat the last one.
fn weight_row(batch: u32, n: u32) -> u32 { return batch * linear.rows + min(n, linear.rows - 1u); }

// Rows n to n + 3.
fn weight_rows(batch: u32, n: u32) -> vec4u {
  return vec4u(weight_row(batch, n), weight_row(batch, n + 1u), weight_row(batch, n + 2u), weight_row(batch, n + 3u));
}

fn activate(sum: f32) -> f32 {
  switch linear.activation {
    case 1u: { return tanh(clamp(sum, -20.0, 20.0)); } // some drivers' tanh overflows
    case 2u: { return max(sum, 0.0) * max(sum, 0.0); }
    case 3u: { return 1.0 / (1.0 + exp(-sum)); }
    case 4u: { return exp(-exp(sum)); }
    default: { return sum; }
  }
}
