// letgo.mjs - gives memory of a buffer back at once; nobody uses it any more. What waits for the browser's collector may be a
// thousand MiB: of a buffer that came in a message, Chromium's own half holds the memory, which its collector does not count.
// transfer(0) frees but the other half. A message takes it from both, and is dropped where nobody is at the other end.
const { port1: nowhere, port2: nobody } = new MessageChannel();
nobody.close();
export const letGo = (buffer) => { if (buffer.byteLength > 0) nowhere.postMessage(null, [buffer]); };
