// world.mjs - the native client from node, for tests with alice's device in the folder STATE (tests/cli/world.sh).
import { execFile, spawn } from 'node:child_process';

export function native(bin, state, quick) {
	const env = { ...process.env, LC_ALL: 'C', ...(quick ? { LD_PRELOAD: quick } : {}) };
	const args = (more) => ['--home', state + '/alice', '--password-file', state + '/alice.password', ...more];
	const zt = (...more) => new Promise((ok, bad) => execFile(bin + '/zt', args(more), { env, encoding: 'buffer', maxBuffer: 1 << 28 },
		(e, out, err) => (e ? bad(new Error(`zt ${more.join(' ')}: ${err}${out}`)) : ok(out))));
	const text = async (...more) => (await zt(...more)).toString().trim();
	// Greets who comes by LINK. PICK(code) gets what the native side shows; the returned TELL(code) is what the person types.
	const greet = (link, pick) => {
		const child = spawn(bin + '/zt', args(['greet', link, '--yes']), { env });
		let out = '';
		const hear = (part) => {
			out += part;
			const shown = /^your code.*: (.*)$/m.exec(out);
			if (shown && pick) { pick(shown[1].trim()); pick = null; }
		};
		child.stdout.on('data', hear); child.stderr.on('data', hear);
		const ended = new Promise((ok) => child.on('close', (rc) => ok({ rc, out })));
		return { tell: (code) => child.stdin.write(code + '\n'), ended };
	};
	return { zt, text, greet };
}
