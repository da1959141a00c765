// y = act(x · wᵀ) for one row of x: LANES threads share four outputs, striding over K.
@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let lane = thread % LANES;
  let n = 4u * (group.x * (THREADS / LANES) + thread / LANES);
  let batch = group.z;
  let input = batch * linear.batch_x;
  let row = weight_rows(batch, n);

  var sums = vec4f();
  for (var k = lane; k < linear.quads; k += LANES) {
    sums += x[input + k] * mat4x4f(weight4(row.x, k), weight4(row.y, k), weight4(row.z, k), weight4(row.w, k));
  }
  sums = sum_lanes(sums, thread);
  if (lane == 0u) {
    for (var i = 0u; i < 4u; i++) { store(batch, 0u, n + i, sums[i]); }
  }
}
