#include <errno.h>
#include <string.h>
#include <time.h>

#include "daemons/callcontrol/calls.h"
#include "io/log.h"


enum { BUCKETS = 512, TEXT = 128 };

struct call {
	struct le he;
	struct calls *cs;
	struct tmr tmr;
	char id[TEXT];
	char from[TEXT];
	char to[TEXT];
	enum call_state state;
	bool secure;
	time_t since;
};

struct calls {
	struct hash *h;
	uint32_t n;
	uint32_t max;
	uint64_t total;
};

static const char *const state_names[] = {
	"incoming", "ringing", "established", "ended"
};


static void calls_destructor(void *arg)
{
	struct calls *cs = arg;

	hash_flush(cs->h);
	mem_deref(cs->h);
}


static void call_destructor(void *arg)
{
	struct call *c = arg;

	tmr_cancel(&c->tmr);
	hash_unlink(&c->he);
}


int calls_alloc(struct calls **cp, uint32_t max)
{
	struct calls *cs = mem_zalloc(sizeof(*cs), calls_destructor);
	int err;

	if (!cs)
		return ENOMEM;
	cs->max = max;
	err = hash_alloc(&cs->h, BUCKETS);
	if (err)
		mem_deref(cs);
	else
		*cp = cs;
	return err;
}


static void report(const struct call *c, uint16_t code, const char *reason)
{
	log_event("call", "{s:s, s:s, s:s, s:s, s:i, s:s, s:b}",
		  "state", state_names[c->state], "call_id", c->id,
		  "peer", c->to, "from", c->from, "code", (int)code,
		  "reason", reason, "secure", (int)c->secure);
}


static bool cmp(struct le *le, void *arg)
{
	const struct call *c = le->data;

	return !pl_strcmp(arg, c->id);
}


static struct call *find(const struct calls *cs, const struct pl *callid)
{
	struct pl key = *callid;

	return list_ledata(hash_lookup(cs->h, hash_joaat_pl(callid), cmp, &key));
}


/* What people sent may be anything; events are ASCII. */
static void copy(char dst[TEXT], const struct pl *pl)
{
	(void)pl_strcpy(pl, dst, TEXT);
	for (char *p = dst; *p; p++) {
		if (*p < ' ' || *p > '~')
			*p = '?';
	}
}


void calls_invite(struct calls *cs, const struct sip_msg *msg,
		  const char *callee)
{
	struct call *c;

	if (msg->callid.l >= TEXT || cs->n >= cs->max || find(cs, &msg->callid))
		return;
	c = mem_zalloc(sizeof(*c), call_destructor);
	if (!c)
		return;
	c->cs = cs;
	(void)pl_strcpy(&msg->callid, c->id, sizeof(c->id));
	copy(c->from, &msg->from.uri.user);
	(void)str_ncpy(c->to, callee, sizeof(c->to));
	c->secure = msg->tp == SIP_TRANSP_TLS;
	c->since = time(NULL);
	hash_append(cs->h, hash_joaat_pl(&msg->callid), &c->he, c);
	cs->n++;
	cs->total++;
	report(c, 0, "INVITE");
}


static void end(struct call *c, uint16_t code, const char *reason)
{
	c->state = CALL_ENDED;
	report(c, code, reason);
	c->cs->n--;
	mem_deref(c);
}


static void expired_handler(void *arg)
{
	end(arg, 408, "Session Timer Ran Out");
}


void calls_response(struct calls *cs, const struct pl *callid, uint16_t code,
		    const char *reason, uint32_t session)
{
	struct call *c = find(cs, callid);

	if (!c || code <= 100)
		return;
	if (code < 200 && c->state == CALL_INCOMING) {
		c->state = CALL_RINGING;
		report(c, code, reason);
	}
	else if (code >= 200 && code < 300) {
		/* half a minute of grace for the refresh on its way */
		if (session)
			tmr_start(&c->tmr, (uint64_t)session * 1000 + 32000,
				  expired_handler, c);
		if (c->state == CALL_ESTABLISHED)
			return;
		c->state = CALL_ESTABLISHED;
		report(c, code, reason);
	}
	else if (code >= 300 && c->state != CALL_ESTABLISHED) {
		end(c, code, reason);
	}
}


void calls_end(struct calls *cs, const struct pl *callid, uint16_t code,
	       const char *reason)
{
	struct call *c = find(cs, callid);

	if (c)
		end(c, code, reason);
}


uint32_t calls_count(const struct calls *cs)
{
	return cs->n;
}


uint64_t calls_total(const struct calls *cs)
{
	return cs->total;
}


static bool json_handler(struct le *le, void *arg)
{
	const struct call *c = le->data;

	(void)json_array_append_new(arg, json_pack("{s:s, s:s, s:s, s:s, s:b, s:I}",
		"call_id", c->id, "from", c->from, "to", c->to,
		"state", state_names[c->state], "secure", (int)c->secure,
		"seconds", (json_int_t)(time(NULL) - c->since)));
	return false;
}


json_t *calls_json(const struct calls *cs)
{
	json_t *a = json_array();

	(void)hash_apply(cs->h, json_handler, a);
	return a;
}
