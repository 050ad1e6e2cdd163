/*
 * Which boxes may meet a question? The values of a field are cut into
 * buckets that about equally many boxes begin in. Each bucket has a row of
 * bits, one a box: does the box reach into it? The rows of a question's
 * buckets, ANDed over the fields, leave few boxes to look at.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/policy/pset/pset_index.h"
#include "lib/policy/pset/pset_walk.h"

enum {
	SAMPLE = 1024,		/* boxes whose values choose the cuts */
	FEW = 64,		/* boxes that need no rows */
	WORD = 64,
};

enum { KIND = PSET_INDEX_FIELDS - 1 };	/* protocol, and fragment in it */

static const uint8_t buckets[PSET_INDEX_FIELDS] = { 64, 64, 16, 32, 16 };


/** The range of a box in a field of the index */
static void range_of(pset_addr r[2], const struct pset_box *b, int field)
{
	if (field <= PSET_DST) {
		r[0] = b->alo[field];
		r[1] = b->ahi[field];
	} else if (field == KIND) {
		r[0] = b->lo[PSET_PROTOCOL] * 2u + b->lo[PSET_FRAGMENT];
		r[1] = b->hi[PSET_PROTOCOL] * 2u + b->hi[PSET_FRAGMENT];
	} else {
		r[0] = b->lo[PSET_SPORT + field - 2];
		r[1] = b->hi[PSET_SPORT + field - 2];
	}
}


static int addr_cmp(const void *pa, const void *pb)
{
	pset_addr a, b;

	memcpy(&a, pa, sizeof(a));
	memcpy(&b, pb, sizeof(b));
	return (a > b) - (a < b);
}


/** Where the buckets of a field begin, the first one at 0 without a cut */
static int choose_cuts(struct pset_buckets *o, const struct pset_index *ix, int field)
{
	/* odd: boxes of whole and of later fragments often alternate */
	size_t step = ix->n / SAMPLE | 1, n = 0, max = buckets[field] - 1u;
	pset_addr *v = malloc((ix->n / step + 1) * sizeof(*v)), r[2];

	if (!v)
		return ENOMEM;
	for (size_t i = 0; i < ix->n; i += step) {
		range_of(r, &ix->v[i], field);
		if (r[0])
			v[n++] = r[0];
	}
	if (n)
		qsort(v, n, sizeof(*v), addr_cmp);

	for (size_t i = 0; i < max && n; i++) {
		pset_addr at = v[i * n / max];

		if (!o->ncuts || o->cut[o->ncuts - 1] != at)
			o->cut[o->ncuts++] = at;
	}

	free(v);
	return 0;
}


static size_t bucket_of(const struct pset_buckets *o, pset_addr a)
{
	size_t lo = 0, hi = o->ncuts;

	if (!hi || a >= o->cut[hi - 1])
		return hi;
	while (lo < hi) {
		size_t mid = (lo + hi) / 2;

		if (o->cut[mid] <= a)
			lo = mid + 1;
		else
			hi = mid;
	}

	return lo;
}


static uint64_t *row_of(const struct pset_index *ix, const struct pset_buckets *o, size_t bucket)
{
	return ix->rows + (o->row + bucket) * ix->words;
}


static void fill_rows(struct pset_index *ix, struct pset_buckets *o, int field)
{
	uint64_t *wide = row_of(ix, o, o->ncuts + 1);

	for (size_t i = 0; i < ix->n; i++) {
		uint64_t bit = (uint64_t)1 << i % WORD;
		pset_addr r[2];
		size_t from, to;

		range_of(r, &ix->v[i], field);
		from = bucket_of(o, r[0]);
		to = bucket_of(o, r[1]);
		if (from == 0 && to == o->ncuts)
			wide[i / WORD] |= bit;
		else
			for (size_t k = from; k <= to; k++)
				row_of(ix, o, k)[i / WORD] |= bit;
	}
	for (size_t k = 0; k <= o->ncuts; k++) {
		uint64_t *row = row_of(ix, o, k);

		for (size_t w = 0; w < ix->words; w++)
			row[w] |= wide[w];
	}
}


static int make_rows(struct pset_index *ix)
{
	size_t rows = 0;
	int err = 0;

	ix->fields = calloc(PSET_INDEX_FIELDS, sizeof(*ix->fields));
	if (!ix->fields)
		return ENOMEM;
	for (int f = 0; !err && f < PSET_INDEX_FIELDS; f++) {
		ix->fields[f].row = rows;
		err = choose_cuts(&ix->fields[f], ix, f);
		rows += ix->fields[f].ncuts + 2;
	}
	if (err)
		return err;

	ix->words = (ix->n / WORD / PSET_INDEX_RUN + 1) * PSET_INDEX_RUN;
	ix->rows = calloc(rows * ix->words, sizeof(*ix->rows));
	if (!ix->rows)
		return ENOMEM;
	for (int f = 0; f < PSET_INDEX_FIELDS; f++)
		fill_rows(ix, &ix->fields[f], f);

	return 0;
}


int pset_index_make(struct pset_index *ix, const struct pset_box *v, size_t n)
{
	*ix = (struct pset_index){ .v = v, .n = n };
	for (size_t i = 0; !ix->bits && i < n; i++)
		ix->bits = v[i].abits[0] || v[i].abits[1];

	return n > FEW ? make_rows(ix) : 0;
}


void pset_index_reset(struct pset_index *ix)
{
	free(ix->fields);
	free(ix->rows);
	*ix = (struct pset_index){0};
}


void pset_index_ask(struct pset_ask *a, const struct pset_index *ix, const struct pset_box *q)
{
	a->nfields = 0;
	for (int f = 0; ix->rows && f < PSET_INDEX_FIELDS; f++) {
		const struct pset_buckets *o = &ix->fields[f];
		pset_addr r[2];
		size_t from, to;

		range_of(r, q, f);
		from = bucket_of(o, r[0]);
		to = bucket_of(o, r[1]);
		/* of many buckets all, they would tell little */
		if (to - from >= PSET_INDEX_SPAN || to - from == o->ncuts)
			continue;
		a->row[a->nfields] = row_of(ix, o, from);
		a->span[a->nfields++] = (uint8_t)(to - from + 1);
	}
	a->words = ix->words;
}


void pset_index_hits(uint64_t hits[PSET_INDEX_RUN], const struct pset_ask *a, size_t word)
{
	memset(hits, 0xff, PSET_INDEX_RUN * sizeof(*hits));
	for (size_t f = 0; f < a->nfields; f++) {
		uint64_t any[PSET_INDEX_RUN] = {0};

		for (size_t s = 0; s < a->span[f]; s++) {
			const uint64_t *row = a->row[f] + s * a->words + word;

			for (size_t i = 0; i < PSET_INDEX_RUN; i++)
				any[i] |= row[i];
		}
		for (size_t i = 0; i < PSET_INDEX_RUN; i++)
			hits[i] &= any[i];
	}
}


void pset_index_meet(bool *met, const struct pset_index *ix, const struct pset_box *q,
		     size_t from, size_t to)
{
	uint64_t hits[PSET_INDEX_RUN];
	struct pset_ask ask;

	pset_index_ask(&ask, ix, q);
	for (size_t w = from / WORD; w < (to + WORD - 1) / WORD; w++) {
		if (w == from / WORD || w % PSET_INDEX_RUN == 0)
			pset_index_hits(hits, &ask, w / PSET_INDEX_RUN * PSET_INDEX_RUN);
		for (uint64_t h = hits[w % PSET_INDEX_RUN]; h; h &= h - 1) {
			size_t i = w * WORD + (unsigned)__builtin_ctzll(h);

			if (i >= from && i < to && !met[i] && pset_boxes_meet(q, &ix->v[i]))
				met[i] = true;
		}
	}
}
