#include <stdlib.h>
#include <string.h>

#include "lab/report/report.h"
#include "lab/report/report_int.h"


json_t *report_string(const char *s)
{
	json_t *o = s ? json_string(s) : json_null();
	char *copy;

	if (o)
		return o;

	/* not UTF-8: logs quote what strangers sent */
	copy = strdup(s);
	if (!copy)
		return json_null();

	for (char *p = copy; *p; p++)
		if ((unsigned char)*p >= 0x80)
			*p = '?';
	o = json_string(copy);
	free(copy);
	return o ? o : json_null();
}


const char *report_str(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s ? s : "";
}


double report_num(const json_t *o, const char *key)
{
	return json_number_value(json_object_get(o, key));
}


bool report_true(const json_t *o, const char *key)
{
	return json_is_true(json_object_get(o, key));
}


static json_t *host_json(const struct site_host *h)
{
	json_t *roles = json_array(), *addrs = json_array(), *nets = json_array();
	char buf[IP_STRLEN];

	for (size_t i = 0; i < h->nroles; i++)
		json_array_append_new(roles, report_string(h->roles[i]));
	for (size_t i = 0; i < h->naddrs; i++) {
		json_array_append_new(addrs, report_string(
				      ip_range_str(&h->addrs[i], buf)));
		if (h->networks && h->networks[i])
			json_array_append_new(nets, report_string(
					      h->networks[i]->name));
	}

	return json_pack("{s:o, s:o, s:o, s:o, s:o}", "name",
			 report_string(h->name), "roles", roles, "addresses",
			 addrs, "networks", nets, "number",
			 report_string(h->number));
}


static json_t *network_json(const struct site_network *n)
{
	json_t *prefixes = json_array();
	char buf[IP_STRLEN];

	for (size_t i = 0; i < n->nprefixes; i++)
		json_array_append_new(prefixes, report_string(
				      ip_prefix_str(&n->prefixes[i], buf)));

	return json_pack("{s:o, s:o}", "name", report_string(n->name),
			 "prefixes", prefixes);
}


static json_t *firewall_json(const struct site_firewall *f)
{
	json_t *ifaces = json_array();

	for (size_t i = 0; i < f->ninterfaces; i++) {
		json_t *nets = json_array();

		for (size_t j = 0; j < f->interfaces[i].nnetworks; j++)
			json_array_append_new(nets, report_string(
				f->interfaces[i].networks[j]->name));
		json_array_append_new(ifaces, json_pack("{s:o, s:o}", "name",
			report_string(f->interfaces[i].name), "networks", nets));
	}

	return json_pack("{s:o, s:o}", "name", report_string(f->name),
			 "interfaces", ifaces);
}


json_t *report_site(const struct report_input *in)
{
	const struct site *s = in->site;
	json_t *hosts = json_array(), *nets = json_array(), *fws = json_array();

	for (size_t i = 0; i < s->nhosts; i++)
		json_array_append_new(hosts, host_json(&s->hosts[i]));
	for (size_t i = 0; i < s->nnetworks; i++)
		json_array_append_new(nets, network_json(&s->networks[i]));
	for (size_t i = 0; i < s->nfirewalls; i++)
		json_array_append_new(fws, firewall_json(&s->firewalls[i]));

	return json_pack("{s:o, s:b, s:o, s:o, s:o}", "name",
			 report_string(s->name), "security", s->security,
			 "hosts", hosts, "networks", nets, "firewalls", fws);
}


json_t *report_counters(const char *text)
{
	json_t *out = json_object(), *doc = json_loads(text, 0, NULL), *o;
	size_t i;

	json_array_foreach(json_object_get(doc, "nftables"), i, o) {
		const json_t *c = json_object_get(o, "counter");
		const char *name = report_str(c, "name");

		if (c && name[0])
			json_object_set_new(out, name, json_pack("{s:O, s:O}",
				"packets", json_object_get(c, "packets"),
				"bytes", json_object_get(c, "bytes")));
	}

	json_decref(doc);
	return out;
}


static void capture_fields(json_t *r, const struct report_input *in)
{
	static const char *const lists[] = {"dropped", "unexplained",
					    "housekeeping", "captures"};
	static const char *const counts[] = {"dropped_packets",
		"unexplained_packets", "captured_packets", "missed_packets"};

	for (size_t i = 0; i < 4; i++) {
		json_t *v = json_object_get(in->capture, lists[i]);

		json_object_set_new(r, lists[i], v ? json_incref(v)
						   : json_array());
	}

	for (size_t i = 0; i < 4; i++)
		json_object_set_new(r, counts[i], json_integer((json_int_t)
			report_num(in->capture, counts[i])));
}


/** What the programs complained about, for the reader who wonders why */
static json_t *complaints(const struct report_input *in)
{
	json_t *out = json_array();

	for (size_t i = 0; i < in->ev->n && json_array_size(out) < 50; i++) {
		const struct event *e = &in->ev->v[i];
		const char *level = event_str(e, "level");

		if (strcmp(e->ev, "guard") &&
		    (strcmp(e->ev, "log") || (strcmp(level, "error") &&
					      strcmp(level, "warn"))))
			continue;
		json_array_append_new(out, json_pack(
			"{s:f, s:o, s:o, s:o, s:o}", "t", e->t,
			"host", report_string(e->host),
			"prog", report_string(e->prog),
			"level", report_string(strcmp(e->ev, "guard") ? level
					       : "error"),
			"msg", report_string(strcmp(e->ev, "guard")
					     ? event_str(e, "msg")
					     : "opened a socket outside the "
					       "matrix")));
	}

	return out;
}


json_t *report_make(const struct report_input *in)
{
	json_t *r = json_object();
	double begin = in->ev->n ? in->ev->v[0].t : 0;
	double end = in->ev->n ? in->ev->v[in->ev->n - 1].t : 0;

	if (!r)
		return NULL;

	json_object_set_new(r, "schema", json_integer(1));
	json_object_set_new(r, "visavis", json_string(VISAVIS_VERSION));
	json_object_set_new(r, "site", report_site(in));
	json_object_set_new(r, "site_file", report_string(in->site_file));
	json_object_set_new(r, "began", json_real(begin));
	json_object_set_new(r, "ended", json_real(end));
	json_object_set_new(r, "streams", report_streams(in, r));
	json_object_set_new(r, "ladder", report_ladder(in, r));
	json_object_set_new(r, "pictures", report_pictures(in));
	json_object_set_new(r, "rows", report_rows(in));
	capture_fields(r, in);
	json_object_set_new(r, "watched", json_boolean(in->capture != NULL));
	json_object_set_new(r, "tight", in->tight ? json_incref(in->tight)
						  : json_null());
	json_object_set_new(r, "steps", in->steps ? json_incref(in->steps)
						  : json_array());
	json_object_set_new(r, "complaints", complaints(in));
	json_object_set_new(r, "events", json_integer((json_int_t)in->ev->n));
	json_object_set_new(r, "torn_lines",
			    json_integer((json_int_t)in->ev->torn));
	report_judge(r);
	return r;
}
