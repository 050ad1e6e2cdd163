#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "daemons/callcontrol/core.h"
#include "daemons/callcontrol/msgedit.h"
#include "tests/unit/failmalloc.h"


enum { NOW = 1700000000 };

static const uint8_t key[DIGEST_KEY] = {7};

/* A core with users 1001 and 1002 that serves 10.0.0.1. */
struct fixture {
	struct core c;
	struct core_decision d;
};


static struct sip_msg *message(const char *src, const char *text)
{
	struct sip_msg *msg;
	struct mbuf *mb = mbuf_alloc(4096);

	assert_non_null(mb);
	assert_int_equal(mbuf_write_str(mb, text), 0);
	mb->pos = 0;
	assert_int_equal(sip_msg_decode(&msg, mb), 0);
	mem_deref(mb);
	assert_int_equal(sa_decode(&msg->src, src, strlen(src)), 0);
	assert_int_equal(sa_decode(&msg->dst, "10.0.0.1:5060", 13), 0);
	msg->tp = SIP_TRANSP_UDP;
	return msg;
}


static struct sip_msg *request(const char *src, const char *met, const char *uri,
			       const char *user, const char *more)
{
	char text[4096];

	(void)snprintf(text, sizeof(text), "%s %s SIP/2.0\r\n"
		"Via: SIP/2.0/UDP 10.0.0.9:5070;branch=z9hG4bK1\r\n"
		"From: <sip:%s@10.0.0.1>;tag=a\r\nTo: <sip:%s@10.0.0.1>\r\n"
		"Call-ID: c\r\nCSeq: 1 %s\r\n%sContent-Length: 0\r\n\r\n",
		met, uri, user, user, met, more);
	return message(src, text);
}


static void core_setup(struct fixture *f)
{
	struct core *c = &f->c;
	struct user u;

	memset(f, 0, sizeof(*f));
	c->names[0] = "callcontrol";
	assert_int_equal(sa_decode(&c->addrs[0], "10.0.0.1:5060", 13), 0);
	c->naddrs = 1;
	c->limits = (struct registrar_limits){10, 3600, 600, 3600};
	memcpy(c->key, key, sizeof(key));
	assert_int_equal(users_alloc(&c->users, 10), 0);
	assert_int_equal(location_alloc(&c->loc, 10), 0);
	assert_int_equal(auth_alloc(&c->auth, "demo", c->users, key, AUTH_BOTH), 0);
	assert_int_equal(user_make(&u, "1001", "demo", "x"), 0);
	assert_int_equal(users_set(c->users, &u), 0);
	assert_int_equal(user_make(&u, "1002", "demo", "y"), 0);
	assert_int_equal(users_set(c->users, &u), 0);
}


static int setup(void **state)
{
	static struct fixture f;

	core_setup(&f);
	*state = &f;
	return 0;
}


static int teardown(void **state)
{
	struct fixture *f = *state;

	sbuf_reset(&f->d.headers);
	mem_deref(f->c.auth);
	mem_deref(f->c.loc);
	mem_deref(f->c.users);
	return 0;
}


static struct binding *bind_one(const char *contact, const char *src)
{
	struct binding *b = binding_alloc();

	assert_non_null(b);
	assert_int_equal(str_dup(&b->contact, contact), 0);
	assert_int_equal(str_dup(&b->callid, "c"), 0);
	assert_int_equal(sa_decode(&b->src, src, strlen(src)), 0);
	b->tp = SIP_TRANSP_UDP;
	b->q = 1000;
	b->expires = NOW + 100;
	return b;
}


static int store(const char *aor, const struct binding *b, const char *contact,
		 void *arg)
{
	int *left = arg;

	(void)aor;
	(void)b;
	(void)contact;
	return *left > 0 && !--*left ? ENOSPC : 0;
}


static uint16_t do_register(struct fixture *f, const char *more, uint64_t now,
			    int fail_at)
{
	struct sip_msg *msg = request("10.0.0.9:5070", "REGISTER", "sip:10.0.0.1",
				      "1001", more);
	struct registrar_reply rep;

	registrar_apply(&rep, f->c.loc, "1001", msg, now, &f->c.limits, store,
			&fail_at);
	mem_deref(msg);
	if (rep.code == 200)
		location_commit(f->c.loc);
	else
		location_rollback(f->c.loc);
	return rep.code;
}


static size_t bound(struct fixture *f, uint64_t now)
{
	struct binding *v[LOCATION_CONTACTS];

	return location_get(f->c.loc, "1001", now, v);
}


static void registrations(void **state)
{
	static const struct {
		const char *headers;
		uint64_t now;
		uint16_t code;
		size_t bound;
	} v[] = {
		{"Contact: <sip:1001@10.0.0.9>\r\nExpires: 60\r\n", 0, 200, 1},
		/* the same again is out of order: the same CSeq */
		{"Contact: <sip:1001@10.0.0.9>\r\n", 1, 500, 1},
		{"Contact: <sip:1001@10.0.0.8>;expires=20, <sip:1001@10.0.0.7>\r\n", 2, 200, 3},
		{"Contact: <sip:a@b>;expires=5\r\n", 3, 423, 3},
		{"Contact: *\r\nExpires: 60\r\n", 4, 400, 3},
		{"Contact: *, <sip:a@b>\r\nExpires: 0\r\n", 4, 400, 3},
		{"Contact: <mailto:a@b>\r\n", 5, 400, 3},
		{"Contact: <sip:a b@c>\r\n", 5, 400, 3},
		{"", 6, 200, 3},
		{"", 22, 200, 2},
		{"", 60, 200, 1},
	};

	for (size_t i = 0; i < ARRAY_SIZE(v); i++) {
		assert_int_equal(do_register(*state, v[i].headers, NOW + v[i].now, 0),
				 v[i].code);
		assert_int_equal(bound(*state, NOW + v[i].now), v[i].bound);
	}
}


static void too_many_contacts(void **state)
{
	char headers[2048] = "";
	size_t n = 0;

	for (int i = 0; i <= LOCATION_CONTACTS; i++)
		n += (size_t)snprintf(headers + n, sizeof(headers) - n,
				      "Contact: <sip:1001@10.0.0.%d>\r\n", i + 1);
	assert_int_equal(do_register(*state, headers, NOW, 0), 403);
	assert_int_equal(bound(*state, NOW), 0);
}


/* What the disk refused must not be in memory. */
static void refused_by_the_disk(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(do_register(f, "Contact: <sip:a@1.1.1.1>\r\n", NOW, 0), 200);
	assert_int_equal(do_register(f, "Contact: <sip:b@1.1.1.1>, <sip:c@1.1.1.1>\r\n",
				     NOW, 2), 500);
	assert_int_equal(bound(f, NOW), 1);
	assert_int_equal(location_count(f->c.loc), 1);
}


static unsigned expired;

static void expired_handler(const struct aor *a, const struct binding *b,
			    void *arg)
{
	(void)arg;
	assert_string_equal(a->name, "1001");
	assert_non_null(b->contact);
	expired++;
}


static void expiry(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(do_register(f, "Contact: <sip:a@1.1.1.1>;expires=10\r\n"
				     "Contact: <sip:b@1.1.1.1>;expires=20\r\n", NOW, 0), 200);
	expired = 0;
	location_expire(f->c.loc, NOW + 9, expired_handler, NULL);
	assert_int_equal(expired, 0);
	location_expire(f->c.loc, NOW + 10, expired_handler, NULL);
	assert_int_equal(expired, 1);
	location_expire(f->c.loc, NOW + 20, expired_handler, NULL);
	assert_int_equal(expired, 2);
	assert_int_equal(location_count(f->c.loc), 0);
	assert_null(location_find(f->c.loc, "1001"));
}


static void decide(struct fixture *f, struct sip_msg *msg)
{
	sbuf_reset(&f->d.headers);
	core_request(&f->c, &f->d, msg, NOW, false);
	mem_deref(msg);
}


static void answers(void **state)
{
	static const struct {
		const char *met, *uri, *more;
		uint16_t code;
	} v[] = {
		{"OPTIONS", "sip:10.0.0.1", "", 200},
		{"OPTIONS", "sip:callcontrol", "", 200},
		{"MESSAGE", "sip:10.0.0.1", "", 405},
		{"REGISTER", "sip:10.0.0.1", "", 401},
		{"REGISTER", "sip:10.0.0.1", "Require: gruu\r\n", 420},
		{"INVITE", "sip:1002@10.0.0.1", "", 407},
		{"INVITE", "sip:1002@10.0.0.1", "Max-Forwards: 0\r\n", 483},
		{"INVITE", "sip:1002@10.0.0.1", "Max-Forwards: x\r\n", 400},
		{"INVITE", "sip:1002@10.0.0.1", "Proxy-Require: a, b\r\n", 420},
		{"INVITE", "tel:1002", "", 416},
		{"INVITE", "sip:1002@10.0.0.1",
		 "Supported: timer\r\nSession-Expires: 20\r\n", 422},
		{"INVITE", "sip:1002@192.0.2.1", "", 407},
		{"INVITE", "sip:1002@10.0.0.1", "Proxy-Authorization: Digest x\r\n", 400},
		{"INVITE", "sip:1002@10.0.0.1", "Proxy-Authorization: Digest "
		 "username=\"1001\",realm=\"demo\",nonce=\"\",uri=\"\",response=\"\"\r\n", 407},
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_SIZE(v); i++) {
		decide(f, request("10.0.0.9:5070", v[i].met, v[i].uri, "1001",
				  v[i].more));
		assert_int_equal(f->d.what, CORE_REPLY);
		assert_int_equal(f->d.code, v[i].code);
	}
	decide(f, request("10.0.0.9:5070", "ACK", "sip:1002@10.0.0.1", "1001", ""));
	assert_int_equal(f->d.what, CORE_DROP);
}


static void tokens(void **state)
{
	static const char *const v[] = {"10.0.0.9:5070", "[2001:db8::1]:49152"};
	struct fixture *f = *state;
	char text[CORE_TOKEN];
	enum sip_transp tp;
	struct sa in, out;
	struct pl pl;

	for (size_t i = 0; i < ARRAY_SIZE(v); i++) {
		assert_int_equal(sa_decode(&in, v[i], strlen(v[i])), 0);
		assert_int_equal(core_token_make(&f->c, text, SIP_TRANSP_TLS, &in), 0);
		pl_set_str(&pl, text);
		assert_int_equal(core_token_parse(&f->c, &pl, &tp, &out), 0);
		assert_int_equal(tp, SIP_TRANSP_TLS);
		assert_true(sa_cmp(&in, &out, SA_ALL));
		for (size_t k = 0; k < pl.l; k++) {
			text[k] ^= 1;
			assert_int_equal(core_token_parse(&f->c, &pl, &tp, &out), EBADMSG);
			text[k] ^= 1;
		}
		pl.l--;
		assert_int_equal(core_token_parse(&f->c, &pl, &tp, &out), EBADMSG);
	}
}


/* A To tag opens no door; our Record-Route's token does. */
static void within_a_dialog(void **state)
{
	struct fixture *f = *state;
	struct binding *b = bind_one("sip:1002@10.0.0.8:5070", "10.0.0.8:5070");
	char token[CORE_TOKEN], text[1024];
	struct sa src;

	assert_int_equal(location_set(f->c.loc, "1002", b), 0);
	location_commit(f->c.loc);
	mem_deref(b);
	assert_int_equal(sa_decode(&src, "10.0.0.9:5070", 13), 0);
	assert_int_equal(core_token_make(&f->c, token, SIP_TRANSP_UDP, &src), 0);
	for (int with = 0; with < 2; with++) {
		(void)snprintf(text, sizeof(text),
			"BYE sip:1002@10.0.0.8:5070 SIP/2.0\r\n"
			"Via: SIP/2.0/UDP 10.0.0.9:5070;branch=z9hG4bK1\r\n"
			"Route: <sip:%s@10.0.0.1:5060;lr>\r\n"
			"From: <sip:1001@10.0.0.1>;tag=a\r\nTo: <sip:1002@10.0.0.1>;tag=b\r\n"
			"Call-ID: c\r\nCSeq: 2 BYE\r\nContent-Length: 0\r\n\r\n",
			with ? token : "made-up");
		decide(f, message("10.0.0.9:5070", text));
		if (!with) {
			assert_int_equal(f->d.code, 407);
			continue;
		}
		assert_int_equal(f->d.what, CORE_FORWARD);
		assert_int_equal(f->d.strip_routes, 1);
		assert_int_equal(f->d.nt, 1);
		assert_int_equal(sa_port(&f->d.t[0].dst), 5070);
	}
}


static void contains(const struct mbuf *mb, const char *s, bool yes)
{
	assert_int_equal(memmem(mb->buf, mb->end, s, strlen(s)) != NULL, yes);
}


static void passed_on(void **state)
{
	struct fixture *f = *state;
	struct mbuf *mb = mbuf_alloc(512);
	struct sip_msg *msg = message("10.0.0.7:40000",
		"INVITE sip:1002@10.0.0.1 SIP/2.0\r\n"
		"v: SIP/2.0/UDP 10.0.0.9:5070;rport;branch=z9hG4bK1\r\n"
		"Route: <sip:10.0.0.1;lr>, <sip:other;lr>\r\n"
		"From: <sip:1001@10.0.0.1>;tag=a\r\nTo: <sip:1002@10.0.0.1>\r\n"
		"Call-ID: c\r\nCSeq: 1 INVITE\r\nMax-Forwards: 7\r\n"
		"Proxy-Authorization: Digest username=\"1001\",realm=\"demo\","
		"nonce=\"n\",uri=\"u\",response=\"r\"\r\n"
		"Proxy-Authorization: Digest username=\"1001\",realm=\"far\","
		"nonce=\"n\",uri=\"u\",response=\"r\"\r\n"
		"Content-Length: 2\r\n\r\nhiXX");
	struct stimer st;
	struct msgedit me = {msg, 1, f->c.auth, &st};

	stimer_request(&st, msg);
	assert_int_equal(msgedit_request(mb, &me), 0);
	contains(mb, ";branch=z9hG4bK1;received=10.0.0.7;rport=40000\r\n", true);
	contains(mb, "Max-Forwards: 6\r\n", true);
	contains(mb, "<sip:10.0.0.1;lr>", false);
	contains(mb, "Route: <sip:other;lr>", true);
	contains(mb, "realm=\"demo\"", false);
	contains(mb, "realm=\"far\"", true);
	contains(mb, "Session-Expires: 1800\r\n", true);
	contains(mb, "Content-Length: 2\r\n\r\nhi", true);
	contains(mb, "XX", false);
	mem_deref(mb);
	mem_deref(msg);
}


static void forks(void **state)
{
	struct fork f;
	struct fork_act a;

	/* the best of 486 and 404 is told once both are there */
	fork_init(&f, 2, true, 0);
	fork_response(&f, 0, 180, 1, &a);
	assert_true(a.forward);
	fork_response(&f, 0, 486, 2, &a);
	assert_false(a.finish);
	fork_response(&f, 1, 404, 3, &a);
	assert_true(a.finish);
	assert_int_equal(a.best, 1);

	/* a 2xx goes back at once, the others are cancelled; so does a second */
	fork_init(&f, 3, true, 0);
	fork_response(&f, 1, 200, 1, &a);
	assert_true(a.forward);
	assert_int_equal(a.cancel, 5);
	fork_response(&f, 0, 487, 2, &a);
	assert_false(a.forward || a.finish);
	fork_response(&f, 2, 200, 2, &a);
	assert_true(a.forward);
	assert_int_equal(a.cancel, 0);

	/* 6xx ends it all, but only when the others have ended */
	fork_init(&f, 2, true, 0);
	fork_response(&f, 0, 603, 1, &a);
	assert_int_equal(a.cancel, 2);
	assert_false(a.finish);
	fork_response(&f, 1, 487, 2, &a);
	assert_true(a.finish);
	assert_int_equal(a.best, 0);
	(void)state;
}


static void fork_timer_c(void **state)
{
	struct fork f;
	struct fork_act a;

	fork_init(&f, 2, true, 1000);
	assert_int_equal(fork_deadline(&f), 1000 + FORK_TIMER_C_MS);
	fork_response(&f, 0, 180, 5000, &a);
	fork_tick(&f, 1000 + FORK_TIMER_C_MS, &a);
	assert_int_equal(a.cancel, 2);
	assert_false(a.finish);
	fork_tick(&f, 5000 + FORK_TIMER_C_MS, &a);
	assert_int_equal(a.cancel, 1);
	assert_false(a.finish);
	/* it was cancelled and does not even answer that */
	fork_tick(&f, 5000 + FORK_TIMER_C_MS + 32000, &a);
	assert_true(a.finish);
	assert_int_equal(a.code, 408);
	assert_int_equal(a.best, -1);
	assert_int_equal(fork_deadline(&f), 0);
	(void)state;
}


static void fork_cancelled(void **state)
{
	struct fork f;
	struct fork_act a;

	fork_init(&f, 2, true, 0);
	fork_cancel(&f, &a);
	assert_int_equal(a.cancel, 3);
	fork_response(&f, 0, 487, 1, &a);
	fork_failed(&f, 1, 408, &a);
	assert_true(a.finish);
	assert_int_equal(a.code, 487);
	(void)state;
}


static void lock(void **state)
{
	struct fixture *f = *state;
	const struct user *u;
	struct sip_msg *msg = request("10.0.0.9:5070", "REGISTER", "sip:10.0.0.1",
		"1001", "Authorization: Digest username=\"1001\",realm=\"demo\","
		"nonce=\"n\",uri=\"u\",response=\"r\"\r\n");

	for (int i = 0; i < AUTH_WRONG_MAX; i++)
		assert_int_equal(auth_check(f->c.auth, msg, false, NOW, &u), AUTH_WRONG);
	assert_int_equal(auth_check(f->c.auth, msg, false, NOW, &u), AUTH_LOCKED);
	assert_int_equal(auth_check(f->c.auth, msg, false, NOW + AUTH_LOCK_TIME, &u),
			 AUTH_WRONG);
	mem_deref(msg);
}


static void users_names(void **state)
{
	static const char *const bad[] = {"", "a b", "a@b", "\"", "\r\n", "é"};
	struct user u;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(user_make(&u, bad[i], "demo", "x"), EINVAL);
	assert_int_equal(user_make(&u, "1001", "demo", ""), EINVAL);
	(void)state;
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(registrations, setup, teardown),
		cmocka_unit_test_setup_teardown(too_many_contacts, setup, teardown),
		cmocka_unit_test_setup_teardown(refused_by_the_disk, setup, teardown),
		cmocka_unit_test_setup_teardown(expiry, setup, teardown),
		cmocka_unit_test_setup_teardown(answers, setup, teardown),
		cmocka_unit_test_setup_teardown(tokens, setup, teardown),
		cmocka_unit_test_setup_teardown(within_a_dialog, setup, teardown),
		cmocka_unit_test_setup_teardown(passed_on, setup, teardown),
		cmocka_unit_test_setup_teardown(lock, setup, teardown),
		cmocka_unit_test(forks),
		cmocka_unit_test(fork_timer_c),
		cmocka_unit_test(fork_cancelled),
		cmocka_unit_test(users_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
