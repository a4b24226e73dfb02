/* Labels and tails of perf_script.c: texts with what they mean. */
#ifndef HOTSPOT_PERF_SCRIPT_LABELS_H
#define HOTSPOT_PERF_SCRIPT_LABELS_H

#include "stack_tree.h"

enum { UNKNOWN = -1, ODD = -2, INLINED = -3, NEEDS_ADDRESS = -4 }; /* in place of what a text is */

typedef struct {
    int32_t is;   /* thread, event, frame, or UNKNOWN, ODD, INLINED */
    int32_t root; /* of a thread: the frame of its command, -1 where it has none */
} meaning;

typedef struct {
    stack_tree *texts;
    meaning *meanings; /* of each text */
    int32_t room;
    int32_t told; /* how many Python was asked about */
} labels;

static int labels_new(labels *of, uint64_t seed) {
    *of = (labels){.texts = stack_tree_new(seed)};
    return of->texts != NULL;
}

static void labels_free(labels *of) {
    stack_tree_free(of->texts);
    free(of->meanings);
}

/* Returns the number of a text, -1 where there is no memory. */
static int32_t labels_number(labels *of, const uint8_t *text, size_t size) {
    int32_t number = stack_tree_text(of->texts, text, size);
    if (number >= of->room) {
        int32_t room = of->texts->texts_room;
        meaning *larger = realloc(of->meanings, (size_t)room * sizeof *larger);
        if (!larger) return -1;
        for (int32_t i = of->room; i < room; i++) larger[i] = (meaning){UNKNOWN, -1};
        of->meanings = larger;
        of->room = room;
    }
    return number;
}

/* Returns the size of a text, and where it stands until the next one is numbered. */
static size_t labels_text(const labels *of, int32_t number, const uint8_t **text) {
    int64_t begin = number ? of->texts->text_end[number - 1] : 0;
    *text = of->texts->bytes + begin;
    return (size_t)(of->texts->text_end[number] - begin);
}

/* What stands behind an address, with its label, in a hash table of which a look takes one cache line. It is forgotten when
 * it grows large: what it says can be found out again. */
typedef struct {
    uint64_t hash;
    uint32_t begin, size;
    int32_t label; /* or NEEDS_ADDRESS */
    int32_t taken;
} tail_place;

typedef struct {
    tail_place *places;
    uint32_t mask, taken;
    uint8_t *bytes;
    uint32_t size, room;
} tails;

static void tails_free(tails *of) {
    free(of->places);
    free(of->bytes);
    *of = (tails){0};
}

/* Makes room for one more tail in the table; 0 where there is no memory. */
static int tails_grow(tails *of) {
    if (of->places && of->taken <= of->mask / 2) return 1;
    uint32_t mask = of->places ? 2 * of->mask + 1 : (1 << 12) - 1;
    tail_place *places = calloc((size_t)mask + 1, sizeof *places);
    if (!places) return 0;
    for (uint32_t old = 0; of->places && old <= of->mask; old++) {
        if (!of->places[old].taken) continue;
        uint32_t place = (uint32_t)of->places[old].hash & mask;
        while (places[place].taken) place = (place + 1) & mask;
        places[place] = of->places[old];
    }
    free(of->places);
    of->places = places;
    of->mask = mask;
    return 1;
}

/* Returns the place of a tail, NULL where there is no memory; its label is UNKNOWN where it is new. */
static tail_place *tails_find(tails *of, uint64_t hash, const uint8_t *tail, size_t size) {
    uint32_t place = (uint32_t)hash & of->mask;
    for (; of->places[place].taken; place = (place + 1) & of->mask) {
        tail_place *found = &of->places[place];
        if (found->hash == hash && found->size == size && stack_tree_equal(of->bytes + found->begin, tail, size)) return found;
    }
    if (!of->bytes || size > of->room - of->size) {
        size_t room = 2 * ((size_t)of->room + size) + 64;
        uint8_t *larger = room <= UINT32_MAX ? realloc(of->bytes, room) : NULL;
        if (!larger) return NULL;
        of->bytes = larger;
        of->room = (uint32_t)room;
    }
    memcpy(of->bytes + of->size, tail, size);
    of->places[place] = (tail_place){hash, of->size, (uint32_t)size, UNKNOWN, 1};
    of->size += (uint32_t)size;
    of->taken++;
    return &of->places[place];
}

#endif
