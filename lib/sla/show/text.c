/* Figures for a terminal of 80 columns. */
#include <inttypes.h>

#include "lib/sla/show/show_int.h"


static void put_row(struct sbuf *sb, const char *name, const struct sla_series *s)
{
	const int64_t v[] = {s->s.min, sla_sums_mean(&s->s), s->p50, s->p90, s->p95, s->p99, s->s.max};

	if (!s->s.n)
		return;
	sbuf_printf(sb, "%-17s", name);
	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++)
		show_ms(sb, v[i], 9);
	sbuf_putc(sb, '\n');
}


static void put_delays(struct sbuf *sb, const struct sla_figures *f)
{
	if (!f->timed) {
		sbuf_puts(sb, "\nNo packet came back with its times.\n");
		return;
	}
	sbuf_puts(sb, "\nms                     min     mean      p50      p90      p95      p99      max\n");
	put_row(sb, "round trip", &f->rtt);
	if (f->one_way) {
		put_row(sb, "forward", &f->forward);
		put_row(sb, "back", &f->back);
	}
	if (!f->forward.s.n) {
		sbuf_puts(sb, "The far end tells no times: neither one-way delay nor jitter is known.\n");
		return;
	}
	put_row(sb, "jitter forward", &f->jitter_forward.all);
	put_row(sb, "  of pictures", &f->picture_forward);
	put_row(sb, "jitter back", &f->jitter_back.all);
	put_row(sb, "  of pictures", &f->picture_back);

	if (f->one_way) {
		sbuf_puts(sb, "By the clocks' own bounds one-way delays are right to within ");
		show_ms(sb, f->one_way_error, 0);
		sbuf_puts(sb, " ms.\n");
	}
	else {
		sbuf_puts(sb, "One-way delays cannot be told: a clock is not known to be right.\n");
	}
	sbuf_puts(sb, "Inter-arrival jitter (RFC 3550): forward ");
	show_ms(sb, f->jitter_forward.rfc3550, 0);
	sbuf_puts(sb, " ms, back ");
	show_ms(sb, f->jitter_back.rfc3550, 0);
	sbuf_puts(sb, " ms.\n");
}


static void put_loss(struct sbuf *sb, const char *name, const struct sla_loss *l, uint64_t sent)
{
	sbuf_printf(sb, "%-17s %8" PRIu64 "  ", name, l->lost);
	show_percent(sb, l->lost, sent);
	if (l->runs > 1)
		sbuf_printf(sb, ", in %" PRIu64 " runs of %.1f on average, %u at most", l->runs,
			    (double)l->lost / (double)l->runs, l->longest);
	else if (l->runs)
		sbuf_printf(sb, ", in one run of %u", l->longest);
	sbuf_putc(sb, '\n');
}


static void put_count(struct sbuf *sb, const char *name, uint64_t n, uint64_t forward, uint64_t back)
{
	sbuf_printf(sb, "%-17s %8" PRIu64, name, n);
	if (forward || back)
		sbuf_printf(sb, "  forward %" PRIu64 ", back %" PRIu64, forward, back);
	sbuf_putc(sb, '\n');
}


static void put_counts(struct sbuf *sb, const struct sla_figures *f)
{
	sbuf_printf(sb, "\nsent              %8" PRIu64 "  packets\n", f->sent);
	put_loss(sb, "lost forward", &f->loss_forward, f->sent);
	put_loss(sb, "lost back", &f->loss_back, f->sent);
	if (f->lost_unknown) {
		sbuf_printf(sb, "lost either way   %8" PRIu64 "  ", f->lost_unknown);
		show_percent(sb, f->lost_unknown, f->sent);
		sbuf_putc(sb, '\n');
	}
	put_count(sb, "late", f->late, 0, 0);
	put_count(sb, "out of order", f->order.n, f->order_forward.n, f->order_back.n);
	put_count(sb, "duplicate", f->duplicate, f->duplicate_forward, f->duplicate_back);
}


static void put_mark(struct sbuf *sb, const char *where, uint8_t dscp, uint64_t other, uint64_t answered)
{
	if (!other)
		return;
	sbuf_printf(sb, "Marks changed %s: %" PRIu64 " of %" PRIu64 " packets", where, other, answered);
	if (dscp != SLA_DSCP_UNKNOWN)
		sbuf_printf(sb, ", most to DSCP %u", dscp);
	sbuf_puts(sb, ".\n");
}


/* Which marks came as they were sent, and which did not. */
static void put_marks(struct sbuf *sb, const struct sla_figures *f)
{
	bool far = f->dscp_far != SLA_DSCP_UNKNOWN && !f->remarked_far;
	bool near = f->dscp_near != SLA_DSCP_UNKNOWN && !f->remarked_near;

	put_mark(sb, "forward", f->dscp_far, f->remarked_far, f->answered);
	put_mark(sb, "back", f->dscp_near, f->remarked_near, f->answered);
	if (!far && !near)
		return;
	sbuf_puts(sb, "Marks unchanged:");
	if (far)
		sbuf_printf(sb, " forward DSCP %u%s", f->dscp_far, near ? "," : "");
	if (near)
		sbuf_printf(sb, " back DSCP %u", f->dscp_near);
	sbuf_puts(sb, ".\n");
}


static void put_stamps(struct sbuf *sb, const struct sla_run *run)
{
	struct sbuf text = {0};

	show_stamps(&text, run);
	if (text.len)
		show_wrapped(sb, 0, 0, sbuf_str(&text));
	sbuf_reset(&text);
}


static void put_voice(struct sbuf *sb, const struct sla_show *sh)
{
	const struct sla_voice *v = &sh->voice;
	struct sla_voice as = {0};

	if (!sh->codec)
		return;
	sbuf_putc(sb, '\n');
	if (v->known) {
		sbuf_printf(sb, "Speech (%s): MOS %u.%02u, ICPIF %u.\n", sh->codec, v->mos100 / 100,
			    v->mos100 % 100, v->icpif);
		return;
	}
	sbuf_printf(sb, "Speech (%s): no MOS, %s.\n", sh->codec, v->why);
	sla_voice_get(&as, &sh->total, "g711", sh->advantage);
	if (as.known)
		sbuf_printf(sb, "G.711 over the same path: MOS %u.%02u, ICPIF %u.\n", as.mos100 / 100,
			    as.mos100 % 100, as.icpif);
}


static void put_verdict(struct sbuf *sb, const struct sla_show *sh)
{
	enum { WORD = 2, TEXT = 15 };
	const struct sla_verdict *v = &sh->verdict;
	struct sbuf text = {0};

	sbuf_printf(sb, "\nVerdict: %s\n", sla_answer_name(v->answer));
	for (unsigned t = 0; sh->total.sent && t < SLA_TARGETS; t++)
		for (unsigned w = 0; w < SLA_WAYS; w++) {
			/* that nothing came back is said already */
			if (v->checks[t][w].answer == SLA_FIT || (!v->checks[t][w].measured && !sh->total.timed))
				continue;
			sla_check_print(&text, v, (enum sla_target_id)t, (enum sla_way)w);
			sbuf_printf(sb, "%*s%-*s", WORD, "", TEXT - WORD, sla_answer_name(v->checks[t][w].answer));
			show_wrapped(sb, TEXT, TEXT, sbuf_str(&text));
			sbuf_reset(&text);
		}
	if (v->answer == SLA_FIT)
		sbuf_printf(sb, "  kept each way: delay 150 ms, jitter 10 ms%s, loss 0.05 %%\n",
			    sh->total.pictures ? " (of pictures 50 ms)" : "");
	show_hint(&text, sh);
	if (text.len) {
		sbuf_printf(sb, "%*s", WORD, "");
		show_wrapped(sb, WORD, WORD, sbuf_str(&text));
	}
	sbuf_reset(&text);
}


static void put_streams(struct sbuf *sb, const struct sla_show *sh)
{
	sbuf_puts(sb, "\nstream             sent  lost >  lost <   late  rtt p50  rtt p99   jit >   jit <\n");
	for (size_t i = 0; i < sh->run->nstreams; i++) {
		const struct sla_figures *f = &sh->streams[i];

		sbuf_printf(sb, "%-15.15s%8" PRIu64 "%8" PRIu64 "%8" PRIu64 "%7" PRIu64, sh->run->streams[i].name ?
			    sh->run->streams[i].name : "probe", f->sent, f->loss_forward.lost,
			    f->loss_back.lost, f->late);
		show_ms(sb, f->rtt.p50, 9);
		show_ms(sb, f->rtt.p99, 9);
		show_ms(sb, f->jitter_forward.rfc3550, 8);
		show_ms(sb, f->jitter_back.rfc3550, 8);
		sbuf_putc(sb, '\n');
	}
}


/* Why it did not run as it was meant to. */
static void put_end(struct sbuf *sb, const struct sla_run *run)
{
	struct sbuf text = {0};

	if (run->stop == SLA_STOP_DONE)
		return;
	sbuf_printf(&text, "ended: %s%s%s", sla_stop_name(run->stop), run->why ? ": " : "",
		    run->why ? run->why : "");
	show_wrapped(sb, 0, 0, sbuf_str(&text));
	sbuf_reset(&text);
}


void show_text(struct sbuf *sb, const struct sla_show *sh)
{
	const struct sla_figures *f = &sh->total;
	const struct sla_run *run = sh->run;

	show_title(sb, sh);
	sbuf_putc(sb, '\n');
	show_time(sb, run->start_ns);
	sbuf_printf(sb, ", %.1f s", (double)show_duration(run) / 1e9);
	sbuf_putc(sb, '\n');
	put_end(sb, run);

	put_counts(sb, f);
	put_delays(sb, f);
	put_marks(sb, f);
	put_stamps(sb, run);
	if (run->steps)
		sbuf_printf(sb, "A clock stepped %u time%s meanwhile, by %.3f ms in sum.\n", run->steps,
			    run->steps == 1 ? "" : "s", (double)run->step_ns / 1e6);
	put_voice(sb, sh);
	if (run->nstreams > 1)
		put_streams(sb, sh);
	put_verdict(sb, sh);
}
