"""readme.py README FOLDER BIN: types the lines of README's path ("    name$ ..."), each person in a terminal of their
own, and answers what zt asks as two people would who read their codes to each other."""
import os, pty, re, select, sys, time

readme, folder, binary = sys.argv[1:4]
PASSWORD = b'a long password\n'

class Terminal:
    """One line, typed by NAME."""
    def __init__(self, name, line):
        self.name, self.line, self.said, self.answered, self.picked, self.rc = name, line, '', 0, 0, None
        env = dict(os.environ, ZT_HOME='%s/state/tour-%s' % (folder, name), URL=open(folder + '/state/url').read().strip(),
                   PATH=binary + ':' + os.environ['PATH'], LC_ALL='C.UTF-8')
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.chdir(folder)
            os.execve('/bin/sh', ['sh', '-c', line], env)

    def turn(self, other):
        """Reads, answers; whether it has ended."""
        while select.select([self.fd], [], [], 0.05)[0]:
            try:
                piece = os.read(self.fd, 65536)
            except OSError:
                piece = b''
            if not piece:
                self.rc = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
                return True
            self.said += piece.decode(errors='replace').replace('\r', '')
        new = self.said[self.answered:]
        if re.search(r'(assword|again): $', new) or new.endswith('[y/n] '):
            os.write(self.fd, b'y\n' if new.endswith('[y/n] ') else PASSWORD)
            self.answered = len(self.said)
        elif new.endswith('\n> ') and other and other.code() in new.rsplit('which code', 1)[-1]:
            os.write(self.fd, other.code().encode() + b'\n')
            self.answered = len(self.said)
        return False

    def code(self):
        found = re.findall(r'^your code.*: (\S+)$', self.said, re.M)
        return found[-1] if found else 'none yet'

def walk(lines):
    printed, waiting = '', None
    for name, line in lines:
        typed = re.sub(r'\b(LINK|HEAD)\b', lambda m: printed.strip().split('\n')[-1], line)
        one = Terminal(name, typed)
        if ' greet ' in typed:
            waiting = one  # the other side types the next line
            continue
        both, until = [t for t in (one, waiting) if t], time.time() + 120
        while both and time.time() < until:
            both = [t for t in both if not t.turn(waiting if t is one else one)]
        for t in (one, waiting):
            if t and t.rc != 0:
                print('NOT OK - %s$ %s: %s\n%s' % (t.name, t.line, t.rc, t.said))
                return False
        print('ok - %s$ %s' % (name, line), flush=True)
        if not waiting:
            printed = one.said
        waiting = None
    return True

lines = re.findall(r'^    (\w+)\$ (.*)$', open(readme).read(), re.M)
sys.exit(0 if len(lines) >= 20 and walk(lines) else 1)
