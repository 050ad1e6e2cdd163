#include <errno.h>
#include <string.h>
#include <strings.h>

#include "io/sipbad.h"


enum { LINES_MAX = 256 };

struct out {
	char *p;
	size_t len;
	size_t size;
	unsigned have;		/* bit i: names[i] was copied */
};

static const struct {
	const char *name;
	const char *compact;
} names[] = {
	{"Via", "v"}, {"From", "f"}, {"To", "t"}, {"Call-ID", "i"}, {"CSeq", NULL},
};

enum { NAMES = sizeof(names) / sizeof(names[0]) };


static int add(struct out *o, const char *p, size_t len)
{
	if (len > o->size - o->len)
		return EOVERFLOW;
	memcpy(o->p + o->len, p, len);
	o->len += len;
	return 0;
}


static int add_str(struct out *o, const char *s)
{
	return add(o, s, strlen(s));
}


/* "METHOD uri SIP/2.0" */
static bool is_request(const char *p, size_t len)
{
	static const char version[] = " SIP/2.0";
	const char *sp = memchr(p, ' ', len);

	if (!sp || sp == p || len < sizeof(version) ||
	    memcmp(p + len - (sizeof(version) - 1), version, sizeof(version) - 1))
		return false;
	for (const char *c = p; c < sp; c++)
		if (*c < 'A' || *c > 'Z')
			return false;
	return !(sp - p == 3 && !memcmp(p, "ACK", 3));
}


static bool is_text(const char *p, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)p[i] < 0x20 && p[i] != '\t')
			return false;
	return true;
}


static bool named(const char *p, size_t len, const char *name)
{
	return name && strlen(name) == len && !strncasecmp(p, name, len);
}


/* Which of the names this line has, or NAMES. */
static size_t name_of(const char *p, size_t len)
{
	const char *colon = memchr(p, ':', len);
	size_t n = colon ? (size_t)(colon - p) : 0, i;

	while (n && (p[n - 1] == ' ' || p[n - 1] == '\t'))
		n--;
	for (i = 0; i < NAMES; i++)
		if (named(p, n, names[i].name) || named(p, n, names[i].compact))
			break;
	return i;
}


static int header(struct out *o, const char *p, size_t len)
{
	size_t i = name_of(p, len);
	int err;

	/* one of each, but all of Via; a second one may be the mistake */
	if (i == NAMES || !is_text(p, len) || (i && (o->have & 1u << i)))
		return 0;
	o->have |= 1u << i;
	err = add(o, p, len);
	return err ? err : add_str(o, "\r\n");
}


/* Take a line off; false at the end of the header, or of what there is. */
static bool line_next(const char **pp, size_t *leftp, const char **line,
		      size_t *len)
{
	const char *nl = memchr(*pp, '\n', *leftp);

	if (!nl)
		return false;
	*line = *pp;
	*len = (size_t)(nl - *pp);
	*leftp -= *len + 1;
	*pp = nl + 1;
	if (*len && (*line)[*len - 1] == '\r')
		--*len;
	return *len > 0;
}


int sipbad_reply(char *buf, size_t size, size_t *lenp, const char *p,
		 size_t len)
{
	struct out o = {.p = buf, .size = size};
	const char *line;
	size_t n;
	int err;

	if (!line_next(&p, &len, &line, &n) || !is_request(line, n))
		return EBADMSG;
	err = add_str(&o, "SIP/2.0 400 Bad Request\r\n");
	for (unsigned i = 0; !err && i < LINES_MAX && line_next(&p, &len, &line, &n); i++)
		err = header(&o, line, n);
	if (!err)
		err = add_str(&o, "Content-Length: 0\r\n\r\n");
	if (err)
		return err;
	if (o.have != (1u << NAMES) - 1)
		return EBADMSG;
	*lenp = o.len;
	return 0;
}
