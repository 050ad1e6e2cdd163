/* A request through every decision of call control, its copy, and as a REGISTER of an authenticated user. */
#include "daemons/callcontrol/core.h"
#include "daemons/callcontrol/msgedit.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
static struct core core = {.limits = {10, 3600, 600, 3600}};
static struct core_decision d;
static int store(const char *aor, const struct binding *b, const char *contact, void *arg) { return 0; }

static void use(const struct sip_msg *msg, struct mbuf *out)
{
	struct msgedit me = {msg, 1, core.auth, &d.stimer};
	struct registrar_reply rep;

	core_request(&core, &d, msg, 1000, false);
	registrar_apply(&rep, core.loc, "1001", msg, 1000, &core.limits, store, NULL);
	registrar_headers(&d.headers, &rep, core.loc, "1001", msg, 1000, &core.limits);
	(void)msgedit_request(out, &me);
	(void)msgedit_response(out, msg, 90);
	(void)location_remove(core.loc, "1001", NULL);
	location_commit(core.loc);
	sbuf_reset(&d.headers);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t key[DIGEST_KEY];
	struct mbuf *mb = mbuf_alloc(size + 1), *out = mbuf_alloc(256);
	struct sip_msg *msg = NULL;

	if (!core.loc && (sa_set_str(&core.addrs[core.naddrs++], "10.0.0.1", 5060) || users_alloc(&core.users, 10) ||
			  location_alloc(&core.loc, 10) || auth_alloc(&core.auth, "demo", core.users, key, AUTH_BOTH)))
		__builtin_trap();
	if (!mbuf_write_mem(mb, data, size) && (mb->pos = 0, !sip_msg_decode(&msg, mb)))
		use(msg, out);
	mem_deref(msg);
	mem_deref(mb);
	mem_deref(out);
	return 0;
}
