import { leastBrowsers } from "../../browsers.ts";
import { Icon } from "../parts/Icon.tsx";

type NoWebGpuProps = {
  /** Why there is no WebGPU. */
  readonly message: string;
  readonly onRetry: () => void;
};

/** What a person needs whose browser does not reach the GPU. */
export function NoWebGpu({ message, onRetry }: NoWebGpuProps) {
  return (
    <div className="no-webgpu" role="alert">
      <h2>This browser does not reach the GPU</h2>
      <p>{message}</p>
      <p>AuroraLong computes on your own machine through WebGPU. Here is where it works:</p>
      <dl>
        <dt>Chrome or Edge {leastBrowsers.chromium}+</dt>
        <dd>
          Windows, macOS, ChromeOS and Android: nothing to set. On Linux, chrome://flags/#enable-unsafe-webgpu may have
          to be on.
        </dd>
        <dt>Safari {leastBrowsers.safari}+</dt>
        <dd>On macOS 26, iOS 26 and iPadOS 26.</dd>
        <dt>Firefox {leastBrowsers.firefox}+</dt>
        <dd>
          On Windows; on Apple silicon from 145. On Linux, dom.webgpu.enabled and gfx.webgpu.ignore-blocklist have to be
          true in about:config.
        </dd>
        <dt>Anywhere</dt>
        <dd>
          The page must come over https or from localhost, and “Use graphics acceleration when available” must be on in
          the browser’s settings.
        </dd>
      </dl>
      <button type="button" className="button" onClick={onRetry}>
        <Icon name="again" /> Try again
      </button>
    </div>
  );
}
