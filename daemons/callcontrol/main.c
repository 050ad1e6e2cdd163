#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "daemons/callcontrol/ctl.h"
#include "io/flowtab.h"
#include "io/log.h"
#include "io/sandbox.h"


enum { FILE_MAX = 1 << 22, PATH_SIZE = 512, USERS_MAX = 100000 };

struct options {
	const char *site;
	const char *host;
	const char *state;
	const char *log;
	const char *users;
	const char *security;
	bool verbose;
};

/* All that lives as long as the program. */
struct program {
	struct options opt;
	struct arena arena;
	struct site site;
	const struct site_host *self;
	struct core core;
	struct calls *calls;
	struct db *db;
	struct net *net;
	struct ctl_server *ctl;
	struct control control;
};


static void usage(FILE *f)
{
	(void)fputs("usage: visavis-callcontrol --site FILE --host NAME "
		    "--state DIR\n"
		    "           [--log FILE] [--users FILE] [--security on|off] [-v]\n"
		    "See visavis-callcontrol(8).\n", f);
}


static int options_parse(struct options *o, int argc, char *argv[])
{
	static const struct option longs[] = {
		{"site", required_argument, NULL, 's'},
		{"host", required_argument, NULL, 'h'},
		{"state", required_argument, NULL, 'd'},
		{"log", required_argument, NULL, 'l'},
		{"users", required_argument, NULL, 'u'},
		{"security", required_argument, NULL, 'S'},
		{"verbose", no_argument, NULL, 'v'},
		{"help", no_argument, NULL, '?' + 128},
		{NULL, 0, NULL, 0}
	};
	int ch;

	while ((ch = getopt_long(argc, argv, "v", longs, NULL)) != -1) {
		switch (ch) {
		case 's': o->site = optarg; break;
		case 'h': o->host = optarg; break;
		case 'd': o->state = optarg; break;
		case 'l': o->log = optarg; break;
		case 'u': o->users = optarg; break;
		case 'S': o->security = optarg; break;
		case 'v': o->verbose = true; break;
		case '?' + 128: usage(stdout); exit(0);
		default: return EINVAL;
		}
	}
	if (o->security && strcmp(o->security, "on") && strcmp(o->security, "off"))
		return EINVAL;
	return o->site && o->host && o->state && optind == argc ? 0 : EINVAL;
}


static char *read_all(const char *path, size_t *len)
{
	FILE *f = fopen(path, "re");
	char *p = f ? malloc(FILE_MAX) : NULL;

	if (!p) {
		log_error("%s: %s", path, strerror(errno));
		if (f)
			(void)fclose(f);
		return NULL;
	}
	*len = fread(p, 1, FILE_MAX, f);
	if (ferror(f) || *len == FILE_MAX) {
		log_error("%s: %s", path, ferror(f) ? "cannot be read" : "too large");
		free(p);
		p = NULL;
	}
	(void)fclose(f);
	return p;
}


static int site_load(struct program *pr)
{
	struct diag_list dl = {0};
	size_t len = 0;
	char *text = read_all(pr->opt.site, &len);
	int err;

	if (!text)
		return ENOENT;
	err = site_parse(&pr->site, &pr->arena, text, len, pr->opt.site, &dl);
	free(text);
	for (size_t i = 0; i < dl.n; i++) {
		if (dl.v[i].level == DIAG_ERROR)
			(void)fprintf(stderr, "%s:%u:%u: %s\n",
				      dl.v[i].pos.file ? dl.v[i].pos.file : "",
				      dl.v[i].pos.line, dl.v[i].pos.col, dl.v[i].msg);
	}
	diag_reset(&dl);
	if (err)
		return err;
	if (pr->opt.security)
		pr->site.security = !strcmp(pr->opt.security, "on");
	pr->self = site_host_find(&pr->site, pr->opt.host);
	if (!pr->self || !site_host_has_role(pr->self, "callcontrol")) {
		log_error("%s: host %s %s", pr->opt.site, pr->opt.host, pr->self ?
			  "has not the role callcontrol" : "is not in the file");
		return ENOENT;
	}
	return 0;
}


static int state_path(char *buf, const struct program *pr, const char *name)
{
	int n = snprintf(buf, PATH_SIZE, "%s/%s", pr->opt.state, name);

	return n < 0 || n >= PATH_SIZE ? ENAMETOOLONG : 0;
}


/* NUMBER:PASSWORD lines. */
static int user_line(struct program *pr, char *line, unsigned number)
{
	char *colon = strchr(line, ':');
	int err;

	line[strcspn(line, "\r\n")] = '\0';
	if (!*line || *line == '#')
		return 0;
	if (colon)
		*colon++ = '\0';
	err = colon ? control_user_add(&pr->control, line, colon) : EINVAL;
	if (err)
		log_error("%s:%u: %s", pr->opt.users, number, err == EINVAL ?
			  "write NUMBER:PASSWORD" : strerror(err));
	return err;
}


static int users_import(struct program *pr)
{
	FILE *f = fopen(pr->opt.users, "re");
	char line[512];
	struct stat st;
	unsigned n = 0;
	int err = 0;

	if (!f || fstat(fileno(f), &st)) {
		log_error("%s: %s", pr->opt.users, strerror(errno));
		if (f)
			(void)fclose(f);
		return EIO;
	}
	if (st.st_mode & 077) {
		log_error("%s holds passwords and others may read it: chmod 600 it",
			  pr->opt.users);
		err = EPERM;
	}
	if (!err)
		err = db_begin(pr->db);
	while (!err && fgets(line, sizeof(line), f))
		err = user_line(pr, line, ++n);
	if (!err)
		err = db_commit(pr->db);
	if (err)
		db_rollback(pr->db);
	explicit_bzero(line, sizeof(line));
	(void)fclose(f);
	return err;
}


static enum auth_offer offer(const struct program *pr)
{
	const char *s = site_host_setting(pr->self, "digest", "both");

	if (!strcmp(s, "md5"))
		return AUTH_ONLY_MD5;
	return !strcmp(s, "sha-256") ? AUTH_ONLY_SHA256 : AUTH_BOTH;
}


static int stored_load(struct program *pr)
{
	struct core *c = &pr->core;
	unsigned skipped;
	int err;

	err = db_load_users(pr->db, c->users, pr->site.name, &skipped);
	if (!err)
		err = db_load_bindings(pr->db, c->loc, (uint64_t)time(NULL));
	if (err)
		log_error("the stored state cannot be read: %s", db_error(pr->db));
	else if (skipped)
		log_warn("%u users belong to another site's name and must be added "
			 "again: their passwords are hashed with it", skipped);
	return err;
}


static int core_init(struct program *pr)
{
	struct core *c = &pr->core;
	uint8_t key[DIGEST_KEY];
	int err;

	c->names[0] = pr->self->name;
	c->names[1] = pr->site.name;
	/* as the site's name service knows us, and its domain */
	c->names[2] = arena_printf(&pr->arena, "%s.%s.visavis.test", pr->self->name, pr->site.name);
	c->names[3] = arena_printf(&pr->arena, "%s.visavis.test", pr->site.name);
	if (!c->names[2] || !c->names[3])
		return ENOMEM;
	c->limits = (struct registrar_limits){
		.min_expires = 10, .max_expires = 3600,
		.max_expires_stream = 600, .default_expires = 3600,
	};
	err = users_alloc(&c->users, USERS_MAX);
	if (!err)
		err = location_alloc(&c->loc, USERS_MAX);
	if (!err)
		err = calls_alloc(&pr->calls, 10000);
	if (!err)
		err = db_secret(pr->db, c->key);
	/* nonces are of this run alone: no old one is good after a restart */
	rand_bytes(key, sizeof(key));
	if (!err)
		err = auth_alloc(&c->auth, pr->site.name, c->users, key, offer(pr));
	if (err) {
		log_error("cannot start: %s", strerror(err));
		return err;
	}
	return stored_load(pr);
}


static int state_open(struct program *pr)
{
	char path[PATH_SIZE];
	int err;

	if (mkdir(pr->opt.state, 0700) && errno != EEXIST) {
		log_error("%s: %s", pr->opt.state, strerror(errno));
		return errno;
	}
	err = state_path(path, pr, "callcontrol.db");
	if (!err)
		err = db_open(&pr->db, path);
	if (!err)
		err = core_init(pr);
	if (err)
		return err;
	pr->control = (struct control){&pr->core, pr->db, pr->calls, NULL,
				       pr->site.name};
	return pr->opt.users ? users_import(pr) : 0;
}


static int listen_all(struct program *pr)
{
	char cert[PATH_SIZE], ca[PATH_SIZE], ctl[PATH_SIZE];
	struct net_config cfg = {
		.site = &pr->site, .self = pr->self, .core = &pr->core,
		.db = pr->db, .calls = pr->calls,
	};
	int err;

	err = state_path(cert, pr, "tls.pem");
	if (!err)
		err = state_path(ca, pr, "ca.pem");
	if (!err)
		err = ctl_path(ctl, sizeof(ctl), pr->self->name);
	if (err)
		return err;
	if (pr->site.security) {
		cfg.cert = cert;
		cfg.ca = ca;
	}
	err = net_alloc(&pr->net, &cfg);
	if (err)
		return err;
	pr->control.net = pr->net;
	err = control_listen(&pr->ctl, ctl, &pr->control);
	if (err)
		log_error("%s: %s", ctl, err == EADDRINUSE ?
			  "another program of this host is running" : strerror(err));
	return err;
}


static void program_end(struct program *pr)
{
	mem_deref(pr->ctl);
	mem_deref(pr->net);
	mem_deref(pr->core.auth);
	mem_deref(pr->core.loc);
	mem_deref(pr->core.users);
	mem_deref(pr->calls);
	mem_deref(pr->db);
	arena_reset(&pr->arena);
}


static void signal_handler(int sig)
{
	(void)sig;
	re_cancel();
}


static int run(struct program *pr)
{
	int err;

	err = site_load(pr);
	if (err)
		return err;
	flowtab_init(&pr->site, pr->self);
	err = state_open(pr);
	if (!err)
		err = listen_all(pr);
	if (err)
		return err;
	err = sandbox_enter(0);
	if (err) {
		log_error("rights cannot be given up: %s", strerror(err));
		return err;
	}
	log_info("call control of %s is ready: %u users, %u registrations",
		 pr->site.name, users_count(pr->core.users),
		 location_count(pr->core.loc));
	return re_main(signal_handler);
}


int main(int argc, char *argv[])
{
	static struct program pr;
	int err;

	if (options_parse(&pr.opt, argc, argv)) {
		usage(stderr);
		return 2;
	}
	err = log_init("visavis-callcontrol", pr.opt.host, pr.opt.log,
		       pr.opt.verbose ? LOG_DEBUG : LOG_INFO);
	if (err) {
		(void)fprintf(stderr, "%s: %s\n", pr.opt.log, strerror(err));
		return 1;
	}
	(void)signal(SIGPIPE, SIG_IGN);
	err = libre_init();
	if (!err)
		err = run(&pr);
	program_end(&pr);
	libre_close();
	log_close();
	return err ? 1 : 0;
}
