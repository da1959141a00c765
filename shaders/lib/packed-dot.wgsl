// 32 inputs or weights along K as whole numbers of 8 bits, for products of four at once: int8 and int4 only. `input` is the shader's,
// beside what linear-weights.wgsl needs. In int4 the even ones come first, as they lie in its bytes.
struct Packed {
  low: vec4u,
  high: vec4u,
  scale: f32,
}

fn packs() -> bool { return format() == INT8 || format() == INT4; }

// The 32 inputs from index `at` on, times 127 over the largest of them.
fn pack32(at: u32) -> Packed {
  let a = input(at); let b = input(at + 1u); let c = input(at + 2u); let d = input(at + 3u);
  let e = input(at + 4u); let f = input(at + 5u); let g = input(at + 6u); let h = input(at + 7u);
  let most = largest(max(max(max(abs(a), abs(b)), max(abs(c), abs(d))), max(max(abs(e), abs(f)), max(abs(g), abs(h)))));
  let factor = select(1.0 / most, 0.0, most < 1e-30);
  let ab = pack8(a * factor, b * factor);
  let cd = pack8(c * factor, d * factor);
  let ef = pack8(e * factor, f * factor);
  let gh = pack8(g * factor, h * factor);
  if (format() == INT4) {
    return Packed(vec4u(ab.x, cd.x, ef.x, gh.x), vec4u(ab.y, cd.y, ef.y, gh.y), most / 127.0);
  }
  return Packed(vec4u(ab, cd), vec4u(ef, gh), most / 127.0);
}

fn largest(values: vec4f) -> f32 { return max(max(values.x, values.y), max(values.z, values.w)); }

fn pack8(a: vec4f, b: vec4f) -> vec2u {
  if (format() == INT4) {
    return vec2u(pack4x8snorm(vec4f(a.x, a.z, b.x, b.z)), pack4x8snorm(vec4f(a.y, a.w, b.y, b.w)));
  }
  return vec2u(pack4x8snorm(a), pack4x8snorm(b));
}

// The 32 weights of a row from 32·group on.
fn weights32(row: u32, group: u32) -> Packed {
  let index = row * (linear.quads / 8u) + group;
  if (format() == INT4) {
    let words = vec4u(word(2u * index), word(2u * index + 1u));
    return Packed(less8(words & vec4u(0x0f0f0f0fu)), less8((words >> vec4u(4u)) & vec4u(0x0f0f0f0fu)), scale(row, group));
  }
  let at = 4u * index;
  return Packed(vec4u(word(at), word(at + 1u)), vec4u(word(at + 2u), word(at + 3u)), scale(row, group));
}

// Each byte, 0 to 15, less 8 as a signed one.
fn less8(bytes: vec4u) -> vec4u { return (bytes + vec4u(0x78787878u)) ^ vec4u(0x80808080u); }

fn dot16(a: vec4u, b: vec4u) -> i32 {
  return dot4I8Packed(a.x, b.x) + dot4I8Packed(a.y, b.y) + dot4I8Packed(a.z, b.z) + dot4I8Packed(a.w, b.w);
}

fn product32(row: u32, group: u32, inputs: Packed) -> f32 {
  let weights = weights32(row, group);
  return inputs.scale * weights.scale * f32(dot16(inputs.low, weights.low) + dot16(inputs.high, weights.high));
}
