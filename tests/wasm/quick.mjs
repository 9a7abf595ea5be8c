// quick.mjs - passwords that cost little, as tests/support/quick has them natively: that the full price was asked is seen to, and a
// small one is paid. `make wasm-check` pays the whole (KILLS).
import assert from 'node:assert';

const MIN_KIB = 256 * 1024, PASSES_MIN = 3, QUICK_KIB = 256;
const isQuick = Number(process.env.KILLS ?? 3) <= 3;

// The passes and KiB to pay where so many were asked for; the cost counts in the key still.
export function price(passes, kib) {
	assert(kib >= MIN_KIB && passes >= PASSES_MIN, 'a password was stretched less than is promised');
	return isQuick ? { passes: passes % 32, kib: QUICK_KIB + (kib % QUICK_KIB) } : { passes, kib };
}
