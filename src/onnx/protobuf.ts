/** A message of Protocol Buffers under construction, in the order that its fields are added in. */
export type Message = {
  /** Bytes so far. */
  readonly byteLength: number;
  /** An integer of up to 53 bits, negative ones as int64. */
  integer(field: number, value: number): Message;
  float(field: number, value: number): Message;
  text(field: number, value: string): Message;
  /** Bytes, which must not change before `encode`. */
  bytes(field: number, value: Uint8Array): Message;
  message(field: number, value: Message): Message;
  /** All of it; what was added as bytes is copied here, once. */
  encode(): Uint8Array<ArrayBuffer>;
  /** The same, into `target` from `at` on. */
  copyTo(target: Uint8Array, at: number): void;
};

/** How a field's value is told to end: by itself, by its length, by being four bytes long. */
const wire = { varint: 0, length: 2, fixed32: 5 } as const;

/** Starts an empty message (protobuf.dev, "Encoding"). */
export function createMessage(): Message {
  const parts: (Uint8Array | Message)[] = [];
  let byteLength = 0;
  const add = (part: Uint8Array | Message) => {
    parts.push(part);
    byteLength += part.byteLength;
  };
  const tag = (field: number, type: number) => add(varint(field * 8 + type));
  const message: Message = {
    get byteLength() {
      return byteLength;
    },
    integer(field, value) {
      tag(field, wire.varint);
      add(varint(value));
      return message;
    },
    float(field, value) {
      tag(field, wire.fixed32);
      const bytes = new Uint8Array(4);
      new DataView(bytes.buffer).setFloat32(0, value, true);
      add(bytes);
      return message;
    },
    text: (field, value) => message.bytes(field, new TextEncoder().encode(value)),
    bytes(field, value) {
      tag(field, wire.length);
      add(varint(value.byteLength));
      add(value);
      return message;
    },
    message(field, value) {
      tag(field, wire.length);
      add(varint(value.byteLength));
      add(value);
      return message;
    },
    encode() {
      const bytes = new Uint8Array(byteLength);
      message.copyTo(bytes, 0);
      return bytes;
    },
    copyTo(target, at) {
      let to = at;
      for (const part of parts) {
        if (part instanceof Uint8Array) target.set(part, to);
        else part.copyTo(target, to);
        to += part.byteLength;
      }
    },
  };
  return message;
}

/** Seven bits a byte, the lowest first; all but the last have their highest bit set. */
function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  while (rest > 127n) {
    bytes.push(Number(rest & 127n) | 128);
    rest >>= 7n;
  }
  return Uint8Array.of(...bytes, Number(rest));
}
