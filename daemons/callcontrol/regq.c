#include <errno.h>
#include <string.h>
#include <time.h>

#include "daemons/callcontrol/regq.h"
#include "io/log.h"


enum { COMPLAIN_MS = 10000 };

struct item {
	struct sip_msg *msg;
	struct sip_strans *st;
	struct registrar_reply rep;
	char aor[LOCATION_AOR_MAX];
};

struct regq {
	struct sip *sip;
	struct core *core;
	struct db *db;
	struct net_stats *stats;
	struct tmr tmr;
	struct item v[REGQ_BATCH];
	size_t n;
	uint64_t complained;
};


static void destructor(void *arg)
{
	struct regq *q = arg;

	tmr_cancel(&q->tmr);
	for (size_t i = 0; i < q->n; i++) {
		mem_deref(q->v[i].st);
		mem_deref(q->v[i].msg);
	}
}


int regq_alloc(struct regq **qp, struct sip *sip, struct core *core,
	       struct db *db, struct net_stats *stats)
{
	struct regq *q = mem_zalloc(sizeof(*q), destructor);

	if (!q)
		return ENOMEM;
	q->sip = sip;
	q->core = core;
	q->db = db;
	q->stats = stats;
	*qp = q;
	return 0;
}


static int store_handler(const char *aor, const struct binding *b,
			 const char *contact, void *arg)
{
	return b ? db_binding_put(arg, aor, b) : db_binding_del(arg, aor, contact);
}


static void complain(struct regq *q, const char *what)
{
	q->stats->store_errors++;
	if (q->complained && tmr_jiffies() - q->complained < COMPLAIN_MS)
		return;
	q->complained = tmr_jiffies();
	log_error("registrations cannot be stored (%s): make room on the disk of "
		  "the state folder; what is stored goes on being served", what);
}


static int apply_all(struct regq *q, uint64_t now)
{
	int err = 0;

	for (size_t i = 0; i < q->n; i++) {
		struct item *it = &q->v[i];

		registrar_apply(&it->rep, q->core->loc, it->aor, it->msg, now,
				&q->core->limits, store_handler, q->db);
		if (it->rep.code == 500 && it->rep.changed)
			err = EIO;
	}
	return err;
}


static void answer(struct regq *q, struct item *it, uint64_t now)
{
	struct sbuf sb = {0};

	registrar_headers(&sb, &it->rep, q->core->loc, it->aor, it->msg, now,
			  &q->core->limits);
	(void)sip_treplyf(&it->st, NULL, q->sip, it->msg, false, it->rep.code,
			  it->rep.reason, "%sContent-Length: 0\r\n\r\n",
			  sbuf_str(&sb));
	sbuf_reset(&sb);
	if (it->rep.code == 200)
		q->stats->registered++;
	if (it->rep.code != 200 || it->rep.changed)
		log_event("register", "{s:s, s:s, s:i, s:s, s:i}", "state",
			  it->rep.code != 200 ? "failed" :
			  it->rep.expires ? "ok" : "removed", "aor", it->aor,
			  "code", (int)it->rep.code, "reason", it->rep.reason,
			  "expires", (int)it->rep.expires);
	mem_deref(it->msg);
	memset(it, 0, sizeof(*it));
}


static void fail_all(struct regq *q)
{
	location_rollback(q->core->loc);
	db_rollback(q->db);
	for (size_t i = 0; i < q->n; i++) {
		struct registrar_reply *rep = &q->v[i].rep;

		/* what was refused for its own sake stays refused */
		if (rep->code == 200 || rep->code == 500 || !rep->code)
			*rep = (struct registrar_reply){.code = 500,
				.reason = "Registration Cannot Be Stored"};
	}
}


static void flush_handler(void *arg)
{
	struct regq *q = arg;
	uint64_t now = (uint64_t)time(NULL);
	int err;

	tmr_cancel(&q->tmr);
	err = db_begin(q->db);
	if (!err)
		err = apply_all(q, now);
	if (!err)
		err = db_commit(q->db);
	if (err) {
		complain(q, db_error(q->db));
		fail_all(q);
	}
	else {
		location_commit(q->core->loc);
	}
	for (size_t i = 0; i < q->n; i++)
		answer(q, &q->v[i], now);
	q->n = 0;
}


void regq_add(struct regq *q, const struct sip_msg *msg, const char *aor)
{
	struct item *it = &q->v[q->n];

	/* from here on retransmissions are taken by the transaction */
	if (sip_strans_alloc(&it->st, q->sip, msg, NULL, NULL)) {
		(void)sip_reply(q->sip, msg, 500, "Server Internal Error");
		return;
	}
	it->msg = mem_ref((void *)(uintptr_t)msg);
	(void)str_ncpy(it->aor, aor, sizeof(it->aor));
	q->n++;
	if (q->n == REGQ_BATCH)
		flush_handler(q);
	else if (q->n == 1)
		tmr_start(&q->tmr, REGQ_DELAY_MS, flush_handler, q);
}
