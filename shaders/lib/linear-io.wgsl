// What the kernels of one matrix product share: its operands, and what happens to a sum before it is stored.
override FORMAT: u32 = F16;        // of w; known when the kernel is compiled

@group(0) @binding(0) var<storage, read> x: array<vec4f>;           // [B, T, K / 4]
@group(0) @binding(1) var<storage, read> w: array<vec2u>;           // [B, N, K] in FORMAT
@group(0) @binding(2) var<storage, read> extra: array<f32>;         // bias [N], or gate [T, N]
@group(0) @binding(3) var<storage, read_write> y: array<f32>;       // [B, T, N]
@group(0) @binding(4) var<uniform> linear: Linear;
@group(0) @binding(5) var<storage, read> scales: array<u32>;        // [B, N, K / 64] pairs of f16; int8 and int4 only
@group(0) @binding(6) var<uniform> rows: vec4u;                     // T in .x; prefill only

fn format() -> u32 { return FORMAT; }

fn input(index: u32) -> vec4f { return x[index]; }

fn word(index: u32) -> vec2u { return w[index]; }

fn scale_word(index: u32) -> u32 { return scales[index]; }

// Index of the first four elements of row t of x; rows past the end repeat the last one.
fn input_row(batch: u32, t: u32) -> u32 { return batch * linear.batch_x + min(t, rows.x - 1u) * linear.quads; }

// What becomes of a finished sum for row t of x and row n of w; does nothing for a row of w past the end.
fn store(batch: u32, t: u32, n: u32, sum: f32) {
  if (n >= linear.rows) { return; }
  let column = linear.first + n;
  var s = sum;
  if (linear.bias == 1u) { s += extra[column]; }
  s = activate(s);
  let at = batch * linear.batch_y + t * linear.stride + column;
  switch linear.combine {
    case 1u: { y[at] += s; }
    case 2u: { y[at] += extra[t * linear.stride + column] * s; }
    default: { y[at] = s; }
  }
}
