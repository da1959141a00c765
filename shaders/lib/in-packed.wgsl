// Products of 32 inputs at once, which a thread packs once for its four outputs, where the weights allow it, or else in f32.
fn lane_products(at: u32, row: vec4u, lane: u32) -> vec4f {
  if (!packs()) { return single_products(at, row, lane); }
  var sums = vec4f();
  for (var step = lane; step < linear.quads / 8u; step += LANES) {
    let inputs = pack32(at + 8u * step);
    sums += vec4f(
      product32(row.x, step, inputs),
      product32(row.y, step, inputs),
      product32(row.z, step, inputs),
      product32(row.w, step, inputs),
    );
  }
  return sums;
}
