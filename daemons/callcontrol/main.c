#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "daemons/callcontrol/ctl.h"
#include "io/flowtab.h"
#include "io/log.h"
#include "io/program.h"
#include "io/sandbox.h"


enum { USERS_MAX = 100000, CALLS_MAX = 10000 };

/* All that lives as long as the program. */
static struct {
	const char *users;		/* a file */
	struct core core;
	struct calls *calls;
	struct db *db;
	struct net *net;
	struct ctl_server *ctl;
	struct control control;
	bool lowers;			/* root started it: it becomes */
	unsigned uid, gid;		/* this user */
} cc;


/* NUMBER:PASSWORD lines. */
static int user_line(char *line, unsigned number)
{
	char *colon = strchr(line, ':');
	int err;

	line[strcspn(line, "\r\n")] = '\0';
	if (!*line || *line == '#')
		return 0;
	if (colon)
		*colon++ = '\0';
	err = colon ? control_user_add(&cc.control, line, colon) : EINVAL;
	if (err)
		log_error("%s:%u: %s", cc.users, number, err == EINVAL ?
			  "write NUMBER:PASSWORD" : strerror(err));
	return err;
}


static int users_import(void)
{
	FILE *f = fopen(cc.users, "re");
	char line[512];
	struct stat st;
	unsigned n = 0;
	int err = 0;

	if (!f || fstat(fileno(f), &st)) {
		log_error("%s: %s", cc.users, strerror(errno));
		if (f)
			(void)fclose(f);
		return EIO;
	}
	if (st.st_mode & 077) {
		log_error("%s holds passwords and others may read it: chmod 600 it",
			  cc.users);
		err = EPERM;
	}
	if (!err)
		err = db_begin(cc.db);
	while (!err && fgets(line, sizeof(line), f))
		err = user_line(line, ++n);
	if (!err)
		err = db_commit(cc.db);
	if (err)
		db_rollback(cc.db);
	explicit_bzero(line, sizeof(line));
	(void)fclose(f);
	return err;
}


static enum auth_offer offer(const struct program *p)
{
	const char *s = site_host_setting(p->self, "digest", "both");

	if (!strcmp(s, "md5"))
		return AUTH_ONLY_MD5;
	return !strcmp(s, "sha-256") ? AUTH_ONLY_SHA256 : AUTH_BOTH;
}


static int stored_load(struct program *p)
{
	struct core *c = &cc.core;
	unsigned skipped;
	int err;

	err = db_load_users(cc.db, c->users, p->site.name, &skipped);
	if (!err)
		err = db_load_bindings(cc.db, c->loc, (uint64_t)time(NULL));
	if (err)
		log_error("the stored state cannot be read: %s", db_error(cc.db));
	else if (skipped)
		log_warn("%u users belong to another site's name and must be added "
			 "again: their passwords are hashed with it", skipped);
	return err;
}


static int core_init(struct program *p)
{
	struct core *c = &cc.core;
	uint8_t key[DIGEST_KEY];
	int err;

	c->names[0] = p->self->name;
	c->names[1] = p->site.name;
	/* as the site's name service knows us, and its domain */
	c->names[2] = site_host_fqdn(&p->site, p->self, &p->arena);
	c->names[3] = site_domain(&p->site, &p->arena);
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
		err = calls_alloc(&cc.calls, CALLS_MAX);
	if (!err)
		err = db_secret(cc.db, c->key);
	/* nonces are of this run alone: no old one is good after a restart */
	rand_bytes(key, sizeof(key));
	if (!err)
		err = auth_alloc(&c->auth, p->site.name, c->users, key, offer(p));
	if (err) {
		log_error("cannot start: %s", strerror(err));
		return err;
	}
	return stored_load(p);
}


/* A user without rights must reach the folder by its path: SQLite does. */
static bool is_reached(const char *dir)
{
	bool ok;

	if (sandbox_act_as(cc.uid, cc.gid))
		return false;
	ok = faccessat(AT_FDCWD, dir, F_OK, AT_EACCESS) == 0;
	return sandbox_act_as(0, 0) == 0 && ok;
}


/* What whoever wrote here before may have put in a file's place stays. */
static int give_file(int dir, const char *name)
{
	struct stat st;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW))
		return errno == ENOENT ? 0 : errno;
	if (!S_ISREG(st.st_mode) || st.st_nlink != 1)
		return EPERM;
	return fchownat(dir, name, cc.uid, cc.gid, AT_SYMLINK_NOFOLLOW) ? errno : 0;
}


static int state_give(const char *path)
{
	static const char *const files[] = {
		"callcontrol.db", "callcontrol.db-wal", "callcontrol.db-shm",
		"callcontrol.db-journal",
	};
	int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int err = dir < 0 ? errno : 0;

	for (size_t i = 0; !err && i < ARRAY_SIZE(files); i++)
		err = give_file(dir, files[i]);
	if (!err && fchown(dir, cc.uid, cc.gid))
		err = errno;
	if (dir >= 0)
		(void)close(dir);
	return err;
}


/* From here on files in the state folder belong to whom it becomes. */
static int state_owner(struct program *p)
{
	int err;

	cc.lowers = sandbox_user(&cc.uid, &cc.gid);
	if (cc.lowers && !is_reached(p->state)) {
		log_warn("user %u cannot reach %s: staying root, without its rights",
			 cc.uid, p->state);
		cc.lowers = false;
		cc.uid = cc.gid = 0;
		(void)state_give(p->state);
	}
	if (!cc.lowers)
		return 0;
	err = state_give(p->state);
	if (!err)
		err = sandbox_act_as(cc.uid, cc.gid);
	if (err)
		log_error("%s: cannot be given to user %u: %s", p->state, cc.uid,
			  strerror(err));
	return err;
}


static int state_load(struct program *p)
{
	char path[PROGRAM_PATH];
	int err = program_path(path, p, "callcontrol.db");

	if (!err)
		err = db_open(&cc.db, path);
	return err ? err : core_init(p);
}


static int state_open(struct program *p)
{
	int err;

	if (mkdir(p->state, 0700) && errno != EEXIST) {
		err = errno;
		log_error("%s: %s", p->state, strerror(err));
		return err;
	}
	err = state_owner(p);
	if (!err)
		err = state_load(p);
	/* root again: users, keys and the control socket are for it alone */
	if (cc.lowers && sandbox_act_as(0, 0) && !err)
		err = EPERM;
	if (err)
		return err;
	cc.control = (struct control){&cc.core, cc.db, cc.calls, NULL, p->site.name};
	return cc.users ? users_import() : 0;
}


static int listen_all(struct program *p)
{
	char cert[PROGRAM_PATH], ca[PROGRAM_PATH];
	struct net_config cfg = {
		.site = &p->site, .self = p->self, .core = &cc.core,
		.db = cc.db, .calls = cc.calls,
	};
	int err;

	err = program_path(cert, p, STATE_CERT);
	if (!err)
		err = program_path(ca, p, STATE_CA);
	if (err)
		return err;
	if (p->site.security) {
		cfg.cert = cert;
		cfg.ca = ca;
	}
	err = net_alloc(&cc.net, &cfg);
	if (err)
		return err;
	cc.control.net = cc.net;
	return control_listen(&cc.ctl, p->self->name, &cc.control);
}


static int run(struct program *p)
{
	int err = state_open(p);

	if (!err)
		err = listen_all(p);
	if (err)
		return err;
	err = cc.lowers ? sandbox_become(cc.uid, cc.gid) : 0;
	if (!err)
		err = sandbox_enter(0);
	if (err) {
		log_error("rights cannot be given up: %s", strerror(err));
		return err;
	}
	log_info("call control of %s is ready: %u users, %u registrations",
		 p->site.name, users_count(cc.core.users), location_count(cc.core.loc));
	return program_serve();
}


static void end(struct program *p)
{
	(void)p;
	mem_deref(cc.ctl);
	mem_deref(cc.net);
	mem_deref(cc.core.auth);
	mem_deref(cc.core.loc);
	mem_deref(cc.core.users);
	mem_deref(cc.calls);
	mem_deref(cc.db);
}


int main(int argc, char *argv[])
{
	static const struct arg own[] = {
		{.name = "users", .to = &cc.users, .value = "FILE",
		 .help = "add the users in this file, NUMBER:PASSWORD lines"},
	};
	static struct program p = {
		.name = "visavis-callcontrol", .role = "callcontrol",
		.args = own, .nargs = ARRAY_SIZE(own), .run_h = run, .end_h = end,
	};

	return program_main(&p, argc, argv);
}
