import { writeFileSync } from "node:fs";
import { BitWriter, withEmulation } from "../src/video/bits.ts";

/** Size in macroblocks of 16 × 16, of a field. */
const [across, down] = [2, 1];

/** Coded fields of H.264 (ITU-T H.264, 7.3), as camcorders write them: FFmpeg has no encoder that does. Frame N has luma 24 + 6 N. */
const [path = "fields.264", count = "30"] = process.argv.slice(2);
const units: Uint8Array[] = [];
for (let frame = 0; frame < Number(count); frame++) for (const bottom of [0, 1]) units.push(...field(frame, bottom));
writeFileSync(path, Buffer.concat(units));

/** The access unit of a field: its delimiter, parameter sets before a key frame, one slice of uncompressed macroblocks. */
function field(frame: number, bottom: number): Uint8Array[] {
  const inGroup = frame % 10;
  const isKey = inGroup === 0 && bottom === 0;
  const delimiter = unit(9, new BitWriter().bits(7, 3));
  return isKey ? [delimiter, sequenceSet(), pictureSet(), slice()] : [delimiter, slice()];

  function slice(): Uint8Array {
    const writer = new BitWriter();
    writer.ue(0).ue(7).ue(0); // first macroblock, intra, picture parameter set
    writer.bits(inGroup, 4).bits(1, 1).bits(bottom, 1); // frame_num, a field, which
    if (isKey) writer.ue((frame / 10) % 2); // idr_pic_id
    writer.bits(2 * inGroup + bottom, 8); // pic_order_cnt_lsb
    writer.bits(0, isKey ? 2 : 1); // reference marking: nothing special
    writer.ue(0); // slice_qp_delta
    for (let block = 0; block < across * down; block++) {
      writer.ue(25).align(); // I_PCM
      for (let i = 0; i < 256; i++) writer.bits(24 + 6 * frame, 8);
      for (let i = 0; i < 128; i++) writer.bits(128, 8);
    }
    return unit(isKey ? 0x65 : 0x61, writer);
  }
}

function sequenceSet(): Uint8Array {
  const writer = new BitWriter().bits(77, 8).bits(0, 8).bits(10, 8); // Main, level 1
  writer.ue(0).ue(0).ue(0).ue(4); // id, 4 bits of frame_num, 8 bits of order
  writer.ue(1).bits(0, 1); // one reference, no gaps
  writer.ue(across - 1).ue(down - 1);
  writer.bits(0, 1).bits(0, 1).bits(1, 1).bits(0, 1).bits(0, 1); // fields, by picture, 8×8 inference, no cropping, no VUI
  return unit(0x67, writer);
}

function pictureSet(): Uint8Array {
  const writer = new BitWriter().ue(0).ue(0).bits(0, 2).ue(0).ue(0).ue(0);
  writer.bits(0, 3).ue(0).ue(0).ue(0).bits(0, 3); // no weights, quantisers, no deblocking control, no rest
  return unit(0x68, writer);
}

function unit(header: number, content: BitWriter): Uint8Array {
  return Uint8Array.from([0, 0, 0, 1, header, ...withEmulation(content.finish())]);
}
