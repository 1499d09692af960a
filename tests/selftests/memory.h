/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What memory the module has, as the kernel sees it.
 */
#ifndef MEMORY_H
#define MEMORY_H

/*
 * Bodies in the module's slab caches, or -1 where the kernel lets other caches
 * share their slabs, so that nobody can tell.
 */
long memory_bodies(void);

/* The module's slab caches that the kernel shows, under names of their own. */
int memory_caches(void);

/* Memory that is free or could be, in KiB. */
long memory_available(void);

/* Who holds the module, or -1 where it is not loaded. */
int memory_module_users(void);

#endif /* MEMORY_H */
