/** WebGPU's usage flags by value: Node has no `GPUBufferUsage`, and TypeScript's DOM library does not declare it. */
export const bufferUsage = {
  mapRead: 0x1,
  copySrc: 0x4,
  copyDst: 0x8,
  uniform: 0x40,
  storage: 0x80,
  queryResolve: 0x200,
} as const;

/** The same for textures. */
export const textureUsage = {
  copySrc: 0x1,
  copyDst: 0x2,
  renderAttachment: 0x10,
} as const;

/** `mapModeRead`. */
export const mapModeRead = 0x1;
