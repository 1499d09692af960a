// SPDX-License-Identifier: MIT OR LGPL-2.1-or-later
/* A snapshot of the packages' heap, compared with the graph outside of it. */
#include "packages_snapshot.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "packages_memory.h"
#include "snapshot_file.h"

/* Return: a descriptor to read it from, or -errno with a message. */
static int save(int from, const char *file)
{
	int to = open(file, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	int error = 0;

	if (to < 0)
		return trial_failed(-errno, "cannot write the snapshot");
	if (snapshot_copy(from, to, file) != CLI_OK)
		error = -EIO;
	else if (lseek(to, 0, SEEK_SET))
		error = trial_failed(-errno, "cannot read the snapshot again");
	if (!error)
		return to;
	close(to);
	return error;
}

/* The object of each package. */
static uint32_t *find_packages(const struct snapshot *s, const struct packages_heap *heap)
{
	uint32_t *object = array(heap->graph->nodes, sizeof(*object));

	for (uint32_t i = 0; i < heap->graph->nodes; i++)
		object[i] = snapshot_find(s, heap->id[i]);
	return object;
}

static uint64_t count_right(const struct snapshot *s, const struct graph *graph,
			    const uint32_t *object)
{
	uint64_t right = 0;

	for (uint32_t i = 0; i < graph->nodes; i++) {
		const struct snapshot_object *o;

		if (object[i] == SNAPSHOT_NONE)
			continue;
		o = &s->object[object[i]];
		for (uint32_t j = 0; j < graph_degree(graph, i) && j < o->slots; j++)
			right += s->target[o->first + j] ==
				 object[graph->target[graph->first[i] + j]];
	}
	return right;
}

static void compare(struct trial *trial, const struct snapshot *s)
{
	struct report *report = &trial->job->report;
	const struct graph *graph = trial->heap.graph;
	uint32_t *object = find_packages(s, &trial->heap);

	report_section(report, "Snapshot");
	report_equal(report, "objects in the snapshot", s->objects, graph->nodes);
	report_equal(report, "their slots", s->targets, graph->edges);
	report_equal(report, "slots that refer to the right object",
		     count_right(s, graph, object), graph->edges);
	report_equal(report, "handles in the snapshot", s->handles, graph->nodes);
	free(object);
}

int packages_snapshot(struct trial *trial, const char *file)
{
	struct snapshot snapshot;
	int from, to, status, error;

	error = trial_failed(mh_snapshot(trial->heap.session, &from), "cannot take a snapshot");
	if (error)
		return error;
	to = save(from, file);
	close(from);
	if (to < 0)
		return to;
	if (snapshot_read(to, file, &snapshot, &status)) {
		compare(trial, &snapshot);
		snapshot_free(&snapshot);
	} else {
		error = -EIO;
	}
	close(to);
	return error;
}
