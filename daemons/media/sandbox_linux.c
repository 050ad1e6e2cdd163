#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <sched.h>
#include <seccomp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "daemons/media/sandbox.h"

/* What runs after init needs: memory, threads, time, and descriptors that it
 * already has. */
static const int calls_always[] = {
	SCMP_SYS(read), SCMP_SYS(write), SCMP_SYS(readv), SCMP_SYS(writev), SCMP_SYS(pread64), SCMP_SYS(pwrite64),
	SCMP_SYS(close), SCMP_SYS(fstat), SCMP_SYS(newfstatat), SCMP_SYS(lseek), SCMP_SYS(fcntl), SCMP_SYS(munmap),
	SCMP_SYS(mremap), SCMP_SYS(madvise), SCMP_SYS(brk), SCMP_SYS(futex), SCMP_SYS(clock_gettime),
	SCMP_SYS(clock_nanosleep), SCMP_SYS(nanosleep), SCMP_SYS(gettimeofday), SCMP_SYS(poll), SCMP_SYS(ppoll),
	SCMP_SYS(epoll_create1), SCMP_SYS(epoll_ctl), SCMP_SYS(epoll_wait), SCMP_SYS(epoll_pwait),
	SCMP_SYS(eventfd2), SCMP_SYS(timerfd_create), SCMP_SYS(timerfd_settime), SCMP_SYS(recvmsg),
	SCMP_SYS(sendmsg), SCMP_SYS(recvmmsg), SCMP_SYS(sendmmsg), SCMP_SYS(recvfrom), SCMP_SYS(sendto),
	SCMP_SYS(getsockopt), SCMP_SYS(setsockopt), SCMP_SYS(getsockname), SCMP_SYS(getpid), SCMP_SYS(gettid),
	SCMP_SYS(getppid), SCMP_SYS(tgkill), SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask),
	SCMP_SYS(rt_sigreturn), SCMP_SYS(sigaltstack), SCMP_SYS(exit), SCMP_SYS(exit_group),
	SCMP_SYS(restart_syscall), SCMP_SYS(set_robust_list), SCMP_SYS(rseq), SCMP_SYS(sched_yield),
	SCMP_SYS(sched_getaffinity), SCMP_SYS(setpriority), SCMP_SYS(getpriority), SCMP_SYS(getrandom),
	SCMP_SYS(uname), SCMP_SYS(sysinfo), SCMP_SYS(getrusage), SCMP_SYS(getcpu), SCMP_SYS(fsync),
	SCMP_SYS(ftruncate), SCMP_SYS(getuid), SCMP_SYS(geteuid), SCMP_SYS(getgid), SCMP_SYS(getegid),
};

/* What libraries try and do without. */
struct refused {
	int call;
	int err;
};

static const struct refused refused_always[] = {
	{ SCMP_SYS(clone3), ENOSYS },	/* its flags cannot be seen here: libc falls back to clone */
	{ SCMP_SYS(sched_setscheduler), EPERM }, { SCMP_SYS(sched_setattr), EPERM }, { SCMP_SYS(mlock), EPERM },
};

static const struct refused refused_files[] = {
	{ SCMP_SYS(open), EACCES }, { SCMP_SYS(access), EACCES }, { SCMP_SYS(faccessat), EACCES },
	{ SCMP_SYS(faccessat2), EACCES }, { SCMP_SYS(readlink), EACCES }, { SCMP_SYS(readlinkat), EACCES },
	{ SCMP_SYS(statx), ENOSYS }, { SCMP_SYS(ioctl), ENOTTY },
};

/* For the libraries of a window, a camera, a sound card. */
static const int calls_devices[] = {
	SCMP_SYS(ioctl), SCMP_SYS(openat), SCMP_SYS(open), SCMP_SYS(access), SCMP_SYS(faccessat),
	SCMP_SYS(faccessat2), SCMP_SYS(readlink), SCMP_SYS(readlinkat), SCMP_SYS(statx), SCMP_SYS(getdents64),
	SCMP_SYS(memfd_create), SCMP_SYS(shmget), SCMP_SYS(shmat), SCMP_SYS(shmdt), SCMP_SYS(shmctl),
	SCMP_SYS(select), SCMP_SYS(pselect6), SCMP_SYS(dup), SCMP_SYS(dup2), SCMP_SYS(dup3), SCMP_SYS(pipe2),
	SCMP_SYS(shutdown), SCMP_SYS(getpeername), SCMP_SYS(inotify_init1), SCMP_SYS(inotify_add_watch),
	SCMP_SYS(inotify_rm_watch), SCMP_SYS(getcwd), SCMP_SYS(prctl), SCMP_SYS(sched_get_priority_max),
	SCMP_SYS(sched_get_priority_min),
};

#define COUNT(v) (sizeof(v) / sizeof((v)[0]))

enum { FILES_MAX = 256, FILE_SIZE_MAX = 1 << 30 };


static int add(scmp_filter_ctx f, const int *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		int rc = seccomp_rule_add(f, SCMP_ACT_ALLOW, v[i], 0);

		if (rc < 0 && rc != -EDOM)	/* EDOM: not on this machine */
			return -rc;
	}
	return 0;
}


/* Memory is never executable, threads are but threads, names are in our folder. */
static int add_conditional(scmp_filter_ctx f, const struct sandbox *s)
{
	const struct scmp_arg_cmp no_exec = SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0);
	const struct scmp_arg_cmp thread = SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_VM | CLONE_THREAD, CLONE_VM | CLONE_THREAD);
	const struct scmp_arg_cmp get_limit = SCMP_A2(SCMP_CMP_EQ, 0);
	const struct scmp_arg_cmp name = SCMP_A0(SCMP_CMP_EQ, PR_SET_NAME);
	const struct scmp_arg_cmp vma = SCMP_A0(SCMP_CMP_EQ, 0x53564d41);	/* PR_SET_VMA: malloc names */
	const struct scmp_arg_cmp dir32 = SCMP_A0(SCMP_CMP_MASKED_EQ, 0xffffffffu, (uint32_t)s->dirfd);
	const struct scmp_arg_cmp dir2 = SCMP_A2(SCMP_CMP_MASKED_EQ, 0xffffffffu, (uint32_t)s->dirfd);
	int rc = 0;

	rc |= seccomp_rule_add_array(f, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1, &no_exec);
	rc |= seccomp_rule_add_array(f, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1, &no_exec);
	rc |= seccomp_rule_add_array(f, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1, &thread);
	rc |= seccomp_rule_add_array(f, SCMP_ACT_ALLOW, SCMP_SYS(prlimit64), 1, &get_limit);
	if (!s->devices) {
		rc |= seccomp_rule_add_array(f, SCMP_ACT_ALLOW, SCMP_SYS(prctl), 1, &name);
		rc |= seccomp_rule_add_array(f, SCMP_ACT_ALLOW, SCMP_SYS(prctl), 1, &vma);
	}
	if (s->dirfd >= 0) {
		const struct scmp_arg_cmp both[2] = { dir32, dir2 };

		if (!s->devices)
			rc |= seccomp_rule_add_array(f, SCMP_ACT_ALLOW, SCMP_SYS(openat), 1, &dir32);
		rc |= seccomp_rule_add_array(f, SCMP_ACT_ALLOW, SCMP_SYS(unlinkat), 1, &dir32);
		rc |= seccomp_rule_add_array(f, SCMP_ACT_ALLOW, SCMP_SYS(renameat), 2, both);
		rc |= seccomp_rule_add_array(f, SCMP_ACT_ALLOW, SCMP_SYS(renameat2), 2, both);
	}
	return rc ? EINVAL : 0;
}


static int add_refused(scmp_filter_ctx f, const struct refused *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		int rc = seccomp_rule_add(f, SCMP_ACT_ERRNO((uint16_t)v[i].err), v[i].call, 0);

		if (rc < 0 && rc != -EDOM)
			return -rc;
	}
	return 0;
}


/* Opening elsewhere fails as a missing right would; it need not kill. */
static int add_no_files(scmp_filter_ctx f)
{
	const struct scmp_arg_cmp cwd = SCMP_A0(SCMP_CMP_MASKED_EQ, 0xffffffffu, (uint32_t)AT_FDCWD);
	int rc = seccomp_rule_add_array(f, SCMP_ACT_ERRNO(EACCES), SCMP_SYS(openat), 1, &cwd);

	return rc < 0 ? -rc : add_refused(f, refused_files, COUNT(refused_files));
}


int sandbox_calls(const struct sandbox *s)
{
	scmp_filter_ctx f;
	int err;

	if (s->mode == SANDBOX_OFF)
		return 0;
	f = seccomp_init(s->mode == SANDBOX_LOG ? SCMP_ACT_LOG : SCMP_ACT_KILL_PROCESS);
	if (!f)
		return ENOMEM;
	err = -seccomp_attr_set(f, SCMP_FLTATR_CTL_TSYNC, 1);
	if (!err)
		err = add(f, calls_always, COUNT(calls_always));
	if (!err)
		err = add_conditional(f, s);
	if (!err)
		err = add_refused(f, refused_always, COUNT(refused_always));
	if (!err)
		err = s->devices ? add(f, calls_devices, COUNT(calls_devices)) : add_no_files(f);
	if (!err)
		err = -seccomp_load(f);
	seccomp_release(f);
	return err;
}


static uint64_t fs_rights(long abi)
{
	uint64_t all = (1ULL << 13) - 1;	/* ABI 1: execute to make_sym */

	if (abi >= 2)
		all |= 1ULL << 13;	/* refer */
	if (abi >= 3)
		all |= 1ULL << 14;	/* truncate */
	return all;
}


/* @return 0, or ENOSYS: a kernel without landlock; the call filter still
 * holds names to the folder */
static int files(const struct sandbox *s)
{
	struct landlock_ruleset_attr attr = {0};
	struct landlock_path_beneath_attr path = {0};
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	int fd, err = 0;

	if (abi < 1)
		return ENOSYS;
	attr.handled_access_fs = fs_rights(abi);
	fd = (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr), 0);
	if (fd < 0)
		return errno;
	path.allowed_access = attr.handled_access_fs &
		(LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_MAKE_REG |
		 LANDLOCK_ACCESS_FS_REMOVE_FILE | 1ULL << 14);
	path.parent_fd = s->dirfd;
	if (s->dirfd >= 0 && syscall(SYS_landlock_add_rule, fd, LANDLOCK_RULE_PATH_BENEATH, &path, 0))
		err = errno;
	if (!err && syscall(SYS_landlock_restrict_self, fd, 0))
		err = errno;
	(void)close(fd);
	return err;
}


static int drop_user(const struct sandbox *s, char *why, size_t size)
{
	if (geteuid())
		return 0;
	if (setgroups(0, NULL) || setresgid(s->uid, s->uid, s->uid) || setresuid(s->uid, s->uid, s->uid)) {
		/* a user namespace that maps root alone has nobody else to be */
		if (errno != EINVAL && errno != EPERM)
			return errno;
		(void)snprintf(why, size, "cannot become user %u here: %s", s->uid, strerror(errno));
	}
	return 0;
}


static void drop_capabilities(void)
{
	struct __user_cap_header_struct h = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct d[2] = {0};

	for (int c = 0; c <= CAP_LAST_CAP; c++)
		(void)prctl(PR_CAPBSET_DROP, c, 0, 0, 0);
	(void)syscall(SYS_capset, &h, d);
}


static void limits(void)
{
	const struct rlimit none = { 0, 0 }, nfiles = { FILES_MAX, FILES_MAX }, size = { FILE_SIZE_MAX, FILE_SIZE_MAX };

	(void)setrlimit(RLIMIT_CORE, &none);
	(void)setrlimit(RLIMIT_NOFILE, &nfiles);
	(void)setrlimit(RLIMIT_FSIZE, &size);
}


int sandbox_rights(const struct sandbox *s, char *why, size_t size)
{
	int err;

	why[0] = '\0';
	if (s->mode == SANDBOX_OFF)
		return 0;
	limits();
	err = drop_user(s, why, size);
	if (err)
		return err;
	drop_capabilities();
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return errno;
	/* devices' libraries read their settings as they go */
	if (s->devices)
		return 0;
	err = files(s);
	if (err == ENOSYS && !why[0])
		(void)snprintf(why, size, "this kernel has no landlock");
	return err == ENOSYS ? 0 : err;
}
