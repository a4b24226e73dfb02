/* csvstat: per-group statistics of a CSV file, the groups with the largest sums first.
 *
 *     csvstat [ROWS]
 *
 * The CSV is generated (always the same), written to a temporary file, read back and aggregated.
 * noinline marks the stages of the program, so that each keeps a frame of its own.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STAGE __attribute__((noinline))
#define BUCKETS 1024 /* fixed, while the data hold GROUPS groups: the chains grow long */
#define GROUPS 20000
#define KEY_SIZE 24

struct group {
    char key[KEY_SIZE];
    struct group *next; /* in the same bucket */
    double sum;
    double *values;
    size_t count, capacity;
};

struct table {
    struct group *buckets[BUCKETS];
    struct group **groups;
    size_t count, capacity;
};

struct row {
    const char *key;
    size_t key_length;
    double value;
};

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

static void *grow(void *block, size_t bytes)
{
    void *grown = realloc(block, bytes);
    if (!grown)
        fail("realloc");
    return grown;
}

static uint32_t next_random(uint32_t *state) /* xorshift32 */
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

static char *put_number(char *out, unsigned number, int digits)
{
    for (int i = digits - 1; i >= 0; i--, number /= 10)
        out[i] = (char)('0' + number % 10);
    return out + digits;
}

static char *put_text(char *out, const char *text)
{
    size_t length = strlen(text);
    memcpy(out, text, length);
    return out + length;
}

STAGE static char *put_row(char *out, unsigned day, uint32_t *state)
{
    out = put_number(put_text(out, "2026-"), day / 28 % 12 + 1, 2);
    out = put_number(put_text(out, "-"), day % 28 + 1, 2);
    out = put_number(put_text(out, ",customer-"), next_random(state) % GROUPS, 5);
    out = put_number(put_text(out, ","), next_random(state) % 10000, 4);
    out = put_number(put_text(out, "."), next_random(state) % 100, 2);
    return put_text(out, "\n");
}

STAGE static void write_csv(FILE *file, long rows)
{
    static char block[1 << 16];
    char *out = block;
    uint32_t state = 2463534242u;
    for (long i = 0; i < rows; i++) {
        out = put_row(out, (unsigned)(i * 336 / rows), &state);
        if (out - block > (long)sizeof block - 64 || i == rows - 1) {
            fwrite(block, 1, (size_t)(out - block), file);
            out = block;
        }
    }
}

STAGE static char *read_all(FILE *file, size_t *length)
{
    size_t capacity = 1 << 16;
    char *text = grow(NULL, capacity);
    *length = 0;
    for (size_t got; (got = fread(text + *length, 1, capacity - *length, file)) > 0;) {
        *length += got;
        if (*length == capacity)
            text = grow(text, capacity *= 2);
    }
    return text;
}

static double parse_number(const char *text, const char *end)
{
    double number = 0, scale = 1;
    int fraction = 0;
    for (; text < end; text++) {
        if (*text == '.') {
            fraction = 1;
            continue;
        }
        number = number * 10 + (*text - '0');
        if (fraction)
            scale *= 10;
    }
    return number / scale;
}

STAGE static const char *parse_row(const char *text, const char *end, struct row *row)
{
    const char *newline = memchr(text, '\n', (size_t)(end - text));
    const char *key = memchr(text, ',', (size_t)(newline - text)) + 1;
    const char *value = memchr(key, ',', (size_t)(newline - key)) + 1;
    row->key = key;
    row->key_length = (size_t)(value - 1 - key);
    row->value = parse_number(value, newline);
    return newline + 1;
}

static uint32_t hash_key(const char *key, size_t length) /* FNV-1a */
{
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < length; i++)
        hash = (hash ^ (unsigned char)key[i]) * 16777619u;
    return hash;
}

static int same_key(const struct group *group, const struct row *row)
{
    for (size_t i = 0; i < row->key_length; i++)
        if (group->key[i] != row->key[i])
            return 0;
    return group->key[row->key_length] == '\0';
}

STAGE static struct group *add_group(struct table *table, struct group **bucket, const struct row *row)
{
    struct group *group = calloc(1, sizeof *group);
    if (!group || row->key_length >= KEY_SIZE)
        fail("group");
    memcpy(group->key, row->key, row->key_length);
    group->next = *bucket;
    *bucket = group;
    if (table->count == table->capacity) {
        table->capacity = table->capacity ? table->capacity * 2 : 64;
        table->groups = grow(table->groups, table->capacity * sizeof *table->groups);
    }
    table->groups[table->count++] = group;
    return group;
}

STAGE static struct group *find_group(struct table *table, const struct row *row)
{
    struct group **bucket = &table->buckets[hash_key(row->key, row->key_length) % BUCKETS];
    for (struct group *group = *bucket; group; group = group->next)
        if (same_key(group, row))
            return group;
    return add_group(table, bucket, row);
}

STAGE static void add_value(struct group *group, double value)
{
    if (group->count == group->capacity) {
        group->capacity = group->capacity ? group->capacity * 2 : 4;
        group->values = grow(group->values, group->capacity * sizeof *group->values);
    }
    group->values[group->count++] = value;
    group->sum += value;
}

STAGE static void aggregate(struct table *table, const char *text, size_t length)
{
    const char *end = text + length;
    while (text < end) {
        struct row row;
        text = parse_row(text, end, &row);
        add_value(find_group(table, &row), row.value);
    }
}

/* Quicksort; recursive, so its stacks are deep. */
STAGE static void sort_values(double *values, long count)
{
    if (count < 2)
        return;
    double pivot = values[count / 2];
    long low = 0, high = count - 1;
    while (low <= high) {
        while (values[low] < pivot)
            low++;
        while (values[high] > pivot)
            high--;
        if (low <= high) {
            double swapped = values[low];
            values[low++] = values[high];
            values[high--] = swapped;
        }
    }
    sort_values(values, high + 1);
    sort_values(values + low, count - low);
}

static int by_sum(const void *left, const void *right)
{
    const struct group *a = *(struct group *const *)left, *b = *(struct group *const *)right;
    return (a->sum < b->sum) - (a->sum > b->sum);
}

STAGE static void print_report(struct table *table)
{
    qsort(table->groups, table->count, sizeof *table->groups, by_sum);
    for (size_t i = 0; i < table->count; i++) {
        struct group *group = table->groups[i];
        sort_values(group->values, (long)group->count);
        printf("%-20s %8zu %14.2f %10.2f\n", group->key, group->count, group->sum, group->values[group->count / 2]);
    }
}

int main(int argc, char **argv)
{
    long rows = argc > 1 ? atol(argv[1]) : 6000000;
    static struct table table;
    size_t length;
    FILE *file = tmpfile();
    if (!file)
        fail("tmpfile");
    write_csv(file, rows);
    rewind(file);
    char *text = read_all(file, &length);
    aggregate(&table, text, length);
    print_report(&table);
    return 0;
}
