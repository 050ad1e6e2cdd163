#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "io/sipbad.h"

#define HEAD "Via: SIP/2.0/UDP 192.0.2.1;branch=z9\r\nFrom: <sip:a>;tag=1\r\nTo: <sip:b>\r\nCall-ID: c\r\n"


static int reply(char *buf, size_t size, const char *s)
{
	size_t len = 0;
	int err = sipbad_reply(buf, size - 1, &len, s, strlen(s));

	buf[err ? 0 : len] = '\0';
	return err;
}


static void answers(void **state)
{
	char buf[512];

	(void)state;
	assert_int_equal(reply(buf, sizeof(buf), "OPTIONS sip:x SIP/2.0\r\n" HEAD "X: y\r\nCSeq: x OPTIONS\r\n\r\nbody"), 0);
	assert_string_equal(buf, "SIP/2.0 400 Bad Request\r\n" HEAD "CSeq: x OPTIONS\r\nContent-Length: 0\r\n\r\n");
	/* compact names, a space before the colon, no end, bare line feeds */
	assert_int_equal(reply(buf, sizeof(buf), "X sip:x SIP/2.0\nv : 1\nf:2\nt:3\ni:4\ncseq:5\nVia: 6\nt:7\n"), 0);
	assert_string_equal(buf, "SIP/2.0 400 Bad Request\r\nv : 1\r\nf:2\r\nt:3\r\ni:4\r\ncseq:5\r\nVia: 6\r\n"
			    "Content-Length: 0\r\n\r\n");
}


static void silent(void **state)
{
	static const char *const none[] = {
		"", "\r\n\r\n", "OPTIONS", "SIP/2.0 200 OK\r\n" HEAD "CSeq: 1 OPTIONS\r\n\r\n",
		"ACK sip:x SIP/2.0\r\n" HEAD "CSeq: 1 ACK\r\n\r\n", "OPTIONS sip:x SIP/2.0\r\n" HEAD "\r\nCSeq: 1 OPTIONS\r\n",
		"OPTIONS sip:x SIP/3.0\r\n" HEAD "CSeq: 1 OPTIONS\r\n\r\n", " SIP/2.0\r\n" HEAD "CSeq: 1 X\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "OPTIONS sip:x SIP/2.0\r\n" HEAD "CSeq: 1\x01 OPTIONS\r\n\r\n",
	};
	char buf[512];

	(void)state;
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		assert_int_equal(reply(buf, sizeof(buf), none[i]), EBADMSG);
}


static void no_room(void **state)
{
	static const char s[] = "OPTIONS sip:x SIP/2.0\r\n" HEAD "CSeq: x OPTIONS\r\n\r\n";
	char buf[512];
	size_t len = 0, need;

	(void)state;
	assert_int_equal(sipbad_reply(buf, sizeof(buf), &need, s, strlen(s)), 0);
	assert_true(need <= strlen(s) + 64);
	for (size_t i = 0; i < need; i++)
		assert_int_equal(sipbad_reply(buf, i, &len, s, strlen(s)), EOVERFLOW);
	assert_int_equal(sipbad_reply(buf, need, &len, s, strlen(s)), 0);
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers),
		cmocka_unit_test(silent),
		cmocka_unit_test(no_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
