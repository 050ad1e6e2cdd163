#include <inttypes.h>
#include <math.h>

#include "lib/sla/verdict.h"

enum { MILLION = 1000000, P95_MILLION = 50000 };

const struct sla_target sla_targets[SLA_TARGETS] = {
	[SLA_TARGET_DELAY] = {"one-way delay", "delay_ms", "mean", "ms", INT64_C(150) * MILLION},
	[SLA_TARGET_ALARM] = {"one-way delay over 10 s", "delay_10s_ms", "worst mean", "ms", INT64_C(250) * MILLION},
	[SLA_TARGET_JITTER] = {"jitter", "jitter_ms", "p95", "ms", INT64_C(10) * MILLION},
	[SLA_TARGET_PICTURE] = {"jitter of pictures", "picture_jitter_ms", "p95", "ms", INT64_C(50) * MILLION},
	[SLA_TARGET_LOSS] = {"loss", "loss_percent", "", "%", 500},
};


uint64_t sla_loss_needed(int64_t per_million)
{
	return (uint64_t)ceil(log(0.05) / log1p(-(double)per_million / MILLION));
}


/* 1 minus the chance of fewer losses, term by term. */
bool sla_loss_certain(uint64_t lost, uint64_t n, int64_t per_million)
{
	double p = (double)per_million / MILLION, term, sum = 0;

	if (!lost || lost > n || (double)lost <= p * (double)n)
		return false;
	term = exp((double)n * log1p(-p));
	for (uint64_t k = 0; k < lost; k++) {
		sum += term;
		term *= (double)(n - k) / (double)(k + 1) * p / (1 - p);
	}
	return 1 - sum < 0.05;
}


/* A value that is known up to an error, against a limit. */
static enum sla_answer judge(int64_t value, int64_t error, int64_t limit)
{
	if (value + error <= limit)
		return SLA_FIT;
	return value - error > limit ? SLA_UNFIT : SLA_UNKNOWN;
}


/* Without good clocks: each way takes at most the round trip, and one of them
 * at least half of it. */
static void check_delay(struct sla_check *c, const struct sla_figures *f, int64_t rtt, int64_t way,
			int64_t limit)
{
	if (!f->timed) {
		c->answer = SLA_UNKNOWN;
		return;
	}
	c->measured = true;
	c->bound = !f->one_way;
	c->value = f->one_way ? way : rtt / 2;
	c->error = f->one_way ? f->one_way_error : rtt - rtt / 2;
	c->answer = judge(c->value, c->error, limit);
	if (c->bound && rtt / 2 > limit)
		c->answer = SLA_UNFIT;
}


uint64_t sla_p95_needed(void)
{
	return sla_loss_needed(P95_MILLION);
}


/* So many values are above the limit at least, as their percentiles say. */
static uint64_t above_least(const struct sla_series *s, int64_t limit)
{
	const struct {
		int64_t value;
		unsigned p;
	} rows[] = {{s->p50, 50}, {s->p90, 90}, {s->p95, 95}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].value > limit)
			return s->s.n - (s->s.n * rows[i].p + 99) / 100 + 1;
	return 0;
}


/* Of ten packets' nine differences one above the limit may be chance.
 * packets: that make enough of them. */
static void check_jitter(struct sla_check *c, const struct sla_series *s, int64_t limit,
			 uint64_t packets)
{
	uint64_t n = s->s.n, needed = sla_p95_needed();

	c->measured = n > 0;
	c->value = s->p95;
	c->answer = !c->measured ? SLA_UNKNOWN : judge(c->value, 0, limit);
	if (n < needed && !(c->answer == SLA_UNFIT &&
			    sla_loss_certain(above_least(s, limit), n, P95_MILLION))) {
		c->answer = SLA_UNKNOWN;
		c->needed = c->measured ? packets : 0;
	}
}


static int64_t per_million(uint64_t part, uint64_t of)
{
	return (int64_t)(((sla_uint128)part * MILLION + of - 1) / of);
}


static void check_loss(struct sla_check *c, const struct sla_figures *f, const struct sla_loss *l,
		       int64_t limit)
{
	/* which way a late packet was held up is not asked: it is of no use */
	uint64_t sure = l->lost + f->late, most = sure + f->lost_unknown, half = (f->loss.lost + 1) / 2 + f->late;
	uint64_t needed = sla_loss_needed(limit);

	if (!f->sent) {
		c->needed = needed;
		c->answer = SLA_UNKNOWN;
		return;
	}
	c->measured = true;
	c->value = per_million(sure, f->sent);
	c->error = per_million(most, f->sent) - c->value;
	c->answer = c->value > limit ? SLA_UNFIT : c->value + c->error > limit ? SLA_UNKNOWN : SLA_FIT;
	/* one of both ways lost half of all that was lost, whichever it was */
	if (f->lost_unknown && c->answer == SLA_UNKNOWN && per_million(half, f->sent) > limit) {
		c->answer = SLA_UNFIT;
		sure = half;
	}
	if (f->sent < needed && !(c->answer == SLA_UNFIT && sla_loss_certain(sure, f->sent, limit))) {
		c->answer = SLA_UNKNOWN;
		c->needed = needed;
	}
}


static void check_way(struct sla_verdict *v, const struct sla_figures *f, enum sla_way w)
{
	bool there = w == SLA_FORWARD;
	int64_t rtt = sla_sums_mean(&f->rtt.s);
	uint64_t enough = sla_p95_needed() + 1;

	check_delay(&v->checks[SLA_TARGET_DELAY][w], f, rtt,
		    sla_sums_mean(there ? &f->forward.s : &f->back.s), sla_targets[SLA_TARGET_DELAY].limit);
	check_delay(&v->checks[SLA_TARGET_ALARM][w], f, f->window_rtt,
		    there ? f->window_forward : f->window_back, sla_targets[SLA_TARGET_ALARM].limit);
	check_jitter(&v->checks[SLA_TARGET_JITTER][w], there ? &f->jitter_forward.all : &f->jitter_back.all,
		     sla_targets[SLA_TARGET_JITTER].limit, enough);
	if (f->pictures)
		check_jitter(&v->checks[SLA_TARGET_PICTURE][w], there ? &f->picture_forward : &f->picture_back,
			     sla_targets[SLA_TARGET_PICTURE].limit,
			     (enough * f->sent + f->pictures - 1) / f->pictures);
	else
		v->checks[SLA_TARGET_PICTURE][w].absent = true;
	check_loss(&v->checks[SLA_TARGET_LOSS][w], f, there ? &f->loss_forward : &f->loss_back,
		   sla_targets[SLA_TARGET_LOSS].limit);
}


void sla_verdict_get(struct sla_verdict *v, const struct sla_figures *f)
{
	*v = (struct sla_verdict){0};
	for (unsigned w = 0; w < SLA_WAYS; w++)
		check_way(v, f, (enum sla_way)w);
	for (unsigned t = 0; t < SLA_TARGETS; t++)
		for (unsigned w = 0; w < SLA_WAYS; w++)
			if (v->checks[t][w].answer > v->answer)
				v->answer = v->checks[t][w].answer;
}


static void put_value(struct sbuf *sb, const struct sla_target *t, int64_t value)
{
	double v = (double)value / (t->unit[0] == '%' ? 10000 : MILLION);

	sbuf_printf(sb, v < 1000 ? "%.4g %s" : "%.0f %s", v, t->unit);
}


/* The value as far as it is known. */
static void put_known(struct sbuf *sb, const struct sla_target *t, const struct sla_check *c)
{
	if (c->bound)
		sbuf_puts(sb, "between ");
	put_value(sb, t, c->bound ? 0 : c->value);
	if (c->bound) {
		sbuf_puts(sb, " and ");
		put_value(sb, t, c->value + c->error);
	}
	else if (c->error && t->unit[0] == '%') {
		sbuf_puts(sb, " to ");
		put_value(sb, t, c->value + c->error);
	}
	else if (c->error) {
		sbuf_printf(sb, c->error < 10 * MILLION ? " +- %.2g ms" : " +- %.0f ms", (double)c->error / MILLION);
	}
}


static void put_missed(struct sbuf *sb, const struct sla_target *t, const struct sla_check *c)
{
	if (c->bound) {
		sbuf_puts(sb, ": one way takes half of it or more");
	}
	else if (c->value <= t->limit) {
		sbuf_puts(sb, ": over on one of both ways");
	}
	else {
		sbuf_puts(sb, ": over by ");
		put_value(sb, t, c->value - t->limit);
	}
}


static void put_lacking(struct sbuf *sb, enum sla_target_id id, const struct sla_check *c)
{
	if (c->needed)
		sbuf_printf(sb, ": send %" PRIu64 " packets to tell", c->needed);
	else if (c->bound)
		sbuf_puts(sb, ": to tell, use protocol 2 and keep both clocks with chrony or ntpd");
	else if (id == SLA_TARGET_LOSS)
		sbuf_puts(sb, ": which way packets were lost is not known");
	else
		sbuf_puts(sb, ": the clocks are too far apart to tell");
}


void sla_check_print(struct sbuf *sb, const struct sla_verdict *v, enum sla_target_id id,
		     enum sla_way w)
{
	const struct sla_target *t = &sla_targets[id];
	const struct sla_check *c = &v->checks[id][w];

	sbuf_printf(sb, "%s %s", t->name, sla_way_name(w));
	if (t->figure[0])
		sbuf_printf(sb, " (%s)", t->figure);
	sbuf_puts(sb, ": ");
	if (!c->measured) {
		sbuf_puts(sb, "not measured");
		return;
	}
	put_known(sb, t, c);
	sbuf_puts(sb, ", target ");
	put_value(sb, t, t->limit);
	if (c->answer == SLA_UNFIT)
		put_missed(sb, t, c);
	else if (c->answer == SLA_UNKNOWN)
		put_lacking(sb, id, c);
}
