/* The nodes of a stack tree in depth-first order, as `hotspot.profile.CallTree` has them. */
#ifndef HOTSPOT_TREE_LAYOUT_H
#define HOTSPOT_TREE_LAYOUT_H

#include "stack_tree.h"

/* Lays a tree out; siblings in the order of the ranks of their texts.
 *
 * rank: of each text, all different. The others are filled, an item a node: by depth-first position, the text, the
 * parent's position (-1 for a root), one past the subtree, and the depth; position is that of each node by its number.
 * Returns 0 where there is no memory.
 */
int tree_layout(const stack_tree *tree, const int32_t *rank, int32_t *text, int32_t *parent, int32_t *subtree_end,
                int32_t *depth, int32_t *position);

#endif
