import "react";

declare module "react" {
  /** Custom properties that the style sheets read. */
  interface CSSProperties {
    "--weight"?: number;
  }

  interface InputHTMLAttributes<T> {
    /** Makes a file input pick a folder with all that is in it; "" switches it on. */
    webkitdirectory?: "" | undefined;
  }
}
