import { useCallback } from "react";

type FramePictureProps = {
  /** Null once dropped to bound memory. */
  readonly picture: Blob | null;
  readonly alt: string;
};

/** The picture that the model saw. */
export function FramePicture({ picture, alt }: FramePictureProps) {
  const show = useCallback(
    (image: HTMLImageElement | null) => {
      if (!image || !picture) return;
      const url = URL.createObjectURL(picture);
      image.src = url;
      return () => URL.revokeObjectURL(url);
    },
    [picture],
  );
  if (!picture)
    return <span className="picture picture-gone" role="img" aria-label={`${alt} (picture no longer kept)`} />;
  return <img className="picture" ref={show} alt={alt} draggable={false} />;
}
