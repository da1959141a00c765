import {
  ALL_FORMATS,
  BlobSource,
  BufferTarget,
  EncodedPacketSink,
  EncodedVideoPacketSource,
  Input,
  type InputVideoTrack,
  Mp4OutputFormat,
  Output,
} from "mediabunny";
import { AuroraError } from "../../../src/errors.ts";

/** An MP4 that shows a clip again and again, at least `frames` frames long: the clip's own packets, not encoded anew. */
export async function repeatClip(clip: Blob, frames: number): Promise<File> {
  const input = new Input({ source: new BlobSource(clip), formats: ALL_FORMATS });
  try {
    const track = await input.getPrimaryVideoTrack();
    if (!track) throw new AuroraError("NoVideoTrack", "The clip to repeat has no video track.");
    return new File([await repeatTrack(track, frames)], "repeated.mp4", { type: "video/mp4" });
  } finally {
    input.dispose();
  }
}

async function repeatTrack(track: InputVideoTrack, frames: number): Promise<ArrayBuffer> {
  const [codec, decoderConfig] = [await track.getCodec(), await track.getDecoderConfig()];
  if (!codec || !decoderConfig) throw new AuroraError("CodecUnsupported", "The clip's codec cannot be written again.");
  const packets = await Array.fromAsync(new EncodedPacketSink(track).packets());
  const end = Math.max(...packets.map(({ timestamp, duration }) => timestamp + duration));
  const target = new BufferTarget();
  const output = new Output({ format: new Mp4OutputFormat(), target });
  const source = new EncodedVideoPacketSource(codec);
  output.addVideoTrack(source);
  await output.start();
  for (let round = 0; round * packets.length < frames; round++) {
    for (const packet of packets)
      await source.add(packet.clone({ timestamp: round * end + packet.timestamp }), { decoderConfig });
  }
  await output.finalize();
  if (!target.buffer) throw new AuroraError("VideoUnreadable", "The repeated clip could not be written.");
  return target.buffer;
}
