/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Folders: the directory of each heap in sysfs, which belongs to the user who
 * made the heap and stays as long as the heap has sessions.
 */
#ifndef _MHEAP_IFACE_FOLDER_H
#define _MHEAP_IFACE_FOLDER_H

struct kobject;
struct mheap_folder;
struct mheap_heap;
struct mheap_instance;

struct mheap_folder *mheap_folder_create(struct mheap_instance *instance);
void mheap_folder_join(struct mheap_folder *folder);
void mheap_folder_leave(struct mheap_folder *folder);
struct mheap_folder *mheap_folder_get(struct mheap_folder *folder);
void mheap_folder_put(struct mheap_folder *folder);
struct mheap_instance *mheap_folder_instance(const struct mheap_folder *folder);
struct mheap_heap *mheap_folder_heap(struct kobject *kobj);
const char *mheap_folder_name(const struct mheap_folder *folder);

void mheap_folders_init(struct kobject *parent);
void mheap_folders_exit(void);

#endif /* _MHEAP_IFACE_FOLDER_H */
