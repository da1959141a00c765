let open = 0;

/** How many VideoFrames this module's readers made that are not closed yet, in this realm. Tests expect 0 in the end. */
export function openVideoFrameCount(): number {
  return open;
}

/** Counts `frame` as open until its `close` is called; returns it. */
export function countFrame(frame: VideoFrame): VideoFrame {
  open++;
  let closed = false;
  frame.close = () => {
    if (!closed) open--;
    closed = true;
    VideoFrame.prototype.close.call(frame);
  };
  return frame;
}
