// SPDX-License-Identifier: AGPL-3.0-or-later
// Many files as one archive, written while they are read: stored, not compressed, with 64-bit sizes where they are needed
// (APPNOTE 6.3.9).

export interface Member {
  /** With / between folders; a folder ends with one. */
  name: string;
  modified: number;
  size: number;
  /** The bytes, in order; nothing for a folder. */
  bytes: () => AsyncIterable<Uint8Array>;
}

const MAX32 = 0xffffffff;
const table = new Uint32Array(256).map((_, n) => {
  let c = n;
  for (let k = 0; k < 8; k++) c = c & 1 ? (c >>> 1) ^ 0xedb88320 : c >>> 1;
  return c;
});

export function crc(bytes: Uint8Array, before = 0): number {
  let c = ~before;
  for (let i = 0; i < bytes.length; i++) c = table[(c ^ bytes[i]!) & 0xff]! ^ (c >>> 8);
  return ~c >>> 0;
}

class Record {
  private view: DataView;
  private at = 0;
  constructor(size: number) {
    this.view = new DataView(new ArrayBuffer(size));
  }
  u16(value: number): this { this.view.setUint16(this.at, value, true); this.at += 2; return this; }
  u32(value: number): this { this.view.setUint32(this.at, Math.min(value, MAX32), true); this.at += 4; return this; }
  u64(value: number): this { this.view.setBigUint64(this.at, BigInt(value), true); this.at += 8; return this; }
  raw(bytes: Uint8Array): this { new Uint8Array(this.view.buffer).set(bytes, this.at); this.at += bytes.length; return this; }
  end(): Uint8Array { return new Uint8Array(this.view.buffer); }
}

function dosTime(milliseconds: number): [number, number] {
  const time = new Date(Math.max(milliseconds, Date.UTC(1980, 0, 2)));
  return [(time.getHours() << 11) | (time.getMinutes() << 5) | (time.getSeconds() >> 1), ((time.getFullYear() - 1980) << 9) | ((time.getMonth() + 1) << 5) | time.getDate()];
}

/** The bytes of an archive of MEMBERS. */
export async function* zip(members: AsyncIterable<Member>): AsyncGenerator<Uint8Array> {
  const central: Uint8Array[] = [];
  let at = 0;
  let count = 0;
  for await (const member of members) {
    // A backslash parts folders where an archive is opened on Windows; here it is a letter of a name.
    const name = new TextEncoder().encode(member.name.replaceAll("\\", "\uff3c"));
    if (name.length > 0xffff) throw new Error("a name is too long for an archive");
    const [time, date] = dosTime(member.modified);
    const isBig = member.size >= MAX32;
    const start = at;
    const head = new Record(30 + name.length + (isBig ? 20 : 0)).u32(0x04034b50).u16(isBig ? 45 : 20).u16(0x0808).u16(0).u16(time).u16(date)
      .u32(0).u32(isBig ? MAX32 : 0).u32(isBig ? MAX32 : 0).u16(name.length).u16(isBig ? 20 : 0).raw(name);
    if (isBig) head.u16(1).u16(16).u64(0).u64(0);
    const headBytes = head.end();
    yield headBytes;
    at += headBytes.length;
    let sum = 0;
    let size = 0;
    for await (const piece of member.bytes()) {
      sum = crc(piece, sum);
      size += piece.length;
      yield piece;
    }
    at += size;
    const tail = new Record(isBig ? 24 : 16).u32(0x08074b50).u32(sum);
    if (isBig) tail.u64(size).u64(size);
    else tail.u32(size).u32(size);
    yield tail.end();
    at += isBig ? 24 : 16;
    const far = size >= MAX32 || start >= MAX32;
    const entry = new Record(46 + name.length + (far ? 28 : 0)).u32(0x02014b50).u16(45).u16(far ? 45 : 20).u16(0x0808).u16(0).u16(time).u16(date)
      .u32(sum).u32(far ? MAX32 : size).u32(far ? MAX32 : size).u16(name.length).u16(far ? 28 : 0).u16(0).u16(0).u16(0)
      .u32(member.name.endsWith("/") ? 0x10 : 0).u32(far ? MAX32 : start).raw(name);
    if (far) entry.u16(1).u16(24).u64(size).u64(size).u64(start);
    central.push(entry.end());
    count++;
  }
  const start = at;
  for (const entry of central) {
    yield entry;
    at += entry.length;
  }
  const size = at - start;
  if (count >= 0xffff || start >= MAX32 || size >= MAX32) {
    yield new Record(76).u32(0x06064b50).u64(44).u16(45).u16(45).u32(0).u32(0).u64(count).u64(count).u64(size).u64(start)
      .u32(0x07064b50).u32(0).u64(at).u32(1).end();
  }
  const few = Math.min(count, 0xffff);
  yield new Record(22).u32(0x06054b50).u16(0).u16(0).u16(few).u16(few).u32(size).u32(start).u16(0).end();
}
