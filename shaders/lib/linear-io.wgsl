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

override HALF: bool = true;        // w holds pairs of f16, else f32

@group(0) @binding(0) var<storage, read> x: array<vec4f>;           // [B, T, K / 4]
@group(0) @binding(1) var<storage, read> w: array<vec2u>;           // [B, N, K] f16 or f32
@group(0) @binding(2) var<storage, read> extra: array<f32>;         // bias [N], or gate [T, N]
@group(0) @binding(3) var<storage, read_write> y: array<f32>;       // [B, T, N]
@group(0) @binding(4) var<uniform> linear: Linear;
@group(0) @binding(5) var<uniform> rows: vec4u;                     // T in .x; prefill only

// Four neighbouring weights along K; `index` counts groups of four.
fn weight4(index: u32) -> vec4f {
  if (HALF) {
    let packed = w[index];
    return vec4f(unpack2x16float(packed.x), unpack2x16float(packed.y));
  }
  return vec4f(bitcast<vec2f>(w[2u * index]), bitcast<vec2f>(w[2u * index + 1u]));
}

// Index of the first four weights of row n of the piece; rows past the end repeat the last one.
fn weight_row(batch: u32, n: u32) -> u32 { return (batch * linear.rows + min(n, linear.rows - 1u)) * linear.quads; }

// The same of row t of x.
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
