#include <errno.h>
#include <linux/capability.h>
#include <grp.h>
#include <pwd.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <seccomp.h>

#include "io/sandbox.h"

#define COUNT(v) (sizeof(v) / sizeof((v)[0]))
#define USER "visavis"
#define BIT(cap) (1u << (cap))	/* of the first 32 */


enum { NOBODY = 65534 };


/* Refused with EPERM: to change what is mounted or which namespace this is,
 * to look into other processes, to load code into the kernel. */
static const int refused[] = {
	SCMP_SYS(mount), SCMP_SYS(umount2),
	SCMP_SYS(pivot_root), SCMP_SYS(chroot), SCMP_SYS(unshare), SCMP_SYS(setns),
	SCMP_SYS(process_vm_readv), SCMP_SYS(process_vm_writev), SCMP_SYS(bpf),
	SCMP_SYS(perf_event_open), SCMP_SYS(init_module), SCMP_SYS(finit_module),
	SCMP_SYS(delete_module), SCMP_SYS(kexec_load), SCMP_SYS(kexec_file_load),
	SCMP_SYS(add_key), SCMP_SYS(request_key), SCMP_SYS(keyctl),
	SCMP_SYS(io_uring_setup), SCMP_SYS(userfaultfd), SCMP_SYS(reboot),
	SCMP_SYS(swapon), SCMP_SYS(swapoff), SCMP_SYS(settimeofday),
	SCMP_SYS(clock_settime), SCMP_SYS(open_by_handle_at), SCMP_SYS(mknod),
	SCMP_SYS(mknodat), SCMP_SYS(setuid), SCMP_SYS(setgid), SCMP_SYS(setreuid),
	SCMP_SYS(setregid), SCMP_SYS(setfsuid), SCMP_SYS(setfsgid),
};

/* As well, where no program is started. */
static const int refused_alone[] = {
	SCMP_SYS(execve), SCMP_SYS(execveat), SCMP_SYS(setresuid), SCMP_SYS(setresgid),
	SCMP_SYS(setgroups),
};


/* As root without capabilities it owns its files and nothing else. What is
 * kept for the child takes effect in the parent only where it signals. */
static int drop_capabilities(unsigned child_uid)
{
	const __u32 kept = child_uid ? BIT(CAP_SETUID) | BIT(CAP_SETGID) | BIT(CAP_KILL) : 0;
	struct __user_cap_header_struct h = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct have[_LINUX_CAPABILITY_U32S_3] = {0};
	struct __user_cap_data_struct want[_LINUX_CAPABILITY_U32S_3] = {0};

	for (int cap = 0; cap <= CAP_LAST_CAP; cap++)
		if (cap >= 32 || !(kept & BIT(cap)))
			(void)prctl(PR_CAPBSET_DROP, cap, 0, 0, 0);
	(void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	if (syscall(SYS_capget, &h, have))
		return errno;
	want[0].permitted = have[0].permitted & kept;
	want[0].effective = want[0].permitted & BIT(CAP_KILL);
	return syscall(SYS_capset, &h, want) ? errno : 0;
}


static int refuse(scmp_filter_ctx ctx, const int *v, size_t n)
{
	int err = 0;

	for (size_t i = 0; !err && i < n; i++)
		err = -seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EPERM), v[i], 0);
	return err;
}


/* To become anybody but the child's user, or to take up groups. */
static int refuse_users(scmp_filter_ctx ctx, unsigned uid)
{
	static const int calls[] = { SCMP_SYS(setresuid), SCMP_SYS(setresgid) };
	const struct scmp_arg_cmp some = SCMP_A0(SCMP_CMP_NE, 0);
	int err = -seccomp_rule_add_array(ctx, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(setgroups), 1, &some);

	for (size_t i = 0; i < COUNT(calls); i++)
		for (unsigned arg = 0; !err && arg < 3; arg++) {
			const struct scmp_arg_cmp other = { .arg = arg, .op = SCMP_CMP_NE, .datum_a = uid };

			err = -seccomp_rule_add_array(ctx, SCMP_ACT_ERRNO(EPERM), calls[i], 1, &other);
		}
	return err;
}


static int filter_calls(unsigned child_uid)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ALLOW);
	int err = ctx ? refuse(ctx, refused, COUNT(refused)) : ENOMEM;

	if (!err)
		err = child_uid ? refuse_users(ctx, child_uid) :
				  refuse(ctx, refused_alone, COUNT(refused_alone));
	if (!err)
		err = -seccomp_load(ctx);
	seccomp_release(ctx);
	return err;
}


int sandbox_enter(unsigned child_uid)
{
	int err = drop_capabilities(child_uid);

	if (!err && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		err = errno;
	return err ? err : filter_calls(child_uid);
}


/* Does this user namespace know the number? */
static bool is_mapped(const char *file, unsigned id)
{
	FILE *f = fopen(file, "re");
	unsigned in, out, n;
	bool found = false;

	while (f && !found && fscanf(f, "%u %u %u", &in, &out, &n) == 3)
		found = id >= in && id - in < n;
	if (f)
		(void)fclose(f);
	return found;
}


/* "deny" where an ordinary user made the namespace. */
static bool may_set_groups(void)
{
	FILE *f = fopen("/proc/self/setgroups", "re");
	char word[8] = "allow";

	if (f && fscanf(f, "%7s", word) != 1)
		word[0] = '\0';
	if (f)
		(void)fclose(f);
	return word[0] == 'a';
}


bool sandbox_user(unsigned *uid, unsigned *gid)
{
	const struct passwd *pw;

	if (geteuid() != 0)
		return false;
	pw = getpwnam(USER);
	*uid = pw && pw->pw_uid ? pw->pw_uid : NOBODY;
	*gid = pw && pw->pw_uid ? pw->pw_gid : NOBODY;
	return is_mapped("/proc/self/uid_map", *uid) &&
		is_mapped("/proc/self/gid_map", *gid) && may_set_groups();
}


int sandbox_act_as(unsigned uid, unsigned gid)
{
	/* the group while it is root: before it is given up, after it is back */
	if (!uid && seteuid(0))
		return errno;
	if (setegid(gid))
		return errno;
	return uid && seteuid(uid) ? errno : 0;
}


int sandbox_become(unsigned uid, unsigned gid)
{
	for (int cap = 0; cap <= CAP_LAST_CAP; cap++)
		(void)prctl(PR_CAPBSET_DROP, cap, 0, 0, 0);
	if (setgroups(0, NULL) || setresgid(gid, gid, gid) || setresuid(uid, uid, uid))
		return errno;
	return 0;
}
