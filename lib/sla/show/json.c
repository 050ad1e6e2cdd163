/* All figures for programs; times in ms with all their digits. */
#include "lib/base/jsonw.h"
#include "lib/sla/mib.h"
#include "lib/sla/show/show_int.h"

enum { NS_OF_MS = 6 };


static void put_series(struct jsonw *w, const char *key, const struct sla_series *s)
{
	const struct {
		const char *name;
		int64_t v;
	} rows[] = {
		{"min", s->s.min}, {"mean", sla_sums_mean(&s->s)}, {"max", s->s.max},
		{"deviation", sla_sums_deviation(&s->s)},
		{"p50", s->p50}, {"p90", s->p90}, {"p95", s->p95}, {"p99", s->p99},
	};

	jsonw_object_open(w, key);
	jsonw_uint(w, "n", (unsigned long)s->s.n);
	for (size_t i = 0; s->s.n && i < sizeof(rows) / sizeof(rows[0]); i++)
		jsonw_fixed(w, rows[i].name, rows[i].v, NS_OF_MS);
	jsonw_close(w);
}


static long long fit64(sla_uint128 v)
{
	return v > INT64_MAX ? INT64_MAX : (long long)v;
}


/* Positive or negative differences; squares in ms by ms, six digits. */
static void put_half(struct jsonw *w, const char *key, const struct sla_sums *s)
{
	jsonw_object_open(w, key);
	jsonw_uint(w, "n", (unsigned long)s->n);
	jsonw_fixed(w, "sum", fit64((sla_uint128)s->sum), NS_OF_MS);
	jsonw_fixed(w, "sum_squares", fit64((s->sum2 + 500000) / 1000000), 6);
	jsonw_fixed(w, "min", s->min, NS_OF_MS);
	jsonw_fixed(w, "max", s->max, NS_OF_MS);
	jsonw_close(w);
}


static void put_rfc3550(struct jsonw *w, const struct sla_figures *f)
{
	jsonw_object_open(w, "rfc3550");
	jsonw_fixed(w, "forward", f->jitter_forward.rfc3550, NS_OF_MS);
	jsonw_fixed(w, "forward_max", f->jitter_forward.rfc3550_max, NS_OF_MS);
	jsonw_fixed(w, "back", f->jitter_back.rfc3550, NS_OF_MS);
	jsonw_fixed(w, "back_max", f->jitter_back.rfc3550_max, NS_OF_MS);
	jsonw_close(w);
}


static void put_pictures(struct jsonw *w, const struct sla_figures *f)
{
	jsonw_object_open(w, "pictures");
	jsonw_uint(w, "sent", (unsigned long)f->pictures);
	jsonw_uint(w, "whole", (unsigned long)f->pictures_whole);
	jsonw_object_open(w, "jitter_ms");
	put_series(w, "forward", &f->picture_forward);
	put_series(w, "back", &f->picture_back);
	jsonw_close(w);
	jsonw_close(w);
}


static void put_delays(struct jsonw *w, const struct sla_figures *f)
{
	put_series(w, "rtt_ms", &f->rtt);
	if (f->one_way) {
		put_series(w, "forward_ms", &f->forward);
		put_series(w, "back_ms", &f->back);
		jsonw_fixed(w, "one_way_error_ms", f->one_way_error, NS_OF_MS);
	}
	else {
		jsonw_null(w, "forward_ms");
		jsonw_null(w, "back_ms");
		jsonw_null(w, "one_way_error_ms");
	}
	jsonw_object_open(w, "jitter_ms");
	put_series(w, "forward", &f->jitter_forward.all);
	put_series(w, "back", &f->jitter_back.all);
	put_half(w, "forward_positive", &f->jitter_forward.positive);
	put_half(w, "forward_negative", &f->jitter_forward.negative);
	put_half(w, "back_positive", &f->jitter_back.positive);
	put_half(w, "back_negative", &f->jitter_back.negative);
	put_rfc3550(w, f);
	jsonw_close(w);
	if (f->pictures)
		put_pictures(w, f);
}


static void put_loss(struct jsonw *w, const char *key, const struct sla_loss *l)
{
	unsigned last = SLA_RUNS;

	while (last && !l->length[last - 1])
		last--;
	jsonw_object_open(w, key);
	jsonw_uint(w, "runs", (unsigned long)l->runs);
	jsonw_uint(w, "longest", l->longest);
	jsonw_fixed(w, "mean", l->runs ? (long long)((l->lost * 1000 + l->runs / 2) / l->runs) : 0, 3);
	jsonw_list_open(w, "by_length");
	for (unsigned i = 0; i < last; i++)
		jsonw_uint(w, NULL, (unsigned long)l->length[i]);
	jsonw_close(w);
	jsonw_close(w);
}


static void put_counts(struct jsonw *w, const struct sla_figures *f)
{
	const struct {
		const char *name;
		uint64_t v;
	} rows[] = {
		{"sent", f->sent}, {"answered", f->answered}, {"lost", f->loss.lost},
		{"lost_forward", f->loss_forward.lost}, {"lost_back", f->loss_back.lost},
		{"lost_unknown", f->lost_unknown}, {"late", f->late},
		{"out_of_order", f->order.n}, {"out_of_order_forward", f->order_forward.n},
		{"out_of_order_back", f->order_back.n}, {"reorder_extent_max", f->order.extent_max},
		{"duplicate", f->duplicate}, {"duplicate_forward", f->duplicate_forward},
		{"duplicate_back", f->duplicate_back}, {"bytes", f->bytes},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		jsonw_uint(w, rows[i].name, (unsigned long)rows[i].v);
	jsonw_object_open(w, "loss_runs");
	put_loss(w, "all", &f->loss);
	put_loss(w, "forward", &f->loss_forward);
	put_loss(w, "back", &f->loss_back);
	jsonw_close(w);
}


static void put_dscp(struct jsonw *w, const char *key, uint8_t dscp)
{
	if (dscp == SLA_DSCP_UNKNOWN)
		jsonw_null(w, key);
	else
		jsonw_uint(w, key, dscp);
}


static void put_marks(struct jsonw *w, const struct sla_figures *f)
{
	jsonw_object_open(w, "dscp");
	put_dscp(w, "far", f->dscp_far);
	put_dscp(w, "near", f->dscp_near);
	jsonw_uint(w, "changed_far", (unsigned long)f->remarked_far);
	jsonw_uint(w, "changed_near", (unsigned long)f->remarked_near);
	jsonw_close(w);
}


static void put_voice(struct jsonw *w, const struct sla_voice *v, const char *codec,
		      const struct sla_figures *f, unsigned advantage)
{
	struct sla_voice as;

	if (v->known) {
		jsonw_fixed(w, "mos", v->mos100, 2);
		jsonw_uint(w, "icpif", v->icpif);
	}
	else {
		jsonw_null(w, "mos");
		jsonw_null(w, "icpif");
		jsonw_str(w, "mos_why", v->why);
	}
	jsonw_str(w, "codec", codec);
	sla_voice_get(&as, f, "g711", advantage);
	if (as.known)
		jsonw_fixed(w, "mos_as_g711", as.mos100, 2);
	else
		jsonw_null(w, "mos_as_g711");
}


static void put_mib(struct jsonw *w, const struct sla_show *sh)
{
	struct sla_mib m;

	sla_mib_get(&m, &sh->total, &sh->voice);
	jsonw_object_open(w, "ipsla");
	for (unsigned i = 0; i < SLA_MIB_VALUES; i++)
		jsonw_uint(w, sla_mib_objects[i].name, (unsigned long)m.v[i]);
	jsonw_close(w);
}


static void put_clock(struct jsonw *w, const char *key, const struct sla_clock *c)
{
	if (c->known)
		jsonw_fixed(w, key, c->error_ns, NS_OF_MS);
	else
		jsonw_null(w, key);
}


static void put_gap(struct jsonw *w, const char *key, const struct sla_stamp_gap *g)
{
	if (!g->n) {
		jsonw_null(w, key);
		return;
	}
	jsonw_object_open(w, key);
	jsonw_uint(w, "n", (unsigned long)g->n);
	jsonw_fixed(w, "mean", g->sum_ns / (int64_t)g->n, NS_OF_MS);
	jsonw_fixed(w, "max", g->max_ns, NS_OF_MS);
	jsonw_close(w);
}


static void put_run(struct jsonw *w, const struct sla_run *run)
{
	struct sbuf at = {0};

	show_time(&at, run->start_ns);
	jsonw_str(w, "from", run->from);
	jsonw_str(w, "to", run->to);
	jsonw_str(w, "start", sbuf_str(&at));
	jsonw_fixed(w, "duration_s", show_duration(run), 9);
	jsonw_str(w, "stop", sla_stop_name(run->stop));
	jsonw_str(w, "why", run->why);
	put_clock(w, "clock_near_ms", &run->near);
	put_clock(w, "clock_far_ms", &run->far);
	jsonw_uint(w, "clock_steps", run->steps);
	put_gap(w, "stamp_gap_send_ms", &run->gap_tx);
	put_gap(w, "stamp_gap_receive_ms", &run->gap_rx);
	sbuf_reset(&at);
}


static void put_value(struct jsonw *w, const char *key, const struct sla_target *t, int64_t v)
{
	/* packets of a million in per cent */
	jsonw_fixed(w, key, v, t->unit[0] == '%' ? 4 : NS_OF_MS);
}


static void put_check(struct jsonw *w, const struct sla_verdict *v, enum sla_target_id id,
		      enum sla_way way)
{
	const struct sla_check *c = &v->checks[id][way];
	const struct sla_target *t = &sla_targets[id];
	struct sbuf text = {0};

	sla_check_print(&text, v, id, way);
	jsonw_object_open(w, NULL);
	jsonw_str(w, "target", t->key);
	jsonw_str(w, "way", sla_way_name(way));
	jsonw_str(w, "answer", sla_answer_name(c->answer));
	put_value(w, "limit", t, t->limit);
	if (c->measured) {
		put_value(w, "value", t, c->value);
		put_value(w, "error", t, c->error);
		if (c->value > t->limit)
			put_value(w, "over_by", t, c->value - t->limit);
	}
	if (c->needed)
		jsonw_uint(w, "packets_needed", (unsigned long)c->needed);
	jsonw_str(w, "text", sbuf_str(&text));
	jsonw_close(w);
	sbuf_reset(&text);
}


static void put_verdict(struct jsonw *w, const struct sla_verdict *v)
{
	jsonw_str(w, "verdict", sla_answer_name(v->answer));
	jsonw_array_open(w, "checks");
	for (unsigned t = 0; t < SLA_TARGETS; t++)
		for (unsigned way = 0; way < SLA_WAYS; way++)
			if (!v->checks[t][way].absent)
				put_check(w, v, (enum sla_target_id)t, (enum sla_way)way);
	jsonw_close(w);
}


static void put_profiles(struct jsonw *w, const struct sla_run *run)
{
	jsonw_list_open(w, "profiles");
	for (size_t i = 0; i < run->nstreams; i++)
		if (show_new_profile(run, i))
			jsonw_str(w, NULL, run->streams[i].profile);
	jsonw_close(w);
}


void show_json(struct sbuf *sb, const struct sla_show *sh)
{
	struct jsonw w = { .sb = sb };

	jsonw_object_open(&w, NULL);
	put_run(&w, sh->run);
	put_profiles(&w, sh->run);
	put_verdict(&w, &sh->verdict);
	put_counts(&w, &sh->total);
	put_delays(&w, &sh->total);
	put_voice(&w, &sh->voice, sh->codec, &sh->total, sh->advantage);
	put_marks(&w, &sh->total);
	put_mib(&w, sh);
	jsonw_array_open(&w, "streams");
	for (size_t i = 0; i < sh->run->nstreams; i++) {
		const struct sla_stream *st = &sh->run->streams[i];

		jsonw_object_open(&w, NULL);
		jsonw_str(&w, "name", st->name);
		jsonw_str(&w, "kind", sla_kind_name(st->kind));
		jsonw_uint(&w, "dscp_asked", st->dscp);
		if (st->pictures) {
			jsonw_uint(&w, "packets_a_second", st->pps);
			jsonw_uint(&w, "pictures_a_second", st->pictures);
		}
		put_counts(&w, &sh->streams[i]);
		put_delays(&w, &sh->streams[i]);
		put_voice(&w, &sh->voices[i], st->codec, &sh->streams[i], sh->advantage);
		put_marks(&w, &sh->streams[i]);
		jsonw_close(&w);
	}
	jsonw_close(&w);
	jsonw_close(&w);
}
