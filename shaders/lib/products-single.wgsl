// What one of LANES threads adds to four outputs, rows of w, in f32: x · w over its part of K. `at` is the first input's index.
fn single_products(at: u32, row: vec4u, lane: u32) -> vec4f {
  var sums = vec4f();
  if (format() == INT8 || format() == INT4) { // what the whole numbers add up to is multiplied by their scale once
    for (var step = lane; step < linear.quads / 4u; step += LANES) {
      let k = at + 4u * step;
      sums += products16(row, step, mat4x4f(input(k), input(k + 1u), input(k + 2u), input(k + 3u)));
    }
    return sums;
  }
  var k = lane;
  for (; k + 3u * LANES < linear.quads; k += 4u * LANES) { // four at once: more loads on their way
    let a = quad_products(at, row, k);
    let b = quad_products(at, row, k + LANES);
    let c = quad_products(at, row, k + 2u * LANES);
    let d = quad_products(at, row, k + 3u * LANES);
    sums = sums + a + b + c + d;
  }
  for (; k < linear.quads; k += LANES) { sums += quad_products(at, row, k); }
  return sums;
}

fn quad_products(at: u32, row: vec4u, k: u32) -> vec4f {
  return input(at + k) * mat4x4f(weight4(row.x, k), weight4(row.y, k), weight4(row.z, k), weight4(row.w, k));
}
