import { AuroraError } from "../errors.ts";

/** A model that is whole but for a picture encoder, of which it is known where it is published. */
export class EncoderMissing extends AuroraError {
  /** `owner/name` of the repository that has the encoder. */
  readonly encoder: string;

  constructor(message: string, encoder: string) {
    super("ModelUnsupported", message);
    this.encoder = encoder;
  }
}
