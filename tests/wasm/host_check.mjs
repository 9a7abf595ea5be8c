// host_check.mjs PARTS BIN STATE QUICK: claim, files and reload in the browser's host, and what the native client sees of it.
import assert from 'node:assert';
import fs from 'node:fs';
import { randomBytes } from 'node:crypto';
import { ORIGIN, openHost } from './host.mjs';
import { native } from './world.mjs';

const [parts, bin, state, quick] = process.argv.slice(2), { zt, text, greet } = native(bin, state, quick);
// What opens the device takes seconds here: `make wasm-check` does that oftener.
const kills = Number(process.env.KILLS ?? 3), isLong = kills > 3;
let password = 'wandapass';
const pool = state + '/pool', PIECE = 1 << 20;
const refused = async (name, call) => { const e = await call.then(() => null, (why) => why); assert.equal(e?.failure?.name, name, String(e)); };
let host = await openHost(parts, pool);

// A device has a password, in each way to make one.
await refused('INVALID', host.call(null, 'host.create', { server: 'http://127.0.0.1:1', code: 'x', slug: 'x', email: 'x@demo.example', name: 'X', label: 'x', password: '' }));
await refused('INVALID', host.call(null, 'host.recover', { label: 'x', password }));
// Claim: each side's code is picked on the other's list.
const link = await text('invite', 'user');
async function claim(by, name) {
	let tell;
	const theirs = new Promise((ok) => { tell = ok; }), greeting = greet(by, tell);
	const made = await host.call(null, 'host.claim', { link: by, email: name.toLowerCase() + '@demo.example', name, label: 'browser', password }, {
		event: (event, data) => { if (event === 'code') greeting.tell(data.code); },
		ask: async (question, data) => { assert.equal(question, 'codes'); return data.choices.indexOf(await theirs); },
	}).catch((e) => e);
	return { made, greeted: await greeting.ended };
}
const { made, greeted } = await claim(link, 'Wanda');
assert.equal(greeted.rc, 0, greeted.out);
const key = made.result.key;
assert.match(key, /^demo-[0-9a-f]{6}$/);
assert.equal(made.result.warning, '');
assert.match(await text('users'), /wanda@demo\.example/);
console.log('ok - a device is claimed, codes compared with the native client');
assert(greeted.out.includes('this device is in a browser: its code comes from ' + ORIGIN), greeted.out);
assert((await text('devices')).includes('wanda@demo.example    in a browser, with the code of ' + ORIGIN), await text('devices'));
assert.deepEqual((await host.call(key, 'people.devices', {})).result.devices.map((d) => d.browser).filter(Boolean), [ORIGIN]);
await zt('org', 'settings', '--browser-devices', 'nobody');
const late = await claim(await text('invite', 'user'), 'Late');
assert.equal(late.made.failure?.name, 'ABORTED', String(late.made));
// What libzt says of it is the parameter of the refusal, which a page shows.
assert.deepEqual([late.made.failure.english, late.made.failure.parameters], ['%s', [late.made.failure.sentence]]);
assert.match(late.made.failure.sentence, /the other side/);
assert.match(late.greeted.out, /the organization lets nobody have a device in a browser/);
assert(!(await text('users')).includes('late@demo.example'));
await refused('UNAVAILABLE', host.call(key, 'releases.check', {}));
assert.deepEqual((await host.call(key, 'releases.list', {})).result, { releases: [] });
await zt('org', 'settings', '--browser-devices', 'everybody');
console.log('ok - others see that it is in a browser, whose code it runs, and may forbid it');

const call = async (method, params, how) => (await host.call(key, method, params, how)).result;
const fetched = async (path) => {
	const { handle, size } = await call('reader.open', { path }), all = Buffer.alloc(size);
	for (let at = 0; at < size;) {
		const { content } = await host.call(key, 'reader.read', { handle, offset: at, size: Math.min(PIECE, size - at) });
		all.set(content, at); at += content.length;
	}
	await call('reader.close', { handle });
	return all;
};
const sent = async (path, bytes) => {
	const { handle } = await call('writer.open', { path });
	for (let at = 0; at < bytes.length; at += PIECE) {
		const part = Uint8Array.from(bytes.subarray(at, at + PIECE));
		await call('writer.write', { handle, offset: at }, { content: part.buffer });
	}
	const done = await call('writer.commit', { handle });
	await call('writer.close', { handle });
	return done;
};
await zt('workspace', 'create', 'plans'); await zt('workspace', 'share', 'plans', 'wanda@demo.example', '--role', 'contributor');
const large = randomBytes(5000000), marker = Buffer.from('PLANTED-MARKER-' + randomBytes(8).toString('hex')), body = Buffer.concat([marker, randomBytes(3000000), marker]);
fs.writeFileSync(state + '/large', large);
await zt('--quiet', 'put', state + '/large', 'plans:/large');
await call('device.sync', {});
assert.deepEqual((await call('workspaces.list', {})).workspaces.map((w) => w.name), ['plans']);
const { handle } = await call('list.open', { path: 'plans:/' });
assert.deepEqual((await call('list.next', { handle })).entries.map((e) => e.name), ['large']);
assert((await fetched('plans:/large')).equals(large));
console.log('ok - what the native client sent is read, byte for byte');
await sent('plans:/own', body);
assert((await zt('cat', 'plans:/own')).equals(body));
console.log('ok - what is written here the native client reads, byte for byte');
await sent('plans:/' + marker + '.txt', Buffer.from('small'));

// While one call waits for a newcomer who does not come, others run within it, also with content.
let leave;
const mine = (await call('invitations.create', { kind: 'device' })).link;
const greets = host.call(key, 'exchange.greet', { link: mine }, { cancel: (c) => { leave = c; } });
await new Promise((ok) => setTimeout(ok, 500));
assert((await fetched('plans:/large')).equals(large));
await sent('plans:/meanwhile', body);
assert((await zt('cat', 'plans:/meanwhile')).equals(body));
await call('device.sync', {});
leave();
await refused('INTERRUPTED', greets);
console.log('ok - while a call waits for a person, others run');

// The person: what lends the account needs the password; cancel ends a call.
await refused('PASSWORD', host.call(null, 'host.confirm', { key, password: 'wrong' }));
let cancel;
const waits = host.call(null, 'host.claim', { link: await text('invite', 'user'), email: 'x@demo.example', name: 'X', label: 'x', password }, { cancel: (c) => { cancel = c; } });
const begun = Date.now();
setTimeout(() => cancel(), 1500);
await refused('INTERRUPTED', waits);
assert(Date.now() - begun < 4000, 'a cancel takes long');
console.log('ok - a call that waits for a person is cancelled');

// Locked, and opened again by the password alone.
await host.call(null, 'host.lock', {});
await refused('NO_DEVICE', host.call(key, 'device.whoami'));
await refused('PASSWORD', host.call(null, 'host.unlock', { key, password: 'wrong' }));
await host.call(null, 'host.unlock', { key, password });
assert.equal((await call('device.whoami', {})).email, 'wanda@demo.example');
console.log('ok - it is locked, and opens by its password alone');

// A passkey opens it, too: by the output of its PRF, which is content, and wiped here and in the client's memory.
const output = (n) => ({ content: new Uint8Array(32).fill(n).buffer }), passkey = { key, credential: 'Zm9v', salt: 'AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8', relyingParty: 'zt.demo.example', label: 'blue key' };
assert.deepEqual((await host.call(null, 'host.passkeys', { key })).result, { passkeys: [] });
await refused('NOT_FOUND', host.call(null, 'host.passkeys', { key: 'none-000000' }));
await refused('PASSWORD', host.call(null, 'host.addPasskey', { ...passkey, password: 'wrong' }, output(1)));
await refused('INVALID', host.call(null, 'host.addPasskey', { ...passkey, password, salt: 'AA' }, output(1)));
await refused('INVALID', host.call(null, 'host.addPasskey', { ...passkey, password }));
await refused('NOT_FOUND', host.call(null, 'host.addPasskey', { ...passkey, key: 'none-000000', password }, output(1)));
await refused('INVALID', host.call(null, 'host.removePasskey', { key, password, credential: 'Zm9v' }, output(1)));
await host.call(null, 'host.addPasskey', { ...passkey, password }, output(1));
await host.call(null, 'host.addPasskey', { ...passkey, credential: 'YmFy', password }, output(2));
if (isLong) await refused('EXISTS', host.call(null, 'host.addPasskey', { ...passkey, password }, output(3)));
const [listed, second] = (await host.call(null, 'host.passkeys', { key })).result.passkeys;
assert.deepEqual({ ...listed, added: 0 }, { credential: 'Zm9v', salt: passkey.salt, relyingParty: 'zt.demo.example', label: 'blue key', added: 0 });
assert(Math.abs(listed.added - Date.now()) < 60000 && second.credential === 'YmFy');
await host.call(null, 'host.lock', {});
await refused('PASSWORD', host.call(null, 'host.unlockByPasskey', { key, credential: 'Zm9v' }, output(2)));
await refused('INVALID', host.call(null, 'host.unlockByPasskey', { key, credential: 'Zm9v' }));
await refused('NOT_FOUND', host.call(null, 'host.unlockByPasskey', { key, credential: 'Zm9' }, output(1)));
await refused('NO_DEVICE', call('device.whoami', {}));
await host.call(null, 'host.unlockByPasskey', { key, credential: 'YmFy' }, output(2));
assert.equal((await call('device.whoami', {})).email, 'wanda@demo.example');
await refused('PASSWORD', host.call(null, 'host.confirmByPasskey', { key, credential: 'Zm9v' }, output(2)));
await refused('NOT_FOUND', host.call(null, 'host.confirmByPasskey', { key, credential: 'no' }, output(2)));
const { until } = (await host.call(null, 'host.confirmByPasskey', { key, credential: 'Zm9v' }, output(1))).result;
assert(until > Date.now() + 290000 && until <= Date.now() + 300000);
await host.call(null, 'host.password', { key, old: password, new: password + '2' });
password += '2';
if (isLong) await refused('PASSWORD', host.call(null, 'host.removePasskey', { key, password: 'wrong', credential: 'Zm9v' }));
await host.call(null, 'host.removePasskey', { key, password, credential: 'Zm9v' });
if (isLong) await refused('NOT_FOUND', host.call(null, 'host.removePasskey', { key, password, credential: 'Zm9v' }));
await host.call(null, 'host.lock', {});
await refused('NOT_FOUND', host.call(null, 'host.unlockByPasskey', { key, credential: 'Zm9v' }, output(1)));
await host.call(null, 'host.unlockByPasskey', { key, credential: 'YmFy' }, output(2));
console.log('ok - passkeys open it beside the password, and are added and removed by the password');
await host.close();
host = await openHost(parts, pool);
const there = (await host.call(null, 'host.state')).result.devices.find((d) => d.key === key);
assert.equal(there.state, 'locked');
await host.call(null, 'host.unlock', { key, password });
assert((await fetched('plans:/own')).equals(body));
console.log('ok - the device is there after a restart');
assert(host.memory < 64 << 20, `${host.memory} bytes`);
assert(host.keys > 0, "a key was made in the instance that stays");
console.log('ok - what Argon2 took is given back');

// Nothing of content, names or keys is in clear on the disk.
for (const name of fs.readdirSync(pool)) {
	const at = fs.readFileSync(pool + '/' + name);
	for (const word of [marker, Buffer.from('Wanda'), Buffer.from(password), large.subarray(0, 32)]) assert.equal(at.indexOf(word), -1, `${word} is in ${name}`);
}
console.log('ok - nothing is in clear at rest');

// Killed at any moment of an upload: what was acknowledged is there.
let acknowledged = 0, moments = 0;
const kept = new Map();
for (let round = 0; round < kills; round++) {
	const work = (async () => {
		for (let i = 0; i < 20; i++) {
			const path = `plans:/k${round}-${i}`, bytes = randomBytes(1 + Math.floor(Math.random() * 700000));
			await sent(path, bytes);
			kept.set(path, bytes); acknowledged++;
		}
	})().catch(() => {});
	await new Promise((ok) => setTimeout(ok, 30 + Math.random() * 400));
	await host.close(); // its thread ends wherever it is
	moments++;
	void work;
	host = await openHost(parts, pool);
	await host.call(null, 'host.unlock', { key, password });
}
for (const [path, bytes] of kept) assert((await zt('cat', path)).equals(bytes), path);
await host.call(key, 'health.store');
await zt('verify', 'plans');
console.log(`ok - ${acknowledged} files were acknowledged before ${moments} kills, and are there`);
await host.close();
process.exit(0);
