// Two matrix products of one row, y = act(x · wᵀ), each with its own operands, in one dispatch: the first workgroups make the first,
// the others the second. LANES threads share four outputs, striding over K.
override FORMAT0: u32 = F16;
override FORMAT1: u32 = F16;

@group(0) @binding(0) var<storage, read> x0: array<vec4f>;          // [B, K / 4]
@group(0) @binding(1) var<storage, read> x1: array<vec4f>;
@group(0) @binding(2) var<storage, read> w0: array<vec2u>;          // [B, N, K]
@group(0) @binding(3) var<storage, read> w1: array<vec2u>;
@group(0) @binding(4) var<storage, read> scales0: array<u32>;       // [B, N, K / 64] pairs of f16; int8 and int4 only
@group(0) @binding(5) var<storage, read> scales1: array<u32>;
@group(0) @binding(6) var<storage, read_write> y0: array<f32>;      // [B, N]
@group(0) @binding(7) var<storage, read_write> y1: array<f32>;
@group(0) @binding(8) var<uniform> linear0: Linear;
@group(0) @binding(9) var<uniform> linear1: Linear;

var<private> second: bool;          // which of the two this workgroup makes
var<private> linear: Linear;

fn format() -> u32 {
  if (FORMAT0 != FORMAT1 && second) { return FORMAT1; }
  return FORMAT0;
}

fn word(index: u32) -> vec2u {
  if (second) { return w1[index]; }
  return w0[index];
}

fn scale_word(index: u32) -> u32 {
  if (second) { return scales1[index]; }
  return scales0[index];
}

fn input(index: u32) -> vec4f {
  if (second) { return x1[index]; }
  return x0[index];
}

// Workgroups that a batch takes.
fn groups() -> u32 { return (linear.rows * LANES + 4u * THREADS - 1u) / (4u * THREADS); }

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(local_invocation_index) thread: u32) {
  var group = id.x;
  linear = linear0;
  if (group >= linear.batches * groups()) {
    group -= linear.batches * groups();
    linear = linear1;
    second = true;
  }
  let batch = group / groups();
  let lane = thread % LANES;
  let n = 4u * (group % groups() * (THREADS / LANES) + thread / LANES);
  let row = weight_rows(batch, n);
  let at = batch * linear.batch_x;

  let sums = sum_lanes(lane_products(at, row, lane), thread);
  if (lane > 0u) { return; }
  for (var i = 0u; i < min(4u, linear.rows - min(n, linear.rows)); i++) {
    let to = batch * linear.batch_y + linear.first + n + i;
    if (second) { y1[to] = activate(sums[i]); } else { y0[to] = activate(sums[i]); }
  }
}
