// A script in the fragment of a link. Browsers keep the fragment to
// themselves: it is in no request, no log and no Referer.

const prefix = "#run=";
const most = 4 << 20; // characters of a link's content, so that a small link can't fill the memory

// toFragment packs a request, "#run=" and base64url of its compressed JSON.
export async function toFragment(request) {
  const packed = new Blob([JSON.stringify(request)]).stream().pipeThrough(new CompressionStream("deflate-raw"));
  const bytes = new Uint8Array(await new Response(packed).arrayBuffer());
  return prefix + toBase64(bytes).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

// fromFragment returns the request in a fragment, null when there is none. It
// throws where the link is damaged.
export async function fromFragment(fragment) {
  if (!fragment.startsWith(prefix)) return null;
  const bytes = fromBase64(fragment.slice(prefix.length).replaceAll("-", "+").replaceAll("_", "/"));
  const reader = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw")).pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) break;
    text += value;
    if (text.length > most) throw new RangeError("link: too large");
  }
  const request = JSON.parse(text);
  if (typeof request?.script !== "string") throw new TypeError("link: no script");
  return request;
}

// toBase64 encodes bytes.
export function toBase64(bytes) {
  let text = "";
  for (let at = 0; at < bytes.length; at += 0x8000) text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  return btoa(text);
}

// fromBase64 decodes to bytes.
export function fromBase64(text) {
  return Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
}
