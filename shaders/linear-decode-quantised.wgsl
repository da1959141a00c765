// y = act(x · wᵀ) for one row of x and weights in int8 or int4: LANES threads share four outputs, striding over K by 16.
// What the whole numbers add up to is multiplied by their scale once.
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
  sums = sum_lanes(sums, thread);
  if (lane == 0u) {
    for (var i = 0u; i < 4u; i++) { store(batch, 0u, n + i, sums[i]); }
  }
}
