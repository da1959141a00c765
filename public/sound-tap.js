// Hands on what goes through it, a sixth of a second at a time, as one channel. An AudioWorklet cannot be bundled.
const blockFrames = 8192;

registerProcessor(
  "sound-tap",
  class extends AudioWorkletProcessor {
    constructor() {
      super();
      this.out = null;
      this.block = new Float32Array(blockFrames);
      this.held = 0;
      this.port.onmessage = ({ data }) => {
        this.out = data;
      };
    }

    process([channels]) {
      const frames = channels[0]?.length ?? 0;
      for (let i = 0; i < frames; i++) {
        let sum = 0;
        for (const channel of channels) sum += channel[i];
        this.block[this.held++] = sum / channels.length;
        if (this.held === blockFrames) {
          this.out?.postMessage(this.block);
          this.held = 0;
        }
      }
      return true;
    }
  },
);
