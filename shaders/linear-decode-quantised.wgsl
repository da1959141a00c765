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
  let row = weight_rows(batch, n);

  var sums = vec4f();
  for (var step = lane; step < linear.quads / 4u; step += LANES) {
    let at = batch * linear.batch_x + 4u * step;
    sums += products16(row, step, mat4x4f(x[at], x[at + 1u], x[at + 2u], x[at + 3u]));
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
