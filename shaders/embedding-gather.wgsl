// Row t of x becomes row indices[t] of a table; the table may be one piece of a larger one.
override WIDTH: u32;            // C
override STRIDE: u32;           // C rounded up to 4
override HALF: bool;            // the table holds pairs of f16, else f32
override FIRST: u32;            // index of the piece's first row
override COUNT: u32;            // rows of the piece

@group(0) @binding(0) var<storage, read> indices: array<u32>;      // [T]
@group(0) @binding(1) var<storage, read> table: array<u32>;        // [COUNT, C] f16 or f32
@group(0) @binding(2) var<storage, read_write> x: array<f32>;      // [T, C]

fn element(index: u32) -> f32 {
  if (HALF) {
    let pair = unpack2x16float(table[index / 2u]);
    return select(pair.x, pair.y, index % 2u == 1u);
  }
  return bitcast<f32>(table[index]);
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let t = id.y;
  if (id.x >= WIDTH) { return; }
  let row = indices[t];
  if (row < FIRST || row - FIRST >= COUNT) { return; }
  x[t * STRIDE + id.x] = element((row - FIRST) * STRIDE + id.x);
}
