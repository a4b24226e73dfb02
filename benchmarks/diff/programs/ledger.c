/*
 * Work of known shares for the evidence behind `hotspot diff`: one round spends about 100 points, and each function says
 * how many of them are its own. Variants of it are this file with a few texts replaced (variants.py).
 *
 *   cc -O1 -g -fno-omit-frame-pointer -mno-omit-leaf-frame-pointer -fno-optimize-sibling-calls -falign-functions=64 -falign-loops=64 -o ledger ledger.c
 *   ./ledger ROUNDS
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define OUT_OF_LINE __attribute__((noinline, noclone))
#define IN_LINE static inline __attribute__((always_inline))

enum { SMALL = 1 << 14, LARGE = 1 << 22, FAR = 2400 };

static uint32_t small[SMALL]; /* 64 kB: mostly in the caches */
static uint32_t *large;       /* 16 MB: what a neighbour evicts */
static volatile uint32_t sink;
static uint32_t state = 1; /* of a generator with full period: no run is caught in a short cycle of addresses */

/* gcc gives a leaf function no frame, whatever the flags, unless it looks at it; without one its caller is lost. */
#define KEEP_FRAME() __asm__ volatile("" : : "r"(__builtin_frame_address(0)))

/* Arithmetic and near memory. */
IN_LINE void spend(double points)
{
    KEEP_FRAME();
    uint32_t x = state, sum = 0;
    for (long i = (long)(points * 8000); i; i--) {
        x = x * 1664525u + 1013904223u;
        sum ^= small[x >> 18];
    }
    state = x;
    sink = sum;
}

/* Far memory. */
IN_LINE void wander(double points)
{
    KEEP_FRAME();
    uint32_t x = state, sum = 0;
    for (long i = (long)(points * FAR); i; i--) {
        x = x * 1664525u + 1013904223u;
        sum ^= large[x >> 10];
    }
    state = x;
    sink = sum;
}

/* Shared helpers: N calls of POINTS / N each. */
OUT_OF_LINE void hash_key(double points) { spend(points); }
OUT_OF_LINE void round_cents(double points) { spend(points); }
OUT_OF_LINE void crc_step(double points) { spend(points); }

OUT_OF_LINE void scan_digits(void) { spend(8.0 / 8); }

OUT_OF_LINE void parse_field(void)
{
    spend(6.0 / 8);
    scan_digits();
}

OUT_OF_LINE void read_record(void)
{
    spend(4.0 / 4);
    parse_field();
    parse_field();
    hash_key(2.1 / 4);
}

OUT_OF_LINE void load_orders(void)
{
    spend(1.0);
    for (int i = 0; i < 4; i++) read_record();
}

OUT_OF_LINE void same_key(void) { wander(5.0 / 8); }

OUT_OF_LINE void find_slot(void)
{
    wander(6.0 / 8);
    hash_key(4.9 / 8);
    same_key();
}

OUT_OF_LINE void add_amount(void) { spend(2.0 / 8); }

OUT_OF_LINE void group_orders(void)
{
    spend(1.0);
    for (int i = 0; i < 8; i++) {
        find_slot();
        add_amount();
    }
}

OUT_OF_LINE void discount(void)
{
    spend(4.0 / 4);
    round_cents(2.1 / 4);
}

OUT_OF_LINE void tax(void)
{
    spend(3.0 / 4);
    round_cents(1.4 / 4);
}

OUT_OF_LINE void price_orders(void)
{
    spend(1.0 / 4);
    discount();
    tax();
}

OUT_OF_LINE void less_than(void) { wander(8.0 / 16); }
OUT_OF_LINE void swap_rows(void) { wander(4.0 / 8); }

OUT_OF_LINE void sort_rows(void)
{
    spend(7.0 / 8);
    less_than();
    less_than();
    swap_rows();
}

OUT_OF_LINE void rank_orders(void)
{
    spend(1.0);
    for (int i = 0; i < 8; i++) sort_rows();
}

OUT_OF_LINE void format_row(void)
{
    spend(5.0 / 4);
    for (int i = 0; i < 4; i++) round_cents(3.5 / 16);
    crc_step(0.64 / 4);
}

OUT_OF_LINE void print_report(void)
{
    spend(1.0);
    for (int i = 0; i < 4; i++) format_row();
}

OUT_OF_LINE void match_length(void) { spend(7.0 / 8); }

OUT_OF_LINE void emit_byte(void)
{
    spend(3.0 / 8);
    for (int i = 0; i < 4; i++) crc_step(7.36 / 32);
}

OUT_OF_LINE void pack_report(void)
{
    spend(1.0);
    for (int i = 0; i < 8; i++) {
        match_length();
        emit_byte();
    }
}

int main(int argc, char **argv)
{
    long rounds = argc > 1 ? atol(argv[1]) : 1000;
    large = malloc(LARGE * sizeof *large);
    for (uint32_t i = 0; i < LARGE; i++) large[i] = i * 2654435761u;
    for (uint32_t i = 0; i < SMALL; i++) small[i] = i * 40503u;
    for (long round = 0; round < rounds; round++) {
        load_orders();
        group_orders();
        for (int i = 0; i < 4; i++) price_orders();
        rank_orders();
        print_report();
        pack_report();
    }
    printf("%u\n", sink);
    return 0;
}
