// SPDX-License-Identifier: AGPL-3.0-or-later
// lines.mjs - the event sockets of open devices. The client signs each again (zt/sync.h, zt_listen); a socket that ends is
// asked for again, later each time that it did not come to listen.
const PAUSE_FIRST_MS = 250, PAUSE_MAX_MS = 10000;
const BEAT_MS = 25000, SILENCE_MS = 35000; // asks whether the line lives, and gives up
const SOCKET = (url) => new WebSocket(url, 'zt-events');

// HEAR(key, message): a message of the device's socket; null: it is to be signed again. False: it cannot be taken.
export function makeLines(hear, make = SOCKET, now = () => performance.now()) {
	const lines = new Map();
	const drop = (line) => { clearTimeout(line.timer); if (line.socket) { line.socket.onclose = line.socket.onmessage = line.socket.onopen = null; line.socket.close(); } };
	const again = (key, line) => {
		clearTimeout(line.timer);
		line.socket = null;
		line.timer = setTimeout(() => { if (!hear(key, null)) again(key, line); }, line.pause); // no room for it yet: later
		line.pause = Math.min(2 * line.pause, PAUSE_MAX_MS);
	};
	const take = (key, line, message) => {
		line.heardAt = now();
		line.asks = false;
		if (message.byteLength === 0 && line.listens) return; // the answer to a beat
		if (message.byteLength === 0) { line.listens = true; line.pause = PAUSE_FIRST_MS; }
		if (!hear(key, message)) line.socket.close(); // what is missed is read when it is open again
	};
	return {
		// The client says what opens the socket of KEY; URL null: it is locked.
		set(key, url, first) {
			const before = lines.get(key);
			if (before) drop(before);
			lines.delete(key);
			if (url === null) return;
			const line = { pause: before?.pause ?? PAUSE_FIRST_MS, listens: false, heardAt: now(), timer: 0, socket: null };
			lines.set(key, line);
			try { line.socket = make(url); } catch { again(key, line); return; }
			line.socket.binaryType = 'arraybuffer';
			line.socket.onopen = () => line.socket.send(first);
			line.socket.onmessage = ({ data }) => { if (data instanceof ArrayBuffer) take(key, line, data); };
			line.socket.onclose = () => again(key, line);
		},
		// Now and then. After a sleep of the machine, too, a line that is silent is dead.
		look() {
			for (const [key, line] of lines) {
				const silent = now() - line.heardAt;
				if (line.socket === null || silent < BEAT_MS) continue;
				if (silent > SILENCE_MS) { drop(line); again(key, line); }
				else if (line.listens && line.socket.readyState === 1 && !line.asks) { line.asks = true; line.socket.send(new Uint8Array(0)); }
			}
		},
		// The network is there again: what waits for its turn does not.
		hurry() { for (const [key, line] of lines) if (line.socket === null) { line.pause = 0; again(key, line); line.pause = PAUSE_FIRST_MS; } },
		end() { for (const line of lines.values()) drop(line); lines.clear(); },
	};
}
