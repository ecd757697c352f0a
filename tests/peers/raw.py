#!/usr/bin/env python3
"""raw.py - SIP said word by word: what sipp would not say, and the answers it must get.

raw.py PORT TORTURE_DIR [CASE...] says everything, or these cases, to 127.0.0.1:PORT, where lib.sh's server listens:
127.0.0.1 may call, 127.0.0.2 must log in, everybody else is a stranger. Each case is a function whose first line of
text says what it shows.
"""
import hashlib
import pathlib
import random
import re
import socket
import sys

HOST, PORT = '127.0.0.1', int(sys.argv[1])
SDP = ('v=0\r\no=raw 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n'
       'm=audio 9 RTP/AVP 0 8 101\r\na=rtpmap:101 telephone-event/8000\r\n')
PATIENCE = 20.0  # seconds for what must come: a busy machine needs some of them
PASSWORD = {'user': 'alice', 'realm': 'offhook', 'password': 'rabbit hole'}


class Answer:
    def __init__(self, text):
        head, _, self.body = text.partition('\r\n\r\n')
        lines = head.split('\r\n')
        self.text = text
        self.status = int(lines[0].split()[1]) if lines[0].startswith('SIP/2.0 ') else 0
        self.request = '' if self.status else lines[0].split()[0]
        self.headers = [(n.strip().lower(), v.strip()) for n, _, v in (line.partition(':') for line in lines[1:])]

    def all(self, name):
        return [v for n, v in self.headers if n == name.lower()]

    def get(self, name):
        return (self.all(name) or [''])[0]


class Line:
    """A socket of a caller."""

    def __init__(self, source='127.0.0.1', kind='UDP'):
        self.kind, self.source = kind, source
        self.sock = socket.socket(type=socket.SOCK_DGRAM if kind == 'UDP' else socket.SOCK_STREAM)
        self.sock.settimeout(PATIENCE)
        self.sock.bind((source, 0))
        self.sock.connect((HOST, PORT))
        self.port = self.sock.getsockname()[1]
        self.unread = b''

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.sock.close()

    def say(self, message):
        self.sock.sendall(message if isinstance(message, bytes) else message.encode())

    def hear(self, seconds=PATIENCE):
        """The next message, None when none comes."""
        self.sock.settimeout(seconds)
        try:
            if self.kind == 'UDP':
                return Answer(self.sock.recv(65536).decode())
            while b'\r\n\r\n' not in self.unread.lstrip():
                self.more()
            self.unread = self.unread.lstrip()
            head, _, rest = self.unread.partition(b'\r\n\r\n')
            n = int(re.search(rb'(?im)^content-length: *(\d+)', head)[1])
            while len(rest) < n:
                self.more()
                rest = self.unread.partition(b'\r\n\r\n')[2]
            self.unread = rest[n:]
            return Answer((head + b'\r\n\r\n' + rest[:n]).decode())
        except (TimeoutError, ConnectionError, EOFError):
            return None

    def more(self):
        data = self.sock.recv(65536)
        if not data:
            raise EOFError
        self.unread += data

    def final(self, method='INVITE'):
        """The first answer to `method` (None = any) that is not provisional."""
        while (a := self.hear()) is not None:
            if a.status >= 200 and (method is None or a.get('CSeq').endswith(' ' + method)):
                return a
        raise AssertionError(f'no final answer to {method}')


class Caller:
    """One dialog, or what might become one."""

    def __init__(self, line, user='clinic'):
        self.line, self.user = line, user
        self.call_id, self.tag = f'{random.getrandbits(64):x}', f'{random.getrandbits(32):x}'
        self.to_tag, self.target, self.cseq, self.branch = '', f'sip:{user}@{HOST}:{PORT}', 0, ''

    def compose(self, method, body='', kind='application/sdp', uri=None, cseq=None, same_branch=False, **headers):
        if method not in ('ACK', 'CANCEL') and cseq is None:
            self.cseq += 1
        if not same_branch:
            self.branch = f'z9hG4bK{random.getrandbits(64):x}'
        line = self.line
        fields = {
            'Via': f'SIP/2.0/{line.kind} {line.source}:{line.port};branch={self.branch};rport',
            'From': f'<sip:raw@{line.source}>;tag={self.tag}',
            'To': f'<sip:{self.user}@{HOST}>' + (f';tag={self.to_tag}' if self.to_tag else ''),
            'Call-ID': self.call_id,
            'CSeq': f'{cseq or self.cseq} {method}',
            'Contact': f'<sip:raw@{line.source}:{line.port};transport={line.kind.lower()}>',
            'Max-Forwards': '70',
        }
        if body:
            fields['Content-Type'] = kind
        fields['Content-Length'] = str(len(body))
        fields.update({n.replace('_', '-'): v for n, v in headers.items()})
        head = ''.join(f'{n}: {v}\r\n' for n, v in fields.items() if v is not None)
        return f'{method} {uri or self.target} SIP/2.0\r\n{head}\r\n{body}'

    def ask(self, method, body='', **how):
        """The final answer; an INVITE is acknowledged."""
        self.line.say(self.compose(method, body, **how))
        a = self.line.final(method)
        if method == 'INVITE':
            self.take(a)
        return a

    def take(self, a):
        tag = re.search(r';tag=([^;]+)', a.get('To'))
        ok = 200 <= a.status < 300
        if ok:
            self.to_tag = tag[1]
            self.target = re.search(r'<([^>]+)>', a.get('Contact'))[1]
        to = a.get('To')
        self.line.say(self.compose('ACK', same_branch=not ok, To=to))

    def dial(self):
        a = self.ask('INVITE', SDP)
        assert a.status == 200, a.text
        return self

    def leave(self):
        expect(self.ask('BYE'), 200)


def expect(a, status, **headers):
    assert a.status == status, f'wanted {status}, got:\n{a.text}'
    for name, pattern in headers.items():
        value = ', '.join(a.all(name.replace('_', '-')))
        assert re.search(pattern, value), f'{name}: no {pattern} in "{value}"'


def refused(status, method='INVITE', body=SDP, user='clinic', how=None, **headers):
    for kind in ('UDP', 'TCP'):
        with Line(kind=kind) as line:
            expect(Caller(line, user).ask(method, body, **(how or {})), status, **headers)


# ---- requests that are refused ----

def unknown_user():
    """nobody of that name: 404"""
    refused(404, user='nobody')


def no_common_codec():
    """no codec in common: 488"""
    refused(488, body=SDP.replace('0 8 101', '18'))


def strange_body():
    """a body of an unknown type: 415 with Accept"""
    refused(415, body='hello', how={'kind': 'text/plain'}, Accept='application/sdp')


def unknown_extension():
    """an extension that is required and unknown: 420 names it"""
    refused(420, how={'Require': 'teleport'}, Unsupported='^teleport$')


def unknown_method():
    """a method that is not ours: 405 with Allow"""
    for method in ('REGISTER', 'SUBSCRIBE', 'MESSAGE', 'PUBLISH'):
        refused(405, method=method, body='', Allow='BYE.*INVITE')


def no_more_hops():
    """Max-Forwards has run out: 483"""
    refused(483, how={'Max_Forwards': '0'})


def unknown_scheme():
    """a URI of an unknown scheme: 416"""
    refused(416, how={'uri': 'pigeon:clinic'})


def no_such_call():
    """BYE, INFO and re-INVITE without a call: 481"""
    for method in ('BYE', 'INFO', 'INVITE'):
        refused(481, method=method, body='', how={'To': f'<sip:clinic@{HOST}>;tag=gone'})
    refused(481, method='BYE', body='')


def nothing_to_cancel():
    """CANCEL without its INVITE: 481"""
    refused(481, method='CANCEL', body='', how={'cseq': 1})


def malformed():
    """malformed requests: 400, whatever is wrong"""
    broken = ({'CSeq': '4294967296 INVITE'}, {'CSeq': '1 BYE'}, {'From': 'nobody <'}, {'Call_ID': None},
              {'Max_Forwards': 'many'}, {'Contact': None}, {'body': 'v=0\r\nm=audio nine RTP/AVP 0\r\n'})
    for kind in ('UDP', 'TCP'):
        for how in broken:
            with Line(kind=kind) as line:
                line.say(Caller(line).compose('INVITE', **{'body': SDP, **how}))
                expect(line.final(None), 400)
    with Line() as line:
        expect(Caller(line).ask('INVITE', SDP, Content_Length='5000'), 400)


def merged():
    """the same request by two ways: the second is 482"""
    with Line() as line:
        c = Caller(line)
        line.say(c.compose('INVITE', SDP))
        first = c.branch
        line.say(c.compose('INVITE', SDP, cseq=1))
        answers = {}
        while len(answers) < 2:
            a = line.hear()
            assert a, f'answers: {answers.keys()}'
            if a.status >= 200:
                answers[re.search('branch=([^;]+)', a.get('Via'))[1]] = a
        second = next(b for b in answers if b != first)
        expect(answers[second], 482)
        c.line.say(c.compose('ACK', To=answers[second].get('To'), same_branch=True))
        c.take(answers[first])
        c.leave()


# ---- life goes on ----

def options():
    """OPTIONS: 200 with Allow and Accept"""
    refused(200, method='OPTIONS', body='', Allow='INVITE', Accept='application/sdp')


def garbage():
    """noise instead of SIP: silence, and the next one is answered"""
    random.seed(4475)
    with Line() as line:
        for n in (1, 5, 100, 1400, 60000):
            line.say(random.randbytes(n))
        line.say(b'\r\n\r\n')
        line.say(b'INVITE sip:clinic@127.0.0.1 SIP/2.0\r\n\r\n')
        expect(Caller(line).ask('OPTIONS'), 200)
    with Line(kind='TCP') as line:
        line.say(b'GET / HTTP/1.1\r\nHost: offhook\r\n\r\n' + random.randbytes(70000))
    options()


def torture():
    """all messages of RFC 4475, over UDP and TCP: the next one is answered"""
    files = sorted(pathlib.Path(sys.argv[2]).glob('*.dat'))
    assert len(files) > 40, f'only {len(files)} messages'
    for file in files:
        with Line() as line:
            line.say(file.read_bytes())
        with Line(kind='TCP') as line:
            line.say(file.read_bytes())
    options()


def pieces():
    """TCP in pieces: a message in many, two messages in one"""
    with Line(kind='TCP') as line:
        for byte in Caller(line).compose('OPTIONS').encode():
            line.say(bytes([byte]))
        expect(line.final('OPTIONS'), 200)
        line.say(Caller(line).compose('OPTIONS') + '\r\n\r\n' + Caller(line).compose('OPTIONS'))
        expect(line.final('OPTIONS'), 200)
        expect(line.final('OPTIONS'), 200)


# ---- calls ----

def cancelled():
    """CANCEL right behind the INVITE: 487, or 200 where the answer was sooner"""
    seen = set()
    for _ in range(20):
        with Line(kind='TCP') as line:
            c = Caller(line)
            invite = c.compose('INVITE', SDP)
            line.say(invite + c.compose('CANCEL', same_branch=True))
            answers = {}
            while len(answers) < 2:
                a = line.hear()
                assert a, f'answers: {answers.keys()}'
                if a.status >= 200:
                    answers[a.get('CSeq').split()[1]] = a
            expect(answers['CANCEL'], 200)
            c.take(answers['INVITE'])
            seen.add(answers['INVITE'].status)
            if answers['INVITE'].status == 200:
                c.leave()
        if 487 in seen:
            return
    raise AssertionError(f'the INVITE always got {seen}')


def in_dialog():
    """in a call: INFO with a key 200, UPDATE 405, an impossible re-INVITE 488, an old CSeq 500; the call goes on"""
    with Line() as line:
        c = Caller(line).dial()
        expect(c.ask('INFO', 'Signal=5\r\nDuration=160\r\n', kind='application/dtmf-relay'), 200)
        expect(c.ask('UPDATE'), 405, Allow='BYE')
        expect(c.ask('INVITE', SDP.replace('0 8 101', '18')), 488)
        expect(c.ask('INFO', cseq=1), 500)
        expect(c.ask('OPTIONS'), 200)
        c.leave()
        expect(c.ask('BYE'), 481)


def repeated():
    """an INVITE that arrives three times is one call, and its 200 is repeated until the ACK"""
    with Line() as line:
        c = Caller(line)
        invite = c.compose('INVITE', SDP)
        for _ in range(3):
            line.say(invite)
        first, again = line.final(), line.final()
        assert first.text == again.text, 'another answer'
        c.take(again)
        c.leave()


# ---- who may call ----

def digest(algorithm, challenge, method, uri, password):
    """RFC 8760"""
    hash_of = {'MD5': hashlib.md5, 'SHA-256': hashlib.sha256}[algorithm]

    def h(*parts):
        return hash_of(':'.join(parts).encode()).hexdigest()

    value = dict(re.findall(r'(\w+)="?([^",]+)"?', challenge))
    ha1, ha2 = h(PASSWORD['user'], value['realm'], password), h(method, uri)
    answer = h(ha1, value['nonce'], '00000001', 'abcd', 'auth', ha2)
    return (f'Digest username="{PASSWORD["user"]}", realm="{value["realm"]}", nonce="{value["nonce"]}", uri="{uri}", '
            f'response="{answer}", algorithm={algorithm}, qop=auth, nc=00000001, cnonce="abcd"')


def log_in(algorithm, password):
    with Line('127.0.0.2') as line:
        c = Caller(line)
        challenged = c.ask('INVITE', SDP)
        expect(challenged, 401)
        offered = challenged.all('WWW-Authenticate')
        assert [re.search(r'algorithm=([\w-]+)', o)[1] for o in offered] == ['SHA-256', 'MD5'], offered
        mine = next(o for o in offered if f'algorithm={algorithm}' in o)
        a = c.ask('INVITE', SDP, Authorization=digest(algorithm, mine, 'INVITE', c.target, password))
        if a.status == 200:
            c.leave()
        return a


def right_password():
    """a login by SHA-256, and by MD5"""
    for algorithm in ('SHA-256', 'MD5'):
        expect(log_in(algorithm, PASSWORD['password']), 200)


def wrong_password():
    """a wrong password: 403"""
    for algorithm in ('SHA-256', 'MD5'):
        expect(log_in(algorithm, 'open sesame'), 403)


def strangers():
    """a stranger hears one 403, the same for every user and method, without the name of a program; then silence"""
    def said(source, method, user):
        with Line(source) as line:
            a = Caller(line, user).ask(method, SDP if method == 'INVITE' else '')
            expect(a, 403)
            line.say(Caller(line, user).compose(method))
            assert line.hear(0.5) is None, 'a second answer'
            own = {'via', 'from', 'to', 'call-id', 'cseq'}
            return [(n, v) for n, v in a.headers if n not in own]

    words = [said('127.0.0.8', 'INVITE', 'clinic'), said('127.0.0.9', 'INVITE', 'nobody'),
             said('127.0.0.10', 'OPTIONS', 'clinic'), said('127.0.0.11', 'REGISTER', '100')]
    assert all(w == words[0] for w in words), words
    assert words[0] == [('content-length', '0')], words[0]


def strangers_by_tcp():
    """a stranger's connection is closed without a word"""
    with Line('127.0.0.12', 'TCP') as line:
        assert line.hear() is None and not line.unread
        try:
            assert line.sock.recv(1) == b''
        except ConnectionError:
            pass


def full():
    """a full server: 503 with Retry-After over UDP and TCP, OPTIONS is answered"""
    for kind in ('UDP', 'TCP', 'UDP', 'TCP'):
        with Line(kind=kind) as line:
            expect(Caller(line).ask('INVITE', SDP), 503, Retry_After='^7$')
    options()


def draining():
    """a server that stops: 503 with Retry-After"""
    refused(503, Retry_After='^7$')


def stays():
    """a call that goes on until standard input ends"""
    with Line() as line:
        c = Caller(line).dial()
        sys.stdin.read()
        c.leave()


def cancels():
    """a hundred calls that are cancelled at once"""
    for _ in range(100):
        with Line() as line:
            c = Caller(line)
            line.say(c.compose('INVITE', SDP))
            line.say(c.compose('CANCEL', same_branch=True))
            a = line.final()
            c.take(a)
            if a.status == 200:
                c.leave()


USUAL = (unknown_user, no_common_codec, strange_body, unknown_extension, unknown_method, no_more_hops, unknown_scheme,
         no_such_call, nothing_to_cancel, malformed, merged, options, garbage, torture, pieces, cancelled, in_dialog,
         repeated, right_password, wrong_password, strangers, strangers_by_tcp)


def main():
    failed = 0
    cases = [globals()[name] for name in sys.argv[3:]] or USUAL
    for case in cases:
        try:
            case()
            print(f'ok      {case.__doc__}')
        except Exception as problem:  # pylint: disable=broad-except
            failed += 1
            print(f'FAILED  {case.__doc__}\n        {type(problem).__name__} {problem}'.replace('\r\n', '\n        '))
    print(f'{len(cases) - failed} passed, {failed} failed')
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
