/* See tree_layout.h. */
#include "tree_layout.h"

typedef struct {
    const stack_tree *tree;
    const int32_t *rank;
    int32_t *next;   /* number + 1 of each node's next sibling, 0 behind the last */
    uint64_t *keys;  /* of the siblings that are being sorted: rank, then number */
    size_t keys_room;
} siblings;

static int compare_keys(const void *a, const void *b) {
    uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;
    return (left > right) - (left < right);
}

/* Sorts a list of siblings; returns its new first, -1 where there is no memory. */
static int32_t sort_siblings(siblings *all, int32_t first) {
    if (!first || !all->next[first - 1]) return first;
    size_t count = 0;
    int sorted = 1;
    for (int32_t node = first; node; node = all->next[node - 1]) {
        if (count == all->keys_room) {
            size_t room = 2 * all->keys_room + 64;
            uint64_t *keys = realloc(all->keys, room * sizeof *keys);
            if (!keys) return -1;
            all->keys = keys;
            all->keys_room = room;
        }
        uint64_t key = (uint64_t)(uint32_t)all->rank[all->tree->node_text[node - 1]] << 32 | (uint32_t)node;
        sorted &= !count || all->keys[count - 1] < key;
        all->keys[count++] = key;
    }
    if (sorted) return first;
    qsort(all->keys, count, sizeof *all->keys, compare_keys);
    int32_t behind = 0;
    while (count) {
        int32_t node = (int32_t)(uint32_t)all->keys[--count];
        all->next[node - 1] = behind;
        behind = node;
    }
    return behind;
}

int tree_layout(const stack_tree *tree, const int32_t *rank, int32_t *text, int32_t *parent, int32_t *subtree_end,
                int32_t *depth, int32_t *position) {
    int32_t nodes = tree->nodes;
    siblings all = {tree, rank, malloc(((size_t)nodes + 1) * sizeof *all.next), NULL, 0};
    if (!all.next) return 0;
    /* Until a node is laid out, its position is its first child (number + 1). */
    int32_t *child = position, first_root = 0;
    memset(child, 0, (size_t)nodes * sizeof *child);
    for (int32_t node = nodes - 1; node >= 0; node--) {
        int32_t *first = tree->node_parent[node] < 0 ? &first_root : &child[tree->node_parent[node]];
        all.next[node] = *first;
        *first = node + 1;
    }
    int32_t node = sort_siblings(&all, first_root), at = 0, level = 0;
    while (node > 0) {
        int32_t number = node - 1, above = tree->node_parent[number];
        int32_t first = sort_siblings(&all, child[number]);
        if (first < 0) break;
        int32_t sibling = all.next[number];
        if (sibling) { /* it may be far away, and there is time until its turn */
            __builtin_prefetch(&tree->node_text[sibling - 1]);
            __builtin_prefetch(&child[sibling - 1]);
            __builtin_prefetch(&all.next[sibling - 1]);
            __builtin_prefetch(&tree->node_parent[sibling - 1]);
        }
        text[at] = tree->node_text[number];
        parent[at] = above < 0 ? -1 : position[above];
        depth[at] = level;
        position[number] = at++;
        if (first) {
            node = first;
            level++;
            continue;
        }
        /* Up to the next node that has a sibling left. */
        for (subtree_end[position[number]] = at; !all.next[number]; subtree_end[position[number]] = at) {
            number = tree->node_parent[number];
            if (number < 0) break;
            level--;
        }
        node = number < 0 ? 0 : all.next[number];
    }
    free(all.keys);
    free(all.next);
    return at == nodes;
}
