// pki_check.mjs PARTS BIN STATE QUICK: an admin in the browser's host lets people in who ask by a certificate, and refuses others;
// what is seen there is what the native client sees.
import assert from 'node:assert';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { openHost } from './host.mjs';
import { native } from './world.mjs';

const [parts, bin, state, quick] = process.argv.slice(2), { zt, text, greet } = native(bin, state, quick), password = 'normapass';
const refused = async (name, call) => { const e = await call.then(() => null, (why) => why); assert.equal(e?.failure?.name, name, String(e)); return e.failure; };
const host = await openHost(parts, state + '/pki-pool');
let tell;
const theirs = new Promise((ok) => { tell = ok; }), link = await text('invite', 'user'), greeting = greet(link, tell);
const { result: { key } } = await host.call(null, 'host.claim', { link, email: 'norma@demo.example', name: 'Norma', label: 'browser', password }, {
	event: (event, data) => { if (event === 'code') greeting.tell(data.code); },
	ask: async (question, data) => data.choices.indexOf(await theirs),
});
assert.equal((await greeting.ended).rc, 0);
await zt('user', 'profile', 'norma@demo.example', 'admin');
const call = async (method, params = {}) => (await host.call(key, method, params)).result;
await call('device.sync');

// A certificate authority (tests/cli/ca.sh), and people who ask by zt.
const ca = state + '/ca', sh = (command) => execFileSync('sh', ['-c', `state=$1; . "$2/../cli/ca.sh"; ${command}`, 'sh', state, import.meta.dirname ?? new URL('.', import.meta.url).pathname]);
const org = JSON.parse(await text('status', '--json')).organization_id, url = fs.readFileSync(state + '/url', 'utf8').trim();
const env = { ...process.env, LC_ALL: 'C', ...(quick ? { LD_PRELOAD: quick } : {}) };
fs.writeFileSync(state + '/newcomer.password', 'newcomerpass\n');
function asks(name) {
	execFileSync(bin + '/zt', ['--home', `${state}/of-${name}`, '--password-file', state + '/newcomer.password', 'pki', 'request', `${ca}/${name}.pem`, '--key', `${ca}/${name}.key`,
		'--server', url, '--org', org, '--email', name + '@demo.example', '--name', name, '--label', 'desk'], { env });
}
const seen = async () => (await call('pki.requests')).requests;
const seenNatively = async () => (await text('pki', 'list', '--json')).split('\n').filter(Boolean).map((line) => JSON.parse(line)).filter((one) => one.request);

assert.deepEqual(await call('pki.trusted'), { anchors: [] });
assert.deepEqual(await seen(), []);
sh('crl; for p in dora emil; do request_of $p; sign $p; done; request_of fay EC ec_paramgen_curve:P-384; sign fay');
await zt('pki', 'trust', ca + '/ca.pem', ca + '/ca.crl');
const { anchors } = await call('pki.trusted'), digest = (file, of) => execFileSync('openssl', [of, '-in', file, '-noout', '-fingerprint', '-sha256']).toString().replace(/.*=|[:\s]/g, '').toLowerCase();
assert.deepEqual(anchors.map((a) => [a.list, a.subject, a.issuer, a.fingerprint]), [[false, 'CN=Test CA', 'CN=Test CA', digest(ca + '/ca.pem', 'x509')], [true, '', 'CN=Test CA', digest(ca + '/ca.crl', 'crl')]]);
const until = Date.parse(execFileSync('openssl', ['x509', '-in', ca + '/ca.pem', '-noout', '-enddate']).toString().split('=')[1]);
assert.equal(anchors[0].until, until);
console.log('ok - what the organization trusts is read, with names, dates and fingerprints');

for (const name of ['dora', 'emil', 'fay']) asks(name);
const list = await seen(), natively = await seenNatively();
assert.deepEqual(list.map((r) => r.email), ['dora', 'emil', 'fay'].map((n) => n + '@demo.example'));
assert.deepEqual(list.map((r) => [r.id, r.subject, r.issuer, r.fingerprint, r.refusal]), natively.map((r) => [r.request, r.subject, r.issuer, r.fingerprint, undefined]));
console.log('ok - those who ask are listed as the native client lists them, by RSA and on a curve');

const id = (name) => list.find((r) => r.name === name).id;
await host.call(null, 'host.confirm', { key, password });
await call('pki.accept', { id: id('dora'), profile: 'outsider' });
await call('pki.accept', { id: id('fay') });
await call('pki.reject', { id: id('emil') });
assert.deepEqual(await seen(), []);
const people = (await call('organization.people')).people.filter((u) => /^(dora|emil|fay)$/.test(u.name)).map((u) => [u.name, u.profile]);
assert.deepEqual(people, [['dora', 'outsider'], ['fay', 'standard']]);
assert.match(await text('users'), /dora@demo\.example/);
const became = (name) => execFileSync(bin + '/zt', ['--home', `${state}/of-${name}`, '--password-file', state + '/newcomer.password', 'pki', 'status'], { env }).toString();
assert.match(became('dora'), /accepted/); assert.match(became('fay'), /accepted/); assert.match(became('emil'), /rejected/);
await refused('NOT_FOUND', call('pki.accept', { id: id('dora') }));
await refused('NOT_FOUND', call('pki.accept', { id: id('emil') }));
await refused('INVALID', call('pki.reject', { id: 'none' }));
await refused('NOT_FOUND', call('pki.state'));
console.log('ok - two are let in and one is not, as their devices hear');

// The server took it; then it was revoked: this device checks by the log that it has.
sh('request_of gus; sign gus');
asks('gus');
assert.equal((await seen())[0].refusal, undefined);
sh('openssl ca -config "$ca/conf" -revoke "$ca/gus.pem" 2>/dev/null; crl');
await zt('pki', 'trust', ca + '/ca.pem', ca + '/ca.crl');
const [gus] = await seen();
assert.equal(gus.refusal, 'the certificate, or one that it rests on, was revoked');
const why = await refused('CERTIFICATE', call('pki.accept', { id: gus.id }));
assert.equal(why.parameters[0], gus.refusal);
await zt('pki', 'trust', 'none');
assert.match((await seen())[0].refusal, /no trust anchor/);
console.log('ok - a certificate that was revoked since, or that nobody vouches for any more, is refused by this device');

// Who is no admin does not see who asks.
await zt('user', 'profile', 'norma@demo.example', 'standard');
await refused('FORBIDDEN', call('pki.requests'));
console.log('ok - who is no admin does not see who asks');
await host.close();
process.exit(0);
