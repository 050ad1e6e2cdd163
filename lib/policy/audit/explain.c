#include <errno.h>

#include "lib/policy/audit/explain.h"

/** What may have become of the packet so far, as bits of enum flat_class, and
 *  whether it may go on */
struct fate {
	unsigned decided;
	bool goes_on;		/**< some way leads on in this list */
};

struct explainer {
	const struct config *c;
	const struct pset_packet *p;
	const struct explain_where *where;
	explain_step_h *step_h;
	void *arg;
	const struct config_list *stack[EXPLAIN_DEPTH_MAX];
	unsigned depth;
};

enum match { NO = 0, MAYBE, YES };


static enum match match_iface(const struct config *c, const struct config_ifaces *v,
			      const char *name)
{
	bool in = false;

	if (!v->n)
		return YES;
	if (!name || !name[0])
		return MAYBE;

	for (size_t i = 0; !in && i < v->n; i++)
		in = config_iface_named(c, v->v[i], name);

	return in != v->negate ? YES : NO;
}


static enum match match_rule(const struct explainer *x, const struct config_rule *r)
{
	enum match in = match_iface(x->c, &r->in, x->where->in);
	enum match out = match_iface(x->c, &r->out, x->where->out);
	bool box = false;

	if (r->states && !(r->states & 1u << x->p->field[PSET_STATE]))
		return NO;
	for (size_t i = 0; !box && i < r->nboxes; i++)
		box = pset_box_has(&r->boxes[i], x->p);
	if (!box || in == NO || out == NO)
		return NO;

	return r->sometimes || in == MAYBE || out == MAYBE ? MAYBE : YES;
}


static int tell(const struct explainer *x, const struct config_list *l,
		const struct config_rule *r, bool maybe)
{
	struct explain_step s = { x->depth - 1, l, r, maybe };

	return x->step_h ? x->step_h(&s, x->arg) : 0;
}


static bool entered(const struct explainer *x, const struct config_list *l)
{
	for (unsigned i = 0; i < x->depth; i++)
		if (x->stack[i] == l)
			return true;

	return x->depth == EXPLAIN_DEPTH_MAX;
}


static int run_list(struct explainer *x, const struct config_list *l, struct fate *f);


static int run_jump(struct explainer *x, const struct config_list *l,
		    const struct config_rule *r, struct fate *inner)
{
	const struct config_list *t = config_list_find(x->c, r->target ? r->target : "", l->family);

	*inner = (struct fate){ .goes_on = true };
	if (!t || !t->defined || entered(x, t)) {
		inner->decided = 1u << FLAT_UNKNOWN;
		return 0;
	}

	return run_list(x, t, inner);
}


/** @param f  goes_on stays set when a rule behind may be asked;
 *  @param left  set when the packet may leave the list here */
static int run_rule(struct explainer *x, const struct config_list *l,
		    const struct config_rule *r, struct fate *f, bool *left)
{
	enum match m = match_rule(x, r);
	struct fate inner;
	int err;

	if (m == NO || (r->uncertain && !r->nboxes))
		return 0;
	err = tell(x, l, r, m == MAYBE || r->uncertain);
	if (err)
		return err;
	if (r->uncertain) {
		f->decided |= 1u << FLAT_UNKNOWN;
		return 0;
	}

	switch (r->action) {
	case CONFIG_CONTINUE:
		return 0;
	case CONFIG_RETURN:
		*left = true;
		f->goes_on = m == MAYBE;
		return 0;
	case CONFIG_JUMP:
	case CONFIG_GOTO:
		err = run_jump(x, l, r, &inner);
		f->decided |= inner.decided;
		if (r->action == CONFIG_GOTO && inner.goes_on)
			*left = true;
		f->goes_on = m == MAYBE || (inner.goes_on && r->action == CONFIG_JUMP);
		return err;
	default:
		f->decided |= 1u << (r->action == CONFIG_PERMIT ? FLAT_PERMIT : FLAT_DENY);
		f->goes_on = m == MAYBE;
		return 0;
	}
}


/** f->goes_on on return: the packet may come out of the list's end. */
static int run_list(struct explainer *x, const struct config_list *l, struct fate *f)
{
	bool left = false;
	int err = 0;

	x->stack[x->depth++] = l;
	f->goes_on = true;
	for (size_t i = 0; !err && f->goes_on && i < l->nrules; i++)
		err = run_rule(x, l, &l->rules[i], f, &left);
	f->goes_on = f->goes_on || left;
	if (!err && f->goes_on)
		err = tell(x, l, NULL, f->decided || left);

	x->depth--;
	return err;
}


int explain_list(enum flat_class *verdict, const struct config *c,
		 const struct config_list *l, const struct pset_packet *p,
		 const struct explain_where *where, explain_step_h *step_h, void *arg)
{
	struct explainer x = { .c = c, .p = p, .where = where, .step_h = step_h, .arg = arg };
	struct fate f = {0};
	int err = 0;

	if (l->defined)
		err = run_list(&x, l, &f);
	else
		f.decided = 1u << FLAT_UNKNOWN;
	if (l->defined && f.goes_on)
		f.decided |= 1u << (l->fallthrough == CONFIG_PERMIT ? FLAT_PERMIT :
				    l->fallthrough == CONFIG_DENY ? FLAT_DENY : FLAT_UNKNOWN);

	*verdict = f.decided == 1u << FLAT_PERMIT ? FLAT_PERMIT :
		   f.decided == 1u << FLAT_DENY ? FLAT_DENY : FLAT_UNKNOWN;
	return err;
}
