#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lab/proof/evidence.h"

enum { DIR_MAX = 1024 };


const char *event_str(const struct event *ev, const char *key)
{
	const char *s = json_string_value(json_object_get(ev->obj, key));

	return s ? s : "";
}


double event_num(const struct event *ev, const char *key)
{
	return json_number_value(json_object_get(ev->obj, key));
}


static int event_room(struct evidence *e)
{
	size_t cap = e->cap ? e->cap * 2 : 256;
	struct event *v;

	if (e->n < e->cap)
		return 0;

	v = realloc(e->v, cap * sizeof(*v));
	if (!v)
		return ENOMEM;

	e->v = v;
	e->cap = cap;
	return 0;
}


int evidence_line(struct evidence *e, const char *line, size_t len)
{
	struct event ev = {0};

	while (len && (line[len - 1] == '\n' || line[len - 1] == '\r'))
		len--;
	if (!len)
		return 0;

	if (e->n >= EVIDENCE_EVENTS_MAX) {
		e->past++;
		return 0;
	}

	ev.obj = json_loadb(line, len, 0, NULL);
	ev.ev = event_str(&ev, "ev");
	if (!json_is_object(ev.obj) || !ev.ev[0]) {
		json_decref(ev.obj);
		e->torn++;
		return EBADMSG;
	}

	if (event_room(e)) {
		json_decref(ev.obj);
		return ENOMEM;
	}

	ev.t = event_num(&ev, "t");
	ev.host = event_str(&ev, "host");
	ev.prog = event_str(&ev, "prog");
	e->v[e->n++] = ev;
	return 0;
}


static int file_load(struct evidence *e, const char *path)
{
	char *line = malloc(EVIDENCE_LINE_MAX);
	FILE *f = fopen(path, "re");
	int err = 0;

	if (!line || !f) {
		err = line ? errno : ENOMEM;
		goto out;
	}

	while (err != ENOMEM && fgets(line, EVIDENCE_LINE_MAX, f))
		err = evidence_line(e, line, strlen(line));
	if (err == EBADMSG)
		err = 0;

 out:
	if (f)
		(void)fclose(f);
	free(line);
	return err;
}


static bool is_jsonl(const char *name)
{
	size_t n = strlen(name);

	return n > 6 && !strcmp(name + n - 6, ".jsonl");
}


int evidence_load(struct evidence *e, const char *dir)
{
	struct dirent **v = NULL;
	int n = scandir(dir, &v, NULL, alphasort);
	int err = 0;

	if (n < 0)
		return errno;

	for (int i = 0; i < n; i++) {
		char path[DIR_MAX];

		if (!err && is_jsonl(v[i]->d_name) &&
		    snprintf(path, sizeof(path), "%s/%s", dir, v[i]->d_name) <
			    (int)sizeof(path))
			err = file_load(e, path);
		free(v[i]);
	}

	free(v);
	evidence_sort(e);
	return err;
}


static int event_cmp(const void *a, const void *b)
{
	const struct event *x = a, *y = b;

	return x->t < y->t ? -1 : x->t > y->t;
}


void evidence_sort(struct evidence *e)
{
	/* glibc's qsort is a merge sort where memory allows: stable */
	if (e->n > 1)
		qsort(e->v, e->n, sizeof(*e->v), event_cmp);
}


void evidence_reset(struct evidence *e)
{
	for (size_t i = 0; i < e->n; i++)
		json_decref(e->v[i].obj);
	free(e->v);
	memset(e, 0, sizeof(*e));
}
