/* SPDX-License-Identifier: MIT OR LGPL-2.1-or-later */
/* An event in one line of text, or of JSON. */
#ifndef EVENT_PRINT_H
#define EVENT_PRINT_H

struct mheap_event;

void event_print(const struct mheap_event *event);
void event_print_json(const struct mheap_event *event);

#endif
