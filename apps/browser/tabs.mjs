// SPDX-License-Identifier: AGPL-3.0-or-later
// tabs.mjs - the tabs of one origin: a lock elects the one that has the store, the others reach it by a channel, and one of them
// takes over when it closes. Messages on the channel: { to, from, ... }; TO is a tab, 'leader' or 'all'.
const OWN_PAGE = 1; // the leader's own; others are counted from 2

// EARS: up(), down(), message(m), cleared() for this tab's page; lead(send, cleared) begins the client, SEND(page, message) and
// CLEARED() to all pages, and returns { take(page, message), gone(page) }. Returns { send(message) }.
export function joinTabs(name, ears, locks = navigator.locks, makeChannel = (n) => new BroadcastChannel(n)) {
	const me = crypto.randomUUID(), channel = makeChannel(name), lockOf = (tab) => name + '-tab-' + tab;
	const forever = new Promise(() => {});
	let client = null, leader = null, isAlive = false, pages = new Map(); // of other tabs, by name
	let next = OWN_PAGE;

	const toPage = (page, message) => {
		if (page === OWN_PAGE || page === 0) ears.message(page === 0 && message instanceof ArrayBuffer ? message.slice(0) : message);
		for (const [tab, number] of pages) if (number === page || page === 0) channel.postMessage({ to: tab, from: me, message });
	};
	// A tab holds a lock as long as it lives: before it says so.
	const hello = () => { if (isAlive && client === null) channel.postMessage({ to: 'leader', from: me, hello: true }); };
	const welcome = (tab) => {
		if (!pages.has(tab)) {
			const page = ++next;
			pages.set(tab, page);
			locks.request(lockOf(tab), () => { pages.delete(tab); client.gone(page); });
		}
		channel.postMessage({ to: tab, from: me, up: true });
	};
	const cleared = () => { channel.postMessage({ to: 'all', from: me, cleared: true }); ears.cleared(); };
	channel.onmessage = ({ data: m }) => {
		if (client !== null) {
			if (m.to === 'leader' && m.hello) welcome(m.from);
			else if (m.to === me && m.message !== undefined && pages.has(m.from)) client.take(pages.get(m.from), m.message);
			return;
		}
		if (m.to === 'all' && m.cleared) {
			ears.cleared();
		} else if (m.to === 'all' && m.leads) { // another one leads now
			if (leader !== null) { leader = null; ears.down(); }
			hello();
		} else if (m.to === me && m.up && leader !== m.from) {
			leader = m.from;
			ears.up();
		} else if (m.to === me && m.from === leader && m.message !== undefined) {
			ears.message(m.message);
		}
	};
	locks.request(lockOf(me), () => { isAlive = true; hello(); return forever; });
	locks.request(name, () => {
		if (leader !== null) ears.down();
		leader = me;
		client = ears.lead(toPage, cleared);
		channel.postMessage({ to: 'all', from: me, leads: true });
		ears.up();
		return forever;
	});
	return {
		send(message) {
			if (client !== null) client.take(OWN_PAGE, message);
			else if (leader !== null) channel.postMessage({ to: leader, from: me, message });
		},
	};
}
