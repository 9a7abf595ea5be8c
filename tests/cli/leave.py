"""leave.py - several zt that act together, at which people sit: each reads its code to the other and answers
questions. One of them is ended at some place (end_at.c); a person who has not come to the end types the same command again.
leave.py BIN SHIM ACT HOME... : see leave_test.sh."""
import os, re, select, signal, subprocess, sys, time

class Party:
    def __init__(self, name, command, end=None, tries=6):
        self.name, self.command, self.end, self.tries = name, command, end, tries
        self.said, self.process, self.code, self.again, self.killed = '', None, None, 0, False
        self.asked, self.done = 0, False

    def start(self):
        env = dict(os.environ, LC_ALL='C.UTF-8')
        if self.end and not self.killed:
            env.update(self.end)
        self.said, self.code, self.asked = '', None, 0
        # What a script has in the background ignores Ctrl-C.
        self.process = subprocess.Popen(self.command, preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT, env=env)
        os.set_blocking(self.process.stdout.fileno(), False)

    def write(self, line):
        try:
            self.process.stdin.write(line.encode() + b'\n'); self.process.stdin.flush()
        except (BrokenPipeError, OSError):
            pass

    def close(self):
        try:
            self.process.stdin.close()
        except BrokenPipeError:
            pass  # an answer to who was ended before reading it
        self.process.stdout.close()

def act(parties, seconds=120):
    """Whether all came to the end, with what they said."""
    until, log = time.time() + seconds, []
    for p in parties:
        p.start()
    while time.time() < until and not all(p.done for p in parties):
        live = [p for p in parties if not p.done]
        ready, _, _ = select.select([p.process.stdout for p in live], [], [], 0.2)
        for p in live:
            if p.process.stdout in ready:
                p.said += (p.process.stdout.read(65536) or b'').decode(errors='replace')
            codes = re.findall(r'^your code.*: (\S+)$', p.said, re.M)
            p.code = codes[-1] if codes else None
            # The first party meets the others one after the other.
            other = [q for q in parties if q is not p and (p is parties[0] or q is parties[0]) and not q.done]
            choices = p.said.rsplit('which code', 1)[-1] if 'which code' in p.said else ''
            if choices and choices.endswith('> ') and p.said.count('which code') > p.asked and other:
                if other[0].code and other[0].code in choices:
                    p.write(other[0].code); p.asked += 1
            if p.said.count('[y/n] ') > p.said.count('[y/n] y') + getattr(p, 'yes', 0):
                p.write('y'); p.yes = getattr(p, 'yes', 0) + 1
            rc = p.process.poll()
            if rc is None:
                continue
            p.said += (p.process.stdout.read() or b'').decode(errors='replace')
            log.append('%s: %d: %s' % (p.name, rc, p.said.strip().split('\n')[-1][-200:]))
            p.close()
            p.yes = 0
            if p.end and 'END_AT' in p.end and not p.killed and rc in (-9, -2, 130):
                p.killed = True
            elif rc == 0 or p.finished(rc, p.said):
                p.done = True
                continue
            p.again += 1
            if p.again > p.tries:
                return False, log
            time.sleep(0.1)
            p.start()
    for p in parties:
        if not p.done:
            log.append('%s: hangs: %s' % (p.name, p.said[-200:]))
            p.process.kill(); p.process.wait()
    return all(p.done for p in parties), log

class World:
    def __init__(self, binary, shim, state, url):
        self.bin, self.shim, self.state, self.url, self.n = binary, shim, state, url, 0
        self.alice, self.age, self.used, self.ended = 'alice', 0, 0, None

    def turn(self):
        """A server takes twenty new devices of a user in a day: before that, alice founds another organization."""
        self.used += 1
        if self.used % 5 == 0:  # an act adds three at most, and begins with one or two
            self.age += 1
            self.alice = 'alice%d' % self.age
            self.must(self.alice, 'org', 'bootstrap', '--server', self.url, '--operator-token-file', self.state + '/operator-token',
                      '--slug', self.alice, '--email', 'alice@demo.example', '--name', 'Alice')
            self.must(self.alice, 'workspace', 'create', 'plans')

    def once(self, what):
        """Whether this is the first time that WHAT is asked of this organization."""
        mark = '%s/%s.%d' % (self.state, what, self.age)
        if os.path.exists(mark):
            return False
        open(mark, 'w').close()
        return True

    def zt(self, who, *words):
        return [self.bin + '/zt', '--home', '%s/%s' % (self.state, who), '--password-file', self.state + '/alice.password', *words]

    def run(self, who, *words):
        p = subprocess.run(self.zt(who, *words), capture_output=True, text=True, timeout=60)
        return p.returncode, p.stdout + p.stderr

    def must(self, who, *words):
        rc, said = self.run(who, *words)
        if rc:
            raise SystemExit('%s: %s: %d: %s' % (who, ' '.join(words), rc, said))
        return said.strip()

    def new(self):
        self.n += 1
        return 'n%d' % self.n

    def party(self, name, who, words, end=None, done=()):
        p = Party(name, self.zt(who, *words), end)
        p.finished = lambda rc, said: any(d in said for d in done)
        if end:
            self.ended = p
        return p

# What is said to somebody who types the command again after it is done.
DONE = ('has accepted this invitation before', 'holds a device already', 'was used or cancelled')

def enrol(w, kind, greeter_end, newcomer_end):
    """Somebody joins; afterwards there is exactly one of them, with keys, and known by name."""
    who = w.new()
    email = who + '@demo.example' if kind == 'user' else 'alice@demo.example'
    link = w.must(w.alice, '--quiet', 'invite', kind)
    ok, log = act([w.party('greeter', w.alice, ['greet', link], greeter_end, DONE[:1]),
                   w.party('newcomer', who, ['claim', link, '--email', email, '--name', who, '--label', who], newcomer_end, DONE[1:2])])
    if not ok:
        return False, log
    rc, said = w.run(who, 'users')
    log.append('users: %d: %s' % (rc, said))
    lines = [l for l in said.split('\n') if '<%s>' % email in l]
    ok = rc == 0 and len(lines) == 1 and 'revoked' not in lines[0]
    if ok and kind == 'device':
        ok = w.run(who, 'ls', 'plans:/')[0] == 0
    return ok, log

def user_greeter(w, end): return enrol(w, 'user', end, None)
def user_newcomer(w, end): return enrol(w, 'user', None, end)
def device_greeter(w, end): return enrol(w, 'device', end, None)
def device_newcomer(w, end): return enrol(w, 'device', None, end)

def live_devices(w):
    return w.must(w.alice, '--json', 'devices').count('"live":true')

def returned(w, who, before, ok, log):
    rc, said = w.run(who, 'ls', 'plans:/')
    now = live_devices(w)
    log.append('ls: %d %s; devices: %d, then %d' % (rc, said, before, now))
    return ok and rc == 0 and now == before + 1, log

def words(w, end):
    """Back by words: a device that works, and one more in the log, not two."""
    sheet = w.state + '/sheet'
    if w.once('words'):
        open(sheet, 'w').write(w.must(w.alice, '--quiet', 'recovery', 'create'))
    who, before = w.new(), live_devices(w)
    ok, log = act([w.party('asker', who, ['recover', '--server', w.url, '--words-file', sheet, '--label', who], end, DONE[1:2])])
    return returned(w, who, before, ok, log)

def colleagues(w, end):
    """Back by two colleagues, who meet the asker once each."""
    helpers = ['helper%d-%d' % (i, w.age) for i in (1, 2)]
    if w.once('colleagues'):
        for h in helpers:
            link = w.must(w.alice, '--quiet', 'invite', 'user')
            ok, log = act([w.party('greeter', w.alice, ['greet', link, '--yes']), w.party('newcomer', h, ['claim', link, '--email', h + '@demo.example', '--name', h])])
            assert ok, log
        w.must(w.alice, 'recovery', 'colleagues', *[h + '@demo.example' for h in helpers])
    who, before = w.new(), live_devices(w)
    links = [w.must(h, '--quiet', 'invite', 'recovery') for h in helpers]
    ask = w.party('asker', who, ['recover', *links, '--email', 'alice@demo.example', '--label', who], end, DONE[1:2])
    ok, log = act([ask, *[w.party(h, h, ['greet', l], None, DONE[:1]) for h, l in zip(helpers, links)]])
    return returned(w, who, before, ok, log)

def found(w, end):
    """An organization is founded once, its founder has a name, and everything works."""
    who = w.new()
    slug = 'leave' + who
    code = subprocess.run([w.bin + '/zt', 'server', 'create', slug, '--server', w.url, '--operator-token-file', w.state + '/operator-token'], capture_output=True, text=True).stdout.strip().split('\n')[-1]
    open(w.state + '/code', 'w').write(code + '\n')
    ok, log = act([w.party('founder', who, ['org', 'bootstrap', '--server', w.url, '--founding-file', w.state + '/code', '--slug', slug, '--email', 'f@demo.example', '--name', 'Founder'], end, DONE[1:2])])
    rc, said = w.run(who, 'users')
    log.append('users: %d: %s' % (rc, said))
    return ok and rc == 0 and 'Founder <f@demo.example>' in said and w.run(who, 'workspace', 'create', 'w')[0] == 0, log

def shell(w, script):
    """SCRIPT with the authority of ca.sh and the services of the world at hand."""
    env = dict(os.environ, root=os.environ['ROOT'], state=w.state, bin=w.bin)
    subprocess.run(['sh', '-ec', '. "$root/tests/cli/ca.sh"; ' + script], env=env, check=True, capture_output=True, timeout=120)

def certificate(w, ends):
    """Somebody joins by a certificate: asks, is accepted, and asks whether they were."""
    who, org = w.new(), re.search('"organization_id":"([0-9a-f]*)"', w.must(w.alice, 'status', '--json')).group(1)
    ca = w.state + '/ca/'
    if w.once('trust'):
        shell(w, 'crl')
        w.must(w.alice, 'pki', 'trust', ca + 'ca.pem', ca + 'ca.crl')
    shell(w, 'request_of %s ec ec_paramgen_curve:P-256; sign %s' % (who, who))
    ok, log = act([w.party('asker', who, ['pki', 'request', ca + who + '.pem', '--key', ca + who + '.key', '--server', w.url, '--org', org,
                                         '--email', who + '@demo.example', '--name', who, '--label', who], ends.get('asks'), ('waits for an admin',))])
    for line in w.must(w.alice, 'pki', 'list', '--json').split('\n'):
        if who + '@demo.example' in line:
            request = re.search('"request":"([0-9a-f]*)"', line).group(1)
    if ok:
        ok, more = act([w.party('admin', w.alice, ['pki', 'accept', request], ends.get('accepts'), ('no such request',))])
        log += more
    if ok:
        ok, more = act([w.party('newcomer', who, ['pki', 'status'], ends.get('hears'))])
        log += more
    rc, said = w.run(who, 'users')
    log.append('users: %d: %s' % (rc, said))
    return ok and rc == 0 and len([l for l in said.split('\n') if '<%s@demo.example>' % who in l]) == 1, log

def certificate_asks(w, end): return certificate(w, {'asks': end})
def certificate_accepts(w, end): return certificate(w, {'accepts': end})
def certificate_hears(w, end): return certificate(w, {'hears': end})

def sheet(w, end):
    """Words are made: the newest that a person got to see bring them back, whatever the first try left."""
    ok, log = act([w.party('maker', w.alice, ['--quiet', 'recovery', 'create'], end)])
    open(w.state + '/newest', 'w').write(w.must(w.alice, '--quiet', 'recovery', 'create'))
    who, before = w.new(), live_devices(w)
    if ok:
        ok, more = act([w.party('asker', who, ['recover', '--server', w.url, '--words-file', w.state + '/newest', '--label', who])])
        log += more
    return returned(w, who, before, ok, log)

def repair(w, end):
    """An older backup of the database is restored: one device brings back what came after it."""
    local = 'sh "$root/deploy/local/zt-local" %s "$state" '
    stop, start = local % 'stop', local % 'start' + '"$bin"'
    if not os.path.exists(w.state + '/old'):
        shell(w, stop + '; cp -a "$state/postgres" "$state/old"; ' + start)
        w.must(w.alice, 'workspace', 'create', 'kept')
        open(w.state + '/kept', 'w').write('kept')
        for i in range(3):
            w.must(w.alice, '--quiet', 'put', w.state + '/kept', 'kept:/%d' % i)
    shell(w, stop + '; rm -rf "$state/postgres"; cp -a "$state/old" "$state/postgres"; ' + start)
    ok, log = act([w.party('repairer', w.alice, ['repair'], end)])
    rc, said = w.run(w.alice, 'cat', 'kept:/2')
    log.append('cat: %d %s' % (rc, said))
    again, more = w.run(w.alice, 'repair')
    log.append('repair: %d %s' % (again, more))
    return ok and rc == 0 and said == 'kept' and again == 0 and 'entries of the trust log 0, changesets 0, objects 0' in more, log

# The last one is of before the others.
ACTS = [user_greeter, user_newcomer, device_greeter, device_newcomer, words, colleagues, sheet, found,
        certificate_asks, certificate_accepts, certificate_hears, repair]

def main():
    binary, shim, state, url, seconds = sys.argv[1:6]
    preload = ' '.join([shim] + os.environ.get('LD_PRELOAD', '').split())
    w, count, failed = World(binary, shim, state, url), state + '/count', 0
    only = sys.argv[6:]
    acts = [a for a in ACTS if not only or a.__name__ in only]
    until = time.time() + float(seconds)
    for i, a in enumerate(acts):
        try: os.unlink(count)
        except FileNotFoundError: pass
        turn = w.turn if a != repair else lambda: None
        turn()
        ok, log = a(w, {'LD_PRELOAD': preload, 'END_COUNT': count})
        places = int(open(count).read()) if os.path.exists(count) else 0
        if not ok or places == 0:
            print('NOT OK - %s, undisturbed (%d places)' % (a.__name__, places)); print('\n'.join('    ' + l for l in log)); failed += 1
            continue
        # Each act has its share of the time; the places are taken in an order that spreads over all of them.
        share, kinds = time.time() + (until - time.time()) / (len(acts) - i), ('KILL', 'INT')[:2 if float(seconds) > 600 else 1]
        tried, reached = dict.fromkeys(kinds, 0), dict.fromkeys(kinds, 0)
        order = sorted(range(1, places + 1), key=lambda n: (n * 0x9E3779B1) % 4294967296)
        if os.environ.get('LEAVE_PLACES'):
            order = [int(n) for n in os.environ['LEAVE_PLACES'].split()]
        for n in order:
            if time.time() > share and all(reached.values()):
                break
            for by in kinds:
                turn()
                ok, log = a(w, {'LD_PRELOAD': preload, 'END_AT': str(n), 'END_BY': by})
                tried[by] += 1
                reached[by] += w.ended.killed
                if not ok:
                    failed += 1
                    print('NOT OK - %s, ended at place %d of %d by %s' % (a.__name__, n, places, by)); print('\n'.join('    ' + l for l in log))
        # An act is a little longer or shorter each time: its last places may be behind its end, and are no success.
        for by in kinds:
            if reached[by] == 0:
                failed += 1
                print('NOT OK - %s: none of %d ends by %s was reached' % (a.__name__, tried[by], by))
        print('%s - %s: %d places, ends reached of those tried: %s' % ('ok' if not failed else 'so far', a.__name__, places,
              ', '.join('%s %d of %d' % ({'KILL': 'kill -9', 'INT': 'Ctrl-C'}[by], reached[by], tried[by]) for by in kinds)), flush=True)
    sys.exit(1 if failed else 0)

if __name__ == '__main__':
    main()
