/* One row of the matrix after the other: counted, logged, carried. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lab/report/report.h"
#include "lab/report/report_int.h"

enum { PORTS_TEXT = 128 };

/** What is known of one row while it is judged. */
struct row_facts {
	const struct flow_row *row;
	bool applies;		/* its condition holds and it has hosts */
	bool out_ok, in_ok;	/* an end logged success */
	bool out_any, in_any;
	bool crossed;		/* ... between ends with a firewall between */
	bool beside;		/* ... between ends with none */
	uint64_t packets, bytes;
	uint64_t seen, replies;	/* in the capture */
	json_t *ports;
	json_t *logged;
};


static bool need_has_row(const struct need *n, const struct flow_row *row)
{
	for (size_t i = 0; i < n->nrows; i++)
		if (n->rows[i] == row)
			return true;

	return false;
}


/** Do two rows share a need, so that either's name is good in a log? */
static bool same_need(const struct report_input *in, const struct flow_row *row,
		      const char *id)
{
	if (!strcmp(row->id, id))
		return true;

	for (size_t i = 0; i < in->needs->n; i++) {
		const struct need *n = &in->needs->v[i];

		for (size_t j = 0; j < n->nrows && need_has_row(n, row); j++)
			if (!strcmp(n->rows[j]->id, id))
				return true;
	}

	return false;
}


/** The row of another table that states the same flow and comes first */
static const char *first_twin(const struct report_input *in,
			      const struct flow_row *row)
{
	for (size_t i = 0; i < in->needs->n; i++)
		if (need_has_row(&in->needs->v[i], row))
			return in->needs->v[i].rows[0] == row
				? NULL : in->needs->v[i].rows[0]->id;

	return NULL;
}


static void row_counters(struct row_facts *f, const struct report_input *in)
{
	for (size_t i = 0; i < in->npolicies; i++) {
		const struct policy *p = &in->policies[i];
		json_t *fw = json_object_get(in->counters, p->firewall->name);

		for (size_t j = 0; j < p->nrules; j++) {
			json_t *c = json_object_get(fw, p->rules[j].counter);

			if (!need_has_row(p->rules[j].need, f->row))
				continue;
			f->packets += (uint64_t)json_integer_value(
				json_object_get(c, "packets"));
			f->bytes += (uint64_t)json_integer_value(
				json_object_get(c, "bytes"));
		}
	}
}


static void row_needs(struct row_facts *f, const struct report_input *in)
{
	for (size_t i = 0; i < in->needs->n; i++) {
		if (!need_has_row(&in->needs->v[i], f->row))
			continue;

		f->applies = true;
		if (in->seen) {
			f->seen += in->seen[i].packets;
			f->replies += in->seen[i].replies;
		}
	}
}


/** The port after the last colon; 0: none */
static unsigned port_of(const char *addr)
{
	const char *colon = strrchr(addr, ':');

	return colon ? (unsigned)strtoul(colon + 1, NULL, 10) : 0;
}


/** Count the event at the ports it speaks of: those of the row's "to" end */
static void ports_mark(struct row_facts *f, const struct event *ev, bool out)
{
	unsigned port = port_of(event_str(ev, out ? "peer" : "local"));
	json_t *p;
	size_t i;

	json_array_foreach(f->ports, i, p) {
		json_int_t lo = json_integer_value(json_object_get(p, "lo"));
		json_int_t hi = json_integer_value(json_object_get(p, "hi"));
		const char *key = out ? "out" : "in";

		if ((json_int_t)port >= lo && (json_int_t)port <= hi)
			json_object_set_new(p, key, json_true());
	}
}


/** An address, or "address:port", "[address]:port" */
static bool addr_of(struct ip_addr *a, const char *text)
{
	const char *colon = strrchr(text, ':');
	size_t n = colon ? (size_t)(colon - text) : strlen(text);
	char buf[IP_STRLEN];

	if (!ip_parse(a, text))
		return true;
	if (n >= 2 && text[0] == '[' && text[n - 1] == ']') {
		text++;
		n -= 2;
	}
	if (n >= sizeof(buf))
		return false;

	memcpy(buf, text, n);
	buf[n] = '\0';
	return ip_parse(a, buf) == 0;
}


/** Could a firewall have seen it? Ends that are not of the site count as far
 *  apart, so that nothing is excused by not knowing. */
static bool is_far(const struct report_input *in, const struct ip_addr *a,
		   const struct ip_addr *b)
{
	if (!site_host_by_addr(in->site, a) || !site_host_by_addr(in->site, b))
		return true;

	for (size_t i = 0; i < in->npolicies; i++)
		if (policy_crosses(&in->policies[i], a, b, NULL) ||
		    policy_crosses(&in->policies[i], b, a, NULL))
			return true;

	return false;
}


/** As is_far(), from a host that did not log by which of its addresses */
static bool is_far_host(const struct report_input *in, const char *name,
			const struct ip_addr *peer)
{
	const struct site_host *h = site_host_find(in->site, name);
	bool any = false;

	for (size_t i = 0; h && i < h->naddrs; i++) {
		if (h->addrs[i].lo.family != peer->family)
			continue;
		if (is_far(in, &h->addrs[i].lo, peer))
			return true;
		any = true;
	}

	return !any;
}


static void place_mark(struct row_facts *f, const struct report_input *in,
		       const struct event *ev)
{
	struct ip_addr local, peer;
	bool far = true;

	if (addr_of(&peer, event_str(ev, "peer")))
		far = addr_of(&local, event_str(ev, "local"))
			? is_far(in, &local, &peer)
			: is_far_host(in, ev->host, &peer);

	f->crossed |= far;
	f->beside |= !far;
}


static void logged_add(struct row_facts *f, const struct event *ev)
{
	static const char *const keys[] = {"host", "prog", "row", "dir",
					   "outcome"};
	json_t *l = NULL, *n;
	size_t i;

	json_array_foreach(f->logged, i, l) {
		bool same = true;

		for (size_t k = 0; k < 5 && same; k++) {
			const char *s = json_string_value(
				json_object_get(l, keys[k]));

			same = s && !strcmp(s, event_str(ev, keys[k]));
		}
		if (same)
			break;
	}

	if (i == json_array_size(f->logged)) {
		if (i == REPORT_LOGGED_MAX)
			return;
		l = json_object();
		for (size_t k = 0; k < 5; k++)
			json_object_set_new(l, keys[k],
					    report_string(event_str(ev, keys[k])));
		json_array_append_new(f->logged, l);
	}

	n = json_object_get(l, "count");
	json_object_set_new(l, "count", json_integer(json_integer_value(n) + 1));
}


static void row_events(struct row_facts *f, const struct report_input *in)
{
	for (size_t i = 0; i < in->ev->n; i++) {
		const struct event *ev = &in->ev->v[i];
		const char *outcome;
		bool out, ok;

		if (strcmp(ev->ev, "flow") ||
		    !same_need(in, f->row, event_str(ev, "row")))
			continue;

		outcome = event_str(ev, "outcome");
		out = !strcmp(event_str(ev, "dir"), "out");
		ok = !strcmp(outcome, "ok");
		logged_add(f, ev);
		f->out_any |= out;
		f->in_any |= !out;
		f->out_ok |= out && ok;
		f->in_ok |= !out && ok;
		if (ok) {
			ports_mark(f, ev, out);
			place_mark(f, in, ev);
		}
	}
}


static json_t *port_new(const struct site *s, const struct flow_port *p)
{
	char text[32];
	json_t *o = json_object();

	if (p->ephemeral)
		(void)snprintf(text, sizeof(text), "ephemeral");
	else if (p->lo == p->hi)
		(void)snprintf(text, sizeof(text), "%u", p->lo);
	else
		(void)snprintf(text, sizeof(text), "%u-%u", p->lo, p->hi);

	json_object_set_new(o, "port", json_string(text));
	json_object_set_new(o, "lo", json_integer(p->lo));
	json_object_set_new(o, "hi", json_integer(p->hi));
	json_object_set_new(o, "tls", json_boolean(p->tls));
	json_object_set_new(o, "when", p->when ? report_string(p->when)
					       : json_null());
	json_object_set_new(o, "applies",
			    json_boolean(site_condition(s, p->when)));
	return o;
}


/** No firewall stands between those who used it: their logs alone judge */
static bool logs_alone(const struct row_facts *f)
{
	return f->beside && !f->crossed;
}


/** The far end keeps no log of its own: answers on the wire stand for it. */
static bool far_end_ok(const struct row_facts *f)
{
	return f->in_ok || (!f->in_any && f->replies > 0);
}


static bool ports_settle(struct row_facts *f)
{
	bool carried = true;
	json_t *p;
	size_t i;

	json_array_foreach(f->ports, i, p) {
		bool applies = json_is_true(json_object_get(p, "applies"));
		bool out = json_is_true(json_object_get(p, "out"));
		bool in = json_is_true(json_object_get(p, "in")) ||
			  (!f->in_any && f->replies > 0);
		bool ok = applies && out && in &&
			  (f->packets > 0 || logs_alone(f));

		/* media: either end may open, both log "out" and "in" */
		json_object_set_new(p, "carried", json_boolean(ok));
		json_object_del(p, "out");
		json_object_del(p, "in");
		if (applies && !ok)
			carried = false;
	}

	return carried;
}


static const char *why_not_here(const struct row_facts *f,
				const struct report_input *in, char *buf,
				size_t size)
{
	const struct flow_end *ends[] = {&f->row->from, &f->row->to};

	if (!site_condition(in->site, f->row->when)) {
		(void)snprintf(buf, size, "condition \"%s\" is off here",
			       f->row->when);
		return buf;
	}

	for (size_t i = 0; i < 2; i++) {
		bool found = false;

		for (size_t j = 0; j < ends[i]->nroles && !found; j++)
			found = !strcmp(ends[i]->roles[j], FLOW_ROLE_ANY) ||
				site_host_by_role(in->site, ends[i]->roles[j]);
		if (!found && ends[i]->nroles) {
			(void)snprintf(buf, size, "no %s in this site",
				       ends[i]->roles[0]);
			return buf;
		}
	}

	return "no such flow in this site";
}


/** Why is it not carried? */
static const char *why_not(const struct row_facts *f,
			   const struct report_input *in, char *buf,
			   size_t size)
{
	if (f->row->transport == FLOW_L2)
		return f->out_any || f->in_any ? "one end only"
			: "link layer, no program of this lab speaks it yet";
	if (!f->applies)
		return why_not_here(f, in, buf, size);
	if (!f->out_any && !f->in_any)
		return "no program of this lab opens it yet";
	if (!f->packets && !logs_alone(f))
		return "no packet crossed a firewall";
	if (!f->out_ok)
		return f->out_any ? "the opener logged no success"
				  : "the opener logged nothing";
	if (logs_alone(f) && !f->in_any)
		return REPORT_BESIDE ", and the far end keeps no log";
	if (!far_end_ok(f))
		return f->in_any ? "the far end logged no success"
				 : "the far end logged nothing";

	return "not every port of it was used";
}


static json_t *end_json(const struct flow_end *e)
{
	char ports[PORTS_TEXT];
	json_t *roles = json_array();

	for (size_t i = 0; i < e->nroles; i++)
		json_array_append_new(roles, report_string(e->roles[i]));

	return json_pack("{s:o, s:s}", "roles", roles, "ports",
			 flow_ports_str(e, ports, sizeof(ports)));
}


static bool row_carried(struct row_facts *f)
{
	bool ports = ports_settle(f);

	if (f->row->transport == FLOW_L2)
		return f->out_ok && f->in_ok;

	return f->applies && (f->packets || logs_alone(f)) && f->out_ok &&
	       far_end_ok(f) && ports;
}


/** A port of another condition (the one without TLS, ...) stays untried */
static const char *partly(const struct row_facts *f)
{
	json_t *p;
	size_t i;

	if (logs_alone(f))
		return REPORT_BESIDE;

	json_array_foreach(f->ports, i, p)
		if (!json_is_true(json_object_get(p, "applies")))
			return "on the ports that this site uses; the others "
			       "belong to another condition";

	return NULL;
}


static json_t *row_json(struct row_facts *f, const struct report_input *in)
{
	const struct flow_row *r = f->row;
	char buf[160];
	bool carried = row_carried(f);
	const char *reason = carried ? partly(f)
				     : why_not(f, in, buf, sizeof(buf));
	json_t *o = json_object();

	json_object_set_new(o, "id", report_string(r->id));
	json_object_set_new(o, "same_as", report_string(first_twin(in, r)));
	json_object_set_new(o, "table", report_string(r->table));
	json_object_set_new(o, "protocol", report_string(r->protocol));
	json_object_set_new(o, "transport",
			    json_string(flow_transport_name(r->transport)));
	json_object_set_new(o, "from", end_json(&r->from));
	json_object_set_new(o, "to", end_json(&r->to));
	json_object_set_new(o, "when", report_string(r->when));
	json_object_set_new(o, "purpose", report_string(r->purpose));
	json_object_set_new(o, "applies", json_boolean(f->applies));
	json_object_set_new(o, "carried", json_boolean(carried));
	json_object_set_new(o, "beside", json_boolean(logs_alone(f)));
	json_object_set_new(o, "judged", json_boolean(carried ||
			    !(logs_alone(f) && f->out_ok && !f->in_any)));
	json_object_set_new(o, "reason", report_string(reason));
	json_object_set_new(o, "packets", json_integer((json_int_t)f->packets));
	json_object_set_new(o, "bytes", json_integer((json_int_t)f->bytes));
	json_object_set_new(o, "seen", json_integer((json_int_t)f->seen));
	json_object_set_new(o, "replies", json_integer((json_int_t)f->replies));
	json_object_set(o, "ports", f->ports);
	json_object_set(o, "logged", f->logged);
	return o;
}


static json_t *row_make(const struct report_input *in,
			const struct flow_row *row)
{
	struct row_facts f = {.row = row, .ports = json_array(),
			      .logged = json_array()};
	json_t *o;

	for (size_t i = 0; i < row->to.nports; i++)
		json_array_append_new(f.ports, port_new(in->site,
							&row->to.ports[i]));

	row_needs(&f, in);
	row_counters(&f, in);
	row_events(&f, in);
	o = row_json(&f, in);
	json_decref(f.ports);
	json_decref(f.logged);
	return o;
}


json_t *report_rows(const struct report_input *in)
{
	json_t *rows = json_array();

	for (size_t i = 0; i < in->site->nmatrices; i++)
		for (size_t j = 0; j < in->site->matrices[i].nrows; j++)
			json_array_append_new(rows,
				row_make(in, &in->site->matrices[i].rows[j]));

	return rows;
}
