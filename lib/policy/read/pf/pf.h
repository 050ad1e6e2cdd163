/**
 * What the parts of the pf reader share: words and statements (pf_lex.c),
 * names (pf_names.c), addresses and tables (pf_addr.c), rules (pf_rule.c) and
 * their options (pf_opts.c), tags (pf_tag.c), the file (pf.c).
 *
 * In pf the last rule that matches decides, unless one with "quick" came
 * before. The same as a list in which the first decides: the quick ones in
 * their order, then the others from the last to the first. A packet that
 * crosses is judged twice, on its way in and on its way out: two lists.
 */
#ifndef VISAVIS_LIB_POLICY_READ_PF_H
#define VISAVIS_LIB_POLICY_READ_PF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/sbuf.h"
#include "lib/policy/read/config.h"
#include "lib/policy/read/lines.h"
#include "lib/policy/read/tokens.h"
#include "lib/policy/read/linux/clause.h"

enum {
	PF_MACROS_MAX = 4096,
	PF_TABLES_MAX = 4096,
	PF_DEPTH_MAX = 16,		/**< of anchors */
	PF_TAGGED_MAX = 1024,		/**< rules that ask for a tag */
};

struct pf_macro {
	const char *name, *value;
};

/** The words of one statement. */
struct pf_lex {
	struct lines l;
	struct sbuf line;		/**< the statement, macros worked in */
	struct tokens w;		/**< of the statement */
	unsigned first;			/**< line that x->line began with */
	const char *start;		/**< where that stands in the file */
	unsigned number;		/**< line where the statement began */
	struct config_text raw;		/**< its text in the file */
	struct config_text remark;	/**< the comment right before it, or n 0 */
	struct pf_macro *macros;	/**< in the memory of the config */
	size_t nmacros, macros_cap;
	const char *no_macro;		/**< a name that was used and is not there; it
					  points into `line` */
	bool unended;			/**< the file ends within it */
	bool unquoted;			/**< a quote in it has no end in its line */
	bool opens;			/**< it ended in the "{" of an anchor */
};

/** The next statement. "}" alone is one. @return 0; ENODATA at the end of the
 *  file; ENOMEM; EOVERFLOW never: see w.overflow */
int pf_lex_next(struct pf_lex *x);
void pf_lex_reset(struct pf_lex *x);

static inline const char *pf_tok(const struct pf_lex *x, size_t i) { return tokens_at(&x->w, i); }

static inline bool pf_is(const struct pf_lex *x, size_t i, const char *word)
{
	return tokens_is(&x->w, i, word);
}

/** pf's words for ICMP types and codes, and numbers. @return false: none */
bool pf_icmp_type(unsigned *type, uint8_t family, const char *s);
bool pf_icmp_code(unsigned *code, uint8_t family, unsigned type, const char *s);
/** A TOS byte: a number, pf's words, those of DSCP */
bool pf_tos(unsigned *tos, const char *s);
/** "SAFRPUEW", maybe empty. @return false: another letter is in it */
bool pf_flags(uint8_t *bits, const char *s, size_t n);

struct pf_table {
	const char *name;
	struct config_addrs addrs;	/**< those that it has, negation worked in */
	bool unknown;			/**< members come from elsewhere */
};

/** One end of a rule. */
struct pf_side {
	int end;			/**< PSET_SRC, PSET_DST */
	bool given;
	struct clause addr;		/**< what is known of it; n 0 and !any: nothing */
	bool any;			/**< no condition on the address */
	bool unknown;			/**< more addresses than those, or fewer */
	bool self;			/**< the firewall's own among them */
	struct config_nums ports;
};

/** Interfaces of a rule; each entry makes a rule. */
struct pf_on {
	const char **v;
	size_t n, cap;
	bool negate;
	bool unknown;			/**< the name may be a group's: any interface
					  but those that have such names */
};

struct pf_match {
	uint8_t family;
	bool in, out;
	bool quick;
	struct pf_on *on;
	size_t non, on_cap;
	struct pf_on received;
	struct config_nums protocol;
	struct pf_side from, to;
	struct config_icmps icmp;
	struct config_nums dscp;
	bool flags_given;		/**< "flags any" too */
	uint8_t flags, flags_mask;
	bool no_state;
	bool fragment;
	bool sometimes;			/**< asks what packet sets do not hold */
	const char *tag, *tagged;
	bool not_tagged;
	struct config_rows rows;
	enum config_action action;	/**< what becomes of the packets */
	const char *target[2];		/**< lists of a jump, in and out */
	const char *effect;		/**< label and log, as config_rule has it */
	bool uncertain;			/**< may do whatever with them */
};

/** A rule of one direction, before the lists are made. */
struct pf_rule {
	struct config_rule r;
	const char *tag, *tagged;
	bool not_tagged;
	bool others;			/**< its interfaces are any but pf_file.names */
};

struct pf_rules {
	struct pf_rule *v;
	size_t n, cap;
};

/** Where rules of a block go: [0] in, [1] out */
struct pf_block {
	struct pf_rules quick[2], last[2];
};

/** An anchor whose rules are being read */
struct pf_anchor {
	struct pf_match m;
	struct pf_block block;
	const char *name;
	unsigned line;
	struct config_text text;
	bool obscure;			/**< its own conditions are not understood */
};

struct pf_file {
	struct config *c;
	struct pf_lex x;
	struct pf_table *tables;
	size_t ntables, tables_cap;
	struct pf_anchor *anchors[PF_DEPTH_MAX];	/**< [0] is the file */
	unsigned depth;
	struct config_ifaces names;	/**< used like interfaces, that may be groups */
	size_t nfilter;			/**< statements of pf's own: rules, tables, set */
	bool nat;			/**< translation has been noticed */
	bool routed;			/**< route-to has been noticed */
	struct pf_block skip;		/**< set skip on ...: before all else */
	bool tags_inside;		/**< an anchor's rules set tags */
	unsigned passed;		/**< blocks that are open within one too deep */
};

/** The table statement of the lexer. @return 0, ENOMEM */
int pf_table(struct pf_file *f);
const struct pf_table *pf_table_find(const struct pf_file *f, const char *name);

/**
 * Hosts of one end, from token *i on; *i goes behind them.
 * @return 0; EINVAL: not understood; ENOMEM
 */
int pf_hosts(struct pf_file *f, struct pf_side *s, size_t *i);
/** Ports and other numbers: "80", "a:b", "> 80", "a >< b", lists of them */
int pf_numbers(struct pf_file *f, struct config_nums *v, size_t *i);
/** "em0", "! em0", "{ em0, em1 }" @return as pf_hosts */
int pf_interfaces(struct pf_file *f, struct pf_match *m, size_t *i);
/** Go past "( ... )", "{ ... }", "<t>" or one word. */
void pf_skip_group(const struct pf_lex *x, size_t *i);

/**
 * What a rule or an anchor asks for, from token *i to the end, a "->", or the
 * "{" of an anchor.
 * @return 0; EINVAL: the token at *i is not understood; ENOMEM
 */
int pf_conditions(struct pf_file *f, struct pf_match *m, size_t *i);
/** Does the word begin a condition or an option? */
bool pf_option_word(const char *s);

/** The rules that m means, to a block, with the lexer's line. @return 0,
 *  ENOMEM, EOVERFLOW */
int pf_emit(struct pf_file *f, struct pf_block *b, const struct pf_match *m);
/** A rule that may match or not and do whatever, within what is known of it. */
int pf_obscure(struct pf_file *f, struct pf_block *b, const struct pf_match *m,
	       const char *fmt, ...) __attribute__((format(printf, 4, 5)));
int pf_notice_nat(struct pf_file *f);

/** Turn questions for tags on the way out into conditions on the way in.
 *  @return 0, ENOMEM */
int pf_resolve_tags(struct pf_file *f, struct pf_block *b);

#endif
