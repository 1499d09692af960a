// SPDX-License-Identifier: GPL-2.0-only
/* Small lists with every special case of the rule. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "packages_graph.h"
#include "tap.h"

/*
 * The graph of a list in a line: "a=1:b,c b=:" is package a of version 1 with
 * edges to b and c, and b without version and edges.
 */
static void describe(const char *text, char *line, size_t size)
{
	struct packages packages = { 0 };
	struct graph graph = { 0 };
	/* Not terminated, so that a read past its end is seen. */
	size_t length = strlen(text);
	char *copy = malloc(length + !length);
	unsigned long bad;
	FILE *out = fmemopen(line, size, "w");

	memcpy(copy, text, length);
	bad = packages_parse(&packages, span(copy, length));
	if (bad)
		fprintf(out, "line %lu", bad);
	else
		packages_graph(&packages, &graph);
	for (uint32_t i = 0; i < graph.nodes; i++) {
		struct package *p = &packages.package[i];

		fprintf(out, "%s%.*s=%.*s:", i ? " " : "",
			(int)p->name.length, p->name.start,
			(int)p->version.length, p->version.start);
		for (uint32_t e = graph.first[i]; e < graph.first[i + 1]; e++) {
			p = &packages.package[graph.target[e]];
			fprintf(out, "%s%.*s", e > graph.first[i] ? "," : "",
				(int)p->name.length, p->name.start);
		}
	}
	fputc(0, out);
	fclose(out);
	graph_free(&graph);
	packages_free(&packages);
	free(copy);
}

#define P(name)		"Package: " name "\n"

static const struct {
	const char *name;
	const char *text;
	const char *graph;
} cases[] = {
	{ "empty list", "", "" },
	{ "blank lines only", "\n\n \n", "" },
	{ "one package", P("a") "Version: 1:2.3-4\n", "a=1:2.3-4:" },
	{ "no version", P("a"), "a=:" },
	{ "missing final newline", P("a") "Depends: b\n\n" "Package: b", "a=:b b=:" },
	{ "missing final newline behind a clause", P("b") "\n" P("a") "Depends: b",
	  "b=: a=:b" },
	{ "several blank lines between stanzas", "\n" P("a") "\n\n \t\n" P("b") "\n\n",
	  "a=: b=:" },
	{ "fields in any order and case",
	  "DEPENDS: b\nversion: 7\npackage: a\n\n" P("b"), "a=7:b b=:" },
	{ "no blank behind the colon, many around", "Package:a\nDepends:  b  \n\n"
	  "Package:\tb \n", "a=:b b=:" },
	{ "a field whose name only begins alike", P("a") "Depends-Not: b\nDepend: b\n"
	  "Build-Depends: b\n\n" P("b"), "a=: b=:" },
	{ "other dependencies make no edge", P("a") "Recommends: b\nSuggests: b\n"
	  "Enhances: b\nConflicts: b\n\n" P("b"), "a=: b=:" },
	{ "a colon in a value", P("a") "Description: Depends: b\n\n" P("b"), "a=: b=:" },
	{ "continuation lines", P("a") "Depends: b,\n c\n\t, d\n\n" P("b") "\n" P("c")
	  "\n" P("d"), "a=:b,c,d b=: c=: d=:" },
	{ "a value that begins on the next line", P("a") "Depends:\n b\n\n" P("b"),
	  "a=:b b=:" },
	{ "continuation of a field nobody wants", P("a") "Description: x\n Depends: b\n"
	  " .\nDepends: c\n\n" P("b") "\n" P("c"), "a=:c b=: c=:" },
	{ "continuation at the end of the text", P("b") "\n" P("a") "Depends: b,\n b",
	  "b=: a=:b" },
	{ "stanza without a name", "Depends: a\nVersion: 1\n\n" P("a"), "a=:" },
	{ "clauses", P("a") "Depends: b, c,d ,  e\n\n" P("b") "\n" P("c") "\n" P("d") "\n"
	  P("e"), "a=:b,c,d,e b=: c=: d=: e=:" },
	{ "empty clauses", P("a") "Depends: , b,, ,\n\n" P("b"), "a=:b b=:" },
	{ "Pre-Depends too", P("a") "Depends: b\nPre-Depends: c\n\n" P("b") "\n" P("c"),
	  "a=:c,b b=: c=:" },
	{ "versions", P("a") "Depends: b (>= 1.0), c(<< 2:3~), d (= 1)\n\n" P("b") "\n"
	  P("c") "\n" P("d"), "a=:b,c,d b=: c=: d=:" },
	{ "architecture qualifiers", P("a") "Depends: b:any, c:amd64 (>= 1), d [amd64], "
	  "e <!nocheck>\n\n" P("b") "\n" P("c") "\n" P("d") "\n" P("e"),
	  "a=:b,c,d,e b=: c=: d=: e=:" },
	{ "first alternative", P("a") "Depends: c | b, b (>= 1)|c\n\n" P("b") "\n" P("c"),
	  "a=:c,b b=: c=:" },
	{ "only the first alternative", P("a") "Depends: nothing | b\n\n" P("b"),
	  "a=: b=:" },
	{ "no such package", P("a") "Depends: nothing\n", "a=:" },
	{ "a virtual package", P("a") "Depends: v\n\n" P("b") "Provides: v\n",
	  "a=:b b=:" },
	{ "first alternative is virtual", P("a") "Depends: v | c\n\n" P("b")
	  "Provides: v\n\n" P("c"), "a=:b b=: c=:" },
	{ "versioned and several provides", P("a") "Depends: v (>= 1), w:any\n\n"
	  P("b") "Provides: u, v (= 1.0),w (=2)\n", "a=:b b=:" },
	{ "provides on continuation lines", P("a") "Depends: w\n\n" P("b")
	  "Provides: v,\n w\n", "a=:b b=:" },
	{ "alphabetically first provider", P("a") "Depends: v\n\n" P("d") "Provides: v\n\n"
	  P("b") "Provides: v\n\n" P("c") "Provides: v\n", "a=:b d=: b=: c=:" },
	{ "order of providers by bytes", P("a") "Depends: v\n\n" P("ba") "Provides: v\n\n"
	  P("b") "Provides: v\n\n" P("b+") "Provides: v\n", "a=:b ba=: b=: b+=:" },
	{ "a real package before its providers", P("a") "Depends: v\n\n" P("b")
	  "Provides: v\n\n" P("v"), "a=:v b=: v=:" },
	{ "a provider is no package of that name for others", P("a") "Provides: v\n\n"
	  P("b") "Depends: v, a\n", "a=: b=:a" },
	{ "duplicates once", P("a") "Pre-Depends: b\nDepends: b (>= 1), b (<< 2), b | c\n\n"
	  P("b"), "a=:b b=:" },
	{ "duplicates by way of a virtual package", P("a") "Depends: v, b, w\n\n"
	  P("b") "Provides: v, w\n", "a=:b b=:" },
	{ "the same edge from two packages", P("a") "Depends: c\n\n" P("b") "Depends: c\n\n"
	  P("c"), "a=:c b=:c c=:" },
	{ "self loop", P("a") "Depends: a, a (>= 1)\n", "a=:a" },
	{ "self loop by way of what it provides", P("a") "Depends: v\nProvides: v\n",
	  "a=:a" },
	{ "the last stanza wins", P("a") "Version: 1\nDepends: b\nProvides: v\n\n" P("b")
	  "Depends: v\n\n" P("a") "Version: 2\nDepends: a\n", "a=2:a b=:" },
	{ "the last of three stanzas", P("a") "Version: 3\n\n" P("a") "Version: 1\n\n"
	  P("a") "Version: 2\n", "a=2:" },
	{ "a provider that lost what it provides", P("b") "Provides: v\n\n" P("c")
	  "Provides: v\n\n" P("a") "Depends: v\n\n" P("b"), "b=: c=: a=:c" },
	{ "names that begin alike", P("lib") "Depends: libc, lib+\n\n" P("libc") "\n"
	  P("lib+"), "lib=:libc,lib+ libc=: lib+=:" },
	{ "no field", P("a") "Depends b\n", "line 2" },
	{ "a continuation of nothing", P("a") "\n b\n", "line 3" },
	{ "a bad line behind continuation lines", P("a") "Depends: b,\n c\n\n" P("c")
	  "oops\n", "line 6" },
};

void test_lists(void)
{
	char line[256];

	for (unsigned int i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		describe(cases[i].text, line, sizeof(line));
		if (!tap(!strcmp(line, cases[i].graph), cases[i].name))
			printf("# found    \"%s\"\n# expected \"%s\"\n", line,
			       cases[i].graph);
	}
}
