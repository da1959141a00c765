import { readTrackIndex } from "../src/video/track-index.ts";

/** A copy of a video in which the data of one packet (in decode order) is overwritten, where no decoder can miss it. */
export async function damagePacket(video: Uint8Array, packet: number): Promise<Uint8Array> {
  const index = await readTrackIndex(new Blob([video.slice()]));
  const [data] = await index.createReader().read(packet, packet);
  index.close();
  const at = data ? Buffer.from(video).indexOf(data) : -1;
  if (!data || at < 0) throw new Error(`packet ${packet} is not in the video`);
  return video.slice().fill(0xff, at, at + Math.min(data.length, 120));
}
