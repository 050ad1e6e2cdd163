/**
 * The commands of `visavis`. Each takes its own argv[0] and returns the
 * exit code: 0 fine, 1 findings or failure, 2 cannot tell, 3 bad usage or
 * unreadable input.
 */
#ifndef VISAVIS_TOOLS_CMD_H
#define VISAVIS_TOOLS_CMD_H

enum {
	EXIT_OK = 0,
	EXIT_FINDINGS = 1,
	EXIT_CANNOT_TELL = 2,
	EXIT_USAGE = 3,
};

struct cmd {
	const char *name;
	const char *args;
	const char *help;
	int (*run)(int argc, char *argv[]);
};

/** All commands of this build; ends with a NULL name. */
extern const struct cmd commands[];

int cmd_flows(int argc, char *argv[]);
int cmd_site(int argc, char *argv[]);
int cmd_plan(int argc, char *argv[]);
int cmd_policy(int argc, char *argv[]);
int cmd_ctl(int argc, char *argv[]);
int cmd_probe(int argc, char *argv[]);
int cmd_lab(int argc, char *argv[]);

#endif
