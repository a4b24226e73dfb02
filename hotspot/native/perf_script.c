/* Reads the usual paragraphs of `perf script` text: one header above frame lines, an empty line below.
 *
 * What a text means is said by Python, once for each distinct one: C numbers the *labels* (who a header names, its event,
 * a frame line without what varies from sample to sample), stops where a label is new, and is told its meaning. What is
 * told here beyond that is read as `hotspot.importers.perf_script.lines` reads it, or not at all: a paragraph of any other
 * shape is *odd* and left to Python. Stacks become nodes of one call tree, root first.
 */
#include "perf_script_labels.h"
#include "tree_layout.h"

enum { READ, TO_LEARN, LEFT, NO_MEMORY }; /* how far a paragraph came */
enum { LONGEST_WHO = 600, LONGEST_EVENT = 300, LONGEST_OWNER = 4096, TAIL_BYTES = 32 << 20, AHEAD = 16 };
static const int64_t MOST_SECONDS = INT64_MAX / 1000000000 - 1;

typedef struct {
    const uint8_t *address;
    int32_t address_size;
    int32_t label;
    int32_t is;
    int32_t whole; /* its address is in its label */
} frame_line;

typedef struct {
    labels whos, events, frames;
    tails tails;
    stack_tree *tree;
    frame_line *lines; /* of the paragraph that is read */
    int64_t lines_room;
    uint8_t *scratch;
    size_t scratch_room;
} perf_script;

typedef struct {
    int64_t begin, end; /* with the empty lines below */
    int64_t time, period;
    int32_t node, thread, event; /* node is ODD where the paragraph is left to Python */
    int32_t lines;
} paragraph;

/* Makes room in the scratch buffer; 0 where there is no memory. */
static int scratch_holds(perf_script *script, size_t size) {
    if (size <= script->scratch_room) return 1;
    uint8_t *larger = realloc(script->scratch, 2 * size);
    if (!larger) return 0;
    script->scratch = larger;
    script->scratch_room = 2 * size;
    return 1;
}

/* -- headers ------------------------------------------------------------------------------------------------------ */

static int is_digit(uint8_t byte) { return byte >= '0' && byte <= '9'; }
static int is_hex(uint8_t byte) { return is_digit(byte) || (byte >= 'a' && byte <= 'f'); }

static const uint8_t *skip_spaces(const uint8_t *at, const uint8_t *end) {
    while (at < end && *at == ' ') at++;
    return at;
}

/* Whether any byte is below that of a space. */
static int has_control(const uint8_t *at, const uint8_t *end) {
    const uint64_t every = UINT64_MAX / 255;
    uint64_t found = 0;
    for (; end - at >= 8; at += 8) found |= (stack_tree_load(at) - every * ' ') & ~stack_tree_load(at);
    if (found & (every * 128)) return 1;
    while (at < end)
        if (*at++ < ' ') return 1;
    return 0;
}

static int64_t number_between(const uint8_t *at, const uint8_t *end) {
    int64_t value = 0; /* of at most 18 digits */
    for (; at < end; at++) value = value * 10 + (*at - '0');
    return value;
}

/* Finds the first time: `seconds.fraction:` with white space or nothing on both sides. Returns where its seconds begin. */
static const uint8_t *find_time(const uint8_t *line, const uint8_t *end, const uint8_t **point, const uint8_t **colon) {
    const uint8_t *from = line;
    while ((*point = memchr(from, '.', (size_t)(end - from))) != NULL) {
        const uint8_t *seconds = *point, *after = *point + 1;
        while (seconds > from && is_digit(seconds[-1])) seconds--;
        while (after < end && is_digit(*after)) after++;
        int64_t whole = *point - seconds, places = after - *point - 1;
        if ((seconds == line || seconds[-1] == ' ') && whole >= 1 && whole <= 10 && (places == 6 || places == 9)
            && after < end && *after == ':' && (after + 1 == end || after[1] == ' ')) {
            *colon = after;
            return seconds;
        }
        from = *point + 1;
    }
    return NULL;
}

/* Whether what follows an event keeps the line from being a header, or could. */
static int doubtful_payload(const uint8_t *line, const uint8_t *payload, const uint8_t *end) {
    static const char record[] = "PERF_RECORD_";
    const uint8_t *at = skip_spaces(line, end);
    const uint8_t *word = at;
    while (at < end && is_hex(*at)) at++;
    if (at > word && *at == ' ') return 1; /* a command like an address: the line may be a frame */
    for (at = payload; end - at >= (int64_t)sizeof record - 1; at++)
        if (!memcmp(at, record, sizeof record - 1)) return 1;
    return 0;
}

static int read_header(perf_script *script, const uint8_t *line, const uint8_t *end, paragraph *out, int32_t *root) {
    if (*line == '#') return LEFT;
    if (has_control(line, end)) return LEFT;
    const uint8_t *point, *colon;
    const uint8_t *seconds = find_time(line, end, &point, &colon);
    if (!seconds || seconds - line > LONGEST_WHO) return LEFT;
    int64_t whole = number_between(seconds, point);
    if (whole > MOST_SECONDS) return LEFT;
    out->time = whole * 1000000000 + number_between(point + 1, colon) * (colon - point == 7 ? 1000 : 1);
    out->period = -1;

    const uint8_t *event = skip_spaces(colon + 1, end), *event_end = event;
    if (event < end) {
        const uint8_t *digits = event;
        while (event < end && is_digit(*event)) event++;
        if (event > digits && event < end && *event == ' ') {
            if (event - digits > 18) return LEFT;
            out->period = number_between(digits, event);
            event = skip_spaces(event, end);
        } else {
            event = digits;
        }
        event_end = memchr(event, ' ', (size_t)(end - event));
        if (!event_end) event_end = end;
        const uint8_t *payload = skip_spaces(event_end, end);
        if (event_end - event < 2 || *event == ':' || event_end[-1] != ':' || event_end - event > LONGEST_EVENT) return LEFT;
        if (payload < end && doubtful_payload(line, payload, end)) return LEFT;
        event_end--;
    }
    int32_t who_number = labels_number(&script->whos, line, (size_t)(seconds - line));
    int32_t event_number = labels_number(&script->events, event, (size_t)(event_end - event));
    if (who_number < 0 || event_number < 0) return NO_MEMORY;
    out->thread = script->whos.meanings[who_number].is;
    out->event = script->events.meanings[event_number].is;
    *root = script->whos.meanings[who_number].root;
    if (out->thread == ODD || out->event == ODD) return LEFT;
    return out->thread == UNKNOWN || out->event == UNKNOWN ? TO_LEARN : READ;
}

/* -- frames ------------------------------------------------------------------------------------------------------- */

/* Returns the label of a frame line by what stands behind its address: the line with address 0 and, where its name ends
 * there for certain, offset 0. NEEDS_ADDRESS where the meaning may depend on the address; -1 where there is no memory. */
static int32_t label_of_tail(perf_script *script, const uint8_t *tail, size_t size) {
    static const char deleted[] = " (deleted)";
    const uint8_t *end = tail + size, *name_end = end;
    if (!size || end[-1] <= ' ' || *tail == '(') return NEEDS_ADDRESS;
    if (end[-1] == ')') {
        const uint8_t *module = end - 1;
        int64_t suffix = sizeof deleted - 1;
        if (module - tail >= suffix && !memcmp(module - suffix, deleted, (size_t)suffix)) module -= suffix;
        while (module > tail && module[-1] != '(' && module[-1] != ')') module--;
        if (module - tail >= 2 && module[-1] == '(' && module[-2] == ' ')
            name_end = module - 2;
        else if (*tail == ' ')
            return NEEDS_ADDRESS;
    } else if (*tail == ' ' || memchr(tail, '(', size)) {
        return NEEDS_ADDRESS; /* cut off inside the module, perhaps */
    }
    const uint8_t *offset = name_end;
    while (offset > tail && is_hex(offset[-1])) offset--;
    int has_offset = offset < name_end && offset - tail >= 3 && !memcmp(offset - 3, "+0x", 3);
    if (!has_offset) offset = name_end;
    if (!scratch_holds(script, size + 4)) return -1;
    uint8_t *to = script->scratch;
    memcpy(to, "\t0 ", 3);
    to += 3;
    memcpy(to, tail, (size_t)(offset - tail));
    to += offset - tail;
    if (has_offset) *to++ = '0';
    memcpy(to, name_end, (size_t)(end - name_end));
    to += end - name_end;
    return labels_number(&script->frames, script->scratch, (size_t)(to - script->scratch));
}

/* Returns the label of a line whose meaning may depend on its address. */
static int32_t label_of_line(perf_script *script, const uint8_t *address, const uint8_t *end) {
    size_t size = (size_t)(end - address);
    if (!scratch_holds(script, size + 1)) return -1;
    *script->scratch = '\t';
    memcpy(script->scratch + 1, address, size);
    return labels_number(&script->frames, script->scratch, size + 1);
}

/* Reads `<TAB> address tail`. */
static int read_frame(perf_script *script, const uint8_t *line, const uint8_t *end, frame_line *out) {
    if (*line != '\t') return LEFT;
    const uint8_t *address = skip_spaces(line + 1, end), *after = address;
    while (after < end && is_hex(*after)) after++;
    if (after == address || after - address > 16 || (after < end && *after != ' ')) return LEFT;
    const uint8_t *tail = after < end ? after + 1 : end;
    size_t size = (size_t)(end - tail);
    if (!tails_grow(&script->tails)) return NO_MEMORY;
    tail_place *found = tails_find(&script->tails, stack_tree_hash(script->tree, tail, size), tail, size);
    if (!found) return NO_MEMORY;
    if (found->label == UNKNOWN && (found->label = label_of_tail(script, tail, size)) == -1) return NO_MEMORY;
    int32_t label = found->label;
    out->whole = label == NEEDS_ADDRESS;
    if (out->whole && (label = label_of_line(script, address, end)) < 0) return NO_MEMORY;
    out->address = address;
    out->address_size = (int32_t)(after - address);
    out->label = label;
    out->is = script->frames.meanings[label].is;
    return out->is == ODD ? LEFT : out->is == UNKNOWN ? TO_LEARN : READ;
}

/* Finds out what an inlined frame is: its label is its line above that of the next frame that is not inlined, or above
 * nothing where that has another address. */
static int read_inlined(perf_script *script, frame_line *line, const frame_line *owner) {
    int same = owner && line->address_size == owner->address_size
               && !memcmp(line->address, owner->address, (size_t)line->address_size);
    if (line->whole || (same && owner->whole)) return LEFT;
    const uint8_t *above, *below = line->address;
    size_t above_size = labels_text(&script->frames, line->label, &above);
    size_t below_size = same ? labels_text(&script->frames, owner->label, &below) : 0;
    if (below_size > LONGEST_OWNER) return LEFT; /* each label of a pair keeps it */
    if (!scratch_holds(script, above_size + 1 + below_size)) return NO_MEMORY;
    memcpy(script->scratch, above, above_size);
    script->scratch[above_size] = '\n';
    memcpy(script->scratch + above_size + 1, below, below_size);
    int32_t label = labels_number(&script->frames, script->scratch, above_size + 1 + below_size);
    if (label < 0) return NO_MEMORY;
    line->is = script->frames.meanings[label].is;
    return line->is == UNKNOWN ? TO_LEARN : line->is < 0 ? LEFT : READ;
}

/* -- paragraphs --------------------------------------------------------------------------------------------------- */

static const uint8_t *line_end(const uint8_t *line, const uint8_t *stop) {
    const uint8_t *end = memchr(line, '\n', (size_t)(stop - line));
    return end ? end : stop;
}

/* Adds the stack of the first lines below a root frame; returns its node, -1 where there is no memory. */
static int32_t add_lines(perf_script *script, int32_t root, int64_t count) {
    int32_t node = -1;
    if (root >= 0 && (node = stack_tree_node(script->tree, -1, root)) < 0) return -1;
    for (int64_t i = count - 1; i >= 0; i--)
        if ((node = stack_tree_node(script->tree, node, script->lines[i].is)) < 0) return -1;
    return node;
}

/* Reads a paragraph that begins at a line; returns also where it ends, if it was read. */
static int read_paragraph(perf_script *script, const uint8_t *line, const uint8_t *stop, paragraph *out,
                          const uint8_t **behind) {
    const uint8_t *end = line_end(line, stop);
    int32_t root = -1;
    int state = read_header(script, line, end, out, &root);
    if (state == LEFT || state == NO_MEMORY) return state;
    int64_t count = 0;
    while (end < stop && (line = end + 1) < stop && *line != '\n') {
        end = line_end(line, stop);
        if (count == script->lines_room) {
            if (!stack_tree_room((void **)&script->lines, sizeof *script->lines, count, count)) return NO_MEMORY;
            script->lines_room *= 2;
        }
        int read = read_frame(script, line, end, &script->lines[count++]);
        if (read == LEFT || read == NO_MEMORY) return read;
        if (read == TO_LEARN) state = TO_LEARN;
    }
    if (!count || count == INT32_MAX) return LEFT;
    if (state == TO_LEARN) return state;
    const frame_line *owner = NULL;
    for (int64_t i = count - 1; i >= 0; i--) {
        if (script->lines[i].is != INLINED) {
            owner = &script->lines[i];
            continue;
        }
        int read = read_inlined(script, &script->lines[i], owner);
        if (read == LEFT || read == NO_MEMORY) return read;
        if (read == TO_LEARN) state = TO_LEARN;
    }
    if (state == TO_LEARN) return state;
    out->lines = (int32_t)count + 1;
    out->node = add_lines(script, root, count);
    *behind = end < stop ? end + 1 : stop;
    return out->node < 0 ? NO_MEMORY : READ;
}

static const uint8_t *skip_lines(const uint8_t *at, const uint8_t *stop) {
    while (at < stop && *at != '\n') {
        at = line_end(at, stop);
        if (at < stop) at++;
    }
    return at;
}

static const uint8_t *skip_empty(const uint8_t *at, const uint8_t *stop) {
    while (at < stop && *at == '\n') at++;
    return at;
}

/* Meets labels of the next paragraphs, so that Python is not asked about each by itself. */
static void look_ahead(perf_script *script, const uint8_t *at, const uint8_t *stop) {
    for (int i = 0; i < AHEAD; i++) {
        at = skip_empty(skip_lines(at, stop), stop);
        if (at == stop) return;
        paragraph read;
        const uint8_t *behind;
        if (read_paragraph(script, at, stop, &read, &behind) == NO_MEMORY) return; /* the next scan finds that out, too */
    }
}

/* Reads paragraphs of text[at:stop] until there is no more text, no more room for them, or something to learn. Returns
 * where to go on, -1 where there is no memory. */
int64_t perf_script_scan(perf_script *script, const uint8_t *text, int64_t from, int64_t to, paragraph *out, int32_t room,
                         int32_t *count) {
    const uint8_t *at = text + from, *stop = text + to;
    for (*count = 0; *count < room; ++*count) {
        at = skip_empty(at, stop);
        if (at == stop) break;
        if (script->tails.size > TAIL_BYTES) tails_free(&script->tails);
        paragraph read = {.begin = at - text, .node = ODD};
        const uint8_t *behind = at;
        int state = read_paragraph(script, at, stop, &read, &behind);
        if (state == NO_MEMORY) return -1;
        if (state == TO_LEARN) {
            look_ahead(script, at, stop);
            break;
        }
        if (state == LEFT) {
            read.node = ODD;
            behind = skip_lines(at, stop);
        }
        at = skip_empty(behind, stop);
        read.end = at - text;
        out[*count] = read;
    }
    return at - text;
}

/* -- the tree ----------------------------------------------------------------------------------------------------- */

/* Adds stacks given as frames, root first, end to end; fills in the node of each. Returns 0 where there is no memory. */
int perf_script_add(perf_script *script, const int32_t *frame, const int64_t *offset, int64_t stacks, int32_t *node) {
    for (int64_t stack = 0; stack < stacks; stack++) {
        node[stack] = -1;
        for (int64_t at = offset[stack]; at < offset[stack + 1]; at++)
            if ((node[stack] = stack_tree_node(script->tree, node[stack], frame[at])) < 0) return 0;
    }
    return 1;
}

int32_t perf_script_nodes(const perf_script *script) { return script->tree->nodes; }

/* Ranks frames by their appearance in stacks, given by their leaves, each read from its root.
 *
 * entry: for each frame, whether it is an entry of a recorded call chain. rank: filled for each frame, -1 where it does
 * not appear. entries: filled for each stack, how many it has. Returns how many frames appear, -1 where there is no memory.
 */
int32_t perf_script_rank(const perf_script *script, const int32_t *leaf, int64_t stacks, const uint8_t *entry, int32_t frames,
                         int32_t *rank, int32_t *entries) {
    const stack_tree *tree = script->tree;
    size_t size = ((size_t)tree->nodes + 1) * sizeof(int32_t);
    int32_t *seen = calloc(1, size), *path = malloc(size); /* seen: entries down to a node, + 1 */
    int32_t ranks = 0;
    for (int32_t frame = 0; frame < frames; frame++) rank[frame] = -1;
    for (int64_t stack = 0; seen && path && stack < stacks; stack++) {
        int32_t length = 0, node = leaf[stack];
        for (; node >= 0 && !seen[node]; node = tree->node_parent[node]) path[length++] = node;
        int32_t above = node < 0 ? 1 : seen[node];
        while (length) {
            node = path[--length];
            int32_t frame = tree->node_text[node];
            if (rank[frame] < 0) rank[frame] = ranks++;
            above = seen[node] = above + entry[frame];
        }
        entries[stack] = above - 1;
    }
    int done = seen && path;
    free(seen);
    free(path);
    return done ? ranks : -1;
}

int perf_script_lay_out(const perf_script *script, const int32_t *rank, int32_t *frame, int32_t *parent, int32_t *subtree_end,
                        int32_t *depth, int32_t *position) {
    return tree_layout(script->tree, rank, frame, parent, subtree_end, depth, position);
}

/* -- what Python asks and tells ----------------------------------------------------------------------------------- */

void perf_script_free(perf_script *script) {
    if (!script) return;
    labels_free(&script->whos);
    labels_free(&script->events);
    labels_free(&script->frames);
    tails_free(&script->tails);
    stack_tree_free(script->tree);
    free(script->lines);
    free(script->scratch);
    free(script);
}

perf_script *perf_script_new(uint64_t seed) {
    perf_script *script = calloc(1, sizeof *script);
    if (!script) return NULL;
    script->lines_room = 256;
    script->lines = malloc((size_t)script->lines_room * sizeof *script->lines);
    script->tree = stack_tree_new(seed);
    int made = labels_new(&script->whos, seed) & labels_new(&script->events, seed) & labels_new(&script->frames, seed);
    if (made && script->lines && script->tree) return script;
    perf_script_free(script);
    return NULL;
}

static labels *labels_of(perf_script *script, int32_t column) {
    return column == 0 ? &script->whos : column == 1 ? &script->events : &script->frames;
}

/* Finds the next label that Python was not asked about; returns its size and where it stands until the next call, -1 where
 * there is none. Columns: 0 who, 1 event, 2 frame. */
int64_t perf_script_unknown(perf_script *script, int32_t *column, int32_t *number, const uint8_t **text) {
    for (*column = 0; *column < 3; ++*column) {
        labels *of = labels_of(script, *column);
        if (of->told >= of->texts->texts || of->told >= of->room) continue;
        *number = of->told++;
        return (int64_t)labels_text(of, *number, text);
    }
    return -1;
}

void perf_script_learn(perf_script *script, int32_t column, int32_t number, int32_t is, int32_t root) {
    labels_of(script, column)->meanings[number] = (meaning){is, root};
}
