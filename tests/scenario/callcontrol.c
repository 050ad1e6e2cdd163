/* Scripts against call control's state with a clock of their own: what is written after "=" must come out.
 *
 *   SECONDS register CONTACT EXPIRES = CODE     SECONDS contacts = COUNT
 *   SECONDS fork BRANCHES                       SECONDS response BRANCH CODE = ACTIONS
 *   SECONDS fail BRANCH CODE = ACTIONS          SECONDS cancel|tick = ACTIONS
 *
 * ACTIONS: "-", or of "forward", "cancel:BRANCHES" and "finish:CODE", with commas. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemons/callcontrol/fork.h"
#include "daemons/callcontrol/registrar.h"

enum { START = 1700000000 };

static struct location *loc;
static struct fork f;
static unsigned cseq;


static int store(const char *aor, const struct binding *b, const char *contact, void *arg)
{
	return 0;
}


static void do_register(char *out, size_t size, const char *contact, const char *expires, uint64_t now)
{
	static const struct registrar_limits lim = {10, 3600, 600, 3600};
	struct mbuf *mb = mbuf_alloc(1024);
	struct registrar_reply rep;
	struct sip_msg *msg;

	(void)mbuf_printf(mb, "REGISTER sip:a SIP/2.0\r\nCall-ID: c\r\nCSeq: %u REGISTER\r\n"
			  "Contact: %s\r\nExpires: %s\r\n\r\n", ++cseq, contact, expires);
	mb->pos = 0;
	if (sip_msg_decode(&msg, mb))
		abort();
	registrar_apply(&rep, loc, "1001", msg, now, &lim, store, NULL);
	location_commit(loc);
	(void)snprintf(out, size, "%u", rep.code);
	mem_deref(msg);
	mem_deref(mb);
}


static void actions(char *out, size_t size, const struct fork_act *a)
{
	size_t n = (size_t)snprintf(out, size, "%s", a->forward ? ",forward" : "");

	if (a->cancel)
		n += (size_t)snprintf(out + n, size - n, ",cancel:");
	for (unsigned i = 0; i < FORK_MAX; i++) {
		if (a->cancel & 1u << i)
			n += (size_t)snprintf(out + n, size - n, "%u", i);
	}
	if (a->finish)
		n += (size_t)snprintf(out + n, size - n, ",finish:%u", a->code);
	if (n)
		memmove(out, out + 1, n);
	else
		(void)snprintf(out, size, "-");
}


static void step(char *out, size_t size, double at, char **w)
{
	uint64_t now = START + (uint64_t)at, ms = (uint64_t)(at * 1000);
	struct binding *v[LOCATION_CONTACTS];
	struct fork_act a = {0};

	if (!strcmp(w[1], "register")) {
		do_register(out, size, w[2], w[3], now);
		return;
	}
	if (!strcmp(w[1], "contacts")) {
		location_expire(loc, now, NULL, NULL);
		(void)snprintf(out, size, "%zu", location_get(loc, "1001", now, v));
		return;
	}
	if (!strcmp(w[1], "fork"))
		fork_init(&f, (size_t)atoi(w[2]), true, ms);
	else if (!strcmp(w[1], "response"))
		fork_response(&f, (size_t)atoi(w[2]), (uint16_t)atoi(w[3]), ms, &a);
	else if (!strcmp(w[1], "fail"))
		fork_failed(&f, (size_t)atoi(w[2]), (uint16_t)atoi(w[3]), &a);
	else if (!strcmp(w[1], "cancel"))
		fork_cancel(&f, &a);
	else if (!strcmp(w[1], "tick"))
		fork_tick(&f, ms, &a);
	else
		abort();
	actions(out, size, &a);
}


/* @return the number of lines that came out otherwise */
static int run(FILE *file)
{
	char line[512], out[256];
	int n = 0, bad = 0;

	while (fgets(line, sizeof(line), file)) {
		char *w[5] = {NULL}, *want = strstr(line, " = "), *p = line;

		n++;
		line[strcspn(line, "#\r\n")] = '\0';
		if (want) {
			*want = '\0';
			want += 3 + strspn(want + 3, " ");
		}
		for (int i = 0; i < 4 && (w[i] = strtok_r(i ? NULL : line, " \t", &p)); i++)
			;
		if (!w[0])
			continue;
		step(out, sizeof(out), atof(w[0]), w);
		if (!want || !strcmp(out, want))
			continue;
		printf("# line %d: wanted %s, got %s\n", n, want, out);
		bad++;
	}
	return bad;
}


int main(int argc, char *argv[])
{
	printf("1..%d\n", argc - 1);
	for (int i = 1; i < argc; i++) {
		FILE *file = fopen(argv[i], "re");
		int bad;

		if (!file || location_alloc(&loc, 10))
			return 2;
		cseq = 0;
		bad = run(file);
		printf("%sok %d - %s\n", bad ? "not " : "", i, strrchr(argv[i], '/') + 1);
		(void)fclose(file);
		loc = mem_deref(loc);
	}
	return 0;
}
