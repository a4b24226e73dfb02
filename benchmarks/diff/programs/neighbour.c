/*
 * A noisy neighbour: bursts of 0.2 to 2 s that walk 64 MB, with pauses of the same lengths between them, until killed.
 *
 *   cc -O1 -o neighbour neighbour.c && ./neighbour SEED
 */
#include <stdint.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { ENTRIES = 1 << 24 };

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

int main(int argc, char **argv)
{
    srand(argc > 1 ? (unsigned)atoi(argv[1]) : 1u);
    volatile uint32_t *memory = calloc(ENTRIES, sizeof *memory);
    uint32_t x = 1;
    for (;;) {
        double end = now() + 0.2 + 1.8 * rand() / RAND_MAX;
        while (now() < end)
            for (int i = 0; i < 100000; i++) {
                x = x * 1664525u + 1013904223u;
                memory[x >> 8]++;
            }
        usleep((useconds_t)(1e6 * (0.2 + 1.8 * rand() / RAND_MAX)));
    }
}
