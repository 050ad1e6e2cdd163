/**
 * Users and registrations on disk: SQLite with a write-ahead log, one writer.
 *
 * A change is in a transaction that the caller begins and commits; commit
 * returns when the disk holds it. What was wrong is in db_error().
 */
#ifndef VISAVIS_DAEMONS_CALLCONTROL_DB_H
#define VISAVIS_DAEMONS_CALLCONTROL_DB_H

#include "daemons/callcontrol/users.h"

struct db;

/** Open or make it. @return 0; ENOTSUP: of a newer version; EIO, ENOMEM;
 *  logged */
int db_open(struct db **dbp, const char *path);

int db_begin(struct db *db);
int db_commit(struct db *db);
void db_rollback(struct db *db);
const char *db_error(const struct db *db);

int db_binding_put(struct db *db, const char *aor, const struct binding *b);
/** @param contact  NULL: all of them */
int db_binding_del(struct db *db, const char *aor, const char *contact);
int db_binding_expire(struct db *db, uint64_t now);

/** Fill memory from what is stored and not expired. */
int db_load_bindings(struct db *db, struct location *loc, uint64_t now);
/** Users of another realm are left out and counted. */
int db_load_users(struct db *db, struct users *us, const char *realm,
		  unsigned *skipped);

int db_user_put(struct db *db, const struct user *u, const char *realm);
int db_user_del(struct db *db, const char *name);

/** A secret of this database, made when it was. */
int db_secret(struct db *db, uint8_t key[DIGEST_KEY]);

#endif
