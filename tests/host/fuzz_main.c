// SPDX-License-Identifier: GPL-2.0-only
/*
 * Does once what each of the files named says, without libFuzzer.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int replay(const char *name)
{
	static uint8_t data[1 << 20];
	FILE *file = fopen(name, "rb");
	size_t size;

	if (!file) {
		perror(name);
		return 2;
	}
	size = fread(data, 1, sizeof(data), file);
	fclose(file);
	LLVMFuzzerTestOneInput(data, size);
	printf("%s: nothing found\n", name);
	return 0;
}

int main(int argc, char **argv)
{
	int result = argc < 2 ? 2 : 0;
	int i;

	if (result)
		fprintf(stderr, "usage: %s FILE...\n", argv[0]);
	for (i = 1; i < argc && !result; i++)
		result = replay(argv[i]);
	return result;
}
