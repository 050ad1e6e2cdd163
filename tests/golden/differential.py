#!/usr/bin/env python3
"""Random small configurations, judged twice: by the readers, and by an evaluator of a few lines a dialect that knows only what
the vendor's documentation says. `differential.py VERDICTS [ROUNDS [SEED [DIALECT]]]`; prints TAP."""
import ipaddress
import os
import random
import subprocess
import sys
import tempfile

PORTS = [0, 1, 22, 52, 53, 54, 79, 80, 81, 443, 1023, 1024, 5060, 65534, 65535]
PROTOCOLS = {'tcp': 6, 'udp': 17, 'icmp': 1, 'icmp6': 58, 'gre': 47}
FLAGS = ['fin', 'syn', 'rst', 'psh', 'ack', 'urg']
V4 = ['10.0.0.0', '10.0.0.1', '10.0.0.2', '10.0.0.3', '10.0.0.128', '10.0.0.255', '10.0.1.0', '10.0.1.1', '10.0.2.1', '10.0.3.1',
      '10.1.0.1', '10.1.0.5', '192.0.2.1']
V6 = ['2001:db8::', '2001:db8::1', '2001:db8::2', '2001:db8::ffff', '2001:db8:0:1::1', '2001:db8:1::1', '2001:db9::1']


def number(a):
    return int(ipaddress.ip_address(a))


class Packet:
    def __init__(self, rng, family, fragments):
        self.family = family
        self.src, self.dst = (rng.choice(V4 if family == 4 else V6) for _ in 'ab')
        self.protocol = rng.choice([6, 6, 6, 17, 17, 1 if family == 4 else 58, 47])
        self.sport, self.dport = rng.choice(PORTS), rng.choice(PORTS)
        self.type, self.code = rng.choice([0, 3, 8, 11] if family == 4 else [1, 128, 129, 135, 136]), rng.choice([0, 1, 4])
        self.flags = set(rng.choice([['syn'], ['syn', 'ack'], ['ack'], ['rst'], ['fin', 'ack'], ['psh', 'ack']]))
        self.fragment = fragments and rng.random() < .2
        self.dscp = rng.choice([0, 46])
        self.state = 'new'

    def text(self, iface=''):
        name = {6: 'tcp', 17: 'udp', 1: 'icmp', 58: 'icmp6', 47: 'gre'}[self.protocol]
        ports = self.protocol in (6, 17)
        src, dst = (f'[{a}]' if self.family == 6 and ports else a for a in (self.src, self.dst))
        s = f'{name} {src}:{self.sport} > {dst}:{self.dport}' if ports else f'{name} {src} > {dst}'
        if self.protocol == 6:
            s += ' ' + ' '.join(sorted(self.flags))
        if self.protocol in (1, 58):
            s += f' type {self.type} code {self.code}'
        if self.fragment:
            s += ' fragment'
        return s + f' dscp {self.dscp} state {self.state}' + iface


def port_op(rng, words):
    """(text, predicate)"""
    a, b = sorted(rng.sample(PORTS, 2))
    op = rng.choice(words)
    return {
        'eq': (f'eq {a}', lambda p: p == a),
        'neq': (f'neq {a}', lambda p: p != a),
        'gt': (f'gt {min(a, 65534)}', lambda p: p > min(a, 65534)),
        'lt': (f'lt {max(a, 1)}', lambda p: p < max(a, 1)),
        'range': (f'range {a} {b}', lambda p: a <= p <= b),
        'eqs': (f'eq {a} {b}', lambda p: p in (a, b)),
        'neqs': (f'neq {a} {b}', lambda p: p not in (a, b)),
    }[op]


def always(_):
    return True


class Cisco:
    """First match. A line without ports, types or flags has all fragments; one with them permits later fragments by its
    addresses and does not deny them; `fragments` has later fragments alone. (Cisco, document 8014.)"""
    fragments = True

    def __init__(self, rng):
        self.rng = rng
        self.lines = []
        self.rules = []

    def judge(self, p):
        for r in self.rules:
            if r['protocol'] not in (None, p.protocol) or not r['src'](number(p.src)) or not r['dst'](number(p.dst)):
                continue
            if not r.get('dscp', always)(p.dscp):
                continue
            if r.get('fragments'):
                if p.fragment:
                    return r['permit']
                continue
            if p.fragment:
                if not r['layer4'] or r['permit']:
                    return r['permit']
                continue
            if not r['layer4'] or r['layer4'](p):
                return r['permit']
        return self.last(p)

    def last(self, p):
        return False

    def layer4(self, protocol, r, port_words, many):
        rng, texts, tests = self.rng, ['', '', ''], []
        if protocol in ('tcp', 'udp'):
            for k, at in enumerate(('sport', 'dport')):
                if rng.random() < .45:
                    texts[k], test = port_op(rng, port_words)
                    tests.append(lambda p, at=at, test=test: test(getattr(p, at)))
        texts[2], test = many(protocol)
        if test:
            tests.append(test)
        r['layer4'] = (lambda p: all(t(p) for t in tests)) if tests else None
        return texts


class Ios(Cisco):
    name, family = 'ios', 4

    def address(self):
        rng = self.rng
        a = rng.choice(V4)
        n = number(a)
        pick = rng.random()
        if pick < .2:
            return 'any', always
        if pick < .4:
            return f'host {a}', lambda v: v == n
        if pick < .5:
            return 'object-group G', self.group
        wild = rng.choice(['0.0.0.0', '0.0.0.1', '0.0.0.255', '0.0.1.255', '0.0.254.0', '0.0.255.1', '0.85.85.85', '0.0.3.1', '0.0.2.14', '255.0.0.0',
                           '0.0.0.30', '255.255.255.255'])
        w = number(wild)
        return f'{a} {wild}', lambda v: v | w == n | w

    def more(self, protocol):
        rng = self.rng
        if protocol == 'tcp' and rng.random() < .4:
            return rng.choice([
                ('established', lambda p: bool(p.flags & {'ack', 'rst'})),
                ('match-any +syn +rst', lambda p: bool(p.flags & {'syn', 'rst'})),
                ('match-all +syn -ack', lambda p: 'syn' in p.flags and 'ack' not in p.flags),
                ('match-any +fin -ack', lambda p: 'fin' in p.flags or 'ack' not in p.flags),
                ('syn', lambda p: 'syn' in p.flags)])
        if protocol == 'icmp' and rng.random() < .6:
            return rng.choice([
                ('echo', lambda p: p.type == 8), ('3 4', lambda p: (p.type, p.code) == (3, 4)),
                ('unreachable', lambda p: p.type == 3), ('host-unreachable', lambda p: (p.type, p.code) == (3, 1)),
                ('11', lambda p: p.type == 11)])
        return '', None

    def make(self):
        rng, order = self.rng, []
        members = [(f'10.0.{rng.randrange(4)}.0 255.255.255.0'), f'host {rng.choice(V4)}', 'range 10.0.0.1 10.0.0.2']
        ranges = []
        for m in members:
            w = m.split()
            if w[0] == 'host':
                ranges.append((number(w[1]),) * 2)
            elif w[0] == 'range':
                ranges.append((number(w[1]), number(w[2])))
            else:
                ranges.append((number(w[0]), number(w[0]) + 255))
        self.group = lambda v: any(lo <= v <= hi for lo, hi in ranges)
        numbers = rng.sample(range(1, 90), rng.randrange(3, 9))
        for seq in numbers:
            r = {'permit': rng.random() < .5}
            protocol = rng.choice(['ip', 'tcp', 'tcp', 'udp', 'icmp', 'gre'])
            r['protocol'] = PROTOCOLS.get(protocol)
            (src, r['src']), (dst, r['dst']) = self.address(), self.address()
            a, b, c = self.layer4(protocol, r, ['eq', 'neq', 'gt', 'lt', 'range', 'eqs', 'neqs'], self.more)
            end = ''
            if not r['layer4'] and rng.random() < .3:
                r['fragments'], end = True, ' fragments'
            elif rng.random() < .15:
                r['dscp'], end = (lambda d: d == 46), ' dscp ef'
            order.append((seq, f' {seq} {"permit" if r["permit"] else "deny"} {protocol} {src} {a} {dst} {b} {c}{end}', r))
        self.lines = (['object-group network G'] + [' ' + m for m in members] + ['ip access-list extended L'] +
                      [line for _, line, _ in order] + ['interface G1', ' ip access-group L in'])
        self.rules = [r for _, _, r in sorted(order, key=lambda o: o[0])]


class Ios6(Ios):
    name, family = 'ios', 6

    def address(self):
        rng = self.rng
        a = rng.choice(V6)
        n, bits = number(a), rng.choice([0, 16, 32, 48, 64, 112, 127, 128])
        pick = rng.random()
        if pick < .25:
            return 'any', always
        if pick < .5:
            return f'host {a}', lambda v: v == n
        return f'{a}/{bits}', lambda v: v >> (128 - bits) == n >> (128 - bits)

    def more(self, protocol):
        rng = self.rng
        if protocol == 'tcp' and rng.random() < .4:
            return 'established', lambda p: bool(p.flags & {'ack', 'rst'})
        if protocol == 'icmp' and rng.random() < .6:
            return rng.choice([('echo-request', lambda p: p.type == 128), ('nd-ns', lambda p: p.type == 135),
                               ('1 4', lambda p: (p.type, p.code) == (1, 4))])
        return '', None

    def last(self, p):
        # two lines that no list shows: permit icmp any any nd-na, nd-ns; as any such line they have later fragments too
        return p.protocol == 58 and (p.fragment or p.type in (135, 136))

    def make(self):
        rng = self.rng
        self.lines = ['ipv6 access-list L']
        for _ in range(rng.randrange(3, 9)):
            r = {'permit': rng.random() < .5}
            protocol = rng.choice(['ipv6', 'tcp', 'tcp', 'udp', 'icmp'])
            r['protocol'] = {'tcp': 6, 'udp': 17, 'icmp': 58}.get(protocol)
            (src, r['src']), (dst, r['dst']) = self.address(), self.address()
            a, b, c = self.layer4(protocol, r, ['eq', 'neq', 'gt', 'lt', 'range'], self.more)
            end = ''
            if not r['layer4'] and rng.random() < .3:
                r['fragments'], end = True, ' fragments'
            self.lines.append(f' {"permit" if r["permit"] else "deny"} {protocol} {src} {a} {dst} {b} {c}{end}')
            self.rules.append(r)
        self.lines += ['interface G1', ' ipv6 traffic-filter L in']


class Asa(Cisco):
    """Network masks, groups of services and protocols, any4 and any6."""
    name, family, fragments = 'asa', 4, False

    def address(self):
        rng = self.rng
        a = rng.choice(V4)
        n = number(a)
        pick = rng.random()
        if pick < .15:
            return rng.choice(['any', 'any4']), always
        if pick < .2:
            return 'any6', lambda v: False
        if pick < .4:
            return f'host {a}', lambda v: v == n
        if pick < .6:
            return 'object-group NETS', lambda v: self.inner(v) or v == number('10.1.0.5')
        if pick < .7:
            return 'object RANGE', lambda v: number('10.0.0.2') <= v <= number('10.0.1.0')
        bits = rng.choice([8, 16, 23, 24, 25, 31])
        net = ipaddress.ip_network(f'{a}/{bits}', strict=False)
        return f'{net.network_address} {net.netmask}', lambda v: v >> (32 - bits) == n >> (32 - bits)

    def inner(self, v):
        return v >> 8 == number('10.0.1.0') >> 8 or v == number('10.0.0.1')

    def more(self, protocol):
        if protocol == 'icmp' and self.rng.random() < .6:
            return self.rng.choice([('echo', lambda p: p.type == 8), ('unreachable', lambda p: p.type == 3),
                                    ('3 4', lambda p: (p.type, p.code) == (3, 4)),
                                    ('object-group TYPES', lambda p: p.type in (0, 11))])
        return '', None

    def make(self):
        rng = self.rng
        self.lines = ['object network RANGE', ' range 10.0.0.2 10.0.1.0', 'object-group network INNER',
                      ' network-object 10.0.1.0 255.255.255.0', ' network-object host 10.0.0.1', 'object-group network NETS',
                      ' group-object INNER', ' network-object host 10.1.0.5', 'object-group service WEB tcp', ' port-object eq www',
                      ' port-object range 442 444', 'object-group service MIX', ' service-object tcp destination eq 22',
                      ' service-object udp source eq 53', ' service-object tcp source gt 1023 destination lt 80',
                      ' service-object icmp echo', 'object-group icmp-type TYPES', ' icmp-object echo-reply',
                      ' icmp-object time-exceeded', 'object-group protocol TU', ' protocol-object tcp', ' protocol-object udp']
        for _ in range(rng.randrange(3, 9)):
            r = {'permit': rng.random() < .5, 'protocol': None}
            protocol = rng.choice(['ip', 'tcp', 'tcp', 'udp', 'icmp', 'object-group TU', 'object-group MIX'])
            (src, r['src']), (dst, r['dst']) = self.address(), self.address()
            end = ''
            if protocol in PROTOCOLS:
                r['protocol'] = PROTOCOLS[protocol]
                a, b, c = self.layer4(protocol, r, ['eq', 'neq', 'gt', 'lt', 'range'], self.more)
                if protocol == 'tcp' and not b and rng.random() < .5:
                    first = r['layer4'] or always
                    b = 'object-group WEB'
                    r['layer4'] = lambda p, first=first: first(p) and (p.dport == 80 or 442 <= p.dport <= 444)
                end = f'{a} {dst} {b} {c}'
            else:
                r['layer4'] = {'ip': None, 'object-group TU': lambda p: p.protocol in (6, 17),
                               'object-group MIX': lambda p: (p.protocol == 6 and p.dport == 22) or
                               (p.protocol == 17 and p.sport == 53) or (p.protocol == 6 and p.sport > 1023 and p.dport < 80) or
                               (p.protocol == 1 and p.type == 8)}[protocol]
                end = dst
            inactive = rng.random() < .1
            self.lines.append(f'access-list L extended {"permit" if r["permit"] else "deny"} {protocol} {src} {end}' +
                              (' inactive' if inactive else ''))
            if not inactive:
                self.rules.append(r)
        self.lines.append('access-group L in interface inside')


class Junos:
    """Terms in order; all conditions of a term, any value of one; the longest prefix decides, `except` or not; no action is
    accept; next term goes on; what no term takes is discarded. Ports are asked together with the protocol."""
    name, family, fragments = 'junos', 4, True

    def __init__(self, rng):
        self.rng = rng

    def addresses(self):
        rng = self.rng
        nets = {}
        for k in range(rng.randrange(1, 4)):
            net = ipaddress.ip_network(f'{rng.choice(V4)}/{rng.choice([8, 16, 24, 30, 32])}', strict=False)
            nets.setdefault(net, bool(k) and rng.random() < .3)     # exceptions alone are refused

        def test(n):
            hit = [k for k in nets if ipaddress.ip_address(n) in k]
            return bool(hit) and not nets[max(hit, key=lambda k: k.prefixlen)]
        return [f'{k}{" except" if off else ""};' for k, off in nets.items()], test

    def term(self, k):
        rng, text, tests, ported = self.rng, [], [], False
        for end in ('src', 'dst'):
            if rng.random() < .5:
                lines, test = self.addresses()
                text.append(f'{"source" if end == "src" else "destination"}-address {{ {" ".join(lines)} }}')
                tests.append(lambda p, end=end, test=test: test(number(getattr(p, end))))
        protocol = rng.choice([None, 'tcp', 'tcp', 'udp', 'icmp'])
        if protocol:
            text.append(f'protocol {protocol};')
            tests.append(lambda p: p.protocol == PROTOCOLS[protocol])
        layer4 = []
        if protocol in ('tcp', 'udp'):
            for word, ends in rng.choice([[('source-port', ['sport']), ('destination-port', ['dport'])],
                                          [('port', ['sport', 'dport'])]]):
                if rng.random() < .4:
                    a, b = sorted(rng.sample(PORTS, 2))
                    c = rng.choice(PORTS)
                    off = word != 'port' and rng.random() < .3
                    text.append(f'{word}{"-except" if off else ""} [ {a}-{b} {c} ];')
                    layer4.append(lambda p, a=a, b=b, c=c, ends=ends, off=off:
                                  any(a <= getattr(p, e) <= b or getattr(p, e) == c for e in ends) != off)
        if protocol == 'tcp' and rng.random() < .4:
            s, test = rng.choice([('tcp-established', lambda p: bool(p.flags & {'ack', 'rst'})),
                                  ('tcp-initial', lambda p: 'syn' in p.flags and 'ack' not in p.flags),
                                  ('tcp-flags "syn & !ack"', lambda p: 'syn' in p.flags and 'ack' not in p.flags),
                                  ('tcp-flags "(syn & ack) | rst"', lambda p: {'syn', 'ack'} <= p.flags or 'rst' in p.flags)])
            text.append(s + ';')
            layer4.append(test)
        if protocol == 'icmp' and rng.random() < .5:
            text.append('icmp-type [ echo-request unreachable ];')
            layer4.append(lambda p: p.type in (8, 3))
        if not layer4 and rng.random() < .2:
            text.append('is-fragment;')
            tests.append(lambda p: p.fragment)
        if rng.random() < .1:
            text.append('dscp ef;')
            tests.append(lambda p: p.dscp == 46)
        action = rng.choice(['accept', 'accept', 'discard', 'reject', 'next term', ''])
        then = f'then {{ count c{k}; {action + ";" if action else ""} }}'
        body = f'from {{ {" ".join(text)} }}' if text else ''
        self.lines.append(f'term t{k} {{ {body} {then} }}')
        self.rules.append((tests, layer4, action))

    def make(self):
        self.lines, self.rules = ['firewall { family inet { filter L {'], []
        for k in range(self.rng.randrange(2, 8)):
            self.term(k)
        self.lines.append('} } } interfaces { ge-0/0/0 { unit 0 { family inet { filter { input L; } } } } }')

    def judge(self, p):
        for tests, layer4, action in self.rules:
            if not all(t(p) for t in tests) or action == 'next term':
                continue
            if p.fragment and layer4:
                return None     # the platform decides what bytes it takes for ports
            if all(t(p) for t in layer4):
                return action in ('accept', '')
        return False


class Pf:
    """The last rule that matches decides, or the first with quick; TCP that keeps state asks for SYN of SYN and ACK."""
    name, family, fragments = 'pf', 4, False

    def __init__(self, rng):
        self.rng = rng

    def address(self):
        rng = self.rng
        a, b = rng.sample(V4, 2)
        bits = rng.choice([8, 24, 31, 32])
        net = ipaddress.ip_network(f'{a}/{bits}', strict=False)
        table = [ipaddress.ip_network('10.0.0.0/22'), ipaddress.ip_network('10.0.1.0/24'), ipaddress.ip_network('10.0.1.1/32')]

        def in_table(n):
            hit = [k for k in range(3) if ipaddress.ip_address(n) in table[k]]
            return bool(hit) and max(hit) != 1
        return rng.choice([
            ('any', always), (a, lambda v: v == number(a)), (str(net), lambda v: ipaddress.ip_address(v) in net),
            ('<t>', in_table), ('! <t>', lambda v: not in_table(v)), (f'! {net}', lambda v: ipaddress.ip_address(v) not in net),
            (f'{{ {a}, {b} }}', lambda v: v in (number(a), number(b))),
            ('10.0.0.1 - 10.0.0.128', lambda v: number('10.0.0.1') <= v <= number('10.0.0.128'))])

    def ports(self):
        a, b = sorted(self.rng.sample(PORTS[1:-1], 2))
        return self.rng.choice([
            (f'{a}', lambda p: p == a), (f'!= {a}', lambda p: p != a), (f'< {a}', lambda p: p < a), (f'>= {a}', lambda p: p >= a),
            (f'<= {a}', lambda p: p <= a), (f'> {a}', lambda p: p > a), (f'{a}:{b}', lambda p: a <= p <= b),
            (f'{a} >< {b}', lambda p: a < p < b), (f'{a} <> {b}', lambda p: p < a or p > b),
            (f'{{ {a}, {b} }}', lambda p: p in (a, b))])

    def conditions(self):
        rng, tests = self.rng, []
        text = rng.choice(['', ' on em0', ' inet', ' inet6', ' on em1', ' on ! em1'])
        tests.append({' on em0': lambda p: self.way == ' in', ' on em1': lambda p: self.way == ' out',
                      ' on ! em1': lambda p: self.way == ' in', ' inet6': lambda p: False}.get(text, always))
        protocol = rng.choice([[], ['tcp'], ['tcp'], ['udp'], ['tcp', 'udp'], ['icmp']])
        if 'inet6' in text and protocol == ['icmp']:
            protocol = []
        if protocol:
            text += ' proto ' + (protocol[0] if len(protocol) == 1 else '{ ' + ', '.join(protocol) + ' }')
            tests.append(lambda p: p.protocol in [PROTOCOLS[k] for k in protocol])
        both = ''
        for word, end, port in (('from', 'src', 'sport'), ('to', 'dst', 'dport')):
            s, test = self.address() if 'inet6' not in text else ('any', always)
            both += f' {word} {s}'
            tests.append(lambda p, test=test, end=end: test(number(getattr(p, end))))
            if protocol and 'icmp' not in protocol and rng.random() < .5:
                s, test = self.ports()
                both += f' port {s}'
                tests.append(lambda p, test=test, port=port: test(getattr(p, port)))
        return text, both, protocol, tests

    def rule(self):
        rng = self.rng
        action = rng.choice(['pass', 'block', 'match'] if rng.random() < .2 else ['pass', 'block'])
        way = rng.choice([' in', ' in', '', '', ' out'])
        quick = action != 'match' and rng.random() < .3
        text, both, protocol, tests = self.conditions()
        tests.append(lambda p: way in ('', self.way))
        end = ''
        flagged = action == 'pass'
        if protocol == ['tcp'] and rng.random() < .4:
            end = rng.choice([' flags any', ' flags S/SA', ' flags A/A'])
            flagged = False
            test = {' flags any': always, ' flags S/SA': lambda p: p.flags & {'syn', 'ack'} == {'syn'},
                    ' flags A/A': lambda p: 'ack' in p.flags}[end]
            tests.append(test)
        if protocol == ['icmp'] and rng.random() < .5:
            end = ' icmp-type echoreq'
            tests.append(lambda p: p.type == 8)
        if action == 'pass' and rng.random() < .2:
            end += ' no state'
            flagged = False
        if flagged:
            tests.append(lambda p: p.protocol != 6 or p.flags & {'syn', 'ack'} == {'syn'})
        return f'{action}{way}{" quick" if quick else ""}{text}{both}{end}', ('rule', action, quick, tests)

    def block(self, depth):
        lines, rules = [], []
        for _ in range(self.rng.randrange(2, 6)):
            if depth < 2 and self.rng.random() < .25:
                quick = self.rng.random() < .4
                text, both, _, tests = self.conditions()
                inner, within = self.block(depth + 1)
                lines += [f'anchor{" quick" if quick else ""}{text}{both} {{'] + inner + ['}']
                rules.append(('anchor', within, quick, tests))
            else:
                line, r = self.rule()
                lines.append(line)
                rules.append(r)
        return lines, rules

    def make(self):
        lines, self.rules = self.block(0)
        self.lines = ['table <t> { 10.0.0.0/22, !10.0.1.0/24, 10.0.1.1 }'] + lines

    def walk(self, rules, p, verdict):
        """(verdict, did a rule match, stop)"""
        matched = False
        for kind, what, quick, tests in rules:
            if not all(t(p) for t in tests):
                continue
            if kind == 'anchor':
                verdict, hit, stop = self.walk(what, p, verdict)
                matched |= hit
                if stop or (quick and hit):
                    return verdict, True, True
            elif what == 'match':
                continue
            else:
                verdict, matched = what == 'pass', True
                if quick:
                    return verdict, True, True
        return verdict, matched, False

    def judge(self, p):
        passes = True
        for self.way in (' in', ' out'):
            passes = passes and self.walk(self.rules, p, True)[0]
        return passes


class Iptables:
    """Rules in order; jumps come back at a chain's end or RETURN, gotos go back to who jumped."""
    name, family, fragments = 'iptables', 4, False

    def __init__(self, rng):
        self.rng = rng

    def rule(self, chain, targets):
        rng, s, tests = self.rng, '', []
        for word, end in (('-s', 'src'), ('-d', 'dst')):
            if rng.random() < .45:
                a, mask = rng.choice(V4), rng.choice(['/32', '/24', '/8', '/255.255.255.0', '/255.255.2.0', '/255.255.255.1', ''])
                m = number(mask[1:]) if '.' in mask else (1 << 32) - (1 << (32 - int(mask[1:] or 32)))
                no = rng.random() < .25
                s += f'{" !" if no else ""} {word} {a}{mask}'
                tests.append(lambda p, end=end, a=a, m=m, no=no: (number(getattr(p, end)) & m == number(a) & m) != no)
        if rng.random() < .3:
            word = rng.choice([' -i eth0', ' -i eth1', ' ! -i eth1', ' -i eth+', ' -o eth1', ' ! -o eth+'])
            s += word
            hit = word in (' -i eth0', ' ! -i eth1', ' -i eth+', ' -o eth1')
            tests.append(lambda p: hit)
        protocol = rng.choice([None, 'tcp', 'tcp', 'udp', 'icmp', '!udp'])
        if protocol == '!udp':
            s += ' ! -p udp'
            tests.append(lambda p: p.protocol != 17)
        elif protocol:
            s += f' -p {protocol}'
            tests.append(lambda p: p.protocol == PROTOCOLS[protocol])
        if protocol in ('tcp', 'udp') and rng.random() < .6:
            a, b = sorted(rng.sample(PORTS, 2))
            c = rng.choice(PORTS)
            no = rng.random() < .3
            bang = ' !' if no else ''
            t, test = rng.choice([
                (f' -m {protocol}{bang} --dport {a}:{b}', lambda p: (a <= p.dport <= b) != no),
                (f' -m {protocol}{bang} --sport {a}', lambda p: (p.sport == a) != no),
                (f' -m multiport{bang} --dports {a},{c}', lambda p: (p.dport in (a, c)) != no),
                (f' -m multiport{bang} --ports {a}:{b}', lambda p: (a <= p.dport <= b or a <= p.sport <= b) != no)])
            s += t
            tests.append(test)
        if protocol == 'tcp' and rng.random() < .3:
            t, test = rng.choice([
                (' --syn', lambda p: p.flags & {'syn', 'rst', 'ack', 'fin'} == {'syn'}),
                (' ! --syn', lambda p: p.flags & {'syn', 'rst', 'ack', 'fin'} != {'syn'}),
                (' --tcp-flags SYN,ACK ACK', lambda p: p.flags & {'syn', 'ack'} == {'ack'}),
                (' ! --tcp-flags ALL SYN,ACK', lambda p: p.flags != {'syn', 'ack'})])
            s += ' -m tcp' + t
            tests.append(test)
        if protocol == 'icmp' and rng.random() < .6:
            t, test = rng.choice([(' --icmp-type 8', lambda p: p.type == 8), (' ! --icmp-type 3/4', lambda p: (p.type, p.code) != (3, 4)),
                                  (' --icmp-type any', always), (' --icmp-type host-unreachable', lambda p: (p.type, p.code) == (3, 1))])
            s += ' -m icmp' + t
            tests.append(test)
        if rng.random() < .2:
            t, test = rng.choice([(' -m conntrack --ctstate NEW', lambda p: p.state == 'new'),
                                  (' -m state --state RELATED,ESTABLISHED', lambda p: p.state in ('related', 'established')),
                                  (' -m conntrack ! --ctstate NEW', lambda p: p.state != 'new')])
            s += t
            tests.append(test)
        how = rng.choice(['-j'] * 4 + ['-g'])
        target = rng.choice(targets) if targets and (how == '-g' or rng.random() < .4) else rng.choice(
            ['ACCEPT', 'DROP', 'REJECT', 'RETURN', 'LOG', ''])
        if target not in targets:
            how = '-j'
        self.lines.append(f'-A {chain}{s}' + (f' {how} {target}' if target else ''))
        self.chains[chain].append((tests, how, target))

    def make(self):
        rng = self.rng
        names = ['a', 'b', 'c']
        self.policy = rng.choice(['ACCEPT', 'DROP'])
        self.chains = {n: [] for n in ['FORWARD'] + names}
        self.lines = ['*filter', f':FORWARD {self.policy} [0:0]'] + [f':{n} - [0:0]' for n in names]
        for k, n in enumerate(['FORWARD'] + names):
            for _ in range(rng.randrange(1, 5)):
                self.rule(n, names[k:])
        self.lines.append('COMMIT')

    def run(self, chain, p):
        for tests, how, target in self.chains[chain]:
            if not all(t(p) for t in tests):
                continue
            if target in ('ACCEPT', 'DROP', 'REJECT'):
                return target == 'ACCEPT'
            if target == 'RETURN':
                return None
            if target in self.chains:
                v = self.run(target, p)
                if v is not None or how == '-g':
                    return v
        return None

    def judge(self, p):
        v = self.run('FORWARD', p)
        return self.policy == 'ACCEPT' if v is None else v


DIALECTS = {'ios': Ios, 'ios-ipv6': Ios6, 'asa': Asa, 'junos': Junos, 'pf': Pf, 'iptables': Iptables}
WAYS = {'ios': ' in G1', 'ios-ipv6': ' in G1', 'asa': ' in inside', 'junos': ' in ge-0/0/0.0', 'pf': ' in em0 out em1', 'iptables': ' in eth0 out eth1'}


def compare(verdicts, name, seed, path):
    """Complaints about one configuration; count of packets that were compared"""
    rng = random.Random(f'{name} {seed}')
    d = DIALECTS[name](rng)
    d.make()
    with open(path, 'w') as f:
        f.write('\n'.join(d.lines) + '\n')
    packets = [Packet(rng, d.family, d.fragments) for _ in range(200)]
    if name == 'iptables':
        for p in packets:
            p.state = rng.choice(['new', 'new', 'established', 'related'])
    texts = [p.text(WAYS[name]) for p in packets]
    r = subprocess.run([verdicts, d.name, path], input='\n'.join(texts) + '\n', capture_output=True, text=True, check=False)
    got = r.stdout.splitlines()
    if r.returncode or len(got) != len(packets) or r.stderr:
        return [f'exit {r.returncode}: {r.stderr.strip()} {got[:1]}'] + d.lines, 0
    bad, n = [], 0
    for p, text, g in zip(packets, texts, got):
        want = d.judge(p)
        if want is None:
            continue
        n += 1
        if g != ('P' if want else 'D'):
            bad.append(f'{g} and not {"P" if want else "D"}: {text}')
    return (bad[:4] + d.lines if bad else []), n


def main():
    verdicts = sys.argv[1]
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 12
    start = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    names = sys.argv[4:] or list(DIALECTS)
    print(f'1..{len(names)}')
    with tempfile.TemporaryDirectory() as t:
        for k, name in enumerate(names, 1):
            bad, n = [], 0
            for seed in range(start, start + rounds):
                b, m = compare(os.path.abspath(verdicts), name, seed, os.path.join(t, 'config'))
                n += m
                if b:
                    bad += [f'seed {seed}'] + b
            print(f'{"not ok" if bad or not n else "ok"} {k} - {name}: {n} packets of {rounds} configurations')
            for line in bad[:60]:
                print('# ' + line)


main()
