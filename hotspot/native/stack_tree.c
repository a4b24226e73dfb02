/* See stack_tree.h. */
#include "stack_tree.h"

enum { FIRST_ROOM = 1 << 10 };

/* The next number of splitmix64 (public domain, https://prng.di.unimi.it/splitmix64.c). */
static uint64_t next_secret(uint64_t *state) {
    uint64_t mixed = *state += 0x9e3779b97f4a7c15ULL;
    mixed = (mixed ^ mixed >> 30) * 0xbf58476d1ce4e5b9ULL;
    mixed = (mixed ^ mixed >> 27) * 0x94d049bb133111ebULL;
    return mixed ^ mixed >> 31;
}

stack_tree *stack_tree_new(uint64_t seed) {
    stack_tree *tree = calloc(1, sizeof *tree);
    if (!tree) return NULL;
    for (int i = 0; i < 3; i++) tree->secret[i] = next_secret(&seed);
    tree->bytes_room = 1 << 16;
    tree->texts_room = tree->nodes_room = FIRST_ROOM;
    tree->text_mask = tree->node_mask = 2 * FIRST_ROOM - 1;
    tree->bytes = malloc(tree->bytes_room);
    tree->text_end = malloc(FIRST_ROOM * sizeof *tree->text_end);
    tree->text_hash = malloc(FIRST_ROOM * sizeof *tree->text_hash);
    tree->text_place = calloc(2 * FIRST_ROOM, sizeof *tree->text_place);
    tree->node_parent = malloc(FIRST_ROOM * sizeof *tree->node_parent);
    tree->node_text = malloc(FIRST_ROOM * sizeof *tree->node_text);
    tree->node_child = malloc(FIRST_ROOM * sizeof *tree->node_child);
    tree->node_place = calloc(2 * FIRST_ROOM, sizeof *tree->node_place);
    if (tree->bytes && tree->text_end && tree->text_hash && tree->text_place && tree->node_parent && tree->node_text
        && tree->node_child && tree->node_place)
        return tree;
    stack_tree_free(tree);
    return NULL;
}

void stack_tree_free(stack_tree *tree) {
    if (!tree) return;
    free(tree->bytes);
    free(tree->text_end);
    free(tree->text_hash);
    free(tree->text_place);
    free(tree->node_parent);
    free(tree->node_text);
    free(tree->node_child);
    free(tree->node_place);
    free(tree);
}

/* Makes room for one more text of a size. */
int stack_tree_grow_texts(stack_tree *tree, size_t size) {
    size_t used = tree->texts ? (size_t)tree->text_end[tree->texts - 1] : 0;
    if (size > tree->bytes_room - used) {
        size_t room = 2 * tree->bytes_room + size;
        uint8_t *bytes = realloc(tree->bytes, room);
        if (!bytes) return 0;
        tree->bytes = bytes;
        tree->bytes_room = room;
    }
    if (tree->texts < tree->texts_room) return 1;
    if (tree->texts_room > INT32_MAX / 4) return 0;
    uint32_t places = 4 * (uint32_t)tree->texts_room;
    int32_t *place_of = calloc(places, sizeof *place_of);
    if (!place_of) return 0;
    if (!stack_tree_room((void **)&tree->text_end, sizeof *tree->text_end, tree->texts, tree->texts_room)
        || !stack_tree_room((void **)&tree->text_hash, sizeof *tree->text_hash, tree->texts, tree->texts_room)) {
        free(place_of);
        return 0;
    }
    tree->texts_room *= 2;
    for (int32_t number = 0; number < tree->texts; number++) {
        uint32_t place = (uint32_t)tree->text_hash[number] & (places - 1);
        while (place_of[place]) place = (place + 1) & (places - 1);
        place_of[place] = number + 1;
    }
    free(tree->text_place);
    tree->text_place = place_of;
    tree->text_mask = places - 1;
    return 1;
}

/* Makes room for one more node. */
int stack_tree_grow_nodes(stack_tree *tree) {
    if (tree->nodes < tree->nodes_room) return 1;
    if (tree->nodes_room > INT32_MAX / 4) return 0;
    if (!stack_tree_room((void **)&tree->node_parent, sizeof *tree->node_parent, tree->nodes, tree->nodes_room)
        || !stack_tree_room((void **)&tree->node_text, sizeof *tree->node_text, tree->nodes, tree->nodes_room)
        || !stack_tree_room((void **)&tree->node_child, sizeof *tree->node_child, tree->nodes, tree->nodes_room))
        return 0;
    tree->nodes_room *= 2;
    return 1;
}

/* Makes room for one more node in the hash table. */
int stack_tree_grow_places(stack_tree *tree) {
    uint32_t places = tree->node_mask + 1;
    if ((uint32_t)tree->places_taken < places / 2) return 1;
    if (places > UINT32_MAX / 4) return 0;
    places *= 2;
    int32_t *place_of = calloc(places, sizeof *place_of);
    if (!place_of) return 0;
    for (uint32_t old = 0; old <= tree->node_mask; old++) {
        int32_t number = tree->node_place[old];
        if (!number) continue;
        uint32_t place = stack_tree_node_hash(tree, tree->node_parent[number - 1], tree->node_text[number - 1]) & (places - 1);
        while (place_of[place]) place = (place + 1) & (places - 1);
        place_of[place] = number;
    }
    free(tree->node_place);
    tree->node_place = place_of;
    tree->node_mask = places - 1;
    return 1;
}
