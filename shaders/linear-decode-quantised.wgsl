// y = act(x · wᵀ) for one row of x and weights in int8 or int4: LANES threads share four outputs, striding over K by 16.
// What the whole numbers add up to is multiplied by their scale once.
override THREADS: u32 = 64u;
override LANES: u32 = 32u;  // a power of two up to THREADS; 1 needs no barrier

var<workgroup> partial: array<vec4f, THREADS>;

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let lane = thread % LANES;
  let n = 4u * (group.x * (THREADS / LANES) + thread / LANES);
  let batch = group.z;
  let row = vec4u(weight_row(batch, n), weight_row(batch, n + 1u), weight_row(batch, n + 2u), weight_row(batch, n + 3u));

  var sums = vec4f();
  for (var step = lane; step < linear.quads / 4u; step += LANES) {
    let at = batch * linear.batch_x + 4u * step;
    let inputs = mat4x4f(x[at], x[at + 1u], x[at + 2u], x[at + 3u]);
    var excess = 0.0;       // what int4's 8 too much add to each product
    if (FORMAT == INT4) { excess = 8.0 * dot(inputs[0] + inputs[1] + inputs[2] + inputs[3], vec4f(1.0)); }
    sums += vec4f(
      scale(row.x, step / 2u) * (product16(row.x, step, inputs) - excess),
      scale(row.y, step / 2u) * (product16(row.y, step, inputs) - excess),
      scale(row.z, step / 2u) * (product16(row.z, step, inputs) - excess),
      scale(row.w, step / 2u) * (product16(row.w, step, inputs) - excess),
    );
  }
  if (LANES > 1u) {
    partial[thread] = sums;
    for (var half = LANES / 2u; half > 0u; half /= 2u) {
      workgroupBarrier();
      if (lane < half) { partial[thread] += partial[thread + half]; }
    }
    sums = partial[thread];
  }
  if (lane == 0u) {
    for (var i = 0u; i < 4u; i++) { store(batch, 0u, n + i, sums[i]); }
  }
}

// Product of 16 inputs and a row's whole numbers as they are stored, from 16·step on.
fn product16(row: u32, step: u32, inputs: mat4x4f) -> f32 {
  let index = row * (linear.quads / 4u) + step;
  if (FORMAT == INT4) {
    let packed = w[index];
    return dot(inputs[0], nibbles(packed.x)) + dot(inputs[1], nibbles(packed.x >> 16u))
      + dot(inputs[2], nibbles(packed.y)) + dot(inputs[3], nibbles(packed.y >> 16u));
  }
  let low = w[2u * index];
  let high = w[2u * index + 1u];
  return dot(inputs[0], signed_bytes(low.x)) + dot(inputs[1], signed_bytes(low.y))
    + dot(inputs[2], signed_bytes(high.x)) + dot(inputs[3], signed_bytes(high.y));
}
