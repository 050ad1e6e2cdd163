#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include <sqlite3.h>

#include "daemons/callcontrol/db.h"
#include "io/log.h"


enum { SCHEMA_VERSION = 1 };

enum stmt {
	S_BEGIN, S_COMMIT, S_ROLLBACK, S_PUT, S_DEL, S_DEL_ALL, S_EXPIRE,
	S_LOAD, S_USERS, S_USER_PUT, S_USER_DEL, S_SECRET, S_SECRET_PUT,
	S_MAX
};

static const char *const sql[S_MAX] = {
	[S_BEGIN] = "BEGIN IMMEDIATE",
	[S_COMMIT] = "COMMIT",
	[S_ROLLBACK] = "ROLLBACK",
	[S_PUT] = "INSERT OR REPLACE INTO binding VALUES (?,?,?,?,?,?,?,?,?,?,?,?)",
	[S_DEL] = "DELETE FROM binding WHERE aor=? AND contact=?",
	[S_DEL_ALL] = "DELETE FROM binding WHERE aor=?",
	[S_EXPIRE] = "DELETE FROM binding WHERE expires<=?",
	[S_LOAD] = "SELECT * FROM binding WHERE expires>?",
	[S_USERS] = "SELECT name, realm, md5, sha256 FROM user",
	[S_USER_PUT] = "INSERT OR REPLACE INTO user VALUES (?,?,?,?)",
	[S_USER_DEL] = "DELETE FROM user WHERE name=?",
	[S_SECRET] = "SELECT value FROM meta WHERE name='secret'",
	[S_SECRET_PUT] = "INSERT INTO meta VALUES ('secret', ?)",
};

static const char schema[] =
	"CREATE TABLE meta (name TEXT PRIMARY KEY, value BLOB) WITHOUT ROWID;"
	"CREATE TABLE user (name TEXT PRIMARY KEY, realm TEXT NOT NULL,"
	" md5 TEXT NOT NULL, sha256 TEXT NOT NULL) WITHOUT ROWID;"
	"CREATE TABLE binding (aor TEXT NOT NULL, contact TEXT NOT NULL,"
	" instance TEXT, path TEXT, callid TEXT NOT NULL, agent TEXT,"
	" cseq INTEGER NOT NULL, regid INTEGER NOT NULL, q INTEGER NOT NULL,"
	" transport INTEGER NOT NULL, source TEXT NOT NULL,"
	" expires INTEGER NOT NULL, PRIMARY KEY (aor, contact)) WITHOUT ROWID;"
	"PRAGMA user_version=1;";

struct db {
	sqlite3 *h;
	sqlite3_stmt *st[S_MAX];
};


static void db_destructor(void *arg)
{
	struct db *db = arg;

	for (int i = 0; i < S_MAX; i++)
		(void)sqlite3_finalize(db->st[i]);
	(void)sqlite3_close(db->h);
}


static int code(int rc)
{
	switch (rc & 0xff) {
	case SQLITE_OK:
	case SQLITE_DONE:
	case SQLITE_ROW: return 0;
	case SQLITE_FULL: return ENOSPC;
	case SQLITE_NOMEM: return ENOMEM;
	case SQLITE_BUSY: return EBUSY;
	case SQLITE_READONLY: return EROFS;
	default: return EIO;
	}
}


const char *db_error(const struct db *db)
{
	return sqlite3_errmsg(db->h);
}


/* The statement, prepared once; NULL when that fails. */
static sqlite3_stmt *take(struct db *db, enum stmt s)
{
	if (!db->st[s] && sqlite3_prepare_v3(db->h, sql[s], -1,
					     SQLITE_PREPARE_PERSISTENT,
					     &db->st[s], NULL) != SQLITE_OK)
		return NULL;
	return db->st[s];
}


static int run(struct db *db, sqlite3_stmt *st)
{
	int err;

	if (!st)
		return code(sqlite3_errcode(db->h));
	err = code(sqlite3_step(st));
	(void)sqlite3_reset(st);
	return err;
}


static void text(sqlite3_stmt *st, int col, const char *s)
{
	if (st)
		(void)sqlite3_bind_text(st, col, s, -1, SQLITE_STATIC);
}


static void number(sqlite3_stmt *st, int col, uint64_t v)
{
	if (st)
		(void)sqlite3_bind_int64(st, col, (sqlite3_int64)v);
}


static int make_schema(struct db *db)
{
	sqlite3_stmt *st = NULL;
	int version = -1, rc;

	rc = sqlite3_prepare_v2(db->h, "PRAGMA user_version", -1, &st, NULL);
	if (rc == SQLITE_OK && sqlite3_step(st) == SQLITE_ROW)
		version = sqlite3_column_int(st, 0);
	rc = sqlite3_finalize(st);
	if (rc != SQLITE_OK)
		return code(rc);
	if (version > SCHEMA_VERSION)
		return ENOTSUP;
	return version == SCHEMA_VERSION ? 0 :
		code(sqlite3_exec(db->h, schema, NULL, NULL, NULL));
}


static int prepare(struct db *db, const char *path)
{
	int rc = sqlite3_open_v2(path, &db->h, SQLITE_OPEN_READWRITE |
				 SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL);

	if (rc != SQLITE_OK)
		return code(rc);
	(void)sqlite3_busy_timeout(db->h, 1000);
	rc = sqlite3_exec(db->h, "PRAGMA journal_mode=WAL;"
			  "PRAGMA synchronous=FULL;"
			  "PRAGMA trusted_schema=OFF", NULL, NULL, NULL);
	return rc == SQLITE_OK ? make_schema(db) : code(rc);
}


int db_open(struct db **dbp, const char *path)
{
	struct db *db = mem_zalloc(sizeof(*db), db_destructor);
	mode_t mask;
	int err;

	if (!db)
		return ENOMEM;
	/* a hash of a password in it is as good as the password */
	mask = umask(077);
	err = prepare(db, path);
	(void)umask(mask);
	(void)chmod(path, 0600);
	if (err) {
		log_error("%s: %s", path, err == ENOTSUP ?
			  "made by a newer version of this program; use that one" :
			  sqlite3_errmsg(db->h));
		mem_deref(db);
		return err;
	}
	*dbp = db;
	return 0;
}


int db_begin(struct db *db)
{
	return run(db, take(db, S_BEGIN));
}


int db_commit(struct db *db)
{
	return run(db, take(db, S_COMMIT));
}


/* After a full disk SQLite has rolled back by itself. */
void db_rollback(struct db *db)
{
	if (!sqlite3_get_autocommit(db->h))
		(void)run(db, take(db, S_ROLLBACK));
}


int db_binding_put(struct db *db, const char *aor, const struct binding *b)
{
	sqlite3_stmt *st = take(db, S_PUT);
	char src[80];

	if (re_snprintf(src, sizeof(src), "%J", &b->src) < 0)
		return EINVAL;
	text(st, 1, aor);
	text(st, 2, b->contact);
	text(st, 3, b->instance);
	text(st, 4, b->path);
	text(st, 5, b->callid);
	text(st, 6, b->agent);
	number(st, 7, b->cseq);
	number(st, 8, b->regid);
	number(st, 9, b->q);
	number(st, 10, (uint64_t)b->tp);
	text(st, 11, src);
	number(st, 12, b->expires);
	return run(db, st);
}


int db_binding_del(struct db *db, const char *aor, const char *contact)
{
	sqlite3_stmt *st = take(db, contact ? S_DEL : S_DEL_ALL);

	text(st, 1, aor);
	if (contact)
		text(st, 2, contact);
	return run(db, st);
}


int db_binding_expire(struct db *db, uint64_t now)
{
	sqlite3_stmt *st = take(db, S_EXPIRE);

	number(st, 1, now);
	return run(db, st);
}


static int column(char **sp, sqlite3_stmt *st, int col)
{
	const char *s = (const char *)sqlite3_column_text(st, col);

	return s ? str_dup(sp, s) : 0;
}


static int load_strings(struct binding *b, sqlite3_stmt *st)
{
	char **const dst[] = {&b->contact, &b->instance, &b->path, &b->callid,
			      &b->agent};

	for (int i = 0; i < (int)ARRAY_SIZE(dst); i++) {
		int err = column(dst[i], st, i + 1);

		if (err)
			return err;
	}
	return b->contact && b->callid ? 0 : EBADMSG;
}


static int load_row(struct location *loc, sqlite3_stmt *st)
{
	const char *aor = (const char *)sqlite3_column_text(st, 0);
	struct binding *b = binding_alloc();
	struct pl src;
	int err;

	if (!b || !aor) {
		mem_deref(b);
		return ENOMEM;
	}
	err = load_strings(b, st);
	b->cseq = (uint32_t)sqlite3_column_int64(st, 6);
	b->regid = (uint32_t)sqlite3_column_int64(st, 7);
	b->q = (uint16_t)sqlite3_column_int(st, 8);
	b->tp = (enum sip_transp)sqlite3_column_int(st, 9);
	b->expires = (uint64_t)sqlite3_column_int64(st, 11);
	pl_set_str(&src, (const char *)sqlite3_column_text(st, 10));
	if (!err)
		err = sa_decode(&b->src, src.p, src.l);
	if (!err)
		err = location_set(loc, aor, b);
	if (err)
		log_warn("a stored registration of %s cannot be used: %s", aor,
			 strerror(err));
	mem_deref(b);
	return err == ENOMEM ? err : 0;
}


int db_load_bindings(struct db *db, struct location *loc, uint64_t now)
{
	sqlite3_stmt *st = take(db, S_LOAD);
	int rc, err = 0;

	if (!st)
		return EIO;
	number(st, 1, now);
	while (!err && (rc = sqlite3_step(st)) == SQLITE_ROW)
		err = load_row(loc, st);
	if (!err)
		err = code(rc);
	(void)sqlite3_reset(st);
	location_commit(loc);
	return err;
}


static int load_user(struct users *us, sqlite3_stmt *st)
{
	struct user u;

	memset(&u, 0, sizeof(u));
	(void)str_ncpy(u.name, (const char *)sqlite3_column_text(st, 0),
		       sizeof(u.name));
	(void)str_ncpy(u.ha1[DIGEST_MD5],
		       (const char *)sqlite3_column_text(st, 2), DIGEST_HEX);
	(void)str_ncpy(u.ha1[DIGEST_SHA256],
		       (const char *)sqlite3_column_text(st, 3), DIGEST_HEX);
	return users_set(us, &u);
}


int db_load_users(struct db *db, struct users *us, const char *realm,
		  unsigned *skipped)
{
	sqlite3_stmt *st = take(db, S_USERS);
	int rc, err = 0;

	*skipped = 0;
	if (!st)
		return EIO;
	while (!err && (rc = sqlite3_step(st)) == SQLITE_ROW) {
		if (str_cmp((const char *)sqlite3_column_text(st, 1), realm))
			++*skipped;
		else
			err = load_user(us, st);
	}
	if (!err)
		err = code(rc);
	(void)sqlite3_reset(st);
	return err;
}


int db_user_put(struct db *db, const struct user *u, const char *realm)
{
	sqlite3_stmt *st = take(db, S_USER_PUT);

	text(st, 1, u->name);
	text(st, 2, realm);
	text(st, 3, u->ha1[DIGEST_MD5]);
	text(st, 4, u->ha1[DIGEST_SHA256]);
	return run(db, st);
}


int db_user_del(struct db *db, const char *name)
{
	sqlite3_stmt *st = take(db, S_USER_DEL);

	text(st, 1, name);
	return run(db, st);
}


int db_secret(struct db *db, uint8_t key[DIGEST_KEY])
{
	sqlite3_stmt *st = take(db, S_SECRET);
	bool have = false;

	if (st && sqlite3_step(st) == SQLITE_ROW &&
	    sqlite3_column_bytes(st, 0) == DIGEST_KEY) {
		memcpy(key, sqlite3_column_blob(st, 0), DIGEST_KEY);
		have = true;
	}
	(void)sqlite3_reset(st);
	if (have)
		return 0;
	rand_bytes(key, DIGEST_KEY);
	st = take(db, S_SECRET_PUT);
	if (st)
		(void)sqlite3_bind_blob(st, 1, key, DIGEST_KEY, SQLITE_STATIC);
	return run(db, st);
}
