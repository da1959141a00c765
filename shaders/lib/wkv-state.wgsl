// How a thread takes four columns of a row of the shader's `state` [H, N, N] into registers, and puts them back; N is HEAD.
// Zeros for a row past the head's end, where all that is added counts as zero too, so that it stays so.
fn load(row: u32, live: bool, columns: vec4u) -> vec4f {
  let at = row * HEAD + min(columns, vec4u(HEAD - 1u));
  return select(vec4f(), vec4f(state[at.x], state[at.y], state[at.z], state[at.w]), live);
}

fn save(row: u32, live: bool, columns: vec4u, s: vec4f) {
  for (var n = 0u; n < 4u; n++) {
    if (live && columns[n] < HEAD) { state[row * HEAD + columns[n]] = s[n]; }
  }
}
