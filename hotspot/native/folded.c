/* Folded stacks: lines `root;...;leaf count` to a call tree with counts; see hotspot/importers/folded_lines.py.
 *
 * Only plain lines are read here: a stack, one blank, and one to 18 digits (or two such counts behind equal blanks). What
 * any other line means is said in Python, which is given its place. A line begins mostly like the one before it in a
 * sorted file, so the path of that one is kept, and only what a line does not share with it is looked up.
 */
#include "stack_tree.h"
#include "tree_layout.h"

enum { MOST_DIGITS = 18 };

typedef struct {
    stack_tree *tree;
    int32_t columns;
    int32_t *node_row;  /* row + 1 of each node, 0 where no stack ends */
    int32_t node_rows, node_row_room;
    int32_t *row_node;
    int64_t *row_count;  /* columns a row */
    int32_t rows, rows_room;
    /* The path of the stack before: where its frames end in it, their hashes while they are looked up, their nodes. */
    size_t *path_end;
    uint64_t *path_hash;
    int32_t *path_node;
    size_t depth, path_room;
    /* Of the last block: index, begin and end of each line that is not plain. */
    int64_t *odd;
    int64_t odds, odd_room;
} folded;

void folded_free(folded *self) {
    if (!self) return;
    stack_tree_free(self->tree);
    free(self->node_row);
    free(self->row_node);
    free(self->row_count);
    free(self->path_end);
    free(self->path_hash);
    free(self->path_node);
    free(self->odd);
    free(self);
}

folded *folded_new(uint64_t seed, int32_t columns) {
    folded *self = calloc(1, sizeof *self);
    if (!self) return NULL;
    self->columns = columns;
    self->rows_room = 1 << 10;
    self->path_room = 1 << 8;
    self->odd_room = 1 << 8;
    self->tree = stack_tree_new(seed);
    self->row_node = malloc((size_t)self->rows_room * sizeof *self->row_node);
    self->row_count = malloc((size_t)self->rows_room * (size_t)columns * sizeof *self->row_count);
    self->path_end = malloc(self->path_room * sizeof *self->path_end);
    self->path_hash = malloc(self->path_room * sizeof *self->path_hash);
    self->path_node = malloc(self->path_room * sizeof *self->path_node);
    self->odd = malloc((size_t)self->odd_room * 3 * sizeof *self->odd);
    if (self->tree && self->row_node && self->row_count && self->path_end && self->path_hash && self->path_node && self->odd) return self;
    folded_free(self);
    return NULL;
}

/* Makes the path one frame longer, whose hash and node are to be filled in. */
static int push(folded *self, size_t end) {
    if (self->depth == self->path_room) {
        int64_t room = (int64_t)self->path_room;
        if (!stack_tree_room((void **)&self->path_end, sizeof *self->path_end, room, room)
            || !stack_tree_room((void **)&self->path_hash, sizeof *self->path_hash, room, room)
            || !stack_tree_room((void **)&self->path_node, sizeof *self->path_node, room, room))
            return 0;
        self->path_room *= 2;
    }
    self->path_end[self->depth++] = end;
    return 1;
}

/* Returns how many bytes two texts have in common from the start. */
static size_t common_prefix(const uint8_t *one, const uint8_t *other, size_t most) {
    size_t at = 0;
    while (at + 8 <= most && stack_tree_load(one + at) == stack_tree_load(other + at)) at += 8;
    while (at < most && one[at] == other[at]) at++;
    return at;
}

static size_t frame_end(const uint8_t *stack, size_t begin, size_t size) {
    const uint8_t *separator = memchr(stack + begin, ';', size - begin);
    return separator ? (size_t)(separator - stack) : size;
}

/* Follows a stack down nodes that have children; returns where the frame begins that is to come next.
 *
 * The first child is mostly the right one, and then its text needs no looking up.
 */
static size_t follow_known(folded *self, const uint8_t *stack, size_t size, size_t begin, int32_t *at) {
    stack_tree *tree = self->tree;
    for (int32_t first; begin <= size && (first = *at < 0 ? tree->first_root : tree->node_child[*at]) != 0;) {
        int32_t node = first - 1, text = tree->node_text[node];
        const uint8_t *name = tree->bytes + (text ? tree->text_end[text - 1] : 0);
        size_t length = (size_t)(tree->bytes + tree->text_end[text] - name), end = begin + length;
        if (length > size - begin || (end < size && stack[end] != ';') || !stack_tree_equal(name, stack + begin, length)) {
            end = frame_end(stack, begin, size);
            text = stack_tree_text(tree, stack + begin, end - begin);
            node = text < 0 ? -1 : stack_tree_node(tree, *at, text);
        }
        if (node < 0 || !push(self, end)) return SIZE_MAX;
        self->path_node[self->depth - 1] = *at = node;
        begin = end + 1;
    }
    return begin;
}

/* Adds nodes for the frames of a stack from one on, below a node without children. */
static int32_t add_nodes(folded *self, const uint8_t *stack, size_t size, size_t begin, int32_t node) {
    stack_tree *tree = self->tree;
    size_t known = self->depth;
    /* Step by step for all frames, so that a processor does not wait for one's cache misses before the next. */
    for (size_t end; begin <= size; begin = end + 1) {
        end = frame_end(stack, begin, size);
        if (!push(self, end)) return -1;
        uint64_t hash = self->path_hash[self->depth - 1] = stack_tree_hash(tree, stack + begin, end - begin);
        __builtin_prefetch(&tree->text_place[hash & tree->text_mask]);
    }
    for (size_t level = known; level < self->depth; level++) {
        size_t first = level ? self->path_end[level - 1] + 1 : 0;
        int32_t text = stack_tree_hashed_text(tree, stack + first, self->path_end[level] - first, self->path_hash[level]);
        node = text < 0 ? -1 : stack_tree_node(tree, node, text);
        if (node < 0) return -1;
        self->path_node[level] = node;
    }
    return node;
}

/* Returns the node of a stack, of whose bytes the first are those of the stack before; -1 where there is no memory. */
static int32_t find_node(folded *self, const uint8_t *stack, size_t size, size_t common) {
    while (self->depth) {
        size_t end = self->path_end[self->depth - 1];
        if (end < common || (end == common && (end == size || stack[end] == ';'))) break;
        self->depth--;
    }
    int32_t node = self->depth ? self->path_node[self->depth - 1] : -1;
    size_t begin = self->depth ? self->path_end[self->depth - 1] + 1 : 0;
    begin = follow_known(self, stack, size, begin, &node);
    return begin == SIZE_MAX ? -1 : begin > size ? node : add_nodes(self, stack, size, begin, node);
}

/* Returns the row of a node, new or known; -1 where there is no memory. */
static int32_t find_row(folded *self, int32_t node) {
    int32_t nodes = self->tree->nodes;
    if (self->node_row_room < nodes) {
        int32_t *larger = realloc(self->node_row, (size_t)self->tree->nodes_room * sizeof *larger);
        if (!larger) return -1;
        self->node_row = larger;
        self->node_row_room = self->tree->nodes_room;
    }
    memset(self->node_row + self->node_rows, 0, (size_t)(nodes - self->node_rows) * sizeof *self->node_row);
    self->node_rows = nodes;
    if (self->node_row[node]) return self->node_row[node] - 1;
    size_t columns = (size_t)self->columns;
    if (self->rows == self->rows_room) {
        if (!stack_tree_room((void **)&self->row_node, sizeof *self->row_node, self->rows, self->rows_room)
            || !stack_tree_room((void **)&self->row_count, columns * sizeof *self->row_count, self->rows, self->rows_room))
            return -1;
        self->rows_room *= 2; /* at most that of the nodes */
    }
    int32_t row = self->rows++;
    self->node_row[node] = row + 1;
    self->row_node[row] = node;
    memset(self->row_count + (size_t)row * columns, 0, columns * sizeof *self->row_count);
    return row;
}

/* Adds counts to a row. A sum may wrap only where the total is past int64, and then nobody looks at it. */
static void add_counts(folded *self, int32_t row, const int64_t *counts) {
    for (int32_t column = 0; column < self->columns; column++) {
        int64_t *sum = self->row_count + (size_t)row * (size_t)self->columns + column;
        *sum = (int64_t)((uint64_t)*sum + (uint64_t)counts[column]);
    }
}

static int add_odd(folded *self, int64_t line, size_t begin, size_t end) {
    if (!stack_tree_room((void **)&self->odd, 3 * sizeof *self->odd, self->odds, self->odd_room)) return 0;
    if (self->odds == self->odd_room) self->odd_room *= 2;
    int64_t *odd = self->odd + 3 * self->odds++;
    odd[0] = line, odd[1] = (int64_t)begin, odd[2] = (int64_t)end;
    return 1;
}

/* Reads the counts at the end of a line; returns where the stack ends, 0 where the line is not plain. */
static size_t read_counts(const uint8_t *line, size_t size, int32_t columns, int64_t *counts) {
    size_t gap = size;
    uint8_t blank = 0;
    for (int32_t column = columns - 1; column >= 0; column--) {
        size_t end = gap;
        int64_t value = 0, power = 1;
        while (gap && line[gap - 1] >= '0' && line[gap - 1] <= '9') {
            if (end - gap == MOST_DIGITS) return 0;
            value += power * (line[--gap] - '0');
            power *= 10;
        }
        if (gap == end || gap < 2) return 0;
        gap--;
        if (line[gap] != ' ' && line[gap] != '\t') return 0;
        if (blank && line[gap] != blank) return 0;
        blank = line[gap];
        counts[column] = value;
    }
    uint8_t first = line[0], last = line[gap - 1];
    if (first <= ' ' || first == ';' || first == '#' || (first == '/' && line[1] == '/')) return 0;
    return last > ' ' && last != ';' ? gap : 0;
}

/* Reads a block of whole lines, each with its line end.
 *
 * result: how many lines there are, how many were plain, the total of their counts (2^64 - 1 where it is more), how
 * many are odd. Returns 0 where there is no memory.
 */
int folded_scan(folded *self, const uint8_t *block, size_t size, uint64_t *result) {
    uint64_t lines = 0, plain = 0, total = 0;
    const uint8_t *before = block;
    size_t before_size = 0;
    self->depth = 0;
    self->odds = 0;
    for (size_t begin = 0; begin < size; lines++) {
        const uint8_t *newline = memchr(block + begin, '\n', size - begin);
        if (!newline) break;
        size_t next = (size_t)(newline - block) + 1, end = next - 1;
        if (end > begin && block[end - 1] == '\r') end--;
        const uint8_t *line = block + begin;
        int64_t counts[2];
        size_t stack = read_counts(line, end - begin, self->columns, counts);
        if (stack) {
            size_t most = stack < before_size ? stack : before_size;
            int32_t node = find_node(self, line, stack, common_prefix(before, line, most));
            int32_t row = node < 0 ? -1 : find_row(self, node);
            if (row < 0) return 0;
            add_counts(self, row, counts);
            for (int32_t column = 0; column < self->columns; column++) {
                uint64_t count = (uint64_t)counts[column];
                total = count > UINT64_MAX - total ? UINT64_MAX : total + count;
            }
            before = line;
            before_size = stack;
            plain++;
        } else if (!add_odd(self, (int64_t)lines, begin, end)) {
            return 0;
        }
        begin = next;
    }
    result[0] = lines, result[1] = plain, result[2] = total, result[3] = (uint64_t)self->odds;
    return 1;
}

void folded_odd(const folded *self, int64_t *odd) {
    memcpy(odd, self->odd, (size_t)self->odds * 3 * sizeof *odd);
}

/* Adds counts to a stack, given as its frames with a `;` between them; returns its row, -1 where there is no memory. */
int32_t folded_add(folded *self, const uint8_t *stack, size_t size, const int64_t *counts) {
    self->depth = 0;
    int32_t node = find_node(self, stack, size, 0);
    int32_t row = node < 0 ? -1 : find_row(self, node);
    if (row >= 0) add_counts(self, row, counts);
    return row;
}

/* sizes: of texts, of their bytes, of nodes, of rows. */
void folded_sizes(const folded *self, int64_t *sizes) {
    const stack_tree *tree = self->tree;
    sizes[0] = tree->texts;
    sizes[1] = tree->texts ? tree->text_end[tree->texts - 1] : 0;
    sizes[2] = tree->nodes;
    sizes[3] = self->rows;
}

void folded_texts(const folded *self, uint8_t *bytes, int64_t *end) {
    int64_t sizes[4];
    folded_sizes(self, sizes);
    memcpy(bytes, self->tree->bytes, (size_t)sizes[1]);
    memcpy(end, self->tree->text_end, (size_t)sizes[0] * sizeof *end);
}

void folded_rows(const folded *self, int32_t *node, int64_t *counts) {
    memcpy(node, self->row_node, (size_t)self->rows * sizeof *node);
    memcpy(counts, self->row_count, (size_t)self->rows * (size_t)self->columns * sizeof *counts);
}

/* Lays the tree out, see tree_layout. Texts are numbered anew as they are met; met says which each was. */
int folded_lay_out(const folded *self, const int32_t *rank, int32_t *text, int32_t *parent, int32_t *subtree_end,
                   int32_t *depth, int32_t *position, int32_t *met) {
    int32_t texts = self->tree->texts, nodes = self->tree->nodes, count = 0;
    if (!tree_layout(self->tree, rank, text, parent, subtree_end, depth, position)) return 0;
    int32_t *number = calloc((size_t)texts + 1, sizeof *number);
    if (!number) return 0;
    for (int32_t node = 0; node < nodes; node++) {
        int32_t *known = &number[text[node]];
        if (!*known) {
            met[count] = text[node];
            *known = ++count;
        }
        text[node] = *known - 1;
    }
    free(number);
    return 1;
}
