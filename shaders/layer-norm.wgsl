// Layer normalisation of each row: y = (x − mean) / √(var + eps) · weight + bias.
override WIDTH: u32;           // C
override STRIDE: u32;          // C rounded up to 4: distance of two rows; the gap is zero and stays zero
override EPS: f32;
override LAST_ONLY: bool = false; // only row T − 1, into row 0
override CARRY: bool = false;  // also copy y's row T − 1 to carry

const THREADS = 64u;

@group(0) @binding(0) var<storage, read> x: array<f32>;            // [T, C]
@group(0) @binding(1) var<storage, read> weight: array<f32>;       // [C]
@group(0) @binding(2) var<storage, read> bias: array<f32>;         // [C]
@group(0) @binding(3) var<storage, read_write> y: array<f32>;      // [T, C]
@group(0) @binding(4) var<storage, read_write> carry: array<f32>;  // [C]
@group(0) @binding(5) var<uniform> rows: vec4u;                    // T in .x

var<workgroup> partial: array<f32, THREADS>;

// Every thread adds up all partial sums itself: one barrier instead of a tree of them.
fn total() -> f32 {
  var sum = 0.0;
  for (var i = 0u; i < THREADS; i++) { sum += partial[i]; }
  return sum;
}

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let t = select(group.x, rows.x - 1u, LAST_ONLY);
  let start = t * STRIDE;
  var sum = 0.0;
  for (var c = lane; c < WIDTH; c += THREADS) { sum += x[start + c]; }
  partial[lane] = sum;
  workgroupBarrier();
  let mean = total() / f32(WIDTH);
  workgroupBarrier();

  var squares = 0.0;
  for (var c = lane; c < WIDTH; c += THREADS) {
    let d = x[start + c] - mean;
    squares += d * d;
  }
  partial[lane] = squares;
  workgroupBarrier();
  let scale = inverseSqrt(total() / f32(WIDTH) + EPS);

  let to = group.x * STRIDE;
  for (var c = lane; c < WIDTH; c += THREADS) {
    let value = (x[start + c] - mean) * scale * weight[c] + bias[c];
    y[to + c] = value;
    if (CARRY && t == rows.x - 1u) { carry[c] = value; }
  }
}
