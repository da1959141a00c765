// y = act(x · wᵀ) for one row of x: LANES threads share four outputs, striding over K.
@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let lane = thread % LANES;
  let n = 4u * (group.x * (THREADS / LANES) + thread / LANES);
  let batch = group.z;
  let sums = sum_lanes(lane_products(batch * linear.batch_x, weight_rows(batch, n), lane), thread);
  if (lane == 0u) {
    for (var i = 0u; i < 4u; i++) { store(batch, 0u, n + i, sums[i]); }
  }
}
