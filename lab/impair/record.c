#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "lab/impair/record.h"

/* Upper ends, microseconds; the last has none. */
static const int64_t bucket_us[RECORD_BUCKETS - 1] = {
	0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 10000,
};

static const char *const dir_names[IMPAIR_DIRS] = {"forward", "back"};

static const char *const did_names[RECORD_DIDS] = {
	[RECORD_HELD] = "held", [RECORD_SENT] = "sent", [RECORD_LOST] = "lost",
	[RECORD_FULL] = "full", [RECORD_OVERFLOW] = "overflow", [RECORD_UNSENT] = "unsent",
};


int record_alloc(struct record *r, size_t max)
{
	*r = (struct record){.max = max};
	r->v = max ? calloc(max, sizeof(*r->v)) : NULL;

	return max && !r->v ? ENOMEM : 0;
}


void record_free(struct record *r)
{
	free(r->v);
	r->v = NULL;
	r->n = r->max = 0;
}


uint32_t record_add(struct record *r, const struct record_row *row)
{
	r->did[row->dir][row->did]++;
	r->reordered[row->dir] += row->reordered;
	if (r->n == r->max) {
		r->beyond++;
		return RECORD_NONE;
	}
	r->v[r->n] = *row;

	return (uint32_t)r->n++;
}


void record_did(struct record *r, uint32_t row, enum impair_dir dir, enum record_did did)
{
	r->did[dir][RECORD_HELD]--;
	r->did[dir][did]++;
	if (row != RECORD_NONE)
		r->v[row].did = (uint8_t)did;
}


static void error_add(struct record_error *e, int64_t ns)
{
	unsigned i = 0;

	while (i < RECORD_BUCKETS - 1 && ns > bucket_us[i] * 1000)
		i++;
	e->count[i]++;
	if (!e->n || ns < e->min_ns)
		e->min_ns = ns;
	if (!e->n || ns > e->max_ns)
		e->max_ns = ns;
	e->n++;
	e->sum_ns += (double)ns;
}


void record_left(struct record *r, uint32_t row, int64_t tx_ns, bool copy, int64_t rx_ns,
		 int64_t asked_ns)
{
	if (!copy)
		error_add(&r->error, tx_ns - rx_ns - asked_ns);
	if (row == RECORD_NONE)
		return;
	if (copy)
		r->v[row].copy_tx_ns = tx_ns;
	else
		r->v[row].tx_ns = tx_ns;
}


static void put_row(const struct record_row *w, FILE *f)
{
	(void)fprintf(f, "{\"dir\":\"%s\",\"rule\":%u,\"n\":%" PRIu64 ",\"rx_ns\":%" PRId64
		      ",\"len\":%u,\"sport\":%u,\"dport\":%u,\"dscp_in\":%u,\"dscp_out\":%u,"
		      "\"did\":\"%s\"", dir_names[w->dir], w->rule, w->n, w->rx_ns, w->len,
		      w->sport, w->dport, w->dscp_in, w->dscp_out, did_names[w->did]);
	if (w->did == RECORD_SENT || w->did == RECORD_HELD)
		(void)fprintf(f, ",\"asked_ns\":%" PRId64, w->asked_ns);
	if (w->tx_ns)
		(void)fprintf(f, ",\"given_ns\":%" PRId64, w->tx_ns - w->rx_ns);
	if (w->reordered)
		(void)fputs(",\"reordered\":true", f);
	if (w->copied)
		(void)fputs(",\"copied\":true", f);
	if (w->copy_tx_ns)
		(void)fprintf(f, ",\"copy_given_ns\":%" PRId64, w->copy_tx_ns - w->rx_ns);
	(void)fputs("}\n", f);
}


static void put_sums(const struct record *r, enum impair_dir d, FILE *f)
{
	(void)fprintf(f, "\"%s\":{", dir_names[d]);
	for (unsigned i = 0; i < RECORD_DIDS; i++)
		(void)fprintf(f, "\"%s\":%" PRIu64 ",", did_names[i], r->did[d][i]);
	(void)fprintf(f, "\"copies\":%" PRIu64 ",\"reordered\":%" PRIu64 ",\"passed\":%" PRIu64 "},",
		      r->copies[d], r->reordered[d], r->passed[d]);
}


static void put_error(const struct record_error *e, FILE *f)
{
	(void)fprintf(f, "\"error\":{\"n\":%" PRIu64 ",\"min_ns\":%" PRId64 ",\"mean_ns\":%.0f,"
		      "\"max_ns\":%" PRId64 ",\"histogram\":[", e->n, e->min_ns,
		      e->n ? e->sum_ns / (double)e->n : 0, e->max_ns);
	for (unsigned i = 0; i < RECORD_BUCKETS; i++) {
		if (i < RECORD_BUCKETS - 1)
			(void)fprintf(f, "%s{\"to_us\":%" PRId64 ",", i ? "," : "", bucket_us[i]);
		else
			(void)fputs(",{", f);
		(void)fprintf(f, "\"count\":%" PRIu64 "}", e->count[i]);
	}
	(void)fputs("]}", f);
}


int record_write(const struct record *r, const struct impair_rules *rules, uint64_t missed,
		 FILE *f)
{
	(void)fprintf(f, "{\"seed\":\"%" PRIu64 "\",\"rules\":%zu}\n", rules->seed, rules->n);
	for (size_t i = 0; i < r->n; i++)
		put_row(&r->v[i], f);
	(void)fprintf(f, "{\"sums\":true,\"recorded\":%zu,\"beyond\":%" PRIu64 ",\"missed\":%"
		      PRIu64 ",", r->n, r->beyond, missed);
	put_sums(r, IMPAIR_FORWARD, f);
	put_sums(r, IMPAIR_BACK, f);
	put_error(&r->error, f);
	(void)fputs("}\n", f);
	errno = 0;

	return fflush(f) || ferror(f) ? (errno ? errno : EIO) : 0;
}


/* The end of the bucket under which a share of the packets lies. */
static int64_t error_share_us(const struct record_error *e, double share)
{
	uint64_t n = 0;
	unsigned i = 0;

	for (; i < RECORD_BUCKETS - 1; i++) {
		n += e->count[i];
		if ((double)n >= share * (double)e->n)
			return bucket_us[i];
	}

	return e->max_ns / 1000;
}


void record_print(const struct record *r, uint64_t missed, FILE *f)
{
	const struct record_error *e = &r->error;

	for (unsigned d = 0; d < IMPAIR_DIRS; d++) {
		(void)fprintf(f, "%-8s", dir_names[d]);
		for (unsigned i = 1; i < RECORD_DIDS; i++)
			if (r->did[d][i] || i <= RECORD_LOST)
				(void)fprintf(f, " %s %" PRIu64, did_names[i], r->did[d][i]);
		(void)fprintf(f, " reordered %" PRIu64 " copies %" PRIu64 " untouched %" PRIu64 "\n",
			      r->reordered[d], r->copies[d], r->passed[d]);
	}
	if (e->n)
		(void)fprintf(f, "late by %.1f us on average, 99 in 100 by at most %" PRId64
			      " us, none by more than %.1f us\n", e->sum_ns / (double)e->n / 1000,
			      error_share_us(e, 0.99), (double)e->max_ns / 1000);
	if (r->max && r->beyond)
		(void)fprintf(f, "%" PRIu64 " packets beyond --packets are not in the record\n",
			      r->beyond);
	if (missed)
		(void)fprintf(f, "the kernel had no room for %" PRIu64 " frames: too many a second "
			      "for this machine; nothing here is exact\n", missed);
}
