#include <errno.h>
#include <string.h>

#include "lib/site/internal.h"


static const char *const site_keys[] = {
	"site", "security", "networks", "hosts", "firewalls", "conditions",
	"links", "matrices", "narrow", NULL,
};


void *site_calloc(struct yaml_reader *r, size_t n, size_t size)
{
	void *p = arena_calloc(r->a, n ? n : 1, size);

	if (!p)
		r->err = ENOMEM;
	return p;
}


const struct yaml_node *site_section(struct yaml_reader *r, const struct yaml_node *root,
				     const char *key, size_t max)
{
	const struct yaml_node *n = yaml_get(root, key);

	if (!n || n->kind == YAML_NULL)
		return NULL;
	if (n->kind != YAML_MAP) {
		diag_error(r->dl, n->pos, "%s must be a map of \"name: value\"", key);
		return NULL;
	}
	if (n->n > max) {
		diag_error(r->dl, n->pos, "more than %zu %s: split the site", max, key);
		return NULL;
	}
	return n;
}


const char *const *site_network_names(struct yaml_reader *r, const struct site *s)
{
	const char **v = site_calloc(r, s->nnetworks + 1, sizeof(*v));

	for (size_t i = 0; v && i < s->nnetworks; i++)
		v[i] = s->networks[i].name;
	return v;
}


/* A bad name is reported and kept: what refers to it is no further mistake. */
static const char *entry_name(struct yaml_reader *r, const struct yaml_node *k, const char *what)
{
	(void)flow_name_read(r, k, what);
	return k->s;
}


static void networks_read(struct yaml_reader *r, const struct yaml_node *root, struct site *s)
{
	const struct yaml_node *n = site_section(r, root, "networks", SITE_NETWORKS_MAX);

	if (!n || !(s->networks = site_calloc(r, n->n, sizeof(*s->networks))))
		return;

	for (size_t i = 0; i < n->n; i++) {
		struct site_network *net = &s->networks[i];

		net->name = entry_name(r, n->k[i], "a network's name");
		net->pos = n->k[i]->pos;
		site_network_read(r, n->v[i], net);
	}
	s->nnetworks = n->n;
}


static void hosts_read(struct yaml_reader *r, const struct yaml_node *root, struct site *s)
{
	const struct yaml_node *n = site_section(r, root, "hosts", SITE_HOSTS_MAX);

	if (!n || !(s->hosts = site_calloc(r, n->n, sizeof(*s->hosts))))
		return;

	for (size_t i = 0; i < n->n; i++) {
		struct site_host *h = &s->hosts[i];

		h->name = entry_name(r, n->k[i], "a host's name");
		h->pos = n->k[i]->pos;
		site_host_read(r, n->v[i], s, h);
	}
	s->nhosts = n->n;
}


static void firewalls_read(struct yaml_reader *r, const struct yaml_node *root, struct site *s)
{
	const struct yaml_node *n = site_section(r, root, "firewalls", SITE_FIREWALLS_MAX);

	if (!n || !(s->firewalls = site_calloc(r, n->n, sizeof(*s->firewalls))))
		return;

	for (size_t i = 0; i < n->n; i++) {
		struct site_firewall *fw = &s->firewalls[i];

		fw->name = entry_name(r, n->k[i], "a firewall's name");
		fw->pos = n->k[i]->pos;
		site_firewall_read(r, n->v[i], s, fw);
	}
	s->nfirewalls = n->n;
}


static void narrows_read(struct yaml_reader *r, const struct yaml_node *root, struct site *s)
{
	const struct yaml_node *n = site_section(r, root, "narrow", SITE_NARROWS_MAX);

	if (!n || !(s->narrows = site_calloc(r, n->n, sizeof(*s->narrows))))
		return;

	for (size_t i = 0; i < n->n; i++) {
		struct site_narrow *nw = &s->narrows[i];

		nw->row = entry_name(r, n->k[i], "a row");
		nw->pos = n->k[i]->pos;
		site_narrow_read(r, n->v[i], nw);
	}
	s->nnarrows = n->n;
}


static void matrix_files_read(struct yaml_reader *r, const struct yaml_node *root, struct site *s)
{
	const struct yaml_node *n = yaml_get(root, "matrices");
	size_t count = yaml_items(n);

	if (count > SITE_MATRICES_MAX) {
		diag_error(r->dl, n->pos, "more than %d matrices", SITE_MATRICES_MAX);
		return;
	}
	s->matrix_files = site_calloc(r, count, sizeof(*s->matrix_files));
	for (size_t i = 0; s->matrix_files && i < count; i++) {
		const char *path = flow_line_read(r, yaml_item(n, i), "a matrix file");

		if (path)
			s->matrix_files[s->nmatrix_files++] = path;
	}
}


static void head_read(struct yaml_reader *r, const struct yaml_node *root, struct site *s)
{
	const struct yaml_node *v = yaml_get(root, "security");

	s->security = true;
	if (v)
		(void)yaml_bool(r, v, "security", &s->security);
	s->name = flow_name_read(r, yaml_get(root, "site"), "the site's name");
	v = yaml_get(root, "conditions");
	if (v)
		s->conditions_pos = v->pos;
	(void)flow_names_read(r, v, "a condition",
			      SITE_CONDITIONS_MAX, &s->conditions, &s->nconditions);
}


/* What no site can do without. */
static void needed(struct yaml_reader *r, const struct yaml_node *root)
{
	static const char *const keys[] = {"site", "networks", "hosts"};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (!yaml_get(root, keys[i]) || yaml_get(root, keys[i])->kind == YAML_NULL)
			diag_error(r->dl, root->pos, "this site has no \"%s:\"", keys[i]);
}


static void root_read(struct yaml_reader *r, const struct yaml_node *root, struct site *s)
{
	if (!root) {
		if (r->partial)
			return;
		diag_error(r->dl, ((struct diag_pos){r->file, 1, 1}), "the file is empty");
		return;
	}
	if (!yaml_check_map(r, root, "a site", site_keys))
		return;

	if (!r->partial)
		needed(r, root);
	head_read(r, root, s);
	networks_read(r, root, s);
	/* In a text that broke off, networks may be what is missing. */
	if (!r->partial || s->nnetworks) {
		site_links_read(r, root, s);
		hosts_read(r, root, s);
		firewalls_read(r, root, s);
	}
	matrix_files_read(r, root, s);
	narrows_read(r, root, s);
	site_cross_check(r, s);
}


int site_parse_with(struct site *s, struct arena *a, const struct flow_matrix *shipped,
		    const char *text, size_t len, const char *name,
		    struct diag_list *dl)
{
	struct yaml_reader r = { .a = a, .dl = dl, .file = arena_strdup(a, name) };
	size_t errors = dl->errors;
	struct yaml_node *root;
	int err;

	memset(s, 0, sizeof(*s));
	s->matrices = site_calloc(&r, 1 + SITE_MATRICES_MAX, sizeof(*s->matrices));
	if (!r.file || !s->matrices)
		return ENOMEM;
	s->matrices[0] = *shipped;
	s->nmatrices = 1;

	err = yaml_read(&root, &r, text, len);
	if (err)
		return err;

	root_read(&r, root, s);
	if (!s->nmatrix_files && !r.partial)
		err = site_check(s, dl);
	if (r.err)
		return r.err;
	if (err && err != EBADMSG)
		return err;
	return dl->errors > errors ? EBADMSG : 0;
}


int site_parse(struct site *s, struct arena *a, const char *text, size_t len,
	       const char *name, struct diag_list *dl)
{
	struct flow_matrix shipped;
	int err = flow_matrix_builtin(&shipped, a);

	memset(s, 0, sizeof(*s));
	return err ? err : site_parse_with(s, a, &shipped, text, len, name, dl);
}
