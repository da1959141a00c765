// What both matrix products share: how weights are read, and what happens to a sum before it is stored.
override IN: u32;                  // K, width of a row of x and of w
override OUT: u32;                 // rows of w in this piece
override OUT_OFFSET: u32 = 0u;     // first output column of this piece
override OUT_STRIDE: u32;          // distance of two rows of y
override HALF: bool = true;        // w holds pairs of f16, else f32
override BATCH_X: u32 = 0u;        // distance in f32 of two batches of x
override BATCH_Y: u32 = 0u;        // and of y
override ACTIVATION: u32 = 0u;     // 0 none · 1 tanh · 2 relu² · 3 sigmoid · 4 decay exp(−exp(s))
override COMBINE: u32 = 0u;        // 0 store · 1 add to y · 2 add extra ⊙ s to y
override BIAS: bool = false;       // add extra[column] first

@group(0) @binding(0) var<storage, read> x: array<vec4f>;           // [B, T, K/4]
@group(0) @binding(1) var<storage, read> w: array<vec2u>;           // [B, OUT, K] f16 or f32
@group(0) @binding(2) var<storage, read> extra: array<f32>;         // bias [N], or gate [T, N]
@group(0) @binding(3) var<storage, read_write> y: array<f32>;       // [B, T, N]
@group(0) @binding(4) var<uniform> rows: vec4u;                     // T in .x

fn quads() -> u32 { return (IN + 3u) / 4u; }

// Four neighbouring weights along K; `index` counts groups of four.
fn weight4(index: u32) -> vec4f {
  if (HALF) {
    let packed = w[index];
    return vec4f(unpack2x16float(packed.x), unpack2x16float(packed.y));
  }
  return vec4f(bitcast<vec2f>(w[2u * index]), bitcast<vec2f>(w[2u * index + 1u]));
}

fn store(batch: u32, row: u32, n: u32, sum: f32) {
  let column = OUT_OFFSET + n;
  var s = sum;
  if (BIAS) { s += extra[column]; }
  if (ACTIVATION == 1u) { s = tanh(clamp(s, -20.0, 20.0)); } // some drivers' tanh overflows
  if (ACTIVATION == 2u) { s = max(s, 0.0); s = s * s; }
  if (ACTIVATION == 3u) { s = 1.0 / (1.0 + exp(-s)); }
  if (ACTIVATION == 4u) { s = exp(-exp(s)); }
  let at = batch * BATCH_Y + row * OUT_STRIDE + column;
  if (COMBINE == 0u) { y[at] = s; }
  if (COMBINE == 1u) { y[at] += s; }
  if (COMBINE == 2u) { y[at] += extra[row * OUT_STRIDE + column] * s; }
}
