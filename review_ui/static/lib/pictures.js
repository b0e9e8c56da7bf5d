// Pictures that are decoded before they are needed.

/** @import { Picture } from "./types.js" */

/**
 * Loads a picture; `ready` and `failed` give its state.
 *
 * @param {string} url
 * @param {() => void} changed
 * @returns {Picture}
 */
export function loadPicture(url, changed) {
  const image = new Image();
  image.decoding = "sync";
  image.src = url;
  const picture = { image, ready: false, failed: false, failedAt: 0 };
  image.decode().then(
    () => {
      picture.ready = true;
      changed();
    },
    () => {
      picture.failed = true;
      picture.failedAt = performance.now();
      changed();
    },
  );
  return picture;
}
