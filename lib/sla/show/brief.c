/* The few figures that a status or a log has room for, as JSON. */
#include "lib/base/jsonw.h"
#include "lib/sla/show/show_int.h"

enum { NS_OF_MS = 6, NS_OF_US = 3 };


/* What is not known is null. */
static void put_ms(struct jsonw *w, const char *key, bool known, int64_t ns)
{
	if (known)
		jsonw_fixed(w, key, ns, NS_OF_MS);
	else
		jsonw_null(w, key);
}


static void put_counts(struct jsonw *w, const struct sla_figures *f)
{
	jsonw_uint(w, "sent", (unsigned long)f->sent);
	jsonw_uint(w, "answered", (unsigned long)f->answered);
	jsonw_uint(w, "lost_forward", (unsigned long)f->loss_forward.lost);
	jsonw_uint(w, "lost_back", (unsigned long)f->loss_back.lost);
	jsonw_uint(w, "lost_unknown", (unsigned long)f->lost_unknown);
	jsonw_uint(w, "late", (unsigned long)f->late);
	jsonw_uint(w, "out_of_order", (unsigned long)f->order.n);
	jsonw_uint(w, "duplicate", (unsigned long)f->duplicate);
}


static void put_times(struct jsonw *w, const struct sla_figures *f)
{
	const struct sla_series *there = &f->jitter_forward.all, *back = &f->jitter_back.all;

	put_ms(w, "rtt_min_ms", f->rtt.s.n, f->rtt.s.min);
	put_ms(w, "rtt_mean_ms", f->rtt.s.n, sla_sums_mean(&f->rtt.s));
	put_ms(w, "rtt_max_ms", f->rtt.s.n, f->rtt.s.max);
	put_ms(w, "forward_mean_ms", f->one_way, sla_sums_mean(&f->forward.s));
	put_ms(w, "back_mean_ms", f->one_way, sla_sums_mean(&f->back.s));
	put_ms(w, "jitter_forward_p95_ms", there->s.n, there->p95);
	put_ms(w, "jitter_back_p95_ms", back->s.n, back->p95);
}


static void put_dscp(struct jsonw *w, const char *key, uint8_t dscp)
{
	if (dscp == SLA_DSCP_UNKNOWN)
		jsonw_null(w, key);
	else
		jsonw_uint(w, key, dscp);
}


static void put_gap(struct jsonw *w, const char *key, const struct sla_stamp_gap *g)
{
	if (g->n)
		jsonw_fixed(w, key, g->sum_ns / (int64_t)g->n, NS_OF_US);
	else
		jsonw_null(w, key);
}


/* What is not fit, in words. */
static void put_missed(struct jsonw *w, const struct sla_show *sh)
{
	jsonw_array_open(w, "not_fit");
	for (unsigned t = 0; sh->total.sent && t < SLA_TARGETS; t++)
		for (unsigned way = 0; way < SLA_WAYS; way++) {
			struct sbuf text = {0};

			if (sh->verdict.checks[t][way].answer == SLA_FIT)
				continue;
			sla_check_print(&text, &sh->verdict, (enum sla_target_id)t, (enum sla_way)way);
			jsonw_str(w, NULL, sbuf_str(&text));
			sbuf_reset(&text);
		}
	jsonw_close(w);
}


void show_brief(struct sbuf *sb, const struct sla_show *sh)
{
	const struct sla_run *run = sh->run;
	struct jsonw w = { .sb = sb };
	struct sbuf at = {0};

	show_time(&at, run->start_ns);
	jsonw_object_open(&w, NULL);
	jsonw_str(&w, "from", run->from);
	jsonw_str(&w, "to", run->to);
	jsonw_str(&w, "start", sbuf_str(&at));
	jsonw_str(&w, "stop", sla_stop_name(run->stop));
	jsonw_str(&w, "why", run->why);
	jsonw_str(&w, "verdict", sla_answer_name(sh->verdict.answer));
	put_missed(&w, sh);
	put_counts(&w, &sh->total);
	put_times(&w, &sh->total);
	put_dscp(&w, "dscp_far", sh->total.dscp_far);
	put_dscp(&w, "dscp_near", sh->total.dscp_near);
	put_ms(&w, "clock_near_ms", run->near.known, run->near.error_ns);
	put_ms(&w, "clock_far_ms", run->far.known, run->far.error_ns);
	jsonw_uint(&w, "clock_steps", run->steps);
	put_gap(&w, "stamp_gap_tx_us", &run->gap_tx);
	put_gap(&w, "stamp_gap_rx_us", &run->gap_rx);
	jsonw_close(&w);
	sbuf_reset(&at);
}
