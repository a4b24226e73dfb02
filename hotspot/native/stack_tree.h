/* Distinct texts and distinct stacks of them, numbered 0, 1, 2, ... as they come.
 *
 * A text is any run of bytes: a frame as a profiler printed it. A node is a text below a node (or at a root, parent -1),
 * so the nodes are a call tree whose parents come before their children. Two open-addressing hash tables with linear
 * probing, at most half full. Most nodes are the only child of their parent, which knows its first child: only further
 * children are in the table. Numbers are int32: past 2^29, or where there is no memory, functions return -1 and leave
 * what there was as it was.
 */
#ifndef HOTSPOT_STACK_TREE_H
#define HOTSPOT_STACK_TREE_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    uint64_t secret[3];   /* so that nobody can write a file whose texts collide */
    uint8_t *bytes;       /* all texts end to end */
    size_t bytes_room;
    int64_t *text_end;    /* where each text ends in bytes */
    uint64_t *text_hash;
    int32_t texts, texts_room;
    int32_t *text_place;  /* hash table: number + 1, 0 where a place is free */
    uint32_t text_mask;
    int32_t *node_parent, *node_text;
    int32_t *node_child;  /* number + 1 of the first child, 0 where there is none */
    int32_t first_root;   /* the same of the roots */
    int32_t nodes, nodes_room;
    int32_t *node_place;  /* of nodes that are not a first child */
    int32_t places_taken;
    uint32_t node_mask;
} stack_tree;

static inline uint64_t stack_tree_mix(uint64_t a, uint64_t b) {
    __uint128_t product = (__uint128_t)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static inline uint64_t stack_tree_load(const uint8_t *at) {
    uint64_t word;
    memcpy(&word, at, 8);
    return word;
}

static inline uint64_t stack_tree_load_half(const uint8_t *at) {
    uint32_t word;
    memcpy(&word, at, 4);
    return word;
}

/* After wyhash (public domain, https://github.com/wangyi-fudan/wyhash): folded multiplications of keyed words. The last
 * two words overlap what was read before them, so that no text is copied to fill them up. The words are keyed with secrets:
 * with constants, a word equal to one would make a product of zero and forget all that was hashed before. */
static inline uint64_t stack_tree_hash(const stack_tree *tree, const uint8_t *text, size_t size) {
    uint64_t hash = tree->secret[0] ^ stack_tree_mix(size ^ 0xa0761d6478bd642fULL, 0xe7037ed1a0b428dbULL);
    uint64_t one = 0, two = 0;
    for (size_t at = 0; at + 16 < size; at += 16)
        hash = stack_tree_mix(stack_tree_load(text + at) ^ tree->secret[1], stack_tree_load(text + at + 8) ^ hash);
    if (size >= 16) {
        one = stack_tree_load(text + size - 16);
        two = stack_tree_load(text + size - 8);
    } else if (size >= 8) {
        one = stack_tree_load(text);
        two = stack_tree_load(text + size - 8);
    } else if (size >= 4) {
        one = stack_tree_load_half(text);
        two = stack_tree_load_half(text + size - 4);
    } else if (size) {
        one = (uint64_t)text[0] << 16 | (uint64_t)text[size / 2] << 8 | text[size - 1];
    }
    hash = stack_tree_mix(one ^ tree->secret[2], two ^ hash);
    return stack_tree_mix(hash, 0xa0761d6478bd642fULL);
}

/* Whether two texts of one size are equal. Most are a few words long: a call of memcmp would cost more. */
static inline int stack_tree_equal(const uint8_t *one, const uint8_t *other, size_t size) {
    if (size < 8) return !memcmp(one, other, size);
    for (size_t at = 0; at + 8 < size; at += 8)
        if (stack_tree_load(one + at) != stack_tree_load(other + at)) return 0;
    return stack_tree_load(one + size - 8) == stack_tree_load(other + size - 8);
}

/* Makes room for one more item in a column that doubles. */
static inline int stack_tree_room(void **column, size_t item, int64_t count, int64_t room) {
    if (count < room) return 1;
    void *larger = realloc(*column, (size_t)room * 2 * item);
    if (!larger) return 0;
    *column = larger;
    return 1;
}

stack_tree *stack_tree_new(uint64_t seed);
void stack_tree_free(stack_tree *tree);
int stack_tree_grow_texts(stack_tree *tree, size_t size);
int stack_tree_grow_nodes(stack_tree *tree);
int stack_tree_grow_places(stack_tree *tree);

/* Returns the number of a text with this hash. */
static inline int32_t stack_tree_hashed_text(stack_tree *tree, const uint8_t *text, size_t size, uint64_t hash) {
    uint32_t place = (uint32_t)hash & tree->text_mask;
    for (int32_t number; (number = tree->text_place[place]) != 0; place = (place + 1) & tree->text_mask) {
        number--;
        if (tree->text_hash[number] != hash) continue;
        int64_t begin = number ? tree->text_end[number - 1] : 0;
        if ((size_t)(tree->text_end[number] - begin) == size && stack_tree_equal(tree->bytes + begin, text, size)) return number;
    }
    if (!stack_tree_grow_texts(tree, size)) return -1;
    int32_t number = tree->texts++;
    int64_t begin = number ? tree->text_end[number - 1] : 0;
    memcpy(tree->bytes + begin, text, size);
    tree->text_end[number] = begin + (int64_t)size;
    tree->text_hash[number] = hash;
    for (place = (uint32_t)hash & tree->text_mask; tree->text_place[place]; place = (place + 1) & tree->text_mask) {
    }
    tree->text_place[place] = number + 1;
    return number;
}

/* Returns the number of a text. */
static inline int32_t stack_tree_text(stack_tree *tree, const uint8_t *text, size_t size) {
    return stack_tree_hashed_text(tree, text, size, stack_tree_hash(tree, text, size));
}

static inline uint32_t stack_tree_node_hash(const stack_tree *tree, int32_t parent, int32_t text) {
    uint64_t key = (uint64_t)(uint32_t)parent << 32 | (uint32_t)text;
    return (uint32_t)stack_tree_mix(key ^ tree->secret[0], tree->secret[1] | 1);
}

/* Returns the number of the node of a text below a parent. */
static inline int32_t stack_tree_node(stack_tree *tree, int32_t parent, int32_t text) {
    int32_t first = parent < 0 ? tree->first_root : tree->node_child[parent];
    if (first && tree->node_text[first - 1] == text) return first - 1;
    uint32_t place = 0;
    if (first) {
        if (!stack_tree_grow_places(tree)) return -1;
        place = stack_tree_node_hash(tree, parent, text) & tree->node_mask;
        for (int32_t number; (number = tree->node_place[place]) != 0; place = (place + 1) & tree->node_mask) {
            number--;
            if (tree->node_parent[number] == parent && tree->node_text[number] == text) return number;
        }
    }
    if (!stack_tree_grow_nodes(tree)) return -1;
    int32_t number = tree->nodes++;
    tree->node_parent[number] = parent;
    tree->node_text[number] = text;
    tree->node_child[number] = 0;
    if (first) {
        tree->node_place[place] = number + 1;
        tree->places_taken++;
    } else if (parent < 0) {
        tree->first_root = number + 1;
    } else {
        tree->node_child[parent] = number + 1;
    }
    return number;
}

#endif
