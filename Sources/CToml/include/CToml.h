/* Shows Swift what toml++, a C++ library, finds in a TOML document. */
#ifndef CTOML_H
#define CTOML_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* UTF-8 without a NUL at its end. */
typedef struct ctoml_text {
    const char *_Nonnull bytes;
    size_t byte_count;
} ctoml_text;

typedef enum ctoml_kind {
    /* The value's text is what it says, or how TOML writes it. */
    CTOML_STRING,
    CTOML_INTEGER,
    CTOML_BOOLEAN,
    /* The value's text is empty; what is in the table follows, down to CTOML_DEPTH. */
    CTOML_TABLE,
    /* A list of strings, or an empty one; the value's text is empty. */
    CTOML_LIST,
    /* The value's text names its type. */
    CTOML_OTHER,
} ctoml_kind;

/* Tables nested deeper than this are named, but not entered. */
#define CTOML_DEPTH 3

/* A key, or the header of a table. */
typedef struct ctoml_entry {
    /* The names of the tables around it, outermost first, and its own. */
    const ctoml_text *_Nonnull path;
    size_t path_count;
    /* Where the key is written, from 1. */
    uint32_t line;
    ctoml_kind kind;
    ctoml_text value;
    /* What is in a list. */
    const ctoml_text *_Nullable items;
    size_t item_count;
} ctoml_entry;

typedef void (*ctoml_visit)(void *_Nullable context, const ctoml_entry *_Nonnull entry);
typedef void (*ctoml_refuse)(void *_Nullable context, uint32_t line, ctoml_text reason);

/*
 * Parses a document and visits all its keys, or refuses it once. What the callbacks get is valid
 * during the call only.
 *
 * Dotted keys nest, and toml++ frees nested tables by recursion: the caller must keep lines short.
 */
void ctoml_parse(ctoml_text document, ctoml_visit _Nonnull visit, ctoml_refuse _Nonnull refuse,
                 void *_Nullable context);

#ifdef __cplusplus
}
#endif

#endif
