// SPDX-License-Identifier: AGPL-3.0-or-later
// clock_test.mjs PARTS: the clocks of a client whose computer slept, where performance.now() stands still meanwhile.
import assert from 'node:assert';

const { steadyClock, wasiImports } = await import(process.argv[2] + '/wasi.mjs');
let ran = 5000, wall = 1.7e12;
const steady = steadyClock(() => ran, () => wall);
const go = (ms) => { ran += ms; wall += ms; };
assert.equal(steady(), 5000);
go(250);
assert.equal(steady(), 5250);
wall += 3600e3; // an hour of sleep
assert.equal(steady(), 5250 + 3600e3);
go(250);
assert.equal(steady(), 5500 + 3600e3); // counted once
wall -= 7200e3; // a person sets the clock back
assert.equal(steady(), 5500 + 3600e3);
go(250);
assert.equal(steady(), 5750 + 3600e3);
for (let i = 0; i < 5000; i++) { ran += 0.3; wall += i % 3 === 0 ? 1 : 0; steady(); } // a coarse wall clock adds nothing
assert.ok(Math.abs(steady() - (5750 + 3600e3 + 1500)) < 1);

// What signs asks for the wall clock, which does not sleep.
const memory = { buffer: new ArrayBuffer(64) }, now = Date.now;
const calls = wasiImports(() => memory, {}, () => {}, () => {});
const time = (id) => { assert.equal(calls.clock_time_get(id, 0n, 8), 0); return Number(new DataView(memory.buffer).getBigUint64(8, true)) / 1e6; };
const before = time(1);
Date.now = () => now() + 3600e3;
assert.ok(Math.abs(time(0) - now() - 3600e3) < 1000);
assert.ok(time(1) - before >= 3600e3 - 1000 && time(1) - before < 3601e3);
Date.now = now;
