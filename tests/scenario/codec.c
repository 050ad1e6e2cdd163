/* Scripts against what a room decides, with a clock of their own: what is written after "=" must come out.
 *
 *   SECONDS dial|answer|reject|hangup|cancel|bye = ACTIONS
 *   SECONDS invite [busy] [dnd] [dead] = ACTIONS, or the code of the refusal
 *   SECONDS response CODE [MIN-SE] = ACTIONS       to our INVITE
 *   SECONDS timer EXPIRES uac|uas|- = we|they:SECONDS      as the far end's 2xx says
 *   SECONDS change = -                             we send a re-INVITE
 *   SECONDS changed CODE = ACTIONS                 and its answer comes
 *   SECONDS comes invite|update [offer] [unacked] = CODE   one of the far end's; 0: taken
 *   SECONDS media died|back = ACTIONS              SECONDS ears BITS, silent BITS = ACTIONS
 *   SECONDS register CODE [SECONDS] [unusable] = ok|again|wait
 *   SECONDS tick = what the clock makes happen
 *
 * ACTIONS: "-", or names of what is to be done with commas. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemons/codec/core.h"

enum clock { PATIENCE = 0, SESSION, CHANGE, MEDIA, SILENCE, REGISTER, CLOCKS };

static struct room {
	enum call_state st;
	struct core_tries tries;
	struct core_timer se;
	struct core_reg reg;
	uint64_t at[CLOCKS];	/* ms; 0: not set */
	bool outgoing;
	bool changing;
	unsigned ears;
	uint64_t now;
} r;


static void say(char *out, size_t size, const char *word)
{
	size_t n = strlen(out);

	(void)snprintf(out + n, size - n, "%s%s", n ? "," : "", word);
}


static void set(enum clock c, uint32_t ms)
{
	r.at[c] = ms ? r.now + ms : 0;
}


static void happen(char *out, size_t size, enum call_event ev)
{
	static const char *const names[] = {"invite", "ring", "accept", "ack", "media", "cancel", "refuse",
					    "bye", "ok", "stop"};
	unsigned todo = core_call_event(&r.st, ev);

	if (todo & DO_ILLEGAL) {
		say(out, size, "illegal");
		return;
	}
	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (todo & 1u << i)
			say(out, size, names[i]);
	if (ev != EV_PROGRESS)
		set(PATIENCE, core_patience_ms(r.st));
	if (r.st == CALL_ENDED)
		for (int i = 0; i < REGISTER; i++)
			r.at[i] = 0;
}


static bool has(char **w, const char *word)
{
	for (int i = 2; i < 6 && w[i]; i++)
		if (!strcmp(w[i], word))
			return true;
	return false;
}


static void do_event(char *out, size_t size, char **w)
{
	static const struct { const char *word; enum call_event ev; } v[] = {
		{"dial", EV_DIAL}, {"answer", EV_ANSWER}, {"reject", EV_REJECT},
		{"hangup", EV_HANGUP}, {"cancel", EV_CANCEL}, {"bye", EV_BYE},
	};

	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		if (strcmp(v[i].word, w[1]))
			continue;
		if (v[i].ev == EV_DIAL)
			r = (struct room){ .now = r.now, .reg = r.reg, .outgoing = true };
		happen(out, size, v[i].ev);
	}
}


static void do_invite(char *out, size_t size, char **w)
{
	const char *reason;
	unsigned code = core_call_came(&reason, has(w, "busy"), has(w, "dnd"), !has(w, "dead"));

	if (code) {
		(void)snprintf(out, size, "%u", code);
		return;
	}
	r = (struct room){ .now = r.now, .reg = r.reg };
	happen(out, size, EV_INVITE);
}


static void next(char *out, size_t size, enum core_next n)
{
	static const char *const names[] = {
		[NEXT_LOGIN] = "login", [NEXT_NOW] = "again", [NEXT_LATER] = "later", [NEXT_LEAVE] = "leave",
	};

	if (n < sizeof(names) / sizeof(names[0]) && names[n])
		say(out, size, names[n]);
}


static void do_response(char *out, size_t size, char **w)
{
	unsigned code = (unsigned)atoi(w[2]);
	enum core_next n = NEXT_GIVE_UP;

	if (code < 300) {
		happen(out, size, code < 200 ? EV_PROGRESS : EV_ACCEPTED);
		return;
	}
	if (r.st != CALL_ENDED)
		n = core_invite_refused(&r.tries, code, w[3] ? (uint32_t)atoi(w[3]) : 0);
	next(out, size, n);
	if (n == NEXT_GIVE_UP)
		happen(out, size, EV_REFUSED);
}


static void do_timer(char *out, size_t size, char **w)
{
	const struct core_timer_hdrs h = {
		.expires = (uint32_t)atoi(w[2]), .supported = true,
		.refresher = !strcmp(w[3], "uac") ? 1 : !strcmp(w[3], "uas") ? 2 : 0,
	};

	core_timer_accept(&r.se, &h);
	set(SESSION, r.se.interval ? core_timer_ms(&r.se) : 0);
	(void)snprintf(out, size, "%s:%u", r.se.we_refresh ? "we" : "they", core_timer_ms(&r.se) / 1000);
}


static void do_changed(char *out, size_t size, char **w)
{
	unsigned code = (unsigned)atoi(w[2]);
	uint32_t ms = 0;
	enum core_next n;

	r.changing = false;
	if (code >= 200 && code < 300) {
		r.tries.n = 0;
		set(SESSION, r.se.interval ? core_timer_ms(&r.se) : 0);
		return;
	}
	n = core_change_refused(&r.tries, code, r.outgoing, 0, &ms);
	next(out, size, n);
	if (n == NEXT_LATER)
		r.at[CHANGE] = r.now + ms;
	if (n == NEXT_END)
		happen(out, size, EV_HANGUP);
}


static void do_comes(char *out, size_t size, char **w)
{
	const struct core_change c = {
		.state = r.st, .update = !strcmp(w[2], "update"), .offer = has(w, "offer"),
		.ours = r.changing, .unacked = has(w, "unacked"),
	};

	(void)snprintf(out, size, "%u", core_change_came(&c));
}


static void do_register(char *out, size_t size, char **w)
{
	unsigned code = (unsigned)atoi(w[2]);
	uint32_t s = w[3] ? (uint32_t)atoi(w[3]) : 0, ms;
	const struct core_reg_answer a = {
		.code = code, .granted = s, .min_expires = s, .usable = !has(w, "unusable"),
	};

	if (!r.reg.expires)
		r.reg.expires = 600;
	ms = core_reg_answered(&r.reg, &a, 0);
	set(REGISTER, ms);
	say(out, size, !ms ? "again" : r.reg.ok ? "ok" : "wait");
}


static void fire(char *out, size_t size, enum clock c)
{
	static const char *const names[CLOCKS] = {
		[CHANGE] = "change", [MEDIA] = "media", [SILENCE] = "silence", [REGISTER] = "register",
	};

	r.at[c] = 0;
	if (names[c])
		say(out, size, names[c]);
	if (c == SESSION && r.se.we_refresh)
		say(out, size, "refresh");
	else if (c == PATIENCE && r.st == CALL_INCOMING)
		happen(out, size, EV_CANCEL);
	else if (c != REGISTER && c != CHANGE)
		happen(out, size, EV_HANGUP);
}


static void do_rest(char *out, size_t size, char **w)
{
	if (!strcmp(w[1], "tick")) {
		for (int i = 0; i < CLOCKS; i++)
			if (r.at[i] && r.at[i] <= r.now)
				fire(out, size, (enum clock)i);
	}
	else if (!strcmp(w[1], "media")) {
		set(MEDIA, !strcmp(w[2], "died") ? CORE_MEDIA_MS : 0);
	}
	else if (!strcmp(w[1], "ears")) {
		r.ears = (unsigned)atoi(w[2]);
	}
	else if (!strcmp(w[1], "silent")) {
		bool lost = core_far_end_lost(r.ears, (unsigned)atoi(w[2]));

		if (!lost || !r.at[SILENCE])
			set(SILENCE, lost ? CORE_SILENCE_MS : 0);
	}
	else if (!strcmp(w[1], "change")) {
		r.changing = true;
	}
	else {
		abort();
	}
}


static const struct {
	const char *word;
	void (*h)(char *out, size_t size, char **w);
	int args;
} verbs[] = {
	{"dial", do_event, 0}, {"answer", do_event, 0}, {"reject", do_event, 0}, {"hangup", do_event, 0},
	{"cancel", do_event, 0}, {"bye", do_event, 0}, {"invite", do_invite, 0},
	{"response", do_response, 1}, {"timer", do_timer, 2}, {"changed", do_changed, 1},
	{"comes", do_comes, 1}, {"register", do_register, 1}, {"tick", do_rest, 0},
	{"media", do_rest, 1}, {"ears", do_rest, 1}, {"silent", do_rest, 1}, {"change", do_rest, 0},
};


static void step(char *out, size_t size, char **w)
{
	out[0] = '\0';
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		if (strcmp(verbs[i].word, w[1]))
			continue;
		if (verbs[i].args && !w[1 + verbs[i].args])
			abort();
		verbs[i].h(out, size, w);
		if (!out[0])
			say(out, size, "-");
		return;
	}
	abort();
}


/* @return the number of lines that came out otherwise */
static int run(FILE *file)
{
	char line[512], out[256];
	int n = 0, bad = 0;

	while (fgets(line, sizeof(line), file)) {
		char *w[7] = {NULL}, *want = strstr(line, " = "), *p = line;

		n++;
		line[strcspn(line, "#\r\n")] = '\0';
		if (want) {
			*want = '\0';
			want += 3 + strspn(want + 3, " ");
		}
		for (int i = 0; i < 6 && (w[i] = strtok_r(i ? NULL : line, " \t", &p)); i++)
			;
		if (!w[0] || !w[1])
			continue;
		r.now = (uint64_t)(atof(w[0]) * 1000 + 0.5);
		step(out, sizeof(out), w);
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

		if (!file)
			return 2;
		memset(&r, 0, sizeof(r));
		bad = run(file);
		printf("%sok %d - %s\n", bad ? "not " : "", i, strrchr(argv[i], '/') + 1);
		(void)fclose(file);
	}
	return 0;
}
